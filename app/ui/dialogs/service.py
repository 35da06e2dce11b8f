"""Opens dialogs one at a time, without a nested event loop."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog, QWidget


class DialogService(QObject):
    """A dialog that comes while another is open waits for its turn."""

    def __init__(self, window: QWidget | None = None) -> None:
        """Pages know the service before their window is there: see `attach`."""
        super().__init__(window)
        self._window = window
        self._waiting: deque[tuple[QDialog, Callable[[], None], Callable[[], None] | None]] = (
            deque()
        )
        self.current: QDialog | None = None

    def attach(self, window: QWidget) -> None:
        """Dialogs stand over `window` from now on."""
        self.setParent(window)
        self._window = window

    def ask(
        self,
        dialog: QDialog,
        accepted: Callable[[], None],
        rejected: Callable[[], None] | None = None,
    ) -> None:
        """Open `dialog`; one of the two is called when it closes, then it is deleted."""
        self._waiting.append((dialog, accepted, rejected))
        self._next()

    def _next(self) -> None:
        if self.current is not None or not self._waiting:
            return
        dialog, accepted, rejected = self._waiting.popleft()
        dialog.setParent(self._window, dialog.windowFlags() | Qt.WindowType.Dialog)
        self.current = dialog

        def finished(result: int) -> None:
            self.current = None
            dialog.deleteLater()
            if result == QDialog.DialogCode.Accepted.value:
                accepted()
            elif rejected is not None:
                rejected()
            self._next()

        dialog.finished.connect(finished)
        dialog.open()
