"""Khóa ký: tokens and key files within reach, and where else to look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from app.clock import VIETNAM
from app.errors import TokenError
from app.services import Services
from app.signing.key_choice import KeyChoice
from app.signing.registered_keys import RegisteredKeys
from app.ui.dialogs import DialogService
from app.ui.messages import explain
from app.ui.pages.settings_parts import SettingsPart
from app.ui.task_runner import Lane, TaskRunner
from app.ui.theme import Tone, Type
from app.ui.widgets import Card, Column, DataTable, EmptyState, button, row, text

Found = tuple[list[KeyChoice], list[TokenError]]


@dataclass(frozen=True, slots=True)
class Places:
    drivers: list[Path]
    folders: list[Path]


class KeysPart(SettingsPart):
    name, icon = "Khóa ký", "sign"

    def __init__(self, services: Services, runner: TaskRunner, dialogs: DialogService) -> None:
        super().__init__(services, runner, dialogs)
        keys = services.keys
        self._registered = keys if isinstance(keys, RegisteredKeys) else None
        self._places = Places([], [])
        self.table = DataTable(
            "Chứng thư tìm thấy",
            (
                Column("Chủ chứng thư", lambda r: r.holder, 0, strong=True),
                Column("Nơi cấp", lambda r: r.issuer, 230),
                Column("Hạn đến", lambda r: f"{r.valid_until.astimezone(VIETNAM):%d/%m/%Y}", 110,
                       order=lambda r: r.valid_until),
                Column("Ở đâu", lambda r: "USB token" if r.token else "Tệp khóa", 110),
            ),
            EmptyState("key", "Chưa thấy token hay tệp khóa", "Cắm token rồi bấm Tìm lại."),
        )  # fmt: skip
        self.table.setMinimumHeight(200)
        self.body.addWidget(Card(margin=0).add(self.table), 1)
        again = button("Tìm lại", "refresh", primary=True)
        again.clicked.connect(self.look)
        self.body.addLayout(row(again, None))
        self._told = text("", Type.SMALL, muted=True, wrap=True)
        if self._registered is None:
            words = "Khóa thực hành được dựng sẵn; không thêm được nơi khác."
            self.add("Nơi tìm khóa", text(words, muted=True, wrap=True))
            return
        driver = button("Thêm trình điều khiển", "add")
        driver.clicked.connect(self._choose_driver)
        folder = button("Thêm thư mục tệp khóa", "folder")
        folder.clicked.connect(self._choose_folder)
        forget = button("Bỏ các nơi đã thêm", "remove")
        forget.clicked.connect(lambda: self.register(Places([], [])))
        self.add(
            "Nơi tìm khóa",
            text(
                "Phần mềm tự tìm trình điều khiển của các nhà cung cấp quen thuộc. Nếu không thấy "
                "token, hãy chỉ tệp .dll (Windows) hoặc .so (Linux) của nhà cung cấp.",
                wrap=True,
            ),
            self._told,
            row(driver, folder, forget, None),
        )

    def load(self) -> None:
        if self._registered is not None:
            registered = self._registered
            self.work(lambda: Places(registered.drivers(), registered.folders()), self._show_places)
        self.look()

    def look(self) -> None:
        self.work(self.services.keys.find, self._show, Lane.TOKEN)

    def register(self, places: Places) -> None:
        """Look in these places from now on."""
        registered = self._registered
        assert registered is not None

        def save() -> None:
            registered.use_drivers(places.drivers)
            registered.use_folders(places.folders)

        self.work(save, lambda _: self.load())

    def _show(self, found: Found) -> None:
        choices, failures = found
        self.table.show_rows(choices)
        if failures:
            message = explain(failures[0])
            self.say(message.what, message.todo, Tone.WAITS)
        else:
            self.notice.hide()

    def _show_places(self, places: Places) -> None:
        self._places = places
        self._told.setText(_listed([*places.drivers, *places.folders]))

    def _choose_driver(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Chọn trình điều khiển", "", "Thư viện (*.dll *.so *.dylib);;Mọi tệp (*)"
        )
        if name:
            self.register(Places([*self._places.drivers, Path(name)], self._places.folders))

    def _choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Chọn thư mục có tệp .p12 và .crt")
        if name:
            self.register(Places(self._places.drivers, [*self._places.folders, Path(name)]))


def _listed(places: Sequence[Path]) -> str:
    return "Đã thêm:\n" + "\n".join(map(str, places)) if places else "Chưa thêm nơi nào."
