"""What an import would do, in tables: added, changed, moved, asked, gone, missing, refused …"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from app.roster.sheets import shown
from app.ui.kit import Card, Column, DataTable, EmptyState, Notice, button, row, text
from app.ui.kit.choosers import TabRow
from app.ui.pages.classes.data import SEX
from app.ui.pages.classes.importing.data import (
    AskedQuestion,
    ImportPreview,
    field_words,
    value_words,
)
from app.ui.pages.classes.importing.questions import AnswerBar
from app.ui.text.values import day
from app.ui.theme import theme
from app.ui.theme.theme import Tone

_ROW = Column("Dòng", lambda r: str(r.where.row), 64, order=lambda r: r.where, right=True)


class PreviewPage(QWidget):
    answered = Signal(object)
    """Answers"""
    refused_wanted = Signal()
    columns_wanted = Signal()
    other_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._preview: ImportPreview | None = None
        self._summary = Notice("")
        self._summary.setMinimumHeight(2 * theme.ROW_HEIGHT)
        self.columns = button("Chọn cột", "grid")
        self.columns.clicked.connect(self.columns_wanted)
        self.other = button("Chọn tệp khác", "folder")
        self.other.clicked.connect(self.other_wanted)
        self._tabs = _tab_bar()
        self._tables = QStackedWidget()
        self._tables.setMinimumHeight(3 * theme.ROW_HEIGHT)
        self._tables.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self.tables: dict[str, DataTable] = {}
        for key, name, columns, empty in _TABLES:
            self.tables[key] = DataTable(name, columns, EmptyState("checked", empty))
            self._tabs.addTab(name)
            self._tables.addWidget(self.tables[key])
        self._tabs.currentChanged.connect(self._show_tab)
        self.answer = AnswerBar()
        self.answer.answered.connect(self.answered)
        self.tables["asked"].selected.connect(self._ask)
        self._refused = button("Lưu thành tệp Excel", "file_out")
        self._refused.clicked.connect(self.refused_wanted)
        self._saved = text("", muted=True)
        self._refused_bar = QWidget()
        words = text("Sửa các dòng này trong Excel rồi nhập lại chính tệp đó.", muted=True)
        self._refused_bar.setLayout(row(words, self._saved, None, self._refused, margin=3))
        card = Card(margin=0)
        card.body.setSpacing(0)
        card.add(self._tables, self.answer, self._refused_bar)
        card.body.setStretchFactor(self._tables, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._summary)
        layout.addLayout(row(self._tabs, None, self.columns, self.other))
        layout.addWidget(card, 1)
        self._show_tab(0)

    def show_preview(self, preview: ImportPreview, file: str) -> None:
        first = self._preview is None or self._preview.read is not preview.read
        self._preview = preview
        rows = _rows(preview)
        for place, (key, name, _, _) in enumerate(_TABLES):
            table = self.tables[key]
            here = table.view.currentIndex().row()
            table.show_rows(rows[key])
            self._tabs.setTabText(place, f"{name}  {len(rows[key])}")
            self._tabs.setTabVisible(place, bool(rows[key]) or key == "added")
            if not first and here >= 0 and key == "asked":
                self._select_open(rows[key], here)
        self._summarise(preview, file)
        if first:
            self._saved.setText("")
            wanted = next((key for key in _FIRST if rows[key]), "added")
            self.show_part(wanted)
            if rows["asked"]:
                self._select_open(rows["asked"], -1)
        self._show_tab(self._tabs.currentIndex())

    def show_part(self, key: str) -> None:
        """Open one of the tables."""
        self._tabs.setCurrentIndex([name for name, *_ in _TABLES].index(key))

    def _select_open(self, asked: Sequence[AskedQuestion], after: int) -> None:
        """The next question without an answer; the table may be sorted in any way."""
        table = self.tables["asked"]
        shown_rows = table.rows_shown()
        order = [*range(after + 1, len(shown_rows)), *range(max(after + 1, 0))]
        place = next((p for p in order if not shown_rows[p].answer), max(after, 0))
        table.view.selectRow(min(place, len(asked) - 1))

    def _ask(self, asked: AskedQuestion | None) -> None:
        self.answer.show_question(asked, self._preview)
        self._show_tab(self._tabs.currentIndex())

    def say_saved(self, file: Path, count: int) -> None:
        self._saved.setText(f"Đã lưu {count} dòng vào {file.name}")

    def _summarise(self, preview: ImportPreview, file: str) -> None:
        classes = preview.plan.classes
        names = ", ".join(f"{name} ({count})" for name, count in list(classes.items())[:12])
        more = f" và {len(classes) - 12} lớp nữa" if len(classes) > 12 else ""
        year = preview.plan.school_year.replace("-", "–")
        layout = f"Mẫu {preview.plan.layout}. " if preview.plan.layout else ""
        notes = " ".join(preview.plan.notes)
        self._summary.say(
            f"{file} · năm học {year} · {len(preview.plan.kept)} học sinh, {len(classes)} lớp",
            f"{layout}{names}{more}. {notes}".strip(),
            Tone.ACCENT,
            "file_in",
        )

    def _show_tab(self, place: int) -> None:
        key = _TABLES[place][0]
        self._tables.setCurrentIndex(place)
        self.answer.setVisible(key == "asked" and self.answer.asked is not None)
        count = len(self._preview.plan.refused) if self._preview else 0
        self._refused_bar.setVisible(key == "refused" and count > 0)


def _tab_bar() -> QTabBar:
    tabs = TabRow()
    tabs.setExpanding(False)
    tabs.setDrawBase(False)
    tabs.setUsesScrollButtons(True)
    tabs.setElideMode(Qt.TextElideMode.ElideNone)
    tabs.setAccessibleName("Phần của bản xem trước")
    return tabs


def _rows(preview: ImportPreview) -> dict[str, Sequence[Any]]:
    return {
        "added": preview.added,
        "changed": [(item.pupil, change) for item in preview.changed for change in item.changes],
        "moved": preview.placement.moves,
        "repaired": preview.plan.repaired,
        "asked": preview.questions,
        "gone": preview.gone,
        "missing": preview.missing,
        "refused": preview.refused,
    }


def _pupil_columns() -> tuple[Column, ...]:
    return (
        _ROW,
        Column("Lớp", lambda r: r.class_name, 64, strong=True),
        Column("Họ và tên", lambda r: r.student.full_name, 240),
        Column("Ngày sinh", lambda r: day(r.student.birth_date), 110,
               order=lambda r: r.student.birth_date),
        Column("Giới", lambda r: SEX[r.student.sex], 64),
        Column("Dân tộc", lambda r: r.student.ethnicity, 110),
        Column("Điểm trường", lambda r: r.student.campus),
    )  # fmt: skip


_FIRST = ("asked", "added", "moved", "changed", "gone", "refused")
"""Which part a new preview opens with."""
_TABLES: tuple[tuple[str, str, tuple[Column, ...], str], ...] = (
    ("added", "Sẽ thêm", _pupil_columns(), "Không có học sinh mới"),
    (
        "changed",
        "Thay đổi",
        (
            Column("Dòng", lambda r: str(r[0].where.row), 64, order=lambda r: r[0].where,
                   right=True),
            Column("Họ và tên", lambda r: r[0].student.full_name, 240),
            Column("Mục", lambda r: field_words(r[1].field), 170),
            Column("Đang có", lambda r: value_words(r[1].field, r[1].before), 200),
            Column("Thành", lambda r: value_words(r[1].field, r[1].after), strong=True),
        ),
        "Không có gì thay đổi so với danh sách đang có",
    ),
    (
        "moved",
        "Chuyển lớp",
        (
            Column("Dòng", lambda r: str(r.pupil.where.row), 64, order=lambda r: r.pupil.where,
                   right=True),
            Column("Họ và tên", lambda r: r.pupil.student.full_name, 240, strong=True),
            Column("Từ lớp", lambda r: ", ".join(r.from_names), 90),
            Column("Sang lớp", lambda r: r.pupil.class_name, 90, strong=True),
            Column("Điểm và nhận xét", lambda r: "Đi theo em sang lớp mới" if r.with_marks
                   else "Ở lại sổ lớp cũ vì khác khối"),
        ),
        "Không em nào đổi lớp",
    ),
    (
        "repaired",
        "Đã sửa giúp",
        (
            _ROW,
            Column("Mục", lambda r: field_words(r.field), 150),
            Column("Trong tệp", lambda r: value_words(r.field, r.before), 200),
            Column("Sửa thành", lambda r: value_words(r.field, r.after), 200, strong=True),
            Column("Vì sao", lambda r: r.why, tip=lambda r: r.why),
        ),
        "Không phải sửa gì",
    ),
    (
        "asked",
        "Cần quyết định",
        (
            _ROW,
            Column("Họ và tên", lambda r: r.name, 210, strong=True),
            Column("Mục", lambda r: field_words(r.field) if r.field else "Trùng tên", 120),
            Column("Trong tệp", lambda r: r.found, 150, spare=True),
            Column("Hỏi", lambda r: r.why, tip=lambda r: r.why),
            Column("Trả lời", lambda r: r.answer or "Chưa", 180,
                   chip=lambda r: Tone.DONE if r.answer else Tone.WAITS),
        ),
        "Không có gì phải hỏi",
    ),
    (
        "gone",
        "Đã chuyển đi",
        (
            Column("Dòng", lambda r: str(r.gone.pupil.where.row), 64,
                   order=lambda r: r.gone.pupil.where, right=True),
            Column("Lớp", lambda r: r.gone.pupil.class_name, 64),
            Column("Họ và tên", lambda r: r.gone.pupil.student.full_name, 240, strong=True),
            Column("Tệp ghi", lambda r: r.gone.status_text, 200),
            Column("Trong máy", lambda r: r.here),
        ),
        "Tệp không đánh dấu em nào đã chuyển đi",
    ),
    (
        "missing",
        "Không có trong tệp",
        (
            Column("Lớp", lambda r: r.class_name, 64, strong=True),
            Column("Họ và tên", lambda r: r.student.full_name, 240),
            Column("Ngày sinh", lambda r: day(r.student.birth_date), 110,
                   order=lambda r: r.student.birth_date),
            Column("Có trong máy nhưng không có trong tệp", lambda _: "Giữ nguyên, không làm gì"),
        ),
        "Tệp có đủ các em đang học trong máy",
    ),
    (
        "refused",
        "Không nhận",
        (
            _ROW,
            Column("Lý do", lambda r: r.reason, 420, strong=True, tip=lambda r: r.reason),
            Column("Nội dung dòng", lambda r: " · ".join(filter(None, map(shown, r.cells)))),
        ),
        "Mọi dòng đều đọc được",
    ),
)  # fmt: skip
