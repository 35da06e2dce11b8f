"""Ký số: what waits for whom, whose certificate, one PIN, and the result of every record."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, QSignalBlocker
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.errors import (
    Cancelled,
    KeyIdle,
    KeyPasswordIncorrect,
    PinIncorrect,
    PinLocked,
    TokenDeclined,
    TokenError,
    TokenMissing,
    TokenRemoved,
)
from app.model.signing import SignerRole
from app.model.transcript import TranscriptHead
from app.services import Services
from app.signing.keys.key_choice import KeyChoice, fitting
from app.signing.report_words import ROLES
from app.ui.dialogs import DialogService
from app.ui.kit.basics import plain
from app.ui.pages.signing import data as signing_data
from app.ui.pages.signing.data import Key, SignerWork, SigningChoice, SigningNote, SigningWork
from app.ui.pages.signing.external_signing import ExternalSigningActions
from app.ui.pages.signing.key import facts_of, find_keys, tries
from app.ui.pages.signing.preview import SigningPreview
from app.ui.pages.signing.session import SigningSession
from app.ui.pages.signing.view import SigningView
from app.ui.pages.signing.work import SigningJob, SigningOutcome, act_words
from app.ui.shell.destinations import REGISTERS
from app.ui.shell.page import Badge, Page
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text import messages
from app.ui.text.signing_notices import SHORT_ROLES, below_words, digest_words, estimate
from app.ui.theme.theme import Tone


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
        self._services, self._runner = services, runner
        self._known: dict[str, tuple[SigningNote, ...]] = {}
        self._keys: list[KeyChoice] = []
        self._failures: list[TokenError] = []
        self._searched = self._searching = False
        self._wish: Callable[[], None] | None = None  # what was asked for while keys are looked for
        self._off: set[str] = set()
        self._seen: set[Key] = set()
        self._stale = False  # signed since it was read: nothing is asked for until it is read again
        self.work = SigningWork()
        self.choice: SigningChoice | None = None
        self.face = SigningView(
            lambda: self.navigate.emit("records", None), lambda: self.navigate.emit("outbox", None)
        )
        self.session = SigningSession(services, runner, dialogs, self.face.run, self)
        self.looking = SigningPreview(services, runner, self)
        self.away = ExternalSigningActions(services, runner, self)
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
    def signing(self) -> bool:
        return self.session.active

    def refresh(self) -> None:
        if self.signing:
            return
        self._runner.run(
            Lane.DATABASE,
            lambda context: signing_data.load(self._services, self._known, context),
            owner=self,
            done=self._loaded,
            failed=self._fail,
        )
        if not self._searched:
            self.look_for_keys()

    def show_item(self, item: object) -> None:
        """A SignerRole, or REGISTERS."""
        if item == REGISTERS:
            self._show_losses()
        elif isinstance(item, SignerRole) and item in self.work.roles():
            self._choose_role(self.work.roles().index(item))

    # --- acts -------------------------------------------------------------------------------

    def look_for_keys(self) -> None:
        self._searched = self._searching = True
        self.face.keys.show_searching()
        self._runner.run(
            Lane.TOKEN,
            lambda _: find_keys(self._services),
            owner=self,
            done=self._keys_found,
            failed=self._search_failed,
        )

    def ask_pin(
        self, heads: tuple[TranscriptHead, ...] | None = None, *, was_wrong: bool = False
    ) -> None:
        """Ask for the PIN beside the holder's name; `heads` None takes what is chosen.

        What waits and what a token says of its tries is read first, where that is under way.
        """
        if self._searching or self._stale:
            self._wish = partial(self.ask_pin, heads, was_wrong=was_wrong)
            return
        choice, key = self.choice, self.face.keys.chosen
        if choice is None or self.signing:
            return
        if key is None:  # perhaps plugged in this moment: asked for once it is found
            self._wish = partial(self._ask_or_miss, heads)
            self.look_for_keys()
            return
        wanted = choice.heads if heads is None else choice.still_waiting(heads)
        job = SigningJob(wanted, choice.work.signer, key, choice.work.unsealed)
        if not job.heads and not job.unsealed:
            return
        self.face.banner.hide()
        facts = facts_of(key, job.signer, self.work.organization, self._services.now())
        words = estimate(job, self.work.paces)
        self.session.ask(job, facts, tries(key), words, was_wrong=was_wrong)

    def _ask_or_miss(self, heads: tuple[TranscriptHead, ...] | None) -> None:
        if self.face.keys.chosen is not None:
            self.ask_pin(heads)
        else:
            again = partial(self.ask_pin, heads)
            self.face.banner.show_message(messages.explain(TokenMissing()), again)

    def _connect(self) -> None:
        face = self.face
        face.roles.currentChanged.connect(self._choose_role)
        face.signers.activated.connect(self._choose_signer)
        face.classes.ticked.connect(self._tick)
        face.notes.look_wanted.connect(self.looking.record)
        face.notes.sample_wanted.connect(self._look_at_sample)
        face.notes.all_seen.connect(self._all_seen)
        face.result.retry_wanted.connect(self.ask_pin)
        face.result.list_wanted.connect(self.looking.results)
        face.result.dismissed.connect(self._show_parts)
        face.result.dismissed.connect(self._show_standing)
        face.keys.look_again.connect(self.look_for_keys)
        face.keys.sign_wanted.connect(self.ask_pin)
        face.whole_list.clicked.connect(self.show_list)
        face.standing.losses_wanted.connect(self._show_losses)
        face.standing.rest_wanted.connect(self._go_on)
        face.standing.hand_over_wanted.connect(self._hand_over)
        face.standing.back_wanted.connect(self.away.ask_folder)
        face.more.clicked.connect(self._show_more)
        self.looking.shown.connect(self.panel_wanted)
        self.looking.looked.connect(self._looked)
        self.looking.failed.connect(self._fail)
        self.session.began.connect(self._began)
        self.session.ended.connect(self._ended)
        self.away.said.connect(self._tell)
        self.away.failed.connect(self._fail)
        self.away.changed.connect(self.refresh)

    # --- showing ----------------------------------------------------------------------------

    def _loaded(self, found: SigningWork) -> None:
        self.work = found
        again, self._stale = self._stale, False
        self.badge_changed.emit(Badge(self.work.waiting, Tone.WAITS))
        before = self.choice.work.signer if self.choice else None
        self._show_roles()
        kept = next((w for w in self.work.signers if w.signer == before), None)
        chosen = kept or self._with_key() or next(iter(self.work.signers), None)
        self._choose(chosen)
        self._show_parts()
        self._show_standing()
        if again:
            self.face.keys.act.setFocus()  # the next signer goes on from the keyboard
        self._grant_wish()

    def _show_parts(self) -> None:
        self.face.show_parts(
            anything=bool(self.work.signers),
            records=self.choice is not None and bool(self.choice.work.heads),
            signing=self.signing,
            to_send=self.work.to_send,
        )

    def _show_standing(self) -> None:
        signer = self.choice.work.signer if self.choice else None
        told = self.face.told.isVisibleTo(self) or not self.face.result.isHidden()
        self.face.standing.show_work(self.work, signer, quiet=told)

    def _show_roles(self) -> None:
        with QSignalBlocker(self.face.roles):
            while self.face.roles.count():
                self.face.roles.removeTab(0)
            for role in self.work.roles():
                self.face.roles.addTab(plain(f"{SHORT_ROLES[role]}  {self.work.count(role)}"))

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
            self._show_standing()

    def _choose_signer(self, place: int) -> None:
        if self.choice is not None:
            self._choose(self.work.of(self.choice.work.signer.role)[place])
            self._show_standing()

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
        work = work or (self.choice.work if self.choice else None)
        if work is None:
            return
        on = frozenset(c.section_id for c in work.classes) - self._off
        away = self.work.away.get(work.signer)
        self.choice = SigningChoice(
            work, self.work.notes, on, frozenset(self._seen), away.keys if away else frozenset()
        )
        self.face.classes.show_choice(self.choice)
        self.face.notes.show_choice(self.choice)
        self._show_keys()

    def _show_keys(self) -> None:
        choice = self.choice
        if choice is None:
            return
        if not self._searching:
            self.face.keys.show_keys(
                self._keys, self._failures, choice.work.signer, self.work.organization,
                self._services.now(),
            )  # fmt: skip
        key, unsealed = self.face.keys.chosen, choice.work.unsealed
        name = key.holder if key else choice.work.signer.full_name
        possible = key is not None and not self._stale and bool(choice.heads or unsealed)
        self.face.keys.set_act(act_words(len(choice.heads), unsealed), name, enabled=possible)
        job = SigningJob(choice.heads, choice.work.signer, key, unsealed) if key else None
        estimated = estimate(job, self.work.paces) if job else ""
        self.face.keys.below.setText(below_words(choice, estimated))
        self.face.digest.setText(digest_words(choice))

    def _tick(self, section_id: str, on: bool) -> None:
        if self.choice is None:
            return
        each = {section_id} if section_id else {c.section_id for c in self.choice.work.classes}
        self._off = self._off - each if on else self._off | each
        self._show_choice()

    def _all_seen(self) -> None:
        if self.choice is not None:
            noted = self.choice.noted(self.choice.work.heads)
            self._seen |= {signing_data.key_of(head) for head in noted}
            self._show_choice()

    def _looked(self, head: TranscriptHead) -> None:
        self._seen.add(signing_data.key_of(head))
        self._show_choice()

    def show_list(self) -> None:
        """Every record of this signer, in the side panel."""
        if self.choice is not None:
            self.looking.whole_list(self.choice)

    def _look_at_sample(self) -> None:
        if self.choice is not None:
            self.looking.sample(self.choice)

    def _hand_over(self) -> None:
        """What waits for somebody else goes to whoever signs there now; it is kept who did that."""
        heads = tuple({head: None for each in self.work.outdated for head in each.heads})

        def done(count: int) -> None:
            if count:
                told = f"Đã chuyển {count} học bạ cho người ký hiện nay."
                self._tell(told, "Chữ ký đã có vẫn giữ nguyên.", Tone.DONE, None, "")
            else:
                told = "Chưa có ai thay để chuyển học bạ."
                where = "Hãy phân công giáo viên thay ở Lớp học, rồi chuyển lại."
                self._tell(told, where, Tone.WAITS, None, "")
            self.refresh()

        self._runner.run(
            Lane.DATABASE,
            lambda _: self._services.signatories.hand_over(heads),
            owner=self,
            done=done,
            failed=self._fail,
        )

    def _show_losses(self) -> None:
        self.looking.losses(self.work.losses)

    def _show_more(self) -> None:
        button, choice = self.face.more, self.choice
        menu = self.away.menu(
            button, choice.heads if choice else (), choice.work.signer if choice else None
        )
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    def _tell(self, what: str, detail: str, tone: Tone, sheet: QWidget | None, title: str) -> None:
        self.face.tell(what, detail, tone, self._understood)
        self._show_standing()
        if sheet is not None:
            self.panel_wanted.emit(sheet, title)

    def _understood(self) -> None:
        self.face.told.hide()
        self._show_standing()

    # --- keys -------------------------------------------------------------------------------

    def _keys_found(self, found: tuple[list[KeyChoice], list[TokenError]]) -> None:
        first = not self._keys
        self._keys, self._failures = found
        self._searching = False
        better = self._with_key() if first else None
        if better is not None and self.choice is not None and not self.signing:
            now = self._services.now()
            if not fitting(self._keys, self.choice.work.signer, now):
                self._choose(better)
        self._show_keys()
        self._grant_wish()

    def _grant_wish(self) -> None:
        if self._wish is not None and not self._searching and not self._stale:
            wish, self._wish = self._wish, None
            wish()

    def _search_failed(self, error: BaseException) -> None:
        self._searching, self._wish = False, None
        self._show_keys()
        self._fail(error)

    # --- outcomes ---------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Sign what an interrupted batch left, as its list was."""
        resume = self.work.resume
        if resume is not None:
            self._choose(next(w for w in self.work.signers if w.signer == resume.signer))
            self.ask_pin(resume.heads)

    def _began(self) -> None:
        self.setFocus()  # else Qt hands it to what follows the hidden card, and scrolls there
        for part in (self.face.result, self.face.standing, self.face.told):
            part.hide()
        self._show_parts()

    def _ended(self, job: SigningJob, outcome: SigningOutcome | BaseException) -> None:
        """An error instead of an outcome: the key did not open, nothing was signed."""
        self._stale = True
        self.setFocus()
        error = outcome.stopped_by if isinstance(outcome, SigningOutcome) else outcome
        if isinstance(outcome, SigningOutcome):
            self.face.result.show_outcome(job, outcome)
        self._show_parts()
        if error is not None and not isinstance(error, Cancelled):
            self._show_error(error)
        self.look_for_keys()
        self.refresh()

    def _show_error(self, error: BaseException) -> None:
        act: Callable[[], None] | None = None
        wrong = isinstance(error, PinIncorrect | KeyPasswordIncorrect)
        if wrong or isinstance(error, TokenRemoved | TokenDeclined | KeyIdle):
            act = partial(self.ask_pin, was_wrong=wrong)
        elif isinstance(error, TokenError) and not isinstance(error, PinLocked):
            act = self.look_for_keys
        self.face.banner.show_message(messages.explain(error), act)

    def _fail(self, error: BaseException) -> None:
        if not isinstance(error, Cancelled):
            self.face.banner.show_message(messages.explain(error))
