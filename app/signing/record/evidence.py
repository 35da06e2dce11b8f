"""Evidence of a complete record: when it existed, and that no certificate was revoked.

One time-stamp is enough for all signatures: it stands over the school's signature value, and the
school signs everything before it. Unsigned properties inside an earlier signature would change
what later ones cover, so nothing is ever written there: evidence is kept beside the record (the
file that was signed, sent and registered stays as it is), and `attach` makes a copy for archives
with it inside the school's signature (XAdES-LT, ETSI EN 319 132-1 §5.3, §5.4), which none covers.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from lxml import etree

from app.errors import EvidenceInvalid
from app.model.signing import SignatureReport, SignerRole
from app.signing.record.slots import RecordTree, SlotPlace, slot_span
from app.signing.record.xades import C14N, DS, XADES, MalformedSignature, canonical, read_signature
from app.signing.trust.certificates import load_certificate, readable
from app.signing.trust.proven_time import ProvenTime, RevocationData
from app.signing.trust.timestamps import check_token
from app.signing.trust.trust_store import TrustStore

SUFFIX = ".hbev"
LARGEST = 32 * 1024 * 1024
_UNSIGNED = "ds:Object/xades:QualifyingProperties/xades:UnsignedProperties"
_PROPERTIES = f"{_UNSIGNED}/xades:UnsignedSignatureProperties"
_NS = {"ds": DS, "xades": XADES}
_END = b"</xades:QualifyingProperties>"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A time-stamp token over the school's signature value, CRLs and OCSP answers; all DER."""

    token: bytes
    lists: tuple[bytes, ...] = ()
    answers: tuple[bytes, ...] = ()

    @property
    def data(self) -> RevocationData:
        """Its CRLs and OCSP answers, for checking a path."""
        return RevocationData(self.lists, self.answers)

    def dump(self) -> bytes:
        """The evidence file's bytes: JSON with base64 of each DER; `load` reads them."""
        return json.dumps(
            {
                "hocba-evidence": 1,
                "timestamp": _text(self.token),
                "lists": [_text(der) for der in self.lists],
                "answers": [_text(der) for der in self.answers],
            }
        ).encode()

    @classmethod
    def load(cls, data: bytes) -> Evidence:
        """Raises EvidenceInvalid."""
        if len(data) > LARGEST:
            raise EvidenceInvalid("too large")
        try:
            content = json.loads(data)
            if content["hocba-evidence"] != 1:
                raise ValueError("another version")
            parts = (content["lists"], content["answers"])
            lists, answers = (tuple(_bytes(item) for item in part) for part in parts)
            return cls(_bytes(content["timestamp"]), lists, answers)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise EvidenceInvalid(type(error).__name__) from error


def _text(der: bytes) -> str:
    return base64.b64encode(der).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode("".join(text.split()), validate=True)


def stamped_digest(record: RecordTree) -> bytes:
    """What a time-stamp is asked for: SHA-256 of the school's SignatureValue, canonical.

    Raises EvidenceInvalid for a record that the school has not signed.
    """
    value = _school(record).element.find(f"{{{DS}}}Signature/{{{DS}}}SignatureValue")
    if value is None:
        raise EvidenceInvalid("not signed by the school")
    return hashlib.sha256(canonical(value)).digest()


def _school(record: RecordTree) -> SlotPlace:
    return next(p for p in record.places if p.slot.role is SignerRole.SCHOOL)


def paths_by_slot(record: RecordTree, trust: TrustStore) -> dict[str, tuple[x509.Certificate, ...]]:
    """Of every signature that has one, the path from its signer to a root."""
    found = {place.slot.name: _path(place, trust) for place in record.places}
    return {slot: path for slot, path in found.items() if path}


def _path(place: SlotPlace, trust: TrustStore) -> tuple[x509.Certificate, ...]:
    if not place.signed:
        return ()
    try:
        ders = read_signature(place.element[0]).certificates
        first = load_certificate(ders[0])
    except (MalformedSignature, ValueError):
        return ()  # such a signature is reported as invalid elsewhere
    path = trust.path(first, readable(ders[1:]))
    return path.certificates if path else ()


def attach(xml: bytes, evidence: Evidence) -> bytes:
    """A copy of the record with the evidence in the school's signature; no signed byte changes.

    Raises EvidenceInvalid where there is no school's signature, or it has evidence already.
    """
    record = RecordTree(xml)
    stamped_digest(record)
    span = slot_span(xml, _school(record).slot)
    inner = xml[span.inner : span.end]
    if inner.count(_END) != 1 or b"UnsignedProperties" in inner:
        raise EvidenceInvalid("no place for evidence")
    return xml[: span.inner] + inner.replace(_END, _unsigned(evidence) + _END) + xml[span.end :]


def _unsigned(evidence: Evidence) -> bytes:
    def values(name: str, items: tuple[bytes, ...]) -> str:
        one = f"xades:Encapsulated{name}Value"
        inner = "".join(f"<{one}>{_text(der)}</{one}>" for der in items)
        return f"<xades:{name}Values>{inner}</xades:{name}Values>" if items else ""

    revocation = values("CRL", evidence.lists) + values("OCSP", evidence.answers)
    kept = f"<xades:RevocationValues>{revocation}</xades:RevocationValues>" if revocation else ""
    return (
        "<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:SignatureTimeStamp>"
        f'<ds:CanonicalizationMethod xmlns:ds="{DS}" Algorithm="{C14N}"/>'
        f"<xades:EncapsulatedTimeStamp>{_text(evidence.token)}</xades:EncapsulatedTimeStamp>"
        f"</xades:SignatureTimeStamp>{kept}"
        "</xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
    ).encode()


def attached(record: RecordTree) -> Evidence | None:
    """The evidence inside the school's signature, or None. Raises EvidenceInvalid."""
    signature = _school(record).element.find(f"{{{DS}}}Signature")
    if signature is None or signature.find(_UNSIGNED, _NS) is None:
        return None
    try:
        (token,) = _found(signature, "xades:SignatureTimeStamp/xades:EncapsulatedTimeStamp")
        return Evidence(
            token,
            _found(signature, "xades:RevocationValues/xades:CRLValues/*"),
            _found(signature, "xades:RevocationValues/xades:OCSPValues/*"),
        )
    except (ValueError, TypeError) as error:
        raise EvidenceInvalid(type(error).__name__) from error


def _found(signature: etree._Element, path: str) -> tuple[bytes, ...]:
    return tuple(_bytes(e.text or "") for e in signature.iterfind(f"{_PROPERTIES}/{path}", _NS))


def judge_with(
    evidence: Evidence,
    record: RecordTree,
    reports: tuple[SignatureReport, ...],
    trust: TrustStore,
    now: datetime,
) -> tuple[SignatureReport, ...]:
    """The reports of a record's signatures with what the evidence adds.

    Raises EvidenceInvalid for a time-stamp that does not hold.
    """
    stamp = check_token(evidence.token, stamped_digest(record), trust, now)
    proof = ProvenTime(stamp, evidence.data)
    proof.check_authority()
    return proof.judge(reports, paths_by_slot(record, trust))
