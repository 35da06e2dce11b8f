"""Lớp học: classes and how far they are, the pupils of one, and the way in for new lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.model.people import EnrollmentStatus, TeachingAssignment
from app.roster.names import sort_key
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.kit import (
    Card,
    Column,
    DataTable,
    EmptyState,
    ErrorBanner,
    Notice,
    SearchBox,
    button,
    row,
    text,
)
from app.ui.kit.table import ROW_ROLE
from app.ui.pages.classes import data
from app.ui.pages.classes.data import SEX, STATUS, ClassesOverview, ClassRow, PupilRow
from app.ui.pages.classes.details import PupilForm
from app.ui.pages.classes.importing.file import local_file
from app.ui.pages.classes.importing.wizard import STEPS, ImportPlace, ImportWizard
from app.ui.pages.classes.teaching import TeachingForm
from app.ui.shell.page import Page, PrimaryAction
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text.messages import explain
from app.ui.text.values import day, masked
from app.ui.theme.theme import Tone, Type

T = TypeVar("T")


class ClassesPage(Page):
    key, title, icon = "classes", "Lớp học", "class"

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
        self._overview: ClassesOverview | None = None
        self._section = ""
        self._wanted = ""
        self.setAcceptDrops(True)
        self.banner = ErrorBanner()
        self.notice = Notice("")
        self.notice.hide()
        self.wizard = ImportWizard(services, runner)
        self.wizard.closed.connect(self._leave_import)
        self.wizard.changed.connect(self.heading_changed)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._lists())
        self._stack.addWidget(self.wizard)
        self._stack.addWidget(
            Card().add(
                EmptyState(
                    "class",
                    "Chưa có lớp nào",
                    "Danh sách lớp và học sinh nằm ở đây. Bắt đầu bằng tệp Excel của trường.",
                    "Nhập danh sách từ Excel",
                    self.begin_import,
                )
            )
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 4, 24, 16)
        layout.setSpacing(12)
        layout.addWidget(self.banner)
        layout.addWidget(self.notice)
        layout.addWidget(self._stack, 1)

    # --- the frame's questions --------------------------------------------------------------

    @property
    def importing(self) -> bool:
        return self._stack.currentIndex() == 1

    @property
    def where(self) -> str:
        if self.importing:
            return f"Lớp học · Nhập danh sách · {STEPS[self.wizard.step][1]}"
        chosen = self._chosen()
        return f"Lớp học · Lớp {chosen.section.name}" if chosen else "Lớp học"

    @property
    def heading(self) -> str:
        return "Nhập danh sách học sinh" if self.importing else "Lớp và học sinh"

    @property
    def primary_action(self) -> PrimaryAction | None:
        if not self.importing:
            return PrimaryAction("Nhập danh sách", "file_in", self.begin_import)
        wizard, preview = self.wizard, self.wizard.preview
        if wizard.step is ImportPlace.COLUMNS:
            return PrimaryAction("Xem trước", "list", wizard.read_chosen, wizard.can_preview)
        if wizard.step is ImportPlace.PREVIEW and preview is not None:
            words = f"Nhập {preview.pupils} học sinh"
            return PrimaryAction(words, "check", wizard.carry_out, wizard.can_import)
        return PrimaryAction(
            "Về danh sách lớp", "class", self._leave_import, self.wizard.idle, emphasized=False
        )

    def refresh(self) -> None:
        self._run(lambda: data.overview(self._services), self._show)

    def show_item(self, item: object) -> None:
        """A class's id, or words to look for."""
        if item == "import":
            self.begin_import()
        elif isinstance(item, str) and self._overview is not None and self._known(item):
            self._choose(item)
        elif isinstance(item, str):
            self._wanted = item
            self._look_for(item)

    # --- building ---------------------------------------------------------------------------

    def _lists(self) -> QWidget:
        self.classes = DataTable(
            "Các lớp",
            (
                Column("Lớp", lambda r: r.section.name, 70, strong=True,
                       order=lambda r: (r.section.grade, r.section.name)),
                Column("HS", lambda r: str(r.pupils), 50, order=lambda r: r.pupils, right=True),
                Column("Tình trạng", lambda r: r.state, chip=_tone),
            ),
            EmptyState("class", "Chưa có lớp nào"),
        )  # fmt: skip
        self.classes.selected.connect(self._selected)
        self.pupils = DataTable(
            "Học sinh của lớp",
            (
                Column("STT", lambda r: str(r.enrollment.number), 58, right=True,
                       order=lambda r: r.enrollment.number),
                Column("Họ và tên", lambda r: r.student.full_name, 0, strong=True,
                       order=lambda r: sort_key(r.student.full_name)),
                Column("Ngày sinh", lambda r: day(r.student.birth_date), 116,
                       order=lambda r: r.student.birth_date),
                Column("Giới", lambda r: SEX[r.student.sex], 66),
                Column("Dân tộc", lambda r: r.student.ethnicity, 84, spare=True),
                Column("Điểm trường", lambda r: r.student.campus, 108, spare=True),
                Column("Số định danh", lambda r: masked(r.student.personal_id), 110, spare=True),
                Column("Tình trạng", lambda r: STATUS[r.enrollment.status], 118, spare=True),
            ),
            EmptyState("user", "Chọn một lớp", "Học sinh của lớp hiện ở đây."),
        )  # fmt: skip
        self.pupils.opened.connect(self._open_pupil)
        self.pupils.view.clicked.connect(lambda index: self._open_pupil(index.data(ROW_ROLE)))
        self.search = SearchBox("Tìm trong lớp", "")
        self.search.setMaximumWidth(260)
        self.search.textChanged.connect(self.pupils.find_rows)
        self._title = text("", Type.SECTION)
        self._homeroom = text("", muted=True)
        self.assign = button("Phân công giáo viên", "user")
        self.assign.clicked.connect(self._open_teaching)
        head = row(self._title, self._homeroom, None, self.search, self.assign, margin=3)
        left, right = Card(margin=0), Card(margin=0)
        left.add(self.classes)
        left.setMinimumWidth(256)
        right.add(head, self.pupils)
        right.body.setStretchFactor(self.pupils, 1)
        both = QWidget()
        layout = QHBoxLayout(both)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        layout.addWidget(left, 3)
        layout.addWidget(right, 9)
        return both

    # --- showing ----------------------------------------------------------------------------

    def _show(self, overview: ClassesOverview) -> None:
        self._overview = overview
        if not self.importing:
            self._stack.setCurrentIndex(0 if overview.classes else 2)
        self.classes.show_rows(overview.classes)
        self._say_what_is_missing(overview)
        if overview.classes:
            known = self._section if self._known(self._section) else overview.classes[0].section.id
            self._choose(known)
        if self._wanted:
            self._look_for(self._wanted)
        self.heading_changed.emit()

    def _say_what_is_missing(self, overview: ClassesOverview) -> None:
        self.notice.setVisible(bool(overview.classes) and not overview.set_up)
        if self.notice.isVisibleTo(self):
            self.notice.say(
                "Chưa khai báo nhà trường và hiệu trưởng",
                "Khai báo xong thì mới nhập điểm và lập học bạ được.",
                Tone.WAITS,
            )
            self.notice.offer("Mở Cài đặt", lambda: self.navigate.emit("settings", None))

    def _known(self, section_id: str) -> bool:
        rows = self._overview.classes if self._overview else ()
        return data.find_class(rows, section_id) is not None

    def _chosen(self) -> ClassRow | None:
        rows = self._overview.classes if self._overview else ()
        return data.find_class(rows, self._section)

    def _choose(self, section_id: str) -> None:
        for place, shown in enumerate(self.classes.rows_shown()):
            if shown.section.id == section_id:
                self.classes.view.selectRow(place)

    def _selected(self, shown: ClassRow | None) -> None:
        if shown is None:
            return
        self._section = shown.section.id
        self._title.setText(f"Lớp {shown.section.name}")
        self._homeroom.setText(
            f"GVCN: {shown.homeroom}" if shown.homeroom else "Chưa có giáo viên chủ nhiệm"
        )
        section = shown.section.id
        self._run(lambda: data.pupils(self._services, section), self._show_pupils)
        self.heading_changed.emit()

    def _show_pupils(self, found: list[PupilRow]) -> None:
        ordered = sorted(found, key=lambda each: sort_key(each.student.full_name))
        self.pupils.show_rows(ordered)

    def _look_for(self, words: str) -> None:
        """The class where someone of this name is; the rest of the search is done in it."""
        services = self._services

        def find() -> str:
            found = services.workspace.here().people.find_students(words, 1)
            return found[0][1] if found else ""

        def show(name: str) -> None:
            self._wanted = ""
            rows = self._overview.classes if self._overview else ()
            sections = [each.section.id for each in rows if each.section.name == name]
            if sections:
                self._choose(sections[0])
            self.search.setText(words if sections else "")

        if self._overview is not None:
            self._run(find, show)

    # --- details ----------------------------------------------------------------------------

    def _open_pupil(self, shown: PupilRow | None) -> None:
        if shown is None:
            return
        form = PupilForm(shown)
        form.saved.connect(self._save_pupil)
        self.panel_wanted.emit(form, shown.student.full_name)

    def _save_pupil(
        self, shown: PupilRow, fields: dict[str, str], status: EnrollmentStatus
    ) -> None:
        self._run(
            lambda: data.save_pupil(self._services, shown, fields, status), lambda _: self._saved()
        )

    def _open_teaching(self) -> None:
        section = self._section
        if not section:
            return

        def show(found: data.TeachingPlan) -> None:
            form = TeachingForm(found)
            form.saved.connect(self._save_teaching)
            self.panel_wanted.emit(form, f"Giáo viên lớp {found.section.name}")

        self._run(lambda: data.teaching(self._services, section), show)

    def _save_teaching(
        self,
        section: str,
        homeroom: str,
        shown: tuple[str, ...],
        teachers: list[TeachingAssignment],
    ) -> None:
        self._run(
            lambda: data.save_teaching(self._services, section, homeroom, shown, teachers),
            lambda _: self._saved(),
        )

    def _saved(self) -> None:
        self.panel_wanted.emit(None, "")
        self.refresh()

    # --- import -----------------------------------------------------------------------------

    def begin_import(self) -> None:
        self.panel_wanted.emit(None, "")
        self._stack.setCurrentIndex(1)
        self.wizard.begin()  # in sight: only then its main button takes the focus
        self.heading_changed.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if not self.importing and local_file(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        file = local_file(event)
        if file is not None:
            event.acceptProposedAction()
            self.begin_import()
            self.wizard.read(file)

    def _leave_import(self) -> None:
        self._stack.setCurrentIndex(0)
        self.refresh()
        self.heading_changed.emit()

    def _run(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self._runner.run(Lane.DATABASE, lambda _: work(), owner=self, done=done, failed=self._fail)

    def _fail(self, error: BaseException) -> None:
        self.banner.show_message(explain(error))


def _tone(shown: ClassRow) -> Tone:
    if shown.locked:
        return Tone.DONE
    full = shown.complete is not None and shown.complete == shown.pupils
    return Tone.ACCENT if full else Tone.WAITS if shown.complete is not None else Tone.NEUTRAL
