"""Packs, lists and statements as a department makes them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from app import resources
from app.model.publication import Publication, PublicationKind
from app.parcel.publication import issue
from app.parcel.rule_pack import make_pack
from app.profile import shipped
from app.signing.certificates import name_of
from app.signing.trust import TrustStore
from app.signing.trust_list import Hierarchy, TrustedCertificate, make_trust_list
from tests.support.parcels import SCHOOL

STATION_KEY = Ed25519PrivateKey.generate()
SECONDARY = "tt22-2021.toml"


def shipped_file(name: str) -> str:
    return Path(resources.path("profiles", name)).read_text("utf-8")


def rules_id(nth: int) -> str:
    """Id of Circular 22 in its n-th version from what ships, which is the first."""
    (shipped_id,) = {p.id for p in shipped().by_grade.values() if p.circular == "TT22-2021"}
    circular, _, version = shipped_id.partition("/")
    return f"{circular}/{int(version) + nth - 1}"


def newer_rules(nth: int = 2, **changed: str) -> bytes:
    """A pack with Circular 22 in its n-th version (see `rules_id`), and other values of keys."""
    old, new = (f'version = "{rules_id(each).partition("/")[2]}"' for each in (1, nth))
    text = shipped_file(SECONDARY).replace(old, new)
    for key, line in changed.items():
        (old,) = [each for each in text.splitlines() if each.startswith(f"{key} =")]
        text = text.replace(old, f"{key} = {line}")
    return make_pack({SECONDARY: text.encode()})


def trust_list(*more: TrustedCertificate) -> bytes:
    """The national root again, and others."""
    national = next(r for r in TrustStore.shipped().roots if "National" in name_of(r.subject))
    return make_trust_list([TrustedCertificate(national, Hierarchy.PUBLIC), *more])


def published(
    kind: PublicationKind,
    content: bytes,
    number: int = 1,
    version: int = 1,
    title: str = "Thông báo thử",
    school_code: str = SCHOOL,
    key: Ed25519PrivateKey = STATION_KEY,
) -> Publication:
    sha256 = hashlib.sha256(content).hexdigest()
    at = "2026-11-20T08:00:00+07:00"
    return issue(
        Publication(number, kind, version, title, "Sở thử", at, sha256, len(content), school_code),
        key,
    )


def many_authorities(count: int) -> list[TrustedCertificate]:
    """Self-signed authorities, so that a list becomes as long as a test needs it."""
    return [
        TrustedCertificate(new_root(f"Nơi cấp chứng thư thử {n}")[1], Hierarchy.OTHER)
        for n in range(count)
    ]


def new_root(name: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = dict.fromkeys(
        (
            "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
            "key_agreement", "encipher_only", "decipher_only",
        ),
        False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2045, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, certificate
