"""Requests about records as the window asks and shows them; runs on the database lane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.assessment import parse_cell
from app.model.gradebook import CellChange, CellKey
from app.model.people import AdministrativePlace, Sex, Student
from app.model.transcript import RecordRequest, RequestKind, TranscriptHead
from app.profile import GradeProfile
from app.services import Services
from app.signing.report_words import ROLES
from app.transcript import correction, names, safe_xml, xml_record
from app.transcript.correction import FieldCorrection
from app.ui.grid.columns import ColumnKey, GridColumn
from app.ui.grid.sheets import all_columns, sheets
from app.ui.text.values import iso_day

_PLACES = ("birthplace", "hometown", "residence")
_SOMEBODY = "\u2026"
"""Stands for the second person while nobody has decided."""


@dataclass(frozen=True, slots=True)
class Correctable:
    """One record version, and today's data that a correction may change."""

    head: TranscriptHead
    student: Student
    profile: GradeProfile
    columns: tuple[GridColumn, ...]
    cells: Mapping[ColumnKey, str]
    people: tuple[str, ...]
    """Names of the school's staff."""
    user: str


@dataclass(frozen=True, slots=True)
class ChangeDraft:
    """What somebody typed: `entries` and `pupil` hold what is to be new, as typed."""

    kind: RequestKind
    reason: str
    asked_by: str
    entries: Mapping[ColumnKey, str] = field(default_factory=dict)
    pupil: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenRequest:
    request: RecordRequest
    head: TranscriptHead


@dataclass(frozen=True, slots=True)
class RequestReview:
    """What the second person decides about: both sides, and what it costs in signatures."""

    open: OpenRequest
    changes: tuple[FieldCorrection, ...]
    kept: tuple[str, ...]
    renewed: tuple[str, ...]
    people: tuple[str, ...]


def load_correctable(services: Services, head: TranscriptHead) -> Correctable:
    store = services.workspace.here()
    opened = services.book.open(head.section_id)
    cells = {
        (key.area, key.slot): value
        for key, value in opened.cells.items()
        if key.student_id == head.student_id
    }
    return Correctable(
        head,
        store.people.student(head.student_id),
        opened.profile,
        all_columns(sheets(opened.profile)),
        cells,
        _people(services),
        services.workspace.user,
    )


def ask(services: Services, what: Correctable, wish: ChangeDraft) -> RecordRequest:
    """Raises CorrectionNotAllowed, AssessmentInputError, TranscriptIncomplete."""
    life = services.life
    if wish.kind is RequestKind.RECALL:
        return life.propose_recall(what.head, wish.reason, wish.asked_by)
    if wish.kind is RequestKind.CANCEL:
        return life.propose_cancel(what.head, wish.reason, wish.asked_by)
    return life.propose_correction(
        what.head,
        wish.kind,
        wish.reason,
        wish.asked_by,
        cells=_cells(what, wish.entries),
        student=_student(what.student, wish.pupil),
    )


def open_requests(services: Services) -> tuple[OpenRequest, ...]:
    """Of every class, oldest first."""
    store = services.workspace.here()
    return tuple(
        OpenRequest(found, store.transcripts.get(found.record_id, found.version).head)
        for found in services.life.requests()
    )


def load_review(services: Services, what: OpenRequest) -> RequestReview:
    compared = services.life.compare(what.request)
    kept, renewed = _signatures(services, what)
    return RequestReview(what, compared.changes, kept, renewed, _people(services))


def _cells(what: Correctable, entries: Mapping[ColumnKey, str]) -> list[CellChange]:
    made = []
    for (area, slot), typed in entries.items():
        before = what.cells.get((area, slot))
        after = parse_cell(what.profile, area, slot, typed) if typed.strip() else None
        if before != after:
            made.append(CellChange(CellKey(what.head.student_id, area, slot), before, after))
    return made


def _student(student: Student, typed: Mapping[str, str]) -> Student | None:
    values: dict[str, object] = dict(typed)
    if "birth_date" in typed:
        values["birth_date"] = iso_day(typed["birth_date"])
    if "sex" in typed:
        values["sex"] = Sex(typed["sex"])
    for name in _PLACES:
        if name in typed and typed[name] == getattr(student, name).text:
            values[name] = getattr(student, name)
        elif name in typed:
            values[name] = AdministrativePlace(typed[name])
    made = replace(student, **values)  # type: ignore[arg-type]
    return made if made != student else None


def _signatures(services: Services, what: OpenRequest) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(kept, to be renewed) as 'Toán: Nguyễn Văn A'; of what would be made by approving."""
    request = what.request
    if request.kind is RequestKind.CANCEL:
        return (), ()
    old = services.records.get(what.head).xml
    if request.kind is RequestKind.RECALL:
        today = services.now().date().isoformat()
        why = correction.CorrectionReason(request.reason, request.asked_by, _SOMEBODY)
        new = correction.recall(old, why, today)
    else:
        content = services.life.compare(request).new
        new = correction.correct(old, content, request.reason, request.asked_by, _SOMEBODY)
    content = xml_record.parse(new)
    subjects = {names.subject_id(row): row.name for row in content.subjects}
    kept: list[str] = []
    renewed: list[str] = []
    for slot in xml_record.slots(safe_xml.parse_tree(new), content):
        words = f"{subjects.get(slot.target) or ROLES[slot.role]}: {slot.signer.full_name}"
        (kept if len(slot.element) else renewed).append(words)
    return tuple(kept), tuple(renewed)


def _people(services: Services) -> tuple[str, ...]:
    staff = services.workspace.here().people.staff()
    return tuple(person.full_name for person in staff if person.active)
