"""A sheet read and compared with who is here, with the person's answers. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.roster.plan import Question, RosterPlan, Where, with_answers
from app.roster.reimport import MatchQuestion, RosterChanges, plan_against
from app.roster.roster_import import read_roster
from app.services import Services
from app.ui.pages.classes_data import SEX, day
from app.work import WorkContext

FIELDS = {
    "full_name": "Họ và tên",
    "birth_date": "Ngày sinh",
    "sex": "Giới tính",
    "ethnicity": "Dân tộc",
    "nationality": "Quốc tịch",
    "moet_id": "Mã định danh Bộ",
    "personal_id": "Số định danh",
    "birthplace": "Nơi sinh",
    "hometown": "Quê quán",
    "residence": "Nơi ở",
    "father_name": "Họ tên cha",
    "mother_name": "Họ tên mẹ",
    "guardian_name": "Người giám hộ",
    "policy_group": "Diện chính sách",
    "lifelong_id": "Mã học tập suốt đời",
    "campus": "Điểm trường",
    "class_name": "Lớp",
    "status": "Tình trạng",
    "number": "Số thứ tự",
    "register_no": "Số đăng bộ",
}


def field_words(name: str) -> str:
    return FIELDS.get(name, name)


def value_words(name: str, value: str) -> str:
    """A value as a person reads it."""
    if name == "birth_date":
        return day(value)
    if name == "sex":
        return next((words for sex, words in SEX.items() if sex.value == value), value)
    return value


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of 'Cần thầy cô quyết định'. `match` is None for a doubtful value."""

    where: Where
    name: str
    field: str
    found: str
    why: str
    suggestion: str = ""
    match: MatchQuestion | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    values: Mapping[tuple[Where, str], str] = field(default_factory=dict)
    consented: Mapping[Where, str] = field(default_factory=dict)
    new: frozenset[Where] = frozenset()


@dataclass(frozen=True, slots=True)
class Preview:
    read: RosterPlan
    """As the sheet says it."""
    answers: Answers
    plan: RosterPlan
    """With the answers put in."""
    changes: RosterChanges
    questions: tuple[Asked, ...]

    @property
    def pupils(self) -> int:
        """Pupils that an import now would add, change or confirm."""
        made = self.changes
        return len(made.added) + len(made.changed) + len(made.unchanged)

    @property
    def open_questions(self) -> int:
        return sum(not asked.answer for asked in self.questions)


def read_preview(
    services: Services, path: Path, school_year: str, class_name: str, context: WorkContext
) -> Preview:
    """Raises what `read_roster` raises; SQL on the calling thread."""
    plan = read_roster(path, school_year, class_name=class_name, context=context)
    return compare(services, plan, Answers())


def compare(services: Services, read: RosterPlan, answers: Answers) -> Preview:
    """The plan with the answers against who is here."""
    plan = with_answers(read, answers.values)
    here = services.workspace.here().people.students()
    changes = plan_against(here, plan, answers.consented, answers.new)
    names = {pupil.where: pupil.student.full_name for pupil in plan.kept}
    values = [_value_question(q, names, answers) for q in (*read.asked, *changes.conflicts)]
    before = plan_against(here, plan).asked
    matches = [_match_question(q, answers) for q in before]
    return Preview(read, answers, plan, changes, (*values, *matches))


def _value_question(asked: Question, names: Mapping[Where, str], answers: Answers) -> Asked:
    place = (asked.where, asked.field)
    answer = ""
    if place in answers.values:
        answer = value_words(asked.field, answers.values[place]) or "Giữ nguyên"
    return Asked(
        asked.where,
        names.get(asked.where, ""),
        asked.field,
        asked.found,
        asked.why,
        asked.suggestion,
        answer=answer,
    )


def _match_question(asked: MatchQuestion, answers: Answers) -> Asked:
    where = asked.pupil.where
    answer = "Là em đã có" if where in answers.consented else ""
    if where in answers.new:
        answer = "Là học sinh mới"
    student = asked.pupil.student
    return Asked(
        where, student.full_name, "", day(student.birth_date), asked.why, match=asked, answer=answer
    )


def answered(answers: Answers, asked: Asked, value: str) -> Answers:
    """With one more answer: a value, a known pupil's id, or '' for a new pupil."""
    if asked.match is None:
        return replace(answers, values={**answers.values, (asked.where, asked.field): value})
    if value:
        return replace(
            answers,
            consented={**answers.consented, asked.where: value},
            new=answers.new - {asked.where},
        )
    kept = {where: known for where, known in answers.consented.items() if where != asked.where}
    return replace(answers, consented=kept, new=answers.new | {asked.where})
