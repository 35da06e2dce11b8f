"""Regulations as files: what ships, what a new file changes, and how mistakes are named."""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from app import resources
from app.assessment import exchange, final_results
from app.errors import ProfileMissing
from app.model.assessment import Promotion
from app.model.people import Student
from app.practice.marks import invent
from app.profile import (
    PrimaryRules,
    Programme,
    SchoolLevel,
    SecondaryRules,
    code_list,
    level_of,
    load,
    read,
    shipped,
)

YEARS = ("2024-2025", "2025-2026", "2026-2027", "2027-2028")
FILES = resources.path("profiles")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The two shipped regulations, to be changed."""
    for name in ("tt27-2020.toml", "tt22-2021.toml"):
        shutil.copy(FILES / name, tmp_path)
    return tmp_path


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("grade", range(1, 13))
def test_every_grade_of_every_covered_year_has_a_profile(year: str, grade: int) -> None:
    profile = shipped().for_grade(year, grade)
    assert (profile.school_year, profile.grade, profile.level) == (year, grade, level_of(grade))
    primary = profile.level is SchoolLevel.PRIMARY
    assert isinstance(profile.rules, PrimaryRules if primary else SecondaryRules)
    assert bool(profile.qualities and profile.competences) is primary
    assert {s.moet_code for s in profile.subjects}.isdisjoint({""})


def test_what_no_file_covers_is_missing() -> None:
    with pytest.raises(ProfileMissing) as caught:
        shipped().for_grade("2001-2002", 4)
    assert caught.value.params == {"school_year": "2001-2002", "grade": 4}
    assert shipped().school_years == YEARS


def test_subjects_tests_and_competences_follow_the_grade() -> None:
    one, four = (shipped().for_grade("2026-2027", grade) for grade in (1, 4))
    assert one.by_code["NGOAI_NGU_1"].optional
    assert not one.by_code["NGOAI_NGU_1"].tested
    assert four.by_code["TOAN"].tests == ("mid1", "end1", "mid2", "end2")
    assert four.by_code["KHOA_HOC"].tests == ("end1", "end2")
    assert "TIN_HOC" not in {trait.code for trait in one.competences}
    assert "TIN_HOC" in {trait.code for trait in four.competences}
    seven, eight = (shipped().for_grade("2026-2027", grade) for grade in (7, 8))
    assert seven.by_code["CONG_NGHE"].regular_marks == 2
    assert eight.by_code["CONG_NGHE"].regular_marks == 3
    assert eight.by_code["TOAN"].regular_marks == 4
    ten = shipped().for_grade("2026-2027", 10)
    assert isinstance(ten.rules, SecondaryRules)
    assert ten.rules.electives == 4
    assert sum(subject.elective for subject in ten.subjects) == 9
    assert ten.by_code["VAT_LI"].topic_marks
    assert ten.subject_name("VAT_LI") == "Vật lí"
    assert ten.subject_name("LA") == "LA"
    assert ten.article("nothing") == "Thông tư 22/2021/TT-BGDĐT"


def test_code_lists_are_complete() -> None:
    ethnicities = code_list(FILES / "ethnicities.toml")
    assert len(ethnicities) == 55
    assert ethnicities["08"] == "Mông"
    provinces = code_list(FILES / "provinces.toml")
    assert len(provinces) == 34
    assert provinces["15"] == "Lào Cai"


CASE = (
    b'{"circular": "TT27-2020", "grade": 4, "school_year": "2027-2028", "subjects": [{"code": '
    b'"TOAN", "level": "T", "tested": true, "test": 8}], "qualities": {}, "competences": {}}'
)


def test_a_new_regulation_is_a_new_file(folder: Path) -> None:
    text = (folder / "tt27-2020.toml").read_text("utf-8")
    text = text.replace("lowest_test = 9", "lowest_test = 8")
    text = text.replace('in_force = "2020-10-20"', 'in_force = "2027-07-01"')
    text = text.replace('version = "2"', 'version = "3"')
    text = text.replace('["2024-2025", "2025-2026", "2026-2027", "2027-2028"]', '["2027-2028"]')
    before = load(folder)
    (folder / "a-new.toml").write_text(text, "utf-8")
    after = load(folder)
    case = exchange.read_line(CASE)
    assert exchange.answer(case, before)["overall"] == "HTT"
    assert exchange.answer(case, after)["overall"] == "HTXS"
    assert after.for_grade("2027-2028", 4).id == "TT27-2020/3"
    assert after.for_grade("2026-2027", 4) == before.for_grade("2026-2027", 4)


# One id and version is one content for ever: a record names it, and what was locked with it keeps
# it. A change is a new file with a higher version, and a new line here.
DIGESTS = {
    "roles/2026-11": "5df6ba6e42e0796f46ed0b4438bd042a93e31ae45774c01290eea85fd9b2fd98",
    "signing/2026-12": "185460a8cdcf7d528826fdaff160fc838b0e534dfbe81d0b343921bdd2ba5ed7",
    "tokens/2026-11": "f9c5080ff1df34e3b2d02d51eab439d10289644bc1e95ba0fa3a660023c267bb",
    "TT22-2021/1": "d5a953fd6c5b5572e780957dbe974189ed912dbe55597198c910c7e52abbd9b3",
    "TT22-2021/2": "a0f0bec58b2ab8f61756c7bb38b92f733f999de3f955903850bc9b6a6b09f630",
    "TT27-2020/1": "199f898880c3a9a8e26d3f32a3cbb327753f3491e9d5a84ec8864f77a971bbd0",
    "TT27-2020/2": "05fde840e70b68b4adb5c7530c0c2df05bfdf6fab58602ce018eba57cecd7f3e",
    "TT43-2021/1": "62c3bb6bd6e2e3de0b4f6d1367503e8db43aa530796bd10329764d004416893e",
}


def test_what_ships_under_an_id_and_version_never_changes() -> None:
    found = {}
    for file in sorted(FILES.glob("*.toml")):
        rules = read(file)
        if rules.has("version"):
            name = rules.text("circular", file.stem)
            identity = f"{name}/{rules.text('version')}"
            assert identity not in found
            found[identity] = sha256(file.read_bytes()).hexdigest()
    assert found == DIGESTS


def test_a_class_locked_with_an_earlier_version_keeps_it() -> None:
    now = shipped().for_grade("2026-2027", 8)
    kept = shipped().for_grade("2026-2027", 8, "TT22-2021/1")
    assert (now.by_code["HDTN_HN"].regular_marks, kept.by_code["HDTN_HN"].regular_marks) == (2, 4)


def test_files_of_other_kinds_are_left_alone(folder: Path) -> None:
    (folder / "tokens.toml").write_text('[[drivers]]\nname = "x"\n')
    shutil.copy(FILES / "ethnicities.toml", folder)
    assert load(folder).school_years == YEARS


def test_raise_and_articles_may_be_left_out(folder: Path) -> None:
    text = (folder / "tt22-2021.toml").read_text("utf-8")
    raising = text[text.index("[rules.raise]") : text.index("# Row: semester II")]
    articles = text[text.index("[articles]") : text.index("[[subjects]]")]
    (folder / "tt22-2021.toml").write_text(text.replace(raising, "").replace(articles, ""), "utf-8")
    profile = load(folder).for_grade("2026-2027", 8)
    assert isinstance(profile.rules, SecondaryRules)
    assert profile.rules.raising is None
    assert profile.article("raise") == profile.title


@pytest.mark.parametrize("grade", range(6, 13))
def test_continuing_education_has_rules_of_its_own_in_the_same_grades(grade: int) -> None:
    general = shipped().for_grade("2026-2027", grade)
    continuing = shipped().for_grade("2026-2027", grade, programme=Programme.CONTINUING)
    assert (general.circular, continuing.circular) == ("TT22-2021", "TT43-2021")
    assert continuing.level is SchoolLevel.CONTINUING
    assert isinstance(continuing.rules, SecondaryRules)
    assert continuing.rules.learning[0].count == 5


def test_continuing_education_has_no_primary_grades() -> None:
    with pytest.raises(ProfileMissing):
        shipped().for_grade("2026-2027", 4, programme=Programme.CONTINUING)


NEW_SUBJECT = """
[[subjects]]
code = "TIENG_THAI"
moet_code = "77"
name = "Tiếng Thái"
short_name = "T.Thái"
kind = "{kind}"
grades = [{grade}]
periods = 70
"""


@pytest.mark.parametrize(
    ("name", "grade", "kind"), [("tt27-2020.toml", 4, "level"), ("tt22-2021.toml", 8, "scored")]
)
def test_a_subject_more_changes_nothing_of_the_others_in_practice(
    folder: Path, name: str, grade: int, kind: str
) -> None:
    """Nine lines of a profile: marks are seeded for each pupil and subject."""
    students = [Student(f"{n}", f"Giàng A Páo {n}", "2013-04-05") for n in range(40)]
    before = invent(shipped().for_grade("2026-2027", grade), students)
    file = folder / name
    file.write_text(
        file.read_text("utf-8") + NEW_SUBJECT.format(kind=kind, grade=grade), encoding="utf-8"
    )
    profile = load(folder).for_grade("2026-2027", grade)
    after = invent(profile, students)
    assert {key: after[key] for key in before} == before
    assert {key.area for key in set(after) - set(before)} == {"TIENG_THAI"}
    results = final_results(profile, students, after)
    assert all(r.missing == () for r in results)
    assert all(r.result.promotion is Promotion.PROMOTED for r in results)


def test_a_pupil_more_changes_nothing_of_the_others_in_practice() -> None:
    profile = shipped().for_grade("2026-2027", 10)
    students = [Student(f"{n}", f"Giàng A Páo {n}", "2010-04-05") for n in range(5)]
    some, all_ = invent(profile, students[1:]), invent(profile, students)
    assert {key: all_[key] for key in some} == some
