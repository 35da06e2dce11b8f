"""Asks for the password of a key file, to read once whose certificate it holds."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.ui.dialogs.base import ActDialog
from app.ui.kit.basics import text
from app.ui.kit.fields import PassphraseField
from app.ui.theme.theme import Tone, Type


class KeyFileDialog(ActDialog):
    """One password for one try; it is not kept anywhere."""

    def __init__(
        self, file_name: str, *, was_wrong: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__("Thêm chứng thư mềm", "Thêm chứng thư", "key", parent=parent)
        self.field = PassphraseField("Mật khẩu của tệp khóa")
        label = text("Mật khẩu của tệp khóa", Type.STRONG)
        label.setBuddy(self.field)
        self.body.addWidget(text(file_name, muted=True, wrap=True))
        self.body.addWidget(label)
        self.body.addWidget(self.field)
        self.body.addWidget(
            text(
                "Mật khẩu này do nơi cấp chứng thư đưa cùng với tệp. Phần mềm chỉ dùng một lần để "
                "đọc tên trong chứng thư, không lưu lại; mỗi lần ký sẽ hỏi lại.",
                Type.SMALL,
                muted=True,
                wrap=True,
            )
        )
        self.field.textChanged.connect(self._typed)
        if was_wrong:
            self.warn(
                "Mật khẩu của tệp khóa chưa đúng.",
                "Hãy xem phím Caps Lock và bộ gõ tiếng Việt, rồi nhập lại.",
                Tone.WAITS,
            )
        self.field.mark_wrong(was_wrong)
        self.field.setFocus()

    def take_password(self) -> str:
        """The password that was typed; asked a second time it is empty."""
        password = self.field.text()
        self.field.clear()
        return password

    def _typed(self) -> None:
        if self.field.text():
            self.field.mark_wrong(False)
