"""Whoever publishes: a TUF repository in a folder (TUF 1.0, https://theupdateframework.github.io).

    metadata/   N.root.json, N.targets.json, N.snapshot.json, timestamp.json
    targets/    programs and index.json, which describes them; their names begin with their hash

Root keys are several people's, each in a file of its own behind a passphrase, kept offline; a
threshold of them makes a root. The root names the one key that publishes (targets, snapshot,
timestamp), so that it can be replaced without asking any school.

A school may see no network for a year: nothing expires sooner than `OFTEN`, the root after ten.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

from app import clock
from app.clock import Clock
from app.errors import UpdateKeyInvalid, UpdateRootInvalid
from app.files import write_whole
from app.owner_only import write_private
from app.updates.root_of_trust import read_root

OFTEN = timedelta(days=550)
"""A year without news, and half a year in a drawer."""
SELDOM = timedelta(days=3650)
INDEX = "index.json"
"""A target that describes the others."""
PUBLISHING = ("targets", "snapshot", "timestamp")
_PRETTY = JSONSerializer(compact=False)


def new_key(file: Path, passphrase: str) -> str:
    """Make a key in `file`, which must not be there. Its id. Raises FileExistsError, OSError."""
    if file.exists():
        raise FileExistsError(file)
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
    )
    write_private(file, pem)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    file.with_suffix(".pub").write_bytes(public)
    return str(CryptoSigner(private).public_key.keyid)


def open_key(file: Path, passphrase: str) -> CryptoSigner:
    """Raises UpdateKeyInvalid (wrong passphrase, no key of ours)."""
    try:
        private = load_pem_private_key(file.read_bytes(), passphrase.encode())
        if not isinstance(private, Ed25519PrivateKey):
            raise UpdateKeyInvalid(file=file.name)
    except (OSError, ValueError, TypeError) as error:
        raise UpdateKeyInvalid(type(error).__name__, file=file.name) from error
    return CryptoSigner(private)


@dataclass(frozen=True, slots=True)
class RootDraft:
    """A root on its way from person to person."""

    metadata: Metadata[Root]
    signed: int
    wanted: int

    @property
    def content(self) -> bytes:
        return self.metadata.to_bytes(_PRETTY)


def draft_root(
    owners: Sequence[SSlibKey],
    publisher: SSlibKey,
    threshold: int,
    before: bytes | None = None,
    now: datetime | None = None,
) -> RootDraft:
    """A root of trust that nobody has signed yet: version 1, or the one after `before`.

    After another root it needs enough of its own owners and of those of the one before (TUF 6.1).
    Raises UpdateRootInvalid.
    """
    if not 1 <= threshold <= len({key.keyid for key in owners}):
        raise UpdateRootInvalid("threshold")
    expires = (now or clock.now()).astimezone(UTC) + SELDOM
    root = Root(expires=expires, consistent_snapshot=True)
    if before is not None:
        root.version = read_root(before).signed.version + 1
    for key in owners:
        root.add_key(key, "root")
    root.roles["root"].threshold = threshold
    for role in PUBLISHING:
        root.add_key(publisher, role)
    return _draft(Metadata(root))


def sign_root(draft: bytes, signer: CryptoSigner) -> RootDraft:
    """One more signature, each owner on a machine of their own. Raises UpdateRootInvalid."""
    try:
        made = Metadata[Root].from_bytes(draft)
        made.sign(signer, append=signer.public_key.keyid not in made.signatures)
    except (RepositoryError, ValueError) as error:
        raise UpdateRootInvalid(type(error).__name__) from error
    return _draft(made)


def _draft(made: Metadata[Root]) -> RootDraft:
    found = made.signed.get_root_verification_result(None, made.signed_bytes, made.signatures)
    return RootDraft(made, len(found.signed), made.signed.roles["root"].threshold)


def public_key(file: Path) -> SSlibKey:
    """Of the `.pub` beside a key file. Raises UpdateKeyInvalid."""
    try:
        key = load_pem_public_key(file.read_bytes())
        if not isinstance(key, Ed25519PublicKey):
            raise UpdateKeyInvalid(file=file.name)
        return SSlibKey.from_crypto(key)
    except (OSError, ValueError) as error:
        raise UpdateKeyInvalid(type(error).__name__, file=file.name) from error


@dataclass(frozen=True, slots=True)
class PublishedProgram:
    file: Path
    """As `archive.pack` made it."""
    version: str
    platform: str
    critical: bool = False
    notes: str = ""
    base: str = ""
    """Of a delta: the version that it builds on."""

    @property
    def name(self) -> str:
        since = f"-since-{self.base}" if self.base else ""
        return f"program/hocba-{self.version}{since}-{self.platform}.zip"

    def described(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "version": self.version,
            "platform": self.platform,
            "critical": self.critical,
            "notes": self.notes,
            "bytes": self.file.stat().st_size,
            "base": self.base,
        }


class UpdateRepository:
    """A folder that carries updates. Raises UpdateRootInvalid where its root is not ours."""

    def __init__(self, folder: Path, now: Clock) -> None:
        self.metadata, self.targets = folder / "metadata", folder / "targets"
        self._now = now

    def install_root(self, root: bytes) -> None:
        """Put a root from the ceremony in. Raises UpdateRootInvalid where it is no next one."""
        found = read_root(root)
        newest = self._newest("root")
        if found.signed.version != newest + 1:
            raise UpdateRootInvalid("version")
        if newest:
            self._check_succession(found)
        self.metadata.mkdir(parents=True, exist_ok=True)
        self.targets.mkdir(exist_ok=True)
        write_whole(self.metadata / f"{found.signed.version}.root.json", root)

    def _check_succession(self, found: Metadata[Root]) -> None:
        try:
            self._root().verify_delegate("root", found.signed_bytes, found.signatures)
        except (RepositoryError, ValueError) as error:
            raise UpdateRootInvalid(type(error).__name__) from error

    def programs(self) -> list[dict[str, Any]]:
        """What is published now, as `index.json` describes it."""
        target = self._listed().get(INDEX)
        if target is None:
            return []
        read = json.loads((self.targets / target.get_prefixed_paths()[0]).read_bytes())
        return list(read["programs"])

    def publish(self, signer: CryptoSigner, programs: Sequence[PublishedProgram]) -> int:
        """Add programs; those of the same name are replaced. The new version of the list.

        What a school reads changes with the last file written. Raises UpdateKeyInvalid where the
        root does not name this key.
        """
        if signer.public_key.keyid not in self._root().roles["targets"].keyids:
            raise UpdateKeyInvalid("the root does not name it", file="")
        listed, described = self._listed(), {each["name"]: each for each in self.programs()}
        for program in programs:
            listed[program.name] = self._carry(program.name, program.file.read_bytes())
            described[program.name] = program.described()
        index = {"programs": [described[name] for name in sorted(described)]}
        content = json.dumps(index, ensure_ascii=False, indent=1).encode()
        listed[INDEX] = self._carry(INDEX, content)
        return self._sign(signer, listed)

    def _sign(self, signer: CryptoSigner, listed: dict[str, TargetFile]) -> int:
        version = self._newest("targets") + 1
        until = self._now().astimezone(UTC) + OFTEN
        targets = Targets(version, expires=until, targets=listed)
        snapshot = Snapshot(version, expires=until, meta={"targets.json": MetaFile(version)})
        stamp = Timestamp(version, expires=until, snapshot_meta=MetaFile(version))
        self._write(signer, f"{version}.targets", targets)
        self._write(signer, f"{version}.snapshot", snapshot)
        self._write(signer, "timestamp", stamp)
        return version

    def _listed(self) -> dict[str, TargetFile]:
        version = self._newest("targets")
        if version == 0:
            return {}
        read = (self.metadata / f"{version}.targets.json").read_bytes()
        return dict(Metadata[Targets].from_bytes(read).signed.targets)

    def _carry(self, name: str, content: bytes) -> TargetFile:
        target = TargetFile.from_data(name, content)
        place = self.targets / target.get_prefixed_paths()[0]
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, content)
        return target

    def _write(self, signer: CryptoSigner, name: str, signed: Any) -> None:
        made = Metadata(signed)
        made.sign(signer)
        write_whole(self.metadata / f"{name}.json", made.to_bytes(_PRETTY))

    def _root(self) -> Root:
        version = self._newest("root")
        if version == 0:
            raise UpdateRootInvalid("none")
        return (
            Metadata[Root].from_bytes((self.metadata / f"{version}.root.json").read_bytes()).signed
        )

    def _newest(self, role: str) -> int:
        """0: none."""
        found = self.metadata.glob(f"*.{role}.json")
        numbers = [int(f.name.partition(".")[0]) for f in found if f.name[0].isdigit()]
        return max(numbers, default=0)
