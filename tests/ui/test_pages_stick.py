"""The two buttons of the outbox for a stick, against the real station's desk."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.department.store.folder import load_folder
from app.practice.setup import PracticePlace
from app.ui.dialogs import DialogService
from app.ui.pages.outbox.page import OutboxPage
from app.ui.shell.task_runner import TaskRunner
from tests.fixtures.faults.disks import small_disk
from tests.fixtures.stations.sticks import take_all
from tests.ui.practice_school import Copier
from tests.ui.test_pages_outbox import open_page, settle, station_of, words_of

pytest_plugins = ["tests.ui.practice_services"]


def choose(qtbot: QtBot, page: OutboxPage, folder: Path) -> None:
    """What a person does in the window that asks for a folder."""
    chooser = page.stick.findChild(QFileDialog)
    assert isinstance(chooser, QFileDialog)
    chooser.fileSelected.emit(str(folder))
    chooser.reject()
    qtbot.waitUntil(lambda: not page.stick.working, timeout=60_000)


def test_a_class_goes_by_stick_and_its_receipts_come_by_stick(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    issued_base: PracticePlace,
    tmp_path: Path,
) -> None:
    made = copy_of(issued_base)
    with station_of(made):
        pass  # enrolled; from here on there is no network
    page, _ = open_page(qtbot, made, runner, dialogs)
    assert page.stick.copy.isEnabled()
    page.stick.copy.click()
    with qtbot.waitSignal(page.stick.started):
        choose(qtbot, page, tmp_path)
    settle(qtbot, runner)
    assert "Có thể rút USB: 1 gói, 32 học bạ." in words_of(page)
    (row,) = page.look.rows
    assert row.detail.startswith("đã chép ra USB lúc")
    assert row.detail.endswith("chờ biên nhận")
    assert "32 học bạ đã chép ra USB" in words_of(page)
    assert page.primary_action is not None
    assert page.primary_action.text == "Gửi 32 học bạ"
    page.send()  # in vain; what the stick said is no longer the news
    assert "Có thể rút USB" not in words_of(page)
    settle(qtbot, runner)
    place = PracticePlace(made.workspace.path.parent)
    take_all(load_folder(place.station), tmp_path)
    page.stick.choices.actions()[0].trigger()
    choose(qtbot, page, tmp_path)
    settle(qtbot, runner)
    assert [row.words for row in page.look.rows] == ["Đã kiểm tra"]
    assert "32 học bạ đã được Sở kiểm tra" in words_of(page)
    assert not page.stick.copy.isEnabled()
    (receipts,) = tmp_path.rglob("*.hbr")
    page.stick.choices.actions()[1].trigger()
    chooser = page.stick.findChild(QFileDialog)
    assert isinstance(chooser, QFileDialog)
    assert "*.hbr" in chooser.nameFilters()[0]
    chooser.filesSelected.emit([str(receipts)])
    chooser.reject()
    settle(qtbot, runner)
    assert f"{receipts.name}: đã nhận từ trước" in words_of(page)


def test_a_full_stick_and_an_empty_one_are_told_apart_and_nothing_is_lost(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    issued_base: PracticePlace,
    tmp_path: Path,
) -> None:
    made = copy_of(issued_base)
    with station_of(made):
        pass
    page, _ = open_page(qtbot, made, runner, dialogs)
    with small_disk(tmp_path / "usb", 8192) as medium:
        page.stick.copy_to(medium)
        qtbot.waitUntil(lambda: not page.stick.working, timeout=60_000)
    settle(qtbot, runner)
    assert "USB không còn chỗ." in words_of(page)
    assert "Có thể rút USB" not in words_of(page)
    assert page.look.waiting == 32
    assert page.look.copied == 0
    page.stick.take_from(tmp_path)
    qtbot.waitUntil(lambda: not page.stick.working, timeout=60_000)
    assert "Không có tệp biên nhận" in words_of(page)


def test_a_forged_receipt_is_refused_by_the_name_of_its_file(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    issued_base: PracticePlace,
    tmp_path: Path,
) -> None:
    made = copy_of(issued_base)
    with station_of(made):
        pass
    page, _ = open_page(qtbot, made, runner, dialogs)
    (tmp_path / "la.hbr").write_bytes(b"HOCBA-RECEIPTS 1 1\nabc.def.ghi\n")
    page.stick.take_from(tmp_path)
    qtbot.waitUntil(lambda: not page.stick.working, timeout=60_000)
    assert "la.hbr: 1 biên nhận không có chữ ký của Sở đã đăng ký" in words_of(page)
    assert page.look.waiting == 32
