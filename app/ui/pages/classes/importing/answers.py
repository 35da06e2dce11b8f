"""What a person may answer to a doubtful value, and whether it can be kept. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from app import resources
from app.model.people import EnrollmentStatus, Sex
from app.profile import code_list
from app.roster.identity import Expectation, read_birth, read_class, read_personal_id
from app.roster.plan import PlannedPupil, field_text
from app.roster.reading import Reading, read_moet_id, read_name, read_text

CHOICES: dict[str, tuple[tuple[str, str], ...]] = {
    "sex": ((Sex.MALE.value, "Nam"), (Sex.FEMALE.value, "Nữ"), (Sex.UNKNOWN.value, "Chưa rõ")),
    "status": (
        (EnrollmentStatus.ACTIVE.value, "Đang học"),
        (EnrollmentStatus.TRANSFERRED_IN.value, "Mới chuyển đến"),
        (EnrollmentStatus.TRANSFERRED_OUT.value, "Đã chuyển đi"),
        (EnrollmentStatus.DROPPED_OUT.value, "Thôi học"),
    ),
}
_WRONG = {
    "birth_date": "Viết như 05/04/2013.",
    "moet_id": "Cần đúng 10 chữ số.",
    "personal_id": "Cần đúng 12 chữ số.",
    "class_name": "Viết như 4A.",
    "full_name": "Cần họ và tên.",
}


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """A typed answer: `value` to keep, or what is wrong with it."""

    value: str = ""
    wrong: str = ""


def choices(field: str) -> tuple[tuple[str, str], ...]:
    """(value, words) where the answer is one of a list; empty where it is written."""
    if field == "ethnicity":
        names = code_list(resources.path("profiles", "ethnicities.toml")).values()
        return tuple((name, name) for name in sorted(names))
    return CHOICES.get(field, ())


def current(pupil: PlannedPupil, field: str) -> str:
    """The value that stays when nothing is answered."""
    if field == "class_name":
        return pupil.class_name
    return pupil.status.value if field == "status" else field_text(pupil.student, field)


def checked(field: str, words: str, pupil: PlannedPupil, school_year: str) -> CheckedAnswer:
    """Read what a person wrote as the import reads a cell. Doubts are the person's to decide."""
    reading = _read(field, words, pupil, school_year)
    if reading.bad or not reading.value:
        return CheckedAnswer(wrong=_WRONG.get(field, "Không dùng được giá trị này."))
    return CheckedAnswer(reading.value)


def _read(field: str, words: str, pupil: PlannedPupil, school_year: str) -> Reading:
    student = pupil.student
    if field == "birth_date":
        return read_birth(words, Expectation(int(school_year[:4]), pupil.grade))
    if field == "personal_id":
        return read_personal_id(words, student.birth_date, student.sex.value)
    readers = {"moet_id": read_moet_id, "class_name": read_class, "full_name": read_name}
    return readers.get(field, read_text)(words)
