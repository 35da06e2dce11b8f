"""Coverage as a workbook: one line a class, and the schools' sums."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from app.department.pages.coverage import CoverageLine

MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HEAD = ["Mã trường", "Trường", "Lớp", "Đã khai", "Đã kiểm tra", "Chờ kiểm tra", "Trả lại", "Thiếu"]
_FORMULA = ("=", "+", "-", "@", "\t")


def workbook(year: str, schools: Sequence[tuple[CoverageLine, Sequence[CoverageLine]]]) -> bytes:
    """XLSX bytes."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = f"Học bạ {year}"
    page.append(_HEAD)
    for school, sections in schools:
        page.append([_plain(school.code), _plain(school.name), "(cả trường)", *_numbers(school)])
        for cell in page[page.max_row]:
            cell.font = Font(bold=True)
        for line in sections:
            page.append(
                [_plain(school.code), _plain(school.name), _plain(line.name), *_numbers(line)]
            )
    for cell in page[1]:
        cell.font = Font(bold=True)
    page.freeze_panes = "A2"
    for column, width in zip("ABC", (14, 44, 14), strict=True):
        page.column_dimensions[column].width = width
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _numbers(line: CoverageLine) -> list[int]:
    return [line.declared, line.verified, line.received, line.returned, line.missing]


def _plain(text: str) -> str:
    """A school's words are never a formula on an official's machine, nor what no cell can hold."""
    text = ILLEGAL_CHARACTERS_RE.sub("", text)
    return f"'{text}" if text.startswith(_FORMULA) else text
