"""Foreign files: read whole, or refused with a reason, never a traceback or a full memory."""

from __future__ import annotations

import contextlib
import random
import resource
import unicodedata
import zipfile
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from app.errors import SheetEncrypted, SheetError, SheetTooLarge, SheetUnreadable
from app.roster.sheets import read_workbook, sheet_scan
from app.roster.sheets.legacy_text import DECODERS
from tests.fixtures.schools.sheet_files import GOOD, HEADER, rebuilt, write_roster

DATA = Path(__file__).parent.parent / "data"
SHEET = "xl/worksheets/sheet1.xml"
TEXT = "\n".join(";".join(map(str, row)) for row in (HEADER, GOOD, (2, "", "Đặng Thị Quỳnh")))
NAMESPACE = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def cells(path: Path) -> list[tuple[object, ...]]:
    return [row.cells for row in read_workbook(path).sheets[0].rows]


def test_a_sheet_keeps_row_numbers_and_types(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet["B3"], sheet["C3"], sheet["D5"] = "x", 7.5, date(2017, 8, 25)
    sheet["A5"], sheet["B5"] = 12, True
    book.save(tmp_path / "s.xlsx")
    rows = read_workbook(tmp_path / "s.xlsx").sheets[0].rows
    assert [(r.number, r.cells) for r in rows] == [
        (3, (None, "x", 7.5, None)),
        (5, (12, True, None, date(2017, 8, 25))),
    ]


def test_a_formula_gives_its_stored_value_and_one_without_is_reported(tmp_path: Path) -> None:
    plain = write_roster(tmp_path / "plain.xlsx", GOOD)
    grid = (
        b"<worksheet " + NAMESPACE + b"><sheetData><row r='1'><c r='A1'><f>3+4</f><v>7</v></c>"
        b"<c r='B1'><f>1+1</f></c><c r='C1'><v>5</v></c></row></sheetData></worksheet>"
    )
    sheet = read_workbook(rebuilt(plain, tmp_path / "f.xlsx", {SHEET: grid})).sheets[0]
    assert sheet.rows[0].cells[0] == 7
    assert sheet.faults == {(1, 1): "công thức chưa có giá trị"}


def test_a_cell_merged_downwards_speaks_for_every_row(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in range(1, 4):
        sheet.cell(row, 2, f"em {row}")
    sheet["A1"] = "4A"
    sheet.merge_cells("A1:A3")
    book.save(tmp_path / "m.xlsx")
    assert [row[0] for row in cells(tmp_path / "m.xlsx")] == ["4A", "4A", "4A"]


def test_hidden_rows_are_read_and_said(tmp_path: Path) -> None:
    path = write_roster(tmp_path / "h.xlsx", GOOD)
    book = load_workbook(path)
    book.worksheets[0].row_dimensions[2].hidden = True
    book.save(path)
    sheet = read_workbook(path).sheets[0]
    assert len(sheet.rows) == 2
    assert "1 dòng đang bị ẩn" in sheet.notes[0]


def test_macros_are_not_run_and_said(tmp_path: Path) -> None:
    plain = write_roster(tmp_path / "plain.xlsx", GOOD)
    path = rebuilt(plain, tmp_path / "m.xlsm", {"xl/vbaProject.bin": b"code"})
    assert "macro" in read_workbook(path).notes[0]


def test_a_hundred_thousand_empty_rows_cost_nothing(tmp_path: Path) -> None:
    plain = write_roster(tmp_path / "plain.xlsx", GOOD)
    rows = b"".join(
        b"<row r='%d'><c r='A%d' s='0'/><c r='B%d' s='0'/></row>" % (n, n, n)
        for n in range(2, 100_002)
    )
    grid = (
        b"<worksheet " + NAMESPACE + b"><sheetData><row r='1'><c r='A1'><v>1</v></c></row>"
        + rows + b"</sheetData></worksheet>"
    )  # fmt: skip
    assert cells(rebuilt(plain, tmp_path / "e.xlsx", {SHEET: grid})) == [(1,)]


def test_a_password_protected_workbook_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "locked.xlsx"
    directory = "EncryptedPackage".encode("utf-16-le").ljust(128, b"\0")
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + directory)
    with pytest.raises(SheetEncrypted):
        read_workbook(path)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.95, 0.999])
def test_a_torn_workbook_is_refused(tmp_path: Path, share: float) -> None:
    whole = (DATA / "lop-4A.xlsx").read_bytes()
    path = tmp_path / "torn.xlsx"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(SheetUnreadable):
        read_workbook(path)


@pytest.mark.parametrize("place", range(40, 7700, 510))
def test_a_flipped_byte_never_gives_a_traceback(tmp_path: Path, place: int) -> None:
    data = bytearray((DATA / "lop-4A.xlsx").read_bytes())
    data[place] ^= 0xFF
    path = tmp_path / "flipped.xlsx"
    path.write_bytes(data)
    try:
        read = read_workbook(path)
    except SheetError:
        return
    assert read.sheets


@pytest.mark.parametrize(
    "data",
    [b"", b"\0\1\2\3" * 100, b"PK\3\4nonsense", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe\1"],
)
def test_what_is_no_sheet_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(data)
    with pytest.raises(SheetUnreadable):
        read_workbook(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.xlsx", tmp_path):
        with pytest.raises(SheetUnreadable):
            read_workbook(path)


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "z.xlsx"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("hello.txt", "x")
    with pytest.raises(SheetUnreadable):
        read_workbook(path)


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    plain = write_roster(tmp_path / "plain.xlsx", GOOD)
    bomb = rebuilt(plain, tmp_path / "bomb.xlsx", {"xl/media/a.bin": bytes(200 << 20)})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SheetTooLarge):
        read_workbook(bomb)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32_000  # KiB


def test_a_grid_of_two_far_cells_is_refused_before_it_is_laid_out(tmp_path: Path) -> None:
    plain = write_roster(tmp_path / "plain.xlsx", GOOD)
    grid = (
        b"<worksheet " + NAMESPACE + b"><sheetData><row r='1'><c r='A1'><v>1</v></c></row>"
        b"<row r='1048576'><c r='XFD1048576'><v>1</v></c></row></sheetData></worksheet>"
    )
    with pytest.raises(SheetTooLarge):
        read_workbook(rebuilt(plain, tmp_path / "far.xlsx", {SHEET: grid}))


def test_a_row_of_endless_cells_is_refused_without_keeping_them(tmp_path: Path) -> None:
    plain = write_roster(tmp_path / "plain.xlsx", GOOD)
    row = b"<c><v>1</v></c>" * 400_000
    grid = b"<worksheet " + NAMESPACE + b"><sheetData><row>" + row
    path = rebuilt(plain, tmp_path / "r.xlsx", {SHEET: grid + b"</row></sheetData></worksheet>"})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SheetTooLarge):
        read_workbook(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 48_000  # KiB


def test_a_claim_of_four_billion_strings_is_refused(tmp_path: Path) -> None:
    plain = write_roster(tmp_path / "plain.xlsx", GOOD)
    claim = b"<sst " + NAMESPACE + b' uniqueCount="4294967295"><si><t>a</t></si></sst>'
    with pytest.raises(SheetTooLarge):
        read_workbook(rebuilt(plain, tmp_path / "c.xlsx", {"xl/sharedStrings.xml": claim}))


def test_one_long_text_shown_in_many_cells_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_scan, "MAX_TEXT_CHARS", 1_000_000)
    path = tmp_path / "text.xlsx"
    strings = b"<sst " + NAMESPACE + b"><si><t>" + b"x" * 30_000 + b"</t></si></sst>"
    row = b"".join(b"<c r='%c1' t='s'><v>0</v></c>" % (65 + n % 26) for n in range(60))
    grid = b"<worksheet " + NAMESPACE + b"><sheetData><row r='1'>" + row
    grid += b"</row></sheetData></worksheet>"
    plain = write_roster(tmp_path / "plain.xlsx", GOOD)
    rebuilt(plain, path, {SHEET: grid, "xl/sharedStrings.xml": strings})
    with pytest.raises(SheetTooLarge):
        read_workbook(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_workbook_with_a_dtd_is_refused(tmp_path: Path, encoding: str) -> None:
    plain = write_roster(tmp_path / "plain.xlsx", GOOD)
    hostile = (
        f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a [<!ENTITY b "cc">]>'
        f"<worksheet {NAMESPACE.decode()}><sheetData/></worksheet>"
    ).encode(encoding)
    with pytest.raises(SheetUnreadable) as caught:
        read_workbook(rebuilt(plain, tmp_path / "d.xlsx", {SHEET: hostile}))
    assert "DTD" in str(caught.value.params["reason"])


# --- text files -----------------------------------------------------------------------------


def windows_1258(text: str) -> bytes:
    """Base letters as single bytes, tones as combining marks, as that code page has it."""
    out = b""
    for letter in text:
        try:
            out += letter.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            tones = "".join(c for c in parts if c in "\u0300\u0301\u0303\u0309\u0323")
            base = "".join(c for c in parts if c not in tones)
            out += (unicodedata.normalize("NFC", base) + tones).encode("cp1258")
    return out


def by_decoder(name: str, text: str) -> bytes:
    """Encode with the inverse of a decoder, one letter at a time."""
    known = {}
    latin = [bytes([b]) for b in range(0xA0, 0x100)]
    bases = [c.encode() for c in "aeiouyAEIOUY"] + [b"\xf4", b"\xf6", b"\xd4", b"\xd6"]
    for data in [*(base + mark for base in bases for mark in latin), *latin]:
        letter = unicodedata.normalize("NFC", DECODERS[name](data))
        if len(letter) == 1:
            known.setdefault(letter, data)
    return b"".join(known.get(c) or c.encode() for c in text)


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        windows_1258(TEXT),
        by_decoder("TCVN3", TEXT),
        by_decoder("VNI", TEXT),
        TEXT.replace(";", "\t").encode(),
        TEXT.replace(";", ",").encode("utf-16"),
        ("sep=;\n" + TEXT).encode(),
        TEXT.replace("\n", "\r\n").encode(),
    ],
    ids=["utf8", "bom", "utf16", "utf16le", "utf16be", "1258", "tcvn3", "vni", "tsv", "csv16",
         "sep", "crlf"],
)  # fmt: skip
def test_text_in_any_old_encoding_comes_out_the_same(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    rows = [[str(c) for c in row if c is not None] for row in cells(path)][-3:]
    assert rows[0] == list(HEADER)
    assert rows[1][2] == "Lầu A Mỷ"
    assert rows[2] == ["2", "Đặng Thị Quỳnh"]


def test_text_whose_encoding_is_not_certain_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("Имя;Дата;Класс\nПётр;01/02/2017;4А\n".encode("cp1251"))
    with pytest.raises(SheetUnreadable):
        read_workbook(path)


def test_an_endless_cell_of_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("a;b\n" + "x" * 40_000 + ";1\n")
    with pytest.raises(SheetUnreadable):
        read_workbook(path)


def test_an_old_xls_is_read_with_its_dates() -> None:
    rows = cells(DATA / "lop-5B.xls")
    assert rows[2][:3] == (1, "Giàng A Páo", date(2016, 8, 11))


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_xls_cannot_end_the_program(tmp_path: Path, seed: int) -> None:
    data, chance = bytearray((DATA / "lop-5B.xls").read_bytes()), random.Random(seed)
    for _ in range(60):
        data[chance.randrange(8, len(data))] = chance.randrange(256)
    path = tmp_path / "torn.xls"
    path.write_bytes(data)
    try:
        read = read_workbook(path)
    except SheetError:
        return
    assert read.sheets


def test_an_xls_that_claims_a_terabyte_does_no_harm(tmp_path: Path) -> None:
    data = bytearray((DATA / "lop-5B.xls").read_bytes())
    for place, byte in ((1897, 21), (5058, 123), (5158, 114), (1994, 202)):
        data[place] = byte  # lengths inside the workbook stream
    path = tmp_path / "huge.xls"
    path.write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    with contextlib.suppress(SheetUnreadable):
        assert read_workbook(path).sheets
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss - before < 200_000  # KiB


def test_an_old_xls_typed_in_a_tcvn3_font_becomes_unicode() -> None:
    book = read_workbook(DATA / "lop-5B-tcvn3.xls")
    assert book.sheets[0].rows[1].cells[1] == "Họ và tên"
    assert "TCVN3" in book.sheets[0].notes[0]
