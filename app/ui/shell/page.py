"""What the frame knows of a page: where it stands, what waits there, its one main act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QWidget

from app.ui.theme.theme import Tone


@dataclass(frozen=True, slots=True)
class PrimaryAction:
    """The one button of the title row. `text` names the act, e.g. 'Khóa sổ'."""

    text: str
    icon: str
    trigger: Callable[[], None]
    enabled: bool = True
    emphasized: bool = True
    """False draws it as an ordinary button (for instance 'Tạm dừng')."""


@dataclass(frozen=True, slots=True)
class Badge:
    """How many things wait on a page; 0 shows nothing."""

    count: int = 0
    tone: Tone = Tone.WAITS


class Page(QWidget):
    """One place in the sidebar.

    Class attributes: `key` (unique, English), `title` (the sidebar's word), `icon` (a name of
    `app.ui.theme.icons.GLYPHS`), `at_bottom` (below the journey: practice, help, settings).
    """

    key: ClassVar[str]
    title: ClassVar[str]
    icon: ClassVar[str]
    at_bottom: ClassVar[bool] = False

    badge_changed = Signal(object)
    """Badge"""
    heading_changed = Signal()
    """`where`, `heading` or `primary_action` say something else now."""
    navigate = Signal(str, object)
    """key of the page to open, what to show there (passed to its `show_item`)."""
    unsaved_changed = Signal()
    """`unsaved` may be another number now."""
    panel_wanted = Signal(object, str)
    """QWidget to show in the side panel (None closes it), its title."""

    @property
    def where(self) -> str:
        """The small line above the title, e.g. 'Sổ điểm · Lớp 8B'."""
        return self.title

    @property
    def heading(self) -> str:
        """The page's title, e.g. 'Toán'."""
        return self.title

    @property
    def primary_action(self) -> PrimaryAction | None:
        return None

    @property
    def unsaved(self) -> int:
        """How many edits of this page are not in the store yet."""
        return 0

    def minimumSizeHint(self) -> QSize:
        """Wrapped words need the height that this width asks for; Qt counts a narrower one."""
        least = super().minimumSizeHint()
        if self.hasHeightForWidth():
            needed = self.heightForWidth(max(self.width(), least.width()))
            least.setHeight(min(least.height(), needed))
        return least

    def refresh(self) -> None:
        """Load again; called when the page comes into sight and when data changed."""

    def show_item(self, item: object) -> None:
        """Show what another page or the search named."""
