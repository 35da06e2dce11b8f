"""Excel and paper: out of the page and back, as steps of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QDialog, QFileDialog, QScrollArea

from app.files import safe_name
from app.services import Services
from app.ui.grid.columns import GridColumn
from app.ui.grid.sheets import all_columns
from app.ui.pages.gradebook import data as gradebook_data
from app.ui.pages.gradebook import excel
from app.ui.pages.gradebook.excel import IncomingSheet
from app.ui.pages.gradebook.marks_import import ImportStep
from app.ui.pages.gradebook.printing import landscape_printer, print_grid
from app.ui.shell.task_runner import Lane, TaskRunner

if TYPE_CHECKING:
    from app.ui.pages.gradebook.page import GradebookPage

_SHEETS = "Bảng tính (*.xlsx *.xlsm *.xls *.csv *.tsv)"


class SheetExchange(QObject):
    """Reads and writes files for the class that the page shows."""

    def __init__(self, page: GradebookPage, services: Services, runner: TaskRunner) -> None:
        super().__init__(page)
        self._page = page
        self._services = services
        self._runner = runner
        self.incoming: IncomingSheet | None = None
        self.step = ImportStep()
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setWidget(self.step)
        self.step.back_wanted.connect(page.show_grid)
        self.step.other_wanted.connect(self.ask_import)
        self.step.apply_wanted.connect(self.apply)
        self.step.refused_wanted.connect(self._ask_refused)
        self.step.columns_chosen.connect(self._remap)

    # --- out --------------------------------------------------------------------------------

    def ask_export(self, *, whole: bool) -> None:
        grid = self._page.grid
        if grid is None:
            return
        what = "ca-lop" if whole else grid.sheet.title
        self._ask_target(
            f"So-diem-{self._page.class_name}-{what}.xlsx",
            "Bảng tính (*.xlsx)",
            lambda path: self.export_to(path, whole=whole),
        )

    def export_to(self, path: Path, *, whole: bool = False) -> None:
        """Write the shown part, or everything that can be entered for the class."""
        grid = self._page.grid
        if grid is None:
            return
        grid.finish()
        columns = all_columns(grid.sheets) if whole else _entered(grid.part.columns)
        shown = "" if whole else f" · {grid.sheet.title} {grid.part.title}".rstrip()
        title = f"Sổ điểm lớp {self._page.class_name}{shown}"
        opened, cells = grid.opened, grid.model.cells()
        self._runner.run(
            Lane.DATABASE,
            lambda _: excel.export(path, opened, columns, cells, title),
            owner=self,
            done=lambda made: self._page.say(
                f"Đã xuất {len(columns)} cột ra Excel.",
                f"Điền vào các ô trắng rồi nhập lại ở đây. Tệp: {made}",
            ),
            failed=self._page.fail,
            title=f"Xuất sổ điểm lớp {self._page.class_name}",
        )

    def ask_pdf(self) -> None:
        self._ask_target(f"So-diem-{self._page.class_name}.pdf", "PDF (*.pdf)", self.print_to)

    def print_to(self, path: Path) -> None:
        printer = landscape_printer()
        printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        printer.setOutputFileName(str(path))
        self._print(printer)
        self._page.say("Đã lưu bảng điểm dạng PDF.", str(path))

    def ask_print(self) -> None:
        printer = landscape_printer()
        dialog = QPrintDialog(printer, self._page)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def finished(result: int) -> None:
            if result == QDialog.DialogCode.Accepted.value:
                self._print(printer)

        dialog.finished.connect(finished)
        QDialog.open(dialog)

    def _print(self, printer: QPrinter) -> None:
        grid = self._page.grid
        if grid is None:
            return
        school = grid.opened.roster.school.name
        year = grid.opened.roster.section.school_year.replace("-", "–")
        heading = f"{grid.sheet.title} {grid.part.title}".strip()
        print_grid(
            grid.model,
            printer,
            f"{heading} · Lớp {self._page.class_name}",
            f"{school} · Năm học {year}",
        )

    # --- in ---------------------------------------------------------------------------------

    def ask_import(self) -> None:
        chooser = QFileDialog(self._page, "Chọn bảng tính có điểm", "", _SHEETS)
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.fileSelected.connect(lambda path: self.read(Path(path)))
        chooser.open()

    def read(self, path: Path, chosen: Mapping[str, str] | None = None) -> None:
        """Look at a sheet and show what it would do."""
        grid = self._page.grid
        if grid is None:
            return
        grid.finish()
        opened, cells = grid.opened, grid.model.cells()
        whole, here = all_columns(grid.sheets), grid.part.columns

        def work(_: object) -> IncomingSheet:
            known = gradebook_data.saved_mappings(self._services)
            return excel.read(path, opened, whole, here, cells, known, chosen)

        self._runner.run(
            Lane.DATABASE,
            work,
            owner=self,
            done=self._preview,
            failed=self._page.fail,
            title=f"Đọc {path.name}",
        )

    def apply(self) -> None:
        """Write everything the preview shows as one act; undo takes all of it back."""
        grid, incoming = self._page.grid, self.incoming
        if grid is None or incoming is None:
            return
        count = len(incoming.plan.changes)
        grid.model.take(incoming.plan.changes, f"Nhập từ {incoming.path.name}")
        self.incoming = None
        self._page.show_grid()
        self._page.say(
            f"Đã ghi {count} ô từ {incoming.path.name}.",
            "Ctrl+Z hoàn tác cả lần nhập này một lúc.",
        )

    def save_refused(self, path: Path) -> None:
        incoming = self.incoming
        if incoming is None:
            return
        self._runner.run(
            Lane.DATABASE,
            lambda _: excel.write_refused(path, incoming.plan),
            owner=self,
            done=lambda count: self._page.say(f"Đã lưu {count} dòng bị trả lại.", str(path)),
            failed=self._page.fail,
        )

    def _preview(self, incoming: IncomingSheet) -> None:
        grid = self._page.grid
        if grid is None:
            return
        self.incoming = incoming
        names = {student.id: student.full_name for student in grid.opened.students}
        self.step.show_plan(incoming, names)
        self._page.show_step(self.area)

    def _remap(self, chosen: dict[str, str]) -> None:
        incoming = self.incoming
        if incoming is None:
            return
        self._runner.run(
            Lane.DATABASE,
            lambda _: gradebook_data.save_mapping(self._services, incoming.layout, chosen),
            owner=self,
            done=lambda _: self.read(incoming.path, chosen),
            failed=self._page.fail,
        )

    def _ask_refused(self) -> None:
        name = self.incoming.path.stem if self.incoming else "diem"
        self._ask_target(f"{name}-bi-tra-lai.xlsx", "Bảng tính (*.xlsx)", self.save_refused)

    def _ask_target(self, name: str, kind: str, then: Callable[[Path], None]) -> None:
        name = safe_name(name)
        chooser = QFileDialog(self._page, "Lưu thành tệp", name, kind)
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setFileMode(QFileDialog.FileMode.AnyFile)
        chooser.setDefaultSuffix(Path(name).suffix[1:])
        chooser.selectFile(name)
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.fileSelected.connect(lambda path: then(Path(path)))
        chooser.open()


def _entered(columns: tuple[GridColumn, ...]) -> tuple[GridColumn, ...]:
    return tuple(column for column in columns if column.takes_input)
