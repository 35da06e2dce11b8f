"""Running the station: TLS 1.3, one JSON line per event, a clean end on SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import json
import logging
import multiprocessing
import os
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import uvicorn

from app import clock
from app.department.checks.checks import Checks
from app.department.http.connections import BoundedConnection, allow_many_connections
from app.department.http.web import RunningStation, assemble, create_app
from app.department.ops.forwarding import Carry, Forwarding
from app.department.store.folder import StationFolder
from app.department.store.object_gc import sweep
from app.errors import PinIncorrect, PinLocked
from app.log import child_ended

log = logging.getLogger("hocba.station")

_PIN_REFUSED = 77
"""How a worker ends whose PIN was refused."""
_BETWEEN_RESTARTS = 1.0
_LOOK_SECONDS = 0.2
_AGAIN_SECONDS = 1.0
_LONGEST_END_SECONDS = 15
"""Requests under way have 5 s, the database's locks 10 s; the archive survives worse."""
_SIGNALS = [s for s in ("SIGTERM", "SIGINT", "SIGBREAK") if hasattr(signal, s)]
_FIELDS = ("parcel", "items", "returned", "size", "code", "detail", "record", "url", "by")


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": clock.now().isoformat(),
            "level": record.levelname.lower(),
            "what": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0]:
            # Messages of foreign errors may quote a record; the type does not.
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


class ShutdownRequest:
    """Whether the station was asked to end, at whatever moment the signal comes.

    Nothing is raised from the signal: inside a finaliser an exception is swallowed, and the
    station would run on for ever.
    """

    def __init__(self) -> None:
        self.asked = False
        self._server: uvicorn.Server | None = None

    def listen(self) -> None:
        for name in _SIGNALS:
            signal.signal(getattr(signal, name), self._ask)

    def listen_to_input(self) -> None:
        """The end of standard input asks too: Windows tells a child nothing else in good order."""
        threading.Thread(target=self._read_to_end, daemon=True).start()

    def _read_to_end(self) -> None:
        while os.read(0, 1024):
            pass
        self._ask()

    def tell(self, server: uvicorn.Server) -> None:
        self._server = server
        if self.asked:
            server.should_exit = True

    def _ask(self, *_: object) -> None:
        if self._server is not None:
            self._server.should_exit = True
        if self.asked:
            return
        self.asked = True
        # Says where it hangs (lines of code, no data), then ends the process.
        faulthandler.dump_traceback_later(_LONGEST_END_SECONDS, exit=True)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """`ShutdownRequest` listens; uvicorn's way is to raise the signal again afterwards."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        farewell = asyncio.create_task(self._send_home())
        try:
            await super().shutdown(sockets)
        finally:
            farewell.cancel()

    async def _send_home(self) -> None:
        """Also those whose handshake ends only now, and those who are being answered still."""
        while True:
            for one in list(self.server_state.connections):
                if not one.transport.is_closing():
                    one.shutdown()
                if one.transport.is_closing() and not one.transport.get_write_buffer_size():
                    # Our goodbye is sent. TLS would wait for theirs, which idle schools never send.
                    one.transport.abort()
            await asyncio.sleep(_LOOK_SECONDS)


def serve(
    folder: StationFolder,
    checks: Checks,
    listening: socket.socket,
    workers: int = 1,
    carry: Carry | None = None,
    *,
    ends_with_input: bool = False,
) -> None:
    """Blocks until SIGTERM or SIGINT; `address.json` in the folder says where it listens.

    `ends_with_input`: the end of standard input ends it as well.

    Several workers are processes that share the socket and the queue of full checks (not on
    Windows, where there is always one). `carry` reaches the next station, where the folder
    names one. Runs in the main thread. Raises StationFolderInvalid, StationTooOld,
    ObjectStoreError, StationKeyInvalid, TokenError.
    """
    _log_to_stderr()
    ending = ShutdownRequest()
    ending.listen()
    if ends_with_input:
        ending.listen_to_input()
    allow_many_connections()
    try:
        # Make the tables, or say what is wrong, before anyone connects.
        _prepare(folder)
        _tell_address(folder.path / "address.json", *listening.getsockname()[:2])
        if workers == 1 or sys.platform == "win32":
            _work(folder, checks, listening, 0, carry, ending)
        else:
            _lead(folder, checks, listening, workers, carry, ending)
    finally:
        faulthandler.cancel_dump_traceback_later()


def _prepare(folder: StationFolder) -> None:
    """Bring the tables up, or say what is wrong with tables, objects or keys, before all else.

    A wrong PIN is refused here, so that several workers do not try it each.
    """
    folder.opening_keys().close()
    if folder.has_next:
        folder.sealing().close()
    archive = folder.open_archive()
    try:
        archive.bytes.objects.check()
        if swept := sweep(archive):
            log.info("swept", extra={"items": swept})
    finally:
        archive.close()


if sys.platform != "win32":

    def _lead(
        folder: StationFolder,
        checks: Checks,
        listening: socket.socket,
        workers: int,
        carry: Carry | None,
        ending: ShutdownRequest,
    ) -> None:
        """Keep so many workers alive until the end is asked for, then end them."""
        fork = multiprocessing.get_context("fork")
        team: dict[int, BaseProcess] = {}
        refused = False
        while not ending.asked and not refused:
            for number in range(workers):
                if number not in team or not team[number].is_alive():
                    team[number] = fork.Process(
                        target=_work_for, args=(folder, checks, listening, number, carry, ending)
                    )
                    team[number].start()
            _wait_for_one(team, ending)
            refused = any(one.exitcode == _PIN_REFUSED for one in team.values())
        _end(team)
        if refused:
            raise PinIncorrect("a worker's; another try would lock the token")


def _end(team: Mapping[int, BaseProcess]) -> None:
    """Tell them until they have heard: Python forgets a signal that meets a process at its fork."""
    while any(one.is_alive() for one in team.values()):
        for one in team.values():
            one.terminate()
        connection.wait([one.sentinel for one in team.values() if one.is_alive()], _AGAIN_SECONDS)


def _wait_for_one(team: Mapping[int, BaseProcess], ending: ShutdownRequest) -> None:
    """Until a worker ends, or the end is asked for."""
    while not ending.asked:
        if connection.wait([one.sentinel for one in team.values()], _LOOK_SECONDS):
            log.warning("worker ended")
            for one in team.values():
                if one.pid is not None and one.exitcode is not None:
                    child_ended("department", one.pid, one.exitcode)
            time.sleep(_BETWEEN_RESTARTS)
            return


def _work_for(*arguments: Any) -> None:
    """Work until told to end, or until whoever leads is gone and cannot tell."""
    threading.Thread(target=_outlive_nobody, daemon=True).start()
    try:
        _work(*arguments)
    except (PinIncorrect, PinLocked):
        sys.exit(_PIN_REFUSED)


def _outlive_nobody() -> None:
    leader = multiprocessing.parent_process()
    assert leader is not None
    leader.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _work(
    folder: StationFolder,
    checks: Checks,
    listening: socket.socket,
    number: int,
    carry: Carry | None,
    ending: ShutdownRequest,
) -> None:
    station = assemble(folder, checks, number)
    station.verifying.waiting.release()
    station.verifying.start()
    forwarding = None
    if carry is not None and number == 0 and folder.has_next:
        forwarding = Forwarding(folder, station.archive, carry)
        forwarding.start()
    try:
        server = _Server(_web(folder, station))
        ending.tell(server)
        answer_promptly(listening)
        server.run(sockets=[listening])
    finally:
        if forwarding is not None:
            forwarding.stop()
        station.verifying.stop()
        station.archive.close()
        station.keys.close()
        station.seen.close()


def answer_promptly(listening: socket.socket) -> None:
    """Without it an answer in two writes takes two round trips. Connections inherit it.

    asyncio does so itself, but only for sockets that name their protocol.
    """
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _web(folder: StationFolder, station: RunningStation) -> uvicorn.Config:
    """TLS 1.3 and nothing older."""
    config = uvicorn.Config(
        create_app(station),
        http=BoundedConnection,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=75,  # a handshake over 2G costs more than an idle connection
        ssl_keyfile=str(folder.path / "tls.key"),
        ssl_certfile=str(folder.path / "tls.crt"),
    )
    config.load()
    assert config.ssl is not None
    config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    return config


def _tell_address(path: Path, host: str, port: int) -> None:
    """The socket listens already: who reads this file may connect at once."""
    shown = "localhost" if host in ("", "0.0.0.0", "::") else host  # noqa: S104
    url = f"https://{shown}:{port}"
    beside = path.with_suffix(".tmp")
    beside.write_text(json.dumps({"url": url, "host": shown, "port": port, "pid": os.getpid()}))
    beside.replace(path)
    log.info("listening", extra={"url": url})


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
