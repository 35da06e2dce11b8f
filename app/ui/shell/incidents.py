"""Tells of what nobody expected, calmly and once, and hands out the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QObject, QStandardPaths, Qt, QTimer, Signal, Slot, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from app import clock, log
from app.log import Incident
from app.ui.dialogs.incident import IncidentDialog
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text.messages import explain
from app.work import WorkContext

if TYPE_CHECKING:
    from app.diagnostics import SupportSources

MOST_REMEMBERED = 50


class IncidentNotice(QObject):
    """One dialog at a time; the same fault is not told twice. Make it on the GUI thread."""

    _heard = Signal(object)

    def __init__(
        self, sources: Callable[[], SupportSources], window: Callable[[], QWidget]
    ) -> None:
        """`sources`: what is known of the school's file now; `window`: over what to speak."""
        super().__init__()
        self._sources, self._window = sources, window
        self._runner = TaskRunner(self)  # the session's own lanes may be what hangs
        self._incidents: list[Incident] = []
        self._told: set[str] = set()
        self._dialog: IncidentDialog | None = None
        self._heard.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    @property
    def dialog(self) -> IncidentDialog | None:
        """The one that stands open; it may have gone with the window under it."""
        made = self._dialog
        return made if made is not None and shiboken6.isValid(made) and made.isVisible() else None

    def hear(self, incident: Incident) -> None:
        """From any thread, also from the middle of a repaint: the dialog comes later."""
        self._heard.emit(incident)

    def offer_found(self, then: Callable[[], None]) -> None:
        """Crashes of earlier runs first, then whatever was to be done."""
        found = log.found_crashes()
        if not found:
            QTimer.singleShot(0, self, then)  # what goes wrong in it is heard by this notice
            return
        self._incidents += found
        self._told.update(each.reference for each in found)
        dialog = self._open(found[-1], before_this_start=True)
        dialog.finished.connect(lambda _: QTimer.singleShot(0, self, then))

    def close(self) -> None:
        """After the event loop."""
        self._runner.shutdown()

    @Slot(object)
    def _tell(self, incident: Incident) -> None:
        if len(self._incidents) < MOST_REMEMBERED:
            self._incidents.append(incident)
        if self.dialog is None and incident.reference not in self._told:
            self._open(incident)
        self._told.add(incident.reference)

    def _open(self, incident: Incident, *, before_this_start: bool = False) -> IncidentDialog:
        over = QApplication.activeModalWidget() or self._window()
        kind = incident.kinds[0].partition(" ")[0] if incident.kinds else "?"
        dialog = IncidentDialog(
            f"{kind}-{incident.reference}", before_this_start=before_this_start, parent=over
        )
        dialog.copy_wanted.connect(self._copy)
        dialog.bundle_wanted.connect(self._choose_file)
        dialog.finished.connect(dialog.deleteLater)
        self._dialog = dialog
        dialog.open()
        return dialog

    # --- the report -------------------------------------------------------------------------

    def _copy(self) -> None:
        from app.diagnostics import brief_report, report_text  # not before the first paint

        QGuiApplication.clipboard().setText(report_text(brief_report(self._all())))
        if self.dialog is not None:
            self.dialog.show_copied()

    def _choose_file(self) -> None:
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DesktopLocation)
        name = f"hocba-chan-doan-{clock.now():%Y%m%d-%H%M}.zip"
        chosen, _ = QFileDialog.getSaveFileName(
            self.dialog, "Lưu gói chẩn đoán", str(Path(folder) / name), "Gói chẩn đoán (*.zip)"
        )
        if chosen:
            self.save_bundle(Path(chosen))

    def save_bundle(self, target: Path) -> None:
        """Look at everything and write the file, off the GUI thread."""
        from app.diagnostics import full_report, write_bundle

        if self.dialog is not None:
            self.dialog.show_saving()
        sources = self._all()

        def work(_: WorkContext) -> Path:
            write_bundle(full_report(sources), target)
            return target

        self._runner.run(Lane.DATABASE, work, owner=self, done=self._saved, failed=self._not_saved)

    def _saved(self, target: Path) -> None:
        if self.dialog is not None:
            self.dialog.show_saved(target.name)

    def _not_saved(self, error: BaseException) -> None:
        message = explain(error)
        if self.dialog is not None:
            self.dialog.show_not_saved(message.what, message.todo)

    def _all(self) -> SupportSources:
        found = tuple(self._incidents)
        return replace(self._sources(), screen=screen_facts(), incidents=found)


def screen_facts() -> dict[str, object]:
    """What the window runs on; on the GUI thread."""
    screen = QGuiApplication.primaryScreen()
    return {
        "qt": qVersion(),
        "style": QGuiApplication.platformName(),
        "screens": len(QGuiApplication.screens()),
        "size": f"{screen.size().width()}x{screen.size().height()}" if screen else "",
        "scale": round(screen.devicePixelRatio() * 100) if screen else 100,
    }
