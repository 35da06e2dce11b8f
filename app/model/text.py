"""Vietnamese text as it is kept (NFC) and as it is searched (without diacritics)."""

from __future__ import annotations

import unicodedata

APOSTROPHES = "'\u2019\u2018\u02bc\u02bb\u02b9\u02bd\u02be\u02c8\u201b\u2032\u00b4`\uff07\ua78c"
"""What people type for one: H'Bia, H\u2019Bia and H`Bia are one name. The first is kept."""
_ONE_APOSTROPHE = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))
_BARRED = str.maketrans({"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "\u0189": "D"})


def nfc(text: str) -> str:
    """The text composed (Unicode normalization form C), as everything is kept."""
    return unicodedata.normalize("NFC", text)


def one_apostrophe(text: str) -> str:
    """The text with each of `APOSTROPHES` written as the first of them."""
    return text.translate(_ONE_APOSTROPHE)


def visible(text: str) -> str:
    """Without characters that nobody sees: zero width, directions, soft hyphens (category Cf)."""
    return "".join(c for c in text if unicodedata.category(c) != "Cf")


def fold(text: str) -> str:
    """Lower case without diacritics, single spaces: 'Đạt  Nguyễn' -> 'dat nguyen'.

    What looks the same compares the same: one kind of apostrophe, nothing invisible.
    """
    one = one_apostrophe(text.translate(_BARRED))
    plain = unicodedata.normalize("NFKD", visible(one))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(letters.casefold().split())
