"""This year so far, without signatures: marks, comments and absences as JSON and on paper."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from app.assessment import closed_changes, own_cells, parse_cell, shown, slot_name, subject_slots
from app.assessment.classbook import ClassBook, OpenClass
from app.assessment.slots import TIME_NAMES
from app.errors import AssessmentInputError
from app.model.gradebook import ATTENDANCE, CONDUCT, HEALTH, CellChange, CellKey
from app.store.foreign import ForeignPaper
from app.transcript.records import RecordService
from app.transcript.view import results_sheet
from app.transcript.view_data import date_text, mark_text

FORMAT = "hocba-results/1"
_AREAS = {ATTENDANCE: "Chuyên cần", CONDUCT: "Rèn luyện", HEALTH: "Sức khỏe"}
_SLOTS = {
    "excused": "nghỉ có phép (buổi)",
    "unexcused": "nghỉ không phép (buổi)",
    "s1": "học kì I",
    "s2": "học kì II",
    "height_cm": "chiều cao (cm)",
    "weight_kg": "cân nặng (kg)",
}


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One subject. `marks`: all that is entered, in words; `semester1`: its average, if due."""

    name: str
    marks: str
    semester1: str
    comment: str


@dataclass(frozen=True, slots=True)
class InterimResults:
    school: str
    school_year: str
    class_name: str
    grade: int
    profile: str
    pupil: str
    birth_date: str
    made_on: str
    place: str
    principal: str
    principal_title: str
    """'Hiệu trưởng'; 'Giám đốc' in a centre of continuing education."""
    lines: tuple[ResultLine, ...]
    others: tuple[tuple[str, str], ...]
    """Absences, conduct and the like: (name, value)."""
    cells: tuple[tuple[str, str, str], ...]
    """(area, slot, canonical value), for the other school's gradebook."""

    def as_json(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1).encode()

    def as_pdf(self) -> bytes:
        """The sheet "bảng kết quả". Raises RenderFailed."""
        data = asdict(self)
        data["birth_date"], data["made_on"] = date_text(self.birth_date), date_text(self.made_on)
        return results_sheet(data, self.made_on)


def results_of(
    book: ClassBook, records: RecordService, section_id: str, student_id: str
) -> InterimResults | None:
    """What the gradebook holds of one pupil; None while that is nothing."""
    opened = records.with_pupil(book.open(section_id), student_id)
    own = own_cells(student_id, opened.cells)
    if not own:
        return None
    _, content = records.draft_one(opened, student_id)
    averages = {row.code: mark_text(row.semester1) for row in content.subjects}
    lines = []
    for subject in opened.profile.subjects:
        entered = {slot: value for (area, slot), value in own.items() if area == subject.code}
        comment = entered.pop("comment", "")
        if entered or comment:
            marks = _in_words([s for s in subject_slots(subject) if s in entered], entered)
            lines.append(
                ResultLine(subject.name, marks, averages.get(subject.moet_code, ""), comment)
            )
    others = tuple(
        (f"{_AREAS[area]}, {_SLOTS.get(slot, slot)}", shown(value))
        for (area, slot), value in sorted(own.items())
        if area in _AREAS
    )
    return InterimResults(
        school=content.school.name,
        school_year=content.common.school_year,
        class_name=content.section.name,
        grade=content.section.grade,
        profile=content.common.profile_id,
        pupil=content.pupil.full_name,
        birth_date=content.pupil.birth_date,
        made_on=content.common.created_on,
        place=content.issue.place,
        principal=content.issue.principal_name,
        principal_title=content.issue.principal_title,
        lines=tuple(lines),
        others=others,
        cells=tuple((area, slot, value) for (area, slot), value in sorted(own.items())),
    )


def _in_words(slots: Sequence[str], entered: Mapping[str, str]) -> str:
    """'học kỳ I: ĐĐGtx 8, 7,5; ĐĐGgk 6 – học kỳ II: …', in the gradebook's order."""
    times: dict[str, dict[str, list[str]]] = {}
    for slot in slots:
        time, _, what = slot.rpartition(".")
        name = "ĐĐGtx" if what.startswith("regular") else slot_name(what)
        times.setdefault(time, {}).setdefault(name, []).append(shown(entered[slot]))
    parts = []
    for time, marks in times.items():
        words = "; ".join(f"{name} {' · '.join(values)}" for name, values in marks.items())
        parts.append(f"{_upper(TIME_NAMES[time])}: {words}" if time in TIME_NAMES else words)
    return "\n".join(parts)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def carried_cells(
    papers: Sequence[ForeignPaper], opened: OpenClass, student_id: str
) -> list[CellChange]:
    """Changes that enter what another school has marked this year; full cells are left alone.

    What is no cell or value of this gradebook, or not open for the pupil, is left out: nobody
    signed for these figures.
    """
    section, changes = opened.roster.section, {}
    for paper in papers:
        said = _said(paper.content) if paper.name.endswith(".json") else {}
        place = (said.get("school_year"), said.get("grade"))
        if place != (section.school_year, section.grade):
            continue
        for area, slot, value in _cells(said):
            key = CellKey(student_id, area, slot)
            if key in opened.cells:
                continue
            with suppress(AssessmentInputError):
                fit = parse_cell(opened.profile, area, slot, value)
                changes[key] = CellChange(key, None, fit)
    carried = list(changes.values())
    closed = {
        change.key
        for change, _ in closed_changes(opened.profile, opened.students, opened.cells, carried)
    }
    return [change for change in carried if change.key not in closed]


def _said(content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) and said.get("format") == FORMAT else {}


def _cells(said: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Only what has the form of a cell."""
    return [
        (entry[0], entry[1], entry[2])
        for entry in said.get("cells", [])
        if isinstance(entry, list)
        and len(entry) == 3
        and all(isinstance(part, str) and 0 < len(part) <= 2000 for part in entry)
    ]
