"""The gravest thing to know before one signs."""

from __future__ import annotations

from PySide6.QtCore import Signal

from app.model.signing import ExpectedSigner
from app.ui.kit import Notice
from app.ui.pages.signing.data import SigningWork
from app.ui.text.signing_notices import away_words, loss_words, outdated_words, resume_words
from app.ui.theme.theme import Tone


class SigningWarning(Notice):
    """What went missing; else what waits for somebody who does not sign any more; else what a power
    cut left; else what is away. Hidden when all is well."""

    losses_wanted = Signal()
    rest_wanted = Signal()
    back_wanted = Signal()
    hand_over_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("")
        self.hide()

    def show_work(self, work: SigningWork, signer: ExpectedSigner | None, *, quiet: bool) -> None:
        """`quiet`: something else was just told; only what went missing is as grave."""
        away = work.away.get(signer) if signer else None
        self.withdraw()
        if work.losses:
            self.say(*loss_words(len(work.losses)), Tone.DECIDE)
            self.offer("Xem học bạ nào", self.losses_wanted.emit)
        elif work.outdated:
            self.say(*outdated_words(work.outdated), Tone.WAITS, "user")
            self.offer("Chuyển cho người ký hiện nay", self.hand_over_wanted.emit)
        elif work.resume is not None:
            self.say(*resume_words(work.resume), Tone.WAITS, "history")
            self.offer(f"Ký tiếp từ học bạ {work.resume.signed + 1}", self.rest_wanted.emit)
        elif away is not None:
            self.say(*away_words(away), Tone.MOVING, "stick")
            self.offer("Nhận học bạ đã ký", self.back_wanted.emit)
        grave = bool(work.losses or work.outdated)
        self.setVisible(grave or (not quiet and bool(work.resume or away)))
