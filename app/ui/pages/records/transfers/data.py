"""A pupil's history out and in, extracts and reports; runs on the database lane."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from app.errors import HistoryError
from app.files import write_whole
from app.handover.history import LARGEST, RESULTS, needs_passphrase
from app.handover.transfer import (
    LARGEST_CERTIFICATE,
    ImportedHistory,
    VerifiedHistory,
    receiving_certificate,
)
from app.model.people import Enrollment, EnrollmentStatus, Student
from app.model.transcript import TranscriptHead
from app.services import Services


@dataclass(frozen=True, slots=True)
class HistoryBytes:
    data: bytes
    needs_passphrase: bool


@dataclass(frozen=True, slots=True)
class ArrivingPupil:
    """A history whose signatures all hold, before anything of it is kept."""

    data: bytes
    passphrase: str
    verified: VerifiedHistory
    sections: tuple[tuple[str, str], ...]
    """(id, name) of the classes that there are."""

    @property
    def mid_year(self) -> int:
        """Sheets of a year that was not over."""
        return len(self.verified.history.of(RESULTS))


@dataclass(frozen=True, slots=True)
class PupilChoice:
    """Who the pupil is: one of ours, or new; and the class, '' for later."""

    student_id: str = ""
    as_new: bool = False
    section_id: str = ""


@dataclass(frozen=True, slots=True)
class ArrivalOutcome:
    imported: ImportedHistory
    student: Student
    carried: int
    """Marks and absences entered into the class."""


def export_to(
    services: Services, path: Path, student_id: str, passphrase: str, address: bytes = b""
) -> None:
    """Seal for the school of `address` (PEM), else with the passphrase.

    Raises HistoryError, PassphraseTooWeak, DiskFull.
    """
    to = receiving_certificate(address) if address else None
    write_whole(path, services.transfer.export_history(student_id, to=to, passphrase=passphrase))


def read_address(path: Path) -> bytes:
    """Another school's address file. Raises HistoryError."""
    data = _read(path, LARGEST_CERTIFICATE)
    receiving_certificate(data)
    return data


def save_address(services: Services, path: Path) -> None:
    write_whole(path, services.transfer.address())


def read_file(path: Path) -> HistoryBytes:
    """Raises HistoryError."""
    data = _read(path, LARGEST)
    return HistoryBytes(data, needs_passphrase(data))


def verify(services: Services, data: bytes, passphrase: str = "") -> ArrivingPupil:
    """Raises HistoryLocked, HistoryError; nothing is kept."""
    verified = services.transfer.read_history(data, passphrase)
    people = services.workspace.here().people
    sections = tuple((s.id, s.name) for s in people.sections())
    return ArrivingPupil(data, passphrase, verified, sections)


def take_in(services: Services, arrival: ArrivingPupil, choice: PupilChoice) -> ArrivalOutcome:
    """Keep the history, place the pupil, and enter what was marked this year.

    Raises as `verify`, HistoryPupilUnclear and TranscriptLocked; then nothing is kept.
    """
    store = services.workspace.here()
    with store.write():
        imported = services.transfer.import_history(
            arrival.data, arrival.passphrase, student_id=choice.student_id, as_new=choice.as_new
        )
        carried = 0
        if choice.section_id:
            _enrol(services, imported.student_id, choice.section_id)
            carried = services.transfer.carry_over(imported.student_id, choice.section_id)
    return ArrivalOutcome(imported, store.people.student(imported.student_id), carried)


def save_extract(services: Services, head: TranscriptHead, path: Path) -> None:
    """Raises TranscriptIncomplete when the record is not in force."""
    write_whole(path, services.extracts.extract(head).as_zip())


def save_report(services: Services, heads: tuple[TranscriptHead, ...], path: Path) -> str:
    """The reporting catalogue as the file's name says; a word on what does not fit, or ''.

    Raises MoveNotAllowed for a record that is not issued.
    """
    reporting = services.reporting
    sheet = path.suffix.lower() == ".xlsx"
    made = reporting.as_workbook(heads) if sheet else reporting.as_json(heads)
    write_whole(path, made.content)
    if not made.too_long:
        return ""
    columns = ", ".join(sorted({found.column for found in made.too_long}))
    return f"{len(made.too_long)} giá trị dài hơn danh mục cho phép, ở cột {columns}."


def _enrol(services: Services, student_id: str, section_id: str) -> None:
    people = services.workspace.here().people
    everyone = [place for place, _ in people.enrollments(section_id)]
    here = next((place for place in everyone if place.student_id == student_id), None)
    came = EnrollmentStatus.TRANSFERRED_IN
    if here is None:
        number = max((place.number for place in everyone), default=0) + 1
        people.save_enrollments([Enrollment(section_id, student_id, number, came)])
    elif not here.status.present:
        people.save_enrollments([replace(here, status=came)])


def _read(path: Path, largest: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise HistoryError("too large", reason="tệp quá lớn")
    return data
