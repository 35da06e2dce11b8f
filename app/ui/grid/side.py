"""Beside the grid: what is missing, what is not valid, why a result is what it is, the spread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QFrame,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.model.assessment import Missing, Reason
from app.model.gradebook import CellKey
from app.ui.grid.columns import CellProblem, ColumnKey, ColumnKind, RowOutcome, shown
from app.ui.grid.model import GradebookModel
from app.ui.grid.summary import comma, distribution, jumps
from app.ui.grid.view import GradebookView
from app.ui.kit.basics import Card, button, glyph, row, text
from app.ui.kit.chart import BarChart
from app.ui.theme import icons, theme
from app.ui.theme.theme import Tone, Type

Explain = Callable[[str, ColumnKey], Sequence[Reason]]
"""(pupil, computed column) -> the steps that lead to the result."""

WIDTH = 276
_INSIDE = WIDTH - 46
_SHOWN = 6
_DELAY_MS = 80


class JumpList(QWidget):
    """Lines one can press to go to the cell they speak of; long lists unfold."""

    def __init__(self, view: GradebookView, color: str) -> None:
        super().__init__()
        self._view, self._color = view, color
        self._lines: list[tuple[str, str, ColumnKey]] = []
        self._unfolded = False
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)

    def show_lines(self, lines: Sequence[tuple[str, str, ColumnKey]]) -> None:
        """(words, pupil, column) of each line."""
        if list(lines) != self._lines:
            self._lines = list(lines)
            self._build()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._build()

    def _build(self) -> None:
        while item := self._layout.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        seen = self._lines if self._unfolded else self._lines[:_SHOWN]
        for words, student, key in seen:
            line = self._line(words, "attention", self._color)
            line.clicked.connect(lambda _=False, s=student, k=key: self._lead(s, k))
        if len(self._lines) > len(seen):
            more = self._line(f"Xem thêm {len(self._lines) - len(seen)} em", "down", "accent")
            more.clicked.connect(self._unfold)

    def _lead(self, student: str, key: ColumnKey) -> None:
        if not self._view.go_to(student, key):
            self._view.elsewhere.emit(CellKey(student, *key))

    def _unfold(self) -> None:
        self._unfolded = True
        self._build()

    def _line(self, words: str, icon: str, color: str) -> QPushButton:
        line = QPushButton()
        line.setProperty("quiet", True)
        line.setCursor(Qt.CursorShape.PointingHandCursor)
        line.setFont(theme.font())
        room = _INSIDE - 26
        metrics = QFontMetrics(line.font())
        parts = words.split("\n")
        line.setText(
            "\n".join(metrics.elidedText(p, Qt.TextElideMode.ElideRight, room) for p in parts)
        )
        line.setToolTip(words)
        line.setAccessibleName(", ".join(parts))
        ink = theme.color(color).name()
        line.setStyleSheet(
            f"QPushButton {{ color: {ink}; text-align: left; padding: 3px 0; border: none; }}"
            f"QPushButton:focus {{ border: 1px solid {ink}; }}"
        )
        icons.put(line, icon, color, 16)
        self._layout.addWidget(line)
        return line


class MissingCard(Card):
    """How many pupils have all that is asked for, and who lacks what."""

    def __init__(self, view: GradebookView) -> None:
        super().__init__("Còn thiếu")
        self._model = view.grid
        self.count = text()
        self._percent = text(muted=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._list = JumpList(view, "waits")
        self.add(row(self.count, None, self._percent, gap=1), self._bar, self._list)

    def refresh(self) -> None:
        pupils = self._model.rows()
        gaps = [self._gaps(self._model.outcome(place)) for place in range(len(pupils))]
        lacking = [pair for pair in zip(pupils, gaps, strict=True) if pair[1]]
        whole, total = len(pupils) - len(lacking), len(pupils)
        self.count.setText(f"{whole} / {total} học sinh đủ điểm")
        self._percent.setText(f"{whole * 100 // max(total, 1)} %")
        self._bar.setRange(0, max(total, 1))
        self._bar.setValue(whole)
        self._bar.setAccessibleName(self.count.text())
        self._list.show_lines(
            [
                (
                    f"{pupil.full_name} — {self._words(gap)}",
                    pupil.student_id,
                    (gap[0].area, gap[0].slot),
                )
                for pupil, gap in lacking
            ]
        )

    def _gaps(self, outcome: RowOutcome) -> list[Missing]:
        """What this grid has a column for; the rest is asked for where it is entered."""
        return [m for m in outcome.missing if self._model.column_of((m.area, m.slot)) is not None]

    def _words(self, gaps: Sequence[Missing]) -> str:
        return ", ".join(_short(self._model, gap.area, gap.slot, gap.text) for gap in gaps)


class ProblemCard(Card):
    """One entry that is not valid: what was typed, why not, and what may be done."""

    def __init__(self, view: GradebookView) -> None:
        super().__init__()
        self._view, self._model = view, view.grid
        self._title = text(kind=Type.SECTION, tone=Tone.DECIDE)
        self.words = text(wrap=True)
        self.accept = button("")
        self.clear = button("Để trống")
        self._others = JumpList(view, "decide")
        self._place: tuple[int, int] | None = None
        self._suggestion = ""
        self.accept.clicked.connect(lambda: self._write(self._suggestion))
        self.clear.clicked.connect(lambda: self._write(""))
        self.add(
            row(glyph("stop", "decide"), self._title, None),
            self.words,
            row(self.accept, self.clear, None),
            self._others,
        )

    def refresh(self) -> None:
        """Speaks of the current cell if it is the one, else of the first that is shown."""
        problems = self._model.problems()
        self.setVisible(bool(problems))
        if not problems:
            return
        index = self._view.currentIndex()
        here = {place: found for found in problems if (place := self._place_of(found[0]))}
        current = (index.row(), index.column())
        self._place = current if current in here else next(iter(here), None)
        many = f" ({len(problems)})" if len(problems) > 1 else ""
        self._title.setText(f"Điểm không hợp lệ{many}")
        about = here.get(self._place) if self._place else None
        self._others.show_lines([self._line(found) for found in problems if found is not about])
        self._ask(about)

    def _line(self, found: tuple[CellKey, CellProblem]) -> tuple[str, str, ColumnKey]:
        key, problem = found
        name = self._model.row(self._model.row_of(key.student_id)).full_name
        return f"{name} — “{problem.text}”", key.student_id, (key.area, key.slot)

    def _ask(self, about: tuple[CellKey, CellProblem] | None) -> None:
        """What was typed, why it is not valid, what may have been meant."""
        for part in (self.words, self.accept, self.clear):
            part.setVisible(about is not None)
        if about is None or self._place is None:
            return
        key, problem = about
        name = self._model.row(self._place[0]).full_name
        column = _short(self._model, key.area, key.slot, key.slot)
        self._suggestion = problem.suggestion
        readable = shown(problem.suggestion, self._model.columns[self._place[1]])
        asks = f" Thầy cô muốn ghi {readable}?" if readable else ""
        self.words.setText(f"{name} · {column}: “{problem.text}”. {problem.reason}{asks}")
        self.accept.setText(f"Ghi {readable}")
        self.accept.setVisible(bool(readable))

    def _place_of(self, key: CellKey) -> tuple[int, int] | None:
        """Where it stands; None in a column that is not shown."""
        column = self._model.column_of((key.area, key.slot))
        if column is None or self._model.columns[column].key != (key.area, key.slot):
            return None
        return self._model.row_of(key.student_id), column

    def _write(self, value: str) -> None:
        if self._place is None:
            return
        self._view.go(*self._place)
        self._model.enter({self._place: value}, "Sửa điểm không hợp lệ")
        self._view.setFocus()


class WhyCard(Card):
    """The steps that lead from marks to the result of the current row."""

    def __init__(self, view: GradebookView, explain: Explain) -> None:
        super().__init__()
        self._view, self._model, self._explain = view, view.grid, explain
        self.title = text(kind=Type.SECTION)
        self._pupil = text(muted=True)
        self._steps = QVBoxLayout()
        self._steps.setSpacing(4)
        self.add(self.title, self._pupil, self._steps)

    def refresh(self) -> None:
        index = self._view.currentIndex()
        column = self._result_column(index.column()) if index.isValid() else None
        self.setVisible(column is not None)
        if column is None:
            return
        pupil = self._model.row(index.row())
        value = self._model.text(index.row(), column)
        has_value = value not in ("", "—")
        self.title.setText(f"Vì sao {value}?" if has_value else "Vì sao chưa có kết quả?")
        self._pupil.setText(pupil.full_name)
        if value == "—":
            self._show([Reason("Có ô không hợp lệ. Sửa xong, kết quả được tính lại ngay.")])
        else:
            self._show(self._explain(pupil.student_id, self._model.columns[column].key))

    def _show(self, reasons: Sequence[Reason]) -> None:
        while item := self._steps.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for reason in reasons:
            self._steps.addWidget(text(reason.text, wrap=True))
        for article in dict.fromkeys(reason.article for reason in reasons if reason.article):
            self._steps.addWidget(text(article, muted=True, wrap=True))

    def _result_column(self, column: int) -> int | None:
        """The computed column that the current one feeds: of its subject, the next to the right."""
        area = self._model.columns[column].key[0]
        results = [
            place
            for place, spec in enumerate(self._model.columns)
            if spec.kind is ColumnKind.COMPUTED and spec.key[0] == area
        ]
        after = [place for place in results if place >= column]
        return next(iter(after or results or self._results_after(column)), None)

    def _results_after(self, column: int) -> list[int]:
        """Of a cell whose subject has no result of its own: what the row comes to."""
        columns = self._model.columns
        return [
            place
            for place in range(column, len(columns))
            if columns[place].kind is ColumnKind.COMPUTED
        ]


class SpreadCard(Card):
    """Distribution of the current test, and marks worth a second look."""

    def __init__(self, view: GradebookView) -> None:
        super().__init__()
        self._view, self._model = view, view.grid
        self._title = text("Phân bố", Type.SECTION)
        self.chart = BarChart("Phân bố điểm")
        self.add(self._title, self.chart)

    def refresh(self) -> None:
        column = self._view.currentIndex().column()
        if column < 0 or self._model.columns[column].kind is ColumnKind.TEXT:
            self.setVisible(False)
            return
        bars = distribution(self._model, column)
        self._title.setText(f"Phân bố · {self._model.columns[column].full_title}")
        self.chart.show_bars(bars)
        self.setVisible(bool(bars))


class OutlierCard(Card):
    """Marks far from the pupil's others: a slip of the finger, or a child to ask about."""

    def __init__(self, view: GradebookView) -> None:
        super().__init__("Điểm lệch nhiều")
        self._model = view.grid
        self._list = JumpList(view, "waits")
        self.add(self._list)

    def refresh(self) -> None:
        lines = []
        for jump in jumps(self._model):
            pupil, column = self._model.row(jump.row), self._model.columns[jump.column]
            words = (
                f"{pupil.full_name}\n{column.title} {comma(jump.mark)} · "
                f"điểm khác quanh {comma(jump.others)}"
            )
            lines.append((words, pupil.student_id, column.key))
        self.setVisible(bool(lines))
        self._list.show_lines(lines)


class GridSidePanel(QScrollArea):
    """The cards, refreshed a moment after the typing so that the grid never waits for them."""

    def __init__(
        self, view: GradebookView, explain: Explain | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedWidth(WIDTH)
        self.missing, self.problem = MissingCard(view), ProblemCard(view)
        self.why = WhyCard(view, explain) if explain else None
        self.spread, self.odd = SpreadCard(view), OutlierCard(view)
        cards = [self.missing, self.problem, self.why, self.spread, self.odd]
        self._cards = [card for card in cards if card is not None]
        canvas = QWidget()
        canvas.setObjectName("canvas")
        layout = QVBoxLayout(canvas)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        for card in self._cards:
            layout.addWidget(card)
        layout.addStretch(1)
        self.setWidget(canvas)
        self._later = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._later.timeout.connect(self.refresh)
        view.grid.refreshed.connect(self._soon)
        view.current_moved.connect(self._soon)
        self.refresh()

    def _soon(self, *_: object) -> None:
        # A bound method: it is let go with the panel, while the model lives on.
        self._later.start()

    def refresh(self) -> None:
        for card in self._cards:
            card.refresh()


def _short(model: GradebookModel, area: str, slot: str, otherwise: str) -> str:
    """A column's title inside a sentence: 'Cuối kì' -> 'cuối kì', but 'TX4' stays."""
    if any(column.key == (area, slot) for column in model.columns):
        place = model.column_of((area, slot)) or 0
        title = model.columns[place].title
        return title if title.isupper() or title[1:2].isupper() else title[:1].lower() + title[1:]
    return otherwise
