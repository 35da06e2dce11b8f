"""Circular 27/2020: the year's result, promotion and award. Pure; rules from the profile."""

from __future__ import annotations

from app.model.assessment import (
    Demands,
    Overall,
    PrimaryInput,
    PrimaryResult,
    PrimarySubject,
    Promotion,
)
from app.profile import PrimaryRules


def lacks_test(subject: PrimarySubject) -> bool:
    """Whether a periodic test is still to come; a plan may do without (article 8)."""
    return subject.tested and subject.demands.common and subject.test is None


def complete(inputs: PrimaryInput) -> bool:
    """Whether every level and every test that counts is there."""
    subjects = [s for s in inputs.subjects if s.demands is not Demands.NOT_ASSESSED]
    return bool(subjects) and not (
        any(s.level is None or lacks_test(s) for s in subjects)
        or None in inputs.qualities.values()
        or None in inputs.competences.values()
    )


def overall(rules: PrimaryRules, inputs: PrimaryInput) -> Overall | None:
    """Article 9.2; None while something is missing."""
    if not complete(inputs):
        return None
    subjects = [s for s in inputs.subjects if s.demands is not Demands.NOT_ASSESSED]
    levels = {subject.level for subject in subjects}
    traits = {*inputs.qualities.values(), *inputs.competences.values()}
    lowest = min(
        (s.test for s in subjects if s.tested and s.test is not None), default=rules.test_highest
    )
    for rule in rules.overall:
        if levels <= rule.subjects and traits <= rule.traits and lowest >= rule.lowest_test:
            return Overall(rule.level)
    return Overall(rules.lowest_level)


def assess(rules: PrimaryRules, inputs: PrimaryInput) -> PrimaryResult:
    """Articles 9.2, 11 and 13. An award that the class must recognise is only proposed."""
    result = overall(rules, inputs)
    if result is None:
        return PrimaryResult(None, None, None)
    done = result != rules.lowest_level
    award = next((award.id for award in rules.awards if award.overall == result), None)
    return PrimaryResult(
        overall=result,
        promotion=Promotion.PROMOTED if done else Promotion.SUPPORT_AND_REASSESS,
        award=award,
    )
