"""Every batch of the desk leaves a signed register, also after a token failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.clock import now
from app.errors import TokenRemoved
from app.model.signing import SignerRole
from app.practice.school import CLASSES, PRINCIPAL, SCHOOL, TEACHERS
from app.practice.setup import enrol_roster, enter_marks
from app.services import Services, build
from app.signing.batch_register import SUFFIX, check_register
from app.signing.keys import Pkcs12Key
from app.signing.practice_pki import PracticeAuthority
from app.signing.record_verification import verify_record
from app.signing.trust import TrustStore
from app.store import Workspace

AUTHORITY = PracticeAuthority(now())
TEACHER = next(t for t in TEACHERS if t.id == CLASSES[0].section.homeroom_teacher_id)


class PulledOut(Pkcs12Key):
    """A key whose token is pulled out at the signature of a number."""

    left = 3

    def begin(self, data: bytes) -> Any:
        if self.left == 0:
            raise TokenRemoved
        self.left -= 1
        return super().begin(data)


def _school(folder: Path) -> Services:
    workspace, _ = Workspace.create(folder / "school.hocba", "sổ đợt ký", "thử")
    made = build(workspace)
    store = made.workspace.here()
    store.people.save_school(SCHOOL)
    store.people.save_staff([PRINCIPAL, TEACHER])
    store.people.save_section(CLASSES[0].section)
    enrol_roster(made, CLASSES[0])
    enter_marks(made, CLASSES[0])
    made.records.lock(CLASSES[0].section.id)
    return made


def test_a_stopped_batch_is_registered_with_the_next_one(tmp_path: Path) -> None:
    made = _school(tmp_path)
    identity = AUTHORITY.person(TEACHER.full_name, TEACHER.personal_id)
    (waiting,) = made.signing.waiting(SignerRole.HOMEROOM)
    pulled = PulledOut(identity.private_key, identity.certificate, identity.chain)
    report = made.signing.sign(waiting.heads, SignerRole.HOMEROOM, pulled)
    assert (report.signed, type(report.stopped_by)) == (3, TokenRemoved)
    assert made.signing.save_registers(tmp_path) == []
    (waiting,) = made.signing.waiting(SignerRole.HOMEROOM)
    rest = made.signing.sign(waiting.heads, SignerRole.HOMEROOM, identity.key())
    files = made.signing.save_registers(tmp_path)
    assert {file.suffix for file in files} == {SUFFIX}
    trust = TrustStore([AUTHORITY.root])
    store = made.workspace.here().transcripts
    records = [store.get(h.record_id, h.version).xml for h in store.heads()]
    reports = [verify_record(xml, trust, now()) for xml in records]
    found = [check_register(f.read_bytes(), reports, trust, now()) for f in files]
    assert all(r.ok for r in found)
    assert sorted(r.count for r in found) == sorted([3, rest.signed])
    assert len(records) == 3 + rest.signed
    made.close()
