"""One cell, read: its value, and what had to be done or asked to get it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from app import resources
from app.model.text import APOSTROPHES, fold, one_apostrophe, visible
from app.roster.captions import header_key, read_toml
from app.roster.columns import profiles
from app.roster.sheets import Cell, shown
from app.roster.sheets.syllables import can_be_word, tokens

_SPACES = str.maketrans({c: " " for c in "\u00a0\u2007\u2009\u202f\u3000\t\r\n\v\f"})
_LONGEST_NAME = 80
_BEFORE_GROUP = re.compile(r"^\s*(dân tộc|dt)[\s.:]+", re.I)
_APOSTROPHE = re.compile(rf"(?<=\w)[{re.escape(APOSTROPHES)}](?=\w)")
_BRACKETS = re.compile(r"\(.*?\)")
_DE = str.maketrans({"Ð": "Đ", "ð": "đ", "\u0189": "Đ", "\u0256": "đ"})


@dataclass(frozen=True, slots=True)
class Reading:
    """`why`: a repair was made; `ask`: not certain; `bad`: unusable. All in Vietnamese."""

    value: str = ""
    why: str = ""
    ask: str = ""
    suggestion: str = ""
    bad: str = ""


@cache
def identity() -> Mapping[str, Any]:
    return read_toml(resources.path("profiles", "sheets", "identity.toml"))


def clean(cell: Cell) -> tuple[str, str]:
    """(text in NFC without stray spaces, what was repaired)."""
    text, whys = shown(cell), []
    seen = "".join(c for c in visible(text) if unicodedata.category(c) != "Cc" or c in "\t\r\n\v\f")
    if seen != text:
        whys.append("bỏ ký tự ẩn")
    barred = seen.translate(_DE)
    if barred != seen:
        whys.append("đổi Ð thành Đ")
    composed = unicodedata.normalize("NFC", barred)
    if composed != barred:
        whys.append("đưa dấu tiếng Việt về Unicode dựng sẵn (NFC)")
    tidy = " ".join(composed.translate(_SPACES).split())
    if tidy != composed:
        whys.append("bỏ khoảng trắng thừa")
    return tidy, ", ".join(whys)


def read_text(cell: Cell) -> Reading:
    value, why = _one_spelling(*clean(cell))
    return Reading(value, why)


def _one_spelling(text: str, why: str) -> tuple[str, str]:
    """Apostrophes inside words in one spelling: H’Bia, HʼBia and H`Bia are H'Bia."""
    one = _APOSTROPHE.sub(lambda m: one_apostrophe(m.group()), text)
    if one == text:
        return text, why
    return one, ", ".join(part for part in (why, "viết dấu nháy theo một kiểu") if part)


def read_name(cell: Cell) -> Reading:
    """Names keep their spelling: capitals and odd marks are asked about, not changed."""
    value, why = _one_spelling(*clean(cell))
    if not value:
        return Reading(bad="thiếu họ và tên")
    letters = [c for c in value if c.isalpha()]
    if len(letters) < 2:
        return Reading(bad=f"họ và tên “{value}” không hợp lệ")
    ask, suggestion = _name_doubts(value, letters)
    return Reading(value, why, ask, suggestion)


def _name_doubts(value: str, letters: list[str]) -> tuple[str, str]:
    """(what looks wrong, how it may be meant)."""
    words = value.split()
    torn = next((word for word in tokens(value) if not can_be_word(word)), "")
    doubts = (
        (
            any(c.isdigit() or c in "?_@#/\\<>=;:*%&\ufffd" for c in value),
            "Họ và tên có ký tự lạ.",
            "",
        ),
        (len(value) > _LONGEST_NAME, "Họ và tên dài bất thường.", ""),
        (
            any(a.islower() and b.isupper() for a, b in pairwise(value)),
            "Họ và tên có hai chữ dính nhau.",
            "",
        ),
        (
            bool(torn),
            f"Họ và tên có chữ “{torn}” không giống tiếng Việt: sai phông hoặc mất chữ?",
            "",
        ),
        (
            all(c.isupper() for c in letters) and len(letters) > 3,
            "Họ và tên viết toàn chữ hoa.",
            " ".join(word.capitalize() for word in words),
        ),
        (
            any(word[0].islower() for word in words),
            "Họ và tên có chữ không viết hoa.",
            " ".join(word[0].upper() + word[1:] for word in words),
        ),
        (len(words) < 2, "Họ và tên chỉ có một chữ.", ""),
    )
    return next(((ask, suggestion) for wrong, ask, suggestion in doubts if wrong), ("", ""))


def read_sex(cell: Cell) -> Reading:
    """'1' Nam, '2' Nữ, '0' unknown (QCVN 109:2017/BTTTT)."""
    text, _ = clean(cell)
    if not text:
        return Reading("0", ask="Thiếu giới tính.")
    words, key = identity()["sex"], fold(text)
    for value, name, usual in (("1", "male", "Nam"), ("2", "female", "Nữ")):
        if key in words[name]:
            return Reading(value, "" if text == usual else f"viết lại giới tính thành {usual}")
    return Reading("0", ask=f"Không rõ giới tính “{text}”.")


@cache
def _groups() -> Mapping[str, str]:
    """Folded spelling or code -> national name."""
    found: dict[str, str] = {}
    data = read_toml(resources.path("profiles", "sheets", "ethnicities.toml"))
    for group in data["groups"]:
        for text in (group["name"], group["code"], str(int(group["code"])), *group["also"]):
            found[_group_key(text)] = group["name"]
    return found


def _group_key(text: str) -> str:
    return "".join(c for c in fold(text) if c.isalnum())


def read_ethnicity(cell: Cell) -> Reading:
    text, why = clean(cell)
    if not text:
        return Reading("")
    bare = _BEFORE_GROUP.sub("", _BRACKETS.sub("", text))
    name = _groups().get(_group_key(bare))
    if name is None:
        return Reading(text, why, ask=f"Dân tộc “{text}” không có trong danh mục.")
    return Reading(name, why or ("" if name == text else "viết theo danh mục dân tộc"))


def read_nationality(cell: Cell) -> Reading:
    text, _ = clean(cell)
    if not text:
        return Reading("VN")
    for code, names in identity()["nationality"].items():
        if fold(text) in names:
            return Reading(code)
    return Reading(text, ask=f"Quốc tịch “{text}” không có trong danh mục.")


def read_moet_id(cell: Cell) -> Reading:
    """Mã định danh Bộ GD&ĐT: 10 digits. Nothing in it can be checked, so nothing is guessed."""
    text, _ = clean(cell)
    digits = text.replace(" ", "")
    length = identity()["moet_id"]["length"]
    if not text:
        return Reading("")
    if digits.isascii() and digits.isdigit() and len(digits) == length:
        return Reading(digits, "" if digits == text else "bỏ khoảng trắng trong mã")
    suggestion = digits.zfill(length) if digits.isdigit() and len(digits) == length - 1 else ""
    return Reading("", "", f"Mã định danh Bộ “{text}” không đủ {length} chữ số.", suggestion)


def status_key(cell: Cell) -> str:
    text = shown(cell).strip()
    return text.zfill(2) if text.isdigit() else header_key(text)


def read_status(cell: Cell) -> Reading:
    """Value: an EnrollmentStatus; unknown words are asked about and the pupil is kept."""
    text, _ = clean(cell)
    if not text:
        return Reading("active", ask="Thiếu trạng thái; coi như đang học.")
    rule = profiles().statuses.get(status_key(text))
    if rule is None:
        return Reading("active", ask=f"Không rõ trạng thái “{text}”; coi như đang học.")
    ask = f"Trạng thái “{text}”: em có đang học ở trường không?" if rule.ask else ""
    return Reading(rule.status.value, ask=ask)


def read_disability(cell: Cell) -> Reading:
    """The kind of disability; 'Không' and its like mean that there is none."""
    text, why = clean(cell)
    none = fold(text) in {"", "khong", "khong co", "khong khuyet tat", "0", "-", "binh thuong"}
    if fold(text) in {"x", "co", "1", "v"}:
        return Reading("Khuyết tật", ask="Tệp ghi có khuyết tật nhưng không ghi loại nào.")
    return Reading("" if none else text, why="" if none else why)


def read_yes(cell: Cell) -> Reading:
    """'yes' or 'no' of a box that is ticked with x, 1, Có …"""
    text, _ = clean(cell)
    word = fold(text)
    if word in {"", "khong", "0", "no", "false", "-"}:
        return Reading("no")
    if word in {"x", "co", "1", "yes", "true", "v", "co khong danh gia", "khong danh gia"}:
        return Reading("yes")
    return Reading("no", ask=f"Không rõ “{text}” là có hay không; coi như không.")
