"""Ký số: what waits for whom, whose certificate, one PIN, and the result of every record."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.errors import (
    Cancelled,
    KeyFileUnreadable,
    PinIncorrect,
    PinLocked,
    TokenError,
    TokenRemoved,
)
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
from app.ui.pages.signing_face import SigningFace
from app.ui.pages.signing_key import facts_of, tries_left
from app.ui.pages.signing_lists import sample_sheet
from app.ui.task_runner import Lane, TaskRunner
from app.ui.theme import Tone
from app.ui.widgets.basics import plain
from app.work import CancelToken, WorkContext

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
        self._stale = False  # signed since it was read: nothing is asked for until it is read again
        self.work = SigningWork()
        self.choice: Choice | None = None
        self._to_send = False
        self.face = SigningFace(
            lambda: self.navigate.emit("records", None), lambda: self.navigate.emit("outbox", None)
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.face)
        self._connect()

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

        def read(context: WorkContext) -> tuple[SigningWork, str, bool]:
            school = self._services.workspace.here().people.school()
            found = signing_data.load(self._services, self._known, context)
            return found, school.name if school else "", bool(self._services.delivery.ready())

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
        self.face.keys.show_searching()
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
        choice, key = self.choice, self.face.keys.chosen
        if choice is None or key is None or self.signing or self._stale:
            return
        job = Job(
            choice.heads if heads is None else heads, choice.work.signer, key, choice.work.unsealed
        )
        if not job.heads and not job.unsealed:
            return
        self.face.banner.hide()
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
        self.face.result.hide()
        self.face.run.begin(job)
        self._cancel = self._runner.run(
            Lane.TOKEN,
            partial(signing_data.sign, self._services, job, pin, self._pause),
            owner=self,
            done=partial(self._signed, job),
            failed=self._not_signed,
            progress=self.face.run.show_progress,
            title=job.act,
        )
        self._show_parts()

    def _connect(self) -> None:
        face = self.face
        face.roles.currentChanged.connect(self._choose_role)
        face.signers.activated.connect(self._choose_signer)
        face.classes.ticked.connect(self._tick)
        face.notes.look_wanted.connect(self._look)
        face.notes.sample_wanted.connect(self._look_at_sample)
        face.notes.all_seen.connect(self._all_seen)
        face.result.retry_wanted.connect(self.ask_pin)
        face.result.dismissed.connect(self._show_parts)
        face.keys.look_again.connect(self.look_for_keys)
        face.keys.sign_wanted.connect(self.ask_pin)
        face.run.pause_wanted.connect(self._hold)
        face.run.stop_wanted.connect(self._stop)

    # --- showing ----------------------------------------------------------------------------

    def _loaded(self, found: tuple[SigningWork, str, bool]) -> None:
        self.work, self._organization, self._to_send = found
        again, self._stale = self._stale, False
        self.badge_changed.emit(Badge(self.work.waiting, Tone.WAITS))
        before = self.choice.work.signer if self.choice else None
        self._show_roles()
        kept = next((w for w in self.work.signers if w.signer == before), None)
        chosen = kept or self._with_key() or next(iter(self.work.signers), None)
        self._choose(chosen)
        self._show_parts()
        if again:
            self.face.keys.act.setFocus()  # the next signer goes on from the keyboard

    def _show_parts(self) -> None:
        self.face.show_parts(
            anything=bool(self.work.signers), signing=self.signing, to_send=self._to_send
        )

    def _show_roles(self) -> None:
        with QSignalBlocker(self.face.roles):
            while self.face.roles.count():
                self.face.roles.removeTab(0)
            for role in self.work.roles():
                heads = {signing_data.key_of(h) for w in self.work.of(role) for h in w.heads}
                count = len(heads) or sum(w.unsealed for w in self.work.of(role))
                self.face.roles.addTab(plain(f"{_SHORT[role]}  {count}"))

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
        with QSignalBlocker(self.face.roles), QSignalBlocker(self.face.signers):
            self.face.roles.setCurrentIndex(self.work.roles().index(role))
            self.face.signers.clear()
            for each in mine:
                self.face.signers.addItem(f"{each.signer.full_name} · {len(each.heads)} học bạ")
            self.face.signers.setCurrentIndex(mine.index(work))
        self._show_choice(work)
        self._show_parts()
        self.heading_changed.emit()

    def _show_choice(self, work: SignerWork | None = None) -> None:
        if work is None and self.choice is not None:
            work = self.choice.work
        if work is None:
            return
        on = frozenset(c.section_id for c in work.classes) - self._off
        self.choice = Choice(work, self.work.notes, on, frozenset(self._seen))
        self.face.classes.show_choice(self.choice)
        self.face.notes.show_choice(self.choice)
        self._show_keys()

    def _show_keys(self) -> None:
        choice = self.choice
        if choice is None:
            return
        if not self._searching:
            self.face.keys.show_keys(
                self._keys, self._failures, choice.work.signer, self._organization,
                self._services.now(),
            )  # fmt: skip
        count = len(choice.heads)
        key = self.face.keys.chosen
        name = key.holder if key else choice.work.signer.full_name
        act = f"Ký {count} học bạ"
        if not count and choice.work.unsealed:
            act = f"Đóng dấu {choice.work.unsealed} bản xem PDF"
        possible = key is not None and not self._stale and bool(count or choice.work.unsealed)
        self.face.keys.set_act(act, name, enabled=possible)
        self.face.keys.below.setText(self._below(choice))
        self.face.digest.setText(
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
        box = self.face.classes.boxes.get(section_id)
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

    def _hold(self, held: bool) -> None:
        (self._pause.hold if held else self._pause.go_on)()

    def _stop(self) -> None:
        if self._cancel is not None:
            self._cancel.cancel()

    def _signed(self, job: Job, outcome: Outcome) -> None:
        self._end()
        report = outcome.report
        if report.signed:
            self._pace = report.seconds / report.signed
        self.face.result.show_outcome(job, outcome)
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
        self._stale = True
        self._show_parts()

    def _show_error(self, error: BaseException) -> None:
        act: Callable[[], None] | None = None
        if isinstance(error, PinIncorrect | TokenRemoved | KeyFileUnreadable):
            wrong = not isinstance(error, TokenRemoved)
            act = partial(self.ask_pin, was_wrong=wrong)
        elif isinstance(error, TokenError) and not isinstance(error, PinLocked):
            act = self.look_for_keys
        self.face.banner.show_message(messages.explain(error), act)

    def _fail(self, error: BaseException) -> None:
        if not isinstance(error, Cancelled):
            self.face.banner.show_message(messages.explain(error))


_SAFE = "Chữ ký nào xong được lưu ngay; mất điện cũng không phải ký lại từ đầu."


def _forget(dialog: PinDialog) -> None:
    """What was typed does not outlive the question."""
    dialog.take_pin()
