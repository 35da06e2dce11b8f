"""How the station listens."""

from __future__ import annotations

import socket

from app.department.http.serving import answer_promptly


def test_an_answer_does_not_wait_for_the_last_one_to_be_acknowledged() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answer_promptly(listening)
        with socket.create_connection(listening.getsockname()):
            taken, _ = listening.accept()
            with taken:
                assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
