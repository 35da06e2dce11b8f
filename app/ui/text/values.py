"""Dates, numbers of people and typed fields as people read and write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date


def day(iso: str) -> str:
    """'05/04/2013' of '2013-04-05'; months and years alone stay as short as they are."""
    return "/".join(reversed(iso.split("-")))


def iso_day(shown: str) -> str:
    return "-".join(reversed(shown.strip().split("/")))


def masked(number: str) -> str:
    """Only the last four digits are for every eye."""
    return f"•••• {number[-4:]}" if number else ""


def pupil_mistakes(fields: Mapping[str, str]) -> dict[str, str]:
    """Field -> what is wrong with what was typed."""
    found = {}
    if len(fields["full_name"].split()) < 2:
        found["full_name"] = "Cần họ và tên."
    if not _is_birth(fields["birth_date"]):
        found["birth_date"] = "Viết như 05/04/2013."
    for field, digits in (("moet_id", 10), ("personal_id", 12)):
        number = fields[field]
        if number and not (number.isdigit() and len(number) == digits):
            found[field] = f"Cần đúng {digits} chữ số, hoặc để trống."
    return found


def _is_birth(iso: str) -> bool:
    parts = iso.split("-")
    try:
        numbers = [int(part) for part in parts]
        date(numbers[0], *([*numbers[1:], 1, 1][:2]))
    except (ValueError, TypeError, IndexError):
        return False
    return len(parts) <= 3 and 1950 <= numbers[0] <= 2100
