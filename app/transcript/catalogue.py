"""Records in the columns of the ministry's reporting catalogue, as JSON or an Excel workbook.

The columns come from the table of names; the five reporting columns (idbanghi, sukien, phienban,
thoigiancapnhat, ngaycapnhat) belong to the sending and never stand in the signed XML.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.model.delivery import Event
from app.model.record import RecordContent
from app.profile import SchoolLevel
from app.transcript import names
from app.transcript.layout import AppliesTo, Field, Group, Node, Repeated

PRIMARY_TABLE = "thongtinsohocbasotieuhoc"
SECONDARY_TABLE = "thongtinsohocbasothcsthpt"
_CHILDREN = {
    (PRIMARY_TABLE, "subjects"): "dsbangdiem",
    (SECONDARY_TABLE, "subjects"): "bangdiem",
    (PRIMARY_TABLE, "earlier_years"): "quatrinhhoctap",
    (SECONDARY_TABLE, "earlier_years"): "quatrinhhoctap",
    (SECONDARY_TABLE, "certificates"): "chungchi",
}
_EVENT_WORDS = {Event.NEW: "NEW", Event.UPDATE: "UPdate", Event.CANCEL: "CANCEL"}
"""Spelled as in the catalogue."""

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class CatalogueReport:
    """One record's event. `number` rises with every sending; the hub ignores equal or lower."""

    content: RecordContent
    event: Event
    number: int
    sent_at: datetime


def tables(reports: Iterable[CatalogueReport]) -> dict[str, list[Row]]:
    """Catalogue table -> rows. Child tables are named parent_child and keyed by idbanghi."""
    found: dict[str, list[Row]] = {}
    for report in reports:
        for table, row in _rows(report):
            found.setdefault(table, []).append(row)
    return found


def as_json(reports: Iterable[CatalogueReport]) -> bytes:
    """UTF-8 JSON: table -> list of rows; the same reports give the same bytes."""
    return json.dumps(tables(reports), ensure_ascii=False, indent=1).encode()


def as_workbook(reports: Iterable[CatalogueReport]) -> bytes:
    """An .xlsx with a sheet per table; every cell is text, so that codes keep their zeros."""
    from openpyxl import Workbook

    book = Workbook()
    del book[book.sheetnames[0]]
    for table, rows in tables(reports).items():
        # Excel allows 31 characters in a sheet's name; the end tells the tables apart.
        sheet = book.create_sheet(table[-31:])
        columns = list(dict.fromkeys(column for row in rows for column in row))
        sheet.append(columns)
        for row in rows:
            sheet.append([_text_cell(sheet, row.get(column, "")) for column in columns])
    if not book.sheetnames:
        book.create_sheet("hocba")
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _text_cell(sheet: Any, text: str) -> Any:
    """A name that begins with '=' is a name, not a formula."""
    from openpyxl.cell import Cell

    cell = Cell(sheet, row=1, column=1)
    cell.value = text
    cell.data_type = "s"
    cell.number_format = "@"
    return cell


def _rows(report: CatalogueReport) -> Iterator[tuple[str, Row]]:
    content = report.content
    primary = content.common.level is SchoolLevel.PRIMARY
    table = PRIMARY_TABLE if primary else SECONDARY_TABLE
    other = AppliesTo.SECONDARY if primary else AppliesTo.PRIMARY
    state = "2" if report.event is Event.CANCEL else "1"
    key = {"idbanghi": content.common.record_id}
    main = {
        **key,
        "sukien": _EVENT_WORDS[report.event],
        "phienban": str(report.number),
        "thoigiancapnhat": f"{report.sent_at:%Y-%m-%dT%H:%M:%S}",
        "ngaycapnhat": f"{report.sent_at:%Y-%m-%dT%H:%M:%S}",
        "trangthaithongtinhocba": state,
    }
    parts = (*names.INFO_PARTS, names.ISSUE)
    main.update(_columns(content, parts, other))
    if main.get("sobuoinghi") == "0":
        # The catalogue's smallest value is 1: no absence is no value.
        del main["sobuoinghi"]
    yield table, main
    for (parent, attr), child in _CHILDREN.items():
        if parent == table:
            rows = next(p for p in parts if isinstance(p, Repeated) and p.attr == attr)
            for item in getattr(content, attr):
                for row in _flat(item, rows.parts, other):
                    yield f"{table}_{child}", {**key, **row}


def _columns(owner: Any, parts: tuple[Node, ...], other: AppliesTo) -> Iterator[tuple[str, str]]:
    for part in parts:
        if part.on is other or isinstance(part, Repeated):
            continue
        value = getattr(owner, part.attr) if part.attr else owner
        if isinstance(part, Field):
            text = part.kind.to_xml(value)
            if text and part.column:
                yield part.column, text
        elif isinstance(part, Group) and value is not None:
            yield from _columns(value, part.parts, other)


def _flat(item: Any, parts: tuple[Node, ...], other: AppliesTo) -> Iterator[Row]:
    """A row, once for each teacher where the subject has several: the columns hold one."""
    own = dict(_columns(item, parts, other))
    inner = [part for part in parts if isinstance(part, Repeated) and part.on is not other]
    below = [
        dict(_columns(child, part.parts, other))
        for part in inner
        for child in getattr(item, part.attr)
    ]
    for row in below or [{}]:
        yield {**own, **row}
