"""What went wrong, what is safe, what to do; and quieter notices of the same shape."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.ui.kit.basics import button, glyph, plain, text
from app.ui.kit.state import tone_color, tone_icon
from app.ui.text.messages import UserMessage
from app.ui.theme import icons, theme
from app.ui.theme.theme import Tone, Type


class Notice(QFrame):
    """An icon, a bold line, a quieter line, and at most one button."""

    def __init__(
        self,
        title: str,
        detail: str = "",
        tone: Tone = Tone.NEUTRAL,
        icon: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._glyph = glyph("info", size=20)
        self._title = text("", Type.STRONG, wrap=True)
        self._detail = text("", wrap=True)
        self._words = QVBoxLayout()
        self._words.setSpacing(2)
        self._words.addWidget(self._title)
        self._words.addWidget(self._detail)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(14, 10, 12, 10)
        self._row.setSpacing(12)
        self._row.addWidget(self._glyph)
        self._row.addLayout(self._words, 1)
        self.action = button("")
        self.action.hide()
        self._row.addWidget(self.action)
        self.say(title, detail, tone, icon)

    def say(self, title: str, detail: str = "", tone: Tone = Tone.NEUTRAL, icon: str = "") -> None:
        theme.set_tone(self, tone)
        icons.put(self._glyph, icon or tone_icon(tone), tone_color(tone), 20)
        self._title.setText(title)
        self._detail.setText(detail)
        self._detail.setVisible(bool(detail))
        self.setAccessibleName(f"{title} {detail}".strip())

    def offer(self, words: str, act: Callable[[], None]) -> None:
        """Show the one button."""
        self.withdraw()
        self.action.setText(plain(words))
        self.action.clicked.connect(act)
        self.action.show()

    def withdraw(self) -> None:
        """Take the button away."""
        if self.action.isVisibleTo(self):
            self.action.clicked.disconnect()
            self.action.hide()


class ErrorBanner(Notice):
    """A `UserMessage` in three parts with one button; hidden until there is something to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", tone=Tone.DECIDE, parent=parent)
        self._code = text("", Type.SMALL, muted=True)
        self._words.addWidget(self._code)
        self.hide()

    def show_message(self, message: UserMessage, act: Callable[[], None] | None = None) -> None:
        """Without `act` the button closes the banner."""
        self.say(message.what, f"{message.safe} {message.todo}", Tone.DECIDE)
        self._code.setText(f"Mã {message.code}")
        self._code.setToolTip("Đọc mã này khi cần hỏi người hỗ trợ")
        self.offer(message.action if act else "Đã hiểu", act or self.hide)
        self.show()
