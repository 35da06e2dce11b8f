"""A dressed QApplication; off screen where there is no display."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

if sys.platform != "win32" and not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from app.ui import theme
from app.ui.app import build_application
from app.ui.task_runner import TaskRunner


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    app = build_application(["hocba"])
    theme.apply(app, theme.LIGHT)
    return app


@pytest.fixture
def runner(qapp: QApplication) -> Iterator[TaskRunner]:
    made = TaskRunner()
    yield made
    made.shutdown()
