"""Ký số: what waits for whom, whose certificate, one PIN, and the result of every record."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QTabBar, QVBoxLayout, QWidget

from app.errors import Cancelled, PinIncorrect, PinLocked, TokenError, TokenRemoved
from app.model.signing import SignerRole
from app.model.transcript import TranscriptHead
from app.services import Services
from app.signing.batch import Pause
from app.signing.key_choice import KeyChoice, fitting
from app.signing.report_words import ROLES
from app.ui import messages
from app.ui.dialogs import DialogService, PinDialog
from app.ui.frame.task_panel import time_left
from app.ui.page import Badge, Page, PrimaryAction
from app.ui.pages import signing_data
from app.ui.pages.signing_data import Choice, Job, Key, Note, Outcome, SignerWork, SigningWork
from app.ui.pages.signing_key import KeyPanel, facts_of, tries_left
from app.ui.pages.signing_lists import ClassList, NoteList, sample_sheet
from app.ui.pages.signing_run import ResultCard, RunCard
from app.ui.task_runner import Lane, TaskRunner
from app.ui.theme import Tone
from app.ui.widgets import Card, EmptyState, ErrorBanner, column, row, text
from app.ui.widgets.basics import plain
from app.work import CancelToken, WorkContext

_SIDE = 348
_SHORT = {
    SignerRole.SUBJECT_TEACHER: "GV bộ môn",
    SignerRole.HOMEROOM: "GV chủ nhiệm",
    SignerRole.PRINCIPAL: "Hiệu trưởng",
    SignerRole.SCHOOL: "Nhà trường phát hành",
}


class SigningPage(Page):
    key, title, icon = "signing", "Ký số", "sign"

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
        self._known: dict[str, tuple[Note, ...]] = {}
        self._keys: list[KeyChoice] = []
        self._failures: list[TokenError] = []
        self._searched = False
        self._searching = False
        self._organization = ""
        self._off: set[str] = set()
        self._seen: set[Key] = set()
        self._pace = 0.0
        self._pause = Pause()
        self._cancel: CancelToken | None = None
        self.work = SigningWork()
        self.choice: Choice | None = None
        self._build()

    # --- the frame's questions --------------------------------------------------------------

    @property
    def where(self) -> str:
        return f"Ký số · {ROLES[self.choice.work.signer.role]}" if self.choice else "Ký số"

    @property
    def heading(self) -> str:
        if self.choice and self.choice.work.signer.role is SignerRole.SCHOOL:
            return "Ký phát hành học bạ"
        return "Ký học bạ đã khóa"

    @property
    def primary_action(self) -> PrimaryAction | None:
        return None

    @property
    def signing(self) -> bool:
        return self._cancel is not None

    def refresh(self) -> None:
        if self.signing:
            return

        def read(context: WorkContext) -> tuple[SigningWork, str]:
            school = self._services.workspace.here().people.school()
            found = signing_data.load(self._services, self._known, context)
            return found, school.name if school else ""

        self._runner.run(Lane.DATABASE, read, owner=self, done=self._loaded, failed=self._fail)
        if not self._searched:
            self.look_for_keys()

    def show_item(self, item: object) -> None:
        """A SignerRole."""
        if isinstance(item, SignerRole) and item in self.work.roles():
            self._choose_role(self.work.roles().index(item))

    # --- acts -------------------------------------------------------------------------------

    def look_for_keys(self) -> None:
        self._searched = self._searching = True
        self.keys.show_searching()
        self._runner.run(
            Lane.TOKEN,
            lambda _: self._services.keys.find(),
            owner=self,
            done=self._keys_found,
            failed=self._fail,
        )

    def ask_pin(
        self, heads: tuple[TranscriptHead, ...] | None = None, *, was_wrong: bool = False
    ) -> None:
        """Ask for the PIN beside the holder's name; `heads` None takes what is chosen."""
        choice, key = self.choice, self.keys.chosen
        if choice is None or key is None or self.signing:
            return
        job = Job(
            choice.heads if heads is None else heads, choice.work.signer, key, choice.work.unsealed
        )
        if not job.heads and not job.unsealed:
            return
        self.banner.hide()
        dialog = PinDialog(
            facts_of(key, job.signer, self._organization),
            len(job.heads) or job.unsealed,
            tries_left=tries_left(key),
            was_wrong=was_wrong,
            estimate=self._estimate(len(job.heads)),
        )
        self._dialogs.ask(
            dialog, lambda: self._sign(job, dialog.take_pin()), lambda: _forget(dialog)
        )

    def _sign(self, job: Job, pin: str) -> None:
        self._pause = Pause()
        self.result.hide()
        self.run_card.begin(job)
        self._show_running(True)
        self._cancel = self._runner.run(
            Lane.TOKEN,
            partial(signing_data.sign, self._services, job, pin, self._pause),
            owner=self,
            done=partial(self._signed, job),
            failed=self._not_signed,
            progress=self.run_card.show_progress,
            title=job.act,
        )

    # --- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        self.banner = ErrorBanner()
        self.roles = QTabBar()
        self.roles.setAccessibleName("Ký với vai trò")
        self.roles.setDrawBase(False)
        self.roles.setExpanding(False)
        self.roles.currentChanged.connect(self._choose_role)
        self.signers = QComboBox()
        self.signers.setAccessibleName("Người ký")
        self.signers.activated.connect(self._choose_signer)
        self.classes = ClassList()
        self.classes.ticked.connect(self._tick)
        self.notes = NoteList()
        self.notes.look_wanted.connect(self._look)
        self.notes.sample_wanted.connect(self._look_at_sample)
        self.notes.all_seen.connect(self._all_seen)
        self.result = ResultCard()
        self.result.retry_wanted.connect(self.ask_pin)
        self.keys = KeyPanel()
        self.keys.look_again.connect(self.look_for_keys)
        self.keys.sign_wanted.connect(self.ask_pin)
        self.run_card = RunCard()
        self.run_card.hide()
        self.run_card.pause_wanted.connect(
            lambda held: self._pause.hold() if held else self._pause.go_on()
        )
        self.run_card.stop_wanted.connect(self._stop)
        self._digest = text("", muted=True, wrap=True)
        self.list_card = Card("Danh mục ký").add(self._digest)
        self.empty = EmptyState(
            "sign",
            "Không có học bạ nào chờ ký",
            "Học bạ chờ ký hiện ở đây sau khi khóa sổ lớp, hoặc khi người ký trước đã ký.",
            "Mở Học bạ",
            lambda: self.navigate.emit("records", None),
        )
        self._lay_out()

    def _lay_out(self) -> None:
        left = QWidget()
        left.setLayout(
            column(
                row(self.roles, None, self.signers), self.result, self.classes, self.notes, gap=3
            )
        )
        left_layout = left.layout()
        assert isinstance(left_layout, QVBoxLayout)
        left_layout.setStretch(3, 1)
        side = QWidget()
        side.setFixedWidth(_SIDE)
        side.setLayout(column(self.keys, self.run_card, self.list_card, None, gap=3))
        self.halves = QWidget()
        halves = row(left, side, gap=4)
        halves.setStretch(0, 1)
        self.halves.setLayout(halves)
        layout = column(self.banner, self.halves, self.empty, gap=3)
        layout.setContentsMargins(24, 4, 24, 16)
        layout.setStretch(1, 1)
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self.halves.hide()

    # --- showing ----------------------------------------------------------------------------

    def _loaded(self, found: tuple[SigningWork, str]) -> None:
        self.work, self._organization = found
        self.badge_changed.emit(Badge(self.work.waiting, Tone.WAITS))
        anything = bool(self.work.signers)
        self.halves.setVisible(anything or self.result.isVisibleTo(self))
        self.empty.setVisible(not self.halves.isVisibleTo(self))
        self.classes.setVisible(anything)
        self.notes.setVisible(anything)
        self.keys.setVisible(anything and not self.signing)
        self.list_card.setVisible(anything)
        before = self.choice.work.signer if self.choice else None
        self._show_roles()
        kept = next((w for w in self.work.signers if w.signer == before), None)
        chosen = kept or self._with_key() or next(iter(self.work.signers), None)
        self._choose(chosen)

    def _show_roles(self) -> None:
        with QSignalBlocker(self.roles):
            while self.roles.count():
                self.roles.removeTab(0)
            for role in self.work.roles():
                heads = {signing_data.key_of(h) for w in self.work.of(role) for h in w.heads}
                count = len(heads) or sum(w.unsealed for w in self.work.of(role))
                self.roles.addTab(plain(f"{_SHORT[role]}  {count}"))

    def _with_key(self) -> SignerWork | None:
        """The first signer whose key is within reach."""
        now = self._services.now()
        return next((w for w in self.work.signers if fitting(self._keys, w.signer, now)), None)

    def _choose_role(self, place: int) -> None:
        roles = self.work.roles()
        if 0 <= place < len(roles):
            mine = self.work.of(roles[place])
            now = self._services.now()
            ready = (w for w in mine if fitting(self._keys, w.signer, now))
            self._choose(next(ready, mine[0]))

    def _choose_signer(self, place: int) -> None:
        if self.choice is not None:
            self._choose(self.work.of(self.choice.work.signer.role)[place])

    def _choose(self, work: SignerWork | None) -> None:
        if work is None:
            self.choice = None
            self.heading_changed.emit()
            return
        role = work.signer.role
        mine = self.work.of(role)
        with QSignalBlocker(self.roles), QSignalBlocker(self.signers):
            self.roles.setCurrentIndex(self.work.roles().index(role))
            self.signers.clear()
            for each in mine:
                self.signers.addItem(f"{each.signer.full_name} · {len(each.heads)} học bạ")
            self.signers.setCurrentIndex(mine.index(work))
        self.signers.setVisible(len(mine) > 1)
        self._show_choice(work)
        self.heading_changed.emit()

    def _show_choice(self, work: SignerWork | None = None) -> None:
        if work is None and self.choice is not None:
            work = self.choice.work
        if work is None:
            return
        on = frozenset(c.section_id for c in work.classes) - self._off
        self.choice = Choice(work, self.work.notes, on, frozenset(self._seen))
        self.classes.show_choice(self.choice)
        self.notes.show_choice(self.choice)
        self._show_keys()

    def _show_keys(self) -> None:
        choice = self.choice
        if choice is None:
            return
        if not self._searching:
            self.keys.show_keys(
                self._keys, self._failures, choice.work.signer, self._organization,
                self._services.now(),
            )  # fmt: skip
        count = len(choice.heads)
        key = self.keys.chosen
        name = key.holder if key else choice.work.signer.full_name
        words = f"Ký {count} học bạ với tên {name}"
        if not count and choice.work.unsealed:
            words = f"Đóng dấu {choice.work.unsealed} bản xem PDF"
        self.keys.set_act(words, enabled=key is not None and bool(count or choice.work.unsealed))
        self.keys.below.setText(self._below(choice))
        self._digest.setText(
            f"{count} học bạ · mã tóm tắt {choice.digest}" if count else "Chưa chọn học bạ nào"
        )

    def _below(self, choice: Choice) -> str:
        left = len(choice.work.heads) - len(choice.heads)
        parts = []
        if left:
            parts.append(f"{left} học bạ để lại, chưa ký lần này.")
        estimate = self._estimate(len(choice.heads))
        parts.append(f"{estimate} · mất điện cũng không phải ký lại từ đầu." if estimate else _SAFE)
        return " ".join(parts)

    def _estimate(self, count: int) -> str:
        """From the pace of the last batch; nothing before anybody can know."""
        if not self._pace or not count:
            return ""
        words = time_left(self._pace * count).removeprefix("còn ")
        return words[:1].upper() + words[1:]

    def _tick(self, section_id: str, on: bool) -> None:
        (self._off.discard if on else self._off.add)(section_id)
        self._show_choice()
        box = self.classes.boxes.get(section_id)
        if box is not None:
            box.setFocus()

    def _all_seen(self) -> None:
        if self.choice is not None:
            self._seen |= {
                signing_data.key_of(h) for h in self.choice.noted(self.choice.work.heads)
            }
            self._show_choice()

    def _look(self, head: TranscriptHead) -> None:
        self._seen.add(signing_data.key_of(head))
        self._show_choice()
        self._show_pages([head], "Học bạ sẽ ký")

    def _look_at_sample(self) -> None:
        if self.choice is not None:
            chosen = signing_data.sample(self.choice.heads or self.choice.work.heads)
            self._show_pages(chosen, f"Xem ngẫu nhiên {len(chosen)} học bạ")

    def _show_pages(self, heads: list[TranscriptHead], title: str) -> None:
        self._runner.run(
            Lane.DATABASE,
            lambda _: signing_data.pages(self._services, heads),
            owner=self,
            done=lambda found: self.panel_wanted.emit(sample_sheet(found), title),
            failed=self._fail,
        )

    def _keys_found(self, found: tuple[list[KeyChoice], list[TokenError]]) -> None:
        first = not self._keys
        self._keys, self._failures = found
        self._searching = False
        better = self._with_key() if first else None
        if better is not None and self.choice is not None and not self.signing:
            now = self._services.now()
            if not fitting(self._keys, self.choice.work.signer, now):
                self._choose(better)
                return
        self._show_keys()

    # --- outcomes ---------------------------------------------------------------------------

    def _show_running(self, running: bool) -> None:
        self.run_card.setVisible(running)
        self.keys.setVisible(not running)
        for part in (self.roles, self.signers, self.classes):
            part.setEnabled(not running)

    def _stop(self) -> None:
        if self._cancel is not None:
            self._cancel.cancel()

    def _signed(self, job: Job, outcome: Outcome) -> None:
        self._end()
        report = outcome.report
        if report.signed:
            self._pace = report.seconds / report.signed
        self.result.show_outcome(job, outcome)
        stopped = outcome.stopped_by
        if stopped is not None and not isinstance(stopped, Cancelled):
            self._show_error(stopped)
        self.look_for_keys()
        self.refresh()

    def _not_signed(self, error: BaseException) -> None:
        """The key did not open: nothing was signed."""
        self._end()
        if not isinstance(error, Cancelled):
            self._show_error(error)
        self.look_for_keys()
        self.refresh()

    def _end(self) -> None:
        self._cancel = None
        self._show_running(False)

    def _show_error(self, error: BaseException) -> None:
        act: Callable[[], None] | None = None
        if isinstance(error, PinIncorrect | TokenRemoved):
            wrong = isinstance(error, PinIncorrect)
            act = partial(self.ask_pin, was_wrong=wrong)
        elif isinstance(error, TokenError) and not isinstance(error, PinLocked):
            act = self.look_for_keys
        self.banner.show_message(messages.explain(error), act)

    def _fail(self, error: BaseException) -> None:
        if not isinstance(error, Cancelled):
            self.banner.show_message(messages.explain(error))


_SAFE = "Chữ ký nào xong được lưu ngay; mất điện cũng không phải ký lại từ đầu."


def _forget(dialog: PinDialog) -> None:
    """What was typed does not outlive the question."""
    dialog.take_pin()
