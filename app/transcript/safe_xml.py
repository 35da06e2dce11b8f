"""Reading a record's XML without trusting it.

Nothing is parsed before the limits hold; DTDs, entities, comments and processing instructions are
refused; the schema then leaves no place for a second copy of a signed element (signature wrapping)
but the content of `ds:Signature`, where elements of ours are refused. So each signed Id stands for
exactly one element at one path, which is the one a view shows.
"""

from __future__ import annotations

import re
import threading
from typing import Any

from lxml import etree

from app import resources
from app.errors import TranscriptInvalid, TranscriptUnsafe, TranscriptVersionUnknown
from app.transcript import names

DS = "http://www.w3.org/2000/09/xmldsig#"
SIZE_LIMIT = 4 * 1024 * 1024
"""Bytes. A record with twenty signatures is about 200 KB."""

_MOST_NAMESPACES = 2_000
_MOST_ATTRIBUTES = 20_000
"""A record with sixty signatures has some 600 and 2,000. Parser and C14N take quadratic time."""

_DECLARATION = re.compile(
    r"<\?xml version=['\"]1\.0['\"]( encoding=['\"]utf-8['\"])?"
    r"( standalone=['\"](yes|no)['\"])?\s*\?>",
    re.IGNORECASE,
)
_VALUE = re.compile(r"=\s*[\"']")
_IDS = etree.XPath(
    f"//*[not(self::{names.TEACHER})]/@*[translate(local-name(), 'ID', 'id') = 'id']",
    smart_strings=False,
)
"""Every Id but those of teachers' slots, which stand twice."""
_OURS = "{}*"
"""Elements without a namespace: all of the record's own."""
_local = threading.local()


def parse_tree(data: bytes) -> etree._Element:
    """Root element of a record, structurally safe; whitespace is kept as it is.

    Raises TranscriptUnsafe, TranscriptInvalid (not well-formed), TranscriptVersionUnknown.
    """
    _check_bytes(data)
    try:
        root = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        raise _torn(str(error), error.lineno or 1) from error
    _check_nodes(root)
    if root.tag != names.ROOT:
        raise TranscriptInvalid(
            "unknown root element", line=1, reason="Tệp này không phải là học bạ số"
        )
    version = root.get("phienBan", "")
    if version != names.VERSION:
        raise TranscriptVersionUnknown("unknown format version", version=version)
    return root


def _parser() -> etree.XMLParser:
    """Made once per thread: a new one has all names to learn again, which takes a third more."""
    if not hasattr(_local, "parser"):
        _local.parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            remove_blank_text=False,
        )
    parser: etree.XMLParser = _local.parser
    return parser


def _torn(detail: str, line: int) -> TranscriptInvalid:
    return TranscriptInvalid(detail, line=line, reason="Tệp XML bị hỏng hoặc bị cắt ngang")


def _check_bytes(data: bytes) -> None:
    if len(data) > SIZE_LIMIT:
        raise TranscriptUnsafe("file over the limit", reason="Tệp lớn hơn mức cho phép")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            raise _torn(str(error), 1) from error
        raise TranscriptUnsafe("not UTF-8", reason="Tệp không dùng bảng mã UTF-8") from error
    if not text.startswith("<") or (text.startswith("<?") and not _DECLARATION.match(text)):
        raise TranscriptUnsafe("foreign start", reason="Tệp không bắt đầu như một tệp học bạ số")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise TranscriptUnsafe("DTD or entity", reason="Tệp có khai báo DTD hoặc thực thể")
    if text.count("xmlns") > _MOST_NAMESPACES or len(_VALUE.findall(text)) > _MOST_ATTRIBUTES:
        raise TranscriptUnsafe("too many attributes", reason="Tệp có quá nhiều thuộc tính")


def _check_nodes(root: etree._Element) -> None:
    """No comments, PIs or entities; every Id once, but for a teacher's and his slot's."""
    for _ in root.iter(etree.Comment, etree.ProcessingInstruction, etree.Entity):
        raise TranscriptUnsafe("comment, PI or entity", reason="Tệp có chú thích hoặc chỉ thị lạ")
    ids: Any = _IDS(root)
    if len(ids) != len(set(ids)):
        raise TranscriptUnsafe("duplicate Id", reason="Hai phần của tệp mang cùng một mã")
    if any(next(each.iter(_OURS), None) is not None for each in root.iter(f"{{{DS}}}Signature")):
        raise TranscriptUnsafe(
            "record content inside a signature",
            reason="Chữ ký chứa nội dung học bạ ở chỗ không được phép",
        )


def validate(root: etree._Element) -> None:
    """Check against the schema and the level's own elements.

    Raises TranscriptInvalid (line, reason).
    """
    schema = _schema()
    if not schema.validate(root):
        errors: Any = schema.error_log
        first = errors.last_error
        named = re.search(r"Element '(\w+)'", first.message)
        where = named.group(1) if named else names.ROOT
        raise TranscriptInvalid(
            first.message,
            line=first.line,
            reason=f"Phần {where} không đúng lược đồ học bạ số",
        )


def element_by_id(root: etree._Element, wanted: str) -> etree._Element:
    """The one element a signature's `#wanted` means.

    Only signed elements are looked up, never teacher slots or what lies inside a signature.
    Raises TranscriptUnsafe when there is none, or more than one.
    """
    if wanted == names.DATA_ID:
        found = root.findall(names.DATA)
    elif wanted == names.INFO_ID:
        found = root.findall(f"{names.DATA}/{names.INFO}")
    elif wanted == names.TEACHER_SLOTS_ID:
        found = root.findall(f"{names.DATA}/{names.SLOTS}/{names.TEACHER_SLOTS}")
    elif wanted == names.PRINCIPAL_ID:
        found = root.findall(f"{names.RELEASE}/{names.PRINCIPAL}")
    else:
        rows = f"{names.DATA}/{names.INFO}/{names.SUBJECTS.tag}/{names.SUBJECTS.item}"
        found = [row for row in root.iterfind(rows) if row.get("Id") == wanted]
    if len(found) != 1 or found[0].get("Id") != wanted:
        raise TranscriptUnsafe(
            "Id without exactly one element", reason="Phần được ký không nằm ở chỗ quy định"
        )
    return found[0]


def _schema() -> etree.XMLSchema:
    """Compiled once per thread: a schema object keeps the errors of its last run."""
    if not hasattr(_local, "schema"):
        path = resources.path("schemas", f"hocba-{names.VERSION}.xsd")
        _local.schema = etree.XMLSchema(etree.parse(str(path)))
    schema: etree.XMLSchema = _local.schema
    return schema
