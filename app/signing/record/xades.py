"""XAdES-BES signatures (ETSI EN 319 132-1), built and read.

What is hashed is written in its canonical form (exclusive C14N 1.0), so the bytes that were hashed
are the bytes in the file. Detached same-document references, no other transform: the ministry's
rule is that a signature lies outside what it signs.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from app.errors import TranscriptUnsafe
from app.signing.keys.keys import Scheme, SigningKey

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
SIGNATURE_METHODS = {
    Scheme.PSS: "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",  # RFC 9231 §2.3.10
    Scheme.PKCS1: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    Scheme.ECDSA: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
}
_EC_SIZE = 32
_NS = {"ds": DS, "xades": XADES}


def canonical(element: etree._Element) -> bytes:
    """Exclusive C14N 1.0 without comments.

    Raises TranscriptUnsafe where there is none (a namespace that is no absolute URI, §1.3).
    """
    try:
        return etree.tostring(
            element, method="c14n", exclusive=True, with_comments=False, with_tail=False
        )
    except etree.C14NError as error:
        raise TranscriptUnsafe(
            "no canonical form", reason="Tệp có không gian tên XML không hợp lệ"
        ) from error


def digest_of(element: etree._Element) -> str:
    """SHA-256 over the canonical form, base64."""
    return _b64(hashlib.sha256(canonical(element)).digest())


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _escaped(text: str) -> str:
    """Text content as canonical XML writes it."""
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")
    )


def _reference(uri: str, digest: str, kind: str = "") -> str:
    type_attribute = f' Type="{kind}"' if kind else ""
    return (
        f'<ds:Reference{type_attribute} URI="#{uri}"><ds:Transforms>'
        f'<ds:Transform Algorithm="{C14N}"></ds:Transform></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{SHA256}"></ds:DigestMethod>'
        f"<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>"
    )


def _properties(
    signature_id: str, certificate: x509.Certificate, now: datetime, claimed_role: str
) -> str:
    moment = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = _b64(hashlib.sha256(_der(certificate)).digest())
    return (
        f'<xades:SignedProperties xmlns:xades="{XADES}" Id="{signature_id}-properties">'
        "<xades:SignedSignatureProperties>"
        f"<xades:SigningTime>{moment}</xades:SigningTime>"
        "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
        f'<ds:DigestMethod xmlns:ds="{DS}" Algorithm="{SHA256}"></ds:DigestMethod>'
        f'<ds:DigestValue xmlns:ds="{DS}">{digest}</ds:DigestValue>'
        "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
        "<xades:SignerRoleV2><xades:ClaimedRoles>"
        f"<xades:ClaimedRole>{_escaped(claimed_role)}</xades:ClaimedRole>"
        "</xades:ClaimedRoles></xades:SignerRoleV2>"
        "</xades:SignedSignatureProperties></xades:SignedProperties>"
    )


@lru_cache(maxsize=64)
def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


@lru_cache(maxsize=64)
def _key_info(certificates: tuple[x509.Certificate, ...]) -> str:
    inner = "".join(
        f"<ds:X509Certificate>{_b64(_der(c))}</ds:X509Certificate>" for c in certificates
    )
    return f"<ds:KeyInfo><ds:X509Data>{inner}</ds:X509Data></ds:KeyInfo>"


@dataclass(frozen=True, slots=True)
class UnsignedSignature:
    """A `ds:Signature` that lacks nothing but its value."""

    to_sign: bytes
    """SignedInfo in canonical form."""
    scheme: Scheme
    _before: str
    _behind: str

    def complete(self, value: bytes) -> bytes:
        """The element. `value`: the key's signature over `to_sign`; ECDSA in DER."""
        raw = _ecdsa_raw(value) if self.scheme is Scheme.ECDSA else value
        return f"{self._before}{_b64(raw)}{self._behind}".encode()


def unsigned_signature(
    signature_id: str,
    references: Sequence[tuple[str, str]],
    key: SigningKey,
    now: datetime,
    claimed_role: str | None,
) -> UnsignedSignature:
    """A signature over `references`, pairs of Id and digest (base64 SHA-256), before it is signed.

    `claimed_role` None: the plain form, without XAdES properties. Of the key only the certificates
    are used.
    """
    lines = [_reference(uri, digest) for uri, digest in references]
    wrapped = ""
    if claimed_role is not None:
        properties = _properties(signature_id, key.certificate, now, claimed_role)
        digest = _b64(hashlib.sha256(properties.encode()).digest())
        lines.append(_reference(f"{signature_id}-properties", digest, PROPERTIES))
        wrapped = (
            f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}"'
            f' Target="#{signature_id}">{properties}</xades:QualifyingProperties></ds:Object>'
        )
    signed_info = (
        f'<ds:SignedInfo xmlns:ds="{DS}">'
        f'<ds:CanonicalizationMethod Algorithm="{C14N}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{SIGNATURE_METHODS[key.scheme]}"></ds:SignatureMethod>'
        f"{''.join(lines)}</ds:SignedInfo>"
    )
    return UnsignedSignature(
        signed_info.encode(),
        key.scheme,
        f'<ds:Signature xmlns:ds="{DS}" Id="{signature_id}">{signed_info}<ds:SignatureValue>',
        f"</ds:SignatureValue>{_key_info((key.certificate, *key.chain))}{wrapped}</ds:Signature>",
    )


def _ecdsa_raw(der: bytes) -> bytes:
    """r and s side by side, as XML wants them (RFC 9231 §2.3.6)."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(_EC_SIZE, "big") + s.to_bytes(_EC_SIZE, "big")


@dataclass(frozen=True, slots=True)
class Reference:
    """One ds:Reference as read: URI, DigestValue as its text, and Type ('' for none)."""

    uri: str
    digest: str
    kind: str


@dataclass(frozen=True, slots=True)
class ReadSignature:
    """A signature as read; nothing of it is believed yet."""

    scheme: Scheme
    signed_info: bytes
    """Canonical form."""
    value: bytes
    """ECDSA in DER."""
    references: tuple[Reference, ...]
    certificates: tuple[bytes, ...]
    """DER, the signer's first."""
    properties: etree._Element | None
    claimed_time: datetime | None
    claimed_role: str
    certificate_digest: str


class MalformedSignature(Exception):
    """Not the one form of signature that we accept. The text is a problem code."""


def read_signature(element: etree._Element) -> ReadSignature:
    """Take a `ds:Signature` apart. Raises MalformedSignature(code) for any form but ours."""
    info = _child(element, f"{{{DS}}}SignedInfo")
    if _algorithm(info, "CanonicalizationMethod") != C14N:
        raise MalformedSignature("algorithm_not_allowed")
    method = _algorithm(info, "SignatureMethod")
    scheme = next((s for s, uri in SIGNATURE_METHODS.items() if uri == method), None)
    if scheme is None:
        raise MalformedSignature("algorithm_not_allowed")
    value = _bytes(_child(element, f"{{{DS}}}SignatureValue"))
    if scheme is Scheme.ECDSA:
        value = _ecdsa_der(value)
    data = _child(_child(element, f"{{{DS}}}KeyInfo"), f"{{{DS}}}X509Data")
    certificates = tuple(_bytes(c) for c in data.findall(f"{{{DS}}}X509Certificate"))
    if not certificates:
        raise MalformedSignature("certificate_missing")
    references = tuple(_read_reference(r) for r in info.findall(f"{{{DS}}}Reference"))
    properties = element.findall("ds:Object/xades:QualifyingProperties/xades:SignedProperties", _NS)
    if len(properties) > 1:
        raise MalformedSignature("signature_malformed")
    found = properties[0] if properties else None
    return ReadSignature(
        scheme,
        canonical(info),
        value,
        references,
        certificates,
        found,
        _time(found),
        _property(found, "xades:SignerRoleV2/xades:ClaimedRoles/xades:ClaimedRole"),
        _certificate_digest(found),
    )


def _child(parent: etree._Element, tag: str) -> etree._Element:
    found = parent.findall(tag)
    if len(found) != 1:
        raise MalformedSignature("signature_malformed")
    return found[0]


def _algorithm(parent: etree._Element, name: str) -> str:
    child = _child(parent, f"{{{DS}}}{name}")
    if len(child):  # no parameters: neither prefixes for C14N nor salt lengths
        raise MalformedSignature("algorithm_not_allowed")
    return child.get("Algorithm", "")


def _bytes(element: etree._Element) -> bytes:
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except ValueError as error:
        raise MalformedSignature("signature_malformed") from error


def _ecdsa_der(raw: bytes) -> bytes:
    if len(raw) != 2 * _EC_SIZE:
        raise MalformedSignature("signature_malformed")
    halves = raw[:_EC_SIZE], raw[_EC_SIZE:]
    return encode_dss_signature(*(int.from_bytes(h, "big") for h in halves))


def _read_reference(element: etree._Element) -> Reference:
    transforms = _child(element, f"{{{DS}}}Transforms")
    if len(transforms) != 1 or _algorithm(transforms, "Transform") != C14N:
        raise MalformedSignature("transform_not_allowed")
    if _algorithm(element, "DigestMethod") != SHA256:
        raise MalformedSignature("algorithm_not_allowed")
    uri = element.get("URI", "")
    if not uri.startswith("#"):
        raise MalformedSignature("reference_not_expected")
    digest = _b64(_bytes(_child(element, f"{{{DS}}}DigestValue")))
    return Reference(uri[1:], digest, element.get("Type", ""))


def _property(properties: etree._Element | None, path: str) -> str:
    if properties is None:
        return ""
    return properties.findtext(f"xades:SignedSignatureProperties/{path}", "", _NS).strip()


def _certificate_digest(properties: etree._Element | None) -> str:
    base = "xades:SigningCertificateV2/xades:Cert/xades:CertDigest"
    if properties is None:
        return ""
    method = properties.find(f"xades:SignedSignatureProperties/{base}/ds:DigestMethod", _NS)
    if method is None or method.get("Algorithm") != SHA256:
        return ""
    return _property(properties, f"{base}/ds:DigestValue")


def _time(properties: etree._Element | None) -> datetime | None:
    text = _property(properties, "xades:SigningTime")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
