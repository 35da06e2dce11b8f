"""The tick of check boxes and the arrow of lists: style rules want files, drawn per scheme."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from app.ui.theme.theme import Colors


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="hocba-ui-")


@cache
def tick_file(scheme: Colors) -> str:
    """Path of a 32×32 PNG of a tick in the colour that is read on the accent colour."""
    return _drawn("tick", scheme.on_accent, (QPointF(8, 17), QPointF(14, 23), QPointF(25, 10)))


@cache
def arrow_file(scheme: Colors) -> str:
    """Path of a 32×32 PNG of a downward arrow in the colour of quiet text."""
    return _drawn("arrow", scheme.muted, (QPointF(6, 11), QPointF(16, 21), QPointF(26, 11)))


def _drawn(name: str, color: str, line: tuple[QPointF, ...]) -> str:
    image = QImage(32, 32, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(QColor(color), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.drawPolyline(list(line))
    painter.end()
    file = Path(_folder().name) / f"{name}-{color.lstrip('#')}.png"
    image.save(str(file))
    return file.as_posix()
