"""An import is one act: moves keep marks, locked pupils stay, and all of it can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import ImportNotUndoable
from app.model.gradebook import CellChange, CellKey
from app.model.people import EnrollmentStatus, PupilLock
from app.roster.enrolling import Enrolled, Enrolling
from app.roster.roster_import import read_roster
from app.store import Workspace
from app.store.integrity.backups import backups
from tests.fixtures.schools.sheet_files import pupil, write_roster, write_sheet

YEAR = "2026-2027"
ANOTHER = pupil(number=2, pid="010317398056", name="Giàng Thị Súa", sex="Nữ")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    made, _ = Workspace.create(
        tmp_path_factory.mktemp("base") / "school.hocba", "bốn con trâu xanh", "Lò Thị Biên"
    )
    yield made
    made.close()


@pytest.fixture
def workspace(base: Workspace) -> Iterator[Workspace]:
    """The empty base; whatever a test does to it is rolled back."""
    db = base.here().db
    db.execute("BEGIN IMMEDIATE")
    yield base
    db.execute("ROLLBACK")


def take_in(workspace: Workspace, folder: Path, *rows: tuple[object, ...]) -> Enrolled:
    plan = read_roster(write_roster(folder / "ds.xlsx", *rows), YEAR)
    enrolling = Enrolling(workspace)
    return enrolling.apply(plan, enrolling.changes(plan))


def classes_of(workspace: Workspace) -> dict[str, list[str]]:
    people = workspace.here().people
    return {
        section.name: [s.full_name for e, s in people.enrollments(section.id) if e.status.present]
        for section in people.sections(YEAR)
    }


def mark(workspace: Workspace, class_name: str, value: str = "8") -> CellKey:
    store = workspace.here()
    section = next(s for s in store.people.sections(YEAR) if s.name == class_name)
    _, student = store.people.enrollments(section.id)[0]
    key = CellKey(student.id, "TOAN", "end1.test")
    store.gradebook.save(section.id, [CellChange(key, None, value)])
    store.gradebook.save_note(section.id, key, "làm lại bài")
    return key


def test_a_pupil_who_moves_ends_in_one_class_with_marks_notes_and_history(
    workspace: Workspace, tmp_path: Path
) -> None:
    take_in(workspace, tmp_path, pupil())
    key = mark(workspace, "4A")
    done = take_in(workspace, tmp_path, pupil(cls="4B"))
    assert done.moved == 1
    assert classes_of(workspace) == {"4A": [], "4B": ["Lầu A Mỷ"]}
    book = workspace.here().gradebook
    assert (book.cells(f"{YEAR}/4A"), book.cells(f"{YEAR}/4B")) == ({}, {key: "8"})
    assert (book.notes(f"{YEAR}/4A"), book.notes(f"{YEAR}/4B")) == ({}, {key: "làm lại bài"})
    assert [(c.before, c.after) for c in book.history(key.student_id)] == [
        (None, "8"),
        ("8", None),
        (None, "8"),
    ]
    assert [e.act for e in workspace.here().audit.entries(key.student_id)] == ["move"]


def test_marks_do_not_go_to_a_class_of_another_grade(workspace: Workspace, tmp_path: Path) -> None:
    take_in(workspace, tmp_path, pupil())
    key = mark(workspace, "4A")
    take_in(workspace, tmp_path, pupil(cls="5A"))
    assert classes_of(workspace) == {"4A": [], "5A": ["Lầu A Mỷ"]}
    book = workspace.here().gradebook
    assert (book.cells(f"{YEAR}/4A"), book.cells(f"{YEAR}/5A")) == ({key: "8"}, {})


def lock(workspace: Workspace, class_name: str) -> None:
    """Everyone who is in the class now."""
    store, section_id = workspace.here(), f"{YEAR}/{class_name}"
    pupils = [student.id for _, student in store.people.enrollments(section_id)]
    store.locks.close(
        section_id, (PupilLock(p, "2027-05-20", "Lò Thị Biên", "TT27-2020/1") for p in pupils)
    )


def test_a_locked_pupil_does_not_move_and_that_is_said(
    workspace: Workspace, tmp_path: Path
) -> None:
    take_in(workspace, tmp_path, pupil(), pupil(cls="4B", pid="010317398056", name="Sùng A Chớ"))
    lock(workspace, "4A")
    before = classes_of(workspace)
    done = take_in(workspace, tmp_path, pupil(cls="4B"))
    assert classes_of(workspace) == before
    assert (done.moved, done.unchanged) == (0, 0)
    (held,) = done.held
    assert "Học bạ của em ở lớp 4A đã khóa" in held.reason


def test_where_others_are_locked_a_pupil_comes_and_goes(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Nobody waits for anybody else: a class half signed still takes who comes in June."""
    take_in(workspace, tmp_path, pupil())
    lock(workspace, "4A")
    done = take_in(workspace, tmp_path, ANOTHER, pupil(cls="4B", pid="010317398059", name="Lý A"))
    assert (done.added, done.held) == (2, ())
    done = take_in(workspace, tmp_path, pupil(pid="010317398059", name="Lý A"))
    assert done.moved == 1
    assert set(classes_of(workspace)["4A"]) == {"Lầu A Mỷ", "Lý A", "Giàng Thị Súa"}


def test_a_locked_pupil_may_leave_the_school(workspace: Workspace, tmp_path: Path) -> None:
    take_in(workspace, tmp_path, pupil())
    lock(workspace, "4A")
    header = ("STT", "Số định danh cá nhân", "Họ và tên", "Ngày sinh", "Lớp", "Trạng thái")
    row = (1, "010217398055", "Lầu A Mỷ", "25/08/2017", "4A", "Chuyển đi")
    plan = read_roster(write_sheet(tmp_path / "di.xlsx", [header, row]), YEAR)
    enrolling = Enrolling(workspace)
    done = enrolling.apply(plan, enrolling.changes(plan))
    assert (done.left, done.held) == (1, ())
    assert classes_of(workspace) == {"4A": []}


def test_an_import_of_new_classes_is_taken_back_whole(workspace: Workspace, tmp_path: Path) -> None:
    done = take_in(workspace, tmp_path, pupil(), ANOTHER)
    assert done.undo is not None
    Enrolling(workspace).take_back(done.undo)
    people = workspace.here().people
    assert (people.students(), people.sections()) == ([], [])
    assert workspace.here().audit.unbroken()


def test_a_move_a_rename_and_a_leaving_are_taken_back(workspace: Workspace, tmp_path: Path) -> None:
    take_in(workspace, tmp_path, pupil(), ANOTHER)
    key = mark(workspace, "4A")
    store = workspace.here()
    before = (store.people.students(), store.places.of_year(YEAR), store.gradebook.cells(
        f"{YEAR}/4A"), store.gradebook.notes(f"{YEAR}/4A"))  # fmt: skip
    header = ("STT", "Số định danh cá nhân", "Họ và tên", "Ngày sinh", "Lớp", "Trạng thái")
    rows = (
        (1, "010217398055", "Lầu A Mỉ", "25/08/2017", "4B", "Đang học"),
        (2, "010317398056", "Giàng Thị Súa", "25/08/2017", "4A", "Chuyển đi"),
    )
    plan = read_roster(write_sheet(tmp_path / "di.xlsx", [header, *rows]), YEAR)
    enrolling = Enrolling(workspace)
    done = enrolling.apply(plan, enrolling.changes(plan))
    assert (done.changed, done.moved, done.left) == (1, 1, 1)
    statuses = {p.student_id: p.status for p in store.places.of_year(YEAR)}
    assert EnrollmentStatus.TRANSFERRED_OUT in statuses.values()
    assert store.gradebook.cells(f"{YEAR}/4B") == {key: "8"}
    assert done.undo is not None
    enrolling.take_back(done.undo)
    after = (store.people.students(), store.places.of_year(YEAR), store.gradebook.cells(
        f"{YEAR}/4A"), store.gradebook.notes(f"{YEAR}/4A"))  # fmt: skip
    assert after == before
    assert [section.name for section in store.people.sections(YEAR)] == ["4A"]


def test_what_was_done_since_is_never_lost_by_taking_back(
    workspace: Workspace, tmp_path: Path
) -> None:
    done = take_in(workspace, tmp_path, pupil())
    key = mark(workspace, "4A")
    assert done.undo is not None
    with pytest.raises(ImportNotUndoable):
        Enrolling(workspace).take_back(done.undo)
    assert workspace.here().gradebook.cells(f"{YEAR}/4A") == {key: "8"}
    assert classes_of(workspace) == {"4A": ["Lầu A Mỷ"]}


def test_one_backup_before_a_series_of_imports_is_enough(tmp_path: Path) -> None:
    made, _ = Workspace.create(tmp_path / "school.hocba", "bốn con trâu xanh", "Lò Thị Biên")
    enrolling = Enrolling(made)
    assert enrolling.back_up()
    assert not enrolling.back_up()
    assert len(backups(made.path)) == 1
    made.close()
