"""The composition root: builds each service of an open workspace once. No Qt, no globals."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app import clock, log
from app.assessment.classbook import ClassBook
from app.errors import TokenError
from app.handover import Extracts, PupilTransfer
from app.profile import Profiles
from app.roster.enrolling import Enrolling
from app.signing.batch.external_signing import ExternalSigning
from app.signing.batch.register_watch import RegisterWatch
from app.signing.batch.service import SigningService
from app.signing.batch.signatories import Signatories
from app.signing.keys.key_choice import KeyChoice, KeySources
from app.signing.keys.registered_keys import RegisteredKeys
from app.signing.trust.authorities import TrustedAuthorities
from app.signing.trust.evidence import EvidenceService
from app.signing.trust.trust_store import TrustStore
from app.store import Workspace
from app.sync.delivery import Delivery
from app.sync.publications import Publications, RulesInForce
from app.transcript.record_changes import RecordChanges
from app.transcript.records import RecordService
from app.transcript.reporting import Reporting


class Keys(Protocol):
    """Where keys are looked for: `KeySources`, or those that the school has registered."""

    def sources(self) -> KeySources: ...

    def find(self) -> tuple[list[KeyChoice], list[TokenError]]: ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the window and the commands work with. SQL runs on the calling thread."""

    workspace: Workspace
    profiles: Profiles
    rules: RulesInForce
    """Where `profiles` come from. What arrives later holds from the next opening on."""
    trust: TrustStore
    trusted: TrustedAuthorities
    keys: Keys
    book: ClassBook
    enrolling: Enrolling
    records: RecordService
    life: RecordChanges
    signing: SigningService
    elsewhere: ExternalSigning
    registers: RegisterWatch
    signatories: Signatories
    delivery: Delivery
    evidence: EvidenceService
    transfer: PupilTransfer
    extracts: Extracts
    reporting: Reporting
    now: clock.Clock = clock.now
    practice: bool = False

    def close(self) -> None:
        self.workspace.close()


def build(
    workspace: Workspace,
    *,
    keys: Keys | None = None,
    trust_folders: tuple[Path, ...] = (),
    practice: bool = False,
    now: clock.Clock = clock.now,
) -> Services:
    """Services of an open workspace. `trust_folders`: roots besides those that ship."""
    trust = TrustStore.shipped(*trust_folders)
    trusted = TrustedAuthorities(workspace, trust, now)
    trusted.load()
    publications = Publications(workspace, trusted.load, now)
    rules = publications.rules()
    profiles = rules.profiles
    book = ClassBook(workspace, profiles)
    records = RecordService(workspace, book, now)
    delivery = Delivery(workspace, publications)
    return Services(
        workspace=workspace,
        profiles=profiles,
        rules=rules,
        trust=trust,
        trusted=trusted,
        keys=keys or RegisteredKeys(workspace, rules.drivers),
        book=book,
        enrolling=Enrolling(workspace),
        records=records,
        life=RecordChanges(workspace, book, records, now),
        signing=SigningService(workspace, trust, now),
        elsewhere=ExternalSigning(workspace, trust, now),
        registers=RegisterWatch(workspace, trust, now),
        signatories=Signatories(workspace, book, now),
        delivery=delivery,
        evidence=EvidenceService(workspace, trust, now, proxy=delivery.proxy, practice=practice),
        transfer=PupilTransfer(workspace, book, records, trust, now),
        extracts=Extracts(workspace, trust, now),
        reporting=Reporting(workspace, now),
        now=now,
        practice=practice,
    )


def open_services(path: Path, passphrase: str) -> Services:
    """Open a workspace and build its services. Raises what `Workspace.open` raises."""
    with log.timed("workspace.slow"):
        return build(Workspace.open(path, passphrase))
