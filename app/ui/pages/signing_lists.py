"""The left side of the signing page: classes to tick, and what to look at before signing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QLabel,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from app.model.transcript import TranscriptHead
from app.ui.pages.records_detail import PageView
from app.ui.pages.signing_data import Choice, ClassWork, key_of
from app.ui.theme import Tone, Type
from app.ui.widgets import (
    Card,
    EmptyState,
    StateChip,
    button,
    column,
    glyph,
    row,
    rule,
    text,
)

SHOWN = 40
"""Lines of what is unusual; a longer list is read in the table of all."""
_LEAST = 120
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class _Scrolling(QScrollArea):
    """Takes what height is left; however long its list, it never makes the page higher."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def put(self, layout: QLayout) -> None:
        sheet = QWidget()
        sheet.setLayout(layout)
        self.setWidget(sheet)


class ClassList(Card):
    """Lớp · Học bạ chờ ký · Cần xem · Sẽ ký; above several classes a line for the whole school."""

    ticked = Signal(str, bool)
    """Section id ('' for all), whether it is to be signed."""

    def __init__(self) -> None:
        super().__init__(margin=3)
        self.setAccessibleName("Lớp sẽ ký")
        self._area = _Scrolling()
        self.body.addWidget(self._area)
        self.boxes: dict[str, QCheckBox] = {}

    def show_choice(self, choice: Choice) -> None:
        self.boxes.clear()
        grid = QGridLayout()
        grid.setContentsMargins(6, 2, 6, 2)
        grid.setVerticalSpacing(3)
        for place, words in enumerate(("Lớp", "Học bạ chờ ký", "Cần xem", "Sẽ ký")):
            title = text(words, Type.BADGE, muted=True)
            title.setAlignment(_RIGHT if place in (1, 3) else Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(title, 0, place)
        classes = choice.work.classes
        if len(classes) > 1:
            self._whole(grid, choice)
        first = grid.rowCount()
        for number, each in enumerate(classes):
            grid.addWidget(rule(), first + number * 2, 0, 1, 4)
            self._row(grid, first + number * 2 + 1, each, choice)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        grid.setColumnStretch(2, 3)
        grid.setColumnStretch(3, 2)
        grid.setHorizontalSpacing(24)
        grid.setRowStretch(grid.rowCount(), 1)
        self._area.put(grid)
        rows = min(len(classes) + (len(classes) > 1), 6)
        self.setFixedHeight(54 + rows * 38)

    def _whole(self, grid: QGridLayout, choice: Choice) -> None:
        classes = choice.work.classes
        on = [each.section_id in choice.sections for each in classes]
        states = {True: Qt.CheckState.Checked, False: Qt.CheckState.Unchecked}
        box = QCheckBox("Tất cả các lớp")
        box.setMinimumHeight(30)
        box.setTristate(True)
        box.setCheckState(states[on[0]] if len(set(on)) == 1 else Qt.CheckState.PartiallyChecked)
        box.setAccessibleName(f"Ký tất cả {len(classes)} lớp, {len(choice.work.heads)} học bạ")
        box.clicked.connect(lambda: self.ticked.emit("", not all(on)))
        self.boxes[""] = box
        grid.addWidget(rule(), 1, 0, 1, 4)
        grid.addWidget(box, 2, 0)
        grid.addWidget(_figure(len(choice.work.heads)), 2, 1)
        grid.addWidget(_figure(len(choice.heads), strong=True), 2, 3)

    def _row(self, grid: QGridLayout, at: int, each: ClassWork, choice: Choice) -> None:
        box = QCheckBox(each.name)
        box.setFont(text("", Type.STRONG).font())
        box.setMinimumHeight(30)
        box.setChecked(each.section_id in choice.sections)
        box.setAccessibleName(f"Ký lớp {each.name}, {len(each.heads)} học bạ")
        box.toggled.connect(lambda on, section=each.section_id: self.ticked.emit(section, on))
        self.boxes[each.section_id] = box
        noted = choice.noted(each.heads)
        left = [h for h in noted if key_of(h) not in choice.seen or choice.refused(h)]
        looked = (
            text("không", tone=Tone.DONE)
            if not noted
            else text(f"{len(left)} cần xem", tone=Tone.WAITS)
            if left
            else text(f"đã xem {len(noted)}", tone=Tone.DONE)
        )
        grid.addWidget(box, at, 0)
        grid.addWidget(_figure(len(each.heads)), at, 1)
        grid.addWidget(looked, at, 2)
        grid.addWidget(_figure(len(choice.signable(each)), strong=True), at, 3)


def _figure(count: int, *, strong: bool = False) -> QLabel:
    label = text(str(count), Type.STRONG if strong else Type.BODY)
    label.setAlignment(_RIGHT)
    return label


class NoteList(Card):
    """What is unusual, each with a way to look at it; a record counts once it was looked at."""

    look_wanted = Signal(object)
    """TranscriptHead"""
    sample_wanted = Signal()
    all_seen = Signal()

    def __init__(self) -> None:
        super().__init__(margin=4)
        self.setAccessibleName("Cần xem trước khi ký")
        self._count = StateChip("", Tone.WAITS)
        self._all = button("Đã xem cả danh sách", "check", quiet=True)
        self._all.clicked.connect(self.all_seen)
        self._sample = button("Xem ngẫu nhiên 10", "show")
        self._sample.setToolTip("Xem 10 học bạ chọn ngẫu nhiên")
        self._sample.clicked.connect(self.sample_wanted)
        title = text("Cần xem trước khi ký", Type.SECTION)
        self.body.addLayout(row(title, self._count, None, self._sample))
        self._area = _Scrolling()
        self._area.setMinimumHeight(_LEAST)
        self.body.addWidget(self._area, 1)
        self.body.addLayout(row(self._all, None))

    def show_choice(self, choice: Choice) -> None:
        noted = choice.noted(choice.work.heads)
        unseen = [h for h in noted if key_of(h) not in choice.seen]
        self._count.setVisible(bool(unseen))
        self._count.show_state(str(len(unseen)), Tone.WAITS)
        self._all.setVisible(len(unseen) > 1)
        self._sample.setVisible(bool(choice.work.heads))
        if not noted:
            empty = EmptyState("checked", "Không có gì bất thường", _NOTHING)
            self._area.put(column(empty))
            return
        parts: list[QWidget | QLayout | int | None] = []
        noted.sort(key=lambda head: key_of(head) in choice.seen)
        for head in noted[:SHOWN]:
            parts += [self._line(head, choice), rule()]
        if len(noted) > SHOWN:
            more = f"và {len(noted) - SHOWN} học bạ nữa, có trong danh mục ký"
            parts.append(text(more, muted=True))
        self._area.put(column(*parts, None, gap=1))

    def _line(self, head: TranscriptHead, choice: Choice) -> QWidget:
        seen, refused = key_of(head) in choice.seen, choice.refused(head)
        tone = Tone.DECIDE if refused else Tone.DONE if seen else Tone.WAITS
        icon = {Tone.DECIDE: "attention", Tone.DONE: "check", Tone.WAITS: "clock"}[tone]
        name = text(head.full_name, Type.STRONG, wrap=True)
        section = text(f"Lớp {head.section_name}", Type.SMALL, muted=True)
        who = QWidget()
        who.setLayout(column(name, section, gap=0))
        who.setFixedWidth(140)
        words = " ".join(note.text for note in choice.notes[key_of(head)])
        if refused:
            words += " Chưa phát hành được."
        elif any(note.stops_issue for note in choice.notes[key_of(head)]):
            words += " Ký được, chưa phát hành được."
        look = button("Xem lại" if seen else "Xem")
        look.setAccessibleName(f"Xem học bạ của {head.full_name}")
        look.clicked.connect(lambda: self.look_wanted.emit(head))
        line = QWidget()
        inside = row(glyph(icon, tone.value, 16), who, text(words, wrap=True), look, gap=3)
        inside.setContentsMargins(0, 3, 8, 3)
        inside.setStretch(2, 1)
        line.setLayout(inside)
        return line


_NOTHING = (
    "Không có kết quả được điều chỉnh, không em nào nghỉ quá số buổi, không thiếu dữ liệu. "
    "Có thể xem ngẫu nhiên vài học bạ trước khi ký."
)


def sample_sheet(
    found: Sequence[tuple[str, list[bytes]]], back: Callable[[], None] | None = None
) -> QWidget:
    """Records to look through, one under another, for the side panel; `back` leads to a list."""
    parts: list[QWidget | QLayout | int | None] = []
    if back is not None:
        home = button("Về danh mục", "left", quiet=True)
        home.clicked.connect(back)
        parts.append(row(home, None))
    for name, pages in found:
        parts.append(text(name, Type.STRONG, wrap=True))
        parts += [
            PageView(page, f"{name}, trang {number}") for number, page in enumerate(pages, start=1)
        ]
        parts.append(2)
    sheet = QWidget()
    sheet.setLayout(column(*parts, gap=2))
    return sheet
