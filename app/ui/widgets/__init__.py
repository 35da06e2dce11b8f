"""Parts that pages are built of. All follow the theme, the keyboard and screen readers."""

from app.ui.widgets.banner import ErrorBanner, Notice
from app.ui.widgets.basics import Card, button, column, glyph, row, rule, text
from app.ui.widgets.chart import BarChart
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.fields import PassphraseField, PinField, SearchBox
from app.ui.widgets.key_card import Check, KeyCard, KeyFacts
from app.ui.widgets.side_panel import SidePanel
from app.ui.widgets.state import CountTile, ProgressRow, StateChip
from app.ui.widgets.step_strip import Step, StepStrip
from app.ui.widgets.table import Column, DataTable, RowsModel
from app.ui.widgets.todo_row import TodoRow

__all__ = [
    "BarChart",
    "Card",
    "Check",
    "Column",
    "CountTile",
    "DataTable",
    "EmptyState",
    "ErrorBanner",
    "KeyCard",
    "KeyFacts",
    "Notice",
    "PassphraseField",
    "PinField",
    "ProgressRow",
    "RowsModel",
    "SearchBox",
    "SidePanel",
    "StateChip",
    "Step",
    "StepStrip",
    "TodoRow",
    "button",
    "column",
    "glyph",
    "row",
    "rule",
    "text",
]
