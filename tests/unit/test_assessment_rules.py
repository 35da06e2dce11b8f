"""Properties that hold for all marks, and the corners of the circulars."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.assessment import primary, secondary
from app.assessment.secondary import ORDER, learning_level, level_without_raise
from app.model.assessment import (
    Conduct,
    Demands,
    Level,
    Mark,
    Overall,
    Pass,
    PrimaryInput,
    PrimarySubject,
    Promotion,
    SecondaryInput,
    SecondaryResult,
    SecondarySubject,
    SemesterMarks,
    SubjectKind,
    SubjectLevel,
    TraitLevel,
)
from app.profile import PrimaryRules, SecondaryRules, shipped


def secondary_rules() -> SecondaryRules:
    rules = shipped().for_grade("2026-2027", 8).rules
    assert isinstance(rules, SecondaryRules)
    return rules


def primary_rules() -> PrimaryRules:
    rules = shipped().for_grade("2026-2027", 4).rules
    assert isinstance(rules, PrimaryRules)
    return rules


RULES, PRIMARY = secondary_rules(), primary_rules()

tenths = st.integers(0, 100).map(lambda n: Decimal(n) / 10)
interesting = st.sampled_from(
    [Decimal(t) for t in ("3.4", "3.5", "4.9", "5.0", "6.4", "6.5", "7.9", "8.0", "9.0")]
)
scores = st.lists(st.one_of(tenths, interesting), min_size=1, max_size=10)
passes = st.lists(st.sampled_from([Pass.PASSED, Pass.PASSED, Pass.FAILED]), max_size=4)
values = st.tuples(scores, passes).map(
    lambda both: {f"M{n}": mark for n, mark in enumerate([*both[0], *both[1]])}
)


def place(level: Level) -> int:
    return ORDER.index(level)


@settings(max_examples=400, deadline=None)
@given(values, st.data())
def test_raising_a_mark_never_lowers_the_level(marks: dict[str, Mark], data: st.DataObject) -> None:
    code = data.draw(st.sampled_from(sorted(marks)))
    old = marks[code]
    better: Mark = Pass.PASSED
    if isinstance(old, Decimal):
        better = data.draw(tenths.filter(lambda score: score >= old))
    assert place(learning_level(RULES, {**marks, code: better})[0]) <= place(
        learning_level(RULES, marks)[0]
    )


@settings(max_examples=300, deadline=None)
@given(values, st.randoms(use_true_random=False))
def test_the_order_of_subjects_does_not_matter(
    marks: dict[str, Mark], chance: random.Random
) -> None:
    shuffled = list(marks.items())
    chance.shuffle(shuffled)
    assert learning_level(RULES, dict(shuffled)) == learning_level(RULES, marks)


@settings(max_examples=400, deadline=None)
@given(values)
def test_a_level_is_raised_once_at_most_and_only_for_one_cause(marks: dict[str, Mark]) -> None:
    base = level_without_raise(RULES, marks)
    level, cause = learning_level(RULES, marks)
    assert place(base) - place(level) == (0 if cause is None else 1)
    if cause is not None:
        passing: Mark = Decimal(10) if isinstance(marks[cause], Decimal) else Pass.PASSED
        without = level_without_raise(RULES, {**marks, cause: passing})
        assert place(base) - place(without) >= 2


@settings(max_examples=200, deadline=None)
@given(st.lists(tenths, min_size=6, max_size=6), st.integers(0, 5), tenths)
def test_an_average_lies_among_its_marks_and_grows_with_them(
    marks: list[Decimal], which: int, better: Decimal
) -> None:
    def average(six: list[Decimal]) -> Decimal:
        subject = SecondarySubject("TOAN", SubjectKind.SCORED, 140)
        value = secondary.semester_value(
            RULES, subject, SemesterMarks(tuple(six[:4]), six[4], six[5])
        )
        assert isinstance(value, Decimal)
        return value

    first = average(marks)
    assert min(marks) <= first <= max(marks)
    raised = [max(m, better) if n == which else m for n, m in enumerate(marks)]
    assert average(raised) >= first


def test_halves_are_rounded_up_not_to_even() -> None:
    assert secondary.rounded(Decimal("8.25")) == Decimal("8.3")
    assert secondary.rounded(Decimal("8.35")) == Decimal("8.4")
    assert secondary.rounded(Decimal("8.2499")) == Decimal("8.2")


def eight(*marks: str, comments: str = "D") -> dict[str, Mark]:
    found: dict[str, Mark] = {f"M{n}": Decimal(m) for n, m in enumerate(marks)}
    return {**found, "GDTC": Pass(comments)}


@pytest.mark.parametrize(
    ("marks", "level", "cause"),
    [
        (eight(*["8.5"] * 7, "4.0"), Level.FAIR, "M7"),
        (eight(*["8.5"] * 7, "3.0"), Level.PASSED, "M7"),
        (eight(*["8.5"] * 7, "6.0"), Level.FAIR, None),
        (eight(*["8.5"] * 6, "3.0", "4.0"), Level.FAILED, None),
        (eight(*["8.5"] * 8, comments="CD"), Level.FAIR, "GDTC"),
        (eight(*["6.5"] * 8, comments="CD"), Level.PASSED, None),
        (eight(*["6.5"] * 7, "3.0"), Level.PASSED, "M7"),
        (eight(*["8.5"] * 5, "6.5", "6.5", "4.0"), Level.FAIR, "M7"),
    ],
)
def test_article_9_3_on_its_worked_examples(
    marks: dict[str, Mark], level: Level, cause: str | None
) -> None:
    assert learning_level(RULES, marks) == (level, cause)


def test_a_province_may_leave_comment_subjects_out_of_article_9_3() -> None:
    assert RULES.raising is not None
    strict = replace(RULES, raising=replace(RULES.raising, comment_subjects=False))
    marks = eight(*["8.5"] * 8, comments="CD")
    assert learning_level(strict, marks) == (Level.PASSED, None)
    assert learning_level(replace(RULES, raising=None), marks) == (Level.PASSED, None)


def subject(code: str, mark: str, kind: SubjectKind = SubjectKind.SCORED) -> SecondarySubject:
    value: Mark = Decimal(mark) if kind is SubjectKind.SCORED else Pass(mark)
    marks = SemesterMarks((value, value), value, value)
    return SecondarySubject(code, kind, 35, marks, marks)


def pupil(*marks: str, conduct: Conduct | None = None, absences: int = 0) -> SecondaryInput:
    subjects = tuple(subject(f"M{n}", mark) for n, mark in enumerate(marks))
    return SecondaryInput(8, subjects, conduct or Conduct(Level.GOOD, Level.GOOD), absences)


FAILED = Conduct(Level.GOOD, Level.FAILED)


@pytest.mark.parametrize(
    ("inputs", "promotion"),
    [
        (pupil(*["8.0"] * 8), Promotion.PROMOTED),
        (pupil(*["8.0"] * 8, absences=45), Promotion.PROMOTED),
        (pupil(*["8.0"] * 8, absences=46), Promotion.RETAINED),
        (pupil(*["3.0"] * 8), Promotion.REASSESSMENT),
        (pupil(*["8.0"] * 8, conduct=FAILED), Promotion.SUMMER_TRAINING),
        (
            pupil(*["8.0"] * 8, conduct=replace(FAILED, after_summer=Level.FAILED)),
            Promotion.RETAINED,
        ),
        (
            pupil(*["8.0"] * 8, conduct=replace(FAILED, after_summer=Level.PASSED)),
            Promotion.PROMOTED,
        ),
        (pupil(*["3.0"] * 8, conduct=FAILED), Promotion.NEEDS_DECISION),
        (pupil(*["3.0"] * 8, conduct=FAILED, absences=46), Promotion.RETAINED),
        (pupil(*["3.0"] * 8, conduct=Conduct()), None),
        (pupil(*["8.0"] * 5), Promotion.NEEDS_DECISION),
    ],
)
def test_promotion(inputs: SecondaryInput, promotion: Promotion | None) -> None:
    assert secondary.assess(RULES, inputs).promotion is promotion


def test_reassessment_ends_when_every_failed_subject_has_been_taken_again() -> None:
    inputs = pupil(*["8.0"] * 5, "3.0", "3.0", "3.0")
    once = [*inputs.subjects[:5], replace(inputs.subjects[5], reassessed=Decimal("3.2"))]
    waiting = secondary.assess(RULES, replace(inputs, subjects=(*once, *inputs.subjects[6:])))
    assert waiting.promotion is Promotion.REASSESSMENT
    assert waiting.reassess_subjects == ("M6", "M7")
    again = tuple(replace(s, reassessed=Decimal("3.2")) for s in inputs.subjects[5:])
    done = secondary.assess(RULES, replace(inputs, subjects=(*inputs.subjects[:5], *again)))
    assert done.promotion is Promotion.RETAINED
    assert {done.before.subjects[code] for code in ("M5", "M6", "M7")} == {Decimal("3.0")}
    assert done.year.subjects["M5"] == Decimal("3.2")


def test_a_comment_subject_counts_semester_two_for_the_year() -> None:
    sport = subject("GDTC", "D", SubjectKind.COMMENT)
    failed = SemesterMarks((Pass.PASSED, Pass.FAILED), Pass.PASSED, Pass.PASSED)
    inputs = pupil(*["8.0"] * 8)
    result = secondary.assess(
        RULES, replace(inputs, subjects=(*inputs.subjects, replace(sport, semester1=failed)))
    )
    assert result.semester1.subjects["GDTC"] is Pass.FAILED
    assert result.year.subjects["GDTC"] is Pass.PASSED
    assert result.title == "gioi"


def test_a_pupil_who_is_assessed_in_nothing_has_no_level() -> None:
    inputs = pupil("8.0")
    released = tuple(replace(s, demands=Demands.NOT_ASSESSED) for s in inputs.subjects)
    assert secondary.assess(RULES, replace(inputs, subjects=released)).year.learning is None


def test_reassessment_counts_only_for_who_is_entitled_to_it_and_where_it_is_open() -> None:
    """Article 14: conduct Đạt or better, learning Chưa đạt, subjects below 5.0."""

    def again(inputs: SecondaryInput) -> SecondaryResult:
        better = tuple(replace(s, reassessed=Decimal("9.0")) for s in inputs.subjects)
        return secondary.assess(RULES, replace(inputs, subjects=better))

    weak = pupil(*["8.0"] * 5, "3.0", "3.0", "3.0")
    result = again(weak)
    assert result.reassessable == ("M5", "M6", "M7")
    assert result.year.subjects["M0"] == Decimal("8.0")
    assert (result.year.learning, result.title) == (Level.GOOD, None)
    for refused in (
        pupil(*["8.0"] * 8),
        pupil(*["8.0"] * 7, "4.0"),
        replace(weak, absences=46),
        replace(weak, conduct=FAILED),
        replace(weak, conduct=replace(FAILED, after_summer=Level.GOOD)),
        replace(weak, conduct=Conduct(Level.GOOD)),
    ):
        result = again(refused)
        assert result.reassessable == ()
        assert result.year.subjects == result.before.subjects


def test_summer_training_counts_only_after_conduct_chua_dat() -> None:
    """Article 13; elsewhere its result is as if not there."""
    good = pupil(*["8.0"] * 8, conduct=Conduct(Level.FAIR, Level.FAIR, Level.GOOD))
    result = secondary.assess(RULES, good)
    assert (result.year.conduct, result.summer_open, result.title) == (Level.FAIR, False, None)
    poor = pupil(*["8.0"] * 8, conduct=replace(FAILED, after_summer=Level.GOOD))
    result = secondary.assess(RULES, poor)
    assert (result.year.conduct, result.summer_open, result.title) == (Level.GOOD, True, None)


def test_both_failed_stays_with_people_also_after_the_summer() -> None:
    both = pupil(*["3.0"] * 8, conduct=replace(FAILED, after_summer=Level.GOOD))
    assert secondary.assess(RULES, both).promotion is Promotion.NEEDS_DECISION


def test_an_individual_plan_leaves_the_level_to_the_other_subjects() -> None:
    """Article 11: the plan's result is its own; too few common subjects make no level."""
    inputs = pupil(*["8.0"] * 8)
    marks = SemesterMarks(plan=Pass.FAILED)
    planned = tuple(
        replace(s, demands=Demands.INDIVIDUAL, semester1=marks, semester2=marks)
        for s in inputs.subjects[:2]
    )
    result = secondary.assess(RULES, replace(inputs, subjects=(*planned, *inputs.subjects[2:])))
    assert result.before.subjects["M0"] is Pass.FAILED
    assert (result.year.learning, result.reassessable) == (Level.GOOD, ())
    fewer = (*planned, replace(inputs.subjects[2], demands=Demands.NOT_ASSESSED))
    result = secondary.assess(RULES, replace(inputs, subjects=(*fewer, *inputs.subjects[3:])))
    assert (result.year.learning, result.promotion) == (None, None)


def young(level: str = "T", test: int | None = 9, trait: str = "T") -> PrimaryInput:
    subjects = (
        PrimarySubject("TOAN", SubjectLevel(level), tested=True, test=test),
        PrimarySubject("GDTC", SubjectLevel.GOOD),
        PrimarySubject("AM_NHAC", None, demands=Demands.NOT_ASSESSED),
    )
    return PrimaryInput(4, subjects, {"NHAN_AI": TraitLevel(trait)}, {"TIN_HOC": TraitLevel.GOOD})


@pytest.mark.parametrize(
    ("inputs", "overall", "promotion", "award"),
    [
        (young(), "HTXS", "promoted", "xuat_sac"),
        (young(test=8), "HTT", "promoted", "tieu_bieu_if_recognised"),
        (young(test=6), "HT", "promoted", None),
        (young(level="H"), "HT", "promoted", None),
        (young(trait="D"), "HT", "promoted", None),
        (young(test=4), "CHT", "support_and_reassess", None),
        (young(level="C"), "CHT", "support_and_reassess", None),
        (young(trait="C"), "CHT", "support_and_reassess", None),
        (young(test=None), None, None, None),
        (PrimaryInput(4, ()), None, None, None),
        (replace(young(), qualities={"NHAN_AI": None}), None, None, None),
        (replace(young(), competences={"TIN_HOC": None}), None, None, None),
        (
            PrimaryInput(1, (PrimarySubject("GDTC", SubjectLevel.GOOD),)),
            "HTXS",
            "promoted",
            "xuat_sac",
        ),
    ],
)
def test_primary_results(
    inputs: PrimaryInput, overall: str | None, promotion: str | None, award: str | None
) -> None:
    result = primary.assess(PRIMARY, inputs)
    assert (result.overall, result.promotion, result.award) == (overall, promotion, award)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 10), min_size=3, max_size=3), st.integers(0, 2), st.integers(1, 10))
def test_raising_a_test_never_lowers_a_primary_result(
    tests: list[int], which: int, better: int
) -> None:
    def result(scores: list[int]) -> int:
        subjects = tuple(
            PrimarySubject(f"M{n}", SubjectLevel.GOOD, tested=True, test=score)
            for n, score in enumerate(scores)
        )
        overall = primary.overall(PRIMARY, PrimaryInput(4, subjects))
        assert overall is not None
        return list(Overall).index(overall)

    raised = [max(t, better) if n == which else t for n, t in enumerate(tests)]
    assert result(raised) <= result(tests)
