"""`hocba marks`: a mark sheet into the gradebook."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.opening import Access, json_option, say, takes_workspace, told
from app.errors import ClassUnknown, NotEntitled, SubjectUnknown

if TYPE_CHECKING:
    from app.assessment.classbook import OpenClass
    from app.model.gradebook import CellChange
    from app.model.people import ClassSection
    from app.roster.marks_import import MarksPlan
    from app.services import Services
    from app.store import Store
    from app.ui.grid.sheets import GridSheet

_CLASS = re.compile(r"l[ớơo]p\s*:?\s*([^\s\-–(),;]+)", re.IGNORECASE)
_SEMESTER = re.compile(r"h[ọo]c\s+k[ỳìy]\s*:?\s*(II|I|1|2)\b", re.IGNORECASE)
_HEAD_ROWS = 15


@dataclass(frozen=True, slots=True)
class Written:
    written: int
    refused: tuple[dict[str, Any], ...]
    asked: tuple[dict[str, Any], ...]


@click.command("marks")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@takes_workspace()
@click.option("--class", "class_name", default="", help="Lớp, nếu tệp không ghi rõ.")
@click.option("--subject", default="", help="Mã môn, nếu tệp không phải bảng của cả lớp.")
@click.option("--semester", type=click.Choice(["1", "2"]), help="Học kì, nếu cột không ghi rõ.")
@json_option
def command(
    file: Path,
    access: Access,
    class_name: str,
    subject: str,
    semester: str | None,
    as_json: bool,
) -> None:
    """Nhập bảng điểm FILE vào sổ điểm. Ô trống trong tệp không xóa gì.

    Mã thoát 1 khi không ghi được ô nào và có ô bị trả lại.
    """
    with told(as_json=as_json), access.opened() as services:
        done = _import(services, file, class_name, subject.strip().upper(), semester or "")
        found = {"written": done.written, "refused": list(done.refused), "asked": list(done.asked)}
        say(found, lambda: _as_words(done), as_json=as_json)
    sys.exit(1 if done.refused and not done.written else 0)


def _import(
    services: Services, file: Path, class_name: str, subject: str, semester: str
) -> Written:
    from app.ui.grid.sheets import all_columns, sheets
    from app.ui.pages.gradebook import excel

    store = services.workspace.here()
    section = _section(store, file, class_name)
    opened_class = _opened(services, store, section)
    every = sheets(opened_class.profile)
    chosen = _sheet(every, opened_class, file, subject)
    here = _columns(chosen, semester or _semester_in(file))
    whole = all_columns(every)
    incoming = excel.read(file, opened_class, whole, here, opened_class.cells, {})
    return _write(store, section, incoming.plan)


def _section(store: Store, file: Path, class_name: str) -> ClassSection:
    """The class that was named, or that the sheet names. Raises ClassUnknown."""
    from app.model.text import fold

    sections = sorted(store.people.sections(), key=lambda each: each.school_year, reverse=True)
    known = {fold(each.name): each for each in reversed(sections)}
    wanted = [class_name] if class_name else _named_in(file)
    for name in wanted:
        if fold(name) in known:
            return known[fold(name)]
    if not class_name and len(known) == 1:
        return next(iter(known.values()))
    listed = ", ".join(each.name for each in sections)
    raise ClassUnknown(class_name, name=class_name or file.name, known=listed or "chưa có lớp nào")


def _named_in(file: Path) -> list[str]:
    """Class names above the head of the sheet, in sheet names and in the file's name."""
    from app.roster.sheets import read_workbook

    book = read_workbook(file)
    texts = [*_head(file), *(sheet.name for sheet in book.sheets)]
    named = [match[1] for text in texts for match in _CLASS.finditer(text)]
    return [*named, *(sheet.name for sheet in book.sheets)]


def _opened(services: Services, store: Store, section: ClassSection) -> OpenClass:
    """The class as far as its marks go: a teacher's machine need not know the principal."""
    from app.assessment.classbook import OpenClass
    from app.model.people import SectionRoster, Staff, StaffRole

    school = store.people.school()
    assert school is not None, "a workspace with a class has a school"
    nobody = Staff("", "", StaffRole.TEACHER)
    pupils = tuple((e, s) for e, s in store.people.enrollments(section.id) if e.status.present)
    profile = services.profiles.for_grade(section.school_year, section.grade)
    roster = SectionRoster(school, section, nobody, nobody, pupils)
    return OpenClass(roster, profile, store.gradebook.cells(section.id))


def _sheet(
    every: Sequence[GridSheet], opened_class: OpenClass, file: Path, subject: str
) -> GridSheet:
    """The gradebook's page of the subject; without one the class as a whole."""
    codes = opened_class.profile.by_code
    wanted = subject or _subject_in(file, opened_class)
    if subject and subject not in codes:
        raise SubjectUnknown(subject, name=subject, known=", ".join(codes))
    return next((sheet for sheet in every if sheet.key == wanted), every[0])


def _subject_in(file: Path, opened_class: OpenClass) -> str:
    """The one subject that the head of the sheet, its name or the file's name speaks of."""
    from app.model.text import fold
    from app.roster.sheets import read_workbook

    book = read_workbook(file)
    texts = [file.stem, *(sheet.name for sheet in book.sheets)]
    texts += [text for text in _head(file) if "môn" in text.lower()]
    head = " " + re.sub(r"[^0-9a-z]+", " ", fold(" | ".join(texts))) + " "
    found = {
        subject.code
        for subject in opened_class.profile.subjects
        if any(f" {fold(name)} " in head for name in (subject.name, subject.short_name) if name)
    }
    return found.pop() if len(found) == 1 else ""


def _semester_in(file: Path) -> str:
    """'1' or '2' where the head of the sheet speaks of exactly one semester, else ''."""
    found = {match[1] for text in _head(file) for match in _SEMESTER.finditer(text)}
    numbers = {"2" if each.upper() in ("2", "II") else "1" for each in found}
    return numbers.pop() if len(numbers) == 1 else ""


def _head(file: Path) -> list[str]:
    from app.roster.sheets import read_workbook, shown

    return [
        shown(cell)
        for sheet in read_workbook(file).sheets
        for row in sheet.rows
        if row.number <= _HEAD_ROWS
        for cell in row.cells
        if isinstance(cell, str)
    ]


def _columns(sheet: GridSheet, semester: str) -> tuple[Any, ...]:
    parts = [part for part in sheet.parts if part.key == f"s{semester}"] if semester else []
    return tuple(column for part in parts or sheet.parts for column in part.columns)


def _write(store: Store, section: ClassSection, plan: MarksPlan) -> Written:
    from app.model.membership import act_of, place_of
    from app.model.operation import Cause, cell_key, class_stream

    names = {s.id: s.full_name for _, s in store.people.enrollments(section.id)}
    refused = [
        {
            "row": refusal.where.row,
            "pupil": refusal.pupil,
            "column": refusal.column,
            "found": refusal.found,
            "reason": refusal.reason,
        }
        for refusal in plan.refused
    ]
    taken: list[CellChange] = []
    for change in plan.changes:
        key = cell_key(change.key)
        act, place = act_of(key, Cause.EDIT), place_of(class_stream(section.id), key)
        if store.authorship.may(act, place):
            taken.append(change)
            continue
        owners = ", ".join(store.authorship.owners(act, place)) or "chưa có ai"
        refused.append(
            {
                "row": 0,
                "pupil": names.get(change.key.student_id, ""),
                "column": f"{change.key.area} {change.key.slot}",
                "found": change.after or "",
                "reason": f"Ô này thuộc phần của: {owners}.",
                "code": NotEntitled.code,
            }
        )
    if taken:
        store.gradebook.save(section.id, taken)
    asked = tuple({"column": header, "why": "Chưa rõ là cột nào."} for header in plan.unknown)
    return Written(len(taken), tuple(refused), asked)


def _as_words(done: Written) -> str:
    lines = [f"Đã ghi {done.written} ô."]
    if done.refused:
        lines.append(f"Trả lại {len(done.refused)}:")
        lines += [
            f"  {each['pupil']} · {each['column']}: {each['found']} ({each['reason']})"
            for each in done.refused[:12]
        ]
    lines += [f"Chưa rõ cột “{each['column']}”." for each in done.asked]
    return "\n".join(lines)
