"""A change of school in the window: out of one school's page, into the other's."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.model.people import ClassSection
from app.practice.school import SCHOOL
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.pages.records.page import RecordsPage
from app.ui.pages.records.transfers.form import ArrivalView, ExportForm, OpenForm
from app.ui.shell.task_runner import TaskRunner
from tests.fixtures.schools.small_school import SmallSchool, small_school

pytest_plugins = ["tests.ui.practice_services"]

SECRET = "chuyển trường 2027"
OTHER = replace(SCHOOL, code="1203456777", name="Trường TH&THCS Mường Tè", tax_code="6200000777")
W = TypeVar("W", bound=QWidget)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallSchool]:
    """One pupil of 8B with an issued record; 4A is still open."""
    school = small_school(tmp_path_factory.mktemp("here"), pupils=1, lock=False)
    school.made.records.lock("8B")
    school.sign_all()
    yield school
    school.made.close()


@pytest.fixture
def there(here: SmallSchool, tmp_path: Path) -> Iterator[SmallSchool]:
    """Another school without pupils, which trusts the same authority."""
    folder = tmp_path / "there"
    folder.mkdir()
    sections = (ClassSection("4D", "2026-2027", 4, "4D", "gv11"),)
    school = small_school(folder, sections, OTHER, pupils=0, lock=False, authority=here.authority)
    yield school
    school.made.close()


@dataclass
class Seat:
    qtbot: QtBot
    runner: TaskRunner
    page: RecordsPage

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: not self.runner.busy(), timeout=20_000)

    def step(self, kind: type[W]) -> W:
        self.settle()
        found = self.page.panel.findChildren(kind)
        assert found, self.words()
        return found[-1]

    def words(self) -> str:
        labels = self.page.findChildren(QLabel)
        return "\n".join(label.text() for label in labels if label.isVisible())


def sit(
    qtbot: QtBot, runner: TaskRunner, dialogs: DialogService, made: Services, section: str
) -> Seat:
    page = RecordsPage(made, runner, dialogs)
    qtbot.addWidget(page)
    page.resize(1106, 640)
    page.show()
    page.show_item(section)
    seat = Seat(qtbot, runner, page)
    qtbot.waitUntil(lambda: page.shown is not None and not runner.busy(), timeout=20_000)
    return seat


def export(seat: Seat, path: Path) -> None:
    assert seat.page.shown is not None
    seat.page.acts.transfer.export(seat.page.shown.rows[0])
    form = seat.step(ExportForm)
    form.first.setText(SECRET)
    form.second.setText(SECRET)
    form.export_wanted.disconnect()  # it would ask where to save
    with seat.qtbot.waitSignal(form.export_wanted) as wanted:
        form.go.click()
    assert wanted.args is not None
    student = seat.page.acts.transfer.face.services.workspace.here().people.student(
        seat.page.shown.rows[0].student_id
    )
    seat.page.acts.transfer.export_to(path, student, tuple(wanted.args), form.banner)
    seat.settle()


def test_a_pupil_leaves_with_a_passphrase_and_arrives_with_every_signature_checked(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    here: SmallSchool,
    there: SmallSchool,
    tmp_path: Path,
) -> None:
    path = tmp_path / "ho-so.hocba-hs"
    old = sit(qtbot, runner, dialogs, here.made, "8B")
    export(old, path)
    assert "Đã lập hồ sơ chuyển trường" in old.words()
    new = sit(qtbot, runner, dialogs, there.made, "4D")
    new.page.acts.transfer.open_file(path)
    form = new.step(OpenForm)
    form.field.setText("sai mật khẩu rồi")
    form.go.click()
    new.settle()
    assert "Không mở được hồ sơ chuyển trường" in new.words()
    form.field.setText(SECRET)
    form.go.click()
    view = new.step(ArrivalView)
    assert "Chữ ký của 1 học bạ đều hợp lệ" in new.words()
    assert view.who.currentText() == "Học sinh mới của trường"
    view.section.setCurrentIndex(view.section.findData("4D"))
    view.go.click()
    new.settle()
    assert "Giữ 1 học bạ" in new.words()
    assert new.page.shown is not None
    assert len(new.page.shown.rows) == 1


def test_an_altered_history_is_refused_and_nothing_is_kept(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    here: SmallSchool,
    there: SmallSchool,
    tmp_path: Path,
) -> None:
    data = here.made.transfer.export_history("8B-1", passphrase=SECRET)
    path = tmp_path / "hong.hocba-hs"
    path.write_bytes(data[:-40] + bytes(40))
    seat = sit(qtbot, runner, dialogs, there.made, "4D")
    seat.page.acts.transfer.open_file(path)
    form = seat.step(OpenForm)
    form.field.setText(SECRET)
    form.go.click()
    seat.settle()
    assert "hồ sơ chuyển trường" in seat.words()
    assert seat.page.panel.findChildren(ArrivalView) == []
    assert there.made.workspace.here().people.students() == []


def test_a_history_sealed_for_this_school_needs_no_passphrase(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    here: SmallSchool,
    there: SmallSchool,
    tmp_path: Path,
) -> None:
    seat = sit(qtbot, runner, dialogs, there.made, "4D")
    seat.page.acts.transfer.save_address_to(tmp_path / "dia-chi.pem")
    seat.settle()
    old = sit(qtbot, runner, dialogs, here.made, "8B")
    student = here.made.workspace.here().people.student("8B-1")
    assert old.page.shown is not None
    old.page.acts.transfer.export(old.page.shown.rows[0])
    form = old.step(ExportForm)
    path = tmp_path / "ho-so.hocba-hs"
    secret = ("", (tmp_path / "dia-chi.pem").read_bytes())
    old.page.acts.transfer.export_to(path, student, secret, form.banner)
    old.settle()
    seat.page.acts.transfer.open_file(path)
    assert "Chữ ký của 1 học bạ đều hợp lệ" in "\n".join(
        label.text() for label in seat.step(ArrivalView).findChildren(QLabel)
    )


def test_extract_and_reports_are_written_for_issued_records(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    here: SmallSchool,
    tmp_path: Path,
) -> None:
    seat = sit(qtbot, runner, dialogs, here.made, "8B")
    shown = seat.page.shown
    assert shown is not None
    seat.page.acts.transfer.extract_to(tmp_path / "trich-luc.zip", shown.rows[0])
    seat.settle()
    with zipfile.ZipFile(tmp_path / "trich-luc.zip") as archive:
        assert json.loads(archive.read("ket-qua-kiem-tra.json"))["valid"] is True
        assert "hoc-ba.xml" in archive.namelist()
    for name in ("bao-cao.json", "bao-cao.xlsx"):
        seat.page.acts.transfer.report_to(tmp_path / name, shown)
        seat.settle()
    assert json.loads((tmp_path / "bao-cao.json").read_bytes())
    assert (tmp_path / "bao-cao.xlsx").read_bytes().startswith(b"PK")
    assert "Đã xuất báo cáo 1 học bạ lớp 8B" in seat.words()
