"""A pupil list of any layout as a plan: kept, repaired, asked, gone, refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from app import clock
from app.roster.column_choice import columns_not_kept, doubled_columns
from app.roster.columns import (
    ColumnMapping,
    Header,
    find_header,
    require_headers,
)
from app.roster.duplicates import settle_duplicates
from app.roster.identity import Expectation, read_class
from app.roster.plan import CellPlace, ColumnNotKept, PlannedPupil, RosterPlan, SheetResults
from app.roster.reading import clean
from app.roster.row_import import Draft, SheetContext, read_row
from app.roster.sheet_rows import FieldRow, pupil_rows
from app.roster.sheets import Sheet, Workbook, read_workbook
from app.work import WorkContext

_MARKS_ELSEWHERE = "hãy nhập điểm ở trang Sổ điểm; ở đây chỉ đọc danh sách học sinh."
_NAMED = 8
"""Row numbers that a note lists."""
_YEARS = re.compile(r"(20\d\d)\s*[-–—/]\s*(20\d\d)")
_CLASS_TITLE = re.compile(r"\bl[ớơo]p\s*:?\s*(\d{1,2}\s?[-/.]?\s?[A-ZĐ]?\d{0,2})\b", re.I)


@dataclass(slots=True)
class _Gathered:
    draft: Draft = field(default_factory=Draft)
    columns: dict[str, str] = field(default_factory=dict)
    captions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    layout: str = ""
    not_kept: list[ColumnNotKept] = field(default_factory=list)
    results: list[SheetResults] = field(default_factory=list)


def read_roster(
    path: Path,
    school_year: str = "",
    *,
    mapping: ColumnMapping | None = None,
    class_name: str = "",
    context: WorkContext | None = None,
) -> RosterPlan:
    """What importing the sheet would do; changes nothing.

    `school_year` '2026-2027'; if empty, that of the sheet's title, else today's. `class_name` is
    used for lists without a class column. Raises SheetUnreadable, SheetEncrypted, SheetTooLarge,
    SheetHeaderMissing (params: wanted), Cancelled.
    """
    return read_sheets(path, school_year, mapping=mapping, class_name=class_name, context=context)


def read_sheets(
    path: Path,
    school_year: str = "",
    *,
    mapping: ColumnMapping | None = None,
    class_name: str = "",
    results: bool = False,
    context: WorkContext | None = None,
) -> RosterPlan:
    """`read_roster`; with `results`, pupils of mark and result sheets need no birth date, and what
    the sheets say of them is read too. Such a plan is to be looked at, not to be carried out."""
    book = read_workbook(path)
    headers = find_headers(book, mapping)
    return plan_roster(
        book, headers, school_year, class_name=class_name, results=results, context=context
    )


def find_headers(book: Workbook, mapping: ColumnMapping | None = None) -> dict[str, Header]:
    """Sheet name -> its header, of the visible sheets that have one."""
    return {
        sheet.name: header
        for sheet in book.sheets
        if sheet.visible and (header := find_header(sheet, mapping))
    }


def plan_roster(
    book: Workbook,
    headers: Mapping[str, Header],
    school_year: str = "",
    *,
    class_name: str = "",
    results: bool = False,
    context: WorkContext | None = None,
) -> RosterPlan:
    """`read_sheets` for a workbook whose headers are known; sheets without one are not read.

    Raises SheetHeaderMissing (params: wanted), Cancelled.
    """
    work = context or WorkContext()
    require_headers(headers)
    notes = list(book.notes)
    year = school_year or _title_year(book.sheets, headers) or clock.school_year_of(clock.now())
    gathered = _Gathered()
    for sheet in book.sheets:
        if sheet.name in headers:
            notes += sheet.notes
            if headers[sheet.name].of_results and not results:
                notes.append(f"Trang “{sheet.name}” là bảng điểm: {_MARKS_ELSEWHERE}")
            known = _Known(year, class_name, results)
            _read_sheet(sheet, headers[sheet.name], known, gathered, work)
        elif not sheet.visible:
            notes.append(f"Trang “{sheet.name}” đang ẩn nên không đọc.")
        elif sheet.rows:
            notes.append(f"Trang “{sheet.name}” không có danh sách học sinh.")
    draft = gathered.draft if results and gathered.results else settle_duplicates(gathered.draft)
    return RosterPlan(
        school_year=year,
        layout=gathered.layout,
        columns=gathered.columns,
        captions=gathered.captions,
        kept=tuple(draft.kept),
        gone=tuple(draft.gone),
        repaired=tuple(draft.repaired),
        asked=tuple(draft.asked),
        refused=tuple(sorted(draft.refused, key=lambda refusal: refusal.where)),
        notes=tuple(dict.fromkeys([*notes, *draft.notes, *_over_campuses(draft.kept)])),
        not_kept=tuple(gathered.not_kept),
        results=tuple(gathered.results),
    )


def _over_campuses(pupils: Sequence[PlannedPupil]) -> list[str]:
    """Whether two campuses each have a class of a name, or one class has pupils of two, only
    people can say: the class stays one, and that is said."""
    campuses: dict[str, set[str]] = {}
    for pupil in pupils:
        if pupil.student.campus:
            campuses.setdefault(pupil.class_name, set()).add(pupil.student.campus)
    several = [name for name, places in campuses.items() if len(places) > 1]
    if not several:
        return []
    named = ", ".join(several[:_NAMED]) + ("…" if len(several) > _NAMED else "")
    return [
        f"Lớp {named} có học sinh của hơn một điểm trường và được đọc là một lớp. Nếu mỗi điểm "
        f"trường có lớp riêng, hãy ghi tên lớp kèm điểm trường, ví dụ “1A (Huổi Lếch)”."
    ]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known before a sheet is read."""

    year: str
    class_name: str
    results: bool


def _read_sheet(
    sheet: Sheet,
    header: Header,
    known: _Known,
    gathered: _Gathered,
    work: WorkContext,
) -> None:
    year, class_name = known.year, known.class_name
    rows, skipped = pupil_rows(sheet, header)
    columns, notes = _by_content(header.columns, [dict(r.fields) for r in rows])
    gathered.draft.notes += notes
    if skipped:
        numbers = ", ".join(map(str, skipped[:_NAMED])) + ("…" if len(skipped) > _NAMED else "")
        gathered.draft.notes.append(
            f"Bỏ qua {len(skipped)} dòng tiêu đề lặp lại hoặc dòng ghi chú (dòng {numbers})."
        )
    gathered.draft.notes += doubled_columns(sheet, header)
    texts = [r.fields.get("birth_date") for r in rows]
    dates = sum(isinstance(value, date) for value in texts)
    usual = dates * 2 >= sum(value is not None for value in texts)
    about = SheetContext(
        sheet=sheet,
        columns=header.columns,
        renamed=columns,
        expected=Expectation(int(year[:4]), 0, sheet.epoch_1904, usual),
        class_name=class_name or _title_class(sheet, header),
        dates_doubtful=_days_and_months_swapped(texts),
        of_results=known.results and header.of_results,
    )
    gathered.not_kept += columns_not_kept(sheet, header, columns, rows)
    if about.of_results:
        gathered.results.append(_results_of(sheet, header, rows))
    for done, row in enumerate(rows):
        if done % 50 == 0:
            work.step(done, len(rows), "Đọc danh sách")
        read_row(row, about, gathered.draft)
    gathered.columns = {
        **{columns.get(f, f): text for f, text in header.texts.items() if columns.get(f, f)},
        **gathered.columns,
    }
    gathered.captions[sheet.name] = header.captions
    gathered.layout = gathered.layout or header.layout


def _results_of(sheet: Sheet, header: Header, rows: Sequence[FieldRow]) -> SheetResults:
    values = {}
    for each in rows:
        texts = {at: clean(each.row.cell(at))[0] for at in header.results}
        values[CellPlace(sheet.name, each.row.number)] = {at: t for at, t in texts.items() if t}
    return SheetResults(sheet.name, tuple(header.results.values()), values)


def _title_year(sheets: Sequence[Sheet], headers: Mapping[str, Header]) -> str:
    for sheet in sheets:
        header = headers.get(sheet.name)
        for row in sheet.rows if header else ():
            if header is None or row.number >= header.first_row:
                break
            for cell in row.cells:
                match = _YEARS.search(cell) if isinstance(cell, str) else None
                if match and int(match[2]) == int(match[1]) + 1:
                    return f"{match[1]}-{match[2]}"
    return ""


def class_known(sheet: Sheet, header: Header) -> bool:
    """Whether the sheet says the class of its pupils without a class column."""
    grouped = any(row.group for row in pupil_rows(sheet, header)[0][:1])
    return grouped or bool(_title_class(sheet, header))


def _title_class(sheet: Sheet, header: Header) -> str:
    """'4A' out of 'DANH SÁCH HỌC SINH LỚP 4A' above the header, or out of the sheet's name."""
    if "class_name" in header.columns:
        return ""
    for row in sheet.rows:
        if row.number >= header.first_row:
            break
        for cell in row.cells:
            match = _CLASS_TITLE.search(cell) if isinstance(cell, str) else None
            if match:
                return read_class(match[1]).value
    return read_class(sheet.name).value


def _by_content(
    columns: Mapping[str, int], rows: Sequence[Mapping[str, object]]
) -> tuple[dict[str, str], list[str]]:
    """Field -> the field that its values really are; '' to leave the column alone.

    "Mã định danh" is the ministry's 10 digits in one program and the personal 12 in another,
    and "Mã học sinh" is often the school's own code.
    """
    values = [str(row["moet_id"]).strip() for row in rows if row.get("moet_id") is not None]
    if "moet_id" not in columns or not values:
        return {}, []
    lengths = [len(v) if v.isdigit() else 0 for v in values]
    half = len(values) / 2
    if sum(n in (11, 12) for n in lengths) > half and "personal_id" not in columns:
        return {"moet_id": "personal_id"}, []
    if sum(n in (9, 10) for n in lengths) > half or len(values) < 3:
        return {}, []
    return {"moet_id": ""}, ["Cột mã học sinh là mã riêng của trường nên không dùng."]


def _days_and_months_swapped(values: Sequence[object]) -> bool:
    """A program with American settings turned 3/11 into a date and left 25/11 as text."""
    dates = [value for value in values if isinstance(value, date)]
    texts = [value for value in values if isinstance(value, str) and "/" in value]
    firsts = [int(m[0]) for text in texts if (m := re.match(r"\s*\d{1,2}", text))]
    return (
        len(dates) >= 5
        and len(firsts) >= 5
        and all(value.day <= 12 for value in dates)
        and all(first > 12 for first in firsts)
    )
