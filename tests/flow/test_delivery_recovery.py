"""What was lost comes again: old backups, expired papers, full disks, single bad words."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import clock
from app.errors import DeviceRefused, DiskFull, ReceiptInvalid
from app.model.delivery import OutboxState, ReceiptStage
from app.model.transcript import TranscriptState
from app.outbox import Outbox
from app.parcel.receipts import issue
from app.work import WorkContext
from tests.fixtures.stations.station import (
    School,
    StationProcess,
    add_issued,
    enrol,
    new_school,
    open_workspace,
    running_station,
)

CLASS = 6


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StationProcess]:
    with running_station(tmp_path_factory.mktemp("station") / "so") as process:
        yield process


@pytest.fixture
def school(station: StationProcess, tmp_path: Path) -> Iterator[School]:
    made = new_school(tmp_path, station.folder, station.url)
    yield made
    made.workspace.close()


@pytest.fixture
def seed() -> int:
    return random.randrange(1 << 40)


def test_a_station_restored_from_an_old_backup_gets_its_records_again(
    tmp_path: Path, seed: int
) -> None:
    with running_station(tmp_path / "so") as station:
        school = new_school(tmp_path, station.folder, station.url)
        database = station.folder.path / "station.db"
        with closing(sqlite3.connect(database)) as db:
            with closing(sqlite3.connect(tmp_path / "backup.db")) as backup:
                db.backup(backup)
            # Nothing is verified: the receipt stays "received".
            db.execute(
                "CREATE TRIGGER hold AFTER INSERT ON record BEGIN "
                "UPDATE record SET attempts = 99; END"
            )
        school.queue(CLASS, seed)
        assert school.engine(patience=0).run(WorkContext()).received == CLASS
        station.stop()
        shutil.copyfile(tmp_path / "backup.db", database)
        station.start()
        report = school.engine().run(WorkContext())
        assert report.stopped_by is None
        assert (report.sent, report.verified) == (CLASS, CLASS)
        heads = school.workspace.here().transcripts.heads()
        assert {head.state for head in heads} == {TranscriptState.RECEIVED}
        assert school.workspace.here().audit.unbroken()
        school.workspace.close()


def test_a_device_whose_enrolment_is_over_is_refused_until_it_is_prolonged(
    school: School, station: StationProcess, seed: int
) -> None:
    school.queue(2, seed)
    enrol(station.folder, school.device, station.url, valid=timedelta(days=-1))
    report = school.engine().run(WorkContext())
    assert isinstance(report.stopped_by, DeviceRefused)
    enrol(station.folder, school.device, station.url)
    school.outbox.hurry()
    assert school.engine().run(WorkContext()).verified == 2


def test_a_parcel_number_that_repeats_is_taken_and_told(
    school: School, station: StationProcess, tmp_path: Path, seed: int
) -> None:
    school.queue(2, seed)
    assert school.engine().run(WorkContext()).verified == 2
    workspace = open_workspace(tmp_path / "copy.hocba")
    copied = School(workspace, Outbox(workspace), school.device, school.enrolment)
    copied.queue(2, seed + 1, section="4B")
    assert copied.engine().run(WorkContext()).verified == 2
    assert [line for line in station.log() if line["what"] == "parcel counter repeats"]
    workspace.close()


def test_a_full_disk_at_the_school_queues_all_of_a_class_or_nothing(
    school: School, seed: int
) -> None:
    store = school.workspace.here()
    heads = add_issued(school.workspace, CLASS, seed)
    pages = store.db.execute("PRAGMA page_count").fetchone()[0]
    store.db.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(DiskFull):
        school.outbox.enqueue(heads, school.shipping)
    assert not any(school.outbox.counts().values())
    assert {h.state for h in store.transcripts.heads()} == {TranscriptState.ISSUED}
    store.db.execute("PRAGMA max_page_count = 1073741823")
    school.outbox.enqueue(heads, school.shipping)
    assert school.engine().run(WorkContext()).verified == CLASS


class _OneBadWord:
    """A station's client whose answers carry one receipt signed by somebody else."""

    def __init__(self, school: School) -> None:
        self.engine = school.engine()
        client = self.engine._client
        honest = client.submit

        def submit(*arguments: object, **options: object) -> list[str]:
            tokens = honest(*arguments, **options)  # type: ignore[arg-type]
            key = school.outbox.items()[0].key
            kept = [t for t in tokens if key.record_id not in _claims(t)]
            forged = issue(
                key,
                ReceiptStage.RECEIVED,
                station="Sở",
                issued_at=clock.now().isoformat(),
                signing_key=Ed25519PrivateKey.generate(),
            )
            return [*kept, forged.token]

        client.submit = submit  # type: ignore[method-assign]


def _claims(token: str) -> str:
    from app.parcel.jws import unverified_claims

    return str(unverified_claims(token)["record"])


def test_one_record_without_a_believable_receipt_is_set_aside_alone(
    school: School, seed: int
) -> None:
    school.queue(CLASS, seed)
    report = _OneBadWord(school).engine.run(WorkContext())
    assert (report.sent, report.set_aside) == (CLASS - 1, 1)
    assert isinstance(report.stopped_by, ReceiptInvalid)
    (aside,) = school.outbox.items([OutboxState.SET_ASIDE])
    school.outbox.send_again(aside.key)
    assert school.engine().run(WorkContext()).stopped_by is None
    assert school.outbox.counts()[OutboxState.VERIFIED] == CLASS
