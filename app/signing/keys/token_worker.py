"""The child process in which a vendor's PKCS#11 driver runs.

A driver that hangs, crashes or leaks takes only this process with it. Run as
`python -m app.signing.keys.token_worker DRIVER`; `token_process.py` is the other end.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import pkcs11
from pkcs11 import MGF, Attribute, Mechanism, ObjectClass, TokenFlag
from pkcs11 import exceptions as p11

from app.signing.keys.token_wire import TokenRefusal, run

_SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""DER prefix of DigestInfo for SHA-256 (RFC 8017 §9.2, note 1)."""
_PSS = (Mechanism.SHA256, MGF.SHA256, 32)
_OAEP = (Mechanism.SHA256, MGF.SHA256, None)
_GONE = (
    p11.DeviceRemoved,
    p11.TokenNotPresent,
    p11.TokenNotRecognised,
    p11.SessionHandleInvalid,
    p11.SessionClosed,
    p11.SlotIDInvalid,
    p11.KeyHandleInvalid,
    p11.ObjectHandleInvalid,
)
_PIN_REFUSED = (p11.PinIncorrect, p11.PinInvalid, p11.PinLenRange, p11.PinLocked)


class Pkcs11Worker:
    """Answers `tokens`, `present`, `open`, `sign` and `decrypt` for one driver."""

    def __init__(self, driver: str) -> None:
        self._lib = pkcs11.lib(driver)
        self._session: Any = None
        self._key: Any = None
        self._serial = ""
        self._refused: TokenRefusal | None = None
        self._how: tuple[Mechanism, Any, bytes | None] | None = None
        self._pin_each_time: str | None = None

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Raises Refusal."""
        try:
            return self._answer(message)
        except p11.PKCS11Error as error:
            names = (ours for kind, ours in _NAMES.items() if isinstance(error, kind))
            raise TokenRefusal(next(names, "TokenError"), type(error).__name__) from error

    def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        match message.get("op"):
            case "tokens":
                tokens = [self._describe(token) for token in self._tokens()]
                return {"tokens": tokens, "empty": self._empty_readers()}
            case "present":
                return {"present": [_text(t.serial) for t in self._tokens() if _ready(t)]}
            case "open":
                return self._open(message["serial"], message["id"], message["pin"], message["rsa"])
            case "sign":
                data = base64.b64decode(message["data"])
                return {"signature": base64.b64encode(self._sign(data)).decode()}
            case "decrypt":
                data = base64.b64decode(message["data"])
                return {"plain": base64.b64encode(self._decrypt(data)).decode()}
        raise TokenRefusal("TokenError", "unknown request")

    def _tokens(self) -> Iterator[Any]:
        for slot in self._lib.get_slots(token_present=True):
            try:
                yield slot.get_token()
            except (p11.TokenNotPresent, p11.TokenNotRecognised):
                continue  # a reader without a card, or with one of another kind

    def _empty_readers(self) -> list[str]:
        """Names of readers without a card."""
        taken = {slot.slot_id for slot in self._lib.get_slots(token_present=True)}
        return [_reader(slot) for slot in self._lib.get_slots() if slot.slot_id not in taken]

    def _describe(self, token: Any) -> dict[str, Any]:
        flags = token.flags
        certificates: list[dict[str, Any]] = []
        if _ready(token):
            with token.open() as session:
                certificates = [
                    {
                        "id": bytes(entry[0]).hex(),
                        "der": base64.b64encode(entry[1]).decode(),
                        "always": _wants_pin_each_time(session, entry[0]),
                    }
                    for entry in _certificates(session)
                ]
        return {
            "reader": _reader(token.slot),
            "label": token.label,
            "serial": _text(token.serial),
            "manufacturer": token.manufacturer_id,
            "model": token.model,
            "mechanisms": sorted(m.name for m in _mechanisms(token)),
            "initialized": _ready(token),
            "pin_count_low": bool(flags & TokenFlag.USER_PIN_COUNT_LOW),
            "pin_final_try": bool(flags & TokenFlag.USER_PIN_FINAL_TRY),
            "pin_locked": bool(flags & TokenFlag.USER_PIN_LOCKED),
            "certificates": certificates,
        }

    def _open(self, serial: str, wanted: str, pin: str, rsa: list[str]) -> dict[str, Any]:
        token = next((t for t in self._tokens() if _text(t.serial) == serial), None)
        if token is None:
            raise TokenRefusal("TokenMissing")
        with token.open() as session:  # the certificate first: no PIN on a wrong token
            if not any(bytes(entry[0]).hex() == wanted for entry in _certificates(session)):
                raise TokenRefusal("KeyMissing", "no certificate with this CKA_ID")
        if token.flags & TokenFlag.USER_PIN_LOCKED:
            raise TokenRefusal("PinLocked")
        self._session = token.open(user_pin=pin)
        found = list(
            self._session.get_objects(
                {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: bytes.fromhex(wanted)}
            )
        )
        if not found:
            raise TokenRefusal("KeyMissing", "no private key with this CKA_ID")
        self._key, self._serial = found[0], serial
        if _always_authenticate(self._key):
            self._pin_each_time = pin
        scheme, self._how = _mechanism(self._key, _mechanisms(token), rsa)
        return {"scheme": scheme}

    def _sign(self, data: bytes) -> bytes:
        if self._refused is not None:
            raise self._refused
        if self._key is None or self._how is None:
            raise TokenRefusal("KeyMissing", "no key is open")
        mechanism, param, prefix = self._how
        if prefix is not None:
            data = prefix + hashlib.sha256(data).digest()
        try:
            return bytes(
                self._key.sign(
                    data, mechanism=mechanism, mechanism_param=param, pin=self._pin_each_time
                )
            )
        except _GONE as error:
            raise self._give_up("TokenRemoved", error) from error
        except _PIN_REFUSED as error:
            raise self._give_up(_NAMES[type(error)], error) from error
        except (p11.GeneralError, p11.DeviceError, p11.FunctionFailed) as error:
            # some drivers answer so when the token was pulled out
            if self._present():
                raise TokenRefusal("TokenError", type(error).__name__) from error
            raise self._give_up("TokenRemoved", error) from error

    def _decrypt(self, data: bytes) -> bytes:
        """RSAES-OAEP with SHA-256 (RFC 8017 §7.1.2).

        Raises Refusal("TokenError") for what was not encrypted for this key.
        """
        if self._key is None:
            raise TokenRefusal("KeyMissing", "no key is open")
        how = {"pin": self._pin_each_time} if self._pin_each_time else {}
        try:
            return bytes(
                self._key.decrypt(
                    data, mechanism=Mechanism.RSA_PKCS_OAEP, mechanism_param=_OAEP, **how
                )
            )
        except (p11.ArgumentsBad, p11.MechanismParamInvalid, p11.MechanismInvalid):
            # SoftHSM 2.6 and some cards know OAEP with SHA-1 only: the key's power alone is theirs.
            encoded = self._key.decrypt(data, mechanism=Mechanism.RSA_X_509, **how)
            return oaep_decoded(bytes(encoded).rjust(len(data), b"\0"))

    def _give_up(self, name: str, error: Exception) -> TokenRefusal:
        """No further try: a PIN would count again, what is plugged in now may be another token."""
        self._refused = TokenRefusal(name, type(error).__name__)
        return self._refused

    def _present(self) -> bool:
        try:
            return any(_text(token.serial) == self._serial for token in self._tokens())
        except p11.PKCS11Error:
            return False


def oaep_decoded(encoded: bytes) -> bytes:
    """The message in an EME-OAEP encoding with SHA-256 and no label (RFC 8017 §7.1.2, step 3).

    Raises Refusal("TokenError"), the same whatever is wrong with the encoding.
    """
    size = hashlib.sha256().digest_size
    masked_seed, masked = encoded[1 : 1 + size], encoded[1 + size :]
    seed = _xor(masked_seed, _mgf1(masked, size))
    block = _xor(masked, _mgf1(seed, len(masked)))
    message = block[size:].lstrip(b"\0")
    right = encoded[:1] == b"\0"
    right &= hmac.compare_digest(block[:size], hashlib.sha256().digest())
    right &= message[:1] == b"\1"
    if not right:
        raise TokenRefusal("TokenError", "not encrypted for this key")
    return message[1:]


def _mgf1(seed: bytes, size: int) -> bytes:
    """RFC 8017 §B.2.1."""
    blocks = -(-size // hashlib.sha256().digest_size)
    made = (hashlib.sha256(seed + n.to_bytes(4, "big")).digest() for n in range(blocks))
    return b"".join(made)[:size]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _certificates(session: Any) -> list[tuple[bytes, bytes]]:
    found = session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
    return [(entry[Attribute.ID], entry[Attribute.VALUE]) for entry in found]


def _mechanisms(token: Any) -> set[Mechanism]:
    return {m for m in token.slot.get_mechanisms() if isinstance(m, Mechanism)}


def _text(serial: bytes | str) -> str:
    return serial.decode("utf-8", "replace").strip() if isinstance(serial, bytes) else serial


def _ready(token: Any) -> bool:
    return bool(token.flags & TokenFlag.TOKEN_INITIALIZED)


def _reader(slot: Any) -> str:
    return str(slot.slot_description).strip()


def _wants_pin_each_time(session: Any, cka_id: bytes) -> bool | None:
    """CKA_ALWAYS_AUTHENTICATE of the certificate's key; None where it is hidden before a login."""
    wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: cka_id}
    try:
        found = list(session.get_objects(wanted))
        return bool(found[0][Attribute.ALWAYS_AUTHENTICATE]) if found else None
    except (p11.PKCS11Error, KeyError, NotImplementedError):
        return None


def _always_authenticate(key: Any) -> bool:
    try:
        return bool(key[Attribute.ALWAYS_AUTHENTICATE])
    except (p11.PKCS11Error, KeyError, NotImplementedError):
        return False  # an optional attribute: many drivers do not know it


def _mechanism(
    key: Any, able: set[Mechanism], rsa: list[str]
) -> tuple[str, tuple[Mechanism, Any, bytes | None]]:
    """Scheme, and (mechanism, parameter, prefix of the digest or None where the token hashes)."""
    if key.key_type == pkcs11.KeyType.EC:
        if Mechanism.ECDSA_SHA256 in able:
            return "ecdsa", (Mechanism.ECDSA_SHA256, None, None)
        return "ecdsa", (Mechanism.ECDSA, None, b"")
    ways: dict[str, list[tuple[Mechanism, Any, bytes | None]]] = {
        "pss": [
            (Mechanism.SHA256_RSA_PKCS_PSS, _PSS, None),
            (Mechanism.RSA_PKCS_PSS, _PSS, b""),
        ],
        "pkcs1": [
            (Mechanism.SHA256_RSA_PKCS, None, None),
            (Mechanism.RSA_PKCS, None, _SHA256_DIGEST_INFO),
        ],
    }
    for scheme in rsa:
        for way in ways.get(scheme, []):
            if way[0] in able:
                return scheme, way
    raise TokenRefusal("TokenError", "the token knows no signature scheme we allow")


_NAMES: dict[type[p11.PKCS11Error], str] = {
    p11.PinIncorrect: "PinIncorrect",
    p11.PinInvalid: "PinIncorrect",
    p11.PinLenRange: "PinIncorrect",
    p11.PinLocked: "PinLocked",
    p11.NoSuchToken: "TokenMissing",
    p11.NoSuchKey: "KeyMissing",
    **dict.fromkeys(_GONE, "TokenRemoved"),
}


if __name__ == "__main__":
    run(Pkcs11Worker)
