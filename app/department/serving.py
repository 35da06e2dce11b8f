"""Running the station: TLS 1.3, one JSON line per event, a clean end on SIGTERM."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
import socket
import ssl
import threading
import time
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import uvicorn

from app import clock
from app.department.archive import Archive
from app.department.checks import Checks
from app.department.folder import StationFolder
from app.department.forwarding import Carry, Forwarding
from app.department.web import Station, assemble, create_app

log = logging.getLogger("hocba.station")

_BETWEEN_RESTARTS = 1.0
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


def serve(
    folder: StationFolder,
    checks: Checks,
    listening: socket.socket,
    workers: int = 1,
    carry: Carry | None = None,
) -> None:
    """Blocks until SIGTERM or SIGINT; `address.json` in the folder says where it listens.

    Several workers are processes that share the socket and the queue of full checks (not on
    Windows, where there is always one). `carry` reaches the next station, where the folder
    names one. Raises StationFolderInvalid.
    """
    _log_to_stderr()
    Archive(
        folder.database
    ).close()  # make the tables, or say what is wrong, before anyone connects
    if threading.current_thread() is threading.main_thread():
        # uvicorn ends by raising the signal again, which would skip our own clean end.
        signal.signal(signal.SIGTERM, _end)
    _tell_address(folder.path / "address.json", *listening.getsockname()[:2])
    if workers == 1 or os.name == "nt":
        _work(folder, checks, listening, 0, carry)
        return
    fork = multiprocessing.get_context("fork")
    team: dict[int, BaseProcess] = {}
    try:
        while True:
            for number in range(workers):
                if number not in team or not team[number].is_alive():
                    team[number] = fork.Process(
                        target=_work, args=(folder, checks, listening, number, carry)
                    )
                    team[number].start()
            connection.wait([one.sentinel for one in team.values()])
            time.sleep(_BETWEEN_RESTARTS)
            log.warning("worker ended")
    finally:
        for one in team.values():
            one.terminate()
        for one in team.values():
            one.join()


def _work(
    folder: StationFolder,
    checks: Checks,
    listening: socket.socket,
    number: int,
    carry: Carry | None,
) -> None:
    station = assemble(folder, checks, number)
    station.verifying.waiting.release()
    station.verifying.start()
    forwarding = None
    if carry is not None and number == 0 and folder.has_next:
        forwarding = Forwarding(folder, station.archive, carry)
        forwarding.start()
    try:
        uvicorn.Server(_web(folder, station)).run(sockets=[listening])
    finally:
        if forwarding is not None:
            forwarding.stop()
        station.verifying.stop()
        station.archive.close()


def _web(folder: StationFolder, station: Station) -> uvicorn.Config:
    """TLS 1.3 and nothing older."""
    config = uvicorn.Config(
        create_app(station),
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


def _end(*_: object) -> None:
    raise SystemExit(0)


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
