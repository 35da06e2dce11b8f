"""The key card of the signing page: whose certificate it is, and why others do not fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLayout, QWidget

from app.errors import AppError, CertificateUnfit, TokenError
from app.model.signing import ExpectedSigner, SignerRole
from app.services import Services
from app.signing.keys.key_choice import KeyChoice, fitting
from app.signing.report_words import ROLES, problem
from app.signing.trust.certificates import is_practice
from app.signing.trust.evidence_words import age
from app.signing.trust.revocation import RevocationStatus
from app.ui.dialogs.pin import PinTries
from app.ui.kit import Card, KeyCard, KeyCheck, KeyFacts, Notice, button, column, row, text
from app.ui.kit.basics import keep_tab_order
from app.ui.kit.choosers import ChoiceBox
from app.ui.text import messages
from app.ui.text.act_words import name_the_act
from app.ui.theme.theme import Tone, Type

_ACT_ROOM = 212
"""Pixels of the button's words on the narrowest screen."""
Part = QWidget | QLayout | int | None
_PSS = {"RSA_PKCS_PSS", "SHA256_RSA_PKCS_PSS"}


def find_keys(services: Services) -> tuple[list[KeyChoice], list[TokenError]]:
    """Keys within reach, with what the lists at hand say of them."""
    choices, failures = services.keys.find()
    return services.evidence.standing(choices), failures


def facts_of(
    choice: KeyChoice, signer: ExpectedSigner, organization: str, now: datetime
) -> KeyFacts:
    """What a person must see before signing."""
    of_school = signer.role is SignerRole.SCHOOL
    checks = [
        KeyCheck(
            "Chứng thư còn hạn, đúng trường" if of_school else "Chứng thư còn hạn, đúng người"
        ),
        KeyCheck(algorithm(choice)),
        _not_revoked(choice, now),
    ]
    if is_practice(choice.certificate):
        checks.append(KeyCheck("Chứng thư thực hành, không có giá trị pháp lý", Tone.WAITS))
    return KeyFacts(
        choice.holder,
        ROLES[signer.role],
        "" if of_school else organization,
        choice.issuer,
        choice.valid_until.date(),
        tuple(checks),
    )


def _not_revoked(choice: KeyChoice, now: datetime) -> KeyCheck:
    """By the list at hand; what it says grows old."""
    known = choice.revocation
    if known is None or known.as_of is None or known.standing is not RevocationStatus.GOOD:
        return KeyCheck("Chưa kiểm tra thu hồi trực tuyến", Tone.NEUTRAL)
    return KeyCheck(f"Chưa bị thu hồi, theo danh sách {age(known.as_of, now)}")


def algorithm(choice: KeyChoice) -> str:
    """'RSA 2048, RSASSA-PSS, SHA-256': how this key will sign."""
    public = choice.certificate.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        return f"ECDSA {public.curve.name}, SHA-256"
    size = public.key_size if isinstance(public, rsa.RSAPublicKey) else 0
    known = set(choice.token.token.mechanisms) if choice.token else _PSS
    return f"RSA {size}, {'RSASSA-PSS' if known & _PSS else 'PKCS#1 v1.5'}, SHA-256"


def tries(choice: KeyChoice) -> PinTries:
    """What the token itself says of its PIN."""
    if choice.token is None:
        return PinTries(of_file=choice.file is not None)
    info = choice.token.token
    left = 0 if info.pin_locked else 1 if info.pin_final_try else None
    return PinTries(left, some_wrong=info.pin_count_low)


def place_of(choice: KeyChoice) -> str:
    """Where the key is, to tell two of the same person apart."""
    if choice.token is not None:
        return f"USB token {choice.token.token.label}"
    return f"Tệp {choice.file.name}" if choice.file else ""


def _why_not(choice: KeyChoice, signer: ExpectedSigner, now: datetime) -> str:
    reason = choice.unfit(signer, now)
    if isinstance(reason, CertificateUnfit):
        return problem(str(reason.params.get("reason", "")))
    return "của người khác" if reason else ""


class KeyPanel(Card):
    """Finds nothing itself: the page looks for keys and shows them here.

    On a low screen only what is not as usual is said above the act; the PIN's dialog says all.
    """

    look_again = Signal()
    sign_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(margin=5)
        self.chosen: KeyChoice | None = None
        self._fit: list[KeyChoice] = []
        self._low = False
        self._show: Callable[[], None] = self.show_searching
        self.act = button("Ký", "sign", primary=True)
        self.act.setMinimumHeight(44)
        self.act.clicked.connect(self.sign_wanted)
        self.below = text("", Type.SMALL, muted=True, wrap=True)
        self._above, self._after = _KeyPlace(), _KeyPlace()
        self._less = text("", Type.SMALL, muted=True, wrap=True)
        again = button("Tìm lại token", "refresh", quiet=True)
        again.clicked.connect(self.look_again)
        line = row(self._less, again)
        line.setStretch(0, 1)
        self.add(self._above, self.act, self.below, self._after, line)

    def set_act(self, act: str, name: str, *, enabled: bool) -> None:
        """'Ký 41 học bạ với tên …': on two lines where it must; a name too long is cut."""
        name_the_act(self.act, act, name, _ACT_ROOM)
        self.act.setEnabled(enabled)

    def fit_height(self, *, low: bool) -> None:
        if low is not self._low:
            self._low = low
            self._show()

    def show_searching(self) -> None:
        self._above.put(text("Đang tìm token và chứng thư…", muted=True))
        self._after.put()
        self._less.clear()

    def show_keys(
        self,
        choices: Sequence[KeyChoice],
        failures: Sequence[TokenError],
        signer: ExpectedSigner,
        organization: str,
        now: datetime,
    ) -> None:
        """Those that fit `signer` can be chosen; the others are named with the reason."""
        self._show = partial(self.show_keys, choices, failures, signer, organization, now)
        self._fit = fitting(choices, signer, now)
        self.chosen = self.chosen if self.chosen in self._fit else next(iter(self._fit), None)
        if self.chosen is None:
            self._above.put(_missing(signer))
        else:
            facts = facts_of(self.chosen, signer, organization, now)
            self._above.put(KeyCard(facts.unusual() if self._low else facts), self._places())
        others = [choice for choice in choices if choice not in self._fit]
        parts: list[Part] = [_failure(error) for error in failures[:2]]
        if others and self.chosen is None:
            parts.append(_others(others, signer, now))
        count = len(others) if self.chosen else 0
        self._less.setText(f"{count} chứng thư khác không dùng lần này" if count else "")
        self._less.setToolTip(_reasons(others, signer, now))
        self._after.put(*parts)

    def _places(self) -> QWidget:
        """Where the key is; a chooser when the same person has several."""
        if len(self._fit) == 1:
            return text(place_of(self._fit[0]), Type.SMALL, muted=True)
        chooser = ChoiceBox()
        chooser.setAccessibleName("Chứng thư dùng để ký")
        for choice in self._fit:
            until = f"{choice.valid_until:%d/%m/%Y}"
            chooser.addItem(f"{place_of(choice)} · đến {until}")
        chooser.setCurrentIndex(self._fit.index(self.chosen) if self.chosen else 0)

        def choose(place: int) -> None:
            self.chosen = self._fit[place]
            self._show()

        chooser.activated.connect(choose)
        return chooser


class _KeyPlace(QWidget):
    """Shows one set of parts at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._layout = column()
        self.setLayout(self._layout)
        self._inside: QWidget | None = None

    def put(self, *parts: Part) -> None:
        if self._inside is not None:
            self._layout.removeWidget(self._inside)
            self._inside.deleteLater()
        self._inside = QWidget()
        self._inside.setLayout(column(*parts, gap=2))
        self._layout.addWidget(self._inside)
        self.setVisible(bool(parts))
        keep_tab_order(self)


def _missing(signer: ExpectedSigner) -> QWidget:
    return Notice(
        f"Chưa thấy chứng thư của {signer.full_name}.",
        "Cắm USB token vào máy rồi đợi vài giây; chứng thư mềm thì thêm ở Cài đặt, Khóa ký. "
        "Không có token ở đây thì lưu học bạ để ký ở nơi khác: Việc khác.",
        Tone.WAITS,
        "key",
    )


def _others(others: Sequence[KeyChoice], signer: ExpectedSigner, now: datetime) -> QWidget:
    """Keys that cannot sign here, greyed, with the reason."""
    lines = _reasons(others, signer, now).splitlines()
    more = f"\nvà {len(lines) - 4} chứng thư khác" if len(lines) > 4 else ""
    words = "Không dùng cho lần ký này:\n" + "\n".join(lines[:4]) + more
    dim = text(words, Type.SMALL, muted=True, wrap=True)
    dim.setToolTip("\n".join(lines))
    return dim


def _reasons(others: Sequence[KeyChoice], signer: ExpectedSigner, now: datetime) -> str:
    return "\n".join(f"{other.holder}: {_why_not(other, signer, now)}" for other in others)


def _failure(error: AppError) -> QWidget:
    told = messages.explain(error)
    return text(f"{told.what} {told.todo}", Type.SMALL, tone=Tone.DECIDE, wrap=True)
