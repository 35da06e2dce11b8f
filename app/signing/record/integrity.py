"""Whether a record's signature holds: its form, its references where they must be, its value."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from lxml import etree

from app.errors import TranscriptUnsafe
from app.signing.keys.keys import verify
from app.signing.record.slots import RecordTree, SlotPlace
from app.signing.record.xades import (
    DS,
    PROPERTIES,
    MalformedSignature,
    ReadSignature,
    digest_of,
    read_signature,
)
from app.signing.trust.certificates import fingerprint, load_certificate

SIGNATURE = f"{{{DS}}}Signature"


@dataclass(frozen=True, slots=True)
class Integrity:
    """What one slot holds. `problems` are codes; `signature` None when it cannot be read."""

    problems: tuple[str, ...]
    signature: ReadSignature | None = None
    certificate: x509.Certificate | None = None


@lru_cache(maxsize=512)
def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate's DER, hex; kept, as one certificate signs many records."""
    return fingerprint(certificate)


def check_integrity(
    record: RecordTree, place: SlotPlace, digests: dict[str, str] | None = None
) -> Integrity:
    """`digests` keeps digests by Id between the signatures of one record."""
    children = list(place.element)
    if len(children) != 1 or children[0].tag != SIGNATURE:
        return Integrity(("signature_malformed",))
    try:
        read = read_signature(children[0])
        certificate = load_certificate(read.certificates[0])
        certificate.public_key()
    except MalformedSignature as error:
        return Integrity((str(error),))
    except ValueError:
        return Integrity(("certificate_unreadable",))
    problems = _reference_problems(record, place, read, {} if digests is None else digests)
    if not verify(certificate, read.scheme, read.value, read.signed_info):
        problems.append("signature_value_wrong")
    if not record.profile.plain:
        problems += _property_problems(read, certificate)
    return Integrity(tuple(dict.fromkeys(problems)), read, certificate)


def integrity_problems(record: RecordTree, place: SlotPlace) -> tuple[str, ...]:
    """Codes; empty when the signature holds (its certificate is not judged here)."""
    return check_integrity(record, place).problems


def _reference_problems(
    record: RecordTree, place: SlotPlace, read: ReadSignature, digests: dict[str, str]
) -> list[str]:
    found = {r.uri: r for r in read.references if r.kind != PROPERTIES}
    others = [r for r in read.references if r.kind == PROPERTIES]
    wanted_others = 0 if record.profile.plain else 1
    if set(found) != set(place.covers) or len(read.references) != len(found) + wanted_others:
        return ["reference_not_expected"]
    problems = []
    for element_id in place.covers:
        if element_id not in digests:
            try:
                digests[element_id] = digest_of(record.element(element_id))
            except TranscriptUnsafe:
                return ["reference_not_expected"]
        if found[element_id].digest != digests[element_id]:
            problems.append("content_changed")
    if others and (
        read.properties is None
        or read.properties.get("Id") != others[0].uri
        or digest_of(read.properties) != others[0].digest
    ):
        problems.append("properties_changed")
    return problems


def _property_problems(read: ReadSignature, certificate: x509.Certificate) -> list[str]:
    problems = []
    if read.claimed_time is None:
        problems.append("time_missing")
    stated = bytes.fromhex(fingerprint_of(certificate))
    if read.certificate_digest != base64.b64encode(stated).decode():
        problems.append("certificate_not_the_signed_one")
    return problems


def stray_signatures(record: RecordTree) -> int:
    """Signatures that lie in no slot."""
    placed = {child for place in record.places for child in place.element}
    all_found: list[etree._Element] = list(record.root.iter(SIGNATURE))
    return sum(1 for s in all_found if s not in placed)
