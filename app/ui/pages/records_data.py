"""What the page of records shows, read in one go off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.assessment.classbook import ClassState, OpenClass
from app.model.signing import FileReport
from app.model.text import fold
from app.model.transcript import TranscriptHead, TranscriptState
from app.services import Services
from app.signing.record_verification import verify_record
from app.store.files import write_whole
from app.transcript import xml_record
from app.transcript.completeness import Problem, problems
from app.transcript.view import preview, render
from app.ui.pages.records_words import STATES
from app.ui.theme import Tone
from app.work import WorkContext

_BEFORE_ISSUE = (
    TranscriptState.LOCKED,
    TranscriptState.SIGNED_SUBJECTS,
    TranscriptState.SIGNED_HOMEROOM,
    TranscriptState.SIGNED_PRINCIPAL,
)
_PPI = 130


@dataclass(frozen=True, slots=True)
class PupilRecord:
    """One pupil of the class; `head` is the newest version, None before the class is locked."""

    number: int
    student_id: str
    full_name: str
    problems: tuple[Problem, ...] = ()
    head: TranscriptHead | None = None

    @property
    def blocking(self) -> tuple[Problem, ...]:
        """What keeps it from being locked, or, once it is locked, from being issued."""
        if self.head is None:
            return tuple(p for p in self.problems if p.blocks_lock)
        return tuple(p for p in self.problems if p.blocks_issue)

    @property
    def returned(self) -> bool:
        return self.head is not None and self.head.state is TranscriptState.RETURNED

    @property
    def state(self) -> tuple[str, Tone]:
        if self.head is not None:
            return STATES[self.head.state]
        count = len(self.blocking)
        return (f"Còn thiếu {count} mục", Tone.DECIDE) if count else ("Đủ để khóa", Tone.DONE)

    @property
    def note(self) -> str:
        if self.returned and self.head is not None and self.head.reason:
            return self.head.reason
        shown = self.blocking
        more = f" và {len(shown) - 1} mục khác" if len(shown) > 1 else ""
        return shown[0].text.rstrip(".") + more if shown else ""

    @property
    def weight(self) -> tuple[int, int]:
        """Problems first, then the class order."""
        urgent = self.returned or (self.head is None and bool(self.blocking))
        return (0 if urgent else 1 if self.blocking else 2, self.number)


@dataclass(frozen=True, slots=True)
class ClassRecords:
    section_id: str
    name: str
    locked_at: str
    locked_by: str
    rows: tuple[PupilRecord, ...]

    @property
    def locked(self) -> bool:
        return bool(self.locked_at)

    @property
    def unsigned(self) -> bool:
        """Locked, and nobody has signed: it may be opened again."""
        heads = [row.head for row in self.rows if row.head]
        return self.locked and all(head.state is TranscriptState.LOCKED for head in heads)

    @property
    def blocked(self) -> int:
        """Pupils who keep the class from being locked."""
        return sum(1 for row in self.rows if row.head is None and row.blocking)

    def count(self, *states: TranscriptState) -> int:
        return sum(1 for row in self.rows if row.head and row.head.state in states)


@dataclass(frozen=True, slots=True)
class Overview:
    """Every class, and the chosen one with its pupils."""

    classes: tuple[ClassState, ...]
    chosen: ClassRecords | None
    waiting: int
    """Classes that can be locked now, and records that came back."""


@dataclass(frozen=True, slots=True)
class RecordDetail:
    """One record: its pages as PNG, its signatures, its versions."""

    row: PupilRecord
    pages: tuple[bytes, ...]
    report: FileReport
    versions: tuple[TranscriptHead, ...]
    sealed: bool


def overview(services: Services, section_id: str) -> Overview:
    """`section_id` '' or unknown chooses the first class."""
    classes = tuple(services.book.states())
    known = [c.section_id for c in classes]
    wanted = section_id if section_id in known else next(iter(known), "")
    ready = sum(1 for c in classes if not c.locked and c.pupils and c.complete == c.pupils)
    returned = len(services.records.heads(states=[TranscriptState.RETURNED]))
    chosen = load_class(services, wanted) if wanted else None
    return Overview(classes, chosen, ready + returned)


def load_class(services: Services, section_id: str) -> ClassRecords:
    opened = services.book.open(section_id)
    heads = {head.student_id: head for head in services.records.heads(section_id)}
    rows = _locked_rows(services, opened, heads) if heads else _open_rows(services, opened)
    return ClassRecords(
        section_id,
        opened.roster.section.name,
        opened.locked_at,
        opened.locked_by,
        tuple(sorted(rows, key=lambda row: row.weight)),
    )


def _open_rows(services: Services, opened: OpenClass) -> list[PupilRecord]:
    found = {p.student_id: p.problems for p in services.records.check(opened.roster.section.id)}
    return [
        PupilRecord(place.number, pupil.id, pupil.full_name, found.get(pupil.id, ()))
        for place, pupil in opened.roster.pupils
    ]


def _locked_rows(
    services: Services, opened: OpenClass, heads: dict[str, TranscriptHead]
) -> list[PupilRecord]:
    rows = []
    for place, pupil in opened.roster.pupils:
        head = heads.get(pupil.id)
        found: tuple[Problem, ...] = ()
        if head is not None and head.state in _BEFORE_ISSUE:
            found = tuple(problems(xml_record.parse(services.records.get(head).xml)))
        rows.append(PupilRecord(place.number, pupil.id, pupil.full_name, found, head))
    return rows


def load_detail(services: Services, row: PupilRecord) -> RecordDetail:
    """Raises RenderFailed and what reading the record raises; `row.head` must be there."""
    if row.head is None:
        raise ValueError("a record that is not locked has no bytes")
    xml = services.records.get(row.head).xml
    report = verify_record(xml, services.trust, services.now())
    return RecordDetail(
        row,
        tuple(preview(xml, report.signatures, _PPI)),
        report,
        tuple(services.workspace.here().transcripts.versions(row.student_id)),
        services.records.view(row.head) is not None,
    )


def save_records(
    services: Services, rows: tuple[PupilRecord, ...], folder: Path, context: WorkContext
) -> int:
    """Write XML and PDF of each record; how many. The sealed PDF where there is one.

    Raises DiskFull, OSError, Cancelled; each file is whole or not there.
    """
    chosen = [(row, row.head) for row in rows if row.head is not None]
    for number, (row, head) in enumerate(chosen):
        context.step(number, len(chosen), row.full_name)
        xml = services.records.get(head).xml
        pdf = services.records.view(head)
        if pdf is None:
            pdf = render(xml, verify_record(xml, services.trust, services.now()).signatures)
        name = fold(row.full_name).replace(" ", "-").replace("/", "-")
        stem = f"{head.section_name}-{row.number:02}-{name}-v{head.version}"
        write_whole(folder / f"{stem}.xml", xml)
        write_whole(folder / f"{stem}.pdf", pdf)
    context.report_done(len(chosen))
    return len(chosen)
