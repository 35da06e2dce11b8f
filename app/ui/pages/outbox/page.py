"""Gửi đi: honest counts, what may be unplugged, and the department's receipts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QProgressBar, QPushButton, QSizePolicy, QWidget

from app.errors import AppError, Cancelled, DeviceRefused, NetworkDown, NotEnrolled
from app.model.delivery import OutboxState, RecordKey
from app.services import Services
from app.sync.engine import SyncReport
from app.ui.dialogs import DialogService
from app.ui.kit import (
    Card,
    Column,
    CountTile,
    DataTable,
    EmptyState,
    ErrorBanner,
    Notice,
    button,
    column,
    row,
)
from app.ui.pages.outbox import data as outbox_data
from app.ui.pages.outbox.data import OutboxReader, OutboxRow
from app.ui.pages.outbox.evidence import EvidenceLine
from app.ui.pages.outbox.receipts import receipt_sheet
from app.ui.pages.outbox.stick import StickLine
from app.ui.pages.outbox.unplug_notice import NOT_ENROLLED, at_rest, while_sending
from app.ui.shell.page import Badge, Page, PrimaryAction
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text import messages
from app.ui.theme import theme
from app.ui.theme.theme import Tone
from app.work import CancelToken, Progress, WorkContext

_S = OutboxState
_COLUMNS = (
    Column("Lớp", lambda r: r.section, 60, strong=True),
    Column("Nội dung", lambda r: r.what, 124, tip=lambda r: r.what),
    Column("Trạng thái", lambda r: r.words, 172, chip=lambda r: r.tone),
    Column("Chi tiết", lambda r: r.detail, tip=lambda r: r.detail),
    Column("", lambda _: "", 184),
)
_ACTION = len(_COLUMNS) - 1
_LOOK_EVERY_MS = 1000
_LOW = 500
"""Pixels below which the page has little room for its rows."""
_LEAST_TABLE = 96
"""Its head and a row: what stands below it stays in sight on a small screen."""


class OutboxPage(Page):
    key, title, icon = "outbox", "Gửi đi", "send"
    contacted = Signal(bool)
    """A contact has ended; whether the department's station answered to the end."""

    def __init__(
        self,
        services: Services,
        runner: TaskRunner,
        dialogs: DialogService,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._runner = runner
        self._cancel: CancelToken | None = None
        self._failed_before = self._unasked = False
        self._bars: list[QProgressBar] = []
        self._at: Progress | None = None
        self.look = OutboxReader()
        self._build()
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self.refresh)

    # --- the frame's questions --------------------------------------------------------------

    @property
    def heading(self) -> str:
        return "Nộp học bạ lên Sở"

    @property
    def sending(self) -> bool:
        return self._cancel is not None

    @property
    def primary_action(self) -> PrimaryAction | None:
        look = self.look
        if self.sending:
            return PrimaryAction("Dừng gửi", "pause", self.stop, emphasized=False)
        if self.stick.working:
            return None
        if not look.enrolled:
            return PrimaryAction("Đăng ký máy với Sở", "department", self._settings)
        if look.waiting:
            words = "Thử gửi lại" if self._failed_before else "Gửi"
            return PrimaryAction(f"{words} {look.waiting} học bạ", "send", self.send)
        if look.unanswered:
            return PrimaryAction("Hỏi kết quả", "refresh", self.send)
        return None

    def refresh(self) -> None:
        self._runner.run(
            Lane.DATABASE,
            lambda _: outbox_data.load(self._services),
            owner=self,
            done=self._show,
            failed=self._fail,
        )
        self.evidence.refresh()

    # --- acts -------------------------------------------------------------------------------

    def send(self) -> None:
        """Pack what is issued, then send; each parcel is safe before the next begins."""
        if self.sending or self.stick.working:
            return
        self.evidence.stop()
        self.stick.rest()
        self.banner.hide()
        self._at, self._unasked = None, False
        ready = self.look.ready
        if not ready:
            self._sync()
            return
        self._cancel = self._runner.run(
            Lane.DATABASE,
            lambda _: self._services.delivery.enqueue(ready),
            owner=self,
            done=lambda _: self._sync(),
            failed=self._not_sent,
            title=f"Đóng gói {len(ready)} học bạ",
        )
        self._show_sending()

    def contact(self) -> None:
        """Nobody asked: what is packed and due goes, the department's word comes."""
        if not (self.sending or self.stick.working):
            self._unasked = True
            self._sync()

    def stop(self) -> None:
        if self._cancel is not None:
            self._cancel.cancel()

    def _sync(self) -> None:
        stopped = self._cancel is not None and self._cancel.cancelled
        hurries = not self._unasked

        def work(context: WorkContext) -> SyncReport:
            if hurries:
                self._services.delivery.outbox.hurry()
            return self._services.delivery.sync(context)

        self._cancel = self._runner.run(
            Lane.NETWORK,
            work,
            owner=self,
            done=self._sent,
            failed=self._not_sent,
            progress=self._progress,
            title="Gửi học bạ lên Sở",
        )
        if stopped:
            self._cancel.cancel()
        self._timer.start()
        self._show_sending()

    def _send_again(self, keys: Sequence[RecordKey]) -> None:
        def wait_again(_: WorkContext) -> None:
            for key in keys:
                self._services.delivery.outbox.send_again(key)

        self._runner.run(
            Lane.DATABASE,
            wait_again,
            owner=self,
            done=lambda _: self.refresh(),
            failed=self._fail,
        )

    def _settings(self) -> None:
        self.navigate.emit("settings", "Kết nối với Sở")

    # --- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        self.banner = ErrorBanner()
        self.waiting = CountTile("Chờ gửi", Tone.WAITS)
        self.moving = CountTile("Đang gửi", Tone.MOVING)
        self.received = CountTile("Đã có biên nhận", Tone.DONE)
        self.returned = CountTile("Bị trả lại", Tone.DECIDE)
        self._counts = (self.waiting, self.moving, self.received, self.returned)
        tiles = row(*self._counts, gap=3)
        for place in range(4):
            tiles.setStretch(place, 1)
        self.table = DataTable(
            "Học bạ gửi đi",
            _COLUMNS,
            EmptyState(
                "send",
                "Chưa có học bạ nào để gửi",
                "Học bạ hiện ở đây sau khi nhà trường ký phát hành.",
                "Mở Ký số",
                lambda: self.navigate.emit("signing", None),
            ),
        )
        self.table.view.setSortingEnabled(False)
        self.table.setMinimumHeight(_LEAST_TABLE)
        self.table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.table.view.verticalHeader().setDefaultSectionSize(42)
        self.table.opened.connect(self._open)
        self.truth = Notice("")
        self.evidence = EvidenceLine(self._services, self._runner)
        self.evidence.panel_wanted.connect(self.panel_wanted)
        self.evidence.navigate.connect(self.navigate)
        self.stick = StickLine(self._services, self._runner)
        self.stick.changed.connect(self.refresh)
        self.stick.started.connect(self.evidence.stop)
        self.stick.started.connect(self.heading_changed)
        listed = Card(margin=0).add(self.table)
        layout = column(self.banner, tiles, listed, self.truth, self.stick, self.evidence, gap=3)
        layout.setContentsMargins(24, 4, 24, 16)
        layout.setStretch(2, 1)
        self.setLayout(layout)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A low window needs its height for the rows."""
        for tile in self._counts:
            tile.set_dense(event.size().height() < _LOW)
        super().resizeEvent(event)

    # --- showing ----------------------------------------------------------------------------

    def _show(self, look: OutboxReader) -> None:
        self.look = look
        self._tiles()
        self.table.show_rows(look.rows)
        self._bars.clear()
        widgets = [self._row_widget(each) for each in look.rows]
        for place, widget in enumerate(widgets):
            if widget is not None:
                index = self.table.view.model().index(place, _ACTION)
                self.table.view.setIndexWidget(index, widget)
        # Without a button in any row the details have its room: a small screen needs it.
        self.table.view.setColumnHidden(_ACTION, not any(widgets))
        self._show_truth()
        returned = look.returned
        self.badge_changed.emit(
            Badge(returned, Tone.DECIDE) if returned else Badge(look.waiting, Tone.MOVING)
        )
        self.heading_changed.emit()

    def _tiles(self) -> None:
        look = self.look
        packed = f"{look.parcels} gói đã mã hóa" if look.parcels else ""
        unpacked = f"{len(look.ready)} chưa đóng gói" if look.ready else ""
        nothing = "không còn gì chờ"
        self.waiting.show_count(
            look.waiting - look.count(_S.SENDING),
            " · ".join(p for p in (packed, unpacked) if p) or nothing,
        )
        self.moving.show_count(look.count(_S.SENDING), self._speed() or "không có gì đang gửi")
        verified = look.count(_S.VERIFIED)
        self.received.show_count(
            verified + look.unanswered,
            f"{verified} đã được Sở kiểm tra" if verified else "có chữ ký của Sở",
        )
        self.returned.show_count(look.returned, "cần xem" if look.returned else "không có")

    def _row_widget(self, each: OutboxRow) -> QWidget | None:
        if each.state is _S.SENDING:
            bar = QProgressBar()
            bar.setTextVisible(False)
            theme.set_tone(bar, Tone.MOVING)
            self._bars.append(bar)
            self._draw_bars()
            return _padded(bar)
        acts = {
            _S.RETURNED: ("Mở để đính chính", False),
            _S.SET_ASIDE: ("Gửi lại", False),
            _S.RECEIVED: ("Xem biên nhận", True),
            _S.VERIFIED: ("Xem biên nhận", True),
        }
        if each.state not in acts:
            return None
        words, quiet = acts[each.state]
        made: QPushButton = button(words, quiet=quiet)
        made.setAccessibleName(f"{words}: {each.section}, {each.what}")
        made.clicked.connect(lambda: self._open(each))
        return _padded(made)

    def _open(self, each: OutboxRow | None) -> None:
        if each is None or not each.keys:
            return
        if each.state is _S.RETURNED:
            self.navigate.emit("records", each.keys[0].record_id)
        elif each.state is _S.SET_ASIDE:
            self._send_again(each.keys)
        elif each.state in (_S.RECEIVED, _S.VERIFIED):
            self.show_receipts(each)

    def show_receipts(self, each: OutboxRow) -> None:
        """When the department said what about each record of the row."""
        self.panel_wanted.emit(receipt_sheet(self.look, each), f"Biên nhận · lớp {each.section}")

    def _show_truth(self) -> None:
        """What happens if somebody unplugs now."""
        look = self.look
        self.truth.withdraw()
        self.truth.setVisible(bool(look.rows) or not look.enrolled)
        now = while_sending(self._speed()) if self.sending else at_rest(look)
        self.truth.say(now.title, now.detail, now.tone, now.icon)
        if now is NOT_ENROLLED:
            self.truth.offer("Mở Cài đặt", self._settings)
        self.stick.show_look(look, self.sending)

    def _show_sending(self) -> None:
        self._tiles()
        self._show_truth()
        self.heading_changed.emit()

    def _progress(self, at: Progress) -> None:
        self._at = at
        self._draw_bars()
        self._tiles()
        self._show_truth()

    def _draw_bars(self) -> None:
        for bar in self._bars:
            bar.setRange(0, self._at.total if self._at else 0)
            bar.setValue(self._at.done if self._at else 0)

    def _speed(self) -> str:
        at = self._at
        if at is None or not self.sending or not at.total:
            return ""
        sizes = f"{outbox_data.size(at.done)} / {outbox_data.size(at.total)}"
        return f"{100 * at.done // at.total} % · {sizes} · {at.what}"

    # --- outcomes ---------------------------------------------------------------------------

    def _sent(self, report: SyncReport) -> None:
        self._end()
        self._failed_before = report.stopped_by is not None
        if report.stopped_by is not None:
            self._show_error(report.stopped_by)
        else:
            self.evidence.ask_after_contact()
        self.contacted.emit(report.stopped_by is None)
        self.refresh()

    def _not_sent(self, error: BaseException) -> None:
        self._end()
        if not isinstance(error, Cancelled):
            self._failed_before = True
            self._show_error(error)
        self.contacted.emit(False)
        self.refresh()

    def _end(self) -> None:
        self._cancel = None
        self._at = None
        self._timer.stop()

    def _show_error(self, error: BaseException) -> None:
        if self._unasked and isinstance(error, NetworkDown):
            return
        act = None
        if isinstance(error, NotEnrolled | DeviceRefused):
            act = self._settings
        elif isinstance(error, AppError):
            act = self.send
        self.banner.show_message(messages.explain(error), act)

    def _fail(self, error: BaseException) -> None:
        if not isinstance(error, Cancelled | NetworkDown):
            self.banner.show_message(messages.explain(error))


def _padded(inside: QWidget) -> QWidget:
    sheet = QWidget()
    layout = row(inside)
    layout.setContentsMargins(4, 3, 12, 3)
    sheet.setLayout(layout)
    return sheet
