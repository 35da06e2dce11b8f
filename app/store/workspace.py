"""One school's encrypted workspace on this machine.

`school.hocba` is the SQLCipher database, `school.hocba.keys` the keyring beside it, and
`backups/` holds copies of both.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from app.errors import (
    AppError,
    KeyringDamaged,
    KeyringMissing,
    WorkspaceDamaged,
    WorkspaceError,
    WorkspaceMissing,
)
from app.store import database
from app.store.audit import VerifiedChain
from app.store.integrity import exchange, keyring, locks
from app.store.integrity.backups import BackupSource, backups, folder_of
from app.store.integrity.keyring import KeyringEntry, Unlocked
from app.store.settings import SettingStore
from app.store.store import Store
from app.work import WorkContext

_IDENTITY, _RENEWAL_DUE = "workspace.id", "workspace.key_renewal_due"


def exists(path: Path) -> bool:
    """Whether a workspace is, or was, at `path`: its file, its keys, or copies of it.

    Only where this says no may a new one be made: a keyring or copies alone are a damage.
    """
    exchange.settle(path)
    return path.exists() or keyring.path_for(path).exists() or bool(backups(path))


class Workspace:
    """An open workspace; hands each thread a Store with a connection of its own."""

    def __init__(self, path: Path, key: bytes, user: str) -> None:
        self.path = path
        self.user = user
        self._key = key
        self._local = threading.local()
        self._opened: list[Store] = []
        self._guard = threading.Lock()
        self._forbidden: int | None = None
        self._presence: locks.FileLock | None = None
        self._verified = VerifiedChain()

    @classmethod
    def create(cls, path: Path, passphrase: str, user: str) -> tuple[Workspace, str]:
        """A new, empty workspace and the recovery key to be written on paper.

        Both files take their place together or not at all. Raises PassphraseTooWeak, DiskFull,
        DiskTrouble; WorkspaceError when something is there already.
        """
        exchange.settle(path)
        if path.exists() or keyring.path_for(path).exists():
            raise WorkspaceError("a workspace is there already")
        key, recovery = secrets.token_bytes(32), keyring.new_recovery_key()
        entries = [
            keyring.wrap(user, passphrase, key),
            keyring.wrap(keyring.RECOVERY, recovery, key),
        ]

        def prepare(new: Path, new_keys: Path) -> None:
            database.create(new, key)
            db = database.connect(new, key)
            identity = str(SettingStore(db).get(_IDENTITY))
            db.close()
            keyring.save(new_keys, [replace(entry, workspace=identity) for entry in entries])

        exchange.put_in_place(path, prepare)
        workspace = cls(path, key, user)
        workspace.here()
        return workspace, recovery

    @classmethod
    def open(cls, path: Path, passphrase: str) -> Workspace:
        """Opening never creates.

        Raises WorkspaceMissing where nothing is, WrongPassphrase, WorkspaceDamaged (also where the
        file is gone from beside its keys), KeyringDamaged, WorkspaceTooNew, WorkspaceBusy.
        """
        exchange.settle(path)
        if not path.exists():
            there = exists(path)
            raise WorkspaceDamaged("the file is gone") if there else WorkspaceMissing(path.name)
        unlocked = _unlock(path, passphrase)
        workspace = cls(path, _working_key(path, unlocked.keys), unlocked.entry.user)
        try:
            workspace.here()
            workspace._put_keyring_right(unlocked, passphrase)
        except BaseException:
            workspace.close()
            raise
        return workspace

    def forbid_this_thread(self) -> None:
        """SQL on the GUI thread is a programming error from now on."""
        self._forbidden = threading.get_ident()
        store: Store | None = getattr(self._local, "store", None)
        if store is not None:
            store.close()
            del self._local.store

    def here(self) -> Store:
        """This thread's Store."""
        if threading.get_ident() == self._forbidden:
            raise RuntimeError("SQL on the GUI thread: give the work to the task runner")
        key = self._key
        if getattr(self._local, "key", None) is not key:  # none yet, or of the key before
            self._local.store = self._connected(key)
            self._local.key = key
        found: Store = self._local.store
        return found

    def _connected(self, key: bytes) -> Store:
        self._be_present()
        db = database.connect(self.path, key, lambda: self._is_current(key))
        try:
            database.upgrade(db, self._keep_copy)
        except BaseException:
            db.close()
            raise
        store = Store(db, self.user, self._verified)
        with self._guard:
            self._opened.append(store)
        return store

    def _be_present(self) -> None:
        """From now on nobody puts other files in this one's place."""
        with self._guard:
            while self._presence is None:
                held = locks.FileLock(locks.presence(self.path), shared=True)
                if exchange.unsettled(self.path):  # killed between our look and our hold
                    held.release()
                    exchange.settle(self.path)
                else:
                    self._presence = held

    # --- who may open it --------------------------------------------------------------------

    def add_user(self, user: str, passphrase: str) -> None:
        """Give `user` a passphrase of their own, or a new one: then the old one opens nothing that
        is of today, also not with an old keyring. Raises PassphraseTooWeak, KeyringDamaged.
        """
        entry = keyring.wrap(user, passphrase, self._key, self._identity())
        with self._keyring() as entries:
            others = [each for each in entries if each.user != user]
            keyring.save(keyring.path_for(self.path), [*others, entry])
            self.here().audit.add("set passphrase", user)
            if len(others) < len(entries):
                self._renew_key()

    def remove_user(self, user: str) -> None:
        """`user` opens this workspace no longer; what they did stays in the audit log.

        The data key is changed, so that a keyring kept from before opens nothing of today; copies
        made before keep their own keyring. Raises WorkspaceError for the one who works now and for
        the last one.
        """
        with self._keyring() as entries:
            left = [entry for entry in entries if entry.user != user]
            if user in (self.user, keyring.RECOVERY) or not any(
                entry.user != keyring.RECOVERY and entry.intact for entry in left
            ):
                raise WorkspaceError("somebody must be able to open it")
            keyring.save(keyring.path_for(self.path), left)
            self.here().audit.add("remove user", user)
            self._renew_key()

    def users(self) -> list[str]:
        """Who has a passphrase of their own; the recovery key is nobody."""
        entries = keyring.load(keyring.path_for(self.path))
        return [entry.user for entry in entries if entry.user not in ("", keyring.RECOVERY)]

    def renew_recovery_key(self) -> str:
        """A new recovery key to be written on paper; the one before opens nothing any more."""
        recovery = keyring.new_recovery_key()
        self.add_user(keyring.RECOVERY, recovery)
        return recovery

    def key_renewal_waits_for(self) -> list[str]:
        """Whose keyring entries are of an older program, while the data key should be changed.

        It is changed by itself once each of them has opened the workspace. Empty: nothing is due.
        """
        if not self.here().settings.get(_RENEWAL_DUE, False):
            return []
        entries = keyring.load(keyring.path_for(self.path))
        return [entry.user for entry in entries if not entry.renewable]

    def _keyring(self) -> _KeyringHold:
        return _KeyringHold(self.path)

    def _renew_key(self) -> None:
        """A fresh data key for the file and every entry; the caller holds the keyring.

        Killed at any moment, the keyring opens the file: while it is rewritten, which is one
        transaction, every entry carries both keys. Raises DiskFull, WorkspaceBusy; the change is
        then made up for when the workspace is next opened.
        """
        store, place = self.here(), keyring.path_for(self.path)
        store.settings.set(_RENEWAL_DUE, True)
        entries = keyring.load(place)
        if not all(entry.renewable for entry in entries):
            return
        fresh = secrets.token_bytes(32)
        keyring.save(place, [keyring.sealed_to(entry, [self._key, fresh]) for entry in entries])
        database.change_key(self.path, self._key, fresh)
        self._key = fresh
        keyring.save(place, [keyring.sealed_to(entry, [fresh]) for entry in entries])
        self.here().settings.set(_RENEWAL_DUE, False)
        self.here().audit.add("renew data key", keyring.key_id(fresh))

    def _put_keyring_right(self, unlocked: Unlocked, passphrase: str) -> None:
        """What opening showed: entries that a copy still has whole, a first-format entry of this
        person, a change of key that was broken off."""
        mine = unlocked.entry
        with self._keyring() as found:
            entries = (
                _mended(self.path, found, self._key) if _is_damaged(self.path, found) else found
            )
            if not mine.public:
                fresh = keyring.wrap(mine.user, passphrase, self._key, self._identity())
                entries = [fresh if each.user == mine.user else each for each in entries]
            if len(unlocked.keys) > 1:
                entries = [keyring.sealed_to(each, [self._key]) for each in entries]
            if entries != found or (_is_damaged(self.path, found) and _all_intact(entries)):
                keyring.save(keyring.path_for(self.path), entries)
                self.here().audit.add("repair keyring", mine.user)
            if self.here().settings.get(_RENEWAL_DUE, False):
                self._renew_key()

    def _is_current(self, key: bytes) -> bool:
        """Whether `key` is still what the keyring leads to; a torn keyring does not say no."""
        if self._key is not key:
            return False
        try:
            entries = keyring.load(keyring.path_for(self.path))
        except AppError:
            return True
        boxes = [entry.sealed for entry in entries if entry.renewable]
        return not boxes or any(keyring.key_id(key) in box for box in boxes)

    # --- copies -----------------------------------------------------------------------------

    def back_up(
        self,
        moment: datetime | None = None,
        folder: Path | None = None,
        context: WorkContext | None = None,
    ) -> Path:
        """A proven copy of the workspace and its keyring in `folder` (else `backups/`).

        Raises WorkspaceDamaged when the workspace itself is not whole, KeyringDamaged, DiskFull,
        DiskTrouble, WorkspaceBusy, Cancelled; no copy is added or removed then.
        """
        return self._keep_copy(moment, folder, context)

    def check(self) -> None:
        """Read every page, the keyring and the audit chain. Raises WorkspaceDamaged,
        KeyringDamaged, AuditBroken.
        """
        place = keyring.path_for(self.path)
        if not keyring.is_whole(place):
            raise KeyringDamaged("not as it was written", file=place.name)
        store = self.here()
        database.require_sound(store.db)
        store.audit.require_unbroken()

    def _keep_copy(
        self,
        moment: datetime | None = None,
        folder: Path | None = None,
        context: WorkContext | None = None,
    ) -> Path:
        source = BackupSource(self.path, self._key, self._identity())
        made = source.back_up(folder or folder_of(self.path), moment, context or WorkContext())
        return made.path

    def _identity(self) -> str:
        """'' before the schema step that names workspaces."""
        db = database.connect(self.path, self._key)
        try:
            return str(SettingStore(db).get(_IDENTITY, ""))
        finally:
            db.close()

    def close(self) -> None:
        """Close every thread's connection; call it when the lanes are at rest."""
        with self._guard:
            for store in self._opened:
                store.close()
            self._opened.clear()
            if self._presence is not None:
                self._presence.release()
                self._presence = None
        self._local = threading.local()


class _KeyringHold:
    """The keyring's entries, while nobody else changes them."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace

    def __enter__(self) -> list[KeyringEntry]:
        self._lock = locks.FileLock(
            locks.upkeep(self._workspace), shared=False, wait=locks.UPKEEP_WAIT_S
        )
        try:
            return keyring.load(keyring.path_for(self._workspace))
        except (KeyringMissing, KeyringDamaged):
            return []

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _unlock(path: Path, passphrase: str) -> Unlocked:
    """By the keyring beside the file; where that is damaged, by those of the copies, as long as
    they lead to a key that opens today's file."""
    failure: WorkspaceDamaged
    try:
        return keyring.unlock(keyring.load(keyring.path_for(path)), passphrase)
    except (KeyringMissing, KeyringDamaged) as error:
        failure = error
    for entries in _keyrings_of_copies(path):
        try:
            unlocked = keyring.unlock(entries, passphrase)
            _working_key(path, unlocked.keys)
            return unlocked
        except WorkspaceError:
            continue
    if isinstance(failure, KeyringMissing):
        raise failure
    raise KeyringDamaged(failure.detail, file=keyring.path_for(path).name) from failure


def _working_key(path: Path, keys: Sequence[bytes]) -> bytes:
    """The one that opens the file. Raises WorkspaceDamaged when none does."""
    for key in keys[:-1]:
        try:
            database.connect(path, key).close()
        except WorkspaceDamaged:
            continue
        return key
    return keys[-1]


def _keyrings_of_copies(path: Path) -> list[list[KeyringEntry]]:
    """Newest first."""
    found = []
    for copy in backups(path):
        try:
            found.append(keyring.load(keyring.path_for(copy.path)))
        except AppError:
            continue
    return found


def _is_damaged(path: Path, entries: Sequence[KeyringEntry]) -> bool:
    return not _all_intact(entries) or not keyring.is_whole(keyring.path_for(path))


def _all_intact(entries: Sequence[KeyringEntry]) -> bool:
    return bool(entries) and all(entry.intact for entry in entries)


def _mended(path: Path, entries: Sequence[KeyringEntry], key: bytes) -> list[KeyringEntry]:
    """The entries with damaged ones replaced by those of a copy that lead to the same data key.

    A person who was removed does not come back: their entries lead to a key of before.
    """
    intact = {entry.user: entry for entry in entries if entry.intact}
    lost = {entry.user for entry in entries if not entry.intact}
    anybody = "" in lost or not entries
    for copied in _keyrings_of_copies(path):
        for entry in copied:
            wanted = anybody or entry.user in lost
            fits = entry.renewable and keyring.fits(entry, key)
            if wanted and fits and entry.user not in intact:
                intact[entry.user] = entry
    still_lost = [each for each in entries if each.user and each.user not in intact]
    return [*intact.values(), *still_lost]
