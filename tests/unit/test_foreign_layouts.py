"""Sheets of CSDL ngành, SMAS, vnEdu and their kind, read without mapping a column by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from app.cli.roster import command
from app.roster.identity import campus_of, grades_of, read_class
from app.roster.marks_import import read_marks
from app.roster.marks_sheet import SheetColumn, SheetPupil

NO = None
Rows = Sequence[Sequence[object]]


def saved(path: Path, sheets: Mapping[str, tuple[Rows, Sequence[str]]]) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, (rows, merges) in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
        for merge in merges:
            sheet.merge_cells(merge)
    book.save(path)
    return path


def told(path: Path) -> dict[str, Any]:
    done = CliRunner().invoke(command, [str(path), "--json"])
    assert done.exit_code == 0, done.output
    data: dict[str, Any] = json.loads(done.stdout)
    return data


def slots(data: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {r["column"]: (r["area"], r["slot"]) for r in data["results"] if "why" not in r}


MARKS: Rows = [
    ("TRƯỜNG THCS X",),
    (NO, "SỔ ĐIỂM MÔN NGỮ VĂN LỚP 8A - HỌC KỲ II"),
    ("STT", "Mã học sinh", "Họ và tên", "Ngày sinh", "ĐĐGtx", NO, NO, NO, "ĐĐGgk", "ĐĐGck", "TBM"),
    (NO, NO, NO, NO, "1", "2", "3", "4", NO, NO, NO),
    (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    ("1", "1412345701", "Lò Văn Nam", "03-05-2013", "8", "7", "9", NO, "7", "6,5", "7,2"),
]


@pytest.mark.parametrize("merges", [("E3:H3", "A3:A4", "C3:C4"), ()], ids=["merged", "unmerged"])
def test_regular_marks_stand_under_one_caption(tmp_path: Path, merges: Sequence[str]) -> None:
    data = told(saved(tmp_path / "m.xlsx", {"8A": (MARKS, merges)}))
    assert (data["kept"], data["classes"], data["refused"]) == (1, {"8A": 1}, [])
    regular = {c: ("NGU_VAN", f"s2.regular{n}") for n, c in enumerate("EFGH", 1)}
    assert slots(data) == {**regular, "I": ("NGU_VAN", "s2.midterm"), "J": ("NGU_VAN", "s2.final")}
    assert [(c["column"], c["caption"]) for c in data["not_kept"]] == [("K", "TBM")]
    assert data["pupils"][0]["values"]["NGU_VAN|s2.final"] == "6,5"


def test_one_caption_over_four_columns_counts_them(tmp_path: Path) -> None:
    head = ("STT", "Mã học sinh", "Họ và tên", "ĐĐG TX", NO, NO, NO, "ĐĐG GK", "ĐĐG CK", "Nhận xét")
    row = (1, "1412345701", "Lò Văn Nam", 8, 7.5, "9,0", 7, 6.5, 8, "Có tiến bộ")
    rows = [("SỔ ĐIỂM MÔN TOÁN - HỌC KỲ I",), ("Lớp: 8B",), *[(NO,)] * 9, head, row]
    data = told(saved(tmp_path / "s.xlsx", {"8B": (rows, ("D12:G12",))}))
    assert slots(data)["G"] == ("TOAN", "s1.regular4")
    assert slots(data)["J"] == ("TOAN", "comment")
    assert data["classes"] == {"8B": 1}


def test_averages_absences_and_conduct_of_a_year_sheet(tmp_path: Path) -> None:
    def rows(name: str) -> Rows:
        return [
            (NO, f"Khối 8 - Lớp {name} - (Học kỳ 2)"),
            (
                "STT",
                "Họ và tên",
                "Toán",
                "LS&ĐL",
                "GDTC",
                "Kết quả rèn luyện",
                "Buổi nghỉ",
                *[NO] * 2,
            ),
            (NO, NO, NO, NO, NO, NO, "P", "K", "Tổng"),
            (1, "Lò Văn Nam", 7.5, 6, "Đ", "Tốt", 1, 0, 1),
        ]

    book = {name: (rows(name), ("G2:I2",)) for name in ("8B", "8C")}
    data = told(saved(tmp_path / "y.xlsx", book))
    assert data["classes"] == {"8B": 1, "8C": 1}
    values = data["pupils"][0]["values"]
    assert values["TOAN|s2.result"] == "7.5"
    assert (values["CONDUCT|s2"], values["ATTENDANCE|s2.excused"]) == ("Tốt", "1")
    assert {c["caption"] for c in data["not_kept"]} >= {"Toán", "Buổi nghỉ P", "Buổi nghỉ Tổng"}


@pytest.mark.parametrize(
    "merges", [(), ("D1:G1", "H1:I1", "D2:E2", "F2:G2")], ids=["bare", "merged"]
)
def test_three_rows_of_captions_of_primary_results(tmp_path: Path, merges: Sequence[str]) -> None:
    rows = [
        ("STT", "Mã lớp", "Họ tên", "Môn học", NO, NO, NO, "Năng lực đặc thù", NO, "Lên lớp"),
        (NO, NO, NO, "Toán", NO, "Khoa học", NO, "Khoa học", "Tin học", NO),
        (NO, NO, NO, "Mức đạt được", "Điểm KTĐK", "Mức đạt được", "Điểm KTĐK", NO, NO, NO),
        (1, "4A", "Lò Văn Nam", "H", 7, "T", 9, "T", "Đ", "x"),
    ]
    data = told(saved(tmp_path / "p.xlsx", {"Sheet1": (rows, merges)}))
    assert data["classes"] == {"4A": 1}
    assert slots(data) == {
        "D": ("TOAN", "end2.level"), "E": ("TOAN", "end2.test"),
        "F": ("KHOA_HOC", "end2.level"), "G": ("KHOA_HOC", "end2.test"),
        "H": ("COMPETENCES", "end2.KHOA_HOC"), "I": ("COMPETENCES", "end2.TIN_HOC"),
    }  # fmt: skip


def test_the_ministrys_id_counts_and_every_column_is_accounted_for(tmp_path: Path) -> None:
    head = (
        "STT",
        "Mã học sinh",
        "Mã định danh Bộ GD&ĐT",
        "Họ tên",
        "Ngày sinh",
        "SĐT",
        "Chiều cao",
    )
    rows = [
        ("DANH SÁCH HỌC SINH LỚP 8B",), head,
        (1, "VN001", "1412345701", "Lò Văn Nam", "03/05/2013", NO, 141),
    ]  # fmt: skip
    data = told(saved(tmp_path / "v.xlsx", {"8B": (rows, ())}))
    assert data["columns"]["moet_id"] == "Mã định danh Bộ GD&ĐT"
    heard = set(data["columns"].values()) | {c["caption"] for c in data["not_kept"]}
    heard |= {r["label"] for r in data.get("results", [])}
    assert set(head) <= heard


@pytest.mark.parametrize(
    ("written", "name", "grades", "campus"),
    [
        ("1+2 Huổi Lếch", "1+2 Huổi Lếch", (1, 2), "Huổi Lếch"),
        ("Lớp ghép 1 + 2", "Ghép 1+2", (1, 2), ""),
        ("Ghép 1+2+3 Nậm Pọng", "Ghép 1+2+3 Nậm Pọng", (1, 2, 3), "Nậm Pọng"),
        ("2A (Huổi Lếch)", "2A (Huổi Lếch)", (2,), "Huổi Lếch"),
        ("2 Huổi Lếch", "2 Huổi Lếch", (2,), "Huổi Lếch"),
        ("1a - Trung tâm", "1A Trung tâm", (1,), "Trung tâm"),
        ("8/1", "8/1", (8,), ""),
        ("10A1", "10A1", (10,), ""),
    ],
)
def test_combined_classes_and_campuses_keep_their_names(
    written: str, name: str, grades: tuple[int, ...], campus: str
) -> None:
    assert read_class(written).value == name
    assert (grades_of(name), campus_of(name)) == (grades, campus)


def test_marks_come_into_an_open_subject_without_a_choice(tmp_path: Path) -> None:
    path = saved(tmp_path / "m.xlsx", {"8A": (MARKS, ("E3:H3",))})
    names = [f"s2.regular{n}" for n in range(1, 5)] + ["s2.midterm", "s2.final"]
    columns = [SheetColumn("NGU_VAN", slot, slot, score=True) for slot in names]
    pupils = [SheetPupil("1", 1, "Lò Văn Nam", "2013-05-03", moet_id="1412345701")]
    plan = read_marks(path, columns, pupils, lambda _area, _slot, text: text)
    found = {c.key.slot: c.after for c in plan.added}
    assert found == {
        "s2.regular1": "8", "s2.regular2": "7", "s2.regular3": "9",
        "s2.midterm": "7", "s2.final": "6,5",
    }  # fmt: skip
    assert any("TBM" in note and "tự tính" in note for note in plan.notes)
