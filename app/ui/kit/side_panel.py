"""Details open over the right edge of the page, not in a new window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEasingCurve, QPoint, QPropertyAnimation, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from app.ui.kit.basics import button, column, keep_tab_order, row, text
from app.ui.theme import icons, theme
from app.ui.theme.theme import Type

WIDTH = 360


class PanelForm(QWidget):
    """A form of the panel. `footer`: its buttons, which stand below it and are always in sight."""

    footer: tuple[QWidget, ...] = ()

    def typed(self) -> object:
        """Everything that a person may have entered, to be compared; None where nothing can be."""
        return None


class SidePanel(QFrame):
    """A titled panel; slides in where the system allows movement. Esc closes it.

    What was typed into a `PanelForm` and not kept is never dropped without one question.
    """

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._title = text("", Type.SUBTITLE, wrap=True)
        self._close = close = QToolButton()
        close.setAccessibleName("Đóng khung chi tiết")
        close.setToolTip("Đóng (Esc)")
        close.setMinimumSize(theme.HIT_HEIGHT, theme.HIT_HEIGHT)
        icons.put(close, "close", "muted")
        close.clicked.connect(self._leave)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.viewport().setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 12, 12)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self._area, 1)
        self._actions = QVBoxLayout()
        self._actions.setSpacing(8)
        layout.addLayout(self._actions)
        self._question = self._make_question()
        layout.addWidget(self._question)
        self._form: PanelForm | None = None
        self._kept: object = None
        self._then: Callable[[], None] | None = None
        self._slide = QPropertyAnimation(self, b"pos", self)
        self._slide.setDuration(theme.SLIDE_MS)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._home = QPoint()
        self._came_from: QWidget | None = None
        self.hide()

    def open_with(self, content: QWidget, title: str) -> None:
        """Show `content`; the panel owns it and deletes what it showed before.

        What wants to grow downwards takes the whole height. Over something that was typed and not
        kept it waits for the person's answer.
        """
        self._after_question(lambda: self._show(content, title))

    def _show(self, content: QWidget, title: str) -> None:
        was_open = self.isVisible()
        self._forget()
        sheet = QWidget()
        grows = bool(content.sizePolicy().expandingDirections() & Qt.Orientation.Vertical)
        sheet.setLayout(column(content) if grows else column(content, None))
        self._area.setWidget(sheet)
        keep_tab_order(self._area)
        if isinstance(content, PanelForm):
            self._form, self._kept = content, content.typed()
            for action in content.footer:
                self._actions.addWidget(action)
        self._title.setText(title)
        self.setAccessibleName(title)
        if not was_open:
            self._came_from = QApplication.focusWidget()
        self.show()
        self.raise_()
        self._close.setFocus(Qt.FocusReason.OtherFocusReason)
        if not was_open and not theme.reduced_motion():
            self._slide.setStartValue(self._home + QPoint(WIDTH, 0))
            self._slide.setEndValue(self._home)
            self._slide.start()

    def place(self, room: QRect) -> None:
        """Stand at the right edge of `room` (in the parent's coordinates)."""
        self._slide.stop()
        width = min(WIDTH, room.width())
        self._home = QPoint(room.right() + 1 - width, room.top())
        self.setGeometry(QRect(self._home, room.bottomRight()))

    def leave(self, then: Callable[[], None] | None = None) -> None:
        """As `dismiss`, after the question where something would be lost; then `then`."""

        def left() -> None:
            self.dismiss()
            if then is not None:
                then()

        self._after_question(left)

    def _leave(self) -> None:
        self.leave()

    def _after_question(self, act: Callable[[], None]) -> None:
        form = self._form
        if self.isHidden() or form is None or form.typed() == self._kept:
            act()
            return
        self._then = act
        self._question.show()
        self._stay.setFocus(Qt.FocusReason.OtherFocusReason)

    def _make_question(self) -> QWidget:
        self._drop = button("Bỏ thay đổi")
        self._stay = button("Sửa tiếp")
        self._drop.clicked.connect(self._answer_drop)
        self._stay.clicked.connect(self._answer_stay)
        made = QFrame()
        made.setObjectName("card")
        said = text("Thay đổi ở đây chưa được lưu.", wrap=True)
        made.setLayout(column(said, row(self._drop, None, self._stay), margin=3))
        made.setAccessibleName(said.text())
        made.hide()
        return made

    def _answer_drop(self) -> None:
        act, self._form = self._then, None
        self._question.hide()
        if act is not None:
            act()

    def _answer_stay(self) -> None:
        self._then = None
        self._question.hide()
        if self._form is not None:
            self._form.setFocus(Qt.FocusReason.OtherFocusReason)

    def _forget(self) -> None:
        """Actions go with their form."""
        self._form, self._then = None, None
        self._question.hide()
        while (item := self._actions.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()

    def dismiss(self) -> None:
        """Hide, and give the focus back to where it was."""
        if self.isHidden():
            return
        self._slide.stop()
        self._forget()
        self.hide()
        if self._came_from is not None and isValid(self._came_from):
            self._came_from.setFocus(Qt.FocusReason.OtherFocusReason)
        self._came_from = None
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)
