"""Chọn cột: the first rows of a sheet with a chooser above each column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.roster.column_choice import (
    NO_HEADER,
    column_letter,
    header_at,
    mapping_of,
    missing_fields,
    width_of,
    with_columns,
)
from app.roster.columns import ColumnMapping, Header, captions_of, match_captions, profiles
from app.roster.roster_import import class_known
from app.roster.sheets import Sheet, SheetRow, shown
from app.ui.kit import Card, Notice, button, row, text
from app.ui.kit import column as stack
from app.ui.kit.choosers import ChoiceBox
from app.ui.kit.form import choice, chosen, line, words_of
from app.ui.pages.classes.importing.source import SheetSource
from app.ui.theme import theme
from app.ui.theme.theme import Tone

_ROWS_SHOWN, _COLUMNS_SHOWN, _HEADER_ROWS = 12, 80, 20
_COLUMN_WIDTH, _LIST_WIDTH = 156, 230
_SKIP = "Bỏ qua"


@dataclass(frozen=True, slots=True)
class ColumnsChosen:
    """What a person said; `headers`: sheet -> its header, None where it is not to be read."""

    headers: Mapping[str, Header | None]
    class_name: str
    remember: ColumnMapping | None


class ColumnsPage(QWidget):
    changed = Signal()
    """Whether one can go on."""
    forget_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._source: SheetSource | None = None
        self._headers: dict[str, Header | None] = {}
        self._reason = ""
        self.boxes: list[QComboBox] = []
        self.notice = Notice("")
        self.sheet = choice("Trang", [])
        self.sheet.activated.connect(lambda _: self._show_sheet())
        self.read_sheet = QCheckBox("Đọc trang này")
        self.read_sheet.toggled.connect(self._take_sheet)
        self._sheet_words = text("Trang", muted=True)
        self.header_row = choice("Dòng tiêu đề", [])
        self.header_row.setMinimumContentsLength(22)
        self.header_row.activated.connect(lambda _: self._take_row())
        self.class_name = line("Lớp, khi tệp không ghi lớp", "", "Ví dụ: 4A", 12)
        self.class_name.setMaximumWidth(130)
        self.class_name.textChanged.connect(lambda _: self._say())
        self.table = QTableWidget()
        self._dress()
        self.remember = QCheckBox("Ghi nhớ cách đọc này, tên là")
        self.remember.toggled.connect(lambda _: self._say())
        self.name = line("Tên của cách đọc", "", "Ví dụ: Mẫu của trường", 60)
        self.name.setMinimumWidth(130)
        self.name.setMaximumWidth(240)
        self.name.textChanged.connect(lambda _: self._say())
        self.saved = choice("Cách đọc đã ghi nhớ", [])
        self.saved.setMinimumContentsLength(9)
        self.forget = button("Xóa", "remove")
        self.forget.clicked.connect(lambda: self.forget_wanted.emit(chosen(self.saved)))
        self._saved_words = text("Đã ghi nhớ", muted=True)
        self._lay_out()

    def _lay_out(self) -> None:
        card = Card(margin=0)
        card.body.setSpacing(0)
        sheets = row(self._sheet_words, self.sheet, self.read_sheet, None)
        where = row(
            text("Dòng tiêu đề", muted=True), self.header_row, None,
            text("Lớp, khi tệp không ghi lớp", muted=True), self.class_name,
        )  # fmt: skip
        top = stack(sheets, where, margin=3)
        bottom = row(
            self.remember, self.name, None, self._saved_words, self.saved, self.forget, margin=3
        )
        card.add(top, self.table, bottom)
        card.body.setStretchFactor(self.table, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.notice)
        layout.addWidget(card, 1)

    def _dress(self) -> None:
        self.table.setAccessibleName("Những dòng đầu của trang, chọn mỗi cột là gì ở dòng trên")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.setMinimumHeight(4 * theme.ROW_HEIGHT)
        self.table.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)

    # --- what the frame asks ----------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether what has been said so far is enough to read the sheet on view."""
        found = self._source.headers if self._source else {}
        some = any({**found, **self._headers}.values())
        return some and not self._missing() and not self._nameless()

    def choices(self) -> ColumnsChosen:
        remembered = None
        header = self._header
        if self.remember.isChecked() and self.remember.isEnabled() and header is not None:
            remembered = mapping_of(header, words_of(self.name))
        return ColumnsChosen(dict(self._headers), words_of(self.class_name), remembered)

    def show_source(self, source: SheetSource, reason: str, sheet: str = "") -> None:
        """`reason`: why a person is asked; empty when he came by himself."""
        self._source = source
        self._headers = {}
        self._reason = reason
        names = [each.name for each in source.sheets]
        first = sheet or next((name for name in names if name not in source.headers), "")
        if not sheet and not reason:
            first = next(iter(source.headers), names[0])
        self.sheet.clear()
        for name in names:
            self.sheet.addItem(name, name)
        self.sheet.setCurrentIndex(max(0, self.sheet.findData(first)))
        for part in (self._sheet_words, self.sheet, self.read_sheet):
            part.setVisible(len(names) > 1)
        self.class_name.setText(source.class_name)
        self.remember.setChecked(False)
        self.name.setText("")
        self.show_saved(source.saved)
        self._show_sheet()

    def show_saved(self, saved: tuple[ColumnMapping, ...]) -> None:
        self.saved.clear()
        for each in saved:
            self.saved.addItem(each.name, each.name)
        for part in (self._saved_words, self.saved, self.forget):
            part.setVisible(bool(saved))

    # --- one sheet --------------------------------------------------------------------------

    @property
    def _name(self) -> str:
        return chosen(self.sheet)

    @property
    def _sheet(self) -> Sheet | None:
        return self._source.sheet(self._name) if self._source and self._name else None

    @property
    def _header(self) -> Header | None:
        """Of the sheet on view: what was said here, else what was found."""
        if self._source is None:
            return None
        return self._headers.get(self._name, self._source.headers.get(self._name))

    def _show_sheet(self) -> None:
        sheet, header = self._sheet, self._header
        if sheet is None or self._source is None:
            return
        only = len(self._source.sheets) == 1
        read = only or header is not None or self._reason != ""
        if header is None and read:
            header = self._headers[self._name] = _first_guess(sheet)
        self.read_sheet.blockSignals(True)
        self.read_sheet.setChecked(read)
        self.read_sheet.blockSignals(False)
        self.header_row.clear()
        self.header_row.addItem("Không có dòng tiêu đề", NO_HEADER)
        numbers = [each.number for each in sheet.rows[:_HEADER_ROWS]]
        extra = (
            [header.first_row] if header and header.first_row not in (NO_HEADER, *numbers) else []
        )
        for each in sheet.rows:
            if each.number in numbers or each.number in extra:
                self.header_row.addItem(f"Dòng {each.number}: {_gist(each)}", each.number)
        place = self.header_row.findData(header.first_row) if header else 0
        self.header_row.setCurrentIndex(max(0, place))
        self._fill(sheet, header)
        self._say()

    def _take_sheet(self, wanted: bool) -> None:
        sheet = self._sheet
        if sheet is not None:
            found = self._source.headers.get(self._name) if self._source else None
            self._headers[self._name] = (found or _first_guess(sheet)) if wanted else None
            self._fill(sheet, self._header)
            self._say()

    def _take_row(self) -> None:
        sheet = self._sheet
        if sheet is None:
            return
        number = int(self.header_row.currentData() or NO_HEADER)
        old = self._header
        captions = header_at(sheet, number, {}).captions
        guess, _ = match_captions(captions)
        if number == NO_HEADER and old is not None:
            guess = dict(old.columns)
        self._headers[self._name] = header_at(sheet, number, guess)
        self._fill(sheet, self._header)
        self._say()

    def _fill(self, sheet: Sheet, header: Header | None) -> None:
        first = header.first_row if header else 0
        rows = [each for each in sheet.rows if each.number >= first][:_ROWS_SHOWN]
        width = min(width_of(sheet), _COLUMNS_SHOWN)
        self.table.clear()
        self.table.setRowCount(len(rows) + 1)
        self.table.setColumnCount(width)
        self.table.setHorizontalHeaderLabels([column_letter(c) for c in range(width)])
        self.table.setVerticalHeaderLabels(["Là cột", *(str(each.number) for each in rows)])
        named = {column: name for name, column in header.columns.items()} if header else {}
        self.boxes = [self._box(column, named.get(column, "")) for column in range(width)]
        for column, box in enumerate(self.boxes):
            box.setEnabled(header is not None)
            self.table.setCellWidget(0, column, box)
            self.table.setColumnWidth(column, _COLUMN_WIDTH)
        for place, each in enumerate(rows, 1):
            top = header is not None and header.first_row <= each.number <= header.last_row
            for column in range(width):
                self.table.setItem(place, column, _item(each, column, top=top))
        self.table.setRowHeight(0, theme.HIT_HEIGHT + 6)

    def _box(self, column: int, field: str) -> QComboBox:
        box = ChoiceBox()
        box.setAccessibleName(f"Cột {column_letter(column)} là")
        box.addItem(_SKIP, "")
        for name, about in profiles().fields.items():
            box.addItem(about.label, name)
        box.setCurrentIndex(max(0, box.findData(field)))
        box.view().setMinimumWidth(_LIST_WIDTH)
        box.currentTextChanged.connect(box.setToolTip)
        box.setToolTip(box.currentText())
        box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        box.activated.connect(lambda _: self._take_column(column))
        return box

    def _take_column(self, column: int) -> None:
        """A field belongs to one column: choosing it here takes it from the other."""
        field = str(self.boxes[column].currentData())
        columns: dict[str, int] = {}
        for place, box in enumerate(self.boxes):
            name = str(box.currentData())
            if name and name == field and place != column:
                box.setCurrentIndex(0)
            elif name:
                columns[name] = place
        header = self._header
        if header is not None:
            self._headers[self._name] = with_columns(header, columns)
        self._say()

    # --- words ------------------------------------------------------------------------------

    def _missing(self) -> list[str]:
        sheet, header = self._sheet, self._header
        if sheet is None or header is None:
            return []
        known = bool(words_of(self.class_name)) or (
            "full_name" in header.columns and class_known(sheet, header)
        )
        return missing_fields(header.columns, class_known=known)

    def _nameless(self) -> bool:
        return self.remember.isChecked() and not words_of(self.name)

    def _say(self) -> None:
        header = self._header
        can = header is not None and mapping_of(header, "") is not None
        self.remember.setEnabled(can)
        self.remember.setToolTip("" if can else "Cần dòng tiêu đề có tên cột không trùng nhau")
        self.name.setEnabled(can and self.remember.isChecked())
        missing = self._missing()
        if missing:
            why = self._reason or "Hãy chọn ở trên mỗi cột."
            self.notice.say(f"Còn thiếu: {', '.join(missing)}", why, Tone.WAITS)
        elif self._reason:
            self.notice.say("Đã đủ cột để đọc", "Bấm Xem trước để đi tiếp.", Tone.DONE)
        else:
            self.notice.say(
                "Mỗi cột là gì?",
                "Phần mềm đã đoán sẵn; thầy cô chọn lại nếu chưa đúng. Chưa có gì được ghi.",
                Tone.ACCENT,
                "grid",
            )
        self.changed.emit()


def _first_guess(sheet: Sheet) -> Header:
    """The row that looks most like captions, with what its words say; else no header at all."""
    best = max(
        sheet.rows[:_HEADER_ROWS], key=lambda each: len(match_captions(captions_of(each))[0])
    )
    columns, _ = match_captions(captions_of(best))
    return header_at(sheet, best.number if columns else NO_HEADER, columns)


def _gist(each: SheetRow) -> str:
    return ", ".join(filter(None, (" ".join(shown(c).split()) for c in each.cells)))[:40]


def _item(each: SheetRow, column: int, *, top: bool) -> QTableWidgetItem:
    made = QTableWidgetItem(" ".join(shown(each.cell(column)).split()))
    if top:
        made.setFont(theme.font(theme.Type.STRONG))
        made.setBackground(theme.color("accent_soft"))
    return made
