"""A real workspace with a few pupils, their marks, locked classes and keys in memory."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from app import clock, services
from app.department.folder import StationFolder, init_folder
from app.model.gradebook import CellChange
from app.model.people import (
    ClassSection,
    Enrollment,
    EnrollmentStatus,
    School,
    Student,
    TeachingAssignment,
)
from app.model.signing import ExpectedSigner, SignerRole
from app.parcel.enrolment import issue_enrolment, read_request
from app.practice.marks import invent
from app.practice.school import PRINCIPAL, SCHOOL, SCHOOL_YEAR, TEACHERS, teacher_of
from app.profile import SchoolLevel, shipped
from app.services import Services
from app.signing.practice_pki import Identity, PracticeAuthority
from app.store import Workspace
from tests.support.transcripts import STUDENT

PEOPLE = ("Lý Thị Duyên", "Nguyễn Văn Khải")
PASSPHRASE = "bốn từ không liên quan"
SECTIONS = (
    ClassSection("4A", SCHOOL_YEAR, 4, "4A", "gv11"),
    ClassSection("8B", SCHOOL_YEAR, 8, "8B", "gv10"),
)


@dataclass
class SmallSchool:
    made: Services
    authority: PracticeAuthority
    identities: dict[ExpectedSigner, Identity]
    folder: Path

    def copy(self, folder: Path) -> SmallSchool:
        """A copy of its files, opened; close this one first."""
        for file in self.folder.glob("school.hocba*"):
            shutil.copy(file, folder / file.name)
        return replace(self, made=_opened(folder, self.authority), folder=folder)

    def identity(self, expected: ExpectedSigner) -> Identity:
        if expected not in self.identities:
            self.identities[expected] = (
                self.authority.organisation(expected.full_name, expected.tax_code)
                if expected.role is SignerRole.SCHOOL
                else self.authority.person(expected.full_name, expected.personal_id)
            )
        return self.identities[expected]

    def sign_all(self, *, seal: bool = False) -> None:
        """Everything that waits, in order; issued views are sealed when asked."""
        for role in SignerRole:
            for waiting in self.made.signing.waiting(role):
                with self.identity(waiting.signer).key() as key:
                    report = self.made.signing.sign(waiting.heads, role, key)
                    assert not report.failed, report.failed
                    if seal and role is SignerRole.SCHOOL:
                        self.made.signing.seal(waiting.heads, key)

    def leaves(self, student_id: str, section_id: str) -> None:
        gone = EnrollmentStatus.TRANSFERRED_OUT
        people = self.made.workspace.here().people
        people.save_enrollments(
            replace(e, status=gone) for e, s in people.enrollments(section_id) if s.id == student_id
        )


def small_school(
    folder: Path,
    sections: tuple[ClassSection, ...] = SECTIONS,
    school: School = SCHOOL,
    *,
    pupils: int = 2,
    lock: bool = True,
    authority: PracticeAuthority | None = None,
) -> SmallSchool:
    """`pupils` a class, each class locked unless told otherwise.

    `authority`: that of another school, so that each trusts the other's signatures.
    """
    Workspace.create(folder / "school.hocba", PASSPHRASE, "thử")[0].close()
    authority = authority or PracticeAuthority(clock.now() - timedelta(minutes=1))
    made = _opened(folder, authority)
    store = made.workspace.here()
    with store.write():
        store.people.save_school(school)
        store.people.save_staff([PRINCIPAL, *TEACHERS])
        for section in sections:
            _fill(made, section, pupils)
    if lock:
        for section in sections:
            made.records.lock(section.id)
    return SmallSchool(made, authority, {}, folder)


def enrol(school: SmallSchool, station: Path) -> StationFolder:
    """Keys and papers of a station that never runs; the school's machine is enrolled with it."""
    found = init_folder(station, "Sở GDĐT thử")
    made = school.made
    request = read_request(made.delivery.enrolment_request())
    until = clock.now() + timedelta(days=365)
    token = issue_enrolment(
        request,
        station=found.name,
        url="https://so.example:8443",
        ca_pem=found.ca_pem,
        certificate_pem=found.certificate_pem,
        signing_key=found.receipt_key,
        valid_until=until,
    )
    archive = found.open_archive()
    archive.enrol(request, until.isoformat())
    archive.close()
    made.delivery.accept_enrolment(token.encode())
    return found


def _fill(made: Services, section: ClassSection, pupils: int) -> None:
    store = made.workspace.here()
    store.people.save_section(section)
    students = [_student(section, number) for number in range(1, pupils + 1)]
    store.people.save_students(students)
    store.people.save_enrollments(
        Enrollment(section.id, s.id, n, register_no=f"{n}/2026") for n, s in enumerate(students, 1)
    )
    profile = shipped().for_grade(section.school_year, section.grade)
    cells = invent(profile, students)
    if profile.level is not SchoolLevel.PRIMARY:
        taught = dict.fromkeys(key.area for key in cells if key.area in profile.by_code)
        store.people.save_assignments(
            TeachingAssignment(section.id, code, teacher_of(n).id) for n, code in enumerate(taught)
        )
    store.gradebook.save(section.id, [CellChange(k, None, v) for k, v in cells.items()])


def _student(section: ClassSection, number: int) -> Student:
    place = section.grade * 100 + number
    return replace(
        STUDENT,
        id=f"{section.id}-{number}",
        full_name=f"Vàng Thị Sáy {number}",
        birth_date=f"{2026 - section.grade - 6}-08-{(number + 9) % 28 + 1:02}",
        moet_id=f"122551{place:04}",
        personal_id=f"01021739{place:04}",
        campus="",
    )


def _opened(folder: Path, authority: PracticeAuthority) -> Services:
    workspace = Workspace.open(folder / "school.hocba", PASSPHRASE)
    trust = folder / "trust"
    trust.mkdir(exist_ok=True)
    authority.save_root(trust)
    return services.build(workspace, trust_folders=(trust,))
