"""How a machine and a station come to know each other, by two files and no network.

The machine makes a request (JSON, signed with its own key, which proves that it holds it); the
department answers with an enrolment (JWS signed with its receipt key).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.errors import EnrolmentInvalid
from app.parcel import jws
from app.parcel.device import (
    DeviceIdentity,
    device_id_of,
    public_key_from_hex,
    raw,
    signed_by,
)

REQUEST_FORMAT = "hocba-enrolment-request/1"
KIND = "hocba-enrolment+jws"
LARGEST = 64 * 1024
_LONGEST_CODE, _LONGEST_NAME = 32, 250


@dataclass(frozen=True, slots=True)
class EnrolmentRequest:
    """What a school's machine asks its department with: who it is, and its public key."""

    school_code: str
    school_name: str
    device_name: str
    public_key: Ed25519PublicKey

    @property
    def device_id(self) -> str:
        """The machine's id, made from its public key."""
        return device_id_of(self.public_key)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a school's machine knows of its station. `token` is the file as it came."""

    device_id: str
    school_code: str
    station: str
    """The department's name, for the user and in receipts."""
    url: str
    ca_pem: str
    """The only authority that the station's TLS certificate may come from."""
    certificate: x509.Certificate
    """To seal parcels for."""
    receipt_key: Ed25519PublicKey
    valid_until: str
    token: str

    @property
    def fingerprint(self) -> str:
        """Of the receipt key, to be compared by telephone: 16 hex digits in groups of four."""
        digits = device_id_of(self.receipt_key)[:16]
        return " ".join(digits[at : at + 4] for at in range(0, 16, 4))


def make_request(device: DeviceIdentity, school_name: str, device_name: str) -> bytes:
    """The request file's content (UTF-8 JSON)."""
    content = {
        "format": REQUEST_FORMAT,
        "school_code": device.school_code,
        "school_name": school_name,
        "device_name": device_name,
        "public_key": raw(device.public_key).hex(),
    }
    signature = device.sign(_signed_part(content)).hex()
    return json.dumps({**content, "signature": signature}, ensure_ascii=False, indent=1).encode()


def read_request(data: bytes) -> EnrolmentRequest:
    """A request whose maker holds the key it names. Raises EnrolmentInvalid."""
    try:
        content = _object(data)
        signature = bytes.fromhex(content.pop("signature"))
        public_key = public_key_from_hex(content["public_key"])
        if content["format"] != REQUEST_FORMAT:
            raise ValueError("format")
        if not signed_by(public_key, signature, _signed_part(content)):
            raise ValueError("signature")
        return EnrolmentRequest(
            _name(content["school_code"], _LONGEST_CODE),
            _name(content["school_name"], _LONGEST_NAME),
            _name(content["device_name"], _LONGEST_NAME),
            public_key,
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise EnrolmentInvalid(f"request: {error}") from error


def issue_enrolment(
    request: EnrolmentRequest,
    *,
    station: str,
    url: str,
    ca_pem: str,
    certificate_pem: str,
    signing_key: Ed25519PrivateKey,
    valid_until: datetime,
) -> str:
    """The enrolment file's content."""
    claims = {
        "device": request.device_id,
        "school_code": request.school_code,
        "station": station,
        "url": url,
        "ca": ca_pem,
        "certificate": certificate_pem,
        "receipt_key": raw(signing_key.public_key()).hex(),
        "valid_until": valid_until.isoformat(),
    }
    return jws.sign(claims, KIND, signing_key)


def read_enrolment(
    token: str | bytes,
    device: DeviceIdentity,
    known_key: Ed25519PublicKey | None = None,
) -> Enrolment:
    """An enrolment made for this device.

    The first file brings its own key (the user compares the fingerprint); with `known_key` the
    file must be signed by the station already known. Raises EnrolmentInvalid.
    """
    try:
        text = (token.decode("ascii") if isinstance(token, bytes) else token).strip()
        key = known_key or public_key_from_hex(jws.unverified_claims(text)["receipt_key"])
        claims = jws.verify(text, KIND, key)
        enrolment = Enrolment(
            device_id=str(claims["device"]),
            school_code=str(claims["school_code"]),
            station=str(claims["station"]),
            url=str(claims["url"]),
            ca_pem=str(claims["ca"]),
            certificate=x509.load_pem_x509_certificate(str(claims["certificate"]).encode()),
            receipt_key=public_key_from_hex(claims["receipt_key"]),
            valid_until=datetime.fromisoformat(claims["valid_until"]).isoformat(),
            token=text,
        )
    except (ValueError, TypeError, KeyError) as error:
        raise EnrolmentInvalid(f"enrolment: {error}") from error
    if enrolment.device_id != device.device_id or enrolment.school_code != device.school_code:
        raise EnrolmentInvalid("made for another machine")
    if not enrolment.url.startswith("https://"):
        raise EnrolmentInvalid("the station's address is not https")
    return enrolment


def _name(word: object, longest: int) -> str:
    """It is shown on pages, in a workbook and in names of files."""
    if not isinstance(word, str) or len(word) > longest or not word.isprintable():
        raise ValueError("name")
    return word


def _object(data: bytes) -> dict[str, str]:
    if len(data) > LARGEST:
        raise ValueError("too large")
    content = json.loads(data)
    if not isinstance(content, dict):
        raise ValueError("not an object")
    return content


def _signed_part(content: dict[str, str]) -> bytes:
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()
