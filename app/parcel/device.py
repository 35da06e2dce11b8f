"""The identity of one machine: an Ed25519 key that signs parcels and requests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def device_id_of(public_key: Ed25519PublicKey) -> str:
    """32 hex digits: the first half of the key's SHA-256, so that an id cannot be borrowed."""
    return hashlib.sha256(raw(public_key)).hexdigest()[:32]


def raw(public_key: Ed25519PublicKey) -> bytes:
    """The 32 bytes of RFC 8032."""
    return public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def public_key_from_hex(text: str) -> Ed25519PublicKey:
    """ValueError when the text is not 64 hex digits."""
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """`private_key` never leaves the workspace (or, at the station, its folder)."""

    school_code: str
    private_key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def new(cls, school_code: str) -> DeviceIdentity:
        """An identity with a fresh random key."""
        return cls(school_code, Ed25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, school_code: str, private_key: bytes) -> DeviceIdentity:
        """From the 32 secret bytes of `to_bytes`."""
        return cls(school_code, Ed25519PrivateKey.from_private_bytes(private_key))

    def to_bytes(self) -> bytes:
        """The private key, 32 secret bytes (RFC 8032), for `from_bytes`."""
        return self.private_key.private_bytes_raw()

    @property
    def public_key(self) -> Ed25519PublicKey:
        """The key by which others check what this device signed."""
        return self.private_key.public_key()

    @property
    def device_id(self) -> str:
        """The device's id, made from its public key."""
        return device_id_of(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature (RFC 8032) over the message, 64 bytes."""
        return self.private_key.sign(message)


def signed_by(public_key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether the Ed25519 signature over the message is of this key."""
    try:
        public_key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
