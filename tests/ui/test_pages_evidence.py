"""Online proof in the window: what waits is said, asked for on demand, and never in the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.clock import now
from app.model.signing import ExpectedSigner, SignerRole
from app.model.transcript import TranscriptHead
from app.signing.keys.key_choice import KeyChoice
from app.signing.record.signing_profile import shipped_profile
from app.ui.dialogs import DialogService
from app.ui.pages.home.state import read
from app.ui.pages.home.todo import Todo, todos
from app.ui.pages.outbox.page import OutboxPage
from app.ui.pages.records.data import PupilRecord, load_class
from app.ui.pages.settings.evidence import EvidencePart
from app.ui.pages.signing.key import facts_of
from app.ui.shell.task_runner import Lane, TaskRunner
from app.work import WorkContext
from tests.fixtures.outcomes import must_not_fail
from tests.fixtures.pki.authority import Services, serving
from tests.fixtures.schools.proven_school import TEACHER, ProvenSchool


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with serving(tmp_path / "tsa", now()) as running:
        yield running


@pytest.fixture
def school(tmp_path: Path, services: Services) -> Iterator[ProvenSchool]:
    made = ProvenSchool(tmp_path, services)
    made.made.workspace.forbid_this_thread()
    yield made
    made.made.close()


@pytest.fixture
def page(qtbot: QtBot, runner: TaskRunner, school: ProvenSchool) -> OutboxPage:
    made = OutboxPage(school.made, runner, DialogService())
    qtbot.addWidget(made)
    made.resize(1106, 640)
    made.show()
    made.refresh()
    settle(qtbot, runner)
    return made


def settle(qtbot: QtBot, runner: TaskRunner) -> None:
    qtbot.waitUntil(lambda: not runner.busy(), timeout=30_000)


def told(sheet: QWidget) -> str:
    return "\n".join(label.text() for label in sheet.findChildren(QLabel) if label.isVisible())


def press(sheet: QWidget, words: str) -> None:
    next(b for b in sheet.findChildren(QPushButton) if words in b.text()).click()


def test_the_outbox_says_what_waits_and_asks_when_told(
    qtbot: QtBot, runner: TaskRunner, page: OutboxPage
) -> None:
    assert "1 học bạ chờ xác nhận chữ ký trực tuyến" in told(page)
    sheets: list[QWidget] = []
    page.panel_wanted.connect(lambda sheet, _: sheets.append(sheet))
    press(page.evidence, "Chi tiết")
    qtbot.addWidget(sheets[0])
    sheets[0].show()
    assert "Chưa có. Phần mềm lấy về khi có mạng." in told(sheets[0])
    press(sheets[0], "Xác nhận ngay")
    assert page.evidence.asking
    settle(qtbot, runner)
    assert "Mọi chữ ký đã có dấu thời gian" in told(page)
    qtbot.addWidget(sheets[-1])
    sheets[-1].show()
    assert "Xác nhận được 1 học bạ, còn chờ 0." in told(sheets[-1])
    assert "THỰC HÀNH - Chứng thực gốc: lấy hôm nay" in told(sheets[-1])


def test_what_gave_nothing_is_named_by_its_host(
    qtbot: QtBot, runner: TaskRunner, page: OutboxPage, services: Services
) -> None:
    services.lies = True
    page.evidence.ask_now()
    settle(qtbot, runner)
    sheets: list[QWidget] = []
    page.panel_wanted.connect(lambda sheet, _: sheets.append(sheet))
    page.evidence.show_details()
    qtbot.addWidget(sheets[0])
    sheets[0].show()
    assert "127.0.0.1: trả lời không đúng, có thể là trang đăng nhập của mạng" in told(sheets[0])
    assert "1 học bạ chờ xác nhận" in told(page)


def test_a_revoked_certificate_is_the_first_thing_said(
    qtbot: QtBot, runner: TaskRunner, page: OutboxPage, services: Services, school: ProvenSchool
) -> None:
    certificate = school.people[SignerRole.HOMEROOM].certificate
    services.authority.revoked[certificate.serial_number] = now() - timedelta(hours=1)
    page.evidence.ask_now()
    settle(qtbot, runner)
    assert f"Chứng thư đã bị thu hồi: {TEACHER.full_name}" in told(page)


def test_a_record_signed_after_its_signer_was_revoked_is_shown_where_one_looks(
    qtbot: QtBot, runner: TaskRunner, page: OutboxPage, services: Services, school: ProvenSchool
) -> None:
    certificate = school.people[SignerRole.HOMEROOM].certificate
    services.authority.revoked[certificate.serial_number] = now() - timedelta(hours=1)
    page.evidence.ask_now()
    settle(qtbot, runner)
    looks: list[tuple[Todo, tuple[PupilRecord, ...], TranscriptHead]] = []

    def look(_: WorkContext) -> None:
        head = school.record.head
        urgent = todos(read(school.made, now().date()))[0]
        looks.append((urgent, load_class(school.made, head.section_id).rows, head))

    runner.run(Lane.DATABASE, look, owner=page, failed=must_not_fail)
    settle(qtbot, runner)
    ((todo, (row, *others), head),) = looks
    assert todo.title == "1 học bạ được ký bằng chứng thư đã bị thu hồi"
    assert head.full_name in todo.detail
    assert (todo.page, todo.item) == ("records", head.record_id)
    assert (row.full_name, row.note) == (
        head.full_name,
        "Ký sau khi chứng thư bị thu hồi: cần đính chính",
    )
    assert not any("thu hồi" in each.note for each in others)


def test_sending_takes_the_network_from_a_silent_service(
    qtbot: QtBot, runner: TaskRunner, page: OutboxPage, services: Services
) -> None:
    services.silent = True
    page.evidence.ask_now()
    qtbot.waitUntil(lambda: bool(services.asked), timeout=10_000)
    page.send()
    settle(qtbot, runner)
    assert not page.evidence.asking
    assert "1 học bạ chờ xác nhận" in told(page)
    assert page.banner.isVisible()  # not enrolled: what sending itself has to say


def test_the_key_card_says_how_old_the_list_is(
    qtbot: QtBot, runner: TaskRunner, page: OutboxPage, school: ProvenSchool
) -> None:
    key = KeyChoice(school.people[SignerRole.HOMEROOM].certificate)
    signer = ExpectedSigner(SignerRole.HOMEROOM, TEACHER.full_name, TEACHER.personal_id)

    def said() -> list[str]:
        found: list[KeyChoice] = []
        runner.run(
            Lane.DATABASE,
            lambda _: school.made.evidence.standing([key])[0],
            owner=page,
            failed=must_not_fail,
            done=found.append,
        )
        settle(qtbot, runner)
        checks = facts_of(found[0], signer, "", now()).checks
        return [check.words for check in checks]

    assert "Chưa kiểm tra thu hồi trực tuyến" in said()
    page.evidence.ask_now()
    settle(qtbot, runner)
    assert "Chưa bị thu hồi, theo danh sách hôm nay" in said()


def test_where_to_ask_is_a_setting(
    qtbot: QtBot, runner: TaskRunner, school: ProvenSchool, services: Services
) -> None:
    part = EvidencePart(school.made, runner, DialogService())
    qtbot.addWidget(part)
    part.show()
    part.load()
    settle(qtbot, runner)
    assert part.first.text() == f"{services.url}/tsa"
    part.second.setText("ftp://tsa")
    part.keep()
    assert "Địa chỉ bắt đầu bằng http://" in told(part)
    part.second.setText("https://tsa.example.vn/")
    part.keep()
    settle(qtbot, runner)
    assert "Đã lưu" in told(part)
    part.load()
    settle(qtbot, runner)
    assert part.second.text() == "https://tsa.example.vn/"
    part.standard.click()
    settle(qtbot, runner)
    assert part.first.text() == shipped_profile().time_stamping[0]
    part.first.clear()
    part.second.clear()
    part.keep()
    settle(qtbot, runner)
    assert "Không xin dấu thời gian" in told(part)
