"""Columns as a person names them, and sheets recognised by what was remembered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from app.roster.captions import header_key
from app.roster.columns import (
    SAVED,
    ColumnMapping,
    Header,
    captions_of,
    heads_of,
    match_captions,
    profiles,
)
from app.roster.plan import ColumnNotKept
from app.roster.sheet_rows import FieldRow
from app.roster.sheets import Sheet

NO_HEADER = 0
"""The row number that stands for "there is no header row"."""


def column_letter(column: int) -> str:
    """'A' of 0, 'AA' of 26, as spreadsheet programs count."""
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def width_of(sheet: Sheet) -> int:
    return max((len(row.cells) for row in sheet.rows), default=0)


def header_at(sheet: Sheet, row: int, columns: Mapping[str, int]) -> Header:
    """A header in one row (or in none: NO_HEADER) with the columns that a person named."""
    found = next((each for each in sheet.rows if each.number == row), None)
    captions = captions_of(found) if found is not None else ()
    return with_columns(Header(row, row, {}, {}, captions, SAVED), columns)


def with_columns(header: Header, columns: Mapping[str, int]) -> Header:
    """The same header with other columns. A column without a caption is named by its letter."""
    captions = header.captions
    texts = {
        name: (captions[column] if column < len(captions) else "") or f"Cột {column_letter(column)}"
        for name, column in columns.items()
    }
    return replace(header, columns=dict(columns), texts=texts, layout="")


def missing_fields(columns: Iterable[str], *, class_known: bool) -> list[str]:
    """Labels of what no pupil can be kept without."""
    have, labels = set(columns), profiles().fields
    missing = []
    if "full_name" not in have and not {"family_part", "given_part"} <= have:
        missing.append(labels["full_name"].label)
    if not have & {"birth_date", "birth_year"}:
        missing.append(labels["birth_date"].label)
    if not class_known and "class_name" not in have:
        missing.append(labels["class_name"].label)
    return missing


def doubtful_fields(header: Header) -> list[str]:
    """Labels of needed fields whose caption stands over more than one column."""
    if header.layout:
        return []
    counts = Counter(header_key(caption) for caption in header.captions)
    needed = ("full_name", "birth_date", "class_name")
    return [
        profiles().fields[name].label
        for name in needed
        if name in header.texts and counts[header_key(header.texts[name])] > 1
    ]


def doubled_columns(sheet: Sheet, header: Header) -> list[str]:
    """A sentence for each field whose caption stands over other filled columns too."""
    used = set(header.columns.values())
    notes = []
    for name, column in header.columns.items():
        key = header_key(header.texts[name])
        others = [
            place
            for place, caption in enumerate(header.captions)
            if key and header_key(caption) == key and place not in used and place != column + 1
        ]
        filled = [place for place in others if _filled(sheet, header, place)]
        if filled:
            letters = ", ".join(column_letter(place) for place in filled)
            notes.append(
                f"Có hơn một cột “{header.texts[name]}”: dùng cột {column_letter(column)}, "
                f"không dùng cột {letters}."
            )
    return notes


_NOT_OURS = "chương trình không có chỗ giữ thông tin này"
_OWN_CODE = "mã riêng của phần mềm khác; chương trình dùng mã định danh của Bộ"
_UNNAMED = "cột không có tiêu đề"
_AT_MARKS = "không nhập cùng danh sách; hãy nhập ở trang Sổ điểm"
_SAME = "đã có ở cột khác"


def columns_not_kept(
    sheet: Sheet, header: Header, renamed: Mapping[str, str], rows: Sequence[FieldRow]
) -> list[ColumnNotKept]:
    """Each column that nothing is read from, or whose values are not written anywhere, and why."""
    used = {at for name, at in header.columns.items() if renamed.get(name, name)}
    used |= {row.given_column for row in rows[:1]}
    found = []
    for column in range(max(width_of(sheet), len(header.captions))):
        caption = header.captions[column] if column < len(header.captions) else ""
        filled = sum(row.row.cell(column) is not None for row in rows)
        result = header.results.get(column)
        if column in used or not (caption or filled):
            continue
        if result is not None and result.written and header.of_results:
            continue
        why = (result.why or _AT_MARKS) if result else _why_not(caption, header)
        found.append(ColumnNotKept(sheet.name, column, caption, filled, why))
    return found


def _why_not(caption: str, header: Header) -> str:
    if not caption:
        return _UNNAMED
    fields = match_captions([caption])[0]
    if set(fields) & {"moet_id"}:
        return _OWN_CODE
    return _SAME if set(fields) & set(header.columns) else _NOT_OURS


def _filled(sheet: Sheet, header: Header, column: int) -> bool:
    return any(r.cell(column) is not None for r in sheet.rows if r.number > header.last_row)


def mapping_of(header: Header, name: str) -> ColumnMapping | None:
    """What can be remembered; None where a column has no caption or shares it with another."""
    keys = [_key(caption) for caption in header.captions]
    texts = {
        field: header.captions[column] if column < len(header.captions) else ""
        for field, column in header.columns.items()
    }
    if not texts or any(not text or keys.count(_key(text)) > 1 for text in texts.values()):
        return None
    return ColumnMapping(texts, name)


def recognise(sheet: Sheet, mappings: Sequence[ColumnMapping]) -> Header | None:
    """The header under which a remembered mapping fits exactly; the one of most columns wins."""
    best: Header | None = None
    for head in heads_of(sheet):
        narrow = {_key(path[-1]): place for place, path in enumerate(head.paths) if path}
        keys = narrow | {_key(text): place for place, text in enumerate(head.captions) if text}
        for mapping in mappings:
            found = _fitting(mapping, keys, head.captions, (head.first_row, head.last_row))
            if found and (best is None or len(found.columns) > len(best.columns)):
                best = found
    return best


def _fitting(
    mapping: ColumnMapping,
    keys: Mapping[str, int],
    captions: tuple[str, ...],
    rows: tuple[int, int],
) -> Header | None:
    columns = {field: keys.get(_key(text), -1) for field, text in mapping.columns.items()}
    if not columns or min(columns.values()) < 0:
        return None
    layout = f"đã ghi nhớ “{mapping.name}”"
    return Header(*rows, columns, dict(mapping.columns), captions, SAVED * len(columns), layout)


def _key(caption: str) -> str:
    return header_key(caption) or caption.casefold()
