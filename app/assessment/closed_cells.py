"""Which cells are closed for a pupil, whoever enters: what is not open does not count either.

Re-assessment and summer training are open to those entitled to them (Circular 22/2021, articles 13
and 14); what a subject asks of a pupil with a disability, and decisions, only where the articles
leave them to people. A value that became closed later stays, and may be removed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.assessment.rule_inputs import by_student, final_result, taken_subjects
from app.errors import CellClosed
from app.model import gradebook as areas
from app.model.assessment import (
    Demands,
    FinalResult,
    PrimaryInput,
    Promotion,
    SecondaryInput,
    SecondaryResult,
)
from app.model.gradebook import CellChange, Cells
from app.model.people import Student
from app.profile import GradeProfile

OwnCells = Mapping[tuple[str, str], str]
_GUARDED = frozenset({"reassessed", "retest", "demands", "plan", "after_summer"})
_WAYS = {Promotion.PROMOTED: "được lên lớp", Promotion.RETAINED: "ở lại lớp"}


def closed_reason(
    student: Student, own: OwnCells, final: FinalResult, area: str, slot: str, value: str = ""
) -> str:
    """Why this cell does not take `value` ('' asks for any), in Vietnamese; '' where it does.

    `own` and `final` are the pupil's cells and result as they stand.
    """
    what = slot.rpartition(".")[2]
    if area == areas.DECISION:
        return _decision(final, value if slot == "promotion" else "")
    if what not in _GUARDED:
        return ""
    if what == "demands":
        return "" if student.has_disability else "chỉ dành cho học sinh khuyết tật"
    if what == "plan":
        planned = own.get((area, "demands")) == Demands.INDIVIDUAL
        return "" if planned else "chỉ dành cho môn học theo kế hoạch giáo dục cá nhân"
    if isinstance(final.inputs, PrimaryInput):
        tested = (area, "end2.test") in own
        return "" if tested else "chưa có điểm kiểm tra cuối năm để kiểm tra lại"
    return _summer(final, area, what)


def _summer(final: FinalResult, area: str, what: str) -> str:
    assert isinstance(final.inputs, SecondaryInput)
    assert isinstance(final.result, SecondaryResult)
    result = final.result
    if what == "after_summer":
        if result.summer_open:
            return ""
        return "chỉ học sinh có kết quả rèn luyện cả năm Chưa đạt mới rèn luyện trong hè"
    if area in result.reassessable:
        return ""
    if result.reassessable:
        return "môn này không phải đánh giá lại"
    return (
        "chỉ đánh giá lại khi rèn luyện cả năm từ Đạt trở lên, học tập cả năm Chưa đạt và nghỉ "
        "không quá số buổi quy định"
    )


def _decision(final: FinalResult, value: str) -> str:
    if not final.may_decide:
        return "quy định không giao cho nhà trường quyết định về học sinh này"
    if value and Promotion(value) not in final.may_decide:
        ways = " hoặc ".join(_WAYS[way] for way in sorted(final.may_decide))
        return f"với học sinh này nhà trường chỉ có thể quyết định {ways}"
    return ""


def may_be_closed(area: str, slot: str) -> bool:
    """Whether this is a place that is open to some pupils only."""
    return area == areas.DECISION or slot.rpartition(".")[2] in _GUARDED


def is_guarded(change: CellChange) -> bool:
    """Whether a change fills a cell that may be closed; emptying one is never refused."""
    return change.after is not None and may_be_closed(change.key.area, change.key.slot)


def closed_changes(
    profile: GradeProfile,
    students: Sequence[Student],
    cells: Cells,
    changes: Sequence[CellChange],
) -> list[tuple[CellChange, str]]:
    """Those of the changes that fill closed cells, with the reason, judged by how all of them
    together leave the class.
    """
    guarded = [change for change in changes if is_guarded(change)]
    if not guarded:
        return []
    after = dict(cells)
    for change in changes:
        if change.after is None:
            after.pop(change.key, None)
        else:
            after[change.key] = change.after
    sorted_out, known = by_student(after), {student.id: student for student in students}
    finals: dict[str, FinalResult] = {}
    found = []
    for change in guarded:
        key, student = change.key, known.get(change.key.student_id)
        if student is None or cells.get(key) == change.after:
            continue
        own = sorted_out[student.id]
        if student.id not in finals:
            subjects = taken_subjects(profile, {area for area, _ in own})
            finals[student.id] = final_result(profile, student, own, subjects)
        said = closed_reason(
            student, own, finals[student.id], key.area, key.slot, change.after or ""
        )
        if said:
            found.append((change, said))
    return found


def refuse_closed(
    profile: GradeProfile,
    students: Sequence[Student],
    cells: Cells,
    changes: Sequence[CellChange],
) -> None:
    """Raises `CellClosed` for the first change that fills a closed cell."""
    for change, reason in closed_changes(profile, students, cells, changes):
        names = {student.id: student.full_name for student in students}
        raise CellClosed(
            f"{change.key.area} {change.key.slot}: {reason}",
            pupil=names[change.key.student_id],
            reason=reason,
        )
