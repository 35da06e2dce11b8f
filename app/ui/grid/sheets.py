"""Which sheets a class's gradebook has, and the columns of each: everything a record asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.assessment.slots import EXEMPTION as EXEMPTION_SLOTS
from app.assessment.slots import TIMES
from app.model import gradebook as areas
from app.profile import GradeProfile, PrimaryRules, SubjectMode, SubjectProfile, TraitProfile
from app.ui.grid.columns import ColumnKey, ColumnKind, GridColumn

HOMEROOM = "HOMEROOM"
CHOICE = "CHOICE"
DISABILITY = "DISABILITY"
EXEMPTION = "EXEMPTION"
AGAIN = "AGAIN"
LEARNING = "LEARNING"
RESULT = "result"
"""Computed columns: (subject or LEARNING or CONDUCT, 's1.result' | 's2.result' | 'year.result');
('PROMOTION', ''), ('TITLE', ''), ('OVERALL', '')."""
PROMOTION: ColumnKey = ("PROMOTION", "")
TITLE: ColumnKey = ("TITLE", "")
OVERALL: ColumnKey = ("OVERALL", "")
CLASS, SUBJECTS, PUPILS = "Cả lớp", "Môn học", "Chủ nhiệm"
LONG = 2000
"""Longest text of the record's comments and remarks, in characters."""

_TERMS = (("s1", "Học kì I"), ("s2", "Học kì II"))
_TIMES = dict(zip(TIMES, ("Giữa HK I", "Cuối HK I", "Giữa HK II", "Cuối năm"), strict=True))
_TEXT, _SCORE, _LETTER = ColumnKind.TEXT, ColumnKind.SCORE, ColumnKind.LETTER
_WHOLE_YEAR = frozenset(
    {"comment", "reassessed", "retest", "chosen", "topics_chosen", "demands", *EXEMPTION_SLOTS}
)
"""Slots of a subject that belong to no semester."""


@dataclass(frozen=True, slots=True)
class YearPart:
    """What is shown at once: a semester, a time, or all there is (then without a title)."""

    key: str
    title: str
    columns: tuple[GridColumn, ...]


@dataclass(frozen=True, slots=True)
class GridSheet:
    """One choice of the page: a subject, an area, or the class as a whole."""

    key: str
    title: str
    section: str
    parts: tuple[YearPart, ...]

    def part_with(self, column: ColumnKey) -> YearPart | None:
        """The part that shows a column, the one where it can be entered first."""
        parts = [p for p in self.parts if any(c.key == column for c in p.columns)]
        return next(iter(parts), None)


def sheets(profile: GradeProfile) -> tuple[GridSheet, ...]:
    """Every sheet of a class of this grade, in the order of the chooser."""
    primary = isinstance(profile.rules, PrimaryRules)
    whole = (_primary_class if primary else _secondary_class)(profile)
    one = _primary_subject if primary else _secondary_subject
    subjects = tuple(one(subject) for subject in profile.subjects)
    pupils = _primary_pupils(profile) if primary else _secondary_pupils()
    extra = (_choice(profile), _exemption(profile), _disability(profile), _again(profile))
    return (whole, *subjects, *pupils, *(sheet for sheet in extra if sheet.parts[0].columns))


def all_columns(found: Iterable[GridSheet]) -> tuple[GridColumn, ...]:
    """Every column that takes entries, once, with a group that names sheet and part."""
    seen: dict[ColumnKey, GridColumn] = {}
    for sheet in sorted(found, key=lambda each: each.section == CLASS):
        for part in sheet.parts:
            for column in part.columns:
                if column.takes_input and column.key not in seen:
                    seen[column.key] = replace(column, group=_full_group(sheet, part, column))
    return tuple(seen.values())


def _full_group(sheet: GridSheet, part: YearPart, column: GridColumn) -> str:
    time = part.title if column.key[1] not in _WHOLE_YEAR else ""
    return " ".join(word for word in (sheet.title, time or column.group) if word)


# --- secondary ---------------------------------------------------------------------------------


def _secondary_subject(subject: SubjectProfile) -> GridSheet:
    terms = tuple(
        YearPart(term, title, (*_marks(subject, term), _average(subject, term), _comment(subject)))
        for term, title in _TERMS
    )
    kind = _SCORE if subject.kind is SubjectMode.SCORED else _LETTER
    again = "Kết quả đánh giá lại (điều 14), khi chưa đạt yêu cầu"
    year = (
        _average(subject, "s1", "HK I"),
        _average(subject, "s2", "HK II"),
        _average(subject, "year", "Cả năm"),
        GridColumn((subject.code, "reassessed"), "Đánh giá lại", kind, again, 96, decimals=1),
        _comment(subject),
    )
    return GridSheet(
        subject.code, subject.name, SUBJECTS, (*terms, YearPart("year", "Cả năm", year))
    )


def _marks(subject: SubjectProfile, term: str) -> Iterable[GridColumn]:
    kind = _SCORE if subject.kind is SubjectMode.SCORED else _LETTER
    named = [
        (f"regular{n}", f"TX{n}", f"Điểm đánh giá thường xuyên lần {n} (ĐĐGtx)", 52)
        for n in range(1, subject.regular_marks + 1)
    ]
    named += [
        ("midterm", "Giữa kì", "Điểm đánh giá giữa kì (ĐĐGgk), hệ số 2", 66),
        ("final", "Cuối kì", "Điểm đánh giá cuối kì (ĐĐGck), hệ số 3", 66),
    ]
    topics = "Kết quả cụm chuyên đề học tập: tính thêm một ĐĐGtx, ghi ở học kì I hoặc học kì II"
    named[subject.regular_marks : subject.regular_marks] = [
        (f"topic{n}", f"CĐ{n}" if subject.topic_marks > 1 else "C.đề", topics, 58)
        for n in range(1, subject.topic_marks + 1)
    ]
    for slot, title, tip, width in named:
        key = (subject.code, f"{term}.{slot}")
        yield GridColumn(key, title, kind, tip, width, decimals=1)


def _average(
    subject: SubjectProfile, term: str, title: str = "TB môn", group: str = ""
) -> GridColumn:
    scored = subject.kind is SubjectMode.SCORED
    words = {"s1": "học kì I", "s2": "học kì II", "year": "cả năm"}[term]
    tip = f"{subject.name}: {'điểm trung bình' if scored else 'kết quả'} {words}"
    if not scored and title == "TB môn":
        title = "Kết quả"
    key = (subject.code, f"{term}.{RESULT}")
    return GridColumn(key, title, ColumnKind.COMPUTED, tip, 72, group, decimals=int(scored))


def _comment(subject: SubjectProfile) -> GridColumn:
    key = (subject.code, "comment")
    return GridColumn(key, "Nhận xét", _TEXT, "Nhận xét môn học trong năm", 150, limit=LONG)


def _secondary_class(profile: GradeProfile) -> GridSheet:
    parts = []
    for term, title in (*_TERMS, ("year", "Cả năm")):
        results = tuple(
            replace(_average(s, term, s.short_name), width=max(52, 9 * len(s.short_name) + 12))
            for s in profile.subjects
        )
        parts.append(YearPart(term, title, (*results, *_class_end(term))))
    return GridSheet(HOMEROOM, "Tất cả các môn", CLASS, tuple(parts))


def _class_end(term: str) -> tuple[GridColumn, ...]:
    words = {"s1": "học kì I", "s2": "học kì II", "year": "cả năm"}[term]
    learning = _computed((LEARNING, f"{term}.{RESULT}"), "Học tập", f"Kết quả học tập {words}")
    if term != "year":
        return (learning, _conduct(term, "Rèn luyện", f"Kết quả rèn luyện {words}"))
    return (
        learning,
        _computed((areas.CONDUCT, f"year.{RESULT}"), "Rèn luyện", "Kết quả rèn luyện cả năm", 84),
        *_attendance(),
        _computed(PROMOTION, "Lên lớp", "Kết quả cuối năm", 150),
        _computed(TITLE, "Danh hiệu", "Danh hiệu cuối năm (điều 15)", 140),
    )


def _computed(key: ColumnKey, title: str, tip: str, width: int = 76) -> GridColumn:
    return GridColumn(key, title, ColumnKind.COMPUTED, tip, width)


def _conduct(slot: str, title: str, tip: str) -> GridColumn:
    return GridColumn((areas.CONDUCT, slot), title, _LETTER, f"{tip}: T, K, Đ hoặc CĐ", 90)


def _attendance() -> tuple[GridColumn, ...]:
    return (
        GridColumn((areas.ATTENDANCE, "excused"), "Nghỉ phép", _SCORE, "Số buổi có phép", 84),
        GridColumn((areas.ATTENDANCE, "unexcused"), "Không phép", _SCORE, "Số buổi không phép", 92),
    )


def _text(area: str, slot: str, title: str, tip: str, limit: int) -> GridColumn:
    return GridColumn((area, slot), title, _TEXT, tip, 230, limit=limit)


def _secondary_pupils() -> tuple[GridSheet, ...]:
    conduct = (
        _conduct("s1", "Học kì I", "Kết quả rèn luyện học kì I"),
        _conduct("s2", "Học kì II", "Kết quả rèn luyện học kì II"),
        _computed((areas.CONDUCT, f"year.{RESULT}"), "Cả năm", "Kết quả rèn luyện cả năm"),
        _conduct("after_summer", "Sau rèn luyện hè", "Kết quả sau rèn luyện trong hè"),
    )
    return (
        _single(areas.CONDUCT, "Rèn luyện", conduct),
        _single(areas.ATTENDANCE, "Chuyên cần", _attendance()),
        _remarks(
            _text(areas.REMARKS, "competitions", "Cuộc thi", "Kết quả tham gia các cuộc thi", LONG),
            _text(areas.REMARKS, "certificates", "Chứng chỉ", "Mỗi dòng một chứng chỉ: tên; loại",
                  LONG),
            _text(areas.REMARKS, "summer_training", "Rèn luyện hè", "Nội dung rèn luyện hè", LONG),
        ),
        _awards(_computed(TITLE, "Danh hiệu", "Danh hiệu cuối năm (điều 15)", 140)),
        _decision(_computed((LEARNING, f"year.{RESULT}"), "Học tập", "Kết quả học tập cả năm"),
                  _computed((areas.CONDUCT, f"year.{RESULT}"), "Rèn luyện", "Rèn luyện cả năm")),
    )  # fmt: skip


# --- primary -----------------------------------------------------------------------------------


def _primary_subject(subject: SubjectProfile) -> GridSheet:
    columns = [c for time in TIMES for c in _time(subject, time, _TIMES[time])]
    if subject.tested:
        tip = "Điểm kiểm tra lại cuối năm; điểm sau cùng được tính"
        columns.append(GridColumn((subject.code, "retest"), "KT lại", _SCORE, tip, 62, "Bổ sung"))
    columns.append(replace(_comment(subject), group="Cả năm"))
    return GridSheet(subject.code, subject.name, SUBJECTS, (YearPart("", "", tuple(columns)),))


def _time(subject: SubjectProfile, time: str, group: str, level: str = "Mức") -> list[GridColumn]:
    tip = f"{subject.name}: mức đạt được {_TIMES[time]}: T, H hoặc C"
    width = max(48, 9 * len(level) + 12)
    found = [GridColumn((subject.code, f"{time}.level"), level, _LETTER, tip, width, group)]
    if time in subject.tests:
        tip = f"{subject.name}: điểm kiểm tra {_TIMES[time]}"
        found.append(GridColumn((subject.code, f"{time}.test"), "Điểm", _SCORE, tip, 50, group))
    return found


def _primary_class(profile: GradeProfile) -> GridSheet:
    parts = []
    for time in TIMES:
        found = [c for s in profile.subjects for c in _time(s, time, "", s.short_name)]
        columns = [replace(c, title="KT") if c.title == "Điểm" else c for c in found]
        if time == "end2":
            columns += [
                *_attendance(),
                _computed(OVERALL, "Kết quả", "Đánh giá kết quả giáo dục", 150),
                _computed(PROMOTION, "Lên lớp", "Kết quả cuối năm", 140),
                _computed(TITLE, "Danh hiệu", "Khen thưởng cuối năm", 150),
            ]
        parts.append(YearPart(time, _TIMES[time], tuple(columns)))
    return GridSheet(HOMEROOM, "Tất cả các môn", CLASS, tuple(parts))


def _primary_pupils(profile: GradeProfile) -> tuple[GridSheet, ...]:
    general, specific = profile.general_competences, profile.specific_competences
    comment = _text(areas.QUALITIES, "comment", "Nhận xét", "Nhận xét phẩm chất", LONG)
    both = (
        _text(areas.COMPETENCES, "comment.general", "Nhận xét năng lực chung", "", LONG),
        _text(areas.COMPETENCES, "comment.specific", "Nhận xét năng lực đặc thù", "", LONG),
    )
    health = (
        GridColumn((areas.HEALTH, "height_cm"), "Chiều cao (cm)", _SCORE, "", 120),
        GridColumn((areas.HEALTH, "weight_kg"), "Cân nặng (kg)", _SCORE, "", 120),
    )
    recognised = GridColumn(
        (areas.AWARDS, "recognised"), "Lớp bình bầu", _LETTER,
        "Học sinh Tiêu biểu được tập thể lớp công nhận: có hoặc không", 104,
    )  # fmt: skip
    overall = _computed(OVERALL, "Kết quả", "Đánh giá kết quả giáo dục", 150)
    return (
        _traits(areas.QUALITIES, "Phẩm chất", [("", profile.qualities)], (comment,)),
        _traits(areas.COMPETENCES, "Năng lực",
                [("Năng lực chung", general), ("Năng lực đặc thù", specific)], both),
        _single(areas.ATTENDANCE, "Chuyên cần", _attendance()),
        _single(areas.HEALTH, "Sức khỏe", health),
        _remarks(),
        _awards(overall, _computed(TITLE, "Danh hiệu", "Khen thưởng cuối năm", 150), recognised),
        _decision(overall),
    )  # fmt: skip


def _traits(
    area: str,
    title: str,
    groups: list[tuple[str, tuple[TraitProfile, ...]]],
    comments: tuple[GridColumn, ...],
) -> GridSheet:
    parts = []
    for time in TIMES:
        columns = [
            GridColumn((area, f"{time}.{trait.code}"), _short(trait.name), _LETTER,
                       f"{trait.name}: T, Đ hoặc C", max(76, 8 * len(_short(trait.name)) + 16),
                       group)
            for group, traits in groups
            for trait in traits
        ]  # fmt: skip
        shown = [replace(c, group="Cả năm" if groups[0][0] else "") for c in comments]
        parts.append(YearPart(time, _TIMES[time], (*columns, *shown)))
    return GridSheet(area, title, PUPILS, tuple(parts))


def _short(name: str) -> str:
    words = {
        "Tự chủ và tự học": "Tự chủ",
        "Giao tiếp và hợp tác": "Giao tiếp",
        "Giải quyết vấn đề và sáng tạo": "Giải quyết VĐ",
    }
    return words.get(name, name)


# --- both --------------------------------------------------------------------------------------


def _single(key: str, title: str, columns: tuple[GridColumn, ...]) -> GridSheet:
    return GridSheet(key, title, PUPILS, (YearPart("", "", columns),))


def _remarks(*more: GridColumn) -> GridSheet:
    own = _text(areas.REMARKS, "homeroom", "Nhận xét của GVCN", "Cần có để khóa sổ", LONG)
    columns = (replace(own, width=340), *more)
    return _single(areas.REMARKS, "Nhận xét của GVCN", columns)


def _awards(*first: GridColumn) -> GridSheet:
    columns = (
        *first,
        _text(areas.AWARDS, "award", "Khen thưởng", "Nội dung khen thưởng; trống: danh hiệu", LONG),
        _text(areas.AWARDS, "award_unplanned", "Khen đột xuất", "Khen thưởng đột xuất", LONG),
    )
    return _single(areas.AWARDS, "Khen thưởng", columns)


def _decision(*first: GridColumn) -> GridSheet:
    """What people decide where the regulation leaves it to them, and what explains it."""
    columns = (
        *first,
        _computed(PROMOTION, "Kết quả", "Kết quả cuối năm", 150),
        GridColumn((areas.DECISION, "promotion"), "Quyết định", _LETTER,
                   "Chỉ khi quy định giao cho nhà trường: Lên lớp hoặc Ở lại lớp", 130),
        _text(areas.DECISION, "reason", "Lý do", "Vì sao nhà trường quyết định như vậy", LONG),
        replace(_text(areas.DECISION, "number", "Số quyết định", "Ví dụ: 15/QĐ-THCS", 100),
                width=130),
        replace(_text(areas.DECISION, "taken_by", "Người quyết định", "Họ tên, chức vụ", 200),
                width=180),
    )  # fmt: skip
    return _single(areas.DECISION, "Lên lớp", columns)


def _named(subject: SubjectProfile, slot: str, tip: str, group: str = "") -> GridColumn:
    width = max(60, 9 * len(subject.short_name) + 12)
    return GridColumn((subject.code, slot), subject.short_name, _LETTER, tip, width, group)


def _choice(profile: GradeProfile) -> GridSheet:
    """Subjects and topic clusters that not every pupil takes; several pupils are filled at once."""
    columns = [
        _named(s, "chosen", f"{s.name}: gõ x nếu em học môn này", group)
        for group, kind in (("Môn lựa chọn", True), ("Môn tự chọn", False))
        for s in profile.subjects
        if not s.compulsory and s.elective is kind
    ]
    columns += [
        _named(s, "topics_chosen", f"{s.name}: gõ x nếu em học cụm chuyên đề", "Cụm chuyên đề")
        for s in profile.subjects
        if s.topic_marks
    ]
    return _single(CHOICE, "Môn lựa chọn", tuple(columns))


def _exemption(profile: GradeProfile) -> GridSheet:
    """Release from the practical part (Circular 22/2021, article 10); the marks are still due."""
    columns = [
        column
        for s in profile.subjects
        if s.practical
        for column in (
            GridColumn((s.code, "exempt_from"), "Từ ngày", ColumnKind.DATE,
                       f"{s.name}: được miễn phần thực hành từ ngày, ví dụ 05/09/2026", 100,
                       s.short_name),
            GridColumn((s.code, "exempt_to"), "Đến ngày", ColumnKind.DATE,
                       f"{s.name}: được miễn phần thực hành đến ngày", 100, s.short_name),
            replace(_text(s.code, "exempt_decision", "Số quyết định",
                          f"{s.name}: số quyết định miễn phần thực hành", 100),
                    width=150, group=s.short_name),
        )
    ]  # fmt: skip
    return _single(EXEMPTION, "Miễn thực hành", tuple(columns))


def _disability(profile: GradeProfile) -> GridSheet:
    """What each subject asks of a pupil with a disability; closed for all others."""
    tip = "giảm yêu cầu, kế hoạch cá nhân hoặc không đánh giá; để trống: như các bạn"
    columns = [
        replace(_named(s, "demands", f"{s.name}: {tip}", "Cách đánh giá"), width=120)
        for s in profile.subjects
    ]
    if not isinstance(profile.rules, PrimaryRules):
        columns += [
            _named(s, f"{term}.plan", f"{s.name}: Đ hoặc CĐ theo kế hoạch cá nhân, {title}",
                   f"Kết quả theo kế hoạch cá nhân, {title}")
            for term, title in _TERMS
            for s in profile.subjects
        ]  # fmt: skip
    return _single(DISABILITY, "Học sinh khuyết tật", tuple(columns))


def _again(profile: GradeProfile) -> GridSheet:
    """Re-assessment of every subject beside the value it may replace."""
    if isinstance(profile.rules, PrimaryRules):
        columns = [
            column
            for s in profile.subjects
            if s.tested
            for column in (
                GridColumn((s.code, "end2.test"), "Cuối năm", _SCORE, f"{s.name}: điểm cuối năm",
                           76, s.short_name, editable=False),
                GridColumn((s.code, "retest"), "KT lại", _SCORE, f"{s.name}: kiểm tra lại", 62,
                           s.short_name),
            )
        ]  # fmt: skip
    else:
        columns = [
            column
            for s in profile.subjects
            for column in (
                _average(s, "year", "Cả năm", s.short_name),
                GridColumn((s.code, "reassessed"), "Lại",
                           _SCORE if s.kind is SubjectMode.SCORED else _LETTER,
                           f"{s.name}: kết quả đánh giá lại", 54, s.short_name, decimals=1),
            )
        ]  # fmt: skip
    return _single(AGAIN, "Đánh giá lại", tuple(columns))
