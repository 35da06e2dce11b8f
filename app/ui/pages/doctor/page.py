"""Kiểm tra token: what is plugged in, whether it can sign, and the one next step."""

from __future__ import annotations

import platform
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app import __version__
from app.services import Services
from app.signing.keys.doctor_words import diagnosis_lines
from app.signing.keys.token_doctor import Diagnosis, examine, installed
from app.ui.dialogs import DialogService
from app.ui.kit import Notice, button, row, text
from app.ui.pages.doctor.view import sheet_of
from app.ui.shell.page import Page, PrimaryAction
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text.messages import explain
from app.ui.theme.theme import Tone
from app.work import WorkContext


class DoctorPage(Page):
    key, title, icon = "doctor", "Kiểm tra token", "key"
    at_bottom = True

    def __init__(
        self,
        services: Services,
        runner: TaskRunner,
        dialogs: DialogService,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._services, self._runner = services, runner
        self._found: Diagnosis | None = None
        self._looking = False
        self.step = Notice("Cắm token vào máy rồi bấm Kiểm tra", "Không cần nhập mã PIN.")
        self.found = QScrollArea()
        self.found.setWidgetResizable(True)
        self.found.setFrameShape(QFrame.Shape.NoFrame)
        self.found.setAccessibleName("Kết quả kiểm tra token")
        self.copy = button("Chép báo cáo gửi hỗ trợ", "file_out")
        self.copy.setEnabled(False)
        self.copy.clicked.connect(self._copy)
        self.other = button("Thử trình điều khiển khác", "file_in")
        self.other.clicked.connect(self._choose_driver)
        self._copied = text("", muted=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 4, 24, 16)
        layout.setSpacing(12)
        layout.addWidget(self.step)
        layout.addWidget(self.found, 1)
        layout.addLayout(row(self.copy, 2, self.other, 2, self._copied, None))
        layout.addLayout(self._explanation())

    @property
    def heading(self) -> str:
        return "Kiểm tra token và chứng thư số"

    @property
    def primary_action(self) -> PrimaryAction:
        act = partial(self.look, None)
        return PrimaryAction("Kiểm tra", "search", act, enabled=not self._looking)

    def look(self, driver: Path | None = None) -> None:
        """Try every driver of this machine, or the one file, each in a process of its own."""
        if self._looking:
            return
        self._set_looking(True)
        self.step.say("Đang kiểm tra…", "Mỗi trình điều khiển được thử riêng, có thể mất ít giây.")
        self._runner.run(
            Lane.TOKEN,
            partial(_examine, self._services, driver),
            owner=self,
            done=self._show,
            failed=self._fail,
            title="Kiểm tra token",
        )

    def look_again(self) -> None:
        """A token came or went: what stands here is old."""
        if self._found is not None and self.isVisible():
            self.look()

    def _show(self, found: Diagnosis) -> None:
        self._set_looking(False)
        self._found = found
        tone, icon = (Tone.DONE, "checked") if found.ready else (Tone.WAITS, "attention")
        self.step.say(found.next_step, "", tone, icon)
        self.found.setWidget(sheet_of(found))
        self.copy.setEnabled(True)
        self._copied.clear()

    def _fail(self, error: BaseException) -> None:
        self._set_looking(False)
        said = explain(error)
        self.step.say(said.what, said.todo, Tone.WAITS, "attention")

    def _choose_driver(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Chọn trình điều khiển", "", "Thư viện (*.dll *.so *.dylib);;Mọi tệp (*)"
        )
        if name:
            self.look(Path(name))

    def _set_looking(self, looking: bool) -> None:
        self._looking = looking
        self.heading_changed.emit()

    def _copy(self) -> None:
        if self._found is None:
            return
        head = f"Hocba {__version__}, {platform.system()} {platform.release()}, "
        lines = [head + platform.machine(), *diagnosis_lines(self._found, names=False)]
        QApplication.clipboard().setText("\n".join(lines))
        self._copied.setText("Đã chép. Báo cáo không có tên ai.")

    def _explanation(self) -> QHBoxLayout:
        words = (
            "Phần mềm thử từng trình điều khiển trong một tiến trình riêng: trình điều khiển bị "
            "treo hay hỏng cũng không làm mất việc đang làm. Không mã PIN nào được thử ở đây."
        )
        return row(text(words, muted=True, wrap=True))


def _examine(services: Services, driver: Path | None, _: WorkContext) -> Diagnosis:
    """One file, or all that is installed and what this workspace signs with besides."""
    found = installed(driver)
    if driver is not None:
        return examine(found, services.trust, services.now())
    known = {driver.path for _, driver in found}
    own = [("", driver) for driver in services.keys.sources().drivers if driver.path not in known]
    return examine([*own, *found], services.trust, services.now())
