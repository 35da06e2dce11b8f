"""Signers are known by a number, never by a name; the record's check and the station's say so."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from app import clock
from app.cli import department
from app.department.checks.record_checks import record_checks
from app.department.store.folder import init_folder
from app.department.store.signers import RegisteredSigners
from app.model.delivery import Event, ParcelItem, RecordKey
from app.model.signing import ExpectedSigner, FileReport, SignerRole
from app.parcel.device import DeviceIdentity
from app.parcel.enrolment import make_request
from app.signing.keys.keys import sign_checked
from app.signing.record.forward_report import ForwardReport, open_report, sign_report
from app.signing.record.slots import RecordTree, SignatureSlot, fill_slot
from app.signing.record.verification import verify_record
from app.signing.record.xades import digest_of, unsigned_signature
from app.signing.trust.certificates import fingerprint
from app.signing.trust.identity import identity_problems
from app.signing.trust.practice_pki import Identity, PracticeAuthority
from tests.fixtures.pki.pki import (
    HOMEROOM,
    LITERATURE,
    MATHS,
    NOW,
    PRINCIPAL,
    SCHOOL,
    TAX_CODE,
    Staffroom,
    primary_record,
    secondary_record,
    staffroom,
)
from tests.unit.test_xades_signing import signed

PEOPLE = staffroom()
MADE = PEOPLE.authority


def report_of(people: Staffroom, xml: bytes) -> FileReport:
    return verify_record(signed(xml, people), PEOPLE.trust, NOW)


def issued_by(school: Identity) -> bytes:
    """A record whose last signature is by a key that our own program would not have taken."""
    xml = signed(primary_record(), upto="KY_PHAT_HANH")
    record, slot, key = (
        RecordTree(xml),
        SignatureSlot(SignerRole.SCHOOL, "KY_PHAT_HANH"),
        school.key(),
    )
    place = record.place(slot)
    covers = [(i, digest_of(record.element(i))) for i in place.covers]
    role = record.profile.roles[slot.role].claimed_role
    unsigned = unsigned_signature("Signature_KY_PHAT_HANH", covers, key, NOW, role)
    return fill_slot(xml, slot, unsigned.complete(sign_checked(key, unsigned.to_sign)))


def _employee(name: str, number: str, **more: str) -> Identity:
    """A person's certificate that names the school which employs him."""
    who = MADE.person(name, number)
    parts = [*who.certificate.subject, x509.NameAttribute(NameOID.ORGANIZATION_NAME, SCHOOL)]
    if "tax_code" in more:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, f"MST:{more['tax_code']}"))
    extensions = [(e.value, e.critical) for e in who.certificate.extensions][2:]
    certificate = MADE._issue(
        x509.Name(parts), MADE._sub_name, who.private_key, MADE._sub_key, extensions
    )
    return Identity(who.private_key, certificate, who.chain)


SCHOOLS = {
    "another school of the name": (MADE.organisation(SCHOOL, "2800999999"), "wrong_signer"),
    "the name alone": (MADE.organisation(SCHOOL), "school_certificate_not_numbered"),
    "a teacher of the school": (_employee("Hà Văn Đức", "038085005555"), "wrong_signer"),
    "a teacher with the school's number": (
        _employee("Hà Văn Đức", "038085005555", tax_code=TAX_CODE),
        "wrong_signer",
    ),
    "a teacher without a number": (_employee("Hà Văn Đức", ""), "school_certificate_not_numbered"),
}


@pytest.mark.parametrize("who", SCHOOLS)
def test_a_school_is_known_by_its_number(who: str) -> None:
    school, problem = SCHOOLS[who]
    report = verify_record(issued_by(school), PEOPLE.trust, NOW)
    assert not report.ok
    assert report.signatures[-1].problems == (problem,)
    assert report.undecided is (problem != "wrong_signer")


def test_a_namesake_without_a_number_is_not_the_principal() -> None:
    namesake = MADE.person(PRINCIPAL[0])
    report = report_of(replace(PEOPLE, principal=namesake), secondary_record())
    assert (report.ok, report.undecided) == (False, True)
    (problems,) = {s.problems for s in report.signatures if s.role is SignerRole.PRINCIPAL}
    assert problems == ("certificate_not_numbered",)


@pytest.fixture
def genuine(monkeypatch: pytest.MonkeyPatch) -> Staffroom:
    """People of an authority that is not marked as one for practice."""
    monkeypatch.setattr("app.signing.trust.practice_pki.PRACTICE_MARK", "Ban Cơ yếu")
    made = PracticeAuthority(NOW)
    return Staffroom(
        made,
        made.person(*HOMEROOM),
        made.person(*PRINCIPAL),
        made.organisation(SCHOOL, TAX_CODE),
        made.person(*MATHS),
        made.person(*LITERATURE),
    )


def test_a_record_without_numbers_is_left_open_and_says_what_is_missing(
    genuine: Staffroom,
) -> None:
    number, tax = f"<SO_DINH_DANH>{PRINCIPAL[1]}</SO_DINH_DANH>", f"<MA_SO_THUE>{TAX_CODE}"
    xml = primary_record()
    bare = xml.replace(number.encode(), b"").replace(f"{tax}</MA_SO_THUE>".encode(), b"")
    assert len(xml) - len(bare) > 60
    report = verify_record(signed(bare, genuine), genuine.trust, NOW)
    assert (report.ok, report.undecided, report.practice) == (False, True, False)
    assert {code for s in report.signatures for code in s.problems} == {
        "person_not_numbered",
        "school_not_numbered",
    }
    known = verify_record(signed(bare, genuine), genuine.trust, NOW, tax_code=TAX_CODE)
    assert known.signatures[-1].problems == ()
    assert report_of(PEOPLE, bare).signatures[-1].problems == ()  # practice, and called so


def test_what_the_caller_knows_outweighs_what_the_record_says() -> None:
    report = verify_record(signed(primary_record()), PEOPLE.trust, NOW, tax_code="2800999999")
    assert report.signatures[-1].problems == ("wrong_signer",)


def test_a_registered_certificate_needs_no_number() -> None:
    bare = MADE.organisation(SCHOOL).certificate
    expected = ExpectedSigner(SignerRole.SCHOOL, SCHOOL)
    assert identity_problems(bare, expected) != ()
    known = frozenset({fingerprint(bare)})
    assert identity_problems(bare, replace(expected, registered=known)) == ()


def _item(xml: bytes) -> ParcelItem:
    key = RecordKey("6f1c9a4e-0b7d-4f1e-9a55-0c2d3e4f5a6b", 1, hashlib.sha256(xml).hexdigest())
    return ParcelItem(key, Event.NEW, xml, "38999001", "2025-2026", "4A")


def test_the_station_says_what_is_missing_and_not_that_it_is_false() -> None:
    checks = record_checks(PEOPLE.trust)
    assert checks.full(_item(signed(primary_record()))) == ""
    reason = checks.full(_item(issued_by(MADE.organisation(SCHOOL))))
    assert "mã số thuế" in reason
    assert "không hợp lệ" not in reason
    other = issued_by(MADE.organisation(SCHOOL, "2800999999"))
    assert "không phải là người phải ký" in checks.full(_item(other))


def test_the_station_names_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    checks, item = record_checks(PEOPLE.trust), _item(signed(primary_record()))
    monkeypatch.setattr(clock, "now", lambda: NOW - timedelta(seconds=24))
    assert checks.full(item) == ""
    monkeypatch.setattr(clock, "now", lambda: NOW.replace(year=2020))
    reason = checks.full(item)
    assert "đồng hồ" in reason
    assert "28/05/2020" in reason


def test_a_certificate_that_was_registered_at_enrolment_is_the_school_s(tmp_path: Path) -> None:
    bare = MADE.organisation(SCHOOL)
    station = init_folder(tmp_path / "tram", "Sở GDĐT thử")
    request, certificate = tmp_path / "request.json", tmp_path / "truong.crt"
    device = DeviceIdentity.new("38999001")
    request.write_bytes(make_request(device, SCHOOL, "máy 1"))
    certificate.write_bytes(bare.certificate.public_bytes(Encoding.PEM))
    arguments = [str(request), "--dir", str(station.path), "--url", "https://so.example:8443"]
    arguments += ["--out", str(tmp_path / "enrolment"), "--signer", str(certificate)]
    done = CliRunner().invoke(department.command, ["enrol", *arguments])
    assert done.exit_code == 0, done.output
    signers = RegisteredSigners(station)
    checks = record_checks(PEOPLE.trust, registered=signers.of)
    assert checks.full(_item(issued_by(bare))) == ""
    assert checks.examine(issued_by(bare)).ok
    assert "mã số thuế" in checks.full(_item(issued_by(MADE.organisation(SCHOOL))))
    signers.close()


def test_a_department_that_registered_its_certificate_signs_with_no_other() -> None:
    own, other = MADE.organisation("Sở thử"), MADE.organisation("Sở thử")
    said = ForwardReport("38", "Sở thử", "ab" * 32, NOW, ())
    known = frozenset({fingerprint(own.certificate)})
    for who, problems in ((own, ()), (other, ("signer_not_expected",))):
        found = open_report(sign_report(said, who.key()))
        assert found.problems("Sở thử", PEOPLE.trust, NOW, known) == problems
