"""Errors that nobody caught end in the log, on whichever thread they happen."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Iterator
from types import TracebackType

from app.log import words
from app.log.writing import event, incident

DEBUG = "HOCBA_DEBUG"


def debugging() -> bool:
    """Whether somebody who works on the program wants to see tracebacks in the terminal."""
    return bool(os.environ.get(DEBUG))


@contextlib.contextmanager
def hooked() -> Iterator[None]:
    """Until the block ends, uncaught errors of all threads and of finalisers are logged."""
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    libraries = _Libraries(logging.WARNING)
    sys.excepthook, threading.excepthook, sys.unraisablehook = _uncaught, _in_thread, _unraisable
    logging.getLogger().addHandler(libraries)
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before
        logging.getLogger().removeHandler(libraries)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    incident("uncaught", error)
    if debugging():
        sys.__excepthook__(kind, error, trace)
    # Kept for a debugger, they would hold every widget of that stack until the next error.
    sys.last_type = sys.last_value = sys.last_traceback = None


def _in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is None or isinstance(args.exc_value, SystemExit):
        return
    incident("uncaught.thread", args.exc_value)
    if debugging():
        threading.__excepthook__(args)


def _unraisable(args: sys.UnraisableHookArgs) -> None:
    if args.exc_value is None:
        return
    incident("uncaught.finaliser", args.exc_value, object=type(args.object).__name__)
    if debugging():
        sys.__unraisablehook__(args)


class _Libraries(logging.Handler):
    """What libraries log: which of them and where, not their words, which may name a person."""

    def emit(self, record: logging.LogRecord) -> None:
        at = f"{words.place(record.pathname)}:{record.lineno}"
        event("library", name=record.name, level=record.levelname, at=at)
