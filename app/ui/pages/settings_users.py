"""Người dùng: who opens the workspace, passphrases, the recovery key."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.services import Services
from app.ui.dialogs import ConfirmDialog, DialogService
from app.ui.dialogs.passphrase import LEAST_LENGTH, strength
from app.ui.opening.first_run import RecoveryCard
from app.ui.pages.form import Form, line, words_of
from app.ui.pages.settings_parts import SettingsPart
from app.ui.task_runner import TaskRunner
from app.ui.theme import Type
from app.ui.widgets import PassphraseField, button, row, text


class UsersPart(SettingsPart):
    name, icon = "Người dùng", "key"

    def __init__(self, services: Services, runner: TaskRunner, dialogs: DialogService) -> None:
        super().__init__(services, runner, dialogs)
        self._names = text("", Type.STRONG, wrap=True)
        self.add(
            "Ai mở được kho dữ liệu này",
            self._names,
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
        self.work(
            self.services.workspace.users, lambda names: self._names.setText("\n".join(names))
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
                "Khóa đang cất trong tủ sẽ không mở được kho nữa. Khóa mới chỉ hiện một lần.",
                "Tạo khóa mới",
                "refresh",
            ),
            lambda: self.work(self.services.workspace.renew_recovery_key, self._show_recovery),
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
