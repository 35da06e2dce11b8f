"""From the cells of a gradebook to inputs of the rules, and to the results of a whole class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from app.assessment import primary, secondary
from app.assessment.decisions import (
    allowed_decisions,
    decision_needed,
    decision_of,
    missing_decision,
    obeyed,
)
from app.assessment.missing import missing
from app.assessment.slots import mark_places, topic_places
from app.errors import AssessmentInputError
from app.model import gradebook as areas
from app.model.assessment import (
    Conduct,
    Demands,
    FinalResult,
    Level,
    Mark,
    Pass,
    PrimaryInput,
    PrimaryResult,
    PrimarySubject,
    Promotion,
    SecondaryInput,
    SecondaryResult,
    SecondarySubject,
    SemesterMarks,
    SubjectKind,
    SubjectLevel,
    TermResult,
    TraitLevel,
)
from app.model.gradebook import Cells
from app.model.marks import HIGHEST, QUANTUM, fixed, kept, rounded
from app.model.people import Student
from app.profile import GradeProfile, PrimaryRules, SubjectMode, SubjectProfile, TraitProfile

OwnCells = Mapping[tuple[str, str], str]
"""(area, slot) -> canonical value, of one pupil."""

_EVERY = [n * QUANTUM for n in range(int(HIGHEST / QUANTUM) + 1)]
# Parsing text again for every cell of a school would take half of the time.
_MARKS: dict[str, Mark] = {
    **{form(mark): rounded(mark) for mark in _EVERY for form in (kept, fixed)},
    "D": Pass.PASSED,
    "CD": Pass.FAILED,
}


def own_cells(student_id: str, cells: Cells) -> OwnCells:
    """The cells of one pupil out of many."""
    return {(k.area, k.slot): v for k, v in cells.items() if k.student_id == student_id}


def taken_subjects(
    profile: GradeProfile, areas_with_cells: Collection[str]
) -> tuple[SubjectProfile, ...]:
    """Compulsory subjects, and those electives and optional ones that have any cell: a mark, or
    that they were chosen.
    """
    return tuple(s for s in profile.subjects if s.compulsory or s.code in areas_with_cells)


def _demands(subject: SubjectProfile, own: OwnCells) -> Demands:
    said = own.get((subject.code, "demands"))
    return Demands.OTHERS if said is None else Demands(said)


def _semester(subject: SubjectProfile, term: str, own: OwnCells) -> SemesterMarks:
    places = mark_places(subject.code, subject.regular_marks, term)
    *regular, midterm, final = [_MARKS[own[p]] if p in own else None for p in places]
    if not subject.topic_marks:
        return SemesterMarks(tuple(regular), midterm, final)
    topics = topic_places(subject.code, subject.topic_marks, term)
    given = tuple(_MARKS[own[place]] for place in topics if place in own)
    return SemesterMarks(tuple(regular), midterm, final, given)


def _planned(subject: SubjectProfile, term: str, own: OwnCells) -> SemesterMarks:
    """What an individual education plan asks instead of marks."""
    plan = own.get((subject.code, f"{term}.plan"))
    return SemesterMarks(plan=None if plan is None else Pass(plan))


def _secondary_subject(subject: SubjectProfile, own: OwnCells) -> SecondarySubject:
    reassessed = own.get((subject.code, "reassessed"))
    demands = _demands(subject, own)
    semester = _planned if demands is Demands.INDIVIDUAL else _semester
    return SecondarySubject(
        code=subject.code,
        kind=SubjectKind.SCORED if subject.kind is SubjectMode.SCORED else SubjectKind.COMMENT,
        periods=subject.periods,
        semester1=semester(subject, "s1", own),
        semester2=semester(subject, "s2", own),
        reassessed=None if reassessed is None else _MARKS[reassessed],
        demands=demands,
    )


def _conduct(own: OwnCells) -> Conduct:
    values = (own.get((areas.CONDUCT, slot)) for slot in ("s1", "s2", "after_summer"))
    return Conduct(*(None if value is None else Level(value) for value in values))


def _primary_subject(subject: SubjectProfile, own: OwnCells) -> PrimarySubject:
    level = own.get((subject.code, "end2.level"))
    # Of a test taken again the last score counts.
    test = own.get((subject.code, "retest"), own.get((subject.code, "end2.test")))
    return PrimarySubject(
        code=subject.code,
        level=None if level is None else SubjectLevel(level),
        tested=subject.tested,
        test=None if test is None else int(test),
        demands=_demands(subject, own),
    )


def _traits(
    area: str, traits: Iterable[TraitProfile], own: OwnCells
) -> dict[str, TraitLevel | None]:
    values = {trait.code: own.get((area, f"end2.{trait.code}")) for trait in traits}
    return {code: None if v is None else TraitLevel(v) for code, v in values.items()}


def _secondary_input(
    profile: GradeProfile, own: OwnCells, subjects: Sequence[SubjectProfile]
) -> SecondaryInput:
    absences = (own.get((areas.ATTENDANCE, slot), "0") for slot in ("excused", "unexcused"))
    return SecondaryInput(
        grade=profile.grade,
        subjects=tuple([_secondary_subject(subject, own) for subject in subjects]),
        conduct=_conduct(own),
        absences=sum(int(number) for number in absences),
    )


def _primary_input(
    profile: GradeProfile, own: OwnCells, subjects: Sequence[SubjectProfile]
) -> PrimaryInput:
    return PrimaryInput(
        grade=profile.grade,
        subjects=tuple([_primary_subject(subject, own) for subject in subjects]),
        qualities=_traits(areas.QUALITIES, profile.qualities, own),
        competences=_traits(areas.COMPETENCES, profile.competences, own),
    )


def gather(
    profile: GradeProfile, own: OwnCells, subjects: Sequence[SubjectProfile] | None = None
) -> SecondaryInput | PrimaryInput:
    """Inputs of one pupil. `subjects`: those the pupil is taught, by default from the cells.

    Raises `AssessmentInputError` for a cell that is not canonical.
    """
    if subjects is None:
        subjects = taken_subjects(profile, {area for area, _ in own})
    make = _primary_input if isinstance(profile.rules, PrimaryRules) else _secondary_input
    try:
        return make(profile, own, subjects)
    except (KeyError, ValueError) as error:
        reason = "ô điểm có giá trị không hợp lệ"
        raise AssessmentInputError(str(error), field="", reason=reason, suggestion="") from error


def assess(
    profile: GradeProfile, inputs: SecondaryInput | PrimaryInput
) -> SecondaryResult | PrimaryResult:
    """The rules alone, without a person's decisions."""
    rules = profile.rules
    if isinstance(rules, PrimaryRules):
        assert isinstance(inputs, PrimaryInput)
        return primary.assess(rules, inputs)
    assert isinstance(inputs, SecondaryInput)
    return secondary.assess(rules, inputs)


def _not_assessed(profile: GradeProfile) -> SecondaryResult | PrimaryResult:
    if isinstance(profile.rules, PrimaryRules):
        return PrimaryResult(None, None, None)
    blank = TermResult({}, None, None, None)
    return SecondaryResult(blank, blank, blank, blank, None)


def final_result(
    profile: GradeProfile,
    student: Student,
    own: OwnCells,
    subjects: Sequence[SubjectProfile] | None = None,
) -> FinalResult:
    """Result of one pupil; `missing` is empty only when the record can be made."""
    inputs = gather(profile, own, subjects)
    computed = _not_assessed(profile) if student.not_assessed else assess(profile, inputs)
    by_people = decision_needed(student, inputs)
    absent = () if student.not_assessed else missing(profile, student, inputs, own)
    if by_people and not absent:  # nobody can decide before all is there
        computed = replace(computed, promotion=Promotion.NEEDS_DECISION)
    allowed = allowed_decisions(student, inputs, computed)
    decision = decision_of(own, allowed)
    result = obeyed(computed, own, decision)
    if not absent:
        absent = missing_decision(result, decision)
    return FinalResult(student.id, inputs, result, absent, profile.id, decision, allowed)


def by_student(cells: Cells) -> dict[str, dict[tuple[str, str], str]]:
    """Cells of a class, sorted out by pupil."""
    found: defaultdict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    for key, value in cells.items():
        found[key.student_id][key.area, key.slot] = value
    return dict(found)


def final_results(
    profile: GradeProfile, students: Iterable[Student], cells: Cells
) -> list[FinalResult]:
    """Results of a class, in the order of `students`.

    An optional or elective subject is taught to a pupil of the class where he has a cell of it.
    """
    sorted_out = by_student(cells)
    results = []
    for student in students:
        own = sorted_out.get(student.id, {})
        subjects = taken_subjects(profile, {area for area, _ in own})
        results.append(final_result(profile, student, own, subjects))
    return results
