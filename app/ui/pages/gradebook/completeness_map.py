"""Completeness as a picture: pupils by subjects, what is there and what is not. No ranking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from app.ui.theme import theme
from app.ui.theme.theme import Type

NAME_WIDTH = 168
_HEAD = 84
_LINE = 21
_GAP = 2
_WIDEST = 46


@dataclass(frozen=True, slots=True)
class MapSquare:
    """What one pupil has of one subject or area. `missing` None: it is not taught to the pupil."""

    student_id: str
    area: str
    missing: int | None
    words: str


@dataclass(frozen=True, slots=True)
class MapData:
    """`squares` by row, then by column; titles are short, names stand in class order."""

    names: tuple[str, ...]
    titles: tuple[str, ...]
    squares: tuple[tuple[MapSquare, ...], ...]


class CompletenessMap(QWidget):
    """Green squares are complete; amber ones say how many entries are missing, and lead there."""

    chosen = Signal(str, str)
    """Pupil, area."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = MapData((), (), ())
        self.setMouseTracking(True)

    def show_picture(self, picture: MapData) -> None:
        self._picture = picture
        gaps = sum(bool(s.missing) for line in picture.squares for s in line)
        self.setAccessibleName(
            f"Bức tranh đầy đủ: {len(picture.names)} học sinh, {gaps} ô còn thiếu; "
            "danh sách bên cạnh kể từng em"
        )
        self.setMinimumHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(560, _HEAD + _LINE * len(self._picture.names) + 4)

    def square_at(self, where: QPoint) -> MapSquare | None:
        row = (where.y() - _HEAD) // _LINE
        column = int((where.x() - NAME_WIDTH) // self._wide())
        if where.y() < _HEAD or where.x() < NAME_WIDTH or row >= len(self._picture.squares):
            return None
        line = self._picture.squares[row]
        return line[column] if column < len(line) else None

    def rect_of(self, row: int, column: int) -> QRect:
        wide = self._wide()
        return QRect(
            round(NAME_WIDTH + column * wide), _HEAD + row * _LINE, round(wide) - _GAP, _LINE - _GAP
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_titles(painter)
        for row, line in enumerate(self._picture.squares):
            if not event.rect().intersects(QRect(0, _HEAD + row * _LINE, self.width(), _LINE)):
                continue
            self._paint_name(painter, row, any(square.missing for square in line))
            self._paint_line(painter, row, line)

    def _paint_titles(self, painter: QPainter) -> None:
        painter.setFont(theme.font(Type.SMALL))
        painter.setPen(theme.color("muted"))
        for column, title in enumerate(self._picture.titles):
            spot = self.rect_of(0, column)
            painter.save()
            painter.translate(spot.center().x() + 4, _HEAD - 6)
            painter.rotate(-58)
            painter.drawText(QPoint(0, 0), title)
            painter.restore()

    def _paint_name(self, painter: QPainter, row: int, lacking: bool) -> None:
        painter.setFont(theme.font(Type.SMALL))
        painter.setPen(theme.color("text" if lacking else "muted"))
        room = QRect(0, _HEAD + row * _LINE, NAME_WIDTH - 8, _LINE - _GAP)
        name = painter.fontMetrics().elidedText(
            self._picture.names[row], Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, name)

    def _paint_line(self, painter: QPainter, row: int, line: Sequence[MapSquare]) -> None:
        for column, square in enumerate(line):
            ground = (
                "neutral_soft"
                if square.missing is None
                else "waits_soft"
                if square.missing
                else "done_soft"
            )
            spot = self.rect_of(row, column)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(ground))
            painter.drawRoundedRect(spot, 4, 4)
            if square.missing:
                painter.setPen(theme.color("waits"))
                painter.setFont(theme.font(Type.BADGE, tabular=True))
                painter.drawText(spot, Qt.AlignmentFlag.AlignCenter, str(square.missing))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        square = self.square_at(event.position().toPoint())
        if square is not None and square.missing is not None:
            self.chosen.emit(square.student_id, square.area)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        square = self.square_at(event.position().toPoint())
        hand = square is not None and square.missing is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)

    def event(self, event: object) -> bool:
        if isinstance(event, QHelpEvent):
            square = self.square_at(event.pos())
            QToolTip.showText(event.globalPos(), square.words if square else "", self)
            return True
        return super().event(event)  # type: ignore[arg-type]

    def _wide(self) -> float:
        count = max(len(self._picture.titles), 1)
        return max(14.0, min(_WIDEST, (self.width() - NAME_WIDTH - 40) / count))
