"""The reporting catalogue's columns, filled from records."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from app.clock import VIETNAM
from app.model.delivery import Event
from app.model.record import Attendance
from app.transcript import catalogue, names
from app.transcript.catalogue import CatalogueReport
from app.transcript.layout import AppliesTo, Field, Group, Node
from tests.fixtures.schools.transcripts import content_of, named

COLUMNS = Path(__file__).parents[1] / "data" / "catalogue-columns.json"
NOON = datetime(2027, 6, 1, 12, 0, tzinfo=VIETNAM)


def report(grade: int, event: Event = Event.NEW, number: int = 1) -> CatalogueReport:
    return CatalogueReport(content_of(grade), event, number, NOON)


def columns(parts: tuple[Node, ...], other: AppliesTo, *, into_rows: bool = False) -> set[str]:
    found: set[str] = set()
    for part in parts:
        if part.on is other:
            continue
        if isinstance(part, Field):
            found |= {part.column} - {""}
        elif isinstance(part, Group) or into_rows:
            found |= columns(part.parts, other, into_rows=into_rows)
    return found


@pytest.mark.parametrize(
    ("grade", "table", "required"),
    [
        (4, catalogue.PRIMARY_TABLE, {"nghicophep", "nxetnanglucchung", "phamchatyeunuoc"}),
        (8, catalogue.SECONDARY_TABLE, {"hocky1", "renluyencanam", "ndungduoclenlop"}),
    ],
)
def test_each_level_fills_its_own_table(grade: int, table: str, required: set[str]) -> None:
    (row,) = catalogue.tables([report(grade)])[table]
    common = {
        "idbanghi",
        "sukien",
        "phienban",
        "madinhdanhhocba",
        "hovaten",
        "sodinhdanh",
        "dantoc",
    }
    assert required | common <= set(row)


@pytest.mark.parametrize("level", ["primary", "secondary"])
def test_every_column_of_the_catalogue_has_its_element(level: str) -> None:
    wanted = json.loads(COLUMNS.read_text("utf-8"))
    other = AppliesTo.SECONDARY if level == "primary" else AppliesTo.PRIMARY
    # The record's state changes after issue, so it is reported and never signed.
    main = set(wanted[level]) - {"trangthaithongtinhocba"}
    assert main <= columns((*names.INFO_PARTS, names.ISSUE), other)
    assert set(wanted[f"{level}_rows"]) <= columns(names.SUBJECTS.parts, other, into_rows=True)


def test_subjects_are_rows_of_their_own_with_letters_as_the_ministry_writes_them() -> None:
    rows = catalogue.tables([report(8)])["thongtinsohocbasothcsthpt_bangdiem"]
    assert len(rows) == len(content_of(8).subjects)
    assert {row["idbanghi"] for row in rows} == {content_of(8).common.record_id}
    sport = next(row for row in rows if row["tenmonhoc"] == "Giáo dục thể chất")
    assert sport["diemcanam"] == "Đ"
    assert sport["gvbm"]


def test_a_recall_says_so() -> None:
    (row,) = catalogue.tables([report(4, Event.CANCEL, 3)])[catalogue.PRIMARY_TABLE]
    assert (row["sukien"], row["phienban"], row["trangthaithongtinhocba"]) == ("CANCEL", "3", "2")


def test_no_absence_is_no_value_in_secondary() -> None:
    content = replace(content_of(8), attendance=Attendance(total=0))
    (row,) = catalogue.tables([CatalogueReport(content, Event.NEW, 1, NOON)])[
        catalogue.SECONDARY_TABLE
    ]
    assert "sobuoinghi" not in row


def test_json_and_workbook_say_the_same() -> None:
    content = named(content_of(4), "=1+1 Lầu")
    reports = [CatalogueReport(content, Event.NEW, 1, NOON)]
    told = json.loads(catalogue.as_json(reports))[catalogue.PRIMARY_TABLE][0]
    book = openpyxl.load_workbook(io.BytesIO(catalogue.as_workbook(reports)))
    header, cells = list(book[catalogue.PRIMARY_TABLE[-31:]].iter_rows(values_only=True))
    assert dict(zip(header, cells, strict=True)) == told
    name = header.index("hovaten") + 1
    assert book[catalogue.PRIMARY_TABLE[-31:]].cell(2, name).data_type == "s"
