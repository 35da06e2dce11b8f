"""Who may open the workspace: the data key, sealed once for each person.

The keyring lies beside the workspace (`school.hocba` and `school.hocba.keys`) and holds no secret
in the clear. A person's entry has a key pair (X25519, RFC 7748) whose private half is wrapped
(RFC 3394) under a key derived from the passphrase with Argon2id (RFC 9106); the 256-bit data key is
sealed to the public half. So the data key can be changed while nobody's passphrase is at hand.

Losing the keyring loses the workspace: every backup carries it, it is replaced in one step only,
and each entry has a digest, so that damage is told from a wrong passphrase. Entries of the first
format (no public half, the data key wrapped directly) are read, and renewed when they are used.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)

from app.errors import (
    KeyringDamaged,
    KeyringMissing,
    PassphraseTooWeak,
    WorkspaceDamaged,
    WrongPassphrase,
)
from app.files import disk_words, patiently, write_whole

RECOVERY = "recovery"
FORMAT = 2
SHORTEST_PASSPHRASE = 8
LARGEST = 1024 * 1024
"""Bytes of a keyring; a person takes half a thousand."""
_MOST_MEMORY_KIB, _MOST_PASSES, _MOST_LANES = 1024 * 1024, 32, 16


@dataclass(frozen=True, slots=True)
class KeyringEntry:
    """One person's way to the data key. Cost: KiB of memory and passes of Argon2id."""

    user: str
    salt: str
    wrapped: str
    """The private key, wrapped under the passphrase; in the first format the data key itself."""
    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 1
    public: str = ""
    sealed: Mapping[str, str] = field(default_factory=dict)
    """Data keys by their `key_id`: one, or two while the key is being changed (the old first)."""
    workspace: str = ""
    """Id of the workspace; '' in the first format."""
    intact: bool = True
    """False: what was read is not what was written, and nothing of it is believed but the name."""

    @property
    def renewable(self) -> bool:
        """Whether a new data key can be sealed to it without the passphrase."""
        return self.intact and bool(self.public)


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What a passphrase opened."""

    entry: KeyringEntry
    keys: tuple[bytes, ...]
    """Data keys; of two, one opens the workspace, and a change of key was broken off."""


# --- entries ----------------------------------------------------------------------------------


def wrap(user: str, passphrase: str, database_key: bytes, workspace: str = "") -> KeyringEntry:
    """A new entry for `user`, with a key pair of its own.

    Raises PassphraseTooWeak below eight characters.
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise PassphraseTooWeak(shortest=SHORTEST_PASSPHRASE)
    private = X25519PrivateKey.generate()
    bare = KeyringEntry(user, _text(secrets.token_bytes(16)), "", workspace=workspace)
    wrapped = aes_key_wrap(_derive(passphrase, bare), private.private_bytes_raw())
    public = private.public_key().public_bytes_raw()
    entry = replace(bare, wrapped=_text(wrapped), public=_text(public))
    return sealed_to(entry, [database_key])


def sealed_to(entry: KeyringEntry, database_keys: Iterable[bytes]) -> KeyringEntry:
    """The entry with these data keys and no others. ValueError: it is not `renewable`."""
    if not entry.renewable:
        raise ValueError("no public key")
    return replace(entry, sealed={key_id(key): _seal(key, entry.public) for key in database_keys})


def fits(entry: KeyringEntry, database_key: bytes) -> bool:
    """Whether whoever opens this entry holds `database_key`: told without the passphrase."""
    if not entry.public:  # of the first format: nobody can tell but who has the passphrase
        return entry.intact
    return entry.intact and entry.sealed.get(key_id(database_key)) == _seal(
        database_key, entry.public
    )


def unlock(entries: Sequence[KeyringEntry], passphrase: str) -> Unlocked:
    """The entry that this passphrase opens, with its data keys.

    Raises WrongPassphrase; KeyringDamaged where it may have been that of a damaged entry.
    """
    for entry in entries:
        if entry.intact and (keys := _opened(entry, passphrase)):
            return Unlocked(entry, keys)
    if not entries or any(not entry.intact for entry in entries):
        raise KeyringDamaged("no intact entry fits")
    raise WrongPassphrase


def unwrap(entries: Sequence[KeyringEntry], passphrase: str) -> tuple[str, bytes]:
    """(user, data key) of the entry that this passphrase opens. Raises as `unlock` does."""
    unlocked = unlock(entries, passphrase)
    return unlocked.entry.user, unlocked.keys[0]


def key_id(database_key: bytes) -> str:
    """Names a data key and tells nothing of it."""
    return hashlib.sha256(b"hocba data key id" + database_key).hexdigest()[:16]


def _opened(entry: KeyringEntry, passphrase: str) -> tuple[bytes, ...]:
    text = recovery_text(passphrase) if entry.user == RECOVERY else passphrase
    try:
        secret = aes_key_unwrap(_derive(text, entry), _bytes(entry.wrapped))
    except InvalidUnwrap:
        return ()
    if not entry.public:
        return (secret,)
    return tuple(_unseal(secret, box) for box in entry.sealed.values())


def _derive(passphrase: str, entry: KeyringEntry) -> bytes:
    text = unicodedata.normalize("NFC", passphrase).encode()
    kdf = Argon2id(
        salt=_bytes(entry.salt),
        length=32,
        iterations=entry.passes,
        lanes=entry.lanes,
        memory_cost=entry.memory_kib,
    )
    return kdf.derive(text)


def _seal(database_key: bytes, public: str) -> str:
    """Ephemeral public key, then the data key wrapped under what both halves agree on.

    The ephemeral key is derived from the data key: the same box comes out each time, so whoever
    holds the data key can compare.
    """
    receiver = _bytes(public)
    seed = _hkdf(database_key, b"hocba keyring ephemeral" + receiver)
    ephemeral = X25519PrivateKey.from_private_bytes(seed)
    sender = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(receiver))
    return _text(sender + aes_key_wrap(_hkdf(shared, sender + receiver), database_key))


def _unseal(private: bytes, box: str) -> bytes:
    mine, content = X25519PrivateKey.from_private_bytes(private), _bytes(box)
    sender, wrapped = content[:32], content[32:]
    shared = mine.exchange(X25519PublicKey.from_public_bytes(sender))
    return aes_key_unwrap(_hkdf(shared, sender + mine.public_key().public_bytes_raw()), wrapped)


def _hkdf(secret: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"hocba keyring", info=info).derive(secret)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


# --- the recovery key -------------------------------------------------------------------------


def new_recovery_key() -> str:
    """160 bits in eight groups of four letters, to be written on paper."""
    letters = base64.b32encode(secrets.token_bytes(20)).decode()
    return "-".join(letters[i : i + 4] for i in range(0, 32, 4))


def recovery_text(typed: str) -> str:
    """The recovery key as it was made, however the person spaced it."""
    letters = "".join(c for c in typed.upper() if c.isalnum())
    return "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))


# --- the file ---------------------------------------------------------------------------------


def path_for(workspace: Path) -> Path:
    return workspace.with_name(workspace.name + ".keys")


def load(path: Path) -> list[KeyringEntry]:
    """The entries; damaged ones are among them, marked.

    Raises KeyringMissing when the file is not there, KeyringDamaged when no entry can be made out,
    WorkspaceDamaged when a newer program wrote it.
    """
    return parse(_read(path), path.name)


def parse(content: bytes, name: str) -> list[KeyringEntry]:
    """As `load`, of bytes that are at hand."""
    try:
        document = json.loads(content)
        known, found = document["format"], document["entries"]
        if known not in (1, FORMAT):
            raise WorkspaceDamaged("unknown keyring format")
        entries = [_entry(each) for each in found]
    except (ValueError, KeyError, TypeError, RecursionError):
        entries = _salvaged(content)
    if not entries:
        raise KeyringDamaged("no entry", file=name)
    return entries


def is_whole(path: Path) -> bool:
    """Whether the file holds exactly what was written: no byte in it is otherwise."""
    try:
        content = _read(path)
        entries = parse(content, path.name)
    except WorkspaceDamaged:
        return False
    if b'"format": 1,' in content[:20]:  # the first format has no digests
        return all(entry.intact for entry in entries)
    return serialised(entries) == content


def save(path: Path, entries: Sequence[KeyringEntry]) -> None:
    """Write it whole, for this account only, and read it back.

    Raises KeyringDamaged when the disk gives back something else; DiskFull, DiskTrouble.
    """
    content = serialised([entry for entry in entries if entry.intact])
    write_whole(path, content, private=True)
    if _read(path) != content:
        raise KeyringDamaged("read back otherwise than written", file=path.name)


def serialised(entries: Sequence[KeyringEntry]) -> bytes:
    """JSON with an entry a line: damage in one line leaves the others readable."""
    lines = ",\n".join(json.dumps(_written(each), ensure_ascii=True) for each in entries)
    return f'{{"format": {FORMAT}, "entries": [\n{lines}\n]}}\n'.encode("ascii")


def _read(path: Path) -> bytes:
    if not path.exists():
        raise KeyringMissing(path.name, file=path.name)
    with disk_words(path.name), patiently(lambda: path.open("rb")) as file:
        return file.read(LARGEST)


def _written(entry: KeyringEntry) -> dict[str, Any]:
    values: dict[str, Any] = {
        each.name: getattr(entry, each.name) for each in fields(entry) if each.name != "intact"
    }
    values["sealed"] = dict(entry.sealed)
    return values | {"check": _digest(values)}


def _digest(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _entry(found: Any) -> KeyringEntry:
    """As it was written, or marked as damaged. Never raises."""
    if not isinstance(found, dict):
        return _damaged("")
    values = dict(found)
    name = values.get("user")
    check = values.pop("check", None)
    try:
        if values.get("public") and check != _digest(values):
            return _damaged(name)
        entry = KeyringEntry(**{**values, "intact": check is None or check == _digest(values)})
        sound = entry.intact and _plausible(entry)
    except (TypeError, ValueError, AttributeError):
        return _damaged(name)
    return entry if sound else _damaged(name)


def _damaged(name: object) -> KeyringEntry:
    return KeyringEntry(name if isinstance(name, str) else "", "", "", intact=False)


def _plausible(entry: KeyringEntry) -> bool:
    """An entry without a digest is held to what the first format can be: 40 wrapped bytes, and a
    cost that does not stop the machine."""
    return (
        len(_bytes(entry.salt)) == 16
        and len(_bytes(entry.wrapped)) == 40
        and 8 <= entry.memory_kib <= _MOST_MEMORY_KIB
        and 1 <= entry.passes <= _MOST_PASSES
        and 1 <= entry.lanes <= _MOST_LANES
    )


def _salvaged(content: bytes) -> list[KeyringEntry]:
    """Entries of a file that is no JSON any more: a line each, of which some may be whole."""
    found = []
    for line in content.decode("ascii", "replace").splitlines():
        if not line.lstrip().startswith("{") or line.startswith('{"format"'):
            continue
        try:
            found.append(_entry(json.loads(line.rstrip().rstrip(","))))
        except (ValueError, RecursionError):
            found.append(_damaged(""))
    torn = _damaged("")  # whole lines may be missing: whose they were, nobody knows
    return [*found, torn] if any(entry.intact for entry in found) else []
