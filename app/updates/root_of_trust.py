"""Whose updates this machine takes: the root that ships with the program, or one given by hand."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root

from app import resources, settings
from app.errors import UpdateRootInvalid, UpdateRootUnknown
from app.files import write_whole

LARGEST = 512_000


def memory() -> Path:
    """Where it is remembered what was seen last."""
    return settings.home() / "updates"


def trusted() -> bytes:
    """Raises UpdateRootUnknown."""
    shipped = resources.path("trust", "updates", "root.json")
    for place in (shipped, memory() / "root.json"):
        if place.is_file():
            return place.read_bytes()
    raise UpdateRootUnknown


def accept(root: bytes) -> str:
    """Trust this root from now on; its fingerprint, to be compared with the one on paper.

    Only where none is known yet: its successors come with the updates themselves, signed by it.
    Raises UpdateRootInvalid.
    """
    found = read_root(root)
    try:
        known: bytes | None = trusted()
    except UpdateRootUnknown:
        known = None
    if known is not None and known != root:
        raise UpdateRootInvalid("another is known")
    memory().mkdir(parents=True, exist_ok=True)
    write_whole(memory() / "root.json", root)
    return fingerprint(found)


def read_root(data: bytes) -> Metadata[Root]:
    """Signed by its own threshold of keys. Raises UpdateRootInvalid."""
    if len(data) > LARGEST:
        raise UpdateRootInvalid("too large")
    try:
        found = Metadata[Root].from_bytes(data)
        if not isinstance(found.signed, Root):
            raise UpdateRootInvalid("no root")
        found.signed.verify_delegate("root", found.signed_bytes, found.signatures)
    except (RepositoryError, ValueError) as error:
        raise UpdateRootInvalid(type(error).__name__) from error
    return found


def fingerprint(root: Metadata[Root]) -> str:
    """SHA-256 of what was signed, in groups of four: the same whoever signed it first."""
    digest = hashlib.sha256(root.signed_bytes).hexdigest()[:32]
    return " ".join(digest[at : at + 4] for at in range(0, 32, 4))
