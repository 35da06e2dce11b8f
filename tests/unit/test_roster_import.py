"""What an import keeps, repairs, asks, sets aside and refuses."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from app.cli.roster import command
from app.model.people import Sex
from app.roster.plan import RosterPlan, with_answers
from app.roster.roster_import import read_roster
from app.roster.sheet_out import write_refused
from tests.fixtures.schools.sheet_files import pupil, write_roster

DATA = Path(__file__).parent.parent / "data"
SCHOOL = DATA / "toan-truong-csdl.xlsx"
YEAR = "2026-2027"


@pytest.fixture(scope="module")
def school() -> RosterPlan:
    return read_roster(SCHOOL, YEAR)


def plan_of(path: Path, *pupils: tuple[object, ...]) -> RosterPlan:
    return read_roster(write_roster(path / "list.xlsx", *pupils), YEAR)


# --- the whole school -----------------------------------------------------------------------


def test_the_school_keeps_every_pupil_but_those_who_left(school: RosterPlan) -> None:
    assert (len(school.kept), len(school.gone)) == (891 - 21, 21)
    assert [r.where.row for r in school.refused] == [911, 912]
    assert len(school.classes) == 27
    assert sum(school.classes.values()) == 870
    assert school.layout == "CSDL ngành"


def test_the_school_repairs_what_is_certain_and_says_so(school: RosterPlan) -> None:
    repairs = Counter(r.field for r in school.repaired)
    assert repairs == {"full_name": 73, "birth_date": 69, "personal_id": 20, "ethnicity": 9}
    names = [p.student.full_name for p in school.kept]
    assert all(unicodedata.is_normalized("NFC", n) and n == n.strip() for n in names)
    assert not any("Ð" in name for name in names)


def test_the_school_asks_only_for_missing_ids(school: RosterPlan) -> None:
    assert Counter(q.field for q in school.asked) == {"personal_id": 18}
    assert sum(not p.student.personal_id for p in school.kept) == 18


def test_every_row_of_the_school_ends_in_one_place(school: RosterPlan) -> None:
    rows = [p.where.row for p in school.kept] + [g.pupil.where.row for g in school.gone]
    rows += [r.where.row for r in school.refused]
    assert len(rows) == len(set(rows)) == 893


@pytest.mark.parametrize(("name", "count"), [("lop-4A", 32), ("lop-8B", 41)])
def test_a_clean_class_needs_no_word(name: str, count: int) -> None:
    plan = read_roster(DATA / f"{name}.xlsx")
    assert (len(plan.kept), plan.school_year) == (count, YEAR)
    assert (plan.repaired, plan.asked, plan.gone, plan.refused) == ((), (), (), ())
    assert [p.number for p in plan.kept] == list(range(1, count + 1))


# --- one cell at a time ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "iso"),
    [
        ("5/8/2017", "2017-08-05"),
        ("25-8-2017", "2017-08-25"),
        ("2017-08-25", "2017-08-25"),
        ("25.08.2017", "2017-08-25"),
        (" 25/08/2017 ", "2017-08-25"),
        ("25/8/17", "2017-08-25"),
        (42972, "2017-08-25"),
        ("42972", "2017-08-25"),
        (25082017, "2017-08-25"),
        (date(2017, 8, 25), "2017-08-25"),
    ],
)
def test_a_certain_birth_date_is_read(tmp_path: Path, born: object, iso: str) -> None:
    plan = plan_of(tmp_path, pupil(born=born), pupil(name="Lò Thị Ba", born="01/02/2017", pid=""))
    assert plan.kept[0].student.birth_date == iso


@pytest.mark.parametrize("born", ["31/02/2017", "tám", "1/13/45", 7, "", "25/08/3017", "0"])
def test_a_row_without_a_possible_birth_date_or_id_is_refused(tmp_path: Path, born: str) -> None:
    plan = plan_of(tmp_path, pupil(born=born, pid=""))
    assert not plan.kept
    assert "gày sinh" in plan.refused[0].reason


def test_the_year_of_a_good_id_keeps_a_pupil_with_an_impossible_date(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, pupil(born="31/02/2017"))
    assert plan.kept[0].student.birth_date == "2017"
    assert [q.field for q in plan.asked] == ["birth_date"]


def test_month_before_day_is_asked_with_a_suggestion(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, pupil(born="08/25/2017"))
    question = plan.asked[0]
    assert (question.suggestion, plan.kept[0].student.birth_date) == ("2017-08-25", "2017")
    answered = with_answers(plan, {(question.where, "birth_date"): question.suggestion})
    assert answered.kept[0].student.birth_date == "2017-08-25"
    assert not answered.asked


def test_an_age_that_does_not_fit_the_grade_is_asked(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, pupil(born="25/08/2001", pid=""))
    assert any("không hợp với khối lớp" in q.why for q in plan.asked)


def test_dates_turned_round_by_american_settings_are_asked(tmp_path: Path) -> None:
    rows = [
        pupil(name=f"Lò Văn Ba{'abcde'[n]}", pid="", born=date(2017, 3, n + 1)) for n in range(5)
    ]
    rows += [
        pupil(name=f"Lò Thị Ba{'abcde'[n]}", pid="", born=f"{n + 13}/03/2017") for n in range(5)
    ]
    asked = [q for q in plan_of(tmp_path, *rows).asked if q.field == "birth_date"]
    assert [q.suggestion for q in asked] == [f"2017-{n:02d}-03" for n in range(1, 6)]


@pytest.mark.parametrize(
    "pid", [10217398055, "10217398055", "010 217 398 055", "1,0217398055E+10", "10217398055.0"]
)
def test_a_personal_id_that_fits_is_repaired(tmp_path: Path, pid: object) -> None:
    plan = plan_of(tmp_path, pupil(pid=pid))
    assert plan.kept[0].student.personal_id == "010217398055"
    assert [r.field for r in plan.repaired] == ["personal_id"]


@pytest.mark.parametrize(
    ("pid", "sex"),
    [
        (10317398055, "Nam"),  # the digit says female
        (10216398055, "Nam"),  # another year of birth
        (99217398055, "Nam"),  # no such province
        (10217398055, ""),  # nothing to compare the sex with
        (217398055, "Nam"),
        ("1.02174E+10", "Nam"),
        ("abc", "Nam"),
    ],
)
def test_a_short_personal_id_that_does_not_fit_is_asked(
    tmp_path: Path, pid: object, sex: str
) -> None:
    plan = plan_of(tmp_path, pupil(pid=pid, sex=sex))
    assert plan.kept[0].student.personal_id == ""
    assert "personal_id" in [q.field for q in plan.asked]


def test_a_whole_personal_id_that_disagrees_is_kept_and_asked(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, pupil(sex="Nữ"))
    assert plan.kept[0].student.personal_id == "010217398055"
    assert "giới tính" in plan.asked[0].why


def test_a_date_in_the_form_kept_is_no_repair(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, pupil(born="2017-03-04"))
    assert [r.field for r in plan.repaired] == []
    assert plan.kept[0].student.birth_date == "2017-03-04"


@pytest.mark.parametrize("name", ["Lò\u200bVăn Ánh", "Lò Văn " + "Ánh " * 40])
def test_a_name_that_no_one_bears_is_asked(tmp_path: Path, name: str) -> None:
    plan = plan_of(tmp_path, pupil(name=name))
    assert "full_name" in [q.field for q in plan.asked]


@pytest.mark.parametrize("name", ["4 a", "Lớp 4A", " 4A ", "lop 4a", "04A", "4-A"])
def test_a_class_is_known_however_it_is_spelt(tmp_path: Path, name: str) -> None:
    plan = plan_of(tmp_path, pupil(cls=name))
    assert plan.classes == {"4A": 1}
    assert [r.field for r in plan.repaired] == ["class_name"]


@pytest.mark.parametrize("name", ["", "Mầm", "13A", date(2026, 1, 4), "41"])
def test_an_unknown_class_is_refused(tmp_path: Path, name: object) -> None:
    plan = plan_of(tmp_path, pupil(cls=name))
    assert not plan.kept
    assert "lớp" in plan.refused[0].reason.lower()


@pytest.mark.parametrize(
    ("word", "sex"),
    [("nam", Sex.MALE), ("NỮ", Sex.FEMALE), ("nu", Sex.FEMALE), (1, Sex.MALE), ("?", Sex.UNKNOWN)],
)
def test_words_for_sex_are_known(tmp_path: Path, word: object, sex: Sex) -> None:
    plan = plan_of(tmp_path, pupil(sex=word, pid=""))
    assert plan.kept[0].student.sex is sex


def test_an_unknown_sex_is_proposed_from_the_id_but_not_decided(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, pupil(sex="?"))
    assert plan.kept[0].student.sex is Sex.UNKNOWN
    assert [(q.field, q.suggestion) for q in plan.asked] == [("sex", "1")]


@pytest.mark.parametrize(
    ("word", "name"),
    [("MÔNG", "Mông"), ("H'Mông", "Mông"), ("Khmer", "Khơ-me"), ("Ê đê", "Ê-đê"), ("08", "Mông"),
     ("Dân tộc Hà Nhì", "Hà Nhì"), ("Kinh (Việt)", "Kinh")],
)  # fmt: skip
def test_an_ethnic_group_is_written_as_in_the_list(tmp_path: Path, word: str, name: str) -> None:
    plan = plan_of(tmp_path, pupil(group=word))
    assert plan.kept[0].student.ethnicity == name
    assert [r.field for r in plan.repaired] == ["ethnicity"]


def test_an_unknown_ethnic_group_is_asked_and_kept_as_written(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, pupil(group="Sao Hỏa"))
    assert plan.kept[0].student.ethnicity == "Sao Hỏa"
    assert plan.asked[0].field == "ethnicity"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (unicodedata.normalize("NFD", "Lầu A Mỷ"), "Lầu A Mỷ"),
        ("Ðiêu Văn Ơn", "Điêu Văn Ơn"),
        ("Lầu  A\u00a0Mỷ ", "Lầu A Mỷ"),
        ("Lầu A\u200b Mỷ", "Lầu A Mỷ"),
        ("Lầu A\nMỷ", "Lầu A Mỷ"),
    ],
)
def test_a_name_is_cleaned_without_losing_a_letter(tmp_path: Path, written: str, name: str) -> None:
    plan = plan_of(tmp_path, pupil(name=written))
    assert plan.kept[0].student.full_name == name
    assert [(r.field, r.before) for r in plan.repaired] == [("full_name", written)]


@pytest.mark.parametrize("name", ["LẦU A MỶ", "Lầu a Mỷ", "Lầu A Mỷ 2", "Mỷ", "L?u A M?"])
def test_an_odd_name_is_asked_and_not_changed(tmp_path: Path, name: str) -> None:
    plan = plan_of(tmp_path, pupil(name=name))
    assert plan.kept[0].student.full_name == name
    assert [q.field for q in plan.asked] == ["full_name"]


@pytest.mark.parametrize("name", ["H'Hen Niê", "Y Moan Êban", "Nguyễn Thị Hoà"])
def test_names_of_every_people_pass_without_a_question(tmp_path: Path, name: str) -> None:
    plan = plan_of(tmp_path, pupil(name=name))
    assert not plan.asked
    assert not plan.repaired


# --- one pupil twice ------------------------------------------------------------------------


def test_the_same_pupil_twice_is_kept_once(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, pupil(), pupil(number=2))
    assert len(plan.kept) == 1
    assert "Trùng học sinh ở dòng 2" in plan.refused[0].reason


def test_one_pupil_in_two_classes_is_asked_about(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, pupil(), pupil(cls="4B"))
    question = plan.asked[0]
    assert (plan.classes, question.suggestion) == ({"4A": 1}, "4B")
    moved = with_answers(plan, {(question.where, "class_name"): "4B"})
    assert moved.classes == {"4B": 1}


def test_one_id_for_two_pupils_is_given_to_neither(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, pupil(), pupil(name="Vàng A Páo"))
    assert [p.student.personal_id for p in plan.kept] == ["", ""]
    assert [q.found for q in plan.asked] == ["010217398055"] * 2


def test_namesakes_of_one_class_and_day_are_asked_about(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, pupil(), pupil(pid="010217398056"))
    assert len(plan.kept) == 2
    assert "hai em hay một em" in plan.asked[0].why


# --- refused rows, the command --------------------------------------------------------------


def test_refused_rows_come_back_with_their_reason_and_can_be_mended(
    school: RosterPlan, tmp_path: Path
) -> None:
    path = tmp_path / "back.xlsx"
    assert write_refused(path, school) == 2
    rows = list(load_workbook(path).worksheets[0].iter_rows(values_only=True))
    assert rows[0][2:5] == ("STT", "Mã định danh Bộ GD&ĐT", "Số định danh cá nhân")
    assert rows[1][0].startswith("Trùng học sinh ở dòng 909")
    assert (rows[2][1], rows[2][4]) == (912, "123")
    assert len(read_roster(path, YEAR).kept) == 1


def test_a_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    book = load_workbook(write_roster(tmp_path / "list.xlsx", pupil(born="?", pid="")))
    book.worksheets[0]["C2"].value = "=HYPERLINK(1)"
    book.worksheets[0]["C2"].data_type = "s"
    book.save(tmp_path / "list.xlsx")
    plan = read_roster(tmp_path / "list.xlsx", YEAR)
    write_refused(tmp_path / "back.xlsx", plan)
    cells = [c for row in load_workbook(tmp_path / "back.xlsx").worksheets[0] for c in row]
    assert "=HYPERLINK(1)" in [c.value for c in cells]
    assert not [c for c in cells if c.data_type == "f"]


def test_the_command_prints_what_an_import_would_do() -> None:
    result = CliRunner().invoke(command, [str(SCHOOL), "--json"])
    data = json.loads(result.stdout)
    assert result.exit_code == 0
    assert set(data) == {"columns", "kept", "repaired", "asked", "gone", "refused", "classes"}
    assert data["kept"] == sum(data["classes"].values()) == 870
    assert set(data["repaired"][0]) == {"row", "field", "from", "to", "why"}
    assert set(data["refused"][0]) == {"row", "reason"}
    assert data["columns"]["full_name"] == "Họ và tên (*)"


def test_the_refused_rows_never_replace_a_file_that_is_there(tmp_path: Path) -> None:
    path = write_roster(tmp_path / "list.xlsx", pupil())
    before = path.read_bytes()
    result = CliRunner().invoke(command, [str(path), "--refused", str(path)])
    assert result.exit_code == 2
    assert path.read_bytes() == before


def test_the_command_says_in_vietnamese_what_it_cannot_read(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"PK nothing")
    result = CliRunner().invoke(command, [str(path), "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == "sheet.unreadable"
    assert "hỏng" in result.stderr
    assert "Traceback" not in result.output


def test_the_summary_is_plain_vietnamese() -> None:
    result = CliRunner().invoke(command, [str(SCHOOL), "--school-year", YEAR])
    assert "Giữ 870 em trong 27 lớp" in result.stdout
    assert CliRunner().invoke(command, [str(SCHOOL), "--school-year", "26"]).exit_code == 2


def test_a_disability_is_read_from_the_ministrys_list(tmp_path: Path) -> None:
    """C1-HocSinh: 'Loại khuyết tật' and the box 'Khuyết tật không đánh giá'."""
    file = tmp_path / "danh-sach.csv"
    file.write_text(
        "STT,Họ tên,Ngày sinh,Lớp,Loại khuyết tật,Khuyết tật không đánh giá\n"
        "1,Vàng Thị Mỷ,05/04/2016,4A,Khuyết tật nghe nói,x\n"
        "2,Giàng A Páo,06/04/2016,4A,Không,\n"
        "3,Lò Văn Ún,07/04/2016,4A,Khuyết tật vận động,Không\n",
        encoding="utf-8",
    )
    found = {p.student.full_name: p.student for p in read_roster(file, YEAR).kept}
    assert [(s.disability, s.not_assessed) for s in found.values()] == [
        ("Khuyết tật nghe nói", True),
        ("", False),
        ("Khuyết tật vận động", False),
    ]
