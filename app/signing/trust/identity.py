"""Whose certificate it is: the person or the school that a role demands.

Identity is a number that both sides name: the personal id (CCCD) of a person, the tax code (MST) of
a school; or a certificate that was registered for it. Names are shared by many: an equal name is
not proof, a number on one side only is none either. What is missing is then said. Only practice,
which proves nothing anyhow, takes records that do not state the school's number: its early ones.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from app.errors import CertificateUnfit, WrongSigner
from app.model.signing import ExpectedSigner, SignerRole
from app.signing.trust.certificates import (
    fingerprint,
    first_of,
    holder,
    is_practice,
    organization,
    personal_ids,
    tax_code,
    weaknesses,
)

WRONG = "wrong_signer"
OPEN = frozenset(
    {
        "person_not_numbered",
        "certificate_not_numbered",
        "school_not_numbered",
        "school_certificate_not_numbered",
        "school_name_differs",
    }
)
"""What is missing, where nothing speaks against the signer either."""


def identity_problems(certificate: x509.Certificate, expected: ExpectedSigner) -> tuple[str, ...]:
    """Codes: none when it is theirs, `WRONG` when it is another's, else what is missing."""
    judge = _of_school if expected.role is SignerRole.SCHOOL else _of_person
    found = judge(certificate, expected)
    known = bool(expected.registered) and fingerprint(certificate) in expected.registered
    return () if known and WRONG not in found else found


def role_problems(certificate: x509.Certificate, role: SignerRole) -> tuple[str, ...]:
    """As `identity_problems`, where nobody says who it must be: a school's signature is that of an
    organisation's certificate, the others are those of people's."""
    ids, number = personal_ids(certificate), tax_code(certificate)
    if role is SignerRole.SCHOOL:
        return (WRONG,) if ids else () if number else ("school_certificate_not_numbered",)
    return () if ids else (WRONG,) if number else ("certificate_not_numbered",)


def fits_signer(certificate: x509.Certificate, expected: ExpectedSigner) -> bool:
    """Whether nothing says that it is another's: enough to be offered, not to be believed."""
    return WRONG not in identity_problems(certificate, expected)


def match_signer(certificate: x509.Certificate, expected: ExpectedSigner) -> None:
    """Raise WrongSigner(role, expected, found) unless the certificate fits the role's holder."""
    if not fits_signer(certificate, expected):
        raise WrongSigner(
            role=expected.role.value, expected=expected.full_name, found=holder(certificate)
        )


def check_certificate(
    certificate: x509.Certificate, now: datetime, expected: ExpectedSigner | None = None
) -> None:
    """Before signing: dates, key usage, key strength, and whose it is.

    Raises CertificateUnfit(reason) with the first weakness, or WrongSigner.
    """
    if found := weaknesses(certificate, now):
        raise CertificateUnfit(
            reason=found[0],
            not_before=certificate.not_valid_before_utc.date().isoformat(),
            not_after=certificate.not_valid_after_utc.date().isoformat(),
        )
    if expected is not None:
        match_signer(certificate, expected)


def _of_person(certificate: x509.Certificate, expected: ExpectedSigner) -> tuple[str, ...]:
    ids = [i for i in personal_ids(certificate) if len(i) == 12]
    if tax_code(certificate) and not personal_ids(certificate):
        return (WRONG,)  # an organisation's certificate never stands for a person
    if expected.personal_id and ids:
        return () if expected.personal_id in ids else (WRONG,)
    if not _same_name(first_of(certificate.subject, NameOID.COMMON_NAME), expected.full_name):
        return (WRONG,)
    missing = (
        ("person_not_numbered", expected.personal_id),
        ("certificate_not_numbered", ids),
    )
    return tuple(code for code, number in missing if not number)


def _of_school(certificate: x509.Certificate, expected: ExpectedSigner) -> tuple[str, ...]:
    if personal_ids(certificate):
        return (WRONG,)  # a person's certificate, though it may name the school that employs him
    name = first_of(certificate.subject, NameOID.COMMON_NAME)
    names = (name, organization(certificate))
    number, wanted = tax_code(certificate), expected.tax_code.replace("-", "")
    if number and wanted:
        is_own = _same_name(name, expected.full_name) or _same_name(*names) or not names[1]
        return (WRONG,) if number != wanted else () if is_own else ("school_name_differs",)
    if not fits_name(certificate, expected):
        return (WRONG,)
    stated = wanted or is_practice(certificate)
    missing = (("school_not_numbered", stated), ("school_certificate_not_numbered", number))
    return tuple(code for code, found in missing if not found)


def fits_name(certificate: x509.Certificate, school: ExpectedSigner) -> bool:
    """Whether the certificate names the school: as its holder, or as the holder's organisation."""
    names = (first_of(certificate.subject, NameOID.COMMON_NAME), organization(certificate))
    return any(_same_name(one, school.full_name) for one in names)


def _same_name(one: str, other: str) -> bool:
    def folded(text: str) -> str:
        return " ".join(unicodedata.normalize("NFC", text).casefold().split())

    return bool(one) and folded(one) == folded(other)
