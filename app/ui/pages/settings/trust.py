"""Nơi cấp tin cậy: whose certificates are believed, and one more after its fingerprint is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from app.clock import in_vietnam
from app.services import Services
from app.signing.trust.authorities import TrustedAuthorities
from app.signing.trust.certificates import fingerprint, name_of
from app.signing.trust.trust_list import (
    LARGEST_CERTIFICATE,
    Hierarchy,
    TrustedCertificate,
    TrustPurpose,
    read_authority,
)
from app.ui.dialogs import ConfirmDialog, DialogService
from app.ui.dialogs.base import ActDialog
from app.ui.kit import Card, Column, DataTable, EmptyState, button, row, text
from app.ui.kit.form import Form, choice, chosen
from app.ui.pages.settings.parts import SettingsPart
from app.ui.shell.task_runner import TaskRunner
from app.ui.theme import theme
from app.ui.theme.theme import Tone

HIERARCHIES = {
    Hierarchy.PUBLIC: "Công cộng (NEAC)",
    Hierarchy.GOVERNMENT: "Chính phủ (VGCA)",
    Hierarchy.OTHER: "Khác",
}
PURPOSES = {
    TrustPurpose.SIGNING: "Chữ ký, dấu thời gian",
    TrustPurpose.TIMESTAMPS: "Chỉ dấu thời gian",
}


@dataclass(frozen=True, slots=True)
class TrustRow:
    trusted: TrustedCertificate
    source: str
    own: bool = False

    @property
    def name(self) -> str:
        return name_of(self.trusted.certificate.subject)


class TrustPart(SettingsPart):
    name, icon = "Nơi cấp tin cậy", "shield"

    def __init__(self, services: Services, runner: TaskRunner, dialogs: DialogService) -> None:
        super().__init__(services, runner, dialogs)
        self.body.addWidget(
            text(
                "Chữ ký hợp lệ khi chứng thư của người ký do một nơi dưới đây cấp. Nếu phần mềm "
                "báo không rõ nơi cấp, hãy hỏi Sở trước khi tự thêm.",
                wrap=True,
            )
        )
        self.table = DataTable(
            "Nơi cấp tin cậy",
            (
                Column("Nơi cấp", lambda r: r.name, 0, strong=True, tip=lambda r: r.name),
                Column("Hệ thống", lambda r: HIERARCHIES[r.trusted.hierarchy], 170, spare=True),
                Column("Hạn đến", lambda r: day(r.trusted.certificate.not_valid_after_utc), 120,
                       order=lambda r: r.trusted.certificate.not_valid_after_utc),
                Column("Nguồn", lambda r: r.source, 200, tip=lambda r: r.source,
                       spare=True),
            ),
            EmptyState("shield", "Chưa tin nơi cấp nào"),
        )  # fmt: skip
        self.table.setMinimumHeight(190)
        self.table.selected.connect(self._show_one)
        self.body.addWidget(Card(margin=0).add(self.table), 1)
        add = button("Thêm chứng thư", "add")
        add.clicked.connect(self._choose)
        self.forget = button("Bỏ chứng thư này", "remove")
        self.forget.clicked.connect(self._ask_forget)
        self.details = text("", wrap=True)
        self.details.setFont(theme.font(tabular=True))
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.card = self.add("Chứng thư đang chọn", self.details, row(add, self.forget, None))
        self._one: TrustRow | None = None

    def load(self) -> None:
        self.work(lambda: rows_of(self.services.trusted), self._show)

    def look_at(self, file: Path) -> None:
        """Show what the file holds, and trust it only after a yes."""

        def read() -> x509.Certificate:
            with file.open("rb") as stream:
                return read_authority(stream.read(LARGEST_CERTIFICATE + 1))

        self.work(read, self._ask_trust)

    def trust(
        self, certificate: x509.Certificate, hierarchy: Hierarchy, purpose: TrustPurpose
    ) -> None:
        def added(_: None) -> None:
            self.say("Đã tin nơi cấp này", name_of(certificate.subject))
            self.kept.emit()
            self.load()

        self.work(lambda: self.services.trusted.add(certificate, hierarchy, purpose), added)

    def distrust(self, one: TrustRow) -> None:
        def gone(_: None) -> None:
            self.say("Không còn tin nơi cấp này", one.name)
            self.kept.emit()
            self.load()

        self.work(lambda: self.services.trusted.remove(one.trusted.fingerprint), gone)

    def _ask_trust(self, certificate: x509.Certificate) -> None:
        dialog = TrustDialog(certificate)
        self.dialogs.ask(dialog, lambda: self.trust(certificate, dialog.hierarchy, dialog.purpose))

    def _ask_forget(self) -> None:
        one = self._one
        if one is None or not one.own:
            return
        dialog = ConfirmDialog(
            "Bỏ chứng thư này?",
            f"Chữ ký dựa vào “{one.name}” sẽ được báo là không rõ nơi cấp. Học bạ không thay đổi.",
            "Bỏ chứng thư",
            "remove",
        )
        self.dialogs.ask(dialog, lambda: self.distrust(one))

    def _show(self, rows: tuple[TrustRow, ...]) -> None:
        self.table.show_rows(rows)
        self._show_one(None)

    def _show_one(self, one: TrustRow | None) -> None:
        self._one = one
        self.forget.setEnabled(one is not None and one.own)
        words = "Chọn một dòng để xem dấu vân tay."
        if one is not None:
            trusted = one.trusted
            words = (
                f"{facts(trusted.certificate)}\nHệ thống: {HIERARCHIES[trusted.hierarchy]} · "
                f"Tin cho: {PURPOSES[trusted.purpose]} · Nguồn: {one.source}"
            )
        self.details.setText(words)

    def _choose(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Chọn tệp chứng thư của nơi cấp", "", "Chứng thư (*.crt *.cer *.pem);;Mọi tệp (*)"
        )
        if name:
            self.look_at(Path(name))


class TrustDialog(ActDialog):
    """Everything to compare before the yes; the way back has the focus."""

    def __init__(self, certificate: x509.Certificate, parent: QWidget | None = None) -> None:
        super().__init__(
            "Tin nơi cấp này?", "Đã so đúng, tin nơi cấp này", "shield", "Không tin", parent
        )
        self.setFixedWidth(560)
        shown = text(facts(certificate), wrap=True)
        shown.setFont(theme.font(tabular=True))
        shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.body.addWidget(shown)
        self._hierarchy = choice(
            "Hệ thống", [(k.value, v) for k, v in HIERARCHIES.items()], Hierarchy.OTHER.value
        )
        self._purpose = choice("Tin cho", [(k.value, v) for k, v in PURPOSES.items()])
        form = Form(2)
        form.add("Hệ thống", self._hierarchy)
        form.add("Tin cho", self._purpose)
        self.body.addWidget(form)
        self.warn(
            "Hãy so từng chữ của dấu vân tay SHA-256",
            "So với bản mà nơi cấp công bố (rootca.gov.vn, ca.gov.vn) hoặc Sở đọc qua điện thoại. "
            "Tin nhầm thì chữ ký giả cũng được báo là hợp lệ.",
            Tone.WAITS,
        )
        self.act.setDefault(False)
        self.back.setDefault(True)
        self.back.setFocus()

    @property
    def hierarchy(self) -> Hierarchy:
        return Hierarchy(chosen(self._hierarchy))

    @property
    def purpose(self) -> TrustPurpose:
        return TrustPurpose(chosen(self._purpose))


def rows_of(trusted: TrustedAuthorities) -> tuple[TrustRow, ...]:
    """The school's own first. SQL on the calling thread."""
    own = [
        TrustRow(one.trusted, f"{one.added_by}, {day(datetime.fromisoformat(one.added_at))}", True)
        for one in trusted.own()
    ]
    department = [TrustRow(one, "Danh sách của Sở") for one in trusted.department()]
    shipped = [TrustRow(one, "Đi kèm phần mềm") for one in trusted.shipped()]
    every = {row.trusted.fingerprint: row for row in (*shipped, *department, *own)}
    return tuple(reversed(every.values()))


def facts(certificate: x509.Certificate) -> str:
    """Holder, issuer, validity, and the fingerprint in groups of four."""
    digits = fingerprint(certificate).upper()
    groups = [digits[at : at + 4] for at in range(0, len(digits), 4)]
    self_signed = certificate.subject == certificate.issuer
    issuer = "tự cấp (chứng thư gốc)" if self_signed else name_of(certificate.issuer)
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return (
        f"{name_of(certificate.subject)}\n"
        f"Nơi cấp: {issuer}\n"
        f"Hiệu lực: {day(begin)} – {day(end)}\n"
        f"Dấu vân tay SHA-256:\n{' '.join(groups[:8])}\n{' '.join(groups[8:])}"
    )


def day(moment: datetime) -> str:
    return f"{in_vietnam(moment):%d/%m/%Y}"
