"""The log of this machine: codes, stacks, versions, timings of slow work.

It lies in the user's state folder (`settings.state()`), one file for each kind of process, and
holds no pupil's name, number or mark, no PIN and no path: see `words`. How to read it stands in
`resources/docs/debugging.md`.
"""

from __future__ import annotations

import contextlib
import platform
import signal
import sys
from collections.abc import Iterator

from app import __version__
from app.log.crashes import found as found_crashes
from app.log.crashes import of_child, traced
from app.log.hooks import DEBUG, debugging, hooked
from app.log.words import kind, source
from app.log.writing import (
    SLOW_SECONDS,
    Incident,
    event,
    files,
    folder,
    foreign,
    heard_by,
    incident,
    problem,
    stack,
    tell,
    timed,
    written_to,
)

__all__ = [
    "DEBUG",
    "SLOW_SECONDS",
    "Incident",
    "child_ended",
    "child_stopped",
    "debugging",
    "event",
    "files",
    "folder",
    "foreign",
    "found_crashes",
    "heard_by",
    "incident",
    "kept_as",
    "kind",
    "problem",
    "source",
    "started",
    "tell",
    "timed",
]


@contextlib.contextmanager
def kept_as(role: str) -> Iterator[None]:
    """The life of a process: its log, its uncaught errors and the trace of a crash.

    `role`: what kind of process it is, in small letters, such as 'window' or 'token_worker'.
    """
    with written_to(role), traced(role), hooked():
        try:
            yield
        except Exception as error:
            incident("uncaught", error)
            raise


def started() -> None:
    """What this program is and runs on; the first line of each run."""
    event(
        "start",
        hocba=f"v{__version__}",
        python=f"v{platform.python_version()}",
        bits=64 if sys.maxsize > 2**32 else 32,
        system=platform.system(),
        release=f"v{platform.release()}",
        frozen=bool(getattr(sys, "frozen", False)),
    )


def child_ended(role: str, pid: int, code: int | None) -> None:
    """A child process is gone before its work was done.

    `code`: its exit code, negative for a signal, None when it had to be ended because it did not
    answer.
    """
    fault, where = of_child(pid)
    ending = "not-answering" if code is None else _ending(code)
    stack("child.ended", where, role=role, ending=ending, fault=fault or "none")


def child_stopped(pid: int) -> None:
    """A child process was ended by us, at its work: what it left behind goes."""
    of_child(pid)


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit-{code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal{code}"
