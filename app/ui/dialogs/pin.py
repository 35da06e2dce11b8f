"""Asks for a PIN and shows whose certificate will sign, and how much."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.ui.dialogs.base import ActDialog
from app.ui.theme import Tone, Type
from app.ui.widgets.act_words import name_the_act
from app.ui.widgets.basics import rule, text
from app.ui.widgets.fields import PinField
from app.ui.widgets.key_card import KeyCard, KeyFacts

_WIDTH = 520
_ACT_ROOM = 330  # beside "Để sau" and the icon


class PinDialog(ActDialog):
    """One PIN for one try. `take_pin` empties the field; nothing here tries a PIN again."""

    def __init__(
        self,
        facts: KeyFacts,
        count: int,
        *,
        tries_left: int | None = None,
        was_wrong: bool = False,
        estimate: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """`tries_left` is None where the token does not say.

        `estimate` such as 'Khoảng 1 phút 10 giây' stands below the field.
        """
        super().__init__("Ký học bạ số", "", "sign", parent=parent)
        self.setFixedWidth(_WIDTH)
        name_the_act(self.act, f"Ký {count} học bạ", facts.owner, _ACT_ROOM)
        self.body.addWidget(KeyCard(facts))
        self.body.addWidget(rule())
        label = text("Mã PIN của token", Type.STRONG)
        self.field = PinField()
        label.setBuddy(self.field)
        self.body.addWidget(label)
        self.body.addWidget(self.field)
        self.body.addWidget(text(_below(tries_left, estimate), Type.SMALL, muted=True, wrap=True))
        self.field.textChanged.connect(self._typed)
        self._show_state(tries_left, was_wrong)
        self._typed()
        self.field.setFocus()

    def take_pin(self) -> str:
        """The PIN that was typed; asked a second time it is empty."""
        return self.field.take()

    def _show_state(self, tries_left: int | None, was_wrong: bool) -> None:
        self.field.mark_wrong(was_wrong)
        if tries_left == 0:
            self.field.setEnabled(False)
            self.warn("Token đã bị khóa.", "Hãy liên hệ nơi cấp chứng thư số để mở khóa.")
        elif tries_left == 1:
            self.warn(
                "Chỉ còn một lần thử mã PIN.",
                "Nếu nhập sai lần này, token sẽ bị khóa. Hãy chắc chắn trước khi bấm ký.",
            )
        elif was_wrong:
            left = f" Còn {tries_left} lần thử." if tries_left is not None else ""
            self.warn(
                "Mã PIN vừa nhập chưa đúng.", f"Chưa có học bạ nào được ký thêm.{left}", Tone.WAITS
            )

    def _typed(self) -> None:
        self.act.setEnabled(bool(self.field.text()))
        if self.field.text():
            self.field.mark_wrong(False)


def _below(tries_left: int | None, estimate: str) -> str:
    tries = (
        "Token không báo còn ít lần thử."
        if tries_left is None
        else f"Còn {tries_left} lần thử mã PIN."
    )
    more = f" {estimate} · mất điện cũng không phải ký lại từ đầu." if estimate else ""
    return f"{tries} Phần mềm không tự thử lại mã PIN.{more}"
