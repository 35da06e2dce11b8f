"""How the station is doing, for the people who run it: health and Prometheus."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app import clock
from app.department.checks.verification_queue import VerificationQueue
from app.department.store.archive import Archive
from app.department.store.tables import device, parcel, record
from app.errors import ObjectStoreError, StationBusy
from app.model.delivery import ReceiptStage
from app.parcel import limits

METRICS_MEDIA = CONTENT_TYPE_LATEST
_ROOM = 4 * limits.PARCEL
"""Below this much free disk the station says that it is not well."""


def condition(archive: Archive, folder: Path) -> dict[str, Any]:
    """What /v1/health answers."""
    try:
        records = archive.counts()
    except SQLAlchemyError:
        return {"ok": False, "problem": "database"}
    problem = _problem(archive, folder)
    return {"ok": not problem, "records": records, **({"problem": problem} if problem else {})}


def _problem(archive: Archive, folder: Path) -> str:
    if shutil.disk_usage(folder).free <= _ROOM:
        return "disk"
    try:
        archive.bytes.objects.check()
    except (ObjectStoreError, StationBusy):
        return "objects"
    return ""


def exposition(archive: Archive, uploads: Path) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Station(archive, uploads))
    return generate_latest(registry)


class _Station(Collector):
    def __init__(self, archive: Archive, uploads: Path) -> None:
        self._archive = archive
        self._uploads = uploads

    def collect(self) -> Iterator[Metric]:
        records = GaugeMetricFamily(
            "hocba_records", "Record versions held, by stage", labels=["stage"]
        )
        for stage, count in self._archive.counts().items():
            records.add_metric([stage], count)
        yield records
        yield _gauge("hocba_records_given_up", "Wait for a person", self._given_up())
        yield _gauge("hocba_oldest_waiting_seconds", "Age of the oldest unchecked", self._oldest())
        with self._archive.reads.connect() as db:
            parcels, size = db.execute(select(func.count(), func.sum(parcel.c.size))).one()
            devices = db.scalar(select(func.count()).select_from(device)) or 0
        yield CounterMetricFamily("hocba_parcels", "Parcels taken", parcels)
        yield CounterMetricFamily("hocba_parcel_bytes", "Bytes of parcels taken", size or 0)
        yield _gauge("hocba_devices", "Devices enrolled", devices)
        open_uploads = sum(1 for _ in self._uploads.glob("*/*.part"))
        yield _gauge("hocba_uploads_open", "Parcels that came in part", open_uploads)

    def _given_up(self) -> int:
        return VerificationQueue(self._archive).given_up()

    def _oldest(self) -> float:
        waits = record.c.stage == ReceiptStage.RECEIVED.value
        with self._archive.reads.connect() as db:
            oldest = db.scalar(select(func.min(record.c.received_at)).where(waits))
        return (clock.now() - datetime.fromisoformat(oldest)).total_seconds() if oldest else 0.0


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value)
