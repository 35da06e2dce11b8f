"""From an empty workspace to a class that can be worked on, by the window alone; and the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from pytestqt.qtbot import QtBot

from app.services import Services
from app.signing.registered_keys import RegisteredKeys
from app.store import Workspace
from app.store.backups import backups
from app.ui.composition import compose
from app.ui.main_window import MainWindow
from app.ui.pages.classes_details import TeachingForm
from app.ui.pages.classes_page import ClassesPage
from app.ui.pages.settings_backup import BackupPart
from app.ui.pages.settings_keys import KeysPart, Places
from app.ui.pages.settings_page import SettingsPage
from app.ui.pages.settings_parts import SettingsPart
from app.ui.pages.settings_school import SchoolPart
from app.ui.pages.settings_staff import StaffPart
from app.ui.pages.settings_station import StationPart
from app.ui.pages.settings_users import UsersPart
from app.ui.task_runner import TaskRunner
from tests.support.screens_pages import DATA, settle
from tests.ui.school_copies import ReadySchool

P = TypeVar("P", bound=SettingsPart)


pytest_plugins = ["tests.ui.ready_schools"]


@pytest.fixture
def empty(tmp_path: Path, empty_base: ReadySchool) -> Iterator[Services]:
    made = empty_base.copy_to(tmp_path)
    yield made
    made.close()


def open_window(school: Services, runner: TaskRunner, qtbot: QtBot) -> MainWindow:
    window = compose(school, runner)
    qtbot.addWidget(window)
    window.show()
    settle(runner)
    return window


def open_part(window: MainWindow, runner: TaskRunner, kind: type[P]) -> P:
    window.open_page("settings", kind.name)
    settle(runner)
    page = window.page("settings")
    assert isinstance(page, SettingsPage)
    found = page.current
    assert isinstance(found, kind)
    return found


def fill_school(part: SchoolPart, runner: TaskRunner) -> None:
    part.full_name.setText("Trường PTDTBT TH&THCS Pa Vệ Sử")
    part.code.setText("1203456001")
    part.tax_code.setText("6200000000")
    part.province.setCurrentIndex(part.province.findData("12"))
    part.commune.setText("Pa Vệ Sử")
    part.save.click()
    settle(runner)


def add_person(part: StaffPart, runner: TaskRunner, name: str, role: str, number: str) -> None:
    part.full_name.setText(name)
    part.role.setCurrentIndex(part.role.findData(role))
    part.personal_id.setText(number)
    part.save.click()
    settle(runner)


def test_an_empty_workspace_becomes_a_class_ready_for_marks_by_the_window_alone(
    empty: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    window = open_window(empty, runner, qtbot)
    fill_school(open_part(window, runner, SchoolPart), runner)
    staff = open_part(window, runner, StaffPart)
    add_person(staff, runner, "Nguyễn Văn Khải", "principal", "001075000001")
    add_person(staff, runner, "Giàng A Chu", "teacher", "012085000011")
    assert [row.full_name for row in staff.table.rows_shown()] == ["Nguyễn Văn Khải", "Giàng A Chu"]
    window.open_page("classes", "import")
    classes = window.page("classes")
    assert isinstance(classes, ClassesPage)
    classes.wizard.read(DATA / "lop-4A.xlsx")
    settle(runner)
    classes.wizard.carry_out()
    settle(runner)
    classes.wizard.closed.emit()
    settle(runner)
    classes.assign.click()
    settle(runner)
    form = window.panel.findChild(TeachingForm)
    assert form is not None
    form.homeroom.setCurrentIndex(form.homeroom.findText("Giàng A Chu · Giáo viên"))
    form.save.click()
    settle(runner)
    assert [row.homeroom for row in classes.classes.rows_shown()] == ["Giàng A Chu"]
    window.open_page("home")
    settle(runner)
    runner.shutdown()
    path = empty.workspace.path
    empty.close()
    again = Workspace.open(path, "bốn con trâu xanh")
    section = again.here().people.sections()[0]
    roster = again.here().people.roster(section.id)
    again.close()
    assert roster.school.department_name == "Sở Giáo dục và Đào tạo Lai Châu"
    assert (roster.principal.full_name, len(roster.pupils)) == ("Nguyễn Văn Khải", 32)
    assert roster.homeroom_teacher.personal_id == "012085000011"


def test_mistakes_are_said_where_they_are_and_nothing_is_saved(
    empty: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    window = open_window(empty, runner, qtbot)
    part = open_part(window, runner, SchoolPart)
    part.full_name.setText("Trường A")
    part.tax_code.setText("12")
    part.save.click()
    settle(runner)
    said = [label.text() for label in part.form._mistakes.values() if label.isVisible()]
    assert "Cần mã trường." in said
    assert "Cần 10 hoặc 13 chữ số, hoặc để trống." in said
    station = open_part(window, runner, StationPart)
    assert not station.save_request.isEnabled(), "there is no school to enrol yet"


def test_two_principals_and_an_id_twice_are_refused(
    empty: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    window = open_window(empty, runner, qtbot)
    part = open_part(window, runner, StaffPart)
    add_person(part, runner, "Nguyễn Văn Khải", "principal", "001075000001")
    add_person(part, runner, "Lò Thị Biên", "principal", "001075000001")
    assert len(part.table.rows_shown()) == 1
    assert "Đã có hiệu trưởng" in part.form._mistakes[part.role].text()
    assert "người khác" in part.form._mistakes[part.personal_id].text()


def test_a_second_person_gets_a_passphrase_that_opens_the_workspace(
    empty: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    window = open_window(empty, runner, qtbot)
    part = open_part(window, runner, UsersPart)
    part.user.setText("Lý Thị Duyên")
    part.first.setText("ngắn")
    part.second.setText("ngắn")
    part.save.click()
    settle(runner)
    assert empty.workspace.users() == ["Lò Thị Biên"]
    part.first.setText("ruộng bậc thang 12")
    part.second.setText("ruộng bậc thang 12")
    part.save.click()
    settle(runner)
    opened = Workspace.open(empty.workspace.path, "ruộng bậc thang 12")
    assert opened.user == "Lý Thị Duyên"
    opened.close()
    assert part.first.text() == ""


def test_a_copy_is_made_on_request_and_listed(
    empty: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    window = open_window(empty, runner, qtbot)
    part = open_part(window, runner, BackupPart)
    part.make.click()
    settle(runner)
    assert len(part.table.rows_shown()) == len(backups(empty.workspace.path)) >= 1


def test_the_request_is_written_and_a_forged_answer_is_refused(
    tmp_path: Path, filled_base: ReadySchool, runner: TaskRunner, qtbot: QtBot
) -> None:
    made = filled_base.copy_to(tmp_path)
    window = open_window(made, runner, qtbot)
    part = open_part(window, runner, StationPart)
    part.write_request(tmp_path / "de-nghi.json")
    settle(runner)
    assert b"hocba-enrolment-request" in (tmp_path / "de-nghi.json").read_bytes()
    forged = tmp_path / "tra-loi.jws"
    forged.write_bytes(b"eyJhbGciOiJub25lIn0.e30.")
    part.read_answer(forged)
    settle(runner)
    assert part.banner.isVisible()
    assert part.fingerprint.text() == "Có sau bước 2"
    runner.shutdown()
    made.close()


def test_a_file_that_is_no_driver_is_refused_and_a_folder_is_remembered(
    empty: Services, runner: TaskRunner, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window(empty, runner, qtbot)
    part = open_part(window, runner, KeysPart)
    fake = tmp_path / "driver.so"
    fake.write_bytes(b"not a library")
    part.register(Places([fake], []))
    settle(runner)
    assert part.banner.isVisible()
    part.register(Places([], [tmp_path]))
    settle(runner)
    runner.shutdown()
    path = empty.workspace.path
    empty.close()
    again = Workspace.open(path, "bốn con trâu xanh")
    keys = RegisteredKeys(again)
    assert (keys.drivers(), keys.folders()) == ([], [tmp_path])
    again.close()
