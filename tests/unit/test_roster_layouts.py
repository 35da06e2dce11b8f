"""Pupil lists of every layout: where the header is and what it means."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from app.cli.roster import command
from app.errors import Cancelled, ColumnMappingInvalid, SheetHeaderMissing
from app.model.people import EnrollmentStatus
from app.roster.columns import ColumnMapping, profiles
from app.roster.roster_import import read_roster
from app.work import WorkContext
from tests.fixtures.schools.sheet_files import GOOD, HEADER, pupil, write_roster, write_sheet

DATA = Path(__file__).parent.parent / "data"
SCHOOL = DATA / "toan-truong-csdl.xlsx"
YEAR = "2026-2027"


def test_a_header_of_two_rows_is_understood(tmp_path: Path) -> None:
    rows = [
        ("DANH SÁCH LỚP 4A NĂM HỌC 2025-2026",),
        ("STT", "Họ và tên", "Ngày sinh", None, None, "Cha", None),
        (None, None, "Ngày", "Tháng", "Năm", "Họ và tên", "Nghề nghiệp"),
        (1, "Lầu A Mỷ", 25, 8, 2017, "Lầu A Dế", "Nông dân"),
    ]
    plan = read_roster(write_sheet(tmp_path / "two.xlsx", rows))
    pupil = plan.kept[0]
    assert (pupil.student.birth_date, pupil.class_name) == ("2017-08-25", "4A")
    assert (pupil.student.father_name, plan.school_year) == ("Lầu A Dế", "2025-2026")


def test_a_name_in_two_columns_is_joined(tmp_path: Path) -> None:
    for number, header in enumerate([("Họ đệm", "Tên"), ("Họ và tên", None)]):
        rows = [("TT", *header, "Ngày sinh", "Lớp"), (1, "Lầu A", "Mỷ", "25/08/2017", "4A")]
        plan = read_roster(write_sheet(tmp_path / f"{number}.xlsx", rows), YEAR)
        assert plan.kept[0].student.full_name == "Lầu A Mỷ"


def test_a_repeated_header_may_reorder_the_columns(tmp_path: Path) -> None:
    other = ("STT", "Họ và tên", "Số định danh cá nhân", "Ngày sinh", "Giới tính", "Dân tộc", "Lớp")
    second = (2, "Lò Thị Ba", "010317398055", "26/08/2017", "Nữ", "Thái", "4A")
    plan = read_roster(write_roster(tmp_path / "r.xlsx", GOOD, other, second), YEAR)
    assert [p.student.full_name for p in plan.kept] == ["Lầu A Mỷ", "Lò Thị Ba"]


def test_captions_of_classes_and_signatures_are_no_pupils(tmp_path: Path) -> None:
    rows = [
        HEADER[:-1],
        ("Lớp 4A",),
        GOOD[:-1],
        ("Lớp 4B",),
        pupil(name="Lò Văn Ba", pid="")[:-1],
        (None, "Tổng cộng: 2 em"),
        (None, None, "Người lập biểu"),
    ]
    plan = read_roster(write_sheet(tmp_path / "g.xlsx", rows), YEAR)
    assert plan.classes == {"4A": 1, "4B": 1}
    assert not plan.refused


def test_a_sheet_per_class_is_read_whole(tmp_path: Path) -> None:
    path = write_sheet(tmp_path / "w.xlsx", [HEADER[:-1], GOOD[:-1]], "4A")
    book = load_workbook(path)
    second = book.create_sheet("4B")
    for row in (HEADER[:-1], pupil(name="Lò Văn Ba", pid="")[:-1]):
        second.append(row)
    book.create_sheet("Hướng dẫn").append(["Đọc kĩ trước khi nhập"])
    book.save(path)
    plan = read_roster(path, YEAR)
    assert plan.classes == {"4A": 1, "4B": 1}
    assert any("Hướng dẫn" in note for note in plan.notes)


def test_the_schools_own_codes_are_not_taken_for_the_ministrys(tmp_path: Path) -> None:
    rows = [("TT", "Mã học sinh", "Họ và tên", "Ngày sinh", "Lớp")]
    rows += [(n, f"HS{n:04d}", f"Lò Văn Ba{c}", "25/08/2017", "4A") for n, c in enumerate("abc")]
    plan = read_roster(write_sheet(tmp_path / "c.xlsx", rows), YEAR)
    assert len(plan.kept) == 3
    assert not plan.asked
    assert "moet_id" not in plan.columns


def test_an_identity_column_is_known_by_its_content(tmp_path: Path) -> None:
    rows = [("TT", "Mã định danh", "Họ và tên", "Ngày sinh", "Giới tính", "Lớp")]
    rows += [(1, "010217398055", "Lầu A Mỷ", "25/08/2017", "Nam", "4A")]
    plan = read_roster(write_sheet(tmp_path / "i.xlsx", rows), YEAR)
    assert plan.kept[0].student.personal_id == "010217398055"
    assert plan.columns["personal_id"] == "Mã định danh"


@pytest.mark.parametrize("rule", profiles().statuses.values(), ids=lambda rule: rule.text)
def test_each_status_keeps_or_sets_aside(tmp_path: Path, rule: object) -> None:
    text, status = rule.text, rule.status  # type: ignore[attr-defined]
    rows = [(*HEADER, "Trạng thái"), (*GOOD, text)]
    plan = read_roster(write_sheet(tmp_path / "s.xlsx", rows), YEAR)
    assert len(plan.kept) == int(status.present)
    assert [g.status_text for g in plan.gone] == ([] if status.present else [text])


def test_there_are_twelve_official_statuses() -> None:
    codes = {rule.code for rule in profiles().statuses.values()} - {""}
    assert codes == {f"{n:02d}" for n in range(1, 13)}


def test_an_unknown_status_keeps_the_pupil_and_asks(tmp_path: Path) -> None:
    rows = [(*HEADER, "Trạng thái"), (*GOOD, "Lạ")]
    plan = read_roster(write_sheet(tmp_path / "s.xlsx", rows), YEAR)
    assert plan.kept[0].status is EnrollmentStatus.ACTIVE
    assert plan.asked[0].field == "status"


def test_a_saved_mapping_finds_columns_of_any_name(tmp_path: Path) -> None:
    path = write_sheet(
        tmp_path / "m.xlsx", [("Ai", "Bao giờ", "Ở đâu"), ("Lầu A Mỷ", "25/08/2017", "4A")]
    )
    with pytest.raises(SheetHeaderMissing):
        read_roster(path, YEAR)
    saved = ColumnMapping({"full_name": "Ai", "birth_date": "Bao giờ", "class_name": "Ở đâu"}, "x")
    plan = read_roster(path, YEAR, mapping=ColumnMapping.from_json(saved.to_json()))
    assert plan.classes == {"4A": 1}


@pytest.mark.parametrize("text", ["", "[]", '{"columns": {"nope": "A"}}', '{"columns": 3}'])
def test_a_mapping_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ColumnMappingInvalid):
        ColumnMapping.from_json(text)


def test_a_long_import_can_be_stopped() -> None:
    work = WorkContext()
    work.cancel.cancel()
    with pytest.raises(Cancelled):
        read_roster(SCHOOL, YEAR, context=work)


def test_a_caption_over_two_columns_is_said(tmp_path: Path) -> None:
    rows = [(*HEADER, "Họ và tên", "Ngày sinh"), (*GOOD, "Người Khác", "")]
    plan = read_roster(write_sheet(tmp_path / "s.xlsx", rows), YEAR)
    assert plan.kept[0].student.full_name == "Lầu A Mỷ"
    assert plan.notes == ("Có hơn một cột “Họ và tên”: dùng cột C, không dùng cột H.",)


@pytest.mark.parametrize(
    ("male", "female", "sex", "asked"),
    [
        ("x", "", "1", ""),
        ("", "x", "2", ""),
        ("Nam", "", "1", ""),
        ("0", 1, "2", ""),
        ("", "", "0", "Cột Nam và cột Nữ cùng bỏ trống."),
        ("x", "x", "0", "Cột Nam và cột Nữ cùng được đánh dấu."),
    ],
)
def test_a_column_for_each_sex_is_read_and_a_contradiction_asked(
    tmp_path: Path, male: object, female: object, sex: str, asked: str
) -> None:
    header = ("STT", "Họ và tên", "Ngày sinh", "Nam", "Nữ", "Lớp")
    rows = [header, (1, "Lầu A Mỷ", "25/08/2017", male, female, "4A")]
    plan = read_roster(write_sheet(tmp_path / "s.xlsx", rows), YEAR)
    assert plan.kept[0].student.sex == sex
    assert [q.why for q in plan.asked if q.field == "sex"] == ([asked] if asked else [])


def test_a_column_of_years_is_not_taken_for_boys(tmp_path: Path) -> None:
    header = ("STT", "Họ và tên", "Ngày sinh", "Năm", "Nữ", "Lớp")
    rows = [header, (1, "Lầu A Mỷ", "25/08/2017", 2017, "", "4A")]
    plan = read_roster(write_sheet(tmp_path / "s.xlsx", rows), YEAR)
    assert "male" not in plan.columns
    assert plan.kept[0].student.sex == "1"


def test_rows_of_formulas_that_nobody_computed_are_refused_by_name(tmp_path: Path) -> None:
    rows = [HEADER, GOOD, (2, None, "=C2", "=D2", None, None, "4A"), ("=A3",) * 7]
    plan = read_roster(write_sheet(tmp_path / "s.xlsx", rows), YEAR)
    assert [r.where.row for r in plan.refused] == [3, 4]
    assert all("Ô công thức chưa có giá trị (" in r.reason for r in plan.refused)


def test_totals_and_signatures_under_a_list_are_no_pupils(tmp_path: Path) -> None:
    below = [
        (None, None, "Tổng cộng: 1 học sinh"),
        (None, None, "Nam: 1", None, "Nữ: 0"),
        (None, None, "Người lập biểu", None, None, "Hiệu trưởng"),
        (None, None, "(Ký, ghi rõ họ tên)", None, None, "(Ký tên, đóng dấu)"),
        (None, None, "Lò Thị Biên", None, None, "Nguyễn Văn Khải"),
    ]
    plan = read_roster(write_sheet(tmp_path / "s.xlsx", [HEADER, GOOD, *below]), YEAR)
    assert len(plan.kept) == 1
    assert plan.refused == ()
    assert plan.notes == ("Bỏ qua 5 dòng tiêu đề lặp lại hoặc dòng ghi chú (dòng 3, 4, 5, 6, 7).",)


def test_a_total_between_two_classes_ends_nothing(tmp_path: Path) -> None:
    total = (None, None, "Tổng cộng: 1 học sinh")
    nameless = pupil(number=3, pid="010317398057", name=None)
    second = pupil(number=2, pid="010317398056", name="Giàng Thị Súa", sex="Nữ")
    rows = [HEADER, GOOD, total, (None, None, "Ai đó"), second, nameless]
    plan = read_roster(write_sheet(tmp_path / "s.xlsx", rows), YEAR)
    assert len(plan.kept) == 2
    assert [r.where.row for r in plan.refused] == [4, 6]


def test_a_bad_mapping_is_named_as_such_on_the_command_line(tmp_path: Path) -> None:
    path, mapping = write_roster(tmp_path / "m.xlsx", GOOD), tmp_path / "mapping.json"
    mapping.write_text('{"columns": {"nope": "A"}}')
    done = CliRunner().invoke(command, [str(path), "--mapping", str(mapping)])
    assert done.exit_code == 1
    assert done.output.startswith("Tệp ghép cột không dùng được: không có trường nope.")
    assert "quy định" not in done.output
