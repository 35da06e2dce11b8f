"""The shape that all dialogs share: title, body, a way back and the act that is named."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.ui.kit.banner import Notice
from app.ui.kit.basics import button, text
from app.ui.theme.theme import Tone, Type


class ActDialog(QDialog):
    """Enter does the act when it may be done; Esc goes back."""

    def __init__(
        self, title: str, act: str, icon: str, back: str = "Để sau", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(True)
        self.setFixedWidth(460)
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        self.notice = Notice("")
        self.notice.hide()
        self.act = button(act, icon, primary=True)
        self.act.setDefault(True)
        self.act.clicked.connect(self.accept)
        self.back = button(back)
        self.back.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.back)
        buttons.addWidget(self.act, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(14)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        layout.addWidget(text(title, Type.TITLE, wrap=True))
        layout.addLayout(self.body)
        layout.addWidget(self.notice)
        layout.addLayout(buttons)
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, False)

    def showEvent(self, event: QShowEvent) -> None:
        """As high as its wrapped words need at this width."""
        super().showEvent(event)
        self._fit()

    def warn(self, title: str, detail: str = "", tone: Tone = Tone.DECIDE) -> None:
        """Say something above the buttons."""
        self.notice.say(title, detail, tone)
        self.notice.show()
        if self.isVisible():
            self._fit()

    def _fit(self) -> None:
        layout = self.layout()
        if layout is not None:
            self.resize(self.width(), layout.totalHeightForWidth(self.width()))
