"""Strangers' PDFs, pictures and archives, read in a process of their own.

One process for many files; it is ended, and another started for the next file, when a file takes
more time or memory than any good one needs. So no file hides the verdict on another, and none
keeps the check busy: time that was lost on such files is bounded for all of them together.
"""

from __future__ import annotations

import base64
import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Self

from cryptography.hazmat.primitives.serialization import Encoding

from app import log
from app.model.signing import FileReport
from app.processes import NO_WINDOW, child_environment
from app.signing.file_verification import PICTURES, refused
from app.signing.keys.token_wire import read_message, write_message
from app.signing.trust.trust_store import TrustStore
from app.verification import archives
from app.verification.report_wire import unpacked
from app.work import CancelToken

_PDF = b"%PDF-"
_START_SECONDS = 60.0
"""A slow disk with a virus guard loads some eighty megabytes of libraries."""
_LEAST_SECONDS, _MOST_SECONDS = 4.0, 15.0
"""For one file: a good view takes a tenth of a second, forty scanned pages some twenty."""
_LOST_SECONDS = 48.0
"""For all files together that were not done in their time."""
_LOOK_SECONDS = 0.1
_TOO_MUCH = (
    "Đã dừng kiểm tệp này vì nó cần nhiều thời gian hoặc bộ nhớ hơn mọi tệp bình thường. "
    "Các tệp khác vẫn được kiểm."
)
_LATE = ("file.time",)
_NO_TIME = "Chưa xem tệp này vì các tệp trước đã làm mất nhiều thời gian: hãy kiểm riêng tệp này."


def is_strange(start: bytes) -> bool:
    """Whether a file that begins so is read apart."""
    return start.startswith((_PDF, archives.MAGIC, *PICTURES))


class _Overrun(Exception):
    """The process gave no answer: out of time, out of memory, or dead."""


class ApartReader:
    """`files`: how many there will be, which says how long one may take."""

    def __init__(self, trust: TrustStore, now: datetime, cancel: CancelToken, files: int) -> None:
        self._trust = [
            [
                one.hierarchy.value,
                one.purpose.value,
                base64.b64encode(one.certificate.public_bytes(Encoding.DER)).decode(),
            ]
            for one in trust.every
        ]
        self._now = now.isoformat()
        self._cancel = cancel
        self._patience = max(_LEAST_SECONDS, min(_MOST_SECONDS, _LOST_SECONDS / max(files, 1)))
        self._left = _LOST_SECONDS
        self._child: _Child | None = None

    def verify(self, file: Path, start: bytes) -> list[FileReport]:
        """What can be said of a file that begins so. Raises Cancelled only."""
        if start.startswith(archives.MAGIC):
            return list(self._archive(file))
        code = "pdf.unreadable" if start.startswith(_PDF) else "paper.unreadable"
        return [self._report({"file": str(file), "now": self._now}, str(file), code)]

    def _archive(self, file: Path) -> Iterator[FileReport]:
        answer = self._ask({"list": str(file)}, str(file), "archive.unreadable")
        if isinstance(answer, FileReport):
            yield answer
            return
        for number in range(int(answer["entries"])):
            asked = {"entry": str(file), "number": number, "now": self._now}
            yield self._report(asked, f"{file} › {number + 1}", "archive.unreadable")

    def _report(self, asked: dict[str, Any], name: str, code: str) -> FileReport:
        answer = self._ask(asked, name, code)
        return answer if isinstance(answer, FileReport) else refused(name, code)

    def _ask(self, asked: dict[str, Any], name: str, code: str) -> FileReport | Mapping[str, Any]:
        """A report, or an answer without one. Raises Cancelled."""
        if self._left <= 0:
            notes = (_NO_TIME,)
            return FileReport(name, "unknown", False, True, (), notes=notes, not_checked=_LATE)
        begun = time.monotonic()
        try:
            answer = self._running().ask(asked, min(self._patience, self._left), self._cancel)
            if "failed" in answer:
                return refused(name, code)
            return unpacked(answer["report"]) if "report" in answer else answer
        except (_Overrun, ValueError, TypeError, KeyError):
            self._left -= time.monotonic() - begun
            log.event("file.too_much", ms=round((time.monotonic() - begun) * 1000))
            self._end()
            return replace(refused(name, code), notes=(_TOO_MUCH,))

    def _running(self) -> _Child:
        if self._child is None:
            self._child = _Child(self._trust, self._cancel)
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()


class _Child:
    """One process, ready to be asked. Raises _Overrun when it does not start, and Cancelled."""

    def __init__(self, trust: list[list[str]], cancel: CancelToken) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.verification.apart_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
            creationflags=NO_WINDOW,
        )
        self._answers: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        threading.Thread(target=self._listen, name="apart-answers", daemon=True).start()
        try:
            self.ask({"trust": trust}, _START_SECONDS, cancel)
        except BaseException:
            self.end()
            raise

    def ask(self, asked: dict[str, Any], patience: float, cancel: CancelToken) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            write_message(self._process.stdin, asked)
            self._process.stdin.flush()
        except OSError as error:
            raise _Overrun from error
        until = time.monotonic() + patience
        while True:
            cancel.raise_if_cancelled()
            try:
                answer = self._answers.get(timeout=_LOOK_SECONDS)
            except Empty:
                if time.monotonic() > until:
                    raise _Overrun from None
                continue
            if answer is None:
                raise _Overrun
            return answer

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError, OSError):  # what is no answer counts as its end
            while (answer := read_message(self._process.stdout)) is not None:
                self._answers.put(answer)
        self._answers.put(None)

    def end(self) -> None:
        process = self._process
        code = process.poll()
        process.kill()
        process.wait()
        if code is None:
            log.child_stopped(process.pid)
        else:
            log.child_ended("file_reader", process.pid, code)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
