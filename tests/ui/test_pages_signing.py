"""The page of signing on a real workspace with real keys: one PIN, honest results."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.model.people import Student
from app.model.signing import SignerRole
from app.model.transcript import TranscriptState
from app.practice.school import PIN
from app.practice.setup import PracticePlace
from app.services import Services
from app.signing.batch.service import list_digest
from app.ui.dialogs import DialogService, PinDialog
from app.ui.pages.signing.page import SigningPage
from app.ui.shell.main_window import MainWindow
from app.ui.shell.task_runner import Lane, TaskRunner
from tests.fixtures.outcomes import must_not_fail
from tests.ui.practice_school import Copier, sign_all

pytest_plugins = ["tests.ui.practice_services"]


def open_page(
    qtbot: QtBot, made: Services, runner: TaskRunner, dialogs: DialogService
) -> SigningPage:
    made.workspace.forbid_this_thread()
    page = SigningPage(made, runner, dialogs)
    qtbot.addWidget(page)
    page.resize(1106, 640)
    page.show()
    page.refresh()
    settle(qtbot, runner)
    return page


def settle(qtbot: QtBot, runner: TaskRunner) -> None:
    qtbot.waitUntil(lambda: not runner.busy(), timeout=30_000)


def words_of(page: SigningPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def enter_pin(dialogs: DialogService, pin: str) -> PinDialog:
    dialog = dialogs.current
    assert isinstance(dialog, PinDialog)
    dialog.field.setText(pin)
    dialog.accept()
    return dialog


def states(page: SigningPage, runner: TaskRunner, made: Services, qtbot: QtBot) -> list[str]:
    found: list[list[str]] = []
    runner.run(
        Lane.DATABASE,
        lambda _: [str(h.state) for h in made.records.heads("4A")],
        owner=page,
        failed=must_not_fail,
        done=found.append,
    )
    settle(qtbot, runner)
    return found[0]


def test_the_button_names_the_holder_whose_key_is_there(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    locked_base: PracticePlace,
) -> None:
    page = open_page(qtbot, copy_of(locked_base), runner, dialogs)
    assert page.face.keys.act.accessibleName() == "Ký 32 học bạ với tên Giàng A Chu"
    assert page.face.keys.act.isEnabled()
    assert page.choice is not None
    whole = list_digest(page.choice.heads).upper()
    assert page.choice.digest.replace(" ", "") == whole[:12]
    assert page.choice.digest in words_of(page)


def test_one_pin_signs_the_class_and_every_record_has_a_result(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    locked_base: PracticePlace,
) -> None:
    made = copy_of(locked_base)
    page = open_page(qtbot, made, runner, dialogs)
    page.face.keys.act.click()
    dialog = enter_pin(dialogs, PIN)
    assert dialog.take_pin() == ""
    settle(qtbot, runner)
    assert "Đã ký 32 / 32 học bạ với tên " in words_of(page)
    assert set(states(page, runner, made, qtbot)) == {str(TranscriptState.SIGNED_HOMEROOM)}
    assert page.work.roles() == (SignerRole.PRINCIPAL,)


def test_a_wrong_pin_is_tried_once_and_signs_nothing(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    locked_base: PracticePlace,
) -> None:
    made = copy_of(locked_base)
    page = open_page(qtbot, made, runner, dialogs)
    page.face.keys.act.click()
    enter_pin(dialogs, "00000000")
    settle(qtbot, runner)
    assert page.face.banner.isVisible()
    key = page.face.keys.chosen
    assert key is not None
    said = "Mã PIN chưa đúng." if key.token else "mật khẩu của tệp chưa đúng"
    assert said in words_of(page)
    assert set(states(page, runner, made, qtbot)) == {str(TranscriptState.LOCKED)}
    page.face.banner.action.click()
    assert isinstance(dialogs.current, PinDialog)
    assert dialogs.current.field.text() == ""
    dialogs.current.reject()
    settle(qtbot, runner)
    assert set(states(page, runner, made, qtbot)) == {str(TranscriptState.LOCKED)}


def test_a_stop_keeps_what_is_signed_and_the_rest_goes_on_later(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    locked_base: PracticePlace,
) -> None:
    made = copy_of(locked_base)
    page = open_page(qtbot, made, runner, dialogs)
    page.face.keys.act.click()
    enter_pin(dialogs, PIN)
    page.face.run.pause.click()  # held before the first record; then stopped
    page.face.run.stop.click()
    settle(qtbot, runner)
    assert not page.signing
    left = states(page, runner, made, qtbot).count(str(TranscriptState.LOCKED))
    assert left >= 31
    page.refresh()
    settle(qtbot, runner)
    page.ask_pin()
    enter_pin(dialogs, PIN)
    settle(qtbot, runner)
    assert set(states(page, runner, made, qtbot)) == {str(TranscriptState.SIGNED_HOMEROOM)}


def test_what_is_unusual_is_signed_only_after_a_look_and_issued_only_when_complete(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    practice_base: PracticePlace,
) -> None:
    made = copy_of(practice_base)
    victim = without_personal_id(made)
    made.records.lock("4A")
    page = open_page(qtbot, made, runner, dialogs)
    assert page.choice is not None
    assert len(page.choice.heads) == 31
    noted = page.choice.noted(page.choice.work.heads)
    assert [head.student_id for head in noted] == [victim.id]
    with qtbot.waitSignal(page.panel_wanted, timeout=10_000):
        page.face.notes.look_wanted.emit(noted[0])
    assert len(page.choice.heads) == 32


def test_the_school_does_not_issue_what_is_incomplete(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    practice_base: PracticePlace,
) -> None:
    made = copy_of(practice_base)
    without_personal_id(made)
    made.records.lock("4A")
    sign_all(made, SignerRole.HOMEROOM, SignerRole.PRINCIPAL)
    page = open_page(qtbot, made, runner, dialogs)
    page.face.notes.all_seen.emit()
    assert page.heading == "Ký phát hành học bạ"
    page.face.keys.act.click()
    enter_pin(dialogs, PIN)
    settle(qtbot, runner)
    assert "Đã ký 31 / 31 học bạ với tên " in words_of(page)
    assert "Đã đóng dấu 31 bản xem PDF." in words_of(page)
    found = states(page, runner, made, qtbot)
    assert found.count(str(TranscriptState.ISSUED)) == 31
    assert found.count(str(TranscriptState.SIGNED_PRINCIPAL)) == 1


def test_an_empty_place_leads_to_the_records(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    practice_base: PracticePlace,
) -> None:
    page = open_page(qtbot, copy_of(practice_base), runner, dialogs)
    assert "Không có học bạ nào chờ ký" in words_of(page)
    with qtbot.waitSignal(page.navigate) as asked:
        page.face.empty.action.click()
    assert asked.args == ["records", None]


def without_personal_id(made: Services) -> Student:
    """Take the personal id from one pupil of 4A."""
    victim = made.book.open("4A").students[4]
    store = made.workspace.here()
    with store.write():
        store.people.save_students([replace(victim, personal_id="")])
    return victim


def test_at_1366_by_768_the_page_needs_no_scroll_bar(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    locked_base: PracticePlace,
) -> None:
    page = open_page(qtbot, copy_of(locked_base), runner, dialogs)
    window = MainWindow([page], runner, practice=True)
    qtbot.addWidget(window)
    window.resize(1366, 747)
    window.show()
    settle(qtbot, runner)
    assert page.face.keys.act.isVisible()
    room = page.parentWidget()
    assert room is not None
    qtbot.waitUntil(lambda: page.height() <= room.height(), timeout=3_000)


def test_what_waits_for_a_former_principal_is_handed_over_in_one_click(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    locked_base: PracticePlace,
) -> None:
    made = copy_of(locked_base)
    store = made.workspace.here()
    old = store.people.roster("4A").principal
    new = replace(old, id="ht2", full_name="Sùng A Páo", personal_id="010075000009")
    store.people.save_staff([replace(old, active=False), new])
    page = open_page(qtbot, made, runner, dialogs)
    standing = page.face.standing
    assert old.full_name in "\n".join(
        label.text() for label in standing.findChildren(QLabel) if label.isVisible()
    )
    act = next(b for b in standing.findChildren(QPushButton) if "Chuyển cho" in b.text())
    act.click()
    qtbot.waitUntil(lambda: not runner.busy() and not page.work.outdated, timeout=20_000)
    assert page.work.outdated == ()
    assert page.work.waiting == 32
