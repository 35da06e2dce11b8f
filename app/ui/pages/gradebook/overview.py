"""Tình hình lớp: who lacks what, how tests are spread, what looks odd; before a class is locked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from app.model import gradebook as areas
from app.model.assessment import Missing
from app.model.gradebook import CellKey
from app.profile import SubjectProfile
from app.ui.grid.columns import ColumnKey, ColumnKind, GridColumn
from app.ui.grid.summary import comma, far_from_others
from app.ui.kit import (
    BarChart,
    Card,
    Column,
    DataTable,
    EmptyState,
    Notice,
    button,
    column,
    row,
    text,
)
from app.ui.kit.choosers import ChoiceBox
from app.ui.pages.gradebook.class_grid import ClassGrid
from app.ui.pages.gradebook.completeness_map import CompletenessMap, MapData, MapSquare
from app.ui.theme.theme import Type

_AREAS = {
    areas.CONDUCT: "Rèn luyện",
    areas.QUALITIES: "Phẩm chất",
    areas.COMPETENCES: "Năng lực",
    areas.ATTENDANCE: "Chuyên cần",
    areas.REMARKS: "Nhận xét",
    areas.DECISION: "Quyết định",
}
_PER_ROW = 4


@dataclass(frozen=True, slots=True)
class OverviewItem:
    """One line of a list: it leads to a cell."""

    student_id: str
    name: str
    words: str
    column: ColumnKey


class GradebookOverview(QWidget):
    """Shown in the grid's place."""

    lead_wanted = Signal(str, object)
    """Pupil, column key."""
    back_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid: ClassGrid | None = None
        self.state = Notice("")
        back = button("Quay lại bảng điểm", "left")
        back.clicked.connect(self.back_wanted)
        self.picture = CompletenessMap()
        self.picture.chosen.connect(self._lead_to_area)
        self.missing = self._list("Còn thiếu", "checked", "Không còn thiếu gì")
        self.odd = self._list("Điểm lệch nhiều", "checked", "Không có điểm nào lệch nhiều")
        self.missing.setMinimumHeight(250)
        self.odd.setMinimumHeight(190)
        self.subjects = ChoiceBox()
        self.subjects.setAccessibleName("Phân bố điểm của môn")
        self.subjects.setMinimumWidth(220)
        self.subjects.activated.connect(self._show_spread)
        self._charts = QWidget()
        self._spread = Card()
        self._spread.add(
            row(text("Phân bố từng lần kiểm tra", Type.SECTION), self.subjects, None), self._charts
        )
        halves = row(
            Card("Từng em, từng môn").add(
                text("Xanh: đủ. Vàng: số ô còn thiếu, bấm để nhập. Xám: không học.", muted=True),
                self.picture,
                None,
            ),
            column(
                Card("Còn thiếu").add(self.missing),
                Card("Điểm lệch nhiều").add(
                    text("Cách xa các điểm khác của chính em đó; nên xem lại.", muted=True),
                    self.odd,
                ),
                None,
                gap=3,
            ),
            gap=4,
        )
        halves.setStretch(0, 3)
        halves.setStretch(1, 2)
        head = row(self.state, back)
        head.setStretch(0, 1)
        self.setLayout(column(head, halves, self._spread, None, gap=3))

    def show_class(self, grid: ClassGrid) -> None:
        """Draw the class as it is now."""
        self._grid = grid
        gaps = {
            row.student_id: grid.model.outcome(place).missing
            for place, row in enumerate(grid.model.rows())
        }
        self.picture.show_picture(self._picture_of(grid, gaps))
        items = [self._gap(grid, student, found) for student, found in gaps.items() if found]
        self.missing.show_rows(items)
        self.odd.show_rows(_odd(grid))
        self._offer_subjects(grid)

    def _list(self, name: str, icon: str, empty: str) -> DataTable:
        made = DataTable(
            name,
            (
                Column("Học sinh", lambda r: r.name, 150, strong=True),
                Column("Việc", lambda r: r.words, tip=lambda r: r.words),
            ),
            EmptyState(icon, empty),
        )
        made.opened.connect(lambda item: self.lead_wanted.emit(item.student_id, item.column))
        made.view.clicked.connect(made.view.activated)
        return made

    def _gap(self, grid: ClassGrid, student: str, found: tuple[Missing, ...]) -> OverviewItem:
        first = found[0]
        more = f" và {len(found) - 1} việc khác" if len(found) > 1 else ""
        name = grid.model.row(grid.model.row_of(student)).full_name
        return OverviewItem(student, name, first.text + more, (first.area, first.slot))

    def _picture_of(self, grid: ClassGrid, gaps: dict[str, tuple[Missing, ...]]) -> MapData:
        cells = grid.model.cells()
        owned = {(key.student_id, key.area) for key in cells}
        taught = {area for _, area in owned}
        subjects = [s for s in grid.opened.profile.subjects if s.compulsory or s.code in taught]
        named = {missing.area for found in gaps.values() for missing in found}
        others = [a for a in _AREAS if a in named or a in taught]
        squares = []
        for pupil in grid.model.rows():
            counts = Counter(missing.area for missing in gaps[pupil.student_id])
            line = [self._square(pupil.student_id, s, counts, owned) for s in subjects]
            for area in others:
                count = counts[area]
                line.append(MapSquare(pupil.student_id, area, count, _told(_AREAS[area], count)))
            squares.append(tuple(line))
        return MapData(
            tuple(pupil.full_name for pupil in grid.model.rows()),
            (*(s.short_name for s in subjects), *(_AREAS[a] for a in others)),
            tuple(squares),
        )

    def _square(
        self,
        student: str,
        subject: SubjectProfile,
        counts: Counter[str],
        owned: set[tuple[str, str]],
    ) -> MapSquare:
        taken = subject.compulsory or (student, subject.code) in owned
        count = counts[subject.code] if taken else None
        return MapSquare(student, subject.code, count, _told(subject.name, count))

    def _lead_to_area(self, student: str, area: str) -> None:
        grid = self._grid
        if grid is None:
            return
        found = grid.model.outcome(grid.model.row_of(student)).missing
        gap = next((m for m in found if m.area == area), None)
        sheet = next((s for s in grid.sheets if s.key == area), None)
        if gap is not None:
            self.lead_wanted.emit(student, (gap.area, gap.slot))
        elif sheet is not None:
            self.lead_wanted.emit(student, sheet.parts[0].columns[0].key)

    # --- spread -----------------------------------------------------------------------------

    def _offer_subjects(self, grid: ClassGrid) -> None:
        before = self.subjects.currentData()
        self.subjects.clear()
        for subject in grid.opened.profile.subjects:
            if _tests(grid, subject.code):
                self.subjects.addItem(subject.name, subject.code)
        self.subjects.setCurrentIndex(max(self.subjects.findData(before), 0))
        self._spread.setVisible(self.subjects.count() > 0)
        self._show_spread()

    def _show_spread(self) -> None:
        grid, code = self._grid, self.subjects.currentData()
        old, self._charts = self._charts, QWidget()
        layout = QGridLayout(self._charts)
        layout.setContentsMargins(0, 0, 0, 0)
        if grid is not None and code:
            cells = grid.model.cells()
            for place, test in enumerate(_tests(grid, code)):
                chart = BarChart(test.full_title)
                chart.show_bars(_bars(grid, cells, test))
                cell = column(text(test.full_title, Type.SMALL, muted=True), chart, gap=1)
                layout.addLayout(cell, *divmod(place, _PER_ROW))
        self._spread.body.replaceWidget(old, self._charts)
        old.hide()
        old.deleteLater()


def _told(name: str, count: int | None) -> str:
    if count is None:
        return f"{name}: không học"
    return f"{name}: còn thiếu {count} ô" if count else f"{name}: đủ"


def _tests(grid: ClassGrid, code: str) -> list[GridColumn]:
    """The columns of a subject that hold scores, each once, with its term in the title."""
    sheet = next(s for s in grid.sheets if s.key == code)
    found: dict[ColumnKey, GridColumn] = {}
    for part in sheet.parts:
        for spec in part.columns:
            is_test = spec.takes_input and spec.kind is ColumnKind.SCORE
            if is_test and spec.key[1] not in ("reassessed", "retest"):
                group = spec.group or part.title
                found.setdefault(spec.key, GridColumn(spec.key, spec.title, spec.kind, group=group))
    return list(found.values())


def _bars(grid: ClassGrid, cells: dict[CellKey, str], test: GridColumn) -> list[tuple[str, int]]:
    marks = [
        Decimal(value)
        for pupil in grid.model.rows()
        if (value := cells.get(CellKey(pupil.student_id, *test.key)))
    ]
    counts = Counter(min(int(mark), 9) for mark in marks)
    return [(str(step), counts[step]) for step in range(10)]


def _odd(grid: ClassGrid) -> list[OverviewItem]:
    cells = grid.model.cells()
    tests = {s.code: _tests(grid, s.code) for s in grid.opened.profile.subjects}
    found = []
    for pupil in grid.model.rows():
        for code, columns in tests.items():
            marks = [
                (spec, Decimal(value))
                for spec in columns
                if (value := cells.get(CellKey(pupil.student_id, *spec.key)))
            ]
            for spec, mark, others in far_from_others(marks):
                name = grid.opened.profile.subject_name(code)
                words = f"{name} · {spec.full_title}: {comma(mark)}, điểm khác quanh"
                found.append(
                    OverviewItem(
                        pupil.student_id, pupil.full_name, f"{words} {comma(others)}", spec.key
                    )
                )
    return found
