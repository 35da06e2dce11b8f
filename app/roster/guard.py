"""Checks on a foreign file before anything parses it: what is it, how large, is it hostile?"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import IO

from lxml import etree

from app.errors import SheetEncrypted, SheetTooLarge, SheetUnreadable

MAX_FILE_BYTES = 64 << 20
MAX_UNPACKED_BYTES = 256 << 20
MAX_RATIO = 200
"""Real sheets pack 5 to 30 times; bombs a thousand times and more."""
SMALL_ENOUGH = 8 << 20
"""Below this many unpacked bytes the ratio is no danger (many empty rows pack well)."""
MAX_MEMBERS = 2_000
MAX_CELLS = 4_000_000
"""Rows x columns from A1 to the last filled cell: the parser keeps them all in memory."""
MAX_COLUMNS = 1_024
MAX_CELL_CHARS = 32_767
MAX_TEXT_CHARS = 128 << 20
MAX_MERGES = 20_000

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 1 << 20
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_REL_STRICT = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class Kind(StrEnum):
    XLSX = "xlsx"
    XLS = "xls"
    TEXT = "text"


@dataclass(slots=True)
class SheetFacts:
    """What the grid parser does not tell."""

    uncomputed: set[tuple[int, int]] = field(default_factory=set)
    """(row, column), both from 1, of formulas that carry no value."""
    hidden_rows: int = 0
    cells: int = 0
    last_row: int = 0
    last_column: int = 0
    text_chars: int = 0


@dataclass(frozen=True, slots=True)
class BookFacts:
    sheets: dict[str, SheetFacts]
    macros: bool
    epoch_1904: bool


def kind_of(path: Path) -> Kind:
    """Judge by content, not by name. Raises SheetUnreadable, SheetTooLarge, SheetEncrypted."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(8)
            if size > MAX_FILE_BYTES:
                raise SheetTooLarge(f"{size} bytes", reason="Tệp lớn hơn 64 MB.")
            if not head:
                raise SheetUnreadable("empty file", reason="Tệp rỗng.")
            if head.startswith(b"PK"):
                return Kind.XLSX
            if head.startswith(_OLE2):
                return _kind_of_ole2(file.read())
    except OSError as error:
        raise SheetUnreadable(str(error.errno), reason="Không mở được tệp.") from error
    return Kind.TEXT


def _kind_of_ole2(body: bytes) -> Kind:
    if "EncryptedPackage".encode("utf-16-le") in body:
        raise SheetEncrypted("EncryptedPackage")
    if any(name.encode("utf-16-le") in body for name in ("Workbook", "Book")):
        return Kind.XLS
    raise SheetUnreadable("OLE2 without workbook", reason="Tệp không phải là bảng tính.")


def check_package(path: Path) -> BookFacts:
    """Unpack an .xlsx once, in pieces, and refuse what must not reach a parser.

    Raises SheetUnreadable (torn, no workbook, DTD), SheetTooLarge (bombs, huge grids),
    SheetEncrypted (zip encryption).
    """
    try:
        with zipfile.ZipFile(path) as package:
            _check_members(package)
            return _book_facts(package)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, KeyError, ValueError) as error:
        raise SheetUnreadable(type(error).__name__, reason="Tệp bị hỏng hoặc bị cắt.") from error
    except (NotImplementedError, OSError, etree.LxmlError) as error:
        raise SheetUnreadable(type(error).__name__, reason="Tệp bị hỏng.") from error
    except Exception as error:  # zlib.error derives from Exception only
        if type(error).__module__ != "zlib":
            raise
        raise SheetUnreadable("deflate", reason="Tệp bị hỏng.") from error


def _check_members(package: zipfile.ZipFile) -> None:
    members = package.infolist()
    declared = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > MAX_MEMBERS or declared > MAX_UNPACKED_BYTES:
        raise SheetTooLarge(f"{declared} bytes unpacked", reason="Nội dung giải nén quá lớn.")
    if declared > SMALL_ENOUGH and declared > MAX_RATIO * max(packed, 1):
        raise SheetTooLarge("ratio", reason="Tệp nén bất thường (có thể là bom nén).")
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise SheetUnreadable("duplicate members", reason="Tệp bị hỏng.")
    for member in members:
        if member.flag_bits & 1:
            raise SheetEncrypted("zip encryption")
        with package.open(member) as stream:
            _check_stream(
                stream, PurePosixPath(member.filename).suffix in {".xml", ".rels", ".vml"}
            )


def _check_stream(stream: IO[bytes], is_xml: bool) -> None:
    """Read to the end, so that the CRC is checked and the declared size is the true one."""
    tail = b""
    while chunk := stream.read(_CHUNK):
        if not is_xml:
            continue
        window = (tail + chunk).replace(b"\0", b"").upper()  # UTF-16 hides words behind NULs
        if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
            raise SheetUnreadable("DTD", reason="Tệp chứa khai báo DTD, không an toàn.")
        tail = chunk[-32:]


def _book_facts(package: zipfile.ZipFile) -> BookFacts:
    names = set(package.namelist())
    if "xl/workbook.xml" not in names:
        raise SheetUnreadable("no workbook part", reason="Tệp không phải là bảng tính .xlsx.")
    book = _parse(package.read("xl/workbook.xml"))
    targets = {
        item.get("Id"): item.get("Target") or ""
        for item in _parse(package.read("xl/_rels/workbook.xml.rels"))
    }
    properties = _first(book, "workbookPr")
    lengths = _string_lengths(package) if "xl/sharedStrings.xml" in names else []
    facts = {}
    for sheet in book.iter(_MAIN + "sheet", _STRICT + "sheet"):
        target = targets.get(sheet.get(_REL) or sheet.get(_REL_STRICT)) or ""
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in names and "worksheets/" in part:
            with package.open(part) as stream:
                facts[sheet.get("name") or ""] = _sheet_facts(stream, lengths)
    return BookFacts(
        facts,
        macros="xl/vbaProject.bin" in names,
        epoch_1904=properties is not None and properties.get("date1904") in {"1", "true"},
    )


def _parse(data: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(data, parser)


def _first(root: etree._Element, name: str) -> etree._Element | None:
    return next(iter(root.iter(_MAIN + name, _STRICT + name)), None)


def _string_lengths(package: zipfile.ZipFile) -> list[int]:
    lengths: list[int] = []
    with package.open("xl/sharedStrings.xml") as stream:
        for _, item in etree.iterparse(
            stream, tag=(_MAIN + "si", _STRICT + "si"), resolve_entities=False, no_network=True
        ):
            lengths.append(sum(len(text) for text in item.itertext()))
            item.clear(keep_tail=False)
            while item.getprevious() is not None:
                del item.getparent()[0]
    if lengths and max(lengths) > 4 * MAX_CELL_CHARS:
        raise SheetTooLarge("shared string", reason="Có ô chứa quá nhiều chữ.")
    return lengths


def _sheet_facts(stream: IO[bytes], lengths: list[int]) -> SheetFacts:
    facts = SheetFacts()
    row_number = merges = 0
    tags = tuple(space + tag for space in (_MAIN, _STRICT) for tag in ("row", "mergeCell"))
    for _, element in etree.iterparse(stream, tag=tags, resolve_entities=False, no_network=True):
        if element.tag.endswith("mergeCell"):
            merges += 1
        else:
            row_number = int(element.get("r") or row_number + 1)
            facts.hidden_rows += element.get("hidden") in {"1", "true"} and len(element) > 0
            _row_facts(element, row_number, lengths, facts)
        element.clear(keep_tail=False)
        while element.getprevious() is not None:
            del element.getparent()[0]
        _check_limits(facts, merges)
    return facts


def _check_limits(facts: SheetFacts, merges: int) -> None:
    if facts.last_column > MAX_COLUMNS or facts.last_row * facts.last_column > MAX_CELLS:
        raise SheetTooLarge("grid", reason="Trang tính có quá nhiều dòng hoặc cột.")
    if facts.text_chars > MAX_TEXT_CHARS or merges > MAX_MERGES:
        raise SheetTooLarge("text", reason="Trang tính chứa quá nhiều dữ liệu.")


def _row_facts(row: etree._Element, row_number: int, lengths: list[int], facts: SheetFacts) -> None:
    column = 0
    for cell in row:
        reference = _REFERENCE.fullmatch(cell.get("r") or "")
        column = _column_number(reference[1]) if reference else column + 1
        value = formula = None
        for part in cell:
            name = etree.QName(part).localname
            value = part if name in {"v", "is"} else value
            formula = part if name == "f" else formula
        if value is not None:
            facts.cells += 1
            facts.last_row = max(facts.last_row, int(reference[2]) if reference else row_number)
            facts.last_column = max(facts.last_column, column)
            facts.text_chars += _text_chars(cell, value, lengths)
        if formula is not None and (value is None or not (value.text or len(value))):
            facts.uncomputed.add((row_number, column))


def _text_chars(cell: etree._Element, value: etree._Element, lengths: list[int]) -> int:
    if cell.get("t") == "s":
        index = int(value.text or 0)
        return lengths[index] if 0 <= index < len(lengths) else 0
    return sum(len(text) for text in value.itertext())


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
