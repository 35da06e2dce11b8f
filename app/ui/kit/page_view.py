"""A page of paper, shown as wide as there is room."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel


class PageView(QLabel):
    """One page of paper as wide as there is room."""

    def __init__(self, picture: bytes, name: str) -> None:
        super().__init__()
        self._page = QPixmap()
        self._page.loadFromData(picture)
        self.setAccessibleName(name)
        self.setMinimumWidth(120)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._page.isNull() or self.width() < 2:
            return
        ratio = self.devicePixelRatioF()
        smooth = Qt.TransformationMode.SmoothTransformation
        drawn = self._page.scaledToWidth(round(self.width() * ratio), smooth)
        drawn.setDevicePixelRatio(ratio)
        self.setPixmap(drawn)
        self.setFixedHeight(round(drawn.height() / ratio))
