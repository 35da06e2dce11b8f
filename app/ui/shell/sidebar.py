"""The record's journey, top to bottom; it can shrink to icons."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.ui.kit.basics import ActButton, plain
from app.ui.shell.page import Badge, Page
from app.ui.theme import icons, theme
from app.ui.theme.theme import Type

WIDE = 212
NARROW = 72
BADGE_HEIGHT = 20
HIGH, LOW = 38, 32


class _SidebarItem(ActButton):
    """Gives up some of its height where the screen is low, so that every place stays in sight."""

    def __init__(self, words: str = "") -> None:
        super().__init__(words)
        self.setObjectName("nav")
        self.setMinimumHeight(LOW)
        self.setMaximumHeight(HIGH)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), HIGH)


class _NavButton(_SidebarItem):
    """One place: icon, word, and how much waits there."""

    def __init__(self, page: Page) -> None:
        super().__init__("  " + plain(page.title))
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.title = page.title
        self._icon = page.icon
        self._narrow = False
        self._badge = QLabel(self)
        self._badge.setObjectName("badge")
        self._badge.setFont(theme.font(Type.BADGE, tabular=True))
        self._badge.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._badge.hide()
        self.setAccessibleName(page.title)
        self.toggled.connect(self._draw)
        self._draw(False)

    def show_badge(self, badge: Badge) -> None:
        self._badge.setText(str(badge.count) if badge.count < 1000 else "999+")
        self._badge.setVisible(badge.count > 0)
        theme.set_tone(self._badge, badge.tone)
        waits = f", {badge.count} việc đang chờ" if badge.count else ""
        self.setAccessibleName(self.title + waits)
        self._place()

    def shrink(self, narrow: bool) -> None:
        self._narrow = narrow
        keys = self.shortcut()  # a new text would take it away
        self.setText("" if narrow else "  " + plain(self.title))
        self.setShortcut(keys)
        self.setToolTip(self.accessibleName() if narrow else "")
        self._place()

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._place()

    def _place(self) -> None:
        words = self._badge.fontMetrics().horizontalAdvance(self._badge.text())
        width = max(BADGE_HEIGHT + 2, words + (10 if self._narrow else 16))
        right = self.width() - width - (0 if self._narrow else 10)
        top = 0 if self._narrow else (self.height() - BADGE_HEIGHT) // 2
        self._badge.setGeometry(right, top, width, BADGE_HEIGHT)

    def _draw(self, chosen: bool) -> None:
        self.setFont(theme.font(Type.STRONG if chosen else Type.BODY))
        icons.put(self, self._icon, "accent" if chosen else "text", 20)


class Sidebar(QFrame):
    """Chooses a page. Ctrl+1..9 choose the journey's pages."""

    chosen = Signal(str)
    width_wanted = Signal(bool)
    """True: the user wants it narrow."""

    def __init__(self, pages: Sequence[Page], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAccessibleName("Các trang")
        self._narrow = True
        self._buttons: dict[str, _NavButton] = {}
        self._group = QButtonGroup(self)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(8, 12, 8, 8)
        self._layout.setSpacing(2)
        for number, page in enumerate((p for p in pages if not p.at_bottom), 1):
            self._add(page).setShortcut(f"Ctrl+{number}")
        self._layout.addStretch(1)
        for page in (p for p in pages if p.at_bottom):
            self._add(page)
        self._fold = _SidebarItem()
        self._fold.clicked.connect(lambda: self.width_wanted.emit(not self._narrow))
        self._layout.addWidget(self._fold)
        self.shrink(False)

    def choose(self, key: str) -> None:
        self._buttons[key].setChecked(True)

    def show_badge(self, key: str, badge: Badge) -> None:
        self._buttons[key].show_badge(badge)

    def shrink(self, narrow: bool) -> None:
        if narrow == self._narrow:
            return
        self._narrow = narrow
        self.setFixedWidth(NARROW if narrow else WIDE)
        for item in self._buttons.values():
            item.shrink(narrow)
        words = "Mở rộng thanh bên" if narrow else "Thu gọn"
        self._fold.setText("" if narrow else "  " + words)
        self._fold.setToolTip(words)
        self._fold.setAccessibleName("Mở rộng thanh bên" if narrow else "Thu gọn thanh bên")
        icons.put(self._fold, "unfold" if narrow else "fold", "muted", 20)

    @property
    def narrow(self) -> bool:
        return self._narrow

    def _add(self, page: Page) -> _NavButton:
        item = _NavButton(page)
        self._group.addButton(item)
        self._buttons[page.key] = item
        item.clicked.connect(lambda: self.chosen.emit(page.key))
        self._layout.addWidget(item)
        return item
