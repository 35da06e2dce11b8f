"""Marks as numbers: how they are rounded, kept and printed. The only place that says so.

Circular 22/2021/TT-BGDĐT, article 5.3.b: whole numbers or decimals to the first place, rounded.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

DECIMALS = 1
"""Decimal places of a mark and of an average."""
QUANTUM = Decimal(1).scaleb(-DECIMALS)
HIGHEST = 10

PATTERN = rf"{HIGHEST}(\.0{{1,{DECIMALS}}})?|[0-9](\.[0-9]{{1,{DECIMALS}}})?"
"""Kept marks as a regular expression that XML Schema knows, too."""

_LETTERS = {"D": "Đ", "CD": "CĐ"}


def rounded(value: Decimal) -> Decimal:
    """To the decimal places of a mark, half up: 8.25 -> 8.3."""
    return value.quantize(QUANTUM, ROUND_HALF_UP)


def kept(value: Decimal) -> str:
    """An entered mark as it is stored: no decimals that say nothing. 7 -> '7', 7.50 -> '7.5'."""
    text = f"{rounded(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def fixed(value: Decimal) -> str:
    """An average as results, records and sheets hold it: with all its decimals. 7 -> '7.0'."""
    return f"{rounded(value):f}"


def with_all_decimals(text: str) -> str:
    """A kept number with the decimals of an average: '7' -> '7.0'; anything else as it is."""
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals:0<{DECIMALS}}" if whole.isdigit() else text


def printed(text: str) -> str:
    """A kept mark as people write it: '7.5' -> '7,5', 'CD' -> 'CĐ'."""
    return _LETTERS.get(text, text.replace(".", ","))
