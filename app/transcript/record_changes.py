"""The life of a record after it was locked: corrections, recalls, cancellations, by two people.

When one version takes the place of another:
- a version that was never issued gives way at once, when the correction is approved;
- an issued one stays in force until the next is issued; the school's signature and the old
  version's move to "superseded" are one transaction;
- a recall is a version too: signed like the others, it says of itself that it takes the record
  back. The recalled version is "recall_requested" until the department has verified that word.
Nothing is ever removed: every version stays readable and verifiable.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app import clock
from app.assessment.classbook import ClassBook, OpenClass
from app.errors import CorrectionNotAllowed, TranscriptIncomplete
from app.model.gradebook import CellChange
from app.model.operation import Cause
from app.model.people import Student
from app.model.record import RecordContent
from app.model.signing import SignerRole
from app.model.transcript import (
    ALLOWED,
    UNISSUED,
    RecordRequest,
    RequestKind,
    RequestState,
    Transcript,
    TranscriptHead,
    TranscriptState,
)
from app.profile import SchoolLevel
from app.profile.permissions import Act
from app.store import Store, Workspace
from app.store.requests import RequestProposal
from app.transcript import correction, safe_xml, xml_record
from app.transcript.correction import FieldCorrection, changes
from app.transcript.records import RecordService

_S = TranscriptState


@dataclass(frozen=True, slots=True)
class VersionComparison:
    """A request, with what the record says now and what it would say."""

    request: RecordRequest
    old: RecordContent
    new: RecordContent
    changes: tuple[FieldCorrection, ...]


class RecordChanges:
    """SQL on the calling thread. People are named as they are to be written in the record."""

    def __init__(
        self,
        workspace: Workspace,
        book: ClassBook,
        records: RecordService,
        now: clock.Clock = clock.now,
    ) -> None:
        self._workspace = workspace
        self._book = book
        self._records = records
        self._now = now

    # --- asking -----------------------------------------------------------------------------

    def propose_correction(
        self,
        head: TranscriptHead,
        kind: RequestKind,
        reason: str,
        asked_by: str,
        *,
        cells: Sequence[CellChange] = (),
        student: Student | None = None,
    ) -> RecordRequest:
        """Ask for the next version, made of today's data with these changes to it.

        `cells`: of this pupil; the class stays locked for everybody else. `student`: the pupil's
        data as they should be. Raises CorrectionNotAllowed(reason): nothing would change, the kind
        does not fit, a request is open, or a later version is on its way; TranscriptIncomplete.
        """
        head = self._correctable(head)
        if any(cell.key.student_id != head.student_id for cell in cells):
            raise CorrectionNotAllowed("cells", reason="Có ô điểm của học sinh khác")
        if student is not None and student.id != head.student_id:
            raise CorrectionNotAllowed("another pupil", reason="Thông tin là của học sinh khác")
        old = xml_record.parse(self._records.get(head).xml)
        new = self._content(head, cells, student)
        same_day = replace(new, issue=replace(new.issue, issued_on=old.issue.issued_on))
        if not changes(old, same_day):
            raise CorrectionNotAllowed(
                "nothing changed", reason="Nội dung mới không khác nội dung cũ"
            )
        _check_kind(kind, correction.is_identity(old, new))
        proposal = RequestProposal(tuple(cells), student, xml_record.build(new))
        return self._ask(head, kind, reason, asked_by, proposal)

    def propose_recall(self, head: TranscriptHead, reason: str, asked_by: str) -> RecordRequest:
        """Ask to take back what the department has. Raises CorrectionNotAllowed."""
        head = self._newest(head)
        if _S.RECALL_REQUESTED not in ALLOWED[head.state]:
            raise CorrectionNotAllowed(
                str(head.state), reason="Chỉ thu hồi được học bạ mà Sở đã nhận"
            )
        return self._ask(head, RequestKind.RECALL, reason, asked_by, RequestProposal())

    def propose_cancel(self, head: TranscriptHead, reason: str, asked_by: str) -> RecordRequest:
        """Ask to give up a record that the department does not hold.

        Raises CorrectionNotAllowed.
        """
        head = self._newest(head)
        if _S.CANCELLED not in ALLOWED[head.state]:
            raise CorrectionNotAllowed(
                str(head.state), reason="Học bạ đã gửi thì phải thu hồi, không hủy được"
            )
        return self._ask(head, RequestKind.CANCEL, reason, asked_by, RequestProposal())

    def requests(
        self, record_id: str | None = None, state: RequestState | None = RequestState.OPEN
    ) -> list[RecordRequest]:
        """Oldest first; of one record, or all; `state` None: decided ones too."""
        return self._workspace.here().requests.find(record_id, state)

    def compare(self, request: RecordRequest) -> VersionComparison:
        """Side by side: what the second person decides about."""
        store = self._workspace.here()
        old = xml_record.parse(store.transcripts.get(request.record_id, request.version).xml)
        proposed = store.requests.proposal(request.id).xml
        new = xml_record.read(safe_xml.parse_tree(proposed)) if proposed else old
        return VersionComparison(request, old, new, changes(old, new))

    def changes_since(self, head: TranscriptHead) -> tuple[FieldCorrection, ...]:
        """What this version says otherwise than the one before; () for the first."""
        older = [h for h in self.versions(head) if h.version < head.version]
        if not older:
            return ()
        old, new = (xml_record.parse(self._records.get(h).xml) for h in (older[-1], head))
        return changes(old, new)

    def versions(self, head: TranscriptHead) -> list[TranscriptHead]:
        """All versions of this record, oldest first."""
        return self._workspace.here().transcripts.versions_of(head.record_id)

    # --- deciding ---------------------------------------------------------------------------

    def refuse(self, request: RecordRequest, decided_by: str, why: str = "") -> RecordRequest:
        """Leave the record as it is. Raises CorrectionNotAllowed when it was decided before."""
        store = self._workspace.here()
        decided = self._decided(request, RequestState.REFUSED, decided_by)
        with store.write():
            store.requests.decide(decided)
            store.audit.add("refuse", _subject(request), why)
        return decided

    def approve(self, request: RecordRequest, approved_by: str) -> TranscriptHead:
        """Do what was asked; the head of the version that was made, or that was cancelled.

        Raises CorrectionNotAllowed when it is the person who asked, when it was decided before,
        or when the record has moved on meanwhile; nothing is changed then. NotEntitled.
        """
        correction.check_people(request.reason, request.asked_by, approved_by)
        store = self._workspace.here()
        store.authorship.require(Act.APPROVE_CORRECTIONS)
        with store.write():
            head = store.transcripts.get(request.record_id, request.version).head
            self._newest(head)
            made = self._do(store, head, request, approved_by)
            decided = self._decided(request, RequestState.APPROVED, approved_by)
            is_new = made.version != request.version
            store.requests.decide(replace(decided, made_version=made.version if is_new else 0))
            store.audit.add(str(request.kind), _subject(request), f"version {made.version}")
        return store.transcripts.get(made.record_id, made.version).head

    def _do(
        self, store: Store, head: TranscriptHead, request: RecordRequest, approved_by: str
    ) -> TranscriptHead:
        if request.kind is RequestKind.CANCEL:
            return self._cancel(store, head, request.reason)
        old = store.transcripts.get(head.record_id, head.version).xml
        number = self.versions(head)[-1].version + 1
        if request.kind is RequestKind.RECALL:
            today = self._now().date().isoformat()
            why = correction.CorrectionReason(request.reason, request.asked_by, approved_by, number)
            xml = correction.recall(old, why, today)
            store.transcripts.move(head.record_id, head.version, _S.RECALL_REQUESTED)
        else:
            proposal = store.requests.proposal(request.id)
            content = xml_record.read(safe_xml.parse_tree(proposal.xml))
            xml = correction.correct(
                old, content, request.reason, request.asked_by, approved_by, number
            )
            store.gradebook.save(head.section_id, proposal.cells, cause=Cause.CORRECTION)
            if proposal.student is not None:
                store.people.save_students([proposal.student])
            if self._correctable(head).state in UNISSUED:
                store.transcripts.move(head.record_id, head.version, _S.SUPERSEDED)
        return _keep(store, head, xml, number, request.reason)

    def _cancel(self, store: Store, head: TranscriptHead, reason: str) -> TranscriptHead:
        """A recall that is given up leaves the record where it was: with the department.

        A pupil of whose record no version is left is open again.
        """
        if self._recalls(head):
            for older in self.versions(head):
                if older.state is _S.RECALL_REQUESTED:
                    store.transcripts.move(older.record_id, older.version, _S.RECEIVED)
        store.transcripts.move(head.record_id, head.version, _S.CANCELLED, reason)
        if all(version.state is _S.CANCELLED for version in self.versions(head)):
            store.locks.open(head.section_id, [head.student_id])
        return head

    # --- inside -----------------------------------------------------------------------------

    def _newest(self, head: TranscriptHead) -> TranscriptHead:
        """As it stands now. Raises CorrectionNotAllowed when a later version is in force."""
        alive = [h for h in self.versions(head) if h.state is not _S.CANCELLED]
        if not alive or alive[-1].version != head.version:
            raise CorrectionNotAllowed(
                "not the newest version", reason="Học bạ này đã có phiên bản mới hơn"
            )
        return alive[-1]

    def _correctable(self, head: TranscriptHead) -> TranscriptHead:
        head = self._newest(head)
        if _S.SUPERSEDED not in ALLOWED[head.state] or (
            head.state in UNISSUED and self._recalls(head)
        ):
            raise CorrectionNotAllowed(
                str(head.state), reason="Học bạ ở trạng thái này không đính chính được"
            )
        return head

    def _recalls(self, head: TranscriptHead) -> bool:
        requests = self._workspace.here().requests
        return bool(requests.recalled_by(head.record_id, head.version))

    def _content(
        self, head: TranscriptHead, cells: Sequence[CellChange], student: Student | None
    ) -> RecordContent:
        opened = self._overlaid(self._book.open(head.section_id), head, cells, student)
        found, content = self._records.draft_one(opened, head.student_id)
        if found.blocks_lock:
            texts = [problem.text for problem in found.problems if problem.blocks_lock]
            raise TranscriptIncomplete(problems=texts)
        return content

    def _overlaid(
        self,
        opened: OpenClass,
        head: TranscriptHead,
        cells: Sequence[CellChange],
        student: Student | None,
    ) -> OpenClass:
        """The class as it would be, with this pupil alone (who may have left it since)."""
        opened = self._records.with_pupil(opened, head.student_id)
        pupils = tuple((e, student or s) for e, s in opened.roster.pupils)
        if not pupils:
            raise CorrectionNotAllowed("not enrolled", reason="Học sinh không còn trong lớp này")
        values = dict(opened.cells)
        for cell in cells:
            if cell.after is None:
                values.pop(cell.key, None)
            else:
                values[cell.key] = cell.after
        return replace(opened, roster=replace(opened.roster, pupils=pupils), cells=values)

    def _ask(
        self,
        head: TranscriptHead,
        kind: RequestKind,
        reason: str,
        asked_by: str,
        proposal: RequestProposal,
    ) -> RecordRequest:
        if not reason.strip() or not asked_by.strip():
            raise CorrectionNotAllowed("no reason", reason="Chưa ghi lý do hoặc người đề nghị")
        request = RecordRequest(
            uuid.uuid4().hex,
            kind,
            head.record_id,
            head.version,
            reason.strip(),
            asked_by.strip(),
            self._now().isoformat(),
        )
        store = self._workspace.here()
        with store.write():
            store.requests.add(request, proposal)
            store.audit.add(f"ask_{kind}", _subject(request), request.id)
        return request

    def _decided(self, request: RecordRequest, state: RequestState, by: str) -> RecordRequest:
        if not by.strip():
            raise CorrectionNotAllowed("nobody", reason="Chưa ghi người quyết định")
        at = self._now().isoformat()
        return replace(request, state=state, decided_by=by.strip(), decided_at=at)


def _check_kind(kind: RequestKind, is_identity: bool) -> None:
    if kind not in (RequestKind.CONTENT, RequestKind.IDENTITY):
        raise CorrectionNotAllowed(str(kind), reason="Đây không phải là đề nghị đính chính")
    if is_identity and kind is not RequestKind.IDENTITY:
        raise CorrectionNotAllowed(
            "identity", reason="Họ tên, ngày sinh, mã định danh phải đính chính riêng, có giấy tờ"
        )
    if kind is RequestKind.IDENTITY and not is_identity:
        raise CorrectionNotAllowed(
            "no identity change", reason="Thông tin nhân thân không có gì thay đổi"
        )


def _keep(
    store: Store, old: TranscriptHead, xml: bytes, number: int, reason: str
) -> TranscriptHead:
    """Add the next version, as far as kept signatures reach, with their lines of the journal."""
    digest = hashlib.sha256(xml).hexdigest()
    head = replace(old, version=number, state=reached(xml), sha256=digest, reason=reason)
    store.transcripts.add(Transcript(head, xml))
    kept = {slot.name for slot in _slots(xml) if len(slot.element)}
    for row in store.transcripts.signatures(old.record_id, old.version):
        if row.slot in kept:
            line = replace(row, sha256_before=digest, sha256_after=digest)
            store.transcripts.keep_signature(head.record_id, head.version, line)
    return head


def reached(xml: bytes) -> TranscriptState:
    """How far the signatures of a corrected record go: it holds row signatures at most."""
    content = xml_record.parse(xml)
    if content.common.level is SchoolLevel.PRIMARY:
        return _S.LOCKED
    teachers = [slot for slot in _slots(xml) if slot.role is SignerRole.SUBJECT_TEACHER]
    return _S.SIGNED_SUBJECTS if all(len(slot.element) for slot in teachers) else _S.LOCKED


def _slots(xml: bytes) -> tuple[xml_record.SlotElement, ...]:
    return xml_record.slots(safe_xml.parse_tree(xml), xml_record.parse(xml))


def _subject(request: RecordRequest) -> str:
    return f"{request.record_id}/{request.version}"
