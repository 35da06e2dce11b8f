"""What a time-stamp must be before it proves anything; tokens are made here, byte by byte."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from app.clock import now
from app.errors import EvidenceInvalid
from app.model.signing import CheckState, SignatureReport
from app.signing.record.evidence import Evidence, paths_by_slot
from app.signing.record.slots import RecordTree
from app.signing.record.verification import verify_record
from app.signing.trust.certificates import readable
from app.signing.trust.practice_pki import (
    Algorithm,
    Identity,
    PracticeAuthority,
    _name,
    _usage,
    new_key,
)
from app.signing.trust.proven_time import ProvenTime, RevocationData
from app.signing.trust.timestamps import Timestamp, check_token
from tests.fixtures.pki.authority import Authority
from tests.fixtures.pki.pki import NOW, primary_record, staffroom
from tests.unit.test_xades_signing import signed

DIGEST = hashlib.sha256(b"a signature value").digest()
LATER = NOW + timedelta(days=1)
_NOTHING = RevocationData()
_STAMPS = ExtendedKeyUsageOID.TIME_STAMPING


def authority(
    purposes: tuple[x509.ObjectIdentifier, ...] = (_STAMPS,),
    *,
    critical: bool = True,
    valid: tuple[datetime, datetime] | None = None,
) -> Identity:
    """Under the root of everybody else here."""
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(digital_signature=True), True),
    ]
    if purposes:
        extensions.append((x509.ExtendedKeyUsage(purposes), critical))
    made, key = staffroom().authority, new_key(Algorithm.EC)
    subject = _name("Dịch vụ cấp dấu thời gian", "")
    certificate = made._issue(subject, made._sub_name, key, made._sub_key, extensions, valid)
    return Identity(key, certificate, (made.issuer,))


@cache
def usual() -> Identity:
    return authority()


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def stamp(
    by: Identity, moment: datetime = NOW, more: bytes = b"", **changed: object
) -> cms.ContentInfo:
    """A token over `DIGEST`. `more`: one certificate more (DER); `changed`: parts of TSTInfo."""
    said: dict[str, object] = {
        "version": "v1",
        "policy": "1.2.3.4.1",
        "message_imprint": {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
            "hashed_message": DIGEST,
        },
        "serial_number": 1,
        "gen_time": moment,
        **changed,
    }
    info = tsp.TSTInfo(said)
    certificate = asn1.Certificate.load(_der(by.certificate))
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.sha256(info.dump()).digest()]},
        ]
    )
    ders = [_der(c) for c in (by.certificate, *by.chain)] + ([more] if more else [])
    signer = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            {
                "issuer_and_serial_number": {
                    "issuer": certificate.issuer,
                    "serial_number": certificate.serial_number,
                }
            }
        ),
        "digest_algorithm": {"algorithm": "sha256"},
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": by.key().sign(attributes.dump()),
    }
    signed = {
        "version": "v3",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": {
            "content_type": "tst_info",
            "content": core.ParsableOctetString(info.dump()),
        },
        "certificates": [cms.CertificateChoices("certificate", _loaded(der)) for der in ders],
        "signer_infos": [signer],
    }
    return cms.ContentInfo({"content_type": "signed_data", "content": signed})


def _loaded(der: bytes) -> asn1.Certificate:
    return asn1.Certificate.load(der)


def proven(token: bytes) -> datetime:
    return check_token(token, DIGEST, staffroom().trust, LATER).moment


def test_a_whole_stamp_proves_its_time() -> None:
    assert proven(stamp(usual()).dump()) == NOW


def test_the_proven_time_is_the_authoritys_and_not_the_signers() -> None:
    certificate = staffroom().homeroom.certificate
    said = (NOW - timedelta(hours=5)).isoformat()
    report = SignatureReport(None, "GVCN", CheckState.VALID, claimed_time=said)
    proof = ProvenTime(
        check_token(stamp(usual()).dump(), DIGEST, staffroom().trust, LATER), _NOTHING
    )
    (judged,) = proof.judge([report], {"GVCN": (certificate, staffroom().authority.issuer)})
    assert datetime.fromisoformat(judged.proven_time) == NOW
    assert judged.claimed_time == said


@pytest.mark.parametrize(
    ("lists", "state"),
    [((0, 1), CheckState.VALID), ((1,), CheckState.VALID_NOT_CHECKED_ONLINE)],
)
def test_a_word_on_the_signer_alone_is_not_a_word_on_the_issuer(
    lists: tuple[int, ...], state: CheckState
) -> None:
    made = Authority(now(), "http://localhost")
    path = (made.person("Lò Thị Hương").certificate, made.issuer, made.root)
    proof = ProvenTime(Timestamp(now(), "", ()), RevocationData(tuple(made.crl(n) for n in lists)))
    report = SignatureReport(None, "GVCN", CheckState.VALID_NOT_CHECKED_ONLINE)
    assert proof.judge([report], {"GVCN": path})[0].state is state


def _of_other_data() -> bytes:
    imprint = {
        "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
        "hashed_message": bytes(32),
    }
    return bytes(stamp(usual(), message_imprint=imprint).dump())


def _with_another_content(change: Callable[[Any], None]) -> bytes:
    """The words exchanged under a signature that holds over the digest of the old ones."""
    token = stamp(usual())
    encapsulated = token["content"]["encap_content_info"]
    info = tsp.TSTInfo.load(bytes(encapsulated["content"]))
    change(info)
    encapsulated["content"] = core.ParsableOctetString(info.dump(force=True))
    return bytes(token.dump(force=True))


def _earlier(info: Any) -> None:
    info["gen_time"] = NOW - timedelta(hours=3)


def _with_another_signature() -> bytes:
    token = stamp(usual())
    token["content"]["signer_infos"][0]["signature"] = usual().key().sign(b"something else")
    return bytes(token.dump(force=True))


ENDED = (NOW - timedelta(days=20), NOW - timedelta(days=10))
REFUSED: dict[str, Callable[[], bytes]] = {
    "a stamp of other data": _of_other_data,
    "an earlier time put under the signature": lambda: _with_another_content(_earlier),
    "a signature over something else": _with_another_signature,
    "an authority that had ended": lambda: stamp(authority(valid=ENDED)).dump(),
    "a time before the authority began": lambda: stamp(usual(), NOW - timedelta(days=9)).dump(),
    "a teacher's certificate": lambda: stamp(staffroom().homeroom).dump(),
    "a certificate that stamps among other things": lambda: stamp(
        authority((_STAMPS, ExtendedKeyUsageOID.CLIENT_AUTH))
    ).dump(),
    "a purpose that may be overlooked": lambda: stamp(authority(critical=False)).dump(),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_an_authority_did_not_say_proves_nothing(kind: str) -> None:
    with pytest.raises(EvidenceInvalid):
        proven(REFUSED[kind]())


def test_a_certificate_that_cannot_be_read_makes_a_stamp_invalid_and_nothing_worse() -> None:
    broken = _der(usual().certificate).replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1)
    with pytest.raises(EvidenceInvalid):
        proven(stamp(usual(), more=broken).dump())


def test_every_byte_of_a_stamp_may_be_wrong() -> None:
    """Never anything but our own error, whatever part of the structure it hits."""
    whole = stamp(usual()).dump()
    uncovered = _uncovered(whole)
    for place in range(0, len(whole), 5):
        torn = whole[:place] + bytes([whole[place] ^ 0x31]) + whole[place + 1 :]
        try:
            proven(torn)
        except EvidenceInvalid:
            continue
        assert place in uncovered


def _uncovered(whole: bytes) -> set[int]:
    """Places of the certificates' own bytes and of lengths, which no signature of the stamp covers.

    A certificate that is not on the path, or a version number, changes nothing of what is proven.
    """
    info = bytes(stamp(usual())["content"]["encap_content_info"]["content"])
    covered = range(whole.index(info), whole.index(info) + len(info))
    return set(range(len(whole))) - set(covered)


def test_a_practice_authority_proves_nothing_of_a_genuine_signature(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Anybody has a practice authority, and could give a stolen key's signature an earlier time."""
    with monkeypatch.context() as unmarked:
        unmarked.setattr("app.signing.trust.practice_pki.PRACTICE_MARK", "Ban Cơ yếu")
        genuine = PracticeAuthority(NOW)
    path = (genuine.person("Lò Thị Hương").certificate, genuine.issuer, genuine.root)
    practice = (staffroom().homeroom.certificate, staffroom().authority.issuer)
    report = SignatureReport(None, "GVCN", CheckState.VALID_NOT_CHECKED_ONLINE)
    proof = ProvenTime(
        check_token(stamp(usual()).dump(), DIGEST, staffroom().trust, LATER), _NOTHING
    )
    assert proof.judge([report], {"GVCN": path}) == (report,)
    assert proof.judge([report], {"GVCN": practice})[0].proven_time


@pytest.mark.parametrize("items", [(bytes(1),) * 257, (bytes(1024 * 1024),) * 25])
def test_more_revocation_data_than_any_record_needs_is_refused(items: tuple[bytes, ...]) -> None:
    token = stamp(usual()).dump()
    for evidence in (Evidence(token, items), Evidence(token, (), items)):
        with pytest.raises(EvidenceInvalid):
            assert evidence.data
    xml = signed(primary_record())
    beside = Evidence(token, items[:128], items[128:]).dump()
    assert verify_record(xml, staffroom().trust, LATER, evidence=beside).problems == (
        "evidence_invalid",
    )


def test_a_certificate_that_nobody_signed_for_hides_no_path() -> None:
    """What comes beside the signer's certificate only helps to find one."""
    more = b"<ds:X509Certificate>AAAA</ds:X509Certificate>"
    xml = signed(primary_record()).replace(b"</ds:X509Data>", more + b"</ds:X509Data>")
    assert set(paths_by_slot(RecordTree(xml), staffroom().trust)) == {
        "GVCN",
        "CBQL",
        "KY_PHAT_HANH",
    }


def test_nobody_has_to_look_at_a_thousand_certificates() -> None:
    der = _der(staffroom().authority.issuer)
    assert len(readable([der] * 1000)) == 8
    assert readable([b"", b"\x30\x00", der]) == (staffroom().authority.issuer,)


@pytest.mark.parametrize("count", [17, 200])
def test_a_stamp_that_carries_a_heap_of_certificates_is_not_read(count: int) -> None:
    heap = stamp(usual())
    both = [
        cms.CertificateChoices("certificate", _loaded(_der(c)))
        for c in (usual().certificate, staffroom().authority.issuer)
    ]
    heap["content"]["certificates"] = (both * count)[:count]
    with pytest.raises(EvidenceInvalid) as refused:
        proven(heap.dump(force=True))
    assert refused.value.args[0] in ("too many certificates", "token too large")
    heap["content"]["certificates"] = both * 8
    assert proven(heap.dump(force=True)) == NOW


def test_a_stamp_of_any_size_is_measured_before_it_is_read() -> None:
    with pytest.raises(EvidenceInvalid) as refused:
        proven(stamp(usual()).dump() + bytes(64 * 1024))
    assert refused.value.args[0] == "token too large"
