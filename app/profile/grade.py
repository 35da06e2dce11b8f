"""What a regulation says about one grade in one school year. Pure values, levels as letters.

Letters as in `app.model.assessment`: T/K/D/CD for learning and conduct, T/H/C for primary
subjects, T/D/C for qualities and competences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property


class Programme(StrEnum):
    """Which programme a school or centre teaches: the grades of both have the same numbers."""

    GENERAL = "general"
    CONTINUING = "continuing"
    """Giáo dục thường xuyên (GDTX), grades 6 to 12."""


class SchoolLevel(StrEnum):
    """Level of education (cấp học) as a record names it."""

    PRIMARY = "primary"
    LOWER_SECONDARY = "lower_secondary"
    UPPER_SECONDARY = "upper_secondary"
    CONTINUING = "continuing"


class SubjectMode(StrEnum):
    """How a subject is assessed: by scores, by Đạt/Chưa đạt, or by a level (primary)."""

    SCORED = "scored"
    COMMENT = "comment"
    LEVEL = "level"


@dataclass(frozen=True, slots=True)
class SubjectProfile:
    code: str
    moet_code: str
    """Code in the ministry's list for this school level."""
    name: str
    short_name: str
    kind: SubjectMode
    periods: int
    """Periods (tiết) a year in this grade."""
    regular_marks: int
    """Regular marks (ĐĐGtx) needed a semester; 0 in primary school."""
    tests: tuple[str, ...] = ()
    """Primary: times with a periodic test, of 'mid1', 'end1', 'mid2', 'end2'."""
    elective: bool = False
    """Upper secondary: one of those a pupil chooses from."""
    optional: bool = False
    """Counts only where it is taught (minority language, second foreign language)."""
    topic_marks: int = 0
    """Places a semester for results of its topic cluster (cụm chuyên đề), beside the regular
    marks; 0: it has none."""
    practical: bool = False
    """Has a practical part from which a pupil may be released (article 10)."""

    @property
    def tested(self) -> bool:
        """Whether the end-of-year result needs a test (primary)."""
        return "end2" in self.tests

    @property
    def compulsory(self) -> bool:
        return not (self.elective or self.optional)


@dataclass(frozen=True, slots=True)
class TraitProfile:
    """A quality or competence of primary school."""

    code: str
    moet_code: str
    name: str


@dataclass(frozen=True, slots=True)
class LearningRule:
    """A learning level: every score >= `lowest`, `count` scores >= `count_from`."""

    level: str
    lowest: Decimal
    count: int
    count_from: Decimal
    failed_comments: int
    """Comment-only subjects that may be Chưa đạt."""


@dataclass(frozen=True, slots=True)
class RaiseRule:
    """When one single subject pulls the level down by `gap` levels or more, raise one level."""

    gap: int
    targets: tuple[str, ...]
    """Levels that the other subjects must reach for it to apply."""
    comment_subjects: bool
    """Whether a comment-only subject counts as 'một môn học'."""


@dataclass(frozen=True, slots=True)
class TitleRule:
    id: str
    name: str
    learning: str
    conduct: str
    count: int
    count_from: Decimal


@dataclass(frozen=True, slots=True)
class SecondaryRules:
    marks_needed: tuple[tuple[int, int], ...]
    """Scored subjects: (up to periods a year, regular marks a semester), ascending."""
    comment_marks: int
    """Regular marks a semester of a comment-only subject, whatever its periods; 0: as scored."""
    topic_marks: int
    """Places a semester for results of a subject's topic cluster."""
    weights: tuple[int, int, int]
    """Of a regular, the midterm and the final mark."""
    year_weights: tuple[int, int]
    """Of semester I and II."""
    learning: tuple[LearningRule, ...]
    """Best first; what reaches none is `lowest_level`."""
    lowest_level: str
    raising: RaiseRule | None
    conduct_year: Mapping[tuple[str, str], str]
    """(semester I, semester II) -> year."""
    absence_limit: int
    """Sessions; more than this many means staying down."""
    reassess_below: Decimal
    titles: tuple[TitleRule, ...]
    """Best first."""
    electives: int = 0
    """How many elective subjects a pupil takes."""
    topic_clusters: int = 0
    """How many topic clusters a pupil takes; 0 leaves it open."""

    def regular_marks(self, kind: str, periods: int) -> int:
        """Regular marks needed a semester for a subject of this kind and periods a year."""
        if kind == SubjectMode.COMMENT and self.comment_marks:
            return self.comment_marks
        return next(marks for up_to, marks in self.marks_needed if periods <= up_to)


@dataclass(frozen=True, slots=True)
class OverallRule:
    """A result of the year: levels allowed, and the lowest end-of-year test."""

    level: str
    name: str
    subjects: frozenset[str]
    traits: frozenset[str]
    lowest_test: int


@dataclass(frozen=True, slots=True)
class AwardRule:
    id: str
    name: str
    overall: str
    needs_recognition: bool
    """Whether the class must recognise it before it is given."""


@dataclass(frozen=True, slots=True)
class PrimaryRules:
    overall: tuple[OverallRule, ...]
    """Best first; what reaches none is `lowest_level`."""
    lowest_level: str
    lowest_name: str
    test_lowest: int
    test_highest: int
    awards: tuple[AwardRule, ...]


@dataclass(frozen=True)
class GradeProfile:
    """All that assessment needs to know about one grade in one school year."""

    id: str
    """Name and version of the rules, e.g. 'TT22-2021/1'; it is written into the record."""
    programme: Programme
    circular: str
    title: str
    school_year: str
    grade: int
    level: SchoolLevel
    subjects: tuple[SubjectProfile, ...]
    rules: SecondaryRules | PrimaryRules
    qualities: tuple[TraitProfile, ...]
    general_competences: tuple[TraitProfile, ...]
    specific_competences: tuple[TraitProfile, ...]
    articles: Mapping[str, str]
    """Which article stands behind a rule, for explanations."""

    @cached_property
    def by_code(self) -> Mapping[str, SubjectProfile]:
        return {subject.code: subject for subject in self.subjects}

    @property
    def competences(self) -> tuple[TraitProfile, ...]:
        return self.general_competences + self.specific_competences

    def article(self, rule: str) -> str:
        """E.g. 'Thông tư 22/2021/TT-BGDĐT, điều 9 khoản 1'; only the title if none is named."""
        place = self.articles.get(rule)
        return f"{self.title}, {place}" if place else self.title

    def subject_name(self, code: str) -> str:
        """The subject's name; the code itself for a subject the profile does not know."""
        subject = self.by_code.get(code)
        return subject.name if subject else code
