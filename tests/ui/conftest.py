"""A dressed QApplication; off screen where there is no display."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator

import pytest

if sys.platform != "win32" and not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from app.ui.shell.app import build_application
from app.ui.shell.task_runner import TaskRunner
from app.ui.theme import apply_theme, theme


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    app = build_application(["hocba"])
    apply_theme.apply(app, theme.LIGHT)
    return app


@pytest.fixture(autouse=True)
def collected_at_rest() -> Iterator[None]:
    """As in the program: cycles are collected between Qt's own work, here between two tests."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
def runner(qapp: QApplication) -> Iterator[TaskRunner]:
    made = TaskRunner()
    yield made
    made.shutdown()
