"""The page of records on a real workspace: lock, what is missing, preview, save, unlock."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.model.gradebook import CellChange
from app.model.signing import SignerRole
from app.practice.setup import PracticePlace
from app.services import Services
from app.transcript import xml_record
from app.ui.dialogs import DialogService
from app.ui.kit.page_view import PageView
from app.ui.pages.records.page import RecordsPage
from app.ui.shell.task_runner import TaskRunner
from tests.ui.practice_school import Copier, sign_all

pytest_plugins = ["tests.ui.practice_services"]


def open_page(
    qtbot: QtBot, made: Services, runner: TaskRunner, dialogs: DialogService
) -> RecordsPage:
    made.workspace.forbid_this_thread()
    page = RecordsPage(made, runner, dialogs)
    qtbot.addWidget(page)
    page.resize(1106, 640)
    page.show()
    page.refresh()
    qtbot.waitUntil(lambda: page.shown is not None and not runner.busy(), timeout=10_000)
    return page


def words_of(page: RecordsPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def settle(qtbot: QtBot, runner: TaskRunner) -> None:
    qtbot.waitUntil(lambda: not runner.busy(), timeout=15_000)


def test_a_complete_class_is_locked_and_shows_the_pages_of_a_record(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    practice_base: PracticePlace,
) -> None:
    page = open_page(qtbot, copy_of(practice_base), runner, dialogs)
    action = page.primary_action
    assert action is not None
    assert action.text == "Khóa sổ lớp 4A"
    action.trigger()
    qtbot.waitUntil(lambda: bool(page.findChildren(PageView)), timeout=15_000)
    assert page.shown is not None
    assert page.shown.locked
    assert len(page.table.rows_shown()) == 32
    assert "Đã khóa, chờ ký" in words_of(page)
    assert page.primary_action is not None
    assert page.primary_action.text == "Sang Ký số"


def test_what_is_missing_comes_first_and_leads_to_its_cell(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    practice_base: PracticePlace,
) -> None:
    made = copy_of(practice_base)
    opened = made.book.open("4A")
    victim = opened.students[20].id
    blanked = [CellChange(k, v, None) for k, v in opened.cells.items() if k.student_id == victim]
    made.book.save("4A", blanked)
    page = open_page(qtbot, made, runner, dialogs)
    first = page.table.rows_shown()[0]
    assert first.student_id == victim
    assert first.blocking
    assert page.primary_action is not None
    assert page.primary_action.text == "Khóa sổ 31 em đã đủ"
    page.lock()
    qtbot.waitUntil(page.notice.isVisible, timeout=10_000)
    settle(qtbot, runner)
    assert "lập 31 học bạ" in words_of(page)
    assert "1 em còn lại khóa sau" in words_of(page)
    assert page.shown is not None
    assert [row.student_id for row in page.shown.open] == [victim]
    assert len(page.shown.locked) == 31
    lead = next(b for b in page.panel.findChildren(QPushButton) if b.text() == "Nhập")
    with qtbot.waitSignal(page.navigate) as asked:
        lead.click()
    assert asked.args is not None
    assert asked.args[0] == "gradebook"
    assert asked.args[1][:2] == ("4A", victim)


def test_a_pupil_is_found_without_diacritics(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    locked_base: PracticePlace,
) -> None:
    page = open_page(qtbot, copy_of(locked_base), runner, dialogs)
    page.filter.setText("lau a my")
    assert [r.full_name for r in page.table.rows_shown()] == ["Lầu A Mỷ"]


def test_nobody_signed_so_the_class_can_be_opened_again(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    locked_base: PracticePlace,
) -> None:
    page = open_page(qtbot, copy_of(locked_base), runner, dialogs)
    page.unlock()
    assert dialogs.current is not None
    dialogs.current.accept()
    qtbot.waitUntil(lambda: page.shown is not None and not page.shown.locked, timeout=10_000)
    assert page.primary_action is not None
    assert page.primary_action.text == "Khóa sổ lớp 4A"


def test_a_signed_class_shows_who_signed_and_offers_no_unlocking(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    locked_base: PracticePlace,
) -> None:
    made = copy_of(locked_base)
    sign_all(made, SignerRole.HOMEROOM)
    page = open_page(qtbot, made, runner, dialogs)
    qtbot.waitUntil(lambda: bool(page.findChildren(PageView)), timeout=15_000)
    shown = words_of(page)
    assert "Giàng A Chu" in shown
    assert "Chờ ký: Hiệu trưởng" in shown
    assert not any(b.isVisible() for b in page.findChildren(QPushButton) if "Mở khóa" in b.text())


def test_records_are_saved_as_the_bytes_that_are_kept(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    locked_base: PracticePlace,
    tmp_path: Path,
) -> None:
    made = copy_of(locked_base)
    kept = {made.records.get(h).xml for h in made.records.heads("4A")}
    page = open_page(qtbot, made, runner, dialogs)
    assert page.shown is not None
    target = tmp_path / "ra"
    target.mkdir()
    page.acts.files.save_to(target, page.shown.rows[:2])
    settle(qtbot, runner)
    files = sorted(target.iterdir())
    assert [f.suffix for f in files] == [".pdf", ".xml"] * 2
    assert all(f.read_bytes() in kept for f in files if f.suffix == ".xml")
    assert all(f.read_bytes().startswith(b"%PDF") for f in files if f.suffix == ".pdf")
    assert "Đã lưu 2 học bạ" in words_of(page)


def test_another_page_can_name_a_record(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    locked_base: PracticePlace,
) -> None:
    made = copy_of(locked_base)
    head = made.records.heads("4A")[17]
    name = xml_record.parse(made.records.get(head).xml).pupil.full_name
    page = open_page(qtbot, made, runner, dialogs)
    page.show_item(head.record_id)
    qtbot.waitUntil(
        lambda: any(v.isVisible() for v in page.findChildren(PageView)) and name in words_of(page),
        timeout=15_000,
    )


def test_one_pupil_alone_is_locked_opened_and_shown_beside_the_others(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    practice_base: PracticePlace,
) -> None:
    made = copy_of(practice_base)
    page = open_page(qtbot, made, runner, dialogs)
    who = page.table.rows_shown()[4]
    acts = page.acts.pupil_menu(page, who).actions()
    assert [act.text() for act in acts] == ["Khóa sổ riêng em này"]
    acts[0].trigger()
    qtbot.waitUntil(lambda: page.shown is not None and bool(page.shown.locked), timeout=15_000)
    assert page.shown is not None
    assert [row.student_id for row in page.shown.locked] == [who.student_id]
    assert page.primary_action is not None
    assert page.primary_action.text == "Khóa sổ 31 em đã đủ"
    assert "1 / 32 em đã khóa" in words_of(page)
    (row,) = page.shown.locked
    acts = page.acts.pupil_menu(page, row).actions()
    next(act for act in acts if act.text() == "Mở khóa riêng em này…").trigger()
    assert dialogs.current is not None
    dialogs.current.accept()
    qtbot.waitUntil(lambda: page.shown is not None and not page.shown.locked, timeout=10_000)
    assert len(page.shown.open) == 32
