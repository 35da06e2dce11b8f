"""The one place that makes the QApplication: fonts, theme, Qt's own words in Vietnamese; and
the two ways to run it.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QLocale, QLockFile, Qt, QTimer, QTranslator
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app import __version__, log, resources, settings
from app.errors import WorkspaceBusy
from app.ui.opening.practice import PracticeSession
from app.ui.opening.real import RealSession
from app.ui.opening.session import Session
from app.ui.shell import qt_messages
from app.ui.shell.garbage_collection import GarbageCollector
from app.ui.shell.incidents import IncidentNotice
from app.ui.theme import apply_theme, theme


def build_application(argv: Sequence[str] | None = None) -> QApplication:
    """The program's QApplication, dressed; the running one is dressed and given back."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        app = running
    else:
        QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
            Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
        )
        app = QApplication(list(sys.argv if argv is None else argv))
    app.setApplicationName("hocba")
    app.setApplicationVersion(__version__)
    app.setStyle("Fusion")
    QLocale.setDefault(QLocale(QLocale.Language.Vietnamese, QLocale.Country.Vietnam))
    _translate(app)
    theme.load_fonts()
    apply_theme.follow_system(app)
    if app.findChild(GarbageCollector) is None:
        GarbageCollector(app)
    return app


def _translate(app: QApplication) -> None:
    translator = QTranslator(app)
    if translator.load(str(resources.path("translations", "qtbase_vi.qm"))):
        app.installTranslator(translator)


def run_practice() -> int:
    """Practice mode in the window; 0 when it was closed in good order."""
    app = build_application()
    session: Session = PracticeSession()
    while (code := _run(app, session, settings.home() / "practice.lock")) == 0 and session.again:
        session = PracticeSession(from_start=True)
    return code


def run_window() -> int:
    """The school's own workspace; 1 when another window has it."""
    app = build_application()
    session, lock = RealSession(settings.workspace()), settings.home() / "window.lock"
    while (code := _run(app, session, lock)) == 0 and session.again:
        session = RealSession(settings.workspace(), restore_first=session.to_restore)
    return code


def _run(app: QApplication, session: Session, lock_file: Path) -> int:
    """Paint, work, close. A second window on the same data is told so and refused."""
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    lock = QLockFile(str(lock_file))
    lock.setStaleLockTime(0)  # a window may stay open for days; a dead owner's lock is broken
    if lock.tryLock(100):
        signal.signal(signal.SIGTERM, lambda *_: app.closeAllWindows())
        code = _work(app, session)
        lock.unlock()
        return code
    session.opening.show()
    session.say_problem(WorkspaceBusy())
    app.exec()
    session.close()
    return 1


def _work(app: QApplication, session: Session) -> int:
    """From the first paint to the last window; what nobody expected is told over the window."""
    notice = IncidentNotice(session.support_sources, lambda: session.window or session.opening)
    with log.heard_by(notice.hear), qt_messages.logged():
        session.paint()
        QTimer.singleShot(0, _tell_that_the_window_is_there)
        notice.offer_found(session.begin)
        code = app.exec()
        notice.close()
        session.close()
    return code


def _tell_that_the_window_is_there() -> None:
    """From now on this version counts as one that works."""
    from app.updates.handing_over import versions

    versions().reached_first_window(__version__)
