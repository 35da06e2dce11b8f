"""What an import would do, in tables: added, changed, repaired, asked, gone, refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from app.roster.sheets import shown
from app.ui.pages.classes_data import SEX, day
from app.ui.pages.classes_import_data import (
    Asked,
    Preview,
    answered,
    field_words,
    value_words,
)
from app.ui.pages.form import line, words_of
from app.ui.theme import Tone
from app.ui.widgets import Card, Column, DataTable, EmptyState, Notice, button, row, text

_ROW = Column("Dòng", lambda r: str(r.where.row), 64, order=lambda r: r.where, right=True)


class PreviewPage(QWidget):
    answered = Signal(object)
    """Answers"""
    refused_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._preview: Preview | None = None
        self._summary = Notice("")
        self._tabs = QTabBar()
        self._tabs.setExpanding(False)
        self._tabs.setDrawBase(False)
        self._tabs.setUsesScrollButtons(False)
        self._tabs.setAccessibleName("Phần của bản xem trước")
        self._tables = QStackedWidget()
        self.tables: dict[str, DataTable] = {}
        for key, name, columns, empty in _TABLES:
            self.tables[key] = DataTable(name, columns, EmptyState("checked", empty))
            self._tabs.addTab(name)
            self._tables.addWidget(self.tables[key])
        self._tabs.currentChanged.connect(self._show_tab)
        self.answer = AnswerBar()
        self.answer.given.connect(self._given)
        self.tables["asked"].selected.connect(self.answer.show_question)
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
        layout.addWidget(self._tabs)
        layout.addWidget(card, 1)
        self._show_tab(0)

    def show_preview(self, preview: Preview, file: str) -> None:
        first = self._preview is None or self._preview.read is not preview.read
        self._preview = preview
        rows = _rows(preview)
        for place, (key, name, _, _) in enumerate(_TABLES):
            table = self.tables[key]
            here = table.view.currentIndex().row()
            table.show_rows(rows[key])
            if not first and here >= 0:
                table.view.selectRow(min(here + 1, len(rows[key]) - 1))
            self._tabs.setTabText(place, f"{name}  {len(rows[key])}")
        self._summarise(preview, file)
        if first:
            self._saved.setText("")
            wanted = "asked" if rows["asked"] else "added" if rows["added"] else "changed"
            self._tabs.setCurrentIndex([key for key, *_ in _TABLES].index(wanted))
            if rows["asked"]:
                self.tables["asked"].view.selectRow(0)

    def say_saved(self, file: Path, count: int) -> None:
        self._saved.setText(f"Đã lưu {count} dòng vào {file.name}")

    def _summarise(self, preview: Preview, file: str) -> None:
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

    def _given(self, asked: Asked, value: str) -> None:
        if self._preview is not None:
            self.answered.emit(answered(self._preview.answers, asked, value))


class AnswerBar(QWidget):
    """The question that is selected, and its possible answers."""

    given = Signal(object, str)
    """Asked, the value (a known pupil's id, or '' for a new pupil, where pupils are matched)"""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Asked | None = None
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(14, 10, 14, 10)
        self._layout.setSpacing(8)
        self.hide()

    def show_question(self, asked: Asked | None) -> None:
        self.asked = asked
        while (item := self._layout.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        self.setVisible(asked is not None)
        if asked is None:
            return
        self._layout.addWidget(text(f"{asked.name}: {asked.why}", wrap=True), 1)
        if asked.match is None:
            self._offer_value(asked)
        else:
            for student in asked.match.candidates:
                words = f"Là {student.full_name}, {day(student.birth_date)} đã có"
                self._offer(words, asked, student.id)
            self._offer("Là học sinh mới", asked, "")

    def _offer_value(self, asked: Asked) -> None:
        field = line(field_words(asked.field), value_words(asked.field, asked.suggestion))
        field.setMinimumWidth(180)
        self._layout.addWidget(field)
        use = button("Dùng giá trị này", "check")
        use.clicked.connect(lambda: self._use(asked, field))
        field.returnPressed.connect(lambda: self._use(asked, field))
        self._layout.addWidget(use)
        self._offer("Giữ như trong tệp", asked, value_of(asked.field, asked.found))

    def _use(self, asked: Asked, field: QLineEdit) -> None:
        if words_of(field):
            self.given.emit(asked, value_of(asked.field, words_of(field)))

    def _offer(self, words: str, asked: Asked, value: str) -> QPushButton:
        made = button(words)
        made.clicked.connect(lambda: self.given.emit(asked, value))
        self._layout.addWidget(made)
        return made


def value_of(field: str, words: str) -> str:
    """What a person wrote as the value that is kept."""
    if field == "birth_date" and "/" in words:
        parts = words.split("/")
        return "-".join(part.zfill(2) for part in reversed(parts))
    if field == "sex":
        return next((s.value for s, shown_as in SEX.items() if shown_as == words), words)
    return words


def _rows(preview: Preview) -> dict[str, Sequence[Any]]:
    changed = [(item.pupil, change) for item in preview.changes.changed for change in item.changes]
    return {
        "added": preview.changes.added,
        "changed": changed,
        "repaired": preview.plan.repaired,
        "asked": preview.questions,
        "gone": preview.plan.gone,
        "refused": preview.plan.refused,
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
            Column("Mục", lambda r: field_words(r.field) if r.field else "Trùng tên", 140),
            Column("Trong tệp", lambda r: r.found, 150),
            Column("Hỏi", lambda r: r.why, tip=lambda r: r.why),
            Column("Trả lời", lambda r: r.answer or "Chưa", 170,
                   chip=lambda r: Tone.DONE if r.answer else Tone.WAITS),
        ),
        "Không có gì phải hỏi",
    ),
    (
        "gone",
        "Đã chuyển đi",
        (
            Column("Dòng", lambda r: str(r.pupil.where.row), 64, order=lambda r: r.pupil.where,
                   right=True),
            Column("Lớp", lambda r: r.pupil.class_name, 64),
            Column("Họ và tên", lambda r: r.pupil.student.full_name, 240),
            Column("Tệp ghi", lambda r: r.status_text),
        ),
        "Tệp không đánh dấu em nào đã chuyển đi",
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
