"""Invented marks for the invented school: plausible, complete, the same at every run."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from decimal import Decimal

from app.model.gradebook import (
    ATTENDANCE,
    COMPETENCES,
    CONDUCT,
    HEALTH,
    QUALITIES,
    REMARKS,
    CellKey,
)
from app.model.marks import kept
from app.model.people import Student
from app.profile import GradeProfile, SchoolLevel, SecondaryRules, SubjectMode, SubjectProfile

_SUBJECT = (
    "Tiến bộ rõ trong học kì II, cần giữ thói quen đọc lại bài.",
    "Nắm chắc kiến thức cơ bản, trình bày cẩn thận.",
    "Hăng hái phát biểu, biết giúp bạn cùng nhóm.",
    "Cần luyện thêm phần vận dụng và tự kiểm tra kết quả.",
    "Có cố gắng, hoàn thành đủ bài tập được giao.",
    "Làm tốt phần thực hành, cần diễn đạt gọn hơn.",
)
_TRAIT = (
    "Chăm chỉ, thật thà, biết giúp đỡ bạn bè.",
    "Lễ phép, có trách nhiệm với việc được giao.",
    "Mạnh dạn hơn khi giao tiếp, cần tự tin hơn nữa.",
    "Biết tự phục vụ, hợp tác tốt trong nhóm.",
)
_HOMEROOM = (
    "Ngoan, đi học đều, có ý thức giữ gìn vệ sinh khu bán trú.",
    "Có tiến bộ trong học tập, tích cực tham gia hoạt động của lớp.",
    "Chấp hành tốt nội quy, cần mạnh dạn hỏi khi chưa hiểu bài.",
    "Thật thà, đoàn kết với bạn, cần cố gắng thêm ở các môn tính toán.",
)
_TIMES = ("mid1", "end1", "mid2", "end2")


def invent(
    profile: GradeProfile, students: Sequence[Student], seed: int = 2026
) -> dict[CellKey, str]:
    """A whole year's cells of one class."""
    chance = random.Random(f"{seed}-{profile.grade}")  # noqa: S311 - invented marks, no secret
    one = _primary if profile.level is SchoolLevel.PRIMARY else _secondary
    cells: dict[CellKey, str] = {}
    for student in students:
        talent = min(9.6, max(4.6, chance.gauss(7.4, 1.1)))
        for area, slot, value in one(profile, talent, chance):
            cells[CellKey(student.id, area, slot)] = value
    return cells


Entry = tuple[str, str, str]


def _secondary(profile: GradeProfile, talent: float, chance: random.Random) -> Iterator[Entry]:
    chosen = _chosen(profile, chance)
    for subject in profile.subjects:
        if subject.compulsory or subject.code in chosen:
            yield from _secondary_subject(subject, talent, chance)
    conduct = chance.choices(["T", "K", "D"], [8, 3, 1], k=2)
    yield CONDUCT, "s1", conduct[0]
    yield CONDUCT, "s2", conduct[1]
    yield from _year(chance)
    yield ATTENDANCE, "excused", str(chance.randint(0, 9))
    yield ATTENDANCE, "unexcused", str(chance.choice([0, 0, 0, 1, 2]))


def _chosen(profile: GradeProfile, chance: random.Random) -> set[str]:
    """As many electives as a pupil of upper secondary school takes."""
    electives = [subject.code for subject in profile.subjects if subject.elective]
    rules = profile.rules
    if not electives or not isinstance(rules, SecondaryRules):
        return set()
    return set(chance.sample(electives, min(rules.electives, len(electives))))


def _secondary_subject(
    subject: SubjectProfile, talent: float, chance: random.Random
) -> Iterator[Entry]:
    taste = chance.gauss(0, 0.6)
    slots = [f"regular{n + 1}" for n in range(subject.regular_marks)] + ["midterm", "final"]
    for semester in ("s1", "s2"):
        for slot in slots:
            if subject.kind is SubjectMode.SCORED:
                score = min(10.0, max(2.0, chance.gauss(talent + taste, 0.9)))
                value = kept(Decimal(score))
            else:
                value = "CD" if talent + taste < 4.4 and slot == "final" else "D"
            yield subject.code, f"{semester}.{slot}", value
    yield subject.code, "comment", chance.choice(_SUBJECT)


def _primary(profile: GradeProfile, talent: float, chance: random.Random) -> Iterator[Entry]:
    for subject in profile.subjects:
        if not subject.compulsory:
            continue
        mark = min(10, max(5, round(chance.gauss(talent + 0.9, 0.9))))
        for time in _TIMES:
            yield subject.code, f"{time}.level", "T" if mark >= 8 else "H"
        for time in subject.tests:
            yield (
                subject.code,
                f"{time}.test",
                str(min(10, max(5, mark + chance.choice([0, 0, -1])))),
            )
        yield subject.code, "comment", chance.choice(_SUBJECT)
    for area, traits in ((QUALITIES, profile.qualities), (COMPETENCES, profile.competences)):
        for trait in traits:
            level = "T" if chance.gauss(talent, 1.0) > 6.6 else "D"
            for time in _TIMES:
                yield area, f"{time}.{trait.code}", level
    yield QUALITIES, "comment", chance.choice(_TRAIT)
    yield COMPETENCES, "comment.general", chance.choice(_TRAIT)
    yield COMPETENCES, "comment.specific", chance.choice(_TRAIT)
    yield from _year(chance)
    yield ATTENDANCE, "excused", str(chance.randint(0, 6))
    yield ATTENDANCE, "unexcused", str(chance.choice([0, 0, 0, 1]))
    yield HEALTH, "height_cm", str(chance.randint(112, 138))
    yield HEALTH, "weight_kg", str(chance.randint(20, 34))


def _year(chance: random.Random) -> Iterator[Entry]:
    yield REMARKS, "homeroom", chance.choice(_HOMEROOM)
