"""The signed list of a batch: what is missing, unsigned or changed is noticed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner

from app.cli.verify import command
from app.errors import RegisterInvalid
from app.model.signing import CheckState, FileReport, SignerRole
from app.signing.batch.register import (
    SUFFIX,
    BatchRegister,
    RegisterEntry,
    check_register,
    sign_register,
)
from app.signing.keys.keys import Scheme
from app.signing.record.verification import verify_record
from app.signing.trust.practice_pki import Algorithm, CertificatePurpose, Identity
from app.signing.trust.trust_store import TrustStore
from tests.fixtures.pki.pki import NOW, SCHOOL, primary_record, staffroom
from tests.unit.test_xades_signing import signed

PEOPLE = staffroom()
BATCH = UUID(int=7).hex


def _records(count: int) -> dict[str, bytes]:
    ids = [str(UUID(int=n + 1)) for n in range(count)]
    return {i: signed(primary_record(i), PEOPLE) for i in ids}


KEYS = {
    SignerRole.SCHOOL: PEOPLE.school,
    SignerRole.HOMEROOM: PEOPLE.homeroom,
    SignerRole.SUBJECT_TEACHER: PEOPLE.maths,
}


def _register(
    records: dict[str, bytes],
    role: SignerRole = SignerRole.SCHOOL,
    signer: Identity | None = None,
    now: datetime = NOW,
) -> bytes:
    entries = tuple(RegisterEntry(i, 1, sha256(x).hexdigest()) for i, x in records.items())
    return sign_register(BatchRegister(BATCH, role, now, entries), (signer or KEYS[role]).key())


def _reports(records: dict[str, bytes]) -> list[FileReport]:
    return [verify_record(xml, PEOPLE.trust, NOW) for xml in records.values()]


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_whole_batch_is_found_whole(scheme: Scheme) -> None:
    kind = Algorithm.EC if scheme is Scheme.ECDSA else Algorithm.RSA
    people, record_id = staffroom(kind), str(UUID(int=1))
    register = BatchRegister(
        BATCH, SignerRole.SCHOOL, NOW, (RegisterEntry(record_id, 1, "0" * 64),)
    )
    report = check_register(
        sign_register(register, people.school.key(scheme)), [], people.trust, NOW
    )
    assert (report.state, report.problems) == (CheckState.UNKNOWN, ("register.role_not_proven",))
    assert report.missing == (f"{record_id} 1",)
    records = _records(3)
    assert check_register(_register(records), _reports(records), PEOPLE.trust, NOW).ok


def test_a_record_that_is_gone_is_named() -> None:
    records = _records(3)
    register, gone = _register(records), next(iter(records))
    del records[gone]
    report = check_register(register, _reports(records), PEOPLE.trust, NOW)
    assert not report.ok
    assert report.missing == (f"{gone} 1",)


def test_a_last_signature_that_is_gone_is_named() -> None:
    records = _records(2)
    register, cut = _register(records), next(iter(records))
    records[cut] = signed(primary_record(cut), PEOPLE, upto="KY_PHAT_HANH")
    report = check_register(register, _reports(records), PEOPLE.trust, NOW)
    assert report.unsigned == (f"{cut} 1",)
    assert not report.ok


def test_an_exchanged_record_is_named() -> None:
    records = _records(2)
    register, other = _register(records), next(iter(records))
    records[other] = records[other].replace(b"</HOC_BA>", b"\n</HOC_BA>")
    report = check_register(register, _reports(records), PEOPLE.trust, NOW)
    assert (report.changed, report.ok) == ((f"{other} 1",), False)


def test_one_good_copy_does_not_hide_a_bad_one() -> None:
    records = _records(1)
    (name,) = records
    cut = signed(primary_record(name), PEOPLE, upto="KY_PHAT_HANH")
    other = records[name].replace(b"</HOC_BA>", b"\n</HOC_BA>")
    for copy, found in ((cut, "unsigned"), (other, "changed")):
        reports = [*_reports(records), *_reports({name: copy})]
        for given in (reports, reports[::-1]):
            report = check_register(_register(records), given, PEOPLE.trust, NOW)
            assert getattr(report, found) == (f"{name} 1",)


def test_a_register_by_a_certificate_that_may_not_sign_is_not_believed() -> None:
    made = PEOPLE.authority
    tls = made.organisation("Trường A", purpose=CertificatePurpose.DECRYPT)
    key = tls.key(Scheme.PKCS1)
    content = sign_register(BatchRegister(BATCH, SignerRole.SCHOOL, NOW, ()), key)
    report = check_register(content, [], PEOPLE.trust, NOW)
    assert not report.ok
    assert "certificate_key_usage" in report.problems


def test_a_register_that_is_ahead_of_this_clock_is_left_open() -> None:
    records = _records(1)
    register, reports = _register(records), _reports(records)
    assert check_register(register, reports, PEOPLE.trust, NOW - timedelta(hours=23)).ok
    report = check_register(register, reports, PEOPLE.trust, NOW - timedelta(days=400))
    assert (report.ok, report.undecided, report.problems) == (False, True, ("time_in_future",))
    assert "/2025" in report.notes[0]


@pytest.mark.parametrize("who", ["maths", "homeroom", "another school", "a name alone"])
def test_a_school_s_register_is_signed_by_the_school_that_signed_the_records(who: str) -> None:
    made = PEOPLE.authority
    signer = {
        "maths": PEOPLE.maths,
        "homeroom": PEOPLE.homeroom,
        "another school": made.organisation(SCHOOL, "2800999999"),
        "a name alone": made.organisation(SCHOOL),
    }[who]
    records = _records(2)
    register = _register(records, signer=signer)
    report = check_register(register, _reports(records), PEOPLE.trust, NOW)
    assert (report.ok, report.undecided) == (False, False)
    assert "wrong_signer" in report.problems


def test_practice_vouches_for_nothing_genuine() -> None:
    """The records are of a root without the practice mark, the register of one that has it."""
    records = _records(1)
    genuine = [replace(report, practice=False) for report in _reports(records)]
    report = check_register(_register(records), genuine, PEOPLE.trust, NOW)
    assert report.state is CheckState.INVALID
    assert "practice_for_genuine" in report.problems
    assert report.practice


def test_later_signatures_do_not_change_an_earlier_register() -> None:
    record_id = str(UUID(int=1))
    early = {record_id: signed(primary_record(record_id), PEOPLE, upto="CBQL")}
    register = _register(early, SignerRole.HOMEROOM)
    assert check_register(register, _reports(_records(1)), PEOPLE.trust, NOW).ok


def test_a_register_of_an_unknown_signer_is_not_believed() -> None:
    records = _records(1)
    report = check_register(_register(records), _reports(records), TrustStore([]), NOW)
    assert (report.state, report.ok) == (CheckState.UNKNOWN, False)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c | {"register": c["register"].replace(" 1 ", " 2 ")},
        lambda c: c | {"register": c["register"] + "x 1 y\n"},
        lambda c: c | {"register": c["register"].rsplit("\n", 2)[0] + "\n"},
        lambda c: c | {"register": c["register"].removesuffix("\n")},
        lambda c: c | {"register": c["register"].replace("+07:00", "+0700")},
        lambda c: c | {"signature": "AAAA"},
        lambda c: c | {"certificates": []},
        lambda c: c | {"certificates": ["AAAA"]},
        lambda c: c | {"scheme": "none"},
        lambda c: {"register": c["register"]},
        lambda _: [],
    ],
)
def test_a_changed_register_is_refused(change: object) -> None:
    content = json.loads(_register(_records(2)))
    with pytest.raises(RegisterInvalid):
        check_register(json.dumps(change(content)).encode(), [], PEOPLE.trust, NOW)  # type: ignore[operator]


@pytest.mark.parametrize("data", [b"", b"\xff", b"[" * 100_000, b"{}", b"null"])
def test_what_is_no_register_is_refused(data: bytes) -> None:
    with pytest.raises(RegisterInvalid):
        check_register(data, [], PEOPLE.trust, NOW)


def test_the_command_notices_what_is_missing(tmp_path: Path) -> None:
    records = _records(2)
    PEOPLE.authority.save_root(tmp_path / "trust")
    for record_id, xml in records.items():
        (tmp_path / f"{record_id}.xml").write_bytes(xml)
    (tmp_path / f"batch{SUFFIX}").write_bytes(_register(records))
    whole = CliRunner().invoke(command, ["--json", str(tmp_path)])
    assert json.loads(whole.output)["registers"][0]["ok"]
    (tmp_path / f"{next(iter(records))}.xml").unlink()
    done = CliRunner().invoke(command, [str(tmp_path)])
    assert done.exit_code == 1
    assert "Thiếu học bạ" in done.output
    (tmp_path / f"batch{SUFFIX}").write_bytes(b"{}")
    assert "sổ đợt ký bị hỏng" in CliRunner().invoke(command, [str(tmp_path)]).output


def test_a_report_keeps_its_words() -> None:
    report = check_register(_register(_records(1)), [], PEOPLE.trust, NOW)
    assert not replace(report, state=CheckState.INVALID, missing=()).ok
