"""Paths of certificates of every kind, judged by us and by certvalidator (RFC 5280 §6.1)."""

from __future__ import annotations

import asyncio
import random
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError

from app.signing.trust.practice_pki import _usage
from app.signing.trust.trust_store import TrustStore
from tests.fixtures.pki.pki import NOW

_Made = tuple[x509.Certificate, Any]
_E = ExtendedKeyUsageOID
_POLICY = x509.ObjectIdentifier("1.2.3.1")
_OTHER_POLICY = x509.ObjectIdentifier("1.2.3.2")
_ANY_POLICY = x509.ObjectIdentifier("2.5.29.32.0")


@dataclass(frozen=True)
class Kind:
    """One certificate of a path. `ours`: whether our own, stricter rules let it pass."""

    name: str
    extensions: tuple[tuple[x509.ExtensionType, bool], ...]
    weak: bool = False
    ours: bool = True
    self_issued: bool = field(default=False)


_Extensions = tuple[tuple[x509.ExtensionType, bool], ...]


def _ca(path_length: int | None = None, **usage: bool) -> _Extensions:
    signs = _usage(**(usage or {"key_cert_sign": True, "crl_sign": True}))
    return (x509.BasicConstraints(ca=True, path_length=path_length), True), (signs, True)


def _dn(*organisation: str) -> x509.DirectoryName:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")]
    parts += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, each) for each in organisation]
    return x509.DirectoryName(x509.Name(parts))


def _limits(*names: x509.GeneralName, excluded: bool = False) -> x509.NameConstraints:
    return x509.NameConstraints(None if excluded else names, names if excluded else None)


def _policies(*oids: x509.ObjectIdentifier) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(oid, None) for oid in oids])


_MAIL, _DNS = x509.RFC822Name, x509.DNSName
AUTHORITIES = (
    Kind("plain", _ca()),
    Kind("depth 0", _ca(0)),
    Kind("depth 1", _ca(1)),
    Kind("RSA-1024", _ca(), weak=True, ours=False),
    Kind("no certSign", _ca(crl_sign=True)),
    Kind("no CA", ((x509.BasicConstraints(ca=False, path_length=None), True),
                   (_usage(key_cert_sign=True), True))),
    Kind("no basic constraints", ((_usage(key_cert_sign=True), True),)),
    Kind("no usage", ((x509.BasicConstraints(ca=True, path_length=None), True),), ours=False),
    Kind("for servers", (*_ca(), (x509.ExtendedKeyUsage([_E.SERVER_AUTH]), False)), ours=False),
    Kind("for stamps", (*_ca(), (x509.ExtendedKeyUsage([_E.TIME_STAMPING]), True)), ours=False),
    Kind("for people", (*_ca(), (x509.ExtendedKeyUsage([_E.EMAIL_PROTECTION]), False))),
    Kind("for anything", (*_ca(), (x509.ExtendedKeyUsage([_E.ANY_EXTENDED_KEY_USAGE]), False))),
    Kind("own names", (*_ca(), (_limits(_dn("Đơn vị")), True))),
    Kind("own names, not critical", (*_ca(), (_limits(_dn("ĐƠN  VỊ")), False))),
    Kind("others' names", (*_ca(), (_limits(_dn("Khác")), True))),
    Kind("others' names, not critical", (*_ca(), (_limits(_dn("Khác")), False))),
    Kind("not its own", (*_ca(), (_limits(_dn("Đơn vị"), excluded=True), False))),
    Kind("not others", (*_ca(), (_limits(_dn("Khác"), excluded=True), True))),
    Kind("mail", (*_ca(), (_limits(_MAIL("truong.edu.vn")), True))),
    Kind("no mail", (*_ca(), (_limits(_MAIL(".edu.vn"), excluded=True), False))),
    Kind("hosts", (*_ca(), (_limits(_DNS("edu.vn")), False))),
    Kind("no hosts", (*_ca(), (_limits(_DNS("vn"), excluded=True), True))),
    Kind("unknown", (*_ca(), (x509.UnrecognizedExtension(
        x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), True))),
    Kind("policy", (*_ca(), (_policies(_POLICY), False))),
    Kind("any policy", (*_ca(), (_policies(_ANY_POLICY), False))),
    Kind("policy demanded", (*_ca(), (_policies(_POLICY), False),
                             (x509.PolicyConstraints(0, None), True))),
    Kind("policy demanded below", (*_ca(), (_policies(_ANY_POLICY), False),
                                   (x509.PolicyConstraints(1, None), True))),
    Kind("no any", (*_ca(), (_policies(_ANY_POLICY), False), (x509.InhibitAnyPolicy(0), True),
                    (x509.PolicyConstraints(0, None), True))),
)  # fmt: skip
_SIGNS = (_usage(digital_signature=True, content_commitment=True), True)
SIGNERS = (
    Kind("plain", (_SIGNS,)),
    Kind("mail", (_SIGNS, (x509.SubjectAlternativeName([_MAIL("a@truong.edu.vn")]), False))),
    Kind("other mail", (_SIGNS, (x509.SubjectAlternativeName([_MAIL("a@b.com")]), False))),
    Kind("host", (_SIGNS, (x509.SubjectAlternativeName([_DNS("a.edu.vn")]), False))),
    Kind("other host", (_SIGNS, (x509.SubjectAlternativeName([_DNS("a.com")]), False))),
    Kind("policy", (_SIGNS, (_policies(_POLICY), False))),
    Kind("other policy", (_SIGNS, (_policies(_OTHER_POLICY), True))),
    Kind("any policy", (_SIGNS, (_policies(_ANY_POLICY), False))),
)


@cache
def _key(weak: bool, number: int) -> Any:
    if weak:
        return rsa.generate_private_key(public_exponent=65537, key_size=1024)
    return ec.generate_private_key(ec.SECP256R1())


def _name(common: str) -> x509.Name:
    parts = ((NameOID.COUNTRY_NAME, "VN"), (NameOID.ORGANIZATION_NAME, "Đơn vị"),
             (NameOID.COMMON_NAME, common))  # fmt: skip
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])


def _issue(kind: Kind, number: int, issuer: _Made | None) -> _Made:
    key = _key(kind.weak, number)
    subject = issuer[0].subject if kind.self_issued and issuer else _name(f"{kind.name} {number}")
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(secrets.randbits(100) | 1)
        .not_valid_before(NOW - timedelta(days=9))
        .not_valid_after(NOW + timedelta(days=9))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
    for extension, critical in kind.extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def _path(*kinds: Kind) -> list[x509.Certificate]:
    """From the root down; the last one signs documents."""
    made: list[_Made] = []
    for number, kind in enumerate(kinds):
        made.append(_issue(kind, number, made[-1] if made else None))
    return [certificate for certificate, _ in made]


def _theirs(path: list[x509.Certificate]) -> bool:
    root, *between, signer = (asn1.Certificate.load(c.public_bytes(Encoding.DER)) for c in path)
    context = ValidationContext(
        trust_roots=[root], moment=NOW, allow_fetching=False, revocation_mode="soft-fail"
    )
    validator = CertificateValidator(signer, between, validation_context=context)
    try:
        asyncio.run(validator.async_validate_path())
    except (PathValidationError, PathBuildingError):
        return False
    return True


def _ours(path: list[x509.Certificate]) -> bool:
    root, *between, signer = path
    return TrustStore([root]).path(signer, tuple(reversed(between))) is not None


PLAIN, SIGNER = AUTHORITIES[0], SIGNERS[0]


@pytest.mark.parametrize("kind", AUTHORITIES, ids=lambda kind: kind.name)
def test_an_authority_of_each_kind_above_each_signer(kind: Kind) -> None:
    for signer in SIGNERS:
        for above in ((kind,), (kind, PLAIN), (PLAIN, kind)):
            path = _path(PLAIN, *above, signer)
            expected = _theirs(path) and kind.ours
            assert _ours(path) is expected, [each.name for each in (*above, signer)]


def test_a_zoo_of_paths_gets_the_verdicts_of_certvalidator() -> None:
    chance, good = random.Random(5280), 0
    for _ in range(400):
        kinds = [chance.choice(AUTHORITIES) for _ in range(chance.randint(1, 3))]
        signer = chance.choice(SIGNERS)
        path = _path(PLAIN, *kinds, signer)
        expected = _theirs(path) and all(kind.ours for kind in kinds)
        assert _ours(path) is expected, [each.name for each in (*kinds, signer)]
        good += expected
    assert good > 20


def test_an_authority_may_renew_its_own_key_below_a_depth_of_none() -> None:
    renewed = Kind("renewed", _ca(), self_issued=True)
    path = _path(PLAIN, Kind("depth 0", _ca(0)), renewed, SIGNER)
    assert _ours(path) is _theirs(path) is True


def test_a_weak_root_and_a_weak_hash_end_a_path() -> None:
    assert not _ours(_path(AUTHORITIES[3], SIGNER))
