"""Records of the class out of the page, as files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from app.ui.pages.records import data as records_data
from app.ui.pages.records.data import PupilRecord
from app.ui.pages.records.view import RecordsPageActions


class FileActions(RecordsPageActions):
    def save(self, rows: tuple[PupilRecord, ...]) -> None:
        """Ask for a folder, then write the records there."""
        chooser = QFileDialog(self.face.page, "Chọn thư mục để lưu học bạ")
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.setOption(QFileDialog.Option.ShowDirsOnly)
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.fileSelected.connect(lambda folder: self.save_to(Path(folder), rows))
        chooser.open()

    def save_to(self, folder: Path, rows: tuple[PupilRecord, ...]) -> None:
        self.work(
            lambda context: records_data.save_records(self.face.services, rows, folder, context),
            lambda count: self.face.say(
                f"Đã lưu {count} học bạ.",
                f"Mỗi học bạ có một tệp XML và một tệp PDF trong {folder}",
            ),
            "Lưu học bạ ra thư mục",
        )
