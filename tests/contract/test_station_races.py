"""What several workers, officials and machines do at the same moment, on both databases."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
from cryptography import x509
from sqlalchemy import select

from app.department.checks.checks import VERSION_OLD, VERSION_TAKEN, Checks
from app.department.http.web import RunningStation, assemble
from app.department.store.archive import Device, TakenParcel
from app.department.store.folder import init_folder
from app.department.store.objects import FolderObjects
from app.department.store.officials import Officials, Role
from app.department.store.tables import declared
from app.model.delivery import ParcelItem, ReceiptStage, RecordKey
from app.parcel import DeviceIdentity, seal
from app.parcel.declaration import Declaration, DeclaredClass
from app.parcel.enrolment import make_request, read_request
from app.parcel.jws import unverified_claims
from app.parcel.receipts import issue
from tests.fixtures.schools.parcels import SCHOOL, records
from tests.fixtures.stations.postgres import new_database
from tests.fixtures.stations.station_main import examine, light

ROUNDS, CLASSES = 12, 25
PATIENCE = 30
PASSWORD = "mật khẩu cán bộ"


class Pause:
    """A full check that waits until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go_on = Event(), Event()
        self.go_on.set()

    def full(self, _: ParcelItem) -> str:
        self.begun.set()
        assert self.go_on.wait(PATIENCE)
        return ""


@pytest.fixture
def pause() -> Pause:
    return Pause()


@pytest.fixture(params=["sqlite", "postgresql"])
def station(
    request: pytest.FixtureRequest, tmp_path: Path, pause: Pause
) -> Iterator[RunningStation]:
    database = new_database() if request.param == "postgresql" else ""
    folder = init_folder(tmp_path / "so", "Sở thử", database=database)
    made = assemble(folder, Checks(light, pause.full, examine))
    with closing(made.archive), closing(made.keys):
        yield made


def enrolled(station: RunningStation) -> DeviceIdentity:
    device = DeviceIdentity.new(SCHOOL)
    request = read_request(make_request(device, "Trường", "máy"))
    station.archive.enrol(request, "2040-01-01T00:00:00+07:00")
    return device


def known(station: RunningStation, device: DeviceIdentity) -> Device:
    found = station.archive.device(device.device_id)
    assert found is not None
    return found


def taken(station: RunningStation, count: int) -> list[RecordKey]:
    """Records that were received and wait for their full check."""
    items = records(count, 1)
    hand_over(station, items)
    return [item.key for item in items]


def hand_over(station: RunningStation, items: list[ParcelItem]) -> list[tuple[str, str]]:
    """In a parcel of another machine of the school; (stage, reason) of its receipts."""
    device = enrolled(station)
    to = x509.load_pem_x509_certificate(station.folder.certificate_pem.encode())
    parcel = seal(items, to=to, device=device, counter=1)
    station.receiving.take(parcel.bytes, known(station, device))
    claims = map(unverified_claims, station.archive.receipts(parcel.sha256))
    return sorted((str(one["stage"]), str(one.get("reason", ""))) for one in claims)


def version(item: ParcelItem, number: int, xml: bytes) -> ParcelItem:
    key = RecordKey(item.key.record_id, number, hashlib.sha256(xml).hexdigest())
    return replace(item, key=key, xml=xml)


def said(station: RunningStation, key: RecordKey) -> dict[str, str]:
    """Reason by stage, as the school reads it."""
    found = map(unverified_claims, station.archive.news(SCHOOL, ""))
    mine = (one for one in found if one["record"] == key.record_id)
    return {str(one["stage"]): str(one.get("reason", "")) for one in mine}


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Their results; raises what one of them raised."""
    together = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        together.wait(PATIENCE)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def test_a_record_that_an_official_returns_during_its_full_check_stays_returned(
    station: RunningStation, pause: Pause
) -> None:
    (key,) = taken(station, 1)
    pause.go_on.clear()
    with ThreadPoolExecutor(1) as threads:
        checking = threads.submit(station.verifying.check_some)
        assert pause.begun.wait(PATIENCE)
        kept = station.archive.record(key.record_id)
        assert kept is not None
        station.office.returning.give_back(kept, "Sai ngày sinh.", "lan")
        pause.go_on.set()
        assert checking.result(PATIENCE)
    now = station.archive.record(key.record_id)
    assert now is not None
    assert (now.stage, now.reason) == ("returned", "Sai ngày sinh.")
    assert said(station, key) == {"received": "", "returned": "Sai ngày sinh."}


def test_a_record_that_comes_again_in_another_parcel_gets_the_same_receipts(
    station: RunningStation,
) -> None:
    taken(station, 3)
    assert station.verifying.check_some()
    before = station.archive.news(SCHOOL, "")
    taken(station, 3)
    assert station.archive.news(SCHOOL, "") == before


def test_versions_of_a_record_rise_and_one_version_has_one_content(station: RunningStation) -> None:
    (first,) = records(1, 3)
    second = version(first, 2, first.xml.replace(b"<DIEM>", b"<DIEM>1"))
    other_second = version(first, 2, first.xml.replace(b"<DIEM>", b"<DIEM>2"))
    assert hand_over(station, [second]) == [("received", "")]
    assert hand_over(station, [first]) == [("returned", VERSION_OLD)]
    assert hand_over(station, [other_second]) == [("returned", VERSION_TAKEN)]
    assert hand_over(station, [version(first, 3, first.xml)]) == [("received", "")]
    assert [number for number, *_ in station.archive.versions(first.key.record_id)] == [3, 2]
    kept = station.archive.record(first.key.record_id, 2)
    assert kept is not None
    assert kept.item.xml == second.xml


def test_versions_that_come_at_once_never_fall(station: RunningStation) -> None:
    """Whatever the order: the newest is kept, and none was kept after a newer one."""
    for seed in range(ROUNDS):
        (first,) = records(1, 100 + seed)
        versions = [version(first, number, first.xml) for number in (1, 2, 3)]
        answers = at_once([partial(hand_over, station, [one]) for one in versions])
        assert answers[2] == [("received", "")]
        kept = [number for number, *_ in station.archive.versions(first.key.record_id)]
        said_of = {n: answer for n, answer in zip((1, 2, 3), answers, strict=True)}
        assert kept == [n for n in (3, 2, 1) if said_of[n] == [("received", "")]]


def test_what_rests_on_an_older_look_is_not_kept(station: RunningStation) -> None:
    """Another worker has taken the second version since the answer to the first was made."""
    (first,) = records(1, 7)
    hand_over(station, [version(first, 2, first.xml)])
    sender = known(station, enrolled(station))
    answer = issue(
        first.key,
        ReceiptStage.RECEIVED,
        station="Sở thử",
        issued_at="2027-06-01T00:00:00+07:00",
        signing_key=station.folder.receipt_key,
    )
    late = TakenParcel("0" * 64, sender, 1, 100)
    assert not station.archive.take(late, [first], [answer], {})
    assert [number for number, *_ in station.archive.versions(first.key.record_id)] == [2]
    assert station.archive.parcel("0" * 64) is None


def test_of_two_officials_who_return_a_record_at_once_the_first_is_believed_by_all(
    station: RunningStation,
) -> None:
    keys = taken(station, ROUNDS)
    while station.verifying.check_some():
        pass
    for key in keys:
        kept = station.archive.record(key.record_id)
        assert kept is not None
        give_back = partial(station.office.returning.give_back, kept)
        at_once([partial(give_back, f"Lý do {number}.", "lan") for number in range(3)])
        now = station.archive.record(key.record_id)
        assert now is not None
        assert now.stage == ReceiptStage.RETURNED
        assert said(station, key)["returned"] == now.reason


def test_two_machines_of_a_school_declare_at_once_and_one_of_them_counts(
    station: RunningStation,
) -> None:
    devices = [enrolled(station).device_id for _ in range(2)]

    def declare(device_id: str, number: int) -> None:
        pupils = number * 2 + devices.index(device_id)
        classes = [DeclaredClass("2026-2027", f"4-{n}", 4, pupils) for n in range(CLASSES)]
        station.coverage.keep(Declaration(SCHOOL, number, tuple(classes)), device_id)

    for number in range(1, ROUNDS):
        at_once([partial(declare, device, number) for device in devices])
        with station.archive.reads.connect() as db:
            rows = db.execute(select(declared.c.section, declared.c.pupils)).all()
        assert len(rows) == CLASSES
        assert len({row.pupils for row in rows}) == 1


def test_wrong_passwords_at_once_are_counted_one_by_one(station: RunningStation) -> None:
    officials = Officials(station.archive)
    officials.add("lan", "Nguyễn Thị Lan", Role.ADMIN, PASSWORD)
    assert officials.log_in("lan", PASSWORD)
    at_once([partial(officials.log_in, "lan", "không phải")] * 6)
    assert officials.log_in("lan", PASSWORD) == ""


def test_a_sweep_beside_writers_and_other_sweeps_disturbs_nobody(tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path / "objects")
    for number in range(300):
        name = objects.keep(b"left by a killed station %d" % number)
        os.utime(objects.folder / name[:2] / name, (1, 1))
    an_hour_ago = time.time() - 3600

    def write(writer: int) -> list[str]:
        return [objects.keep(b"%d: %d" % (writer, number)) for number in range(150)]

    def sweep() -> int:
        return sum(objects.sweep(list, an_hour_ago) for _ in range(40))

    some, others, first, second = at_once([partial(write, 0), partial(write, 1), sweep, sweep])
    assert first + second == 300
    assert {file.name for file in objects.folder.glob("*/*")} == {*some, *others}
