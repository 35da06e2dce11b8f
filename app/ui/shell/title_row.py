"""Where am I, the search box, and the page's one main act."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.kit.basics import button, plain, text
from app.ui.kit.fields import SearchBox
from app.ui.shell.page import Page, PrimaryAction
from app.ui.theme import icons, theme
from app.ui.theme.theme import Type


class TitleRow(QWidget):
    searched = Signal(str)
    """What the user looks for, when Enter is pressed."""
    search_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._where = text("", muted=True)
        self._heading = text("", Type.TITLE)
        self.search = SearchBox()
        self.search.setMinimumWidth(180)
        self.search.setMaximumWidth(290)
        self.search.textChanged.connect(self.search_changed)
        self.search.returnPressed.connect(lambda: self.searched.emit(self.search.text()))
        self.action = button("", primary=True)
        self._act: PrimaryAction | None = None
        self.action.clicked.connect(self._trigger)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._where)
        words.addWidget(self._heading)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(24, 10, 24, 8)
        layout.setSpacing(12)
        layout.addLayout(words, 1)
        layout.addWidget(self.search, 1, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self.action, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setFixedHeight(64)

    def show_page(self, page: Page) -> None:
        self._where.setText(page.where)
        self._heading.setText(page.heading)
        self._act = page.primary_action
        if not (self._act and self._act.enabled) and self.action.hasFocus():
            page.setFocus()  # else Qt hands the focus on to whatever comes next in the frame
        self.action.setVisible(self._act is not None)
        if self._act is not None:
            self.action.setText(" " + plain(self._act.text))
            self.action.setAccessibleName(self._act.text)
            self.action.setEnabled(self._act.enabled)
            theme.set_style_property(self.action, "primary", self._act.emphasized)
            icons.put(self.action, self._act.icon, "on_accent" if self._act.emphasized else "text")
            if self._act.enabled and page.hasFocus():
                self.action.setFocus()  # the act is over: the next one is at hand

    def _trigger(self) -> None:
        if self._act is not None:
            self._act.trigger()
