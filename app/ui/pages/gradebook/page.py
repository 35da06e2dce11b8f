"""Sổ điểm: a class's marks and all else its records need, with results that explain themselves."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QStackedWidget, QWidget

from app.clock import now
from app.errors import Cancelled
from app.model.gradebook import CellChange
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.grid.view import GradebookView
from app.ui.kit import EmptyState, ErrorBanner, Notice, column
from app.ui.pages.gradebook import data as gradebook_data
from app.ui.pages.gradebook.bar import GradebookBar
from app.ui.pages.gradebook.class_grid import ClassGrid
from app.ui.pages.gradebook.data import LoadedClass
from app.ui.pages.gradebook.exchange import SheetExchange
from app.ui.pages.gradebook.locking import LockingSteps
from app.ui.pages.gradebook.notes import NotesController
from app.ui.pages.gradebook.saving import Saver
from app.ui.pages.gradebook.saving_guard import UnsavedMarksGuard
from app.ui.shell.page import Page, PrimaryAction
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text import messages
from app.ui.text.record_states import moment
from app.ui.theme.theme import Tone

FIELDS = {"NHAN_XET_GVCN": ("REMARKS", "homeroom")}


class GradebookPage(Page):
    key, title, icon = "gradebook", "Sổ điểm", "grid"

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
        self._section = ""
        self._wanted: tuple[str, str] | None = None
        self._stale = False
        self.grid: ClassGrid | None = None
        self.saver = Saver(services, runner, self)
        self._build()
        self.exchange = SheetExchange(self, services, runner)
        self.locking = LockingSteps(self, services, runner)
        self.stack.addWidget(self.exchange.area)
        self.stack.addWidget(self.locking.area)
        self._side = NotesController(self, services, runner)
        self._leaving = UnsavedMarksGuard(self, dialogs)
        self._offer_acts()

    # --- the frame's questions --------------------------------------------------------------

    @property
    def where(self) -> str:
        return f"Sổ điểm · Lớp {self.class_name}" if self.grid else "Sổ điểm"

    @property
    def heading(self) -> str:
        if self.stack.currentWidget() is self.locking.area:
            return "Tình hình lớp"
        if self.stack.currentWidget() is self.exchange.area:
            return "Nhập từ Excel"
        return self.grid.sheet.title if self.grid else "Sổ điểm"

    @property
    def primary_action(self) -> PrimaryAction | None:
        if self.grid is None or self.grid.opened.locked:
            return None
        if self.stack.currentWidget() is self.exchange.area:
            return None
        if self.stack.currentWidget() is self.locking.area:
            words = self.locking.words
            return PrimaryAction(words, "lock", self.locking.lock, enabled=self.locking.possible)
        return PrimaryAction("Khóa sổ", "lock", self.locking.show_overview)

    @property
    def class_name(self) -> str:
        return self.grid.opened.roster.section.name if self.grid else ""

    @property
    def unsaved(self) -> int:
        return self.saver.unsaved

    def refresh(self) -> None:
        """Read the class again, but never over edits that are still on their way."""
        self._leaving.watch()
        if self.saver.unsaved:
            self._stale = True
            return
        self._stale = False
        section = self._section
        self._runner.run(
            Lane.DATABASE,
            lambda _: gradebook_data.load(self._services, section),
            owner=self,
            done=self._show,
            failed=self.fail,
        )

    def show_item(self, item: object) -> None:
        """A class's id, or (class, pupil) or (class, pupil, what is missing)."""
        if isinstance(item, tuple) and len(item) >= 2:
            self._wanted = (str(item[1]), str(item[2]) if len(item) > 2 else "")
            item = item[0]
        self._choose_class(str(item))

    # --- acts -------------------------------------------------------------------------------

    def show_grid(self) -> None:
        """From an import or the overview back to the entries."""
        if self.grid is not None:
            self._show_in_place(self.grid)
            if self.grid.view is not None:
                self.grid.view.setFocus()

    def show_step(self, step: QWidget) -> None:
        """Show something else of the class in the grid's place."""
        self.notice.hide()
        self.banner.hide()
        self._show_in_place(step)

    def say(self, what: str, detail: str) -> None:
        """Tell that something was done."""
        self.banner.hide()
        self.notice.say(what, detail, Tone.DONE)
        self.notice.offer("Đã hiểu", self._tell_lock)
        self.notice.show()

    def fail(self, error: BaseException) -> None:
        """Tell what went wrong, what is safe, what to do."""
        if not isinstance(error, Cancelled):
            self.banner.show_message(messages.explain(error))

    # --- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        self.banner = ErrorBanner()
        self.notice = Notice("")
        self.notice.hide()
        self.bar = GradebookBar()
        self.bar.hide()
        self.bar.class_chosen.connect(self._choose_class)
        self.bar.sheet_chosen.connect(self._choose_sheet)
        self.bar.part_chosen.connect(self._choose_part)
        self.bar.undo_wanted.connect(lambda: self._on_view(GradebookView.undo))
        self.bar.redo_wanted.connect(lambda: self._on_view(GradebookView.redo))
        self.stack = QStackedWidget()
        self.stack.addWidget(
            EmptyState(
                "grid",
                "Chưa có lớp nào",
                "Nhập danh sách lớp từ Excel, rồi điểm và nhận xét được nhập ở đây.",
                "Mở Lớp học",
                lambda: self.navigate.emit("classes", None),
            )
        )
        self.saver.settled.connect(self._saved)
        self.saver.failed.connect(self._not_saved)
        self.saver.refused.connect(self._refused)
        layout = column(self.banner, self.notice, self.bar, self.stack, gap=3)
        layout.setContentsMargins(24, 4, 24, 16)
        layout.setStretch(3, 1)
        self.setLayout(layout)

    def _offer_acts(self) -> None:
        exchange = self.exchange
        self.bar.offer(
            self.bar.excel,
            [
                ("Nhập từ Excel…", "", exchange.ask_import),
                None,
                ("Xuất bảng đang xem…", "", lambda: exchange.ask_export(whole=False)),
                ("Xuất cả lớp, mọi bảng…", "", lambda: exchange.ask_export(whole=True)),
            ],
        )
        self.bar.offer(
            self.bar.more,
            [
                ("Tình hình lớp", "", self.locking.show_overview),
                ("Tìm trong bảng", "Ctrl+F", lambda: self._on_view(lambda v: v.find_bar.open())),
                None,
                ("Ghi chú cho ô", "Shift+F2", self._side.note),
                ("Câu nhận xét của thầy cô", "Alt+↓ để dùng", self._side.phrases),
                None,
                ("In bảng đang xem…", "", exchange.ask_print),
                ("Lưu bảng đang xem thành PDF…", "", exchange.ask_pdf),
            ],
        )

    # --- showing ----------------------------------------------------------------------------

    def _show(self, loaded: LoadedClass) -> None:
        opened = loaded.opened
        self._section = opened.roster.section.id if opened else ""
        self.bar.setVisible(opened is not None)
        self.bar.show_classes(loaded.classes, self._section)
        if opened is None:
            self.stack.setCurrentIndex(0)
            return
        if not self._is_shown(loaded) and not self.saver.unsaved:
            self._replace(loaded)
        self._go_to_wanted()
        self.heading_changed.emit()

    def _is_shown(self, loaded: LoadedClass) -> bool:
        """Whether nothing changed: then undo, place and invalid texts stay as they are."""
        old, new = self.grid, loaded.opened
        if old is None or new is None:
            return False
        return (
            old.opened.roster == new.roster
            and old.opened.locks == new.locks
            and old.model.cells() == new.cells
        )

    def _replace(self, loaded: LoadedClass) -> None:
        old, opened = self.grid, loaded.opened
        assert opened is not None
        grid = ClassGrid(loaded, opened)
        if old is not None:
            grid.show_sheet(old.sheet.key, old.part.key)
            self.stack.removeWidget(old)
            old.deleteLater()
        self.grid = grid
        grid.cells_changed.connect(self._keep)
        grid.noted.connect(lambda key, words: self.saver.keep_note(self._section, key, words))
        grid.sheet_shown.connect(self._sheet_shown)
        grid.note_wanted.connect(self._side.note)
        stack = grid.model.undo_stack
        self.bar.undo.setEnabled(False)
        self.bar.redo.setEnabled(False)
        stack.canUndoChanged.connect(self.bar.undo.setEnabled)
        stack.canRedoChanged.connect(self.bar.redo.setEnabled)
        self.bar.show_sheets(grid.sheets, grid.sheet, grid.part.key)
        self.stack.addWidget(grid)
        self._show_in_place(grid)
        self._tell_lock()

    def _show_in_place(self, widget: QWidget) -> None:
        self.stack.setCurrentWidget(widget)
        self.bar.setVisible(widget is self.grid)
        self.heading_changed.emit()

    def _sheet_shown(self) -> None:
        if self.grid is not None:
            self._show_in_place(self.grid)
            self.bar.show_sheets(self.grid.sheets, self.grid.sheet, self.grid.part.key)
            self.heading_changed.emit()

    def _tell_lock(self) -> None:
        if self.grid is None:
            return
        opened = self.grid.opened
        locks = [opened.locks[s.id] for s in opened.students if s.id in opened.locks]
        self.notice.setVisible(bool(locks))
        if locks:
            last, open_ = max(locks, key=lambda lock: lock.at), len(opened.waiting)
            what = (
                f"{len(locks)} / {len(opened.students)} em lớp {self.class_name} đã khóa; "
                f"{open_} em còn nhập được. Khóa"
                if open_
                else f"Lớp {self.class_name} đã khóa sổ; khóa"
            )
            self.notice.say(
                f"{what} lần cuối lúc {moment(last.at)}, người khóa: {last.by}.",
                "Điểm và nhận xét của em đã khóa xem và chép được, không sửa được. Cần sửa thì mở "
                "khóa ở trang Học bạ khi chưa ai ký, hoặc lập đính chính.",
                Tone.NEUTRAL,
                "lock",
            )
            self.notice.offer("Sang Học bạ", lambda: self.navigate.emit("records", self._section))

    def _go_to_wanted(self) -> None:
        wanted, self._wanted = self._wanted, None
        grid = self.grid
        if wanted is None or grid is None:
            return
        pupil, what = wanted
        if pupil not in {student.id for student in grid.opened.students}:
            return
        if what in FIELDS and grid.lead_to(pupil, FIELDS[what]):
            return
        place = grid.model.row_of(pupil)
        gaps = grid.model.outcome(place).missing
        gap = next((m for m in gaps if m.area == what), next(iter(gaps), None))
        if gap is None or not grid.lead_to(pupil, (gap.area, gap.slot)):
            assert grid.view is not None
            grid.view.go(place, 0)

    def _choose_sheet(self, key: str) -> None:
        if self.grid is not None:
            self.grid.show_sheet(key)
            self._on_view(GradebookView.setFocus)

    def _choose_part(self, part: str) -> None:
        if self.grid is not None:
            self.grid.show_sheet(self.grid.sheet.key, part)

    def _on_view(self, act: Callable[[GradebookView], None]) -> None:
        if self.grid is not None and self.grid.view is not None:
            act(self.grid.view)

    # --- saving -----------------------------------------------------------------------------

    def _keep(self, changes: list[CellChange]) -> None:
        self.saver.keep(self._section, changes)

    def _saved(self) -> None:
        self.banner.hide()
        self.unsaved_changed.emit()
        if self.grid is not None:
            self.grid.tell_saved(f"Đã lưu {now():%H:%M}")
        if self._stale:
            self.refresh()

    def _not_saved(self, error: BaseException) -> None:
        self.unsaved_changed.emit()
        message = messages.explain(error)
        self.banner.show_message(message, self.saver.retry)
        self.banner.say(
            f"Chưa lưu được {self.saver.unsaved} thay đổi. {message.what}",
            "Các thay đổi vẫn còn trên màn hình và được tự lưu lại mỗi 5 giây. " + message.todo,
            Tone.DECIDE,
        )

    def _refused(self, error: BaseException) -> None:
        self.unsaved_changed.emit()
        self.fail(error)
        self.refresh()

    def _choose_class(self, section_id: str) -> None:
        if self.grid is not None:
            self.grid.finish()
        self._section = section_id
        self.banner.hide()
        self.refresh()
