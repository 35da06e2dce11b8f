"""Style rules made of the theme's values. Fonts are set by `theme.font`, never here."""

from __future__ import annotations

from app.ui.theme.checkmark_images import arrow_file, tick_file
from app.ui.theme.theme import CARD_RADIUS, RADIUS, Colors, Tone

_RULES = """
QWidget { color: %(text)s; }
QMainWindow, QWidget#ground { background: %(ground)s; }
QToolTip { background: %(surface)s; color: %(text)s; border: 1px solid %(line)s; padding: 4px; }
QLabel { background: transparent; }
QLabel[muted="true"] { color: %(muted)s; }
QFrame#card { background: %(surface)s; border: 1px solid %(line)s; border-radius: %(card)spx; }
QFrame#rule { background: %(line)s; border: none; }

QPushButton, QToolButton#button {
  background: %(surface)s; border: 1px solid %(button_line)s; border-radius: %(radius)spx;
  padding: 6px 13px; min-height: 20px;
}
QPushButton:hover, QToolButton#button:hover { background: %(raised)s; }
QPushButton:pressed { background: %(neutral_soft)s; }
QPushButton:disabled { color: %(muted)s; background: %(raised)s; border-color: %(line)s; }
QPushButton:focus, QToolButton#button:focus { border: 2px solid %(focus)s; padding: 5px 12px; }
QPushButton[primary="true"] {
  background: %(accent)s; color: %(on_accent)s; border-color: %(accent)s;
}
QPushButton[primary="true"]:hover { background: %(accent_hover)s; border-color: %(accent_hover)s; }
QPushButton[primary="true"]:focus { border: 2px solid %(text)s; }
QPushButton[primary="true"]:disabled {
  background: %(neutral_soft)s; color: %(muted)s; border-color: %(line)s;
}
QPushButton[quiet="true"] { background: transparent; border-color: transparent; color: %(accent)s; }
QPushButton[quiet="true"]:hover { background: %(accent_soft)s; }
QPushButton[quiet="true"]:focus { border: 2px solid %(focus)s; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: %(radius)spx;
  padding: 5px; }
QToolButton:hover { background: %(neutral_soft)s; }
QToolButton:focus { border: 2px solid %(focus)s; padding: 4px; }

QLineEdit, QComboBox, QPlainTextEdit, QTextEdit, QSpinBox, QDateEdit {
  background: %(surface)s; border: 1px solid %(input_line)s; border-radius: %(radius)spx;
  padding: 6px 10px; min-height: 20px; selection-background-color: %(selection)s;
  selection-color: %(text)s;
}
QLineEdit:focus, QComboBox:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus,
QDateEdit:focus { border: 2px solid %(focus)s; padding: 5px 9px; }
QTextEdit#reading { border: 2px solid transparent; padding: 2px; background: transparent; }
QTextEdit#reading:focus { border: 2px solid %(focus)s; padding: 2px; }
QLineEdit[wrong="true"] { border: 2px solid %(decide)s; padding: 5px 9px; }
QLineEdit:disabled { background: %(raised)s; color: %(muted)s; }
QComboBox { combobox-popup: 0; }
QComboBox::drop-down { border: none; width: 28px; }
QComboBox::down-arrow { image: url(%(arrow)s); width: 14px; height: 14px; }
QComboBox QAbstractItemView { background: %(surface)s; border: 1px solid %(line)s;
  selection-background-color: %(selection)s; selection-color: %(text)s; }
QComboBox QAbstractItemView::item { min-height: 32px; padding: 0 8px; }
QComboBox QAbstractItemView::item:selected { background: %(selection)s; color: %(text)s; }
QLineEdit#cell, QPlainTextEdit#cell { border: 2px solid %(focus)s; border-radius: 0; padding: 0 4px;
  min-height: 0; }
QCheckBox, QRadioButton { spacing: 8px; padding: 3px; border: 2px solid transparent;
  border-radius: 6px; }
QCheckBox:focus, QRadioButton:focus { border-color: %(focus)s; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid %(input_line)s;
  border-radius: 4px; background: %(surface)s; }
QCheckBox::indicator:checked { background: %(accent)s; border-color: %(accent)s;
  image: url(%(tick)s); }

QFrame#sidebar { background: %(surface)s; border: none; border-right: 1px solid %(line)s; }
QFrame#strip { background: %(surface)s; border: none; border-top: 1px solid %(line)s; }
QPushButton#nav { text-align: left; background: transparent; border: 2px solid transparent;
  border-radius: %(radius)spx; padding: 6px 10px; min-height: 22px; color: %(nav)s; }
QPushButton#nav:hover { background: %(raised)s; }
QPushButton#nav:checked { background: %(accent_soft)s; color: %(accent_text)s; }
QPushButton#nav:focus { border: 2px solid %(focus)s; padding: 6px 10px; }
QPushButton#stripItem { background: transparent; border: 1px solid transparent; padding: 2px 8px;
  border-radius: 6px; color: %(muted)s; min-height: 20px; }
QPushButton#stripItem:hover { background: %(raised)s; }
QPushButton#stripItem:focus { border: 2px solid %(focus)s; padding: 1px 7px; }
QFrame#ribbon { background: %(waits_soft)s; border: none; border-bottom: 1px solid %(waits_bar)s; }
QFrame#tasks { background: %(surface)s; border: none; border-top: 1px solid %(line)s; }
QFrame#panel { background: %(surface)s; border: none; border-left: 1px solid %(line)s; }

QProgressBar { background: %(neutral_soft)s; border: none; border-radius: 4px; max-height: 8px;
  min-height: 8px; }
QProgressBar::chunk { background: %(done_bar)s; border-radius: 4px; }

QTableView, QTreeView, QListView { background: %(surface)s; border: none; gridline-color: %(line)s;
  selection-background-color: %(selection)s; selection-color: %(text)s; outline: none; }
QTableView:focus { border: none; }
QTableView::item { border-bottom: 1px solid %(line)s; padding: 0 10px; }
QTableView::item:selected { background: %(selection)s; color: %(text)s; }
QTableView::item:focus { border: 2px solid %(focus)s; padding: 0 8px; }
QFrame#card QTableView { border-radius: 11px; }
QFrame#card QHeaderView { background: transparent; }
QFrame#card QHeaderView::section:first { border-top-left-radius: 11px; }
QFrame#card QHeaderView::section:last { border-top-right-radius: 11px; }
QTableCornerButton::section { background: %(raised)s; border: none; }
QHeaderView { background: %(raised)s; border: none; }
QHeaderView::section { background: %(raised)s; color: %(muted)s; border: none;
  border-bottom: 1px solid %(line)s; padding: 6px 13px; }
QHeaderView::section:vertical { background: %(surface)s; border-bottom: 1px solid %(line)s; }

QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: %(scroll)s; border-radius: 4px; margin: 2px; min-height: 32px;
  min-width: 32px; }
QScrollBar::handle:hover { background: %(muted)s; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: %(surface)s; border: none; }
QScrollArea { border: none; background: transparent; }
QScrollArea > QWidget#qt_scrollarea_viewport { background: transparent; }
QScrollArea > QWidget#qt_scrollarea_viewport > QWidget { background: transparent; }
QLineEdit#search { padding: 6px 8px 6px 2px; border-color: %(button_line)s; }
QLineEdit#search:hover { border-color: %(input_line)s; }
QLineEdit#search:focus { padding: 5px 7px 5px 1px; border-color: %(focus)s; }
QTabBar::tab { padding: 7px 14px; border: 1px solid transparent; border-radius: %(radius)spx;
  color: %(muted)s; }
QTabBar::tab:selected { background: %(accent_soft)s; color: %(accent_text)s; }
QTabBar::tab:focus { border: 2px solid %(focus)s; padding: 6px 13px; }
QTabWidget::pane { border: none; }
QMenu { background: %(surface)s; border: 1px solid %(line)s; border-radius: %(radius)spx;
  padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 6px; }
QMenu::item:selected { background: %(accent_soft)s; }
QMenu::item:disabled { background: transparent; color: %(muted)s; }
QDialog { background: %(surface)s; }
QListView#results::item, QListView#topics::item { padding: 6px 10px; border-radius: 6px; }
QListView#results::item:selected, QListView#topics::item:selected { background: %(accent_soft)s;
    color: %(text)s; }
"""

_TONES = """
QLabel[tone="%(tone)s"] { color: %(ink)s; }
QFrame#chip[tone="%(tone)s"] { background: %(soft)s; border: none; border-radius: 10px; }
QFrame#tile[tone="%(tone)s"] { background: %(soft)s; border: none; border-radius: %(radius)spx; }
QFrame#banner[tone="%(tone)s"] { background: %(soft)s; border: 1px solid %(rim)s;
  border-radius: %(radius)spx; }
QLabel#badge[tone="%(tone)s"] { background: %(soft)s; color: %(ink)s; border-radius: 10px; }
QLabel#round[tone="%(tone)s"] { background: %(soft)s; border-radius: 17px; }
QPushButton#stripItem[tone="%(tone)s"] { color: %(ink)s; }
QProgressBar[tone="%(tone)s"]::chunk { background: %(bar)s; }
"""


def build(scheme: Colors) -> str:
    """The whole style sheet for one scheme."""
    values = {name: getattr(scheme, name) for name in scheme.__slots__}
    values |= {
        "radius": str(RADIUS),
        "card": str(CARD_RADIUS),
        "button_line": scheme.input_line if scheme.line == scheme.text else scheme.line,
        "nav": scheme.text,
        "accent_text": scheme.accent,
        "scroll": scheme.line if scheme.line == scheme.text else scheme.input_line,
        "tick": tick_file(scheme),
        "arrow": arrow_file(scheme),
    }
    tones = (
        _TONES
        % {
            "tone": tone.value,
            "ink": scheme.of(tone),
            "soft": scheme.soft(tone),
            "bar": scheme.bar(tone),
            "rim": scheme.text if scheme.line == scheme.text else scheme.soft(tone),
            "radius": str(RADIUS),
        }
        for tone in Tone
    )
    return _RULES % values + "".join(tones)
