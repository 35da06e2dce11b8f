"""A hard crash (a driver, Qt, memory) leaves its stack in a file that the next start finds.

Each process has such a file, which it removes when it ends in good order. Python's faulthandler
writes into it while the process dies: lines of code, no data.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from app.log import words
from app.log.writing import Incident, event, folder, tell

_KEPT_SECONDS = 30 * 24 * 3600
_LONGEST = 256 * 1024
_NAME = re.compile(r"(?P<role>[a-z_]+)-(?P<pid>\d+)-(?P<ns>\d+)\.crash")


@contextlib.contextmanager
def traced(role: str) -> Iterator[None]:
    """Until the block ends, a fatal error leaves its stack behind."""
    path = folder() / f"{role}-{os.getpid()}-{time.time_ns()}.crash"
    before = faulthandler.is_enabled()
    try:
        stream = path.open("w", encoding="utf-8", errors="replace")
    except OSError:
        yield
        return
    faulthandler.enable(stream)
    try:
        yield
    finally:
        faulthandler.disable()
        if before:
            with contextlib.suppress(OSError, ValueError):  # a terminal that is no file
                faulthandler.enable(sys.__stderr__ or sys.stderr)
        _close(stream, path)


def _close(stream: IO[str], path: Path) -> None:
    """Windows' faulthandler also tells of faults that a driver catches itself: no crash."""
    stream.close()
    with contextlib.suppress(OSError):
        text = path.read_text("utf-8", errors="replace")
        if text:
            event("fault.survived", what=words.fault_in(text))
        path.unlink(missing_ok=True)


def found() -> tuple[Incident, ...]:
    """Crashes since somebody last looked; each is told once, and stands in the log from then on."""
    every = sorted(folder().glob("*.crash"))
    return tuple(made for path in every if (made := _taken(path)) is not None)


def of_child(pid: int) -> tuple[str, tuple[str, ...]]:
    """What a child process left when it died: what ended it, and its stack. Both may be empty."""
    for path in folder().glob(f"*-{pid}-*.crash"):
        with contextlib.suppress(OSError):
            text = _read(path)
            path.unlink()
            return words.fault_in(text), words.frames_in(text)
    return "", ()


def _taken(path: Path) -> Incident | None:
    name = _NAME.fullmatch(path.name)
    with contextlib.suppress(OSError):
        if path.stat().st_size == 0:
            if time.time() - path.stat().st_mtime > _KEPT_SECONDS:
                path.unlink()
            return None
        claimed = path.with_suffix(".taken")
        path.replace(claimed)  # Windows refuses while the process lives
        text = _read(claimed)
        fault = words.fault_in(text) or "Fatal-error"
        role = name["role"] if name else "unknown"
        made = tell("crash.found", (fault,), words.frames_in(text), role=role)
        claimed.unlink()
        return made
    return None


def _read(path: Path) -> str:
    with path.open("rb") as stream:
        return stream.read(_LONGEST).decode("utf-8", errors="replace")
