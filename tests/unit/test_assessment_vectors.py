"""The agreed cases, and every way an input line can be wrong."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.assessment import exchange
from app.cli.assess import command
from app.errors import AssessmentInputError
from app.profile import shipped

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "assessment.jsonl").read_text().splitlines()
]
SECONDARY = next(c["input"] for c in CASES if c["input"]["circular"] == "TT22-2021")
PRIMARY = next(c["input"] for c in CASES if c["input"]["circular"] == "TT27-2020")


def answer(line: Any) -> dict[str, Any]:
    raw = line if isinstance(line, bytes) else json.dumps(line).encode()
    return exchange.answer(exchange.read_line(raw), shipped())


@pytest.mark.parametrize("number", range(len(CASES)))
def test_every_agreed_case_is_answered_as_expected(number: int) -> None:
    assert answer(CASES[number]["input"]) == CASES[number]["expected"]


def test_the_command_answers_all_lines_in_order(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(json.dumps(case["input"]) for case in CASES) + "\n\n")
    done = CliRunner().invoke(command, [str(file)])
    assert done.exit_code == 0
    answers = [json.loads(line) for line in done.output.splitlines()]
    assert answers == [case["expected"] for case in CASES]


def test_a_wrong_line_is_answered_in_its_place_and_the_others_still_are() -> None:
    lines = [json.dumps(PRIMARY), "", "{", "[]", "NaN", json.dumps(SECONDARY)]
    done = CliRunner().invoke(command, ["-"], input="\n".join(lines))
    assert done.exit_code == 1
    answers = [json.loads(line) for line in done.output.splitlines()]
    assert ["error" in a for a in answers] == [False, True, True, True, False]
    assert answers[1]["error"]["code"] == "assessment.invalid_input"
    assert answers[1]["error"]["message"] == "Không hợp lệ: dòng không phải JSON hợp lệ."


def test_letters_that_no_output_can_hold_cost_one_answer_only() -> None:
    half = json.dumps(changed(SECONDARY, "subjects.1.code", "\ud800"))
    field = json.dumps({**PRIMARY, "\ud800": 1})
    result = CliRunner().invoke(command, ["-"], input="\n".join([half, field, json.dumps(PRIMARY)]))
    assert result.exit_code == 1
    answers = [json.loads(line) for line in result.output.splitlines()]
    assert ["error" in answer for answer in answers] == [True, True, False]


def test_a_line_that_is_too_long_costs_one_answer_only() -> None:
    long = b'{"circular": "' + b"x" * (2 * exchange.LONGEST_LINE) + b'"}\n'
    blank = b" " * (exchange.LONGEST_LINE + 5) + b"{}\n"
    done = CliRunner().invoke(command, ["-"], input=long + blank + json.dumps(PRIMARY).encode())
    answers = [json.loads(line) for line in done.output.splitlines()]
    assert ["error" in a for a in answers] == [True, True, False]


def test_a_missing_file_is_wrong_usage(tmp_path: Path) -> None:
    assert CliRunner().invoke(command, [str(tmp_path / "none.jsonl")]).exit_code == 2


def changed(source: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the value at a path such as 'subjects.0.periods' set, or removed by `...`."""
    data = copy.deepcopy(source)
    *parents, last = [int(p) if p.isdigit() else p for p in path.split(".")]
    place: Any = data
    for part in parents:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return data


@pytest.mark.parametrize(
    ("source", "path", "value", "field"),
    [
        (SECONDARY, "circular", "TT58-2011", "circular"),
        (SECONDARY, "circular", None, "circular"),
        (SECONDARY, "circular", ["TT22-2021"], "circular"),
        (SECONDARY, "grade", 5, "grade"),
        (PRIMARY, "grade", 6, "grade"),
        (PRIMARY, "grade", 0, "grade"),
        (SECONDARY, "grade", 13, "grade"),
        (SECONDARY, "grade", 8.5, "grade"),
        (SECONDARY, "grade", True, "grade"),
        (SECONDARY, "grade", "8", "grade"),
        (SECONDARY, "grade", ..., "grade"),
        (SECONDARY, "subjects", [], "subjects"),
        (SECONDARY, "subjects", {}, "subjects"),
        (SECONDARY, "subjects", ..., "subjects"),
        (SECONDARY, "subjects", [{}] * 101, "subjects"),
        (SECONDARY, "subjects.0", 7, "subjects[0]"),
        (SECONDARY, "subjects.1.code", "NGU_VAN", "subjects[1].code"),
        (SECONDARY, "subjects.1.code", "", "subjects[1].code"),
        (SECONDARY, "subjects.1.code", 4, "subjects[1].code"),
        (SECONDARY, "subjects.1.code", "TO\nAN", "subjects[1].code"),
        (SECONDARY, "subjects.0.kind", "level", "subjects[0].kind"),
        (SECONDARY, "subjects.0.kind", None, "subjects[0].kind"),
        (SECONDARY, "subjects.0.periods", 0, "subjects[0].periods"),
        (SECONDARY, "subjects.0.periods", -35, "subjects[0].periods"),
        (SECONDARY, "subjects.0.periods", None, "subjects[0].periods"),
        (SECONDARY, "subjects.0.reasessed", 5.0, "subjects[0].reasessed"),
        (SECONDARY, "subjects.0.reassessed", "D", "subjects[0].reassessed"),
        (SECONDARY, "subjects.8.reassessed", 5.0, "subjects[8].reassessed"),
        (SECONDARY, "subjects.0.exempt", True, "subjects[0].exempt"),
        (SECONDARY, "subjects.0.demands", "easy", "subjects[0].demands"),
        (SECONDARY, "subjects.0.semester1.topics", 8, "subjects[0].semester1.topics"),
        (SECONDARY, "subjects.0.semester1.topics", ["D"], "subjects[0].semester1.topics[0]"),
        (SECONDARY, "subjects.8.semester1.topics", ["D", 8], "subjects[8].semester1.topics[1]"),
        (SECONDARY, "subjects.8.semester1.regular", ["D"] * 3, "subjects[8].semester1.regular"),
        (SECONDARY, "subjects.0.semester1.plan", 8, "subjects[0].semester1.plan"),
        (SECONDARY, "subjects.0.semester1", [], "subjects[0].semester1"),
        (SECONDARY, "subjects.0.semester1.regular", 8, "subjects[0].semester1.regular"),
        (SECONDARY, "subjects.0.semester1.regular", [8] * 5, "subjects[0].semester1.regular"),
        (SECONDARY, "subjects.0.semester1.regular.2", 10.1, "subjects[0].semester1.regular[2]"),
        (SECONDARY, "subjects.0.semester1.midterm", 8.55, "subjects[0].semester1.midterm"),
        (SECONDARY, "subjects.0.semester1.midterm", -1, "subjects[0].semester1.midterm"),
        (SECONDARY, "subjects.0.semester1.midterm", "8", "subjects[0].semester1.midterm"),
        (SECONDARY, "subjects.0.semester1.midterm", True, "subjects[0].semester1.midterm"),
        (SECONDARY, "subjects.0.semester2.final", 10**400, "subjects[0].semester2.final"),
        (SECONDARY, "subjects.8.semester2.final", "Đ", "subjects[8].semester2.final"),
        (SECONDARY, "subjects.8.semester2.final", 8, "subjects[8].semester2.final"),
        (SECONDARY, "subjects.0.semester2.bonus", 1, "subjects[0].semester2.bonus"),
        (SECONDARY, "conduct", [], "conduct"),
        (SECONDARY, "conduct.semester1", "H", "conduct.semester1"),
        (SECONDARY, "conduct.semester3", "T", "conduct.semester3"),
        (SECONDARY, "absences", -1, "absences"),
        (SECONDARY, "absences", 1.5, "absences"),
        (SECONDARY, "absences", 10**9, "absences"),
        (SECONDARY, "qualities", {}, "qualities"),
        (SECONDARY, "school_year", "1999-2000", "school_year"),
        (SECONDARY, "school_year", 2026, "school_year"),
        (PRIMARY, "subjects.0.test", 11, "subjects[0].test"),
        (PRIMARY, "subjects.0.test", -1, "subjects[0].test"),
        (PRIMARY, "subjects.0.test", 7.5, "subjects[0].test"),
        (PRIMARY, "subjects.0.level", "D", "subjects[0].level"),
        (PRIMARY, "subjects.0.level", {}, "subjects[0].level"),
        (PRIMARY, "subjects.0.tested", None, "subjects[0].tested"),
        (PRIMARY, "qualities.NHAN_AI", "H", "qualities.NHAN_AI"),
        (PRIMARY, "qualities", None, "qualities"),
        (PRIMARY, "competences", ..., "competences"),
        (PRIMARY, "absences", 3, "absences"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_field(
    source: dict[str, Any], path: str, value: Any, field: str
) -> None:
    with pytest.raises(AssessmentInputError) as caught:
        answer(changed(source, path, value))
    assert caught.value.params["field"] == field
    assert caught.value.params["reason"]


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"grade": 1, "grade": 2}',
        b'{"grade": Infinity}',
        b'{"grade": 1e99999999999999999999999}',
        b"x" * (exchange.LONGEST_LINE + 1),
        b"3",
    ],
)
def test_what_is_not_a_plain_json_object_is_refused(line: bytes) -> None:
    with pytest.raises(AssessmentInputError):
        exchange.read_line(line)


def test_a_huge_exponent_is_refused_at_once() -> None:
    line = json.dumps(SECONDARY).replace('"absences": 0', '"absences": 1e999999').encode()
    with pytest.raises(AssessmentInputError):
        answer(line)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("subjects.0.semester1", None),
        ("subjects.0.semester1", ...),
        ("subjects.0.semester1.regular", None),
        ("subjects.0.semester1.regular", []),
        ("subjects.0.semester1.regular", [8, None, 7, 6]),
        ("subjects.0.semester1.regular", [8, 7, 6]),
        ("subjects.0.semester1.midterm", None),
        ("subjects.0.semester1.final", ...),
    ],
)
def test_a_mark_that_is_not_there_leaves_the_average_open(path: str, value: Any) -> None:
    result = answer(changed(SECONDARY, path, value))
    assert result["semester1"]["subjects"]["NGU_VAN"] is None
    assert result["semester1"]["learning"] is None
    assert result["year"]["subjects"]["NGU_VAN"] is None
    assert result["year"]["promotion"] is None


def test_places_without_a_mark_do_not_make_too_many_marks() -> None:
    one, two = SECONDARY["subjects"][3]["semester1"]["regular"]
    given = changed(SECONDARY, "subjects.3.semester1.regular", [one, None, two, None])
    assert answer(given) == answer(SECONDARY)


def test_conduct_and_absences_may_be_left_out() -> None:
    given = changed(changed(SECONDARY, "conduct", ...), "absences", ...)
    year = answer(given)["year"]
    assert year["conduct"] is None
    assert year["promotion"] is None
    assert answer(changed(SECONDARY, "conduct", None)) == answer(given)


def test_a_subject_that_is_not_assessed_does_not_count() -> None:
    given = changed(SECONDARY, "subjects.0.demands", "not_assessed")
    result = answer(given)
    assert result["year"]["subjects"]["NGU_VAN"] is None
    others = [s for s in SECONDARY["subjects"] if s["code"] != "NGU_VAN"]
    without = answer({**SECONDARY, "subjects": others})
    assert result["year"]["learning"] == without["year"]["learning"]


def test_every_topic_is_a_regular_mark_more_and_fills_no_place_of_another() -> None:
    marks = {"regular": [6.0, 6.0, 6.0, 6.0], "midterm": 6.0, "final": 6.0}
    given = changed(SECONDARY, "subjects.0.semester1", {**marks, "topics": [10.0, 10.0]})
    assert answer(given)["semester1"]["subjects"]["NGU_VAN"] == "6.7"  # (24 + 20 + 30) / 11
    short = {**marks, "regular": [6.0, 6.0, 6.0], "topics": [10.0]}
    given = changed(SECONDARY, "subjects.0.semester1", short)
    assert answer(given)["semester1"]["subjects"]["NGU_VAN"] is None
    waiting = changed(SECONDARY, "subjects.0.semester1", {**marks, "topics": [None]})
    assert answer(waiting)["semester1"]["subjects"]["NGU_VAN"] is None


def test_a_failed_topic_fails_the_semester_of_a_comment_subject() -> None:
    given = changed(SECONDARY, "subjects.8.semester2.topics", ["CD"])
    assert answer(given)["semester2"]["subjects"]["GDTC"] == "CD"


def test_zero_is_a_mark_of_a_primary_test() -> None:
    result = answer(changed(PRIMARY, "subjects.0.test", 0))
    assert (result["overall"], result["promotion"]) == ("CHT", "support_and_reassess")


def test_continuing_education_is_answered_by_its_own_circular() -> None:
    """Circular 43/2021: Tốt with 8.0 in five subjects."""

    def subject(code: str, mark: float) -> dict[str, Any]:
        marks = {"regular": [mark] * 2, "midterm": mark, "final": mark}
        return {
            "code": code, "kind": "scored", "periods": 35, "semester1": marks, "semester2": marks
        }  # fmt: skip

    subjects = [subject(f"M{n}", 8.0 if n < 5 else 7.0) for n in range(7)]
    conduct = {"semester1": "T", "semester2": "T"}
    given = {"circular": "TT43-2021", "grade": 11, "subjects": subjects, "conduct": conduct}
    assert answer(given)["year"]["learning"] == "T"
    assert answer({**given, "circular": "TT22-2021"})["year"]["learning"] == "K"
    with pytest.raises(AssessmentInputError):
        answer({**given, "grade": 5})
