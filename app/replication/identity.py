"""This machine among the others: the key it signs with and the key that opens what is for it."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from app.parcel.device import DeviceIdentity
from app.parcel.recipient import new_recipient
from app.store import Store
from app.store.sharing import machine

_KEY, _CERTIFICATE = "machine.opening_key", "machine.certificate"


@dataclass(frozen=True, slots=True)
class MachineIdentity:
    device: DeviceIdentity
    opening_key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def id(self) -> str:
        return self.device.device_id

    @property
    def certificate_der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def own_identity(store: Store) -> MachineIdentity:
    """Made once; the keys never leave the workspace."""
    school = store.people.school()
    with store.write():
        device = DeviceIdentity(school.code if school else "", machine.own_key(store.db))
        kept, certificate = store.settings.secret(_KEY), store.settings.secret(_CERTIFICATE)
        if kept is None or certificate is None:
            fresh, made = new_recipient(device.device_id)
            store.settings.set_secret(
                _KEY, fresh.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            )
            store.settings.set_secret(_CERTIFICATE, made.public_bytes(Encoding.DER))
            return MachineIdentity(device, fresh, made)
    # Our own key out of our own sealed file: testing its primes again takes half a second.
    key = load_der_private_key(kept, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey)
    return MachineIdentity(device, key, x509.load_der_x509_certificate(certificate))


def machine_name() -> str:
    """What the computer is called; for people, never trusted."""
    return platform.node()[:60] or "máy tính"
