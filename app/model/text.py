"""Vietnamese text as it is kept (NFC) and as it is searched (no diacritics)."""

from __future__ import annotations

import unicodedata


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Lower case without diacritics, đ as d: 'dat' finds 'Đạt'."""
    bare = unicodedata.normalize("NFD", text.casefold())
    kept = "".join(c for c in bare if not unicodedata.combining(c))
    return kept.replace("đ", "d")
