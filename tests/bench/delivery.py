"""Delivery: bytes on the wire, records a second that the station receives and verifies."""

from __future__ import annotations

import dataclasses
import tempfile
import time
import uuid
from pathlib import Path

from cryptography import x509

from app.department.checks.record_checks import light, record_checks
from app.department.http.receiving import Receiving
from app.department.store.archive import Archive, Device
from app.department.store.folder import StationFolder, init_folder
from app.model.delivery import ParcelItem, ReceiptStage
from app.parcel import DeviceIdentity, Parcel, open_parcel, seal
from app.parcel.enrolment import make_request, read_request
from app.parcel.receipts import issue
from tests.bench import Measure
from tests.fixtures.schools.parcels import SCHOOL, receiver, records
from tests.fixtures.schools.signed_class import SignedClass, signed_class

CLASS = 40
PARCELS = 5
BYTES_GOAL, RECEIVED_GOAL, VERIFIED_GOAL = 3500.0, 400.0, 150.0


def measures() -> list[Measure]:
    whole = signed_class(CLASS)
    return [
        _bytes_per_record("delivery.bytes_per_record", records(CLASS), signatures=4),
        _bytes_per_record("delivery.bytes_per_record_4A", list(whole.items), signatures=3),
        *_station(whole),
    ]


def _bytes_per_record(name: str, items: list[ParcelItem], signatures: int) -> Measure:
    """In a class of 40; the floor is the RSA-2048 signature values alone.

    The first is of invented records with comments of random words, the second of real ones.
    """
    parcel = seal(items, to=receiver()[1], device=DeviceIdentity.new(SCHOOL), counter=1)
    value, floor = len(parcel.bytes) / CLASS, signatures * 256.0
    return Measure(name, value, "byte", floor, f"≤ {BYTES_GOAL:g}", value <= BYTES_GOAL)


def _station(whole: SignedClass) -> list[Measure]:
    """One worker, without HTTP: open, check, keep durably, answer. Floor: opening alone."""
    device = DeviceIdentity.new(SCHOOL)
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as place:  # a real disk, for fsync's sake
        folder = init_folder(Path(place) / "so", "Sở thử")
        archive = folder.open_archive()
        archive.enrol(
            read_request(make_request(device, "Trường", "máy")), "2040-01-01T00:00:00+07:00"
        )
        sender = archive.device(device.device_id)
        assert sender is not None
        try:
            return [
                _received(whole, folder, archive, device, sender),
                _verified(whole, folder, archive),
            ]
        finally:
            archive.close()


def _received(
    whole: SignedClass,
    folder: StationFolder,
    archive: Archive,
    device: DeviceIdentity,
    sender: Device,
) -> Measure:
    to = x509.load_pem_x509_certificate(folder.certificate_pem.encode())
    parcels = [
        seal(renamed(whole.items, number), to=to, device=device, counter=number + 1)
        for number in range(PARCELS)
    ]
    start = time.perf_counter()
    for parcel in parcels:
        open_parcel(parcel.bytes, folder.open_key, device.public_key)
    floor = _per_second(parcels, start)
    originals = {item.key.sha256: item for item in whole.items}
    receiving = Receiving(
        folder,
        archive,
        dataclasses.replace(
            record_checks(whole.trust), light=lambda item: light(originals[item.key.sha256])
        ),
        folder.opening_keys(),
    )
    start = time.perf_counter()
    for parcel in parcels:
        receiving.take(parcel.bytes, sender)
    value = _per_second(parcels, start)
    assert archive.counts() == {"received": CLASS * PARCELS}
    goal = f"≥ {RECEIVED_GOAL:g} a worker"
    return Measure(
        "delivery.station_received_per_s", value, "record/s", floor, goal, value >= RECEIVED_GOAL
    )


def _verified(whole: SignedClass, folder: StationFolder, archive: Archive) -> Measure:
    full = record_checks(whole.trust).full
    items = list(whole.items)
    start = time.perf_counter()
    assert not any(full(item) for item in items)
    floor = CLASS / (time.perf_counter() - start)
    start = time.perf_counter()
    assert not any(full(item) for item in items)
    archive.settle(
        SCHOOL,
        [
            issue(
                item.key,
                ReceiptStage.VERIFIED,
                station=folder.name,
                issued_at="2027-06-01T07:30:00+07:00",
                signing_key=folder.receipt_key,
            )
            for item in items
        ],
    )
    value = CLASS / (time.perf_counter() - start)
    goal = f"≥ {VERIFIED_GOAL:g} a core"
    return Measure(
        "delivery.station_verified_per_s", value, "record/s", floor, goal, value >= VERIFIED_GOAL
    )


def renamed(items: tuple[ParcelItem, ...], number: int) -> list[ParcelItem]:
    """The same signed bytes filed under other ids: signing 200 records would take minutes."""
    return [
        dataclasses.replace(
            item,
            key=dataclasses.replace(
                item.key, record_id=str(uuid.uuid5(uuid.UUID(item.key.record_id), str(number)))
            ),
        )
        for item in items
    ]


def _per_second(parcels: list[Parcel], start: float) -> float:
    return len(parcels) * CLASS / (time.perf_counter() - start)
