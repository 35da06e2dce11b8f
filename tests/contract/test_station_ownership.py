"""Whose a record id is: only a version that held its check says so. On both databases."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from cryptography import x509

from app.department.checks.checks import OTHER_SCHOOL, VERSION_TAKEN, Checks, FirstLook
from app.department.http.web import RunningStation, assemble
from app.department.store.folder import init_folder
from app.department.store.object_gc import sweep
from app.department.store.quarantine import Quarantine
from app.errors import QuarantineRefused, StationBusy
from app.model.delivery import ParcelItem, RecordKey
from app.parcel import DeviceIdentity, seal
from app.parcel.enrolment import make_request, read_request
from app.parcel.jws import unverified_claims
from tests.fixtures.schools.parcels import SCHOOL, records
from tests.fixtures.stations.postgres import new_database
from tests.fixtures.stations.station_main import examine

THIEF = "0999999999"
FORGED = b"<!-- forged -->"


def full(item: ParcelItem) -> str:
    """The department's check, as far as it matters here: a forged record does not hold."""
    return "Chữ ký không hợp lệ." if FORGED in item.xml else ""


@pytest.fixture(params=["sqlite", "postgresql"])
def station(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningStation]:
    database = new_database() if request.param == "postgresql" else ""
    folder = init_folder(tmp_path_factory.mktemp("owned") / "so", "Sở thử", database=database)
    made = assemble(folder, Checks(lambda _: FirstLook(), full, examine))
    with closing(made.archive), closing(made.keys), closing(made.seen):
        yield made


class School:
    """One enrolled machine of a school."""

    def __init__(self, station: RunningStation, code: str) -> None:
        self._station = station
        self._device = DeviceIdentity.new(code)
        request = read_request(make_request(self._device, "Trường", "máy"))
        station.archive.enrol(request, "2040-01-01T00:00:00+07:00")
        self._code, self._counter = code, 0

    def send(self, item: ParcelItem) -> list[tuple[str, str]]:
        """(stage, reason) of each receipt after the station's check."""
        self._counter += 1
        to = x509.load_pem_x509_certificate(self._station.folder.certificate_pem.encode())
        own = replace(item, school_code=self._code)
        parcel = seal([own], to=to, device=self._device, counter=self._counter)
        sender = self._station.archive.device(self._device.device_id)
        assert sender is not None
        self._station.receiving.take(parcel.bytes, sender)
        while self._station.verifying.check_some():
            pass
        claims = [unverified_claims(t) for t in self._station.archive.receipts(parcel.sha256)]
        return sorted((str(c["stage"]), str(c.get("reason", ""))) for c in claims)


def forged(item: ParcelItem, version: int = 0) -> ParcelItem:
    xml = item.xml + FORGED
    return with_xml(item, xml, version or item.key.version)


def with_xml(item: ParcelItem, xml: bytes, version: int) -> ParcelItem:
    key = RecordKey(item.key.record_id, version, hashlib.sha256(xml).hexdigest())
    return replace(item, key=key, xml=xml)


def test_an_id_that_a_stranger_signed_first_blocks_nothing(station: RunningStation) -> None:
    thief, school = School(station, THIEF), School(station, SCHOOL)
    (item,) = records(1, 3)
    assert ("returned", "Chữ ký không hợp lệ.") in thief.send(forged(item))
    assert school.send(item)[-1][0] == "verified"
    assert thief.send(forged(item, 9)) == [("returned", OTHER_SCHOOL)]


def test_the_highest_number_from_a_stolen_machine_blocks_nothing(station: RunningStation) -> None:
    stolen, school = School(station, SCHOOL), School(station, SCHOOL)
    (item,) = records(1, 4)
    stolen.send(forged(item, 2147483647))
    assert school.send(item)[-1][0] == "verified"
    stolen.send(forged(item, 2))
    assert school.send(with_xml(item, item.xml + b"<!-- 2 -->", 2))[-1][0] == "verified"
    aside = Quarantine(station.archive.engine).listed(item.key.record_id)
    assert {one.key.version for one in aside} == {2147483647, 2}
    assert {one.moved_by for one in aside} == {"trạm"}


def test_what_waits_for_its_check_is_nobodys_yet(station: RunningStation) -> None:
    thief, school = School(station, THIEF), School(station, SCHOOL)
    (item,) = records(1, 5)
    station.verifying.check_some = lambda: False  # type: ignore[method-assign]
    thief.send(forged(item))
    with pytest.raises(StationBusy):
        school.send(item)
    del station.verifying.check_some
    while station.verifying.check_some():
        pass
    assert school.send(item)[-1][0] == "verified"


def test_a_failed_version_sent_again_gets_its_old_answer(station: RunningStation) -> None:
    school = School(station, SCHOOL)
    (item,) = records(1, 6)
    first = school.send(forged(item))
    assert school.send(forged(item)) == first
    assert Quarantine(station.archive.engine).listed() == []


def test_a_verified_version_keeps_its_number(station: RunningStation) -> None:
    school = School(station, SCHOOL)
    (item,) = records(1, 7)
    assert school.send(item)[-1][0] == "verified"
    kept = station.archive.record(item.key.record_id)
    assert kept is not None
    station.office.returning.give_back(kept, "Sai ngày sinh.", "lan")
    other = with_xml(item, item.xml + b"<!-- other -->", item.key.version)
    assert school.send(other) == [("returned", VERSION_TAKEN)]


def test_an_administrator_sets_aside_and_releases(station: RunningStation) -> None:
    school, rows = School(station, SCHOOL), Quarantine(station.archive.engine)
    (item,) = records(1, 8)
    school.send(item)
    rows.set_aside(item.key.record_id, item.key.version, "lan")
    assert station.archive.record(item.key.record_id) is None
    assert sweep(station.archive) == 0  # its bytes are kept
    (aside,) = rows.listed()
    assert (aside.key, aside.stage, aside.moved_by) == (item.key, "verified", "lan")
    rows.release(aside.number)
    kept = station.archive.record(item.key.record_id)
    assert kept is not None
    assert (kept.item.xml, kept.stage) == (item.xml, "verified")
    for act in (
        lambda: rows.release(aside.number),
        lambda: rows.set_aside(item.key.record_id, 9, "lan"),
    ):
        with pytest.raises(QuarantineRefused):
            act()


def test_a_place_that_is_taken_is_not_released_into(station: RunningStation) -> None:
    school, rows = School(station, SCHOOL), Quarantine(station.archive.engine)
    (item,) = records(1, 9)
    school.send(item)
    rows.set_aside(item.key.record_id, item.key.version, "lan")
    assert school.send(with_xml(item, item.xml + b"<!-- new -->", item.key.version))
    (aside,) = rows.listed()
    with pytest.raises(QuarantineRefused):
        rows.release(aside.number)
    assert rows.listed() == [aside]
