"""Sao lưu: copies there are, one more now, and how to go back to one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices

from app.services import Services
from app.store.backups import Backup, backups
from app.ui.dialogs import ConfirmDialog, DialogService
from app.ui.kit import Card, Column, DataTable, EmptyState, button, row, text
from app.ui.pages.settings.parts import SettingsPart
from app.ui.shell.task_runner import TaskRunner
from app.ui.theme.theme import Type


class BackupPart(SettingsPart):
    name, icon = "Sao lưu", "backup"

    restore_wanted = Signal(object)
    """Path of the copy; the window must close first."""

    def __init__(self, services: Services, runner: TaskRunner, dialogs: DialogService) -> None:
        super().__init__(services, runner, dialogs)
        self._chosen: Backup | None = None
        self.make = button("Sao lưu ngay", "backup", primary=True)
        self.make.clicked.connect(self.back_up)
        show = button("Mở thư mục sao lưu", "folder")
        show.clicked.connect(self._open_folder)
        self._place = text("", Type.SMALL, muted=True, wrap=True)
        self.add(
            "Bản sao lưu",
            text(
                "Phần mềm tự sao lưu mỗi ngày một lần, giữ 10 bản. Bản sao cũng được mã hóa. Mỗi "
                "tuần hãy chép thư mục này ra USB và cất ở nơi khác.",
                wrap=True,
            ),
            row(self.make, show, None),
            self._place,
        )
        self.table = DataTable(
            "Bản sao lưu",
            (
                Column("Lúc", lambda r: f"{r.made_at:%d/%m/%Y %H:%M}", 200, strong=True,
                       order=lambda r: r.made_at),
                Column("Dung lượng", lambda r: f"{max(1, r.size // 1024)} KB", 120, right=True,
                       order=lambda r: r.size),
                Column("Tệp", lambda r: r.path.name),
            ),
            EmptyState("backup", "Chưa có bản sao lưu nào"),
        )  # fmt: skip
        self.table.setMinimumHeight(180)
        self.body.addWidget(Card(margin=0).add(self.table), 1)
        self.table.selected.connect(self._choose)
        self.go_back = button("Khôi phục bản đang chọn…", "history")
        self.go_back.clicked.connect(self._ask_restore)
        self.go_back.setEnabled(False)
        self.add(
            "Khôi phục",
            row(self.go_back, None),
            text(
                "Nếu kho dữ liệu hỏng, lần mở sau phần mềm cũng đưa ra các bản này để chọn. Sang "
                "máy khác: chép tệp .hocba và tệp .keys đi cùng, đổi tên thành school.hocba và "
                "school.hocba.keys, đặt vào thư mục dữ liệu của Hocba.",
                muted=True,
                wrap=True,
            ),
        )

    def load(self) -> None:
        path = self.services.workspace.path
        self._place.setText(str(path.parent / "backups"))
        self.work(lambda: backups(path), self._show)

    def back_up(self) -> None:
        def made(copy: Path) -> None:
            self.say("Đã sao lưu", copy.name)
            self.kept.emit()
            self.load()

        self.work(self.services.workspace.back_up, made, title="Sao lưu")

    def _show(self, found: list[Backup]) -> None:
        self.table.show_rows(found)

    def _choose(self, chosen: object) -> None:
        self._chosen = chosen if isinstance(chosen, Backup) else None
        self.go_back.setEnabled(self._chosen is not None and not self.services.practice)

    def _ask_restore(self) -> None:
        copy = self._chosen
        if copy is None:
            return
        when = f"{copy.made_at:%H:%M ngày %d/%m/%Y}"
        self.dialogs.ask(
            ConfirmDialog(
                "Khôi phục bản sao lưu này?",
                f"Những gì nhập, ký và nhận biên nhận sau {when} sẽ không còn trong kho. Kho hiện "
                "tại không bị xóa: nó được cất nguyên vẹn trong thư mục backups. Phần mềm đóng cửa "
                "sổ này rồi hỏi mật khẩu để mở lại.",
                f"Khôi phục bản {when}",
                "history",
            ),
            lambda: self.restore_wanted.emit(copy.path),
        )

    def _open_folder(self) -> None:
        folder = self.services.workspace.path.parent / "backups"
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
