"""What leaves the school besides parcels: extracts for services, files for the catalogue."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from app.errors import MoveNotAllowed, TranscriptIncomplete
from app.model.gradebook import REMARKS, CellChange, CellKey
from app.model.transcript import RequestKind, TranscriptHead, TranscriptState
from app.practice.school import SCHOOL
from app.services import Services
from app.transcript import catalogue
from tests.fixtures.schools.small_school import PEOPLE, SmallSchool, small_school


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> SmallSchool:
    school = small_school(tmp_path_factory.mktemp("school"), pupils=1)
    school.sign_all(seal=True)
    school.made.workspace.close()
    return school


@pytest.fixture
def school(base: SmallSchool, tmp_path: Path) -> Iterator[SmallSchool]:
    copied = base.copy(tmp_path)
    yield copied
    copied.made.close()


def head_of(made: Services, section: str = "8B") -> TranscriptHead:
    return made.records.heads(section)[-1]


def correct(school: SmallSchool, head: TranscriptHead) -> TranscriptHead:
    life = school.made.life
    change = CellChange(CellKey(head.student_id, REMARKS, "homeroom"), None, "Đã sửa")
    request = life.propose_correction(head, RequestKind.CONTENT, "Sai", PEOPLE[0], cells=[change])
    new = life.approve(request, PEOPLE[1])
    school.sign_all()
    return new


def test_an_extract_is_the_record_its_view_and_what_checking_said(school: SmallSchool) -> None:
    made, head = school.made, head_of(school.made)
    packed = made.extracts.extract(head).as_zip()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    said = json.loads(files["ket-qua-kiem-tra.json"])
    assert files["hoc-ba.xml"] == made.records.get(head).xml
    assert files["hoc-ba.pdf"] == made.records.view(head)
    assert (said["valid"], said["version"], said["state"]) == (True, 1, "issued")
    for name, digest in said["files"].items():
        assert hashlib.sha256(files[name]).hexdigest() == digest
    assert [report["kind"] for report in said["reports"]] == ["xml", "pdf"]
    last = list(made.workspace.here().audit.entries(f"{head.record_id}/1"))[-1]
    assert last.act == "extract"


def test_what_is_not_in_force_is_not_extracted(school: SmallSchool) -> None:
    made, old = school.made, head_of(school.made, "4A")
    new = correct(school, old)
    with pytest.raises(TranscriptIncomplete):
        made.extracts.extract(old)
    assert set(made.extracts.extract(new).files) == {"hoc-ba.xml", "ket-qua-kiem-tra.json"}


def test_a_record_whose_signatures_do_not_hold_is_not_extracted(school: SmallSchool) -> None:
    made, head = school.made, head_of(school.made)
    store = made.workspace.here()
    xml = made.records.get(head).xml.replace(b"<CA_NAM>", b"<CA_NAM>1", 1)
    with store.write() as db:
        db.execute("UPDATE transcript SET xml = ? WHERE record_id = ?", [xml, head.record_id])
    with pytest.raises(TranscriptIncomplete):
        made.extracts.extract(head)


def rows(content: bytes, table: str = catalogue.SECONDARY_TABLE) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(content)[table]
    return found


def test_reports_rise_and_say_what_happened(school: SmallSchool) -> None:
    made, head = school.made, head_of(school.made)
    first = rows(made.reporting.as_json([head]).content)[0]
    new = correct(school, head)
    second = rows(made.reporting.as_json([new]).content)[0]
    book = openpyxl.load_workbook(io.BytesIO(made.reporting.as_workbook([new]).content))
    sheet = next(s for s in book if s.title in catalogue.SECONDARY_TABLE)
    names, values = (list(row) for row in sheet.iter_rows(max_row=2, values_only=True))
    third = dict(zip(names, values, strict=True))
    assert [row["sukien"].upper() for row in (first, second)] == ["NEW", "UPDATE"]
    assert int(first["phienban"]) < int(second["phienban"]) < int(str(third["phienban"]))


def test_a_recall_is_reported_as_cancel(school: SmallSchool) -> None:
    made, head = school.made, head_of(school.made)
    made.reporting.as_json([head])
    store = made.workspace.here().transcripts
    for state in (TranscriptState.QUEUED, TranscriptState.SENT, TranscriptState.RECEIVED):
        store.move(head.record_id, head.version, state)
    made.life.approve(made.life.propose_recall(head, "Lập nhầm", PEOPLE[0]), PEOPLE[1])
    school.sign_all()
    (row,) = rows(made.reporting.as_json([head_of(made)]).content)
    assert (row["sukien"], row["trangthaithongtinhocba"]) == ("CANCEL", "2")


def test_what_is_not_issued_is_not_reported_and_takes_no_number(tmp_path: Path) -> None:
    school = small_school(tmp_path, pupils=1)
    with pytest.raises(MoveNotAllowed):
        school.made.reporting.as_json(school.made.records.heads())
    assert not school.made.workspace.here().transcripts.was_reported(head_of(school.made).record_id)
    school.made.close()


def test_what_the_catalogue_cannot_hold_is_told(tmp_path: Path) -> None:
    long = replace(SCHOOL, name="Trường " + "rất dài " * 22)
    school = small_school(tmp_path, school=long, pupils=1)
    found = school.made.reporting.check(school.made.records.heads("8B"))
    assert ("tentruong", 150) in {(item.column, item.limit) for item in found}
    assert {item.column for item in found} <= {"tentruong", "tenmonhoc"}
    school.made.close()
