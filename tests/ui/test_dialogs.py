"""A PIN is taken once; a button names its act; dialogs come one at a time."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.ui.dialogs import (
    ConfirmDialog,
    DialogService,
    NewWorkspaceDialog,
    PassphraseDialog,
    PinDialog,
    pin,
)
from app.ui.dialogs.passphrase import strength
from app.ui.dialogs.pin import PinTries
from app.ui.kit import KeyCard
from installer.pictures.screens import FACTS


@pytest.fixture
def host(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_pin_dialog_shows_whose_certificate_it_is_and_how_much_it_signs(
    qtbot: QtBot,
) -> None:
    dialog = PinDialog(FACTS, "Ký 41 học bạ")
    qtbot.addWidget(dialog)
    spoken = dialog.findChild(KeyCard).accessibleName()
    for part in ("Nguyễn Văn Khải", "Hiệu trưởng", "Pa Vệ Sử", "VGCA", "14/08/2028"):
        assert part in spoken
    assert dialog.act.accessibleName() == "Ký 41 học bạ với tên Nguyễn Văn Khải"
    assert not dialog.act.isEnabled()


def test_a_pin_is_hidden_and_taken_once(qtbot: QtBot, host: QWidget) -> None:
    service, pins = DialogService(host), []
    dialog = PinDialog(FACTS, "Ký 41 học bạ")
    service.ask(dialog, lambda: pins.extend((dialog.take_pin(), dialog.take_pin())))
    qtbot.keyClicks(dialog.field, "123456")
    assert dialog.field.echoMode() == QLineEdit.EchoMode.Password
    qtbot.mouseClick(dialog.act, Qt.MouseButton.LeftButton)
    assert pins == ["123456", ""]


def test_the_last_try_is_never_made_unawares(qtbot: QtBot) -> None:
    dialog = PinDialog(FACTS, "Ký 41 học bạ", tries=PinTries(1))
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.notice.isVisible()
    assert "Chỉ còn một lần thử" in dialog.notice.accessibleName()
    qtbot.keyClicks(dialog.field, "123456")
    assert not dialog.act.isEnabled()
    dialog.sure.setChecked(True)
    assert dialog.act.isEnabled()


def test_a_pin_that_was_typed_and_left_is_forgotten(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pin, "FORGET_AFTER_MS", 20)
    dialog = PinDialog(FACTS, "Ký 41 học bạ")
    qtbot.addWidget(dialog)
    qtbot.keyClicks(dialog.field, "123456")
    qtbot.waitUntil(lambda: dialog.field.text() == "")
    assert not dialog.act.isEnabled()
    assert "để lâu" in dialog.notice.accessibleName()


def test_a_locked_token_takes_no_pin(qtbot: QtBot) -> None:
    dialog = PinDialog(FACTS, "Ký 41 học bạ", tries=PinTries(0))
    qtbot.addWidget(dialog)
    assert not dialog.field.isEnabled()
    assert not dialog.act.isEnabled()


def test_a_wrong_pin_is_marked_until_one_types_again(qtbot: QtBot) -> None:
    dialog = PinDialog(FACTS, "Ký 41 học bạ", tries=PinTries(4), was_wrong=True)
    qtbot.addWidget(dialog)
    assert dialog.field.property("wrong") is True
    assert "Còn 4 lần thử" in dialog.notice.accessibleName()
    qtbot.keyClicks(dialog.field, "1")
    assert dialog.field.property("wrong") is False


def test_dialogs_come_one_at_a_time(qtbot: QtBot, host: QWidget) -> None:
    service, answers = DialogService(host), []
    first = ConfirmDialog("Thu hồi?", "Một học bạ.", "Thu hồi 1 học bạ")
    second = ConfirmDialog("Hủy?", "Một học bạ.", "Hủy 1 học bạ")
    service.ask(first, lambda: answers.append("first"))
    service.ask(second, lambda: answers.append("second"), lambda: answers.append("not second"))
    assert first.isVisible()
    assert not second.isVisible()
    qtbot.mouseClick(first.act, Qt.MouseButton.LeftButton)
    assert second.isVisible()
    qtbot.keyClick(second, Qt.Key.Key_Escape)
    assert answers == ["first", "not second"]
    assert service.current is None


def test_enter_in_haste_confirms_nothing(qtbot: QtBot, host: QWidget) -> None:
    service, answers = DialogService(host), []
    dialog = ConfirmDialog("Thu hồi?", "Một học bạ.", "Thu hồi 1 học bạ")
    service.ask(dialog, lambda: answers.append("done"), lambda: answers.append("back"))
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert answers == ["back"]


def test_a_new_passphrase_is_typed_twice_and_not_weak(qtbot: QtBot) -> None:
    dialog = NewWorkspaceDialog()
    qtbot.addWidget(dialog)
    qtbot.keyClicks(dialog.first, "ngan")
    qtbot.keyClicks(dialog.second, "ngan")
    assert not dialog.act.isEnabled()
    dialog.first.setText("bốn con trâu xanh")
    assert not dialog.act.isEnabled()
    dialog.second.setText("bốn con trâu xanh")
    assert dialog.act.isEnabled()
    assert dialog.take_passphrase() == "bốn con trâu xanh"
    assert dialog.first.text() == dialog.second.text() == ""


def test_opening_asks_for_the_passphrase_and_says_when_it_was_wrong(qtbot: QtBot) -> None:
    dialog = PassphraseDialog("PaVeSu.hocba", was_wrong=True)
    qtbot.addWidget(dialog)
    assert "Mật khẩu chưa đúng" in dialog.notice.accessibleName()
    dialog.field.setText("bí mật của trường")
    assert dialog.act.isEnabled()
    assert dialog.take_passphrase() == "bí mật của trường"
    assert dialog.field.text() == ""


@pytest.mark.parametrize(
    ("passphrase", "level"),
    [
        ("", 0),
        ("abc", 1),
        ("aaaaaaaaaaaaaaaaaaaa", 1),
        ("trâu xanh lá", 2),
        ("bốn con trâu xanh", 3),
    ],
)
def test_strength_is_told_in_three_steps(passphrase: str, level: int) -> None:
    assert strength(passphrase) == level
