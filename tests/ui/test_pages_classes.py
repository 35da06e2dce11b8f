"""Classes and the import of sheets, on real workspaces and real files."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.model.people import TeachingAssignment
from app.roster.names import sort_key
from app.services import Services
from app.ui.kit.table import ROW_ROLE
from app.ui.pages.classes.details import PupilForm
from app.ui.pages.classes.importing.data import answered
from app.ui.pages.classes.importing.wizard import ImportPlace
from app.ui.pages.classes.page import ClassesPage
from app.ui.pages.classes.teaching import TeachingForm
from app.ui.shell.composition import compose
from app.ui.shell.main_window import MainWindow
from app.ui.shell.task_runner import Lane, TaskRunner
from installer.pictures.screens_pages import DATA, settle
from tests.fixtures.outcomes import must_not_fail
from tests.ui.school_copies import ReadySchool

pytest_plugins = ["tests.ui.ready_schools"]


@pytest.fixture
def school(tmp_path: Path, filled_base: ReadySchool) -> Iterator[Services]:
    made = filled_base.copy_to(tmp_path)
    yield made
    made.close()


def open_page(school: Services, runner: TaskRunner, qtbot: QtBot) -> tuple[MainWindow, ClassesPage]:
    window = compose(school, runner)
    qtbot.addWidget(window)
    window.show()
    window.open_page("classes")
    settle(runner)
    page = window.page("classes")
    assert isinstance(page, ClassesPage)
    return window, page


def in_store(school: Services, runner: TaskRunner, owner: MainWindow, work: object) -> object:
    """What a read of the store gives, read where SQL is allowed."""
    found: list[object] = []
    runner.run(
        Lane.DATABASE, lambda _: work(), owner=owner, failed=must_not_fail, done=found.append
    )  # type: ignore[operator]
    settle(runner)
    return found[0]


def test_classes_say_how_far_they_are_and_pupils_stand_in_vietnamese_order(
    school: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    _, page = open_page(school, runner, qtbot)
    states = {row.section.name: row.state for row in page.classes.rows_shown()}
    assert states == {"4A": "Đủ điểm", "8B": "Đủ 38 / 41"}
    names = [row.student.full_name for row in page.pupils.rows_shown()]
    assert len(names) == 32
    assert names == sorted(names, key=sort_key)
    assert "••••" in page.pupils.view.model().index(0, 6).data()


def test_search_needs_no_diacritics_and_the_frames_search_finds_the_class(
    school: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    window, page = open_page(school, runner, qtbot)
    window.searched.emit("be van tuan")
    settle(runner)
    shown = [row.student.full_name for row in page.pupils.rows_shown()]
    assert "Bế Văn Tuấn" in shown
    assert page.where == "Lớp học · Lớp 8B"


def test_edits_of_a_pupil_are_checked_and_kept(
    school: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    window, page = open_page(school, runner, qtbot)
    page.pupils.opened.emit(page.pupils.view.model().index(0, 0).data(ROW_ROLE))
    form = window.panel.findChild(PupilForm)
    assert form is not None
    form.fields["personal_id"].setText("123")
    form.save.click()
    settle(runner)
    assert window.panel.isVisible(), "a mistake keeps the form open"
    form.fields["personal_id"].setText("012317600001")
    form.fields["hometown"].setText("Bản Chang, xã Pa Vệ Sử")
    student = form._row.student.id
    form.save.click()
    settle(runner)
    people = in_store(
        school, runner, window, lambda: list(school.workspace.here().people.students())
    )
    kept = next(each for each in people if each.id == student)  # type: ignore[attr-defined]
    assert (kept.personal_id, kept.hometown.text) == ("012317600001", "Bản Chang, xã Pa Vệ Sử")
    assert not window.panel.isVisible()


def test_a_homeroom_teacher_is_chosen_in_the_side_panel(
    school: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    window, page = open_page(school, runner, qtbot)
    page.assign.click()
    settle(runner)
    form = window.panel.findChild(TeachingForm)
    assert form is not None
    form.homeroom.setCurrentIndex(form.homeroom.findText("Phạm Thị Hoa · Giáo viên"))
    form.subjects["TOAN"].lines[0][0].setCurrentIndex(0)
    form.save.click()
    settle(runner)
    roster = in_store(school, runner, window, lambda: school.workspace.here().people.roster("4A"))
    assert roster.homeroom_teacher.full_name == "Phạm Thị Hoa"  # type: ignore[attr-defined]
    assert "TOAN" not in [code for code, _ in roster.teachers]  # type: ignore[attr-defined]


def test_every_subject_can_be_assigned_and_a_second_teacher_is_never_dropped(
    school: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    second = TeachingAssignment("4A", "TOAN", "gv16")
    school.workspace.here().people.save_assignments(
        [TeachingAssignment("4A", "TOAN", "gv11"), second]
    )
    window, page = open_page(school, runner, qtbot)
    page.assign.click()
    settle(runner)
    form = window.panel.findChild(TeachingForm)
    assert form is not None
    thai = form.subjects["TIENG_DAN_TOC"].lines[0][0]
    thai.setCurrentIndex(thai.findText("Phạm Thị Hoa · Giáo viên"))
    form.save.click()
    settle(runner)
    kept = in_store(
        school, runner, window, lambda: school.workspace.here().people.assignments("4A")
    )
    named = [(each.subject, each.teacher_id) for each in kept]  # type: ignore[attr-defined]
    assert {("TOAN", "gv11"), ("TOAN", "gv16"), ("TIENG_DAN_TOC", "gv12")} <= set(named)


def test_a_disability_is_set_in_the_pupils_form(
    school: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    window, page = open_page(school, runner, qtbot)
    row = page.pupils.rows_shown()[0]
    page.pupils.opened.emit(row)
    form = window.panel.findChild(PupilForm)
    assert form is not None
    form.fields["disability"].setText("Khuyết tật vận động")
    form.not_assessed.setCurrentIndex(1)
    form.save.click()
    settle(runner)
    people = in_store(
        school, runner, window, lambda: list(school.workspace.here().people.students())
    )
    kept = next(p for p in people if p.id == row.student.id)  # type: ignore[attr-defined]
    assert (kept.disability, kept.not_assessed) == ("Khuyết tật vận động", True)


def test_a_sheet_of_a_whole_school_is_previewed_while_the_window_lives_and_imported(
    tmp_path: Path, empty_base: ReadySchool, runner: TaskRunner, qtbot: QtBot
) -> None:
    made = empty_base.copy_to(tmp_path)
    window, page = open_page(made, runner, qtbot)
    page.begin_import()
    beats: list[float] = []
    pulse = QTimer()
    pulse.timeout.connect(lambda: beats.append(time.monotonic()))
    pulse.start(10)
    page.wizard.read(DATA / "toan-truong-csdl.xlsx")
    qtbot.waitUntil(lambda: not runner.busy(), timeout=60_000)
    pulse.stop()
    settle(runner)
    assert max(b - a for a, b in itertools.pairwise(beats)) < 1.0
    preview = page.wizard.preview
    assert preview is not None
    plan = preview.plan
    assert preview.pupils + len(plan.gone) == 891
    assert (len(plan.gone), len(plan.refused)) == (21, 2)
    action = page.primary_action
    assert action is not None
    assert action.text == f"Nhập {preview.pupils} học sinh"
    page.wizard.save_refused_to(tmp_path / "khong-nhan.xlsx")
    settle(runner)
    sheet = openpyxl.load_workbook(tmp_path / "khong-nhan.xlsx").worksheets[0]
    assert sheet.max_row == 3
    action.trigger()
    settle(runner)
    count = in_store(made, runner, window, lambda: len(made.workspace.here().people.students()))
    assert count == preview.pupils
    assert page.wizard.step is ImportPlace.RESULT
    page.wizard.closed.emit()
    settle(runner)
    assert len(page.classes.rows_shown()) == 27
    runner.shutdown()
    made.close()


def test_an_answer_is_put_into_the_plan_and_asked_no_more(
    tmp_path: Path, empty_base: ReadySchool, runner: TaskRunner, qtbot: QtBot
) -> None:
    made = empty_base.copy_to(tmp_path)
    _, page = open_page(made, runner, qtbot)
    page.begin_import()
    page.wizard.read(DATA / "toan-truong-csdl.xlsx")
    settle(runner)
    before = page.wizard.preview
    assert before is not None
    asked = before.questions[0]
    page.wizard.shown.answered.emit(answered(before.answers, asked, "012345678901"))
    settle(runner)
    after = page.wizard.preview
    assert after is not None
    assert after.open_questions == before.open_questions - 1
    kept = next(pupil for pupil in after.plan.kept if pupil.where == asked.where)
    assert getattr(kept.student, asked.field) == "012345678901"
    runner.shutdown()
    made.close()


def test_a_file_that_is_no_list_is_said_and_nothing_is_imported(
    school: Services, runner: TaskRunner, qtbot: QtBot, tmp_path: Path
) -> None:
    _, page = open_page(school, runner, qtbot)
    page.begin_import()
    torn = tmp_path / "rách.xlsx"
    torn.write_bytes((DATA / "lop-4A.xlsx").read_bytes()[:900])
    page.wizard.read(torn)
    settle(runner)
    assert page.wizard.banner.isVisible()
    assert page.wizard.preview is None
    assert page.wizard.step is ImportPlace.FILE
    assert page.wizard.choice.pick.isEnabled()


def test_importing_the_same_sheet_again_changes_nobody(
    school: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    _, page = open_page(school, runner, qtbot)
    page.begin_import()
    page.wizard.read(DATA / "lop-4A.xlsx")
    settle(runner)
    preview = page.wizard.preview
    assert preview is not None
    assert (len(preview.changes.added), len(preview.changes.changed)) == (0, 0)
    assert len(preview.changes.unchanged) == 32


def test_of_two_teachers_of_a_subject_by_semester_one_signs(
    school: Services, runner: TaskRunner, qtbot: QtBot
) -> None:
    school.workspace.here().people.save_assignments([TeachingAssignment("4A", "TOAN", "gv11")])
    window, page = open_page(school, runner, qtbot)
    page.assign.click()
    settle(runner)
    form = window.panel.findChild(TeachingForm)
    assert form is not None
    maths = form.subjects["TOAN"]
    maths.add()
    maths.lines[0][1].setCurrentIndex(1)
    who, term, signs = maths.lines[1]
    who.setCurrentIndex(who.findData("gv16"))
    term.setCurrentIndex(2)
    signs.setChecked(True)
    assert not maths.lines[0][2].isChecked()
    form.save.click()
    settle(runner)
    people = school.workspace
    kept = in_store(school, runner, window, lambda: people.here().people.assignments("4A"))
    assert [a for a in kept if a.subject == "TOAN"] == [  # type: ignore[attr-defined]
        TeachingAssignment("4A", "TOAN", "gv11", "1", signs=False),
        TeachingAssignment("4A", "TOAN", "gv16", "2", signs=True),
    ]
    roster = in_store(school, runner, window, lambda: people.here().people.roster("4A"))
    assert [w.id for c, w in roster.teachers if c == "TOAN"] == ["gv16"]  # type: ignore[attr-defined]
