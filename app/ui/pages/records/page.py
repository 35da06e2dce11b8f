"""Học bạ: the class's records with their states, problems first, and each record's pages."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.assessment.classbook import ClassState, Standing
from app.errors import Cancelled, TranscriptIncomplete
from app.model.transcript import TranscriptState
from app.services import Services
from app.transcript.completeness import CompletenessProblem
from app.ui.dialogs import ConfirmDialog, DialogService
from app.ui.kit import (
    Card,
    Column,
    DataTable,
    EmptyState,
    ErrorBanner,
    Notice,
    SearchBox,
    button,
    column,
    row,
    text,
)
from app.ui.kit.choosers import ChoiceBox
from app.ui.pages.records import data as records_data
from app.ui.pages.records.actions import RecordActions
from app.ui.pages.records.data import ClassRecords, PupilRecord, RecordDetail, RecordsOverview
from app.ui.pages.records.detail import RecordPanel
from app.ui.pages.records.view import RecordsView
from app.ui.shell.page import Badge, Page, PrimaryAction
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text import messages
from app.ui.theme.theme import Tone

_TO_SIGN = (
    TranscriptState.LOCKED,
    TranscriptState.SIGNED_SUBJECTS,
    TranscriptState.SIGNED_HOMEROOM,
    TranscriptState.SIGNED_PRINCIPAL,
)
_COLUMNS = (
    Column("STT", lambda r: str(r.number), 56, order=lambda r: r.number, right=True),
    Column("Họ và tên", lambda r: r.full_name, 0, strong=True),
    Column("Trạng thái", lambda r: r.state[0], 176, chip=lambda r: r.state[1]),
    Column("Cần xem", lambda r: r.note, tip=lambda r: "\n".join(p.text for p in r.blocking)),
)
_NOTE = len(_COLUMNS) - 1
_NARROW_BELOW = 960


class RecordsPage(Page):
    key, title, icon = "records", "Học bạ", "record"

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
        self._dialogs = dialogs
        self._section = ""
        self._wanted: object = None
        self._row: PupilRecord | None = None
        self._asked = 0
        self._busy = False
        self._leading = False
        self.shown: ClassRecords | None = None
        self._build()

    # --- the frame's questions --------------------------------------------------------------

    @property
    def where(self) -> str:
        return f"Học bạ · Lớp {self.shown.name}" if self.shown else "Học bạ"

    @property
    def heading(self) -> str:
        return "Học bạ của lớp" if self.shown else "Học bạ"

    @property
    def primary_action(self) -> PrimaryAction | None:
        shown = self.shown
        if shown is None or not shown.rows:
            return None
        if shown.ready or not shown.locked:
            whole = len(shown.ready) in (0, len(shown.rows))
            who = f"lớp {shown.name}" if whole else f"{len(shown.ready)} em đã đủ"
            return PrimaryAction(f"Khóa sổ {who}", "lock", self.lock, enabled=not self._busy)
        if shown.count(*_TO_SIGN):
            return PrimaryAction("Sang Ký số", "sign", lambda: self.navigate.emit("signing", None))
        if shown.count(TranscriptState.ISSUED, TranscriptState.QUEUED):
            return PrimaryAction("Sang Gửi đi", "send", lambda: self.navigate.emit("outbox", None))
        return None

    def refresh(self) -> None:
        section = self._section
        self._runner.run(
            Lane.DATABASE,
            lambda _: records_data.overview(self._services, section),
            owner=self,
            done=self._show,
            failed=self._fail,
        )

    def show_item(self, item: object) -> None:
        """A record id, a pupil's id, a class's id, or (class, pupil)."""
        self.panel.leave_step()
        if isinstance(item, tuple) and len(item) >= 2:
            self._section, item = str(item[0]), item[1]
        self._wanted = item
        wanted = str(item)

        def section_of(_: object) -> str:
            if any(c.id == wanted for c in self._services.workspace.here().people.sections()):
                return wanted
            heads = self._services.records.heads()
            found = (h.section_id for h in heads if wanted in (h.record_id, h.student_id))
            return next(found, "")

        def found(section: str) -> None:
            self._leading = False
            self._section = section or self._section
            self.refresh()

        def fail(error: BaseException) -> None:
            self._leading = False
            self._fail(error)

        self._leading = True
        self._runner.run(Lane.DATABASE, section_of, owner=self, done=found, failed=fail)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """On a small screen the note stands in the right half only."""
        super().resizeEvent(event)
        narrow = event.size().width() < _NARROW_BELOW
        self.table.view.setColumnHidden(_NOTE, narrow)
        self._counts.setVisible(not narrow)

    # --- acts -------------------------------------------------------------------------------

    def lock(self) -> None:
        """Lock whoever is complete; what the others lack is shown, and they follow later."""
        self._lock(())

    def lock_pupil(self, who: PupilRecord) -> None:
        self._lock((who.student_id,))

    def unlock(self) -> None:
        """Open again whoever nobody has signed for."""
        shown = self.shown
        if shown is None:
            return
        count = len(shown.untouched)
        whole = count == len(shown.rows)
        who = f"lớp {shown.name}" if whole else f"{count} em chưa ai ký"
        self._ask_unlock(who, f"{count} học bạ vừa lập", ())

    def unlock_pupil(self, who: PupilRecord) -> None:
        self._ask_unlock(f"em {who.full_name}", "Học bạ vừa lập", (who.student_id,))

    def show_requests(self) -> None:
        """Every request that waits for a second person."""
        self.acts.life.show_requests()

    # --- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        self.banner = ErrorBanner()
        self.notice = Notice("")
        self.notice.hide()
        self.classes = ChoiceBox()
        self.classes.setAccessibleName("Lớp")
        self.classes.setMinimumWidth(190)
        self.classes.activated.connect(self._choose_class)
        self.filter = SearchBox("Tìm học sinh trong lớp", shortcut="")
        self._unlock_button = button("Mở khóa", "lock")
        self._unlock_button.clicked.connect(self.unlock)
        self._more = button("Cả lớp", "list")
        self._requests_button = button("", "clock")
        self._requests_button.clicked.connect(self.show_requests)
        self._counts = text("", muted=True)
        self.table = DataTable(
            "Học bạ của lớp",
            _COLUMNS,
            EmptyState(
                "record",
                "Chưa có học sinh nào trong lớp",
                "Nhập danh sách lớp, nhập điểm, rồi khóa sổ: học bạ của từng em hiện ở đây.",
                "Mở Lớp học",
                lambda: self.navigate.emit("classes", self._section or None),
            ),
        )
        self.filter.textChanged.connect(self.table.find_rows)
        self.table.selected.connect(self._choose)
        self.panel = RecordPanel()
        self.panel.fix_wanted.connect(self._lead)
        self.acts = RecordActions(self._face())
        listed = Card(margin=0).add(self.table)
        halves = row(listed, self.panel, gap=4)
        halves.setStretch(0, 12)
        halves.setStretch(1, 10)
        self._bar = QWidget()
        bar = row(
            self.classes,
            self.filter,
            self._counts,
            self._requests_button,
            self._unlock_button,
            self._more,
        )
        bar.setStretch(1, 1)
        self._bar.setLayout(bar)
        self.panel.enlarge_wanted.connect(lambda large: listed.setVisible(not large))
        self.panel.step_changed.connect(self._bar.setHidden)
        self.panel.step_changed.connect(self._forget_notice)
        layout = column(self.banner, self.notice, self._bar, halves, gap=3)
        layout.setContentsMargins(24, 4, 24, 16)
        layout.setStretch(3, 1)
        self.setLayout(layout)

    def _face(self) -> RecordsView:
        return RecordsView(
            self,
            self._services,
            self._runner,
            self._dialogs,
            self.panel,
            say=self._say,
            fail=self._fail,
            reload=self.refresh,
            home=self._home,
            lock=self.lock_pupil,
            unlock=self.unlock_pupil,
        )

    # --- showing ----------------------------------------------------------------------------

    def _show(self, found: RecordsOverview) -> None:
        if self._leading:
            return  # what was asked for comes next: no other class flashes by before it
        self._set_busy(False, tell=False)
        self.shown = found.chosen
        self._section = found.chosen.section_id if found.chosen else ""
        self.classes.clear()
        for each in found.classes:
            self.classes.addItem(f"Lớp {each.name} · {_state(each)}", each.section_id)
        self.classes.setCurrentIndex(self.classes.findData(self._section))
        rows = found.chosen.rows if found.chosen else ()
        self.table.show_rows(rows)
        self._unlock_button.setVisible(bool(found.chosen and found.chosen.untouched))
        self._requests_button.setText(f" Chờ duyệt · {found.requests}")
        self._requests_button.setVisible(bool(found.requests))
        if found.chosen:
            self._more.setMenu(self.acts.class_menu(self._more, found.chosen))
        self._counts.setText(_summary(found.chosen))
        self._select(rows)
        self.badge_changed.emit(Badge(found.waiting, Tone.WAITS))
        self.heading_changed.emit()

    def _select(self, rows: tuple[PupilRecord, ...]) -> None:
        """The pupil that was asked for, else the one that was shown, else the first."""
        before = self._row.student_id if self._row else ""
        wanted, self._wanted = str(self._wanted or before), None
        places = [
            place
            for place, each in enumerate(rows)
            if wanted in (each.student_id, each.head.record_id if each.head else "")
        ]
        if rows:
            self.table.view.selectRow(places[0] if places else 0)
        else:
            self._choose(None)

    def _forget_notice(self, in_step: bool) -> None:
        """What was said of the last act does not stand over the next one."""
        if in_step:
            self.notice.hide()
            self.banner.hide()

    def _home(self) -> None:
        """From a step back to the record."""
        self.panel.leave_step()
        self._choose(self._row)

    def _choose(self, who: PupilRecord | None) -> None:
        if self.panel.in_step:
            return  # what is being typed stays until the person leaves it
        self._row = who
        self._asked += 1
        if who is None:
            self.panel.show_nothing()
        elif who.standing is not Standing.LOCKED:
            self.panel.show_problems(who)
        else:
            self._ask_detail(who)

    def _ask_detail(self, who: PupilRecord) -> None:
        asked = self._asked
        self.panel.show_waiting(who)

        def load(_: object) -> RecordDetail | None:
            # The person has moved on meanwhile: holding Down must not render every record.
            return records_data.load_detail(self._services, who) if asked == self._asked else None

        def show(detail: RecordDetail | None) -> None:
            if detail is not None and asked == self._asked:
                self.panel.show_record(detail)

        def fail(error: BaseException) -> None:
            if asked == self._asked:
                self.panel.show_failure(who)
            self._fail(error)

        self._runner.run(Lane.DATABASE, load, owner=self, done=show, failed=fail)

    def _choose_class(self, place: int) -> None:
        self._section = str(self.classes.itemData(place))
        self._row = None
        self.notice.hide()
        self.banner.hide()
        self.filter.clear()
        self.refresh()

    def _lead(self, who: PupilRecord, found: CompletenessProblem) -> None:
        self.navigate.emit("gradebook", (self._section, who.student_id, found.field))

    # --- outcomes ---------------------------------------------------------------------------

    def _lock(self, student_ids: tuple[str, ...]) -> None:
        shown = self.shown
        if shown is None or self._busy:
            return
        self._set_busy(True)
        self.banner.hide()
        self._runner.run(
            Lane.DATABASE,
            lambda context: self._services.records.lock(
                shown.section_id, context=context, student_ids=student_ids
            ),
            owner=self,
            done=lambda heads: self._locked(shown, len(heads)),
            failed=self._not_locked,
            title=f"Khóa sổ lớp {shown.name}",
        )

    def _locked(self, before: ClassRecords, count: int) -> None:
        self._row = None
        left = len(before.open) - count
        later = f" {left} em còn lại khóa sau, không giữ các em này." if left else ""
        self._say(
            f"Đã khóa sổ lớp {before.name}: lập {count} học bạ.",
            f"Điểm của các em này không sửa được nữa cho đến khi mở khóa.{later} "
            "Việc tiếp theo là ký số.",
        )
        self._set_busy(False)
        self.refresh()

    def _not_locked(self, error: BaseException) -> None:
        self._set_busy(False)
        self._fail(error)
        if isinstance(error, TranscriptIncomplete) and self.shown:
            self.banner.say(
                f"Chưa khóa được lớp {self.shown.name}: {self.shown.blocked} học sinh còn thiếu.",
                "Điểm và nhận xét đã nhập vẫn được giữ nguyên. Các em còn thiếu đứng đầu danh "
                "sách; chọn từng em để xem và mở đúng ô cần nhập.",
                Tone.DECIDE,
            )
            self.refresh()

    def _ask_unlock(self, who: str, records: str, student_ids: tuple[str, ...]) -> None:
        dialog = ConfirmDialog(
            f"Mở khóa {who}?",
            f"{records} sẽ được bỏ và lập lại khi khóa sổ lần sau. "
            "Điểm và nhận xét được giữ nguyên. Chưa ai ký nên không mất chữ ký nào.",
            f"Mở khóa {who}",
            "lock",
        )
        self._dialogs.ask(dialog, lambda: self._unlock(who, student_ids))

    def _unlock(self, who: str, student_ids: tuple[str, ...]) -> None:
        section = self._section
        self._runner.run(
            Lane.DATABASE,
            lambda _: self._services.records.unlock(section, student_ids),
            owner=self,
            done=lambda _: self._unlocked(who),
            failed=self._fail,
        )

    def _unlocked(self, who: str) -> None:
        self._say(f"Đã mở khóa {who}.", "Sổ điểm lại sửa được; khóa sổ lại khi đã xong.")
        self.refresh()

    def _say(self, what: str, detail: str) -> None:
        self.notice.say(what, detail, Tone.DONE)
        self.notice.offer("Đã hiểu", self.notice.hide)
        self.notice.show()

    def _fail(self, error: BaseException) -> None:
        if isinstance(error, Cancelled):
            self._set_busy(False)
            return
        self.notice.hide()
        self.banner.show_message(messages.explain(error))

    def _set_busy(self, busy: bool, *, tell: bool = True) -> None:
        self._busy = busy
        if tell:
            self.heading_changed.emit()


def _summary(shown: ClassRecords | None) -> str:
    if shown is None or not shown.rows:
        return ""
    total, done = len(shown.rows), len(shown.locked)
    if not done:
        parts = [f"{len(shown.ready)} / {total} em đủ"]
    else:
        parts = [f"{done} học bạ" if done == total else f"{done} / {total} em đã khóa"]
    if shown.following:
        parts.append(f"{shown.following} em theo sau")
    return " · ".join(parts)


def _state(each: ClassState) -> str:
    locked = each.counts.get(Standing.LOCKED, 0)
    if each.locked:
        return "đã khóa"
    return f"khóa {locked} / {each.pupils}" if locked else f"đủ {each.complete} / {each.pupils}"
