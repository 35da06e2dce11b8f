"""Fields with their names above them, as settings and details use them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.model.text import nfc
from app.ui.kit.basics import plain, text
from app.ui.kit.choosers import ChoiceBox
from app.ui.theme import theme
from app.ui.theme.theme import Tone, Type


class _FormLine(QLineEdit):
    """Where there is too little room it shows how its words begin, not how they end."""

    def setText(self, words: str | None) -> None:
        super().setText(words or "")
        self.setCursorPosition(0)


def line(name: str, value: str = "", hint: str = "", longest: int = 200) -> QLineEdit:
    made = _FormLine()
    made.setText(value)
    made.setAccessibleName(name)
    made.setPlaceholderText(hint)
    made.setMaxLength(longest)
    made.setMinimumHeight(theme.HIT_HEIGHT)
    return made


def choice(name: str, options: Sequence[tuple[str, str]], value: str = "") -> QComboBox:
    """`options`: (value, words)."""
    made = ChoiceBox()
    made.setAccessibleName(name)
    made.setMinimumHeight(theme.HIT_HEIGHT)
    made.setMinimumContentsLength(12)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    for each, words in options:
        made.addItem(words, each)
    made.setCurrentIndex(max(0, made.findData(value)))
    return made


def chosen(box: QComboBox) -> str:
    return str(box.currentData() or "")


def words_of(field: QLineEdit) -> str:
    """What was typed, NFC, with single spaces."""
    return nfc(" ".join(field.text().split()))


class Form(QWidget):
    """Pairs of name and field in one or two columns; a mistake is said below its field."""

    def __init__(self, columns: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._count = 0
        self._mistakes: dict[QWidget, QLabel] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(10)
        for column in range(columns):
            self._grid.setColumnStretch(column, 1)

    def add(self, name: str, field: QWidget, *, wide: bool = False) -> None:
        label = text(plain(name), Type.STRONG)  # a buddy makes '&' a shortcut
        label.setBuddy(field)
        mistake = text("", Type.SMALL, tone=Tone.DECIDE, wrap=True)
        mistake.hide()
        self._mistakes[field] = mistake
        cell = QVBoxLayout()
        cell.setSpacing(3)
        for part in (label, field, mistake):
            cell.addWidget(part)
        if wide and self._count % self._columns:
            self._count += 1
        place = divmod(self._count, self._columns)
        self._grid.addLayout(cell, *place, 1, self._columns if wide else 1)
        self._count += self._columns if wide else 1

    def say_mistakes(self, mistakes: dict[QWidget, str]) -> bool:
        """Show what is wrong where it is; whether there is anything wrong."""
        for field, label in self._mistakes.items():
            label.setText(mistakes.get(field, ""))
            label.setVisible(field in mistakes)
            theme.set_style_property(field, "wrong", field in mistakes)
        for field in mistakes:
            field.setFocus()
            break
        return bool(mistakes)
