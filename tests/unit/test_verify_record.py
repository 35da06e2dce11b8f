"""What verification must notice, and what it must say of a record that is whole."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

import pytest

from app.model.signing import CheckState, FileReport, SignerRole
from app.signing.keys.keys import Scheme
from app.signing.record.signing import sign_record
from app.signing.record.slots import SignatureSlot
from app.signing.record.verification import verify_record
from app.signing.trust.practice_pki import Algorithm, PracticeAuthority
from app.signing.trust.trust_store import TrustStore
from tests.fixtures.pki.pki import NOW, primary_record, secondary_record, staffroom
from tests.unit.test_xades_signing import signed

LATER = NOW + timedelta(days=1)


@cache
def whole() -> bytes:
    return signed(secondary_record())


def check(xml: bytes, now: datetime = LATER, trust: TrustStore | None = None) -> FileReport:
    return verify_record(xml, trust or staffroom().trust, now)


def problems(report: FileReport) -> set[str]:
    return set(report.problems) | {p for s in report.signatures for p in s.problems}


@pytest.mark.parametrize("build", [primary_record, secondary_record])
@pytest.mark.parametrize("scheme", [Scheme.PSS, Scheme.PKCS1, Scheme.ECDSA])
def test_a_whole_record_is_ok_and_says_what_was_not_checked(
    build: Callable[[], bytes], scheme: Scheme
) -> None:
    people = staffroom(Algorithm.EC if scheme is Scheme.ECDSA else Algorithm.RSA)
    report = verify_record(signed(build(), people, scheme=scheme), people.trust, LATER)
    assert report.ok
    assert report.content_intact
    assert report.practice
    assert {s.state for s in report.signatures} == {CheckState.VALID_NOT_CHECKED_ONLINE}
    assert {s.algorithm for s in report.signatures} == {scheme.value}
    assert all(s.not_checked == ("revocation", "time") for s in report.signatures)
    assert all(len(s.path) == 3 for s in report.signatures)


def swap(old: str, new: str) -> Callable[[bytes], bytes]:
    return lambda xml: xml.replace(old.encode(), new.encode(), 1)


def _first(pattern: bytes, xml: bytes) -> bytes:
    found = re.search(pattern, xml, re.DOTALL)
    assert found
    return found[0]


def _drop_slot(name: str) -> Callable[[bytes], bytes]:
    pattern = rb'<ds:Signature [^>]*Id="Signature_' + name.encode() + rb'">.*?</ds:Signature>'
    return lambda xml: xml.replace(_first(pattern, xml), b"")


def _exchange(xml: bytes) -> bytes:
    """The principal's signature in the school's slot, and the other way round."""
    one = _first(rb'<ds:Signature [^>]*Id="Signature_CBQL">.*?</ds:Signature>', xml)
    two = _first(rb'<ds:Signature [^>]*Id="Signature_KY_PHAT_HANH">.*?</ds:Signature>', xml)
    return xml.replace(one, b"#").replace(two, one).replace(b"#<", two + b"<", 1)


def _twice(xml: bytes) -> bytes:
    one = _first(rb'<ds:Signature [^>]*Id="Signature_KY_PHAT_HANH">.*?</ds:Signature>', xml)
    return xml.replace(one, one + one.replace(b"Signature_KY", b"Signature_XX"))


def _broken_subject(xml: bytes) -> bytes:
    """A certificate that loads, but whose subject is not UTF-8."""
    written = _first(rb"<ds:X509Certificate>[^<]+", xml).partition(b">")[2]
    der = base64.b64decode(written)
    place = der.rindex(b"\x55\x04\x03\x0c") + 5  # the common name, after its tag and length
    return xml.replace(written, base64.b64encode(der[:place] + b"\xff" + der[place + 1 :]), 1)


TAMPERED: dict[str, Callable[[bytes], bytes]] = {
    "a mark": swap("<CA_NAM>7.8</CA_NAM>", "<CA_NAM>8.8</CA_NAM>"),
    "the name": swap("Giàng A Páo", "Giàng A Sáo"),
    "letters decomposed": swap("Giàng A Páo", unicodedata.normalize("NFD", "Giàng A Páo")),
    "the principal": swap("<CHUC_VU>Hiệu trưởng", "<CHUC_VU>Phó hiệu trưởng"),
    "a space between elements": swap("<TONG_KET>", " <TONG_KET>"),
    "the claimed time": swap("<xades:SigningTime>2026-05-28", "<xades:SigningTime>2026-05-27"),
    "the claimed role": swap("ClaimedRole>Nhà trường", "ClaimedRole>Sở Giáo dục"),
    "a digest": lambda x: x.replace(_first(rb"<ds:DigestValue>.", x), b"<ds:DigestValue>+", 1),
    "a value": lambda x: x.replace(_first(rb"<ds:SignatureValue>..", x), b"<ds:SignatureValue>++"),
    "the digest's algorithm": swap("2001/04/xmlenc#sha256", "2000/09/xmldsig#sha1"),
    "the signature's algorithm": swap("xmldsig-more#ecdsa-sha256", "xmldsig-more#ecdsa-sha1"),
    "another transform": swap(
        '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#">',
        '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116">',
    ),
    "another reference": swap('URI="#thongtinhocba"', 'URI="#chukygvbm"'),
    "the whole document": swap('URI="#data"', 'URI=""'),
    "an outer resource": swap('URI="#data"', 'URI="http://example.org/data"'),
    "no certificate": lambda x: x.replace(
        _first(rb"<ds:KeyInfo>.*?</ds:KeyInfo>", x), b"<ds:KeyInfo></ds:KeyInfo>"
    ),
    "a torn certificate": swap("<ds:X509Certificate>MII", "<ds:X509Certificate>AAA"),
    "a certificate's name": _broken_subject,
    "the first teacher's signature gone": _drop_slot("gv_15_1"),
    "the homeroom teacher's signature gone": _drop_slot("GVCN"),
    "the principal's signature gone": _drop_slot("CBQL"),
    "the school's signature gone": _drop_slot("KY_PHAT_HANH"),
    "the last two signatures gone": lambda x: _drop_slot("CBQL")(_drop_slot("KY_PHAT_HANH")(x)),
    "two signatures exchanged": _exchange,
    "two signatures in a slot": _twice,
    "cut short": lambda x: x[:-40],
    "a DTD": swap("<HOC_BA", "<!DOCTYPE HOC_BA [<!ENTITY a 'b'>]><HOC_BA"),
    "a comment": swap("<CA_NAM>7.8</CA_NAM>", "<CA_NAM>7<!-- -->.8</CA_NAM>"),
    "not XML": lambda _: b"<" + b"\xff" * 100,
    "empty": lambda _: b"",
}


@pytest.mark.parametrize("change", TAMPERED)
def test_no_change_goes_unnoticed(change: str) -> None:
    tampered = TAMPERED[change](whole())
    assert tampered != whole()
    report = check(tampered)
    assert not report.ok
    assert problems(report) or report.missing_roles


@pytest.mark.parametrize(
    ("name", "role"),
    [("KY_PHAT_HANH", "school"), ("CBQL", "principal"), ("GVCN", "homeroom")],
)
def test_a_missing_signature_is_named_by_its_role(name: str, role: str) -> None:
    report = check(_drop_slot(name)(whole()))
    assert role in report.missing_roles
    assert not report.ok


def test_removing_the_last_signatures_leaves_intact_content_but_no_ok() -> None:
    report = check(signed(secondary_record(), upto="CBQL"))
    assert report.content_intact
    assert not report.ok
    assert report.missing_roles == ("principal", "school")


@pytest.mark.parametrize(
    "wrapped",
    [
        pytest.param(lambda x, c: x.replace(b"</HOC_BA>", c + b"</HOC_BA>"), id="behind"),
        pytest.param(
            lambda x, c: x.replace(b"<PHAT_HANH_HOC_BA>", c + b"<PHAT_HANH_HOC_BA>"), id="before"
        ),
        pytest.param(
            lambda x, c: x.replace(b"</ds:Signature></KY", b"<ds:Object>" + c + b"</ds:Object>"
                                   b"</ds:Signature></KY"), id="in a signature",
        ),
    ],
)  # fmt: skip
def test_a_second_copy_of_the_signed_content_is_refused(
    wrapped: Callable[[bytes, bytes], bytes],
) -> None:
    """Signature wrapping: the signed original moves away, a changed one takes its place."""
    original = _first(rb"<DU_LIEU_HOC_BA .*</DU_LIEU_HOC_BA>", whole())
    forged = original.replace(b"7.8", b"9.9")
    for copy in (original, original.replace(b'Id="data"', b'Id="data2"')):
        report = check(wrapped(whole().replace(original, forged), copy))
        assert not report.ok
        assert not report.content_intact


def test_an_unknown_issuer_is_not_called_valid() -> None:
    report = check(whole(), trust=foreign_trust())
    assert not report.ok
    assert {s.state for s in report.signatures} == {CheckState.UNKNOWN}
    assert "issuer_unknown" in problems(report)


def foreign_trust() -> TrustStore:
    return TrustStore([PracticeAuthority(NOW).root])


def test_two_hierarchies_are_trusted_side_by_side() -> None:
    other = PracticeAuthority(NOW, "Ban Cơ yếu giả định")
    trust = TrustStore([other.root, staffroom().authority.root])
    assert check(whole(), trust=trust).ok
    xml = signed(primary_record(), upto="KY_PHAT_HANH")
    school = other.organisation("Trường TH và THCS Thực hành Mường Lý", "2800123456").key()
    mixed = sign_record(xml, SignatureSlot(SignerRole.SCHOOL, "KY_PHAT_HANH"), school, NOW)
    assert check(mixed, trust=trust).ok
    assert not check(mixed).ok


def test_an_authority_cannot_be_played_by_a_signers_certificate() -> None:
    """A teacher's key issues a certificate for the principal: no path leads to the root."""
    people = staffroom()
    fake = PracticeAuthority(NOW)
    fake._sub_key = people.homeroom.private_key
    fake._sub_name = people.homeroom.certificate.subject
    principal = fake.person("Nguyễn Văn Bình", "038075004321")
    path = people.trust.path(
        principal.certificate, (people.homeroom.certificate, people.authority.issuer)
    )
    assert path is None


@pytest.mark.parametrize("behind", [timedelta(seconds=24), timedelta(hours=23)])
def test_two_clocks_may_differ_by_less_than_a_day(behind: timedelta) -> None:
    assert check(whole(), now=NOW - behind).ok


@pytest.mark.parametrize("year", [2000, 2020])
def test_a_clock_that_is_far_behind_condemns_nothing_and_is_named(year: int) -> None:
    report = check(whole(), now=NOW.replace(year=year))
    assert (report.ok, report.undecided) == (False, True)
    assert problems(report) == {"time_in_future"}
    assert f"/{year}" in report.notes[0]


def test_what_is_wrong_is_wrong_by_any_clock() -> None:
    report = check(whole().replace(b"2016-03-14", b"2015-03-14"), now=NOW.replace(year=2020))
    assert (report.ok, report.undecided) == (False, False)


def test_a_certificate_that_ran_out_later_does_not_matter() -> None:
    assert check(whole(), now=NOW + timedelta(days=5000)).ok


def test_the_wrong_signer_is_found_out() -> None:
    """Another homeroom teacher's name in the record than in the certificate."""
    xml = secondary_record().replace(b"038180001234", b"038180001235")
    other = staffroom().authority.person("Lò Thị Hương", "038180001235")
    people = staffroom()
    for slot, key in (("gv_15_1", people.maths), ("gv_19_1", people.literature)):
        xml = sign_record(xml, SignatureSlot(SignerRole.SUBJECT_TEACHER, slot), key.key(), NOW)
    xml = sign_record(xml, SignatureSlot(SignerRole.HOMEROOM, "GVCN"), other.key(), NOW)
    forged = xml.replace(b"038180001235", b"038180001234")
    assert "wrong_signer" in problems(check(forged))
