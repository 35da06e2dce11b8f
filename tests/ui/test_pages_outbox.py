"""The page of the outbox against the real station: sent means that there is a receipt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.model.delivery import Receipt, ReceiptStage
from app.practice.setup import PracticePlace, start_station
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.pages.outbox.page import OutboxPage
from app.ui.shell.page import Badge
from app.ui.shell.task_runner import TaskRunner
from app.ui.theme.theme import Tone
from tests.ui.practice_school import Copier

RETURNED_AT = "2027-05-29T09:41:00+07:00"
pytest_plugins = ["tests.ui.practice_services"]


def open_page(
    qtbot: QtBot, made: Services, runner: TaskRunner, dialogs: DialogService
) -> tuple[OutboxPage, list[Badge]]:
    made.workspace.forbid_this_thread()
    page = OutboxPage(made, runner, dialogs)
    badges: list[Badge] = []
    page.badge_changed.connect(badges.append)
    qtbot.addWidget(page)
    page.resize(1106, 640)
    page.show()
    page.refresh()
    settle(qtbot, runner)
    return page, badges


def settle(qtbot: QtBot, runner: TaskRunner) -> None:
    qtbot.waitUntil(lambda: not runner.busy(), timeout=60_000)


def words_of(page: OutboxPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


@contextmanager
def station_of(made: Services) -> Iterator[None]:
    """A running station of this test's own, beside the copy; the machine is enrolled with it."""
    place = PracticePlace(made.workspace.path.parent)
    station = start_station(made, place)
    try:
        yield
    finally:
        station.stop()


def test_an_unenrolled_machine_says_what_to_do_and_sends_nothing(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    issued_base: PracticePlace,
) -> None:
    page, badges = open_page(qtbot, copy_of(issued_base), runner, dialogs)
    assert "Máy này chưa đăng ký" in words_of(page)
    assert badges[-1].count == 32
    action = page.primary_action
    assert action is not None
    with qtbot.waitSignal(page.navigate) as asked:
        action.trigger()
    assert asked.args is not None
    assert asked.args[0] == "settings"


def test_sent_records_have_receipts_that_can_be_seen(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    issued_base: PracticePlace,
) -> None:
    made = copy_of(issued_base)
    class_heads = made.records.heads()
    with station_of(made):
        page, badges = open_page(qtbot, made, runner, dialogs)
        action = page.primary_action
        assert action is not None
        assert action.text == "Gửi 32 học bạ"
        action.trigger()
        assert page.primary_action is not None
        assert page.primary_action.text == "Dừng gửi"
        settle(qtbot, runner)
    assert not page.banner.isVisible()
    assert [row.words for row in page.look.rows] == ["Đã kiểm tra"]
    assert "Có thể rút mạng ngay." in words_of(page)
    assert badges[-1].count == 0
    show = next(b for b in page.findChildren(QPushButton) if b.text() == "Xem biên nhận")
    with qtbot.waitSignal(page.panel_wanted) as asked:
        show.click()
    assert asked.args is not None
    sheet = asked.args[0]
    told = [label.text() for label in sheet.findChildren(QLabel)]
    assert told.count("Sở đã kiểm tra") == 32
    shown = [word for word in told if word in page.look.names.values()]
    assert shown == [head.full_name for head in class_heads]  # as the class book has them


def test_a_returned_record_shows_the_reason_and_opens_for_correction(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    issued_base: PracticePlace,
) -> None:
    made = copy_of(issued_base)
    with station_of(made):
        made.delivery.enqueue(made.delivery.ready())
    item = made.delivery.outbox.items()[0]
    word = Receipt(item.key, ReceiptStage.RETURNED, "Sở", RETURNED_AT, "jws", "Sai ngày sinh.")
    made.delivery.outbox.acknowledge([word])
    page, badges = open_page(qtbot, made, runner, dialogs)
    first = page.look.rows[0]
    assert (first.words, first.detail) == ("Bị trả lại", "Sai ngày sinh.")
    assert badges[-1] == Badge(1, Tone.DECIDE)
    mend = next(b for b in page.findChildren(QPushButton) if b.text() == "Mở để đính chính")
    with qtbot.waitSignal(page.navigate) as asked:
        mend.click()
    assert asked.args == ["records", item.key.record_id]


def test_a_low_window_gives_its_height_to_the_rows(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    issued_base: PracticePlace,
) -> None:
    page, _ = open_page(qtbot, copy_of(issued_base), runner, dialogs)
    high = page.waiting.height()
    page.resize(820, 420)
    qtbot.waitUntil(lambda: page.waiting.height() < high, timeout=10_000)
    low = page.waiting.height()
    assert high - low >= 20
    assert "Chờ gửi" in words_of(page)
    assert page.minimumSizeHint().width() <= 820
    page.resize(1106, 640)
    qtbot.waitUntil(lambda: page.waiting.height() == high, timeout=10_000)


def test_a_parcel_that_was_set_aside_is_one_row_with_the_reason_in_words(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    issued_base: PracticePlace,
) -> None:
    made = copy_of(issued_base)
    with station_of(made):
        made.delivery.enqueue(made.delivery.ready())
    outbox = made.delivery.outbox
    outbox.set_aside(outbox.due()[0], "parcel.tampered")
    page, _ = open_page(qtbot, made, runner, dialogs)
    (row,) = page.look.rows
    assert (row.words, row.what) == ("Để riêng", "32 học bạ")
    assert "gói dữ liệu đã bị thay đổi" in row.detail
    assert "parcel." not in row.detail
    assert "bấm Gửi lại" in words_of(page)
    again = next(b for b in page.findChildren(QPushButton) if b.text() == "Gửi lại")
    again.click()
    settle(qtbot, runner)
    assert [row.words for row in page.look.rows] == ["Chờ gửi"]
    assert page.look.waiting == 32


def test_a_station_that_is_down_loses_nothing_and_is_tried_again(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    issued_base: PracticePlace,
) -> None:
    made = copy_of(issued_base)
    with station_of(made):
        pass  # enrolled, then gone
    page, _ = open_page(qtbot, made, runner, dialogs)
    page.send()
    settle(qtbot, runner)
    assert page.banner.isVisible()
    assert "trạm nhận của Sở không trả lời" in words_of(page)
    assert page.look.waiting == 32
    assert page.primary_action is not None
    assert page.primary_action.text == "Thử gửi lại 32 học bạ"


def test_a_contact_is_used_for_evidence_too_which_stops_nothing(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    issued_base: PracticePlace,
) -> None:
    made = copy_of(issued_base)
    made.evidence.use_stamping(["http://127.0.0.1:9/nobody-answers"])
    with station_of(made):
        page, badges = open_page(qtbot, made, runner, dialogs)
        page.send()
        settle(qtbot, runner)
    assert badges[-1].count == 0
    assert not page.banner.isVisible()
    state = page.evidence.state
    assert state is not None
    assert state.last is not None
    assert (state.last.proven, state.waiting) == (0, 32)
    assert list(state.last.problems) == ["http://127.0.0.1:9/nobody-answers"]
