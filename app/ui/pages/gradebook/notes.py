"""What the page shows in the side panel: the note of a cell, and the teacher's own phrases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.services import Services
from app.ui.grid import phrases as filling
from app.ui.grid.columns import ColumnKind
from app.ui.pages.gradebook import data as gradebook_data
from app.ui.pages.gradebook.panels import NotePanel, PhrasePanel
from app.ui.shell.task_runner import Lane, TaskRunner

if TYPE_CHECKING:
    from app.ui.pages.gradebook.page import GradebookPage


class NotesController(QObject):
    def __init__(self, page: GradebookPage, services: Services, runner: TaskRunner) -> None:
        super().__init__(page)
        self._page = page
        self._services = services
        self._runner = runner

    def note(self) -> None:
        """Write a note on the current cell."""
        grid = self._page.grid
        if grid is None or grid.view is None or not grid.view.currentIndex().isValid():
            return
        index = grid.view.currentIndex()
        place = (index.row(), index.column())
        pupil, spec = grid.model.row(place[0]), grid.model.columns[place[1]]
        panel = NotePanel(f"{pupil.full_name} · {spec.full_title}", grid.model.note_at(*place))

        def written(words: str) -> None:
            column = grid.model.column_of(spec.key)
            if column is not None:
                grid.model.write_note(grid.model.row_of(pupil.student_id), column, words)
            self._page.panel_wanted.emit(None, "")
            if grid.view is not None:
                grid.view.setFocus()

        panel.written.connect(written)
        self._page.panel_wanted.emit(panel, "Ghi chú của ô")

    def phrases(self) -> None:
        """Add, change and use the teacher's own phrases."""
        grid = self._page.grid
        if grid is None or grid.view is None:
            return
        index = grid.view.currentIndex()
        pupil = grid.model.row(index.row()) if index.isValid() else None
        panel = PhrasePanel(grid.phrases, pupil)
        panel.changed.connect(self._keep)
        panel.used.connect(self._use)
        self._page.panel_wanted.emit(panel, "Câu nhận xét của thầy cô")

    def _keep(self, phrases: tuple[str, ...]) -> None:
        grid = self._page.grid
        if grid is not None:
            grid.set_phrases(phrases)
        self._runner.run(
            Lane.DATABASE,
            lambda _: gradebook_data.save_phrases(self._services, phrases),
            owner=self,
            failed=self._page.fail,
        )

    def _use(self, words: str) -> None:
        """Into the current comment, or the first comment column of the row."""
        grid = self._page.grid
        if grid is None or grid.view is None:
            return
        index = grid.view.currentIndex()
        texts = [
            place
            for place, spec in enumerate(grid.model.columns)
            if spec.kind is ColumnKind.TEXT
            and index.isValid()
            and grid.model.takes_input(index.row(), place)
        ]
        if not texts:
            self._page.say("Bảng này không có ô nhận xét nhập được.", "Chọn bảng có cột nhận xét.")
            return
        column = index.column() if index.column() in texts else texts[0]
        row = index.row()
        text = filling.append(grid.model.text(row, column), words)
        grid.model.enter({(row, column): text}, "Nhận xét")
        grid.view.go(row, column)
