"""Người dùng: who opens the workspace, passphrases, the recovery key."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.services import Services
from app.store.integrity.keyring import RECOVERY
from app.ui.dialogs import ConfirmDialog, DialogService
from app.ui.dialogs.passphrase import LEAST_LENGTH, strength
from app.ui.kit import PassphraseField, button, column, row, text
from app.ui.kit.form import Form, line, words_of
from app.ui.opening.first_run import RecoveryCard
from app.ui.pages.settings.parts import SettingsPart
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.theme.theme import Type


class UsersPart(SettingsPart):
    name, icon = "Người dùng", "key"

    def __init__(self, services: Services, runner: TaskRunner, dialogs: DialogService) -> None:
        super().__init__(services, runner, dialogs)
        self.names = QWidget()
        self._lines = column()
        self.names.setLayout(self._lines)
        self.add(
            "Ai mở được kho dữ liệu này",
            self.names,
            text(
                "Mỗi người có mật khẩu riêng; nhật ký ghi tên người đã làm.", muted=True, wrap=True
            ),
        )
        self.user = line("Họ và tên", hint="Người mới, hoặc người cần mật khẩu mới", longest=80)
        self.first, self.second = PassphraseField("Mật khẩu mới"), PassphraseField("Nhập lại")
        self.form = Form(3)
        self.form.add("Họ và tên", self.user)
        self.form.add("Mật khẩu mới", self.first)
        self.form.add("Nhập lại mật khẩu", self.second)
        self.save = button("Đặt mật khẩu", "key", primary=True)
        self.save.clicked.connect(self.keep)
        self.add("Thêm người dùng hoặc đổi mật khẩu", self.form, row(self.save, None))
        renew = button("Tạo khóa khôi phục mới", "refresh")
        renew.clicked.connect(self._ask_renew)
        self._recovery = self.add(
            "Khóa khôi phục",
            text(
                "Dùng khi quên mật khẩu. Tạo khóa mới thì khóa cũ hết hiệu lực.",
                muted=True,
                wrap=True,
            ),
            row(renew, None),
        )
        self._shown: RecoveryCard | None = None
        self.body.addStretch(1)

    def load(self) -> None:
        self.work(self.services.workspace.users, self._show)

    def _show(self, names: list[str]) -> None:
        while (item := self._lines.takeAt(0)) is not None:
            line_of = item.widget()
            if line_of is not None:
                line_of.deleteLater()
        for name in names:
            self._lines.addWidget(self._line(name))

    def _line(self, name: str) -> QWidget:
        """A name, and the button that takes the right to open away; nobody removes himself."""
        mine = name == self.services.workspace.user
        parts: list[QWidget | None] = [text(name, Type.STRONG)]
        if mine:
            parts += [text("đang dùng", muted=True), None]
        else:
            remove = button("Bỏ quyền mở", "remove", quiet=True)
            remove.setAccessibleName(f"Bỏ quyền mở kho của {name}")
            remove.clicked.connect(lambda: self._ask_remove(name))
            parts += [None, remove]
        shown = QWidget()
        shown.setLayout(row(*parts))
        return shown

    def _ask_remove(self, name: str) -> None:
        def remove() -> list[str]:
            workspace = self.services.workspace
            workspace.remove_user(name)
            return workspace.key_renewal_waits_for()

        def removed(waiting: list[str]) -> None:
            detail = "Khóa dữ liệu đã đổi: tệp khóa chép từ trước không mở được kho này nữa."
            if waiting:
                names = ", ".join(_shown(each) for each in waiting)
                detail = f"Khóa dữ liệu sẽ đổi khi những người này mở kho một lần: {names}."
            self.say(f"{name} không còn mở được kho dữ liệu này", detail)
            self.load()

        self.dialogs.ask(
            ConfirmDialog(
                f"Bỏ quyền mở kho của {name}?",
                "Mật khẩu của người này không mở được kho nữa, kể cả với tệp khóa chép từ trước, "
                "vì khóa dữ liệu được đổi. Những gì đã làm vẫn ghi tên người này. Các bản sao lưu "
                "có từ trước vẫn mở được bằng mật khẩu cũ và cho thấy dữ liệu đến ngày đó: hãy cất "
                "kỹ.",
                "Bỏ quyền mở",
                "remove",
            ),
            lambda: self.work(remove, removed, Lane.UPKEEP),
        )

    def keep(self) -> None:
        """A passphrase of their own for someone new or known."""
        name, first = words_of(self.user), self.first.text()
        if self.form.say_mistakes(self._mistakes(name)):
            return
        self.first.clear()
        self.second.clear()

        def saved(_: None) -> None:
            self.user.clear()
            self.say(f"Đã đặt mật khẩu cho {name}")
            self.load()

        self.work(lambda: self.services.workspace.add_user(name, first), saved)

    def _mistakes(self, name: str) -> dict[QWidget, str]:
        found: dict[QWidget, str] = {}
        if not name:
            found[self.user] = "Cần họ và tên."
        if strength(self.first.text()) < 2:
            found[self.first] = f"Cần từ {LEAST_LENGTH} ký tự, không lặp một chữ."
        elif self.first.text() != self.second.text():
            found[self.second] = "Hai lần nhập chưa giống nhau."
        return found

    def _ask_renew(self) -> None:
        self.dialogs.ask(
            ConfirmDialog(
                "Tạo khóa khôi phục mới?",
                "Khóa đang cất trong tủ sẽ không mở được kho nữa. Khóa mới chỉ hiện một lần. Bản "
                "sao lưu có từ trước vẫn mở được bằng khóa cũ.",
                "Tạo khóa mới",
                "refresh",
            ),
            lambda: self.work(
                self.services.workspace.renew_recovery_key, self._show_recovery, Lane.UPKEEP
            ),
        )

    def _show_recovery(self, recovery: str) -> None:
        card = RecoveryCard(recovery)
        self._shown = card
        self._recovery.add(card)
        card.noted.connect(self._hide_recovery)

    def _hide_recovery(self) -> None:
        if self._shown is not None:
            self._shown.deleteLater()
            self._shown = None


def _shown(user: str) -> str:
    return "khóa khôi phục (hãy tạo khóa mới)" if user == RECOVERY else user
