"""What passes between us and the child process that talks to a token.

Messages are JSON, each behind its length (4 bytes, big-endian). A child answers one request after
the other; `token_worker.py` (PKCS#11) and `cng_worker.py` (Windows) are such children,
`token_process.py` is our end.
"""

from __future__ import annotations

import io
import json
import os
import select
import struct
import sys
import time
from collections.abc import Callable
from typing import IO, Any, Protocol

from app import log

_AWAKE_SECONDS = 0.0005
LONGEST_MESSAGE = 8 * 1024 * 1024
_LENGTH = struct.Struct(">I")


class TokenRefusal(Exception):
    """An answer that names one of our error classes."""

    def __init__(self, name: str, detail: str = "") -> None:
        super().__init__(detail)
        self.name = name
        self.detail = detail


class TokenWorker(Protocol):
    """Answers `tokens`, `present`, `open` and `sign`."""

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Raises Refusal."""


def read_message(stream: IO[bytes]) -> dict[str, Any] | None:
    """The next message, or None at the end of the stream."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > LONGEST_MESSAGE:
        raise ValueError("message too long")
    body = stream.read(length)
    if len(body) < length:
        return None
    message = json.loads(body)
    if not isinstance(message, dict):
        raise ValueError("a message is an object")
    return message


def write_message(stream: IO[bytes], message: dict[str, Any]) -> None:
    """Send one message at once. Raises OSError when the other end is gone."""
    body = json.dumps(message).encode()
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def serve(start: Callable[[str], TokenWorker], driver: str) -> int:
    """Answer requests from standard input until it ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a driver that prints must not break the protocol
    requests = io.BufferedReader(io.FileIO(0, closefd=False), 1)  # holds back none of the next
    try:
        worker = start(driver)
    except Exception as error:  # noqa: BLE001 - drivers fail to load in many ways
        log.problem("token.driver_unusable", error)
        write_message(answers, {"error": "DriverUnusable", "detail": str(error)})
        return 1
    write_message(answers, {"ready": True})
    while (message := read_message(requests)) is not None:
        write_message(answers, _reply(worker, message))
        _watch(requests)
    return 0


def _watch(requests: IO[bytes]) -> None:
    """Stay awake for a moment: the next record is mostly asked for at once, and a process that
    sleeps takes longer to wake than all our own work on a record. Windows cannot look into a pipe.
    """
    if sys.platform != "win32":
        deadline = time.monotonic() + _AWAKE_SECONDS
        while time.monotonic() < deadline and not select.select([requests], [], [], 0)[0]:
            os.sched_yield()  # whoever has work to do comes first


def run(start: Callable[[str], TokenWorker]) -> None:
    """The whole life of a child process whose first argument is the driver."""
    with log.kept_as("token_worker"):
        code = serve(start, sys.argv[1])
    sys.stdout.flush()
    # Leave without the driver's own clean-up (C_Finalize): several crash in it.
    os._exit(code)


def _reply(worker: TokenWorker, message: dict[str, Any]) -> dict[str, Any]:
    try:
        return worker.answer(message)
    except TokenRefusal as refusal:
        return {"error": refusal.name, "detail": refusal.detail}
    except Exception as error:  # noqa: BLE001 - the other end must hear of it
        log.incident("token.request_failed", error)
        return {"error": "TokenError", "detail": type(error).__name__}
