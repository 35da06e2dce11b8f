"""One parcel over several connections at once: a dead one whose sender has come back, a slow one
whose sender did not wait. The station answers all of them with the same receipts."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest
from cryptography import x509

from app.department.checks.checks import Checks
from app.department.http.web import assemble
from app.department.store.folder import init_folder
from app.model.delivery import ParcelItem, ReceiptStage
from app.parcel import DeviceIdentity, seal
from app.parcel.enrolment import make_request, read_request
from app.parcel.jws import unverified_claims
from app.sync import StationClient
from app.sync.connection import Connection
from app.work import CancelToken
from tests.fixtures.schools.parcels import SCHOOL, records
from tests.fixtures.stations.postgres import new_database
from tests.fixtures.stations.station import new_school, running_station
from tests.fixtures.stations.station_main import examine, full, light

CLASS, CONNECTIONS, PARCELS = 12, 6, 15
SPREAD = 0.1
"""Seconds within which they come: about what the station needs for one."""


@pytest.mark.parametrize("database", [str, new_database])
def test_one_parcel_over_several_connections_at_once_is_one_parcel(
    tmp_path: Path, database: Callable[[], str]
) -> None:
    with running_station(tmp_path / "so", database()) as station:
        school = new_school(tmp_path, station.folder, station.url)
        clients = [
            StationClient(Connection(school.enrolment, school.device)) for _ in range(CONNECTIONS)
        ]
        together = Barrier(CONNECTIONS)

        def hand_over(client: StationClient, sha256: str, payload: bytes) -> list[str]:
            together.wait(30)
            time.sleep(random.random() * SPREAD)
            return client.submit(sha256, payload, CancelToken(), lambda _: None, resume=False)

        with ThreadPoolExecutor(CONNECTIONS) as threads:
            for seed in range(PARCELS):
                (sha256,) = school.queue(CLASS, seed, section=f"4{seed}")
                payload = school.outbox.payload(sha256)
                answers = list(
                    threads.map(hand_over, clients, [sha256] * CONNECTIONS, [payload] * CONNECTIONS)
                )
                assert len({tuple(received(tokens)) for tokens in answers}) == 1
                assert len(received(answers[0])) == CLASS
        for client in clients:
            client.close()
        with closing(station.folder.open_archive()) as archive:
            assert sum(archive.counts().values()) == PARCELS * CLASS
        assert not list(station.folder.uploads.glob("*/*"))
        assert not [line for line in station.log() if line["level"] == "error"]
        school.workspace.close()


def received(tokens: list[str]) -> list[str]:
    """The receipts of the first step; those of the second may have come meanwhile."""
    first = ReceiptStage.RECEIVED.value
    return sorted(t for t in tokens if unverified_claims(t)["stage"] == first)


@pytest.mark.parametrize("database", [str, new_database])
def test_the_same_records_in_two_orders_at_once_are_kept_once(
    tmp_path: Path, database: Callable[[], str]
) -> None:
    folder = init_folder(tmp_path / "so", "Sở thử", database=database())
    station = assemble(folder, Checks(light, full, examine))
    to = x509.load_pem_x509_certificate(folder.certificate_pem.encode())
    devices = [DeviceIdentity.new(SCHOOL) for _ in range(2)]
    for device in devices:
        request = read_request(make_request(device, "Trường", "máy"))
        station.archive.enrol(request, "2040-01-01T00:00:00+07:00")
    together = Barrier(2)

    def hand_over(device: DeviceIdentity, items: list[ParcelItem]) -> None:
        parcel = seal(items, to=to, device=device, counter=1)
        sender = station.archive.device(device.device_id)
        assert sender is not None
        together.wait(30)
        station.receiving.take(parcel.bytes, sender)

    try:
        for seed in range(PARCELS):
            items = records(CLASS, seed)
            with ThreadPoolExecutor(2) as threads:
                list(threads.map(hand_over, devices, [items, items[::-1]]))
        assert station.archive.counts() == {"received": PARCELS * CLASS}
        assert len(station.archive.news(SCHOOL, "")) == PARCELS * CLASS
    finally:
        station.archive.close()
        station.keys.close()
