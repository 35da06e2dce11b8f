"""The window on a real workspace: pages, strip, daily copy, a second window, closing."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QLockFile
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.clock import VIETNAM
from app.errors import DiskFull
from app.model.gradebook import CellChange, CellKey
from app.services import Services
from app.store import Workspace
from app.store.integrity.backups import backups, restore
from app.ui.opening.first_run import RecoveryCard
from app.ui.opening.real import RealSession
from app.ui.pages.classes.page import ClassesPage
from app.ui.pages.gradebook.page import GradebookPage
from app.ui.pages.settings.backup import BackupPart
from app.ui.pages.settings.page import SettingsPage
from app.ui.shell.composition import compose
from app.ui.shell.main_window import MainWindow
from app.ui.shell.state_strip import StripPlace
from app.ui.shell.task_runner import Lane, TaskRunner
from app.work import WorkContext
from installer.pictures.screens_pages import PASSPHRASE, new_school, settle
from tests.fixtures.outcomes import must_not_fail
from tests.ui.school_copies import ReadySchool

pytest_plugins = ["tests.ui.ready_schools"]


@pytest.fixture
def school(tmp_path: Path, empty_base: ReadySchool) -> Iterator[Services]:
    made = empty_base.copy_to(tmp_path)
    yield made
    made.close()


@pytest.fixture
def window(school: Services, runner: TaskRunner, qtbot: QtBot) -> MainWindow:
    made = compose(school, runner)
    qtbot.addWidget(made)
    made.show()
    return made


def test_every_page_opens_on_an_empty_workspace_without_an_error(
    window: MainWindow, runner: TaskRunner
) -> None:
    for key in list(window._pages):
        window.open_page(key)
        settle(runner)
        assert not window.errors.isVisible(), key


def test_sql_on_the_gui_thread_is_refused_once_the_window_is_there(
    window: MainWindow, school: Services
) -> None:
    with pytest.raises(RuntimeError, match="GUI thread"):
        school.workspace.here()


def test_the_first_start_of_a_day_makes_a_copy_and_says_so(
    window: MainWindow, runner: TaskRunner, school: Services, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: len(backups(school.workspace.path)) == 1, timeout=5000)
    item = window.strip._items[StripPlace.BACKUP]
    qtbot.waitUntil(lambda: "Sao lưu hôm nay" in item.text(), timeout=5000)
    assert school.workspace.user in window.strip._items[StripPlace.WHO].text()


def test_the_strip_does_not_say_saved_while_an_edit_waits(window: MainWindow, qtbot: QtBot) -> None:
    item = window.strip._items[StripPlace.SAVED]
    qtbot.waitUntil(lambda: "Đã lưu" in item.text(), timeout=5000)
    page = window.page("gradebook")
    assert isinstance(page, GradebookPage)
    key = CellKey("nobody", "TOAN", "s1.final")
    page.saver.keep("no class", [CellChange(key, None, "5")])
    qtbot.waitUntil(lambda: "Chưa lưu 1 thay đổi" in item.text(), timeout=5000)


def test_closing_while_work_runs_asks_first_and_then_stops_the_work(
    window: MainWindow, runner: TaskRunner, qtbot: QtBot
) -> None:
    began, stopped = threading.Event(), threading.Event()

    def work(context: WorkContext) -> None:
        began.set()
        while not context.cancel.cancelled:
            stopped.wait(0.01)
        stopped.set()

    runner.run(Lane.TOKEN, work, owner=window, failed=must_not_fail, title="Ký 41 học bạ")
    assert began.wait(5)
    assert not window.close()
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    dialog.accept()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=5000)
    assert stopped.is_set()


def test_a_wrong_passphrase_is_said_and_asked_again(tmp_path: Path, qtbot: QtBot) -> None:
    new_school(tmp_path).close()
    session = RealSession(tmp_path / "school.hocba")
    session.start()
    session._open("sai mật khẩu rồi")
    qtbot.waitUntil(lambda: len(session.dialogs._waiting) == 1, timeout=10_000)
    assert "chưa đúng" in session.dialogs._waiting[0][0].notice.accessibleName()  # type: ignore[attr-defined]
    session.opening.close()
    session.close()


def test_a_damaged_workspace_offers_its_copies_and_opens_from_one(
    tmp_path: Path, empty_base: ReadySchool, qtbot: QtBot
) -> None:
    made = empty_base.copy_to(tmp_path)
    made.workspace.here().settings.set("mark", "còn đây")
    copy = made.workspace.back_up()
    made.close()
    path = tmp_path / "school.hocba"
    path.write_bytes(b"\0" * 8192)
    session = RealSession(path)
    session._open(PASSPHRASE)
    qtbot.waitUntil(
        lambda: any(
            "Khôi phục bản" in b.accessibleName() for b in session.opening.findChildren(QWidget)
        ),
        timeout=10_000,
    )
    session.close()
    aside = restore(path, copy)
    again = Workspace.open(path, PASSPHRASE)
    assert again.here().settings.get("mark") == "còn đây"
    again.close()
    assert (aside / "school.hocba").read_bytes() == b"\0" * 8192


def test_a_person_goes_back_to_a_copy_by_choice_and_nothing_is_lost(
    tmp_path: Path, empty_base: ReadySchool, qtbot: QtBot
) -> None:
    made = empty_base.copy_to(tmp_path)
    made.workspace.here().settings.set("mark", "trước")
    copy = made.workspace.back_up(datetime(2026, 11, 1, 8, 30, tzinfo=VIETNAM))
    made.workspace.here().settings.set("mark", "sau")
    made.close()
    path = tmp_path / "school.hocba"
    session = RealSession(path)
    session._open(PASSPHRASE)
    qtbot.waitUntil(lambda: session.window is not None, timeout=10_000)
    assert session.window is not None
    settle(session.runner)
    session.window.open_page("settings", BackupPart.name)
    settle(session.runner)
    page = session.window.page("settings")
    assert isinstance(page, SettingsPage)
    part = page.part(BackupPart)
    assert isinstance(part, BackupPart)
    rows = part.table.rows_shown()
    part.table.view.selectRow(next(i for i, r in enumerate(rows) if r.path == copy))
    part.go_back.click()
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    dialog.accept()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: session.window is None or not session.window.isVisible())
    session.close()
    assert (session.again, session.to_restore) == (True, copy)
    second = RealSession(path, restore_first=session.to_restore)
    second.start()
    qtbot.waitUntil(lambda: second.dialogs.current is not None, timeout=10_000)
    second._open(PASSPHRASE)
    qtbot.waitUntil(lambda: second.window is not None, timeout=10_000)
    second.close()
    again = Workspace.open(path, PASSPHRASE)
    assert again.here().settings.get("mark") == "trước"
    assert [e.act for e in again.here().audit.entries(copy.name)] == ["restore"]
    again.close()
    (aside,) = (tmp_path / "backups").glob("replaced-*")
    kept = Workspace.open(aside / "school.hocba", PASSPHRASE)
    assert kept.here().settings.get("mark") == "sau"
    kept.close()


def test_a_copy_that_does_not_fit_on_the_disk_changes_nothing(
    tmp_path: Path, empty_base: ReadySchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = empty_base.copy_to(tmp_path)
    made.workspace.here().settings.set("mark", "sau")
    copy = made.workspace.back_up()
    made.close()
    path = tmp_path / "school.hocba"

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull):
        restore(path, copy)
    monkeypatch.undo()
    assert sorted(p.name for p in tmp_path.glob("school.hocba*")) == [
        "school.hocba",
        "school.hocba.keys",
    ]
    again = Workspace.open(path, PASSPHRASE)
    assert again.here().settings.get("mark") == "sau"
    again.close()


def test_the_way_in_opens_only_when_the_recovery_key_is_noted(
    qapp: QApplication, tmp_path: Path, qtbot: QtBot
) -> None:
    card = RecoveryCard("ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ23-4567")
    qtbot.addWidget(card)
    assert not card.go_on.isEnabled()
    card.save_to(tmp_path / "khoa.txt")
    assert "ABCD-EFGH" in (tmp_path / "khoa.txt").read_text("utf-8")
    card.box.setChecked(True)
    with qtbot.waitSignal(card.noted):
        card.go_on.click()


def test_a_first_run_makes_a_workspace_that_the_recovery_key_opens(
    tmp_path: Path, qtbot: QtBot
) -> None:
    session = RealSession(tmp_path / "school.hocba")
    session.start()
    session._create(PASSPHRASE, "Lý Thị Duyên")
    qtbot.waitUntil(lambda: bool(session.opening.findChildren(RecoveryCard)), timeout=10_000)
    recovery = session.opening.findChildren(RecoveryCard)[0]._recovery
    session.opening.close()
    session.close()
    opened = Workspace.open(tmp_path / "school.hocba", recovery.lower())
    assert opened.users() == ["Lý Thị Duyên"]
    fresh = opened.renew_recovery_key()
    opened.close()
    assert fresh != recovery
    Workspace.open(tmp_path / "school.hocba", fresh).close()


def test_a_second_window_on_the_same_data_is_refused_politely(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    import app.ui.shell.app as program

    held = QLockFile(str(tmp_path / "window.lock"))
    assert held.tryLock(100)
    session = RealSession(tmp_path / "school.hocba")
    monkeypatch.setattr(qapp, "exec", lambda: 0, raising=False)
    assert program._run(qapp, session, tmp_path / "window.lock") == 1
    words = [w.accessibleName() for w in session.opening.findChildren(QWidget)]
    assert any("cửa sổ khác" in each for each in words)
    assert not (tmp_path / "school.hocba").exists()
    held.unlock()


def test_the_import_begins_with_the_focus_on_choosing_a_file(
    window: MainWindow, runner: TaskRunner
) -> None:
    window.open_page("classes")
    settle(runner)
    page = window.page("classes")
    assert isinstance(page, ClassesPage)
    window.title_row.action.setFocus()
    window.title_row.action.click()
    assert page.importing
    assert window.focusWidget() is page.wizard.choice.pick
