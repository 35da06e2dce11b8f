"""Over the grid: which class, which sheet, which part of the year, and what one can do with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QPushButton, QWidget

from app.ui.grid.sheets import GridSheet
from app.ui.kit import button
from app.ui.kit.choosers import ChoiceBox, TabRow
from app.ui.pages.gradebook.data import ClassName
from app.ui.theme import theme

MenuAct = tuple[str, str, Callable[[], object]]
"""Words, shortcut to show, what it does."""


class GradebookBar(QWidget):
    class_chosen = Signal(str)
    sheet_chosen = Signal(str)
    part_chosen = Signal(str)
    undo_wanted = Signal()
    redo_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._part_keys: list[str] = []
        self.classes = _chooser("Lớp", 104)
        self.sheets = _chooser("Bảng điểm", 218)
        self.sheets.setMaxVisibleItems(24)
        self.parts = TabRow()
        self.parts.setDrawBase(False)
        self.parts.setExpanding(False)
        self.parts.setAccessibleName("Học kì hoặc thời điểm")
        self.undo = self._icon("undo", "Hoàn tác", "Ctrl+Z", self.undo_wanted)
        self.redo = self._icon("redo", "Làm lại", "Ctrl+Y", self.redo_wanted)
        self.excel = button("Excel", "file_out")
        self.more = button("Thêm", "list")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for choice in (self.classes, self.sheets, self.parts):
            layout.addWidget(choice)
        layout.addStretch(1)
        for act in (self.undo, self.redo, self.excel, self.more):
            layout.addWidget(act)
        self.classes.activated.connect(
            lambda place: self.class_chosen.emit(str(self.classes.itemData(place)))
        )
        self.sheets.activated.connect(
            lambda place: self.sheet_chosen.emit(str(self.sheets.itemData(place)))
        )
        self.parts.currentChanged.connect(self._choose_part)
        for keys, step in (("Ctrl+PgDown", 1), ("Ctrl+PgUp", -1)):
            QShortcut(QKeySequence(keys), self).activated.connect(
                lambda step=step: self._step_sheet(step)
            )
        for place in range(4):
            QShortcut(QKeySequence(f"Alt+{place + 1}"), self).activated.connect(
                lambda place=place: self.parts.setCurrentIndex(
                    place if place < self.parts.count() else self.parts.currentIndex()
                )
            )

    def show_classes(self, classes: Sequence[ClassName], chosen: str) -> None:
        self.classes.clear()
        for each in classes:
            self.classes.addItem(f"Lớp {each.name}", each.section_id)
        self.classes.setCurrentIndex(self.classes.findData(chosen))

    def show_sheets(self, sheets: Sequence[GridSheet], chosen: GridSheet, part: str) -> None:
        """The chooser's entries in sections, and the parts of the chosen one."""
        self.sheets.clear()
        section = sheets[0].section
        for sheet in sheets:
            if sheet.section != section:
                self.sheets.insertSeparator(self.sheets.count())
                section = sheet.section
            self.sheets.addItem(sheet.title, sheet.key)
        self.sheets.setCurrentIndex(self.sheets.findData(chosen.key))
        self.show_parts(chosen, part)

    def show_parts(self, sheet: GridSheet, part: str) -> None:
        with QSignalBlocker(self.parts):
            while self.parts.count():
                self.parts.removeTab(0)
            self._part_keys = [each.key for each in sheet.parts]
            for place, each in enumerate(sheet.parts):
                self.parts.addTab(each.title)
                self.parts.setTabToolTip(place, f"Alt+{place + 1}")
            self.parts.setCurrentIndex(self._part_keys.index(part))
        self.parts.setVisible(len(sheet.parts) > 1)

    def offer(self, chooser: QPushButton, acts: Sequence[MenuAct | None]) -> None:
        """Fill one of the two menus; None is a line between."""
        menu = QMenu(chooser)
        for act in acts:
            if act is None:
                menu.addSeparator()
                continue
            words, keys, do = act
            entry = menu.addAction(f"{words}\t{keys}" if keys else words)
            entry.triggered.connect(lambda _=False, do=do: do())
        chooser.setMenu(menu)

    def _step_sheet(self, step: int) -> None:
        place = self.sheets.currentIndex() + step
        while 0 <= place < self.sheets.count():
            if self.sheets.itemData(place):
                self.sheet_chosen.emit(str(self.sheets.itemData(place)))
                return
            place += step

    def _choose_part(self, place: int) -> None:
        if 0 <= place < len(self._part_keys):
            self.part_chosen.emit(self._part_keys[place])

    def _icon(self, icon: str, words: str, keys: str, wanted: object) -> QPushButton:
        made = button("", icon)
        made.setText("")
        made.setAccessibleName(words)
        made.setToolTip(f"{words} ({keys})")
        made.setFixedWidth(theme.HIT_HEIGHT + 8)
        made.clicked.connect(wanted)
        return made


def _chooser(name: str, width: int) -> QComboBox:
    made = ChoiceBox()
    made.setAccessibleName(name)
    made.setMinimumWidth(width)
    made.setMinimumHeight(theme.HIT_HEIGHT)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return made
