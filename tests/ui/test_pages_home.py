"""Home says what is true of a real workspace, and leads there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.model.gradebook import CellChange, CellKey
from app.model.signing import SignerRole
from app.practice.school import PIN
from app.practice.setup import PracticePlace
from app.services import Services
from app.signing.keys.key_choice import fitting
from app.ui.kit import TodoRow
from app.ui.pages.home.page import HomePage
from app.ui.pages.home.state import read
from app.ui.pages.home.todo import deadline_words, steps, todos
from app.ui.shell.composition import compose
from app.ui.shell.main_window import MainWindow
from app.ui.shell.task_runner import TaskRunner
from app.ui.theme.theme import Tone
from installer.pictures.screens_pages import settle
from tests.ui.practice_school import Copier, sign_all
from tests.ui.school_copies import ReadySchool

pytest_plugins = ["tests.ui.ready_schools", "tests.ui.practice_services"]


@pytest.fixture
def school(tmp_path: Path, filled_base: ReadySchool) -> Iterator[Services]:
    made = filled_base.copy_to(tmp_path)
    yield made
    made.close()


def test_an_empty_school_is_led_through_its_three_first_steps(
    tmp_path: Path, empty_base: ReadySchool
) -> None:
    made = empty_base.copy_to(tmp_path)
    found = todos(read(made, made.now().date()))
    made.close()
    assert [(each.page, each.item) for each in found] == [
        ("settings", "Nhà trường"),
        ("settings", "Nhân sự"),
        ("classes", "import"),
    ]


def test_missing_marks_are_named_by_subject_class_and_pupil(school: Services) -> None:
    state = read(school, school.now().date())
    first = todos(state)[0]
    assert "8B còn thiếu 3 mục" in first.title
    assert first.page == "gradebook"
    opened = school.book.open("8B")
    assert first.item == ("8B", opened.students[0].id, "TOAN")
    assert opened.students[0].full_name in first.detail


def test_the_users_own_class_comes_first_and_its_bars_tell_the_missing_marks(
    school: Services,
) -> None:
    progress = read(school, school.now().date()).next_class()
    assert progress is not None
    assert (progress.name, progress.complete, progress.pupils) == ("8B", 38, 41)
    assert dict((code, done) for code, _, done in progress.subjects)["TOAN"] == 38


def test_a_complete_class_is_offered_for_locking_and_then_for_signing(school: Services) -> None:
    before = todos(read(school, school.now().date()))
    assert any(each.title == "Lớp 4A sẵn sàng khóa sổ" for each in before)
    school.records.lock("4A")
    state = read(school, school.now().date())
    after = todos(state)
    assert any("chờ giáo viên chủ nhiệm ký" in each.title for each in after)
    locked = next(each for each in state.classes if each.name == "4A")
    tones = [step.tone for step in steps(locked)]
    assert tones[:3] == [Tone.DONE, Tone.DONE, Tone.WAITS]


def test_a_class_signed_in_part_is_counted_by_whom_it_waits_for(
    copy_of: Copier, locked_base: PracticePlace
) -> None:
    made = copy_of(locked_base)
    (homeroom,) = made.signing.waiting(SignerRole.HOMEROOM)
    with fitting(made.keys.find()[0], homeroom.signer, made.now())[0].open(PIN) as key:
        made.signing.sign(homeroom.heads[:5], SignerRole.HOMEROOM, key)
    found = {each.title: each.detail for each in todos(read(made, made.now().date()))}
    assert found["27 học bạ lớp 4A chờ giáo viên chủ nhiệm ký"] == "Giàng A Chu"
    sign_all(made, SignerRole.HOMEROOM, SignerRole.PRINCIPAL)
    found = {each.title: each.detail for each in todos(read(made, made.now().date()))}
    school = made.workspace.here().people.school()
    assert school is not None
    assert found["32 học bạ lớp 4A chờ chứng thư của trường ký"] == school.name


def test_filling_the_last_gap_turns_the_class_complete(school: Services) -> None:
    gaps = next(c for c in read(school, school.now().date()).classes if c.name == "8B").gaps
    keys = [CellKey(gap.student_id, gap.area, "s2.final") for gap in gaps]
    school.book.save("8B", [CellChange(key, None, "7.5") for key in keys])
    progress = next(c for c in read(school, school.now().date()).classes if c.name == "8B")
    assert progress.complete == 41
    assert not progress.gaps


def test_deadlines_count_the_days_that_are_left(school: Services) -> None:
    from datetime import date

    line, left = deadline_words(read(school, date(2027, 5, 19)))
    assert line == "25/05 khóa sổ · 28/05 ký xong"
    assert left == "Khóa sổ: còn 6 ngày"


def test_the_button_of_a_thing_to_do_leads_to_its_page(
    tmp_path: Path, empty_base: ReadySchool, runner: TaskRunner, qtbot: QtBot
) -> None:
    made = empty_base.copy_to(tmp_path)
    window: MainWindow = compose(made, runner)
    qtbot.addWidget(window)
    window.show()
    settle(runner)
    page = window.page("home")
    assert isinstance(page, HomePage)
    row = page.findChildren(TodoRow)[1]
    row.action.click()
    settle(runner)
    assert window.current.key == "settings"
    assert window.current.heading == "Nhân sự"
    runner.shutdown()
    made.close()
