"""Checks on a foreign file before anything parses it: what is it, how large, is it hostile?"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import IO

from lxml import etree

from app.errors import SheetEncrypted, SheetTooLarge, SheetUnreadable
from app.roster.sheet_scan import SheetFacts, scan_sheet, string_lengths

MAX_FILE_BYTES = 64 << 20
MAX_UNPACKED_BYTES = 256 << 20
MAX_RATIO = 200
"""Real sheets pack 5 to 30 times; bombs a thousand times and more."""
SMALL_ENOUGH = 8 << 20
"""Below this many unpacked bytes the ratio is no danger (many empty rows pack well)."""
MAX_MEMBERS = 2_000
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 1 << 20
MAX_PART_BYTES = 4 << 20
"""Of the parts that list the sheets."""
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_RELATION_STRICT = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


class FileKind(StrEnum):
    XLSX = "xlsx"
    XLS = "xls"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class BookFacts:
    sheets: dict[str, SheetFacts]
    macros: bool
    epoch_1904: bool


def kind_of(path: Path) -> FileKind:
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
                return FileKind.XLSX
            if head.startswith(_OLE2):
                return _kind_of_ole2(file.read())
    except OSError as error:
        raise SheetUnreadable(str(error.errno), reason="Không mở được tệp.") from error
    return FileKind.TEXT


def _kind_of_ole2(body: bytes) -> FileKind:
    if "EncryptedPackage".encode("utf-16-le") in body:
        raise SheetEncrypted("EncryptedPackage")
    if any(name.encode("utf-16-le") in body for name in ("Workbook", "Book")):
        return FileKind.XLS
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
    book = _parse(package, "xl/workbook.xml")
    targets = {
        item.get("Id"): item.get("Target") or ""
        for item in _parse(package, "xl/_rels/workbook.xml.rels")
    }
    lengths: list[int] = []
    if "xl/sharedStrings.xml" in names:
        with package.open("xl/sharedStrings.xml") as stream:
            lengths = string_lengths(stream)
    facts = {}
    for sheet in book.iter("{*}sheet"):
        target = targets.get(sheet.get(_RELATION) or sheet.get(_RELATION_STRICT)) or ""
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in names and "worksheets/" in part:
            with package.open(part) as stream:
                facts[sheet.get("name") or ""] = scan_sheet(stream, lengths)
    properties = next(book.iter("{*}workbookPr"), None)
    return BookFacts(
        facts,
        macros="xl/vbaProject.bin" in names,
        epoch_1904=properties is not None and properties.get("date1904") in {"1", "true"},
    )


def _parse(package: zipfile.ZipFile, name: str) -> etree._Element:
    if package.getinfo(name).file_size > MAX_PART_BYTES:
        raise SheetTooLarge(name, reason="Tệp có quá nhiều trang tính.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(package.read(name), parser)
