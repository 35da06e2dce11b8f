"""Sao lưu: copies there are, one more now, and how to go back to one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices

from app.errors import WorkspaceDamaged
from app.services import Services
from app.store.integrity.backups import Backup, backups
from app.ui.dialogs import ConfirmDialog, DialogService
from app.ui.kit import Card, Column, DataTable, EmptyState, button, row, text
from app.ui.pages.settings.parts import SettingsPart
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.theme.theme import Type


class BackupPart(SettingsPart):
    name, icon = "Sao lưu", "backup"

    restore_wanted = Signal(object)
    """Path of the copy; the window must close first."""

    def __init__(self, services: Services, runner: TaskRunner, dialogs: DialogService) -> None:
        super().__init__(services, runner, dialogs)
        self._chosen: Backup | None = None
        self._rows: Mapping[str, int] = {}
        """Of each table of the workspace, as of the last load."""
        self.make = button("Sao lưu ngay", "backup", primary=True)
        self.make.clicked.connect(self.back_up)
        show = button("Mở thư mục sao lưu", "folder")
        show.clicked.connect(self._open_folder)
        self._place = text("", Type.SMALL, muted=True, wrap=True)
        self.add(
            "Bản sao lưu",
            text(
                "Phần mềm tự sao lưu mỗi ngày một lần. Kho và bản sao được kiểm từng trang; kho "
                "đang hỏng thì không bản sao nào bị thay. Phần mềm giữ 10 bản mới nhất, rồi mỗi "
                "ngày, mỗi tuần, mỗi tháng một bản. Bản sao được mã hóa và mở bằng mật khẩu của "
                "ngày sao lưu. Mỗi tuần hãy chép thư mục này ra USB và cất ở nơi khác.",
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
                Column("Tình trạng", lambda r: "Đã kiểm" if r.proof else "Bản cũ, chưa kiểm", 150),
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
        self.work(lambda: (backups(path), self._rows_now()), self._show)

    def back_up(self) -> None:
        def made(copy: Path) -> None:
            self.say("Đã sao lưu", copy.name)
            self.kept.emit()
            self.load()

        self.work(self.services.workspace.back_up, made, Lane.UPKEEP, title="Sao lưu")

    def _show(self, found: tuple[list[Backup], Mapping[str, int]]) -> None:
        copies, self._rows = found
        self.table.show_rows(copies)

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
                f"{_would_be_lost(copy, self._rows, when)} Kho hiện "
                "tại không bị xóa: nó được cất nguyên vẹn trong thư mục backups. Phần mềm đóng cửa "
                "sổ này rồi hỏi mật khẩu để mở lại.",
                f"Khôi phục bản {when}",
                "history",
            ),
            lambda: self.restore_wanted.emit(copy.path),
        )

    def _rows_now(self) -> Mapping[str, int]:
        """None of a workspace that cannot be read: then there is all the more to restore."""
        try:
            return self.services.workspace.here().rows()
        except WorkspaceDamaged:
            return {}

    def _open_folder(self) -> None:
        folder = self.services.workspace.path.parent / "backups"
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


_COUNTED = {
    "gradebook_change": "lần sửa điểm",
    "transcript": "học bạ",
    "signature": "chữ ký",
    "receipt": "biên nhận",
    "student": "học sinh",
}


def _would_be_lost(copy: Backup, rows: Mapping[str, int], when: str) -> str:
    """In numbers where the copy has a proof with its rows, else by its time alone."""
    had = copy.proof.rows if copy.proof else rows
    fewer = {words: rows.get(table, 0) - had.get(table, 0) for table, words in _COUNTED.items()}
    lost = ", ".join(f"{count} {words}" for words, count in fewer.items() if count > 0)
    told = f" So với kho hiện tại, bản này thiếu {lost}." if lost else ""
    return f"Những gì nhập, ký và nhận biên nhận sau {when} sẽ không còn trong kho.{told}"
