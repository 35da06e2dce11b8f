"""The HTTP interface by its own description: never a crash, never an answer it does not name."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance
from sqlalchemy import update
from starlette.testclient import TestClient

from app import clock
from app.department.checks.checks import CheckOutcome, Checks
from app.department.http.web import assemble, create_app
from app.department.store import tables
from app.department.store.folder import init_folder
from app.department.store.officials import Officials, Scope
from app.parcel import DeviceIdentity, seal
from app.parcel.enrolment import make_request, read_request
from app.parcel.request_signature import SignedRequest, sign
from tests.fixtures.schools.parcels import SCHOOL, receiver, records
from tests.fixtures.stations.station_main import examine, full, light

FOLDER = init_folder(Path(tempfile.mkdtemp()) / "so", "Sở thử")


def told(xml: bytes) -> CheckOutcome:
    content = {"verification": {"ok": True}, "record": {"pupil": "x"}}
    return replace(examine(xml), content=content)


STATION = assemble(FOLDER, Checks(light, full, told))
APP = create_app(STATION)
DEVICE = DeviceIdentity.new(SCHOOL)
STATION.archive.enrol(
    read_request(make_request(DEVICE, "Trường", "máy")), "2040-01-01T00:00:00+07:00"
)
ANSWERS: Counter[int] = Counter()
BY_TOKEN = {"GET /v1/records/{record_id}", "POST /v1/token"}
"""A device's signature opens none of these; they have tests of their own."""
TRIED: Counter[str] = Counter()
# Who runs the station asks on its own machine.
DESCRIBED = TestClient(APP, client=("127.0.0.1", 50_000)).get("/openapi.json").json()
SCHEMA = schemathesis.openapi.from_dict(DESCRIBED)
SCHEMA.app = APP
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}


# schemathesis' own parametrisation gives every operation the same id, of which xdist runs one.
@pytest.mark.parametrize("label", OPERATIONS)
def test_every_request_gets_an_answer_of_the_description(label: str) -> None:
    @given(case=OPERATIONS[label].as_strategy())
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    def answered(case: schemathesis.Case) -> None:
        case.headers = {**(case.headers or {}), **signed(case)}
        response = case.call()
        ANSWERS[response.status_code] += 1
        TRIED[label] += response.status_code != 401
        case.validate_response(response, checks=[not_a_server_error, status_code_conformance])

    answered()


def test_the_requests_reached_what_lies_behind_the_signature() -> None:
    assert ANSWERS[401] < ANSWERS.total() / 2, ANSWERS
    assert set(ANSWERS) - {401, 405}, ANSWERS


def test_every_operation_of_the_description_was_tried_behind_the_signature() -> None:
    paths: dict[str, dict[str, Any]] = DESCRIBED["paths"]
    described = {f"{method.upper()} {path}" for path, ways in paths.items() for method in ways}
    assert {path for path in paths if path.startswith("/v1/")} >= {
        "/v1/publications",
        "/v1/publications/{sha256}",
        "/v1/reports/{sha256}",
        "/v1/news",
        "/v1/declaration",
    }
    assert set(TRIED) == described
    assert {label for label, count in TRIED.items() if not count} <= BY_TOKEN


def signed(case: Any) -> dict[str, str]:
    """As a school's machine signs it, so that what lies behind the signature is reached."""
    prepared = case.as_transport_kwargs(base_url="http://testserver")
    own = {name.lower(): str(value) for name, value in (case.headers or {}).items()}
    message = SignedRequest(case.method, prepared.get("url", "http://testserver/"), own)
    message.headers["host"] = "testserver"
    sign(message, DEVICE, clock.now())
    names = ("Signature", "Signature-Input")
    return {name: message.headers[name] for name in names}


@pytest.fixture
def client() -> TestClient:
    return TestClient(APP)


def test_an_authorised_service_looks_up_one_record_and_it_is_written_down(
    client: TestClient,
) -> None:
    (item,) = records(1, 77)
    certificate = FOLDER.certificate_pem.encode()
    to = x509.load_pem_x509_certificate(certificate)
    sender = STATION.archive.device(DEVICE.device_id)
    assert sender is not None
    STATION.receiving.take(seal([item], to=to, device=DEVICE, counter=1).bytes, sender)
    secret = Officials(STATION.archive).add_client("dvc", "Cổng dịch vụ công")
    path = f"/v1/records/{item.key.record_id}"
    assert client.get(path).status_code == 401
    wrong = {"grant_type": "client_credentials", "client_id": "dvc", "client_secret": "x"}
    assert client.post("/v1/token", data=wrong).status_code == 401
    answer = client.post("/v1/token", data=GRANT, auth=("dvc", secret))
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    found = client.get(path, headers=bearer).json()
    assert (found["sha256"], found["stage"], found["ok"]) == (item.key.sha256, "received", False)
    assert client.get("/v1/records/khong-co", headers=bearer).status_code == 404
    (look,) = STATION.coverage.looks(item.key.record_id)
    assert (look.who, look.what) == ("client:dvc", "lookup")


GRANT = {"grant_type": "client_credentials"}


def test_a_token_ends_and_a_wrong_client_gets_none(client: TestClient) -> None:
    secret = Officials(STATION.archive).add_client("bhxh", "Bảo hiểm xã hội")
    for auth in (("bhxh", "sai"), ("khong-co", secret), ("", "")):
        refused = client.post("/v1/token", data=GRANT, auth=auth)
        assert (refused.status_code, refused.json()) == (401, {"error": "invalid_client"})
        assert refused.headers["cache-control"] == "no-store"
    other = client.post("/v1/token", data={"grant_type": "password"}, auth=("bhxh", secret))
    assert (other.status_code, other.json()["error"]) == (400, "unsupported_grant_type")
    got = client.post("/v1/token", data=GRANT, auth=("bhxh", secret)).json()
    bearer = {"Authorization": f"Bearer {got['access_token']}"}
    assert client.get("/v1/records/khong-co", headers=bearer).status_code == 404
    with STATION.archive.engine.begin() as db:
        db.execute(update(tables.token).values(until=time.time() - 1))
    ended = client.get("/v1/records/khong-co", headers=bearer)
    assert (ended.status_code, ended.json()["error"]) == (401, "invalid_token")
    assert ended.headers["www-authenticate"] == "Bearer"


def test_a_client_reads_no_more_than_its_scope(client: TestClient) -> None:
    (item,) = records(1, 78)
    officials = Officials(STATION.archive)
    to = x509.load_pem_x509_certificate(FOLDER.certificate_pem.encode())
    sender = STATION.archive.device(DEVICE.device_id)
    assert sender is not None
    STATION.receiving.take(seal([item], to=to, device=DEVICE, counter=3).bytes, sender)
    full_secret = officials.add_client("doc", "Được đọc")
    thin_secret = officials.add_client("kiem", "Chỉ kiểm tra", {Scope.VERIFY})

    def content(name: str, secret: str, scope: str) -> Any:
        asked = {**GRANT, "scope": scope}
        granted = client.post("/v1/token", data=asked, auth=(name, secret)).json()
        assert granted["scope"] == (scope or "record.read record.verify")
        bearer = {"Authorization": f"Bearer {granted['access_token']}"}
        found = client.get(f"/v1/records/{item.key.record_id}", headers=bearer).json()
        assert found["ok"] is False  # it waits for its full check
        assert found["verification"] == ({"ok": True} if found["content"] else {})
        return found["content"]

    assert content("doc", full_secret, "") == {"pupil": "x"}
    assert content("doc", full_secret, "record.verify") == {}
    assert content("kiem", thin_secret, "record.verify") == {}
    for name, secret, scope in (
        ("kiem", thin_secret, "record.read"),
        ("doc", full_secret, "record.write"),
    ):
        asked = {**GRANT, "scope": scope}
        refused = client.post("/v1/token", data=asked, auth=(name, secret))
        assert (refused.status_code, refused.json()) == (400, {"error": "invalid_scope"})


def test_a_parcel_for_another_station_is_refused_with_its_reason() -> None:
    parcel = seal(records(1, 5), to=receiver(4)[1], device=DEVICE, counter=2)
    path = f"/v1/parcels/{parcel.sha256}"
    headers = {"upload-offset": "0", "upload-length": str(len(parcel.bytes)), "host": "testserver"}
    message = SignedRequest("PUT", f"http://testserver{path}", dict(headers))
    sign(message, DEVICE, clock.now())
    answer = TestClient(APP).put(path, content=parcel.bytes, headers=message.headers)
    assert (answer.status_code, answer.json()["reason"]) == (422, "parcel.not_for_us")
