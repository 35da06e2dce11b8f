"""Undo and redo: one command for every edit, whatever made it (typing, paste, fill, cut)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtGui import QUndoCommand

from app.model.gradebook import CellKey
from app.ui.gradebook.columns import Entry

Apply = Callable[[Mapping[CellKey, Entry]], None]


class EditCells(QUndoCommand):
    """Moves cells from one state to another and back."""

    def __init__(
        self,
        title: str,
        before: Mapping[CellKey, Entry],
        after: Mapping[CellKey, Entry],
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
