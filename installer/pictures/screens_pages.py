"""Pictures of the window's pages on a real workspace, to look at.

`python -m installer.pictures.screens_pages FOLDER [light|dark|contrast]` writes PNG files; needs a
display (or QT_QPA_PLATFORM=offscreen).
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget

from app import services
from app.errors import WorkspaceDamaged
from app.model.people import ClassSection, TeachingAssignment
from app.practice.marks import invent
from app.practice.school import PRINCIPAL, SCHOOL, SCHOOL_YEAR, TEACHERS
from app.roster.roster_import import read_roster
from app.services import Services
from app.store import Workspace
from app.store.integrity.backups import Backup
from app.ui.opening.first_run import RecoveryCard
from app.ui.opening.real import RealSession
from app.ui.pages.classes.page import ClassesPage
from app.ui.pages.settings.page import SettingsPage
from app.ui.shell.app import build_application
from app.ui.shell.composition import compose
from app.ui.shell.main_window import MainWindow
from app.ui.shell.task_runner import TaskRunner
from app.ui.theme import apply_theme
from installer.pictures.screens import SCHEMES

DATA = Path(__file__).resolve().parents[2] / "tests" / "data"
PASSPHRASE = "bốn con trâu xanh"


def settle(runner: TaskRunner, seconds: float = 20.0) -> None:
    """Let the event loop turn until no work is left and what was deleted is gone."""
    end = time.monotonic() + seconds
    quiet = 0
    while quiet < 8 and time.monotonic() < end:
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        quiet = 0 if runner.busy() else quiet + 1
        time.sleep(0.01)


def new_school(folder: Path, user: str = "Lò Thị Biên") -> Services:
    """An empty workspace: nobody, no class."""
    workspace, _ = Workspace.create(folder / "school.hocba", PASSPHRASE, user)
    return services.build(workspace)


def filled_school(folder: Path) -> Services:
    """School and staff, 4A complete, 8B with a few marks missing."""
    made = new_school(folder)
    store = made.workspace.here()
    store.people.save_school(SCHOOL)
    store.people.save_staff([PRINCIPAL, *TEACHERS])
    store.people.save_section(ClassSection("4A", SCHOOL_YEAR, 4, "4A", TEACHERS[1].id))
    store.people.save_section(ClassSection("8B", SCHOOL_YEAR, 8, "8B", TEACHERS[0].id))
    store.settings.set("deadlines", {"lock": "2027-05-25", "sign": "2027-05-28"})
    for name in ("4A", "8B"):
        plan = read_roster(DATA / f"lop-{name}.xlsx", SCHOOL_YEAR)
        made.enrolling.apply(plan, made.enrolling.changes(plan))
        enter_marks(made, name, skip=3 if name == "8B" else 0)
    return made


def enter_marks(made: Services, section: str, skip: int = 0) -> None:
    """Invented marks; `skip` pupils lack their last mark in mathematics."""
    from app.model.gradebook import CellChange

    opened = made.book.open(section)
    cells = invent(opened.profile, opened.students)
    lacking = {student.id for student in opened.students[:skip]}
    made.book.save(
        section,
        [
            CellChange(key, None, value)
            for key, value in cells.items()
            if not (key.student_id in lacking and (key.area, key.slot) == ("TOAN", "s2.final"))
        ],
    )
    made.workspace.here().people.save_assignments(
        TeachingAssignment(section, subject.code, TEACHERS[place % len(TEACHERS)].id)
        for place, subject in enumerate(s for s in opened.profile.subjects if s.compulsory)
    )


class Camera:
    def __init__(self, folder: Path, prefix: str) -> None:
        self._folder = folder
        self._prefix = prefix
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, widget: QWidget, name: str) -> None:
        widget.grab().save(str(self._folder / f"{self._prefix}{name}.png"))


def walk(window: MainWindow, runner: TaskRunner, camera: Camera) -> None:
    """Every page of ours in its full state."""
    for key in ("home", "classes", "practice", "help", "settings"):
        window.open_page(key)
        settle(runner)
        camera.take(window, key)
    settings = window.page("settings")
    assert isinstance(settings, SettingsPage)
    for part in settings.parts:
        settings.show_item(part.name)
        settle(runner)
        camera.take(window, f"settings-{type(part).__name__.removesuffix('Part').lower()}")
    classes = window.page("classes")
    assert isinstance(classes, ClassesPage)
    window.open_page("classes")
    settle(runner)
    _walk_classes(window, classes, runner, camera)


def _walk_classes(
    window: MainWindow, classes: ClassesPage, runner: TaskRunner, camera: Camera
) -> None:
    classes.pupils.opened.emit(classes.pupils.rows_shown()[0])
    settle(runner)
    time.sleep(0.2)
    settle(runner)
    camera.take(window, "classes-pupil")
    classes.assign.click()
    settle(runner)
    camera.take(window, "classes-teaching")
    classes.begin_import()
    settle(runner)
    camera.take(window, "import-choose")
    classes.wizard.read(DATA / "assessment.jsonl")
    settle(runner)
    camera.take(window, "import-no-sheet")
    classes.wizard.read(DATA / "toan-truong-csdl.xlsx")
    settle(runner)
    camera.take(window, "import-asked")
    for place in (0, 2, 5):
        classes.wizard.shown._tabs.setCurrentIndex(place)
        settle(runner)
        camera.take(window, f"import-tab{place}")
    classes.wizard.carry_out()
    settle(runner)
    camera.take(window, "import-done")
    classes.wizard.closed.emit()
    settle(runner)
    camera.take(window, "classes-many")
    window.open_page("home")
    settle(runner)
    camera.take(window, "home-many")


def opening(folder: Path, camera: Camera) -> None:
    """What is seen before the pages."""
    session = RealSession(folder / "nothing.hocba")
    session.start()
    settle(session.runner)
    camera.take(session.opening, "open-welcome")
    card = RecoveryCard("ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ23-4567")
    session.opening.show_parts("Khóa khôi phục của trường", [card], "key")
    settle(session.runner)
    camera.take(session.opening, "open-recovery")
    copies = [Backup(folder / "x.hocba", services.clock.now(), 345_678)] * 2
    session._show_backups(WorkspaceDamaged(), copies)
    settle(session.runner)
    camera.take(session.opening, "open-damaged")
    session.opening.show_waiting("Đang dựng trường thực hành", "Lần đầu mất khoảng nửa phút.")
    settle(session.runner)
    camera.take(session.opening, "open-waiting")
    session.close()


def _window(made: Services, act: Callable[[MainWindow, TaskRunner], None]) -> None:
    runner = TaskRunner()
    window = compose(made, runner)
    window.show()
    settle(runner)
    act(window, runner)
    window.close()
    made.close()


def main(folder: Path, scheme: str = "light") -> None:
    app = build_application([])
    apply_theme.apply(app, SCHEMES[scheme])
    camera = Camera(folder, f"{scheme}-")

    def empty(window: MainWindow, runner: TaskRunner) -> None:
        for key in ("home", "classes", "settings"):
            window.open_page(key)
            settle(runner)
            camera.take(window, f"empty-{key}")

    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        opening(root, camera)
        (root / "empty").mkdir()
        _window(new_school(root / "empty"), empty)
        _window(filled_school(root), lambda window, runner: walk(window, runner, camera))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
