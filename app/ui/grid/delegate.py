"""How a cell looks and how it is edited."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPolygon,
    QStaticText,
)
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.ui.grid.columns import ColumnKind
from app.ui.grid.editors import CellEditor, CommentEditor, MarkEditor
from app.ui.grid.model import GradebookModel
from app.ui.theme import theme

Index = QModelIndex | QPersistentModelIndex
_Key = Qt.Key
_CENTER = int(Qt.AlignmentFlag.AlignCenter)
_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
_WRAPPED = _LEFT | int(Qt.TextFlag.TextWordWrap)
_SELECTED = QStyle.StateFlag.State_Selected.value
_PADDING = 8
_CORNER = 7
_EDITOR_HEIGHT = 92
_MOST_DRAWN = 1000
_ENTER = (_Key.Key_Return, _Key.Key_Enter)
_ARROWS = {
    _Key.Key_Up: (-1, 0),
    _Key.Key_Down: (1, 0),
    _Key.Key_Left: (0, -1),
    _Key.Key_Right: (0, 1),
}


@dataclass(frozen=True, slots=True)
class EditorExit:
    """How an editor was left: by Enter, Tab or an arrow, and which way."""

    rows: int = 0
    columns: int = 0
    arrow: bool = False


LaidOut = tuple[QStaticText, float, float]
"""A text ready to draw, its width and height."""


@lru_cache(maxsize=4)
def _drawn_with(body: str, strong: str) -> dict[tuple[str, bool], LaidOut]:
    """Laid-out texts by (text, strong), shared by every grid that is drawn in these fonts."""
    return {}


class CellDelegate(QStyledItemDelegate):
    """Paints straight from the model: asking role by role costs more than the drawing."""

    left = Signal(object)
    """Leave, after the text was committed and the editor closed."""

    def __init__(self, model: GradebookModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self.replacing = False
        """The editor was opened by typing: its text is replaced and arrows leave it."""
        self.editor: CellEditor | None = None
        self.current: tuple[int, int] = (-1, -1)
        pairs = zip(model.columns, model.columns[1:], strict=False)
        self.group_starts = frozenset(
            place for place, (left, right) in enumerate(pairs, 1) if left.group != right.group
        )
        self.take_theme()

    def take_theme(self) -> None:
        """Read colours and fonts again."""
        names = ("surface", "raised", "line", "text", "muted", "selection", "focus")
        self._colors = {name: theme.color(name) for name in names}
        self._wrong, self._wrong_text = theme.color("decide_soft"), theme.color("decide")
        self._missing, self._missing_corner = theme.color("waits_soft"), theme.color("waits_bar")
        self._body = theme.font(theme.Type.BODY, tabular=True)
        self._strong = theme.font(theme.Type.STRONG, tabular=True)
        self._drawn = _drawn_with(self._body.key(), self._strong.key())
        self._metrics = QFontMetrics(self._body)

    # --- looks -----------------------------------------------------------------------------

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Everything but the lines and the current cell's frame: the table draws those once."""
        row, column = index.row(), index.column()
        rect: QRect = option.rect
        kind = self._model.columns[column].kind
        wrong = self._model.problem_at(row, column) is not None
        missing = not wrong and self._model.is_missing(row, column)
        is_current = (row, column) == self.current
        selected = not is_current and bool(option.state.value & _SELECTED)
        shut = kind is ColumnKind.COMPUTED or bool(self._model.closed_reason(row, column))
        ground = self._ground(wrong, missing, selected, shut)
        if ground is not self._colors["surface"]:  # the table's own ground
            painter.fillRect(rect, ground)
        text = self._model.text(row, column)
        if text:
            self._write(painter, rect, text, kind, wrong)
        if missing:
            self._fold_corner(painter, rect)
        if self._model.note_at(row, column):
            self._note_corner(painter, rect)

    def _ground(self, wrong: bool, missing: bool, selected: bool, shut: bool) -> QColor:
        if wrong:
            return self._wrong
        if selected:
            return self._colors["selection"]
        if missing:
            return self._missing
        return self._colors["raised" if shut else "surface"]

    def _write(
        self, painter: QPainter, rect: QRect, text: str, kind: ColumnKind, wrong: bool
    ) -> None:
        painter.setPen(self._wrong_text if wrong else self._colors["text"])
        font = self._strong if kind is ColumnKind.COMPUTED else self._body
        painter.setFont(font)
        if kind is not ColumnKind.TEXT:
            self._write_short(painter, rect, text, font)
            return
        inner = rect.adjusted(_PADDING, 2, -_PADDING, -2)
        lines = inner.height() // self._metrics.lineSpacing()
        if lines > 1:
            painter.drawText(inner, _WRAPPED, text)
            return
        flat = text.replace("\n", " ")
        cut = self._metrics.elidedText(flat, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, _LEFT, cut)

    def _write_short(self, painter: QPainter, rect: QRect, text: str, font: QFont) -> None:
        """Marks and letters are few and repeat: each is laid out once."""
        key = (text, font is self._strong)
        laid_out = self._drawn.get(key)
        if laid_out is None:
            drawn = QStaticText(text)
            drawn.setTextFormat(Qt.TextFormat.PlainText)
            drawn.prepare(font=font)
            size = drawn.size()
            laid_out = drawn, size.width(), size.height()
            if len(self._drawn) < _MOST_DRAWN:
                self._drawn[key] = laid_out
        drawn, width, height = laid_out
        room, tall = rect.width(), rect.height()
        if width > room:
            painter.drawText(rect, _CENTER, text)
            return
        at = QPointF(rect.x() + (room - width) / 2, rect.y() + (tall - height) / 2)
        painter.drawStaticText(at, drawn)

    def _fold_corner(self, painter: QPainter, rect: QRect) -> None:
        corner = rect.topRight()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._missing_corner)
        painter.drawPolygon(
            QPolygon([corner + QPoint(1, 0), corner - QPoint(_CORNER, 0), corner + QPoint(1, 8)])
        )
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _note_corner(self, painter: QPainter, rect: QRect) -> None:
        """Top left, so that it never covers the corner of a missing cell."""
        corner = rect.topLeft()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colors["focus"])
        painter.drawPolygon(QPolygon([corner, corner + QPoint(8, 0), corner + QPoint(0, 8)]))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    # --- editing ---------------------------------------------------------------------------

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> CellEditor:
        column = self._model.columns[index.column()]
        is_text = column.kind is ColumnKind.TEXT
        editor = CommentEditor(parent, column.limit) if is_text else MarkEditor(parent)
        editor.setFont(self._body)
        owner = self._model.row(index.row()).full_name
        editor.setAccessibleName(f"{owner}, {column.full_title}")
        self.editor = editor
        return editor

    def destroyEditor(self, editor: QWidget, index: Index) -> None:
        self.editor = None
        super().destroyEditor(editor, index)

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        if isinstance(editor, CellEditor):
            editor.put(self._model.text(index.row(), index.column()), select=self.replacing)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        if isinstance(editor, CellEditor):
            model.setData(index, editor.written())

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        rect = QRect(option.rect)
        if isinstance(editor, CommentEditor):
            rect.setHeight(max(rect.height(), _EDITOR_HEIGHT))
            parent = editor.parentWidget()
            below = rect.bottom() - parent.height() if parent else 0
            rect.translate(0, -max(0, min(below, rect.top())))
        editor.setGeometry(rect)

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(editor, event)
        if isinstance(event, QKeyEvent) and isinstance(editor, CellEditor):
            leave = self._leave_by(editor, event)
            if leave:
                self.commitData.emit(editor)
                self.closeEditor.emit(editor, QAbstractItemDelegate.EndEditHint.NoHint)
                self.left.emit(leave)
                return True
            if event.key() in _ENTER:  # Alt+Enter in a comment: a new line, as in Excel
                if isinstance(editor, CommentEditor):
                    editor.insertPlainText("\n")
                return True
        return super().eventFilter(editor, event)

    def _leave_by(self, editor: CellEditor, event: QKeyEvent) -> EditorExit | None:
        key = event.key()
        back = -1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        if key in _ENTER and not event.modifiers() & Qt.KeyboardModifier.AltModifier:
            return EditorExit(rows=back)
        if key in (_Key.Key_Tab, _Key.Key_Backtab):
            return EditorExit(columns=-1 if key == _Key.Key_Backtab else back)
        if editor.composing or isinstance(editor, CommentEditor):
            return None  # arrows move inside the text or the composition
        if key in (_Key.Key_Up, _Key.Key_Down) or (self.replacing and key in _ARROWS):
            rows, columns = _ARROWS[_Key(key)]
            return EditorExit(rows, columns, arrow=True)
        return None
