"""An .xlsx package: unpacked once, in pieces, and written anew with only what was looked at.

The parser is given the new package, never the file: what the guard has scanned is what is parsed,
whatever the parts are called, in whatever case, folder or with whichever slashes.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO
from urllib.parse import unquote

from lxml import etree

from app.errors import SheetEncrypted, SheetTooLarge, SheetUnreadable
from app.roster.sheets.sheet_scan import SheetFacts, scan_sheet, string_lengths

MAX_UNPACKED_BYTES = 256 << 20
MAX_RATIO = 200
"""Real sheets pack 5 to 30 times; bombs a thousand times and more."""
SMALL_ENOUGH = 8 << 20
"""Below this many unpacked bytes the ratio is no danger (many empty rows pack well)."""
MAX_MEMBERS = 2_000
_CHUNK = 1 << 20
MAX_PART_BYTES = 4 << 20
"""Of the parts that list the sheets."""
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_RELATION_STRICT = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SIDE_PARTS = {"sharedStrings": "sharedStrings.xml", "styles": "styles.xml"}


@dataclass(slots=True)
class BookFacts:
    """What the parser does not tell, by the name of the sheet."""

    sheets: dict[str, SheetFacts] = field(default_factory=dict)
    macros: bool = False
    epoch_1904: bool = False


def clean_package(data: bytes) -> tuple[bytes, BookFacts]:
    """(a package with the usual names, facts about its sheets).

    Raises SheetUnreadable (torn, no workbook, DTD), SheetTooLarge (bombs, huge grids),
    SheetEncrypted (zip encryption).
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _check_members(package)
            return _Rewriting(package).run()
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
    names = [_key(member.filename) for member in members]
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


def _key(name: str) -> str:
    """Part names are compared without case (ECMA-376-2, 6.2.2.3); some writers turn slashes."""
    return name.replace("\\", "/").lstrip("/").lower()


class _Rewriting:
    def __init__(self, package: zipfile.ZipFile) -> None:
        self._package = package
        self._members = {_key(name): name for name in package.namelist()}
        self._facts = BookFacts()
        self._out = io.BytesIO()

    def run(self) -> tuple[bytes, BookFacts]:
        book_part = self._workbook_part()
        book = self._parse(book_part)
        relations = self._relations(book_part)
        self._facts.macros = any(name.endswith("vbaproject.bin") for name in self._members)
        properties = next(book.iter("{*}workbookPr"), None)
        self._facts.epoch_1904 = properties is not None and properties.get("date1904") in (
            "1",
            "true",
        )
        with zipfile.ZipFile(self._out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as clean:
            self._write(clean, book, relations)
        return self._out.getvalue(), self._facts

    def _workbook_part(self) -> str:
        for kind, part in self._relations("").values():
            if kind == "officeDocument" and part in self._members:
                return part
        if "xl/workbook.xml" in self._members:
            return "xl/workbook.xml"
        raise SheetUnreadable("no workbook part", reason="Tệp không phải là bảng tính .xlsx.")

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Id -> (last word of the type, the part it names) of what a part refers to."""
        folder, name = posixpath.split(part)
        beside = posixpath.join(folder, "_rels", f"{name}.rels")
        if beside not in self._members:
            return {}
        return {
            item.get("Id") or "": (
                (item.get("Type") or "").rpartition("/")[2],
                self._resolved(folder, item.get("Target") or ""),
            )
            for item in self._parse(beside).iter("{*}Relationship")
            if item.get("TargetMode") != "External"
        }

    def _resolved(self, folder: str, target: str) -> str:
        target = unquote(target.replace("\\", "/"))
        whole = target if target.startswith("/") else f"/{folder}/{target}"
        return _key(posixpath.normpath(whole))

    def _write(
        self,
        clean: zipfile.ZipFile,
        book: etree._Element,
        relations: dict[str, tuple[str, str]],
    ) -> None:
        clean.writestr("_rels/.rels", _links([("officeDocument", "xl/workbook.xml")]))
        lengths: list[int] = []
        side = self._side_parts(relations)
        if "sharedStrings" in side:
            with self._package.open(self._members[side["sharedStrings"]]) as stream:
                lengths = string_lengths(stream)
        for kind, part in side.items():
            self._copy(clean, part, f"xl/{_SIDE_PARTS[kind]}")
        sheets = self._write_sheets(clean, book, relations, lengths)
        links = [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
        links += [(kind, _SIDE_PARTS[kind]) for kind in side]
        clean.writestr("xl/_rels/workbook.xml.rels", _links(links))
        clean.writestr("xl/workbook.xml", _workbook(sheets, self._facts.epoch_1904))

    def _side_parts(self, relations: dict[str, tuple[str, str]]) -> dict[str, str]:
        """Kind -> part, as related or else where it usually lies."""
        related = {kind: part for kind, part in relations.values() if part in self._members}
        usual = {kind: _key(f"xl/{name}") for kind, name in _SIDE_PARTS.items()}
        parts = {kind: related.get(kind, usual[kind]) for kind in _SIDE_PARTS}
        return {kind: part for kind, part in parts.items() if part in self._members}

    def _write_sheets(
        self,
        clean: zipfile.ZipFile,
        book: etree._Element,
        relations: dict[str, tuple[str, str]],
        lengths: list[int],
    ) -> list[tuple[str, str]]:
        """(name, state) of the worksheets; chart sheets and macro sheets hold no list."""
        sheets: list[tuple[str, str]] = []
        for sheet in book.iter("{*}sheet"):
            link = sheet.get(_RELATION) or sheet.get(_RELATION_STRICT) or ""
            kind, part = relations.get(link, ("", ""))
            if kind != "worksheet" or part not in self._members:
                continue
            name = sheet.get("name") or f"Trang {len(sheets) + 1}"
            with self._package.open(self._members[part]) as stream:
                self._facts.sheets[name] = scan_sheet(stream, lengths)
            self._copy(clean, part, f"xl/worksheets/sheet{len(sheets) + 1}.xml")
            sheets.append((name, sheet.get("state") or "visible"))
        return sheets

    def _copy(self, clean: zipfile.ZipFile, part: str, name: str) -> None:
        with self._package.open(self._members[part]) as source, clean.open(name, "w") as target:
            while chunk := source.read(_CHUNK):
                target.write(chunk)

    def _parse(self, part: str) -> etree._Element:
        name = self._members[part]
        if self._package.getinfo(name).file_size > MAX_PART_BYTES:
            raise SheetTooLarge(name, reason="Tệp có quá nhiều trang tính.")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        return etree.fromstring(self._package.read(name), parser)


def _links(links: Iterable[tuple[str, str]]) -> bytes:
    root = etree.Element("Relationships", xmlns=_RELATIONS)
    for number, (kind, target) in enumerate(links, 1):
        etree.SubElement(
            root, "Relationship", Id=f"rId{number}", Type=f"{_OFFICE}/{kind}", Target=target
        )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _workbook(sheets: list[tuple[str, str]], epoch_1904: bool) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    root = etree.Element(f"{{{main}}}workbook", nsmap={"m": main, "r": _OFFICE})
    if epoch_1904:
        etree.SubElement(root, f"{{{main}}}workbookPr", date1904="1")
    listed = etree.SubElement(root, f"{{{main}}}sheets")
    for number, (name, state) in enumerate(sheets, 1):
        sheet = etree.SubElement(listed, f"{{{main}}}sheet", name=name, sheetId=str(number))
        sheet.set("state", state)
        sheet.set(_RELATION, f"rId{number}")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
