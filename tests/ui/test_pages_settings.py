"""From an empty workspace to a class that can be worked on, by the window alone; and the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.errors import KeyPasswordIncorrect, WorkspaceError, WrongPassphrase
from app.services import Services, open_services
from app.signing.keys.keys import sign_checked
from app.signing.trust.practice_pki import CertificatePurpose, PracticeAuthority
from app.store import Workspace
from app.store.integrity.backups import backups
from app.ui.dialogs import ConfirmDialog, KeyFileDialog
from app.ui.pages.classes.data import teaching
from app.ui.pages.classes.page import ClassesPage
from app.ui.pages.classes.teaching import TeachingForm
from app.ui.pages.settings.backup import BackupPart
from app.ui.pages.settings.keys import KeysPart
from app.ui.pages.settings.page import SettingsPage
from app.ui.pages.settings.parts import SettingsPart
from app.ui.pages.settings.school import SchoolPart
from app.ui.pages.settings.staff import StaffPart
from app.ui.pages.settings.station import StationPart
from app.ui.pages.settings.users import UsersPart
from app.ui.shell.composition import compose
from app.ui.shell.main_window import MainWindow
from app.ui.shell.task_runner import TaskRunner
from installer.pictures.screens_pages import DATA, PASSPHRASE, settle
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


def test_a_centre_of_continuing_education_is_chosen_and_has_its_own_subjects(
    empty: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    window = open_window(empty, runner, qtbot)
    part = open_part(window, runner, SchoolPart)
    part.programme.setCurrentIndex(1)
    fill_school(part, runner)
    staff = open_part(window, runner, StaffPart)
    add_person(staff, runner, "Nguyễn Văn Khải", "principal", "001075000001")
    window.open_page("classes", "import")
    classes = window.page("classes")
    assert isinstance(classes, ClassesPage)
    classes.wizard.read(DATA / "lop-8B.xlsx")
    settle(runner)
    classes.wizard.carry_out()
    settle(runner)
    classes.wizard.closed.emit()
    settle(runner)
    (section,) = [row.section.id for row in classes.classes.rows_shown()]
    window.open_page("gradebook", section)
    settle(runner)
    grid = window.page("gradebook").grid  # type: ignore[attr-defined]
    assert grid.opened.profile.circular == "TT43-2021"
    assert "GDTC" not in {sheet.key for sheet in grid.sheets}


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


def test_a_field_too_narrow_shows_how_its_words_begin(
    empty: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    part = open_part(open_window(empty, runner, qtbot), runner, SchoolPart)
    part.department.setText("Sở Giáo dục và Đào tạo tỉnh Lai Châu, huyện Mường Tè")
    assert part.department.cursorPosition() == 0


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


def _confirm(words: str) -> None:
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ConfirmDialog)
    assert words in "\n".join(label.text() for label in dialog.findChildren(QLabel))
    dialog.accept()


def test_someone_who_left_is_assigned_no_more_and_stays_where_named(
    tmp_path: Path, filled_base: ReadySchool, runner: TaskRunner, qtbot: QtBot
) -> None:
    made = filled_base.copy_to(tmp_path)
    store = made.workspace.here()
    teacher = store.people.section("4A").homeroom_teacher_id
    store.people.replace_assignments("8B", [])
    name = next(p.full_name for p in store.people.staff() if p.id == teacher)
    window = open_window(made, runner, qtbot)
    part = open_part(window, runner, StaffPart)
    part.edit(next(p for p in part.table.rows_shown() if p.id == teacher))
    part.leave.click()
    settle(runner)
    _confirm("Đang được phân công ở lớp 4A")
    settle(runner)
    gone = part.table.rows_shown()[-1]
    assert (gone.full_name, gone.active) == (name, False)
    look = open_services(made.workspace.path, PASSPHRASE)
    assert [p.active for p in teaching(look, "4A").staff if p.id == teacher] == [False]
    assert not [p for p in teaching(look, "8B").staff if p.id == teacher]
    assert look.workspace.here().people.roster("4A").homeroom_teacher.full_name == name
    assert [e.detail for e in look.workspace.here().audit.entries(teacher)] == ["left"]
    look.close()
    part.edit(gone)
    part.leave.click()
    settle(runner)
    assert next(p for p in part.table.rows_shown() if p.id == teacher).active


def test_a_principal_who_left_makes_room_for_the_next(
    empty: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    window = open_window(empty, runner, qtbot)
    part = open_part(window, runner, StaffPart)
    add_person(part, runner, "Nguyễn Văn Khải", "principal", "001075000001")
    part.edit(part.table.rows_shown()[0])
    part.leave.click()
    settle(runner)
    _confirm("vẫn giữ nguyên tên")
    settle(runner)
    add_person(part, runner, "Lò Thị Biên", "principal", "001075000002")
    assert [p.full_name for p in part.table.rows_shown()] == ["Lò Thị Biên", "Nguyễn Văn Khải"]
    part.edit(part.table.rows_shown()[1])
    part.leave.click()
    settle(runner)
    assert "Đã có hiệu trưởng" in part.form._mistakes[part.role].text()


def test_a_user_who_may_no_longer_open_is_removed_and_nobody_removes_himself(
    empty: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    empty.workspace.add_user("Lý Thị Duyên", "ruộng bậc thang 12")
    window = open_window(empty, runner, qtbot)
    part = open_part(window, runner, UsersPart)
    buttons = [b for b in part.names.findChildren(QPushButton) if b.isVisible()]
    assert [b.accessibleName() for b in buttons] == ["Bỏ quyền mở kho của Lý Thị Duyên"]
    buttons[0].click()
    _confirm("bản sao lưu có từ trước")
    settle(runner)
    assert empty.workspace.users() == ["Lò Thị Biên"]
    with pytest.raises(WrongPassphrase):
        Workspace.open(empty.workspace.path, "ruộng bậc thang 12")
    with pytest.raises(WorkspaceError):
        empty.workspace.remove_user("Lò Thị Biên")


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


def test_a_file_that_is_no_driver_is_refused_with_the_reason(
    empty: Services, runner: TaskRunner, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window(empty, runner, qtbot)
    part = open_part(window, runner, KeysPart)
    fake = tmp_path / "driver.so"
    fake.write_bytes(b"not a library")
    part.add_driver(fake)
    settle(runner)
    assert part.banner.isVisible()
    said = " ".join(label.text() for label in part.banner.findChildren(QLabel))
    assert "driver.so" in said
    assert "không phải trình điều khiển" in said
    assert "Chưa thêm nơi nào." in _words(part)


def _password(window: MainWindow, password: str) -> None:
    dialog = window.findChild(KeyFileDialog)
    assert dialog is not None
    dialog.field.setText(password)
    dialog.act.click()


def test_a_soft_certificate_is_added_by_its_password_which_is_not_kept(
    empty: Services, runner: TaskRunner, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window(empty, runner, qtbot)
    part = open_part(window, runner, KeysPart)
    file = tmp_path / "hieu-truong.pfx"
    PracticeAuthority(empty.now()).person("Lò Thị Biên", "011075000001").save_pkcs12(file, "đúng")
    part.ask_password(file)
    _password(window, "sai rồi")
    settle(runner)
    again = window.findChild(KeyFileDialog)
    assert again is not None
    assert again.notice.isVisible(), "asked again, and told why"
    _password(window, "đúng")
    settle(runner)
    (choice,) = part.table.rows_shown()
    assert choice.holder == "Lò Thị Biên"
    assert "Chứng thư mềm hieu-truong.pfx của Lò Thị Biên" in _words(part)
    with choice.open("đúng") as key:
        assert sign_checked(key, b"data")
    with pytest.raises(KeyPasswordIncorrect):
        choice.open("sai rồi")
    part.forget(file)
    settle(runner)
    assert part.table.rows_shown() == []
    assert file.exists()
    runner.shutdown()
    stored = empty.workspace.path.read_bytes()
    assert "đúng".encode() not in stored


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda a, f: a.person("A", valid=_PAST).save_pkcs12(f, "mở"), "đã hết hạn"),
        (
            lambda a, f: a.organisation("A", purpose=CertificatePurpose.DECRYPT).save_pkcs12(
                f, "mở"
            ),
            "không được cấp để ký số",
        ),
        (lambda _, f: f.write_bytes(b"0\x82\x01"), "tệp bị hỏng"),
        (lambda _, f: None, "không còn ở chỗ cũ"),
    ],
    ids=["expired", "key usage", "torn", "gone"],
)
def test_a_soft_certificate_that_cannot_sign_is_refused_with_the_reason(
    empty: Services,
    runner: TaskRunner,
    qtbot: QtBot,
    tmp_path: Path,
    make: Callable[[PracticeAuthority, Path], None],
    words: str,
) -> None:
    window = open_window(empty, runner, qtbot)
    part = open_part(window, runner, KeysPart)
    make(PracticeAuthority(empty.now()), tmp_path / "key.p12")
    part.add_file(tmp_path / "key.p12", "mở")
    settle(runner)
    assert words in " ".join(label.text() for label in part.banner.findChildren(QLabel))
    assert "Chưa thêm nơi nào." in _words(part)


_PAST = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC))


def _words(part: KeysPart) -> str:
    return "\n".join(label.text() for label in part.findChildren(QLabel))
