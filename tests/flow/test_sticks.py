"""The road without a network: school, stick, station, stick, school."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.errors import Cancelled, StickError, StickFull
from app.model.delivery import OutboxState, ReceiptStage
from app.model.transcript import TranscriptState
from app.parcel import receipts, seal, stick
from app.parcel.receipts import issue
from app.parcel.sealing import RECORDS_IN_BLOCK
from app.services import Services
from app.work import CancelToken, Progress, WorkContext
from tests.fixtures.faults.disks import small_disk
from tests.fixtures.schools.enrolled import enrolled_school
from tests.fixtures.schools.parcels import SCHOOL, receiver, records
from tests.fixtures.stations.postgres import new_database
from tests.fixtures.stations.station import StationProcess, running_station
from tests.fixtures.stations.station_main import DOUBTFUL
from tests.fixtures.stations.sticks import (
    bring,
    copy_with,
    desk_of,
    in_another_process,
    kept_tokens,
    queue,
    reopen_and_copy,
    states,
    take_all,
)
from tests.fixtures.waiting import until

CLASS = 6


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def station(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StationProcess]:
    """It is serving all the while."""
    database = new_database() if request.param == "postgresql" else ""
    with running_station(tmp_path_factory.mktemp("stick") / "so", database) as process:
        yield process


@pytest.fixture
def school(station: StationProcess, tmp_path: Path) -> Iterator[Services]:
    made = enrolled_school(tmp_path / "school", station)
    yield made
    made.close()


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    place = tmp_path / "usb"
    place.mkdir()
    return place


def test_records_go_out_and_receipts_come_back_without_a_network(
    station: StationProcess, school: Services, medium: Path
) -> None:
    parcels = queue(school, CLASS, 1, "4A") + queue(school, CLASS, 2, "4B", poison=1)
    copied = copy_with(school, medium)
    assert (copied.parcels, copied.records, copied.left) == (2, 2 * CLASS, 0)
    names = [file.name for file in stick.files_on([medium], [stick.PARCEL])]
    assert all(name.isascii() and name.startswith(SCHOOL) for name in names)
    on_medium = {hashlib.sha256(file.read_bytes()).hexdigest() for file in medium.rglob("*.hbx")}
    assert on_medium == set(parcels)
    assert states(school) == {OutboxState.QUEUED: 2 * CLASS}
    assert all(item.copied_at for item in school.delivery.outbox.items())
    assert [one.words for one in take_all(station.folder, medium)] == ["", ""]
    taken = bring(school, medium)
    assert (taken.verified, taken.returned) == (2 * CLASS - 1, 1)
    assert not any(file.refused for file in taken.files)
    assert states(school) == {OutboxState.VERIFIED: 2 * CLASS - 1, OutboxState.RETURNED: 1}
    (returned,) = school.delivery.outbox.items([OutboxState.RETURNED])
    assert returned.reason == DOUBTFUL
    found = school.workspace.here().transcripts.get(returned.key.record_id, 1).head
    assert found.state is TranscriptState.RETURNED
    assert copy_with(school, medium).parcels == 0


def test_a_second_reading_of_the_same_receipts_changes_nothing(
    station: StationProcess, school: Services, medium: Path
) -> None:
    queue(school, CLASS, 3)
    copy_with(school, medium)
    take_all(station.folder, medium)
    bring(school, medium)
    again = bring(school, medium)
    assert (again.receipts, again.verified) == (0, 0)
    assert [(file.known, file.refused) for file in again.files] == [(2 * CLASS, False)]


def test_a_parcel_by_stick_and_by_network_gets_the_same_receipts(
    station: StationProcess, school: Services, medium: Path
) -> None:
    queue(school, CLASS, 4)
    copy_with(school, medium)
    assert school.delivery.sync(WorkContext()).verified == CLASS
    by_network = kept_tokens(school)
    take_all(station.folder, medium)
    (written,) = medium.rglob("*.hbr")
    assert set(receipts.from_file(written.read_bytes()).tokens) == by_network
    assert bring(school, medium).receipts == 0
    assert kept_tokens(school) == by_network


def test_what_lies_on_a_stick_still_goes_by_a_network_and_the_other_way_round(
    station: StationProcess, school: Services, medium: Path
) -> None:
    queue(school, CLASS, 5)
    copy_with(school, medium)
    take_all(station.folder, medium)
    assert school.delivery.sync(WorkContext()).verified == CLASS
    by_network = kept_tokens(school)
    bring(school, medium)
    assert kept_tokens(school) == by_network


def test_two_machines_of_one_school_share_a_stick(
    station: StationProcess, school: Services, medium: Path, tmp_path: Path
) -> None:
    other = enrolled_school(tmp_path / "other", station)
    queue(school, CLASS, 6, "4A")
    queue(other, CLASS, 7, "5A")
    assert copy_with(school, medium).folder == copy_with(other, medium).folder
    take_all(station.folder, medium)
    for each in (school, other):
        taken = bring(each, medium)
        assert taken.verified == CLASS
        assert sorted(file.foreign for file in taken.files) == [0, 2 * CLASS]
    other.close()


def test_copying_again_writes_only_what_is_not_there_and_mends_what_is_torn(
    station: StationProcess, school: Services, medium: Path
) -> None:
    queue(school, CLASS, 8, "4A")
    queue(school, CLASS, 9, "4B")
    copy_with(school, medium)
    torn, whole = sorted(medium.rglob("*.hbx"))
    before = whole.stat().st_mtime_ns
    content = torn.read_bytes()
    torn.write_bytes(content[:500])
    again = copy_with(school, medium)
    assert (again.parcels, again.already) == (2, 1)
    assert torn.read_bytes() == content
    assert whole.stat().st_mtime_ns == before


def test_a_kill_while_copying_leaves_whole_parcels_and_the_next_run_the_rest(
    station: StationProcess, school: Services, medium: Path, tmp_path: Path
) -> None:
    wanted = set()
    for number in range(8):
        wanted |= set(queue(school, 2, 20 + number, f"4{chr(65 + number)}"))
    school.close()
    for _ in range(6):
        start = len(list(medium.rglob("*.hbx")))
        process = in_another_process(reopen_and_copy, school.workspace.path, medium)
        until(lambda: not process.is_alive() or len(list(medium.rglob("*.hbx"))) > start)  # noqa: B023
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        for file in medium.rglob("*.hbx"):
            assert hashlib.sha256(file.read_bytes()).hexdigest() in wanted
    reopen_and_copy(school.workspace.path, medium)
    assert {hashlib.sha256(f.read_bytes()).hexdigest() for f in medium.rglob("*.hbx")} == wanted
    assert not list(medium.rglob("*.tmp"))


def test_who_stops_half_way_keeps_what_was_copied_by_then(
    station: StationProcess, school: Services, medium: Path
) -> None:
    queue(school, 2, 34, "4A")
    queue(school, 2, 35, "4B")
    queue(school, 2, 36, "4C")
    stop = CancelToken()

    def report(at: Progress) -> None:
        if at.done:
            stop.cancel()

    with pytest.raises(Cancelled):
        school.delivery.copy_to_stick(medium, WorkContext(stop, report))
    marked = {item.section_name for item in school.delivery.outbox.items() if item.copied_at}
    assert len(list(medium.rglob("*.hbx"))) == 2
    assert marked == {"4A", "4B"}


def test_a_full_stick_keeps_what_is_whole_and_says_what_is_left(
    station: StationProcess, school: Services, tmp_path: Path
) -> None:
    queue(school, 2, 31, "4A")
    queue(school, 40, 32, "4B")
    small, large = (parcel.size for parcel in school.delivery.outbox.to_copy())
    with small_disk(tmp_path / "usb", small + large // 2) as medium:
        copied = copy_with(school, medium)
        assert isinstance(copied.stopped_by, StickFull)
        assert (copied.parcels, copied.left) == (1, 1)
        assert [file.stat().st_size for file in copied.folder.iterdir()] == [small]
    marked = {item.section_name for item in school.delivery.outbox.items() if item.copied_at}
    assert marked == {"4A"}
    assert states(school) == {OutboxState.QUEUED: 42}


def test_a_stick_that_is_gone_or_write_protected_is_said_and_nothing_is_marked(
    station: StationProcess, school: Services, medium: Path
) -> None:
    queue(school, 2, 33)
    gone = medium / "rút ra"
    gone.write_bytes(b"")
    copied = copy_with(school, gone)
    assert type(copied.stopped_by) is StickError
    with small_disk(medium / "usb", 1 << 20) as protected:
        subprocess.run(["mount", "-o", "remount,ro", protected], check=True)
        copied = copy_with(school, protected)
    assert type(copied.stopped_by) is StickError
    assert copied.left == 1
    assert not any(item.copied_at for item in school.delivery.outbox.items())


def test_a_torn_parcel_gives_its_whole_blocks_and_the_rest_comes_later(
    station: StationProcess, school: Services, medium: Path
) -> None:
    items, device = records(4, 41), school.delivery.device()
    certificate = school.delivery.enrolment().certificate
    parcel = seal(items, to=certificate, device=device, counter=900, block_size=1)
    file = medium / "goi.hbx"
    file.write_bytes(parcel.bytes[: -len(parcel.bytes) // 3])
    (torn,) = take_all(station.folder, medium)
    assert 0 < torn.missing < 4
    assert f"còn {torn.missing} học bạ chưa đến" in torn.words
    (again,) = take_all(station.folder, medium)
    assert again == torn
    first = receipts.from_file(next(medium.glob("*.hbr")).read_bytes()).tokens
    file.write_bytes(parcel.bytes)
    (whole,) = take_all(station.folder, medium)
    assert whole.missing == 0
    with desk_of(station.folder) as desk:
        last = receipts.from_file(desk.receipts(whole)).tokens
    assert set(first) < set(last)
    assert len(last) == 2 * 4


def test_a_torn_class_is_kept_as_far_as_it_came_and_nothing_of_it_is_doubled(
    station: StationProcess, school: Services, medium: Path
) -> None:
    (sha256,) = queue(school, 25, 43)
    copy_with(school, medium)
    (file,) = medium.rglob("*.hbx")
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) * 9 // 10])
    (torn,) = take_all(station.folder, medium)
    assert (torn.refused, torn.records) == ("", 25)
    came = torn.records - torn.missing
    assert came == 2 * RECORDS_IN_BLOCK
    assert bring(school, medium).verified == came
    assert states(school) == {OutboxState.VERIFIED: came, OutboxState.QUEUED: torn.missing}
    first = kept_tokens(school)
    copied = copy_with(school, medium)
    assert (copied.parcels, copied.already) == (1, 0)
    assert file.read_bytes() == whole
    (again,) = take_all(station.folder, medium)
    assert (again.sha256, again.missing) == (sha256, 0)
    assert bring(school, medium).verified == torn.missing
    assert states(school) == {OutboxState.VERIFIED: 25}
    assert first < kept_tokens(school)
    with desk_of(station.folder) as desk:
        tokens = receipts.from_file(desk.receipts(again)).tokens
    assert set(tokens) == kept_tokens(school)
    assert len(tokens) == 2 * 25
    assert copy_with(school, medium).parcels == 0


def test_a_torn_class_is_completed_by_the_network(
    station: StationProcess, school: Services, medium: Path
) -> None:
    queue(school, 25, 44)
    copy_with(school, medium)
    (file,) = medium.rglob("*.hbx")
    file.write_bytes(file.read_bytes()[: -len(file.read_bytes()) // 4])
    take_all(station.folder, medium)
    bring(school, medium)
    first = kept_tokens(school)
    report = school.delivery.sync(WorkContext())
    assert report.complete
    assert states(school) == {OutboxState.VERIFIED: 25}
    assert first < kept_tokens(school)
    assert len(kept_tokens(school)) == 2 * 25


def test_a_parcel_torn_in_its_only_block_is_refused_and_stays_queued(
    station: StationProcess, school: Services, medium: Path
) -> None:
    queue(school, CLASS, 42)
    copy_with(school, medium)
    (file,) = medium.rglob("*.hbx")
    file.write_bytes(file.read_bytes()[:-1])
    (torn,) = take_all(station.folder, medium)
    assert torn.refused == "parcel.torn"
    assert not list(medium.rglob("*.hbr"))
    assert states(school) == {OutboxState.QUEUED: CLASS}


def test_what_the_station_does_not_know_is_refused_by_name(
    station: StationProcess, school: Services, medium: Path, tmp_path: Path
) -> None:
    stranger = enrolled_school(tmp_path / "stranger", station)
    device = stranger.delivery.device()
    archive = station.folder.open_archive()
    archive.revoke(device.device_id)
    archive.close()
    certificate = school.delivery.enrolment().certificate
    ours = school.delivery.device()
    bad = {
        "revoked.hbx": seal(records(1, 51), to=certificate, device=device, counter=1).bytes,
        "tampered.hbx": b"not a parcel at all",
        "elsewhere.hbx": seal(records(1, 52), to=receiver()[1], device=ours, counter=901).bytes,
    }
    for name, content in bad.items():
        (medium / name).write_bytes(content)
    refused = {one.name: one.refused for one in take_all(station.folder, medium)}
    assert refused == {
        "revoked.hbx": "revoked",
        "tampered.hbx": "parcel.tampered",
        "elsewhere.hbx": "parcel.not_for_us",
    }
    assert not list(medium.rglob("*.hbr"))
    stranger.close()


def test_records_of_another_school_come_back_with_the_reason(
    station: StationProcess, school: Services, medium: Path
) -> None:
    items = [replace(item, school_code="79000999") for item in records(2, 53)]
    delivery = school.delivery
    certificate = delivery.enrolment().certificate
    parcel = seal(items, to=certificate, device=delivery.device(), counter=902)
    (medium / "khac.hbx").write_bytes(parcel.bytes)
    take_all(station.folder, medium)
    (written,) = medium.glob("*.hbr")
    key = station.folder.receipt_key.public_key()
    found = [receipts.read(t, key) for t in receipts.from_file(written.read_bytes()).tokens]
    assert {receipt.stage for receipt in found} == {ReceiptStage.RETURNED}


def test_forged_and_torn_receipts_and_those_of_others_are_refused_by_name(
    station: StationProcess, school: Services, medium: Path
) -> None:
    queue(school, CLASS, 61)
    copy_with(school, medium)
    take_all(station.folder, medium)
    (written,) = medium.rglob("*.hbr")
    good = written.read_bytes()
    written.unlink()
    key = school.delivery.outbox.items()[0].key
    forger = Ed25519PrivateKey.generate()
    fake = issue(
        key, ReceiptStage.VERIFIED, station="Sở", issued_at="2026-11-23T00:00:00+07:00",
        signing_key=forger,
    )  # fmt: skip
    other = issue(
        records(1, 99)[0].key, ReceiptStage.VERIFIED, station=station.folder.name,
        issued_at="2026-11-23T00:00:00+07:00", signing_key=station.folder.receipt_key,
    )  # fmt: skip
    (medium / "gia.hbr").write_bytes(receipts.to_file([fake.token]))
    (medium / "khac.hbr").write_bytes(receipts.to_file([other.token]))
    (medium / "rac.hbr").write_bytes(os.urandom(200))
    (medium / "lon.hbr").write_bytes(b"")
    os.truncate(medium / "lon.hbr", 65 * 1024 * 1024)
    taken = {file.name: file for file in bring(school, medium).files}
    assert all(file.refused for file in taken.values())
    assert taken["gia.hbr"].forged == 1
    assert taken["khac.hbr"].foreign == 1
    assert taken["rac.hbr"].problem == "not_receipts"
    assert taken["lon.hbr"].problem == "too_large"
    assert states(school) == {OutboxState.QUEUED: CLASS}
    assert kept_tokens(school) == set()
    (medium / "dut.hbr").write_bytes(good[: len(good) * 2 // 3])
    (cut,) = bring(school, medium / "dut.hbr").files
    assert cut.problem == "torn"
    assert 0 < cut.taken < 2 * CLASS
    (medium / "du.hbr").write_bytes(good)
    assert bring(school, medium / "du.hbr").files[0].refused is False
    assert states(school) == {OutboxState.VERIFIED: CLASS}
