"""The log file itself: one event a line, in a folder that only this user reads."""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2s
from pathlib import Path

from app import settings
from app.clock import now
from app.log import words

MOST_BYTES = 512 * 1024
COPIES = 3
"""Older files beside the newest: two megabytes hold weeks of work."""
SLOW_SECONDS = 1.0
"""What takes longer than this is worth a line; what is shorter nobody waits for."""

SELDOM_SECONDS = 60.0

_logger = logging.getLogger("hocba.log")
_logger.propagate = False
_logger.setLevel(logging.INFO)
_logger.addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Incident:
    """An error that nobody expected, as far as it may be told.

    `kinds`: the error's class and those of its causes. `where`: steps of its stack, the innermost
    last. `reference`: eight letters that are the same for the same fault on every machine.
    """

    at: datetime
    event: str
    kinds: tuple[str, ...]
    where: tuple[str, ...]
    reference: str

    def lines(self) -> list[str]:
        """What the log and the report show of it."""
        return [
            f"{self.event} {self.reference}",
            *(f"  {kind}" for kind in self.kinds),
            *(f"    {step}" for step in self.where),
        ]


Listener = Callable[[Incident], None]
_listeners: list[Listener] = []
_met: dict[int, tuple[float, int]] = {}
"""When each was last written, and how often it came."""
_guard = threading.Lock()


def folder() -> Path:
    """Where log files and the traces of crashes lie."""
    return settings.state() / "log"


def files() -> list[Path]:
    """All log files, the newest of each kind of process first."""
    return sorted(folder().glob("*.log*"))


class _Lines(logging.handlers.RotatingFileHandler):
    """Rotates; a full disk or a second process that holds the file stops nothing."""

    def doRollover(self) -> None:
        try:
            super().doRollover()
        except OSError:  # Windows renames no file that another process has open
            if self.stream is None:
                self.stream = self._open()

    def handleError(self, record: logging.LogRecord) -> None:
        """The log must not be what stops a teacher's work."""


class _OneLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        stamp = datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="seconds")
        return f"{stamp} {record.process} {record.levelname} {record.getMessage()}"


@contextlib.contextmanager
def written_to(role: str) -> Iterator[None]:
    """Until the block ends, what is logged goes to the file of this kind of process."""
    try:
        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _Lines(
            folder() / f"{role}.log",
            maxBytes=MOST_BYTES,
            backupCount=COPIES,
            encoding="utf-8",
            delay=True,
        )
    except OSError:  # a home that cannot be written: work goes on without a log
        yield
        return
    handler.setFormatter(_OneLine())
    _met.clear()  # another file, where nothing of it stands yet
    _logger.addHandler(handler)
    try:
        yield
    finally:
        _logger.removeHandler(handler)
        handler.close()


def event(name: str, /, **facts: object) -> None:
    """One line. Of facts that are neither codes nor whole numbers only the length is written."""
    _write(logging.INFO, name, facts)


def problem(name: str, error: BaseException, /, **facts: object) -> None:
    """An error that somebody handles: its class and code and those of its causes, no message."""
    chain = " from ".join(words.kind(each) for each in words.causes(error))
    _write_seldom(logging.WARNING, name, facts, chain)


def stack(name: str, where: Sequence[str], /, **facts: object) -> None:
    """A line, and below it the steps of a stack."""
    _write(logging.WARNING, name, facts, *(f"    {step}" for step in where))


def foreign(name: str, message: str, /, **facts: object) -> None:
    """What a library says, as far as it cannot be data."""
    _write_seldom(logging.WARNING, name, facts, f"| {words.scrubbed(message)}")


def incident(name: str, error: BaseException, /, **facts: object) -> Incident:
    """An error that nobody expected: with its stack, and told to those who listen."""
    chain = words.causes(error)
    stack = tuple(step for each in reversed(chain) for step in words.frames(each.__traceback__))
    return tell(name, tuple(words.kind(each) for each in chain), stack, **facts)


def tell(name: str, kinds: tuple[str, ...], where: tuple[str, ...], /, **facts: object) -> Incident:
    """As `incident`, where the error itself is gone: a crash of before, a child process."""
    names = [kind.partition(" ")[0] for kind in kinds]
    signature = "\n".join((*names, *(step.partition(":")[0] for step in where), *where[-1:]))
    reference = blake2s(signature.encode(), digest_size=4).hexdigest()
    made = Incident(now(), name, kinds, where, reference)
    _write_seldom(logging.ERROR, name, {"ref": f"r{reference}", **facts}, *made.lines()[1:])
    for listener in tuple(_listeners):
        listener(made)
    return made


@contextlib.contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Until the block ends, `listener` is called for each incident, on the thread it came on."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


@contextlib.contextmanager
def timed(name: str, /, **facts: object) -> Iterator[None]:
    """A line with the milliseconds, if the block took longer than `SLOW_SECONDS`."""
    begin = time.monotonic()
    try:
        yield
    finally:
        spent = time.monotonic() - begin
        if spent >= SLOW_SECONDS:
            event(name, ms=round(spent * 1000), **facts)


def _write_seldom(level: int, name: str, facts: dict[str, object], *more: str) -> None:
    """The same again within a minute is only counted: a view that cannot be painted fails sixty
    times a second. A stack is written once.
    """
    key = hash((name, *map(str, facts.values()), *more))
    with _guard:
        last, times = _met.get(key, (-SELDOM_SECONDS, 0))
        due = time.monotonic() - last >= SELDOM_SECONDS
        _met[key] = (time.monotonic() if due else last, times + 1)
    if due and times == 0:
        _write(level, name, facts, *more)
    elif due:
        _write(level, name, {**facts, "times": times + 1}, *more[:1])


def _write(level: int, name: str, facts: dict[str, object], *more: str) -> None:
    said = " ".join((name, *(f"{key}={words.safe(value)}" for key, value in facts.items())))
    first, *rest = more or ("",)
    separator = "\n" if first.startswith("  ") else " "
    _logger.log(level, "%s", "\n".join((f"{said}{separator}{first}".rstrip(), *rest)))
