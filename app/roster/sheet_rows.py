"""The rows under a header that stand for pupils, with their cells by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.roster.captions import header_key
from app.roster.columns import Header, captions_of, looks_like_header, match_captions, profiles
from app.roster.identity import read_class
from app.roster.sheets import Cell, Sheet, SheetRow, shown

_PUPIL_ONLY = ("number", "birth_date", "moet_id", "personal_id", "class_name")
_TELLING = ("full_name", "birth_date", "moet_id", "personal_id")


@dataclass(frozen=True, slots=True)
class FieldRow:
    row: SheetRow
    fields: Mapping[str, Cell]
    columns: Mapping[str, int]
    given_column: int = -1
    """A second column of the name, under the same caption."""
    group: str = ""
    """Class of the nearest caption row ("Lớp 4A") above, or empty."""

    def columns_of(self, name: str) -> list[int]:
        """Where the cells of a field stand that was made of one or more."""
        parts = {
            "full_name": ("full_name", "family_part", "given_part"),
            "birth_date": ("birth_date", "birth_day", "birth_month", "birth_year"),
        }
        found = [self.columns[n] for n in parts.get(name, (name,)) if n in self.columns]
        return found + (
            [self.given_column] if name == "full_name" and self.given_column >= 0 else []
        )


def pupil_rows(sheet: Sheet, header: Header) -> tuple[list[FieldRow], list[int]]:
    """(rows, numbers of those left out). A header repeated lower may reorder the columns."""
    columns = dict(header.columns)
    given_column = _unnamed_given_column(sheet, header)
    rows: list[FieldRow] = []
    skipped: list[int] = []
    group, ended = "", 0
    for row in sheet.rows:
        if row.number <= header.last_row:
            continue
        if looks_like_header(row, header):
            again, _ = match_captions(captions_of(row))
            columns = again if set(again) == set(header.columns) else columns
            skipped.append(row.number)
            continue
        fields = _fields(row, columns, given_column)
        if caption := _group_caption(row):
            group = caption
            skipped.append(row.number)
        elif _is_footer(row, fields) and not _hides_pupil(sheet, row, columns):
            skipped.append(row.number)
            ended = ended or len(rows)
        else:
            if not _is_signature(fields):
                ended = 0  # pupils go on: what stood between them was no end
            rows.append(FieldRow(row, fields, columns, given_column, group))
    if ended:
        skipped += [each.row.number for each in rows[ended:]]
        del rows[ended:]
    return rows, sorted(skipped)


def _fields(row: SheetRow, columns: Mapping[str, int], given_column: int) -> dict[str, Cell]:
    fields = {name: row.cell(column) for name, column in columns.items()}
    if given_column >= 0 and row.cell(given_column) is not None:
        parts = (shown(fields.get("full_name")), shown(row.cell(given_column)))
        fields["full_name"] = " ".join(part for part in parts if part)
    elif "full_name" not in columns:
        parts = (shown(fields.pop("family_part", None)), shown(fields.pop("given_part", None)))
        fields["full_name"] = " ".join(part for part in parts if part) or None
    if "birth_year" in columns:
        names = ("birth_date" if "birth_day" not in columns else "birth_day",)
        parts3 = [shown(fields.pop(n, None)) for n in (*names, "birth_month", "birth_year")]
        fields["birth_date"] = "/".join(part or "0" for part in parts3) if any(parts3) else None
    return fields


def _unnamed_given_column(sheet: Sheet, header: Header) -> int:
    """One caption "Họ và tên" often covers two columns: family and middle names, given name."""
    column = header.columns.get("full_name", -2) + 1
    if column < 1 or column in header.columns.values():
        return -1
    if column < len(header.captions) and header.captions[column] not in (
        "",
        header.texts["full_name"],
    ):
        return -1
    below = [r.cell(column) for r in sheet.rows if r.number > header.last_row]
    words = [cell for cell in below if isinstance(cell, str) and len(cell.split()) == 1]
    return column if words and len(words) * 2 > len(below) else -1


def _group_caption(row: SheetRow) -> str:
    filled = [cell for cell in row.cells if cell is not None]
    if len(filled) == 1 and isinstance(filled[0], str) and "lop" in header_key(filled[0]).split():
        return read_class(filled[0]).value
    return ""


def _is_footer(row: SheetRow, fields: Mapping[str, Cell]) -> bool:
    """Totals and signatures; also rows that hold nothing about a pupil but a number."""
    others = {name for name, cell in fields.items() if cell is not None} - {"number"}
    if {"full_name", "birth_date"} <= others:
        return False
    words = [header_key(shown(cell)) for cell in row.cells if isinstance(cell, str)]
    if any(_begins(text, begin) for text in words for begin in profiles().footers):
        return True
    return not others & set(_TELLING)


def _is_signature(fields: Mapping[str, Cell]) -> bool:
    """Words under the list ("Nam: 12", a signer's name) that happen to stand in a pupil's column:
    nothing tells a pupil by."""
    return not any(fields.get(name) is not None for name in _PUPIL_ONLY)


def _hides_pupil(sheet: Sheet, row: SheetRow, columns: Mapping[str, int]) -> bool:
    """The name is a formula that nobody has computed, or an error: a pupil whom we cannot see."""
    at = (columns.get(name, -1) for name in ("full_name", "given_part"))
    return any((row.number, column) in sheet.faults for column in at)


def _begins(text: str, begin: str) -> bool:
    """One word alone may be a name ("Cống"), so it has to be all there is."""
    return text == begin or (" " in begin and text.startswith(f"{begin} "))
