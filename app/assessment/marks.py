"""What a teacher types, made canonical; what cannot be a mark is refused with a reason.

Nothing is ever changed in silence: a likely meaning ("77" for 7,7) is only a suggestion. The
gradebook, the sheet import and the command line all go through `parse_cell`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial

from app.assessment.slots import TIMES, slot_name, subject_slots
from app.errors import AssessmentInputError
from app.model import gradebook as areas
from app.model.marks import DECIMALS, kept, printed
from app.profile import GradeProfile, PrimaryRules, SubjectMode, SubjectProfile

LONGEST_TEXT = 2000
"""Characters of a comment or remark."""

_PLACES = {1: "một", 2: "hai", 3: "ba"}
_NUMBER = re.compile(r"(-?)(\d{1,6})(?:[.,](\d{1,6}))?", re.ASCII)
_HALF_TYPED = re.compile(r"(\d{1,2})[.,]|[.,](\d)", re.ASCII)
_DAY = re.compile(r"(?P<day>\d{1,2})[/.\-](?P<month>\d{1,2})[/.\-](?P<year>\d{4})", re.ASCII)
_ISO_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})", re.ASCII)
_WORDS = {
    "không": "0",
    "một": "1",
    "hai": "2",
    "ba": "3",
    "bốn": "4",
    "năm": "5",
    "sáu": "6",
    "bảy": "7",
    "bẩy": "7",
    "tám": "8",
    "chín": "9",
    "mười": "10",
}
_PASS = {"đ": "D", "d": "D", "đạt": "D", "cđ": "CD", "cd": "CD", "chưa đạt": "CD"}
_SUBJECT_LEVEL = {
    "t": "T",
    "h": "H",
    "c": "C",
    "hoàn thành tốt": "T",
    "hoàn thành": "H",
    "chưa hoàn thành": "C",
}
_TRAIT = {"t": "T", "đ": "D", "d": "D", "c": "C", "tốt": "T", "đạt": "D", "cần cố gắng": "C"}
_CONDUCT = {"t": "T", "k": "K", "tốt": "T", "khá": "K", **_PASS}
_YES = {"có": "yes", "yes": "yes", "x": "yes", "không": "no", "no": "no"}
_CHOSEN = {"có": "yes", "yes": "yes", "x": "yes"}
_DEMANDS = {
    "reduced": "reduced",
    "giảm": "reduced",
    "giảm yêu cầu": "reduced",
    "giảm nhẹ": "reduced",
    "individual": "individual",
    "kh": "individual",
    "cá nhân": "individual",
    "kế hoạch cá nhân": "individual",
    "kế hoạch giáo dục cá nhân": "individual",
    "not_assessed": "not_assessed",
    "không": "not_assessed",
    "không đánh giá": "not_assessed",
    "m": "not_assessed",
    "miễn": "not_assessed",
}
_SHOWN = {
    "yes": "Có",
    "no": "Không",
    "reduced": "Giảm yêu cầu",
    "individual": "Kế hoạch cá nhân",
    "not_assessed": "Không đánh giá",
    "promoted": "Được lên lớp",
    "retained": "Ở lại lớp",
}
_DECISION = {
    "promoted": "promoted",
    "lên lớp": "promoted",
    "được lên lớp": "promoted",
    "retained": "retained",
    "ở lại lớp": "retained",
    "lưu ban": "retained",
}


def clean(text: str) -> str:
    """NFC, one space between words, and the Icelandic Ð that some keyboards give made Đ."""
    text = unicodedata.normalize("NFC", text).replace("\u00d0", "Đ").replace("\u00f0", "đ")
    return " ".join(text.split())


def shown(value: str) -> str:
    """A canonical value as people write it: '7.5' -> '7,5', 'CD' -> 'CĐ'."""
    return _SHOWN.get(value) or printed(value)


def _refuse(slot: str, reason: str, suggestion: str = "") -> AssessmentInputError:
    return AssessmentInputError(
        f"{slot}: {reason}", field=slot, reason=reason, suggestion=suggestion
    )


def _letter(slot: str, text: str, letters: Mapping[str, str], allowed: str) -> str:
    found = letters.get(clean(text).lower())
    if found is None:
        raise _refuse(slot, f"chỉ nhận {allowed}")
    return found


def _number(slot: str, text: str, high: int) -> tuple[Decimal, str]:
    """The number, and its decimals as typed."""
    typed = clean(text)
    found = _NUMBER.fullmatch(typed)
    if not found:
        word = _WORDS.get(typed.lower(), "")
        loose = _HALF_TYPED.fullmatch(typed)
        near = (loose[1] or f"0,{loose[2]}") if loose else word
        raise _refuse(slot, "không phải là số", near)
    sign, whole, decimals = found[1], found[2], found[3] or ""
    if sign:
        raise _refuse(slot, "không được là số âm")
    number = Decimal(f"{whole}.{decimals or 0}")
    if number > high:
        near = f"{whole[0]},{whole[1]}" if len(whole) == 2 and not decimals else ""
        near = "10" if whole == "100" else near
        raise _refuse(slot, f"phải từ 0 đến {high}", near if high == 10 else "")
    return number, decimals.rstrip("0")


def _score(slot: str, text: str) -> str:
    number, decimals = _number(slot, text, 10)
    if len(decimals) > DECIMALS:
        raise _refuse(slot, f"chỉ có {_PLACES[DECIMALS]} chữ số thập phân", shown(kept(number)))
    return kept(number)


def _whole(slot: str, text: str, low: int, high: int) -> str:
    number, decimals = _number(slot, text, high)
    if decimals:
        raise _refuse(slot, "phải là số nguyên")
    if number < low:
        raise _refuse(slot, f"phải từ {low} đến {high}")
    return str(int(number))


def _measured(slot: str, text: str, low: int, high: int) -> str:
    """Height or weight, with at most one decimal."""
    number, decimals = _number(slot, text, high)
    if len(decimals) > 1 or number < low:
        raise _refuse(slot, f"phải từ {low} đến {high}, có nhiều nhất một chữ số thập phân")
    return kept(number)


def _text(slot: str, text: str) -> str:
    """A comment as typed, in NFC; line breaks stay."""
    kept = unicodedata.normalize("NFC", text).strip()
    if len(kept) > LONGEST_TEXT:
        raise _refuse(slot, f"dài quá {LONGEST_TEXT} ký tự")
    if any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in kept):
        raise _refuse(slot, "có ký tự không in được")
    return kept


def _date(slot: str, text: str) -> str:
    """A day as people write it: 05/09/2026, 5-9-2026, or 2026-09-05."""
    typed = clean(text)
    found = _DAY.fullmatch(typed) or _ISO_DAY.fullmatch(typed)
    if not found:
        raise _refuse(slot, "phải là ngày dạng 05/09/2026")
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        raise _refuse(slot, f"không có ngày {typed}") from None
    return day.isoformat()


_SUBJECT_SLOTS: dict[str, Callable[[str, str], str]] = {
    "chosen": partial(_letter, letters=_CHOSEN, allowed="“x” (học môn này)"),
    "topics_chosen": partial(_letter, letters=_CHOSEN, allowed="“x” (học cụm chuyên đề)"),
    "demands": partial(
        _letter,
        letters=_DEMANDS,
        allowed="“giảm yêu cầu”, “kế hoạch cá nhân” hoặc “không đánh giá”",
    ),
    "exempt_from": _date,
    "exempt_to": _date,
    "exempt_decision": _text,
}


def parse_mark(
    subject: SubjectProfile, slot: str, text: str, tests: tuple[int, int] = (0, 10)
) -> str:
    """Canonical value of a subject's slot. `tests`: lowest and highest score of a primary test.

    Raises `AssessmentInputError(field, reason, suggestion)`.
    """
    what = slot.rpartition(".")[2]
    if slot not in subject_slots(subject):
        if what.startswith("regular"):
            reason = f"môn này chỉ cần {subject.regular_marks} ĐĐGtx mỗi học kỳ"
        else:
            reason = f"môn này không có cột {slot_name(slot)}"
        raise _refuse(slot, reason)
    if what == "comment":
        return _text(slot, text)
    if what in _SUBJECT_SLOTS:
        return _SUBJECT_SLOTS[what](slot, text)
    if subject.kind is SubjectMode.COMMENT or what == "plan":
        return _letter(slot, text, _PASS, "Đ (Đạt) hoặc CĐ (Chưa đạt)")
    if what == "level":
        allowed = "T (Hoàn thành tốt), H (Hoàn thành) hoặc C (Chưa hoàn thành)"
        return _letter(slot, text, _SUBJECT_LEVEL, allowed)
    if what in ("test", "retest"):
        return _whole(slot, text, *tests)
    return _score(slot, text)


def _trait_or_comment(profile: GradeProfile, area: str, slot: str, text: str) -> str:
    traits = profile.qualities if area == areas.QUALITIES else profile.competences
    comments = ("comment",) if area == areas.QUALITIES else ("comment.general", "comment.specific")
    time, _, code = slot.partition(".")
    if slot in comments:
        return _text(slot, text)
    if time not in TIMES or code not in {trait.code for trait in traits}:
        raise _refuse(slot, "không có ô này trong sổ")
    return _letter(slot, text, _TRAIT, "T (Tốt), Đ (Đạt) hoặc C (Cần cố gắng)")


_OTHERS: dict[tuple[str, str], Callable[[str, str], str]] = {
    **{
        (areas.CONDUCT, slot): partial(
            _letter, letters=_CONDUCT, allowed="T (Tốt), K (Khá), Đ (Đạt) hoặc CĐ (Chưa đạt)"
        )
        for slot in ("s1", "s2", "after_summer")
    },
    **{
        (areas.ATTENDANCE, slot): partial(_whole, low=0, high=200)
        for slot in ("excused", "unexcused")
    },
    (areas.HEALTH, "height_cm"): partial(_measured, low=10, high=300),
    (areas.HEALTH, "weight_kg"): partial(_measured, low=1, high=300),
    (areas.AWARDS, "recognised"): partial(_letter, letters=_YES, allowed="“có” hoặc “không”"),
    **{(areas.AWARDS, slot): _text for slot in ("award", "award_unplanned")},
    **{
        (areas.REMARKS, slot): _text
        for slot in ("homeroom", "competitions", "summer_training", "certificates")
    },
    (areas.DECISION, "promotion"): partial(
        _letter, letters=_DECISION, allowed="“được lên lớp” hoặc “ở lại lớp”"
    ),
    **{(areas.DECISION, slot): _text for slot in ("reason", "number", "taken_by")},
}


def parse_cell(profile: GradeProfile, area: str, slot: str, text: str) -> str:
    """Canonical value of any cell of the gradebook.

    Raises `AssessmentInputError(field, reason, suggestion)`; `suggestion` is "" where nothing is
    obvious. An empty cell is no value: remove it instead.
    """
    if not text.strip():
        raise _refuse(slot, "ô đang để trống")
    if subject := profile.by_code.get(area):
        rules = profile.rules
        if isinstance(rules, PrimaryRules):
            return parse_mark(subject, slot, text, (rules.test_lowest, rules.test_highest))
        return parse_mark(subject, slot, text)
    if area in (areas.QUALITIES, areas.COMPETENCES):
        return _trait_or_comment(profile, area, slot, text)
    parse = _OTHERS.get((area, slot))
    if parse is None:
        raise _refuse(slot, "không có ô này trong sổ")
    return parse(slot, text)
