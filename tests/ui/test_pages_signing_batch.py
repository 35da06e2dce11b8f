"""The batch as the signer lives it: a token that fails, a power cut, a last try, a retry."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.errors import SigningFailure
from app.model.signing import SignerRole
from app.model.transcript import TranscriptState
from app.profile import shipped
from app.profile.grade import SecondaryRules
from app.services import Services
from app.signing.keys.key_choice import KeySources
from app.signing.keys.keys import Pkcs12Key
from app.transcript import xml_record
from app.ui.dialogs import DialogService, PinDialog
from app.ui.pages.signing.data import notes_of
from app.ui.pages.signing.page import SigningPage
from app.ui.pages.signing.sheets import RecordList
from app.ui.shell.task_runner import TaskRunner
from app.ui.theme.theme import Tone
from tests.fixtures.pki.tokens import PIN, calls, shim, token
from tests.fixtures.schools.small_school import SECTIONS, SmallSchool, small_school

pytest_plugins = ["tests.ui.practice_services"]
S = TranscriptState
Opener = Callable[..., SigningPage]


class Killed(BaseException):
    """What no code expects, as a power cut."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> SmallSchool:
    """Class 4A locked, six pupils."""
    school = small_school(tmp_path_factory.mktemp("school"), SECTIONS[:1], pupils=6)
    school.made.close()
    return school


@pytest.fixture
def school(base: SmallSchool, tmp_path: Path, runner: TaskRunner) -> Iterator[SmallSchool]:
    copy = base.copy(tmp_path)
    yield copy
    runner.shutdown()
    copy.made.close()


@pytest.fixture
def open_page(
    school: SmallSchool, tmp_path: Path, qtbot: QtBot, runner: TaskRunner, dialogs: DialogService
) -> Opener:
    """The page with the homeroom teacher's token behind a shim with these faults."""

    def make(role: SignerRole = SignerRole.HOMEROOM, **faults: int) -> SigningPage:
        (waiting,) = school.made.signing.waiting(role)
        driver = token(tmp_path, school.identity(waiting.signer))
        keys = KeySources(drivers=(shim(tmp_path, driver, **faults),))
        school.made.workspace.forbid_this_thread()
        page = SigningPage(replace(school.made, keys=keys), runner, dialogs)
        qtbot.addWidget(page)
        page.resize(1106, 640)
        page.show()
        page.refresh()
        settle(qtbot, runner)
        return page

    return make


def settle(qtbot: QtBot, runner: TaskRunner) -> None:
    qtbot.waitUntil(lambda: not runner.busy(), timeout=30_000)


def words_of(page: SigningPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def press(page: SigningPage, words: str) -> None:
    (found,) = [b for b in page.findChildren(QPushButton) if b.isVisible() and words in b.text()]
    found.click()


def dialog_of(dialogs: DialogService) -> PinDialog:
    assert isinstance(dialogs.current, PinDialog)
    return dialogs.current


def enter(dialogs: DialogService, pin: str = PIN) -> None:
    dialog = dialog_of(dialogs)
    dialog.field.setText(pin)
    dialog.accept()


def states(school: SmallSchool, runner: TaskRunner, qtbot: QtBot, page: SigningPage) -> list[S]:
    found: list[S] = []
    page.away._work(  # any work of the database lane
        lambda _: [head.state for head in school.made.records.heads()], found.extend, ""
    )
    settle(qtbot, runner)
    return found


def test_a_batch_that_was_killed_goes_on_at_the_next_record(
    school: SmallSchool, open_page: Opener, qtbot: QtBot, runner: TaskRunner, dialogs: DialogService
) -> None:
    (waiting,) = school.made.signing.waiting(SignerRole.HOMEROOM)
    identity = school.identity(waiting.signer)

    class Dying(Pkcs12Key):
        left = 2

        def begin(self, data: bytes) -> Callable[[], bytes]:
            if not self.left:
                raise Killed
            self.left -= 1
            return super().begin(data)

    with pytest.raises(Killed):
        school.made.signing.sign(
            waiting.heads,
            SignerRole.HOMEROOM,
            Dying(identity.private_key, identity.certificate, identity.chain),
        )
    page = open_page()
    assert "bị ngắt, đã ký 2 / 6." in words_of(page)
    press(page, "Ký tiếp từ học bạ 3")
    assert "Ký 4 học bạ" in dialog_of(dialogs).act.accessibleName()
    enter(dialogs)
    settle(qtbot, runner)
    assert "Đã ký 4 / 4 học bạ" in words_of(page)
    assert set(states(school, runner, qtbot, page)) == {S.SIGNED_HOMEROOM}
    assert not page.face.standing.isVisible()


def test_a_token_pulled_out_leaves_what_is_signed_and_offers_the_rest(
    school: SmallSchool, open_page: Opener, qtbot: QtBot, runner: TaskRunner, dialogs: DialogService
) -> None:
    page = open_page(remove=3)
    page.ask_pin()
    enter(dialogs)
    settle(qtbot, runner)
    assert "Token đã bị rút khi đang ký." in words_of(page)
    assert "Đã ký 2 / 6 học bạ" in words_of(page)
    assert states(school, runner, qtbot, page).count(S.SIGNED_HOMEROOM) == 2
    press(page, "Ký tiếp 4 học bạ")
    assert "Ký 4 học bạ" in dialog_of(dialogs).act.accessibleName()
    dialog_of(dialogs).reject()


def test_going_on_without_a_token_looks_for_it_and_then_says_so(
    open_page: Opener, qtbot: QtBot, runner: TaskRunner, dialogs: DialogService
) -> None:
    page = open_page(remove=3)
    page.ask_pin()
    enter(dialogs)
    settle(qtbot, runner)
    there = page._services
    page._services = replace(there, keys=KeySources())  # the token is out
    page.look_for_keys()
    settle(qtbot, runner)
    press(page, "Ký tiếp 4 học bạ")
    settle(qtbot, runner)
    assert dialogs.current is None
    assert "Chưa thấy USB token." in words_of(page)
    page._services = there  # and in again
    press(page, "Thử lại")
    settle(qtbot, runner)
    assert "Ký 4 học bạ" in dialog_of(dialogs).act.accessibleName()
    dialog_of(dialogs).reject()


def test_a_batch_taken_up_again_counts_what_was_signed_since(
    school: SmallSchool, open_page: Opener, qtbot: QtBot, runner: TaskRunner, dialogs: DialogService
) -> None:
    (waiting,) = school.made.signing.waiting(SignerRole.HOMEROOM)
    store = school.made.workspace.here().signing
    listed = [(head.record_id, head.version) for head in waiting.heads]
    holder = waiting.signer.full_name
    store.begin_batch("killed", SignerRole.HOMEROOM, holder, "", listed, "2026-11-23T04:13:00Z")
    page = open_page(remove=3)
    press(page, "Ký tiếp từ học bạ 1")
    enter(dialogs)
    settle(qtbot, runner)
    assert "Đã ký 2 / 6 học bạ" in words_of(page)
    assert not page.face.standing.isVisible()  # one way to go on is enough
    press(page, "Đã hiểu")
    assert "bị ngắt, đã ký 2 / 6." in words_of(page)
    press(page, "Ký tiếp từ học bạ 3")
    assert "Ký 4 học bạ" in dialog_of(dialogs).act.accessibleName()
    dialog_of(dialogs).reject()


def test_tab_goes_through_the_page_as_it_lies(
    open_page: Opener, qtbot: QtBot, runner: TaskRunner
) -> None:
    page = open_page()
    face = page.face
    (box,) = face.classes.boxes.values()
    (again,) = [b for b in page.findChildren(QPushButton) if "Tìm lại token" in b.text()]
    for _ in range(2):  # the second time with parts that were made anew
        face.roles.setFocus()
        reached = [_next_by_tab(page)]
        while reached[-1] is not face.whole_list:
            reached.append(_next_by_tab(page))
            assert isinstance(reached[-1], QPushButton | QCheckBox)
        assert reached[:2] == [face.more, box]
        assert reached[-3:-1] == [face.keys.act, again]
        again.setFocus()
        again.click()
        settle(qtbot, runner)
        assert page.focusWidget() is again  # the search takes nobody's place away
        page.refresh()
        settle(qtbot, runner)


def _next_by_tab(page: SigningPage) -> QWidget:
    page.focusNextChild()
    found = page.focusWidget()
    assert found is not None
    return found


def test_the_last_try_needs_an_explicit_yes_and_a_pin_is_tried_once(
    open_page: Opener,
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    tmp_path: Path,
) -> None:
    page = open_page(final=1)
    page.ask_pin()
    dialog = dialog_of(dialogs)
    assert "Còn 1 lần thử" in "\n".join(w.text() for w in dialog.findChildren(QLabel))
    dialog.field.setText("00000000")
    assert not dialog.act.isEnabled()
    dialog.sure.setChecked(True)
    dialog.act.click()
    settle(qtbot, runner)
    assert "Mã PIN chưa đúng." in words_of(page)
    assert calls(tmp_path).count("login") == 1
    page.face.banner.action.click()
    settle(qtbot, runner)
    assert dialog_of(dialogs).field.text() == ""
    assert not dialog_of(dialogs).sure.isChecked()
    dialog_of(dialogs).reject()


def test_a_token_that_saw_a_wrong_pin_says_so_before_one_types(
    open_page: Opener, dialogs: DialogService
) -> None:
    page = open_page(low=1)
    page.ask_pin()
    said = "\n".join(label.text() for label in dialog_of(dialogs).findChildren(QLabel))
    assert "đã có lần nhập sai" in said
    dialog_of(dialogs).reject()


def test_only_the_failures_are_tried_again(
    school: SmallSchool, open_page: Opener, qtbot: QtBot, runner: TaskRunner, dialogs: DialogService
) -> None:
    store = school.made.workspace.here()
    bad = school.made.records.heads()[2]
    whole = store.transcripts.get(bad.record_id, 1).xml
    with store.write():
        store.db.execute("UPDATE transcript SET xml = x'3c' WHERE record_id = ?", [bad.record_id])
    page = open_page()
    page._seen.update({(h.record_id, h.version) for h in page.work.signers[0].heads})
    page.ask_pin(page.work.signers[0].heads)
    enter(dialogs)
    settle(qtbot, runner)
    assert "Đã ký 5 / 6 học bạ" in words_of(page)
    shown: list[RecordList] = []
    page.panel_wanted.connect(lambda sheet, _: shown.append(sheet))
    press(page, "Từng học bạ")
    lines = shown[0].table.rows_shown()
    assert [line.tone for line in lines] == [Tone.DECIDE] + [Tone.DONE] * 5
    assert lines[0].head == bad
    mended = list[object]()
    page.away._work(
        lambda _: _put(school.made, bad.record_id, whole), lambda _: mended.append(1), ""
    )
    settle(qtbot, runner)
    press(page, "Ký lại 1 học bạ lỗi")
    assert "Ký 1 học bạ" in dialog_of(dialogs).act.accessibleName()
    enter(dialogs)
    settle(qtbot, runner)
    assert set(states(school, runner, qtbot, page)) == {S.SIGNED_HOMEROOM}


def _put(made: Services, record_id: str, xml: bytes) -> None:
    store = made.workspace.here()
    with store.write():
        store.db.execute("UPDATE transcript SET xml = ? WHERE record_id = ?", [xml, record_id])


def test_a_pause_that_lasts_too_long_closes_the_key_and_the_rest_goes_on_with_a_new_pin(
    school: SmallSchool, open_page: Opener, qtbot: QtBot, runner: TaskRunner, dialogs: DialogService
) -> None:
    page = open_page(delay=40)
    page.ask_pin()
    enter(dialogs)
    run = page.face.run
    run.pause.click()
    assert "khóa ký tự đóng sau" in words_of(page)
    run._pause.longest = 0.3
    settle(qtbot, runner)
    assert "quá lâu nên phần mềm đã đóng khóa ký" in words_of(page)
    assert not page.signing
    page.face.banner.action.click()
    assert isinstance(dialogs.current, PinDialog)
    enter(dialogs)
    settle(qtbot, runner)
    assert set(states(school, runner, qtbot, page)) == {S.SIGNED_HOMEROOM}


def test_the_second_batch_of_a_key_says_how_long_it_takes_views_included(
    school: SmallSchool, open_page: Opener, qtbot: QtBot, runner: TaskRunner, dialogs: DialogService
) -> None:
    for role in (SignerRole.HOMEROOM, SignerRole.PRINCIPAL):
        (waiting,) = school.made.signing.waiting(role)
        with school.identity(waiting.signer).key() as key:
            school.made.signing.sign(waiting.heads, role, key)
    page = open_page(SignerRole.SCHOOL, delay=150)
    assert "Khoảng" not in page.face.keys.below.text()
    page.ask_pin(page.choice.heads[:4] if page.choice else ())
    enter(dialogs)
    settle(qtbot, runner)
    assert "Đã đóng dấu 4 bản xem PDF." in words_of(page)
    (pace,) = page.work.paces.values()
    assert pace.record > 0.15
    assert pace.view > 0.3
    assert "Khoảng" in page.face.keys.below.text()


def test_the_limit_of_absences_is_the_profiles(school: SmallSchool) -> None:
    profile = shipped().for_grade("2026-2027", 8)
    assert isinstance(profile.rules, SecondaryRules)
    head = school.made.records.heads()[0]
    content = xml_record.parse(school.made.records.get(head).xml)
    missed = replace(content, attendance=replace(content.attendance, total=21))
    strict = replace(profile, rules=replace(profile.rules, absence_limit=20))
    assert [note.text for note in notes_of(missed, None, strict)] == [
        "Nghỉ 21 buổi, quá 20 buổi trong năm."
    ]
    assert notes_of(missed, None, profile) == ()
    primary = shipped().for_grade("2026-2027", 4)
    assert notes_of(missed, None, primary) == ()


def test_a_whole_school_is_chosen_and_left_with_one_tick(
    tmp_path: Path, qtbot: QtBot, runner: TaskRunner, dialogs: DialogService
) -> None:
    folder = tmp_path / "two"
    folder.mkdir()
    sections = (SECTIONS[0], replace(SECTIONS[0], id="5A", name="5A", grade=5))
    two = small_school(folder, sections)
    two.made.workspace.forbid_this_thread()
    page = SigningPage(two.made, runner, dialogs)
    qtbot.addWidget(page)
    page.refresh()
    settle(qtbot, runner)

    def chosen() -> list[str]:
        return [head.section_id for head in page.choice.heads] if page.choice else []

    assert chosen() == ["4A", "4A", "5A", "5A"]
    page.face.classes.boxes[""].click()
    assert not chosen()
    page.face.classes.boxes["5A"].click()
    assert chosen() == ["5A", "5A"]
    page.face.classes.boxes[""].click()
    assert chosen() == ["4A", "4A", "5A", "5A"]
    runner.shutdown()
    two.made.close()
    shutil.rmtree(folder)


def test_an_unexpected_end_of_a_search_leaves_the_page_usable(
    open_page: Opener, qtbot: QtBot, runner: TaskRunner
) -> None:
    page = open_page()

    class Broken:
        def find(self) -> None:
            raise SigningFailure("no reader")

    page._services = replace(page._services, keys=Broken())  # type: ignore[arg-type]
    page.look_for_keys()
    settle(qtbot, runner)
    assert page.face.banner.isVisible()
    assert page.face.keys.act.isEnabled()
