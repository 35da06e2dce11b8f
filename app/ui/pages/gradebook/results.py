"""Results of a class as its sheets show them, and why they are what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from app.assessment import closed_reason, explain, final_result, may_be_closed, taken_subjects
from app.assessment.classbook import Standing, standing
from app.model import gradebook as areas
from app.model.assessment import (
    FinalResult,
    Mark,
    Missing,
    PrimaryResult,
    Promotion,
    Reason,
    SecondaryResult,
)
from app.model.marks import fixed
from app.model.people import Student
from app.profile import GradeProfile, PrimaryRules, SecondaryRules
from app.ui.grid.columns import ColumnKey, RowOutcome
from app.ui.grid.sheets import LEARNING, OVERALL, PROMOTION, RESULT, TITLE

_PROMOTION = {
    Promotion.PROMOTED: "Được lên lớp",
    Promotion.REASSESSMENT: "Đánh giá lại",
    Promotion.SUMMER_TRAINING: "Rèn luyện hè",
    Promotion.RETAINED: "Ở lại lớp",
    Promotion.NEEDS_DECISION: "Chờ quyết định",
    Promotion.SUPPORT_AND_REASSESS: "Đánh giá bổ sung",
}
_REMARK = Missing(areas.REMARKS, "homeroom", "Chưa có nhận xét của GVCN")


class ClassResults:
    """Recomputes exactly the pupils that are asked for, and keeps their last results."""

    def __init__(self, profile: GradeProfile, students: Sequence[Student]) -> None:
        self._profile = profile
        self._students = {student.id: student for student in students}
        self._finals: dict[str, FinalResult] = {}
        self._own: dict[str, Mapping[ColumnKey, str]] = {}

    def recompute(self, entries: Mapping[str, Mapping[ColumnKey, str]]) -> Mapping[str, RowOutcome]:
        """`entries`: the valid entries of these pupils, by id."""
        found = {}
        for student_id, own in entries.items():
            pupil, self._own[student_id] = self._students[student_id], own
            subjects = taken_subjects(self._profile, {area for area, _ in own})
            final = self._finals[student_id] = final_result(self._profile, pupil, own, subjects)
            remarked = (areas.REMARKS, "homeroom") in own or pupil.not_assessed
            missing = final.missing if remarked else (*final.missing, _REMARK)
            found[student_id] = RowOutcome(self._values(final), missing)
        return found

    def standing(self, student_id: str, outcome: RowOutcome) -> Standing:
        """`outcome`: the last one of this pupil."""
        return Standing.LACKING if outcome.missing else standing(self._finals[student_id])

    def closed(self, student_id: str, key: ColumnKey, value: str) -> str:
        """Why a pupil's cell does not take `value` ('' asks for any); '' where it does."""
        final = self._finals.get(student_id)
        if final is None or not may_be_closed(*key):
            return ""
        return closed_reason(self._students[student_id], self._own[student_id], final, *key, value)

    def explain(self, student_id: str, key: ColumnKey) -> Sequence[Reason]:
        """The steps to a computed value; nothing for a column without an explanation."""
        final, what = self._finals.get(student_id), _what(key, self._profile)
        if final is None or not what:
            return ()
        try:
            return explain(self._profile, final, what)
        except KeyError:
            return (Reason("Học sinh chưa học môn này: chưa có điểm nào được nhập."),)

    def _values(self, final: FinalResult) -> dict[ColumnKey, str]:
        result = final.result
        values = (
            _secondary_values(result)
            if isinstance(result, SecondaryResult)
            else {OVERALL: self._overall_name(result)}
        )
        if result.promotion is not None:
            values[PROMOTION] = _PROMOTION[result.promotion]
        values[TITLE] = self._title_name(result)
        return {key: value for key, value in values.items() if value}

    def _overall_name(self, result: PrimaryResult) -> str:
        rules = self._profile.rules
        assert isinstance(rules, PrimaryRules)
        names = {rule.level: rule.name for rule in rules.overall}
        names[rules.lowest_level] = rules.lowest_name
        return names.get(result.overall, "") if result.overall else ""

    def _title_name(self, result: SecondaryResult | PrimaryResult) -> str:
        rules = self._profile.rules
        if isinstance(result, SecondaryResult):
            assert isinstance(rules, SecondaryRules)
            return next((t.name for t in rules.titles if t.id == result.title), "")
        assert isinstance(rules, PrimaryRules)
        return next((a.name for a in rules.awards if a.id == result.award), "")


def _secondary_values(result: SecondaryResult) -> dict[ColumnKey, str]:
    values: dict[ColumnKey, str] = {}
    for term, found in (("s1", result.semester1), ("s2", result.semester2), ("year", result.year)):
        slot = f"{term}.{RESULT}"
        # Beside a re-assessment stands the year's value as it was, as in the record.
        shown = result.before if found is result.year else found
        for code, mark in shown.subjects.items():
            values[code, slot] = _mark(mark)
        values[LEARNING, slot] = found.learning or ""
        values[areas.CONDUCT, slot] = found.conduct or ""
    return values


def _mark(mark: Mark | None) -> str:
    if mark is None:
        return ""
    return fixed(mark) if isinstance(mark, Decimal) else str(mark)


def _what(key: ColumnKey, profile: GradeProfile) -> str:
    """The name under which `assessment.explain` knows a computed column, or ''."""
    secondary = isinstance(profile.rules, SecondaryRules)
    named = {
        PROMOTION: "promotion",
        TITLE: "title" if secondary else "award",
        OVERALL: "overall",
    }
    if key in named:
        return named[key]
    area, slot = key
    term = slot.removesuffix(f".{RESULT}")
    thing = {LEARNING: "learning", areas.CONDUCT: "conduct"}.get(area, area)
    return f"{term}.{thing}"
