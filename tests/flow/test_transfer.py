"""A pupil changes schools: everything arrives as it was, and nothing that was altered does."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from cryptography.hazmat.primitives import serialization

from app.errors import AppError, HistoryError, HistoryLocked, HistoryPupilUnclear, PassphraseTooWeak
from app.handover import history as files
from app.handover.history import History, HistoryFile, open_history, seal_with
from app.handover.transfer import receiving_certificate
from app.model.people import ClassSection, Enrollment, School
from app.model.transcript import RequestKind
from app.practice.school import SCHOOL
from app.transcript import xml_record
from tests.fixtures.schools.small_school import PEOPLE, SmallSchool, small_school

SECRET = "chuyển trường 2027"
OTHER = replace(SCHOOL, code="1203456777", name="Trường TH&THCS Mường Tè", tax_code="6200000777")
PUPIL = "8B-1"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallSchool]:
    """Issued records of 8B, with a corrected one; 4A is still open."""
    folder = tmp_path_factory.mktemp("here")
    school = small_school(folder, pupils=1, lock=False)
    made = school.made
    made.records.lock("8B")
    school.sign_all()
    (head,) = made.records.heads("8B")
    student = replace(made.workspace.here().people.student(PUPIL), full_name="Vàng Thị Sáy")
    request = made.life.propose_correction(
        head, RequestKind.IDENTITY, "Theo giấy khai sinh", PEOPLE[0], student=student
    )
    made.life.approve(request, PEOPLE[1])
    school.sign_all()
    yield school
    made.close()


@pytest.fixture
def there(here: SmallSchool, tmp_path: Path) -> Iterator[SmallSchool]:
    """Another school without pupils, which trusts the same authority."""
    folder = tmp_path / "there"
    folder.mkdir()
    next_year = ClassSection("9C", "2027-2028", 9, "9C", "gv10")
    this_year = ClassSection("4D", "2026-2027", 4, "4D", "gv11")
    school = _school(folder, OTHER, here, (next_year, this_year))
    yield school
    school.made.close()


def _school(
    folder: Path, school: School, like: SmallSchool, sections: tuple[ClassSection, ...]
) -> SmallSchool:
    return small_school(folder, sections, school, pupils=0, lock=False, authority=like.authority)


def signed_bytes(school: SmallSchool, student_id: str) -> list[bytes]:
    store = school.made.workspace.here().transcripts
    return [store.get(h.record_id, h.version).xml for h in store.versions(student_id)]


def test_every_version_arrives_byte_for_byte(here: SmallSchool, there: SmallSchool) -> None:
    data = here.made.transfer.export_history(PUPIL, passphrase=SECRET)
    done = there.made.transfer.import_history(data, SECRET)
    assert (done.is_new, done.records) == (True, 2)
    kept = there.made.workspace.here().foreign.records(done.student_id)
    assert [record.xml for record in kept] == signed_bytes(here, PUPIL)
    assert [record.version for record in kept] == [1, 2]
    again = there.made.transfer.import_history(data, SECRET)
    assert (again.is_new, again.records, again.student_id) == (False, 0, done.student_id)


def test_only_the_receiving_school_opens_what_is_sealed_for_it(
    here: SmallSchool, there: SmallSchool
) -> None:
    address = receiving_certificate(there.made.transfer.address())
    data = here.made.transfer.export_history(PUPIL, to=address)
    assert there.made.transfer.import_history(data).records == 2
    with pytest.raises(HistoryLocked):
        here.made.transfer.read_history(data)
    assert there.made.transfer.address() == there.made.transfer.address()


def test_openssl_opens_what_is_sealed_for_a_school(
    here: SmallSchool, there: SmallSchool, tmp_path: Path
) -> None:
    transfer = there.made.transfer
    data = here.made.transfer.export_history(PUPIL, to=receiving_certificate(transfer.address()))
    at = len(files.MAGIC)
    (length,) = struct.unpack_from(">I", data, at)
    (tmp_path / "body.der").write_bytes(data[at + 4 + length :])
    key = there.made.workspace.here().settings.secret("handover.key")
    assert key is not None
    (tmp_path / "key.pem").write_bytes(
        serialization.load_der_private_key(key, None).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    run = ["openssl", "cms", "-decrypt", "-inform", "DER", "-in", tmp_path / "body.der",
           "-inkey", tmp_path / "key.pem", "-binary"]  # fmt: skip
    done = subprocess.run(run, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert signed_bytes(here, PUPIL)[0] in zstandard.ZstdDecompressor().decompress(done.stdout)


def test_the_year_so_far_comes_along_and_is_continued(
    here: SmallSchool, there: SmallSchool
) -> None:
    data = here.made.transfer.export_history("4A-1", passphrase=SECRET)
    done = there.made.transfer.import_history(data, SECRET)
    assert (done.records, done.papers) == (0, 2)
    store = there.made.workspace.here()
    papers = {p.name.rpartition(".")[2]: p.content for p in store.foreign.papers(done.student_id)}
    assert papers["pdf"].startswith(b"%PDF-")
    assert json.loads(papers["json"])["pupil"] == "Vàng Thị Sáy 1"
    store.people.save_enrollments([Enrollment("4D", done.student_id, 1)])
    count = there.made.transfer.carry_over(done.student_id, "4D")
    before = {(k.area, k.slot): v for k, v in here.made.book.open("4A").cells.items()}
    after = {(k.area, k.slot): v for k, v in there.made.book.open("4D").cells.items()}
    assert after == before
    assert count == len(before)
    assert there.made.transfer.carry_over(done.student_id, "4D") == 0


def test_values_that_no_gradebook_knows_are_not_carried_over(
    here: SmallSchool, there: SmallSchool
) -> None:
    made = there.made
    data = here.made.transfer.export_history("4A-1", passphrase=SECRET)
    opened = open_history(data, passphrase=SECRET)
    said = json.loads(next(f.content for f in opened.files if f.kind == files.RESULTS))
    good = next(cell for cell in said["cells"] if cell[1] == "end2.test")
    said["cells"] = [
        good, ["TOAN", "end1.test", "99"], ["TOAN", "x", "9"], ["X", "s1", "9"], ["HEALTH"],
        [1, 2, 3], ["ATTENDANCE", "excused", "-4"], "cells", ["REMARKS", "homeroom", "a" * 9999],
    ]  # fmt: skip
    hostile = HistoryFile("ket-qua.json", files.RESULTS, json.dumps(said).encode())
    sealed = seal_with(History(opened.paper, (hostile,)), SECRET)
    student_id = made.transfer.import_history(sealed, SECRET).student_id
    made.workspace.here().people.save_enrollments([Enrollment("4D", student_id, 1)])
    assert made.transfer.carry_over(student_id, "4D") == 1
    ((key, value),) = made.book.open("4D").cells.items()
    assert [key.area, key.slot, value] == good


def test_earlier_years_stand_in_the_next_record(here: SmallSchool, there: SmallSchool) -> None:
    made = there.made
    data = here.made.transfer.export_history(PUPIL, passphrase=SECRET)
    student_id = made.transfer.import_history(data, SECRET).student_id
    made.workspace.here().people.save_enrollments([Enrollment("9C", student_id, 1)])
    opened = made.records.with_pupil(made.book.open("9C"), student_id)
    _, content = made.records.draft_one(opened, student_id)
    years = [(y.school_year, y.class_name, y.school_name) for y in content.earlier_years]
    assert years == [("2026-2027", "8B", SCHOOL.name)]
    assert content.pupil.full_name == "Vàng Thị Sáy"


def test_a_history_is_handed_on_by_the_next_school(
    here: SmallSchool, there: SmallSchool, tmp_path: Path
) -> None:
    first = here.made.transfer.export_history(PUPIL, passphrase=SECRET)
    student_id = there.made.transfer.import_history(first, SECRET).student_id
    second = there.made.transfer.export_history(student_id, passphrase=SECRET)
    sent = [file.content for file in open_history(second, passphrase=SECRET).files]
    assert sent == signed_bytes(here, PUPIL)
    back = here.made.transfer.import_history(second, SECRET)
    assert (back.student_id, back.is_new, back.records) == (PUPIL, False, 0)


def test_a_known_pupil_is_matched_by_id_and_a_namesake_is_asked_about(
    here: SmallSchool, there: SmallSchool
) -> None:
    data = here.made.transfer.export_history(PUPIL, passphrase=SECRET)
    known = here.made.workspace.here().people.student(PUPIL)
    people = there.made.workspace.here().people
    people.save_students([replace(known, id="cu-1", moet_id="", personal_id="")])
    with pytest.raises(HistoryPupilUnclear) as asked:
        there.made.transfer.import_history(data, SECRET)
    assert asked.value.params["candidates"] == ["cu-1"]
    assert people.student("cu-1").moet_id == ""
    people.save_students([replace(known, id="cu-2", full_name="Tên cũ")])
    assert there.made.transfer.import_history(data, SECRET).student_id == "cu-2"


def test_a_person_may_choose_or_say_that_it_is_none_of_ours(
    here: SmallSchool, there: SmallSchool
) -> None:
    data = here.made.transfer.export_history(PUPIL, passphrase=SECRET)
    known = here.made.workspace.here().people.student(PUPIL)
    namesake = replace(known, id="cu-1", moet_id="", personal_id="")
    there.made.workspace.here().people.save_students([namesake])
    done = there.made.transfer.import_history(data, SECRET, student_id="cu-1")
    assert (done.student_id, done.is_new) == ("cu-1", False)
    with pytest.raises(HistoryError):
        there.made.transfer.import_history(data, SECRET, as_new=True)


def altered(data: bytes, change: object) -> bytes:
    """The same history with one record's bytes changed, sealed anew by somebody."""
    opened = open_history(data, passphrase=SECRET)
    assert callable(change)
    changed = tuple(replace(f, content=change(f.content)) for f in opened.files)
    return seal_with(History(opened.paper, changed), SECRET)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda x: x.replace(b"<CA_NAM>", b"<CA_NAM>1", 1), id="a mark"),
        pytest.param(lambda x: x[: len(x) // 2], id="cut"),
        pytest.param(lambda x: b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + x, id="entity"),
        pytest.param(lambda x: xml_record.build(xml_record.parse(x)), id="no signatures"),
    ],
)
def test_an_altered_record_is_refused_and_nothing_is_kept(
    here: SmallSchool, there: SmallSchool, change: object
) -> None:
    data = altered(here.made.transfer.export_history(PUPIL, passphrase=SECRET), change)
    with pytest.raises(HistoryError) as refused:
        there.made.transfer.import_history(data, SECRET)
    assert "không đạt" in str(refused.value.params["reason"])
    assert there.made.workspace.here().people.students() == []


def test_another_pupils_record_is_refused(here: SmallSchool, there: SmallSchool) -> None:
    opened = open_history(
        here.made.transfer.export_history(PUPIL, passphrase=SECRET), passphrase=SECRET
    )
    other = {**opened.paper.pupil, "id": "x", "moet_id": "", "personal_id": "", "full_name": "Ai"}
    data = seal_with(replace(opened, paper=replace(opened.paper, pupil=other)), SECRET)
    with pytest.raises(HistoryError, match="pupil"):
        there.made.transfer.import_history(data, SECRET)


def test_records_of_signers_nobody_trusts_are_refused(here: SmallSchool, tmp_path: Path) -> None:
    stranger = small_school(tmp_path, pupils=0, lock=False)
    data = here.made.transfer.export_history(PUPIL, passphrase=SECRET)
    with pytest.raises(HistoryError):
        stranger.made.transfer.import_history(data, SECRET)
    stranger.made.close()


def test_a_wrong_or_weak_passphrase_opens_and_seals_nothing(here: SmallSchool) -> None:
    transfer = here.made.transfer
    data = transfer.export_history(PUPIL, passphrase=SECRET)
    for wrong in ("chuyển trường 2028", ""):
        with pytest.raises(HistoryLocked):
            transfer.read_history(data, wrong)
    with pytest.raises(PassphraseTooWeak):
        transfer.export_history(PUPIL, passphrase="ngắn")


SMALL = seal_with(
    History(
        files.HistoryPaper("1", "Trường", "2027-01-01", {}), (HistoryFile("a.xml", "record", b"x"),)
    ),
    SECRET,
)


@pytest.mark.parametrize("at", range(0, len(SMALL), 7))
def test_no_changed_byte_goes_unnoticed(at: int) -> None:
    if b'"passes":' in SMALL[max(0, at - 12) : at + 1] or b'_kib":' in SMALL[max(0, at - 12) : at]:
        at = len(SMALL) - 1  # a cost in the header: covered below, and slow to try
    torn = SMALL[:at] + bytes([SMALL[at] ^ 1]) + SMALL[at + 1 :]
    with pytest.raises(HistoryError):
        open_history(torn, passphrase=SECRET)


@pytest.mark.parametrize("length", [0, 5, 12, 60, 200, len(SMALL) - 1])
def test_a_torn_file_is_refused(length: int) -> None:
    with pytest.raises(HistoryError):
        open_history(SMALL[:length], passphrase=SECRET)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"memory_kib":65536', b'"memory_kib":99999999'),
        (b'"passes":3', b'"passes":99'),
        (b'"lanes":1', b'"lanes":0'),
        (b'"protection":"passphrase"', b'"protection":"none"'),
    ],
)
def test_costs_that_would_stop_the_machine_are_refused(old: bytes, new: bytes) -> None:
    at = len(files.MAGIC)
    (length,) = struct.unpack_from(">I", SMALL, at)
    header = SMALL[at + 4 : at + 4 + length]
    assert old in header
    header = header.replace(old, new)
    data = SMALL[:at] + struct.pack(">I", len(header)) + header + SMALL[at + 4 + length :]
    with pytest.raises(HistoryError):
        open_history(data, passphrase=SECRET)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(200 * 1024 * 1024))
    assert len(bomb) < 100_000
    with pytest.raises(HistoryError, match="plain size"):
        files._unpack(bomb)


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"-----BEGIN CERTIFICATE-----\n", b"x" * 70000]
)
def test_what_is_no_certificate_is_no_address(data: bytes) -> None:
    with pytest.raises(AppError):
        receiving_certificate(data)
