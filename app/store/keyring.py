"""Who may open the workspace: the database key, wrapped once for each passphrase.

The keyring lies beside the workspace (`school.hocba` and `school.hocba.keys`). It holds no
secret: each entry is the 256-bit database key wrapped (RFC 3394) under a key derived from a
passphrase with Argon2id (RFC 9106). Losing the keyring loses the workspace, so every backup
carries it, and it is replaced in one step only.
"""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import unicodedata
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)

from app.errors import KeyringMissing, PassphraseTooWeak, WorkspaceDamaged, WrongPassphrase
from app.files import write_whole
from app.owner_only import restrict

RECOVERY = "recovery"
FORMAT = 1
SHORTEST_PASSPHRASE = 8


@dataclass(frozen=True, slots=True)
class KeyringEntry:
    """One wrapped copy of the database key. Cost: KiB of memory and passes of Argon2id."""

    user: str
    salt: str
    wrapped: str
    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 1


def _derive(passphrase: str, entry_salt: bytes, memory_kib: int, passes: int, lanes: int) -> bytes:
    text = unicodedata.normalize("NFC", passphrase).encode()
    kdf = Argon2id(
        salt=entry_salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory_kib
    )
    return kdf.derive(text)


def wrap(user: str, passphrase: str, database_key: bytes) -> KeyringEntry:
    """A new entry for `user`.

    Raises PassphraseTooWeak below eight characters.
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise PassphraseTooWeak(shortest=SHORTEST_PASSPHRASE)
    salt = secrets.token_bytes(16)
    bare = KeyringEntry(user, "", "")
    key = _derive(passphrase, salt, bare.memory_kib, bare.passes, bare.lanes)
    wrapped = aes_key_wrap(key, database_key)
    return KeyringEntry(user, base64.b64encode(salt).decode(), base64.b64encode(wrapped).decode())


def unwrap(entries: list[KeyringEntry], passphrase: str) -> tuple[str, bytes]:
    """(user, database key) of the entry that this passphrase opens.

    Raises WrongPassphrase when none does.
    """
    for entry in entries:
        text = recovery_text(passphrase) if entry.user == RECOVERY else passphrase
        key = _derive(
            text, base64.b64decode(entry.salt), entry.memory_kib, entry.passes, entry.lanes
        )
        try:
            return entry.user, aes_key_unwrap(key, base64.b64decode(entry.wrapped))
        except InvalidUnwrap:
            continue
    raise WrongPassphrase


def new_recovery_key() -> str:
    """160 bits in eight groups of four letters, to be written on paper."""
    letters = base64.b32encode(secrets.token_bytes(20)).decode()
    return "-".join(letters[i : i + 4] for i in range(0, 32, 4))


def recovery_text(typed: str) -> str:
    """The recovery key as it was made, however the person spaced it."""
    letters = "".join(c for c in typed.upper() if c.isalnum())
    return "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))


def path_for(workspace: Path) -> Path:
    return workspace.with_name(workspace.name + ".keys")


def load(path: Path) -> list[KeyringEntry]:
    """Raises KeyringMissing when it is not there, WorkspaceDamaged when it is torn."""
    if not path.exists():
        raise KeyringMissing(path.name, file=path.name)
    try:
        found = json.loads(path.read_text("utf-8"))
        if found["format"] != FORMAT:
            raise WorkspaceDamaged("unknown keyring format")
        return [KeyringEntry(**entry) for entry in found["entries"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkspaceDamaged(f"keyring: {type(error).__name__}") from error


def save(path: Path, entries: list[KeyringEntry]) -> None:
    text = json.dumps({"format": FORMAT, "entries": [asdict(e) for e in entries]}, indent=1)
    write_whole(path, text.encode())
    with contextlib.suppress(OSError):  # a stick may know no owners; the keys in it are wrapped
        restrict(path)
