"""One file's report, to be read: the verdict, then each signature with what belongs to it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QTextEdit, QWidget

from app.ui.kit.state import tone_color
from app.ui.theme import theme
from app.ui.theme.theme import Tone

_STEP = 10
_SIGNATURE = "  - "


class VerificationDetails(QTextEdit):
    """Never markup: names and reasons come from foreign files."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reading")
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Từng chữ ký của tệp đang chọn")
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def show_lines(self, name: str, verdict: str, lines: tuple[str, ...], tone: Tone) -> None:
        """`lines`: what stands below the verdict, indented by what they belong to."""
        self.clear()
        cursor = self.textCursor()
        self._line(cursor, name, bold=True)
        self._line(cursor, verdict, bold=True, color=tone_color(tone), above=2)
        for line in lines:
            words = line.strip()
            if line.startswith(_SIGNATURE):
                self._line(cursor, words.removeprefix("- "), bold=True, above=10)
            else:
                deep = len(line) - len(words) > len(_SIGNATURE)
                self._line(cursor, words, left=_STEP if deep else 0, above=2 if deep else 6)
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def _line(
        self,
        cursor: QTextCursor,
        words: str,
        *,
        bold: bool = False,
        color: str = "text",
        left: int = 0,
        above: int = 0,
    ) -> None:
        block, letters = QTextBlockFormat(), QTextCharFormat()
        block.setLeftMargin(left)
        block.setTopMargin(above)
        letters.setFontWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        letters.setForeground(theme.color(color))
        if cursor.position():
            cursor.insertBlock(block, letters)
        else:
            cursor.setBlockFormat(block)
        cursor.insertText(words, letters)
