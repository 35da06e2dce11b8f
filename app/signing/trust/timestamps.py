"""Time-stamps (RFC 3161): the request, and what a token proves. No network here."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import algos, cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from app.errors import EvidenceInvalid
from app.signing.trust.certificates import load_certificate, name_of
from app.signing.trust.trust_list import TrustPurpose
from app.signing.trust.trust_store import TrustStore

_LARGEST = 64 * 1024
_MOST_CERTIFICATES = 16
_NONCE_BYTES = 16
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
"""Circular 15/2025/TT-BKHCN. We ask with SHA-256; an authority may sign with another."""
_PADDINGS: dict[str, Callable[[hashes.HashAlgorithm], padding.AsymmetricPadding]] = {
    "rsassa_pkcs1v15": lambda _: padding.PKCS1v15(),
    "rsassa_pss": lambda kind: padding.PSS(padding.MGF1(kind), padding.PSS.AUTO),
}


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A token that holds: something existed at `moment`, says `authority`."""

    moment: datetime
    authority: str
    path: tuple[x509.Certificate, ...]


def time_request(digest: bytes) -> tuple[bytes, int]:
    """TimeStampReq (DER) for a SHA-256 digest, and its nonce."""
    nonce = secrets.randbits(8 * _NONCE_BYTES) | 1
    request = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {
                "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                "hashed_message": digest,
            },
            "nonce": nonce,
            "cert_req": True,
        }
    )
    return request.dump(), nonce


def token_of(response: bytes, nonce: int) -> bytes:
    """The token (DER) in a TimeStampResp. Raises EvidenceInvalid for a refusal or a torn answer."""
    try:
        answer = tsp.TimeStampResp.load(response, strict=True)
        granted = answer["status"]["status"].native in ("granted", "granted_with_mods")
        if not granted or _info(answer["time_stamp_token"])["nonce"].native != nonce:
            raise EvidenceInvalid("refused, or an answer to another request")
        token: bytes = answer["time_stamp_token"].dump()
    except (ValueError, TypeError, KeyError) as error:
        raise EvidenceInvalid(type(error).__name__) from error
    return token


def check_token(token: bytes, digest: bytes, trust: TrustStore, now: datetime) -> Timestamp:
    """What a token proves of the data with this SHA-256 digest.

    Raises EvidenceInvalid when it is for other data, its signature does not hold, or its signer
    is no trusted time-stamping authority (RFC 3161 §2.3: that purpose alone).
    """
    try:
        moment, certificate, others = _read(token, digest)
    except EvidenceInvalid:
        raise
    except Exception as error:  # asn1crypto raises all sorts on hostile bytes
        raise EvidenceInvalid(type(error).__name__) from error
    path = trust.path(certificate, others, TrustPurpose.TIMESTAMPS)
    if path is None or not path.begin <= moment <= path.end:
        raise EvidenceInvalid("authority not trusted at that time")
    if not _only_stamps(certificate):
        raise EvidenceInvalid("not a time-stamping certificate")
    return Timestamp(moment, name_of(certificate.subject), path.certificates)


def _read(
    token: bytes, digest: bytes
) -> tuple[datetime, x509.Certificate, tuple[x509.Certificate, ...]]:
    """When, by whom, and what else was sent; the parts of a structure fail when they are read."""
    if len(token) > _LARGEST:
        raise EvidenceInvalid("token too large")
    content = cms.ContentInfo.load(token, strict=True)
    info = _info(content)
    _check_imprint(info["message_imprint"], digest)
    signed = content["content"]
    if len(signed["certificates"]) > _MOST_CERTIFICATES:
        raise EvidenceInvalid("too many certificates")
    certificates = [load_certificate(c.chosen.dump()) for c in signed["certificates"]]
    (signer,) = signed["signer_infos"]
    certificate = _signer(signer, certificates)
    _check_signature(signer, certificate, bytes(signed["encap_content_info"]["content"]))
    others = tuple(c for c in certificates if c != certificate)
    return info["gen_time"].native.astimezone(UTC), certificate, others


def _info(content: Any) -> Any:
    encapsulated = content["content"]["encap_content_info"]
    if encapsulated["content_type"].native != "tst_info":
        raise ValueError("not a time-stamp")
    return encapsulated["content"].parsed


def _check_imprint(imprint: Any, digest: bytes) -> None:
    same = imprint["hashed_message"].native == digest
    if imprint["hash_algorithm"]["algorithm"].native != "sha256" or not same:
        raise EvidenceInvalid("a stamp of other data")


def _signer(signer: Any, certificates: list[x509.Certificate]) -> x509.Certificate:
    wanted = signer["sid"].chosen["serial_number"].native
    return next(c for c in certificates if c.serial_number == wanted)


def _check_signature(signer: Any, certificate: x509.Certificate, content: bytes) -> None:
    attributes = signer["signed_attrs"]
    found = {a["type"].native: a["values"][0].native for a in attributes}
    kind = _HASHES.get(signer["digest_algorithm"]["algorithm"].native)
    if kind is None or found["message_digest"] != hashlib.new(kind.name, content).digest():
        raise EvidenceInvalid("digest differs, or is of a kind that is not allowed")
    data, signature = attributes.untag().dump(force=True), signer["signature"].native
    public, scheme = certificate.public_key(), signer["signature_algorithm"].signature_algo
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, data, _PADDINGS[scheme](kind), kind)
        elif isinstance(public, ec.EllipticCurvePublicKey) and scheme == "ecdsa":
            public.verify(signature, data, ec.ECDSA(kind))
        else:
            raise EvidenceInvalid("a key of another kind")
    except InvalidSignature as error:
        raise EvidenceInvalid("signature does not hold") from error


def _only_stamps(certificate: x509.Certificate) -> bool:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return False
    return extension.critical and list(extension.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
