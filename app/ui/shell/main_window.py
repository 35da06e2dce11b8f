"""The window: navigation only. It knows pages by their `Page` face and nothing of services."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui.kit.banner import ErrorBanner
from app.ui.kit.side_panel import SidePanel
from app.ui.shell.page import Badge, Page
from app.ui.shell.ribbon import PracticeRibbon
from app.ui.shell.sidebar import Sidebar
from app.ui.shell.state_strip import StateStrip, StripPlace, StripState
from app.ui.shell.task_panel import TaskPanel
from app.ui.shell.task_runner import TaskRunner
from app.ui.shell.title_row import TitleRow
from app.ui.theme import icons
from app.ui.theme.theme import Tone

NARROW_BELOW = 1100


class MainWindow(QMainWindow):
    """Sidebar, title row, page stack, side panel, task panel and state strip."""

    unsaved_changed = Signal()
    page_shown = Signal(str)
    searched = Signal(str)

    def __init__(
        self,
        pages: Sequence[Page],
        runner: TaskRunner,
        *,
        school: str = "",
        practice: bool = False,
        before_close: Callable[[], None] | None = None,
    ) -> None:
        """`pages` in the sidebar's order; `before_close` runs once after all work has stopped."""
        super().__init__()
        self._runner = runner
        self._before_close = before_close
        self._pages = {page.key: page for page in pages}
        self._areas: dict[str, QScrollArea] = {}
        self._shown = ""
        self._wish: bool | None = None
        self.sidebar = Sidebar(pages)
        self.title_row = TitleRow()
        self.strip = StateStrip()
        self.errors = ErrorBanner()
        self.tasks = TaskPanel(runner)
        self._stack = QStackedWidget()
        self._ground = QWidget()
        for page in pages:
            self._adopt(page)
        self._lay_out(practice)  # after the pages: Tab reaches them before the strip
        self.sidebar.chosen.connect(self.open_page)
        self.sidebar.width_wanted.connect(self._want_narrow)
        self.title_row.searched.connect(self.searched)
        self.setWindowTitle(f"Hocba — {school}" if school else "Hocba")
        self.setWindowIcon(icons.icon("book", "accent"))
        self.setMinimumSize(QSize(880, 460))
        self.resize(1366, 768)
        self.open_page(pages[0].key)

    @property
    def current(self) -> Page:
        return self._pages[self._shown]

    @property
    def unsaved(self) -> int:
        """Edits of all pages that are not in the store yet."""
        return sum(page.unsaved for page in self._pages.values())

    def page(self, key: str) -> Page:
        return self._pages[key]

    def open_page(self, key: str, item: object = None) -> None:
        """Show a page, let it load, and let it show `item` if one is named."""
        if self._shown in ("", key):
            self._open(key, item)
            return
        self.sidebar.choose(self._shown)  # until the panel is left
        self.panel.leave(lambda: self._open(key, item))

    def _open(self, key: str, item: object) -> None:
        page = self._pages[key]
        if self._shown != key:
            self.errors.hide()
        self._shown = key
        self._stack.setCurrentWidget(self._areas[key])
        self.sidebar.choose(key)
        page.refresh()
        if item is not None:
            page.show_item(item)
        self.title_row.show_page(page)
        self.page_shown.emit(key)

    def refresh_current(self) -> None:
        """Data changed: the page in sight loads again, others when they come into sight."""
        self.current.refresh()

    def show_state(
        self, place: StripPlace, words: str, tone: Tone = Tone.NEUTRAL, **more: str
    ) -> None:
        """Change one item of the state strip; `icon` and `tip` may be given."""
        self.strip.show_state(place, StripState(words, tone, **more))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The side panel follows the page's place."""
        if watched is self._stack and event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self._place_panel()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_sidebar()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._runner.shutdown()
        if self._before_close is not None:
            self._before_close()
            self._before_close = None
        super().closeEvent(event)

    def _lay_out(self, practice: bool) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(0)
        work = QVBoxLayout()
        work.setSpacing(0)
        work.addWidget(self.title_row)
        banner = QVBoxLayout()
        banner.setContentsMargins(24, 0, 24, 0)
        banner.addWidget(self.errors)
        work.addLayout(banner)
        work.addWidget(self._stack, 1)
        work.addWidget(self.tasks)
        middle.addWidget(self.sidebar)
        middle.addLayout(work, 1)
        ground = self._ground
        ground.setObjectName("ground")
        whole = QVBoxLayout(ground)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        if practice:
            whole.addWidget(PracticeRibbon())
        whole.addLayout(middle, 1)
        whole.addWidget(self.strip)
        self.setCentralWidget(ground)
        self.panel = SidePanel(ground)
        self._stack.installEventFilter(self)

    def _adopt(self, page: Page) -> None:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(page)
        self._stack.addWidget(area)
        self._areas[page.key] = area
        key = page.key

        def badge(value: Badge) -> None:
            self.sidebar.show_badge(key, value)

        def heading() -> None:
            if self._shown == key:
                self.title_row.show_page(page)

        page.badge_changed.connect(badge)
        page.unsaved_changed.connect(self.unsaved_changed)
        page.heading_changed.connect(heading)
        page.navigate.connect(self.open_page)
        page.panel_wanted.connect(self.show_panel)

    def show_panel(self, content: QWidget | None, title: str) -> None:
        """The page's words for the panel; `content` is owned by it from now on."""
        if content is None:
            self.panel.dismiss()
        else:
            self._place_panel()
            self.panel.open_with(content, title)

    def _place_panel(self) -> None:
        """Over the page alone: banner, primary action and task panel stay within reach."""
        corner = self._stack.mapTo(self._ground, QPoint(0, 0))
        self.panel.place(QRect(corner, self._stack.size()))

    def _want_narrow(self, narrow: bool) -> None:
        self._wish = narrow
        self._fit_sidebar()

    def _fit_sidebar(self) -> None:
        small = self.width() < NARROW_BELOW
        self.sidebar.shrink(small if self._wish is None else self._wish)
