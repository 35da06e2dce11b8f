"""Whether a certificate was revoked, by lists (RFC 5280 §5) and answers (RFC 6960) at hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from app.signing.trust.certificates import UNREADABLE

LARGEST = 8 * 1024 * 1024
_WITHOUT_END = timedelta(days=1)
"""An answer that names no end was replaced soon after (RFC 6960 §4.2.2.1)."""


class RevocationStatus(StrEnum):
    """What is known of a certificate at a moment."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Revocation:
    """`as_of`: when the authority said so; None when nobody did."""

    standing: RevocationStatus
    as_of: datetime | None = None


def standing_of(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    moment: datetime,
    lists: Iterable[bytes] = (),
    answers: Iterable[bytes] = (),
) -> Revocation:
    """The newest word of the issuer on a certificate, as it stood at `moment`.

    `lists` are CRLs, `answers` OCSP responses (DER); what is torn, of others, or not signed by the
    issuer is not heard. What ended before `moment` is heard only where it says "revoked for good".
    """
    found = [_by_list(certificate, issuer, moment, der) for der in lists]
    found += [_by_answer(certificate, issuer, moment, der) for der in answers]
    known = [r for r in found if r.as_of is not None]
    revoked = next((r for r in known if r.standing is RevocationStatus.REVOKED), None)
    newest = max(
        known, key=lambda r: r.as_of or moment, default=Revocation(RevocationStatus.UNKNOWN)
    )
    return revoked or newest


def _by_list(
    certificate: x509.Certificate, issuer: x509.Certificate, moment: datetime, der: bytes
) -> Revocation:
    nothing = Revocation(RevocationStatus.UNKNOWN)
    try:
        found = x509.load_der_x509_crl(der)
        if found.issuer != issuer.subject or not _signed_by(found, issuer):
            return nothing
        issued = found.last_update_utc
        partial = any(e.critical for e in found.extensions)
    except UNREADABLE:
        return nothing
    if partial:
        return nothing  # what it leaves out means nothing
    ended = found.next_update_utc is None or found.next_update_utc < moment
    entry = found.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if entry is not None and entry.revocation_date_utc <= moment:
        return (
            nothing
            if ended and _may_return(entry)
            else Revocation(RevocationStatus.REVOKED, issued)
        )
    return nothing if ended else Revocation(RevocationStatus.GOOD, issued)


def _may_return(entry: x509.RevokedCertificate) -> bool:
    """On hold only (RFC 5280 §5.3.1): a list that has ended says nothing of such a one."""
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return False
    return reason in (x509.ReasonFlags.certificate_hold, x509.ReasonFlags.remove_from_crl)


def _signed_by(found: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    return isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) and bool(
        found.is_signature_valid(key)
    )


def _by_answer(
    certificate: x509.Certificate, issuer: x509.Certificate, moment: datetime, der: bytes
) -> Revocation:
    nothing = Revocation(RevocationStatus.UNKNOWN)
    try:
        answer = ocsp.load_der_ocsp_response(der)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return nothing
        if not _is_about(answer, certificate, issuer) or not _answered_by(answer, issuer):
            return nothing
    except UNREADABLE:
        return nothing
    until = answer.next_update_utc or answer.this_update_utc + _WITHOUT_END
    if until < moment or answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        return nothing
    since = answer.revocation_time_utc
    revoked = answer.certificate_status is ocsp.OCSPCertStatus.REVOKED
    then = revoked and (since is None or since <= moment)
    return Revocation(
        RevocationStatus.REVOKED if then else RevocationStatus.GOOD, answer.this_update_utc
    )


def _is_about(
    answer: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> bool:
    """Whether name, key and number in the answer are the issuer's and the certificate's."""
    asked = (
        ocsp.OCSPRequestBuilder()
        .add_certificate(certificate, issuer, answer.hash_algorithm)
        .build()
    )
    return (
        answer.serial_number == asked.serial_number
        and answer.issuer_name_hash == asked.issuer_name_hash
        and answer.issuer_key_hash == asked.issuer_key_hash
    )


def _answered_by(answer: ocsp.OCSPResponse, issuer: x509.Certificate) -> bool:
    """The issuer itself, or a responder that it named for this alone (RFC 6960 §4.2.2.2)."""
    responders = [issuer]
    for candidate in answer.certificates:
        try:
            candidate.verify_directly_issued_by(issuer)
            usage = candidate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except (*UNREADABLE, InvalidSignature, x509.ExtensionNotFound):
            continue
        begin, end = candidate.not_valid_before_utc, candidate.not_valid_after_utc
        valid = begin <= answer.produced_at_utc <= end
        if valid and ExtendedKeyUsageOID.OCSP_SIGNING in usage:
            responders.append(candidate)
    return any(_holds(answer, responder) for responder in responders)


def _holds(answer: ocsp.OCSPResponse, responder: x509.Certificate) -> bool:
    key, kind = responder.public_key(), answer.signature_hash_algorithm
    if kind is None or isinstance(kind, hashes.SHA1):
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), kind)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(kind))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def list_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    """Where the issuer publishes its list (http only: the list is signed itself)."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return ()
    names = [n for point in points for n in point.full_name or ()]
    return _web(names)


def answer_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    """Where the issuer answers OCSP."""
    try:
        access = certificate.extensions.get_extension_for_class(
            x509.AuthorityInformationAccess
        ).value
    except x509.ExtensionNotFound:
        return ()
    kind = AuthorityInformationAccessOID.OCSP
    return _web([a.access_location for a in access if a.access_method == kind])


def _web(names: Iterable[x509.GeneralName]) -> tuple[str, ...]:
    texts = [n.value for n in names if isinstance(n, x509.UniformResourceIdentifier)]
    return tuple(t for t in texts if t.startswith(("http://", "https://")))
