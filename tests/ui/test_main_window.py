"""The frame: where am I, what waits, and nothing that needs a horizontal scroll bar."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.errors import NetworkDown
from app.ui.shell.main_window import MainWindow
from app.ui.shell.page import Badge, Page, PrimaryAction
from app.ui.shell.sidebar import NARROW, WIDE
from app.ui.shell.state_strip import StripPlace
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text.messages import explain
from app.ui.theme.theme import Tone
from installer.pictures.screens import gallery_pages, gallery_window
from tests.fixtures.outcomes import must_not_fail


class _Counted(Page):
    key, title, icon = "counted", "Lớp học", "class"

    def __init__(self) -> None:
        super().__init__()
        self.refreshed = 0
        self.shown: object = None
        self.locked = 0
        self.word = "Khóa sổ"
        self.enabled = True

    @property
    def primary_action(self) -> PrimaryAction:
        return PrimaryAction(self.word, "lock", self._lock, self.enabled)

    def refresh(self) -> None:
        self.refreshed += 1

    def show_item(self, item: object) -> None:
        self.shown = item

    def _lock(self) -> None:
        self.locked += 1


@pytest.fixture
def counted(qapp: QApplication) -> _Counted:
    return _Counted()


@pytest.fixture
def window(qtbot: QtBot, runner: TaskRunner, counted: _Counted) -> MainWindow:
    made = MainWindow([*gallery_pages(), counted], runner, school="Trường Pa Vệ Sử")
    qtbot.addWidget(made)
    made.resize(1366, 768)
    made.show()
    qtbot.waitExposed(made)
    return made


def _nav(window: MainWindow, title: str) -> QPushButton:
    buttons = window.sidebar.findChildren(QPushButton, "nav")
    return next(b for b in buttons if b.accessibleName().startswith(title))


def test_a_click_in_the_sidebar_opens_the_page_and_lets_it_load(
    qtbot: QtBot, window: MainWindow, counted: _Counted
) -> None:
    buttons = window.sidebar.findChildren(QPushButton, "nav")
    last = [b for b in buttons if b.accessibleName() == "Lớp học"][-1]
    qtbot.mouseClick(last, Qt.MouseButton.LeftButton)
    assert window.current is counted
    assert counted.refreshed == 1
    assert last.isChecked()


def test_the_title_row_triggers_the_pages_one_act(
    qtbot: QtBot, window: MainWindow, counted: _Counted
) -> None:
    window.open_page("counted")
    qtbot.mouseClick(window.title_row.action, Qt.MouseButton.LeftButton)
    assert counted.locked == 1
    counted.word = "Mở khóa"
    counted.heading_changed.emit()
    assert window.title_row.action.text().strip() == "Mở khóa"


def test_a_page_can_lead_to_another_and_name_what_to_show(
    window: MainWindow, counted: _Counted
) -> None:
    window.current.navigate.emit("counted", "8B")
    assert window.current is counted
    assert counted.shown == "8B"


def test_the_sidebar_says_how_much_waits(window: MainWindow) -> None:
    window.page("signing").badge_changed.emit(Badge(41))
    button = _nav(window, "Ký số")
    assert button.accessibleName() == "Ký số, 41 việc đang chờ"
    assert button.findChild(QLabel, "badge").isVisible()
    window.page("signing").badge_changed.emit(Badge(0))
    assert not button.findChild(QLabel, "badge").isVisible()


def test_the_sidebar_shrinks_when_the_window_is_small_or_by_its_button(
    qtbot: QtBot, window: MainWindow
) -> None:
    assert window.sidebar.width() == WIDE
    window.resize(1024, 700)
    qtbot.waitUntil(lambda: window.sidebar.width() == NARROW)
    assert _nav(window, "Trang chủ").toolTip() == "Trang chủ"
    qtbot.mouseClick(_nav(window, "Mở rộng thanh bên"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.sidebar.width() == WIDE)


def test_no_page_needs_a_horizontal_scroll_bar_on_a_small_laptop(
    qtbot: QtBot, runner: TaskRunner
) -> None:
    window = gallery_window(runner, practice=True)
    qtbot.addWidget(window)
    window.resize(1366, 768)
    window.show()
    qtbot.waitExposed(window)
    for page in gallery_pages():
        window.open_page(page.key)
        QApplication.processEvents()
        area = window.page(page.key).parentWidget().parentWidget()
        assert not area.horizontalScrollBar().isVisible(), page.key  # type: ignore[attr-defined]


def test_ctrl_k_goes_to_the_search(qtbot: QtBot, window: MainWindow) -> None:
    heard: list[str] = []
    window.searched.connect(heard.append)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(window.title_row.search.hasFocus)
    qtbot.keyClicks(window.title_row.search, "phan")
    qtbot.keyClick(window.title_row.search, Qt.Key.Key_Return)
    assert heard == ["phan"]


def test_the_practice_ribbon_is_in_sight_in_practice_only(
    qtbot: QtBot, runner: TaskRunner, window: MainWindow
) -> None:
    assert window.findChild(QWidget, "ribbon") is None
    practice = gallery_window(runner, practice=True)
    qtbot.addWidget(practice)
    practice.show()
    ribbon = practice.findChild(QWidget, "ribbon")
    assert ribbon.isVisible()
    assert "không có giá trị pháp lý" in ribbon.accessibleName()


def test_the_side_panel_opens_over_the_page_and_escape_gives_the_focus_back(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.activateWindow()
    window.title_row.search.setFocus()
    qtbot.waitUntil(window.title_row.search.hasFocus)
    window.current.panel_wanted.emit(QLabel("Vì sao 6,2"), "Vì sao 6,2?")
    assert window.panel.isVisible()
    assert not window.panel.geometry().intersects(window.title_row.geometry())
    qtbot.keyClick(window.panel, Qt.Key.Key_Escape)
    assert not window.panel.isVisible()
    qtbot.waitUntil(window.title_row.search.hasFocus)


def test_the_strip_says_the_state_in_words(window: MainWindow) -> None:
    window.show_state(StripPlace.SAVED, "Đã lưu 10:42", Tone.DONE)
    item = next(
        b for b in window.strip.findChildren(QPushButton) if b.accessibleName() == "Đã lưu 10:42"
    )
    assert item.isVisible()
    assert not item.icon().isNull()
    window.show_state(StripPlace.SAVED, "")
    assert not item.isVisible()


def test_on_a_short_strip_the_key_gives_way_and_its_icon_stays(
    qtbot: QtBot, window: MainWindow
) -> None:
    said = "Chứng thư mềm: Phạm Thị Hoa TH&THCS · còn hạn đến 11/2029"
    window.show_state(StripPlace.SAVED, "Đã lưu 10:42", Tone.DONE)
    window.show_state(StripPlace.TOKEN, said)
    window.show_state(StripPlace.NETWORK, "73 học bạ chờ gửi")
    window.show_state(StripPlace.BACKUP, "Sao lưu hôm nay 09:56")
    items = window.strip.findChildren(QPushButton)
    key = next(b for b in items if b.accessibleName() == said)
    window.resize(1366, 768)
    qtbot.waitUntil(lambda: key.text().endswith("11/2029"))
    window.resize(880, 512)
    qtbot.waitUntil(lambda: key.text().endswith("…"))
    assert key.toolTip() == said
    assert all(b.width() >= b.sizeHint().width() for b in items if b.isVisible() and b is not key)
    window.resize(1366, 768)
    qtbot.waitUntil(lambda: key.text().strip() == said.replace("&", "&&"))


def test_an_error_is_told_above_the_page_with_one_button(qtbot: QtBot, window: MainWindow) -> None:
    pressed: list[int] = []
    window.errors.show_message(explain(NetworkDown()), lambda: pressed.append(1))
    assert window.errors.isVisible()
    assert window.errors.action.text() == "Gửi lại"
    qtbot.mouseClick(window.errors.action, Qt.MouseButton.LeftButton)
    assert pressed == [1]
    window.open_page("outbox")
    assert not window.errors.isVisible()


def test_everything_one_can_press_or_fill_in_has_a_name(window: MainWindow) -> None:
    for key in ("home", "signing", "outbox", "classes"):
        window.open_page(key)
        for item in window.findChildren(QAbstractButton):
            if item.isVisible() and type(item) in (QPushButton, QToolButton, QCheckBox):
                assert (item.accessibleName() or item.text()).strip(), item
        for field in window.findChildren(QLineEdit):
            assert field.accessibleName(), field


def test_closing_stops_the_work_first(qtbot: QtBot, qapp: QApplication, counted: _Counted) -> None:
    runner, told = TaskRunner(), []
    window = MainWindow([counted], runner, before_close=lambda: told.append(runner.busy()))
    qtbot.addWidget(window)
    window.show()
    runner.run(
        Lane.TOKEN, lambda c: c.cancel.wait(30), owner=window, failed=must_not_fail, title="Ký"
    )
    assert window.close()
    assert told == [False]


def test_ctrl_and_a_number_open_a_page_whether_the_sidebar_is_wide_or_narrow(
    qtbot: QtBot, window: MainWindow
) -> None:
    first, second = window.sidebar.findChildren(QPushButton, "nav")[:2]
    for narrow in (True, False):
        window.sidebar.shrink(narrow)
        assert first.shortcut().toString() == "Ctrl+1"
        assert second.shortcut().toString() == "Ctrl+2"


def test_tab_reaches_the_page_before_the_strip(window: MainWindow) -> None:
    chain, here = [], window.title_row.search.nextInFocusChain()
    while here is not window.title_row.search:
        chain.append(here)
        here = here.nextInFocusChain()
    assert chain.index(window.current) < chain.index(window.strip)


def test_the_frame_fits_a_small_laptop_at_150_percent(window: MainWindow) -> None:
    window.resize(910, 470)
    assert (window.width(), window.height()) == (910, 470)


def test_enter_presses_the_button_that_has_the_focus(
    qtbot: QtBot, window: MainWindow, counted: _Counted
) -> None:
    window.open_page("counted")
    qtbot.keyClick(window.title_row.action, Qt.Key.Key_Return)
    assert counted.locked == 1


def test_while_the_act_runs_the_focus_waits_on_the_page_and_then_comes_back(
    qtbot: QtBot, window: MainWindow, counted: _Counted
) -> None:
    window.open_page("counted")
    action = window.title_row.action
    action.setFocus()
    counted.enabled = False
    counted.heading_changed.emit()
    assert window.focusWidget() is counted
    counted.enabled = True
    counted.heading_changed.emit()
    assert window.focusWidget() is action
