"""Assessment inputs and results as JSON, one object a line: strict in, plain out.

Shape of both: `hocba assess --help`. Everything a line may hold is checked before the rules see
it, and a refusal names the field in the input's own words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from app.assessment import primary, secondary
from app.errors import AppError, AssessmentInputError, ProfileMissing
from app.model.assessment import (
    Circular,
    Conduct,
    Demands,
    Level,
    Mark,
    Pass,
    PrimaryInput,
    PrimaryResult,
    PrimarySubject,
    SecondaryInput,
    SecondaryResult,
    SecondarySubject,
    SemesterMarks,
    SubjectKind,
    SubjectLevel,
    TermResult,
    TraitLevel,
)
from app.model.marks import rounded
from app.profile import GradeProfile, PrimaryRules, Profiles, Programme, SecondaryRules

LONGEST_LINE = 1_000_000
"""Bytes of one input line."""
MOST_SUBJECTS = 100
MOST_ABSENCES = 999
MOST_PERIODS = 2000

_Letter = TypeVar("_Letter", bound=StrEnum)


def refuse(field: str, reason: str) -> AssessmentInputError:
    """The error, for the caller to raise, that `field` (a path as in the input) is refused.

    `reason` is Vietnamese, for the person who wrote the line.
    """
    return AssessmentInputError(f"{field}: {reason}", field=field, reason=reason)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise refuse("", "có trường được viết hai lần trong một đối tượng")
    return found


def _constant(name: str) -> Any:
    raise refuse("", f"{name} không phải là số")


def read_line(line: bytes) -> dict[str, Any]:
    """One line as a JSON object with exact numbers. Raises `AssessmentInputError`."""
    if len(line) > LONGEST_LINE:
        raise refuse("", "dòng quá dài")
    try:
        data = json.loads(
            line.decode("utf-8-sig"),
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_constant,
            object_pairs_hook=_pairs,
        )
    except UnicodeDecodeError as error:
        raise refuse("", "dòng không phải UTF-8") from error
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise refuse("", "dòng không phải JSON hợp lệ") from error
    if not isinstance(data, dict):
        raise refuse("", "mỗi dòng phải là một đối tượng JSON")
    return data


def _fields(
    data: Any, where: str, required: Iterable[str], optional: Iterable[str]
) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise refuse(where, "phải là một đối tượng")
    dot = f"{where}." if where else ""
    for key in required:
        if key not in data:
            raise refuse(f"{dot}{key}", "thiếu trường này")
    for key in data:
        if key not in required and key not in optional:
            raise refuse(f"{dot}{key[:40]}", "không có trường nào tên như vậy")
    return data


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_SUBJECTS:
        raise refuse(where, f"phải là một danh sách có nhiều nhất {MOST_SUBJECTS} phần tử")
    return value


def _whole(value: Any, where: str, low: int, high: int) -> int:
    # The range is checked first: rounding a number such as 1e999999 would take for ever.
    if (
        not isinstance(value, Decimal)
        or not low <= value <= high
        or value != value.to_integral_value()
    ):
        raise refuse(where, f"phải là số nguyên từ {low} đến {high}")
    return int(value)


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise refuse(where, "phải là true hoặc false")
    return value


def _letter(value: Any, where: str, letters: type[_Letter]) -> _Letter | None:
    if value is None:
        return None
    if not isinstance(value, str) or value not in set(letters):
        raise refuse(where, f"phải là một trong {', '.join(letters)} hoặc null")
    return letters(value)


def _score(value: Any, where: str) -> Decimal:
    if not isinstance(value, Decimal) or not 0 <= value <= 10:
        raise refuse(where, "phải là số từ 0 đến 10 hoặc null")
    if value != rounded(value):
        raise refuse(where, "chỉ được có một chữ số thập phân")
    return abs(rounded(value))


def _mark(value: Any, where: str, kind: SubjectKind) -> Mark | None:
    if value is None:
        return None
    return _letter(value, where, Pass) if kind is SubjectKind.COMMENT else _score(value, where)


def _code(value: Any, where: str, taken: set[str]) -> str:
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value.strip()) <= 64:
        raise refuse(where, "phải là mã môn học")
    if value in taken:
        raise refuse(where, f"môn “{value}” xuất hiện hai lần")
    taken.add(value)
    return value


def _marks(value: Any, where: str, kind: SubjectKind) -> tuple[Mark | None, ...]:
    given = [] if value is None else _list(value, where)
    return tuple(_mark(mark, f"{where}[{number}]", kind) for number, mark in enumerate(given))


def _semester(value: Any, where: str, kind: SubjectKind, needed: int) -> SemesterMarks:
    if value is None:
        return SemesterMarks()
    data = _fields(value, where, (), ("regular", "midterm", "final", "topics", "plan"))
    regular = _marks(data.get("regular"), f"{where}.regular", kind)
    if sum(mark is not None for mark in regular) > needed:
        reason = f"môn này chỉ có {needed} ĐĐGtx mỗi học kỳ, chưa kể chuyên đề (“topics”)"
        raise refuse(f"{where}.regular", reason)
    return SemesterMarks(
        regular,
        _mark(data.get("midterm"), f"{where}.midterm", kind),
        _mark(data.get("final"), f"{where}.final", kind),
        _marks(data.get("topics"), f"{where}.topics", kind),
        _letter(data.get("plan"), f"{where}.plan", Pass),
    )


def _demands(fields: dict[str, Any], where: str) -> Demands:
    return _letter(fields.get("demands"), f"{where}.demands", Demands) or Demands.OTHERS


def _secondary_subject(
    data: Any, where: str, taken: set[str], rules: SecondaryRules
) -> SecondarySubject:
    required = ("code", "kind", "periods")
    fields = _fields(data, where, required, ("semester1", "semester2", "reassessed", "demands"))
    code = _code(fields["code"], f"{where}.code", taken)
    kind = _letter(fields["kind"], f"{where}.kind", SubjectKind)
    if kind is None:
        raise refuse(f"{where}.kind", "phải là scored hoặc comment")
    periods = _whole(fields["periods"], f"{where}.periods", 1, MOST_PERIODS)
    needed = rules.regular_marks(kind, periods)
    one, two = (
        _semester(fields.get(name), f"{where}.{name}", kind, needed)
        for name in ("semester1", "semester2")
    )
    return SecondarySubject(
        code=code,
        kind=kind,
        periods=periods,
        semester1=one,
        semester2=two,
        reassessed=_mark(fields.get("reassessed"), f"{where}.reassessed", kind),
        demands=_demands(fields, where),
    )


def _secondary(data: dict[str, Any], grade: int, rules: SecondaryRules) -> SecondaryInput:
    taken: set[str] = set()
    conduct = _fields(
        {} if data.get("conduct") is None else data["conduct"],
        "conduct",
        (),
        ("semester1", "semester2", "after_summer"),
    )
    absences = data.get("absences")
    return SecondaryInput(
        grade=grade,
        subjects=tuple(
            _secondary_subject(item, f"subjects[{number}]", taken, rules)
            for number, item in enumerate(_some(data["subjects"]))
        ),
        conduct=Conduct(
            *(
                _letter(conduct.get(name), f"conduct.{name}", Level)
                for name in ("semester1", "semester2", "after_summer")
            )
        ),
        absences=0 if absences is None else _whole(absences, "absences", 0, MOST_ABSENCES),
    )


def _some(value: Any) -> list[Any]:
    items = _list(value, "subjects")
    if not items:
        raise refuse("subjects", "phải có ít nhất một môn học")
    return items


def _primary_subject(data: Any, where: str, taken: set[str], rules: PrimaryRules) -> PrimarySubject:
    fields = _fields(data, where, ("code", "level"), ("tested", "test", "demands"))
    test = fields.get("test")
    return PrimarySubject(
        code=_code(fields["code"], f"{where}.code", taken),
        level=_letter(fields["level"], f"{where}.level", SubjectLevel),
        tested=_flag(fields.get("tested", False), f"{where}.tested"),
        test=(
            None
            if test is None
            else _whole(test, f"{where}.test", rules.test_lowest, rules.test_highest)
        ),
        demands=_demands(fields, where),
    )


def _traits(value: Any, where: str) -> dict[str, TraitLevel | None]:
    if not isinstance(value, dict) or len(value) > MOST_SUBJECTS:
        raise refuse(where, "phải là một đối tượng từ mã đến mức")
    return {
        code: _letter(level, f"{where}.{code[:40]}", TraitLevel) for code, level in value.items()
    }


def _primary(data: dict[str, Any], grade: int, rules: PrimaryRules) -> PrimaryInput:
    taken: set[str] = set()
    return PrimaryInput(
        grade=grade,
        subjects=tuple(
            _primary_subject(item, f"subjects[{number}]", taken, rules)
            for number, item in enumerate(_some(data["subjects"]))
        ),
        qualities=_traits(data["qualities"], "qualities"),
        competences=_traits(data["competences"], "competences"),
    )


_REQUIRED = {
    Circular.TT22_2021: ("circular", "grade", "subjects"),
    Circular.TT43_2021: ("circular", "grade", "subjects"),
    Circular.TT27_2020: ("circular", "grade", "subjects", "qualities", "competences"),
}
_OPTIONAL = {
    Circular.TT22_2021: ("conduct", "absences", "school_year"),
    Circular.TT43_2021: ("conduct", "absences", "school_year"),
    Circular.TT27_2020: ("school_year",),
}


_PROGRAMMES = {Circular.TT43_2021: Programme.CONTINUING}


def _profile(data: dict[str, Any], circular: str, profiles: Profiles) -> GradeProfile:
    grade = _whole(data["grade"], "grade", 1, 12)
    year = data.get("school_year", profiles.school_years[-1])
    if not isinstance(year, str):
        raise refuse("school_year", "phải là năm học dạng 2026-2027")
    programme = _PROGRAMMES.get(Circular(circular), Programme.GENERAL)
    try:
        profile = profiles.for_grade(year, grade, programme=programme)
    except ProfileMissing as error:
        if year in profiles.school_years:
            raise refuse("grade", f"lớp {grade} không được đánh giá theo {circular}") from error
        raise refuse("school_year", f"không có quy định cho năm học {year[:20]}") from error
    if profile.circular != circular:
        raise refuse("grade", f"lớp {grade} được đánh giá theo {profile.title}")
    return profile


def answer(data: dict[str, Any], profiles: Profiles) -> dict[str, Any]:
    """The result of one input object. Raises `AssessmentInputError`."""
    circular = data.get("circular")
    if not isinstance(circular, str) or circular not in set(Circular):
        raise refuse("circular", f"phải là một trong {', '.join(Circular)}")
    known = Circular(circular)
    _fields(data, "", _REQUIRED[known], _OPTIONAL[known])
    profile = _profile(data, circular, profiles)
    rules = profile.rules
    if isinstance(rules, PrimaryRules):
        return primary_answer(primary.assess(rules, _primary(data, profile.grade, rules)))
    return secondary_answer(secondary.assess(rules, _secondary(data, profile.grade, rules)))


def _written(mark: Mark | None) -> str | None:
    return None if mark is None else str(mark)


def _term_answer(term: TermResult) -> dict[str, Any]:
    return {
        "subjects": {code: _written(mark) for code, mark in term.subjects.items()},
        "learning": term.learning,
        "raised_because_of": term.raised_because_of,
        "conduct": term.conduct,
    }


def secondary_answer(result: SecondaryResult) -> dict[str, Any]:
    """A result under Circular 22/2021 or 43/2021 as the JSON object of an output line.

    Marks are text ('7.5', 'D', 'CD'); None where something is missing.
    """
    return {
        "semester1": _term_answer(result.semester1),
        "semester2": _term_answer(result.semester2),
        "year": {
            **_term_answer(result.year),
            "promotion": result.promotion,
            "reassess_subjects": list(result.reassess_subjects),
            "title": result.title,
        },
    }


def primary_answer(result: PrimaryResult) -> dict[str, Any]:
    """A result under Circular 27/2020 as the JSON object of an output line."""
    return {"overall": result.overall, "promotion": result.promotion, "award": result.award}


def error_answer(error: AppError, words: Callable[[AppError], str]) -> dict[str, Any]:
    """A refused line as the JSON object of an output line; `words` explains the error."""
    return {"error": {"code": error.code, "message": words(error)}}
