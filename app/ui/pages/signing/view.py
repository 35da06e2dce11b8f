"""The signing page's parts and where they stand; what they do is the page's."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QWidget

from app.ui.kit import Card, EmptyState, ErrorBanner, Notice, button, column, row, text
from app.ui.kit.choosers import ChoiceBox, TabRow
from app.ui.pages.signing.key import KeyPanel
from app.ui.pages.signing.lists import ClassList, NoteList
from app.ui.pages.signing.notice import SigningWarning
from app.ui.pages.signing.run import SigningResultCard, SigningRunCard
from app.ui.theme.theme import Tone

_SIDE, _NARROW_SIDE = 348, 300
_NARROW_BELOW = 960
_LOW_BELOW = 640


class SigningView(QWidget):
    """Left: role, classes, what to look at. Right: whose key, the act, the list's digest.

    Above them at most one notice of each kind: what an act came to, and how things stand.
    """

    def __init__(self, open_records: Callable[[], None], open_outbox: Callable[[], None]) -> None:
        super().__init__()
        self.banner = ErrorBanner()
        self.told, self.standing = Notice(""), SigningWarning()
        self.told.hide()
        self.roles = TabRow()
        self.roles.setAccessibleName("Ký với vai trò")
        self.roles.setDrawBase(False)
        self.roles.setExpanding(False)
        self.signers = ChoiceBox()
        self.signers.setAccessibleName("Người ký")
        self.signers.setMinimumWidth(150)
        self.signers.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.more = button("Việc khác", "down", quiet=True)
        self.more.setToolTip("Ký ở nơi khác, nhận học bạ đã ký, sổ đợt ký")
        self.classes = ClassList()
        self.notes = NoteList()
        self.result = SigningResultCard()
        self.keys = KeyPanel()
        self.run = SigningRunCard()
        self.run.hide()
        self.digest = text("", muted=True, wrap=True)
        self.whole_list = button("Xem danh mục", "list", quiet=True)
        self.list_card = Card("Danh mục ký").add(self.digest, row(self.whole_list, None))
        self.empty = EmptyState(
            "sign",
            "Không có học bạ nào chờ ký",
            "Học bạ chờ ký hiện ở đây sau khi khóa sổ lớp, hoặc khi người ký trước đã ký.",
            "Mở Học bạ",
            open_records,
        )
        self.finished = EmptyState(
            "send",
            "Đã ký xong, còn gửi lên Sở",
            "Học bạ nhà trường đã ký phát hành đang chờ gửi.",
            "Sang Gửi đi",
            open_outbox,
        )
        self._work = QWidget()
        self._lay_out()

    def show_parts(self, *, anything: bool, records: bool, signing: bool, to_send: bool) -> None:
        """`anything`: something waits, `records`: not views alone; `to_send`: issued, not sent.

        A result stays in sight until it is dismissed.
        """
        told = not self.result.isHidden()
        self.roles.setVisible(anything)
        self.notes.setVisible(anything)
        self.classes.setVisible(anything and records)
        self.list_card.setVisible(anything and records)
        self.signers.setVisible(anything and self.signers.count() > 1)
        self.keys.setVisible(anything and not signing)
        self.run.setVisible(signing)
        self._work.setVisible(anything or signing or told)
        idle = not anything and not signing
        self.empty.setVisible(idle and not to_send)
        self.finished.setVisible(idle and to_send)
        self._side.setVisible(not idle)
        self._layout.setStretch(_WORK, 0 if idle else 1)
        for still in (self.roles, self.signers, self.classes, self.more, self.standing):
            still.setEnabled(not signing)

    def tell(self, what: str, detail: str, tone: Tone, understood: Callable[[], None]) -> None:
        """What an act came to; an error of an earlier act goes."""
        self.banner.hide()
        self.told.say(what, detail, tone)
        self.told.offer("Đã hiểu", understood)
        self.told.show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """On a small screen the list needs the room more than the card."""
        super().resizeEvent(event)
        self.keys.fit_height(low=self.window().height() < _LOW_BELOW)
        narrow = event.size().width() < _NARROW_BELOW
        self._side.setFixedWidth(_NARROW_SIDE if narrow else _SIDE)

    def _lay_out(self) -> None:
        inside = column(self.result, self.classes, self.notes, gap=3)
        inside.setStretch(2, 1)
        left = QWidget()
        left.setLayout(inside)
        self._side = side = QWidget()
        side.setFixedWidth(_SIDE)
        side.setLayout(column(self.keys, self.run, self.list_card, None, gap=3))
        halves = row(left, side, gap=4)
        halves.setStretch(0, 1)
        self._work.setLayout(halves)
        bar = row(self.roles, None, self.signers, self.more)
        self._layout = layout = column(
            self.banner, self.told, self.standing, bar, self._work, self.empty, self.finished, gap=2
        )
        layout.setContentsMargins(24, 0, 24, 12)
        for place in range(_WORK, _WORK + 3):
            layout.setStretch(place, 1)
        self.setLayout(layout)
        self._work.hide()


_WORK = 4
"""Place of the work in the layout, before the two empty states."""
