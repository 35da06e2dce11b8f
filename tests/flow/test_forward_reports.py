"""What a ministry takes from a department: only what the department's certificate stands for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Barrier

import pytest
from cryptography import x509
from starlette.testclient import TestClient

from app import clock
from app.cli import run
from app.department.checks.checks import Checks
from app.department.checks.record_checks import record_checks
from app.department.http.web import RunningStation, assemble, create_app
from app.department.store.archive import Device
from app.department.store.folder import StationFolder, init_folder, load_folder
from app.errors import ForwardReportInvalid, ItemRefused
from app.parcel import DeviceIdentity, Parcel, seal
from app.parcel.enrolment import make_request, read_request
from app.parcel.request_signature import SignedRequest, sign
from app.signing.keys.keys import SigningKey
from app.signing.record.forward_report import ForwardReport, open_report, sign_report
from app.signing.trust.practice_pki import Algorithm, PracticeAuthority
from app.signing.trust.trust_store import TrustStore
from tests.fixtures.schools.parcels import records
from tests.fixtures.stations.postgres import new_database
from tests.fixtures.stations.station_main import examine, full, light

CODE, NAME = "SGD79", "Sở GDĐT thử"


@dataclass
class Ministry:
    station: RunningStation
    device: DeviceIdentity
    authority: PracticeAuthority
    sender: Device
    numbers: Iterator[int]

    def parcel(self, count: int = 2) -> Parcel:
        number = next(self.numbers)
        to = x509.load_pem_x509_certificate(self.station.folder.certificate_pem.encode())
        return seal(records(count, number), to=to, device=self.device, counter=number)

    def report(self, parcel: Parcel, number: int, count: int = 2) -> ForwardReport:
        keys = tuple(item.key for item in records(count, number))
        return ForwardReport(CODE, NAME, parcel.sha256, clock.now(), keys)

    def key(self, name: str = NAME, authority: PracticeAuthority | None = None) -> SigningKey:
        return (authority or self.authority).organisation(name).key()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def ministry(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ministry]:
    path = tmp_path_factory.mktemp("ministry")
    authority = PracticeAuthority(clock.now())
    database = new_database() if request.param == "postgresql" else ""
    folder = init_folder(path / "bo", "Kho học bạ số thử", database=database)
    judged = record_checks(TrustStore([authority.root])).report
    station = assemble(load_folder(folder.path, "ministry"), Checks(light, full, examine, judged))
    device = DeviceIdentity.new(CODE)
    asked = read_request(make_request(device, NAME, "trạm"))
    station.archive.enrol(asked, "2040-01-01T00:00:00+07:00")
    sender = station.archive.device(device.device_id)
    assert sender is not None
    yield Ministry(station, device, authority, sender, iter(range(1, 1000)))
    station.archive.close()


def test_a_parcel_that_its_department_has_signed_for_is_taken(ministry: Ministry) -> None:
    parcel = ministry.parcel()
    number = next(ministry.numbers) - 1
    said = sign_report(ministry.report(parcel, number), ministry.key())
    path = f"/v1/reports/{parcel.sha256}"
    message = SignedRequest("PUT", f"http://testserver{path}", {"host": "testserver"})
    sign(message, ministry.device, clock.now())
    client = TestClient(create_app(ministry.station))
    assert client.put(path, content=said, headers=message.headers).status_code == 204
    ministry.station.receiving.take(parcel.bytes, ministry.sender)
    assert ministry.station.archive.has_parcel(parcel.sha256, ministry.device.device_id)


def test_a_parcel_that_nobody_signed_for_is_refused(ministry: Ministry) -> None:
    parcel = ministry.parcel()
    with pytest.raises(ItemRefused) as refused:
        ministry.station.receiving.take(parcel.bytes, ministry.sender)
    assert refused.value.params["reason"] == "report.missing"


def test_a_parcel_with_other_records_than_its_report_is_refused(ministry: Ministry) -> None:
    parcel = ministry.parcel()
    said = sign_report(ministry.report(parcel, 999), ministry.key())
    ministry.station.reports.keep(said, parcel.sha256, ministry.sender)
    with pytest.raises(ItemRefused) as refused:
        ministry.station.receiving.take(parcel.bytes, ministry.sender)
    assert refused.value.params["reason"] == "report.differs"


def test_one_report_over_several_connections_at_once_is_one_report(ministry: Ministry) -> None:
    together = Barrier(4)

    def keep(parcel: Parcel, said: bytes) -> None:
        together.wait(30)
        ministry.station.reports.keep(said, parcel.sha256, ministry.sender)

    for _ in range(8):
        parcel = ministry.parcel()
        number = next(ministry.numbers) - 1
        said = sign_report(ministry.report(parcel, number), ministry.key())
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(keep, [parcel] * 4, [said] * 4))
        ministry.station.receiving.take(parcel.bytes, ministry.sender)


def test_a_department_cannot_speak_for_the_parcel_of_another(ministry: Ministry) -> None:
    parcel = ministry.parcel()
    said = sign_report(ministry.report(parcel, 1), ministry.key())
    ministry.station.reports.keep(said, parcel.sha256, ministry.sender)
    ministry.station.reports.keep(said, parcel.sha256, ministry.sender)  # again is allowed
    other = DeviceIdentity.new("SGD01")
    request = read_request(make_request(other, "Sở GDĐT khác", "trạm"))
    ministry.station.archive.enrol(request, "2040-01-01T00:00:00+07:00")
    sender = ministry.station.archive.device(other.device_id)
    assert sender is not None
    report = replace(ministry.report(parcel, 1), code="SGD01")
    with pytest.raises(ForwardReportInvalid):
        ministry.station.reports.keep(
            sign_report(report, ministry.key("Sở GDĐT khác")), parcel.sha256, sender
        )


@pytest.mark.parametrize("case", ["stranger", "other name", "other parcel", "other code", "future"])
def test_a_report_that_does_not_stand_for_the_department_is_refused(
    ministry: Ministry, case: str
) -> None:
    parcel = ministry.parcel()
    report, key, sha256 = ministry.report(parcel, 1), ministry.key(), parcel.sha256
    words = "không đúng"
    if case == "stranger":
        key = ministry.key(authority=PracticeAuthority(clock.now()))
        words = "không do nơi được tin cậy"
    elif case == "other name":
        key, words = ministry.key("Sở GDĐT khác"), "không phải của Sở"
    elif case == "other parcel":
        sha256 = "0" * 64
    elif case == "other code":
        report = replace(report, code="SGD01")
    else:
        report = replace(report, made_at=report.made_at.replace(year=2200))
    with pytest.raises(ForwardReportInvalid) as refused:
        ministry.station.reports.keep(sign_report(report, key), sha256, ministry.sender)
    assert words in str(refused.value.params["reason"])


@pytest.mark.parametrize("algorithm", [Algorithm.EC, Algorithm.RSA])
def test_every_changed_byte_of_a_report_is_noticed(
    ministry: Ministry, algorithm: Algorithm
) -> None:
    key = ministry.authority.organisation(NAME, algorithm=algorithm).key()
    report = ministry.report(ministry.parcel(), 1, count=1)
    whole = sign_report(report, key)
    assert open_report(whole).report == report
    chance = random.Random(1)
    for _ in range(400):
        torn = bytearray(whole)
        torn[chance.randrange(len(torn))] ^= 1 << chance.randrange(7)
        try:
            found = open_report(bytes(torn))
        except ForwardReportInvalid:
            continue
        # What no signature covers: certificates above the signer's own, an Id nobody refers to.
        assert (found.report, found.certificate) == (report, key.certificate)
        assert found.signed_at == open_report(whole).signed_at


@pytest.mark.parametrize(
    "data", [b"", b"<a/>", b"<!DOCTYPE a><a/>", b"<a><b/><c/></a>", b"\xff" * 40, b"<a>" * 300]
)
def test_what_is_no_report_is_refused(data: bytes) -> None:
    with pytest.raises(ForwardReportInvalid):
        open_report(data)


def test_a_station_that_has_a_next_one_and_no_certificate_says_so(
    tmp_path: Path, ministry: Ministry, capfd: pytest.CaptureFixture[str]
) -> None:
    folder: StationFolder = init_folder(tmp_path / "so", NAME)
    (folder.path / "next.jws").write_text("x")
    assert run(["department", "serve", "--dir", str(folder.path), "--port", "0"]) == 1
    assert "chưa có chứng thư số của Sở" in "".join(capfd.readouterr())
