"""Every batch leaves a signed register, and what goes missing later is noticed by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.clock import now
from app.errors import TokenRemoved
from app.model.signing import SignerRole
from app.practice.school import CLASSES, PRINCIPAL, SCHOOL, TEACHERS
from app.practice.setup import enrol_roster, enter_marks
from app.services import Services, build
from app.signing.batch.register import (
    SUFFIX,
    BatchRegister,
    RegisterEntry,
    check_register,
    sign_register,
)
from app.signing.batch.register_watch import LossKind, RegisterCheck
from app.signing.keys.keys import Pkcs12Key
from app.signing.record.verification import verify_record
from app.signing.trust.practice_pki import PracticeAuthority
from app.signing.trust.trust_store import TrustStore
from app.store import Workspace
from tests.fixtures.schools.small_school import SECTIONS, SmallSchool, small_school

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
    assert made.registers.save(tmp_path) == []
    (waiting,) = made.signing.waiting(SignerRole.HOMEROOM)
    rest = made.signing.sign(waiting.heads, SignerRole.HOMEROOM, identity.key())
    files = made.registers.save(tmp_path)
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


@pytest.fixture(scope="module")
def signed_base(tmp_path_factory: pytest.TempPathFactory) -> SmallSchool:
    """Class 4A, three pupils, signed by everybody."""
    school = small_school(tmp_path_factory.mktemp("school"), SECTIONS[:1], pupils=3)
    school.sign_all()
    school.made.close()
    return school


@pytest.fixture
def school(signed_base: SmallSchool, tmp_path: Path) -> SmallSchool:
    return signed_base.copy(tmp_path)


def _execute(school: SmallSchool, sql: str) -> None:
    store = school.made.workspace.here()
    with store.write():
        store.db.execute(sql)


def test_a_whole_workspace_lacks_nothing(school: SmallSchool, tmp_path: Path) -> None:
    assert school.made.registers.losses() == ()
    assert school.made.registers.kept() == (3, "")
    school.made.registers.save(tmp_path)
    check = school.made.registers.compare([tmp_path])
    assert check == RegisterCheck(registers=3, records=3, losses=())
    assert check.ok
    assert school.made.registers.kept()[1] != ""


def test_a_record_that_is_gone_is_noticed_at_once(school: SmallSchool) -> None:
    gone = school.made.records.heads()[1]
    _execute(school, f"DELETE FROM transcript WHERE record_id = '{gone.record_id}'")
    (loss,) = school.made.registers.losses()
    assert (loss.kind, loss.entry.record_id) == (LossKind.MISSING, gone.record_id)


def test_a_signature_that_is_gone_is_noticed_at_once(school: SmallSchool) -> None:
    """With its line in the journal, as if the record had been put back to before."""
    head = school.made.records.heads()[1]
    rows = school.made.workspace.here().transcripts.signatures(head.record_id, 1)
    _execute(
        school,
        f"DELETE FROM signature WHERE record_id = '{head.record_id}' AND slot = '{rows[-1].slot}'",
    )
    (loss,) = school.made.registers.losses()
    assert (loss.kind, loss.role) == (LossKind.UNSIGNED, SignerRole.SCHOOL)
    assert loss.name == f"{head.full_name} · 4A"


def test_bytes_that_nobody_signed_are_noticed(school: SmallSchool) -> None:
    one, other, _ = school.made.records.heads()
    _execute(school, f"UPDATE transcript SET sha256 = 'x' WHERE record_id = '{one.record_id}'")
    (loss,) = school.made.registers.losses()
    assert (loss.kind, loss.entry.record_id) == (LossKind.CHANGED, one.record_id)
    _execute(school, f"UPDATE transcript SET xml = x'00' WHERE record_id = '{other.record_id}'")
    assert len(school.made.registers.losses()) == 1
    found = {each.entry.record_id: each.kind for each in school.made.registers.compare().losses}
    assert found == {one.record_id: LossKind.CHANGED, other.record_id: LossKind.CHANGED}


def test_registers_kept_apart_notice_an_older_workspace(tmp_path: Path) -> None:
    for name in ("base", "new", "old", "stick"):
        (tmp_path / name).mkdir()
    before = small_school(tmp_path / "base", SECTIONS[:1])
    before.made.close()
    now, old = before.copy(tmp_path / "new"), before.copy(tmp_path / "old")
    now.sign_all()
    assert len(now.made.registers.save(tmp_path / "stick")) == 3
    assert old.made.registers.losses() == ()
    check = old.made.registers.compare([tmp_path / "stick"])
    assert {loss.kind for loss in check.losses} == {LossKind.UNSIGNED}
    assert (len(check.losses), check.registers) == (2, 3)


def test_registers_that_are_torn_or_a_strangers_say_nothing(
    school: SmallSchool, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / f"torn{SUFFIX}").write_bytes(b"{}")
    stranger = PracticeAuthority(now()).person("Người lạ", "001090000001")
    entries = (RegisterEntry("another", 1, "0" * 64),)
    register = BatchRegister("0" * 32, SignerRole.PRINCIPAL, now(), entries)
    (stick / f"strange{SUFFIX}").write_bytes(sign_register(register, stranger.key()))
    check = school.made.registers.compare([stick, tmp_path / "not there"])
    assert dict(check.refused) == {
        f"torn{SUFFIX}": "register_invalid",
        f"strange{SUFFIX}": "issuer_unknown",
        "not there": "register_invalid",
    }
    assert (check.losses, check.ok) == ((), False)
