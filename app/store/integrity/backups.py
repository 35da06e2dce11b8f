"""Copies of the workspace: made, proven, thinned, and taken back.

A copy is three files: the database, its keyring, and a proof beside them that says which workspace
it is of, its number, its rows and its SHA-256. It counts once the database has its name, which
happens last. Numbers only rise within a folder; clocks are shown, and never decide what is newer.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.clock import VIETNAM, now
from app.errors import (
    AppError,
    BackupDamaged,
    BackupOfAnother,
    KeyringDamaged,
    WorkspaceDamaged,
    WorkspaceMissing,
)
from app.files import copy_whole, disk_words, flush, replace, write_whole
from app.store import database
from app.store.integrity import exchange, keyring, locks
from app.work import WorkContext

_STAMP = "%Y%m%d-%H%M%S"
_DIGITS, _OF_IDENTITY = 6, 8
_PROOF = ".proof.json"
SUFFIX = ".hocba"
_NAME = re.compile(
    rf"-((?P<number>\d{{{_DIGITS}}})-)?(?P<stamp>\d{{8}}-\d{{6}})"
    rf"(-(?P<identity>[0-9a-f]{{{_OF_IDENTITY}}}))?\{SUFFIX}"
)
_PIECE = 1024 * 1024
NEWEST_KEPT, DAYS_KEPT, WEEKS_KEPT, MONTHS_KEPT = 10, 7, 5, 12


@dataclass(frozen=True, slots=True)
class BackupProof:
    """What was found when the copy was made: it opened with its keyring and was whole."""

    workspace: str
    """Id of the workspace that it is a copy of."""
    number: int
    made_at: str
    """ISO 8601 by this machine's clock, which may be wrong."""
    sha256: str
    keyring_sha256: str
    rows: Mapping[str, int]
    """Of each table."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy with its keyring. `proof` is None for copies of older programs."""

    path: Path
    made_at: datetime
    size: int
    """Bytes."""
    number: int = 0
    """Order within its folder; 0 where an older program made it."""
    proof: BackupProof | None = None

    @property
    def workspace(self) -> str:
        return self.proof.workspace if self.proof else ""

    def is_sound(self) -> bool:
        """Whether both files are still what was proven, byte for byte; reads them whole."""
        proof = self.proof
        return proof is not None and (
            _sha256(self.path) == proof.sha256
            and _sha256(keyring.path_for(self.path)) == proof.keyring_sha256
        )


def folder_of(workspace: Path) -> Path:
    return workspace.parent / "backups"


def backups(workspace: Path, folder: Path | None = None) -> list[Backup]:
    """Copies with their keyring in the folder (else beside the workspace), newest first."""
    found = []
    for file in _files_of(folder or folder_of(workspace), workspace.stem):
        try:
            if file.suffix == SUFFIX and (copy := read_backup(file)) is not None:
                found.append(copy)
        except OSError:  # gone meanwhile, or on a part of the disk that cannot be read
            continue
    return sorted(found, key=lambda copy: (copy.number, copy.path.name), reverse=True)


def read_backup(file: Path) -> Backup | None:
    """The copy in `file`; None where its keyring is missing. Raises OSError.

    When it was made is told by its proof, else by its name, else by the file's own time.
    """
    if not keyring.path_for(file).exists():
        return None
    proof, facts, named = _read_proof(file), file.stat(), _NAME.search(file.name)
    if proof is not None:
        made_at = datetime.fromisoformat(proof.made_at)
        return Backup(file, made_at, facts.st_size, proof.number, proof)
    made_at = datetime.fromtimestamp(facts.st_mtime, VIETNAM)
    if named is None:
        return Backup(file, made_at, facts.st_size)
    with contextlib.suppress(ValueError):
        made_at = datetime.strptime(named["stamp"], _STAMP).replace(tzinfo=VIETNAM)
    return Backup(file, made_at, facts.st_size, int(named["number"] or 0))


# --- making -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BackupSource:
    """What a copy is made of: a workspace that somebody has opened."""

    path: Path
    key: bytes
    identity: str

    def back_up(self, folder: Path, moment: datetime | None, context: WorkContext) -> Backup:
        """A copy in `folder`, proven; then the oldest ones go.

        Raises WorkspaceDamaged when the original or its keyring is not whole, DiskFull,
        DiskTrouble, WorkspaceBusy while another copy is being made there, Cancelled. Nothing is
        added or removed then.
        """
        with disk_words(folder.name):
            folder.mkdir(parents=True, exist_ok=True)
        with locks.exclusive(locks.upkeep(self.path), wait=locks.UPKEEP_WAIT_S):
            self._clear_halves(folder)
            made = self._make(folder, moment or now(), context)
            _thin(backups(self.path, folder), made)
            return made

    def _make(self, folder: Path, moment: datetime, context: WorkContext) -> Backup:
        number = _last_number(folder, self.path.stem) + 1
        parts = [self.path.stem, f"{number:0{_DIGITS}}", moment.strftime(_STAMP)]
        parts += [self.identity[:_OF_IDENTITY]] if self.identity else []
        target = folder / f"{'-'.join(parts)}{SUFFIX}"
        half = Path(f"{target}.tmp")
        try:
            rows = self._copy_database(half, context)
            self._copy_keyring(keyring.path_for(target))
            proof = BackupProof(
                self.identity,
                number,
                moment.isoformat(),
                _sha256(half),
                _sha256(keyring.path_for(target)),
                rows,
            )
            write_whole(_proof_of(target), json.dumps(asdict(proof), indent=1).encode())
            with disk_words(target.name):
                replace(half, target)
        except BaseException:
            self._clear_halves(folder)
            raise
        return Backup(target, moment, target.stat().st_size, number, proof)

    def _copy_database(self, half: Path, context: WorkContext) -> Mapping[str, int]:
        source = database.connect(self.path, self.key)
        try:
            rows = database.copy_to(source, half, self.key, context)
        finally:
            source.close()
        with disk_words(half.name):
            flush(half)
            _forget_cached(half)
        database.prove_copy(half, self.key, rows)
        return rows

    def _clear_halves(self, folder: Path) -> None:
        """What a run that was killed left: files of our copies that never got their last name."""
        with disk_words(folder.name):
            for file in _files_of(folder, self.path.stem):
                named = _NAME.search(file.name)
                ours = named and (named["identity"] or "") == self.identity[:_OF_IDENTITY]
                whole = folder / f"{file.name.partition(SUFFIX)[0]}{SUFFIX}"
                if ours and (".tmp" in file.name or not whole.exists()):
                    file.unlink(missing_ok=True)

    def _copy_keyring(self, target: Path) -> None:
        """Every entry must open this very data key. Raises KeyringDamaged."""
        source = keyring.path_for(self.path)
        entries = keyring.load(source)
        if not keyring.is_whole(source) or not all(
            keyring.fits(entry, self.key) for entry in entries
        ):
            raise KeyringDamaged("not every entry is whole", file=source.name)
        copy_whole(source, target, private=True)
        if not keyring.is_whole(target):
            raise KeyringDamaged("read back otherwise than written", file=target.name)


def kept(copies: Sequence[Backup]) -> set[Path]:
    """Which of one workspace's copies (newest first) stay.

    The newest ten, the newest of each of the last seven days, five weeks and twelve months that
    have any, and the one with the most entries in the audit log: a school that lost rows does not
    push out the copy that still has them. Days are only labels here: a clock that stands still or
    runs backwards makes fewer of them, and never makes the newest copy go.
    """
    stay = {copy.path for copy in copies[:NEWEST_KEPT]}
    periods: tuple[tuple[int, Callable[[Backup], object]], ...] = (
        (DAYS_KEPT, lambda copy: copy.made_at.date()),
        (WEEKS_KEPT, lambda copy: copy.made_at.isocalendar()[:2]),
        (MONTHS_KEPT, lambda copy: (copy.made_at.year, copy.made_at.month)),
    )
    for count, period in periods:
        newest: dict[object, Backup] = {}
        for copy in copies:
            newest.setdefault(period(copy), copy)
        stay |= {copy.path for copy in list(newest.values())[:count]}
    fullest = max(copies, key=lambda copy: copy.proof.rows.get("audit", 0) if copy.proof else 0)
    return stay | {fullest.path}


def _thin(copies: Sequence[Backup], made: Backup) -> None:
    """Remove what need not stay of this workspace's proven copies; all others are left alone.

    Nothing goes before another copy than the new one was found whole on the disk.
    """
    own = [copy for copy in copies if copy.proof and copy.workspace == made.workspace]
    stay = kept(own)
    too_many = [copy for copy in own if copy.path not in stay]
    others = (copy for copy in own if copy.path in stay and copy.path != made.path)
    if too_many and any(copy.is_sound() for copy in others):
        for old in reversed(too_many):
            _remove(old.path)


def _remove(copy: Path) -> None:
    for file in (copy, keyring.path_for(copy), _proof_of(copy)):
        file.unlink(missing_ok=True)


def _files_of(folder: Path, stem: str) -> list[Path]:
    """Every file of copies of the workspace with this name, whole or not."""
    if not folder.is_dir():
        return []
    named = re.compile(rf"{re.escape(stem)}{_NAME.pattern}")
    return [file for file in folder.iterdir() if named.match(file.name)]


def _last_number(folder: Path, stem: str) -> int:
    """The highest number that any copy here has or had in its name, also a foreign one."""
    names = (_NAME.search(file.name) for file in _files_of(folder, stem))
    return max((int(name["number"] or 0) for name in names if name), default=0)


# --- taking back ------------------------------------------------------------------------------


def restore(workspace: Path, copy: Path, passphrase: str | None = None) -> Path:
    """Put a copy in the workspace's place; what stood there is kept in the returned folder.

    The workspace must be closed. The copy is proven first: by its proof's digests, and where a
    passphrase is given, by opening it with its keyring and reading it whole. Raises
    WorkspaceMissing, BackupDamaged, BackupOfAnother, WrongPassphrase, WorkspaceBusy, DiskFull,
    DiskTrouble; nothing has changed then.
    """
    if not copy.exists():
        raise WorkspaceMissing(copy.name)
    with disk_words(copy.name):
        found = read_backup(copy)
    if found is None or (found.proof and not found.is_sound()):
        raise BackupDamaged(copy.name, file=copy.name)
    exchange.settle(workspace)
    _require_same(workspace, copy)
    if passphrase is not None:
        prove(copy, passphrase)
    aside = folder_of(workspace) / f"replaced-{_next_aside(folder_of(workspace)):04}"

    def prepare(new: Path, new_keys: Path) -> None:
        copy_whole(copy, new, private=True)
        copy_whole(keyring.path_for(copy), new_keys, private=True)
        if _sha256(new) != _sha256(copy):
            raise BackupDamaged(copy.name, file=copy.name)

    exchange.put_in_place(workspace, prepare, aside)
    return aside


def prove(copy: Path, passphrase: str) -> Mapping[str, int]:
    """Open a copy with its keyring and read it whole; the rows of each table.

    Raises WrongPassphrase, BackupDamaged.
    """
    try:
        unlocked = keyring.unlock(keyring.load(keyring.path_for(copy)), passphrase)
        return _rows(copy, unlocked.keys)
    except WorkspaceDamaged as error:
        raise BackupDamaged(error.detail, file=copy.name) from error


def _rows(copy: Path, keys: Iterable[bytes]) -> Mapping[str, int]:
    failure: WorkspaceDamaged | None = None
    for key in keys:
        try:
            db = database.connect_unchanging(copy, key)
            try:
                rows = database.counts(db)
                database.require_sound(db)
                if "audit" in rows:
                    return rows
            finally:
                db.close()
        except WorkspaceDamaged as error:
            failure = error
    raise failure or WorkspaceDamaged("no workspace in it")


def _require_same(workspace: Path, copy: Path) -> None:
    """Raises BackupOfAnother. Where one of them does not say whose it is, nobody is refused."""
    ours, theirs = (_identities(keyring.path_for(path)) for path in (workspace, copy))
    if ours and theirs and not ours & theirs:
        raise BackupOfAnother(copy.name, file=copy.name)


def _identities(keys: Path) -> set[str]:
    try:
        return {entry.workspace for entry in keyring.load(keys) if entry.workspace}
    except AppError:
        return set()


def _next_aside(folder: Path) -> int:
    tails = (file.name.removeprefix("replaced-") for file in folder.glob("replaced-*"))
    return max((int(tail) for tail in tails if tail.isdecimal() and len(tail) == 4), default=0) + 1


# --- files ------------------------------------------------------------------------------------


def _proof_of(copy: Path) -> Path:
    return copy.with_name(copy.name + _PROOF)


def _read_proof(copy: Path) -> BackupProof | None:
    """None where there is none, or none that can be made out."""
    try:
        found: dict[str, Any] = json.loads(_proof_of(copy).read_bytes())
        proof = BackupProof(**found)
        datetime.fromisoformat(proof.made_at)
        return proof if isinstance(proof.number, int) and isinstance(proof.rows, dict) else None
    except (OSError, ValueError, TypeError):
        return None


def _sha256(file: Path) -> str:
    """'' where it cannot be read: no digest is like that."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _forget_cached(file: Path) -> None:
    """What is read next comes from the medium, not from what is still in memory."""
    if sys.platform != "win32" and hasattr(os, "posix_fadvise"):
        with file.open("rb") as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
