"""Between the grid and sheets: columns, pupils and words for Excel, and what an import would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from app.assessment import closed_changes, parse_cell
from app.assessment.classbook import OpenClass
from app.model import gradebook as areas
from app.model.gradebook import CellKey
from app.profile import GradeProfile, SubjectMode
from app.roster.marks_import import MarkRefusal, MarksPlan, read_marks
from app.roster.marks_sheet import ID_KEY, SheetColumn, SheetPupil, export_class
from app.roster.plan import CellPlace
from app.roster.sheet_out import BOLD, HEADER_FILL, REASON_FILL, put, save
from app.roster.sheets import read_workbook
from app.ui.grid.columns import ColumnKind, GridColumn, shown

Cells = Mapping[CellKey, str]
_NUMBERS = (areas.ATTENDANCE, areas.HEALTH)


@dataclass(frozen=True, slots=True)
class IncomingSheet:
    """A sheet that was read: what it would do, and how its columns were understood."""

    path: Path
    columns: tuple[GridColumn, ...]
    plan: MarksPlan
    layout: str
    """Names the layout among the saved mappings: the headers nobody recognised."""
    chosen: Mapping[str, str]
    ours: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of a foreign file; our own may leave out columns and hides its key row."""
        return () if self.ours else self.plan.notes


def export(
    path: Path, opened: OpenClass, columns: Sequence[GridColumn], cells: Cells, title: str
) -> Path:
    """Write the entries of `columns` to be filled in elsewhere. Raises DiskFull, SheetError."""
    by_key = {column.key: column for column in columns}

    def words(area: str, slot: str, value: str) -> str:
        return shown(value, by_key[area, slot])

    sheet_columns = [sheet_column(opened.profile, column) for column in columns]
    export_class(path, sheet_columns, _pupils(opened, cells), title=title, show=words)
    return path


def read(
    path: Path,
    opened: OpenClass,
    whole: Sequence[GridColumn],
    here: Sequence[GridColumn],
    cells: Cells,
    mappings: Mapping[str, Mapping[str, str]],
    chosen: Mapping[str, str] | None = None,
) -> IncomingSheet:
    """Our own sheets may fill the whole class, foreign ones the columns that are shown.

    Raises SheetUnreadable, SheetEncrypted, SheetTooLarge, SheetHeaderMissing.
    """
    ours = _is_ours(path)
    columns = tuple(whole if ours else [c for c in here if c.takes_input])
    understand = partial(
        read_marks,
        path,
        [sheet_column(opened.profile, column) for column in columns],
        _pupils(opened, cells),
        partial(parse_cell, opened.profile),
    )
    plan = understand()
    layout = "|".join(sorted(plan.unknown))[:300]
    told = dict(mappings.get(layout, {}) if chosen is None else chosen)
    if told:
        plan = understand(chosen=told)
    return IncomingSheet(path, columns, _without_closed(plan, opened, columns), layout, told, ours)


def _without_closed(plan: MarksPlan, opened: OpenClass, columns: Sequence[GridColumn]) -> MarksPlan:
    """What the sheet would put into closed cells, or change for pupils whose record is locked, is
    refused, said one by one.
    """
    found = [
        (change, "học bạ của em đã khóa")
        for change in plan.changes
        if change.key.student_id in opened.locks
    ]
    for rules, students in opened.by_rules():
        found += [
            (change, f"ô này không mở: {reason}")
            for change, reason in closed_changes(rules, students, opened.cells, plan.changes)
            if change.key.student_id not in opened.locks
        ]
    names = {student.id: student.full_name for student in opened.students}
    titles = {column.key: column.full_title for column in columns}
    held = tuple(
        MarkRefusal(
            CellPlace("", 0),
            names[change.key.student_id],
            titles[change.key.area, change.key.slot],
            change.after or "",
            reason,
        )
        for change, reason in found
    )
    closed = {change.key for change, _ in found}
    added, changed = (
        tuple(change for change in some if change.key not in closed)
        for some in (plan.added, plan.changed)
    )
    return replace(plan, added=added, changed=changed, refused=plan.refused + held)


def write_refused(path: Path, plan: MarksPlan) -> int:
    """The refused cells and rows with their reasons; how many there are."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Bị trả lại"
    titles = ("Lý do bị trả lại", "Trang", "Dòng", "Học sinh", "Cột", "Giá trị trong tệp")
    for column, title in enumerate(titles, 1):
        cell = put(sheet, 1, column, title)
        cell.font, cell.fill = BOLD, HEADER_FILL
        sheet.column_dimensions[get_column_letter(column)].width = 44 if column == 1 else 22
    for row, refusal in enumerate(plan.refused, 2):
        where = refusal.where
        values: tuple[str | int, ...] = (
            refusal.reason,
            where.sheet,
            where.row,
            refusal.pupil,
            refusal.column,
            refusal.found,
        )
        for column, value in enumerate(values, 1):
            put(sheet, row, column, value)
        sheet.cell(row=row, column=1).fill = REASON_FILL
    sheet.freeze_panes = "B2"
    save(book, path)
    return len(plan.refused)


def sheet_column(profile: GradeProfile, column: GridColumn) -> SheetColumn:
    area, slot = column.key
    score = column.kind is ColumnKind.SCORE and area not in _NUMBERS
    choices = _choices(profile, area, slot) if column.kind is ColumnKind.LETTER else ()
    return SheetColumn(area, slot, column.title, column.group, choices, score)


def _choices(profile: GradeProfile, area: str, slot: str) -> tuple[str, ...]:
    fixed = {
        areas.CONDUCT: ("T", "K", "Đ", "CĐ"),
        areas.QUALITIES: ("T", "Đ", "C"),
        areas.COMPETENCES: ("T", "Đ", "C"),
        areas.AWARDS: ("Có", "Không"),
        areas.DECISION: ("Được lên lớp", "Ở lại lớp"),
    }
    if area in fixed:
        return fixed[area]
    if slot in ("chosen", "topics_chosen"):
        return ("x",)
    if slot == "demands":
        return ("Giảm yêu cầu", "Kế hoạch cá nhân", "Không đánh giá")
    if slot.endswith(".plan"):
        return ("Đ", "CĐ")
    subject = profile.by_code.get(area)
    is_level = subject is not None and subject.kind is SubjectMode.LEVEL
    return ("T", "H", "C") if is_level else ("Đ", "CĐ")


def _pupils(opened: OpenClass, cells: Cells) -> list[SheetPupil]:
    own: dict[str, dict[tuple[str, str], str]] = {}
    for key, value in cells.items():
        own.setdefault(key.student_id, {})[key.area, key.slot] = value
    return [
        SheetPupil(
            student.id,
            enrollment.number,
            student.full_name,
            student.birth_date,
            own.get(student.id, {}),
            student.moet_id,
            student.personal_id,
        )
        for enrollment, student in opened.roster.pupils
    ]


def _is_ours(path: Path) -> bool:
    book = read_workbook(path)
    return any(ID_KEY in row.cells for sheet in book.sheets for row in sheet.rows[:10])
