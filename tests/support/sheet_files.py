"""Sheets for tests, made on the spot."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook

HEADER = ("STT", "Số định danh cá nhân", "Họ và tên", "Ngày sinh", "Giới tính", "Dân tộc", "Lớp")
GOOD = (1, "010217398055", "Lầu A Mỷ", "25/08/2017", "Nam", "Mông", "4A")


def pupil(**fields: object) -> tuple[object, ...]:
    """A good row of grade 4 with some cells exchanged: number, pid, name, born, sex, group, cls."""
    names = ("number", "pid", "name", "born", "sex", "group", "cls")
    assert not set(fields) - set(names)
    return tuple(fields.get(name, good) for name, good in zip(names, GOOD, strict=True))


def write_sheet(path: Path, rows: Sequence[Sequence[object]], title: str = "Trang1") -> Path:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


def write_roster(path: Path, *pupils: Sequence[object]) -> Path:
    return write_sheet(path, [HEADER, *pupils])


def rebuilt(source: Path, target: Path, parts: Mapping[str, bytes | None]) -> Path:
    """A copy of a package with parts exchanged, added, or (None) left out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", 8) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, data in parts.items():
            if data is not None:
                new.writestr(name, data)
    return target
