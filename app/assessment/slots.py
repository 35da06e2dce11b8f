"""Which slots of the gradebook a subject has in a grade. Words of slots: `slot_name`."""

from __future__ import annotations

from functools import lru_cache

from app.profile import SubjectMode, SubjectProfile

TIMES = ("mid1", "end1", "mid2", "end2")
TERMS = ("s1", "s2")
TIME_NAMES = {
    "mid1": "giữa học kỳ I",
    "end1": "cuối học kỳ I",
    "mid2": "giữa học kỳ II",
    "end2": "cuối năm",
    "s1": "học kỳ I",
    "s2": "học kỳ II",
}
_NAMES = {
    "midterm": "ĐĐGgk",
    "final": "ĐĐGck",
    "level": "mức đạt được",
    "test": "điểm kiểm tra",
    "reassessed": "kết quả đánh giá lại",
    "retest": "điểm kiểm tra lại",
    "comment": "nhận xét",
    "exempt": "miễn học",
}


def term_slots(subject: SubjectProfile, term: str) -> tuple[str, ...]:
    """Mark slots of a secondary subject in 's1' or 's2', in the order of the gradebook."""
    return tuple(slot for _, slot in mark_places(subject.code, subject.regular_marks, term))


@lru_cache(maxsize=1024)
def mark_places(code: str, regular_marks: int, term: str) -> tuple[tuple[str, str], ...]:
    """(area, slot) of every mark of a term: regular ones, then midterm and final."""
    names = [f"regular{number}" for number in range(1, regular_marks + 1)]
    return tuple((code, f"{term}.{name}") for name in (*names, "midterm", "final"))


def subject_slots(subject: SubjectProfile) -> tuple[str, ...]:
    """Every slot of a subject, in the order of the gradebook."""
    if subject.kind is SubjectMode.LEVEL:
        marks = tuple(
            slot
            for time in TIMES
            for slot in (f"{time}.level", *((f"{time}.test",) if time in subject.tests else ()))
        )
        return (*marks, *(("retest",) if subject.tested else ()), "comment", "exempt")
    return (
        *term_slots(subject, "s1"),
        *term_slots(subject, "s2"),
        "reassessed",
        "comment",
        "exempt",
    )


def slot_name(slot: str) -> str:
    """A slot in the user's words: 's1.regular2' -> 'ĐĐGtx 2 học kỳ I'."""
    time, _, what = slot.rpartition(".")
    name = f"ĐĐGtx {what[7:]}" if what.startswith("regular") else _NAMES.get(what, what)
    return f"{name} {TIME_NAMES[time]}" if time in TIME_NAMES else name
