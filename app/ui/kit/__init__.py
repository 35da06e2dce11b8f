"""Parts that pages are built of. All follow the theme, the keyboard and screen readers."""

from app.ui.kit.banner import ErrorBanner, Notice
from app.ui.kit.basics import Card, button, column, glyph, row, rule, text
from app.ui.kit.chart import BarChart
from app.ui.kit.empty_state import EmptyState
from app.ui.kit.fields import PassphraseField, PinField, SearchBox
from app.ui.kit.key_card import KeyCard, KeyCheck, KeyFacts
from app.ui.kit.side_panel import SidePanel
from app.ui.kit.state import CountTile, ProgressRow, StateChip
from app.ui.kit.step_strip import Step, StepStrip
from app.ui.kit.table import Column, DataTable, RowsModel
from app.ui.kit.todo_row import TodoRow

__all__ = [
    "BarChart",
    "Card",
    "Column",
    "CountTile",
    "DataTable",
    "EmptyState",
    "ErrorBanner",
    "KeyCard",
    "KeyCheck",
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
