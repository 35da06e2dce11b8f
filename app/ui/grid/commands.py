"""Undo and redo: one command for every edit, whatever made it (typing, paste, fill, cut)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtGui import QUndoCommand

from app.model.gradebook import CellKey
from app.ui.grid.columns import CellEntry

Apply = Callable[[Mapping[CellKey, CellEntry]], None]


class EditCells(QUndoCommand):
    """Moves cells from one state to another and back."""

    def __init__(
        self,
        title: str,
        before: Mapping[CellKey, CellEntry],
        after: Mapping[CellKey, CellEntry],
        apply: Apply,
    ) -> None:
        super().__init__(title)
        self._before = dict(before)
        self._after = dict(after)
        self._apply = apply

    @property
    def keys(self) -> tuple[CellKey, ...]:
        return tuple(self._after)

    def redo(self) -> None:
        self._apply(self._after)

    def undo(self) -> None:
        self._apply(self._before)


class EditNote(QUndoCommand):
    """Moves a cell's note from one text to another and back."""

    def __init__(
        self, key: CellKey, before: str, after: str, put: Callable[[CellKey, str], None]
    ) -> None:
        super().__init__("Ghi chú")
        self.keys = (key,)
        self._before, self._after, self._put = before, after, put

    def redo(self) -> None:
        self._put(self.keys[0], self._after)

    def undo(self) -> None:
        self._put(self.keys[0], self._before)
