"""Every step of the import wizard, on real files and a real workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook as ExcelBook
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.model.gradebook import CellChange, CellKey
from app.model.people import PupilLock
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.pages.classes.importing.result import ImportResultCard, ImportUndoneCard
from app.ui.pages.classes.importing.source import saved_mappings
from app.ui.pages.classes.importing.wizard import ImportPlace
from app.ui.pages.classes.page import ClassesPage
from app.ui.shell.task_runner import TaskRunner
from installer.pictures.screens_pages import DATA, settle
from tests.fixtures.schools.sheet_files import HEADER, pupil, write_roster, write_sheet
from tests.ui.school_copies import ReadySchool

pytest_plugins = ["tests.ui.ready_schools"]
YEAR = "2026-2027"
ODD = ("Số", "Mã căn", "Em nào", "Chào đời", "Phái", "DT", "Chỗ ngồi")
"""Captions that nobody can guess all of."""
SIBLING = pupil(number=2, pid="010317398056", name="Giàng Thị Súa", sex="Nữ")


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, empty_base: ReadySchool) -> Iterator[Services]:
    made = empty_base.copy_to(tmp_path_factory.mktemp("school"))
    made.workspace.back_up()
    yield made
    made.close()


@pytest.fixture
def page(school: Services, runner: TaskRunner, qtbot: QtBot) -> Iterator[ClassesPage]:
    """The wizard on a workspace that is emptied again."""
    window = QWidget()
    qtbot.addWidget(window)
    made = ClassesPage(school, runner, DialogService(window))
    qtbot.addWidget(made)
    made.resize(1100, 640)
    made.show()
    made.refresh()
    settle(runner)
    made.begin_import()
    yield made
    settle(runner)
    db = school.workspace.here().db
    with school.workspace.here().write():
        for table in (
            "gradebook_note",
            "gradebook_cell",
            "pupil_lock",
            "enrollment",
            "class_section",
            "student",
        ):
            db.execute(f"DELETE FROM {table}")
    school.workspace.here().settings.set("roster_mappings", [])


@pytest.fixture
def take_in(page: ClassesPage, runner: TaskRunner, tmp_path: Path) -> Callable[..., None]:
    def act(*rows: tuple[object, ...]) -> None:
        page.wizard.begin()
        page.wizard.read(write_roster(tmp_path / "ds.xlsx", *rows))
        settle(runner)
        page.wizard.carry_out()
        settle(runner)
        assert step_of(page) is ImportPlace.RESULT

    return act


def classes_of(school: Services) -> dict[str, list[str]]:
    people = school.workspace.here().people
    return {
        each.name: [s.full_name for e, s in people.enrollments(each.id) if e.status.present]
        for each in people.sections()
    }


def choose(page: ClassesPage, column: int, field: str) -> None:
    box = page.wizard.columns.boxes[column]
    box.setCurrentIndex(box.findData(field))
    box.activated.emit(box.currentIndex())


def choose_row(page: ClassesPage, number: int) -> None:
    box = page.wizard.columns.header_row
    box.setCurrentIndex(box.findData(number))
    box.activated.emit(box.currentIndex())


def press(widget: QWidget, words: str) -> None:
    found = [b for b in widget.findChildren(QPushButton) if words in b.text() and b.isVisible()]
    assert len(found) == 1, [b.text() for b in widget.findChildren(QPushButton)]
    found[0].click()


def odd_sheet(path: Path) -> Path:
    return write_sheet(path, [("Trường Pa Vệ Sử",), ODD, pupil(), SIBLING])


def step_of(page: ClassesPage) -> ImportPlace:
    return page.wizard.step


def can_go_on(page: ClassesPage) -> bool:
    return page.wizard.can_preview


def test_unknown_captions_lead_to_choosing_columns_and_are_remembered(
    page: ClassesPage, school: Services, runner: TaskRunner, tmp_path: Path
) -> None:
    wizard, columns = page.wizard, page.wizard.columns
    wizard.read(odd_sheet(tmp_path / "la.xlsx"))
    settle(runner)
    assert step_of(page) is ImportPlace.COLUMNS
    assert not can_go_on(page)
    choose_row(page, 2)
    for column, field in ((1, "personal_id"), (2, "full_name"), (3, "birth_date")):
        choose(page, column, field)
    assert "Lớp" in columns.notice.accessibleName()
    choose(page, 6, "class_name")
    assert can_go_on(page)
    columns.remember.setChecked(True)
    assert not can_go_on(page), "a name is needed"
    columns.name.setText("Mẫu của trường")
    action = page.primary_action
    assert action is not None
    action.trigger()
    settle(runner)
    assert wizard.preview is not None
    assert [p.student.full_name for p in wizard.preview.added] == ["Lầu A Mỷ", "Giàng Thị Súa"]
    assert [m.name for m in saved_mappings(school)] == ["Mẫu của trường"]
    wizard.begin()
    wizard.read(odd_sheet(tmp_path / "lan-sau.xlsx"))
    settle(runner)
    assert step_of(page) is ImportPlace.PREVIEW, "the same captions are known now"
    assert "Mẫu của trường" in wizard.shown._summary.accessibleName()
    wizard.choose_columns()
    columns.forget.click()
    settle(runner)
    assert saved_mappings(school) == []
    wizard.begin()
    wizard.read(odd_sheet(tmp_path / "lan-ba.xlsx"))
    settle(runner)
    assert step_of(page) is ImportPlace.COLUMNS


def test_a_sheet_without_any_header_is_read_by_column(
    page: ClassesPage, runner: TaskRunner, tmp_path: Path
) -> None:
    wizard = page.wizard
    wizard.read(write_sheet(tmp_path / "tran.xlsx", [pupil(), SIBLING]))
    settle(runner)
    assert step_of(page) is ImportPlace.COLUMNS
    choose_row(page, 0)
    for column, field in ((2, "full_name"), (3, "birth_date"), (4, "sex")):
        choose(page, column, field)
    assert not wizard.columns.remember.isEnabled()
    wizard.columns.class_name.setText("4A")
    assert wizard.can_preview
    wizard.read_chosen()
    settle(runner)
    assert wizard.preview is not None
    assert wizard.preview.plan.classes == {"4A": 2}


def test_a_field_belongs_to_one_column_and_two_alike_are_asked_about(
    page: ClassesPage, runner: TaskRunner, tmp_path: Path
) -> None:
    wizard = page.wizard
    rows = [(*HEADER, "Họ và tên"), (*pupil(), "Lầu A Páo"), (*SIBLING, "Giàng A Súa")]
    wizard.read(write_sheet(tmp_path / "hai.xlsx", rows))
    settle(runner)
    assert step_of(page) is ImportPlace.COLUMNS, "nobody can tell which of the two names counts"
    choose(page, 7, "full_name")
    assert wizard.columns.boxes[2].currentData() == ""
    wizard.read_chosen()
    settle(runner)
    assert wizard.preview is not None
    assert [p.student.full_name for p in wizard.preview.added] == ["Lầu A Páo", "Giàng A Súa"]


def test_several_sheets_of_one_book_are_read_and_one_can_be_left_out(
    page: ClassesPage, runner: TaskRunner, tmp_path: Path
) -> None:
    book = ExcelBook()
    book.remove(book.worksheets[0])
    for name, row in (("4A", pupil()), ("4B", SIBLING)):
        sheet = book.create_sheet(name)
        sheet.append([f"Danh sách lớp {name}"])
        sheet.append(list(ODD[:6]))
        sheet.append(list(row[:6]))
    book.save(tmp_path / "nhieu.xlsx")
    wizard, columns = page.wizard, page.wizard.columns
    wizard.read(tmp_path / "nhieu.xlsx")
    settle(runner)
    assert step_of(page) is ImportPlace.COLUMNS
    choose_row(page, 2)
    for column, field in ((1, "personal_id"), (2, "full_name"), (3, "birth_date")):
        choose(page, column, field)
    wizard.read_chosen()
    settle(runner)
    assert wizard.preview is not None
    assert wizard.preview.plan.classes == {"4A": 1, "4B": 1}, "what was said holds for its like"
    wizard.choose_columns()
    columns.sheet.setCurrentIndex(1)
    columns.sheet.activated.emit(1)
    columns.read_sheet.click()
    wizard.read_chosen()
    settle(runner)
    assert wizard.preview.plan.classes == {"4A": 1}


def test_a_wrong_value_is_refused_in_place_and_a_good_one_is_the_answer(
    page: ClassesPage, runner: TaskRunner, tmp_path: Path
) -> None:
    wizard, answer = page.wizard, page.wizard.shown.answer
    wizard.read(write_roster(tmp_path / "ds.xlsx", pupil(pid="12"), SIBLING))
    settle(runner)
    assert answer.isVisible()
    assert answer.editor is not None
    answer.editor.setText("123")  # type: ignore[union-attr]
    press(answer, "Dùng giá trị này")
    assert answer.wrong.text() == "Cần đúng 12 chữ số."
    answer.editor.setText("010 217 398 055")  # type: ignore[union-attr]
    press(answer, "Dùng giá trị này")
    settle(runner)
    assert wizard.preview is not None
    assert wizard.preview.added[0].student.personal_id == "010217398055"
    assert wizard.preview.open_questions == 0
    press(answer, "Hỏi lại")
    settle(runner)
    assert wizard.preview.open_questions == 1
    press(answer, "Không nhập dòng này")
    settle(runner)
    assert [p.student.full_name for p in wizard.preview.added] == ["Giàng Thị Súa"]


def test_all_suggestions_of_a_kind_are_taken_at_once(
    page: ClassesPage, runner: TaskRunner, tmp_path: Path
) -> None:
    wizard = page.wizard
    loud = (pupil(name="LẦU A MỶ"), pupil(number=2, pid="010317398056", name="GIÀNG THỊ SÚA"))
    wizard.read(write_roster(tmp_path / "ds.xlsx", *loud))
    settle(runner)
    names = [q for q in wizard.preview.questions if q.field == "full_name"]  # type: ignore[union-attr]
    assert len(names) == 2
    wizard.shown.answer.show_question(names[0], wizard.preview)
    settle(runner)
    press(wizard.shown.answer, "Nhận cả 2 gợi ý")
    settle(runner)
    added = wizard.preview.added  # type: ignore[union-attr]
    assert [p.student.full_name for p in added] == ["Lầu A Mỷ", "Giàng Thị Súa"]


def test_one_pupil_or_two_is_answered_by_people(
    page: ClassesPage,
    runner: TaskRunner,
    tmp_path: Path,
    take_in: Callable[..., None],
    school: Services,
) -> None:
    take_in(pupil(pid=""))
    wizard = page.wizard
    wizard.begin()
    wizard.read(write_roster(tmp_path / "lai.xlsx", pupil()))
    settle(runner)
    assert wizard.preview is not None
    assert wizard.preview.pupils == 0, "nothing is done before the answer"
    press(wizard.shown.answer, "Hai em khác nhau")
    settle(runner)
    assert len(wizard.preview.added) == 1
    press(wizard.shown.answer, "Hỏi lại")
    settle(runner)
    press(wizard.shown.answer, "Cùng một em")
    settle(runner)
    assert (len(wizard.preview.added), len(wizard.preview.changed)) == (0, 1)
    wizard.carry_out()
    settle(runner)
    assert classes_of(school) == {"4A": ["Lầu A Mỷ"]}


def test_moves_and_those_not_in_the_sheet_are_shown_before_anything_is_done(
    page: ClassesPage,
    runner: TaskRunner,
    tmp_path: Path,
    take_in: Callable[..., None],
    school: Services,
) -> None:
    other = pupil(number=3, pid="010217398057", name="Sùng A Chớ")
    take_in(pupil(), SIBLING, other)
    wizard = page.wizard
    wizard.begin()
    rows = (pupil(cls="4B"), other)
    wizard.read(write_roster(tmp_path / "lai.xlsx", *rows))
    settle(runner)
    shown = wizard.shown.tables
    assert [m.from_names for m in shown["moved"].rows_shown()] == [("4A",)]
    missing = [m.student.full_name for m in shown["missing"].rows_shown()]
    assert missing == ["Giàng Thị Súa"]
    wizard.carry_out()
    settle(runner)
    assert classes_of(school) == {"4A": ["Giàng Thị Súa", "Sùng A Chớ"], "4B": ["Lầu A Mỷ"]}
    page.wizard._result.undo.click()  # type: ignore[attr-defined]
    settle(runner)
    assert isinstance(wizard._result, ImportUndoneCard)
    assert sorted(classes_of(school)["4A"]) == ["Giàng Thị Súa", "Lầu A Mỷ", "Sùng A Chớ"]
    assert "4B" not in classes_of(school)


def test_a_locked_pupil_is_named_before_the_import_and_stays(
    page: ClassesPage,
    runner: TaskRunner,
    tmp_path: Path,
    take_in: Callable[..., None],
    school: Services,
) -> None:
    take_in(pupil())
    store = school.workspace.here()
    locks = [PupilLock(s.id, "2027-05-20", "Lò Thị Biên", "") for s in store.people.students()]
    store.locks.close(f"{YEAR}/4A", locks)
    wizard = page.wizard
    wizard.begin()
    wizard.read(write_roster(tmp_path / "lai.xlsx", pupil(cls="4B"), pupil(**{
        "number": 2, "pid": "010317398056", "name": "Giàng Thị Súa", "cls": "4C"})))  # fmt: skip
    settle(runner)
    assert wizard.preview is not None
    assert wizard.preview.pupils == 1
    assert "đã khóa" in wizard.shown.tables["refused"].rows_shown()[0].reason
    wizard.carry_out()
    settle(runner)
    assert classes_of(school) == {"4A": ["Lầu A Mỷ"], "4C": ["Giàng Thị Súa"]}


def test_an_import_is_not_taken_back_over_later_work(
    page: ClassesPage, runner: TaskRunner, take_in: Callable[..., None], school: Services
) -> None:
    take_in(pupil())
    store = school.workspace.here()
    student = store.people.students()[0]
    change = CellChange(CellKey(student.id, "TOAN", "end1.test"), None, "8")
    store.gradebook.save(f"{YEAR}/4A", [change])
    assert isinstance(page.wizard._result, ImportResultCard)
    page.wizard._result.undo.click()
    settle(runner)
    assert "không quay lại được" in page.wizard.banner.accessibleName()
    assert classes_of(school) == {"4A": ["Lầu A Mỷ"]}


def test_a_file_dropped_on_the_list_of_classes_is_read(
    page: ClassesPage, runner: TaskRunner, tmp_path: Path
) -> None:
    page._leave_import()
    settle(runner)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(write_roster(tmp_path / "ds.xlsx", pupil())))])
    page.dropEvent(
        QDropEvent(
            QPointF(5, 5),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    settle(runner)
    assert page.importing
    assert step_of(page) is ImportPlace.PREVIEW


def test_reading_can_be_stopped_and_begins_anew(page: ClassesPage, runner: TaskRunner) -> None:
    wizard = page.wizard
    wizard.read(DATA / "toan-truong-csdl.xlsx")
    assert wizard.choice.stop.isVisible()
    wizard.choice.stop.click()
    settle(runner)
    assert step_of(page) is ImportPlace.FILE
    assert wizard.preview is None
    assert not wizard.banner.isVisible(), "stopping is no mistake"
    assert wizard.choice.pick.isVisible()
