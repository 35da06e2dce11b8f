"""Something unexpected happened: what is safe, and what can be given to whoever helps."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.ui.dialogs.base import ActDialog
from app.ui.kit.banner import Notice
from app.ui.kit.basics import button, row, text
from app.ui.theme.theme import Tone, Type

_WIDTH = 540
_NOW = (
    "Phần mềm gặp một việc chưa lường trước",
    "Việc vừa làm có thể chưa xong. Thầy cô cứ làm tiếp; nếu gặp lại, hãy đóng rồi mở lại phần "
    "mềm.",
)
_BEFORE = (
    "Lần trước phần mềm bị dừng đột ngột",
    "Thầy cô cứ làm tiếp. Nếu lúc đó đang ký hoặc đang gửi, phần mềm làm tiếp từ chỗ đã dừng.",
)
_SAFE = "Dữ liệu an toàn", "Những gì đã báo “Đã lưu” vẫn nằm nguyên trong kho dữ liệu."
_HELP = (
    "Để được giúp nhanh, hãy gửi gói chẩn đoán cho người hỗ trợ. Trong gói có phiên bản, tình "
    "trạng máy và token, nhật ký của phần mềm; không có tên, số hay điểm của học sinh."
)


class IncidentDialog(ActDialog):
    """Going on is the first choice; copying and saving leave the dialog open."""

    copy_wanted = Signal()
    bundle_wanted = Signal()

    def __init__(
        self, reference: str, *, before_this_start: bool = False, parent: QWidget | None = None
    ) -> None:
        """`reference`: what to read out on the phone, such as 'KeyError-3f9a2c1b'."""
        title, what = _BEFORE if before_this_start else _NOW
        super().__init__(title, "Làm tiếp", "check", parent=parent)
        self.setFixedWidth(_WIDTH)
        self.back.hide()
        self.copy = button("Sao chép báo cáo", "copy")
        self.copy.clicked.connect(self.copy_wanted)
        self.save = button("Lưu gói chẩn đoán", "save")
        self.save.clicked.connect(self.bundle_wanted)
        self.reference = text(f"Mã sự cố: {reference}", Type.SMALL, muted=True)
        self.reference.setTextInteractionFlags(
            self.reference.textInteractionFlags().TextSelectableByMouse
        )
        self.body.addWidget(text(what, wrap=True))
        self.body.addWidget(Notice(*_SAFE, Tone.DONE))
        self.body.addWidget(text(_HELP, wrap=True))
        self.body.addLayout(row(self.copy, self.save, None))
        self.body.addWidget(self.reference)
        self.act.setFocus()

    def show_copied(self) -> None:
        self.warn(
            "Đã sao chép báo cáo", "Hãy dán vào tin nhắn hoặc thư cho người hỗ trợ.", Tone.DONE
        )

    def show_saving(self) -> None:
        """Looking at drivers and tokens may take half a minute."""
        self.save.setEnabled(False)
        self.warn("Đang xem máy và token…", "Có thể mất nửa phút.", Tone.MOVING)

    def show_saved(self, name: str) -> None:
        self.save.setEnabled(True)
        self.warn(f"Đã lưu “{name}”", "Hãy gửi tệp này cho người hỗ trợ.", Tone.DONE)

    def show_not_saved(self, what: str, todo: str) -> None:
        self.save.setEnabled(True)
        self.warn(what, todo, Tone.DECIDE)
