"""The gradebook page on a real workspace: entering, saving, undoing, other sheets, the lock."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.model.gradebook import CellChange, CellKey
from app.practice.setup import PracticePlace
from app.ui.dialogs import DialogService
from app.ui.shell.task_runner import Lane, TaskRunner
from tests.fixtures.outcomes import must_not_fail
from tests.ui.gradebook_desk import (
    Opener,
    grid_of,
    impatient,
    settle,
    sqlite_lock,
    stored,
    type_in,
    words_of,
)
from tests.ui.practice_school import Copier

pytest_plugins = ["tests.ui.practice_services", "tests.ui.gradebook_desk"]


def test_a_typed_mark_is_saved_and_the_average_follows(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    page = open_page(made)
    pupil = grid_of(page).opened.students[3].id
    grid_of(page).show_sheet("TOAN", "s1")
    model = grid_of(page).model
    row = model.row_of(pupil)
    result = model.column_of(("TOAN", "s1.result"))
    assert result is not None
    for slot in ("regular1", "regular2", "regular3", "regular4", "midterm", "final"):
        type_in(page, pupil, ("TOAN", f"s1.{slot}"), "9,5")
    assert model.text(row, result) == "9,5"
    settle(qtbot, page, runner)
    assert stored(qtbot, runner, made, "8B")[CellKey(pupil, "TOAN", "s1.final")] == "9.5"
    assert "Đã lưu" in words_of(page)


def test_undo_leads_back_to_the_sheet_of_the_edit_and_is_saved(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    page = open_page(made)
    grid = grid_of(page)
    pupil = grid.opened.students[0].id
    key = CellKey(pupil, "TOAN", "s1.regular1")
    before = grid.opened.cells[key]
    type_in(page, pupil, ("TOAN", "s1.regular1"), "1")
    grid.show_sheet("CONDUCT")
    page.bar.undo.click()
    qtbot.waitUntil(lambda: grid.sheet.key == "TOAN", timeout=3000)
    assert grid.model.cells()[key] == before
    settle(qtbot, page, runner)
    assert stored(qtbot, runner, made, "8B")[key] == before


def test_an_invalid_mark_stays_through_a_change_of_sheet_and_keeps_the_class_unlocked(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    page = open_page(made)
    grid = grid_of(page)
    pupil = grid.opened.students[2].id
    type_in(page, pupil, ("TOAN", "s1.midterm"), "77")
    grid.show_sheet("NGU_VAN", "s1")
    [(key, problem)] = grid.model.problems()
    assert (key.area, problem.text) == ("TOAN", "77")
    page.locking.show_overview()
    assert "1 ô không hợp lệ" in words_of(page)
    action = page.primary_action
    assert action is not None
    assert not action.enabled
    settle(qtbot, page, runner)
    assert stored(qtbot, runner, made, "8B")[key] != "77"


def test_closing_with_an_invalid_mark_asks_first(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace, dialogs: DialogService,
) -> None:  # fmt: skip
    page = open_page(copy_of(practice_base))
    window = QWidget()
    qtbot.addWidget(window)
    page.setParent(window)
    page.show()
    window.show()
    page.refresh()
    settle(qtbot, page, runner)
    type_in(page, grid_of(page).opened.students[0].id, ("TOAN", "s1.final"), "8,55")
    window.close()
    assert window.isVisible()
    assert dialogs.current is not None
    dialogs.current.accept()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=3000)


def test_closing_waits_until_the_last_mark_is_in_the_store(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    page = open_page(made)
    window = QWidget()
    qtbot.addWidget(window)
    page.setParent(window)
    page.show()
    window.show()
    page.refresh()
    settle(qtbot, page, runner)
    pupil = grid_of(page).opened.students[0].id
    type_in(page, pupil, ("TOAN", "s1.final"), "3,5")
    window.close()
    assert window.isVisible()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=5000)
    assert stored(qtbot, runner, made, "8B")[CellKey(pupil, "TOAN", "s1.final")] == "3.5"


def test_a_failing_disk_is_told_and_the_edit_is_saved_later(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    page = open_page(made)
    pupil = grid_of(page).opened.students[1].id
    runner.run(Lane.DATABASE, impatient(made), owner=runner, failed=must_not_fail)
    settle(qtbot, page, runner)
    other = sqlite_lock(made)
    try:
        type_in(page, pupil, ("TOAN", "s1.final"), "2,5")
        qtbot.waitUntil(page.banner.isVisible, timeout=20_000)
        assert "Chưa lưu được 1 thay đổi" in words_of(page)
        assert page.unsaved == 1
        with qtbot.waitSignal(page.unsaved_changed, timeout=20_000):
            page.banner.action.click()
        assert page.unsaved == 1
    finally:
        other.close()
    page.banner.action.click()
    settle(qtbot, page, runner)
    assert stored(qtbot, runner, made, "8B")[CellKey(pupil, "TOAN", "s1.final")] == "2.5"
    assert not page.banner.isVisible()
    assert page.unsaved == 0


def test_what_was_told_of_a_paste_is_taken_back_with_it(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    page = open_page(copy_of(practice_base))
    grid = grid_of(page)
    pupil = grid.opened.students[0].id
    grid.lead_to(pupil, ("TOAN", "s1.final"))
    assert grid.view is not None
    QApplication.clipboard().setText("5\n6\n7")
    grid.view._paste()
    assert "Dán 3 ô." in words_of(page)
    grid.view.undo()
    assert "Dán 3 ô." not in words_of(page)
    settle(qtbot, page, runner)


def test_what_is_missing_is_a_picture_and_the_class_locks_when_it_is_complete(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    opened = made.book.open("8B")
    victim = opened.students[7].id
    key = CellKey(victim, "KHTN", "s1.regular2")
    before = opened.cells[key]
    made.book.save("8B", [CellChange(key, before, None)])
    page = open_page(made)
    page.locking.show_overview()
    assert "40 em đủ để lập học bạ; 1 em còn thiếu" in words_of(page)
    picture = page.locking.overview.picture
    squares = [s for line in picture._picture.squares for s in line if s.missing]
    assert [(s.student_id, s.area, s.missing) for s in squares] == [(victim, "KHTN", 1)]
    picture.chosen.emit(victim, "KHTN")
    grid = grid_of(page)
    assert (grid.sheet.key, grid.part.key) == ("KHTN", "s1")
    type_in(page, victim, ("KHTN", "s1.regular2"), before.replace(".", ","))
    settle(qtbot, page, runner)
    page.locking.show_overview()
    action = page.primary_action
    assert action is not None
    assert action.enabled
    action.trigger()
    qtbot.waitUntil(lambda: grid_of(page).opened.locked, timeout=20_000)
    assert "đã khóa sổ" in words_of(page)
    assert not grid_of(page).model.takes_input(0, 0)


def test_a_record_that_lacks_a_remark_leads_to_its_cell(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    page = open_page(copy_of(practice_base))
    pupil = grid_of(page).opened.students[4].id
    page.show_item(("8B", pupil, "NHAN_XET_GVCN"))
    settle(qtbot, page, runner)
    grid = grid_of(page)
    assert grid.sheet.key == "REMARKS"
    assert grid.view is not None
    assert grid.model.row(grid.view.currentIndex().row()).student_id == pupil


def test_every_sheet_of_every_grade_prints_with_its_rows(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace, tmp_path: Path,
) -> None:  # fmt: skip
    page = open_page(copy_of(practice_base), "4A")
    grid = grid_of(page)
    page.exchange.print_to(tmp_path / "lop.pdf")
    wide = (tmp_path / "lop.pdf").read_bytes().count(b"/Type /Page\n")
    assert wide >= 2
    for sheet in grid.sheets:
        for part in sheet.parts:
            grid.show_sheet(sheet.key, part.key)
            assert grid.view is not None
            grid.view.grab()
    settle(qtbot, page, runner)


def test_the_reason_of_a_result_is_told_for_the_whole_class_sheet(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    page = open_page(copy_of(practice_base))
    grid = grid_of(page)
    pupil = grid.opened.students[0].id
    for key, words in (
        (("TOAN", "year.result"), "Điểm trung bình cả năm"),
        (("LEARNING", "year.result"), "Kết quả học tập cả năm"),
        (("CONDUCT", "year.result"), "học kỳ"),
        (("PROMOTION", ""), "lên lớp"),
        (("TITLE", ""), "học tập"),
    ):
        reasons = grid.results.explain(pupil, key)
        assert any(words.lower() in reason.text.lower() for reason in reasons), key
