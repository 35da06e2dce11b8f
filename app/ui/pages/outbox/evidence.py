"""Xác nhận trực tuyến: what waits for time-stamps and revocation data, and a button to ask now."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import shiboken6
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLayout, QPushButton, QWidget

from app.errors import Cancelled
from app.services import Services
from app.signing.trust.evidence import AFTER_CONTACT_SECONDS, EvidenceReport, EvidenceState
from app.signing.trust.evidence_words import host, list_line, soon_ends, trouble_lines
from app.ui.kit import Notice, button, column, row, text
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text.messages import explain
from app.ui.text.record_states import moment
from app.ui.theme.theme import Tone, Type
from app.work import CancelToken, Progress

_WHAT = (
    "Khi có mạng, phần mềm xin dấu thời gian và hỏi xem chứng thư có bị thu hồi không. Nhờ đó chữ "
    "ký vẫn kiểm tra được sau khi chứng thư hết hạn. Ký và gửi không phải chờ việc này."
)
_TITLE = "Xác nhận chữ ký trực tuyến"


class EvidenceLine(Notice):
    """One line for the page; everything known in the side panel.

    Asks by itself after a contact, for a bounded time, and gives way to whoever needs the network.
    """

    panel_wanted = Signal(object, str)
    navigate = Signal(str, object)

    def __init__(self, services: Services, runner: TaskRunner) -> None:
        super().__init__("")
        self._services, self._runner = services, runner
        self._cancel: CancelToken | None = None
        self._at: Progress | None = None
        self._error: BaseException | None = None
        self._sheet: QWidget | None = None
        self.state: EvidenceState | None = None
        self.hide()

    @property
    def asking(self) -> bool:
        return self._cancel is not None

    def refresh(self) -> None:
        self._runner.run(
            Lane.DATABASE,
            lambda _: self._services.evidence.state(),
            owner=self,
            done=self._show,
            failed=self._not_read,
        )

    def ask_after_contact(self) -> None:
        """Nobody waits for it: it ends by itself."""
        self._ask(AFTER_CONTACT_SECONDS)

    def ask_now(self) -> None:
        """Until all is there, or the person has enough."""
        self._ask(None)

    def stop(self) -> None:
        if self._cancel is not None:
            self._cancel.cancel()

    def show_details(self) -> None:
        self._sheet = self._details()
        self.panel_wanted.emit(self._sheet, _TITLE)

    # --- asking -----------------------------------------------------------------------------

    def _ask(self, seconds: float | None) -> None:
        if self.asking or (self.state is not None and not self.state.wanted):
            return
        self._error, self._at = None, None
        self._cancel = self._runner.run(
            Lane.NETWORK,
            partial(self._services.evidence.run, seconds=seconds),
            owner=self,
            done=self._asked,
            failed=self._failed,
            progress=self._progress,
            title=_TITLE,
        )
        self._say()

    def _progress(self, at: Progress) -> None:
        self._at = at
        self._say()

    def _asked(self, _: EvidenceReport) -> None:
        self._cancel = None
        self.refresh()

    def _failed(self, error: BaseException) -> None:
        self._cancel = None
        self._error = None if isinstance(error, Cancelled) else error
        self.refresh()

    # --- showing ----------------------------------------------------------------------------

    def _show(self, state: EvidenceState) -> None:
        self.state = state
        self.setVisible(bool(state.issued) and state.wanted)
        self._say()
        if self._sheet is not None and shiboken6.isValid(self._sheet) and self._sheet.isVisible():
            self.show_details()

    def _not_read(self, error: BaseException) -> None:
        message = explain(error)
        self.say(message.what, f"{message.safe} {message.todo}", Tone.DECIDE, "attention")
        self.offer("Xem lại", self.refresh)
        self.show()

    def _say(self) -> None:
        state = self.state
        if state is None:
            return
        words, tone, icon = _summary(state, self._services.now())
        if self.asking:
            at = self._at
            far = f": {at.done}/{at.total} học bạ" if at and at.total else ""
            self.say(f"Đang xác nhận chữ ký trực tuyến{far}", "", Tone.MOVING, "signal")
            self.offer("Dừng", self.stop)
            return
        self.say(words, "", tone, icon)
        self.offer("Chi tiết", self.show_details)

    def _details(self) -> QWidget:
        state = self.state
        sheet = QWidget()
        if state is None:
            return sheet
        words, tone, _ = _summary(state, self._services.now())
        parts: list[QWidget | QLayout | int | None] = [
            text(words, Type.STRONG, tone=None if tone is Tone.NEUTRAL else tone, wrap=True),
            row(self._act(state), None),
            text(_WHAT, muted=True, wrap=True),
        ]
        if self._error is not None:
            parts.insert(1, text(explain(self._error).what, tone=Tone.DECIDE, wrap=True))
        for title, lines in self._sections(state):
            parts += [text(title, Type.SECTION), *(text(each, wrap=True) for each in lines)]
        change = button("Đổi địa chỉ trong Cài đặt", "settings", quiet=True)
        change.clicked.connect(lambda: self.navigate.emit("settings", "Dấu thời gian"))
        sheet.setLayout(column(*parts, row(change, None), None, gap=3))
        return sheet

    def _act(self, state: EvidenceState) -> QPushButton:
        words = "Xác nhận ngay" if state.waiting else "Hỏi lại"
        made: QPushButton = button(words, "refresh", primary=bool(state.waiting))
        made.setEnabled(not self.asking)
        made.clicked.connect(self.ask_now)
        return made

    def _sections(self, state: EvidenceState) -> list[tuple[str, list[str]]]:
        now = self._services.now()
        lists = [list_line(each, now) for each in state.lists]
        found = [
            ("Danh sách thu hồi trong máy", lists or ["Chưa có. Phần mềm lấy về khi có mạng."]),
            (
                "Nơi cấp dấu thời gian",
                [host(url) for url in state.services] or ["Chưa có địa chỉ nào."],
            ),
        ]
        if state.last is not None:
            found.insert(0, (f"Lần hỏi gần nhất · {moment(state.last.at)}", _last(state.last)))
        if state.revoked:
            found.insert(0, ("Chứng thư đã bị thu hồi", [*state.revoked, _REVOKED]))
        return found


_REVOKED = (
    "Không ký tiếp được bằng chứng thư này; hãy liên hệ nơi cấp. Chữ ký làm sau khi bị thu hồi thì "
    "không hợp lệ: trang Học bạ chỉ ra những học bạ đó để đính chính."
)


def _last(report: EvidenceReport) -> list[str]:
    lines = [f"Xác nhận được {report.proven} học bạ, còn chờ {report.waiting}."]
    if report.out_of_time:
        lines.append("Đã dừng sau một lúc để không chiếm mạng; lần sau hỏi tiếp.")
    return lines + trouble_lines(report)


def _summary(state: EvidenceState, now: datetime) -> tuple[str, Tone, str]:
    soon = soon_ends(state.last, now)
    if state.revoked:
        return f"Chứng thư đã bị thu hồi: {', '.join(state.revoked)}", Tone.DECIDE, "attention"
    if state.waiting and not state.services:
        words = f"{state.waiting} học bạ chưa có dấu thời gian: chưa có địa chỉ nơi cấp"
        return words, Tone.NEUTRAL, "clock"
    if state.waiting and soon:
        words = f"{state.waiting} học bạ chờ xác nhận trực tuyến; có chứng thư hết hạn ngày {soon}"
        return words, Tone.WAITS, "clock"
    if state.waiting:
        words = f"{state.waiting} học bạ chờ xác nhận chữ ký trực tuyến, không ảnh hưởng việc gửi"
        return words, Tone.NEUTRAL, "clock"
    return "Mọi chữ ký đã có dấu thời gian và đã kiểm tra thu hồi", Tone.DONE, "checked"
