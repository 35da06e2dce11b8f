"""The theme put on: palette, font, style sheet and icons of the whole program."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from app.ui.theme import icons, stylesheet, theme
from app.ui.theme.theme import Colors


def follow_system(app: QApplication) -> None:
    """Use the system's scheme and contrast now, and whenever they change."""
    hints = app.styleHints()

    def again(*_: object) -> None:
        dark = hints.colorScheme() == Qt.ColorScheme.Dark
        strong = hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast
        if strong:
            apply(app, theme.HIGH_CONTRAST_DARK if dark else theme.HIGH_CONTRAST_LIGHT)
        else:
            apply(app, theme.DARK if dark else theme.LIGHT)

    hints.colorSchemeChanged.connect(again)
    hints.accessibility().contrastPreferenceChanged.connect(again)
    again()


def apply(app: QApplication, scheme: Colors) -> None:
    """Dress the whole program in `scheme`; icons are tinted again."""
    theme.use(scheme)
    app.setPalette(_palette(scheme))
    app.setFont(theme.font())
    app.setStyleSheet(stylesheet.build(scheme))
    icons.tint_again(app.allWidgets())


def _palette(scheme: Colors) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette(QColor(scheme.surface), QColor(scheme.ground))
    for which, value in (
        (role.WindowText, scheme.text),
        (role.Text, scheme.text),
        (role.ButtonText, scheme.text),
        (role.Base, scheme.surface),
        (role.AlternateBase, scheme.raised),
        (role.Highlight, scheme.selection),
        (role.HighlightedText, scheme.text),
        (role.PlaceholderText, scheme.muted),
        (role.Link, scheme.accent),
        (role.ToolTipBase, scheme.surface),
        (role.ToolTipText, scheme.text),
        (role.Mid, scheme.line),
    ):
        palette.setColor(which, QColor(value))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Text, QColor(scheme.muted))
    palette.setColor(QPalette.ColorGroup.Disabled, role.ButtonText, QColor(scheme.muted))
    return palette
