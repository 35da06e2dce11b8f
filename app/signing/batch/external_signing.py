"""Records that are signed away from this machine: copies go out, their signatures come back."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from app import clock
from app.errors import (
    AppError,
    Cancelled,
    CertificateUnfit,
    RecordUnknown,
    SignatureBroken,
    TranscriptInvalid,
    TranscriptUnsafe,
    VersionClosed,
    WorkspaceError,
    WrongSigner,
)
from app.files import disk_words, safe_name, write_whole
from app.model.signing import CheckState, ExpectedSigner, SignatureReport, SignerRole
from app.model.transcript import TranscriptHead
from app.signing.batch.journal import CLOSED, StoreJournal
from app.signing.batch.signing_batch import SignedSlot
from app.signing.record.integrity import check_integrity
from app.signing.record.issuing import require_complete
from app.signing.record.signing import Joined, join
from app.signing.record.slots import RecordTree
from app.signing.record.verification import verify_record
from app.signing.trust.certificates import fingerprint, holder, readable
from app.signing.trust.identity import OPEN
from app.signing.trust.revocation_cache import refuse_revoked
from app.signing.trust.trust_store import TrustStore
from app.store import Store, Workspace
from app.store.signing import SavedElsewhere
from app.transcript.safe_xml import SIZE_LIMIT
from app.work import WorkContext

_TRUSTED = (CheckState.VALID, CheckState.VALID_NOT_CHECKED_ONLINE)


@dataclass(frozen=True, slots=True)
class ReturnedSignatures:
    """What became of one file. Neither `roles` nor `error`: it brought no new signature."""

    file: Path
    head: TranscriptHead | None = None
    roles: tuple[SignerRole, ...] = ()
    """Of the signatures that were taken; a teacher of two subjects counts twice."""
    error: AppError | None = None


class ExternalSigning:
    """SQL on the calling thread."""

    def __init__(
        self, workspace: Workspace, trust: TrustStore, now: clock.Clock = clock.now
    ) -> None:
        self._workspace = workspace
        self._trust = trust
        self._now = now

    # --- out --------------------------------------------------------------------------------

    def save(
        self,
        heads: Sequence[TranscriptHead],
        signer: ExpectedSigner,
        folder: Path,
        context: WorkContext | None = None,
    ) -> Path:
        """Write records that wait for a key which is not at hand into a new folder in `folder`.

        Here they go on waiting, and where the copies went is remembered. File names say nothing
        of a pupil. Raises DiskFull, DiskTrouble, Cancelled; each file is whole or not there.
        """
        context, store = context or WorkContext(), self._workspace.here()
        now = self._now().astimezone(clock.VIETNAM)
        target = folder / f"hoc-ba-cho-ky-{now:%Y%m%d-%H%M%S}"
        with disk_words():
            target.mkdir(parents=True)
        for number, head in enumerate(heads):
            context.step(number, len(heads))
            xml = store.transcripts.get(head.record_id, head.version).xml
            write_whole(target / safe_name(f"{head.record_id}.v{head.version}.xml"), xml)
        context.report_done(len(heads))
        keys = [(head.record_id, head.version) for head in heads]
        with store.write():
            store.signing.save_elsewhere(
                keys, signer.role, signer.full_name, now.isoformat(), str(target)
            )
            store.audit.add("save_to_sign", signer.role, f"{len(heads)} records")
        return target

    def saved(self) -> list[SavedElsewhere]:
        """Where copies went, the newest first; those whose signature came back among them."""
        return self._workspace.here().signing.elsewhere()

    # --- in ---------------------------------------------------------------------------------

    def take_back(
        self, paths: Iterable[Path], context: WorkContext | None = None
    ) -> list[ReturnedSignatures]:
        """Take the signatures that files, and .xml files in folders, have and the store has not.

        A file is taken whole or not at all, and one that is refused does not stop the others.
        Raises WorkspaceError; a cancel ends it with what was done so far.
        """
        context, store = context or WorkContext(), self._workspace.here()
        visit = _SigningTrip(store, self._trust, self._now)
        files, found = list(_files(paths)), []
        try:
            for number, file in enumerate(files):
                context.step(number, len(files))
                found.append(visit.take(file))
            context.report_done(len(files))
        except Cancelled:
            pass
        finally:
            visit.end()
        return found


class _SigningTrip:
    """One taking back: a batch in the journal for each role and certificate."""

    def __init__(self, store: Store, trust: TrustStore, now: clock.Clock) -> None:
        self._store, self._trust, self._now = store, trust, now
        self._batches: dict[tuple[SignerRole, str], str] = {}
        self._taken: Counter[str] = Counter()

    def take(self, file: Path) -> ReturnedSignatures:
        head = None
        try:
            data = _read(file)
            head = self._known(data)
            joined = join(self._store.transcripts.get(head.record_id, head.version).xml, data)
            if joined:
                self._keep(head, joined)
        except WorkspaceError:
            raise
        except AppError as error:
            return ReturnedSignatures(file, head, error=error)
        return ReturnedSignatures(file, head, tuple(each.place.slot.role for each in joined))

    def end(self) -> None:
        at = self._now().isoformat()
        for (role, _), batch_id in self._batches.items():
            self._store.signing.end_batch(batch_id, at)
            detail = f"{role}: {self._taken[batch_id]} signatures"
            self._store.audit.add("take_signatures", batch_id, detail)

    def _known(self, data: bytes) -> TranscriptHead:
        record = RecordTree(data)
        try:
            head = self._store.transcripts.get(record.record_id, record.version).head
        except KeyError as error:
            raise RecordUnknown from error
        if head.state in CLOSED:
            raise VersionClosed(str(head.state))
        return head

    def _keep(self, head: TranscriptHead, joined: Sequence[Joined]) -> None:
        """All signatures of a file in one transaction, each with its line in the journal."""
        whole = joined[-1].xml
        school = self._store.people.school()
        report = verify_record(
            whole, self._trust, self._now(), tax_code=school.tax_code if school else ""
        )
        judged = {signature.slot: signature for signature in report.signatures}
        record = RecordTree(whole)
        journals = []
        for each in joined:
            slot = each.place.slot
            certificate = self._signer(each, record, judged[slot.name])
            journals.append(self._journal(slot.role, certificate))
            if slot.role is SignerRole.SCHOOL:
                require_complete(whole)
        before = self._store.transcripts.get(head.record_id, head.version).head.sha256
        with self._store.write():
            for each, journal in zip(joined, journals, strict=True):
                name = each.place.slot.name
                journal.save(
                    SignedSlot(head.record_id, head.version, name, each.xml, before, each.reached)
                )
                before = hashlib.sha256(each.xml).hexdigest()
        self._taken.update(journal.batch_id for journal in journals)

    def _signer(
        self, each: Joined, record: RecordTree, judged: SignatureReport
    ) -> x509.Certificate:
        """Whose certificate it is. Raises WrongSigner, CertificateUnfit, SignatureBroken."""
        integrity = check_integrity(record, record.place(each.place.slot))
        certificate, read = integrity.certificate, integrity.signature
        role = each.place.slot.role.value
        if certificate is None or read is None:
            raise SignatureBroken(role=role)
        if "wrong_signer" in judged.problems:
            expected = each.place.expected.full_name
            raise WrongSigner(role=role, expected=expected, found=judged.signer)
        if judged.state not in _TRUSTED and not OPEN.issuperset(judged.problems):
            raise CertificateUnfit(reason=next(iter(judged.problems), "issuer_unknown"))
        chain = readable(read.certificates[1:])
        refuse_revoked(self._store, self._trust, certificate, chain, self._now())
        return certificate

    def _journal(self, role: SignerRole, certificate: x509.Certificate) -> StoreJournal:
        key = (role, fingerprint(certificate))
        if key not in self._batches:
            self._batches[key] = uuid.uuid4().hex
            at = self._now().isoformat()
            self._store.signing.begin_batch(
                self._batches[key], role, holder(certificate), "", (), at
            )
        return StoreJournal(self._store, self._batches[key], role, certificate, self._now)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(f for f in path.rglob("*") if f.suffix.lower() == ".xml")
        else:
            yield path


def _read(file: Path) -> bytes:
    """Raises TranscriptUnsafe, TranscriptInvalid."""
    try:
        if file.stat().st_size > SIZE_LIMIT:
            raise TranscriptUnsafe("too large")
        return file.read_bytes()
    except OSError as error:
        raise TranscriptInvalid("unreadable", line=0, reason="Không đọc được tệp.") from error
