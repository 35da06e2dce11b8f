"""Before what cannot be undone: what will happen, and a button that names it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.ui.dialogs.base import ActDialog
from app.ui.kit.basics import text


class ConfirmDialog(ActDialog):
    """The way back has the focus, so that Enter in haste does nothing."""

    def __init__(
        self,
        title: str,
        detail: str,
        act: str,
        icon: str = "check",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, act, icon, "Quay lại", parent)
        self.body.addWidget(text(detail, wrap=True))
        self.act.setDefault(False)
        self.back.setDefault(True)
        self.back.setFocus()
