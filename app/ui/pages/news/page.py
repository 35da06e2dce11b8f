"""Thông báo của Sở: what the department sent, read or not; rules say when they hold."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from app.model.publication import Publication
from app.parcel.publication import LARGEST_FILE, SUFFIX
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.kit import Card, EmptyState, ErrorBanner, Notice, column, text
from app.ui.pages.news import data as news_data
from app.ui.pages.news.data import NewsReader, NewsRow
from app.ui.shell.page import Badge, Page, PrimaryAction
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text.messages import explain
from app.ui.theme import theme
from app.ui.theme.theme import Tone, Type


class NewsPage(Page):
    key, title, icon = "news", "Thông báo", "inbox"
    at_bottom = True

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
        self._wanted: object = None
        self.look = NewsReader()
        self._build()

    @property
    def heading(self) -> str:
        return "Thông báo của Sở"

    @property
    def where(self) -> str:
        return self.look.station or self.title

    @property
    def primary_action(self) -> PrimaryAction | None:
        if not self.look.enrolled:
            return None
        return PrimaryAction("Mở tệp của Sở", "stick", self._choose_file, emphasized=False)

    def refresh(self) -> None:
        self._runner.run(
            Lane.DATABASE,
            lambda _: news_data.load(self._services),
            owner=self,
            done=self._show,
            failed=self._fail,
        )

    def show_item(self, item: object) -> None:
        """A publication's number; it waits for the list that is being read."""
        self._wanted = item

    def take_file(self, file: Path) -> None:
        """What came by stick is checked as what came by the network."""

        def take() -> Publication:
            with file.open("rb") as stream:
                return self._services.delivery.accept_publication(stream.read(LARGEST_FILE + 1))

        def taken(said: Publication) -> None:
            self.banner.hide()
            self.notice.say(f"Đã nhận: {said.title}", file.name, Tone.DONE)
            self.notice.show()
            self.refresh()

        self._runner.run(Lane.DATABASE, lambda _: take(), owner=self, done=taken, failed=self._fail)

    # --- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        self.banner = ErrorBanner()
        self.notice = Notice("")
        self.notice.hide()
        self.list = QListWidget()
        self.list.setObjectName("topics")
        self.list.setAccessibleName("Thông báo của Sở")
        self.list.setFixedWidth(320)
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentRowChanged.connect(self._read)
        self.heading_line = text("", Type.TITLE, wrap=True)
        self.when = text("", Type.SMALL, muted=True, wrap=True)
        self.state = Notice("")
        self.body = text("", wrap=True)
        self.body.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        left = Card(margin=3).add(self.list)
        left.body.setStretchFactor(self.list, 1)
        reader = QWidget()
        reader.setLayout(
            column(self.heading_line, self.when, self.state, 2, self.body, None, margin=1)
        )
        area = QScrollArea()
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(reader)
        right = Card(margin=4).add(area)
        right.body.setStretchFactor(area, 1)
        both = QWidget()
        layout = QHBoxLayout(both)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        layout.addWidget(left)
        layout.addWidget(right, 1)
        self.empty = EmptyState("inbox", "Chưa có thông báo nào của Sở", _HOW)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(both)
        page = column(self.banner, self.notice, self._stack, gap=3)
        page.setContentsMargins(24, 4, 24, 16)
        page.setStretch(2, 1)
        self.setLayout(page)

    # --- showing ----------------------------------------------------------------------------

    def _show(self, look: NewsReader) -> None:
        wanted = self._current() if self._wanted is None else self._wanted
        self.look, self._wanted = look, None
        self.list.blockSignals(True)
        self.list.clear()
        for row in look.rows:
            self._add(row)
        self.list.blockSignals(False)
        self._stack.setCurrentIndex(1 if look.rows else 0)
        numbers = [row.number for row in look.rows]
        if numbers:
            self.list.setCurrentRow(numbers.index(wanted) if wanted in numbers else 0)
        self._tell_badge()
        self.heading_changed.emit()

    def _add(self, row: NewsRow) -> None:
        item = QListWidgetItem(self.list)
        item.setData(Qt.ItemDataRole.UserRole, row.number)
        item.setSizeHint(QSize(0, 2 * theme.HIT_HEIGHT))
        _word(item, row, unread=row.unread)

    def _read(self, place: int) -> None:
        if not 0 <= place < len(self.look.rows):
            return
        row = self.look.rows[place]
        self.heading_line.setText(row.title)
        self.when.setText(f"{row.kind} · {row.when}")
        self.state.setVisible(bool(row.state))
        self.state.say(row.state, "", row.tone)
        self.body.setText(row.text)
        item = self.list.item(place)
        if self.isVisible() and row.unread and item.font().bold():
            _word(item, row, unread=False)
            self._runner.run(
                Lane.DATABASE,
                lambda _: self._services.delivery.publications.mark_read(row.number),
                owner=self,
                failed=self._fail,
            )
            self._tell_badge()

    def _tell_badge(self) -> None:
        unread = sum(self.list.item(n).font().bold() for n in range(self.list.count()))
        self.badge_changed.emit(Badge(unread, Tone.WAITS))

    def _current(self) -> object:
        item = self.list.currentItem()
        return item.data(Qt.ItemDataRole.UserRole) if item else None

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Mở tệp của Sở", "", f"Tệp của Sở (*{SUFFIX});;Mọi tệp (*)"
        )
        if name:
            self.take_file(Path(name))

    def _fail(self, error: BaseException) -> None:
        self.notice.hide()
        self.banner.show_message(explain(error))


_HOW = (
    "Thông báo và quy định mới đến cùng lúc gửi học bạ, hoặc bằng tệp Sở chép ra USB: bấm Mở tệp "
    "của Sở."
)


def _word(item: QListWidgetItem, row: NewsRow, *, unread: bool) -> None:
    mark = "Chưa đọc · " if unread else ""
    item.setText(f"{row.title}\n{mark}{row.when}")
    font = theme.font(Type.STRONG if unread else Type.BODY)
    font.setBold(unread)
    item.setFont(font)
