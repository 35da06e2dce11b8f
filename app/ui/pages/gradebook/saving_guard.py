"""Closing the window while marks are still being typed, saved, or are not valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer

from app.ui.dialogs import ConfirmDialog, DialogService

if TYPE_CHECKING:
    from app.ui.pages.gradebook.page import GradebookPage


class UnsavedMarksGuard(QObject):
    """Nothing typed is lost in silence: the window waits for the store, and asks about the rest."""

    def __init__(self, page: GradebookPage, dialogs: DialogService) -> None:
        super().__init__(page)
        self._page = page
        self._dialogs = dialogs
        self._agreed = False
        self._closing = False
        self._watched: QObject | None = None
        page.saver.settled.connect(self._go_on)

    def watch(self) -> None:
        """Call it when the page stands in its window."""
        window = self._page.window()
        if window is not self._watched and window is not self._page:
            self._watched = window
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.Close or watched is not self._watched:
            return super().eventFilter(watched, event)
        grid = self._page.grid
        if grid is not None:
            grid.finish()
        if self._page.saver.unsaved:
            event.ignore()
            self._closing = True
            return True
        problems = len(grid.model.problems()) if grid is not None else 0
        if problems and not self._agreed:
            event.ignore()
            self._ask(problems)
            return True
        return super().eventFilter(watched, event)

    def _ask(self, problems: int) -> None:
        if self._dialogs.current is not None:
            return
        dialog = ConfirmDialog(
            f"Còn {problems} ô chưa hợp lệ",
            "Những gì gõ trong các ô đỏ chưa được lưu và sẽ mất khi đóng. Mọi điểm hợp lệ đã được "
            "lưu; ô đỏ giữ giá trị hợp lệ trước đó.",
            "Bỏ các ô đỏ và đóng",
            "stop",
        )
        self._dialogs.ask(dialog, self._agree)

    def _agree(self) -> None:
        self._agreed = True
        self._page.window().close()

    def _go_on(self) -> None:
        if self._closing:
            self._closing = False
            QTimer.singleShot(0, self._page, self._page.window().close)
