"""Circular 22/2021: averages, levels, promotion and titles. Pure; thresholds from the profile."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import cast

from app.model.assessment import (
    Conduct,
    Level,
    Mark,
    Pass,
    Promotion,
    SecondaryInput,
    SecondaryResult,
    SecondarySubject,
    SemesterMarks,
    SubjectKind,
    TermResult,
)
from app.model.marks import rounded
from app.profile import SecondaryRules

ZERO = Decimal(0)
HIGHEST = Decimal(10)
ORDER = (Level.GOOD, Level.FAIR, Level.PASSED, Level.FAILED)


def semester_value(
    rules: SecondaryRules, subject: SecondarySubject, marks: SemesterMarks
) -> Mark | None:
    """Average, or Đạt/Chưa đạt, of one semester; None while a mark is missing (article 9.1)."""
    regular = [mark for mark in marks.regular if mark is not None]
    midterm, final = marks.midterm, marks.final
    if midterm is None or final is None or len(regular) < rules.regular_marks(subject.periods):
        return None
    if subject.kind is SubjectKind.COMMENT:
        failed = Pass.FAILED in (*regular, midterm, final)
        return Pass.FAILED if failed else Pass.PASSED
    each, mid, last = rules.weights
    # A scored subject has scores only; asking each of a school's marks would cost a third more.
    total = sum(cast("list[Decimal]", regular), ZERO) * each
    total += cast("Decimal", midterm) * mid + cast("Decimal", final) * last
    return rounded(total / (len(regular) * each + mid + last))


def year_value(
    rules: SecondaryRules, subject: SecondarySubject, first: Mark | None, second: Mark | None
) -> Mark | None:
    """Of the rounded semester values; a comment-only subject counts semester II (article 9.1)."""
    if subject.kind is SubjectKind.COMMENT:
        return second
    if not isinstance(first, Decimal) or not isinstance(second, Decimal):
        return None
    one, two = rules.year_weights
    return rounded((first * one + second * two) / (one + two))


def _level(rules: SecondaryRules, scores: list[Decimal], failed: int) -> Level:
    lowest = min(scores, default=ZERO)
    for rule in rules.learning:
        if failed <= rule.failed_comments and lowest >= rule.lowest:
            enough = rule.count_from
            if len([score for score in scores if score >= enough]) >= rule.count:
                return Level(rule.level)
    return Level(rules.lowest_level)


def level_without_raise(rules: SecondaryRules, values: Mapping[str, Mark]) -> Level:
    """Article 9.2 alone."""
    scores = [value for value in values.values() if isinstance(value, Decimal)]
    return _level(rules, scores, sum(value is Pass.FAILED for value in values.values()))


def learning_level(rules: SecondaryRules, values: Mapping[str, Mark]) -> tuple[Level, str | None]:
    """Articles 9.2 and 9.3: the level, and the one subject that 9.3 turned on, if any.

    A subject is the single cause when a passing value in its place lifts the level by the gap or
    more. It is replaced, not removed: removing it would distort "at least 6 subjects".
    """
    base = level_without_raise(rules, values)
    raising = rules.raising
    if raising is None:
        return base, None
    place = ORDER.index(base)
    targets = [t for t in raising.targets if place - ORDER.index(Level(t)) >= raising.gap]
    if not targets or _too_many_causes(rules, targets, values):
        return base, None
    for code, value in values.items():
        if isinstance(value, Decimal):
            passing: Mark = HIGHEST
        elif value is Pass.FAILED and raising.comment_subjects:
            passing = Pass.PASSED
        else:
            continue
        if level_without_raise(rules, {**values, code: passing}) in targets:
            return ORDER[place - 1], code
    return base, None


def _too_many_causes(rules: SecondaryRules, targets: list[str], values: Mapping[str, Mark]) -> bool:
    """Whether more subjects stand in the way of every target than one replacement removes."""
    wanted = [rule for rule in rules.learning if rule.level in targets]
    lowest = min((rule.lowest for rule in wanted), default=ZERO)
    allowed = max((rule.failed_comments for rule in wanted), default=0)
    causes = [
        v for v in values.values() if (v < lowest if isinstance(v, Decimal) else v is Pass.FAILED)
    ]
    return len(causes) > allowed + 1


def year_conduct(rules: SecondaryRules, conduct: Conduct) -> Level | None:
    """Article 8; after summer training its result replaces (article 13)."""
    if conduct.semester1 is None or conduct.semester2 is None:
        return None
    if conduct.after_summer is not None:
        return conduct.after_summer
    return Level(rules.conduct_year[conduct.semester1, conduct.semester2])


def fails(rules: SecondaryRules, value: Mark | None) -> bool:
    """Whether a year value has to be re-assessed (article 14)."""
    if isinstance(value, Decimal):
        return value < rules.reassess_below
    return value is Pass.FAILED


def _term(
    rules: SecondaryRules,
    inputs: SecondaryInput,
    values: dict[str, Mark | None],
    conduct: Level | None,
) -> TermResult:
    """Exempt subjects stay without a value and do not count."""
    exempt = {subject.code for subject in inputs.subjects if subject.exempt}
    counted = {c: v for c, v in values.items() if v is not None and c not in exempt}
    if not counted or len(counted) + len(exempt) < len(inputs.subjects):
        return TermResult(values, None, None, conduct)
    level, culprit = learning_level(rules, counted)
    return TermResult(values, level, culprit, conduct)


def _promotion(
    rules: SecondaryRules, inputs: SecondaryInput, year: TermResult, waiting: tuple[str, ...]
) -> Promotion | None:
    """Articles 12 to 14. Both Chưa đạt is left to people."""
    learning, conduct = year.learning, year.conduct
    if learning is None or conduct is None:
        return None
    if inputs.absences > rules.absence_limit:
        return Promotion.RETAINED
    if learning is Level.FAILED and conduct is Level.FAILED:
        return Promotion.NEEDS_DECISION
    if conduct is Level.FAILED:
        trained = inputs.conduct.after_summer is not None
        return Promotion.RETAINED if trained else Promotion.SUMMER_TRAINING
    return _after_learning(inputs, learning, waiting)


def _after_learning(inputs: SecondaryInput, learning: Level, waiting: tuple[str, ...]) -> Promotion:
    """Conduct and absences hold; learning decides."""
    if learning is not Level.FAILED:
        return Promotion.PROMOTED
    if waiting:
        return Promotion.REASSESSMENT
    reassessed = any(subject.reassessed is not None for subject in inputs.subjects)
    # Too few scored subjects for any level: the circular gives no way out, so people decide.
    return Promotion.RETAINED if reassessed else Promotion.NEEDS_DECISION


def _title(rules: SecondaryRules, year: TermResult) -> str | None:
    """Article 15."""
    scores = [value for value in year.subjects.values() if isinstance(value, Decimal)]
    for rule in rules.titles:
        if (
            year.learning == rule.learning
            and year.conduct == rule.conduct
            and sum(score >= rule.count_from for score in scores) >= rule.count
        ):
            return rule.id
    return None


def assess(rules: SecondaryRules, inputs: SecondaryInput) -> SecondaryResult:
    """The whole year of one pupil. `year.subjects` holds the values after re-assessment."""
    first: dict[str, Mark | None] = {}
    second: dict[str, Mark | None] = {}
    final: dict[str, Mark | None] = {}
    replaced: dict[str, Mark | None] = {}
    waiting: list[str] = []
    for subject in inputs.subjects:
        code = subject.code
        if subject.exempt:
            first[code] = second[code] = final[code] = None
            continue
        one = first[code] = semester_value(rules, subject, subject.semester1)
        two = second[code] = semester_value(rules, subject, subject.semester2)
        value = final[code] = year_value(rules, subject, one, two)
        if value is not None and subject.reassessed is not None:
            replaced[code], final[code] = value, subject.reassessed
        elif fails(rules, value):
            waiting.append(code)
    conduct = inputs.conduct
    year = _term(rules, inputs, final, year_conduct(rules, conduct))
    promotion = _promotion(rules, inputs, year, tuple(waiting))
    return SecondaryResult(
        semester1=_term(rules, inputs, first, conduct.semester1),
        semester2=_term(rules, inputs, second, conduct.semester2),
        year=year,
        promotion=promotion,
        reassess_subjects=tuple(waiting) if promotion is Promotion.REASSESSMENT else (),
        title=_title(rules, year),
        before_reassessment=replaced,
    )
