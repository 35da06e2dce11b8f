"""A key in words that two people can compare aloud, over a bad telephone line too.

Sixteen beginnings by sixteen ends, chosen so that no two sound alike in any region of Vietnam: no
tones, no d/gi/r, no l/n, no s/x, no ch/tr.
"""

from __future__ import annotations

import hashlib
import re

_BEGINNINGS: tuple[str, ...] = tuple(re.findall(r"\w+", "b c đ g h kh l m ng nh ph t th tr v x"))
_ENDS: tuple[str, ...] = tuple(re.findall(r"\w+", "a ai am ang ao ay e eo in iêu oi ong u ua ơi ư"))
_SPELLED = {"c": "k", "g": "gh", "ng": "ngh"}
"""Before e and i."""
WORDS = 8


def words(*parts: bytes) -> str:
    """64 bits of the SHA-256 of the parts, as eight syllables in groups of two."""
    digest = hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).digest()
    spoken = [_syllable(byte) for byte in digest[:WORDS]]
    return " · ".join(" ".join(spoken[at : at + 2]) for at in range(0, WORDS, 2))


def _syllable(byte: int) -> str:
    beginning, end = _BEGINNINGS[byte >> 4], _ENDS[byte & 15]
    if end[0] in "ei":
        beginning = _SPELLED.get(beginning, beginning)
    return beginning + end
