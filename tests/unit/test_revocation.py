"""What lists and answers say of a certificate, at which moment, and what is not heard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from app.signing.practice_pki import Identity
from app.signing.revocation import Standing, standing_of
from tests.support.authority import Authority

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


def standing(*lists: bytes, answers: tuple[bytes, ...] = (), at: datetime = NOW) -> Standing:
    issuer = authority().issuers()[1][0]
    return standing_of(signer().certificate, issuer, at, lists, answers).standing


def test_a_list_in_force_speaks_for_those_it_does_not_name() -> None:
    assert standing(a_list()) is Standing.GOOD
    assert standing(a_list(NOW - HOUR)) is Standing.REVOKED
    assert standing(a_list(NOW - HOUR), at=NOW - 2 * HOUR) is Standing.GOOD


def test_a_list_that_has_ended_speaks_only_of_those_revoked_for_good() -> None:
    ended = NOW - DAY
    assert standing(a_list(until=ended)) is Standing.UNKNOWN
    assert standing(a_list(NOW - 3 * DAY, until=ended)) is Standing.REVOKED
    held = x509.ReasonFlags.certificate_hold
    assert standing(a_list(NOW - 3 * DAY, held, until=ended)) is Standing.UNKNOWN
    assert standing(a_list(NOW - 3 * DAY, held)) is Standing.REVOKED


def test_a_list_that_its_issuer_did_not_sign_is_not_heard() -> None:
    other = authority().issuers()[0][1]
    assert standing(a_list(NOW - HOUR, key=other)) is Standing.UNKNOWN
    assert standing(b"", b"\x30\x00", a_list()[:-3]) is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("said_at", "until", "expected"),
    [
        (NOW - HOUR, NOW + HOUR, Standing.GOOD),
        (NOW - 2 * DAY, NOW - DAY, Standing.UNKNOWN),
        (NOW - HOUR, None, Standing.GOOD),
        (NOW - 2 * DAY, None, Standing.UNKNOWN),
    ],
)
def test_an_old_answer_cannot_be_used_again(
    said_at: datetime, until: datetime | None, expected: Standing
) -> None:
    assert standing(answers=(an_answer(said_at, until),)) is expected


def test_revoked_outweighs_every_other_word() -> None:
    good = an_answer(NOW - HOUR, NOW + HOUR)
    assert standing(a_list(NOW - DAY), answers=(good,)) is Standing.REVOKED
