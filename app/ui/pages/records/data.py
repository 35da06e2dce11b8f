"""What the page of records shows, read in one go off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.assessment.classbook import ClassState, OpenClass, Standing
from app.files import safe_name, write_whole
from app.model.signing import FileReport
from app.model.text import fold
from app.model.transcript import RecordRequest, TranscriptHead, TranscriptState
from app.services import Services
from app.signing.record.evidence import SUFFIX as EVIDENCE
from app.signing.record.verification import verify_record
from app.transcript import xml_record
from app.transcript.completeness import CompletenessProblem, problems
from app.transcript.correction import FieldCorrection
from app.transcript.records import PupilProblems
from app.transcript.view import preview, render
from app.ui.text.change_requests import KINDS
from app.ui.text.record_states import STATES
from app.ui.theme.theme import Tone
from app.work import WorkContext

_BEFORE_ISSUE = (
    TranscriptState.LOCKED,
    TranscriptState.SIGNED_SUBJECTS,
    TranscriptState.SIGNED_HOMEROOM,
    TranscriptState.SIGNED_PRINCIPAL,
)
_PPI = 130
_FOLLOWS = {
    Standing.REASSESSMENT: "Chờ đánh giá lại",
    Standing.SUMMER_TRAINING: "Chờ rèn luyện hè",
    Standing.SUPPORT: "Chờ đánh giá bổ sung",
}


@dataclass(frozen=True, slots=True)
class PupilRecord:
    """One pupil of the class; `head` is the newest version, None before the pupil is locked."""

    number: int
    student_id: str
    full_name: str
    problems: tuple[CompletenessProblem, ...] = ()
    head: TranscriptHead | None = None
    request: RecordRequest | None = None
    """What a second person still has to decide about this record."""
    distrusted: bool = False
    """A certificate signed it after it had been revoked."""
    standing: Standing = Standing.LOCKED
    untouched: bool = False
    """Locked, and nobody has signed or asked for anything: the pupil may be opened again."""
    gone: bool = False
    """Left the class after the record was made."""

    @property
    def ready(self) -> bool:
        """Can be locked now."""
        return self.standing is not Standing.LOCKED and not self.blocking

    @property
    def blocking(self) -> tuple[CompletenessProblem, ...]:
        """What keeps it from being locked, or, once it is locked, from being issued."""
        if self.standing is not Standing.LOCKED:
            return tuple(p for p in self.problems if p.blocks_lock)
        return tuple(p for p in self.problems if p.blocks_issue)

    @property
    def returned(self) -> bool:
        return self.head is not None and self.head.state is TranscriptState.RETURNED

    @property
    def state(self) -> tuple[str, Tone]:
        if self.standing is Standing.LOCKED and self.head is not None:
            return STATES[self.head.state]
        if self.standing.follows:
            return _FOLLOWS[self.standing], Tone.NEUTRAL
        count = len(self.blocking)
        return (f"Còn thiếu {count} mục", Tone.DECIDE) if count else ("Đủ để khóa", Tone.DONE)

    @property
    def note(self) -> str:
        if self.request is not None:
            return f"Chờ duyệt: {KINDS[self.request.kind]}"
        if self.returned and self.head is not None and self.head.reason:
            return self.head.reason
        if self.gone:
            return "Đã rời lớp sau khi lập học bạ"
        if self.distrusted:
            return "Ký sau khi chứng thư bị thu hồi: cần đính chính"
        shown = self.blocking
        more = f" và {len(shown) - 1} mục khác" if len(shown) > 1 else ""
        return shown[0].text.rstrip(".") + more if shown else ""

    @property
    def weight(self) -> tuple[int, int]:
        """Problems first, then the class order."""
        waits = self.request is not None or self.distrusted
        lacks = self.standing is not Standing.LOCKED and bool(self.blocking)
        urgent = waits or self.returned or (lacks and not self.standing.follows)
        return (0 if urgent else 1 if self.blocking else 2, self.number)


@dataclass(frozen=True, slots=True)
class ClassRecords:
    section_id: str
    name: str
    rows: tuple[PupilRecord, ...]

    @property
    def open(self) -> tuple[PupilRecord, ...]:
        """Who is not locked yet."""
        return tuple(row for row in self.rows if row.standing is not Standing.LOCKED)

    @property
    def locked(self) -> tuple[PupilRecord, ...]:
        """Who has a record that is in force."""
        return tuple(row for row in self.rows if row.standing is Standing.LOCKED)

    @property
    def ready(self) -> tuple[PupilRecord, ...]:
        """Who can be locked now."""
        return tuple(row for row in self.rows if row.ready)

    @property
    def untouched(self) -> tuple[PupilRecord, ...]:
        """Who may be opened again."""
        return tuple(row for row in self.rows if row.untouched)

    @property
    def following(self) -> int:
        """Pupils whose record comes in the summer."""
        return sum(row.standing.follows for row in self.rows)

    @property
    def blocked(self) -> int:
        """Pupils who still lack something."""
        return sum(bool(row.blocking) and not row.standing.follows for row in self.open)

    def count(self, *states: TranscriptState) -> int:
        return sum(1 for row in self.rows if row.head and row.head.state in states)


@dataclass(frozen=True, slots=True)
class RecordsOverview:
    """Every class, and the chosen one with its pupils."""

    classes: tuple[ClassState, ...]
    chosen: ClassRecords | None
    waiting: int
    """Classes with somebody to lock, records that came back, and requests to decide."""
    requests: int = 0


@dataclass(frozen=True, slots=True)
class RecordDetail:
    """One record: its pages as PNG, its signatures, its versions."""

    row: PupilRecord
    pages: tuple[bytes, ...]
    report: FileReport
    versions: tuple[TranscriptHead, ...]
    sealed: bool


@dataclass(frozen=True, slots=True)
class VersionDetail:
    """One version of a record; `newest`: the number of the last one there is."""

    head: TranscriptHead
    newest: int
    pages: tuple[bytes, ...]
    report: FileReport
    changes: tuple[FieldCorrection, ...]


def overview(services: Services, section_id: str) -> RecordsOverview:
    """`section_id` '' or unknown chooses the first class."""
    classes = tuple(services.book.states())
    known = [c.section_id for c in classes]
    wanted = section_id if section_id in known else next(iter(known), "")
    ready = sum(bool(c.ready) for c in classes)
    returned = len(services.records.heads(states=[TranscriptState.RETURNED]))
    chosen = load_class(services, wanted) if wanted else None
    requests = len(services.life.requests())
    return RecordsOverview(classes, chosen, ready + returned + requests, requests)


def load_class(services: Services, section_id: str) -> ClassRecords:
    opened = services.book.open(section_id)
    rows = [*_open_rows(services, opened), *_locked_rows(services, opened)]
    in_order = tuple(sorted(rows, key=lambda row: row.weight))
    return ClassRecords(section_id, opened.roster.section.name, in_order)


def _in_force(heads: list[TranscriptHead]) -> dict[str, TranscriptHead]:
    """The newest version of each pupil; one that was given up only where there is no other."""
    given_up = [head for head in heads if head.state is TranscriptState.CANCELLED]
    alive = [head for head in heads if head.state is not TranscriptState.CANCELLED]
    return {head.student_id: head for head in (*given_up, *alive)}


def _open_rows(services: Services, opened: OpenClass) -> list[PupilRecord]:
    """`head`: what was given up, if anything was."""
    section_id = opened.roster.section.id
    given_up = _in_force(services.records.heads(section_id))
    return [_open_row(found, given_up) for found in services.records.check(section_id)]


def _open_row(found: PupilProblems, given_up: dict[str, TranscriptHead]) -> PupilRecord:
    return PupilRecord(
        found.number,
        found.student_id,
        found.full_name,
        found.problems,
        given_up.get(found.student_id),
        standing=found.standing,
    )


def _locked_rows(services: Services, opened: OpenClass) -> list[PupilRecord]:
    """Also of those who left the class since."""
    store, section_id = services.workspace.here(), opened.roster.section.id
    heads = _in_force(services.records.heads(section_id))
    untouched = store.transcripts.untouched(section_id)
    waiting = {(r.record_id, r.version): r for r in services.life.requests()}
    bad = services.evidence.distrusted()
    rows = []
    for place, pupil in store.people.enrollments(section_id):
        head = heads.get(pupil.id)
        if pupil.id not in opened.locks or head is None:
            continue
        found: tuple[CompletenessProblem, ...] = ()
        if head.state in _BEFORE_ISSUE:
            found = tuple(problems(xml_record.parse(services.records.get(head).xml)))
        key = (head.record_id, head.version)
        rows.append(
            PupilRecord(
                place.number,
                pupil.id,
                pupil.full_name,
                found,
                head,
                waiting.get(key),
                key in bad,
                untouched=pupil.id in untouched,
                gone=not place.status.present,
            )
        )
    return rows


def load_detail(services: Services, row: PupilRecord) -> RecordDetail:
    """Raises RenderFailed and what reading the record raises; `row.head` must be there."""
    if row.head is None:
        raise ValueError("a record that is not locked has no bytes")
    xml = services.records.get(row.head).xml
    report = _verified(services, row.head, xml)
    return RecordDetail(
        row,
        tuple(preview(xml, report.signatures, _PPI)),
        report,
        tuple(services.workspace.here().transcripts.versions(row.student_id)),
        services.records.view(row.head) is not None,
    )


def load_version(services: Services, head: TranscriptHead) -> VersionDetail:
    """Any version, old or new. Raises as `load_detail`."""
    xml = services.records.get(head).xml
    report = _verified(services, head, xml)
    return VersionDetail(
        head,
        services.life.versions(head)[-1].version,
        tuple(preview(xml, report.signatures, _PPI)),
        report,
        services.life.changes_since(head),
    )


def _verified(services: Services, head: TranscriptHead, xml: bytes) -> FileReport:
    evidence = services.records.evidence(head)
    return verify_record(xml, services.trust, services.now(), evidence=evidence)


def save_records(
    services: Services, rows: tuple[PupilRecord, ...], folder: Path, context: WorkContext
) -> int:
    """Write XML and PDF of each record; how many. The sealed PDF, and evidence of the XML, where
    there is one.

    Raises DiskFull, OSError, Cancelled; each file is whole or not there.
    """
    chosen = [(row, row.head) for row in rows if row.head is not None]
    for number, (row, head) in enumerate(chosen):
        context.step(number, len(chosen), row.full_name)
        xml = services.records.get(head).xml
        pdf = services.records.view(head)
        if pdf is None:
            pdf = render(xml, _verified(services, head, xml).signatures)
        name = fold(row.full_name).replace(" ", "-")
        stem = f"{head.section_name}-{row.number:02}-{name}-v{head.version}"
        write_whole(folder / safe_name(f"{stem}.xml"), xml)
        write_whole(folder / safe_name(f"{stem}.pdf"), pdf)
        if evidence := services.records.evidence(head):
            write_whole(folder / safe_name(f"{stem}{EVIDENCE}"), evidence)
    context.report_done(len(chosen))
    return len(chosen)
