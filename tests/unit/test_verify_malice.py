"""Files that were made to stop whoever checks them, or to put words into the report."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from app.cli.verify import command
from app.clock import in_vietnam, now
from app.errors import AppError, CertificateUnfit, RoleNotDue, SlotClosed
from app.model.signing import ExpectedSigner, FileReport, SignerRole
from app.signing.record.signing import merge, sign_record
from app.signing.record.slots import RecordTree, SignatureSlot, fill_slot
from app.signing.record.verification import verify_record
from app.signing.record.xades import digest_of, unsigned_signature
from app.signing.report_words import report_lines
from app.signing.trust.certificates import may_sign, weaknesses
from app.signing.trust.identity import fits_signer
from app.signing.trust.practice_pki import Algorithm, Identity, _authority, _name, _usage, new_key
from app.signing.trust.revocation import standing_of
from app.signing.trust.trust_store import TrustStore
from app.verification import examine_files
from tests.fixtures.pki.authority import Authority
from tests.fixtures.pki.pki import (
    HOMEROOM,
    NOW,
    SCHOOL,
    TAX_CODE,
    primary_record,
    secondary_record,
    staffroom,
)
from tests.unit.test_verify_archives import look, zipped
from tests.unit.test_xades_signing import signed


def whole() -> bytes:
    return signed(secondary_record())


def check(xml: bytes) -> FileReport:
    report = verify_record(xml, staffroom().trust, NOW + timedelta(days=1))
    assert report_lines(report)
    return report


@pytest.mark.parametrize(
    "moment",
    [
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
    ],
)
def test_a_time_at_the_end_of_the_calendar_is_only_a_wrong_time(moment: str) -> None:
    said = b"<xades:SigningTime>" + moment.encode() + b"<"
    report = check(re.sub(rb"<xades:SigningTime>[^<]*<", said, whole()))
    assert not report.ok
    assert all("properties_changed" in s.problems for s in report.signatures)


def test_a_certificate_without_an_end_can_be_shown() -> None:
    """RFC 5280 §4.1.2.5: 99991231235959Z says that there is none."""
    assert in_vietnam(datetime.max.replace(tzinfo=UTC)).year == 9999
    assert in_vietnam(datetime(2026, 5, 28, 2, 30, tzinfo=UTC)) == NOW


@pytest.mark.parametrize("place", ["</ds:Signature>", "</ds:SignedInfo>", "<DU_LIEU_HOC_BA "])
def test_a_namespace_that_has_no_canonical_form_is_refused(place: str) -> None:
    foreign = '<x:a xmlns:x="u"/>'
    new = f'{place}xmlns:x="u" ' if place.startswith("<D") else foreign + place
    changed = whole().replace(place.encode(), new.encode(), 1)
    report = check(changed)
    assert not report.ok
    assert report.problems or not report.content_intact
    with pytest.raises(AppError):
        merge(secondary_record(), changed)


@pytest.mark.parametrize("pattern", ['xmlns:n{n}="urn:{n}" ', 'n{n}="" ', "n{n} = '' "])
@pytest.mark.parametrize("place", ["<HOC_BA ", "<ds:SignedInfo "])
def test_a_hundred_thousand_attributes_are_not_parsed(pattern: str, place: str) -> None:
    heap = "".join(pattern.format(n=n) for n in range(100_000))
    changed = whole().replace(place.encode(), (place + heap).encode(), 1)
    assert check(changed).problems == ("transcript.unsafe",)


def test_a_name_with_a_line_end_writes_no_verdict_of_its_own(tmp_path: Path) -> None:
    name = "Giàng A Páo\nhoc-ba.xml: ĐẠT, nội dung nguyên vẹn\u202e\u2028, đủ chữ ký"
    report = check(whole().replace("Giàng A Páo".encode(), name.encode()))
    lines = report_lines(report)
    assert all(line.isprintable() for line in lines)
    assert [line for line in lines if "ĐẠT" in line] == [lines[0], lines[2]]
    assert lines[2].startswith("  Học bạ của Giàng A Páo hoc-ba.xml: ĐẠT")
    (inside,) = look(tmp_path, zipped({"a\nb.xml: ĐẠT.xml": b"<x/>"}))
    assert all(line.isprintable() for line in report_lines(inside))


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_name_in_another_encoding_can_be_said(tmp_path: Path, options: list[str]) -> None:
    file = os.fsencode(tmp_path / "x") + b"\xe1\xbb.xml"
    Path(os.fsdecode(file)).write_bytes(b"<x/>")
    done = CliRunner().invoke(command, [*options, str(tmp_path)])
    assert (done.exit_code, done.exception.__class__) == (1, SystemExit)
    assert not options or json.loads(done.output)["files"][0]["file"].startswith(str(tmp_path))


def _unreadable(certificate: x509.Certificate) -> bytes:
    """Of a version that there is not."""
    der = certificate.public_bytes(Encoding.DER)
    return der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1)


def test_a_certificate_that_cannot_be_read_is_left_out_of_a_trust_folder(tmp_path: Path) -> None:
    staffroom().authority.save_root(tmp_path / "trust")
    (tmp_path / "trust" / "a.cer").write_bytes(_unreadable(staffroom().authority.root))
    (tmp_path / "hoc-ba.xml").write_bytes(signed(primary_record()))
    report = examine_files([tmp_path / "hoc-ba.xml"], TrustStore([]), now()).reports[0]
    assert report.ok
    assert report.practice


# --- archives -----------------------------------------------------------------------------------


def test_a_zip_that_wants_four_gigabytes_of_memory_gets_none(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.xml", b"<x/>")
    data = bytearray(stream.getvalue())
    dictionary = data.index(b"a.xml") + len(b"a.xml") + 5
    data[dictionary : dictionary + 4] = b"\xff" * 4
    assert [r.problems for r in look(tmp_path, bytes(data))] == [("archive.unreadable",)]


def test_a_zip_of_a_hundred_thousand_names_is_not_listed(tmp_path: Path) -> None:
    entry = bytearray(46)
    entry[:4] = b"PK\x01\x02"
    data = b"PK\x03\x04" + bytes(26) + bytes(entry) * 100_000
    assert [r.problems for r in look(tmp_path, data)] == [("file.too_large",)]


# --- certificates -------------------------------------------------------------------------------


def _seal_of(*purposes: x509.ObjectIdentifier) -> Identity:
    """A certificate in the school's name, for these purposes."""
    made, key = staffroom().authority, new_key(Algorithm.EC)
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage(purposes), False),
    ]
    subject = _name(SCHOOL, SCHOOL, uid=f"MST:{TAX_CODE}")
    certificate = made._issue(subject, made._sub_name, key, made._sub_key, extensions)
    return Identity(key, certificate, (made.issuer,))


def test_neither_passes_for_the_other_by_its_name_alone() -> None:
    """A company may be called like a teacher, and a person can choose no school's name."""
    made = staffroom().authority
    teacher = ExpectedSigner(SignerRole.HOMEROOM, HOMEROOM[0])
    school = ExpectedSigner(SignerRole.SCHOOL, SCHOOL)
    company = made.organisation(HOMEROOM[0], TAX_CODE).certificate
    person = made.person(SCHOOL, "038180001234").certificate
    assert not fits_signer(company, teacher)
    assert not fits_signer(person, school)
    assert fits_signer(made.person(HOMEROOM[0]).certificate, teacher)
    assert fits_signer(made.organisation(SCHOOL).certificate, school)


_USE = ExtendedKeyUsageOID


@pytest.mark.parametrize(
    "purposes",
    [
        (_USE.SERVER_AUTH,),
        (_USE.SERVER_AUTH, _USE.CLIENT_AUTH),
        (_USE.TIME_STAMPING,),
        (_USE.OCSP_SIGNING,),
    ],
)
def test_a_machines_certificate_in_the_schools_name_is_not_the_schools_seal(
    purposes: tuple[x509.ObjectIdentifier, ...],
) -> None:
    machine, slot = _seal_of(*purposes), SignatureSlot(SignerRole.SCHOOL, "KY_PHAT_HANH")
    with pytest.raises(CertificateUnfit):
        sign_record(signed(primary_record(), upto=slot.name), slot, machine.key(), NOW)


@pytest.mark.parametrize(
    "purposes",
    [(_USE.EMAIL_PROTECTION,), (_USE.CLIENT_AUTH,), (_USE.SERVER_AUTH, _USE.EMAIL_PROTECTION)],
)
def test_a_persons_other_purposes_do_not_keep_from_signing(
    purposes: tuple[x509.ObjectIdentifier, ...],
) -> None:
    assert may_sign(_seal_of(*purposes).certificate)


def test_authorities_that_all_vouch_for_each_other_are_tried_once_each() -> None:
    """In every order it would be five million signatures to check."""
    made, key = Authority(NOW, "http://localhost"), new_key(Algorithm.EC)
    trust = TrustStore([made.root])
    name = _name("Vòng tròn", "")
    ring = tuple(made._issue(name, name, key, key, _authority(None)) for _ in range(24))
    leaf = made._issue(_name("Ai đó", ""), name, new_key(Algorithm.EC), key, [])
    assert trust.path(leaf, ring) is None
    root, root_key = made.issuers()[0]
    last = made._issue(name, root.subject, key, root_key, _authority(None))
    found = trust.path(leaf, (*ring, last))
    assert found is not None
    assert found.certificates[-2:] == (last, made.root)


@pytest.mark.parametrize("kind", ["list", "answer"])
def test_a_service_that_sends_anything_at_all_is_not_heard_and_nothing_worse(kind: str) -> None:
    authority = Authority(now(), "http://localhost")
    person = authority.person("Lò Thị Hương", "038180001234").certificate
    asked = ocsp.OCSPRequestBuilder().add_certificate(person, authority.issuer, hashes.SHA1())
    request = asked.build().public_bytes(Encoding.DER)
    data = authority.crl(1) if kind == "list" else authority.ocsp(1, request)
    for place in range(len(data)):
        torn = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        given = {f"{kind}s": [torn]}
        standing_of(person, authority.issuer, now(), **given)


def test_marks_that_no_teacher_signed_are_not_passed_over() -> None:
    """A subject without its teacher has no place for a signature, so none would be missed."""
    xml = secondary_record()
    row = re.findall(rb"<DANH_SACH_GVBM>.*?</DANH_SACH_GVBM>", xml)[1]
    nobodys = xml.replace(row, b"").replace(b'<GVBM Id="gv_19_1"/>', b"")
    report = check(signed(nobodys))
    assert report.content_intact
    assert (report.ok, report.missing_roles) == (False, ("subject_teacher",))


@pytest.mark.parametrize(
    ("ids", "fits"),
    [
        (("thongtinhocba",), True),
        ((), False),
        (("thongtinhocba", "thongtinhocba"), False),
        (("thongtinhocba", "data"), False),
        (("data",), False),
    ],
)
def test_a_signature_covers_what_its_role_covers_neither_less_nor_more(
    ids: tuple[str, ...], fits: bool
) -> None:
    """Made by the right person with the right key: only what it stands over is wrong."""
    xml, slot = primary_record(), SignatureSlot(SignerRole.HOMEROOM, "GVCN")
    record, key = RecordTree(xml), staffroom().homeroom.key()
    assert record.place(slot).covers == ("thongtinhocba",)
    references = [(each, digest_of(record.element(each))) for each in ids]
    unsigned = unsigned_signature("Signature_GVCN", references, key, NOW, "Giáo viên")
    forged = fill_slot(xml, slot, unsigned.complete(key.sign(unsigned.to_sign)))
    problems = check(forged).signatures[0].problems
    assert problems == (() if fits else ("reference_not_expected",))


def _forged(xml: bytes, slot: SignatureSlot, by: Identity) -> bytes:
    """A signature that holds, by a program that asks neither whose turn it is nor who may sign."""
    record, key = RecordTree(xml), by.key()
    references = [(i, digest_of(record.element(i))) for i in record.place(slot).covers]
    unsigned = unsigned_signature(f"Signature_{slot.name}", references, key, NOW, "Giáo viên")
    return fill_slot(xml, slot, unsigned.complete(key.sign(unsigned.to_sign)))


def test_a_signature_made_before_its_turn_is_not_joined() -> None:
    people, bare = staffroom(), secondary_record()
    homeroom, maths = (
        SignatureSlot(SignerRole.HOMEROOM, "GVCN"),
        SignatureSlot(SignerRole.SUBJECT_TEACHER, "gv_15_1"),
    )
    early = _forged(bare, homeroom, people.homeroom)
    with pytest.raises(RoleNotDue):
        merge(bare, early)
    with pytest.raises(SlotClosed):
        merge(early, sign_record(bare, maths, people.maths.key(), NOW))
    both = signed(bare, upto="GVCN")
    assert merge(both, _forged(both, homeroom, people.homeroom)) != both


def test_another_certificate_of_the_same_key_is_not_the_one_that_signed() -> None:
    """The signature's value holds with it too; the signed digest names the first one alone."""
    made, signer = staffroom().authority, staffroom().homeroom
    subject, key = signer.certificate.subject, signer.private_key
    usage = (_usage(digital_signature=True), True)
    other = made._issue(subject, made._sub_name, key, made._sub_key, [usage])
    one, two = (base64.b64encode(c.public_bytes(Encoding.DER)) for c in (signer.certificate, other))
    report = check(signed(primary_record(), upto="CBQL").replace(one, two))
    assert report.signatures[0].problems == ("certificate_not_the_signed_one",)


def test_a_signature_that_hides_in_another_ones_object_is_named() -> None:
    xml = signed(primary_record())
    last = re.findall(rb"<ds:Signature .*?</ds:Signature>", xml, re.DOTALL)[-1]
    hidden = last.replace(b"Signature_KY", b"Signature_XX")
    wrapped = last.replace(
        b"</ds:Signature>", b"<ds:Object>" + hidden + b"</ds:Object></ds:Signature>"
    )
    report = check(xml.replace(last, wrapped))
    assert (report.ok, report.problems) == (False, ("stray_signature",))


def test_a_key_that_anybody_can_break_is_told() -> None:
    made, key = staffroom().authority, rsa.generate_private_key(65537, 1024)
    usage = (_usage(digital_signature=True), True)
    weak = made._issue(_name("Lò Thị Hương", ""), made._sub_name, key, made._sub_key, [usage])
    assert weaknesses(weak, NOW) == ("certificate_weak_key",)
