"""A machine's card: who it is, so that the office can admit it. It holds no secret."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from app.errors import CardInvalid
from app.parcel.device import device_id_of, public_key_from_hex, raw, signed_by
from app.parcel.envelope import SMALLEST_RSA
from app.replication.fingerprint import words
from app.replication.identity import MachineIdentity

FORMAT = "hocba-card/1"
LARGEST = 64 * 1024
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class MachineCard:
    person: str
    machine: str
    """What the computer is called."""
    public_key: bytes
    certificate: bytes
    """DER."""

    @property
    def id(self) -> str:
        return device_id_of(public_key_from_hex(self.public_key.hex()))

    @property
    def fingerprint(self) -> str:
        """Words over both keys, to be compared aloud."""
        return words(self.public_key, self.certificate)


def make_card(identity: MachineIdentity, person: str, machine: str) -> bytes:
    """The card's file (UTF-8 JSON), signed with the machine's own key."""
    content = {
        "format": FORMAT,
        "person": person,
        "machine": machine,
        "public_key": raw(identity.device.public_key).hex(),
        "certificate": identity.certificate_der.hex(),
    }
    signature = identity.device.sign(_signed_part(content)).hex()
    return json.dumps({**content, "signature": signature}, ensure_ascii=False, indent=1).encode()


def read_card(data: bytes) -> MachineCard:
    """A card whose maker holds the key it names. Raises CardInvalid."""
    try:
        if len(data) > LARGEST:
            raise ValueError("too large")
        content: dict[str, Any] = json.loads(data)
        signature = bytes.fromhex(content.pop("signature"))
        public_key = public_key_from_hex(content["public_key"])
        if content["format"] != FORMAT or not signed_by(
            public_key, signature, _signed_part(content)
        ):
            raise ValueError("format or signature")
        certificate = x509.load_der_x509_certificate(bytes.fromhex(content["certificate"]))
        opening = certificate.public_key()
        if not isinstance(opening, rsa.RSAPublicKey) or opening.key_size < SMALLEST_RSA:
            raise ValueError("certificate")
        return MachineCard(
            _name(content["person"]),
            _name(content["machine"]),
            raw(public_key),
            certificate.public_bytes(Encoding.DER),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CardInvalid(f"card: {error}") from error


def _name(word: object) -> str:
    if not isinstance(word, str) or len(word) > _LONGEST_NAME or not word.isprintable():
        raise ValueError("name")
    return word


def _signed_part(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()
