"""Vietnamese text as it is kept (NFC) and as it is searched (without diacritics)."""

from __future__ import annotations

import unicodedata

_BARRED = str.maketrans({"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "\u0189": "D"})


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Lower case without diacritics, single spaces: 'Đạt  Nguyễn' -> 'dat nguyen'."""
    plain = unicodedata.normalize("NFKD", text.translate(_BARRED))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(letters.casefold().split())
