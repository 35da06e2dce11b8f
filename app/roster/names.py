"""Vietnamese personal names: order, search, parts."""

from __future__ import annotations

import unicodedata

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_RANK = {letter: rank for rank, letter in enumerate(_ALPHABET, start=1)}
# The order of tones in Vietnamese dictionaries: none, huyền, hỏi, ngã, sắc, nặng.
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}

WordKey = tuple[tuple[int, ...], tuple[int, ...]]
NameKey = tuple[WordKey, tuple[WordKey, ...], WordKey]


def split_name(full_name: str) -> tuple[str, str, str]:
    """(family, middle, given). The last word is the given name, as schools sort by it."""
    words = full_name.split()
    if len(words) < 2:
        return "", "", "".join(words)
    return words[0], " ".join(words[1:-1]), words[-1]


def word_key(word: str) -> WordKey:
    """Letters decide first (a ă â b …), tones only between equal letters."""
    letters: list[int] = []
    tones: list[int] = []
    for mark_or_letter in unicodedata.normalize("NFD", word.casefold()):
        tone = _TONES.get(mark_or_letter)
        if tone is not None:
            if tones:
                tones[-1] = tone
            continue
        if unicodedata.combining(mark_or_letter) and letters:
            composed = unicodedata.normalize("NFC", _letter(letters[-1]) + mark_or_letter)
            letters[-1] = _RANK.get(composed, letters[-1])
            continue
        letters.append(_RANK.get(mark_or_letter, 0 if not mark_or_letter.isalpha() else 99))
        tones.append(0)
    return tuple(letters), tuple(tones)


def _letter(rank: int) -> str:
    return _ALPHABET[rank - 1] if 1 <= rank <= len(_ALPHABET) else ""


def sort_key(full_name: str) -> NameKey:
    """Given name, then middle names, then family name, in the Vietnamese alphabet."""
    family, middle, given = split_name(full_name)
    return word_key(given), tuple(word_key(word) for word in middle.split()), word_key(family)
