"""The grid's model: entries of a class, live results, problems, undo."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from app.errors import AppError
from app.model.gradebook import CellChange, CellKey, Cells
from app.ui.grid.columns import (
    CellEntry,
    CellProblem,
    ColumnKey,
    ColumnKind,
    GridColumn,
    GridRow,
    RowOutcome,
    shown,
    typed,
)
from app.ui.grid.commands import EditCells, EditNote
from app.ui.grid.face import GridTableModel

Parse = Callable[[str, str, str], str]
"""(area, slot, text) -> canonical text; raises AppError (params: reason, suggestion)."""

Recompute = Callable[[Mapping[str, Mapping[ColumnKey, str]]], Mapping[str, RowOutcome]]
"""The valid entries of some pupils, by id -> outcome by id."""

Closed = Callable[[str, ColumnKey, str], str]
"""(pupil, column, canonical text; "" asks for any) -> why the cell does not take it, or ""."""

Words = Callable[[AppError], str]
"""The reason of a refused entry, in the user's words."""

_NO_OUTCOME = RowOutcome()


def reason_of(error: AppError) -> str:
    """The error's `reason` as a sentence: the rules give it as words, e.g. 'phải từ 0 đến 10'."""
    return sentence(str(error.params.get("reason") or "giá trị không hợp lệ").strip())


def sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith(".") else ".")


class GradebookModel(GridTableModel):
    """All entries of a class, shown through the columns of one sheet at a time.

    Undo, invalid texts and notes outlive a change of columns.
    """

    changed = Signal(list)
    """list[CellChange]: exactly what must be saved now, one emission for one act."""
    refreshed = Signal(list)
    """Ids of pupils whose entries, problems or results may look different."""
    noted = Signal(object, str)
    """CellKey and its note ('' for none): save it."""

    def __init__(
        self,
        columns: Sequence[GridColumn],
        rows: Sequence[GridRow],
        cells: Cells,
        parse: Parse,
        recompute: Recompute | None = None,
        words: Words = reason_of,
        closed: Closed | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._put_columns(columns)
        self.undo_stack = QUndoStack(self)
        self._rows = list(rows)
        self._row_of: dict[str, int] = {}
        self._parse, self._recompute, self._words = parse, recompute, words
        self._closed = closed
        self._saved: dict[str, dict[ColumnKey, str]] = defaultdict(dict)
        for key, value in cells.items():
            self._saved[key.student_id][key.area, key.slot] = value
        self._problems: dict[str, dict[ColumnKey, CellProblem]] = defaultdict(dict)
        self._outcomes: dict[str, RowOutcome] = {}
        self._wanted: dict[str, frozenset[ColumnKey]] = {}
        self._notes: dict[CellKey, str] = {}
        self._locked: frozenset[str] = frozenset()
        self._place_rows()
        # Computed when first asked for: rows out of sight do not hold up the first paint.
        self._unknown = {row.student_id for row in rows} if recompute else set()

    # --- reading ---------------------------------------------------------------------------

    def row(self, row: int) -> GridRow:
        return self._rows[row]

    def rows(self) -> tuple[GridRow, ...]:
        """In the order shown."""
        return tuple(self._rows)

    def row_of(self, student_id: str) -> int:
        return self._row_of[student_id]

    def column_of(self, key: ColumnKey) -> int | None:
        """Its place; a slot that names several columns ('s1.regular') means the first of them."""
        if key in self._column_of:
            return self._column_of[key]
        starts = (
            place
            for (area, slot), place in self._column_of.items()
            if area == key[0] and slot.startswith(key[1])
        )
        return next(starts, None)

    def text(self, row: int, column: int) -> str:
        """What the cell shows: what was typed wrongly as it was typed, else the readable form."""
        student, spec = self._rows[row].student_id, self.columns[column]
        if spec.kind is ColumnKind.COMPUTED:
            value = self._outcome(student).values.get(spec.key, "")
            return shown(value, spec) or ("—" if self._problems.get(student) else "")
        problem = self._problems[student].get(spec.key)
        if problem:
            return problem.text
        return shown(self._saved[student].get(spec.key, ""), spec)

    def problem_at(self, row: int, column: int) -> CellProblem | None:
        return self._problems[self._rows[row].student_id].get(self.columns[column].key)

    def is_missing(self, row: int, column: int) -> bool:
        student, key = self._rows[row].student_id, self.columns[column].key
        if key in self._saved[student]:
            return False
        self._know(student)
        return key in self._wanted.get(student, ())

    def cells(self) -> dict[CellKey, str]:
        """Everything that is valid and therefore saved or on its way."""
        return {
            CellKey(student, *column): value
            for student, entries in self._saved.items()
            for column, value in entries.items()
        }

    def note_at(self, row: int, column: int) -> str:
        """A person's note on a cell, '' where there is none; it goes into no record."""
        if not self._notes:
            return ""
        return self._notes.get(self.key_at(row, column), "")

    def key_at(self, row: int, column: int) -> CellKey:
        return CellKey(self._rows[row].student_id, *self.columns[column].key)

    def problems(self) -> list[tuple[CellKey, CellProblem]]:
        """Every entry that is not valid, also in columns not shown, in the order of the rows."""
        return [
            (CellKey(row.student_id, *key), problem)
            for row in self._rows
            for key, problem in self._problems[row.student_id].items()
        ]

    def outcome(self, row: int) -> RowOutcome:
        return self._outcome(self._rows[row].student_id)

    def explain_cell(self, row: int, column: int) -> str:
        """Why a cell is marked, and its note; '' when there is neither."""
        mark, note = self._marked(row, column), self.note_at(row, column)
        return "\n".join(part for part in (mark, f"Ghi chú: {note}" if note else "") if part)

    def _marked(self, row: int, column: int) -> str:
        problem = self.problem_at(row, column)
        if problem:
            return f"{problem.reason} Chưa lưu “{problem.text}”."
        spec = self.columns[column]
        if reason := self.closed_reason(row, column):
            return f"Ô này không mở: {reason}."
        if self.is_missing(row, column):
            return "Còn thiếu."
        if self.is_locked(row):
            return "Học bạ của em đã khóa: xem và chép được, không sửa được."
        return self.text(row, column) if spec.kind is ColumnKind.TEXT else ""

    # --- changing --------------------------------------------------------------------------

    def takes_input(self, row: int, column: int) -> bool:
        """Whether this cell can be filled, or emptied of what it still holds."""
        if self.is_locked(row) or column not in self._open:
            return False
        held = self.columns[column].key in self._saved[self._rows[row].student_id]
        return held or not self.closed_reason(row, column)

    def closed_reason(self, row: int, column: int) -> str:
        """Why a pupil's cell is closed, in the user's words; '' where it is open."""
        spec = self.columns[column]
        if not spec.takes_input:
            return ""
        return self._closed_to(self._rows[row].student_id, spec.key, "")

    def is_locked(self, row: int) -> bool:
        return self._rows[row].student_id in self._locked

    def set_locked(self, student_ids: Iterable[str]) -> None:
        """Locked pupils' entries are read, copied and explained, but not changed."""
        self._locked = frozenset(student_ids)

    def enter(self, texts: Mapping[tuple[int, int], str], title: str) -> int:
        """Enter texts by (row, column) as one act that can be undone.

        Returns how many cells take input; others are left alone. '' clears. `title` names the act.
        """
        before: dict[CellKey, CellEntry] = {}
        after: dict[CellKey, CellEntry] = {}
        open_places = [place for place in texts if self.takes_input(*place)]
        for row, column in open_places:
            key = self.key_at(row, column)
            old = self._entry(key)
            new = self._judge(row, column, old, texts[row, column])
            if new != old:
                before[key], after[key] = old, new
        if after:
            self.undo_stack.push(EditCells(title, before, after, self._apply))
        return len(open_places)

    def take(self, changes: Iterable[CellChange], title: str) -> None:
        """Enter canonical values of any column as one act that can be undone (an import)."""
        after = {
            change.key: CellEntry(change.after)
            for change in changes
            if change.key.student_id not in self._locked
        }
        before = {key: self._entry(key) for key in after}
        new = {key: entry for key, entry in after.items() if entry != before[key]}
        if new:
            old = {key: before[key] for key in new}
            self.undo_stack.push(EditCells(title, old, new, self._apply))

    def show_columns(self, columns: Sequence[GridColumn]) -> None:
        """Show another sheet of the same class."""
        self.beginResetModel()
        self._put_columns(columns)
        for student, outcome in self._outcomes.items():
            self._wanted[student] = frozenset(self._wanted_cells(outcome))
        self.endResetModel()

    def load_notes(self, notes: Mapping[CellKey, str]) -> None:
        self._notes = dict(notes)

    def write_note(self, row: int, column: int, text: str) -> None:
        """Put a note on a cell, '' removes it; can be undone."""
        key, after = self.key_at(row, column), typed(text)
        before = self._notes.get(key, "")
        if after != before:
            self.undo_stack.push(EditNote(key, before, after, self._put_note))

    def sort_rows(self, order: Callable[[GridRow], Any]) -> None:
        """Put the rows in another order; the current cell and selection stay with their pupils."""
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        owners = [self._rows[index.row()].student_id for index in old]
        self._rows.sort(key=order)
        self._place_rows()
        places = zip(owners, old, strict=True)
        new = [self.index(self._row_of[owner], index.column()) for owner, index in places]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    # --- inside ----------------------------------------------------------------------------

    def _entry(self, key: CellKey) -> CellEntry:
        student, column = key.student_id, (key.area, key.slot)
        return CellEntry(self._saved[student].get(column), self._problems[student].get(column))

    def _closed_to(self, student: str, key: ColumnKey, value: str) -> str:
        if self._closed is None:
            return ""
        self._know(student)
        return self._closed(student, key, value)

    def _put_note(self, key: CellKey, text: str) -> None:
        _put(self._notes, key, text or None)
        row = self._row_of[key.student_id]
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(self.columns) - 1))
        self.noted.emit(key, text)
        self.refreshed.emit([key.student_id])

    def _judge(self, row: int, place: int, old: CellEntry, text: str) -> CellEntry:
        column, clean = self.columns[place], typed(text)
        if not clean:
            return CellEntry()
        if column.limit and len(clean) > column.limit:
            reason = f"Dài {len(clean)} ký tự; tối đa {column.limit} ký tự."
            return CellEntry(old.saved, CellProblem(clean, reason))
        try:
            value = self._parse(*column.key, clean)
        except AppError as error:
            hint = str(error.params.get("suggestion") or "")
            return CellEntry(old.saved, CellProblem(clean, self._words(error), hint))
        if reason := self._closed_to(self._rows[row].student_id, column.key, value):
            return CellEntry(old.saved, CellProblem(clean, sentence(reason)))
        return CellEntry(value)

    def _apply(self, entries: Mapping[CellKey, CellEntry]) -> None:
        changes = []
        for key, entry in entries.items():
            student, column = key.student_id, (key.area, key.slot)
            before = self._saved[student].get(column)
            _put(self._saved[student], column, entry.saved)
            _put(self._problems[student], column, entry.problem)
            if before != entry.saved:
                changes.append(CellChange(key, before, entry.saved))
        students = list(dict.fromkeys(key.student_id for key in entries))
        self._compute(students)
        for row in (self._row_of[student] for student in students):
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(self.columns) - 1))
        if changes:
            self.changed.emit(changes)
        self.refreshed.emit(students)

    def _compute(self, students: Sequence[str]) -> None:
        if self._recompute is None:
            return
        self._unknown.difference_update(students)
        for student, outcome in self._recompute({s: self._valid(s) for s in students}).items():
            self._outcomes[student] = outcome
            self._wanted[student] = frozenset(self._wanted_cells(outcome))

    def _valid(self, student: str) -> Mapping[ColumnKey, str]:
        saved, wrong = self._saved[student], self._problems[student]
        return {k: v for k, v in saved.items() if k not in wrong} if wrong else saved

    def _wanted_cells(self, outcome: RowOutcome) -> Iterable[ColumnKey]:
        for missing in outcome.missing:
            place = self.column_of((missing.area, missing.slot))
            if place is not None:
                yield self.columns[place].key

    def _know(self, student: str) -> None:
        if student in self._unknown:
            self._compute([student])

    def _outcome(self, student: str) -> RowOutcome:
        self._know(student)
        return self._outcomes.get(student, _NO_OUTCOME)

    def _put_columns(self, columns: Sequence[GridColumn]) -> None:
        self.columns = tuple(columns)
        self._column_of = {column.key: place for place, column in enumerate(columns)}
        self._open = frozenset(p for p, column in enumerate(columns) if column.takes_input)

    def _place_rows(self) -> None:
        self._row_of = {row.student_id: place for place, row in enumerate(self._rows)}

    def spoken(self, row: int, column: int) -> str:
        parts = [self._rows[row].full_name, self.columns[column].full_title]
        parts.append(self.text(row, column) or "trống")
        if problem := self.problem_at(row, column):
            parts.append(f"không hợp lệ: {problem.reason}")
        elif self.is_missing(row, column):
            parts.append("còn thiếu")
        if note := self.note_at(row, column):
            parts.append(f"ghi chú: {note}")
        if self.is_locked(row):
            parts.append("đã khóa")
        return ", ".join(parts)


def _put(where: dict[Any, Any], key: Any, value: Any) -> None:
    if value is None:
        where.pop(key, None)
    else:
        where[key] = value
