"""What still has to be entered or decided, said exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.assessment.slots import TIME_NAMES
from app.model import gradebook as areas
from app.model.assessment import (
    Mark,
    Missing,
    PrimaryInput,
    PrimaryResult,
    Promotion,
    SecondaryInput,
    SecondaryResult,
    SecondarySubject,
    SemesterMarks,
)
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


def _secondary(
    profile: GradeProfile, rules: SecondaryRules, inputs: SecondaryInput
) -> Iterable[Missing]:
    for subject in inputs.subjects:
        if not subject.exempt:
            yield from _subject_marks(profile, subject, rules.regular_marks(subject.periods))
    taken = {subject.code for subject in inputs.subjects}
    chosen = sum(s.elective and s.code in taken for s in profile.subjects)
    if chosen < rules.electives:
        text = f"Mới có {chosen} môn học lựa chọn, cần {rules.electives} môn"
        yield Missing("", "", text)
    for term, value in (("s1", inputs.conduct.semester1), ("s2", inputs.conduct.semester2)):
        if value is None:
            yield Missing(areas.CONDUCT, term, f"Thiếu kết quả rèn luyện {TIME_NAMES[term]}")


def _traits(
    area: str, word: str, traits: Iterable[TraitProfile], levels: Mapping[str, object]
) -> Iterable[Missing]:
    for trait in traits:
        if levels.get(trait.code) is None:
            text = f"{word} {trait.name}: thiếu mức đạt được cuối năm"
            yield Missing(area, f"end2.{trait.code}", text)


def _primary(profile: GradeProfile, inputs: PrimaryInput) -> Iterable[Missing]:
    for subject in inputs.subjects:
        if subject.exempt:
            continue
        name = profile.subject_name(subject.code)
        if subject.level is None:
            text = f"{name}: thiếu mức đạt được cuối năm"
            yield Missing(subject.code, "end2.level", text)
        if subject.tested and subject.test is None:
            text = f"{name}: thiếu điểm kiểm tra cuối năm"
            yield Missing(subject.code, "end2.test", text)
    yield from _traits(areas.QUALITIES, "Phẩm chất", profile.qualities, inputs.qualities)
    yield from _traits(areas.COMPETENCES, "Năng lực", profile.competences, inputs.competences)


def missing(
    profile: GradeProfile, inputs: SecondaryInput | PrimaryInput, own: OwnCells
) -> tuple[Missing, ...]:
    """Everything the year's result and the record's attendance still lack."""
    if isinstance(inputs, PrimaryInput):
        found = list(_primary(profile, inputs))
    else:
        assert isinstance(profile.rules, SecondaryRules)
        found = list(_secondary(profile, profile.rules, inputs))
    if not any((areas.ATTENDANCE, slot) in own for slot in ("excused", "unexcused")):
        found.append(
            Missing(areas.ATTENDANCE, "excused", "Chưa nhập số buổi nghỉ học (không nghỉ: nhập 0)")
        )
    return tuple(found)


def missing_decision(
    result: SecondaryResult | PrimaryResult, *, not_assessed: bool
) -> tuple[Missing, ...]:
    """A promotion that the circular leaves to people and nobody has decided yet."""
    undecided = not_assessed and result.promotion is None
    if undecided or result.promotion is Promotion.NEEDS_DECISION:
        text = "Nhà trường cần quyết định học sinh được lên lớp hay ở lại lớp"
        return (Missing(areas.DECISION, "promotion", text),)
    return ()


def open_questions(result: SecondaryResult | PrimaryResult, own: OwnCells) -> tuple[Missing, ...]:
    """What people may still decide; without an answer the record is made without it."""
    proposed = isinstance(result, PrimaryResult) and result.award == "tieu_bieu_if_recognised"
    if proposed and (areas.AWARDS, "recognised") not in own:
        text = "Lớp cần bình xét danh hiệu Học sinh Tiêu biểu: chọn có hoặc không"
        return (Missing(areas.AWARDS, "recognised", text),)
    return ()
