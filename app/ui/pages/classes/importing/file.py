"""Chọn tệp: a place to drop a list on, how far the reading is, and a way to stop it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QVBoxLayout

from app import clock
from app.ui.kit import button, glyph, row, text
from app.ui.kit.form import choice, chosen, line
from app.ui.theme import theme
from app.ui.theme.theme import Type
from app.work import Progress

SHEETS = "Bảng tính (*.xlsx *.xls *.csv *.tsv *.xlsm);;Mọi tệp (*)"


class ChooseFile(QFrame):
    """A place to drop a file on, and a button to choose one."""

    chosen = Signal(Path)
    stop_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAcceptDrops(True)
        self.setAccessibleName("Thả tệp danh sách vào đây")
        centre = Qt.AlignmentFlag.AlignHCenter
        self._title = text("", Type.SUBTITLE, wrap=True)
        self._title.setAlignment(centre)
        self._doing = text("", muted=True)
        self._doing.setAlignment(centre)
        self.pick = button("Chọn tệp Excel", "folder", primary=True)
        self.pick.clicked.connect(self._pick)
        self.stop = button("Dừng đọc", "stop")
        self.stop.clicked.connect(self.stop_wanted)
        today = clock.school_year_of(clock.now())
        first = int(today[:4])
        years = [f"{year}-{year + 1}" for year in (first, first - 1, first + 1)]
        self._year = choice(
            "Năm học",
            [("", "Theo tệp"), *((year, year.replace("-", "–")) for year in years)],
        )
        self.class_name = line("Lớp, khi tệp không ghi lớp", "", "Ví dụ: 4A", 12)
        self.class_name.setMaximumWidth(150)
        self._year.setMaximumWidth(170)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(10)
        layout.addStretch(1)
        layout.addWidget(glyph("file_in", "accent", 40), 0, centre)
        layout.addWidget(self._title)
        layout.addWidget(self._doing)
        layout.addWidget(self.pick, 0, centre)
        layout.addWidget(self.stop, 0, centre)
        layout.addSpacing(16)
        options = row(
            None, text("Năm học", muted=True), self._year, 3,
            text("Lớp, khi tệp không ghi lớp", muted=True), self.class_name, None,
        )  # fmt: skip
        layout.addLayout(options)
        layout.addStretch(2)
        self.show_busy("")

    @property
    def school_year(self) -> str:
        return chosen(self._year)

    def show_busy(self, words: str) -> None:
        """Empty words: ready for a file."""
        self._title.setText(words or "Thả tệp danh sách học sinh vào đây")
        self._doing.setText(
            ""
            if words
            else "Excel hoặc CSV của CSDL ngành, SMAS, vnEdu, MISA hay tự lập. "
            "Chưa có gì được ghi ở bước này."
        )
        self.pick.setVisible(not words)
        self.stop.setVisible(bool(words))

    def show_progress(self, progress: Progress) -> None:
        rows = progress.total > 1
        self._doing.setText(f"{progress.done} / {progress.total} dòng" if rows else progress.what)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.pick.isVisibleTo(self) and local_file(event) is not None:
            theme.set_style_property(self, "hot", True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        theme.set_style_property(self, "hot", False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        theme.set_style_property(self, "hot", False)
        file = local_file(event)
        if file is not None:
            event.acceptProposedAction()
            self.chosen.emit(file)

    def _pick(self) -> None:
        dialog = QFileDialog(self, "Chọn danh sách học sinh", "", SHEETS)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.chosen.emit(Path(name)))
        dialog.open()


def local_file(event: QDropEvent) -> Path | None:
    """The one file that is dragged, or None."""
    urls = event.mimeData().urls()
    return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
