"""Schools, staff, classes and pupils."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from sqlite_utils import Database

from app.model.people import (
    AdministrativePlace,
    ClassSection,
    Delegation,
    Enrollment,
    EnrollmentStatus,
    School,
    SectionRoster,
    Sex,
    Staff,
    StaffRole,
    Student,
    TeachingAssignment,
)
from app.model.text import fold
from app.profile import Programme
from app.store.database import write
from app.store.delegations import DelegationStore

_SECTION = "id, school_year, grade, name, homeroom_teacher_id, campus"


def student_from_json(data: str) -> Student:
    found: dict[str, Any] = json.loads(data)
    for place in ("birthplace", "hometown", "residence"):
        found[place] = AdministrativePlace(**found[place])
    found["sex"] = Sex(found["sex"])
    return Student(**found)


def _staff(data: str) -> Staff:
    found = json.loads(data)
    return Staff(**{**found, "role": StaffRole(found["role"])})


def _school(data: str) -> School:
    found = json.loads(data)
    return School(**{**found, "programme": Programme(found.get("programme", Programme.GENERAL))})


def to_json(value: Any) -> str:
    return json.dumps(asdict(value), ensure_ascii=False)


class PeopleStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    # --- school and staff -------------------------------------------------------------------

    def school(self) -> School | None:
        row = self._db.execute("SELECT value FROM setting WHERE key = 'school'").fetchone()
        return None if row is None else _school(row[0])

    def save_school(self, school: School) -> None:
        with write(self._db):
            self._db.execute(
                "INSERT INTO setting (key, value) VALUES ('school', ?) "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [to_json(school)],
            )

    def staff(self) -> list[Staff]:
        return [_staff(row[0]) for row in self._db.execute("SELECT data FROM staff ORDER BY id")]

    def save_staff(self, people: Iterable[Staff]) -> None:
        with write(self._db):
            for person in people:
                self._db.execute(
                    "INSERT INTO staff (id, data) VALUES (?, ?) "
                    "ON CONFLICT (id) DO UPDATE SET data = excluded.data",
                    [person.id, to_json(person)],
                )

    def duties(self, staff_id: str) -> list[ClassSection]:
        """Classes that name the person as homeroom or subject teacher, newest year first."""
        sql = (
            f"SELECT {_SECTION} FROM class_section c WHERE homeroom_teacher_id = ? OR EXISTS "
            "(SELECT 1 FROM teaching_assignment t WHERE t.section_id = c.id AND t.teacher_id = ?) "
            "ORDER BY school_year DESC, grade, name"
        )
        return [ClassSection(*row) for row in self._db.execute(sql, [staff_id, staff_id])]

    # --- classes ----------------------------------------------------------------------------

    def sections(self, school_year: str | None = None) -> list[ClassSection]:
        """By grade, then name."""
        where, values = ("WHERE school_year = ?", [school_year]) if school_year else ("", [])
        sql = f"SELECT {_SECTION} FROM class_section {where} ORDER BY grade, name"
        return [ClassSection(*row) for row in self._db.execute(sql, values)]

    def section(self, section_id: str) -> ClassSection:
        sql = f"SELECT {_SECTION} FROM class_section WHERE id = ?"
        row = self._db.execute(sql, [section_id]).fetchone()
        if row is None:
            raise KeyError(section_id)
        return ClassSection(*row)

    def save_section(self, section: ClassSection) -> None:
        with write(self._db):
            self._db.execute(
                f"INSERT INTO class_section ({_SECTION}) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET school_year = excluded.school_year, "
                "grade = excluded.grade, name = excluded.name, campus = excluded.campus, "
                "homeroom_teacher_id = excluded.homeroom_teacher_id",
                [
                    section.id,
                    section.school_year,
                    section.grade,
                    section.name,
                    section.homeroom_teacher_id,
                    section.campus,
                ],
            )

    def sections_of(self, student_id: str) -> list[ClassSection]:
        """Every class the pupil was ever in, oldest first."""
        columns = ", ".join(f"c.{column}" for column in _SECTION.split(", "))
        sql = (
            f"SELECT {columns} FROM class_section c JOIN enrollment e ON e.section_id = c.id "
            "WHERE e.student_id = ? ORDER BY c.school_year, c.name"
        )
        return [ClassSection(*row) for row in self._db.execute(sql, [student_id])]

    # --- pupils -----------------------------------------------------------------------------

    def save_students(self, students: Iterable[Student]) -> None:
        with write(self._db):
            for student in students:
                self._db.execute(
                    "INSERT INTO student "
                    "(id, full_name, birth_date, moet_id, personal_id, folded_name, data) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                    "full_name = excluded.full_name, birth_date = excluded.birth_date, "
                    "moet_id = excluded.moet_id, personal_id = excluded.personal_id, "
                    "folded_name = excluded.folded_name, data = excluded.data",
                    [
                        student.id,
                        student.full_name,
                        student.birth_date,
                        student.moet_id,
                        student.personal_id,
                        fold(student.full_name),
                        to_json(student),
                    ],
                )

    def student(self, student_id: str) -> Student:
        """Raises KeyError."""
        row = self._db.execute("SELECT data FROM student WHERE id = ?", [student_id]).fetchone()
        if row is None:
            raise KeyError(student_id)
        return student_from_json(row[0])

    def students(self) -> list[Student]:
        return [student_from_json(row[0]) for row in self._db.execute("SELECT data FROM student")]

    def find_students(self, text: str, limit: int = 50) -> list[tuple[Student, str]]:
        """(pupil, class name) whose name holds `text`, diacritics aside; newest class first."""
        rows = self._db.execute(
            "SELECT s.data, coalesce((SELECT c.name FROM enrollment e JOIN class_section c "
            "ON c.id = e.section_id WHERE e.student_id = s.id ORDER BY c.school_year DESC "
            "LIMIT 1), '') FROM student s WHERE instr(s.folded_name, ?) > 0 "
            "OR s.moet_id = ? OR s.personal_id = ? ORDER BY s.full_name LIMIT ?",
            [fold(text), text, text, limit],
        )
        return [(student_from_json(data), name) for data, name in rows]

    def save_enrollments(self, enrollments: Iterable[Enrollment]) -> None:
        with write(self._db):
            for e in enrollments:
                self._db.execute(
                    "INSERT INTO enrollment (section_id, student_id, number, status, register_no) "
                    "VALUES (?, ?, ?, ?, ?) ON CONFLICT (section_id, student_id) DO UPDATE SET "
                    "number = excluded.number, status = excluded.status, "
                    "register_no = excluded.register_no",
                    [e.section_id, e.student_id, e.number, str(e.status), e.register_no],
                )

    def enrollments(self, section_id: str) -> list[tuple[Enrollment, Student]]:
        """Everyone ever in the class, by their number in the list."""
        rows = self._db.execute(
            "SELECT e.section_id, e.student_id, e.number, e.status, e.register_no, s.data "
            "FROM enrollment e JOIN student s ON s.id = e.student_id "
            "WHERE e.section_id = ? ORDER BY e.number, s.full_name",
            [section_id],
        )
        return [
            (
                Enrollment(section, student, number, EnrollmentStatus(status), register),
                student_from_json(data),
            )
            for section, student, number, status, register, data in rows
        ]

    # --- who teaches what -------------------------------------------------------------------

    def save_assignments(self, assignments: Iterable[TeachingAssignment]) -> None:
        with write(self._db):
            for a in assignments:
                self._db.execute(
                    "INSERT OR IGNORE INTO teaching_assignment (section_id, subject, teacher_id, "
                    "semester, signs) VALUES (?, ?, ?, ?, ?)",
                    [a.section_id, a.subject, a.teacher_id, a.semester, int(a.signs)],
                )

    def assignments(self, section_id: str) -> list[TeachingAssignment]:
        rows = self._db.execute(
            "SELECT section_id, subject, teacher_id, semester, signs FROM teaching_assignment "
            "WHERE section_id = ? ORDER BY subject, semester, teacher_id",
            [section_id],
        )
        return [
            TeachingAssignment(section, subject, teacher, semester, signs=bool(signs))
            for section, subject, teacher, semester, signs in rows
        ]

    def replace_assignments(
        self, section_id: str, assignments: Iterable[TeachingAssignment]
    ) -> None:
        """Who teaches what in one class, from now on exactly this."""
        with write(self._db):
            self._db.execute("DELETE FROM teaching_assignment WHERE section_id = ?", [section_id])
            self.save_assignments(assignments)

    def roster(self, section_id: str) -> SectionRoster:
        """The class with all that a record must name.

        Raises KeyError when the class is unknown; LookupError when the school, or who signs in the
        principal's slot, is not set up yet.
        """
        section, school = self.section(section_id), self.school()
        staff = {person.id: person for person in self.staff()}
        delegation = DelegationStore(self._db).of(section.school_year)
        signatory = _signatory(staff, delegation)
        if school is None or signatory is None:
            raise LookupError("school or principal is not set up")
        assigned = self._db.execute(
            "SELECT subject, teacher_id FROM teaching_assignment WHERE section_id = ? "
            "AND signs ORDER BY subject, teacher_id",
            [section_id],
        )
        nobody = Staff(id="", full_name="", role=StaffRole.TEACHER)
        return SectionRoster(
            school=school,
            section=section,
            homeroom_teacher=staff.get(section.homeroom_teacher_id, nobody),
            principal=signatory,
            pupils=tuple((e, s) for e, s in self.enrollments(section_id) if e.status.present),
            teachers=tuple((subject, staff[teacher]) for subject, teacher in assigned),
            delegation=delegation if delegation and delegation.staff_id == signatory.id else None,
        )


def _signatory(staff: Mapping[str, Staff], delegation: Delegation | None) -> Staff | None:
    """Who signs in the principal's slot: the delegate while at the school, else the principal."""
    delegate = staff.get(delegation.staff_id) if delegation else None
    if delegate is not None and delegate.active:
        return delegate
    principals = (p for p in staff.values() if p.active and p.role is StaffRole.PRINCIPAL)
    return next(principals, None)
