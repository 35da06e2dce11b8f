"""Mạng: the school's proxy, tried before it is kept."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit

from app.errors import ProxyInvalid
from app.services import Services
from app.sync import proxy
from app.sync.proxy import Proxy
from app.ui.dialogs import DialogService
from app.ui.kit import button, row, text
from app.ui.kit.form import Form, line, words_of
from app.ui.pages.settings.parts import SettingsPart
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.theme.theme import Tone, Type

_WRONG = "Viết như 10.0.0.1:3128; bỏ trống nếu không dùng."


class NetworkPart(SettingsPart):
    name, icon = "Mạng", "online"

    def __init__(self, services: Services, runner: TaskRunner, dialogs: DialogService) -> None:
        super().__init__(services, runner, dialogs)
        self._trying = False
        self.address = line("Địa chỉ proxy", hint="10.0.0.1:3128")
        self.user = line("Tên đăng nhập proxy", hint="Bỏ trống nếu proxy không đòi")
        self.password = line("Mật khẩu proxy", hint="Được giữ trong kho dữ liệu đã mã hóa")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.form = Form(2)
        self.form.add("Địa chỉ proxy", self.address, wide=True)
        self.form.add("Tên đăng nhập", self.user)
        self.form.add("Mật khẩu", self.password)
        self.save = button("Lưu", "save", primary=True)
        self.save.clicked.connect(self.keep)
        self.attempt = button("Thử nối với Sở", "signal")
        self.attempt.clicked.connect(self.try_out)
        self.add(
            "Proxy của trường",
            text(
                "Chỉ cần khi mạng của trường bắt đi qua proxy. Phần mềm không dùng cài đặt proxy "
                "của Windows hay trình duyệt.",
                wrap=True,
            ),
            self.form,
            row(self.save, self.attempt, None),
            text(
                "Thử trước rồi lưu. Proxy chỉ chuyển dữ liệu đã mã hóa, không đọc được học bạ.",
                Type.SMALL,
                muted=True,
                wrap=True,
            ),
        )
        self.body.addStretch(1)

    def load(self) -> None:
        self.work(lambda: proxy.kept(self.services.workspace), self._show)

    def keep(self) -> None:
        typed = self._typed()
        if typed is None:
            return

        def kept(_: None) -> None:
            said = f"Đi qua proxy {typed.address}" if typed.address else "Không dùng proxy"
            self.say("Đã lưu", said)
            self.kept.emit()
            self.load()

        self.work(lambda: proxy.keep(self.services.workspace, typed), kept)

    def try_out(self) -> None:
        """As typed, kept or not."""
        typed = None if self._trying else self._typed()
        if typed is None:
            return
        by = f" qua proxy {typed.address}" if typed.address else ", không qua proxy"
        self._trying = True
        self.say("Đang thử nối với trạm của Sở…", "", Tone.MOVING)

        def reached(seconds: float) -> None:
            self._trying = False
            took = f"{seconds:.1f}".replace(".", ",")
            self.say(f"Nối được với trạm của Sở{by}", f"Trạm trả lời sau {took} giây.")

        self.work(
            lambda: self.services.delivery.try_proxy(typed), reached, Lane.NETWORK, "Thử nối với Sở"
        )

    def fail(self, error: BaseException) -> None:
        self._trying = False
        self.notice.hide()
        super().fail(error)

    def _typed(self) -> Proxy | None:
        self.banner.hide()
        try:
            address = proxy.read_address(words_of(self.address))
        except ProxyInvalid:
            self.form.say_mistakes({self.address: _WRONG})
            return None
        self.form.say_mistakes({})
        if not address:
            return Proxy()
        return Proxy(address, words_of(self.user), self.password.text())

    def _show(self, found: Proxy) -> None:
        self.address.setText(found.address.removeprefix("http://"))
        self.user.setText(found.user)
        self.password.setText(found.password)
