"""Dấu thời gian: whom to ask for time-stamps when there is a network."""

from __future__ import annotations

from urllib.parse import urlsplit

from PySide6.QtWidgets import QWidget

from app.services import Services
from app.signing.record.signing_profile import shipped_profile
from app.ui.dialogs import DialogService
from app.ui.kit import Notice, button, row, text
from app.ui.kit.form import Form, line, words_of
from app.ui.pages.settings.parts import SettingsPart
from app.ui.shell.task_runner import TaskRunner
from app.ui.theme.theme import Tone

_HINT = "http://…"


class EvidencePart(SettingsPart):
    name, icon = "Dấu thời gian", "clock"

    def __init__(self, services: Services, runner: TaskRunner, dialogs: DialogService) -> None:
        super().__init__(services, runner, dialogs)
        self.state = Notice("")
        self.body.addWidget(self.state)
        self.first = line("Địa chỉ nơi cấp dấu thời gian", hint=_HINT)
        self.second = line("Địa chỉ dự phòng", hint="Có thể bỏ trống")
        self.form = Form()
        self.form.add("Địa chỉ nơi cấp dấu thời gian", self.first)
        self.form.add("Địa chỉ dự phòng", self.second)
        self.save = button("Lưu địa chỉ", "save", primary=True)
        self.save.clicked.connect(self.keep)
        self.standard = button("Dùng địa chỉ mặc định", "undo")
        self.standard.clicked.connect(lambda: self._use(None))
        self.add(
            "Hỏi ở đâu",
            text(
                "Dấu thời gian chứng minh chữ ký có trước khi chứng thư hết hạn. Trường có chứng "
                "thư của Ban Cơ yếu thường dùng địa chỉ mặc định; trường khác hỏi nơi cấp chứng "
                "thư của mình. Bỏ trống cả hai thì phần mềm không xin dấu thời gian.",
                muted=True,
                wrap=True,
            ),
            self.form,
            row(self.save, self.standard, None),
        )
        self.body.addStretch(1)

    def load(self) -> None:
        self.work(lambda: self.services.evidence.chosen_stamping, self._show)

    def keep(self) -> None:
        """Save what stands in the fields; a mistake is said below its field."""
        fields = (self.first, self.second)
        given = [words_of(field) for field in fields]
        mistakes: dict[QWidget, str] = {
            field: "Địa chỉ bắt đầu bằng http:// hoặc https://, không có dấu cách."
            for field, words in zip(fields, given, strict=True)
            if words and not _is_address(words)
        }
        if not self.form.say_mistakes(mistakes):
            self._use(list(dict.fromkeys(words for words in given if words)))

    def _use(self, urls: list[str] | None) -> None:
        def saved(_: None) -> None:
            self.say("Đã lưu nơi cấp dấu thời gian")
            self.kept.emit()
            self.load()

        self.form.say_mistakes({})
        self.work(lambda: self.services.evidence.use_stamping(urls), saved)

    def _show(self, chosen: tuple[str, ...] | None) -> None:
        urls = shipped_profile().time_stamping if chosen is None else chosen
        self.first.setText(urls[0] if urls else "")
        self.second.setText(urls[1] if len(urls) > 1 else "")
        self.standard.setEnabled(chosen is not None)
        if not urls:
            self.state.say("Không xin dấu thời gian", "Vẫn ký và gửi được.", Tone.WAITS)
        elif chosen is None and self.services.practice:
            self.state.say("Chế độ thực hành không hỏi nơi cấp dấu thời gian thật")
        elif chosen is None:
            self.state.say("Đang dùng địa chỉ mặc định", "", Tone.DONE)
        else:
            self.state.say("Đang dùng địa chỉ của trường", "", Tone.DONE)


def _is_address(words: str) -> bool:
    try:
        parts = urlsplit(words)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in words
    except ValueError:
        return False
