"""Signing and checking records, against the bare token in the same run.

Every signature is kept as the real journal keeps it: written and synced before the next is asked
for, but for the figure against SoftHSM, which is about our own work alone.
"""

from __future__ import annotations

import gc
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import overload
from uuid import UUID

import pkcs11
from pkcs11 import MGF, Attribute, Mechanism, ObjectClass

from app.model.signing import SignerRole
from app.model.transcript import Transcript, TranscriptHead, TranscriptState
from app.signing.batch.signing_batch import BatchItem, BatchSetup, SignedSlot, sign_batch
from app.signing.keys.keys import SigningKey
from app.signing.keys.token_process import TokenDriver
from app.signing.pdf.pades import seal_views
from app.signing.pdf.views import draw_views
from app.signing.record.verification import verify_record
from app.signing.trust.practice_pki import Algorithm
from tests.bench import Measure
from tests.fixtures.pki.pki import NOW, SCHOOL, primary_record, staffroom
from tests.fixtures.pki.tokens import PIN, open_first, shim, token
from tests.unit.test_xades_signing import signed

_RECORDS = 300
_ROUNDS = 16
_SLOW_MS = 200
_SLOW_RECORDS = 30
_SLOW_ROUNDS = 3
_MANY = 5_000


def measures() -> list[Measure]:
    """Ratios to the bare token, and what checking costs."""
    checked, school = _verify_ms(), _verify_school_s()
    grown = _memory_mb()
    return [
        *_softhsm(),
        *_slow(),
        Measure("signing.verify_ms", checked, "ms", None, "<= 6", checked <= 6),
        Measure("signing.verify_1200_s", school, "s", None, "<= 10", school <= 10),
        Measure("signing.memory_mb", grown, "MB", None, "<= 20", grown <= 20),
    ]


@dataclass
class _Journal:
    """Keeps the newest bytes in memory; with a file, writes and syncs them first."""

    file: Path | None = None
    kept: dict[str, bytes] = field(default_factory=dict)
    moments: list[float] = field(default_factory=list)
    """When each signature was kept."""

    def done(self, record_id: str, version: int, slot: str) -> bool:
        return False

    def save(self, signed_slot: SignedSlot) -> None:
        if self.file is not None:
            with self.file.open("ab") as out:
                out.write(signed_slot.xml)
                out.flush()
                os.fsync(out.fileno())
        self.kept[signed_slot.record_id] = signed_slot.xml
        self.moments.append(time.perf_counter())


def _items(count: int) -> list[BatchItem]:
    ids = [str(UUID(int=n + 1)) for n in range(count)]
    return [BatchItem(i, 1, primary_record(i)) for i in ids]


def _sign(
    items: Sequence[BatchItem], key: SigningKey, role: SignerRole, journal: _Journal
) -> list[float]:
    """Milliseconds each record took, from the one before it to its own signature, kept."""
    begin = time.perf_counter()
    report = sign_batch(items, BatchSetup(key, role, journal, clock=lambda: NOW))
    assert report.signed == len(items), report
    return _between([begin, *journal.moments])


def _between(moments: Sequence[float]) -> list[float]:
    return [(later - earlier) * 1e3 for earlier, later in pairwise(moments)]


def _best(rounds: Sequence[Sequence[float]]) -> float:
    """Mean over the places of a batch, each with its best round."""
    return statistics.fmean(min(times) for times in zip(*rounds, strict=True))


def _softhsm() -> list[Measure]:
    """All 300 signatures in every round, turn by turn with the bare token's 300.

    Of both, each of the 300 counts with its best round: what other programs on the machine take
    now and then belongs to neither. Python's own collections do belong to ours: they begin anew
    with each round, and so come at the same places of all.
    """
    items, raw, ours = _items(_RECORDS), [], []
    person = staffroom(Algorithm.RSA).homeroom
    with tempfile.TemporaryDirectory() as folder:
        driver = token(Path(folder), person)
        with open_first(driver) as key:
            for _ in range(_ROUNDS):
                raw.append(_raw_in_own_process(driver, _RECORDS))
                gc.collect()
                ours.append(_sign(items, key, SignerRole.HOMEROOM, _Journal()))
    floor, value = _best(raw), _best(ours)
    ratio = value / floor
    return [
        Measure("signing.xml_ratio_softhsm", ratio, "x", 1.0, "<= 1.6", ratio <= 1.6),
        Measure("signing.xml_ms", value, "ms", floor, "<= 1.6 x floor", ratio <= 1.6),
    ]


def _slow() -> list[Measure]:
    """A token that needs 200 ms a signature: the school's records, then their views.

    Records are compared with the bare token as those of `_softhsm` are, in rounds. With views, made
    once, it is mean against mean. A view takes two signatures: the code for paper, and the seal.
    """
    people = staffroom(Algorithm.RSA)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        driver = shim(folder, token(folder, people.school), delay=_SLOW_MS)
        items = [
            BatchItem(i.record_id, 1, signed(i.xml, people, upto="KY_PHAT_HANH"))
            for i in _items(_SLOW_RECORDS)
        ]
        bare, ours = [], []
        with open_first(driver) as key:
            for turn in range(_SLOW_ROUNDS):
                bare.append(_raw_in_own_process(driver, _SLOW_RECORDS))
                journal = _Journal(folder / f"journal-{turn}")
                ours.append(_sign(items, key, SignerRole.SCHOOL, journal))
            begin = time.perf_counter()
            drawn = draw_views(_transcripts(journal), key, people.trust, NOW)
            views = seal_views(drawn, key, SCHOOL, NOW)
            for number, view in enumerate(views):
                with (folder / f"{number}.pdf").open("wb") as out:
                    out.write(view)
                    out.flush()
                    os.fsync(out.fileno())
            seal = (time.perf_counter() - begin) / _SLOW_RECORDS * 1e3
    one = _best(ours) / _best(bare)
    raw, xml = (statistics.fmean(map(statistics.fmean, rounds)) for rounds in (bare, ours))
    both = (xml + seal) / (3 * raw)
    return [
        Measure("signing.xml_ratio_slow_token", one, "x", 1.0, "<= 1.02", one <= 1.02),
        Measure("signing.sealed_ratio_slow_token", both, "x", 1.0, "<= 1.05", both <= 1.05),
    ]


def _transcripts(journal: _Journal) -> Iterator[Transcript]:
    for record_id, xml in journal.kept.items():
        digest = hashlib.sha256(xml).hexdigest()
        state = TranscriptState.ISSUED
        head = TranscriptHead(record_id, 1, "", "", "2025-2026", state, digest, "", "", "")
        yield Transcript(head, xml)


def _verify_ms() -> float:
    """A record with three signatures, per signature, times four; the lower quartile of 200."""
    people = staffroom(Algorithm.RSA)
    xml, trust = signed(primary_record(), people), people.trust
    rounds = []
    for _ in range(200):
        begin = time.perf_counter()
        report = verify_record(xml, trust, NOW)
        rounds.append((time.perf_counter() - begin) * 1e3 / len(report.signatures) * 4)
        assert report.ok
    return sorted(rounds)[len(rounds) // 4]


def _verify_school_s() -> float:
    """A school's 1,200 records: 300 different ones, four times."""
    people = staffroom(Algorithm.RSA)
    records, trust = [signed(item.xml, people) for item in _items(300)], people.trust
    begin = time.perf_counter()
    for _ in range(4):
        assert all(verify_record(xml, trust, NOW).ok for xml in records)
    return time.perf_counter() - begin


class _Made(Sequence[BatchItem]):
    """Records made when they are asked for, as the desk reads them."""

    @overload
    def __getitem__(self, place: int) -> BatchItem: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[BatchItem]: ...

    def __getitem__(self, place: int | slice) -> BatchItem | Sequence[BatchItem]:
        assert isinstance(place, int)
        record_id = str(UUID(int=place + 1))
        return BatchItem(record_id, 1, primary_record(record_id))

    def __len__(self) -> int:
        return _MANY


@dataclass
class _Watch:
    """Forgets what it is given, but for how much memory the process holds."""

    seen: list[float] = field(default_factory=list)

    def done(self, record_id: str, version: int, slot: str) -> bool:
        return False

    def save(self, _: SignedSlot) -> None:
        self.seen.append(_resident_mb())


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _memory_mb() -> float:
    """What 4,500 further signatures add to the memory held after 500."""
    watch = _Watch()
    key = staffroom().homeroom.key()
    sign_batch(_Made(), BatchSetup(key, SignerRole.HOMEROOM, watch, clock=lambda: NOW))
    return max(watch.seen) - watch.seen[499]


def _raw_in_own_process(driver: TokenDriver, count: int) -> list[float]:
    """The bare token: C_Sign over 1,000 bytes, nothing else; milliseconds of each."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.signing", str(driver.path), str(count)],
        env={**os.environ, **driver.environment},
        capture_output=True,
        check=True,
        text=True,
    )
    return [float(line) for line in done.stdout.split()]


def _raw(module: str, count: int) -> list[float]:
    (bare,) = [s.get_token() for s in pkcs11.lib(module).get_slots() if s.get_token().label]
    with bare.open(user_pin=PIN) as session:
        (key,) = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
        more = {
            "mechanism": Mechanism.SHA256_RSA_PKCS_PSS,
            "mechanism_param": (Mechanism.SHA256, MGF.SHA256, 32),
        }
        key.sign(b"warm", **more)
        moments = [time.perf_counter()]
        for _ in range(count):
            key.sign(b"x" * 1000, **more)
            moments.append(time.perf_counter())
        return _between(moments)


if __name__ == "__main__":
    print(*_raw(sys.argv[1], int(sys.argv[2])))
