"""Circular 22/2021: averages, levels, promotion and titles. Pure; thresholds from the profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import cast

from app.model.assessment import (
    Conduct,
    Demands,
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
    """Average, or Đạt/Chưa đạt, of one semester; None while a mark is missing (article 9.1).

    By an individual education plan: whether it was fulfilled (article 11).
    """
    if subject.demands is not Demands.OTHERS and not subject.demands.common:
        return marks.plan if subject.demands is Demands.INDIVIDUAL else None
    regular = [mark for mark in marks.regular if mark is not None]
    midterm, final = marks.midterm, marks.final
    needed = rules.regular_marks(subject.kind, subject.periods)
    if midterm is None or final is None or len(regular) < needed:
        return None
    if marks.topics:
        if None in marks.topics:
            return None
        # Article 6.3: beside the marks that the subject needs, never instead of one.
        regular += [mark for mark in marks.topics if mark is not None]
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
    if subject.kind is SubjectKind.COMMENT or subject.demands is Demands.INDIVIDUAL:
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
    """Article 8, before summer training."""
    if conduct.semester1 is None or conduct.semester2 is None:
        return None
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
    """The learning level is made of the subjects that ask the same of all pupils."""
    common = common_subjects(inputs)
    counted = {s.code: v for s in common if (v := values[s.code]) is not None}
    if not counted or len(counted) < len(common) or not _level_possible(rules, inputs, common):
        return TermResult(values, None, None, conduct)
    level, culprit = learning_level(rules, counted)
    return TermResult(values, level, culprit, conduct)


def common_subjects(inputs: SecondaryInput) -> Sequence[SecondarySubject]:
    """Those that ask the same of all pupils; of most pupils that is every subject."""
    own = [s for s in inputs.subjects if s.demands is not Demands.OTHERS]
    if not own:
        return inputs.subjects
    return [s for s in inputs.subjects if s.demands.common]


def _level_possible(
    rules: SecondaryRules, inputs: SecondaryInput, common: Sequence[SecondarySubject]
) -> bool:
    """Whether an individual plan leaves enough scored subjects for any level of article 9.2."""
    if len(common) == len(inputs.subjects):
        return True
    scored = [s for s in common if s.kind is SubjectKind.SCORED]
    return len(scored) >= min(rule.count for rule in rules.learning)


def reassessable(
    rules: SecondaryRules, inputs: SecondaryInput, before: TermResult
) -> tuple[str, ...]:
    """Subjects that may be re-assessed: article 14, for conduct Đạt or better before the summer.

    Nobody with more absences than the limit can be promoted by it.
    """
    conduct_holds = before.conduct not in (None, Level.FAILED)
    absent = inputs.absences > rules.absence_limit
    if before.learning is not Level.FAILED or not conduct_holds or absent:
        return ()
    return tuple(
        subject.code
        for subject in inputs.subjects
        if subject.demands.common and fails(rules, before.subjects[subject.code])
    )


def _promotion(
    rules: SecondaryRules, inputs: SecondaryInput, result: SecondaryResult
) -> Promotion | None:
    """Articles 12 to 14. Both Chưa đạt is left to people."""
    before, year = result.before, result.year
    if year.learning is None or year.conduct is None:
        return None
    if inputs.absences > rules.absence_limit:
        return Promotion.RETAINED
    if before.learning is Level.FAILED and before.conduct is Level.FAILED:
        return Promotion.NEEDS_DECISION
    if year.conduct is Level.FAILED:
        trained = inputs.conduct.after_summer is not None
        return Promotion.RETAINED if trained else Promotion.SUMMER_TRAINING
    return _after_learning(inputs, result)


def _after_learning(inputs: SecondaryInput, result: SecondaryResult) -> Promotion:
    """Conduct and absences hold; learning decides."""
    if result.year.learning is not Level.FAILED:
        return Promotion.PROMOTED
    if _waiting(inputs, result):
        return Promotion.REASSESSMENT
    # Too few scored subjects for any level: the circular gives no way out, so people decide.
    return Promotion.RETAINED if result.reassessable else Promotion.NEEDS_DECISION


def _waiting(inputs: SecondaryInput, result: SecondaryResult) -> tuple[str, ...]:
    """Subjects that are open for re-assessment and have no result of it yet."""
    return tuple(
        subject.code
        for subject in inputs.subjects
        if subject.code in result.reassessable and subject.reassessed is None
    )


def _title(rules: SecondaryRules, before: TermResult) -> str | None:
    """Article 15, on the year before re-assessment and summer training."""
    scores = [value for value in before.subjects.values() if isinstance(value, Decimal)]
    for rule in rules.titles:
        if (
            before.learning == rule.learning
            and before.conduct == rule.conduct
            and sum(score >= rule.count_from for score in scores) >= rule.count
        ):
            return rule.id
    return None


def _year(
    rules: SecondaryRules, inputs: SecondaryInput, before: TermResult, open_: tuple[str, ...]
) -> TermResult:
    """The year after what was re-assessed (article 14) and trained in summer (article 13)."""
    again = {
        subject.code: subject.reassessed
        for subject in inputs.subjects
        if subject.code in open_ and subject.reassessed is not None
    }
    trained = before.conduct is Level.FAILED and inputs.conduct.after_summer is not None
    conduct = inputs.conduct.after_summer if trained else before.conduct
    if not again:
        return replace(before, conduct=conduct)
    return _term(rules, inputs, {**before.subjects, **again}, conduct)


def assess(rules: SecondaryRules, inputs: SecondaryInput) -> SecondaryResult:
    """The whole year of one pupil. `year.subjects` holds the values after re-assessment."""
    first: dict[str, Mark | None] = {}
    second: dict[str, Mark | None] = {}
    values: dict[str, Mark | None] = {}
    for subject in inputs.subjects:
        code = subject.code
        one = first[code] = semester_value(rules, subject, subject.semester1)
        two = second[code] = semester_value(rules, subject, subject.semester2)
        values[code] = year_value(rules, subject, one, two)
    conduct = inputs.conduct
    before = _term(rules, inputs, values, year_conduct(rules, conduct))
    again = reassessable(rules, inputs, before)
    result = SecondaryResult(
        semester1=_term(rules, inputs, first, conduct.semester1),
        semester2=_term(rules, inputs, second, conduct.semester2),
        before=before,
        year=_year(rules, inputs, before, again),
        promotion=None,
        reassessable=again,
        title=_title(rules, before),
    )
    promotion = _promotion(rules, inputs, result)
    waiting = _waiting(inputs, result) if promotion is Promotion.REASSESSMENT else ()
    return replace(result, promotion=promotion, reassess_subjects=waiting)
