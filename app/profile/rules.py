"""Reads the rule tables of an assessment profile."""

from __future__ import annotations

from app.profile.grade import (
    AwardRule,
    LearningRule,
    OverallRule,
    PrimaryRules,
    RaiseRule,
    SecondaryRules,
    TitleRule,
)
from app.profile.reader import Section

LEVELS = ("T", "K", "D", "CD")
SUBJECT_LEVELS = ("T", "H", "C")
TRAIT_LEVELS = ("T", "D", "C")
OVERALL_LEVELS = ("HTXS", "HTT", "HT", "CHT")
MOST_PERIODS = 2000


def _learning(section: Section) -> LearningRule:
    rule = LearningRule(
        level=section.text("level", among=LEVELS),
        lowest=section.decimal("lowest"),
        count=section.integer("count", high=30),
        count_from=section.decimal("count_from"),
        failed_comments=section.integer("failed_comments", high=30),
    )
    section.finish()
    return rule


def _raising(section: Section) -> RaiseRule:
    rule = RaiseRule(
        gap=section.integer("gap", low=1, high=3),
        targets=section.texts("targets", among=LEVELS),
        comment_subjects=section.boolean("comment_subjects"),
    )
    section.finish()
    return rule


def _title(section: Section) -> TitleRule:
    rule = TitleRule(
        id=section.text("id"),
        name=section.text("name"),
        learning=section.text("learning", among=LEVELS),
        conduct=section.text("conduct", among=LEVELS),
        count=section.integer("count", high=30),
        count_from=section.decimal("count_from"),
    )
    section.finish()
    return rule


def _marks_needed(sections: tuple[Section, ...]) -> tuple[tuple[int, int], ...]:
    steps: list[tuple[int, int]] = []
    for section in sections:
        step = (
            section.integer("up_to_periods", MOST_PERIODS, low=1, high=MOST_PERIODS),
            section.integer("marks", low=1, high=9),
        )
        section.finish()
        if steps and step[0] <= steps[-1][0]:
            raise section.error("up_to_periods", "phải tăng dần")
        steps.append(step)
    if steps[-1][0] != MOST_PERIODS:
        raise sections[-1].error("up_to_periods", "bậc cuối không được đặt giới hạn")
    return tuple(steps)


def _conduct_year(section: Section) -> dict[tuple[str, str], str]:
    table = {}
    for second in LEVELS:
        row = section.section(second)
        for first in LEVELS:
            table[first, second] = row.text(first, among=LEVELS)
        row.finish()
    section.finish()
    return table


def secondary(section: Section) -> SecondaryRules:
    """The rules of a secondary level; what a pupil chooses from is not among them."""
    weights = section.section("weights")
    rules = SecondaryRules(
        marks_needed=_marks_needed(section.sections("regular_marks")),
        # Files from before 2026-11-30 know one rule for all subjects.
        comment_marks=section.integer("comment_regular_marks", 0, high=9),
        topic_marks=section.integer("topic_marks", 0, high=9),
        weights=(
            weights.integer("regular", low=1, high=9),
            weights.integer("midterm", low=1, high=9),
            weights.integer("final", low=1, high=9),
        ),
        year_weights=(
            weights.integer("semester1", low=1, high=9),
            weights.integer("semester2", low=1, high=9),
        ),
        learning=tuple(_learning(s) for s in section.sections("learning")),
        lowest_level=section.text("lowest_level", among=LEVELS),
        raising=_raising(section.section("raise")) if section.has("raise") else None,
        conduct_year=_conduct_year(section.section("conduct_year")),
        absence_limit=section.integer("absence_limit", high=366),
        reassess_below=section.decimal("reassess_below"),
        titles=tuple(_title(s) for s in section.sections("titles")),
    )
    weights.finish()
    order = [LEVELS.index(rule.level) for rule in rules.learning]
    if order != sorted(set(order)) or LEVELS.index(rules.lowest_level) <= order[-1]:
        raise section.error("learning", "các mức phải khác nhau và xếp từ cao xuống thấp")
    return rules


def _overall(section: Section) -> OverallRule:
    rule = OverallRule(
        level=section.text("level", among=OVERALL_LEVELS),
        name=section.text("name"),
        subjects=frozenset(section.texts("subjects", among=SUBJECT_LEVELS)),
        traits=frozenset(section.texts("traits", among=TRAIT_LEVELS)),
        lowest_test=section.integer("lowest_test", high=10),
    )
    section.finish()
    return rule


def _award(section: Section) -> AwardRule:
    rule = AwardRule(
        id=section.text("id"),
        name=section.text("name"),
        overall=section.text("overall", among=OVERALL_LEVELS),
        needs_recognition=section.boolean("needs_recognition", False),
    )
    section.finish()
    return rule


def primary(section: Section) -> PrimaryRules:
    rules = PrimaryRules(
        overall=tuple(_overall(s) for s in section.sections("overall")),
        lowest_level=section.text("lowest_level", among=OVERALL_LEVELS),
        lowest_name=section.text("lowest_name"),
        test_lowest=section.integer("test_lowest", high=10),
        test_highest=section.integer("test_highest", low=1, high=100),
        awards=tuple(_award(s) for s in section.sections("awards")),
    )
    order = [OVERALL_LEVELS.index(rule.level) for rule in rules.overall]
    if order != sorted(set(order)) or OVERALL_LEVELS.index(rules.lowest_level) <= order[-1]:
        raise section.error("overall", "các mức phải khác nhau và xếp từ cao xuống thấp")
    return rules
