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
EXEMPTION = ("exempt_from", "exempt_to", "exempt_decision")
"""Release from the practical part of a subject (Circular 22/2021, article 10)."""
_NAMES = {
    "midterm": "ĐĐGgk",
    "final": "ĐĐGck",
    "level": "mức đạt được",
    "test": "điểm kiểm tra",
    "plan": "kết quả theo kế hoạch cá nhân",
    "reassessed": "kết quả đánh giá lại",
    "retest": "điểm kiểm tra lại",
    "comment": "nhận xét",
    "chosen": "chọn học",
    "topics_chosen": "chọn chuyên đề",
    "demands": "cách đánh giá học sinh khuyết tật",
    "exempt_from": "miễn thực hành từ ngày",
    "exempt_to": "miễn thực hành đến ngày",
    "exempt_decision": "quyết định miễn thực hành",
}


def term_slots(subject: SubjectProfile, term: str) -> tuple[str, ...]:
    """Mark slots of a secondary subject in 's1' or 's2', in the order of the gradebook."""
    *regular, midterm, final = mark_places(subject.code, subject.regular_marks, term)
    places = (*regular, *topic_places(subject.code, subject.topic_marks, term), midterm, final)
    return tuple(slot for _, slot in places)


@lru_cache(maxsize=1024)
def mark_places(code: str, regular_marks: int, term: str) -> tuple[tuple[str, str], ...]:
    """(area, slot) of every mark that a term needs: regular ones, then midterm and final."""
    names = [f"regular{number}" for number in range(1, regular_marks + 1)]
    return tuple((code, f"{term}.{name}") for name in (*names, "midterm", "final"))


@lru_cache(maxsize=1024)
def topic_places(code: str, topic_marks: int, term: str) -> tuple[tuple[str, str], ...]:
    """(area, slot) where a term has results of topic clusters (article 6.3)."""
    return tuple((code, f"{term}.topic{number}") for number in range(1, topic_marks + 1))


def subject_slots(subject: SubjectProfile) -> tuple[str, ...]:
    """Every slot of a subject, in the order of the gradebook."""
    chosen = () if subject.compulsory else ("chosen",)
    if subject.kind is SubjectMode.LEVEL:
        marks = tuple(
            slot
            for time in TIMES
            for slot in (f"{time}.level", *((f"{time}.test",) if time in subject.tests else ()))
        )
        retest = ("retest",) if subject.tested else ()
        return (*marks, *retest, "comment", *chosen, "demands")
    return (
        *term_slots(subject, "s1"),
        *term_slots(subject, "s2"),
        "s1.plan",
        "s2.plan",
        "reassessed",
        "comment",
        *chosen,
        *(("topics_chosen",) if subject.topic_marks else ()),
        "demands",
        *(EXEMPTION if subject.practical else ()),
    )


def slot_name(slot: str) -> str:
    """A slot in the user's words: 's1.regular2' -> 'ĐĐGtx 2 học kỳ I'."""
    time, _, what = slot.rpartition(".")
    name = _NAMES.get(what, what)
    for start, short in (("regular", "ĐĐGtx"), ("topic", "chuyên đề")):
        if what.removeprefix(start).isdecimal():
            name = f"{short} {what.removeprefix(start)}"
    return f"{name} {TIME_NAMES[time]}" if time in TIME_NAMES else name
