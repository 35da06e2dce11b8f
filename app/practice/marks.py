"""Invented marks for the invented school: plausible, complete, the same at every run."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
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


def _chance(seed: int, student: Student, about: str) -> random.Random:
    """What happens to one pupil in one thing, whatever else the school year holds: a subject more
    in a profile, or a pupil more in a class, changes nothing of the others.
    """
    who = f"{seed}-{student.full_name}-{student.birth_date}-{about}"
    return random.Random(who)  # noqa: S311 - invented marks, no secret


def invent(
    profile: GradeProfile, students: Sequence[Student], seed: int = 2026
) -> dict[CellKey, str]:
    """A whole year's cells of one class."""
    cells: dict[CellKey, str] = {}
    for student in students:

        def chance(about: str, student: Student = student) -> random.Random:
            return _chance(seed, student, f"{profile.grade}-{about}")

        one = _primary if profile.level is SchoolLevel.PRIMARY else _secondary
        talent = min(9.6, max(4.6, chance("talent").gauss(7.4, 1.1)))
        for area, slot, value in one(profile, talent, chance):
            cells[CellKey(student.id, area, slot)] = value
    return cells


Entry = tuple[str, str, str]
Chance = Callable[[str], random.Random]
"""The pupil's own chance in one thing."""


def _secondary(profile: GradeProfile, talent: float, chance: Chance) -> Iterator[Entry]:
    rules = profile.rules
    assert isinstance(rules, SecondaryRules)
    electives = [subject for subject in profile.subjects if subject.elective]
    chosen = _some(electives, rules.electives, chance, "chosen")
    taken = [s for s in profile.subjects if s.compulsory or s in chosen]
    clusters = _some([s for s in taken if s.topic_marks], rules.topic_clusters, chance, "topics")
    for subject in taken:
        if subject in chosen:
            yield subject.code, "chosen", "yes"
        yield from _secondary_subject(subject, talent, chance(subject.code))
    for subject in clusters:
        yield subject.code, "topics_chosen", "yes"
        yield subject.code, "s2.topic1", _value(subject, talent, chance(f"topic-{subject.code}"))
    conduct = chance("conduct").choices(["T", "K", "D"], [8, 3, 1], k=2)
    yield CONDUCT, "s1", conduct[0]
    yield CONDUCT, "s2", conduct[1]
    yield from _year(chance, excused=9, unexcused=(0, 0, 0, 1, 2))


def _some(
    subjects: list[SubjectProfile], count: int, chance: Chance, about: str
) -> list[SubjectProfile]:
    """As many of the subjects as a pupil chooses; each is liked by the pupil's own chance."""
    liked = sorted(subjects, key=lambda s: chance(f"{about}-{s.code}").random())
    return liked[:count]


def _value(subject: SubjectProfile, talent: float, chance: random.Random) -> str:
    if subject.kind is not SubjectMode.SCORED:
        return "D"
    return kept(Decimal(min(10.0, max(5.0, chance.gauss(talent, 0.9)))))


def _secondary_subject(
    subject: SubjectProfile, talent: float, chance: random.Random
) -> Iterator[Entry]:
    taste = chance.gauss(0, 0.6)
    slots = [f"regular{n + 1}" for n in range(subject.regular_marks)] + ["midterm", "final"]
    for semester in ("s1", "s2"):
        for slot in slots:
            yield subject.code, f"{semester}.{slot}", _value(subject, talent + taste, chance)
    yield subject.code, "comment", chance.choice(_SUBJECT)


def _primary_subject(
    subject: SubjectProfile, talent: float, chance: random.Random
) -> Iterator[Entry]:
    mark = min(10, max(5, round(chance.gauss(talent + 0.9, 0.9))))
    for time in _TIMES:
        yield subject.code, f"{time}.level", "T" if mark >= 8 else "H"
    for time in subject.tests:
        score = min(10, max(5, mark + chance.choice([0, 0, -1])))
        yield subject.code, f"{time}.test", str(score)
    yield subject.code, "comment", chance.choice(_SUBJECT)


def _primary(profile: GradeProfile, talent: float, chance: Chance) -> Iterator[Entry]:
    for subject in profile.subjects:
        if subject.compulsory:
            yield from _primary_subject(subject, talent, chance(subject.code))
    for area, traits in ((QUALITIES, profile.qualities), (COMPETENCES, profile.competences)):
        for trait in traits:
            level = "T" if chance(trait.code).gauss(talent, 1.0) > 6.6 else "D"
            for time in _TIMES:
                yield area, f"{time}.{trait.code}", level
    words = chance("traits")
    yield QUALITIES, "comment", words.choice(_TRAIT)
    yield COMPETENCES, "comment.general", words.choice(_TRAIT)
    yield COMPETENCES, "comment.specific", words.choice(_TRAIT)
    yield from _year(chance, excused=6, unexcused=(0, 0, 0, 1))
    yield HEALTH, "height_cm", str(chance("height").randint(112, 138))
    yield HEALTH, "weight_kg", str(chance("weight").randint(20, 34))


def _year(chance: Chance, *, excused: int, unexcused: Sequence[int]) -> Iterator[Entry]:
    yield REMARKS, "homeroom", chance("homeroom").choice(_HOMEROOM)
    away = chance("absences")
    yield ATTENDANCE, "excused", str(away.randint(0, excused))
    yield ATTENDANCE, "unexcused", str(away.choice(unexcused))
