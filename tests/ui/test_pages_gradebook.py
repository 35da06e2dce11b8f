"""The gradebook page on a real workspace: entering, saving, undoing, other sheets, the lock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.model.gradebook import CellChange, CellKey
from app.practice.setup import PracticePlace
from app.roster.marks_sheet import FIRST_ROW, KEY_ROW
from app.services import Services
from app.store import database
from app.ui.dialogs import DialogService
from app.ui.pages.gradebook_class import ClassGrid
from app.ui.pages.gradebook_page import GradebookPage
from app.ui.pages.gradebook_panels import NotePanel, PhrasePanel
from app.ui.task_runner import Lane, TaskRunner
from tests.ui.practice_school import Copier

pytest_plugins = ["tests.ui.practice_services"]

Opener = Callable[..., GradebookPage]


@pytest.fixture
def open_page(qtbot: QtBot, runner: TaskRunner, dialogs: DialogService) -> Opener:
    def make(made: Services, section: str = "8B") -> GradebookPage:
        made.workspace.forbid_this_thread()
        page = GradebookPage(made, runner, dialogs)
        qtbot.addWidget(page)
        page.resize(1106, 640)
        page.show()
        page.show_item(section)
        qtbot.waitUntil(lambda: page.grid is not None and not runner.busy(), timeout=10_000)
        return page

    return make


def grid_of(page: GradebookPage) -> ClassGrid:
    assert page.grid is not None
    return page.grid


def type_in(page: GradebookPage, student: str, column: tuple[str, str], text: str) -> None:
    grid = grid_of(page)
    assert grid.lead_to(student, column)
    view = grid.view
    assert view is not None
    QTest.keyClicks(view, text[0])
    assert view.cells.editor is not None
    QTest.keyClicks(view.cells.editor, text[1:])
    QTest.keyClick(view.cells.editor, Qt.Key.Key_Return)


def settle(qtbot: QtBot, page: GradebookPage, runner: TaskRunner) -> None:
    qtbot.waitUntil(lambda: not page.saver.unsaved and not runner.busy(), timeout=10_000)


def stored(qtbot: QtBot, runner: TaskRunner, made: Services, section: str) -> dict[CellKey, str]:
    found: list[dict[CellKey, str]] = []
    runner.run(
        Lane.DATABASE, lambda _: made.book.open(section).cells, owner=runner, done=found.append
    )
    qtbot.waitUntil(lambda: bool(found), timeout=10_000)
    return found[0]


def words_of(page: GradebookPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def impatient(made: Services) -> Callable[[object], None]:
    """The lane's own connection gives up soon instead of after ten seconds."""

    def work(_: object) -> None:
        made.workspace.here().db.execute("PRAGMA busy_timeout = 200")

    return work


def sqlite_lock(made: Services) -> Any:
    """Another program holds the write lock until it is closed."""
    other = database.connect(made.workspace.path, made.workspace._key).conn
    other.execute("BEGIN IMMEDIATE")
    return other


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
    runner.run(Lane.DATABASE, impatient(made), owner=runner)
    settle(qtbot, page, runner)
    other = sqlite_lock(made)
    try:
        type_in(page, pupil, ("TOAN", "s1.final"), "2,5")
        qtbot.waitUntil(page.banner.isVisible, timeout=20_000)
        assert "Chưa lưu được 1 thay đổi" in words_of(page)
        assert page.saver.unsaved == 1
    finally:
        other.close()
    page.banner.action.click()
    settle(qtbot, page, runner)
    assert stored(qtbot, runner, made, "8B")[CellKey(pupil, "TOAN", "s1.final")] == "2.5"
    assert not page.banner.isVisible()


def test_a_sheet_goes_out_comes_back_filled_and_is_taken_as_one_act(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace, tmp_path: Path,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    page = open_page(made)
    grid = grid_of(page)
    grid.show_sheet("TOAN", "s2")
    first, second = grid.opened.students[0].id, grid.opened.students[1].id
    page.exchange.export_to(tmp_path / "toan.xlsx")
    settle(qtbot, page, runner)
    book = load_workbook(tmp_path / "toan.xlsx")
    sheet = book.worksheets[0]
    keys = [cell.value for cell in sheet[KEY_ROW]]
    column = keys.index("TOAN|s2.final") + 1
    sheet.cell(row=FIRST_ROW, column=column).value = 1.5
    sheet.cell(row=FIRST_ROW + 1, column=column).value = "11"
    book.save(tmp_path / "da-dien.xlsx")
    page.exchange.read(tmp_path / "da-dien.xlsx")
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.exchange.area, timeout=10_000)
    lines = page.exchange.step.table.rows_shown()
    assert [line.state for line in lines] == ["Trả lại", "Thay đổi"]
    assert lines[0].reason == "Phải từ 0 đến 10"
    page.exchange.save_refused(tmp_path / "tra-lai.xlsx")
    settle(qtbot, page, runner)
    refused = load_workbook(tmp_path / "tra-lai.xlsx").worksheets[0]
    assert refused.cell(row=2, column=1).value == "phải từ 0 đến 10"
    before = grid.model.cells()
    page.exchange.step.apply.click()
    settle(qtbot, page, runner)
    saved = stored(qtbot, runner, made, "8B")
    assert saved[CellKey(first, "TOAN", "s2.final")] == "1.5"
    assert saved[CellKey(second, "TOAN", "s2.final")] == before[CellKey(second, "TOAN", "s2.final")]
    page.bar.undo.click()
    settle(qtbot, page, runner)
    assert stored(qtbot, runner, made, "8B") == before


def test_a_foreign_column_is_named_once_and_known_the_next_time(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace, tmp_path: Path,
) -> None:  # fmt: skip
    page = open_page(copy_of(practice_base))
    grid = grid_of(page)
    grid.show_sheet("TOAN", "s1")
    book = Workbook()
    book.worksheets[0].append(["Họ và tên", "Ngày sinh", "Thi HK"])
    pupil = grid.opened.students[5]
    born = "/".join(reversed(pupil.birth_date.split("-")))
    book.worksheets[0].append([pupil.full_name, born, "4,5"])
    book.save(tmp_path / "la.xlsx")
    page.exchange.read(tmp_path / "la.xlsx")
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.exchange.area, timeout=10_000)
    assert not page.exchange.step.apply.isEnabled()
    page.exchange.step.columns_chosen.emit({"Thi HK": "TOAN|s1.final"})
    qtbot.waitUntil(page.exchange.step.apply.isEnabled, timeout=10_000)
    page.show_grid()
    page.exchange.read(tmp_path / "la.xlsx")
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.exchange.area, timeout=10_000)
    incoming = page.exchange.incoming
    assert incoming is not None
    [change] = incoming.plan.changes
    assert (change.key, change.after) == (CellKey(pupil.id, "TOAN", "s1.final"), "4.5")


def test_a_note_is_kept_shown_and_undone(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    page = open_page(made)
    grid = grid_of(page)
    grid.lead_to(grid.opened.students[0].id, ("TOAN", "s1.final"))
    panels: list[NotePanel] = []
    page.panel_wanted.connect(lambda panel, _: panel and panels.append(panel))
    assert grid.view is not None
    QTest.keyClick(grid.view, Qt.Key.Key_F2, Qt.KeyboardModifier.ShiftModifier)
    panels[0].words.setPlainText("kiểm tra bù 12/11")
    panels[0].written.emit(panels[0].words.toPlainText())
    settle(qtbot, page, runner)
    index = grid.view.currentIndex()
    assert "kiểm tra bù 12/11" in index.data(Qt.ItemDataRole.ToolTipRole)
    fresh = open_page(made)
    assert "kiểm tra bù 12/11" in grid_of(fresh).model.note_at(0, _column(fresh, grid))
    grid.view.undo()
    assert grid.model.note_at(index.row(), index.column()) == ""


def _column(page: GradebookPage, like: ClassGrid) -> int:
    grid_of(page).show_sheet(like.sheet.key, like.part.key)
    found = grid_of(page).model.column_of(("TOAN", "s1.final"))
    assert found is not None
    return found


def test_the_teachers_phrases_are_kept_and_filled_with_the_name(
    qtbot: QtBot, runner: TaskRunner, open_page: Opener, copy_of: Copier,
    practice_base: PracticePlace,
) -> None:  # fmt: skip
    made = copy_of(practice_base)
    page = open_page(made, "4A")
    grid = grid_of(page)
    pupil = grid.opened.students[0]
    grid.lead_to(pupil.id, ("REMARKS", "homeroom"))
    assert grid.view is not None
    grid.view._clear()
    panels: list[PhrasePanel] = []
    page.panel_wanted.connect(lambda panel, _: panel and panels.append(panel))
    page._side.phrases()
    panels[0].words.setPlainText("{ten} chăm chỉ.")
    panels[0].add.click()
    panels[0].use.click()
    settle(qtbot, page, runner)
    given = pupil.full_name.split()[-1]
    saved = stored(qtbot, runner, made, "4A")
    assert saved[CellKey(pupil.id, "REMARKS", "homeroom")] == f"{given} chăm chỉ."
    assert grid_of(open_page(made, "4A")).phrases == ("{ten} chăm chỉ.",)


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
    assert "40 / 41 học sinh đủ" in words_of(page)
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
    assert not grid_of(page).model.takes_input(0)


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
