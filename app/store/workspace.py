"""One school's encrypted workspace on this machine.

`school.hocba` is the SQLCipher database, `school.hocba.keys` the keyring beside it, and
`backups/` holds copies of both.
"""

from __future__ import annotations

import secrets
import shutil
import threading
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from app.clock import now
from app.errors import WorkspaceError, WorkspaceMissing
from app.store import database, keyring
from app.store.store import Store

COPIES_KEPT = 10


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

    @classmethod
    def create(cls, path: Path, passphrase: str, user: str) -> tuple[Workspace, str]:
        """A new, empty workspace and the recovery key to be written on paper.

        Raises PassphraseTooWeak, DiskFull; WorkspaceError when something is there already.
        """
        if path.exists() or keyring.path_for(path).exists():
            raise WorkspaceError("a workspace is there already")
        key, recovery = secrets.token_bytes(32), keyring.new_recovery_key()
        entries = [
            keyring.wrap(user, passphrase, key),
            keyring.wrap(keyring.RECOVERY, recovery, key),
        ]
        path.parent.mkdir(parents=True, exist_ok=True)
        keyring.save(keyring.path_for(path), entries)
        workspace = cls(path, key, user)
        workspace.here()
        return workspace, recovery

    @classmethod
    def open(cls, path: Path, passphrase: str) -> Workspace:
        """Raises WorkspaceMissing, WrongPassphrase, WorkspaceDamaged, WorkspaceTooNew."""
        if not path.exists():
            raise WorkspaceMissing(path.name)
        user, key = keyring.unwrap(keyring.load(keyring.path_for(path)), passphrase)
        workspace = cls(path, key, user)
        workspace.here()
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
        if not hasattr(self._local, "store"):
            db = database.connect(self.path, self._key)
            database.upgrade(db, lambda: self._keep_copy(db))
            store = Store(db, self.user)
            with self._guard:
                self._opened.append(store)
            self._local.store = store
        found: Store = self._local.store
        return found

    def add_user(self, user: str, passphrase: str) -> None:
        """Give `user` a passphrase of their own (or a new one). Raises PassphraseTooWeak."""
        place = keyring.path_for(self.path)
        others = [entry for entry in keyring.load(place) if entry.user != user]
        keyring.save(place, [*others, keyring.wrap(user, passphrase, self._key)])
        self.here().audit.add("set passphrase", user)

    def remove_user(self, user: str) -> None:
        """`user` opens this workspace no longer; what they did stays in the audit log.

        Copies made before keep their own keyring. Raises WorkspaceError for the one who works now
        and for the last one.
        """
        place = keyring.path_for(self.path)
        entries = keyring.load(place)
        left = [entry for entry in entries if entry.user != user]
        if user in (self.user, keyring.RECOVERY) or not any(
            entry.user != keyring.RECOVERY for entry in left
        ):
            raise WorkspaceError("somebody must be able to open it")
        keyring.save(place, left)
        self.here().audit.add("remove user", user)

    def users(self) -> list[str]:
        """Who has a passphrase of their own; the recovery key is nobody."""
        entries = keyring.load(keyring.path_for(self.path))
        return [entry.user for entry in entries if entry.user != keyring.RECOVERY]

    def renew_recovery_key(self) -> str:
        """A new recovery key to be written on paper; the one before opens nothing any more."""
        recovery = keyring.new_recovery_key()
        self.add_user(keyring.RECOVERY, recovery)
        return recovery

    def back_up(self, moment: datetime | None = None) -> Path:
        """Copy the workspace and its keyring into `backups/`; the oldest copies go."""
        return self._keep_copy(self.here().db, moment)

    def _keep_copy(self, db: Database, moment: datetime | None = None) -> Path:
        folder = self.path.parent / "backups"
        folder.mkdir(exist_ok=True)
        stamp = (moment or now()).strftime("%Y%m%d-%H%M%S")
        target = folder / f"{self.path.stem}-{stamp}.hocba"
        beside = target.with_name(target.name + ".tmp")
        database.copy_to(db, beside, self._key)
        shutil.copyfile(keyring.path_for(self.path), keyring.path_for(target))
        beside.replace(target)
        for old in sorted(folder.glob(f"{self.path.stem}-*.hocba"))[:-COPIES_KEPT]:
            old.unlink()
            keyring.path_for(old).unlink(missing_ok=True)
        return target

    def close(self) -> None:
        """Close every thread's connection; call it when the lanes are at rest."""
        with self._guard:
            for store in self._opened:
                store.close()
            self._opened.clear()
        self._local = threading.local()
