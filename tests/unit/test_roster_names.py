"""Vietnamese names: alphabetical order, search without diacritics."""

from __future__ import annotations

import unicodedata

import pytest

from app.model.text import fold
from app.roster.names import sort_key, split_name, word_key


def test_letters_come_before_tones() -> None:
    ordered = ["an", "àn", "ản", "ãn", "án", "ạn", "ang", "ăn", "ân", "da", "đa", "e", "ê"]
    assert sorted(reversed(ordered), key=word_key) == ordered


def test_o_u_and_their_horned_letters_keep_the_alphabet() -> None:
    ordered = ["on", "ôn", "ơn", "pa", "un", "ưn", "vân", "yên"]
    assert sorted(reversed(ordered), key=word_key) == ordered


def test_pupils_are_sorted_by_given_name_first() -> None:
    names = ["Trần Văn Bình", "Lê Thị Ánh", "Bế Anh", "Vũ Thị Đào", "Lò Văn Dũng", "An Văn Bình"]
    assert sorted(names, key=sort_key) == [
        "Bế Anh", "Lê Thị Ánh", "An Văn Bình", "Trần Văn Bình", "Lò Văn Dũng", "Vũ Thị Đào",
    ]  # fmt: skip


def test_the_order_does_not_depend_on_the_unicode_form() -> None:
    name = "Nguyễn Thị Ướt"
    assert sort_key(unicodedata.normalize("NFD", name)) == sort_key(name)


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Đạt", "dat"), ("Ðạt", "dat"), ("  Lò  Thị\u00a0Ính ", "lo thi inh"), ("H'Hen", "h'hen")],
)
def test_search_needs_no_diacritics(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Nguyễn Thị Mỹ Lệ", ("Nguyễn", "Thị Mỹ", "Lệ")),
        ("Giàng Páo", ("Giàng", "", "Páo")),
        ("Páo", ("", "", "Páo")),
        ("", ("", "", "")),
    ],
)
def test_a_name_has_family_middle_and_given(name: str, parts: tuple[str, str, str]) -> None:
    assert split_name(name) == parts
