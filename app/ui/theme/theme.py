"""Colours, type, spacing and radii: the one place that says how Hocba looks.

Contrast follows WCAG 2.2 AA: text 4.5:1 on every ground it is put on, borders of inputs 3:1.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields, replace
from enum import Enum, StrEnum
from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase
from PySide6.QtWidgets import QApplication, QWidget

from app import resources

GRID = 4
"""Every gap is a multiple of this many pixels."""

RADIUS = 8
CARD_RADIUS = 12
ROW_HEIGHT = 30
HIT_HEIGHT = 34
SLIDE_MS = 120


class Tone(StrEnum):
    """What a state means to the person who looks at it; the word always stands beside it."""

    NEUTRAL = "neutral"
    ACCENT = "accent"
    WAITS = "waits"
    """Amber: waits for you."""
    MOVING = "moving"
    """Blue: on its way."""
    DONE = "done"
    """Green: done, with proof."""
    DECIDE = "decide"
    """Red: needs a decision."""


@dataclass(frozen=True, slots=True)
class Colors:
    """One scheme; values are '#rrggbb'."""

    ground: str
    surface: str
    raised: str
    line: str
    input_line: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    on_accent: str
    accent_soft: str
    waits: str
    waits_soft: str
    waits_bar: str
    moving: str
    moving_soft: str
    moving_bar: str
    done: str
    done_soft: str
    done_bar: str
    decide: str
    decide_soft: str
    neutral_soft: str
    selection: str
    focus: str

    def of(self, tone: Tone) -> str:
        """Text and icon colour of a tone."""
        return {Tone.NEUTRAL: self.muted, Tone.ACCENT: self.accent}.get(tone) or str(
            getattr(self, tone.value)
        )

    def soft(self, tone: Tone) -> str:
        """Ground colour of a tone."""
        return str(getattr(self, f"{tone.value}_soft"))

    def bar(self, tone: Tone) -> str:
        """Colour of a bar of a tone; strong enough to be seen beside `line`."""
        return str(getattr(self, f"{tone.value}_bar", self.of(tone)))


LIGHT = Colors(
    ground="#f6f7f7",
    surface="#ffffff",
    raised="#f2f5f4",
    line="#e1e6e5",
    input_line="#87918f",
    text="#1c2b2a",
    muted="#5b6967",
    accent="#0f766e",
    accent_hover="#0b5f59",
    on_accent="#ffffff",
    accent_soft="#e1f0ed",
    waits="#835300",
    waits_soft="#fdf0d0",
    waits_bar="#e0a52c",
    moving="#1d4f91",
    moving_soft="#e1ecfb",
    moving_bar="#2b6cb8",
    done="#1a6b33",
    done_soft="#e2f4e5",
    done_bar="#2c9a76",
    decide="#a51d1d",
    decide_soft="#fde5e3",
    neutral_soft="#ebeeee",
    selection="#d5ebe7",
    focus="#0f766e",
)

DARK = Colors(
    ground="#141a1a",
    surface="#1c2424",
    raised="#232d2c",
    line="#32403e",
    input_line="#758785",
    text="#e8efee",
    muted="#a3b2b0",
    accent="#4fc3b5",
    accent_hover="#74d3c8",
    on_accent="#08211e",
    accent_soft="#1f3b38",
    waits="#f0c364",
    waits_soft="#3d3117",
    waits_bar="#d99f2b",
    moving="#8fbdf5",
    moving_soft="#1f3048",
    moving_bar="#4d8fdd",
    done="#83d49a",
    done_soft="#1d3826",
    done_bar="#3fae86",
    decide="#ff9d95",
    decide_soft="#46211f",
    neutral_soft="#2b3635",
    selection="#24504b",
    focus="#4fc3b5",
)


def _stronger(base: Colors, ink: str, paper: str) -> Colors:
    """High contrast: pure ink on pure paper, lines as strong as text."""
    return replace(
        base,
        ground=paper,
        surface=paper,
        raised=paper,
        line=ink,
        input_line=ink,
        text=ink,
        muted=ink,
        focus=ink,
    )


HIGH_CONTRAST_LIGHT = _stronger(LIGHT, "#000000", "#ffffff")
HIGH_CONTRAST_DARK = _stronger(DARK, "#ffffff", "#000000")


class Type(Enum):
    """Type scale: (points, weight)."""

    BODY = (10.5, QFont.Weight.Normal)
    SMALL = (9.5, QFont.Weight.Normal)
    STRONG = (10.5, QFont.Weight.DemiBold)
    SECTION = (10.5, QFont.Weight.Bold)
    SUBTITLE = (13.0, QFont.Weight.DemiBold)
    TITLE = (16.0, QFont.Weight.Bold)
    FIGURE = (20.0, QFont.Weight.Bold)
    BADGE = (9.0, QFont.Weight.DemiBold)


class _State:
    colors: Colors = LIGHT


def colors() -> Colors:
    """The scheme in use now."""
    return _State.colors


def color(name: str) -> QColor:
    """A field of the scheme in use, e.g. `color("accent")`."""
    return QColor(getattr(_State.colors, name))


def font(kind: Type = Type.BODY, *, tabular: bool = False) -> QFont:
    """The program's font in one size of the scale; `tabular` gives figures of equal width."""
    return QFont(_font(kind, tabular))


@cache
def _font(kind: Type, tabular: bool) -> QFont:
    """Copies share what Qt found for it, which takes longer to look up than a name to draw."""
    chosen = QFont(families())
    points, weight = kind.value
    chosen.setPointSizeF(points)
    chosen.setWeight(weight)
    if tabular:
        chosen.setFeature(QFont.Tag("tnum"), 1)
    return chosen


def families() -> list[str]:
    """Windows' own font first; the shipped one is there for a Windows without it."""
    return ["Segoe UI", "Inter"] if sys.platform == "win32" else ["Inter"]


def load_fonts() -> None:
    """Make the shipped font known."""
    for file in sorted(resources.path("fonts").glob("Inter-*.otf")):
        QFontDatabase.addApplicationFont(str(file))


def use(scheme: Colors) -> None:
    """The scheme that `color` answers with from now on; `dressing.apply` shows it."""
    _State.colors = scheme


def set_tone(widget: QWidget, tone: Tone) -> None:
    """Give a widget the style sheet's rules for `tone`."""
    set_style_property(widget, "tone", tone.value)


def set_style_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that style rules look at, and let the style look again."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def reduced_motion() -> bool:
    """Does the system ask for less movement?"""
    return not QApplication.isEffectEnabled(Qt.UIEffect.UI_General)


def contrast(first: str, second: str) -> float:
    """WCAG 2.2 contrast ratio of two '#rrggbb' colours, 1..21."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(value: str) -> float:
    parts = [int(value[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def names() -> tuple[str, ...]:
    """Names of all colours of a scheme."""
    return tuple(f.name for f in fields(Colors))
