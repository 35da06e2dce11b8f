"""A sheet comes in: what it would add and change, what it refuses, then one act that writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from app.model.gradebook import CellChange
from app.roster.marks_import import MarkRefusal
from app.ui.grid.columns import GridColumn, shown
from app.ui.kit import (
    Card,
    Column,
    CountTile,
    DataTable,
    EmptyState,
    Notice,
    button,
    column,
    row,
    text,
)
from app.ui.kit.choosers import ChoiceBox
from app.ui.pages.gradebook.excel import IncomingSheet
from app.ui.theme.theme import Tone, Type

_SKIP = "Bỏ qua cột này"
_MOST_CHOICES = 12
_LONGEST_NOTE = 160


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One line of the preview."""

    state: str
    tone: Tone
    pupil: str
    where: str
    before: str
    after: str
    reason: str = ""


class ImportStep(QWidget):
    """Shown in the grid's place; nothing is written before its button is pressed."""

    apply_wanted = Signal()
    back_wanted = Signal()
    other_wanted = Signal()
    refused_wanted = Signal()
    columns_chosen = Signal(dict)
    """Header of the file -> key of our column, '' to leave it out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.added = CountTile("Ô thêm mới", Tone.DONE)
        self.changed = CountTile("Ô thay đổi", Tone.WAITS)
        self.refused = CountTile("Ô hoặc dòng bị trả lại", Tone.DECIDE)
        self.same = CountTile("Ô giữ nguyên")
        self.file = text("", Type.SUBTITLE)
        self.notes = Notice("", tone=Tone.NEUTRAL)
        self.apply = button("", "check", primary=True)
        self.keep_refused = button("Lưu phần bị trả lại", "file_out")
        other, back = button("Chọn tệp khác", "folder"), button("Quay lại bảng điểm", "left")
        self.apply.clicked.connect(self.apply_wanted)
        self.keep_refused.clicked.connect(self.refused_wanted)
        other.clicked.connect(self.other_wanted)
        back.clicked.connect(self.back_wanted)
        self._choices: dict[str, QComboBox] = {}
        self._mapping = Card("Cột chưa nhận ra")
        self._chooser = QWidget()
        self._mapping.add(self._chooser)
        self.table = DataTable(
            "Những gì tệp này sẽ làm",
            (
                Column("Việc", lambda r: r.state, 138, chip=lambda r: r.tone),
                Column("Học sinh", lambda r: r.pupil, 190, strong=True),
                Column("Cột", lambda r: r.where, 230),
                Column("Đang có", lambda r: r.before, 96),
                Column("Trong tệp", lambda r: r.after, 130),
                Column("Lý do", lambda r: r.reason, tip=lambda r: r.reason),
            ),
            EmptyState("checked", "Tệp này không làm thay đổi gì", "Mọi ô đều đã giống sổ điểm."),
        )
        layout = column(
            row(self.file, None, back, other, self.keep_refused, self.apply),
            row(self.added, self.changed, self.refused, self.same, gap=3),
            self.notes,
            self._mapping,
            Card(margin=0).add(self.table),
            gap=3,
        )
        layout.setStretch(4, 1)
        self.table.setMinimumHeight(220)
        self.setLayout(layout)

    def show_plan(self, incoming: IncomingSheet, names: dict[str, str]) -> None:
        """`names`: pupil id -> name."""
        plan = incoming.plan
        self.file.setText(f"Nhập từ {incoming.path.name}")
        self.added.show_count(len(plan.added), "chưa có trong sổ")
        self.changed.show_count(len(plan.changed), "khác với sổ")
        self.refused.show_count(len(plan.refused), "không ghi vào sổ")
        blank = f"; {plan.left_blank} ô trống trong tệp" if plan.left_blank else ""
        self.same.show_count(plan.unchanged, f"đã giống sổ{blank}")
        count = len(plan.changes)
        self.apply.setText(f" Ghi {count} ô vào sổ điểm")
        self.apply.setEnabled(bool(count))
        self.keep_refused.setVisible(bool(plan.refused))
        notes = [note[:_LONGEST_NOTE] for note in incoming.notes[:4]]
        self.notes.setVisible(bool(notes))
        self.notes.say("Về tệp này", "\n".join(notes), Tone.NEUTRAL)
        by_key = {c.key: c for c in incoming.columns}
        lines = [_refusal(refusal) for refusal in plan.refused]
        lines += [_change(c, "Thay đổi", Tone.WAITS, by_key, names) for c in plan.changed]
        lines += [_change(c, "Thêm mới", Tone.DONE, by_key, names) for c in plan.added]
        self.table.show_rows(lines)
        self._offer_columns(incoming)

    def _offer_columns(self, incoming: IncomingSheet) -> None:
        headers = [*incoming.plan.unknown, *(h for h in incoming.chosen)]
        asked = list(dict.fromkeys(headers))[:_MOST_CHOICES]
        self._mapping.setVisible(bool(asked) and bool(incoming.columns))
        self._choices = {}
        old, self._chooser = self._chooser, QWidget()
        grid = QGridLayout(self._chooser)
        grid.setContentsMargins(0, 0, 0, 0)
        for place, header in enumerate(asked):
            box = _column_box(incoming.columns, incoming.chosen.get(header, ""))
            box.setAccessibleName(f"Cột “{header}” là")
            box.activated.connect(self._tell_choice)
            self._choices[header] = box
            line, side = divmod(place, 3)
            grid.addWidget(text(header), line, 2 * side)
            grid.addWidget(box, line, 2 * side + 1)
        self._mapping.body.replaceWidget(old, self._chooser)
        old.hide()
        old.deleteLater()

    def _tell_choice(self) -> None:
        self.columns_chosen.emit({h: str(box.currentData()) for h, box in self._choices.items()})


def _column_box(columns: Sequence[GridColumn], chosen: str) -> QComboBox:
    box = ChoiceBox()
    box.addItem(_SKIP, "")
    for each in columns:
        box.addItem(each.full_title, "|".join(each.key))
    box.setCurrentIndex(max(box.findData(chosen), 0))
    return box


def _refusal(refusal: MarkRefusal) -> ImportLine:
    reason = refusal.reason[:1].upper() + refusal.reason[1:]
    place = refusal.column or f"dòng {refusal.where.row}"
    return ImportLine("Trả lại", Tone.DECIDE, refusal.pupil, place, "", refusal.found, reason)


def _change(
    change: CellChange,
    state: str,
    tone: Tone,
    columns: dict[tuple[str, str], GridColumn],
    names: dict[str, str],
) -> ImportLine:
    spec = columns[change.key.area, change.key.slot]
    before, after = (shown(v, spec) if v else "" for v in (change.before, change.after))
    return ImportLine(state, tone, names[change.key.student_id], spec.full_title, before, after)
