"""Khóa ký: tokens and key files within reach, and where else to look."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QLayout, QWidget

from app.clock import in_vietnam
from app.errors import KeyPasswordIncorrect, TokenError
from app.services import Services
from app.signing.keys.key_choice import KeyChoice, KeyFile
from app.signing.keys.registered_keys import RegisteredKeys
from app.signing.keys.token_process import CNG
from app.signing.trust.certificates import holder
from app.ui.dialogs import DialogService, KeyFileDialog
from app.ui.kit import Card, Column, DataTable, EmptyState, button, column, row, text
from app.ui.pages.settings.parts import SettingsPart
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text.messages import explain
from app.ui.theme.theme import Tone, Type

Found = tuple[list[KeyChoice], list[TokenError]]


@dataclass(frozen=True, slots=True)
class KeyPlaces:
    """What the school has named itself."""

    drivers: list[Path]
    files: list[KeyFile]


class KeysPart(SettingsPart):
    name, icon = "Khóa ký", "sign"

    def __init__(self, services: Services, runner: TaskRunner, dialogs: DialogService) -> None:
        super().__init__(services, runner, dialogs)
        keys = services.keys
        self._registered = keys if isinstance(keys, RegisteredKeys) else None
        self.table = DataTable(
            "Chứng thư tìm thấy",
            (
                Column("Chủ chứng thư", lambda r: r.holder, 0, strong=True),
                Column("Nơi cấp", lambda r: r.issuer, 230, spare=True),
                Column("Hạn đến", lambda r: f"{in_vietnam(r.valid_until):%d/%m/%Y}", 110,
                       order=lambda r: r.valid_until),
                Column("Ở đâu", _place, 150),
            ),
            EmptyState("key", "Chưa thấy token hay chứng thư mềm",
                       "Cắm token rồi bấm Tìm lại, hoặc thêm chứng thư mềm ở dưới."),
        )  # fmt: skip
        self.table.setMinimumHeight(150)
        self.body.addWidget(Card(margin=0).add(self.table), 1)
        again = button("Tìm lại", "refresh", primary=True)
        again.clicked.connect(self.notice.hide)
        again.clicked.connect(self.look)
        self.body.addLayout(row(again, None))
        self._named: Card | None = None
        self._list: QWidget | None = None
        if self._registered is None:
            words = "Khóa thực hành được dựng sẵn; không thêm được nơi khác."
            self.add("Nơi tìm khóa", text(words, muted=True, wrap=True))
            return
        driver = button("Thêm trình điều khiển", "add")
        driver.clicked.connect(self._choose_driver)
        file = button("Thêm chứng thư mềm", "key")
        file.clicked.connect(self._choose_file)
        self._named = self.add(
            "Nơi tìm khóa",
            text(
                "Phần mềm tự tìm token của các nhà cung cấp quen thuộc. Nếu không thấy token, hãy "
                "chỉ tệp trình điều khiển .dll (Windows) hoặc .so (Linux) của nhà cung cấp. Chứng "
                "thư mềm là tệp .p12 hoặc .pfx.",
                wrap=True,
            ),
            row(driver, file, None),
        )

    def load(self) -> None:
        if self._registered is not None:
            registered = self._registered
            self.work(
                lambda: KeyPlaces(registered.drivers(), registered.files()), self._show_places
            )
        self.look()

    def look(self) -> None:
        self.work(self.services.keys.find, self._show, Lane.TOKEN)

    def add_driver(self, file: Path) -> None:
        """Look for tokens with this driver too."""
        registered = self._registered
        assert registered is not None
        self.work(lambda: registered.add_driver(file), lambda _: self._changed())

    def ask_password(self, file: Path, *, was_wrong: bool = False) -> None:
        """Of a PKCS#12 file, to read whose it is."""
        dialog = KeyFileDialog(file.name, was_wrong=was_wrong)
        self.dialogs.ask(
            dialog,
            lambda: self.add_file(file, dialog.take_password()),
            lambda: _forget(dialog),
        )

    def add_file(self, file: Path, password: str) -> None:
        """Raises nothing: a wrong password is asked for again, the rest is said in the banner."""
        registered, now = self._registered, self.services.now
        assert registered is not None
        self.banner.hide()
        self.runner.run(
            Lane.DATABASE,
            lambda _: registered.add_file(file, password, now()),
            owner=self,
            done=self._added,
            failed=partial(self._not_added, file),
        )

    def forget(self, file: Path) -> None:
        """Look there no more."""
        registered = self._registered
        assert registered is not None
        self.work(lambda: registered.forget(file), lambda _: self._changed())

    def _changed(self) -> None:
        self.load()
        self.kept.emit()

    def _added(self, added: KeyFile) -> None:
        self._changed()
        self.say(f"Đã thêm chứng thư của {holder(added.certificate)}")

    def _not_added(self, file: Path, error: BaseException) -> None:
        if isinstance(error, KeyPasswordIncorrect):
            self.ask_password(file, was_wrong=True)
        else:
            self.fail(error)

    def _show(self, found: Found) -> None:
        choices, failures = found
        self.table.show_rows(choices)
        if failures:
            message = explain(failures[0])
            self.say(message.what, message.todo, Tone.WAITS)

    def _show_places(self, places: KeyPlaces) -> None:
        if self._named is None:
            return
        if self._list is not None:
            self._named.body.removeWidget(self._list)
            self._list.deleteLater()
        self._list = self._listed(places)
        self._named.add(self._list)

    def _listed(self, places: KeyPlaces) -> QWidget:
        """What was added, each with a way to take it out again."""
        named = [(f"Trình điều khiển {file.name}", file) for file in places.drivers]
        named += [
            (f"Chứng thư mềm {each.file.name} của {holder(each.certificate)}", each.file)
            for each in places.files
        ]
        lines: list[QWidget | QLayout | int | None] = []
        for words, file in named:
            what = text(words, wrap=True)
            what.setToolTip(str(file))
            away = button("Bỏ", "remove", quiet=True)
            away.setAccessibleName(f"Bỏ {words}")
            away.clicked.connect(partial(self.forget, file))
            line = row(what, away)
            line.setStretch(0, 1)
            lines.append(line)
        sheet = QWidget()
        if not lines:
            lines.append(text("Chưa thêm nơi nào.", Type.SMALL, muted=True))
        sheet.setLayout(column(*lines, gap=1))
        return sheet

    def _choose_driver(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Chọn trình điều khiển", "", "Thư viện (*.dll *.so *.dylib);;Mọi tệp (*)"
        )
        if name:
            self.add_driver(Path(name))

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Chọn chứng thư mềm", "", "Chứng thư mềm (*.p12 *.pfx *.P12 *.PFX);;Mọi tệp (*)"
        )
        if name:
            self.ask_password(Path(name))


def _place(choice: KeyChoice) -> str:
    if choice.token is None:
        return "Chứng thư mềm"
    return "Windows" if choice.token.token.driver.worker == CNG else "USB token"


def _forget(dialog: KeyFileDialog) -> None:
    """What was typed does not outlive the question."""
    dialog.take_password()
