"""The pages that check tokens and signed files."""

from __future__ import annotations

import subprocess
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.model.signing import SignerRole
from app.practice.setup import PracticePlace
from app.ui.dialogs import DialogService
from app.ui.kit.printing import a4_printer
from app.ui.pages.doctor.page import DoctorPage
from app.ui.pages.verify.page import VerifyPage
from app.ui.shell.task_runner import TaskRunner
from app.ui.theme.theme import Tone
from tests.fixtures.schools.small_school import SECTIONS, enrol, small_school
from tests.ui.practice_school import Copier, sign_all

pytest_plugins = ["tests.ui.practice_services"]


def _drop(page: VerifyPage, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    page.dropEvent(
        QDropEvent(
            QPoint(5, 5),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )


def _text_of(pdf: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True)
    return done.stdout.decode()


def test_a_dropped_folder_is_checked_and_the_result_can_be_printed(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    locked_base: PracticePlace,
    tmp_path: Path,
) -> None:
    made = copy_of(locked_base)
    sign_all(made, SignerRole.HOMEROOM)
    store = made.workspace.here().transcripts
    folder = tmp_path / "files"
    folder.mkdir()
    for head in store.heads("4A")[:2]:
        (folder / f"{head.record_id}.xml").write_bytes(store.get(head.record_id, 1).xml)
    (folder / "torn.xml").write_bytes(b"<HOC_BA")
    page = VerifyPage(made, runner, dialogs)
    qtbot.addWidget(page)
    assert page.summary.isHidden()  # nothing is said of files before there are any
    _drop(page, folder)
    qtbot.waitUntil(lambda: len(page.table.rows_shown()) == 3, timeout=15_000)
    assert not page.summary.isHidden()
    assert all(r.tone is Tone.DECIDE for r in page.table.rows_shown())
    shown = "\n".join("\n".join(r.lines) for r in page.table.rows_shown())
    assert "Còn thiếu chữ ký: Hiệu trưởng" in shown
    assert "hợp lệ, chưa kiểm tra trực tuyến" in shown
    page.save_evidence(tmp_path / "evidence.pdf")
    qtbot.waitUntil((tmp_path / "evidence.pdf").exists, timeout=15_000)
    words = _text_of(tmp_path / "evidence.pdf")
    assert "Còn thiếu chữ ký: Hiệu trưởng" in words
    assert "3 mục: 0 đạt, 3 không đạt" in words


def test_a_parcel_of_this_machine_is_told_from_its_records(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    tmp_path: Path,
) -> None:
    (tmp_path / "school").mkdir()
    school = small_school(tmp_path / "school", SECTIONS[:1])
    made = school.made
    enrol(school, tmp_path / "station")
    school.sign_all()
    (sha,) = made.delivery.enqueue(made.delivery.ready())
    file = tmp_path / "lop.hbx"
    file.write_bytes(made.delivery.outbox.payload(sha))
    torn = tmp_path / "rach.hbx"
    torn.write_bytes(file.read_bytes()[:-100])
    page = VerifyPage(made, runner, dialogs)
    qtbot.addWidget(page)
    page.check([file, torn])
    qtbot.waitUntil(lambda: len(page.table.rows_shown()) == 4, timeout=15_000)
    shown = [(r.name, r.verdict) for r in page.table.rows_shown()]
    assert shown[:2] == [("rach.hbx", "Không đạt"), ("lop.hbx", "Đạt")]
    assert sorted(shown[2:]) == [
        ("lop.hbx › Vàng Thị Sáy 1", "Đạt"),
        ("lop.hbx › Vàng Thị Sáy 2", "Đạt"),
    ]
    assert "chưa chép hết" in page.details.toPlainText()
    printer = a4_printer()
    printer.setOutputFileName(str(tmp_path / "printed.pdf"))
    page.print_on(printer)
    qtbot.waitUntil(lambda: "máy in" in page.summary.accessibleName(), timeout=15_000)
    runner.shutdown()
    made.close()


def test_a_long_check_is_stopped_where_one_asks_for_it(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    practice_base: PracticePlace,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(3_000):
        (folder / f"{number}.xml").write_bytes(b"<HOC_BA/>")
    page = VerifyPage(copy_of(practice_base), runner, dialogs)
    qtbot.addWidget(page)
    page.check([folder])
    qtbot.waitUntil(lambda: any(t.progress and t.progress.done for t in runner.running()))
    assert page.primary_action.text == "Dừng"
    page.primary_action.trigger()
    qtbot.waitUntil(lambda: page.primary_action.text == "Chọn tệp", timeout=15_000)
    assert "Đã dừng" in page.summary.accessibleName()
    assert page.table.rows_shown() == []


def test_the_token_page_says_the_next_step_and_copies_a_report(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    practice_base: PracticePlace,
) -> None:
    page = DoctorPage(copy_of(practice_base), runner, dialogs)
    qtbot.addWidget(page)
    page.look()
    assert not page.primary_action.enabled
    qtbot.waitUntil(page.copy.isEnabled, timeout=30_000)
    page.copy.click()
    said = QApplication.clipboard().text()
    assert said.startswith("Hocba ")
    assert "Bước tiếp theo: " in said
    # The tokens that this workspace signs with are looked at, not only what is installed.
    assert "libsofthsm2" in said
    assert "Nguyễn Văn Khải" in "\n".join(label.text() for label in page.findChildren(QLabel))
