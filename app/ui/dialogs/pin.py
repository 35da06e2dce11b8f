"""Asks for a PIN and shows whose certificate will sign, and how much."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QCheckBox, QWidget

from app.model.signing import LONGEST_IDLE
from app.ui.dialogs.base import ActDialog
from app.ui.kit.basics import rule, text
from app.ui.kit.fields import PinField
from app.ui.kit.key_card import KeyCard, KeyFacts
from app.ui.text.act_words import name_the_act
from app.ui.theme.theme import Tone, Type

_WIDTH = 520
_ACT_ROOM = 330  # beside "Để sau" and the icon
FORGET_AFTER_MS = 120_000
"""What was typed and not used is not left for whoever sits down later."""


@dataclass(frozen=True, slots=True)
class PinTries:
    """What is known of the PIN before it is typed."""

    left: int | None = None
    """None where the token does not say."""
    some_wrong: bool = False
    """The token says that a wrong one was given since the last right one."""
    of_file: bool = False
    """It opens a key file, which counts nothing."""


class PinDialog(ActDialog):
    """One PIN for one try. `take_pin` empties the field; nothing here tries a PIN again."""

    def __init__(
        self,
        facts: KeyFacts,
        act: str,
        *,
        tries: PinTries | None = None,
        was_wrong: bool = False,
        estimate: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """`act` such as 'Ký 41 học bạ', which the button says with the owner's name.

        `estimate` such as 'Khoảng 1 phút 10 giây' stands below the field.
        """
        super().__init__("Ký học bạ số", "", "sign", parent=parent)
        self._tries = tries or PinTries()
        self.setFixedWidth(_WIDTH)
        name_the_act(self.act, act, facts.owner, _ACT_ROOM)
        self.body.addWidget(KeyCard(facts))
        self.body.addWidget(rule())
        asked = "Mật khẩu của tệp khóa" if self._tries.of_file else "Mã PIN của token"
        label = text(asked, Type.STRONG)
        self.field = PinField()
        self.field.setAccessibleName(asked)
        label.setBuddy(self.field)
        self.body.addWidget(label)
        self.body.addWidget(self.field)
        self._below = text(_below(self._tries, estimate), Type.SMALL, muted=True, wrap=True)
        self.body.addWidget(self._below)
        self.sure = QCheckBox("Tôi chắc chắn mã PIN này đúng; nhập sai thì token bị khóa")
        self.sure.setVisible(self._tries.left == 1)
        self.sure.toggled.connect(self._typed)
        self.body.addWidget(self.sure)
        self._forget = QTimer(self)
        self._forget.setSingleShot(True)
        self._forget.setInterval(FORGET_AFTER_MS)
        self._forget.timeout.connect(self.forget)
        self.field.textChanged.connect(self._typed)
        self._show_state(was_wrong)
        self._typed()
        self.field.setFocus()

    def take_pin(self) -> str:
        """The PIN that was typed; asked a second time it is empty."""
        return self.field.take()

    def forget(self) -> None:
        """Empty the field that was left alone."""
        if self.field.text():
            self.field.clear()
            self.warn("Đã xóa mã vừa nhập vì để lâu không dùng.", "Hãy nhập lại.", Tone.WAITS)

    def _show_state(self, was_wrong: bool) -> None:
        left = self._tries.left
        self.field.mark_wrong(was_wrong)
        if left == 0:
            self.field.setEnabled(False)
            self.warn("Token đã bị khóa.", "Hãy liên hệ nơi cấp chứng thư số để mở khóa.")
        elif left == 1:
            self.warn(
                "Chỉ còn một lần thử mã PIN.",
                "Nếu nhập sai lần này, token sẽ bị khóa. Hãy chắc chắn trước khi bấm ký.",
            )
        elif was_wrong:
            more = f" Còn {left} lần thử." if left is not None else ""
            what = "Mật khẩu" if self._tries.of_file else "Mã PIN"
            self.warn(
                f"{what} vừa nhập chưa đúng.", f"Chưa có học bạ nào được ký thêm.{more}", Tone.WAITS
            )

    def _typed(self) -> None:
        typed = bool(self.field.text())
        agreed = self._tries.left != 1 or self.sure.isChecked()
        self.act.setEnabled(typed and agreed)
        if typed:
            self.field.mark_wrong(False)
            self._forget.start()


def _below(tries: PinTries, estimate: str) -> str:
    if tries.of_file:
        words = "Phần mềm không tự thử lại mật khẩu."
    else:
        words = f"{_tries_words(tries)} Phần mềm không tự thử lại mã PIN."
    more = f" {estimate} · mất điện cũng không phải ký lại từ đầu." if estimate else ""
    minutes = round(LONGEST_IDLE / 60)
    return f"{words} Khóa ký tự đóng khi ký xong, hoặc khi để yên quá {minutes} phút.{more}"


def _tries_words(tries: PinTries) -> str:
    if tries.left is not None:
        return f"Còn {tries.left} lần thử mã PIN."
    if tries.some_wrong:
        return "Token báo gần đây đã có lần nhập sai mã PIN."
    return "Token không báo còn ít lần thử."
