"""One open class: its entries, the sheet that is shown, and the cards beside it."""

from __future__ import annotations

from collections import Counter
from functools import partial

from PySide6.QtCore import QModelIndex, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.assessment import parse_cell
from app.assessment.classbook import OpenClass, Standing
from app.clock import now
from app.model.gradebook import CellKey
from app.ui.grid.columns import ColumnKey, ColumnKind, GridRow
from app.ui.grid.model import GradebookModel
from app.ui.grid.sheets import SUBJECTS, GridSheet, YearPart, sheets
from app.ui.grid.side import GridSidePanel
from app.ui.grid.view import GradebookView
from app.ui.kit import Card, row, text
from app.ui.pages.gradebook.data import LoadedClass
from app.ui.pages.gradebook.results import ClassResults
from app.ui.theme.theme import Tone, Type

TOLD_MS = 12_000


class ClassGrid(QWidget):
    """Sheets share one model, so that undo and invalid texts outlive a change of sheet."""

    sheet_shown = Signal()
    cells_changed = Signal(list)
    """list[CellChange] to be saved now."""
    noted = Signal(object, str)
    """CellKey and its note."""
    note_wanted = Signal()

    def __init__(
        self, loaded: LoadedClass, opened: OpenClass, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.opened = opened
        self.phrases = loaded.phrases
        self.sheets = sheets(opened.profile)
        self.sheet: GridSheet = self.sheets[0]
        self.part: YearPart = self.sheet.parts[-1]
        self._last_part = {SUBJECTS: _term_now()}
        self.results = ClassResults(opened.profile, opened.students)
        rows = [GridRow(s.id, e.number, s.full_name) for e, s in opened.roster.pupils]
        self.model = GradebookModel(
            self.part.columns,
            rows,
            opened.cells,
            partial(parse_cell, opened.profile),
            self.results.recompute,
            closed=self.results.closed,
            parent=self,
        )
        self.model.load_notes(loaded.notes)
        self.model.set_locked(opened.locks)
        self.model.changed.connect(self.cells_changed)
        self.model.noted.connect(self.noted)
        self.view: GradebookView | None = None
        self.side: GridSidePanel | None = None
        self._by_name = False
        self._build()
        self._show_view()

    # --- which sheet ------------------------------------------------------------------------

    def show_sheet(self, key: str, part: str = "") -> None:
        """Show another sheet, by default the part of the year that is shown now."""
        sheet = next((s for s in self.sheets if s.key == key), self.sheet)
        wanted = part or self._last_part.get(sheet.section, self.part.key)
        chosen = next((p for p in sheet.parts if p.key == wanted), sheet.parts[-1])
        if (sheet, chosen) == (self.sheet, self.part):
            return
        where = self.view.currentIndex() if self.view else QModelIndex()
        pupil = self.model.row(where.row()).student_id if where.isValid() else ""
        self._drop_view()
        self.sheet, self.part = sheet, chosen
        self._last_part[sheet.section] = chosen.key
        self.model.show_columns(chosen.columns)
        self._show_view()
        if pupil and self.view and self.model.columnCount():
            self.view.go(self.model.row_of(pupil), 0)
        self.sheet_shown.emit()

    def lead_to(self, student_id: str, column: ColumnKey) -> bool:
        """Show the cell, in another sheet where it has to be; False where there is none."""
        if self.view is not None and self.view.go_to(student_id, column):
            return True
        for sheet in sorted(self.sheets, key=lambda s: s.key != column[0]):
            part = sheet.part_with(column)
            if part is not None:
                self.show_sheet(sheet.key, part.key)
                return bool(self.view and self.view.go_to(student_id, column))
        return False

    def lead_to_gap(self, student_id: str) -> bool:
        """Show the first thing that a pupil still lacks."""
        place = self.model.row_of(student_id)
        return any(
            self.lead_to(student_id, (missing.area, missing.slot))
            for missing in self.model.outcome(place).missing
        )

    def standings(self) -> Counter[Standing]:
        """How many pupils stand where, by what is entered now."""
        model = self.model
        return Counter(
            Standing.LOCKED
            if model.is_locked(place)
            else self.results.standing(row.student_id, model.outcome(place))
            for place, row in enumerate(model.rows())
        )

    def finish(self) -> None:
        """Take over what is being typed."""
        if self.view is not None:
            self.view.finish()

    def set_phrases(self, phrases: tuple[str, ...]) -> None:
        self.phrases = phrases
        if self.view is not None:
            self.view.phrases = phrases

    def tell(self, words: str) -> None:
        """Say something under the grid for a while."""
        self._told.setText(words)
        self._forget.start()

    def tell_saved(self, words: str) -> None:
        self._saved_words.setText(words)

    # --- inside -----------------------------------------------------------------------------

    def _build(self) -> None:
        self._card = Card(margin=0)
        self._told = text("", Type.SMALL, muted=True)
        self._summary = text("", Type.SMALL, muted=True)
        self._saved_words = text("", Type.SMALL, tone=Tone.DONE)
        foot = row(self._told, None, self._summary, self._saved_words, gap=4)
        foot.setContentsMargins(14, 4, 14, 6)
        self._place = QVBoxLayout()
        self._place.setContentsMargins(0, 0, 0, 0)
        self._card.add(self._place, foot)
        self._card.body.setStretch(0, 1)
        self._beside = QHBoxLayout(self)
        self._beside.setContentsMargins(0, 0, 0, 0)
        self._beside.setSpacing(16)
        self._beside.addWidget(self._card, 1)
        self._forget = QTimer(self, singleShot=True, interval=TOLD_MS)
        self._forget.timeout.connect(self._told.clear)
        # What was told of one act does not hold after the next, nor after it is undone.
        self.model.undo_stack.indexChanged.connect(self._told.clear)

    def _show_view(self) -> None:
        view = GradebookView(self.model, self.phrases)
        view.setAccessibleName(f"{self.sheet.title} {self.part.title}".strip())
        view.notice.connect(self.tell)
        view.summary_changed.connect(self._summary.setText)
        view.elsewhere.connect(self._lead_elsewhere)
        view.note_wanted.connect(self.note_wanted)
        view.doubleClicked.connect(self._open_subject)
        view.sort_by_name(self._by_name)
        texts = sum(c.kind is ColumnKind.TEXT for c in self.part.columns)
        view.set_wrapped(2 * texts > len(self.part.columns))
        self.view = view
        self.side = GridSidePanel(view, self.results.explain)
        self._place.addWidget(view)
        self._beside.addWidget(self.side)
        self.setFocusProxy(view)

    def _drop_view(self) -> None:
        if self.view is None or self.side is None:
            return
        self.view.finish()
        self._by_name = self.view.sorted_by_name
        # Still parented: Python must not free a view inside one of its own signals.
        for old in (self.side, self.view):
            old.hide()
            old.deleteLater()
        self._beside.removeWidget(self.side)
        self._place.removeWidget(self.view)
        self.view = self.side = None

    def _lead_elsewhere(self, key: CellKey) -> None:
        # Later: the sender is a part of the view that will be replaced.
        QTimer.singleShot(0, self, lambda: self.lead_to(key.student_id, (key.area, key.slot)))

    def _open_subject(self, index: QModelIndex) -> None:
        """A computed value leads to the marks it was made of."""
        column = self.part.columns[index.column()]
        if column.kind is ColumnKind.COMPUTED and column.key[0] in self.opened.profile.by_code:
            pupil = self.model.row(index.row()).student_id
            term = column.key[1].partition(".")[0]
            area = column.key[0]
            QTimer.singleShot(0, self, lambda: self._follow(area, term, pupil))

    def _follow(self, area: str, term: str, pupil: str) -> None:
        self.show_sheet(area, term)
        if self.view is not None:
            self.view.go(self.model.row_of(pupil), 0)
            self.view.setFocus()


def _term_now() -> str:
    """Semester I runs from August until the middle of January."""
    return "s1" if now().month >= 8 or now().month == 1 else "s2"
