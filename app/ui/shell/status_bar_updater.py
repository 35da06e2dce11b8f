"""What the state strip says (saved, token, network, backup, who), and the sidebar's numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.clock import VIETNAM, in_vietnam
from app.errors import AppError, TokenError
from app.model.delivery import OutboxState
from app.services import Services
from app.signing.keys.key_choice import KeyChoice
from app.store.integrity.backups import backups
from app.ui.shell import badges
from app.ui.shell.main_window import MainWindow
from app.ui.shell.page import Badge
from app.ui.shell.state_strip import StripPlace
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text.messages import explain
from app.ui.theme.theme import Tone
from app.work import WorkContext

SAVED_EVERY_MS = 3_000
FACTS_EVERY_MS = 60_000
AFTER_WORK_MS = 800


@dataclass(frozen=True, slots=True)
class StatusFacts:
    school: str
    station: str
    unsent: int
    backup: datetime | None
    badges: dict[str, Badge]


class StatusBarUpdater(QObject):
    """Looks at the token once at the start and when its item is clicked, never in a circle."""

    def __init__(self, window: MainWindow, services: Services, runner: TaskRunner) -> None:
        super().__init__(window)
        self._window = window
        self._services = services
        self._runner = runner
        window.strip.clicked.connect(self._clicked)
        window.show_state(StripPlace.WHO, services.workspace.user)

        self._after_work = QTimer(self, singleShot=True, interval=AFTER_WORK_MS)
        self._after_work.timeout.connect(self.look)
        runner.tasks_changed.connect(self._after_work.start)
        window.page_shown.connect(self._after_work.start)
        window.unsaved_changed.connect(self._show_saved)

    def start(self) -> None:
        """Say what is true, now and again."""
        for every, act in ((SAVED_EVERY_MS, self._show_saved), (FACTS_EVERY_MS, self.look)):
            timer = QTimer(self)
            timer.timeout.connect(act)
            timer.start(every)
        self._show_saved()
        self.look()
        self.look_for_token()

    def look(self) -> None:
        self._runner.run(
            Lane.DATABASE, self._facts, owner=self, done=self._show, failed=self.say_unread
        )

    def look_for_token(self) -> None:
        self._window.show_state(StripPlace.TOKEN, "Đang tìm token…")
        self._runner.run(
            Lane.TOKEN,
            lambda _: self._services.keys.find(),
            owner=self,
            done=self._show_token,
            failed=self.say_token_unread,
        )

    # --- looking ----------------------------------------------------------------------------

    def _facts(self, _: WorkContext) -> StatusFacts:
        store, delivery = self._services.workspace.here(), self._services.delivery
        school = store.people.school()
        counts = delivery.outbox.counts()
        newest = backups(self._services.workspace.path)[:1]
        return StatusFacts(
            school.name if school else "",
            delivery.enrolment().station if delivery.enrolled else "",
            len(delivery.ready())
            + sum(counts.get(s, 0) for s in (OutboxState.QUEUED, OutboxState.SENDING)),
            newest[0].made_at if newest else None,
            badges.count(self._services),
        )

    # --- telling ----------------------------------------------------------------------------

    def _show(self, facts: StatusFacts) -> None:
        self._window.setWindowTitle(f"Hocba — {facts.school}" if facts.school else "Hocba")
        if not facts.station:
            self._window.show_state(StripPlace.NETWORK, "Chưa kết nối với Sở", icon="offline")
        else:
            words = f"{facts.unsent} học bạ chờ gửi" if facts.unsent else "Không còn gì chờ gửi"
            tone = Tone.WAITS if facts.unsent else Tone.NEUTRAL
            self._window.show_state(StripPlace.NETWORK, words, tone, icon="send", tip=facts.station)
        self._show_backup(facts.backup)
        for key, badge in facts.badges.items():
            self._window.sidebar.show_badge(key, badge)

    def say_unread(self, error: BaseException) -> None:
        """What waits is not known: the store could not be read."""
        message = explain(error)
        words = "Chưa xem được còn gì chờ gửi"
        tip = f"{message.what} {message.todo} (mã {message.code})"
        self._window.show_state(StripPlace.NETWORK, words, Tone.DECIDE, icon="attention", tip=tip)

    def _show_backup(self, made_at: datetime | None) -> None:
        if made_at is None:
            self._window.show_state(StripPlace.BACKUP, "Chưa có bản sao lưu", Tone.WAITS)
            return
        today = made_at.date() == self._services.now().date()
        day = "hôm nay" if today else f"{made_at:%d/%m/%Y}"
        self._window.show_state(StripPlace.BACKUP, f"Sao lưu {day} {made_at:%H:%M}")

    def say_no_backup(self, error: BaseException) -> None:
        message = explain(error)
        self._window.show_state(
            StripPlace.BACKUP, "Chưa sao lưu được hôm nay", Tone.DECIDE, tip=message.todo
        )

    def _show_saved(self) -> None:
        """Every edit is a transaction of its own: the file's last write is the last save.

        What a page could not write yet goes before: other work may have touched the file since.
        """
        if unsaved := self._window.unsaved:
            words = f"Chưa lưu {unsaved} thay đổi"
            tip = "Các thay đổi còn trên màn hình và được tự lưu lại. Đừng tắt máy lúc này."
            self._window.show_state(StripPlace.SAVED, words, Tone.DECIDE, icon="attention", tip=tip)
            return
        path = self._services.workspace.path
        written = [p.stat().st_mtime for p in (path, Path(f"{path}-wal")) if p.exists()]
        if not written:
            self._window.show_state(StripPlace.SAVED, "Không thấy kho dữ liệu", Tone.DECIDE)
            return
        at = datetime.fromtimestamp(max(written), VIETNAM)
        self._window.show_state(
            StripPlace.SAVED,
            f"Đã lưu {at:%H:%M}",
            Tone.DONE,
            tip="Mọi thay đổi được lưu ngay khi nhập",
        )

    def _show_token(self, found: tuple[list[KeyChoice], list[TokenError]]) -> None:
        choices, failures = found
        if len(choices) == 1:
            (one,) = choices
            what = "Token" if one.token else "Chứng thư mềm"
            until = in_vietnam(one.valid_until)
            words = f"{what}: {one.holder} · còn hạn đến {until:%m/%Y}"
        elif choices:
            words = f"{len(choices)} chứng thư sẵn sàng"
        else:
            words = "Không đọc được token" if failures else "Chưa thấy token"
        tone = Tone.WAITS if failures and not choices else Tone.NEUTRAL
        tip = "\n".join(dict.fromkeys(c.holder for c in choices)) or "Bấm để tìm lại"
        self._window.show_state(StripPlace.TOKEN, words, tone, tip=tip)

    def say_token_unread(self, error: BaseException) -> None:
        tip = explain(error).todo if isinstance(error, AppError) else ""
        self._window.show_state(StripPlace.TOKEN, "Không đọc được token", Tone.WAITS, tip=tip)

    def _clicked(self, place: StripPlace) -> None:
        if place is StripPlace.TOKEN:
            self.look_for_token()
        elif place is StripPlace.NETWORK:
            self._window.open_page("outbox")
        elif place in (StripPlace.BACKUP, StripPlace.WHO):
            self._window.open_page("settings")
