"""One version of a record as it is kept, old or new: state, what it changed, its pages."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLayout, QWidget

from app.ui.kit import Notice, StateChip, button, column, row, text
from app.ui.pages.records.change_requests.review import side_by_side
from app.ui.pages.records.data import VersionDetail
from app.ui.pages.records.detail import paper, signers
from app.ui.text import record_states
from app.ui.theme.theme import Tone, Type

_WIDEST = 900


class VersionView(QWidget):
    back_wanted = Signal()

    def __init__(self, version: VersionDetail) -> None:
        super().__init__()
        head = version.head
        back = button("Quay lại", "left")
        back.clicked.connect(self.back_wanted)
        words, tone = record_states.STATES[head.state]
        title = f"{head.full_name} · phiên bản {head.version}"
        parts: list[QWidget | QLayout | int | None] = [
            row(text(title, Type.SUBTITLE, wrap=True), StateChip(words, tone), None, back)
        ]
        if version.newest > head.version:
            told = f"Đã có phiên bản {version.newest}. Bản này giữ nguyên để đối chiếu."
            parts.append(Notice("Đây là phiên bản cũ", told, Tone.WAITS, "history"))
        if head.reason:
            parts.append(text(f"Lý do: {head.reason}", wrap=True))
        if version.changes:
            parts.append(text("Thay đổi so với phiên bản trước", Type.SECTION))
            parts.append(side_by_side(version.changes, ("Mục", "Bản trước", "Bản này")))
        parts += signers(version.report)
        parts.append(text("Bản xem lập từ đúng tệp XML", Type.SECTION))
        for number, page in enumerate(version.pages, start=1):
            parts.append(paper(page, f"Trang {number} / {len(version.pages)}"))
        inside = QWidget()
        inside.setMaximumWidth(_WIDEST)
        inside.setLayout(column(*parts, None, margin=4))
        self.setLayout(row(inside))
