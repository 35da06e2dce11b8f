"""A mistake in a regulation's file is named by file, line and field."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from app import resources
from app.errors import ProfileError
from app.profile import load, read
from app.profile.reader import LARGEST_FILE, line_of

FILES = resources.path("profiles")
P, S = "tt27-2020.toml", "tt22-2021.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The two shipped regulations, to be changed."""
    for name in (P, S):
        shutil.copy(FILES / name, tmp_path)
    return tmp_path


def change(folder: Path, name: str, old: str, new: str) -> str:
    """Change the first occurrence; the whole new text."""
    file = folder / name
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    return file.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "at", "field"),
    [
        (S, "lowest = 6.5", 'lowest = "6.5"', "lowest =", "rules.learning[1].lowest"),
        (S, "lowest = 6.5", "lowest = 65", "lowest =", "rules.learning[1].lowest"),
        (S, "lowest = 6.5", "lowest = nan", "lowest =", "rules.learning[1].lowest"),
        (S, "lowest = 6.5", "", "[[rules.learning]]", "rules.learning[1].lowest"),
        (S, 'level = "T"', 'level = "X"', 'level = "X"', "rules.learning[1].level"),
        (S, 'level = "T"', 'level = "K"', "[[rules.learning]]", "rules.learning"),
        (S, "absence_limit = 45", "absence_limit = true", "absence_limit", "rules.absence_limit"),
        (S, "absence_limit = 45", "absence = 45", "[rules]", "rules.absence_limit"),
        (S, "absence_limit", "x = 1\nabsence_limit", "x = 1", "rules.x"),
        (
            S,
            "up_to_periods = 70",
            "up_to_periods = 35",
            "up_to_periods = 35\nmarks = 3",
            "rules.regular_marks[2].up_to_periods",
        ),
        (
            S,
            "[[rules.regular_marks]]\nmarks = 4",
            "",
            "up_to_periods = 70",
            "rules.regular_marks[2].up_to_periods",
        ),
        (S, "gap = 2", "gap = 0", "gap = 0", "rules.raise.gap"),
        (
            S,
            "comment_subjects = true",
            "comment_subjects = 1",
            "comment_subjects = 1",
            "rules.raise.comment_subjects",
        ),
        (S, 'targets = ["T", "K"]', 'targets = ["T", "T"]', "targets", "rules.raise.targets"),
        (S, 'targets = ["T", "K"]', 'targets = ["A"]', "targets", "rules.raise.targets"),
        (S, 'targets = ["T", "K"]', "targets = [1]", "targets", "rules.raise.targets"),
        (S, 'targets = ["T", "K"]', "targets = []", "targets", "rules.raise.targets"),
        (S, 'D = { T = "K", K', 'D = { T = "?", K', "D = { T", "rules.conduct_year.D.T"),
        (S, "[rules.weights]\n", "[rules]\nweights = 3\n[rules.none]\n", None, None),
        (S, '["2024-2025", ', '["2024-2026", ', "school_years", "school_years"),
        (S, 'in_force = "2021-09-05"', 'in_force = "5/9/2021"', "in_force", "in_force"),
        (S, 'levels = ["lower', 'levels = ["primary", "lower', "levels", "levels"),
        (S, 'levels = ["lower_secondary", ', "levels = [", "[[subjects]]", "subjects"),
        (
            S,
            'code = "TOAN"',
            'code = "NGU_VAN"',
            'code = "NGU_VAN"\nmoet_code = "15"',
            "subjects[2].code",
        ),
        (
            S,
            'moet_code = "15"',
            'moet_code = "19"',
            'moet_code = "19"\nname = "Toán"',
            "subjects[2].moet_code",
        ),
        (S, "grades = [6, 7, 8, 9]", "grades = [0]", "grades = [0]", "subjects[1].grades"),
        (S, ", 9 = 52 }", " }", "periods = {", "subjects[7].periods.9"),
        (S, 'kind = "scored"', 'kind = "level"', 'kind = "level"', "subjects[1].kind"),
        (S, 'name = "Ngữ văn"', 'name = " "', 'name = " "', "subjects[1].name"),
        (P, 'subjects = ["T"]', 'subjects = ["D"]', "subjects =", "rules.overall[1].subjects"),
        (P, 'lowest_level = "CHT"', 'lowest_level = "HT"', "[[rules.overall]]", "rules.overall"),
        (
            P,
            'code = "NHAN_AI"',
            'code = "YEU_NUOC"',
            'code = "YEU_NUOC"\nmoet_code = "02"',
            "qualities[2].code",
        ),
        (P, "[[qualities]]", "[qualities]", None, None),
    ],
)
def test_a_mistake_is_named_by_file_line_and_field(
    folder: Path, name: str, old: str, new: str, at: str | None, field: str | None
) -> None:
    text = change(folder, name, old, new)
    with pytest.raises(ProfileError) as caught:
        load(folder)
    found = caught.value.params
    assert found["file"] == name
    assert found["reason"]
    if at is not None:
        rows = text[: text.index(at)].count("\n") + 1
        assert (found["field"], found["line"]) == (field, rows)


def test_two_files_of_the_same_day_cannot_both_count(folder: Path) -> None:
    shutil.copy(folder / "tt27-2020.toml", folder / "tt27-copy.toml")
    with pytest.raises(ProfileError) as caught:
        load(folder)
    assert caught.value.params["file"] == "tt27-copy.toml"
    assert caught.value.params["field"] == "in_force"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b'a = 1\nb = "x\n', 2),
        (b"a = 1\nb = \n", 2),
        (b"a = [1,\n2", 2),
        (b"a = 1\n\xff = 2\n", 2),
        (b"#" * (LARGEST_FILE + 1), 0),
    ],
)
def test_a_file_that_is_no_toml_names_the_line(tmp_path: Path, content: bytes, line: int) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(content)
    with pytest.raises(ProfileError) as caught:
        read(file)
    assert (caught.value.params["file"], caught.value.params["line"]) == ("x.toml", line)


def test_a_file_that_is_not_there_is_an_expected_error(tmp_path: Path) -> None:
    with pytest.raises(ProfileError):
        read(tmp_path / "none.toml")


def test_the_reader_keeps_numbers_exact_and_knows_its_sections(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text('a = 0.1\nb = 2\n[t]\nc = "x"\n[[l]]\nd = false\n[l.deep]\ne = [1]\n')
    section = read(file)
    assert section.names == ("a", "b", "t", "l")
    assert section.decimal("a") == Decimal("0.1")
    assert section.decimal("b") == 2
    assert section.text("none", "by default") == "by default"
    assert section.integers("none", (3,), low=0, high=1) == (3,)
    assert section.boolean("none", True)
    assert section.has_table("t")
    assert section.section("t").text("c") == "x"
    (first,) = section.sections("l")
    assert not first.boolean("d")
    assert first.section("deep").integers("e", low=1, high=1) == (1,)
    first.finish()
    section.finish()
    error = first.section("deep").error("e", "?")
    assert (error.params["line"], error.params["field"]) == (8, "l[1].deep.e")
    for wrong in (
        lambda: section.section("a"),
        lambda: section.sections("t"),
        lambda: section.texts("b"),
        lambda: section.boolean("a"),
    ):
        with pytest.raises(ProfileError):
            wrong()


def test_a_line_is_found_for_the_section_itself() -> None:
    assert line_of("\n[a]\nb = 1\n", ("a",)) == 2
    assert line_of("\n[a]\nb = 1\n", ("z",)) == 1
