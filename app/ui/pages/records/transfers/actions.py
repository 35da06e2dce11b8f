"""Steps of a change of school, extracts for public services, and reports of a class."""

from __future__ import annotations

from pathlib import Path

from app.model.people import Student
from app.ui.kit import ErrorBanner
from app.ui.pages.records.data import ClassRecords, PupilRecord
from app.ui.pages.records.transfers import data as transfer_data
from app.ui.pages.records.transfers.data import (
    ArrivalOutcome,
    ArrivingPupil,
    HistoryBytes,
    PupilChoice,
)
from app.ui.pages.records.transfers.form import ArrivalView, ExportForm, OpenForm
from app.ui.pages.records.view import RecordsPageActions

_HISTORY = "Hồ sơ chuyển trường (*.hocba-hs)"
_ADDRESS = "Tệp địa chỉ (*.pem)"


class TransferActions(RecordsPageActions):
    # --- out --------------------------------------------------------------------------------

    def export(self, who: PupilRecord) -> None:
        self.work(
            lambda _: self.face.services.workspace.here().people.student(who.student_id),
            self._show_export,
        )

    def export_to(
        self, path: Path, student: Student, secret: tuple[str, bytes], banner: ErrorBanner
    ) -> None:
        """`secret`: passphrase, address file."""
        self.work(
            lambda _: transfer_data.export_to(self.face.services, path, student.id, *secret),
            lambda _: self._exported(student, path),
            "Lập hồ sơ chuyển trường",
            banner,
        )

    def save_address(self) -> None:
        self.ask_target("Dia-chi-truong.pem", _ADDRESS, self.save_address_to)

    def save_address_to(self, path: Path) -> None:
        self.work(
            lambda _: transfer_data.save_address(self.face.services, path),
            lambda _: self.face.say(
                "Đã lưu tệp địa chỉ của trường.",
                f"Gửi tệp này cho trường cũ để hồ sơ chỉ trường mình mở được. Tệp: {path}",
            ),
        )

    # --- in ---------------------------------------------------------------------------------

    def ask_import(self) -> None:
        self.ask_source("Chọn hồ sơ chuyển trường", _HISTORY, self.open_file)

    def open_file(self, path: Path) -> None:
        self.work(
            lambda _: transfer_data.read_file(path), lambda read: self._opened(path.name, read)
        )

    def extract_to(self, path: Path, who: PupilRecord) -> None:
        if who.head is not None:
            head = who.head
            self.work(
                lambda _: transfer_data.save_extract(self.face.services, head, path),
                lambda _: self.face.say(
                    f"Đã lập trích lục học bạ của {who.full_name}.",
                    f"Tệp có XML, PDF và kết quả kiểm tra chữ ký: {path}",
                ),
                "Lập trích lục",
            )

    def extract(self, who: PupilRecord) -> None:
        name = f"Trich-luc-{who.full_name}.zip"
        self.ask_target(name, "Trích lục (*.zip)", lambda path: self.extract_to(path, who))

    # --- reports ----------------------------------------------------------------------------

    def report(self, shown: ClassRecords, suffix: str) -> None:
        """`suffix`: json or xlsx."""
        kinds = "Excel (*.xlsx)" if suffix == "xlsx" else "JSON (*.json)"
        name = f"Bao-cao-hoc-ba-lop-{shown.name}.{suffix}"
        self.ask_target(name, kinds, lambda path: self.report_to(path, shown))

    def report_to(self, path: Path, shown: ClassRecords) -> None:
        heads = tuple(each.head for each in shown.locked if each.head is not None)
        self.work(
            lambda _: transfer_data.save_report(self.face.services, heads, path),
            lambda told: self.face.say(
                f"Đã xuất báo cáo {len(heads)} học bạ lớp {shown.name}.", told or str(path)
            ),
            f"Xuất báo cáo lớp {shown.name}",
        )

    # --- steps ------------------------------------------------------------------------------

    def _show_export(self, student: Student) -> None:
        form = ExportForm(student)
        form.back_wanted.connect(self.face.home)

        def picked(path: Path) -> None:
            self.work(
                lambda _: transfer_data.read_address(path),
                lambda data: form.take_address(data, path.name),
                banner=form.banner,
            )

        def export(passphrase: str, address: bytes) -> None:
            name = f"Ho-so-{student.full_name}.hocba-hs"
            secret = (passphrase, address)
            self.ask_target(
                name, _HISTORY, lambda path: self.export_to(path, student, secret, form.banner)
            )

        form.address_wanted.connect(
            lambda: self.ask_source("Chọn tệp địa chỉ của trường nhận", _ADDRESS, picked)
        )
        form.export_wanted.connect(export)
        self.face.panel.show_step(form)

    def _exported(self, student: Student, path: Path) -> None:
        self.face.say(
            f"Đã lập hồ sơ chuyển trường của {student.full_name}.",
            f"Khi em đã đi, đổi tình trạng ở Lớp học thành Chuyển đi. Tệp: {path}",
        )
        self.face.home()

    def _opened(self, name: str, read: HistoryBytes) -> None:
        if not read.needs_passphrase:
            self._verify(read.data, "", None)
            return
        form = OpenForm(name)
        form.back_wanted.connect(self.face.home)
        form.open_wanted.connect(lambda secret: self._verify(read.data, secret, form.banner))
        self.face.panel.show_step(form)
        form.field.setFocus()

    def _verify(self, data: bytes, secret: str, banner: ErrorBanner | None) -> None:
        if banner is not None:
            banner.hide()
        self.work(
            lambda _: transfer_data.verify(self.face.services, data, secret),
            self._show_arrival,
            "Kiểm tra hồ sơ chuyển trường",
            banner,
        )

    def _show_arrival(self, arrival: ArrivingPupil) -> None:
        view = ArrivalView(arrival)
        view.back_wanted.connect(self.face.home)

        def take(picked: PupilChoice) -> None:
            view.banner.hide()
            self.work(
                lambda _: transfer_data.take_in(self.face.services, arrival, picked),
                self._taken,
                banner=view.banner,
            )

        view.take_wanted.connect(take)
        self.face.panel.show_step(view)

    def _taken(self, taken: ArrivalOutcome) -> None:
        kept = f"Giữ {taken.imported.records} học bạ, nguyên vẹn như khi ký."
        carried = f" Đã ghi {taken.carried} điểm và kết quả vào sổ." if taken.carried else ""
        new = "học sinh mới" if taken.imported.is_new else "học sinh đã có"
        self.face.say(f"Đã nhận hồ sơ của {taken.student.full_name} ({new}).", kept + carried)
        self.face.panel.leave_step()
        self.face.reload()
