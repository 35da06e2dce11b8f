"""Whether a word can belong to a Vietnamese text or name: by onset, rime and tone, or by the
spelling of one of the peoples of Viet Nam. The tables are in `resources/profiles/sheets`."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from app import resources
from app.model.text import APOSTROPHES

_TONES = {"\u0301": "sac", "\u0300": "huyen", "\u0309": "hoi", "\u0303": "nga", "\u0323": "nang"}
_STOPS = ("c", "ch", "p", "t")
_TOKEN = re.compile(r"[^\s,;:/()\[\]\"“”.…\-–+*=<>!?|\\]+")
_NUCLEUS = re.compile("[aăâeêĕiĭoôŏơuŭưy]+")
_ABBREVIATION = re.compile("[A-ZĂÂĐÊÔƠƯ]{2,}|.")
_BARRED = str.maketrans({"\u00d0": "Đ", "\u00f0": "đ", "\u0189": "Đ"})
_FEW = 6
"""Up to so many words all must fit; in longer texts nearly all."""
CERTAIN = 0.85


@dataclass(frozen=True, slots=True)
class _Tables:
    onsets: frozenset[str]
    rimes: frozenset[str]
    names: frozenset[str]
    apostrophe: frozenset[str]
    their_onsets: frozenset[str]
    their_finals: frozenset[str]
    their_nuclei: frozenset[str]


@cache
def _tables() -> _Tables:
    path = resources.path("profiles", "sheets", "syllables.toml")
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    peoples = data["peoples"]
    return _Tables(
        frozenset(data["onsets"]),
        frozenset(data["rimes"]),
        frozenset(unicodedata.normalize("NFC", name) for name in peoples["names"]),
        frozenset(peoples["apostrophe"]),
        frozenset(peoples["onsets"]),
        frozenset(peoples["finals"]),
        frozenset(peoples["nuclei"]),
    )


def tokens(text: str) -> list[str]:
    """The words of a text in NFC, without what cannot be seen."""
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return _TOKEN.findall(unicodedata.normalize("NFC", visible))


def can_be_word(word: str) -> bool:
    """Of Vietnamese, or of a people's names. Words of plain Latin letters are not judged, but for
    those without any vowel: they may be foreign."""
    if not any(c.isalpha() for c in word):
        return not any(0xA1 <= ord(c) <= 0xBF for c in word) or len(word) == 1
    parts = re.split(f"[{re.escape(APOSTROPHES)}]", word)
    if len(parts) > 1:
        head, *rest = [part for part in parts if part]
        return head.lower() in _tables().apostrophe and all(map(can_be_word, rest))
    if word.isascii():
        return _plain(word)
    return _fits(word)


@lru_cache(maxsize=8192)
def _fits(word: str) -> bool:
    if not word.isalpha() or not _usual_case(word):
        return False
    if _ABBREVIATION.fullmatch(word):
        return True
    lower = word.translate(_BARRED).lower()
    if lower in _tables().names:
        return True
    parts = unicodedata.normalize("NFD", lower)
    tones = [c for c in parts if c in _TONES]
    bare = unicodedata.normalize("NFC", "".join(c for c in parts if c not in _TONES))
    if len(tones) > 1 or (tones and not _tone_on_vowel(parts)):
        return False
    return _vietnamese(bare, _TONES[tones[0]] if tones else "") or _of_a_people(bare, bool(tones))


def _usual_case(word: str) -> bool:
    return word in (word.lower(), word.upper()) or word[1:] == word[1:].lower()


def _tone_on_vowel(parts: str) -> bool:
    place = next(i for i, c in enumerate(parts) if c in _TONES)
    before = [c for c in parts[:place] if not unicodedata.combining(c)]
    return bool(before) and before[-1] in "aeiouy"


def _vietnamese(bare: str, tone: str) -> bool:
    tables = _tables()
    for cut in range(4):
        onset, rime = bare[:cut], bare[cut:]
        if (not onset or onset in tables.onsets) and rime in tables.rimes:
            return not rime.endswith(_STOPS) or tone in ("sac", "nang")
    return False


def _of_a_people(bare: str, toned: bool) -> bool:
    """Clusters and finals that Vietnamese lacks; a tone is only theirs after such a cluster."""
    tables = _tables()
    for cut in range(4, -1, -1):
        onset, rime = bare[:cut], bare[cut:]
        theirs = onset in tables.their_onsets
        if theirs or (not toned and (not onset or onset in tables.onsets)):
            core = _NUCLEUS.match(rime)
            if core and core.group() in tables.their_nuclei and _final_fits(rime[core.end() :]):
                return True
    return False


def _final_fits(final: str) -> bool:
    usual = ("", "c", "ch", "m", "n", "ng", "nh", "p", "t")
    return final in usual or final in _tables().their_finals


def _plain(word: str) -> bool:
    letters = [c for c in word.lower() if c.isalpha()]
    return len(letters) < 2 or word.isupper() or any(c in "aeiouy" for c in letters)


def is_plausible(text: str) -> bool:
    """Whether the words beyond ASCII can be Vietnamese (nearly all of them, in longer texts)."""
    words = _suspects(text)
    good = sum(map(can_be_word, words))
    return good == len(words) if len(words) <= _FEW else good >= CERTAIN * len(words)


def share(text: str) -> float:
    """Of the words beyond ASCII, how many can be Vietnamese; 1.0 if there are none."""
    words = _suspects(text)[:4000]
    return sum(map(can_be_word, words)) / len(words) if words else 1.0


def _suspects(text: str) -> list[str]:
    if text.isascii():
        return []
    words = _TOKEN.findall(unicodedata.normalize("NFC", text))
    suspects = []
    for word in words:
        if not word.isascii():
            suspects.append("".join(c for c in word if unicodedata.category(c) != "Cf") or word)
    return suspects
