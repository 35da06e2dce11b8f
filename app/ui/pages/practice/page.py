"""Thực hành: what it is and how to start it; in practice mode, the journey step by step."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.practice.school import PASSPHRASE, PIN
from app.services import Services
from app.ui.dialogs import ConfirmDialog, DialogService
from app.ui.kit import Card, Notice, TodoRow, button, row, rule, text
from app.ui.opening.first_run import start_practice
from app.ui.shell.page import Page
from app.ui.shell.task_runner import TaskRunner
from app.ui.theme.theme import Tone, Type


@dataclass(frozen=True, slots=True)
class PracticeStage:
    icon: str
    title: str
    detail: str
    action: str
    page: str


STAGES = (
    PracticeStage(
        "grid",
        "1. Xem và sửa điểm",
        "Lớp 4A và 8B đã có đủ điểm. Sửa thử một ô, bấm Ctrl+Z.",
        "Mở sổ điểm",
        "gradebook",
    ),
    PracticeStage(
        "lock",
        "2. Khóa sổ, lập học bạ",
        "Khóa sổ lớp 8B: mỗi học sinh có một học bạ số.",
        "Mở học bạ",
        "records",
    ),
    PracticeStage(
        "sign",
        "3. Ký số",
        "Lần lượt GVBM, GVCN, hiệu trưởng, rồi nhà trường ký phát hành.",
        "Ký số",
        "signing",
    ),
    PracticeStage(
        "send",
        "4. Gửi Sở",
        "Đóng gói, gửi tới trạm của Sở trên máy này, nhận biên nhận.",
        "Gửi đi",
        "outbox",
    ),
)


class PracticePage(Page):
    key, title, icon = "practice", "Thực hành", "practice"
    at_bottom = True

    begin_anew = Signal()
    """The person wants the practice school made anew."""

    def __init__(
        self,
        services: Services,
        runner: TaskRunner,
        dialogs: DialogService,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._dialogs = dialogs
        layout = QHBoxLayout(self)
        layout.setContentsMargins(24, 4, 24, 16)
        layout.setSpacing(16)
        main, side = (self._journey(), self._keys()) if services.practice else self._invitation()
        layout.addWidget(main, 7)
        column = QVBoxLayout()
        column.setSpacing(14)
        column.addWidget(side)
        column.addStretch(1)
        layout.addLayout(column, 4)

    @property
    def heading(self) -> str:
        return "Thực hành với trường tưởng tượng"

    def _invitation(self) -> tuple[QWidget, QWidget]:
        start = button("Mở cửa sổ thực hành", "practice", primary=True)
        start.clicked.connect(start_practice)
        main = Card("Thử trước khi làm thật", margin=5).add(
            text(
                "Cửa sổ thực hành có một trường tưởng tượng với hai lớp 4A và 8B, USB token thực "
                "hành và một trạm của Sở chạy ngay trên máy này. Thầy cô có thể nhập điểm, khóa "
                "sổ, ký và gửi học bạ từ đầu đến cuối mà không sợ hỏng gì.",
                wrap=True,
            ),
            1,
            Notice(
                "Dữ liệu thật không bị động đến",
                "Dữ liệu thực hành nằm ở thư mục riêng. Chữ ký thực hành không có giá trị pháp lý.",
                Tone.ACCENT,
                "shield",
            ),
            1,
            row(start, None),
            None,
        )
        facts = Card("Cần những gì").add(
            text("Không cần mạng, không cần token thật.", wrap=True),
            text("Lần đầu mất khoảng nửa phút để dựng trường.", muted=True, wrap=True),
        )
        return main, facts

    def _journey(self) -> Card:
        card = Card("Hành trình của một học bạ")
        for number, stage in enumerate(STAGES):
            if number:
                card.add(rule())
            card.add(self._stage(stage, first=number == 0))
        return card.add(None)

    def _stage(self, stage: PracticeStage, *, first: bool) -> TodoRow:
        return TodoRow(
            stage.icon,
            stage.title,
            stage.detail,
            stage.action,
            lambda: self.navigate.emit(stage.page, None),
            tone=Tone.ACCENT,
            primary=first,
        )

    def _keys(self) -> QWidget:
        pin = Card("Mã PIN thực hành").add(
            text(PIN, Type.FIGURE),
            text("Dùng cho mọi token và tệp khóa thực hành.", muted=True, wrap=True),
            1,
            text("Mật khẩu kho thực hành", Type.STRONG),
            text(PASSPHRASE),
        )
        anew = button("Bắt đầu lại từ đầu", "refresh")
        anew.clicked.connect(self._ask_anew)
        again = Card("Làm lại").add(
            text("Xóa trường thực hành và dựng lại. Dữ liệu thật không bị động đến.", wrap=True),
            row(anew, None),
        )
        both = QWidget()
        layout = QVBoxLayout(both)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addWidget(pin)
        layout.addWidget(again)
        return both

    def _ask_anew(self) -> None:
        dialog = ConfirmDialog(
            "Bắt đầu lại từ đầu?",
            "Điểm đã sửa, học bạ đã ký và biên nhận của trường thực hành sẽ bị xóa, rồi trường "
            "được dựng lại. Dữ liệu thật của nhà trường không bị động đến.",
            "Xóa và dựng lại trường thực hành",
            "refresh",
        )
        self._dialogs.ask(dialog, self.begin_anew.emit)
