"""One version of a record as it is kept, old or new: state, what it changed, its pages."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLayout, QWidget

from app.ui.pages import records_words
from app.ui.pages.life_review import side_by_side
from app.ui.pages.records_data import VersionDetail
from app.ui.pages.records_detail import paper, signers
from app.ui.theme import Tone, Type
from app.ui.widgets import Notice, StateChip, button, column, row, text

_WIDEST = 900


class VersionView(QWidget):
    back_wanted = Signal()

    def __init__(self, version: VersionDetail) -> None:
        super().__init__()
        head = version.head
        back = button("Quay lại", "left")
        back.clicked.connect(self.back_wanted)
        words, tone = records_words.STATES[head.state]
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
