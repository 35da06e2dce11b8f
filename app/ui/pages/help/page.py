"""Trợ giúp: short guides that ship with the program, keys, and what error codes mean."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from app import __version__, resources
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.kit import Card, Column, DataTable, EmptyState, SearchBox, text
from app.ui.shell.page import Page
from app.ui.shell.task_runner import TaskRunner
from app.ui.text.messages import TEXTS
from app.ui.theme import theme
from app.ui.theme.theme import Type

_PARAMETER = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class CodeRow:
    code: str
    what: str
    todo: str


def guides() -> list[tuple[str, str]]:
    """(title, Markdown) of every guide, by file name."""
    files = sorted(resources.path("help").glob("*.md"))
    texts = [file.read_text("utf-8") for file in files]
    return [(body.partition("\n")[0].lstrip("# ").strip(), body) for body in texts]


class HelpPage(Page):
    key, title, icon = "help", "Trợ giúp", "help"
    at_bottom = True

    def __init__(
        self,
        services: Services,
        runner: TaskRunner,
        dialogs: DialogService,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._topics = QListWidget()
        self._topics.setAccessibleName("Mục trợ giúp")
        self._topics.setFixedWidth(300)
        self._topics.setObjectName("topics")
        self._topics.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._pages = QStackedWidget()
        for name, body in guides():
            self._add(name, _reader(name, body))
        self._add("Mã lỗi", self._codes())
        self._topics.currentRowChanged.connect(self._pages.setCurrentIndex)
        self._topics.setCurrentRow(0)
        left = Card("Mục lục", margin=3).add(self._topics)
        left.body.setStretchFactor(self._topics, 1)
        left.add(text(f"Hocba {__version__}", Type.SMALL, muted=True))
        right = Card(margin=5).add(self._pages)
        right.body.setStretchFactor(self._pages, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(24, 4, 24, 16)
        layout.setSpacing(16)
        layout.addWidget(left)
        layout.addWidget(right, 1)

    def show_item(self, item: object) -> None:
        """A topic's title, or an error code."""
        names = [self._topics.item(row).text() for row in range(self._topics.count())]
        if item in names:
            self._topics.setCurrentRow(names.index(str(item)))
        elif isinstance(item, str):
            self._topics.setCurrentRow(len(names) - 1)
            self._find.setText(item)

    def _add(self, name: str, page: QWidget) -> None:
        item = QListWidgetItem(name, self._topics)
        item.setSizeHint(QSize(0, theme.HIT_HEIGHT + 4))
        self._pages.addWidget(page)

    def _codes(self) -> QWidget:
        table = DataTable(
            "Mã lỗi",
            (
                Column("Mã", lambda r: r.code, 190, strong=True),
                Column("Chuyện gì", lambda r: r.what, 300, tip=lambda r: r.what),
                Column("Nên làm gì", lambda r: r.todo, tip=lambda r: r.todo),
            ),
            EmptyState("help", "Không có mã nào như vậy"),
        )
        table.show_rows(
            [
                CodeRow(code, _PARAMETER.sub("…", words.what), _PARAMETER.sub("…", words.todo))
                for code, words in sorted(TEXTS.items())
            ]
        )
        self._find = SearchBox("Gõ mã lỗi hoặc vài chữ", "")
        self._find.textChanged.connect(table.find_rows)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._find)
        layout.addWidget(table, 1)
        return page


def _reader(name: str, body: str) -> QTextBrowser:
    browser = QTextBrowser()
    browser.setAccessibleName(name)
    browser.setStyleSheet("QTextBrowser { border: none; background: transparent; }")
    browser.setOpenLinks(False)
    browser.document().setDefaultFont(theme.font())
    browser.setMarkdown(body)
    return browser
