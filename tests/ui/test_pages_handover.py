"""Bàn giao, as the person at the office sees it: to whom, what came, which value holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.model.gradebook import CellChange, CellKey
from app.profile.permissions import SchoolRole
from app.replication.card import make_card
from app.replication.identity import own_identity
from app.replication.incoming import take_from
from app.replication.membership import AdmittedRole, admit, join
from app.replication.outgoing import put_on_stick, seal_for
from app.services import Services
from app.ui.pages.handover.page import HandoverPage
from app.ui.shell.composition import compose
from app.ui.shell.main_window import MainWindow
from app.ui.shell.task_runner import Lane, TaskRunner
from installer.pictures.screens_pages import settle
from tests.fixtures.fleet import ANH, HOA, Member
from tests.ui.school_copies import ReadySchool

pytest_plugins = ["tests.ui.ready_schools"]


@dataclass
class Office:
    made: Services
    window: MainWindow
    page: HandoverPage
    folder: Path
    runner: TaskRunner

    @property
    def stick(self) -> Path:
        place = self.folder / "usb"
        place.mkdir(exist_ok=True)
        return place

    def member(self, person: str) -> Member:
        """A machine of a teacher of Toán in the first secondary class."""
        store = self.made.workspace.here()
        section = next(each for each in store.people.sections() if each.grade > 5)
        made = Member.new(person, self.folder / f"{person}.hocba")
        card = make_card(own_identity(made.store), person, "máy")
        role = AdmittedRole(SchoolRole.TEACHER, [section.id], ["TOAN"])
        join(made.store, admit(store, card, person, [role]).file)
        return made

    def do(self, act: Callable[..., object], *words: object) -> None:
        act(*words)
        settle(self.runner)


@pytest.fixture
def office(
    tmp_path: Path, filled_base: ReadySchool, runner: TaskRunner, qtbot: QtBot
) -> Iterator[Office]:
    made = filled_base.copy_to(tmp_path / "school")
    window = compose(made, runner)
    qtbot.addWidget(window)
    window.resize(1366, 768)
    window.show()
    window.open_page("handover")
    settle(runner)
    page = window.page("handover")
    assert isinstance(page, HandoverPage)
    yield Office(made, window, page, tmp_path, runner)
    made.close()


def _fail(error: BaseException) -> None:
    raise error


def _member(office: Office, person: str) -> Member:
    """SQL is refused on this thread."""
    found: list[Member] = []
    office.runner.run(
        Lane.DATABASE,
        lambda _: office.member(person),
        owner=office.page,
        done=found.append,
        failed=_fail,
    )
    settle(office.runner)
    return found[0]


def test_work_goes_out_comes_back_and_a_conflict_is_decided(office: Office) -> None:
    page = office.page
    assert page.primary_action is None
    office.do(page.start_sharing)
    assert page.look.is_member
    assert page.primary_action is not None
    hoa, anh = _member(office, HOA), _member(office, ANH)
    office.do(page.refresh)
    for person in (HOA, ANH):
        row = next(each for each in page.look.people if each.name == person)
        page.people.selected.emit(row)
        assert person in page.out.text()
        office.do(page.hand_out, office.stick)
        assert "có thể rút USB" in page.notice.accessibleName()
    owner = next(each.name for each in page.look.people if "quản trị" in each.roles)
    for member, value in ((hoa, "3"), (anh, "4")):
        assert not take_from(member.store, [office.stick]).refused
        section = member.store.people.sections()[0]
        (_, student), *_ = member.store.people.enrollments(section.id)
        cell = CellKey(student.id, "TOAN", "s2.final")
        member.store.gradebook.save(section.id, [CellChange(cell, None, value)])
        put_on_stick(member.store, seal_for(member.store, owner), office.stick)
    office.do(page.look_at, office.stick)
    assert "Chưa ghi gì" in page.notice.accessibleName()
    assert page.look.conflicts == 0
    office.do(page.notice.action.click)
    assert page.look.conflicts == 1
    assert {each.value for each in page.look.rivals} == {"3", "4"}
    if shot := os.environ.get("HOCBA_SHOT"):
        office.window.grab().save(shot)
    page.rivals.selected.emit(page.look.rivals[0])
    office.do(page.decide)
    assert page.banner.isVisible(), "it is the teachers' to decide"
    assert "không có quyền" in page.banner.accessibleName()
    for member in (hoa, anh):
        member.store.close()
