"""What Qt itself complains about ends in the log, as far as it cannot be data."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from app import log

_SILENT = {QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg}


@contextlib.contextmanager
def logged() -> Iterator[None]:
    """Until the block ends, Qt's messages go to the log and not to a terminal nobody sees."""
    before = qInstallMessageHandler(_write)
    try:
        yield
    finally:
        qInstallMessageHandler(before)


def _write(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    if kind not in _SILENT:
        level = kind.name.removeprefix("Qt").removesuffix("Msg").lower()
        log.foreign(f"qt.{level}", message, category=context.category or "default")
    if log.debugging() and sys.stderr is not None:  # a program without a terminal has none
        print(message, file=sys.stderr)
