"""Birth dates, personal ids and class names: what is certain, and what only people can say."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from app.roster.reading import Reading, clean, identity
from app.roster.sheets import Cell, shown

_DATE = re.compile(r"(\d{1,4})\s*[-/.,\\]\s*(\d{1,2})\s*[-/.,\\]\s*(\d{2,4})(?:[ T]+(\S.*))?")
_TIME = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(sa|ch|am|pm|s\.a|c\.h|a\.m\.?|p\.m\.?)?\s*(z|\+00:?00)?",
    re.I,
)
_NOON = 12 * 3600
_DAY = 24 * 3600
_LAST_MINUTE = _DAY - 60
_OUR_ZONE = 7 * 3600
"""Viet Nam is seven hours ahead of UTC all year."""
_MONTH = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{4})")
_USUAL = re.compile(r"\d\d/\d\d/\d{4}")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_CLASS = re.compile(
    r"(?:lớp|lop|l\.|lớp học)?[\s:]*0?(1[0-2]|[1-9])\s*([-./_]?)\s*([A-ZĐ]{0,4}\s*\d{0,2})", re.I
)
_WIDE = re.compile(
    r"(?:lớp\s+|lop\s+)?(?P<joined>(?:lớp\s+)?ghép\s*)?(?:lớp\s+)?"
    r"(?P<first>1[0-2]|[1-9])(?P<more>(?:\s*(?:[+&,/-]|và)\s*(?:1[0-2]|[1-9])(?!\d))*)"
    r"\s*(?P<letter>[A-ZĐ]\d{0,2}(?![^\W\d_]))?"
    r"(?:\s*[-–(]?\s*(?P<campus>[^\W\d_]{2}[\w '.-]*?)\s*\)?)?",
    re.I,
)
_GRADES = re.compile(r"(?:Ghép )?((?:1[0-2]|[1-9])(?:\+(?:1[0-2]|[1-9]))*)")
_EXACT_POWER = re.compile(r"(\d)[.,](\d+)E\+?(\d+)", re.I)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What we know of a pupil before reading the birth date."""

    first_year: int
    """First year of the school year: 2026 for '2026-2027'."""
    grade: int = 0
    """0 while unknown."""
    epoch_1904: bool = False
    dates_are_usual: bool = True
    """The column mostly holds true dates, so that one more needs no word."""

    def years(self) -> tuple[int, int]:
        """Earliest and latest plausible year of birth."""
        age = identity()["age"]
        if not self.grade:
            return self.first_year - 25, self.first_year - 4
        usual = self.first_year - self.grade - int(age["usual_minus_grade"])
        return usual - int(age["older"]), usual + int(age["younger"])

    def usual_grade(self, birth_year: int) -> int:
        return self.first_year - birth_year - int(identity()["age"]["usual_minus_grade"])

    def plausible(self, year: int) -> bool:
        earliest, latest = self.years()
        return earliest <= year <= latest


def read_birth(cell: Cell, expected: Expectation) -> Reading:
    """ISO 8601 to the day; to the month or year where the sheet says no more (asked)."""
    if isinstance(cell, datetime | date):
        why = "" if expected.dates_are_usual else "đọc từ ô kiểu ngày của Excel"
        return _with_time(date(cell.year, cell.month, cell.day), _seconds(cell), why, expected)
    text, _ = clean(cell)
    if not text:
        return Reading(bad="thiếu ngày sinh")
    number = text.replace(",", ".")
    if re.fullmatch(r"\d+(\.\d+)?", number):
        return _from_number(text, float(number), expected)
    if match := _DATE.fullmatch(text.lstrip("'")):
        return _from_match(text, match, expected)
    if match := _MONTH.fullmatch(text):
        return _month_only(text, int(match[1]), int(match[2]), expected)
    return Reading(bad=f"ngày sinh “{text}” không đọc được")


def _judge(day: date, why: str, expected: Expectation) -> Reading:
    if expected.plausible(day.year):
        return Reading(day.isoformat(), why)
    if not expected.first_year - 80 <= day.year <= expected.first_year:
        return Reading(bad=f"ngày sinh {day:%d/%m/%Y} không thể đúng")
    return Reading(day.isoformat(), why, f"Ngày sinh {day:%d/%m/%Y} không hợp với khối lớp.")


def _seconds(cell: datetime | date) -> int:
    """Into the day; spreadsheets keep days as fractions, so less than a second is nothing."""
    if not isinstance(cell, datetime):
        return 0
    return cell.hour * 3600 + cell.minute * 60 + cell.second


def _with_time(day: date, seconds: int, why: str, expected: Expectation) -> Reading:
    """Web programs write a birth date as a moment, shifted by a time zone: only midnight says the
    day. The last minute of a day is the next one, less an old offset of the zone."""
    if seconds >= _LAST_MINUTE:
        clock = f"{seconds // 3600}:{seconds // 60 % 60:02d}"
        later = f"giờ {clock} làm tròn sang ngày hôm sau"
        whys = ", ".join(part for part in (why, later) if part)
        return _judge(day + timedelta(days=1), whys, expected)
    read = _judge(day, why, expected)
    if not seconds or read.bad:
        return read
    ask = (
        f"Ngày sinh có kèm giờ {seconds // 3600}:{seconds // 60 % 60:02d}: "
        "phần mềm khác có thể đã lệch ngày."
    )
    next_day = (day + timedelta(days=1)).isoformat()
    suggestion = next_day if seconds + _OUR_ZONE >= _DAY else read.value
    return Reading(read.value, read.why, " ".join(filter(None, (ask, read.ask))), suggestion)


def _from_match(text: str, match: re.Match[str], expected: Expectation) -> Reading:
    """A day in figures, perhaps with a time of day behind it."""
    bare = text[: match.start(4)].strip(" T") if match[4] else text
    read = _from_parts(bare, (match[1], match[2], match[3]), expected)
    if not match[4] or read.bad or not _ISO.fullmatch(read.value):
        return read
    time_of_day = _TIME.fullmatch(match[4].strip())
    if time_of_day is None:
        return Reading(bad=f"ngày sinh “{text}” không đọc được")
    seconds, day, why = _of_clock(time_of_day), date.fromisoformat(read.value), read.why
    if time_of_day[5] and seconds:
        seconds += _OUR_ZONE
        day, seconds = day + timedelta(days=seconds // _DAY), seconds % _DAY
        why = "đổi giờ quốc tế sang giờ Việt Nam"
    timed = _with_time(day, seconds, why, expected)
    return timed if not read.ask or timed.ask else replace(timed, ask=read.ask)


def _of_clock(match: re.Match[str]) -> int:
    """Seconds of '12:00:00 SA' (sáng, midnight) or '5:00 CH' (chiều)."""
    hour, half = int(match[1]), (match[4] or "")[:1].lower()
    if half and hour == 12:
        hour = 0
    seconds = hour * 3600 + int(match[2]) * 60 + int(match[3] or 0)
    return seconds + (_NOON if half in {"c", "p"} else 0)


def _from_number(text: str, number: float, expected: Expectation) -> Reading:
    if 1900 < number <= expected.first_year and number.is_integer() and len(text) == 4:
        return Reading(text, ask="Chỉ có năm sinh.")
    if number < 100_000:
        base = date(1904, 1, 1) if expected.epoch_1904 else date(1899, 12, 30)
        day, seconds = base + timedelta(days=int(number)), round(number % 1 * _DAY)
        if expected.plausible(day.year):
            return _with_time(day, seconds, "đổi số thứ tự ngày của Excel thành ngày", expected)
        return Reading(bad=f"ngày sinh “{text}” không đọc được")
    digits = text.zfill(8) if len(text) == 7 else text
    if len(digits) == 8 and digits.isdigit():
        for parts in ((digits[:2], digits[2:4], digits[4:]), (digits[:4], digits[4:6], digits[6:])):
            day_or_none = _date(*(int(p) for p in _in_order(parts)))
            if day_or_none and expected.plausible(day_or_none.year):
                return Reading(day_or_none.isoformat(), "tách ngày viết liền")
    return Reading(bad=f"ngày sinh “{text}” không đọc được")


def _in_order(parts: tuple[str, str, str]) -> tuple[str, str, str]:
    """(year, month, day) of d/m/y or y/m/d."""
    first, month, last = parts
    return (first, month, last) if len(first) == 4 else (last, month, first)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _from_parts(text: str, parts: tuple[str, str, str], expected: Expectation) -> Reading:
    year, month, day = (int(part) for part in _in_order(parts))
    if len(parts[0]) == 3 or len(parts[2]) == 3:
        return Reading(bad=f"ngày sinh “{text}” không đọc được")
    why = "" if _USUAL.fullmatch(text) or _ISO.fullmatch(text) else "viết lại ngày sinh"
    if year < 100:
        years = [y for y in (1900 + year, 2000 + year) if expected.plausible(y)]
        if len(years) != 1:
            return Reading(bad=f"ngày sinh “{text}” không rõ năm")
        year, why = years[0], "năm sinh viết hai chữ số"
    found = _date(year, month, day)
    if found:
        return _judge(found, why, expected)
    return _not_a_day(text, (year, month, day), expected)


def _not_a_day(text: str, parts: tuple[int, int, int], expected: Expectation) -> Reading:
    year, month, day = parts
    swapped = _date(year, day, month)
    if swapped and expected.plausible(year):
        ask = f"Ngày sinh “{text}” có thể bị đảo ngày và tháng."
        return Reading(str(year), ask=ask, suggestion=swapped.isoformat())
    if not day and not month and expected.plausible(year):
        return Reading(str(year), ask="Chỉ có năm sinh.")
    if not day:
        return _month_only(text, month, year, expected)
    return Reading(bad=f"ngày sinh {text} không có trong lịch")


def _month_only(text: str, month: int, year: int, expected: Expectation) -> Reading:
    if not 1 <= month <= 12 or not expected.plausible(year):
        return Reading(bad=f"ngày sinh “{text}” không đọc được")
    return Reading(f"{year:04d}-{month:02d}", ask="Chỉ có tháng và năm sinh.")


# --- personal id ----------------------------------------------------------------------------


def birth_year_of(personal_id: str) -> int:
    """Century digit 0/1 = 19xx, 2/3 = 20xx, and so on."""
    return 1900 + 100 * (int(personal_id[3]) // 2) + int(personal_id[4:6])


def sex_of(personal_id: str) -> str:
    """'1' Nam for an even century digit, '2' Nữ for an odd one."""
    return "2" if int(personal_id[3]) % 2 else "1"


def misfits(personal_id: str, birth: str, sex: str) -> list[str]:
    """Where a 12-digit number disagrees with its owner, in Vietnamese."""
    found = []
    if personal_id[:3] not in identity()["personal_id"]["provinces"]:
        found.append("mã tỉnh")
    if birth and birth_year_of(personal_id) != int(birth[:4]):
        found.append("năm sinh")
    if sex in {"1", "2"} and sex_of(personal_id) != sex:
        found.append("giới tính")
    return found


def read_personal_id(cell: Cell, birth: str, sex: str) -> Reading:
    """Số định danh cá nhân; a lost leading zero is put back only if everything then fits."""
    text, _ = clean(cell)
    if not text:
        return Reading("", ask="Thiếu số định danh cá nhân.")
    bare = re.sub(r"[\s.\-']", "", _without_power(text))
    length = int(identity()["personal_id"]["length"])
    if not (bare.isascii() and bare.isdigit()):
        return Reading("", ask=f"Số định danh cá nhân “{text}” không phải là số.")
    if len(bare) == length:
        wrong = misfits(bare, birth, sex)
        ask = f"Số định danh cá nhân không khớp {', '.join(wrong)}." if wrong else ""
        return Reading(bare, "" if bare == text else "bỏ ký tự thừa trong số định danh", ask)
    whole = bare.zfill(length)
    if length - 2 <= len(bare) < length and birth and not misfits(whole, birth, sex):
        if sex in {"1", "2"}:
            return Reading(whole, "thêm số 0 ở đầu; khớp mã tỉnh, giới tính và năm sinh")
        return Reading("", "", "Số định danh cá nhân thiếu số 0 ở đầu?", whole)
    return Reading("", ask=f"Số định danh cá nhân “{text}” không đủ {length} chữ số.")


def _without_power(text: str) -> str:
    """'1.0220301167E+10' when no digit was lost, '10220301167.0' without its fraction of nothing,
    else the text as it is."""
    if re.fullmatch(r"\d{4,}[.,]0", text, re.ASCII):
        return text[:-2]
    match = _EXACT_POWER.fullmatch(text)
    if match and len(match[2]) == int(match[3]):
        return match[1] + match[2]
    return text


# --- classes --------------------------------------------------------------------------------


def read_class(cell: Cell, grade_cell: Cell = None) -> Reading:
    """'Lớp 4 a ' -> '4A'; a bare letter takes its grade from the grade column. Combined classes
    and those of a campus keep what distinguishes them: '1+2 Huổi Lếch', 'Ghép 1+2',
    '2A (Huổi Lếch)'."""
    text, _ = clean(cell)
    if isinstance(cell, datetime | date):
        return Reading(bad=f"tên lớp bị Excel đổi thành ngày ({text})")
    if not text:
        return Reading(bad="thiếu lớp")
    name = _plain_class(text) or _lettered(text, grade_cell) or _wide_class(text)
    if not name:
        return Reading(bad=f"không nhận ra lớp “{text}”")
    why = "ghép khối và lớp" if _lettered(text, grade_cell) else "viết lại tên lớp"
    return Reading(name, "" if name == shown(cell) else why)


def _plain_class(text: str) -> str:
    match = _CLASS.fullmatch(text)
    if not match or not (match[2] or not match[3].isdigit()):
        return ""
    tail = re.sub(r"\s", "", match[3]).upper()
    separator = match[2] if match[2] and tail.isdigit() else ""
    return f"{match[1]}{separator}{tail}"


def _lettered(text: str, grade_cell: Cell) -> str:
    letter = re.fullmatch(r"(?:lớp\s*)?([A-ZĐ]\d?)", text, re.I)
    grade = re.search(r"1[0-2]|[1-9]", clean(grade_cell)[0])
    return grade[0] + letter[1].upper() if letter and grade else ""


def _wide_class(text: str) -> str:
    """One of several grades, or of a campus."""
    match = _WIDE.fullmatch(text)
    if not match or not (match["more"] or match["campus"]):
        return ""
    grades = re.findall(r"1[0-2]|[1-9]", match["first"] + match["more"])
    joined = any(sign in match["more"] for sign in "+&") or match["joined"]
    if match["more"] and not joined:
        return ""
    base = "+".join(grades) + (match["letter"] or "").upper()
    head = f"Ghép {base}" if match["joined"] else base
    campus = (match["campus"] or "").strip(" -–")
    if not campus:
        return head
    return f"{head} ({campus})" if "(" in text else f"{head} {campus}"


def grades_of(class_name: str) -> tuple[int, ...]:
    """The grades of a class by its name: (4,) of '4A', (1, 2) of 'Ghép 1+2'."""
    match = _GRADES.match(class_name)
    return tuple(map(int, match[1].split("+"))) if match else ()


def campus_of(class_name: str) -> str:
    """'Huổi Lếch' of '2A (Huổi Lếch)' and of '1+2 Huổi Lếch'; '' when the name has none."""
    match = _WIDE.fullmatch(class_name)
    return (match["campus"] or "").strip(" -–") if match else ""


def grade_of(class_name: str) -> int:
    """The lowest of a combined class; 0 when the name does not begin with a grade from 1 to 12."""
    return min(grades_of(class_name), default=0)
