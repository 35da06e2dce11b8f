"""A thread's view of the workspace: one connection, one door per subject."""

from __future__ import annotations

from contextlib import AbstractContextManager

from sqlite_utils import Database

from app.clock import Clock, now
from app.profile.permissions import shipped_permissions
from app.store import database
from app.store.audit import AuditLog, VerifiedChain
from app.store.delegations import DelegationStore
from app.store.evidence import EvidenceStore
from app.store.foreign import ForeignStore
from app.store.gradebook import GradebookStore
from app.store.people import PeopleStore
from app.store.places import PlaceStore
from app.store.publications import PublicationStore
from app.store.registers import RegisterStore
from app.store.requests import RequestStore
from app.store.settings import SettingStore
from app.store.sharing.authorship import Authorship
from app.store.sharing.log import OperationLog
from app.store.sharing.membership import MembershipStore
from app.store.sharing.peers import PeerStore
from app.store.sharing.pupil_locks import LockStore
from app.store.sharing.roster import RosterOperations
from app.store.sharing.settling import Settling
from app.store.signing import SigningStore
from app.store.transcripts import TranscriptStore


class Store:
    """Doors to the tables. Reading needs no transaction; writing goes through `write()`."""

    def __init__(
        self,
        db: Database,
        user: str,
        verified: VerifiedChain | None = None,
        now: Clock = now,
    ) -> None:
        """`now`: what this machine's clock says of an edit; it decides nothing."""
        self.db = db
        self.user = user
        self.settings = SettingStore(db)
        self.people = PeopleStore(db)
        self.places = PlaceStore(db)
        self.locks = LockStore(db)
        self.delegations = DelegationStore(db)
        self.audit = AuditLog(db, user, verified)
        rights = shipped_permissions()
        self.membership = MembershipStore(db)
        self.operations = OperationLog(db)
        self.authorship = Authorship(db, user, self.membership, rights)
        self.settling = Settling(
            db, self.operations, self.people, self.locks, self.membership.current, rights
        )
        self.roster_operations = RosterOperations(
            self.people, self.locks, self.operations, self.settling, self.authorship, now
        )
        self.peers = PeerStore(db)
        self.gradebook = GradebookStore(db, self.operations, self.authorship, now)
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

    def attempt(self) -> AbstractContextManager[Database]:
        """Within `write()`: what is done here is undone alone when it fails."""
        return database.attempt(self.db)

    def close(self) -> None:
        self.db.close()
