"""What this machine can check with besides the trust roots: keys, and what it keeps itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.handover import PupilTransfer
from app.parcel.envelope import DecryptionKey
from app.parcel.sealing import key_id
from app.store import Workspace
from app.sync.delivery import Delivery


def _nobody(_: str) -> Ed25519PublicKey | None:
    return None


@dataclass(frozen=True, slots=True)
class VerificationContext:
    """Without any of it a parcel can be checked on the outside only."""

    sender: Callable[[str], Ed25519PublicKey | None] = _nobody
    """The key of a device, by its id."""
    keys: tuple[DecryptionKey, ...] = ()
    """What was sealed for one of them can be opened."""
    receivers: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of a receiver's public key to its name."""
    stations: Mapping[str, Ed25519PublicKey] = field(default_factory=dict)
    """A station's name to the key that its receipts are signed with."""
    workspace: Workspace | None = None
    """What it keeps is held against the files."""

    @classmethod
    def of_workspace(
        cls, workspace: Workspace, delivery: Delivery, transfer: PupilTransfer
    ) -> VerificationContext:
        """Nothing is made that is not there yet. SQL on the calling thread."""
        key = transfer.opening_key()
        keys = (key,) if key is not None else ()
        if not delivery.enrolled:
            return cls(keys=keys, workspace=workspace)
        device, enrolment = delivery.device(), delivery.enrolment()
        return cls(
            sender={device.device_id: device.public_key}.get,
            keys=keys,
            receivers={key_id(enrolment.certificate.public_key()): enrolment.station},
            stations={enrolment.station: enrolment.receipt_key},
            workspace=workspace,
        )
