"""The part of a record that the school year's marks and results fill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from app.assessment.slots import EXEMPTION
from app.model import assessment as marks
from app.model import gradebook
from app.model import record as model
from app.model.gradebook import CellKey, Cells
from app.model.marks import fixed
from app.profile import GradeProfile, PrimaryRules, Programme, SecondaryRules

_QUALITIES = {
    "YEU_NUOC": "patriotism",
    "NHAN_AI": "kindness",
    "CHAM_CHI": "diligence",
    "TRUNG_THUC": "honesty",
    "TRACH_NHIEM": "responsibility",
}
_GENERAL = {
    "TU_CHU_TU_HOC": "autonomy",
    "GIAO_TIEP_HOP_TAC": "communication",
    "GIAI_QUYET_VAN_DE_SANG_TAO": "problem_solving",
}
_SPECIFIC = {
    "NGON_NGU": "language",
    "TINH_TOAN": "calculation",
    "KHOA_HOC": "science",
    "CONG_NGHE": "technology",
    "TIN_HOC": "informatics",
    "THAM_MI": "aesthetics",
    "THE_CHAT": "physical",
}
_ENDS = {
    (Programme.GENERAL, 5): "chương trình tiểu học",
    (Programme.GENERAL, 9): "chương trình trung học cơ sở",
    (Programme.GENERAL, 12): "chương trình giáo dục phổ thông",
    (Programme.CONTINUING, 9): "chương trình giáo dục thường xuyên cấp trung học cơ sở",
    (Programme.CONTINUING, 12): "chương trình giáo dục thường xuyên cấp trung học phổ thông",
}
"""Grades that end a programme, and what a pupil has then completed."""
_CONFIRMED = (5, 9)
"""Grades whose completion the principal confirms on the record itself."""
_PROMOTED = {marks.Promotion.PROMOTED: True, marks.Promotion.RETAINED: False}


@dataclass(frozen=True, slots=True)
class YearSheet:
    """One pupil's cells out of many."""

    cells: Cells
    student_id: str

    def text(self, area: str, slot: str) -> str:
        """The cell's canonical text without spaces around it; '' for an empty cell."""
        return self.cells.get(CellKey(self.student_id, area, slot), "").strip()

    def count(self, area: str, slot: str) -> int:
        """Sessions; no cell means none were missed."""
        text = self.text(area, slot)
        return int(text) if text.isdecimal() else 0


def primary_year(
    frame: model.RecordContent, profile: GradeProfile, sheet: YearSheet, final: marks.FinalResult
) -> model.RecordContent:
    """`frame` with the marks, traits and results of Circular 27/2020."""
    inputs, result = final.inputs, final.result
    assert isinstance(inputs, marks.PrimaryInput)
    assert isinstance(result, marks.PrimaryResult)
    grade = frame.section.grade
    promoted = _PROMOTED.get(result.promotion) if result.promotion else None
    done = promoted if result.overall is None else result.overall is not marks.Overall.NOT_DONE
    text = _completion_text(profile, done, promoted)
    return replace(
        frame,
        issue=replace(frame.issue, completion=_completion(profile, done)),
        subjects=tuple(_primary_row(profile, sheet, subject) for subject in inputs.subjects),
        health=model.Health(
            sheet.text(gradebook.HEALTH, "height_cm"), sheet.text(gradebook.HEALTH, "weight_kg")
        ),
        attendance=model.Attendance(
            excused=sheet.count(gradebook.ATTENDANCE, "excused"),
            unexcused=sheet.count(gradebook.ATTENDANCE, "unexcused"),
        ),
        qualities=model.Qualities(
            **_levels(_QUALITIES, inputs.qualities),
            comment=sheet.text(gradebook.QUALITIES, "comment"),
        ),
        general=model.GeneralCompetences(
            **_levels(_GENERAL, inputs.competences),
            comment=sheet.text(gradebook.COMPETENCES, "comment.general")
            or sheet.text(gradebook.COMPETENCES, "comment"),
        ),
        specific=model.SpecificCompetences(
            **_levels(_SPECIFIC, inputs.competences),
            comment=sheet.text(gradebook.COMPETENCES, "comment.specific"),
        ),
        summary=replace(
            _summary(profile, sheet, final, result.award, text),
            overall=_overall_name(profile, result.overall),
            promoted=promoted,
            completed_grade=done,
            completed_primary=None if done is None else grade == 5 and done,
        ),
    )


def _primary_row(
    profile: GradeProfile, sheet: YearSheet, subject: marks.PrimarySubject
) -> model.SubjectRow:
    known = profile.by_code[subject.code]
    released = subject.demands is marks.Demands.NOT_ASSESSED
    test = str(subject.test) if subject.tested and subject.test is not None else ""
    return model.SubjectRow(
        code=known.moet_code,
        name=known.name,
        level=model.EXEMPT if released else str(subject.level or ""),
        test="" if released else test,
        demands=_demands(subject.demands),
        comment=sheet.text(subject.code, "comment"),
    )


def _levels(
    fields: Mapping[str, str], levels: Mapping[str, marks.TraitLevel | None]
) -> dict[str, str]:
    return {field: str(level) for code, field in fields.items() if (level := levels.get(code))}


def _overall_name(profile: GradeProfile, overall: marks.Overall | None) -> str:
    if overall is None or not isinstance(profile.rules, PrimaryRules):
        return ""
    named = {rule.level: rule.name for rule in profile.rules.overall}
    return named.get(overall, profile.rules.lowest_name)


def secondary_year(
    frame: model.RecordContent,
    profile: GradeProfile,
    sheet: YearSheet,
    final: marks.FinalResult,
    teachers: Mapping[str, tuple[model.SubjectTeacher, ...]],
) -> model.RecordContent:
    """`frame` with the marks and results of Circular 22/2021; teachers by subject code."""
    inputs, result = final.inputs, final.result
    assert isinstance(inputs, marks.SecondaryInput)
    assert isinstance(result, marks.SecondaryResult)
    promoted = _PROMOTED.get(result.promotion) if result.promotion else None
    text = _completion_text(profile, promoted, None)
    summary = _summary(profile, sheet, final, result.title, text)
    learning, conduct = _results(inputs, result)
    return replace(
        frame,
        issue=replace(frame.issue, completion=_completion(profile, promoted)),
        subjects=tuple(
            _secondary_row(profile, sheet, subject, result, teachers.get(subject.code, ()))
            for subject in inputs.subjects
        ),
        attendance=model.Attendance(total=inputs.absences),
        learning=learning,
        conduct=conduct,
        certificates=_certificates(sheet.text(gradebook.REMARKS, "certificates")),
        summary=replace(
            summary,
            promoted=promoted,
            promotion_text=_promotion_text(profile, promoted),
            competitions=sheet.text(gradebook.REMARKS, "competitions"),
            summer_training=sheet.text(gradebook.REMARKS, "summer_training"),
        ),
    )


def _secondary_row(
    profile: GradeProfile,
    sheet: YearSheet,
    subject: marks.SecondarySubject,
    result: marks.SecondaryResult,
    teachers: tuple[model.SubjectTeacher, ...],
) -> model.SubjectRow:
    known = profile.by_code[subject.code]
    released = subject.demands is marks.Demands.NOT_ASSESSED
    first, second, year = (
        model.EXEMPT if released else mark_text(term.subjects.get(subject.code))
        for term in (result.semester1, result.semester2, result.before)
    )
    again = subject.reassessed if subject.code in result.reassessable else None
    return model.SubjectRow(
        code=known.moet_code,
        name=known.name,
        semester1=first,
        semester2=second,
        year=year,
        reassessed=mark_text(again),
        topics1=_topics(subject.semester1),
        topics2=_topics(subject.semester2),
        demands=_demands(subject.demands),
        exemption=model.PracticalExemption(*(sheet.text(subject.code, slot) for slot in EXEMPTION)),
        comment=sheet.text(subject.code, "comment"),
        teachers=teachers,
    )


def _topics(semester: marks.SemesterMarks) -> str:
    return " ".join(mark_text(mark) for mark in semester.topics)


def _demands(demands: marks.Demands) -> str:
    return "" if demands is marks.Demands.OTHERS else demands.value


def mark_text(mark: marks.Mark | None) -> str:
    """'7.5' with one decimal, 'D', 'CD', or '' for none."""
    if mark is None:
        return ""
    if isinstance(mark, Decimal):
        return fixed(mark)
    return str(mark)


def _results(
    inputs: marks.SecondaryInput, result: marks.SecondaryResult
) -> tuple[model.TermLevels, model.TermLevels]:
    """Learning and conduct; the year's column is what stood before the summer."""
    again = any(
        subject.reassessed is not None and subject.code in result.reassessable
        for subject in inputs.subjects
    )
    trained = result.summer_open and inputs.conduct.after_summer is not None
    first, second, before, year = result.semester1, result.semester2, result.before, result.year
    return (
        model.TermLevels(
            str(first.learning or ""),
            str(second.learning or ""),
            str(before.learning or ""),
            str(year.learning or "") if again else "",
        ),
        model.TermLevels(
            str(first.conduct or ""),
            str(second.conduct or ""),
            str(before.conduct or ""),
            str(year.conduct or "") if trained else "",
        ),
    )


def _certificates(text: str) -> tuple[model.Certificate, ...]:
    """One a line: 'name; kind'."""
    found = []
    for line in text.splitlines():
        name, _, kind = line.partition(";")
        if name.strip():
            found.append(model.Certificate(name.strip(), kind.strip()))
    return tuple(found)


def _summary(
    profile: GradeProfile,
    sheet: YearSheet,
    final: marks.FinalResult,
    title: str | None,
    completion_text: str,
) -> model.YearSummary:
    decided = final.decision
    return model.YearSummary(
        completion_text=completion_text,
        award=sheet.text(gradebook.AWARDS, "award") or _award_name(profile, sheet, title),
        award_unplanned=sheet.text(gradebook.AWARDS, "award_unplanned"),
        homeroom_comment=sheet.text(gradebook.REMARKS, "homeroom"),
        decision=model.PromotionRecord(decided.number, decided.reason, decided.taken_by)
        if decided
        else model.PromotionRecord(),
    )


def _award_name(profile: GradeProfile, sheet: YearSheet, award: str | None) -> str:
    rules = profile.rules
    if isinstance(rules, SecondaryRules):
        return next((title.name for title in rules.titles if title.id == award), "")
    found = next((rule for rule in rules.awards if rule.id == award), None)
    if found is None:
        return ""
    recognised = sheet.text(gradebook.AWARDS, "recognised") == "yes"
    return found.name if recognised or not found.needs_recognition else ""


def _promotion_text(profile: GradeProfile, promoted: bool | None) -> str:
    if promoted is None:
        return ""
    if ended := _ENDS.get((profile.programme, profile.grade)):
        return f"{'Hoàn thành' if promoted else 'Chưa hoàn thành'} {ended}"
    return f"Được lên lớp {profile.grade + 1}" if promoted else "Không được lên lớp"


def _completion_text(profile: GradeProfile, done: bool | None, promoted: bool | None) -> str:
    if done is None:
        return ""
    verb = "Hoàn thành" if done else "Chưa hoàn thành"
    if ended := _ENDS.get((profile.programme, profile.grade)):
        return f"{verb} {ended}"
    after = f". {_promotion_text(profile, promoted)}" if promoted is not None else ""
    return f"{verb} chương trình lớp {profile.grade}{after}"


def _completion(profile: GradeProfile, done: bool | None) -> model.Completion | None:
    if not done or profile.grade not in _CONFIRMED:
        return None
    words = "học viên" if profile.programme is Programme.CONTINUING else "học sinh"
    ended = _ENDS[profile.programme, profile.grade]
    return model.Completion(profile.level, f"Xác nhận {words} đã hoàn thành {ended}")
