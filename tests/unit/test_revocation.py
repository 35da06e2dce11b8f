"""What lists and answers say of a certificate, at which moment, and what is not heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import core
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from app.signing.trust.certificates import fingerprint
from app.signing.trust.practice_pki import (
    Algorithm,
    Identity,
    PracticeAuthority,
    _authority,
    _name,
    new_key,
)
from app.signing.trust.revocation import Revocation, RevocationStatus, standing_of
from app.signing.trust.revocation_cache import RevocationNotice, keep_told, standing_here
from app.signing.trust.trust_store import TrustStore
from app.store import Store, Workspace
from tests.fixtures.pki.authority import Authority

NOW = datetime(2026, 5, 28, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@cache
def authority() -> Authority:
    return Authority(NOW, "http://ca.invalid")


@cache
def signer() -> Identity:
    return authority().person("Nguyễn Văn A", "001075000001")


def a_list(
    since: datetime | None = None,
    reason: x509.ReasonFlags | None = None,
    until: datetime = NOW + DAY,
    key: Any = None,
) -> bytes:
    issuer, own = authority().issuers()[1]
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(until - 7 * DAY)
        .next_update(until)
    )
    if since is not None:
        number = signer().certificate.serial_number
        entry = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(since)
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key or own, hashes.SHA256()).public_bytes(Encoding.DER)


def an_answer(said_at: datetime, until: datetime | None) -> bytes:
    issuer, key = authority().issuers()[1]
    builder = ocsp.OCSPResponseBuilder().add_response(
        signer().certificate, issuer, hashes.SHA1(), ocsp.OCSPCertStatus.GOOD, said_at, until,
        None, None,
    )  # fmt: skip
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def standing(
    *lists: bytes, answers: tuple[bytes, ...] = (), at: datetime = NOW
) -> RevocationStatus:
    issuer = authority().issuers()[1][0]
    return standing_of(signer().certificate, issuer, at, lists, answers).standing


def test_a_list_in_force_speaks_for_those_it_does_not_name() -> None:
    assert standing(a_list()) is RevocationStatus.GOOD
    assert standing(a_list(NOW - HOUR)) is RevocationStatus.REVOKED
    assert standing(a_list(NOW - HOUR), at=NOW - 2 * HOUR) is RevocationStatus.GOOD


def test_a_list_that_has_ended_speaks_only_of_those_revoked_for_good() -> None:
    ended = NOW - DAY
    assert standing(a_list(until=ended)) is RevocationStatus.UNKNOWN
    assert standing(a_list(NOW - 3 * DAY, until=ended)) is RevocationStatus.REVOKED
    held = x509.ReasonFlags.certificate_hold
    assert standing(a_list(NOW - 3 * DAY, held, until=ended)) is RevocationStatus.UNKNOWN
    assert standing(a_list(NOW - 3 * DAY, held)) is RevocationStatus.REVOKED


def test_a_list_that_its_issuer_did_not_sign_is_not_heard() -> None:
    other = authority().issuers()[0][1]
    assert standing(a_list(NOW - HOUR, key=other)) is RevocationStatus.UNKNOWN
    assert standing(b"", b"\x30\x00", a_list()[:-3]) is RevocationStatus.UNKNOWN


@pytest.mark.parametrize(
    ("said_at", "until", "expected"),
    [
        (NOW - HOUR, NOW + HOUR, RevocationStatus.GOOD),
        (NOW - 2 * DAY, NOW - DAY, RevocationStatus.UNKNOWN),
        (NOW - HOUR, None, RevocationStatus.GOOD),
        (NOW - 2 * DAY, None, RevocationStatus.UNKNOWN),
    ],
)
def test_an_old_answer_cannot_be_used_again(
    said_at: datetime, until: datetime | None, expected: RevocationStatus
) -> None:
    assert standing(answers=(an_answer(said_at, until),)) is expected


def test_revoked_outweighs_every_other_word() -> None:
    good = an_answer(NOW - HOUR, NOW + HOUR)
    assert standing(a_list(NOW - DAY), answers=(good,)) is RevocationStatus.REVOKED


# --- who may answer, and about whom ---------------------------------------------------------------


def _made(*given: Any) -> x509.Certificate:
    """Without a trace in the authority, which remembers the keys of names."""
    return PracticeAuthority._issue(authority(), *given)


def another() -> tuple[x509.Certificate, Any]:
    """The issuer's namesake with a key of its own."""
    issuer, key = authority().issuers()[1][0], new_key(Algorithm.EC)
    return _made(issuer.subject, issuer.subject, key, key, _authority(0)), key


def renamed() -> x509.Certificate:
    """The issuer's own key under another name."""
    key = authority().issuers()[1][1]
    name = _name("Nơi cấp khác", "")
    return _made(name, name, key, key, _authority(0))


def double() -> x509.Certificate:
    """The signer's number and key under an issuer of another name."""
    own, key = signer().certificate, authority().issuers()[1][1]
    builder = x509.CertificateBuilder(
        renamed().subject, own.subject, own.public_key(), own.serial_number,
        own.not_valid_before_utc, own.not_valid_after_utc,
    )  # fmt: skip
    return builder.sign(key, hashes.SHA256())


def responder(
    *purposes: x509.ObjectIdentifier, ended: bool = False, by: Any = None
) -> tuple[x509.Certificate, Any]:
    issuer, own = authority().issuers()[1]
    key = new_key(Algorithm.EC)
    extensions = [(x509.ExtendedKeyUsage(purposes), False)] if purposes else []
    valid = (NOW - 9 * DAY, NOW - 2 * DAY) if ended else (NOW - 9 * DAY, NOW + 3650 * DAY)
    made = _made(_name("Trả lời", ""), issuer.subject, key, by or own, extensions, valid)
    return made, key


def said(
    about: x509.Certificate | None = None,
    under: x509.Certificate | None = None,
    by: tuple[x509.Certificate, Any] | None = None,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    since: datetime | None = None,
) -> bytes:
    """An answer in force at `NOW`. `about`, `under`: whom it names, and whose issuer."""
    issuer, own = authority().issuers()[1]
    signing, key = by or (issuer, own)
    builder = ocsp.OCSPResponseBuilder().add_response(
        about or signer().certificate, under or issuer, hashes.SHA256(), status,
        NOW - HOUR, NOW + DAY, since, None,
    )  # fmt: skip
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, signing)
    if by is not None:
        builder = builder.certificates([signing])
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


_OCSP = ExtendedKeyUsageOID.OCSP_SIGNING
_HEARD: dict[str, Callable[[], bytes]] = {
    "the issuer": said,
    "a responder that the issuer named for this": lambda: said(by=responder(_OCSP)),
}
_NOT_HEARD: dict[str, Callable[[], bytes]] = {
    "about another certificate": lambda: said(about=authority().person("Trần B").certificate),
    "about a namesake's certificate": lambda: said(under=another()[0]),
    "about the certificate of another name": lambda: said(about=double(), under=renamed()),
    "a responder for nothing": lambda: said(by=responder()),
    "a responder for something else": lambda: said(by=responder(ExtendedKeyUsageOID.CLIENT_AUTH)),
    "a responder that had ended": lambda: said(by=responder(_OCSP, ended=True)),
    "a responder that a namesake named": lambda: said(by=responder(_OCSP, by=another()[1])),
    "a namesake": lambda: said(by=another()),
    "one who does not know": lambda: said(status=ocsp.OCSPCertStatus.UNKNOWN),
}


@pytest.mark.parametrize("by", _HEARD)
def test_the_issuer_and_whom_it_named_are_heard(by: str) -> None:
    assert standing(answers=(_HEARD[by](),)) is RevocationStatus.GOOD


@pytest.mark.parametrize("kind", _NOT_HEARD)
def test_any_other_answer_is_not_heard(kind: str) -> None:
    assert standing(answers=(_NOT_HEARD[kind](),)) is RevocationStatus.UNKNOWN


def test_an_answer_tells_how_it_stood_then() -> None:
    revoked = ocsp.OCSPCertStatus.REVOKED
    answer = said(status=revoked, since=NOW - HOUR)
    assert standing(answers=(answer,)) is RevocationStatus.REVOKED
    assert standing(answers=(answer,), at=NOW - 2 * HOUR) is RevocationStatus.GOOD


def test_the_newest_word_tells_its_age() -> None:
    issuer = authority().issuers()[1][0]
    older, newer = an_answer(NOW - 3 * HOUR, NOW + HOUR), an_answer(NOW - HOUR, NOW + HOUR)
    found = standing_of(signer().certificate, issuer, NOW, (), (older, newer, older))
    assert found.as_of == NOW - HOUR


def test_an_answer_signed_over_a_weak_digest_is_not_heard() -> None:
    """SHA-1 names a certificate; it does not bind an authority to its word."""
    answer = asn1_ocsp.OCSPResponse.load(said())
    basic = answer["response_bytes"]["response"].parsed
    key = authority().issuers()[1][1]
    basic["signature_algorithm"] = {"algorithm": "sha1_ecdsa"}
    value = key.sign(basic["tbs_response_data"].dump(), ec.ECDSA(hashes.SHA1()))
    basic["signature"] = value
    answer["response_bytes"]["response"] = core.ParsableOctetString(basic.dump(force=True))
    assert standing(answers=(answer.dump(force=True),)) is RevocationStatus.UNKNOWN


# --- lists ----------------------------------------------------------------------------------------


def test_a_namesakes_list_and_one_under_another_name_are_not_heard() -> None:
    key = authority().issuers()[1][1]
    other = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(renamed().subject)
        .last_update(NOW - DAY)
        .next_update(NOW + DAY)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )
    assert standing(other) is RevocationStatus.UNKNOWN
    assert standing(a_list(key=another()[1])) is RevocationStatus.UNKNOWN


def test_a_list_of_only_some_certificates_says_nothing_of_the_others() -> None:
    issuer, key = authority().issuers()[1]
    partial = x509.IssuingDistributionPoint(None, None, False, True, None, False, False)
    der = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(NOW - DAY)
        .next_update(NOW + DAY)
        .add_extension(partial, critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )
    assert standing(der) is RevocationStatus.UNKNOWN


def test_a_list_that_names_no_end_is_never_in_force() -> None:
    found = asn1_crl.CertificateList.load(a_list())
    content = found["tbs_cert_list"]
    del content["next_update"]
    key = authority().issuers()[1][1]
    found["signature"] = key.sign(content.dump(force=True), ec.ECDSA(hashes.SHA256()))
    der = found.dump(force=True)
    assert x509.load_der_x509_crl(der).next_update_utc is None
    assert standing(der) is RevocationStatus.UNKNOWN


def test_who_was_taken_off_a_list_that_has_ended_is_not_revoked_for_good() -> None:
    returned = x509.ReasonFlags.remove_from_crl
    assert standing(a_list(NOW - 3 * DAY, returned, until=NOW - DAY)) is RevocationStatus.UNKNOWN


# --- what is kept at hand -------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    workspace, _ = Workspace.create(tmp_path / "school.hocba", "danh sách thu hồi", "thử")
    yield workspace.here()
    workspace.close()


def keep(store: Store, number: int, said_at: datetime) -> None:
    issuer, key = authority().issuers()[number]
    der = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(said_at)
        .next_update(NOW + DAY)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )
    store.evidence.keep_list(f"{authority().url}/crl/{number}", said_at.isoformat(), der)


def here(store: Store) -> Revocation:
    trust = TrustStore([authority().root], [authority().issuer])
    return standing_here(store, trust, signer().certificate, NOW)


def test_every_certificate_of_a_path_must_be_spoken_of_and_the_oldest_word_counts(
    store: Store,
) -> None:
    keep(store, 1, NOW - HOUR)
    assert here(store).standing is RevocationStatus.UNKNOWN
    keep(store, 0, NOW - DAY)
    assert here(store) == Revocation(RevocationStatus.GOOD, NOW - DAY)


def test_only_a_newer_list_takes_back_what_an_answer_told(store: Store) -> None:
    """As one that was on hold."""
    for number in (0, 1):
        keep(store, number, NOW - 2 * HOUR)
    for told_at, expected in (
        (NOW - HOUR, RevocationStatus.REVOKED),
        (NOW - DAY, RevocationStatus.GOOD),
    ):
        keep_told(store, {fingerprint(signer().certificate): RevocationNotice("A", told_at)})
        assert here(store).standing is expected
