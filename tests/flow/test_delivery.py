"""Delivery against the real station in a process of its own, over good and bad networks."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app import clock
from app.errors import CertificateWrong, DeviceRefused, NetworkDown
from app.model.delivery import OutboxState, ReceiptStage
from app.model.transcript import TranscriptState
from app.outbox import SendingIdentity
from app.sync import SyncReport, client, pace
from app.work import CancelToken, WorkContext
from tests.fixtures.schools.parcels import SCHOOL, receiver, records
from tests.fixtures.stations.postgres import new_database
from tests.fixtures.stations.proxy import Proxy, bad_network
from tests.fixtures.stations.station import (
    School,
    StationProcess,
    add_issued,
    enrol,
    new_school,
    running_station,
)
from tests.fixtures.stations.station_main import DOUBTFUL

CLASS = 12


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Callable[[], str]:
    """The whole suite runs on both."""
    return new_database if request.param == "postgresql" else str


@pytest.fixture(scope="module")
def station(
    tmp_path_factory: pytest.TempPathFactory, database: Callable[[], str]
) -> Iterator[StationProcess]:
    with running_station(tmp_path_factory.mktemp("station") / "so", database()) as process:
        yield process


@pytest.fixture
def proxy(station: StationProcess) -> Iterator[Proxy]:
    with bad_network(station.port) as running:
        yield running


@pytest.fixture
def school(station: StationProcess, tmp_path: Path) -> Iterator[School]:
    made = new_school(tmp_path, station.folder, station.url)
    yield made
    made.workspace.close()


@pytest.fixture
def seed() -> int:
    return random.randrange(1 << 40)


def run(school: School, url: str = "", patience: float = 15.0) -> SyncReport:
    school.outbox.hurry()
    return school.engine(url, patience).run(WorkContext())


def states(school: School) -> set[TranscriptState]:
    return {head.state for head in school.workspace.here().transcripts.heads()}


def test_a_class_is_delivered_and_every_record_has_both_receipts(school: School, seed: int) -> None:
    school.queue(CLASS, seed)
    report = run(school)
    assert report.stopped_by is None
    assert (report.sent, report.verified, report.returned) == (CLASS, CLASS, 0)
    assert states(school) == {TranscriptState.RECEIVED}
    stages = [receipt.stage for receipt in school.outbox.receipts()]
    assert stages.count(ReceiptStage.RECEIVED) == stages.count(ReceiptStage.VERIFIED) == CLASS


def test_the_payload_goes_only_after_verification(school: School, seed: int) -> None:
    parcel = school.queue(CLASS, seed)[0]
    run(school, patience=0)
    if school.outbox.counts()[OutboxState.RECEIVED]:
        assert school.outbox.payload(parcel)
    assert run(school).stopped_by is None
    with pytest.raises(KeyError):
        school.outbox.payload(parcel)


def test_a_record_that_fails_the_check_is_returned_with_its_reason(
    school: School, seed: int
) -> None:
    school.queue(CLASS, seed, poison=2)
    report = run(school)
    assert (report.verified, report.returned) == (CLASS - 2, 2)
    returned = school.outbox.items([OutboxState.RETURNED])
    assert {item.reason for item in returned} == {DOUBTFUL}
    assert TranscriptState.RETURNED in states(school)


def test_a_cut_connection_goes_on_where_it_was(school: School, proxy: Proxy, seed: int) -> None:
    parcel = school.queue(CLASS, seed)[0]
    size = len(school.outbox.payload(parcel))
    proxy.network.cut_after_sent = [size * 2 // 3]
    proxy.network.delay_seconds = 0.02
    engine = school.engine(proxy.url)
    report = engine.run(WorkContext())
    assert report.stopped_by is None
    assert report.verified == CLASS
    assert proxy.cuts == 1
    assert report.bytes_sent < size * 1.9  # resumed, not begun again


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds become tenths."""
    monkeypatch.setattr(pace, "_UNKNOWN_SILENCE_SECONDS", 0.3)
    monkeypatch.setattr(pace, "_UNKNOWN_RATE", 1e6)
    monkeypatch.setattr(client, "_TAKE_SECONDS", 0.5)


@pytest.mark.usefixtures("impatient")
def test_a_connection_that_falls_silent_is_left_and_goes_on_where_it_was(
    school: School, proxy: Proxy, seed: int
) -> None:
    parcel = school.queue(CLASS, seed)[0]
    size = len(school.outbox.payload(parcel))
    proxy.network.stall_after_sent = [size * 2 // 3]
    report = run(school, proxy.url)
    assert (report.stopped_by, report.verified) == (None, CLASS)
    assert proxy.stalls == 1
    assert report.bytes_sent < size * 1.9


def test_several_classes_travel_at_once_on_a_slow_line_and_all_arrive(
    school: School, proxy: Proxy, station: StationProcess, seed: int
) -> None:
    before = held(station)
    for number in range(5):
        school.queue(CLASS, seed + number, section=f"4{number}")
    proxy.network.rate = 60_000.0
    report = run(school, proxy.url)
    assert (report.stopped_by, report.verified) == (None, 5 * CLASS)
    assert report.bytes_sent > 5 * 10_000
    assert held(station) - before == 5 * CLASS


def test_many_random_cuts_lose_and_double_nothing(
    school: School, proxy: Proxy, station: StationProcess, seed: int
) -> None:
    chance = random.Random(seed)
    for number in range(3):
        school.queue(CLASS, seed + number, section=f"4{number}")
    before = held(station)
    proxy.network.cut_after_sent = [chance.randrange(200, 12_000) for _ in range(12)]
    for _ in range(8):
        report = run(school, proxy.url)
        if report.stopped_by is None:
            break
        assert isinstance(report.stopped_by, NetworkDown)
    assert school.outbox.counts()[OutboxState.VERIFIED] == 3 * CLASS
    assert held(station) - before == 3 * CLASS


def test_a_lost_reply_costs_a_repeat_not_a_duplicate(
    school: School, proxy: Proxy, station: StationProcess, seed: int
) -> None:
    school.queue(CLASS, seed)
    before = held(station)
    proxy.network.lose_replies = 1
    assert run(school, proxy.url).verified == CLASS
    assert proxy.cuts == 1
    assert held(station) - before == CLASS


def test_a_repeat_brings_the_same_receipts_byte_for_byte(
    school: School, station: StationProcess, seed: int
) -> None:
    parcel = school.queue(CLASS, seed)[0]
    payload = school.outbox.payload(parcel)
    assert run(school).verified == CLASS
    client = school.engine()._client
    kept = sorted(receipt.token for receipt in school.outbox.receipts())
    for _ in range(2):
        again = client.submit(parcel, payload, CancelToken(), lambda _: None, resume=False)
        assert sorted(again) == kept


def test_without_a_network_everything_waits(school: School, proxy: Proxy, seed: int) -> None:
    school.queue(CLASS, seed)
    proxy.network.down = True
    report = run(school, proxy.url)
    assert isinstance(report.stopped_by, NetworkDown)
    assert school.outbox.counts()[OutboxState.QUEUED] == CLASS
    assert school.outbox.next_attempt()
    proxy.network.down = False
    assert run(school, proxy.url).verified == CLASS


def test_a_killed_station_loses_nothing_it_has_confirmed(
    tmp_path: Path, database: Callable[[], str], seed: int
) -> None:
    chance = random.Random(seed)
    with (
        running_station(tmp_path / "so", database()) as station,
        bad_network(station.port) as proxy,
    ):
        school = new_school(tmp_path, station.folder, station.url)
        for round_ in range(3):
            school.queue(CLASS, seed + round_, section=f"5{round_}")
            proxy.network.delay_seconds = chance.random() * 0.03
            engine = school.engine(proxy.url, patience=chance.random() * 0.2)
            engine.run(WorkContext())
            station.kill()
            station.start()
        proxy.network.delay_seconds = 0
        assert run(school, proxy.url).stopped_by is None
        assert school.outbox.counts()[OutboxState.VERIFIED] == 3 * CLASS
        assert held(station) == 3 * CLASS
        assert station.stop() == 0
        school.workspace.close()


def test_a_full_disk_at_the_station_means_later_not_never(tmp_path: Path, seed: int) -> None:
    with running_station(tmp_path / "so") as station:
        school = new_school(tmp_path, station.folder, station.url)
        school.queue(CLASS, seed)
        station.kill()
        station.start(limit_file_size=40_000)
        report = run(school)
        assert isinstance(report.stopped_by, NetworkDown)
        assert school.outbox.counts()[OutboxState.QUEUED] == CLASS
        station.kill()
        station.start()
        assert run(school).verified == CLASS
        school.workspace.close()


def test_a_station_with_a_wrong_certificate_is_named_as_such(
    school: School, tmp_path: Path, seed: int
) -> None:
    school.queue(2, seed)
    with running_station(tmp_path / "other") as other:
        report = run(school, other.url)
    assert isinstance(report.stopped_by, CertificateWrong)
    assert school.outbox.counts()[OutboxState.QUEUED] == 2


def test_a_revoked_device_is_refused(school: School, station: StationProcess, seed: int) -> None:
    school.queue(2, seed)
    archive = station.folder.open_archive()
    archive.revoke(school.device.device_id)
    archive.close()
    assert isinstance(run(school).stopped_by, DeviceRefused)
    assert school.outbox.counts()[OutboxState.QUEUED] == 2


def test_a_clock_wrong_by_years_does_not_stop_delivery(school: School, seed: int) -> None:
    for number, error in enumerate((timedelta(days=3000), timedelta(days=-3000))):
        school.queue(2, seed + number, section=f"4{number}")
        report = school.engine(now=lambda error=error: clock.now() + error).run(WorkContext())
        assert report.verified == 2


def test_two_devices_of_one_school_deliver_the_same_record_once(
    school: School, station: StationProcess, tmp_path: Path, seed: int
) -> None:
    (tmp_path / "second").mkdir()
    second = new_school(tmp_path / "second", station.folder, station.url)
    before = held(station)
    for one in (school, second):
        one.queue(CLASS, seed)
        assert run(one).verified == CLASS
    assert held(station) - before == CLASS
    tokens = [{receipt.token for receipt in one.outbox.receipts()} for one in (school, second)]
    assert tokens[0] == tokens[1]
    second.workspace.close()


def test_a_record_of_another_school_is_returned(
    school: School, station: StationProcess, tmp_path: Path, seed: int
) -> None:
    school.queue(CLASS, seed)
    assert run(school).verified == CLASS
    (tmp_path / "foreign").mkdir()
    foreign = new_school(tmp_path / "foreign", station.folder, station.url, "01000999")
    foreign.queue(CLASS, seed)
    assert run(foreign).returned == CLASS
    foreign.workspace.close()


def test_a_poisoned_parcel_is_set_aside_and_the_rest_flows(
    school: School, station: StationProcess, seed: int
) -> None:
    heads = add_issued(school.workspace, 3, seed, "9X")
    school.outbox.enqueue(heads, SendingIdentity(school.device, receiver(3)[1]))
    school.queue(CLASS, seed + 1)
    report = run(school)
    assert (report.set_aside, report.verified) == (3, CLASS)
    aside = school.outbox.items([OutboxState.SET_ASIDE])
    assert {item.reason for item in aside} == {"parcel.not_for_us"}


def test_cancelling_leaves_the_parcel_waiting(school: School, seed: int) -> None:
    school.queue(CLASS, seed)
    cancel = CancelToken()
    context = WorkContext(cancel, lambda progress: cancel.cancel())
    with pytest.raises(Exception, match="cancelled"):
        school.engine().run(context)
    assert school.outbox.counts()[OutboxState.QUEUED] == CLASS
    assert run(school).verified == CLASS


def test_nothing_about_a_pupil_is_in_the_stations_log(
    school: School, station: StationProcess, seed: int
) -> None:
    school.queue(CLASS, seed)
    run(school)
    log = (station.folder.path / "log.jsonl").read_text("utf-8")
    assert "parcel taken" in log
    assert "Nguyễn" not in log
    assert not any(item.key.record_id in log for item in records(CLASS, seed))
    assert all(line["level"] in ("info", "warning") for line in station.log())


def test_an_enrolment_twice_does_not_bring_back_a_revoked_device(
    school: School, station: StationProcess
) -> None:
    archive = station.folder.open_archive()
    archive.revoke(school.device.device_id)
    enrol(station.folder, school.device, station.url)
    found = archive.device(school.device.device_id)
    archive.close()
    assert found is not None
    assert found.revoked
    assert found.school_code == SCHOOL


def held(station: StationProcess) -> int:
    archive = station.folder.open_archive()
    try:
        return sum(archive.counts().values())
    finally:
        archive.close()
