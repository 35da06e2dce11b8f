"""How single values are written in the XML: text form, back again, and the XSD type of each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.errors import TranscriptInvalid
from app.model import marks
from app.model.people import Sex
from app.profile.grade import SchoolLevel

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""Control and invisible characters: a reader must see all that is signed."""
_UNPRINTABLE = re.compile(
    "[^\t\n -\u024f\u0300-\u0323\u0331\u1e00-\u1eff"
    "\u2010-\u2027\u2030-\u2044\u20ab\u2212\u2260-\u2265]"
)
"""Outside what the shipped fonts show; PDF/A allows no missing glyph."""
_LETTERS = {"D": "Đ", "CD": "CĐ"}
_DEMANDS = {
    "reduced": "GIAM_YEU_CAU",
    "individual": "KE_HOACH_CA_NHAN",
    "not_assessed": "KHONG_DANH_GIA",
}
LEVEL_CODES = {
    SchoolLevel.PRIMARY: "02",
    SchoolLevel.LOWER_SECONDARY: "03",
    SchoolLevel.UPPER_SECONDARY: "04",
    SchoolLevel.CONTINUING: "05",
}


@dataclass(frozen=True, slots=True)
class ValueType:
    """One kind of value. `to_xml` gives '' for "not there"; `from_xml` reads what XSD allowed."""

    name: str
    """Name of the XSD type."""
    base: str
    pattern: str
    """Regular expression of the text form, the same in Python and in XSD; '' allows any text."""
    to_xml: Callable[[Any], str]
    from_xml: Callable[[str], Any]

    def fits(self, text: str) -> bool:
        """Whether the text has the form of this type (`pattern`)."""
        return not self.pattern or re.fullmatch(self.pattern, text) is not None


def clean_text(value: str) -> str:
    """NFC with line feeds only.

    Raises TranscriptInvalid for characters XML cannot hold or a reader cannot see.
    """
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
    if found := _FORBIDDEN.search(text):
        raise TranscriptInvalid(
            "control character in text",
            line=1,
            reason=f"Có ký tự ẩn (U+{ord(found.group()):04X}) trong nội dung",
        )
    return text


def unprintable(text: str) -> str:
    """The first character that no page could show, or ''."""
    found = _UNPRINTABLE.search(text)
    return found.group() if found else ""


def _only(expression: str) -> Callable[[Any], str]:
    wanted = re.compile(expression)
    return lambda value: value if value and wanted.fullmatch(value) else ""


def _letters(name: str, expression: str) -> ValueType:
    back = {there: here for here, there in _LETTERS.items()}
    return ValueType(
        name,
        "xs:string",
        expression,
        lambda value: _LETTERS.get(value, clean_text(value)),
        lambda text: back.get(text, text),
    )


def _text(name: str, pattern: str = "") -> ValueType:
    return ValueType(name, "xs:string", pattern, lambda value: clean_text(value or ""), str)


def _coded(name: str, codes: Mapping[Any, str], expression: str) -> ValueType:
    back = {code: value for value, code in codes.items()}
    return ValueType(
        name, "xs:string", expression, lambda value: codes[value], lambda text: back[text]
    )


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


TEXT = _text("VanBan")
CODE = _text("Ma", r"[A-Za-z0-9_.\-]+")
PERSONAL_ID = _text("SoDinhDanh", "[0-9]{12}")
UUID = _text("MaDinhDanh", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SCHOOL_YEAR = _text("NamHoc", "[0-9]{4}-[0-9]{4}")
DATE = ValueType("Ngay", "xs:date", r"\d{4}-\d{2}-\d{2}", lambda value: value or "", _day)
BIRTH_DAY = ValueType("Ngay", DATE.base, DATE.pattern, _only(r"\d{4}-\d{2}-\d{2}"), str)
BIRTH_MONTH = ValueType("ThangNam", "xs:gYearMonth", r"\d{4}-\d{2}", _only(r"\d{4}-\d{2}"), str)
BIRTH_YEAR = ValueType("Nam", "xs:gYear", r"\d{4}", _only(r"\d{4}"), str)
DECIMAL = _text("SoDo", r"[0-9]{1,3}(\.[0-9]{1,2})?")
COUNT = ValueType("SoBuoi", "xs:unsignedShort", "0|[1-9][0-9]{0,2}", _number, int)
VERSION = ValueType("PhienBan", "xs:positiveInteger", "[1-9][0-9]{0,8}", _number, int)
GRADE = ValueType(
    "Khoi",
    "xs:string",
    "0[1-9]|1[0-2]",
    lambda value: f"{value:02d}",
    int,
)
FLAG = ValueType(
    "Co",
    "xs:string",
    "[01]",
    lambda value: "" if value is None else str(int(value)),
    lambda text: text == "1",
)
MARK = _letters("Diem", rf"{marks.PATTERN}|Đ|CĐ|M")
MARKS = ValueType(
    "CacDiem",
    "xs:string",
    f"({MARK.pattern})( ({MARK.pattern}))*",
    lambda value: " ".join(MARK.to_xml(mark) for mark in value.split()),
    lambda text: " ".join(MARK.from_xml(mark) for mark in text.split(" ")),
)
DEMANDS = ValueType(
    "YeuCau",
    "xs:string",
    "GIAM_YEU_CAU|KE_HOACH_CA_NHAN|KHONG_DANH_GIA",
    lambda value: _DEMANDS[value] if value else "",
    lambda text: {code: value for value, code in _DEMANDS.items()}[text],
)
SUBJECT_LEVEL = _letters("MucDatDuoc", "[THCM]")
TRAIT_LEVEL = _letters("MucPhamChatNangLuc", "[TĐC]")
LEVEL = _letters("MucHocTapRenLuyen", "T|K|Đ|CĐ")
SEX = _coded("GioiTinh", {sex: sex.value for sex in Sex}, "[012]")
SCHOOL_LEVEL = _coded("CapHoc", LEVEL_CODES, "0[2345]")

KINDS = (
    TEXT,
    CODE,
    PERSONAL_ID,
    UUID,
    SCHOOL_YEAR,
    DATE,
    BIRTH_MONTH,
    BIRTH_YEAR,
    DECIMAL,
    COUNT,
    VERSION,
    GRADE,
    FLAG,
    MARK,
    MARKS,
    DEMANDS,
    SUBJECT_LEVEL,
    TRAIT_LEVEL,
    LEVEL,
    SEX,
    SCHOOL_LEVEL,
)
