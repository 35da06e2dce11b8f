"""A class with marks, small rules and an explanation, for the grid's tests and bench."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from app.errors import AssessmentInputError
from app.model.assessment import Missing, Reason
from app.model.gradebook import CellKey
from app.ui.gradebook.columns import ColumnKey, ColumnKind, GridColumn, GridRow, RowOutcome

MATHS = "TOAN"
NAMES = (
    "Lò Văn Ún",
    "Giàng A Páo",
    "Quàng Thị Biên",
    "Vàng Thị Chống",
    "Sùng Thị Mỷ",
    "Nguyễn Đức Anh",
    "Phàn Tả Mẩy",
    "Thào A Dở",
    "H'Hen Niê",
    "Cà Văn Hặc",
    "Lý A Sáy",
    "Hạng Thị Dua",
    "Pờ Go Xừ",
    "Đặng Thùy Duyên",
    "Tao Văn Hoan",
    "Vừ A Lềnh",
    "Lường Thị Diện",
    "Mùa A Đạt",
    "Lò Thị Ánh",
    "Chang A Chống",
)
_SLOTS = ("s1.regular1", "s1.regular2", "s1.regular3", "s1.regular4", "s1.midterm", "s1.final")
_TITLES = ("TX1", "TX2", "TX3", "TX4", "Giữa kì", "Cuối kì")
AVERAGE: ColumnKey = (MATHS, "s1.average")
COMMENT: ColumnKey = (MATHS, "comment")
_SCORE = re.compile(r"([0-9]+)(?:[.,]([0-9]+))?")
_ONE = Decimal("0.1")
_MARKS = (
    "73 78 66 77 83 76|92 60 73 63 59 67|75 77 79 100 82 48|75 64 65 89 67 43|76 68 57 60 61 70|"
    "66 73 96 62 59 67|86 63 91 55 56 -|61 64 78 81 72 66|89 77 69 88 57 72|81 72 65 77 - 62|"
    "59 89 65 87 75 66|81 76 74 54 71 83|78 85 91 - 98 -|69 39 83 73 94 65|46 89 55 56 68 79|"
    "65 74 48 94 69 72|80 74 75 60 68 76|91 88 94 95 92 20|70 71 68 66 72 75|55 61 58 63 60 57"
)
REMARKS = (
    "Tiến bộ rõ ở phần hình học.",
    "Cần luyện thêm phép tính phân số.",
    "Chăm chỉ, trình bày cẩn thận.",
)


def columns() -> list[GridColumn]:
    widths = (50, 50, 50, 50, 64, 66)
    scores = [
        GridColumn((MATHS, slot), title, ColumnKind.SCORE, width=width, decimals=1)
        for slot, title, width in zip(_SLOTS, _TITLES, widths, strict=True)
    ]
    return [
        *scores,
        GridColumn(AVERAGE, "TB môn", ColumnKind.COMPUTED, "Điểm trung bình môn học kì I", 68),
        GridColumn(COMMENT, "Nhận xét", ColumnKind.TEXT, width=160, limit=120),
    ]


def rows(count: int = len(NAMES)) -> list[GridRow]:
    names = [NAMES[place % len(NAMES)] for place in range(count)]
    return [GridRow(f"p{place}", place, name) for place, name in enumerate(names, start=1)]


def cells() -> dict[CellKey, str]:
    made: dict[CellKey, str] = {}
    for place, line in enumerate(_MARKS.split("|"), start=1):
        for slot, mark in zip(_SLOTS, line.split(), strict=True):
            if mark != "-":
                made[CellKey(f"p{place}", MATHS, slot)] = _plain(Decimal(mark) / 10)
        if place % 4:
            made[CellKey(f"p{place}", *COMMENT)] = REMARKS[place % 3]
    return made


def _plain(value: Decimal) -> str:
    return f"{value:f}".removesuffix(".0")


def parse(area: str, slot: str, text: str) -> str:
    """Scores 0-10 with one decimal; for slots named 'level' the letters of a comment subject."""
    if slot == "comment":
        return text
    if slot.endswith("level"):
        letter = {"đ": "D", "d": "D", "cđ": "CD", "cd": "CD"}.get(text.casefold())
        if letter is None:
            raise AssessmentInputError(field=slot, reason="Chỉ nhận Đ hoặc CĐ.")
        return letter
    found = _SCORE.fullmatch(text)
    value = Decimal(text.replace(",", ".")) if found else Decimal(-1)
    if not 0 <= value <= 10 or len((found and found[2]) or "") > 1:
        hint = f"{value / 10:f}" if found and 10 < value < 100 and "," not in text else ""
        raise AssessmentInputError(
            field=slot, reason="Điểm từ 0 đến 10, một chữ số thập phân.", suggestion=hint
        )
    return _plain(value)


def recompute(entries: Mapping[str, Mapping[ColumnKey, str]]) -> dict[str, RowOutcome]:
    """Article 9.1 of Circular 22/2021, for the one semester of `columns`."""
    outcomes = {}
    for student, own in entries.items():
        marks = {slot: own.get((MATHS, slot)) for slot in _SLOTS}
        missing = tuple(
            Missing(MATHS, slot, title)
            for slot, title in zip(_SLOTS, _TITLES, strict=True)
            if marks[slot] is None
        )
        values = (
            {} if missing else {AVERAGE: str(_average([Decimal(m or 0) for m in marks.values()]))}
        )
        outcomes[student] = RowOutcome(values, missing)
    return outcomes


def _average(marks: Sequence[Decimal]) -> Decimal:
    *regular, midterm, final = marks
    total = sum(regular, Decimal(0)) + 2 * midterm + 3 * final
    return (total / (len(regular) + 5)).quantize(_ONE, ROUND_HALF_UP)


def explain(student: str, key: ColumnKey) -> list[Reason]:
    """The steps for the marks a pupil has in `cells`."""
    marks = [cells().get(CellKey(student, MATHS, slot)) for slot in _SLOTS]
    if None in marks:
        return [Reason("Chưa đủ điểm để tính.")]
    *regular, midterm, final = (str(mark).replace(".", ",") for mark in marks)
    total = " + ".join([*regular, f"2 × {midterm}", f"3 × {final}"])
    value = _average([Decimal(mark or 0) for mark in marks])
    return [
        Reason(f"({total}) ÷ 9"),
        Reason(f"Làm tròn: {value}".replace(".", ","), "Thông tư 22/2021, điều 9 khoản 1"),
    ]
