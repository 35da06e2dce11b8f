"""Records go to be signed elsewhere and come back; registers are kept apart and compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.errors import Cancelled
from app.model.signing import ExpectedSigner
from app.model.transcript import TranscriptHead
from app.services import Services
from app.signing.batch.external_signing import ReturnedSignatures
from app.signing.batch.register_watch import RegisterCheck
from app.ui.kit.menus import menu
from app.ui.pages.signing.sheets import losses_sheet, returned_sheet
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.theme.theme import Tone
from app.work import WorkContext

T = TypeVar("T")
_RECORDS = "Học bạ số (*.xml)"


class ExternalSigningActions(QObject):
    """Works on the database lane; what came of it is told by signals."""

    said = Signal(str, str, object, object, str)
    """What happened, detail, its tone; a sheet with every line (or None), and its title."""
    failed = Signal(object)
    changed = Signal()

    def __init__(self, services: Services, runner: TaskRunner, page: QWidget) -> None:
        super().__init__(page)
        self._services, self._runner, self._page = services, runner, page

    def menu(
        self, parent: QWidget, heads: Sequence[TranscriptHead], signer: ExpectedSigner | None
    ) -> QMenu:
        """`heads`: what is chosen now, to take along."""
        some = f"{len(heads)} " if heads else ""
        made = menu(
            parent,
            [
                (f"Lưu {some}học bạ để ký ở nơi khác…", lambda: self.ask_save(heads, signer)),
                ("Nhận học bạ đã ký: chọn thư mục…", self.ask_folder),
                ("Nhận học bạ đã ký: chọn tệp…", self.ask_files),
                None,
                ("Cất sổ đợt ký ra USB…", self.ask_registers),
                ("Đối chiếu kho dữ liệu với sổ đợt ký", lambda: self.compare(())),
                ("Đối chiếu với sổ đã cất ra USB…", self.ask_compare),
            ],
        )
        made.actions()[0].setEnabled(bool(heads))
        made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return made

    # --- questions --------------------------------------------------------------------------

    def ask_save(self, heads: Sequence[TranscriptHead], signer: ExpectedSigner | None) -> None:
        if signer is not None:
            self._folder(
                "Chọn thư mục hoặc USB để lưu học bạ chờ ký",
                lambda folder: self.save(heads, signer, folder),
            )

    def ask_folder(self) -> None:
        self._folder("Chọn thư mục có học bạ đã ký", lambda folder: self.take_back([folder]))

    def ask_files(self) -> None:
        chooser = QFileDialog(self._page, "Chọn học bạ đã ký")
        chooser.setNameFilter(_RECORDS)
        chooser.setFileMode(QFileDialog.FileMode.ExistingFiles)
        chooser.filesSelected.connect(lambda names: self.take_back([Path(n) for n in names]))
        self._open(chooser)

    def ask_registers(self) -> None:
        self._folder("Chọn thư mục hoặc USB để cất sổ đợt ký", self.save_registers)

    def ask_compare(self) -> None:
        self._folder("Chọn thư mục có sổ đợt ký đã cất", lambda folder: self.compare([folder]))

    # --- acts -------------------------------------------------------------------------------

    def save(self, heads: Sequence[TranscriptHead], signer: ExpectedSigner, folder: Path) -> None:
        def done(target: Path) -> None:
            self.said.emit(
                f"Đã lưu {len(heads)} học bạ chờ {signer.full_name} ký.",
                f"Ở đây chúng vẫn chờ ký. Ký xong, chọn “Nhận học bạ đã ký”. Thư mục: {target}",
                Tone.DONE, None, "",
            )  # fmt: skip
            self.changed.emit()

        self._work(
            lambda context: self._services.elsewhere.save(heads, signer, folder, context),
            done,
            "Lưu học bạ chờ ký",
        )

    def take_back(self, paths: Sequence[Path]) -> None:
        self._work(
            lambda context: self._services.elsewhere.take_back(paths, context),
            self._taken,
            "Nhận học bạ đã ký",
        )

    def save_registers(self, folder: Path) -> None:
        self._work(
            lambda _: self._services.registers.save(folder),
            lambda files: self._registers_saved(len(files), folder),
            "Cất sổ đợt ký",
        )

    def compare(self, paths: Sequence[Path]) -> None:
        self._work(
            lambda context: self._services.registers.compare(paths, context),
            self._compared,
            "Đối chiếu sổ đợt ký",
        )

    # --- outcomes ---------------------------------------------------------------------------

    def _taken(self, found: list[ReturnedSignatures]) -> None:
        new = sum(bool(each.roles) for each in found)
        refused = sum(each.error is not None for each in found)
        if not found:
            self.said.emit(
                "Không có học bạ nào ở đó.", "Hãy chọn thư mục có tệp XML đã ký.",
                Tone.WAITS, None, "",
            )  # fmt: skip
            return
        rest = len(found) - new - refused
        parts = [f"{refused} tệp bị từ chối, kho không đổi vì chúng."] if refused else []
        parts += [f"{rest} tệp không có chữ ký nào mới."] if rest else []
        tone = Tone.DECIDE if refused else Tone.DONE if new else Tone.WAITS
        sheet = returned_sheet(found)
        title = "Học bạ đã nhận về"
        self.said.emit(
            f"Đã nhận chữ ký của {new} / {len(found)} học bạ.", " ".join(parts), tone, sheet, title
        )
        self.changed.emit()

    def _registers_saved(self, count: int, folder: Path) -> None:
        if count:
            what, detail = f"Đã cất {count} sổ đợt ký.", f"Giữ chúng ở nơi riêng. Thư mục: {folder}"
        else:
            what, detail = "Chưa có sổ đợt ký nào.", "Mỗi đợt ký xong có một sổ."
        self.said.emit(what, detail, Tone.DONE if count else Tone.WAITS, None, "")
        self.changed.emit()

    def _compared(self, check: RegisterCheck) -> None:
        held = f"{check.registers} sổ đợt ký, {check.records} học bạ đã đối chiếu."
        title = "Đối chiếu sổ đợt ký"
        if check.ok:
            none = not check.registers
            what = "Chưa có sổ đợt ký nào." if none else "Không thiếu học bạ, không thiếu chữ ký."
            self.said.emit(what, held, Tone.WAITS if none else Tone.DONE, None, "")
            return
        parts = [f"{len(check.losses)} học bạ không đúng với sổ đợt ký."] if check.losses else []
        parts += [f"{len(check.refused)} tệp sổ không dùng được."] if check.refused else []
        sheet = losses_sheet(check.losses, check.refused)
        tone = Tone.DECIDE if check.losses else Tone.WAITS
        self.said.emit(" ".join(parts), held, tone, sheet, title)

    # --- inside -----------------------------------------------------------------------------

    def _work(
        self, body: Callable[[WorkContext], T], done: Callable[[T], None], title: str
    ) -> None:
        def fail(error: BaseException) -> None:
            if not isinstance(error, Cancelled):
                self.failed.emit(error)

        self._runner.run(Lane.DATABASE, body, owner=self, done=done, failed=fail, title=title)

    def _folder(self, title: str, act: Callable[[Path], None]) -> None:
        chooser = QFileDialog(self._page, title)
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.setOption(QFileDialog.Option.ShowDirsOnly)
        chooser.fileSelected.connect(lambda folder: act(Path(folder)))
        self._open(chooser)

    def _open(self, chooser: QFileDialog) -> None:
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.open()
