"""A file opened for an import: its sheets, where their headers are, what was remembered. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

from app.errors import ColumnMappingInvalid, SheetUnreadable
from app.roster.column_choice import doubtful_fields, mapping_of, missing_fields, recognise
from app.roster.columns import ColumnMapping, Header, find_header
from app.roster.roster_import import class_known
from app.roster.sheets import Sheet, Workbook, read_workbook
from app.services import Services
from app.work import WorkContext

BY_HAND = "theo cột thầy cô chọn"
_SETTING = "roster_mappings"


@dataclass(frozen=True, slots=True)
class SheetSource:
    """What is read, and how it is understood so far."""

    path: Path
    book: Workbook
    headers: Mapping[str, Header]
    """Sheet -> header; a sheet without one is not read."""
    school_year: str
    class_name: str
    saved: tuple[ColumnMapping, ...] = ()
    left_out: frozenset[str] = frozenset()
    """Sheets that a person does not want to be read."""

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """Those that a person may read."""
        return tuple(sheet for sheet in self.book.sheets if sheet.visible and sheet.rows)

    def sheet(self, name: str) -> Sheet:
        return next(sheet for sheet in self.sheets if sheet.name == name)

    def problem(self) -> str:
        """Why a person has to look at the columns; empty when all is clear."""
        if not self.headers:
            return "Chưa tìm thấy dòng tiêu đề. Hãy chỉ ra cột nào là gì."
        name = self.problem_sheet()
        if not name:
            return ""
        where = f"Trang “{name}”: " if len(self.headers) > 1 else ""
        if missing := missing_of(self, name):
            return f"{where}chưa nhận ra cột {', '.join(missing)}."
        doubtful = ", ".join(doubtful_fields(self.headers[name]))
        return f"{where}có hơn một cột tên {doubtful}; hãy chọn cột đúng."

    def problem_sheet(self) -> str:
        """The first sheet whose columns are not clear, or empty."""
        unclear = (n for n, h in self.headers.items() if missing_of(self, n) or doubtful_fields(h))
        return next(unclear, "")


def missing_of(source: SheetSource, name: str) -> list[str]:
    header = source.headers[name]
    known = (
        bool(source.class_name)
        or "class_name" in header.columns
        or class_known(source.sheet(name), header)
    )
    return missing_fields(header.columns, class_known=known)


def open_source(
    services: Services, path: Path, school_year: str, class_name: str, context: WorkContext
) -> SheetSource:
    """Raises what `read_workbook` raises, and Cancelled."""
    context.step(0, 1, "Đang mở tệp")
    book = read_workbook(path)
    context.step(0, 1, "Đang tìm dòng tiêu đề")
    saved = tuple(saved_mappings(services))
    source = SheetSource(path, book, {}, school_year, class_name, saved)
    if not source.sheets:
        raise SheetUnreadable("no rows", reason="Tệp không có dòng nào.")
    return replace(source, headers=guessed(source))


def guessed(source: SheetSource) -> dict[str, Header]:
    """The remembered header where one fits, else the one that is found by its words."""
    found = {}
    for sheet in source.sheets:
        header = recognise(sheet, source.saved) or find_header(sheet)
        if header is not None:
            found[sheet.name] = header
    return found


def chosen_for(source: SheetSource, said: Mapping[str, Header | None]) -> SheetSource:
    """With a person's choices. Each holds for the other sheets of the same captions, too.

    `said`: sheet -> its header, None where it is not to be read.
    """
    out = {name for name, header in said.items() if header is None}
    left_out = (source.left_out | out) - (set(said) - out)
    headers = dict(source.headers)
    for name, header in said.items():
        if header is not None:
            headers[name] = replace(header, layout=BY_HAND)
            headers |= _alike(source, header, without=left_out | set(said))
    order = [sheet.name for sheet in source.sheets]
    kept = {key: headers[key] for key in order if key in headers and key not in left_out}
    return replace(source, headers=kept, left_out=left_out)


def _alike(source: SheetSource, header: Header, without: AbstractSet[str]) -> dict[str, Header]:
    mapping = mapping_of(header, "")
    found = {}
    for sheet in source.sheets if mapping else ():
        same = None if sheet.name in without else recognise(sheet, [mapping] if mapping else [])
        if same is not None:
            found[sheet.name] = replace(same, layout=BY_HAND)
    return found


# --- what is remembered ---------------------------------------------------------------------


def saved_mappings(services: Services) -> list[ColumnMapping]:
    """SQL on the calling thread. What can no longer be read is passed over."""
    found = []
    for text in services.workspace.here().settings.get(_SETTING, []):
        try:
            found.append(ColumnMapping.from_json(text))
        except ColumnMappingInvalid:
            continue
    return found


def remember(services: Services, mapping: ColumnMapping) -> None:
    """Keep it; one of the same name gives way."""
    others = [each for each in saved_mappings(services) if each.name != mapping.name]
    _store(services, [*others, mapping])


def forget(services: Services, name: str) -> tuple[ColumnMapping, ...]:
    """What is left."""
    left = [each for each in saved_mappings(services) if each.name != name]
    _store(services, left)
    return tuple(left)


def _store(services: Services, mappings: list[ColumnMapping]) -> None:
    services.workspace.here().settings.set(_SETTING, [each.to_json() for each in mappings])
