"""Trang chủ: where the class stands, what to do today, what is complete, what is due."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.kit import (
    Card,
    EmptyState,
    ErrorBanner,
    ProgressRow,
    StepStrip,
    TodoRow,
    column,
    row,
    rule,
    text,
)
from app.ui.kit.choosers import ChoiceBox
from app.ui.pages.home.state import ClassProgress, HomeState, read
from app.ui.pages.home.todo import Todo, deadline_words, steps, today_words, todos
from app.ui.shell.page import Page
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text.messages import explain
from app.ui.theme import theme
from app.ui.theme.theme import Type

SHOWN = 6


class HomePage(Page):
    key, title, icon = "home", "Trang chủ", "home"

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
        self.state: HomeState | None = None
        self._chosen = ""
        self.banner = ErrorBanner()
        self.classes = ChoiceBox()
        self.classes.setAccessibleName("Lớp đang xem")
        self.classes.setMinimumHeight(theme.HIT_HEIGHT)
        self.classes.activated.connect(self._choose)
        self._strip = StepStrip()
        self._journey = Card(margin=4).add(self._strip)
        self._todo = Card("Việc cần làm hôm nay")
        self._list: QWidget = QWidget()
        self._todo.add(self._list)
        self._todo.body.setStretchFactor(self._list, 1)
        self._bars_title = text("", Type.SECTION)
        self._bars = QWidget()
        self._subjects = Card().add(row(self._bars_title, None, self.classes), self._bars)
        self._due_line = text("", wrap=True)
        self._due_left = text("", muted=True)
        self._due = Card("Hạn").add(self._due_line, self._due_left)
        self._side = QWidget()
        self._side.setLayout(column(self._subjects, self._due, None, gap=4))
        self._side.hide()
        main = column(self._journey, self._todo, gap=4)
        main.setStretchFactor(self._todo, 1)
        self._journey.hide()
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addLayout(main, 7)
        both.addWidget(self._side, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 4, 24, 16)
        layout.setSpacing(12)
        layout.addWidget(self.banner)
        layout.addLayout(both, 1)

    @property
    def where(self) -> str:
        return today_words(self._services.now().date())

    @property
    def heading(self) -> str:
        user = self._services.workspace.user
        return "Chào thầy cô" if self._services.practice else f"Chào {user}"

    def refresh(self) -> None:
        self.banner.hide()
        self._runner.run(
            Lane.DATABASE,
            lambda _: read(self._services, self._services.now().date()),
            owner=self,
            done=self.show_state,
            failed=self._fail,
        )

    def show_state(self, state: HomeState) -> None:
        self.state = state
        self._show_todos(todos(state))
        self.classes.clear()
        for each in state.classes:
            self.classes.addItem(f"Lớp {each.name}", each.section_id)
        self.classes.setVisible(len(state.classes) > 1)
        known = {each.section_id: each for each in state.classes}
        self._show_class(known.get(self._chosen) or state.next_class())
        line, left = deadline_words(state)
        self._due_line.setText(line or "Chưa đặt hạn")
        self._due_left.setText(left or "Đặt ở Cài đặt › Nhà trường")
        self.heading_changed.emit()

    # --- parts ------------------------------------------------------------------------------

    def _show_class(self, progress: ClassProgress | None) -> None:
        self._journey.setVisible(progress is not None)
        self._side.setVisible(progress is not None)
        if progress is None:
            return
        self._chosen = progress.section_id
        self.classes.setCurrentIndex(self.classes.findData(progress.section_id))
        self._strip.show_steps(steps(progress))
        self._bars_title.setText(f"Lớp {progress.name} · đủ điểm")
        bars = QWidget()
        rows = []
        for _, name, done in progress.subjects:
            bar = ProgressRow(name)
            bar.show_share(done, progress.pupils)
            rows.append(bar)
        bars.setLayout(column(*rows, gap=2))
        self._subjects.body.replaceWidget(self._bars, bars)
        self._bars.deleteLater()
        self._bars = bars

    def _show_todos(self, found: list[Todo]) -> None:
        shown = QWidget()
        layout = QVBoxLayout(shown)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for number, todo in enumerate(found[:SHOWN]):
            if number:
                layout.addWidget(rule())
            layout.addWidget(self._todo_row(todo, first=number == 0))
        if len(found) > SHOWN:
            layout.addWidget(rule())
            more = text(f"và {len(found) - SHOWN} việc nữa", muted=True)
            layout.addLayout(column(more, margin=2))
        if not found:
            layout.addWidget(_nothing(), 1)
        else:
            layout.addStretch(1)
        self._todo.body.replaceWidget(self._list, shown)
        self._todo.body.setStretchFactor(shown, 1)
        self._list.deleteLater()
        self._list = shown

    def _todo_row(self, todo: Todo, *, first: bool) -> TodoRow:
        return TodoRow(
            todo.icon,
            todo.title,
            todo.detail,
            todo.action,
            lambda: self.navigate.emit(todo.page, todo.item),
            tone=todo.tone,
            primary=first,
        )

    def _choose(self, place: int) -> None:
        self._chosen = str(self.classes.itemData(place))
        if self.state is not None:
            known = {each.section_id: each for each in self.state.classes}
            self._show_class(known.get(self._chosen))

    def _fail(self, error: BaseException) -> None:
        self.banner.show_message(explain(error), self.refresh)


def _nothing() -> QWidget:
    return EmptyState("checked", "Không còn việc nào chờ", "Mọi học bạ đã có biên nhận của Sở.")
