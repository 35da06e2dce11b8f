"""Grade 10 in the window: subjects and topics are chosen and checked, and the class is locked."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.model.gradebook import CellChange, CellKey
from app.model.people import ClassSection
from app.practice.school import SCHOOL_YEAR
from app.services import Services
from app.ui.shell.task_runner import TaskRunner
from tests.fixtures.schools.small_school import small_school
from tests.ui.gradebook_desk import Opener, grid_of, settle, stored, type_in

pytest_plugins = ["tests.ui.practice_services", "tests.ui.gradebook_desk"]
SECTION = ClassSection("10A", SCHOOL_YEAR, 10, "10A", "gv10")
PUPIL = "10A-1"


def without_topics(folder: Path) -> Services:
    """Marks are all there, but nobody wrote down who takes which topic cluster."""
    made = small_school(folder, (SECTION,), lock=False).made
    cells = made.book.open("10A").cells
    gone = [key for key in cells if "topic" in key.slot and key.student_id == PUPIL]
    made.book.save("10A", [CellChange(key, cells[key], None) for key in gone])
    return made


def test_topics_are_chosen_entered_and_counted_and_the_class_locks(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, tmp_path: Path
) -> None:
    made = without_topics(tmp_path)
    page = open_page(made, "10A")
    grid = grid_of(page)
    row = grid.model.row_of(PUPIL)
    missing = grid.model.outcome(row).missing
    assert [m.text for m in missing] == [
        "Học sinh có 0 cụm chuyên đề học tập; chương trình yêu cầu 3"
    ]
    assert grid.lead_to_gap(PUPIL)
    assert grid.sheet.title == "Môn lựa chọn"
    for code in ("TOAN", "NGU_VAN", "LICH_SU"):
        type_in(page, PUPIL, (code, "topics_chosen"), "x")
    assert [m.slot for m in grid.model.outcome(row).missing] == ["s2.topic1"] * 3
    for code, slot in (("TOAN", "s1.topic1"), ("NGU_VAN", "s2.topic1"), ("LICH_SU", "s2.topic1")):
        type_in(page, PUPIL, (code, slot), "9")
    assert not grid.model.outcome(row).missing
    why = [reason.text for reason in grid.results.explain(PUPIL, ("TOAN", "s1.result"))]
    assert "9" in why[1]
    assert "chuyên đề học tập" in why[1]
    settle(qtbot, page, runner)
    assert stored(qtbot, runner, made, "10A")[CellKey(PUPIL, "TOAN", "s1.topic1")] == "9"
    page.locking.show_overview()
    action = page.primary_action
    assert action is not None
    assert action.enabled
    action.trigger()
    qtbot.waitUntil(lambda: grid_of(page).opened.locked, timeout=20_000)
    runner.shutdown()
    made.close()


def test_a_fifth_elective_is_told(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, tmp_path: Path
) -> None:
    made = small_school(tmp_path, (SECTION,), lock=False).made
    opened = made.book.open("10A")
    taken = {key.area for key in opened.cells if key.student_id == PUPIL}
    other = next(s.code for s in opened.profile.subjects if s.elective and s.code not in taken)
    page = open_page(made, "10A")
    type_in(page, PUPIL, (other, "chosen"), "x")
    grid = grid_of(page)
    texts = [m.text for m in grid.model.outcome(grid.model.row_of(PUPIL)).missing]
    assert "Học sinh có 5 môn học lựa chọn; chương trình yêu cầu 4" in texts
    settle(qtbot, page, runner)
    runner.shutdown()
    made.close()
