"""Cycles are collected on the GUI thread at rest, and only there."""

from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.shell.garbage_collection import GarbageCollector


class _Ring:
    def __init__(self) -> None:
        self.me = self


def test_a_worker_never_collects(qapp: QApplication) -> None:
    assert not gc.isenabled()
    ring = _Ring()
    gone = weakref.ref(ring)
    del ring
    worker = threading.Thread(target=lambda: [[n] for n in range(200_000)])
    worker.start()
    worker.join()
    assert gone() is not None


def test_the_event_loop_collects_what_has_gathered(qapp: QApplication, qtbot: QtBot) -> None:
    parent = QObject()
    GarbageCollector(parent)
    rings = [_Ring() for _ in range(5_000)]
    gone = weakref.ref(rings[0])
    rings.clear()
    qtbot.waitUntil(lambda: gone() is None, timeout=5_000)
