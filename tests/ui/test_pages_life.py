"""Corrections, recalls and cancellations in the window: asked by one person, decided by another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.model.signing import SignerRole
from app.model.transcript import RequestKind, RequestState, TranscriptState
from app.practice.setup import PracticePlace
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.kit.printing import a4_printer
from app.ui.pages.records.change_requests.form import IDENTITY, RequestForm
from app.ui.pages.records.change_requests.review import RequestList, ReviewView
from app.ui.pages.records.change_requests.version import VersionView
from app.ui.pages.records.data import PupilRecord
from app.ui.pages.records.page import RecordsPage
from app.ui.pages.records.paper import class_paper, record_paper
from app.ui.pages.records.printing import PrintPreview
from app.ui.shell.task_runner import TaskRunner
from app.work import WorkContext
from tests.ui.practice_school import Copier, sign_all

pytest_plugins = ["tests.ui.practice_services"]

ASKS, DECIDES = "Giàng A Chu", "Nguyễn Văn Khải"
W = TypeVar("W", bound=QWidget)


def words_of(page: QWidget) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


@dataclass
class Desk:
    """The page, and a person's ways on it."""

    qtbot: QtBot
    made: Services
    runner: TaskRunner
    page: RecordsPage

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: not self.runner.busy(), timeout=15_000)

    def open(self) -> None:
        self.qtbot.addWidget(self.page)
        self.page.resize(1106, 640)
        self.page.show()
        self.page.refresh()
        self.qtbot.waitUntil(lambda: self.page.shown is not None, timeout=15_000)
        self.settle()

    @property
    def rows(self) -> tuple[PupilRecord, ...]:
        assert self.page.shown is not None
        return self.page.shown.rows

    @property
    def first(self) -> PupilRecord:
        return self.rows[0]

    def step(self, kind: type[W]) -> W:
        """The step that the page shows now."""
        self.settle()
        found = self.page.panel.findChildren(kind)
        assert found, words_of(self.page)
        return found[-1]

    def ask(self, kind: RequestKind) -> RequestForm:
        self.page.acts.life.ask(self.first, kind)
        return self.step(RequestForm)

    def send(self, form: RequestForm, who: str = ASKS) -> None:
        form.reason.setText("Chép nhầm từ sổ")
        form.asked_by.setCurrentText(who)
        form.send.click()
        self.settle()

    def correct_comment(self) -> None:
        form = self.ask(RequestKind.CONTENT)
        entry = form.entries[0]
        entry.choose(("TIENG_VIET", "comment"))
        entry.after.setPlainText("Đọc trôi chảy, viết đúng chính tả.")
        self.send(form)

    def review(self) -> ReviewView:
        self.page.show_requests()
        listed = self.step(RequestList)
        look = [b for b in listed.findChildren(QPushButton) if b.text() == "Xem và quyết định"]
        look[0].click()
        return self.step(ReviewView)

    def approve(self, by: str = DECIDES) -> None:
        view = self.review()
        view.decided_by.setCurrentText(by)
        view.approve.click()
        self.settle()


@pytest.fixture
def desk(
    qtbot: QtBot,
    runner: TaskRunner,
    dialogs: DialogService,
    copy_of: Copier,
    locked_base: PracticePlace,
) -> Desk:
    made = copy_of(locked_base)
    return Desk(qtbot, made, runner, RecordsPage(made, runner, dialogs))


def test_a_comment_is_corrected_by_two_people_and_the_old_version_stays(desk: Desk) -> None:
    desk.open()
    desk.correct_comment()
    assert "Chờ duyệt: đính chính nội dung" in desk.first.note
    shown = words_of(desk.review())
    assert "Đọc trôi chảy, viết đúng chính tả." in shown
    assert "Phải ký 3 chữ ký" in shown
    desk.approve()
    assert desk.first.head is not None
    assert (desk.first.head.version, desk.first.request) == (2, None)
    versions = desk.made.life.versions(desk.first.head)
    assert [head.state for head in versions] == [TranscriptState.SUPERSEDED, TranscriptState.LOCKED]
    desk.page.acts.life.show_version(versions[0])
    old = words_of(desk.step(VersionView))
    assert "Đã được thay thế" in old
    assert "Đã có phiên bản 2" in old


def test_nobody_decides_about_a_request_of_their_own(desk: Desk) -> None:
    desk.open()
    desk.correct_comment()
    desk.approve(ASKS)
    assert desk.first.head is not None
    assert desk.first.head.version == 1
    assert "Người phê duyệt phải khác người đề nghị" in words_of(desk.page)


def test_a_refusal_needs_its_reason_and_changes_nothing(desk: Desk) -> None:
    desk.open()
    desk.correct_comment()
    view = desk.review()
    view.decided_by.setCurrentText(DECIDES)
    view.refuse.click()
    assert "Cần ghi lý do không duyệt." in words_of(view)
    view.why.setText("Sổ ghi đúng")
    view.refuse.click()
    desk.settle()
    assert desk.first.head is not None
    (request,) = desk.made.life.requests(desk.first.head.record_id, None)
    assert (request.state, request.decided_by) == (RequestState.REFUSED, DECIDES)
    assert (desk.first.head.version, desk.first.request) == (1, None)


def test_a_name_is_corrected_as_personal_data(desk: Desk) -> None:
    desk.open()
    form = desk.ask(RequestKind.CONTENT)
    form.kinds.setCurrentIndex(form.kinds.findData(IDENTITY))
    form.fields["full_name"].setText("Vàng Thị Sáy Mới")
    desk.send(form)
    (request,) = desk.made.life.requests()
    assert request.kind is RequestKind.IDENTITY
    desk.approve()
    assert "Vàng Thị Sáy Mới" in [row.full_name for row in desk.rows]


def test_a_request_that_changes_nothing_is_refused_in_the_form(desk: Desk) -> None:
    desk.open()
    form = desk.ask(RequestKind.CONTENT)
    form.entries[0].choose(("TIENG_VIET", "comment"))
    desk.send(form)
    assert "Nội dung mới không khác nội dung cũ" in words_of(form)
    assert desk.made.life.requests() == []


def test_an_issued_record_is_cancelled_and_can_still_be_seen(desk: Desk) -> None:
    sign_all(desk.made, SignerRole.HOMEROOM, SignerRole.PRINCIPAL, SignerRole.SCHOOL)
    desk.open()
    desk.send(desk.ask(RequestKind.CANCEL))
    desk.approve()
    states = {row.head.state for row in desk.rows if row.head}
    assert TranscriptState.CANCELLED in states


def test_what_may_not_be_recalled_is_not_offered(desk: Desk) -> None:
    desk.open()
    offered = [a.text() for a in desk.page.acts.pupil_menu(desk.page, desk.first).actions()]
    assert "Đề nghị rà soát, đính chính" in offered
    assert "Đề nghị thu hồi" not in offered


def test_a_record_a_booklet_and_a_class_are_shown_as_they_are_printed(desk: Desk) -> None:
    desk.open()
    desk.page.acts.printing.record(desk.first)
    pages = desk.step(PrintPreview).document.pageCount()
    assert pages >= 3
    desk.page.acts.printing.booklet(desk.first)
    assert desk.step(PrintPreview).document.pageCount() >= 3
    assert desk.page.shown is not None
    desk.page.acts.printing.whole_class(desk.page.shown)
    view = desk.step(PrintPreview)
    assert view.document.pageCount() == 32 * pages
    view.back_wanted.emit()
    desk.settle()
    assert desk.first.full_name in words_of(desk.page.panel)


def test_every_page_goes_to_the_printer(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    assert desk.first.head is not None
    paper = record_paper(desk.made, desk.first.head)
    printer = a4_printer()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "giay.pdf"))
    printer.setResolution(150)
    desk.page.acts.printing.print_on(printer, paper)
    desk.settle()
    assert "trang đến máy in" in words_of(desk.page)
    printed, meant = QPdfDocument(), PrintPreview(paper)
    desk.qtbot.addWidget(meant)
    printed.load(str(tmp_path / "giay.pdf"))
    assert printed.pageCount() == meant.document.pageCount()
    assert dark(printed) == pytest.approx(dark(meant.document), rel=0.15)


def dark(document: QPdfDocument) -> int:
    """How many dark points the first page has at 40 dpi."""
    picture = document.render(0, QSize(331, 468)).convertToFormat(QImage.Format.Format_Grayscale8)
    return sum(value < 160 for value in bytes(picture.constBits()))


def test_the_class_is_saved_as_one_file(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    heads = tuple(row.head for row in desk.rows[:3] if row.head)
    desk.page.acts.printing.save_to(
        tmp_path / "lop.pdf", class_paper(desk.made, heads, WorkContext())
    )
    desk.settle()
    saved = QPdfDocument()
    saved.load(str(tmp_path / "lop.pdf"))
    assert saved.pageCount() >= 9


def test_what_came_back_leads_from_the_outbox_to_its_correction(desk: Desk) -> None:
    sign_all(desk.made, SignerRole.HOMEROOM, SignerRole.PRINCIPAL, SignerRole.SCHOOL)
    head = desk.made.records.heads("4A")[5]
    store = desk.made.workspace.here().transcripts
    store.move(head.record_id, head.version, TranscriptState.QUEUED)
    store.move(head.record_id, head.version, TranscriptState.RETURNED, "Sai ngày sinh")
    desk.open()
    desk.page.show_item(head.record_id)
    desk.settle()
    shown = desk.page.panel.findChildren(QPushButton)
    assert "Sở trả lại: Sai ngày sinh" in words_of(desk.page.panel)
    next(b for b in shown if "Đề nghị đính chính" in b.text()).click()
    assert head.full_name in words_of(desk.step(RequestForm))


def test_another_page_takes_the_place_of_a_step(desk: Desk) -> None:
    desk.open()
    desk.ask(RequestKind.CANCEL)
    desk.page.refresh()
    desk.settle()
    assert desk.page.panel.findChildren(RequestForm), "typing outlives a refresh"
    desk.page.show_item(desk.rows[3].student_id)
    desk.settle()
    assert desk.page.panel.findChildren(RequestForm) == []
    assert desk.rows[3].full_name in words_of(desk.page.panel)


def test_what_the_department_holds_is_recalled_by_a_version_of_its_own(desk: Desk) -> None:
    sign_all(desk.made, SignerRole.HOMEROOM, SignerRole.PRINCIPAL, SignerRole.SCHOOL)
    store = desk.made.workspace.here().transcripts
    for head in desk.made.records.heads("4A"):
        store.move(head.record_id, head.version, TranscriptState.QUEUED)
        store.move(head.record_id, head.version, TranscriptState.RECEIVED)
    desk.open()
    record = desk.first.head
    assert record is not None
    offered = [a.text() for a in desk.page.acts.pupil_menu(desk.page, desk.first).actions()]
    assert "Đề nghị thu hồi" in offered
    desk.send(desk.ask(RequestKind.RECALL))
    assert "Phải ký 3 chữ ký" in words_of(desk.review())
    desk.approve()
    states = [head.state for head in desk.made.life.versions(record)]
    assert states == [TranscriptState.RECALL_REQUESTED, TranscriptState.LOCKED]
