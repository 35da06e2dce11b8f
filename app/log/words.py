"""What may stand in the log: codes, whole numbers and places in the program, never what a person
wrote or what an exception's message carries.

Everything that goes into the log passes through here, so that no caller has to remember the rule.
"""

from __future__ import annotations

import errno
import re
import sysconfig
import traceback
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import partial
from pathlib import Path, PureWindowsPath
from types import TracebackType

_CODE = re.compile(r"[A-Za-z_<][A-Za-z0-9_.,:/<>+-]{0,119}")
_LONGEST_MESSAGE = 160
_MOST_FRAMES = 40
_MOST_CAUSES = 8
_HIDDEN_FROM = re.compile(r"[\"'“”‘’`]|(?:^|\s)\S*[/\\]|[^\x00-\x7f]")
_FRAME = re.compile(r'^\s*File "(?P<file>.*)", line (?P<line>\d+),? in (?P<name>\S+)\s*$')
_FAULT = re.compile(r"^(?:Fatal Python error|Windows fatal exception): (?P<what>[\w -]+)")
_ROOT = Path(__file__).resolve().parents[2]


def safe(value: object) -> str:
    """A fact as it may be written: whole numbers and codes as they are, of other text the length.

    A code begins with a Latin letter and has no space, so neither a name in full nor a mark is one.
    """
    if isinstance(value, Enum):
        return safe(value.value)
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, float):
        return str(round(value))
    text = str(value)
    return text if _CODE.fullmatch(text) else f"<{len(text)}>"


def scrubbed(message: str) -> str:
    """The part of a foreign library's message that cannot be data: it ends before the first quoted
    text, path or letter outside ASCII; digits are hidden.
    """
    shown = _HIDDEN_FROM.split(message, maxsplit=1)[0].strip()
    return re.sub(r"\d", "#", " ".join(shown.split()))[:_LONGEST_MESSAGE]


def place(file: str) -> str:
    """A source file without the folders of this machine, which may carry a person's name."""
    path = Path(file)
    if file.startswith("<") or not (path.is_absolute() or PureWindowsPath(file).is_absolute()):
        return file.replace("\\", "/")  # '<string>', and a frozen program's own modules
    for root in (*map(Path, _library_folders()), _ROOT):
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return PureWindowsPath(file).name if file.endswith((".py", ".pyc")) else "<file>"


def _library_folders() -> Iterator[str]:
    names = ("purelib", "platlib", "stdlib", "platstdlib")  # site-packages lie inside the library
    yield from (sysconfig.get_paths()[name] for name in names)


def source(work: Callable[..., object]) -> str:
    """Where a piece of work is written: 'app/ui/pages/home_page.py:91'."""
    while isinstance(work, partial):
        work = work.func
    code = getattr(work, "__code__", None)
    return f"{place(code.co_filename)}:{code.co_firstlineno}" if code else type(work).__name__


def frames(trace: TracebackType | None) -> tuple[str, ...]:
    """'app/store/database.py:71 write' for each step, the outermost first."""
    steps = traceback.extract_tb(trace)
    return _bounded(f"{place(s.filename)}:{s.lineno} {s.name}" for s in steps)


def frames_in(text: str) -> tuple[str, ...]:
    """The same out of a printed stack (a child's, or faulthandler's); all other lines are left."""
    found = (_FRAME.match(line) for line in text.splitlines())
    return _bounded(f"{place(m['file'])}:{m['line']} {m['name']}" for m in found if m)


def fault_in(text: str) -> str:
    """What faulthandler says ended a process, such as 'Segmentation-fault'; else empty."""
    found = (_FAULT.match(line) for line in text.splitlines())
    return next(("-".join(m["what"].split()) for m in found if m), "")


def causes(error: BaseException) -> list[BaseException]:
    """The error and what it came from, as Python would print them, the error first."""
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in chain and len(chain) < _MOST_CAUSES:
        chain.append(following)
        hidden = following.__suppress_context__
        following = following.__cause__ or (None if hidden else following.__context__)
    return chain


def kind(error: BaseException) -> str:
    """The error's class with its code, where it has one: 'WorkspaceBusy workspace.busy'."""
    parts = [type(error).__name__]
    code = getattr(error, "code", None)
    if isinstance(code, str):
        parts.append(safe(code))
    if isinstance(error, OSError) and error.errno is not None:
        parts.append(errno.errorcode.get(error.errno, str(error.errno)))
    sqlite = getattr(error, "sqlite_errorname", None)
    if isinstance(sqlite, str):
        parts.append(safe(sqlite))
    return " ".join(parts)


def _bounded(steps: Iterable[str]) -> tuple[str, ...]:
    """The first and the last steps of a stack that ran away."""
    every = tuple(steps)
    if len(every) <= _MOST_FRAMES:
        return every
    half = _MOST_FRAMES // 2
    return (*every[:half], f"... {len(every) - 2 * half}", *every[-half:])
