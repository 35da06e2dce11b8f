"""SIGKILL at random moments of sign, enqueue and send: nothing lost, doubled or half-written."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from app.clock import now
from app.department.store.folder import load_folder
from app.model.delivery import OutboxState
from app.model.transcript import TranscriptState
from app.practice.school import CLASSES, PIN, PRINCIPAL, SCHOOL, TEACHERS
from app.practice.setup import enrol_roster, enter_marks
from app.practice.station import PracticeStation, call
from app.services import Services
from app.signing.record.verification import verify_record
from app.signing.trust.practice_pki import PracticeAuthority
from app.store import Workspace
from app.store.integrity import keyring
from tests.fixtures.faults import tireless

ROOT = Path(__file__).parents[2]
KILLS = 60
PASSPHRASE = "điện có thể mất"


def _prepare(folder: Path) -> Services:
    """A school with one class, keys in files and an enrolled station's folder."""
    workspace, _ = Workspace.create(folder / "school.hocba", PASSPHRASE, "thử")
    workspace.close()
    _, key = keyring.unwrap(keyring.load(keyring.path_for(folder / "school.hocba")), PASSPHRASE)
    (folder / "key.txt").write_text(key.hex())
    (folder / "files").mkdir()
    authority = PracticeAuthority(now())
    teacher = next(t for t in TEACHERS if t.id == CLASSES[0].section.homeroom_teacher_id)
    for name, identity in (
        ("gv", authority.person(teacher.full_name, teacher.personal_id)),
        ("ht", authority.person(PRINCIPAL.full_name, PRINCIPAL.personal_id)),
        ("truong", authority.organisation(SCHOOL.name, SCHOOL.tax_code)),
    ):
        identity.save_pkcs12(folder / "files" / f"{name}.p12", PIN)
        pem = identity.certificate.public_bytes(Encoding.PEM)
        (folder / "files" / f"{name}.crt").write_bytes(pem)
    authority.save_root(folder / "trust")
    made = tireless.school(folder)
    store = made.workspace.here()
    store.people.save_school(SCHOOL)
    store.people.save_staff([PRINCIPAL, teacher])
    store.people.save_section(CLASSES[0].section)
    enrol_roster(made, CLASSES[0])
    enter_marks(made, CLASSES[0])
    made.records.lock(CLASSES[0].section.id)
    return made


@contextmanager
def _station(folder: Path, made: Services) -> Iterator[Path]:
    place = folder / "station"
    call("department", "init", "--to", place)
    shutil.copy(folder / "trust" / "practice-root.pem", place / "trust")
    with PracticeStation(place) as station:
        (folder / "request.json").write_bytes(made.delivery.enrolment_request())
        answer = folder / "answer.jws"
        call("department", "enrol", folder / "request.json", "--dir", place, "--out", answer)
        made.delivery.accept_enrolment(answer.read_bytes())
        made.delivery.use_address(station.url)
        made.close()
        yield place


class _Forge:
    """The forking parent, spoken to by lines."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fixtures.faults.tireless", str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, line: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


def _check_school(made: Services) -> dict[str, str]:
    """Every record whole, signed once per slot and received; record id -> SHA-256."""
    store, sent = made.workspace.here(), {}
    assert store.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    heads = store.transcripts.heads()
    pupils = [
        s for section in store.people.sections() for s in store.people.enrollments(section.id)
    ]
    assert len(heads) == len(pupils) == len({h.record_id for h in heads})
    for head in heads:
        assert head.state is TranscriptState.RECEIVED, head
        report = verify_record(store.transcripts.get(head.record_id, 1).xml, made.trust, now())
        assert report.ok, report
        rows = store.transcripts.signatures(head.record_id, 1)
        assert [row.slot for row in rows] == ["GVCN", "CBQL", "KY_PHAT_HANH"]
        links = [(a.sha256_after, b.sha256_before) for a, b in pairwise(rows)]
        assert all(after == before for after, before in links)
        assert rows[-1].sha256_after == head.sha256 == report.sha256
        sent[head.record_id] = head.sha256
    counts = made.delivery.outbox.counts()
    assert {state for state, count in counts.items() if count} == {OutboxState.VERIFIED}
    assert store.audit.unbroken()
    return sent


@pytest.mark.timeout(240)
def test_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    seed = random.randrange(1 << 40)
    chance = random.Random(seed)
    made = _prepare(tmp_path)
    with _station(tmp_path, made) as place:
        forge = _Forge(tmp_path)
        try:
            killed = 0
            for _ in range(KILLS):
                child = forge.ask("work")
                time.sleep(chance.uniform(0.02, 0.9))
                os.kill(child, signal.SIGKILL)
                killed += forge.ask("wait") == -signal.SIGKILL
            errors = tmp_path / "errors.txt"
            assert not errors.exists(), errors.read_text()
            assert killed >= 50
            forge.ask("finish")
            assert forge.ask("wait") == 0, errors.exists() and errors.read_text()
        finally:
            forge.close()
        sent = _check_school(tireless.school(tmp_path))
        archive = load_folder(place).open_archive()
        held = archive.held(sent)
        archive.close()
    assert {record: one.sha256 for record, one in held.items()} == sent, f"seed {seed}"
    assert not list(tmp_path.rglob("*.tmp"))
