"""What the department sent, as the person sees it; and whom the school trusts besides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app import services
from app.department.store.folder import StationFolder, init_folder
from app.model.publication import PublicationKind
from app.parcel.publication import issue, to_file
from app.practice.school import SCHOOL
from app.services import Services
from app.signing.trust.certificates import fingerprint
from app.signing.trust.trust_list import Hierarchy
from app.store import Workspace
from app.ui.pages.home.page import HomePage
from app.ui.pages.news.page import NewsPage
from app.ui.pages.settings.network import NetworkPart
from app.ui.pages.settings.page import SettingsPage
from app.ui.pages.settings.parts import SettingsPart
from app.ui.pages.settings.rules import RulesPart
from app.ui.pages.settings.trust import TrustDialog, TrustPart
from app.ui.shell import badges
from app.ui.shell.composition import compose
from app.ui.shell.main_window import MainWindow
from app.ui.shell.task_runner import TaskRunner
from installer.pictures.screens_pages import settle
from tests.fixtures.schools.publications import (
    new_root,
    newer_rules,
    published,
    rules_id,
    trust_list,
)
from tests.fixtures.stations.station import enrol
from tests.ui.school_copies import ReadySchool

pytest_plugins = ["tests.ui.ready_schools"]
P = TypeVar("P", bound=SettingsPart)
_K = PublicationKind
NOTICE = "Nộp trước ngày 15/6.\n\nTrân trọng."


@dataclass
class Scene:
    school: Services
    station: StationFolder
    folder: Path

    def file(self, kind: PublicationKind, content: bytes, number: int, title: str) -> Path:
        key = self.station.receipt_key
        said = published(kind, content, number, 1, title, SCHOOL.code, key)
        place = self.folder / f"{number}.hbn"
        place.write_bytes(to_file(said, content))
        return place

    def give(self, kind: PublicationKind, content: bytes, number: int, title: str) -> None:
        self.school.delivery.accept_publication(
            self.file(kind, content, number, title).read_bytes()
        )


@pytest.fixture
def scene(tmp_path: Path, filled_base: ReadySchool) -> Iterator[Scene]:
    made = filled_base.copy_to(tmp_path / "school")
    station = init_folder(tmp_path / "so", "Sở Giáo dục và Đào tạo Lai Châu")
    answer = enrol(station, made.delivery.device(), "https://127.0.0.1:1")
    made.delivery.accept_enrolment(answer.token.encode())
    yield Scene(made, station, tmp_path)
    made.close()


def open_window(made: Services, runner: TaskRunner, qtbot: QtBot) -> MainWindow:
    window = compose(made, runner)
    qtbot.addWidget(window)
    window.show()
    settle(runner)
    return window


def open_news(window: MainWindow, runner: TaskRunner) -> NewsPage:
    window.open_page("news")
    settle(runner)
    page = window.page("news")
    assert isinstance(page, NewsPage)
    return page


def words_of(page: NewsPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def test_a_notice_is_counted_offered_first_and_read_once(
    scene: Scene, runner: TaskRunner, qtbot: QtBot
) -> None:
    scene.give(_K.NOTICE, NOTICE.encode(), 1, "Hạn nộp học bạ")
    scene.give(_K.NOTICE, b"B", 2, "Nghỉ lễ")
    assert badges.count(scene.school)["news"].count == 2
    window = open_window(scene.school, runner, qtbot)
    home = window.page("home")
    assert isinstance(home, HomePage)
    assert "Nghỉ lễ và 1 mục khác" in [label.text() for label in home.findChildren(QLabel)]
    window.open_page("news", 1)
    settle(runner)
    page = window.page("news")
    assert isinstance(page, NewsPage)
    assert NOTICE in words_of(page)
    assert [row.number for row in page.look.rows] == [2, 1]
    page.list.setCurrentRow(0)
    settle(runner)
    assert [row.unread for row in page.look.rows] == [True, True], "as loaded"
    window.refresh_current()
    settle(runner)
    assert [row.unread for row in page.look.rows] == [False, False]


def test_new_rules_say_when_they_hold_and_what_to_do(
    scene: Scene, runner: TaskRunner, qtbot: QtBot
) -> None:
    scene.give(_K.PROFILES, newer_rules(absence_limit="40"), 1, "Sửa Thông tư 22")
    window = open_window(scene.school, runner, qtbot)
    page = open_news(window, runner)
    assert "hãy đóng phần mềm rồi mở lại" in words_of(page)
    assert rules_id(2) in words_of(page)
    rules = open_part(window, runner, RulesPart)
    assert "có hiệu lực từ lần mở sau" in rules.state.accessibleName()
    assert {row.id for row in rules.table.rows_shown()} == {
        rules_id(1),
        "TT27-2020/2",
        "TT43-2021/1",
    }


def test_after_the_next_opening_the_new_rules_are_shown_in_force(
    scene: Scene, runner: TaskRunner, qtbot: QtBot
) -> None:
    scene.give(_K.PROFILES, newer_rules(absence_limit="40"), 1, "Sửa Thông tư 22")
    again = services.build(scene.school.workspace)
    window = open_window(again, runner, qtbot)
    assert "Đang có hiệu lực" in words_of(open_news(window, runner))
    rules = open_part(window, runner, RulesPart)
    assert "Đang dùng quy định bản 1" in rules.state.accessibleName()
    assert {row.id for row in rules.table.rows_shown()} == {
        rules_id(2),
        "TT27-2020/2",
        "TT43-2021/1",
    }


def test_what_was_withdrawn_is_gone_and_rules_in_use_ask_for_a_new_opening(
    scene: Scene, runner: TaskRunner, qtbot: QtBot
) -> None:
    scene.give(_K.NOTICE, NOTICE.encode(), 1, "Hạn nộp học bạ")
    scene.give(_K.PROFILES, newer_rules(absence_limit="4"), 2, "Sửa Thông tư 22")
    again = services.build(scene.school.workspace)
    window = open_window(again, runner, qtbot)
    page = open_news(window, runner)
    for number, gone in ((3, 1), (4, 2)):
        reason = f"Nhầm số {gone}.".encode()
        said = published(_K.WITHDRAWAL, reason, number, number, "Thu hồi: nhầm", SCHOOL.code)
        made = issue(replace(said, withdraws=gone), scene.station.receipt_key)
        file = scene.folder / f"{number}.hbn"
        file.write_bytes(to_file(made, reason))
        page.take_file(file)
        settle(runner)
    assert [row.number for row in page.look.rows] == [4, 3]
    assert "Lý do của Sở: Nhầm số 2." in words_of(page)
    assert "hãy đóng rồi mở lại" in words_of(page)
    page.list.setCurrentRow(1)
    assert "không còn hiệu lực" in words_of(page)
    rules = open_part(window, runner, RulesPart)
    assert "Sở đã thu hồi quy định bản 1" in rules.state.accessibleName()


def test_a_file_of_the_department_is_taken_and_a_foreign_one_refused(
    scene: Scene, runner: TaskRunner, qtbot: QtBot
) -> None:
    window = open_window(scene.school, runner, qtbot)
    page = open_news(window, runner)
    assert "Chưa có thông báo nào" in words_of(page)
    good = scene.file(_K.NOTICE, NOTICE.encode(), 1, "Hạn nộp học bạ")
    bad = scene.folder / "bad.hbn"
    bad.write_bytes(good.read_bytes()[:-1])
    page.take_file(bad)
    settle(runner)
    assert page.banner.isVisible()
    assert page.list.count() == 0
    page.take_file(good)
    settle(runner)
    assert not page.banner.isVisible()
    assert NOTICE in words_of(page)


def test_a_root_is_trusted_after_its_fingerprint_was_shown_and_forgotten_again(
    scene: Scene, runner: TaskRunner, qtbot: QtBot
) -> None:
    _, root = new_root("RootCA chuyên dùng Chính phủ G3")
    file = scene.folder / "root.pem"
    file.write_bytes(root.public_bytes(Encoding.PEM))
    window = open_window(scene.school, runner, qtbot)
    part = open_part(window, runner, TrustPart)
    part.look_at(file)
    settle(runner)
    dialog = part.dialogs.current
    assert isinstance(dialog, TrustDialog)
    shown = "".join(label.text() for label in dialog.findChildren(QLabel)).replace(" ", "")
    assert fingerprint(root).upper() in shown.replace("\n", "")
    assert scene.school.trust.path(root) is None
    dialog._hierarchy.setCurrentIndex(dialog._hierarchy.findData(Hierarchy.GOVERNMENT.value))
    dialog.act.click()
    settle(runner)
    path = scene.school.trust.path(root)
    assert path is not None
    assert path.hierarchy is Hierarchy.GOVERNMENT
    own = part.table.rows_shown()[0]
    assert own.name == "RootCA chuyên dùng Chính phủ G3"
    part.table.view.setCurrentIndex(part.table.view.model().index(0, 0))
    part.forget.click()
    settle(runner)
    assert part.dialogs.current is not None
    part.dialogs.current.accept()
    settle(runner)
    assert scene.school.trust.path(root) is None
    runner.shutdown()
    beside = Workspace(scene.school.workspace.path, scene.school.workspace._key, "thử")
    audit = beside.here().audit
    acts = [entry.act for entry in audit.entries(fingerprint(root))]
    beside.close()
    assert acts == ["trust", "distrust"]


def test_a_file_that_is_no_authority_changes_nothing(
    scene: Scene, runner: TaskRunner, qtbot: QtBot
) -> None:
    file = scene.folder / "ảnh.crt"
    file.write_bytes(b"\x89PNG" * 100)
    window = open_window(scene.school, runner, qtbot)
    part = open_part(window, runner, TrustPart)
    before = len(part.table.rows_shown())
    part.look_at(file)
    settle(runner)
    assert part.banner.isVisible()
    assert part.dialogs.current is None
    assert len(part.table.rows_shown()) == before


def test_what_ships_or_came_from_the_department_cannot_be_removed_here(
    scene: Scene, runner: TaskRunner, qtbot: QtBot
) -> None:
    scene.give(_K.TRUST, trust_list(), 1, "Danh sách tin cậy")
    window = open_window(scene.school, runner, qtbot)
    part = open_part(window, runner, TrustPart)
    sources = [row.source for row in part.table.rows_shown()]
    assert sorted(sources) == ["Danh sách của Sở", "Đi kèm phần mềm"]
    for place in range(len(sources)):
        part.table.view.setCurrentIndex(part.table.view.model().index(place, 0))
        assert not part.forget.isEnabled()


def test_a_mistyped_proxy_is_said_at_its_field_and_not_kept(
    scene: Scene, runner: TaskRunner, qtbot: QtBot
) -> None:
    window = open_window(scene.school, runner, qtbot)
    part = open_part(window, runner, NetworkPart)
    part.address.setText("proxy của trường")
    part.save.click()
    settle(runner)
    said = [label.text() for label in part.form._mistakes.values() if label.isVisible()]
    assert said == ["Viết như 10.0.0.1:3128; bỏ trống nếu không dùng."]
    part.address.setText("127.0.0.1:9")
    part.attempt.click()
    settle(runner)
    assert "delivery.proxy_failed" in [label.text().removeprefix("Mã ") for label in
                                       part.banner.findChildren(QLabel)]  # fmt: skip
    part.save.click()
    settle(runner)
    assert "Đã lưu" in part.notice.accessibleName()
    assert part.address.text() == "127.0.0.1:9"


def open_part(window: MainWindow, runner: TaskRunner, kind: type[P]) -> P:
    window.open_page("settings", kind.name)
    settle(runner)
    page = window.page("settings")
    assert isinstance(page, SettingsPage)
    found = page.current
    assert isinstance(found, kind)
    return found
