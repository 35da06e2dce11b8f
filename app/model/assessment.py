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
    """The assessment regulations: 27/2020 primary, 22/2021 secondary, 43/2021 continuing
    education (all TT-BGDĐT).
    """

    TT27_2020 = "TT27-2020"
    TT22_2021 = "TT22-2021"
    TT43_2021 = "TT43-2021"


class SubjectKind(StrEnum):
    """How a subject is assessed: with scores and comments, or by comments as Đạt/Chưa đạt
    (Circular 22/2021, article 5).
    """

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
    """Whether a pupil moves up, or what has to come first (Circular 22/2021, articles 12 to 14;
    Circular 27/2020, article 11). NEEDS_DECISION: the circular leaves it to people.
    """

    PROMOTED = "promoted"
    REASSESSMENT = "reassessment"
    SUMMER_TRAINING = "summer_training"
    RETAINED = "retained"
    NEEDS_DECISION = "needs_decision"
    SUPPORT_AND_REASSESS = "support_and_reassess"


class Demands(StrEnum):
    """What a subject asks of a pupil with a disability (Circular 22/2021, article 11; Circular
    27/2020, article 8). All other pupils have OTHERS in every subject.
    """

    OTHERS = "others"
    REDUCED = "reduced"
    """As others, with lower demands on the result."""
    INDIVIDUAL = "individual"
    """By the individual education plan (kế hoạch giáo dục cá nhân)."""
    NOT_ASSESSED = "not_assessed"
    """The pupil is released from the subject."""

    @property
    def common(self) -> bool:
        """Whether the subject counts in results that are made for all pupils."""
        return self in (Demands.OTHERS, Demands.REDUCED)


@dataclass(frozen=True, slots=True)
class SemesterMarks:
    """One subject's marks in one semester: ĐĐGtx, ĐĐGgk, ĐĐGck (Circular 22/2021, article 6).

    None: not entered yet.
    """

    regular: tuple[Mark | None, ...] = ()
    midterm: Mark | None = None
    final: Mark | None = None
    topics: tuple[Mark | None, ...] = ()
    """Results of topic clusters (cụm chuyên đề), each one regular mark more (article 6.3)."""
    plan: Pass | None = None
    """Whether the individual education plan was fulfilled; instead of all the others."""


@dataclass(frozen=True, slots=True)
class SecondarySubject:
    """One pupil's marks of a year in one subject, as the rules take them.

    `reassessed`: the result of re-assessment, or None (Circular 22/2021, article 14).
    """

    code: str
    kind: SubjectKind
    periods: int
    """Periods (tiết) a year; they decide how many regular marks are needed (article 6)."""
    semester1: SemesterMarks = SemesterMarks()
    semester2: SemesterMarks = SemesterMarks()
    reassessed: Mark | None = None
    demands: Demands = Demands.OTHERS


@dataclass(frozen=True, slots=True)
class Conduct:
    """Conduct (rèn luyện) of both semesters and after summer training, None while not given
    (Circular 22/2021, articles 8 and 13).
    """

    semester1: Level | None = None
    semester2: Level | None = None
    after_summer: Level | None = None


@dataclass(frozen=True, slots=True)
class SecondaryInput:
    """What the secondary rules need of one pupil's year.

    `grade`: 6 to 12; `absences`: sessions (buổi) missed in the year, excused or not.
    """

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
    """One pupil's end-of-year result in one subject (Circular 27/2020).

    `tested`: the subject has a year-end test; `test`: its score, None while not entered.
    """

    code: str
    level: SubjectLevel | None
    tested: bool = False
    test: int | None = None
    demands: Demands = Demands.OTHERS


@dataclass(frozen=True, slots=True)
class PrimaryInput:
    """What the primary rules need of one pupil's year.

    `grade`: 1 to 5; `qualities`, `competences`: levels by the profile's code, None while missing.
    """

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
    """What the secondary rules make of one pupil's year (Circular 22/2021, articles 8 to 15).

    `promotion` is None while something is missing.
    """

    semester1: TermResult
    semester2: TermResult
    before: TermResult
    """The year before re-assessment and summer training; titles look at it."""
    year: TermResult
    """The year after both."""
    promotion: Promotion | None
    reassessable: tuple[str, ...] = ()
    """Subjects that article 14 opens for re-assessment; elsewhere a result of it does not count."""
    reassess_subjects: tuple[str, ...] = ()
    """Those of them that still wait."""
    title: str | None = None
    """'xuat_sac', 'gioi' or None."""

    @property
    def summer_open(self) -> bool:
        """Whether article 13 asks for summer training; elsewhere its result does not count."""
        return self.before.conduct is Level.FAILED


@dataclass(frozen=True, slots=True)
class PrimaryResult:
    """What the primary rules make of one pupil's year (Circular 27/2020, articles 9.2, 11, 13).

    `overall` and `promotion` are None while something is missing.
    """

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
class PromotionDecision:
    """What people decided where the circular leaves it to them, and what explains it."""

    promotion: Promotion
    reason: str = ""
    number: str = ""
    taken_by: str = ""


@dataclass(frozen=True, slots=True)
class FinalResult:
    """What the year's record needs of one pupil's assessment."""

    student_id: str
    inputs: SecondaryInput | PrimaryInput
    result: SecondaryResult | PrimaryResult
    missing: tuple[Missing, ...]
    profile_id: str
    """Profile and rule version that made the result; written into the record."""
    decision: PromotionDecision | None = None
    """The decision that `result.promotion` obeys; None where the rules decided."""
    may_decide: frozenset[Promotion] = frozenset()
    """What people may decide about this pupil; empty where the circular leaves nothing to them."""
