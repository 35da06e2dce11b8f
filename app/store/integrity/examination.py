"""What is damaged in a workspace, without changing anything in it: pages, rows, audit, keyring."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlite_utils import Database

from app.errors import KeyringMissing, WorkspaceDamaged, WorkspaceError, WorkspaceMissing
from app.store import database
from app.store.audit import AuditLog
from app.store.integrity import keyring
from app.store.integrity.backups import Backup, backups, prove
from app.work import WorkContext


class DamagedPart(StrEnum):
    FILE = "file"
    """It is gone, empty, or does not open under the key that the keyring gives."""
    KEYRING = "keyring"
    PAGES = "pages"
    ROWS = "rows"
    AUDIT = "audit"
    REGISTERS = "registers"


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is not as it was written. `where` names no pupil."""

    part: DamagedPart
    where: str


@dataclass(frozen=True, slots=True)
class CopyVerdict:
    copy: Backup
    sound: bool
    """It is what was proven when it was made; for older copies: it opens and is whole now."""


@dataclass(frozen=True, slots=True)
class Examination:
    damages: tuple[Damage, ...]
    rows: int
    audit_entries: int
    copies: tuple[CopyVerdict, ...]
    """Newest first."""

    @property
    def sound(self) -> bool:
        return not self.damages

    @property
    def good_copy(self) -> Backup | None:
        """The newest copy that is whole."""
        return next((each.copy for each in self.copies if each.sound), None)


_DIGESTED = {
    "transcript": ("sha256", "xml"),
    "foreign_record": ("sha256", "xml"),
    "foreign_paper": ("sha256", "content"),
    "parcel": ("sha256", "payload"),
}
"""Tables whose rows carry the SHA-256 of their own content."""
_JSON = {"setting": "value", "staff": "data", "student": "data"}
_MOST_NAMED = 20


def examine(workspace: Path, passphrase: str, context: WorkContext | None = None) -> Examination:
    """Read all of it, and every copy beside it.

    Raises WorkspaceMissing where nothing is, WrongPassphrase; WorkspaceTooNew; Cancelled.
    """
    context = context or WorkContext()
    place = keyring.path_for(workspace)
    copies = backups(workspace)
    if not workspace.exists() and not place.exists() and not copies:
        raise WorkspaceMissing(workspace.name)
    damages, keys = _keyring_damages(place, passphrase)
    rows = entries = 0
    if not workspace.exists():
        damages.append(Damage(DamagedPart.FILE, "gone"))
    elif keys:
        found, rows, entries = _file_damages(workspace, keys)
        damages += found
    elif not workspace.stat().st_size:
        damages.append(Damage(DamagedPart.FILE, "empty"))
    verdicts = []
    for number, copy in enumerate(copies):
        context.step(number, len(copies))
        verdicts.append(CopyVerdict(copy, _is_good(copy, passphrase)))
    context.report_done(len(copies))
    return Examination(tuple(damages), rows, entries, tuple(verdicts))


def _keyring_damages(place: Path, passphrase: str) -> tuple[list[Damage], tuple[bytes, ...]]:
    """Also the data keys that it gives. Raises WrongPassphrase."""
    try:
        entries = keyring.load(place)
        torn = [] if keyring.is_whole(place) else [_keyring_damage(entries)]
        return torn, keyring.unlock(entries, passphrase).keys
    except KeyringMissing:
        return [Damage(DamagedPart.KEYRING, "gone")], ()
    except WorkspaceDamaged as error:
        return [Damage(DamagedPart.KEYRING, error.detail)], ()


def _keyring_damage(entries: list[keyring.KeyringEntry]) -> Damage:
    names = [entry.user or "?" for entry in entries if not entry.intact]
    return Damage(DamagedPart.KEYRING, ", ".join(names) or "not as it was written")


def _file_damages(workspace: Path, keys: tuple[bytes, ...]) -> tuple[list[Damage], int, int]:
    failure = ""
    for key in keys:
        try:
            with closing(database.connect(workspace, key)) as db:
                return _database_damages(db)
        except WorkspaceDamaged as error:
            failure = error.detail
    return [Damage(DamagedPart.FILE, failure)], 0, 0


def _database_damages(db: Database) -> tuple[list[Damage], int, int]:
    pages = [Damage(DamagedPart.PAGES, line) for line in database.complaints(db)]
    try:
        counted = database.counts(db)
        rows = [Damage(DamagedPart.ROWS, line) for line in _row_damages(db, counted)]
        broken = AuditLog(db, "").first_broken() if "audit" in counted else None
    except WorkspaceDamaged as error:
        return [*pages, Damage(DamagedPart.ROWS, error.detail)], 0, 0
    audit = [] if broken is None else [Damage(DamagedPart.AUDIT, str(broken))]
    return [*pages, *rows[:_MOST_NAMED], *audit], sum(counted.values()), counted.get("audit", 0)


def _row_damages(db: Database, tables: dict[str, int]) -> Iterator[str]:
    for table, row, parent, _ in db.execute("PRAGMA foreign_key_check"):
        yield f"{table} {row}: no row of {parent}"
    for table, (digest, content) in _DIGESTED.items():
        if table in tables:
            yield from _digest_damages(db, table, digest, content)
    for table, column in _JSON.items():
        if table in tables:
            yield from _json_damages(db, table, column)


def _digest_damages(db: Database, table: str, digest: str, content: str) -> Iterator[str]:
    query = f"SELECT {digest}, {content} FROM {table} WHERE {content} IS NOT NULL"
    for number, (expected, data) in enumerate(db.execute(query), 1):
        if hashlib.sha256(data).hexdigest() != expected:
            yield f"{table} {number}: content and digest differ"


def _json_damages(db: Database, table: str, column: str) -> Iterator[str]:
    for number, (text,) in enumerate(db.execute(f"SELECT {column} FROM {table}"), 1):
        try:
            json.loads(text)
        except ValueError:
            yield f"{table} {number}: no JSON"


def _is_good(copy: Backup, passphrase: str) -> bool:
    """By its proof; an older copy, or one whose proof is torn, is opened and read."""
    if copy.proof is not None:
        return copy.is_sound()
    try:
        return "audit" in prove(copy.path, passphrase)
    except WorkspaceError:
        return False
