"""Packs, lists and statements as a department makes them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import resources
from app.model.publication import Publication, PublicationKind
from app.parcel.publication import issue
from app.parcel.rule_pack import make_pack
from app.signing.certificates import name_of
from app.signing.trust import TrustStore
from app.signing.trust_list import Hierarchy, TrustedCertificate, make_trust_list
from tests.support.parcels import SCHOOL

STATION_KEY = Ed25519PrivateKey.generate()
SECONDARY = "tt22-2021.toml"


def shipped_file(name: str) -> str:
    return Path(resources.path("profiles", name)).read_text("utf-8")


def newer_rules(version: int = 2, **changed: str) -> bytes:
    """A pack with Circular 22 in another version, and other values of the keys in `changed`."""
    text = shipped_file(SECONDARY).replace('version = "1"', f'version = "{version}"')
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
    at = f"2026-11-{number:02d}T08:00:00+07:00"
    return issue(
        Publication(number, kind, version, title, "Sở thử", at, sha256, len(content), school_code),
        key,
    )
