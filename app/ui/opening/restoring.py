"""Copies of the workspace to go back to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.kit.basics import button, row, text
from app.ui.theme.theme import Tone, Type

if TYPE_CHECKING:
    from app.store.integrity.backups import Backup

SHOWN = 5


class BackupList(QWidget):
    """The newest copies, each with the button that takes it back."""

    restore_wanted = Signal(object)
    """Path of the copy."""

    def __init__(self, found: Sequence[tuple[Backup, bool]]) -> None:
        """`found`: copies, newest first, each with whether it is byte for byte what was proven."""
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        if not found:
            layout.addWidget(
                text(
                    "Chưa có bản sao lưu nào cạnh kho dữ liệu. Hãy chép lại tệp school.hocba và "
                    "school.hocba.keys từ USB sao lưu nếu trường có.",
                    wrap=True,
                )
            )
            return
        layout.addWidget(text("Bản sao lưu gần nhất", Type.STRONG))
        layout.addWidget(
            text("Kho đang hỏng được giữ lại trong thư mục backups.", Type.SMALL, muted=True)
        )
        for backup, sound in found:
            layout.addLayout(self._line(backup, sound=sound))

    def _line(self, backup: Backup, *, sound: bool) -> QVBoxLayout:
        when = f"{backup.made_at:%d/%m/%Y %H:%M}"
        take = button("Khôi phục bản này", "history")
        take.setAccessibleName(f"Khôi phục bản {when}")
        take.clicked.connect(lambda: self.restore_wanted.emit(backup.path))
        size = f"{max(1, backup.size // 1024):,} KB".replace(",", ".")
        line = QVBoxLayout()
        state = _state(backup, sound=sound)
        line.addLayout(row(text(when, Type.STRONG), text(size, muted=True), state, None, take))
        take.setEnabled(sound or backup.proof is None)
        return line


def _state(backup: Backup, *, sound: bool) -> QWidget:
    if sound:
        return text("đã kiểm, tốt", Type.SMALL, tone=Tone.DONE)
    if backup.proof is None:
        return text("bản cũ, kiểm khi mở", Type.SMALL, muted=True)
    return text("bị hỏng", Type.SMALL, tone=Tone.DECIDE)
