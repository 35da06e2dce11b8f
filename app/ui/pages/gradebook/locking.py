"""From the overview to locked pupils: whoever is complete goes on, the others follow later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QScrollArea

from app.assessment.classbook import Standing
from app.errors import TranscriptIncomplete
from app.services import Services
from app.ui.grid.columns import ColumnKey
from app.ui.pages.gradebook.overview import GradebookOverview
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.theme.theme import Tone

if TYPE_CHECKING:
    from app.ui.pages.gradebook.class_grid import ClassGrid
    from app.ui.pages.gradebook.page import GradebookPage

_SHOWN = 3


class LockingSteps(QObject):
    def __init__(self, page: GradebookPage, services: Services, runner: TaskRunner) -> None:
        super().__init__(page)
        self._page = page
        self._services = services
        self._runner = runner
        self._ready = 0
        self._running = False
        self.overview = GradebookOverview()
        self.overview.back_wanted.connect(page.show_grid)
        self.overview.lead_wanted.connect(self._lead)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setWidget(self.overview)

    @property
    def possible(self) -> bool:
        """Somebody is complete, nothing is invalid, everything is saved."""
        grid = self._page.grid
        clean = grid is not None and not grid.model.problems()
        return clean and bool(self._ready) and not (self._page.saver.unsaved or self._running)

    @property
    def words(self) -> str:
        """What the main action does."""
        grid = self._page.grid
        whole = grid is None or self._ready in (0, grid.model.rowCount())
        return f"Khóa sổ lớp {self._page.class_name}" if whole else f"Khóa sổ {self._ready} em"

    def show_overview(self) -> None:
        """Tình hình lớp: before locking, and whenever one wants to see it."""
        grid = self._page.grid
        if grid is None:
            return
        grid.finish()
        self.overview.show_class(grid)
        self._tell_state(grid)
        self._page.show_step(self.area)

    def lock(self) -> None:
        """Turn the class into records; what is missing is told and nothing is half done."""
        grid = self._page.grid
        if grid is None or not self.possible:
            self.show_overview()
            return
        section = grid.opened.roster.section.id
        self._running = True
        self._page.heading_changed.emit()
        self._runner.run(
            Lane.DATABASE,
            lambda context: self._services.records.lock(section, context=context),
            owner=self,
            done=lambda heads: self._locked(grid, len(heads)),
            failed=self._not_locked,
            title=f"Khóa sổ lớp {self._page.class_name}",
        )

    def _tell_state(self, grid: ClassGrid) -> None:
        wrong, state = len(grid.model.problems()), self.overview.state
        counts = grid.standings()
        self._ready = counts[Standing.READY]
        lacking, locked = counts[Standing.LACKING], counts[Standing.LOCKED]
        follow = sum(count for where, count in counts.items() if where.follows)
        rest = [f"{lacking} em còn thiếu"] * bool(lacking)
        rest += [f"{follow} em đánh giá lại hoặc rèn luyện hè"] * bool(follow)
        rest += [f"{locked} em đã khóa"] * bool(locked)
        if grid.opened.locked:
            state.say("Lớp này đã khóa sổ.", "", Tone.NEUTRAL, "lock")
        elif wrong:
            state.say(
                f"Còn {wrong} ô không hợp lệ nên chưa khóa sổ được.",
                "Các ô đỏ chưa được lưu; sửa hoặc xóa chúng trước.",
                Tone.DECIDE,
            )
        elif not self._ready:
            state.say(
                f"Chưa có em nào khóa sổ được: {', '.join(rest)}.",
                "Bấm ô vàng hoặc một dòng để tới chỗ cần nhập.",
                Tone.WAITS,
            )
        elif rest:
            state.say(
                f"{self._ready} em đủ để lập học bạ; {', '.join(rest)}.",
                "Khóa sổ được ngay cho các em đã đủ; các em còn lại khóa sau, không ai phải chờ.",
                Tone.WAITS,
            )
        else:
            state.say(
                f"{self._ready} / {self._ready} học sinh đủ để lập học bạ.",
                "Xem lại phân bố và điểm lệch bên dưới rồi khóa sổ.",
                Tone.DONE,
            )

    def _lead(self, student_id: str, column: ColumnKey) -> None:
        if self._page.grid is not None:
            self._page.show_grid()
            self._page.grid.lead_to(student_id, column)

    def _locked(self, grid: ClassGrid, count: int) -> None:
        name, left = grid.opened.roster.section.name, len(grid.opened.waiting) - count
        self._running = False
        self._page.show_grid()
        self._page.refresh()
        rest = f"{left} em còn lại khóa sau. " if left else ""
        told = f"Đã khóa sổ lớp {name}: lập {count} học bạ."
        self._page.say(told, f"{rest}Việc tiếp theo là ký số.")

    def _not_locked(self, error: BaseException) -> None:
        self._running = False
        self._page.heading_changed.emit()
        self._page.fail(error)
        problems = error.params.get("problems") if isinstance(error, TranscriptIncomplete) else None
        if isinstance(problems, list):
            self._page.banner.say(
                f"Chưa khóa được lớp {self._page.class_name}: {len(problems)} học bạ chưa đủ.",
                "\n".join(map(str, problems[:_SHOWN])) + "\nDanh sách đầy đủ ở trang Học bạ.",
                Tone.DECIDE,
            )
