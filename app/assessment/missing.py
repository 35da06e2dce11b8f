"""What still has to be entered or decided, said exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.assessment.primary import lacks_test
from app.assessment.secondary import common_subjects
from app.assessment.slots import EXEMPTION, TIME_NAMES, slot_name
from app.model import gradebook as areas
from app.model.assessment import (
    Demands,
    Mark,
    Missing,
    PrimaryInput,
    PrimaryResult,
    SecondaryInput,
    SecondaryResult,
    SecondarySubject,
    SemesterMarks,
)
from app.model.people import Student
from app.profile import GradeProfile, SecondaryRules, TraitProfile

OwnCells = Mapping[tuple[str, str], str]


def _absent_marks(marks: SemesterMarks, term: str, needed: int) -> Iterable[tuple[str, str]]:
    """(slot, its short name) of every mark that is not there."""
    regular: tuple[Mark | None, ...] = marks.regular + (None,) * (needed - len(marks.regular))
    for number, mark in enumerate(regular, start=1):
        if mark is None:
            yield f"{term}.regular{number}", f"ĐĐGtx {number}"
    for name, mark, short in (
        ("midterm", marks.midterm, "ĐĐGgk"),
        ("final", marks.final, "ĐĐGck"),
    ):
        if mark is None:
            yield f"{term}.{name}", short


def _subject_marks(
    profile: GradeProfile, subject: SecondarySubject, needed: int
) -> Iterable[Missing]:
    name = profile.subject_name(subject.code)
    for term, marks in (("s1", subject.semester1), ("s2", subject.semester2)):
        for slot, short in _absent_marks(marks, term, needed):
            text = f"{name}: thiếu {short} {TIME_NAMES[term]}"
            yield Missing(subject.code, slot, text)


def _plan(profile: GradeProfile, subject: SecondarySubject) -> Iterable[Missing]:
    """Article 11: whether the individual plan was fulfilled, each semester."""
    name = profile.subject_name(subject.code)
    for term, marks in (("s1", subject.semester1), ("s2", subject.semester2)):
        if marks.plan is None:
            text = f"{name}: thiếu kết quả theo kế hoạch giáo dục cá nhân {TIME_NAMES[term]}"
            yield Missing(subject.code, f"{term}.plan", text)


def _chosen(
    profile: GradeProfile, rules: SecondaryRules, inputs: SecondaryInput, own: OwnCells
) -> Iterable[Missing]:
    """What the programme lets pupils of upper secondary school choose, and how much of it."""
    taken = {subject.code for subject in inputs.subjects}
    electives = sum(s.elective and s.code in taken for s in profile.subjects)
    if electives != rules.electives:
        text = f"Học sinh có {electives} môn học lựa chọn; chương trình yêu cầu {rules.electives}"
        first = next((s.code for s in profile.subjects if s.elective), "")
        yield Missing(first, "chosen", text)
    clusters = [s for s in inputs.subjects if _topics_taken(s, own)]
    if rules.topic_clusters and len(clusters) != rules.topic_clusters:
        text = (
            f"Học sinh có {len(clusters)} cụm chuyên đề học tập; chương trình yêu cầu "
            f"{rules.topic_clusters}"
        )
        first = next((s.code for s in profile.subjects if s.topic_marks), "")
        yield Missing(first, "topics_chosen", text)
    for subject in clusters:
        if not (subject.semester1.topics or subject.semester2.topics):
            name = profile.subject_name(subject.code)
            text = f"{name}: thiếu kết quả cụm chuyên đề (ghi ở học kỳ I hoặc học kỳ II)"
            yield Missing(subject.code, "s2.topic1", text)


def _topics_taken(subject: SecondarySubject, own: OwnCells) -> bool:
    marked = subject.semester1.topics or subject.semester2.topics
    return bool(marked) or (subject.code, "topics_chosen") in own


def _secondary(
    profile: GradeProfile, rules: SecondaryRules, inputs: SecondaryInput, own: OwnCells
) -> Iterable[Missing]:
    common = common_subjects(inputs)
    for subject in inputs.subjects:
        if common is inputs.subjects or subject.demands.common:
            needed = rules.regular_marks(subject.kind, subject.periods)
            yield from _subject_marks(profile, subject, needed)
        elif subject.demands is Demands.INDIVIDUAL:
            yield from _plan(profile, subject)
    if len(common) == len(inputs.subjects):
        yield from _chosen(profile, rules, inputs, own)
    for term, value in (("s1", inputs.conduct.semester1), ("s2", inputs.conduct.semester2)):
        if value is None:
            yield Missing(areas.CONDUCT, term, f"Thiếu kết quả rèn luyện {TIME_NAMES[term]}")


def _disability(
    profile: GradeProfile, student: Student, inputs: SecondaryInput | PrimaryInput
) -> Iterable[Missing]:
    """Only pupils with a disability are asked for something else than all others are."""
    if student.has_disability:
        return
    for subject in inputs.subjects:
        if subject.demands is not Demands.OTHERS:
            name = profile.subject_name(subject.code)
            text = (
                f"{name}: chỉ học sinh khuyết tật được giảm yêu cầu, học theo kế hoạch cá nhân "
                "hoặc không đánh giá; hãy ghi loại khuyết tật của học sinh hoặc xóa ô này"
            )
            yield Missing(subject.code, "demands", text)


def _exemptions(profile: GradeProfile, own: OwnCells) -> Iterable[Missing]:
    """Article 10: from when to when, and the number of the decision; the marks are still due."""
    for subject in profile.subjects:
        given = [slot for slot in EXEMPTION if (subject.code, slot) in own]
        if not given:
            continue
        for slot in EXEMPTION:
            if slot not in given:
                text = f"{subject.name}: thiếu {slot_name(slot)}"
                yield Missing(subject.code, slot, text)
        start, end = (own.get((subject.code, slot), "") for slot in EXEMPTION[:2])
        if start and end and end < start:
            text = f"{subject.name}: miễn thực hành đến ngày trước khi bắt đầu"
            yield Missing(subject.code, "exempt_to", text)


def _traits(
    area: str, word: str, traits: Iterable[TraitProfile], levels: Mapping[str, object]
) -> Iterable[Missing]:
    for trait in traits:
        if levels.get(trait.code) is None:
            text = f"{word} {trait.name}: thiếu mức đạt được cuối năm"
            yield Missing(area, f"end2.{trait.code}", text)


def _primary(profile: GradeProfile, inputs: PrimaryInput) -> Iterable[Missing]:
    for subject in inputs.subjects:
        if subject.demands is Demands.NOT_ASSESSED:
            continue
        name = profile.subject_name(subject.code)
        if subject.level is None:
            text = f"{name}: thiếu mức đạt được cuối năm"
            yield Missing(subject.code, "end2.level", text)
        if lacks_test(subject):
            text = f"{name}: thiếu điểm kiểm tra cuối năm"
            yield Missing(subject.code, "end2.test", text)
    yield from _traits(areas.QUALITIES, "Phẩm chất", profile.qualities, inputs.qualities)
    yield from _traits(areas.COMPETENCES, "Năng lực", profile.competences, inputs.competences)


def missing(
    profile: GradeProfile,
    student: Student,
    inputs: SecondaryInput | PrimaryInput,
    own: OwnCells,
) -> tuple[Missing, ...]:
    """Everything the year's result and the record's attendance still lack."""
    if isinstance(inputs, PrimaryInput):
        found = list(_primary(profile, inputs))
    else:
        assert isinstance(profile.rules, SecondaryRules)
        found = list(_secondary(profile, profile.rules, inputs, own))
        found += _exemptions(profile, own)
    found += _disability(profile, student, inputs)
    if not any((areas.ATTENDANCE, slot) in own for slot in ("excused", "unexcused")):
        found.append(
            Missing(areas.ATTENDANCE, "excused", "Chưa nhập số buổi nghỉ học (không nghỉ: nhập 0)")
        )
    return tuple(found)


def open_questions(result: SecondaryResult | PrimaryResult, own: OwnCells) -> tuple[Missing, ...]:
    """What people may still decide; without an answer the record is made without it."""
    proposed = isinstance(result, PrimaryResult) and result.award == "tieu_bieu_if_recognised"
    if proposed and (areas.AWARDS, "recognised") not in own:
        text = "Lớp cần bình xét danh hiệu Học sinh Tiêu biểu: chọn có hoặc không"
        return (Missing(areas.AWARDS, "recognised", text),)
    return ()
