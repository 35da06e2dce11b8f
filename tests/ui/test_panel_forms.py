"""Forms in the side panel: their buttons stay in sight, nothing typed is dropped unasked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.kit.side_panel import PanelForm, SidePanel


class NameForm(PanelForm):
    """Longer than any window, with its button in the footer."""

    def __init__(self) -> None:
        super().__init__()
        self.name = QLineEdit("Lò Thị Hương")
        self.save = QPushButton("Lưu")
        self.footer = (self.save,)
        layout = QVBoxLayout(self)
        layout.addWidget(self.name)
        layout.addSpacing(3_000)

    def typed(self) -> object:
        return self.name.text()


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[SidePanel]:
    ground = QWidget()
    qtbot.addWidget(ground)
    ground.resize(800, 500)
    made = SidePanel(ground)
    ground.show()
    made.place(QRect(0, 0, 800, 500))
    yield made
    ground.close()


def press(panel: SidePanel, words: str) -> None:
    (button,) = [b for b in panel.findChildren(QPushButton) if b.text() == words]
    assert button.isVisible()
    button.click()


def asks(panel: SidePanel) -> bool:
    return any(
        label.text() == "Thay đổi ở đây chưa được lưu." and label.isVisible()
        for label in panel.findChildren(QLabel)
    )


def test_the_button_of_a_long_form_is_in_sight(qtbot: QtBot, panel: SidePanel) -> None:
    form = NameForm()
    panel.open_with(form, "Lò Thị Hương")
    qtbot.waitUntil(lambda: form.save.height() > 10)
    bottom = form.save.mapTo(panel, form.save.rect().bottomLeft()).y()
    assert 0 < bottom < panel.height()


def test_what_was_not_touched_closes_without_a_question(qtbot: QtBot, panel: SidePanel) -> None:
    panel.open_with(NameForm(), "Lò Thị Hương")
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert not panel.isVisible()


def test_escape_over_something_typed_asks_once(qtbot: QtBot, panel: SidePanel) -> None:
    form = NameForm()
    panel.open_with(form, "Lò Thị Hương")
    form.name.setText("Lò Thị Hường")
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert panel.isVisible()
    assert asks(panel)
    press(panel, "Sửa tiếp")
    assert panel.isVisible()
    assert not asks(panel)
    assert form.name.text() == "Lò Thị Hường"
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    press(panel, "Bỏ thay đổi")
    assert not panel.isVisible()


def test_another_pupil_waits_for_the_answer(panel: SidePanel) -> None:
    first, second = NameForm(), NameForm()
    panel.open_with(first, "Lò Thị Hương")
    first.name.setText("Lò Thị Hường")
    panel.open_with(second, "Lù A Sếnh")
    assert panel.accessibleName() == "Lò Thị Hương"
    press(panel, "Bỏ thay đổi")
    assert panel.accessibleName() == "Lù A Sếnh"
    assert not asks(panel)


def test_another_page_waits_for_the_answer(panel: SidePanel) -> None:
    form, left = NameForm(), []
    panel.open_with(form, "Lò Thị Hương")
    form.name.setText("Lò Thị Hường")
    panel.leave(lambda: left.append("left"))
    assert left == []
    press(panel, "Bỏ thay đổi")
    assert left == ["left"]
    assert not panel.isVisible()


def test_after_saving_the_page_closes_the_panel_unasked(panel: SidePanel) -> None:
    form = NameForm()
    panel.open_with(form, "Lò Thị Hương")
    form.name.setText("Lò Thị Hường")
    panel.dismiss()
    assert not panel.isVisible()
