"""What the rules take and give. Pure values; the rules live in `app.assessment`.

Scores are `Decimal` with one decimal. Letters: D Đạt, CD Chưa đạt; T/K/D/CD for learning and
conduct; T/H/C and T/D/C in primary school.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Circular(StrEnum):
    TT27_2020 = "TT27-2020"
    TT22_2021 = "TT22-2021"


class SubjectKind(StrEnum):
    SCORED = "scored"
    COMMENT = "comment"


class Pass(StrEnum):
    """Result of a comment-only subject."""

    PASSED = "D"
    FAILED = "CD"


Mark = Decimal | Pass


class Level(StrEnum):
    """Learning and conduct under Circular 22/2021, best first."""

    GOOD = "T"
    FAIR = "K"
    PASSED = "D"
    FAILED = "CD"


class Promotion(StrEnum):
    PROMOTED = "promoted"
    REASSESSMENT = "reassessment"
    SUMMER_TRAINING = "summer_training"
    RETAINED = "retained"
    NEEDS_DECISION = "needs_decision"
    SUPPORT_AND_REASSESS = "support_and_reassess"


@dataclass(frozen=True, slots=True)
class SemesterMarks:
    regular: tuple[Mark | None, ...] = ()
    midterm: Mark | None = None
    final: Mark | None = None


@dataclass(frozen=True, slots=True)
class SecondarySubject:
    code: str
    kind: SubjectKind
    periods: int
    """Periods (tiết) a year; they decide how many regular marks are needed (article 6)."""
    semester1: SemesterMarks = SemesterMarks()
    semester2: SemesterMarks = SemesterMarks()
    reassessed: Mark | None = None
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class Conduct:
    semester1: Level | None = None
    semester2: Level | None = None
    after_summer: Level | None = None


@dataclass(frozen=True, slots=True)
class SecondaryInput:
    grade: int
    subjects: tuple[SecondarySubject, ...]
    conduct: Conduct = Conduct()
    absences: int = 0


class SubjectLevel(StrEnum):
    """Primary subjects: Hoàn thành tốt, Hoàn thành, Chưa hoàn thành."""

    GOOD = "T"
    DONE = "H"
    NOT_DONE = "C"


class TraitLevel(StrEnum):
    """Primary qualities and competences: Tốt, Đạt, Cần cố gắng."""

    GOOD = "T"
    REACHED = "D"
    NEEDS_EFFORT = "C"


class Overall(StrEnum):
    """Article 9.2 of Circular 27/2020."""

    EXCELLENT = "HTXS"
    GOOD = "HTT"
    DONE = "HT"
    NOT_DONE = "CHT"


@dataclass(frozen=True, slots=True)
class PrimarySubject:
    code: str
    level: SubjectLevel | None
    tested: bool = False
    test: int | None = None
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class PrimaryInput:
    grade: int
    subjects: tuple[PrimarySubject, ...]
    qualities: Mapping[str, TraitLevel | None] = field(default_factory=dict)
    competences: Mapping[str, TraitLevel | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of an explanation, ready to show.

    `text` is plain Vietnamese with the numbers in it; `article` such as 'Thông tư 22/2021, điều 9
    khoản 1'.
    """

    text: str
    article: str = ""


@dataclass(frozen=True, slots=True)
class TermResult:
    """A semester, or the year. Values of `subjects` are None while marks are missing."""

    subjects: Mapping[str, Mark | None]
    learning: Level | None
    raised_because_of: str | None
    conduct: Level | None


@dataclass(frozen=True, slots=True)
class SecondaryResult:
    semester1: TermResult
    semester2: TermResult
    year: TermResult
    promotion: Promotion | None
    reassess_subjects: tuple[str, ...] = ()
    title: str | None = None
    """'xuat_sac', 'gioi' or None."""
    before_reassessment: Mapping[str, Mark | None] = field(default_factory=dict)
    """Year values that a re-assessment replaced in `year.subjects`."""


@dataclass(frozen=True, slots=True)
class PrimaryResult:
    overall: Overall | None
    promotion: Promotion | None
    award: str | None
    """'xuat_sac', 'tieu_bieu_if_recognised' or None."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that still has to be entered: which area and slot, in the user's words."""

    area: str
    slot: str
    text: str


@dataclass(frozen=True, slots=True)
class FinalResult:
    """What the year's record needs of one pupil's assessment."""

    student_id: str
    inputs: SecondaryInput | PrimaryInput
    result: SecondaryResult | PrimaryResult
    missing: tuple[Missing, ...]
    profile_id: str
    """Profile and rule version that made the result; written into the record."""
