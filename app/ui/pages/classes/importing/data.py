"""A sheet compared with who is here, with the person's answers. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.model.people import Enrollment, Student
from app.roster.enrolling import Placement
from app.roster.plan import (
    CellPlace,
    DepartedPupil,
    PlannedPupil,
    Question,
    RefusedRow,
    RosterPlan,
    with_answers,
    without_rows,
)
from app.roster.reimport import ChangedPupil, MatchQuestion, RosterChanges, plan_against
from app.roster.roster_import import plan_roster
from app.services import Services
from app.ui.pages.classes.data import SEX, STATUS
from app.ui.pages.classes.importing.answers import current
from app.ui.pages.classes.importing.source import SheetSource
from app.ui.text.values import day
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
    "disability": "Loại khuyết tật",
    "not_assessed": "Khuyết tật không đánh giá",
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
    if name == "status":
        return next((words for each, words in STATUS.items() if each.value == value), value)
    if name == "not_assessed":
        return "Có" if value == "yes" else "Không"
    return value


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One line of 'Cần quyết định'. `match` is None for a doubtful value."""

    where: CellPlace
    name: str
    field: str
    found: str
    why: str
    suggestion: str = ""
    match: MatchQuestion | None = None
    pupil: PlannedPupil | None = None
    """As the plan has him now; None while he is left out."""
    conflict: bool = False
    answer: str = ""


@dataclass(frozen=True, slots=True)
class ImportAnswers:
    values: Mapping[tuple[CellPlace, str], str] = field(default_factory=dict)
    consented: Mapping[CellPlace, str] = field(default_factory=dict)
    new: frozenset[CellPlace] = frozenset()
    left_out: frozenset[CellPlace] = frozenset()


@dataclass(frozen=True, slots=True)
class MissingPupil:
    """Sits in a class of the sheet, but the sheet does not name him."""

    student: Student
    class_name: str


@dataclass(frozen=True, slots=True)
class DepartedRow:
    gone: DepartedPupil
    here: str
    """What an import does about it, in words."""


@dataclass(frozen=True, slots=True)
class ImportPreview:
    source: SheetSource
    read: RosterPlan
    """As the sheet says it."""
    answers: ImportAnswers
    plan: RosterPlan
    """With the answers put in."""
    changes: RosterChanges
    placement: Placement
    questions: tuple[AskedQuestion, ...]
    missing: tuple[MissingPupil, ...]
    gone: tuple[DepartedRow, ...]

    @property
    def added(self) -> tuple[PlannedPupil, ...]:
        return tuple(p for p in self.changes.added if not self.placement.holds(p.where))

    @property
    def changed(self) -> tuple[ChangedPupil, ...]:
        found = self.changes.changed
        return tuple(item for item in found if not self.placement.holds(item.pupil.where))

    @property
    def pupils(self) -> int:
        """Pupils that an import now would add, change or confirm."""
        same = [p for p in self.changes.unchanged if not self.placement.holds(p.where)]
        return len(self.added) + len(self.changed) + len(same)

    @property
    def leaves(self) -> int:
        return sum(not self.placement.holds(gone.pupil.where) for gone, _ in self.changes.left)

    @property
    def does_something(self) -> bool:
        return self.pupils > 0 or self.leaves > 0

    @property
    def refused(self) -> tuple[RefusedRow, ...]:
        """Refused by what the row says, or held back by a locked class."""
        held = [RefusedRow(h.where, h.reason, (h.class_name, h.name)) for h in self.placement.held]
        return (*self.plan.refused, *held)

    @property
    def open_questions(self) -> int:
        return sum(not asked.answer for asked in self.questions)


def preview_of(services: Services, source: SheetSource, context: WorkContext) -> ImportPreview:
    """Raises what `plan_roster` raises; SQL on the calling thread."""
    plan = plan_roster(
        source.book,
        source.headers,
        source.school_year,
        class_name=source.class_name,
        context=context,
    )
    return compare(services, source, plan, ImportAnswers())


def compare(
    services: Services, source: SheetSource, read: RosterPlan, answers: ImportAnswers
) -> ImportPreview:
    """The plan with the answers against who is here."""
    plan = without_rows(with_answers(read, answers.values), answers.left_out)
    store = services.workspace.here()
    here = store.people.students()
    changes = plan_against(here, plan, answers.consented, answers.new)
    placement = services.enrolling.placement(plan, changes)
    places = {p.student_id: p for p in store.places.of_year(plan.school_year) if p.status.present}
    names = {section.id: section.name for section in store.people.sections(plan.school_year)}
    return ImportPreview(
        source,
        read,
        answers,
        plan,
        changes,
        placement,
        _questions(read, plan, changes, answers, here),
        _missing(plan, changes, places, names),
        tuple(_gone(gone, changes, placement, places, names) for gone in plan.gone),
    )


def _missing(
    plan: RosterPlan,
    changes: RosterChanges,
    places: Mapping[str, Enrollment],
    names: Mapping[str, str],
) -> tuple[MissingPupil, ...]:
    """Only of the classes that the sheet speaks of."""
    covered = {name for name in plan.classes} | {gone.pupil.class_name for gone in plan.gone}
    found = []
    for student in changes.missing:
        place = places.get(student.id)
        if place is not None and names[place.section_id] in covered:
            found.append(MissingPupil(student, names[place.section_id]))
    return tuple(found)


def _gone(
    gone: DepartedPupil,
    changes: RosterChanges,
    placement: Placement,
    places: Mapping[str, Enrollment],
    names: Mapping[str, str],
) -> DepartedRow:
    known = next((s for each, s in changes.left if each.pupil.where == gone.pupil.where), None)
    place = places.get(known.id) if known else None
    if place is None:
        return DepartedRow(gone, "Không học ở đây: bỏ qua")
    if placement.holds(gone.pupil.where):
        return DepartedRow(gone, f"Lớp {names[place.section_id]} đã khóa sổ: giữ nguyên")
    words = STATUS[gone.pupil.status].lower()
    return DepartedRow(gone, f"Đang học lớp {names[place.section_id]}: sẽ ghi {words}")


def _questions(
    read: RosterPlan,
    plan: RosterPlan,
    changes: RosterChanges,
    answers: ImportAnswers,
    here: list[Student],
) -> tuple[AskedQuestion, ...]:
    before = {pupil.where: pupil for pupil in read.kept}
    now = {pupil.where: pupil for pupil in plan.kept}
    asked = [_value_question(q, before, now, answers) for q in read.asked]
    unanswered = plan_against(here, with_answers(read, answers.values))
    asked += [_conflict(q, before, now, answers) for q in unanswered.conflicts]
    asked += [_match_question(q, answers) for q in unanswered.asked]
    return tuple(asked)


def _value_question(
    asked: Question,
    before: Mapping[CellPlace, PlannedPupil],
    now: Mapping[CellPlace, PlannedPupil],
    answers: ImportAnswers,
) -> AskedQuestion:
    place = (asked.where, asked.field)
    pupil = before.get(asked.where)
    answer = ""
    if asked.where in answers.left_out:
        answer = "Không nhập dòng này"
    elif place in answers.values:
        value = answers.values[place]
        kept = pupil is not None and value == current(pupil, asked.field)
        words = value_words(asked.field, value)
        answer = words if words and not kept else "Để như vậy"
    name = pupil.student.full_name if pupil else ""
    return AskedQuestion(
        asked.where,
        name,
        asked.field,
        asked.found,
        asked.why,
        asked.suggestion,
        pupil=now.get(asked.where, pupil),
        answer=answer,
    )


def _conflict(
    asked: Question,
    before: Mapping[CellPlace, PlannedPupil],
    now: Mapping[CellPlace, PlannedPupil],
    answers: ImportAnswers,
) -> AskedQuestion:
    line = _value_question(replace(asked, found=""), before, now, answers)
    return replace(line, conflict=True)


def _match_question(asked: MatchQuestion, answers: ImportAnswers) -> AskedQuestion:
    where = asked.pupil.where
    answer = "Là em đã có" if where in answers.consented else ""
    if where in answers.new:
        answer = "Là học sinh mới"
    if where in answers.left_out:
        answer = "Không nhập dòng này"
    student = asked.pupil.student
    return AskedQuestion(
        where,
        student.full_name,
        "",
        day(student.birth_date),
        asked.why,
        match=asked,
        pupil=asked.pupil,
        answer=answer,
    )


def answered(answers: ImportAnswers, asked: AskedQuestion, value: str) -> ImportAnswers:
    """With one more answer: a value, a known pupil's id, or '' for a new pupil."""
    answers = replace(answers, left_out=answers.left_out - {asked.where})
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


def left_out(answers: ImportAnswers, asked: AskedQuestion) -> ImportAnswers:
    """With the row not imported."""
    return replace(answers, left_out=answers.left_out | {asked.where})


def unanswered(answers: ImportAnswers, asked: AskedQuestion) -> ImportAnswers:
    """As if this had never been answered."""
    place = (asked.where, asked.field)
    return ImportAnswers(
        {key: value for key, value in answers.values.items() if key != place},
        {where: known for where, known in answers.consented.items() if where != asked.where},
        answers.new - {asked.where},
        answers.left_out - {asked.where},
    )


def suggestions_like(preview: ImportPreview, asked: AskedQuestion) -> list[AskedQuestion]:
    """The open questions about the same field that come with a suggestion."""
    return [
        each
        for each in preview.questions
        if each.match is None and each.field == asked.field and each.suggestion and not each.answer
    ]
