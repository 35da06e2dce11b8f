"""The wheel changes nothing that somebody chose."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import app.ui
from app.ui.kit.choosers import ChoiceBox, TabRow

UI = Path(app.ui.__file__).parent


def turned(down: int) -> QWheelEvent:
    none, keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    where = QPointF(5, 5)
    return QWheelEvent(
        where,
        where,
        QPoint(0, 0),
        QPoint(0, -down),
        none,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )


@pytest.mark.parametrize("kind", [ChoiceBox, TabRow])
def test_the_wheel_leaves_the_value_and_goes_on_to_the_page(
    qtbot: QtBot, kind: type[ChoiceBox] | type[TabRow]
) -> None:
    box = kind()
    qtbot.addWidget(box)
    for name in ("Thái", "Mông", "Kinh"):
        if isinstance(box, ChoiceBox):
            box.addItem(name)
        else:
            box.addTab(name)
    box.show()
    box.setFocus()
    event = turned(120)
    QApplication.sendEvent(box, event)
    assert box.currentIndex() == 0
    assert not event.isAccepted()


def test_nothing_else_in_the_window_listens_to_the_wheel() -> None:
    plain = re.compile(r"\b(QComboBox|QTabBar|QTabWidget|Q(Double)?SpinBox|Q(Date|Time)\w*Edit)\(")
    found = {
        f"{path.name}: {one}"
        for path in UI.rglob("*.py")
        for one in plain.findall(path.read_text("utf-8"))
        if path.name != "choosers.py"
    }
    assert found == set()
