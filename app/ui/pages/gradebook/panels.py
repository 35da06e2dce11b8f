"""In the side panel: a note on a cell, and the teacher's own phrases."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QPlainTextEdit, QWidget

from app.ui.grid import phrases as filling
from app.ui.grid.columns import GridRow
from app.ui.kit import button, column, row, text

LONGEST_NOTE = 500


class NotePanel(QWidget):
    """A note for oneself and colleagues; it goes into no record."""

    written = Signal(str)

    def __init__(self, where: str, note: str) -> None:
        super().__init__()
        self.words = QPlainTextEdit(note)
        self.words.setAccessibleName(f"Ghi chú cho ô {where}")
        self.words.setPlaceholderText("Ví dụ: kiểm tra bù ngày 12/11")
        self.words.setMinimumHeight(140)
        self.words.setTabChangesFocus(True)
        self.count = text("", muted=True)
        keep = button("Giữ ghi chú", "check", primary=True)
        remove = button("Xóa ghi chú", "remove")
        remove.setVisible(bool(note))
        keep.clicked.connect(lambda: self.written.emit(self.words.toPlainText()[:LONGEST_NOTE]))
        remove.clicked.connect(lambda: self.written.emit(""))
        self.words.textChanged.connect(self._count)
        self.setLayout(
            column(
                text(where, wrap=True),
                self.words,
                self.count,
                row(keep, remove, None),
                text("Ghi chú không vào học bạ. Ctrl+Z hoàn tác được.", muted=True, wrap=True),
            )
        )
        self._count()
        QTimer.singleShot(0, self, self.words.setFocus)

    def _count(self) -> None:
        self.count.setText(f"{len(self.words.toPlainText())}/{LONGEST_NOTE} ký tự")


class PhrasePanel(QWidget):
    """Phrases the teacher wrote; none is offered that nobody wrote."""

    changed = Signal(tuple)
    """tuple[str, ...]: keep these."""
    used = Signal(str)
    """Put this phrase, with the name filled in, into the current comment."""

    def __init__(self, phrases: Sequence[str], pupil: GridRow | None) -> None:
        super().__init__()
        self._pupil = pupil
        self.listed = QListWidget()
        self.listed.setAccessibleName("Câu nhận xét của thầy cô")
        self.listed.setWordWrap(True)
        self.listed.setMinimumHeight(200)
        self.words = QPlainTextEdit()
        self.words.setAccessibleName("Câu nhận xét")
        self.words.setPlaceholderText("Ví dụ: {ten} chăm chỉ, tiến bộ rõ về đọc hiểu.")
        self.words.setFixedHeight(76)
        self.words.setTabChangesFocus(True)
        self.preview = text("", muted=True, wrap=True)
        self.add = button("Thêm câu", "add")
        self.change = button("Sửa câu", "check")
        self.remove = button("Xóa", "remove")
        self.use = button("Dùng cho ô nhận xét đang chọn", "comment", primary=True)
        for phrase in phrases:
            self._line(phrase)
        self._connect()
        self.setLayout(
            column(
                text("{ten} được thay bằng tên học sinh. Alt+↓ trong ô nhận xét mở danh sách này.",
                     muted=True, wrap=True),
                self.listed, self.words, self.preview, row(self.add, self.change, self.remove),
                self.use,
            )
        )  # fmt: skip
        self._follow()

    def phrases(self) -> tuple[str, ...]:
        return tuple(self.listed.item(place).text() for place in range(self.listed.count()))

    def _connect(self) -> None:
        self.listed.currentTextChanged.connect(self.words.setPlainText)
        self.words.textChanged.connect(self._follow)
        self.add.clicked.connect(self._add)
        self.change.clicked.connect(self._change)
        self.remove.clicked.connect(self._remove)
        self.use.clicked.connect(lambda: self.used.emit(self._filled()))

    def _line(self, phrase: str) -> None:
        self.listed.addItem(QListWidgetItem(phrase))

    def _written(self) -> str:
        return " ".join(self.words.toPlainText().split())

    def _filled(self) -> str:
        return filling.fill(self._written(), self._pupil) if self._pupil else self._written()

    def _follow(self) -> None:
        written, known = self._written(), self.phrases()
        self.preview.setText(f"Sẽ ghi: {self._filled()}" if written else "")
        self.add.setEnabled(bool(written) and written not in known)
        self.change.setEnabled(self.add.isEnabled() and self.listed.currentRow() >= 0)
        self.remove.setEnabled(self.listed.currentRow() >= 0)
        self.use.setEnabled(bool(written) and self._pupil is not None)

    def _add(self) -> None:
        self._line(self._written())
        self.listed.setCurrentRow(self.listed.count() - 1)
        self._tell()

    def _change(self) -> None:
        self.listed.currentItem().setText(self._written())
        self._tell()

    def _remove(self) -> None:
        self.listed.takeItem(self.listed.currentRow())
        self._tell()

    def _tell(self) -> None:
        self._follow()
        self.changed.emit(self.phrases())
