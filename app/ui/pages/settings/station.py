"""Kết nối với Sở: a request file out, an enrolment file in, a fingerprint by telephone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from app.clock import VIETNAM
from app.errors import EnrolmentInvalid
from app.files import write_whole
from app.parcel.enrolment import LARGEST, Enrolment
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.kit import Notice, button, row, text
from app.ui.pages.settings.parts import SettingsPart
from app.ui.shell.task_runner import TaskRunner
from app.ui.theme.theme import Tone, Type


@dataclass(frozen=True, slots=True)
class StationFacts:
    school_known: bool
    enrolment: Enrolment | None


class StationPart(SettingsPart):
    name, icon = "Kết nối với Sở", "department"

    def __init__(self, services: Services, runner: TaskRunner, dialogs: DialogService) -> None:
        super().__init__(services, runner, dialogs)
        self.state = Notice("Chưa kết nối", tone=Tone.WAITS)
        self.body.addWidget(self.state)
        self.save_request = button("Lưu tệp đề nghị", "file_out", primary=True)
        self.save_request.clicked.connect(self._choose_request)
        self.add(
            "Bước 1 · Gửi đề nghị cho Sở",
            text(
                "Lưu tệp rồi gửi cho cán bộ Sở bằng USB hoặc thư điện tử. Tệp không chứa điểm hay "
                "học sinh nào.",
                wrap=True,
            ),
            row(self.save_request, None),
        )
        self.load_answer = button("Mở tệp Sở trả lời", "file_in")
        self.load_answer.clicked.connect(self._choose_answer)
        self.add(
            "Bước 2 · Nhận tệp trả lời",
            text("Sở gửi lại một tệp dành riêng cho máy này.", wrap=True),
            row(self.load_answer, None),
        )
        self.fingerprint = text("Có sau bước 2", Type.TITLE)
        self.fingerprint.setTextInteractionFlags(
            self.fingerprint.textInteractionFlags()
            | self.fingerprint.textInteractionFlags().TextSelectableByMouse
        )
        self.add(
            "Bước 3 · Đọc dấu vân tay qua điện thoại",
            self.fingerprint,
            text(
                "Gọi cho cán bộ Sở theo số thầy cô đã biết. Hai bên đọc thấy giống nhau thì đúng "
                "là Sở; khác nhau thì đừng gửi gì và báo cho Sở.",
                muted=True,
                wrap=True,
            ),
        )
        self.body.addStretch(1)

    def load(self) -> None:
        def read() -> StationFacts:
            delivery = self.services.delivery
            known = self.services.workspace.here().people.school() is not None
            return StationFacts(known, delivery.enrolment() if delivery.enrolled else None)

        self.work(read, self._show)

    def write_request(self, file: Path) -> None:
        def write() -> None:
            write_whole(file, self.services.delivery.enrolment_request())

        self.work(write, lambda _: self.say("Đã lưu tệp đề nghị", str(file)))

    def read_answer(self, file: Path) -> None:
        def read() -> Enrolment:
            if file.stat().st_size > LARGEST:
                raise EnrolmentInvalid("too large")
            return self.services.delivery.accept_enrolment(file.read_bytes())

        def accepted(enrolment: Enrolment) -> None:
            self.say(f"Đã nhận tệp của {enrolment.station}", "Hãy đọc dấu vân tay qua điện thoại.")
            self.kept.emit()
            self.load()

        self.work(read, accepted)

    def _show(self, facts: StationFacts) -> None:
        self.save_request.setEnabled(facts.school_known)
        self.load_answer.setEnabled(facts.school_known)
        found = facts.enrolment
        if found is not None:
            self.state.say(
                f"Đã kết nối: {found.station}",
                f"Địa chỉ {found.url} · hiệu lực đến {_day(found.valid_until)}",
                Tone.DONE,
            )
            self.fingerprint.setText(found.fingerprint)
        elif not facts.school_known:
            self.state.say("Cần khai báo nhà trường trước", "Mở phần Nhà trường.", Tone.WAITS)
        else:
            self.state.say(
                "Chưa kết nối với Sở",
                "Vẫn nhập điểm, khóa sổ và ký được; gửi được sau khi kết nối.",
                Tone.WAITS,
            )

    def _choose_request(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, "Lưu tệp đề nghị", "de-nghi-ket-noi.json", "Tệp đề nghị (*.json)"
        )
        if name:
            self.write_request(Path(name))

    def _choose_answer(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Mở tệp Sở trả lời", "", "Tệp trả lời (*.jws);;Mọi tệp (*)"
        )
        if name:
            self.read_answer(Path(name))


def _day(iso: str) -> str:
    from datetime import datetime

    return f"{datetime.fromisoformat(iso).astimezone(VIETNAM):%d/%m/%Y}"
