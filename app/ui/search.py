"""Finding without diacritics: 'dat' finds 'Đạt'."""

from __future__ import annotations

import unicodedata

_STROKE = str.maketrans("đĐðÐ", "dddd")


def fold(words: str) -> str:
    """Lower case, without diacritics, đ as d, single spaces."""
    apart = unicodedata.normalize("NFD", words.translate(_STROKE))
    bare = "".join(c for c in apart if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())
