"""Hand-over of a class of 40 with twelve subjects: bytes and milliseconds, out and in."""

from __future__ import annotations

import tempfile
import time
import zlib
from pathlib import Path

from app.model.gradebook import CellChange, CellKey
from app.model.people import Enrollment, Student
from app.practice.marks import invent
from app.profile import shipped
from tests.bench import Measure
from tests.fixtures.fleet import MAI, OFFICE, SECTION, Member, fleet

_PUPILS = 40
_DAY = 40
"""Edits of a day: a column of marks."""


def measures() -> list[Measure]:
    with tempfile.TemporaryDirectory() as folder:
        members = fleet(Path(folder), [MAI])
        office, teacher = members[OFFICE], members[MAI]
        students = _fill(office, teacher)
        cells = invent(shipped().for_grade(SECTION.school_year, SECTION.grade), students)
        changes = [CellChange(key, None, value) for key, value in cells.items()]
        teacher.store.gradebook.save(SECTION.id, changes)
        plain = repr(sorted((str(key), value) for key, value in cells.items())).encode()
        first = _carry(teacher, office, "first", 60_000, len(zlib.compress(plain, 9)))
        office.out(teacher)
        teacher.take(office.out(teacher).parcel.bytes)
        for student in students[:_DAY]:
            key = CellKey(student.id, "TOAN", "s1.midterm")
            teacher.store.gradebook.save(SECTION.id, [CellChange(key, None, "6.5")])
        day = _carry(teacher, office, "day", 4096, 40 * _DAY)
        for member in members.values():
            member.store.close()
        return [*first, *day]


def _fill(office: Member, teacher: Member) -> list[Student]:
    students = [
        Student(f"{n:032x}", f"Vàng Thị Sáy {n}", f"2013-08-{n % 28 + 1:02}")
        for n in range(_PUPILS)
    ]
    with office.store.write():
        office.store.people.save_students(students)
        office.store.people.save_enrollments(
            Enrollment(SECTION.id, student.id, n) for n, student in enumerate(students, 10)
        )
        office.store.roster_operations.record()
    teacher.take(office.out(teacher).parcel.bytes)
    return students


def _carry(sender: Member, receiver: Member, name: str, most: int, floor: float) -> list[Measure]:
    """Bytes against a plain packing of the same values; times against the goal alone."""
    begin = time.perf_counter()
    sealed = sender.out(receiver)
    middle = time.perf_counter()
    receiver.take(sealed.parcel.bytes)
    end = time.perf_counter()
    size = float(len(sealed.parcel.bytes))
    times = (("out", (middle - begin) * 1000), ("in", (end - middle) * 1000))
    found = [
        Measure(f"workspace.handover_{name}_bytes", size, "B", floor, f"≤ {most} B", size <= most)
    ]
    for way, spent in times:
        is_met = spent <= 1000
        told = f"workspace.handover_{name}_{way}_ms"
        found.append(Measure(told, spent, "ms", None, "≤ 1000 ms", is_met))
    return found
