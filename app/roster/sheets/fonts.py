"""Old fonts and torn Unicode, decided cell by cell, before anything invisible is taken away.

A cell that can be Vietnamese as it stands is left alone; one that can be only under an old font
is decoded and said. Where both are possible ("Phóc" is "Phúc" in TCVN3), the certain cells of the
same column decide, then those of the row, then of the sheet; where these disagree people are asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.roster.sheets.cells import Place, Respelling, SheetRow
from app.roster.sheets.legacy_text import font_spellings, misread_utf8
from app.roster.sheets.syllables import can_be_word, is_plausible, tokens

_UNICODE, _UTF8 = "Unicode", "UTF-8"
_ASK = "Chữ “{found}” có thể gõ bằng phông cũ {font}: đúng ra là “{other}”?"


@dataclass(frozen=True, slots=True)
class _Judged:
    """`certain`: the one encoding under which the text can be Vietnamese, if there is one."""

    text: str
    certain: str
    spellings: Mapping[str, str]
    """Encoding -> plausible text."""


def respell(
    rows: Sequence[SheetRow],
) -> tuple[tuple[SheetRow, ...], dict[Place, Respelling], dict[str, int]]:
    """(rows in Unicode, what was done or is asked, cells per old encoding)."""
    judged = {
        (row.number, column): _judge(cell)
        for row in rows
        for column, cell in enumerate(row.cells)
        if isinstance(cell, str) and not cell.isascii()
    }
    if all(one.certain in (_UNICODE, "") and len(one.spellings) < 2 for one in judged.values()):
        odd = {place: one for place, one in judged.items() if not one.spellings}
        if not odd:
            return tuple(rows), {}, {}
    votes = _Votes(judged)
    changed: dict[Place, str] = {}
    notes: dict[Place, Respelling] = {}
    counts: Counter[str] = Counter()
    for place, one in judged.items():
        text, note, font = _decide(one, votes.of(place))
        if text != one.text:
            changed[place] = text
            counts[font] += 1
        if note is not None:
            notes[place] = note
    new_rows = tuple(
        SheetRow(
            row.number,
            tuple(changed.get((row.number, at), cell) for at, cell in enumerate(row.cells)),
        )
        for row in rows
    )
    return new_rows, notes, dict(counts)


def _judge(text: str) -> _Judged:
    as_is = is_plausible(text)
    if not as_is and (whole := misread_utf8(text)):
        return _Judged(text, _UTF8, {_UTF8: whole})
    spellings = {_UNICODE: text} if as_is else {}
    if any(c.isalpha() for c in text):
        spellings |= {
            font: meant
            for font, meant in font_spellings(text).items()
            if meant != text and is_plausible(meant)
        }
    meanings = set(spellings.values())
    certain = next(iter(spellings)) if len(meanings) == 1 else ""
    return _Judged(text, certain, spellings)


class _Votes:
    """Certain cells by encoding: of each column, of each row, of the sheet."""

    def __init__(self, judged: Mapping[Place, _Judged]) -> None:
        self._columns: dict[int, Counter[str]] = {}
        self._rows: dict[int, Counter[str]] = {}
        self._sheet: Counter[str] = Counter()
        for (row, column), one in judged.items():
            if one.certain:
                self._columns.setdefault(column, Counter())[one.certain] += 1
                self._rows.setdefault(row, Counter())[one.certain] += 1
                self._sheet[one.certain] += 1

    def of(self, place: Place) -> Counter[str]:
        row, column = place
        nobody: Counter[str] = Counter()
        around = (self._columns.get(column, nobody), self._rows.get(row, nobody), self._sheet)
        return next((votes for votes in around if votes), nobody)


def _decide(one: _Judged, votes: Counter[str]) -> tuple[str, Respelling | None, str]:
    """(text, what to say or None, its encoding)."""
    if one.certain:
        return _as(one, one.certain)
    if not one.spellings:
        return _piece_by_piece(one, votes)
    ranked = sorted(one.spellings, key=lambda font: (-votes[font], font != _UNICODE))
    best, *others = ranked
    text, note, font = _as(one, best)
    if any(votes[other] * 4 >= max(votes[best], 1) for other in others):
        other = next(o for o in others if votes[o] * 4 >= max(votes[best], 1))
        meant = one.spellings[other]
        ask = _ASK.format(found=text, font=other, other=meant)
        note = Respelling(one.text, note.why if note else "", ask, meant)
    return text, note, font


def _as(one: _Judged, font: str) -> tuple[str, Respelling | None, str]:
    text = one.spellings[font]
    if font == _UNICODE:
        return text, None, font
    why = (
        "chữ UTF-8 bị đọc nhầm thành bảng mã khác, đã trả lại"
        if font == _UTF8
        else f"gõ bằng phông {font}, đổi sang Unicode"
    )
    return text, Respelling(one.text, why), font


def _piece_by_piece(one: _Judged, votes: Counter[str]) -> tuple[str, Respelling | None, str]:
    """A cell in which fonts are mixed, or torn: a proposal where every odd word has a meaning."""
    fonts = [font for font, _ in votes.most_common()] + ["TCVN3", "VNI"]
    words = one.text.split()
    meant = [_word_meant(word, fonts) for word in words]
    if not all(meant):
        return one.text, None, _UNICODE
    suggestion = " ".join(meant)
    ask = _ASK.format(found=one.text, font="trộn với Unicode", other=suggestion)
    return one.text, Respelling(one.text, "", ask, suggestion), _UNICODE


def _word_meant(word: str, fonts: Sequence[str]) -> str:
    if all(map(can_be_word, tokens(word))):
        return word
    spellings = font_spellings(word) | {_UTF8: misread_utf8(word)}
    for font in fonts:
        meant = spellings.get(font, "")
        if meant and is_plausible(meant):
            return meant
    return ""
