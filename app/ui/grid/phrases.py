"""The teacher's own phrases, with the pupil's name filled in. No text is invented here."""

from __future__ import annotations

from collections.abc import Sequence

from app.ui.grid.columns import GridRow

NAME = "{ten}"


def fill(phrase: str, pupil: GridRow) -> str:
    """'{ten} chăm chỉ.' -> 'Chống chăm chỉ.'"""
    return phrase.replace(NAME, pupil.given_name)


def choices(phrases: Sequence[str], pupil: GridRow) -> list[str]:
    """Phrases as they would read for this pupil, in the teacher's order, each once."""
    return list(dict.fromkeys(fill(phrase, pupil) for phrase in phrases if phrase.strip()))


def append(text: str, phrase: str) -> str:
    """A phrase put after what is there, one space between."""
    return f"{text.rstrip()} {phrase}".strip()
