"""Signing elsewhere and batch registers, from the page: nothing is forgotten, nothing slips in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.model.signing import SignerRole
from app.signing.batch.register import SUFFIX
from app.signing.keys.key_choice import KeySources
from app.ui.dialogs import DialogService
from app.ui.pages.home.state import read
from app.ui.pages.home.todo import todos
from app.ui.pages.signing.page import SigningPage
from app.ui.pages.signing.sheets import RecordList
from app.ui.shell.task_runner import TaskRunner
from app.ui.theme.theme import Tone
from tests.fixtures.schools.small_school import SECTIONS, SmallSchool, small_school
from tests.ui.test_pages_signing_batch import press, settle, words_of

pytest_plugins = ["tests.ui.practice_services"]
Page = Callable[[], SigningPage]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> SmallSchool:
    """Class 4A locked, three pupils; no key is at hand."""
    school = small_school(tmp_path_factory.mktemp("school"), SECTIONS[:1], pupils=3)
    school.made.close()
    return school


@pytest.fixture
def school(base: SmallSchool, tmp_path: Path, runner: TaskRunner) -> Iterator[SmallSchool]:
    (tmp_path / "here").mkdir()
    copy = base.copy(tmp_path / "here")
    yield copy
    runner.shutdown()
    copy.made.close()


@pytest.fixture
def open_page(
    school: SmallSchool, qtbot: QtBot, runner: TaskRunner, dialogs: DialogService
) -> Page:
    def make() -> SigningPage:
        school.made.workspace.forbid_this_thread()
        # Whatever drivers this machine has, none is asked.
        page = SigningPage(replace(school.made, keys=KeySources()), runner, dialogs)
        qtbot.addWidget(page)
        page.resize(1106, 640)
        page.show()
        page.refresh()
        settle(qtbot, runner)
        return page

    return make


@pytest.fixture
def sheets() -> list[RecordList]:
    return []


def signed_elsewhere(base: SmallSchool, folder: Path, *, upto: SignerRole) -> Path:
    """The class as another machine has it, signed so far, its files in a folder."""
    folder.mkdir()
    other = base.copy(folder)
    out = folder / "out"
    out.mkdir()
    for role in list(SignerRole)[: list(SignerRole).index(upto) + 1]:
        for waiting in other.made.signing.waiting(role):
            with other.identity(waiting.signer).key() as key:
                assert not other.made.signing.sign(waiting.heads, role, key).failed
    for head in other.made.records.heads():
        (out / f"{head.record_id}.xml").write_bytes(other.made.records.get(head).xml)
    other.made.close()
    return out


def test_records_taken_along_are_told_of_until_they_come_back(
    base: SmallSchool,
    open_page: Page,
    qtbot: QtBot,
    runner: TaskRunner,
    tmp_path: Path,
    sheets: list[RecordList],
) -> None:
    page = open_page()
    page.panel_wanted.connect(lambda sheet, _: sheets.append(sheet))
    assert "Chưa thấy chứng thư của" in words_of(page)
    assert page.choice is not None
    signer, heads = page.choice.work.signer, page.choice.heads
    menu = page.away.menu(page.face.more, heads, signer)
    assert menu.actions()[0].text() == "Lưu 3 học bạ để ký ở nơi khác…"
    nothing = page.away.menu(page, (), None).actions()[0]
    assert (nothing.text(), nothing.isEnabled()) == ("Lưu học bạ để ký ở nơi khác…", False)
    page.away.save(heads, signer, tmp_path / "stick")
    settle(qtbot, runner)
    assert f"Đã lưu 3 học bạ chờ {signer.full_name} ký." in words_of(page)
    (target,) = (tmp_path / "stick").iterdir()
    assert len(list(target.glob("*.xml"))) == 3
    press(page, "Đã hiểu")
    assert "3 học bạ đang được mang đi ký ở nơi khác, chưa mang về." in words_of(page)
    assert str(target) in words_of(page)
    assert page.work.waiting == 3
    page.show_list()
    assert sheets[-1].table.rows_shown()[0].note.endswith("Đang mang đi ký ở nơi khác.")
    page.away.take_back([signed_elsewhere(base, tmp_path / "there", upto=SignerRole.HOMEROOM)])
    settle(qtbot, runner)
    assert "Đã nhận chữ ký của 3 / 3 học bạ." in words_of(page)
    press(page, "Đã hiểu")
    assert not page.face.standing.isVisible()
    assert page.work.roles() == (SignerRole.PRINCIPAL,)


def test_what_is_refused_is_named_with_its_reason(
    base: SmallSchool,
    open_page: Page,
    qtbot: QtBot,
    runner: TaskRunner,
    tmp_path: Path,
    sheets: list[RecordList],
) -> None:
    out = signed_elsewhere(base, tmp_path / "there", upto=SignerRole.HOMEROOM)
    bad = sorted(out.iterdir())[1]
    bad.write_bytes(bad.read_bytes().replace("Vàng".encode(), "Vằng".encode(), 1))
    page = open_page()
    page.panel_wanted.connect(lambda sheet, _: sheets.append(sheet))
    page.away.take_back([out])
    settle(qtbot, runner)
    assert "Đã nhận chữ ký của 2 / 3 học bạ." in words_of(page)
    assert "1 tệp bị từ chối" in words_of(page)
    lines = sheets[-1].table.rows_shown()
    assert [line.tone for line in lines] == [Tone.DECIDE, Tone.DONE, Tone.DONE]
    assert "Nội dung tệp khác với học bạ đang chờ ký" in lines[0].note


def test_what_an_act_came_to_takes_the_place_of_an_earlier_error(
    open_page: Page, qtbot: QtBot, runner: TaskRunner, tmp_path: Path
) -> None:
    page = open_page()
    assert page.choice is not None
    signer, heads = page.choice.work.signer, page.choice.heads
    (tmp_path / "file").write_bytes(b"")
    page.away.save(heads, signer, tmp_path / "file")
    settle(qtbot, runner)
    assert page.face.banner.isVisible()
    page.away.save(heads, signer, tmp_path / "stick")
    settle(qtbot, runner)
    assert page.face.told.isVisible()
    assert not page.face.banner.isVisible()


def test_where_only_views_wait_nothing_is_asked_to_be_chosen(
    school: SmallSchool, open_page: Page
) -> None:
    school.sign_all()
    page = open_page()
    assert [work.unsealed for work in page.work.signers] == [3]
    assert "Còn 3 bản xem PDF chờ đóng dấu." in words_of(page)
    assert not page.face.classes.isVisible()
    assert not page.face.list_card.isVisible()
    assert "bất thường" not in words_of(page)


def test_registers_are_kept_apart_and_compared(
    school: SmallSchool,
    open_page: Page,
    qtbot: QtBot,
    runner: TaskRunner,
    tmp_path: Path,
    sheets: list[RecordList],
) -> None:
    school.sign_all()
    page = open_page()
    page.panel_wanted.connect(lambda sheet, _: sheets.append(sheet))
    page.away.save_registers(tmp_path)
    settle(qtbot, runner)
    assert "Đã cất 3 sổ đợt ký." in words_of(page)
    page.away.compare([tmp_path])
    settle(qtbot, runner)
    assert "Không thiếu học bạ, không thiếu chữ ký." in words_of(page)
    assert "3 sổ đợt ký, 3 học bạ đã đối chiếu." in words_of(page)
    next(tmp_path.glob(f"*{SUFFIX}")).write_bytes(b"{}")
    page.away.compare([tmp_path])
    settle(qtbot, runner)
    assert "1 tệp sổ không dùng được." in words_of(page)
    assert "sổ đợt ký bị hỏng hoặc bị sửa" in sheets[-1].table.rows_shown()[0].note


def test_what_a_register_misses_is_seen_at_home_and_where_one_signs(
    school: SmallSchool,
    open_page: Page,
    sheets: list[RecordList],
) -> None:
    school.sign_all()
    store = school.made.workspace.here()
    gone, cut, _ = school.made.records.heads()
    with store.write():
        store.db.execute("DELETE FROM transcript WHERE record_id = ?", [gone.record_id])
        store.db.execute("DELETE FROM signature WHERE record_id = ?", [cut.record_id])
    (first, *_) = todos(read(school.made, school.made.now().date()))
    assert first.title == "2 học bạ không còn đúng với sổ đợt ký"
    assert (first.page, first.tone) == ("signing", Tone.DECIDE)
    page = open_page()
    page.panel_wanted.connect(lambda sheet, _: sheets.append(sheet))
    assert "2 học bạ không còn đúng với sổ đợt ký." in words_of(page)
    page.show_item(first.item)
    assert {line.state for line in sheets[-1].table.rows_shown()} == {"mất học bạ", "mất chữ ký"}


def test_a_folder_that_cannot_be_written_is_said_and_nothing_counts_as_taken_along(
    open_page: Page, qtbot: QtBot, runner: TaskRunner, tmp_path: Path
) -> None:
    page = open_page()
    assert page.choice is not None
    (tmp_path / "file").write_bytes(b"")
    page.away.save(page.choice.heads, page.choice.work.signer, tmp_path / "file")
    settle(qtbot, runner)
    assert page.face.banner.isVisible()
    page.refresh()
    settle(qtbot, runner)
    assert page.work.away == {}


def test_any_record_of_the_list_can_be_looked_at_and_back(
    open_page: Page, qtbot: QtBot, runner: TaskRunner, sheets: list[RecordList]
) -> None:
    page = open_page()
    page.panel_wanted.connect(lambda sheet, _: sheets.append(sheet))
    page.face.whole_list.click()
    sheet = sheets[-1]
    qtbot.addWidget(sheet)
    sheet.show_record.click()
    settle(qtbot, runner)
    shown = sheets[-1]
    qtbot.addWidget(shown)
    first = sheet.table.rows_shown()[0]
    assert first.name in [label.text() for label in shown.findChildren(QLabel)]
    (back,) = [b for b in shown.findChildren(QPushButton) if "Về danh mục" in b.text()]
    back.click()
    assert sheets[-1].table.rows_shown() == [replace(line) for line in sheet.table.rows_shown()]
