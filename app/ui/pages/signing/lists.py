"""The left side of the signing page: classes to tick, and what to look at before signing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QLabel,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.model.transcript import TranscriptHead
from app.ui.kit import (
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
from app.ui.kit.basics import keep_tab_order
from app.ui.kit.chunked_builder import ChunkedBuilder
from app.ui.kit.page_view import PageView
from app.ui.pages.signing.data import ClassWork, Key, SigningChoice, SigningNote, key_of
from app.ui.theme import icons, theme
from app.ui.theme.theme import Tone, Type

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
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what it holds is reached by Tab
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
        self._rows: dict[str, _ClassRow] = {}
        self._built: tuple[ClassWork, ...] = ()
        self._choice: SigningChoice | None = None
        self._growing = ChunkedBuilder(self)

    def show_choice(self, choice: SigningChoice) -> None:
        """Rows are made anew for other classes only."""
        self._choice = choice
        if choice.work.classes != self._built:
            self._build(choice.work.classes)
        for section in self._rows:
            self._refresh(section)

    def _build(self, classes: tuple[ClassWork, ...]) -> None:
        self._built = classes
        self.boxes.clear()
        self._rows.clear()
        grid = QGridLayout()
        grid.setContentsMargins(6, 2, 6, 2)
        grid.setVerticalSpacing(3)
        grid.setHorizontalSpacing(24)
        for place, words in enumerate(("Lớp", "Học bạ chờ ký", "Cần xem", "Sẽ ký")):
            title = text(words, Type.BADGE, muted=True)
            title.setAlignment(_RIGHT if place in (1, 3) else Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(title, 0, place)
            grid.setColumnStretch(place, 3 - place % 2)
        listed = [(each.section_id, each.name, len(each.heads)) for each in classes]
        if len(classes) > 1:
            listed.insert(0, ("", "Tất cả các lớp", sum(len(each.heads) for each in classes)))
        grid.setRowStretch(2 * len(listed) + 1, 1)
        self._area.put(grid)
        rows = (
            partial(self._row, grid, 2 * number + 1, *line) for number, line in enumerate(listed)
        )
        self._growing.begin(chain(rows, [partial(keep_tab_order, self._area)]))
        self.setFixedHeight(54 + min(len(listed), 6) * 38)

    def _row(self, grid: QGridLayout, at: int, section: str, name: str, count: int) -> None:
        box = QCheckBox(name)
        if section:
            box.setFont(theme.font(Type.STRONG))
        box.setMinimumHeight(30)
        box.setAccessibleName(f"Ký lớp {name}, {count} học bạ" if section else f"Ký {count} học bạ")
        box.clicked.connect(lambda on: self.ticked.emit(section, on))
        made = _ClassRow(box, text("", tone=Tone.DONE), _figure(0, strong=True))
        self.boxes[section], self._rows[section] = box, made
        grid.addWidget(rule(), at, 0, 1, 4)
        for place, part in enumerate((box, _figure(count), made.looked, made.chosen)):
            grid.addWidget(part, at + 1, place)
        self._refresh(section)

    def _refresh(self, section: str) -> None:
        choice, line = self._choice, self._rows[section]
        assert choice is not None
        classes = [c for c in choice.work.classes if section in ("", c.section_id)]
        on = {each.section_id in choice.sections for each in classes}
        state = _CHECKED[on.pop()] if len(on) == 1 else Qt.CheckState.PartiallyChecked
        line.box.setCheckState(state)
        line.chosen.setText(str(sum(len(choice.signable(each)) for each in classes)))
        noted = choice.noted(head for each in classes for head in each.heads)
        left = [h for h in noted if key_of(h) not in choice.seen or choice.refused(h)]
        words = f"{len(left)} cần xem" if left else f"đã xem {len(noted)}" if noted else "không"
        line.looked.setText(words)
        theme.set_tone(line.looked, Tone.WAITS if left else Tone.DONE)


@dataclass(frozen=True, slots=True)
class _ClassRow:
    box: QCheckBox
    looked: QLabel
    chosen: QLabel


_CHECKED = {True: Qt.CheckState.Checked, False: Qt.CheckState.Unchecked}


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
        self._growing = ChunkedBuilder(self)
        self._built: tuple[tuple[Key, ...], int] | None = None
        self._lines: dict[Key, _NoteRow] = {}
        self._choice: SigningChoice | None = None

    def show_choice(self, choice: SigningChoice) -> None:
        """A line keeps its place when it was looked at."""
        self._choice = choice
        noted = choice.noted(choice.work.heads)
        unseen = [h for h in noted if key_of(h) not in choice.seen]
        self._count.setVisible(bool(unseen))
        self._count.show_state(str(len(unseen)), Tone.WAITS)
        self._all.setVisible(len(unseen) > 1)
        self._sample.setVisible(bool(choice.work.heads))
        what = (tuple(map(key_of, noted)), 0 if choice.work.heads else choice.work.unsealed)
        if what != self._built:
            self._built = what
            self._build(noted, unsealed=what[1])
        for head in noted:
            self._refresh(head)

    def _build(self, noted: list[TranscriptHead], *, unsealed: int) -> None:
        """`unsealed`: views that wait where no record does."""
        self._lines.clear()
        lines = column(gap=1)
        if noted:
            self._area.put(lines)
            self._growing.begin(self._steps(lines, noted))
            return
        self._growing.begin(())
        what, detail = "Không có gì bất thường", _NOTHING
        if unsealed:
            what, detail = "Học bạ đã được ký đủ", f"Còn {unsealed} bản xem PDF chờ đóng dấu."
        self._area.put(column(EmptyState("checked", what, detail)))

    def _steps(
        self, lines: QVBoxLayout, noted: list[TranscriptHead]
    ) -> Iterator[Callable[[], None]]:
        for head in noted[:SHOWN]:
            yield partial(self._add, lines, head)
        if len(noted) > SHOWN:
            more = f"và {len(noted) - SHOWN} học bạ nữa, có trong danh mục ký"
            yield lambda: lines.addWidget(text(more, muted=True))
        yield lambda: lines.addStretch(1)
        yield lambda: keep_tab_order(self._area)

    def _add(self, lines: QVBoxLayout, head: TranscriptHead) -> None:
        assert self._choice is not None
        line = _NoteRow(head, self._choice.notes[key_of(head)])
        line.look.clicked.connect(lambda: self.look_wanted.emit(head))
        self._lines[key_of(head)] = line
        lines.addWidget(line)
        lines.addWidget(rule())
        self._refresh(head)

    def _refresh(self, head: TranscriptHead) -> None:
        line, choice = self._lines.get(key_of(head)), self._choice
        if line is not None and choice is not None:
            line.show_standing(seen=key_of(head) in choice.seen, refused=choice.refused(head))


class _NoteRow(QWidget):
    """One record and what is unusual; it stays the same widget, so that the focus stays on it."""

    def __init__(self, head: TranscriptHead, notes: Sequence[SigningNote]) -> None:
        super().__init__()
        self._notes = " ".join(note.text for note in notes)
        self._lacking = any(note.stops_issue for note in notes)
        self._glyph = glyph("clock", size=16)
        self._words = text("", wrap=True)
        self.look = button("Xem")
        self.look.setAccessibleName(f"Xem học bạ của {head.full_name}")
        name = text(head.full_name, Type.STRONG, wrap=True)
        section = text(f"Lớp {head.section_name}", Type.SMALL, muted=True)
        who = QWidget()
        who.setLayout(column(name, section, gap=0))
        who.setFixedWidth(140)
        inside = row(self._glyph, who, self._words, self.look, gap=3)
        inside.setContentsMargins(0, 3, 8, 3)
        inside.setStretch(2, 1)
        self.setLayout(inside)

    def show_standing(self, *, seen: bool, refused: bool) -> None:
        """Whether it was looked at, whether the school refuses to issue it."""
        tone = Tone.DECIDE if refused else Tone.DONE if seen else Tone.WAITS
        icon = {Tone.DECIDE: "attention", Tone.DONE: "check", Tone.WAITS: "clock"}[tone]
        icons.put(self._glyph, icon, tone.value, 16)
        issue = "Ký được, chưa phát hành được." if self._lacking else ""
        more = "Chưa phát hành được." if refused else issue
        self._words.setText(f"{self._notes} {more}".strip())
        self.look.setText("Xem lại" if seen else "Xem")


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
