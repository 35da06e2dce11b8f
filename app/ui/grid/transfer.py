"""Copy, cut, paste, clear and fill-down on the selected cells."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QItemSelectionModel, QLocale
from PySide6.QtGui import QGuiApplication

from app.ui.grid.clipboard import Table, read_table, write_table
from app.ui.grid.columns import ColumnKind
from app.ui.grid.model import GradebookModel
from app.ui.grid.moves import Place


class CellTransfer:
    """Each call is one act that can be undone; it returns what the user must know, or ''."""

    def __init__(self, model: GradebookModel, selection: QItemSelectionModel) -> None:
        self._model, self._selection = model, selection

    def places(self) -> list[Place]:
        """Selected cells, or the current one, in reading order."""
        chosen = {(i.row(), i.column()) for i in self._selection.selectedIndexes()}
        current = self._selection.currentIndex()
        if not chosen and current.isValid():
            chosen = {(current.row(), current.column())}
        return sorted(chosen)

    def copy(self) -> str:
        """With the decimal sign of this machine, which is the one its spreadsheet reads."""
        places = self.places()
        if not places:
            return ""
        chosen = set(places)
        rows = range(places[0][0], places[-1][0] + 1)
        columns = range(min(c for _, c in places), max(c for _, c in places) + 1)
        table = [[self._outside(r, c) if (r, c) in chosen else "" for c in columns] for r in rows]
        QGuiApplication.clipboard().setText(write_table(table))
        return f"Đã chép {_cells(len(places))}." if len(places) > 1 else ""

    def cut(self) -> str:
        self.copy()
        return self._enter(dict.fromkeys(self.places(), ""), "Cắt")

    def clear(self) -> str:
        return self._enter(dict.fromkeys(self.places(), ""), "Xóa")

    def paste(self) -> str:
        table = read_table(QGuiApplication.clipboard().text())
        places = self.places()
        if not places or not QGuiApplication.clipboard().text():
            return ""
        if len(table) == 1 and len(table[0]) == 1:
            return self._enter(dict.fromkeys(places, table[0][0]), "Dán")
        texts, lost = self._spread(table, places)
        told = self._enter(texts, "Dán")
        if not lost:
            return told
        done = told or f"Dán {_cells(len(texts))}."
        return f"{done} {_cells(lost)} nằm ngoài bảng nên không dán."

    def fill_down(self) -> str:
        """The top cell of each selected column goes to those below; one row takes from above."""
        texts: dict[Place, str] = {}
        places = self.places()
        for column in sorted({c for _, c in places}):
            rows = [r for r, c in places if c == column]
            source = rows[0] if len(rows) > 1 else rows[0] - 1
            if source >= 0:
                text = self._model.text(source, column)
                texts |= {(row, column): text for row in rows if row != source}
        return self._enter(texts, "Điền xuống")

    def _spread(self, table: Table, places: list[Place]) -> tuple[dict[Place, str], int]:
        """Texts by cell, and how many do not fit. A selection of whole multiples is tiled."""
        top, left = places[0][0], min(c for _, c in places)
        height, width = len(table), max(map(len, table))
        high = _tiled(places[-1][0] - top + 1, height)
        wide = _tiled(max(c for _, c in places) - left + 1, width)
        texts: dict[Place, str] = {}
        lost = 0
        for r in range(high):
            for c in range(wide):
                line = table[r % height]
                text = line[c % width] if c % width < len(line) else ""
                place = (top + r, left + c)
                if place[0] < self._model.rowCount() and place[1] < self._model.columnCount():
                    texts[place] = text
                else:
                    lost += 1
        return texts, lost

    def _enter(self, texts: Mapping[Place, str], title: str) -> str:
        if not texts:
            return ""
        entered = self._model.enter(texts, title)
        refused = len(texts) - entered
        parts = [f"{title} {_cells(entered)}."] if len(texts) > 1 else []
        if refused:
            parts.append(f"{_cells(refused)} không nhập tay được nên giữ nguyên.")
        wrong = sum(1 for place in texts if self._model.problem_at(*place))
        if wrong and len(texts) > 1:
            parts.append(f"{_cells(wrong)} không hợp lệ, được đánh dấu đỏ.")
        return " ".join(parts)

    def _outside(self, row: int, column: int) -> str:
        text = self._model.text(row, column)
        if self._model.columns[column].kind is ColumnKind.TEXT:
            return text
        decimal = QLocale.system().decimalPoint()
        is_number = text.replace(",", "", 1).isdigit()
        return text.replace(",", decimal) if is_number else text


def _tiled(selected: int, clip: int) -> int:
    return selected if selected % clip == 0 else clip


def _cells(count: int) -> str:
    return f"{count} ô"
