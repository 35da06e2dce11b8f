"""The one place that makes the QApplication: fonts, theme, Qt's own words in Vietnamese."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from PySide6.QtCore import QLocale, Qt, QTranslator
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app import __version__, resources
from app.ui import theme


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
    app.setApplicationDisplayName("Hocba")
    app.setApplicationVersion(__version__)
    app.setStyle("Fusion")
    QLocale.setDefault(QLocale(QLocale.Language.Vietnamese, QLocale.Country.Vietnam))
    _translate(app)
    theme.load_fonts()
    theme.follow_system(app)
    return app


def _translate(app: QApplication) -> None:
    translator = QTranslator(app)
    if translator.load(str(resources.path("translations", "qtbase_vi.qm"))):
        app.installTranslator(translator)
