"""Cell editors that take text as the input method delivers it (Telex, VNI, Unikey).

No validator, completer or key filter stands between the keyboard and the text: each of them can
swallow the backspaces and replacements with which Vietnamese input methods work.
"""

from __future__ import annotations

from PySide6.QtCore import QMargins, Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent, QResizeEvent, QTextCursor
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QLineEdit, QPlainTextEdit, QWidget

from app.ui.theme import theme


class MarkEditor(QLineEdit):
    """One line: marks and letters."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("cell")
        self.setFrame(False)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.composing = ""

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self.composing = event.preeditString()
        super().inputMethodEvent(event)

    def put(self, text: str, *, select: bool) -> None:
        self.setText(text)
        if select:
            self.selectAll()
        else:
            self.deselect()
            self.end(False)

    def written(self) -> str:
        finish_composition(self)
        return self.text()


class CommentEditor(QPlainTextEdit):
    """Several lines, with a counter of letters in the corner."""

    def __init__(self, parent: QWidget, limit: int) -> None:
        super().__init__(parent)
        self.setObjectName("cell")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportMargins(QMargins(0, 2, 0, 18))
        self.composing = ""
        self._limit = limit
        self._counter = QLabel(self)
        self._counter.setFont(theme.font(theme.Type.BADGE, tabular=True))
        self._counter.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.textChanged.connect(self._count)
        self._count()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self.composing = event.preeditString()
        super().inputMethodEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_counter()

    def put(self, text: str, *, select: bool) -> None:
        self.setPlainText(text)
        if select:
            self.selectAll()
        else:
            self.moveCursor(QTextCursor.MoveOperation.End)

    def written(self) -> str:
        finish_composition(self)
        return self.toPlainText()

    def counter_text(self) -> str:
        return self._counter.text()

    def _count(self) -> None:
        length = len(self.toPlainText())
        self._counter.setText(f"{length}/{self._limit} ký tự" if self._limit else f"{length} ký tự")
        over = bool(self._limit) and length > self._limit
        theme.set_tone(self._counter, theme.Tone.DECIDE if over else theme.Tone.NEUTRAL)
        self._place_counter()

    def _place_counter(self) -> None:
        size = self._counter.sizeHint()
        self._counter.setGeometry(
            self.width() - size.width() - 8, self.height() - size.height() - 4, *size.toTuple()
        )


CellEditor = MarkEditor | CommentEditor


def finish_composition(editor: CellEditor) -> None:
    """Turn letters still being composed into text: leaving a cell must not lose them.

    The input method is asked first; where it does not answer at once, what it has shown is kept.
    """
    if not editor.composing:
        return
    QGuiApplication.inputMethod().commit()
    if editor.composing:
        event = QInputMethodEvent()
        event.setCommitString(editor.composing)
        QApplication.sendEvent(editor, event)
