"""Fields: a PIN and a passphrase that can be revealed, and the search box."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QFocusEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QToolButton, QWidget

from app.ui.kit.basics import text
from app.ui.theme import icons, theme
from app.ui.theme.theme import Type


class _SecretField(QLineEdit):
    """Hidden while typed; an eye shows it; leaving the field hides it again."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
        )
        self.setMinimumHeight(theme.HIT_HEIGHT + 4)
        self._eye = QAction(self)
        self._eye.triggered.connect(self._toggle)
        self.addAction(self._eye, QLineEdit.ActionPosition.TrailingPosition)
        self._draw()

    def mark_wrong(self, wrong: bool) -> None:
        theme.set_style_property(self, "wrong", wrong)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self._draw()
        super().focusOutEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_eye"):
            self._draw()

    def _toggle(self) -> None:
        hidden = self.echoMode() == QLineEdit.EchoMode.Password
        self.setEchoMode(QLineEdit.EchoMode.Normal if hidden else QLineEdit.EchoMode.Password)
        self._draw()

    def _draw(self) -> None:
        hidden = self.echoMode() == QLineEdit.EchoMode.Password
        self._eye.setIcon(icons.icon("show" if hidden else "hide", "muted"))
        self._eye.setText("Hiện" if hidden else "Ẩn")
        for seen in self.findChildren(QToolButton):
            seen.setAccessibleName(self._eye.text())
        self._eye.setToolTip("Hiện những gì đã gõ" if hidden else "Ẩn những gì đã gõ")


class PinField(_SecretField):
    """A token's PIN: never kept, taken once with `take`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Mã PIN của token", parent)
        self.setMaxLength(64)

    def take(self) -> str:
        """The PIN; the field is empty afterwards."""
        pin = self.text()
        self.clear()
        return pin


class PassphraseField(_SecretField):
    def __init__(self, name: str = "Mật khẩu", parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setMaxLength(256)


class SearchBox(QLineEdit):
    """The search of the title row; its shortcut stands inside it."""

    def __init__(
        self,
        hint: str = "Tìm học sinh, lớp, học bạ",
        shortcut: str = "Ctrl+K",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setPlaceholderText(hint)
        self.setAccessibleName(hint)
        self.setClearButtonEnabled(True)
        self.setMinimumHeight(theme.HIT_HEIGHT)
        self._glass = self.addAction(
            icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition
        )
        self.setObjectName("search")
        self._glass.setText("Tìm")
        for inner in self.findChildren(QToolButton):
            glass = inner.defaultAction() is self._glass
            inner.setAccessibleName("Tìm" if glass else "Xóa chữ đã gõ")
        self._keys = text(shortcut, Type.SMALL, muted=True, parent=self)
        self._keys.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.textChanged.connect(lambda now: self._keys.setVisible(not now))
        if shortcut:
            focus = QAction(self)
            focus.setShortcut(QKeySequence(shortcut))
            focus.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            focus.triggered.connect(self._take_focus)
            self.addAction(focus)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        size = self._keys.sizeHint()
        self._keys.setGeometry(
            self.width() - size.width() - 12,
            (self.height() - size.height()) // 2,
            size.width(),
            size.height(),
        )

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_glass"):
            self._glass.setIcon(icons.icon("search", "muted"))

    def _take_focus(self) -> None:
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()
