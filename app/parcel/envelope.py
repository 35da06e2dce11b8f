"""CMS AuthEnvelopedData (RFC 5083): AES-256-GCM (RFC 5084), RSA-OAEP with SHA-256 (RFC 3560).

`openssl cms -decrypt` opens what `encrypt` makes, so that a department is never tied to us.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding

from app.errors import ParcelNotForUs, ParcelTampered, ParcelTooLarge
from app.parcel import limits

TAG_BYTES = 16
NONCE_BYTES = 12
KEY_BYTES = 32
SMALLEST_RSA = 2048


class DecryptionKey(Protocol):
    """An RSA private key, in a file or behind a card."""

    def decrypt(self, ciphertext: bytes, padding: AsymmetricPadding) -> bytes:
        """RSAES-OAEP. Raises ValueError for what was not encrypted to this key."""

    def public_key(self) -> rsa.RSAPublicKey:
        """The key that others encrypt to."""


class _GcmParameters(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    _fields = [("nonce", core.OctetString), ("icv_length", core.Integer, {"default": 12})]  # noqa: RUF012


def encrypt(plain: bytes, to: Sequence[x509.Certificate]) -> bytes:
    """DER of a ContentInfo that each of `to` can open."""
    content_key, nonce = AESGCM.generate_key(bit_length=256), os.urandom(NONCE_BYTES)
    sealed = AESGCM(content_key).encrypt(nonce, plain, None)
    envelope = cms.AuthEnvelopedData(
        {
            "version": "v0",
            "recipient_infos": [_recipient(certificate, content_key) for certificate in to],
            "auth_encrypted_content_info": {
                "content_type": "data",
                "content_encryption_algorithm": {
                    "algorithm": "aes256_gcm",
                    "parameters": core.Any(
                        _GcmParameters({"nonce": nonce, "icv_length": TAG_BYTES})
                    ),
                },
                "encrypted_content": sealed[:-TAG_BYTES],
            },
            "mac": sealed[-TAG_BYTES:],
        }
    )
    info = cms.ContentInfo({"content_type": "authenticated_enveloped_data", "content": envelope})
    return bytes(info.dump())


def decrypt(sealed: bytes, key: DecryptionKey) -> bytes:
    """The plain bytes, only after the tag was checked.

    Raises ParcelTooLarge, ParcelNotForUs (no recipient matches), ParcelTampered (anything else).
    """
    if len(sealed) > limits.BLOCK_SEALED:
        raise ParcelTooLarge("sealed block")
    try:
        envelope = cms.ContentInfo.load(sealed, strict=True)["content"]
        recipients = [info.chosen["encrypted_key"].native for info in envelope["recipient_infos"]]
        content = envelope["auth_encrypted_content_info"]
        algorithm = content["content_encryption_algorithm"]
        name = algorithm["algorithm"].native
        parameters = algorithm["parameters"].parse(spec=_GcmParameters)
        nonce, tag = parameters["nonce"].native, envelope["mac"].native
        body = content["encrypted_content"].native
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise ParcelTampered("not an AuthEnvelopedData") from error
    if name != "aes256_gcm" or len(tag) != TAG_BYTES or len(nonce) != NONCE_BYTES:
        raise ParcelTampered("algorithm or lengths")
    content_key = _unwrap(recipients, key)
    try:
        return AESGCM(content_key).decrypt(nonce, body + tag, None)
    except (InvalidTag, ValueError) as error:
        raise ParcelTampered("authentication tag") from error


def _unwrap(recipients: Sequence[bytes], key: DecryptionKey) -> bytes:
    """Tries each wrapped key: a renewed certificate keeps its key but changes its serial."""
    for wrapped in recipients[: limits.RECEIVERS]:
        try:
            content_key = key.decrypt(wrapped, _oaep())
        except ValueError:
            continue
        if len(content_key) == KEY_BYTES:
            return content_key
    raise ParcelNotForUs("no recipient opens with this key")


def _recipient(certificate: x509.Certificate, content_key: bytes) -> cms.RecipientInfo:
    public_key = certificate.public_key()
    if not isinstance(public_key, rsa.RSAPublicKey) or public_key.key_size < SMALLEST_RSA:
        raise ParcelNotForUs("the receiver's certificate needs an RSA key of 2048 bits or more")
    subject = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    return cms.RecipientInfo(
        name="ktri",
        value=cms.KeyTransRecipientInfo(
            {
                "version": "v0",
                "rid": cms.RecipientIdentifier(
                    name="issuer_and_serial_number",
                    value={"issuer": subject.issuer, "serial_number": subject.serial_number},
                ),
                "key_encryption_algorithm": {
                    "algorithm": "rsaes_oaep",
                    "parameters": _oaep_parameters(),
                },
                "encrypted_key": public_key.encrypt(content_key, _oaep()),
            }
        ),
    )


def _oaep() -> padding.OAEP:
    return padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


def _oaep_parameters() -> algos.RSAESOAEPParams:
    sha256 = {"algorithm": "sha256"}
    return algos.RSAESOAEPParams(
        {
            "hash_algorithm": sha256,
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": sha256},
        }
    )
