"""What strangers, and machines that were taken over, send to a station, on both databases."""

from __future__ import annotations

import dataclasses
import itertools
import re
import time
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO

import pytest
from cryptography import x509
from openpyxl import load_workbook
from sqlalchemy import update
from starlette.testclient import TestClient

from app import clock
from app.department.checks.checks import LABEL, Checks
from app.department.http.web import RunningStation, assemble, create_app
from app.department.pages.pages import COOKIE
from app.department.store.folder import init_folder
from app.department.store.officials import Officials, Role
from app.department.store.tables import session
from app.parcel import DeviceIdentity, seal
from app.parcel.declaration import Declaration, DeclaredClass, declare
from app.parcel.enrolment import make_request, read_request
from app.parcel.jws import unverified_claims
from app.parcel.request_signature import SignedRequest, sign
from tests.fixtures.schools.parcels import SCHOOL, records
from tests.fixtures.stations.postgres import new_database
from tests.fixtures.stations.station_main import examine, full, light

PASSWORD = "mật khẩu cán bộ"
HOST = "https://testserver"
WORDS = ("%00", "a%00b", "%ED%A0%80", "%0d%0aSet-Cookie:x=1", "..%2f..", "x" * 3000, "%F0%9F%98%80")
NUMBERS = ("-1", "0", "2147483648", "9223372036854775808", "9" * 40)


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def station(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningStation]:
    database = new_database() if request.param == "postgresql" else ""
    folder = init_folder(tmp_path_factory.mktemp("attacked") / "so", "Sở thử", database=database)
    made = assemble(folder, Checks(light, full, examine))
    Officials(made.archive).add("lan", "Nguyễn Thị Lan", Role.ADMIN, PASSWORD)
    with closing(made.archive), closing(made.keys):
        yield made


@pytest.fixture
def browser(station: RunningStation) -> TestClient:
    """An administrator's."""
    made = TestClient(create_app(station), HOST, follow_redirects=False)
    answer = made.post("/so/vao", data={"login": "lan", "password": PASSWORD})
    assert answer.status_code == 303
    return made


@pytest.fixture
def device(station: RunningStation) -> DeviceIdentity:
    made = DeviceIdentity.new(SCHOOL)
    request = read_request(make_request(made, "Trường", "máy"))
    station.archive.enrol(request, "2040-01-01T00:00:00+07:00")
    return made


def signed(
    device: DeviceIdentity, method: str, path: str, upload: dict[str, str] | None = None
) -> dict[str, str]:
    message = SignedRequest(method, HOST + path, {"host": "testserver", **(upload or {})})
    sign(message, device, clock.now())
    return {name: value for name, value in message.headers.items() if name != "host"}


def test_bytes_that_are_not_what_their_name_says_are_asked_for_anew(
    station: RunningStation, device: DeviceIdentity
) -> None:
    (item,) = records(1, 9)
    to = x509.load_pem_x509_certificate(station.folder.certificate_pem.encode())
    parcel = seal([item], to=to, device=device, counter=1)
    client, path = TestClient(create_app(station), HOST), f"/v1/parcels/{'b' * 64}"
    upload = {"upload-offset": "0", "upload-length": str(len(parcel.bytes))}
    headers = signed(device, "PUT", path, upload)
    answer = client.put(path, content=parcel.bytes, headers=headers)
    assert (answer.status_code, answer.headers["upload-offset"]) == (409, "0")
    assert station.archive.parcel(parcel.sha256) is None
    assert station.uploads.offset(device.device_id, "b" * 64) is None


def test_more_parts_than_a_machine_may_leave_push_out_the_oldest(
    station: RunningStation, device: DeviceIdentity
) -> None:
    client, folder = TestClient(create_app(station), HOST), station.folder.uploads
    upload = {"upload-offset": "0", "upload-length": "9"}
    for number in range(80):
        path = f"/v1/parcels/{number:064x}"
        headers = signed(device, "PUT", path, upload)
        assert client.put(path, content=b"part", headers=headers).status_code == 202
    assert len(list((folder / device.device_id).glob("*"))) == 64


@pytest.mark.parametrize(
    ("length", "status"),
    [("5", 413), ("0", 413), ("999999999", 413), ("99999999999", 422), ("-1", 422)],
)
def test_a_length_that_is_a_lie_is_refused(
    station: RunningStation, device: DeviceIdentity, length: str, status: int
) -> None:
    client, path = TestClient(create_app(station), HOST), f"/v1/parcels/{'c' * 64}"
    headers = signed(device, "PUT", path, {"upload-offset": "0", "upload-length": length})
    assert client.put(path, content=b"more than five", headers=headers).status_code == status


def test_strange_words_and_numbers_never_break_a_page(browser: TestClient) -> None:
    ways = [
        "/so?year={w}&find={w}", "/so?page={n}", "/so/truong/{w}?year={w}",
        "/so/truong/{w}/lop?year={w}&section={w}", "/so/truong/{w}/bien-nhan", "/so/tim?pupil={w}",
        "/so/nhat-ky?before={n}", "/so/bang-tinh?year={w}", "/so/hoc-ba/{w}/{n}",
        "/so/hoc-ba/{w}/{n}/ban-xem", "/so/gui-truong/{n}/tep", "/so/nhan-goi/{w}/bien-nhan",
        "/so/tep/{w}",
    ]  # fmt: skip
    for way, word, number in itertools.product(ways, WORDS, NUMBERS):
        answer = browser.get(way.format(w=word, n=number))
        assert answer.status_code < 500, (way, word, number)
        assert "set-cookie" not in answer.headers
    for word in ("\x00", "a\x00b", "\ud800", "x" * 5000):
        form = {"login": word.encode("utf-8", "replace"), "password": PASSWORD}
        assert browser.post("/so/vao", data=form).status_code in (403, 422)


def test_strange_words_never_break_the_interface(
    station: RunningStation, device: DeviceIdentity
) -> None:
    client = TestClient(create_app(station), HOST)
    for word in WORDS:
        answer = client.get(f"/v1/news?after={word}", headers=signed(device, "GET", "/v1/news"))
        assert answer.status_code < 500, word
        grant = f"grant_type=client_credentials&client_id={word}&client_secret={word}"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert client.post("/v1/token", content=grant, headers=form).status_code in (401, 422)
        assert client.get(f"/v1/records/{word}").status_code in (401, 404, 422)
    for name in ("a\x00b", "x" * 65, "\n"):
        said = declare(Declaration(SCHOOL, 1, (DeclaredClass("2026-2027", name, 4, 9),)), device)
        headers = signed(device, "PUT", "/v1/declaration")
        assert client.put("/v1/declaration", content=said, headers=headers).status_code == 422


@pytest.mark.parametrize(
    ("year", "section"),
    [("2026-2027[1]", "4A"), ("x" * 400, "4A"), ("2026-2027", "4\x00A"), ("2026-2027", "4" * 200)],
)
def test_a_label_that_no_row_can_hold_costs_its_record_only(
    station: RunningStation, device: DeviceIdentity, year: str, section: str
) -> None:
    good, bad = records(2, len(year + section))
    to = x509.load_pem_x509_certificate(station.folder.certificate_pem.encode())
    parcel = seal(
        [good, dataclasses.replace(bad, school_year=year, section=section)],
        to=to,
        device=device,
        counter=1,
    )
    sender = station.archive.device(device.device_id)
    assert sender is not None
    station.receiving.take(parcel.bytes, sender)
    claims = [unverified_claims(token) for token in station.archive.receipts(parcel.sha256)]
    said = {one["record"]: (one["stage"], one.get("reason")) for one in claims}
    assert said[bad.key.record_id] == ("returned", LABEL)
    assert said[good.key.record_id] == ("received", None)


def test_what_schools_and_officials_write_is_never_markup(
    station: RunningStation, browser: TestClient, device: DeviceIdentity
) -> None:
    evil = '"><script>alert(1)</script>'
    stranger = DeviceIdentity.new("79000666")
    request = read_request(make_request(stranger, evil, evil))
    station.archive.enrol(request, "2040-01-01T00:00:00+07:00")
    classes = (DeclaredClass("2026-2027", evil, 4, 9),)
    station.coverage.keep(Declaration("79000666", 1, classes), stranger.device_id)
    (item,) = records(1, 5)
    to = x509.load_pem_x509_certificate(station.folder.certificate_pem.encode())
    sender = station.archive.device(device.device_id)
    assert sender is not None
    station.receiving.take(seal([item], to=to, device=device, counter=2).bytes, sender)
    record = f"/so/hoc-ba/{item.key.record_id}/1"
    key = re.search(r'name="form_key" value="(\w+)"', browser.get(record).text)
    assert key is not None
    form = {"reason": evil, "form_key": key[1]}
    assert browser.post(f"{record}/tra-lai", data=form).status_code == 303
    for path in (
        "/so?year=2026-2027", f"/so?find={evil}", "/so/truong/79000666?year=2026-2027", record,
        "/so/gui-truong", f"/so/tim?pupil={evil}",
        f"/so/truong/{SCHOOL}/lop?year=2026-2027&section=4A",
    ):  # fmt: skip
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "<script" not in answer.text, path
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_session_begins_at_the_log_in_and_ends_for_good(station: RunningStation) -> None:
    client = TestClient(create_app(station), HOST, follow_redirects=False)
    planted = {"Cookie": f"{COOKIE}=planted-by-a-stranger"}
    form = {"login": "lan", "password": PASSWORD}
    answer = client.post("/so/vao?next=//evil.example", data=form, headers=planted)
    assert (answer.status_code, answer.headers["location"]) == (303, "/so")
    said = answer.headers["set-cookie"].lower()
    assert "planted" not in said
    assert all(word in said for word in ("httponly", "secure", "samesite=strict", "path=/so"))
    assert client.get("/so", headers=planted).status_code == 303
    key = re.search(r'name="form_key" value="(\w+)"', client.get("/so").text)
    assert key is not None
    kept = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
    client.cookies.clear()
    assert client.get("/so", headers=kept).status_code == 200
    assert client.post("/so/ra", data={"form_key": key[1]}, headers=kept).status_code == 303
    assert client.get("/so", headers=kept).headers["location"] == "/so/vao"
    assert client.post("/so/vao", data=form).status_code == 303
    with station.archive.engine.begin() as db:
        db.execute(update(session).values(until=time.time() - 1))
    assert client.get("/so").headers["location"] == "/so/vao"


def test_a_workbook_holds_words_and_no_formulas(
    station: RunningStation, browser: TestClient
) -> None:
    names = ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "a\x07b"]
    for number, name in enumerate(names):
        code = f"7900070{number}"
        request = read_request(make_request(DeviceIdentity.new(code), "Trường", "máy"))
        named = dataclasses.replace(request, school_name=name)
        station.archive.enrol(named, "2040-01-01T00:00:00+07:00")
    classes = (DeclaredClass("2026-2027", "=2+2", 4, 9),)
    station.coverage.keep(Declaration("79000700", 1, classes), "machine")
    answer = browser.get("/so/bang-tinh?year=2026-2027")
    assert answer.status_code == 200
    page = load_workbook(BytesIO(answer.content)).worksheets[0]
    cells = [cell for row in page.iter_rows() for cell in row]
    assert {"'=1+1", "'@SUM(A1)", "'=2+2", "ab"} <= {cell.value for cell in cells}
    assert "f" not in {cell.data_type for cell in cells}
