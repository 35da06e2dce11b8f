"""Requests signed by a device: a profile of RFC 9421 (Ed25519), shared by both ends.

Covered are method, authority, path, query and the upload fields, and a nonce that is used once. The
body is covered through the path, which names its SHA-256.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from app.parcel.device import DeviceIdentity

TAG = "hocba"
LABEL = "hocba"
OLDEST = timedelta(minutes=5)
UPLOAD_FIELDS = ("upload-offset", "upload-length", "upload-complete")
STATION_HEADER = "Hocba-Station"
TIME_HEADER = "Hocba-Time"
"""In every answer of a station: that it is one, and its clock (ISO 8601)."""
_ALWAYS = ("@method", "@authority", "@path", "@query")
_SHORTEST_NONCE, _LONGEST_NONCE = 16, 64

FindKey = Callable[[str], Ed25519PublicKey | None]


@dataclass
class SignedRequest:
    """The parts of a request that are signed. `url` is absolute."""

    method: str
    url: str
    headers: MutableMapping[str, str]


class _Keys(HTTPSignatureKeyResolver):
    def __init__(self, device: DeviceIdentity | None, find: FindKey | None) -> None:
        self._device = device
        self._find = find

    def resolve_private_key(self, key_id: str) -> object:
        assert self._device is not None
        return self._device.private_key

    def resolve_public_key(self, key_id: str) -> object:
        return self._find(key_id) if self._find else None


def sign(message: SignedRequest, device: DeviceIdentity, created: datetime) -> None:
    """Add `Signature` and `Signature-Input` to the message's headers."""
    covered = [*_ALWAYS, *(name for name in UPLOAD_FIELDS if name in message.headers)]
    HTTPMessageSigner(
        signature_algorithm=algorithms.ED25519, key_resolver=_Keys(device, None)
    ).sign(
        message,
        key_id=device.device_id,
        created=created,
        nonce=secrets.token_urlsafe(18),
        tag=TAG,
        label=LABEL,
        covered_component_ids=covered,
    )


def verify(message: SignedRequest, find: FindKey) -> tuple[str, str]:
    """Who signed this request within the last minutes: the device's id, and the nonce.

    Whether the nonce is new is for the caller to say. Raises ValueError.
    """
    required = [*_ALWAYS, *(name for name in UPLOAD_FIELDS if name in message.headers)]
    try:
        results = HTTPMessageVerifier(
            signature_algorithm=algorithms.ED25519, key_resolver=_Keys(None, find)
        ).verify(message, max_age=OLDEST, expect_tag=TAG, require_components=required)
    except (HTTPMessageSignaturesException, ValueError, TypeError, KeyError) as error:
        raise ValueError(f"request signature: {type(error).__name__} {error}") from error
    if len(results) != 1:
        raise ValueError("request signature: exactly one is expected")
    nonce = str(results[0].parameters.get("nonce", ""))
    if not _SHORTEST_NONCE <= len(nonce) <= _LONGEST_NONCE:
        raise ValueError("request signature: no nonce")
    return str(results[0].parameters["keyid"]), nonce
