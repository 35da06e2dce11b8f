"""Opening a workspace, and making a new one."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QWidget

from app.ui.dialogs.base import ActDialog
from app.ui.kit.banner import Notice
from app.ui.kit.basics import row, text
from app.ui.kit.fields import PassphraseField
from app.ui.theme import theme
from app.ui.theme.theme import Tone, Type

LEAST_LENGTH = 10


class PassphraseDialog(ActDialog):
    """Asks for the passphrase of an existing workspace."""

    def __init__(
        self, workspace: str, *, was_wrong: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__("Mở kho dữ liệu", "Mở kho dữ liệu", "key", "Đóng", parent)
        self.field = PassphraseField()
        self.body.addWidget(text(workspace, muted=True, wrap=True))
        self.body.addWidget(text("Mật khẩu", Type.STRONG))
        self.body.addWidget(self.field)
        self.field.textChanged.connect(lambda now: self.act.setEnabled(bool(now)))
        self.act.setEnabled(False)
        if was_wrong:
            self.field.mark_wrong(True)
            self.warn(
                "Mật khẩu chưa đúng.",
                "Hãy xem phím Caps Lock và bộ gõ tiếng Việt, rồi nhập lại.",
                Tone.WAITS,
            )
        self.field.setFocus()

    def take_passphrase(self) -> str:
        passphrase = self.field.text()
        self.field.clear()
        return passphrase


class NewWorkspaceDialog(ActDialog):
    """Asks for a new passphrase twice, says how strong it is and what happens when it is lost."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Tạo kho dữ liệu mới", "Tạo kho dữ liệu", "key", "Quay lại", parent)
        self.first = PassphraseField("Mật khẩu mới")
        self.second = PassphraseField("Nhập lại mật khẩu")
        self._bar = QProgressBar()
        self._bar.setRange(0, 3)
        self._bar.setTextVisible(False)
        self._word = text("", Type.SMALL, tone=Tone.NEUTRAL)
        self._word.setMinimumWidth(150)
        self._same = text("", Type.SMALL, tone=Tone.WAITS)
        self.body.addWidget(
            text("Mọi điểm và học bạ trong kho được mã hóa bằng mật khẩu này.", wrap=True)
        )
        self.body.addWidget(text("Mật khẩu mới", Type.STRONG))
        self.body.addWidget(self.first)
        self.body.addLayout(row(self._bar, self._word))
        self.body.addWidget(text("Nhập lại mật khẩu", Type.STRONG))
        self.body.addWidget(self.second)
        self.body.addWidget(self._same)
        self.body.addWidget(
            Notice(
                "Hãy in và cất khóa khôi phục",
                "Quên mật khẩu mà không có khóa khôi phục thì không ai mở được kho dữ liệu. "
                "Phần mềm sẽ đưa khóa ở bước sau.",
                Tone.WAITS,
                "print",
            )
        )
        self.first.textChanged.connect(self._typed)
        self.second.textChanged.connect(self._typed)
        self._typed()
        self.first.setFocus()

    def take_passphrase(self) -> str:
        passphrase = self.first.text()
        self.first.clear()
        self.second.clear()
        return passphrase

    def _typed(self) -> None:
        first, second = self.first.text(), self.second.text()
        level = strength(first)
        words = ("", "dễ bị đoán", "tạm được", "khó đoán")
        tone = (Tone.NEUTRAL, Tone.DECIDE, Tone.WAITS, Tone.DONE)[level]
        self._bar.setValue(level)
        self._bar.setAccessibleName(f"Độ khó đoán: {words[level]}")
        theme.set_tone(self._bar, tone)
        theme.set_tone(self._word, tone)
        short = first and len(first) < LEAST_LENGTH
        self._word.setText(f"cần từ {LEAST_LENGTH} ký tự" if short else words[level])
        differ = bool(second) and first != second
        self._same.setText("Hai lần nhập chưa giống nhau" if differ else "")
        self.act.setEnabled(level >= 2 and first == second)


def strength(passphrase: str) -> int:
    """0 empty, 1 easily guessed, 2 fair, 3 strong; a hint for the eye, the store decides."""
    if not passphrase:
        return 0
    kinds = sum(
        any(test(c) for c in passphrase)
        for test in (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    )
    different = len(set(passphrase))
    if len(passphrase) < LEAST_LENGTH or different < 6:
        return 1
    return 3 if len(passphrase) >= 16 or (len(passphrase) >= 12 and kinds >= 3) else 2
