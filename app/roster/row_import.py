"""One row of a pupil list: read every field, then keep, set aside or refuse the pupil."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from app.model.people import AdministrativePlace, EnrollmentStatus, Sex, Student
from app.model.text import fold, visible
from app.roster.columns import profiles
from app.roster.identity import (
    Expectation,
    birth_year_of,
    campus_of,
    grade_of,
    grades_of,
    read_birth,
    read_class,
    read_personal_id,
    sex_of,
)
from app.roster.plan import (
    CellPlace,
    DepartedPupil,
    PlannedPupil,
    Question,
    RefusedRow,
    Repair,
)
from app.roster.reading import (
    Reading,
    read_disability,
    read_ethnicity,
    read_moet_id,
    read_name,
    read_nationality,
    read_sex,
    read_status,
    read_text,
    read_yes,
)
from app.roster.sheet_rows import FieldRow
from app.roster.sheets import Cell, Respelling, Sheet, shown
from app.roster.sheets.cells import UNCOMPUTED, fault_advice

_NEXT = {UNCOMPUTED: "hãy mở bằng Excel rồi lưu lại"}
_HIDDEN = "bỏ ký tự ẩn"
_SEXES = {"male": "1", "female": "2"}
_OTHER_SEX = {"male": "2", "female": "1"}
_PLAIN = (
    "birthplace", "hometown", "residence", "campus", "father_name", "mother_name",
    "guardian_name", "policy_group", "register_no", "lifelong_id", "birthplace_detail",
)  # fmt: skip


@dataclass(slots=True)
class Draft:
    """A plan while it is being made."""

    kept: list[PlannedPupil] = field(default_factory=list)
    gone: list[DepartedPupil] = field(default_factory=list)
    repaired: list[Repair] = field(default_factory=list)
    asked: list[Question] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cells: dict[CellPlace, tuple[Cell, ...]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    """Pupils kept per class so far."""


@dataclass(frozen=True, slots=True)
class SheetContext:
    sheet: Sheet
    columns: Mapping[str, int]
    renamed: Mapping[str, str]
    """Field by header -> field by content; '' to leave it out."""
    expected: Expectation
    class_name: str
    dates_doubtful: bool
    of_results: bool = False
    """A sheet of marks or results: its pupils are known, so it need not say their birth dates."""


@dataclass(slots=True)
class _RowReader:
    where: CellPlace
    cells: Mapping[str, Cell]
    respelled: Mapping[str, Respelling] = field(default_factory=dict)
    """By field: what was done about old fonts and damage, before anything else was read."""
    repaired: list[Repair] = field(default_factory=list)
    asked: list[Question] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)

    def take(self, name: str, reading: Reading) -> str:
        """Note what the reading says; its value."""
        found = shown(self.cells.get(name))
        spelled = self.respelled.get(name, Respelling(found))
        hidden = _HIDDEN if visible(found) != found and _HIDDEN not in reading.why else ""
        why = ", ".join(part for part in (spelled.why, hidden, reading.why) if part)
        if why:
            self.repaired.append(Repair(self.where, name, spelled.before, reading.value, why))
        if spelled.ask:
            self.asked.append(
                Question(self.where, name, spelled.before, spelled.ask, spelled.suggestion)
            )
        if reading.ask:
            self.asked.append(Question(self.where, name, found, reading.ask, reading.suggestion))
        if reading.bad:
            self.bad.append(reading.bad)
        return reading.value


def read_row(source: FieldRow, about: SheetContext, draft: Draft) -> None:
    """Put the pupil of this row into the draft, where it belongs."""
    cells = {about.renamed.get(name, name): cell for name, cell in source.fields.items()}
    row = _RowReader(
        CellPlace(about.sheet.name, source.row.number), cells, _respelled(source, about)
    )
    draft.cells[row.where] = source.row.cells
    faults = _ask_faults(row, source, about)
    pupil = _pupil(row, about.class_name or source.group, about)
    status_text = shown(cells.get("status")).strip()
    if pupil is not None and not pupil.status.present:
        draft.gone.append(DepartedPupil(pupil, status_text))
        return
    if pupil is None or row.bad:
        reason = "; ".join([*faults, *row.bad])
        draft.refused.append(
            RefusedRow(row.where, reason[:1].upper() + reason[1:], source.row.cells)
        )
        return
    if not pupil.number:
        pupil = replace(pupil, number=draft.counts[pupil.class_name] + 1)
    draft.counts[pupil.class_name] += 1
    draft.kept.append(pupil)
    draft.repaired += row.repaired
    draft.asked += row.asked


def _respelled(source: FieldRow, about: SheetContext) -> dict[str, Respelling]:
    """The respellings of this row by field; those of a name in two columns as one."""
    number, known = source.row.number, about.sheet.respelled
    found = {}
    for name in source.fields:
        columns = source.columns_of(name)
        parts = [known[number, at] for at in columns if (number, at) in known]
        if not parts:
            continue
        texts = [
            (known[number, at].before if (number, at) in known else shown(source.row.cell(at)))
            for at in columns
        ]
        found[about.renamed.get(name, name)] = Respelling(
            " ".join(text for text in texts if text),
            ", ".join(dict.fromkeys(part.why for part in parts if part.why)),
            " ".join(part.ask for part in parts if part.ask),
            parts[0].suggestion if len(columns) == 1 else "",
        )
    return found


def _ask_faults(row: _RowReader, source: FieldRow, about: SheetContext) -> list[str]:
    """Ask about each cell that cannot be read; the words for a row that is refused."""
    by_words: dict[str, list[str]] = {}
    for name, at in source.columns.items():
        words = about.sheet.faults.get((row.where.row, at))
        if words:
            row.asked.append(Question(row.where, name, _code(words), fault_advice(words)))
            by_words.setdefault(words, []).append(profiles().fields[name].label)
    return [
        f"ô {words} ({', '.join(labels)}), {_NEXT.get(words, 'hãy sửa ô đó rồi nhập lại')}"
        for words, labels in by_words.items()
    ]


def _code(words: str) -> str:
    """'#N/A' of 'Excel báo lỗi #N/A'."""
    return words[words.index("#") :] if "#" in words else ""


def _pupil(row: _RowReader, class_name: str, about: SheetContext) -> PlannedPupil | None:
    cells = row.cells
    full_name = row.take("full_name", read_name(cells.get("full_name")))
    status = EnrollmentStatus.ACTIVE
    if "status" in cells:
        status = EnrollmentStatus(row.take("status", read_status(cells["status"])))
    if "class_name" in cells or not class_name:
        reading = read_class(cells.get("class_name"), cells.get("grade"))
        class_name = row.take("class_name", reading)
    own_grade = _own_grade(row, class_name)
    sex = _sex(row)
    grade = own_grade or grade_of(class_name)
    birth = _birth(row, replace(about.expected, grade=grade), about)
    personal_id = ""
    if "personal_id" in cells:
        personal_id = row.take("personal_id", read_personal_id(cells["personal_id"], birth, sex))
    birth = birth or _year_from_id(row, personal_id, about.expected, grade)
    _ask_grade(row, class_name, own_grade, birth, about.expected)
    sex = _sex_from_id(row, sex, personal_id)
    if not full_name or (row.bad and status.present):
        return None
    student = _student(row, full_name, birth, sex, personal_id)
    student = replace(student, campus=student.campus or campus_of(class_name))
    return PlannedPupil(
        row.where,
        student,
        class_name,
        _number(cells.get("number")),
        status,
        row.take("register_no", read_text(cells.get("register_no"))),
        own_grade,
    )


def _own_grade(row: _RowReader, class_name: str) -> int:
    """Of a pupil in a combined class, as its column says; 0 in any other class."""
    grades = grades_of(class_name)
    found = re.search(r"1[0-2]|[1-9]", shown(row.cells.get("grade")))
    grade = int(found[0]) if found else 0
    return grade if len(grades) > 1 and grade in grades else 0


def _ask_grade(
    row: _RowReader, class_name: str, own_grade: int, birth: str, expected: Expectation
) -> None:
    """Which grade a pupil of a combined class is in, where the sheet does not say it."""
    grades = grades_of(class_name)
    if own_grade or len(grades) < 2:
        return
    usual = expected.usual_grade(int(birth[:4])) if birth else 0
    suggestion = str(usual) if usual in grades else ""
    why = f"Lớp ghép {class_name}: em học khối nào?"
    row.asked.append(Question(row.where, "grade", "", why, suggestion))


def _student(row: _RowReader, full_name: str, birth: str, sex: str, personal_id: str) -> Student:
    cells = row.cells
    plain = {name: row.take(name, read_text(cells.get(name))) for name in _PLAIN if name in cells}
    ethnicity = row.take("ethnicity", read_ethnicity(cells.get("ethnicity")))
    return Student(
        id=uuid.uuid4().hex,
        full_name=full_name,
        birth_date=birth,
        sex=Sex(sex),
        ethnicity=ethnicity,
        nationality=row.take("nationality", read_nationality(cells.get("nationality"))),
        moet_id=row.take("moet_id", read_moet_id(cells.get("moet_id"))),
        personal_id=personal_id,
        birthplace=AdministrativePlace(_birthplace(plain)),
        hometown=AdministrativePlace(plain.get("hometown", "")),
        residence=AdministrativePlace(plain.get("residence", "")),
        father_name=plain.get("father_name", ""),
        mother_name=plain.get("mother_name", ""),
        guardian_name=plain.get("guardian_name", ""),
        policy_group=plain.get("policy_group", ""),
        lifelong_id=plain.get("lifelong_id", ""),
        campus=plain.get("campus", ""),
        disability=row.take("disability", read_disability(cells.get("disability"))),
        not_assessed=row.take("not_assessed", read_yes(cells.get("not_assessed"))) == "yes",
    )


def _birthplace(plain: Mapping[str, str]) -> str:
    parts = (plain.get("birthplace_detail", ""), plain.get("birthplace", ""))
    return ", ".join(part for part in parts if part)


def _birth(row: _RowReader, expected: Expectation, about: SheetContext) -> str:
    cell = row.cells.get("birth_date")
    if about.of_results and cell is None:
        return ""
    value = row.take("birth_date", read_birth(cell, expected))
    if about.dates_doubtful and isinstance(cell, date):
        swapped = f"{cell.year:04d}-{cell.day:02d}-{cell.month:02d}"
        why = "Ngày và tháng có thể bị đảo khi mở bằng Excel kiểu Mỹ."
        row.asked.append(Question(row.where, "birth_date", shown(cell), why, swapped))
    return value


def _year_from_id(row: _RowReader, personal_id: str, expected: Expectation, grade: int) -> str:
    """The year alone, out of a full personal id, where the sheet's own date is of no use."""
    if len(personal_id) != 12:
        return ""
    year = birth_year_of(personal_id)
    wrong = [reason for reason in row.bad if "ngày sinh" in reason]
    if not wrong or not replace(expected, grade=grade).plausible(year):
        return ""
    row.bad.remove(wrong[0])
    why = f"{wrong[0][0].upper()}{wrong[0][1:]}; tạm lấy năm sinh theo số định danh."
    row.asked.append(Question(row.where, "birth_date", shown(row.cells.get("birth_date")), why))
    return str(year)


def _sex(row: _RowReader) -> str:
    if "sex" in row.cells:
        return row.take("sex", read_sex(row.cells["sex"]))
    marks = {name: _marked(name, row.cells[name]) for name in _SEXES if name in row.cells}
    if len(marks) == 1:
        ((name, marked),) = marks.items()
        return _SEXES[name] if marked else _OTHER_SEX[name]
    if sum(marks.values()) == 1:
        return next(_SEXES[name] for name, marked in marks.items() if marked)
    if marks:
        found = ", ".join(shown(row.cells[name]) for name in marks if marks[name])
        both = "cùng được đánh dấu" if found else "cùng bỏ trống"
        row.asked.append(Question(row.where, "sex", found, f"Cột Nam và cột Nữ {both}."))
    return "0"


def _marked(name: str, cell: Cell) -> bool:
    """Whether a cell of the column "Nam" or "Nữ" says so, by a cross or by the word."""
    mark = fold(shown(cell))
    denied = "nu" if name == "male" else "nam"
    return bool(mark) and mark not in {"0", denied, "false", "khong"}


def _sex_from_id(row: _RowReader, sex: str, personal_id: str) -> str:
    """Only a proposal: the sex is left open until a person agrees."""
    if sex == "0" and len(personal_id) == 12:
        for place, question in enumerate(row.asked):
            if question.field == "sex":
                row.asked[place] = replace(question, suggestion=sex_of(personal_id))
    return sex


def _number(cell: Cell) -> int:
    text = shown(cell).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
