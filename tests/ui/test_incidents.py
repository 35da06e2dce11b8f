"""What nobody expected is told calmly, once, and can be handed to whoever helps."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QTimer, qWarning
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app import log
from app.diagnostics import SupportSources
from app.errors import WorkspaceBusy
from app.services import Services
from app.ui.dialogs.incident import IncidentDialog
from app.ui.shell import qt_messages
from app.ui.shell.composition import compose
from app.ui.shell.incidents import IncidentNotice
from app.ui.shell.state_strip import StripPlace
from app.ui.shell.task_runner import Lane, TaskRunner
from app.work import WorkContext
from installer.pictures.screens_pages import settle
from tests.fixtures.faults import child_faults
from tests.ui.school_copies import ReadySchool

pytest_plugins = ["tests.ui.ready_schools"]
PUPIL = "Giàng Thị Páo"


class Unforeseen(Exception):
    pass


@pytest.fixture(autouse=True)
def _recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HOCBA_HOME", str(tmp_path / "home"))
    with log.kept_as("window"):
        yield


def written() -> str:
    return "".join(path.read_text("utf-8") for path in log.files())


@pytest.fixture
def school(tmp_path: Path, empty_base: ReadySchool) -> Iterator[Services]:
    made = empty_base.copy_to(tmp_path)
    yield made
    made.close()


@pytest.fixture
def notice(school: Services, qtbot: QtBot) -> Iterator[IncidentNotice]:
    window = QWidget()
    window.show()
    sources = SupportSources(school.workspace.path, school.workspace)
    made = IncidentNotice(lambda: sources, lambda: window)
    with log.heard_by(made.hear):
        yield made
    made.close()
    qtbot.addWidget(window)


def shown(notice: IncidentNotice, qtbot: QtBot) -> IncidentDialog:
    qtbot.waitUntil(lambda: notice.dialog is not None and notice.dialog.isVisible(), timeout=5000)
    assert notice.dialog is not None
    return notice.dialog


def words(dialog: IncidentDialog) -> str:
    return " ".join(label.text() for label in dialog.findChildren(QLabel))


def fails_unexpectedly(_: WorkContext) -> None:
    raise Unforeseen(PUPIL)


def ignore(_: object) -> None:
    """The page's own words are not what is looked at here."""


def test_an_unexpected_error_in_a_lane_opens_one_calm_dialog(
    notice: IncidentNotice, runner: TaskRunner, qtbot: QtBot
) -> None:
    owner = QObject()
    runner.run(Lane.DATABASE, fails_unexpectedly, owner=owner, failed=ignore)
    dialog = shown(notice, qtbot)
    said = words(dialog)
    assert "Dữ liệu an toàn" in said
    assert "Unforeseen-" in dialog.reference.text()
    assert PUPIL not in said
    assert "Traceback" not in said
    runner.run(Lane.TOKEN, fails_unexpectedly, owner=owner, failed=ignore)
    settle(runner)
    assert notice.dialog is dialog
    dialog.act.click()
    qtbot.waitUntil(lambda: notice.dialog is None, timeout=5000)
    runner.run(Lane.DATABASE, fails_unexpectedly, owner=owner, failed=ignore)
    settle(runner)
    QCoreApplication.processEvents()
    assert notice.dialog is None, "the same fault is told once"


def test_an_expected_error_is_left_to_the_page(
    notice: IncidentNotice, runner: TaskRunner, qtbot: QtBot
) -> None:
    def work(_: WorkContext) -> None:
        raise WorkspaceBusy(PUPIL)

    heard: list[BaseException] = []
    runner.run(Lane.DATABASE, work, owner=notice, failed=heard.append)
    qtbot.waitUntil(lambda: bool(heard), timeout=5000)
    QCoreApplication.processEvents()
    assert notice.dialog is None
    assert "task.failed lane=database work=tests/ui/test_incidents.py:" in written()
    assert "WorkspaceBusy workspace.busy" in written()


def test_a_parsers_panic_reaches_the_page_like_any_error(runner: TaskRunner, qtbot: QtBot) -> None:
    class Panic(BaseException):
        """As a Rust library's, which is no Exception."""

    def work(_: WorkContext) -> None:
        raise Panic(PUPIL)

    owner, heard = QObject(), []
    runner.run(Lane.DATABASE, work, owner=owner, failed=heard.append)
    qtbot.waitUntil(lambda: bool(heard), timeout=5000)
    assert isinstance(heard[0], Panic)
    assert not runner.busy()


def test_an_error_in_the_windows_own_code_is_told_too(notice: IncidentNotice, qtbot: QtBot) -> None:
    def slot() -> None:
        raise Unforeseen(PUPIL)

    QTimer.singleShot(0, notice, slot)
    dialog = shown(notice, qtbot)
    assert "Unforeseen-" in dialog.reference.text()
    assert " slot" in written()
    assert "Páo" not in written()


def test_the_report_can_be_copied_at_once(notice: IncidentNotice, qtbot: QtBot) -> None:
    notice.hear(log.incident("test", Unforeseen(PUPIL)))
    dialog = shown(notice, qtbot)
    dialog.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert "Unforeseen" in copied
    assert "còn trống (MB)" in copied
    assert "Qt: 6" in copied
    assert PUPIL not in copied
    assert "Đã sao chép" in words(dialog)


def test_the_bundle_is_one_file_with_queues_tokens_and_log(
    notice: IncidentNotice, school: Services, qtbot: QtBot, tmp_path: Path
) -> None:
    notice.hear(log.incident("test", Unforeseen(PUPIL)))
    dialog = shown(notice, qtbot)
    target = tmp_path / "goi.zip"
    notice.save_bundle(target)
    assert not dialog.save.isEnabled()
    qtbot.waitUntil(lambda: "Đã lưu “goi.zip”" in words(dialog), timeout=60_000)
    with zipfile.ZipFile(target) as bundle:
        names = bundle.namelist()
        report = json.loads(bundle.read("bao-cao.json"))
    assert {"bao-cao.txt", "bao-cao.json", "log/window.log"} <= set(names)
    assert report["queues"]["enrolled"] is False
    assert report["workspace"]["audit_unbroken"] is True
    assert "drivers" in report["tokens"]
    assert report["incidents"][0]["kinds"] == ["Unforeseen"]
    assert school.workspace.user not in json.dumps(report, ensure_ascii=False)


def test_a_bundle_that_cannot_be_written_is_said_in_words(
    notice: IncidentNotice, qtbot: QtBot, tmp_path: Path
) -> None:
    notice.hear(log.incident("test", Unforeseen()))
    dialog = shown(notice, qtbot)
    notice.save_bundle(tmp_path / "no folder" / "goi.zip")
    qtbot.waitUntil(dialog.save.isEnabled, timeout=60_000)
    assert "Không tìm thấy “goi.zip”" in words(dialog)


def test_a_crash_of_before_is_offered_before_anything_else(
    notice: IncidentNotice, qtbot: QtBot
) -> None:
    command = [sys.executable, "-m", child_faults.__name__, "segfault"]
    root = str(Path(__file__).resolve().parents[2])
    subprocess.run(command, env={**os.environ, "PYTHONPATH": root}, check=False)
    begun: list[int] = []
    notice.offer_found(lambda: begun.append(1))
    dialog = shown(notice, qtbot)
    assert "Lần trước phần mềm bị dừng đột ngột" in words(dialog)
    assert "Segmentation-fault-" in dialog.reference.text()
    QCoreApplication.processEvents()
    assert begun == []
    dialog.act.click()
    qtbot.waitUntil(lambda: begun == [1], timeout=5000)
    notice.offer_found(lambda: begun.append(2))
    qtbot.waitUntil(lambda: begun == [1, 2], timeout=5000)


def test_qt_complains_into_the_log_without_names(capfd: pytest.CaptureFixture[str]) -> None:
    with qt_messages.logged():
        qWarning(f"QFile: cannot open /home/{PUPIL}/diem 8.5.xlsx")
    assert "qt.warning category=default | QFile: cannot open" in written()
    assert "Páo" not in written()
    assert "QFile" not in capfd.readouterr().err


# --- failures that had nobody to hear them ------------------------------------------------------


def damage(services: Services, table: str) -> None:
    """Take a table away, as a failing disk might."""
    services.workspace.here().db.execute(f"ALTER TABLE {table} RENAME TO gone")


def test_a_store_that_cannot_be_read_is_said_in_the_strip(
    school: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    damage(school, "outbox_item")
    window = compose(school, runner)
    qtbot.addWidget(window)
    window.show()
    item = window.strip.item(StripPlace.NETWORK)
    qtbot.waitUntil(lambda: "Chưa xem được" in item.text(), timeout=10_000)
    assert "mã unexpected." in item.toolTip()


def test_a_window_that_crashes_is_found_by_the_next_one(tmp_path: Path, qtbot: QtBot) -> None:
    """A real window in a process of its own, taken down by a signal as by a driver."""
    home = tmp_path / "home"
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": root, "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        [sys.executable, "-m", "app"], env=environment, stderr=subprocess.PIPE
    ) as one:
        qtbot.waitUntil((home / "window.lock").exists, timeout=60_000)
        one.send_signal(signal.SIGSEGV)
        one.wait(30)
    (found,) = log.found_crashes()
    assert found.kinds == ("Segmentation-fault",)
    assert any(step.startswith("app/ui/shell/app.py:") for step in found.where)
