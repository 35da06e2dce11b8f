"""A thread's view of the workspace: one connection, one door per subject."""

from __future__ import annotations

from contextlib import AbstractContextManager

from sqlite_utils import Database

from app.store import database
from app.store.audit import AuditLog, VerifiedChain
from app.store.evidence import EvidenceStore
from app.store.foreign import ForeignStore
from app.store.gradebook import GradebookStore
from app.store.locks import LockStore
from app.store.people import PeopleStore
from app.store.places import PlaceStore
from app.store.publications import PublicationStore
from app.store.registers import RegisterStore
from app.store.requests import RequestStore
from app.store.settings import SettingStore
from app.store.signing import SigningStore
from app.store.transcripts import TranscriptStore


class Store:
    """Doors to the tables. Reading needs no transaction; writing goes through `write()`."""

    def __init__(self, db: Database, user: str, verified: VerifiedChain | None = None) -> None:
        self.db = db
        self.user = user
        self.settings = SettingStore(db)
        self.people = PeopleStore(db)
        self.places = PlaceStore(db)
        self.locks = LockStore(db)
        self.audit = AuditLog(db, user, verified)
        self.gradebook = GradebookStore(db, user)
        self.transcripts = TranscriptStore(db, self.audit)
        self.requests = RequestStore(db)
        self.foreign = ForeignStore(db)
        self.signing = SigningStore(db)
        self.registers = RegisterStore(db)
        self.evidence = EvidenceStore(db)
        self.publications = PublicationStore(db)

    def write(self) -> AbstractContextManager[Database]:
        """One transaction for all doors: everything in it is kept, or nothing."""
        return database.write(self.db)

    def rows(self) -> dict[str, int]:
        """Rows of every table."""
        return database.counts(self.db)

    def close(self) -> None:
        self.db.close()
