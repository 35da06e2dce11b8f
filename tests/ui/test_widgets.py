"""Widgets say their state in words, work by keyboard and find without diacritics."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from app.ui.kit import (
    BarChart,
    Column,
    CountTile,
    DataTable,
    EmptyState,
    PinField,
    ProgressRow,
    StateChip,
    Step,
    StepStrip,
    button,
    text,
)
from app.ui.theme import theme
from app.ui.theme.theme import Tone


@dataclass(frozen=True)
class _Pupil:
    name: str
    given: str
    state: Tone = Tone.WAITS


PUPILS = [_Pupil("Vàng Thị Đạt", "dat"), _Pupil("Lò Văn Ún", "un"), _Pupil("Pờ Go Xừ", "xu")]


@pytest.fixture
def table(qtbot: QtBot) -> DataTable:
    made = DataTable(
        "Học sinh",
        (
            Column("Họ và tên", lambda p: p.name, order=lambda p: p.given),
            Column("Trạng thái", lambda p: "Chờ ký", 140, chip=lambda p: p.state),
        ),
        EmptyState("class", "Chưa có học sinh"),
    )
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    return made


def test_an_empty_table_says_what_belongs_there(table: DataTable) -> None:
    assert not table.view.isVisible()
    table.show_rows(PUPILS)
    assert table.view.isVisible()


def test_a_table_finds_without_diacritics(table: DataTable) -> None:
    table.show_rows(PUPILS)
    table.find_rows("dat")
    assert table.rows_shown() == [PUPILS[0]]
    table.find_rows("")
    assert table.rows_shown() == PUPILS


def test_a_table_sorts_by_its_key_and_hands_out_the_row(qtbot: QtBot, table: DataTable) -> None:
    chosen: list[object] = []
    table.selected.connect(chosen.append)
    table.show_rows(PUPILS)
    table.view.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert table.rows_shown() == PUPILS[::-1]
    table.view.selectRow(0)
    assert chosen[-1] is PUPILS[2]


def test_a_table_draws_states_as_chips_in_rows_one_can_hit(table: DataTable) -> None:
    table.show_rows(PUPILS)
    assert table.view.rowHeight(0) >= 28
    cell = table.view.visualRect(table.view.model().index(0, 1))
    image = table.view.viewport().grab(cell).toImage()
    wanted = QColor(theme.colors().waits_soft)
    colors = {image.pixelColor(x, image.height() // 2).name() for x in range(image.width())}
    assert wanted.name() in colors


def test_a_chip_is_icon_word_and_colour(qtbot: QtBot) -> None:
    chip = StateChip("Chờ gửi", Tone.WAITS)
    qtbot.addWidget(chip)
    icon, word = chip.findChildren(QLabel)
    assert not icon.pixmap().isNull()
    assert word.text() == chip.accessibleName() == "Chờ gửi"
    chip.show_state("Đã gửi", Tone.DONE)
    assert chip.property("tone") == "done"
    assert chip.accessibleName() == "Đã gửi"


def test_nothing_to_count_is_no_alarm(qtbot: QtBot) -> None:
    tile = CountTile("Bị trả lại", Tone.DECIDE)
    qtbot.addWidget(tile)
    figure = tile.findChildren(QLabel)[0]
    tile.show_count(1234, "cần xem")
    assert (figure.text(), figure.property("tone")) == ("1.234", "decide")
    tile.show_count(0)
    assert figure.property("tone") == "neutral"


def test_a_full_bar_is_green_and_one_before_is_amber(qtbot: QtBot) -> None:
    bar = ProgressRow("Toán")
    qtbot.addWidget(bar)
    bar.show_share(39, 41)
    assert bar.bar.property("tone") == "waits"
    assert bar.bar.accessibleName() == "Toán: 39 / 41"
    bar.show_share(41, 41)
    assert bar.bar.property("tone") == "done"
    bar.show_share(0, 0)
    assert bar.bar.property("tone") == "waits"


def test_steps_can_be_read_aloud_and_shown_again(qtbot: QtBot) -> None:
    strip = StepStrip()
    qtbot.addWidget(strip)
    strip.show_steps(
        [Step("grid", "Nhập điểm", "39 / 41", Tone.WAITS), Step("lock", "Khóa sổ", "chưa")]
    )
    assert strip.accessibleName() == "Nhập điểm: 39 / 41; Khóa sổ: chưa"
    strip.show_steps([Step("grid", "Nhập điểm", "41 / 41", Tone.DONE)])
    assert strip.accessibleName() == "Nhập điểm: 41 / 41"


def test_a_revealed_pin_hides_when_one_leaves_the_field(qtbot: QtBot) -> None:
    field = PinField()
    qtbot.addWidget(field)
    field.show()
    field.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.actions()[0].trigger()
    assert field.echoMode() == QLineEdit.EchoMode.Normal
    field.clearFocus()
    assert field.echoMode() == QLineEdit.EchoMode.Password


def test_a_name_is_never_markup(qtbot: QtBot) -> None:
    label = text("<b>Ún</b> & bạn")
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    pressed = button("Trường TH&THCS", "check")
    qtbot.addWidget(pressed)
    assert "&&" in pressed.text()
    assert pressed.accessibleName() == "Trường TH&THCS"


def test_a_chart_tells_its_numbers_without_being_seen(qtbot: QtBot) -> None:
    chart = BarChart("Phân bố giữa kì")
    qtbot.addWidget(chart)
    chart.resize(300, 120)
    chart.show_bars([("5", 2), ("6", 7)])
    assert chart.accessibleName() == "Phân bố giữa kì. 5: 2, 6: 7"
    image = chart.grab().toImage()
    bar = QColor(theme.colors().done_bar).name()
    column = [image.pixelColor(225, y).name() for y in range(image.height())]
    assert column.count(bar) > 60


def test_a_narrow_table_leaves_out_spare_columns_so_that_names_stay_readable(qtbot: QtBot) -> None:
    columns = (
        Column("Họ và tên", str),
        Column("Giới", str, 60),
        Column("Dân tộc", str, 100, spare=True),
        Column("Điểm trường", str, 100, spare=True),
    )
    table = DataTable("Học sinh", columns, EmptyState("class", "Chưa có học sinh"))
    qtbot.addWidget(table)
    table.show_rows(["Lầu A Mỷ"])
    table.show()
    for width, hidden in ((600, []), (400, [3]), (260, [2, 3]), (600, [])):
        table.resize(width, 300)
        qtbot.waitUntil(lambda width=width: table.width() == width)
        assert [c for c in range(4) if table.view.isColumnHidden(c)] == hidden
