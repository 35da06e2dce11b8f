"""When the department said what about each record of a row of the outbox."""

from __future__ import annotations

from PySide6.QtWidgets import QLayout, QWidget

from app.ui.kit import StateChip, column, row, text
from app.ui.pages.outbox import data as outbox_data
from app.ui.pages.outbox.data import OutboxReader, OutboxRow
from app.ui.text.record_states import moment
from app.ui.theme.theme import Type


def receipt_sheet(look: OutboxReader, each: OutboxRow) -> QWidget:
    parts: list[QWidget | QLayout | int | None] = [
        text("Mỗi biên nhận có chữ ký của Sở và đã được kiểm tra.", muted=True, wrap=True)
    ]
    for key in each.keys:
        parts.append(text(look.names.get(key, ""), Type.STRONG, wrap=True))
        for receipt in look.receipts.get(key, ()):
            words, tone = outbox_data.STAGES[receipt.stage]
            when = text(moment(receipt.issued_at), Type.SMALL, muted=True)
            parts.append(row(StateChip(words, tone), None, when))
    if look.station:
        parts.insert(1, text(look.station, Type.STRONG, wrap=True))
    sheet = QWidget()
    sheet.setLayout(column(*parts))
    return sheet
