"""Strangers' words as they may be shown: nothing that hides, turns the line or passes for a letter.

A forger could write a verdict of his own with a line end or a mark that turns the direction, and
another's name with letters of other scripts that look the same (UTS #39).
"""

from __future__ import annotations

import json
import unicodedata
from functools import lru_cache

_LATIN = ((0x0041, 0x0130), (0x0132, 0x017E), (0x0180, 0x0180), (0x01A0, 0x01A1),
          (0x01AF, 0x01B0), (0x0243, 0x0243), (0x1E00, 0x1EFF))  # fmt: skip
"""Letters of Vietnamese and of the peoples' languages; not the dotless i nor the long s."""
_UNLIKE = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA", "KHMER", "LAO", "THAI", "CHAM", "TAI VIET")
"""Scripts whose letters nobody takes for Latin ones."""
_MARKS = (0x0300, 0x036F)
_MOST_MARKS = 3
"""On one letter: a heap of them covers the lines around."""


def shown(text: str) -> str:
    """One line in which every letter is what it seems; others stand as ‹U+0430›."""
    found, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        found.append(_as_shown(character) if marks <= _MOST_MARKS else "\ufffd")
    return "".join(found)


def shown_json(value: object) -> str:
    """JSON (RFC 8259) of the value, the same letters kept and all others escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return "".join(c if c == "\n" or _as_shown(c) == c else json.dumps(c)[1:-1] for c in text)


@lru_cache(maxsize=4096)
def _as_shown(character: str) -> str:
    if character.isspace():
        return " "
    if not character.isprintable():
        return "\ufffd"
    return character if _is_itself(character) else f"‹U+{ord(character):04X}›"


def _is_itself(character: str) -> bool:
    code, category = ord(character), unicodedata.category(character)
    if code < 0x80 or category[0] in "PS":
        return unicodedata.normalize("NFKC", character) == character or code in _KEPT
    if category[0] == "M":
        return _MARKS[0] <= code <= _MARKS[1]
    if category[0] != "L":
        return False
    latin = any(first <= code <= last for first, last in _LATIN)
    return latin or unicodedata.name(character, "").startswith(_UNLIKE)


_KEPT = frozenset(map(ord, "…№™′″ "))
"""Signs that a compatibility form would spell out, and that pass for nothing else."""
