"""Many records, one PIN: what is durable, what stops a batch, what does not."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.errors import (
    Cancelled,
    CertificateUnfit,
    DiskFull,
    DriverCrashed,
    DriverHangs,
    KeyIdle,
    TokenRemoved,
    WrongSigner,
)
from app.model.signing import SignerRole
from app.signing.batch.signing_batch import BatchItem, BatchSetup, Pause, SignedSlot, sign_batch
from app.signing.keys.keys import Pkcs12Key, SigningKey
from app.signing.keys.token_process import TokenTimeouts
from app.signing.record.integrity import integrity_problems
from app.signing.record.slots import RecordTree
from app.signing.trust.practice_pki import Identity
from app.work import CancelToken, Progress, WorkContext
from tests.fixtures.pki.pki import HOMEROOM, NOW, primary_record, secondary_record, staffroom
from tests.fixtures.pki.tokens import calls, open_first, shim, token
from tests.unit.test_xades_signing import signed


@dataclass
class MemoryJournal:
    """Keeps the newest bytes of every record."""

    records: dict[str, bytes]
    saved: list[tuple[str, str]] = field(default_factory=list)

    def done(self, record_id: str, version: int, slot: str) -> bool:
        return (record_id, slot) in self.saved

    def save(self, signed: SignedSlot) -> None:
        record_id = signed.record_id
        assert sha256(self.records[record_id]).hexdigest() == signed.sha256_before
        self.saved.append((record_id, signed.slot))
        self.records[record_id] = signed.xml

    def items(self) -> list[BatchItem]:
        return [BatchItem(record_id, 1, xml) for record_id, xml in self.records.items()]


def journal(count: int) -> MemoryJournal:
    ids = [str(UUID(int=n + 1)) for n in range(count)]
    return MemoryJournal({record_id: primary_record(record_id) for record_id in ids})


def setup(key: SigningKey, kept: MemoryJournal, **more: Any) -> BatchSetup:
    return BatchSetup(key, SignerRole.HOMEROOM, kept, clock=lambda: NOW, **more)


def all_hold(kept: MemoryJournal) -> bool:
    for xml in kept.records.values():
        record = RecordTree(xml)
        if any(integrity_problems(record, p) for p in record.places if p.signed):
            return False
    return True


def test_every_record_is_signed_and_kept() -> None:
    kept, told = journal(5), []
    context = WorkContext(report=told.append)
    report = sign_batch(kept.items(), setup(staffroom().homeroom.key(), kept), context)
    assert report.signed == 5
    assert not report.failed
    assert report.stopped_by is None
    assert all_hold(kept)
    assert told[-1] == Progress(5, 5)


def test_nothing_is_signed_twice() -> None:
    kept = journal(4)
    batch = setup(staffroom().homeroom.key(), kept)
    sign_batch(kept.items()[:2], batch)
    before = dict(kept.records)
    report = sign_batch(kept.items(), batch)
    assert (report.signed, len(report.results)) == (2, 4)
    assert len(kept.saved) == len(set(kept.saved)) == 4
    assert all(kept.records[i] == xml for i, xml in list(before.items())[:2])


class WatchedKey(Pkcs12Key):
    """Notes what the journal held when each signature was asked for."""

    kept: MemoryJournal
    held: list[int]

    def begin(self, data: bytes) -> Any:
        self.held.append(len(self.kept.saved))
        return super().begin(data)


def watched(kept: MemoryJournal) -> WatchedKey:
    identity = staffroom().homeroom
    key = WatchedKey(identity.private_key, identity.certificate, identity.chain)
    key.kept, key.held = kept, []
    return key


def test_each_signature_is_kept_before_the_next_is_asked_for() -> None:
    kept = journal(4)
    key = watched(kept)
    assert sign_batch(kept.items(), setup(key, kept)).signed == 4
    assert key.held == [0, 1, 2, 3]


def test_a_list_from_before_asks_the_key_for_nothing_that_is_signed() -> None:
    kept = journal(3)
    before = kept.items()
    sign_batch(before[:2], setup(staffroom().homeroom.key(), kept))
    key = watched(kept)
    report = sign_batch(before, setup(key, kept))
    assert [result.skipped for result in report.results] == [True, True, False]
    assert (report.signed, len(key.held)) == (1, 1)


@dataclass
class FullJournal(MemoryJournal):
    """Its disk has room for one record."""

    def save(self, signed: SignedSlot) -> None:
        if self.saved:
            raise DiskFull
        super().save(signed)


def test_a_full_disk_stops_the_batch_before_more_signatures_are_lost() -> None:
    kept = FullJournal(journal(4).records)
    key = watched(kept)
    report = sign_batch(kept.items(), setup(key, kept))
    assert isinstance(report.stopped_by, DiskFull)
    assert (report.signed, report.not_tried, len(key.held)) == (1, 3, 2)


def test_one_bad_record_does_not_stop_the_others() -> None:
    kept = journal(3)
    first, second, _ = kept.records
    kept.records[second] = b"<HOC_BA/>"
    report = sign_batch(kept.items(), setup(staffroom().homeroom.key(), kept))
    assert report.signed == 2
    assert [r.record_id for r in report.failed] == [second]
    assert (first, "GVCN") in kept.saved


@pytest.mark.parametrize(
    ("fault", "error"),
    [({"remove": 3}, TokenRemoved), ({"crash": 3}, DriverCrashed), ({"hang": 3}, DriverHangs)],
    ids=["removed", "crash", "hang"],
)
def test_token_trouble_stops_at_once_and_the_rest_resumes(
    tmp_path: Path, fault: dict[str, int], error: type[Exception]
) -> None:
    kept, driver = journal(5), token(tmp_path, staffroom().homeroom)
    with open_first(shim(tmp_path, driver, **fault), patience=TokenTimeouts(sign=1)) as key:
        report = sign_batch(kept.items(), setup(key, kept))
    assert isinstance(report.stopped_by, error)
    assert (report.signed, report.not_tried, len(kept.saved)) == (2, 3, 2)
    assert calls(tmp_path).count("login") == 1
    with open_first(driver) as key:
        report = sign_batch(kept.items(), setup(key, kept))
    assert (report.signed, report.stopped_by) == (3, None)
    assert all_hold(kept)


def test_a_cancel_is_heard_after_the_current_one() -> None:
    kept, cancel = journal(5), CancelToken()

    def tell(progress: Progress) -> None:
        if progress.done == 2:
            cancel.cancel()

    context = WorkContext(cancel, tell)
    report = sign_batch(kept.items(), setup(staffroom().homeroom.key(), kept), context)
    assert isinstance(report.stopped_by, Cancelled)
    assert 2 <= len(kept.saved) <= 3
    assert all_hold(kept)


def test_a_paused_batch_still_hears_a_cancel() -> None:
    kept, cancel, pause = journal(3), CancelToken(), Pause()
    pause.hold()

    def tell(_: Progress) -> None:
        cancel.cancel()

    batch = setup(staffroom().homeroom.key(), kept, pause=pause)
    report = sign_batch(kept.items(), batch, WorkContext(cancel, tell))
    assert isinstance(report.stopped_by, Cancelled)
    assert kept.saved == []


def test_a_batch_left_paused_gives_its_key_back() -> None:
    kept, pause = journal(3), Pause(longest=0.2)
    pause.hold()
    report = sign_batch(kept.items(), setup(staffroom().homeroom.key(), kept, pause=pause))
    assert isinstance(report.stopped_by, KeyIdle)
    assert (kept.saved, report.not_tried) == ([], 3)


@pytest.mark.parametrize("clock", ["monotonic", "time"])
def test_a_key_that_was_left_alone_for_any_reason_is_closed(
    monkeypatch: pytest.MonkeyPatch, clock: str
) -> None:
    """A lid that was shut, a queue: no pause was asked for."""
    kept, pause = journal(3), Pause(longest=60)
    real = getattr(time, clock)

    def tell(progress: Progress) -> None:
        if progress.done == 2:
            monkeypatch.setattr(time, clock, lambda: real() + 61)

    batch = setup(staffroom().homeroom.key(), kept, pause=pause)
    report = sign_batch(kept.items(), batch, WorkContext(report=tell))
    assert isinstance(report.stopped_by, KeyIdle)
    assert len(kept.saved) == 2


def test_how_long_a_key_stays_open_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real, pause = time.time, Pause(longest=60)
    monkeypatch.setattr(time, "time", lambda: real() + 40)
    assert 0 < pause.seconds_left <= 20
    monkeypatch.setattr(time, "time", lambda: real() + 90)
    assert pause.seconds_left == 0


def test_a_pause_makes_no_old_signing_time() -> None:
    kept, moments = journal(2), iter([NOW, NOW, NOW, *[NOW + timedelta(minutes=5)] * 6])
    batch = BatchSetup(
        staffroom().homeroom.key(), SignerRole.HOMEROOM, kept, clock=lambda: next(moments)
    )
    assert sign_batch(kept.items(), batch).signed == 2
    claimed = [
        xml.count(b"<xades:SigningTime>2026-05-28T02:35:00Z<") for xml in kept.records.values()
    ]
    assert claimed[1] == 1
    assert all_hold(kept)


def test_the_wrong_person_signs_nothing() -> None:
    kept = journal(2)
    report = sign_batch(kept.items(), setup(staffroom().principal.key(), kept))
    assert [type(r.error) for r in report.results] == [WrongSigner, WrongSigner]
    assert kept.saved == []


def test_an_expired_certificate_stops_the_batch() -> None:
    kept = journal(3)
    dates = (NOW.replace(year=2020), NOW.replace(year=2021))
    old: Identity = staffroom().authority.person(*HOMEROOM, valid=dates)
    report = sign_batch(kept.items(), setup(old.key(), kept))
    assert isinstance(report.stopped_by, CertificateUnfit)
    assert report.not_tried == 3


def test_a_teacher_signs_only_the_own_subjects() -> None:
    xml = secondary_record()
    record_id = RecordTree(xml).record_id
    kept = MemoryJournal({record_id: xml})
    key = staffroom().literature.key()
    report = sign_batch(kept.items(), BatchSetup(key, SignerRole.SUBJECT_TEACHER, kept))
    assert [r.slot for r in report.results] == ["gv_19_1"]


def test_a_file_listed_under_another_id_is_not_signed() -> None:
    kept = journal(1)
    item = BatchItem("another", 1, kept.items()[0].xml)
    report = sign_batch([item], setup(staffroom().homeroom.key(), kept))
    assert report.failed
    assert kept.saved == []


def test_a_role_whose_turn_has_not_come_is_reported_per_record() -> None:
    kept = journal(2)
    ready = next(iter(kept.records))
    kept.records[ready] = signed(kept.records[ready], upto="CBQL")
    key = staffroom().principal.key()
    report = sign_batch(
        kept.items(), BatchSetup(key, SignerRole.PRINCIPAL, kept, clock=lambda: NOW)
    )
    assert (report.signed, len(report.failed)) == (1, 1)
