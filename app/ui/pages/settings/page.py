"""Cài đặt: topics on the left, one at a time on the right."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.kit import Card
from app.ui.pages.settings.backup import BackupPart
from app.ui.pages.settings.delegation import DelegationPart
from app.ui.pages.settings.evidence import EvidencePart
from app.ui.pages.settings.keys import KeysPart
from app.ui.pages.settings.network import NetworkPart
from app.ui.pages.settings.parts import SettingsPart
from app.ui.pages.settings.rules import RulesPart
from app.ui.pages.settings.school import SchoolPart
from app.ui.pages.settings.staff import StaffPart
from app.ui.pages.settings.station import StationPart
from app.ui.pages.settings.trust import TrustPart
from app.ui.pages.settings.users import UsersPart
from app.ui.shell.page import Page
from app.ui.shell.task_runner import TaskRunner
from app.ui.theme import icons, theme

PARTS: tuple[type[SettingsPart], ...] = (
    SchoolPart,
    StaffPart,
    DelegationPart,
    UsersPart,
    BackupPart,
    StationPart,
    NetworkPart,
    KeysPart,
    TrustPart,
    RulesPart,
    EvidencePart,
)


class SettingsPage(Page):
    key, title, icon = "settings", "Cài đặt", "settings"
    at_bottom = True

    def __init__(
        self,
        services: Services,
        runner: TaskRunner,
        dialogs: DialogService,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.topics = QListWidget()
        self.topics.setObjectName("topics")
        self.topics.setAccessibleName("Phần của Cài đặt")
        self.topics.setFixedWidth(208)
        self._stack = QStackedWidget()
        self.parts = [part(services, runner, dialogs) for part in PARTS]
        for part in self.parts:
            item = QListWidgetItem(icons.icon(part.icon, "muted"), part.name, self.topics)
            item.setSizeHint(QSize(0, theme.HIT_HEIGHT + 4))
            area = QScrollArea()
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setWidgetResizable(True)
            area.setWidget(part)
            self._stack.addWidget(area)
        self.topics.currentRowChanged.connect(self._show)
        left = Card(margin=3).add(self.topics)
        left.body.setStretchFactor(self.topics, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(24, 4, 24, 16)
        layout.setSpacing(16)
        layout.addWidget(left)
        layout.addWidget(self._stack, 1)
        self.topics.blockSignals(True)
        self.topics.setCurrentRow(0)
        self.topics.blockSignals(False)

    @property
    def where(self) -> str:
        return "Cài đặt"

    @property
    def heading(self) -> str:
        return self.current.name

    @property
    def current(self) -> SettingsPart:
        return self.parts[self._stack.currentIndex()]

    def part(self, kind: type[SettingsPart]) -> SettingsPart:
        return next(part for part in self.parts if isinstance(part, kind))

    def refresh(self) -> None:
        self.current.load()

    def show_item(self, item: object) -> None:
        """A part's name, e.g. 'Nhân sự'."""
        names = [part.name for part in self.parts]
        if item in names:
            self.topics.setCurrentRow(names.index(str(item)))

    def _show(self, place: int) -> None:
        self._stack.setCurrentIndex(place)
        self.current.notice.hide()
        self.current.load()
        self.heading_changed.emit()
