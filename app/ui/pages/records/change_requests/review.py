"""The second person's view of a request: both sides, the signatures, and the two answers."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QLayout, QWidget

from app.model.transcript import RequestKind
from app.transcript.correction import FieldCorrection
from app.ui.kit import Card, EmptyState, ErrorBanner, button, column, glyph, row, rule, text
from app.ui.kit.form import Form, line, words_of
from app.ui.pages.records.change_requests.data import OpenRequest, RequestReview
from app.ui.pages.records.change_requests.form import person
from app.ui.text.change_requests import APPROVES, KINDS
from app.ui.text.record_states import moment
from app.ui.text.values import day
from app.ui.theme.theme import Tone, Type

_WORDS = {"true": "Có", "false": "Không"}
_TOP = Qt.AlignmentFlag.AlignTop


class RequestList(QWidget):
    """Every open request of the school, oldest first."""

    chosen = Signal(object)
    """OpenRequest"""
    back_wanted = Signal()

    def __init__(self, found: tuple[OpenRequest, ...]) -> None:
        super().__init__()
        back = button("Quay lại", "left")
        back.clicked.connect(self.back_wanted)
        head = row(text("Đề nghị chờ duyệt", Type.SUBTITLE), None, back)
        parts: list[QWidget | QLayout | int | None] = [head]
        for each in found:
            parts += [self._line(each), rule()]
        if not found:
            parts.append(
                EmptyState("checked", "Không có đề nghị nào chờ duyệt", "Đề nghị mới hiện ở đây.")
            )
        self.setLayout(column(*parts, None, margin=4))

    def _line(self, each: OpenRequest) -> QWidget:
        asked = each.request
        see = button("Xem và quyết định")
        see.setAccessibleName(f"Xem và quyết định: {KINDS[asked.kind]}, {each.head.full_name}")
        see.clicked.connect(lambda: self.chosen.emit(each))
        words = f"{each.head.full_name} · Lớp {each.head.section_name} · {KINDS[asked.kind]}"
        below = f"{asked.reason} · {asked.asked_by}, {moment(asked.asked_at)}"
        named = column(text(words, Type.STRONG, wrap=True), text(below, muted=True, wrap=True))
        inside = row(glyph("clock", "waits"), named, see)
        inside.setStretch(1, 1)
        made = QWidget()
        made.setLayout(inside)
        return made


class ReviewView(QWidget):
    approve_wanted = Signal(str)
    """Name of the one who approves."""
    refuse_wanted = Signal(str, str)
    """Name, why."""
    back_wanted = Signal()

    def __init__(self, review: RequestReview) -> None:
        super().__init__()
        asked, head = review.open.request, review.open.head
        self.banner = ErrorBanner()
        back = button("Quay lại", "left")
        back.clicked.connect(self.back_wanted)
        self.decided_by = person("Người duyệt", review.people)
        self.why = line("Lý do nếu không duyệt", "", "Ghi khi không duyệt", 400)
        self._form = Form(2)
        self._form.add("Người duyệt (khác người đề nghị)", self.decided_by)
        self._form.add("Lý do nếu không duyệt", self.why)
        self.approve = button(APPROVES[asked.kind], "check", primary=True)
        self.approve.clicked.connect(self._approve)
        self.refuse = button("Không duyệt", "forbidden")
        self.refuse.clicked.connect(self._refuse)
        who = f"{head.full_name} · Lớp {head.section_name} · phiên bản {head.version}"
        title = f"Đề nghị {KINDS[asked.kind]}"
        self.setLayout(
            column(
                self.banner,
                row(text(title, Type.SUBTITLE), None, back),
                text(who, Type.STRONG, wrap=True),
                text(f"Lý do: {asked.reason}", wrap=True),
                text(f"Người đề nghị: {asked.asked_by}, {moment(asked.asked_at)}", muted=True),
                2,
                *_sides(review.changes, asked.kind),
                *_signatures(review),
                2,
                self._form,
                row(self.approve, self.refuse, None),
                None,
                margin=4,
            )
        )

    def _who(self) -> str:
        return " ".join(self.decided_by.currentText().split())

    def _approve(self) -> None:
        if not self._form.say_mistakes(self._nobody()):
            self.approve_wanted.emit(self._who())

    def _refuse(self) -> None:
        mistakes = self._nobody()
        if not words_of(self.why):
            mistakes[self.why] = "Cần ghi lý do không duyệt."
        if not self._form.say_mistakes(mistakes):
            self.refuse_wanted.emit(self._who(), words_of(self.why))

    def _nobody(self) -> dict[QWidget, str]:
        return {} if self._who() else {self.decided_by: "Cần ghi người duyệt."}


def readable(value: str) -> str:
    """A value of the record as people write it: decimal comma, day first."""
    if not value:
        return "(để trống)"
    if re.fullmatch(r"\d+\.\d+", value):
        return value.replace(".", ",")
    if re.fullmatch(r"\d{4}-\d\d(-\d\d)?", value):
        return day(value)
    return _WORDS.get(value, value)


def side_by_side(
    changes: tuple[FieldCorrection, ...],
    titles: tuple[str, str, str] = ("Mục", "Đang ghi", "Sẽ ghi"),
) -> Card:
    """What differs, old beside new."""
    card = Card(margin=3)
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(8)
    for place, words in enumerate(titles):
        grid.addWidget(text(words, Type.STRONG), 0, place)
        grid.setColumnStretch(place, 1)
    for number, each in enumerate(changes, start=1):
        where = f"{each.where} · {each.term}" if each.where else each.term
        sides = (
            text(where, muted=True, wrap=True),
            text(readable(each.before), wrap=True),
            text(readable(each.after), Type.STRONG, wrap=True),
        )
        for place, label in enumerate(sides):
            grid.addWidget(label, number, place, _TOP)
    card.body.addLayout(grid)
    return card


def _sides(
    changes: tuple[FieldCorrection, ...], kind: RequestKind
) -> list[QWidget | QLayout | int | None]:
    if changes:
        return [text("Cũ và mới", Type.SECTION), side_by_side(changes)]
    told = {
        RequestKind.RECALL: "Nội dung không đổi: phiên bản mới ghi rằng nhà trường thu hồi học bạ.",
        RequestKind.CANCEL: "Nội dung không đổi: học bạ này không còn được dùng.",
    }
    return [text(told.get(kind, "Nội dung không khác."), muted=True, wrap=True)]


def _signatures(review: RequestReview) -> list[QWidget | QLayout | int | None]:
    if not review.renewed:
        return []
    parts: list[QWidget | QLayout | int | None] = [text("Chữ ký", Type.SECTION)]
    if review.kept:
        parts.append(_signers("check", f"Giữ nguyên {len(review.kept)} chữ ký", review.kept))
    parts.append(_signers("sign", f"Phải ký {len(review.renewed)} chữ ký", review.renewed))
    return parts


def _signers(icon: str, title: str, names: tuple[str, ...]) -> QWidget:
    kept = icon == "check"
    mark: QLabel = glyph(icon, "done" if kept else "waits", 16)
    mark.setAlignment(_TOP)
    words = text(title, Type.STRONG, tone=None if kept else Tone.WAITS, wrap=True)
    inside = row(mark, column(words, text("; ".join(names), muted=True, wrap=True), gap=0))
    inside.setStretch(1, 1)
    made = QWidget()
    made.setLayout(inside)
    return made
