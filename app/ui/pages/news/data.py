"""What the department has sent, in words; reads the workspace, so not for the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import AppError
from app.model.publication import PublicationKind, PublicationState
from app.parcel.rule_pack import read_rules
from app.profile import shipped
from app.services import Services
from app.signing.trust.certificates import name_of
from app.signing.trust.trust_list import read_trust_list
from app.store.publications import PublicationRow
from app.ui.text.record_states import moment
from app.ui.text.rules import rows_of
from app.ui.theme.theme import Tone

KINDS = {
    PublicationKind.NOTICE: "Thông báo",
    PublicationKind.PROFILES: "Quy định",
    PublicationKind.TRUST: "Danh sách tin cậy",
    PublicationKind.WITHDRAWAL: "Thu hồi",
}


@dataclass(frozen=True, slots=True)
class NewsRow:
    number: int
    title: str
    kind: str
    when: str
    unread: bool
    text: str
    state: str = ""
    """Whether it is in force, and what to do; '' for a notice."""
    tone: Tone = Tone.NEUTRAL


@dataclass(frozen=True, slots=True)
class NewsReader:
    enrolled: bool = False
    station: str = ""
    rows: tuple[NewsRow, ...] = ()
    """Newest first."""

    @property
    def unread(self) -> int:
        return sum(row.unread for row in self.rows)


def load(services: Services) -> NewsReader:
    delivery = services.delivery
    enrolled = delivery.enrolled
    return NewsReader(
        enrolled,
        delivery.enrolment().station if enrolled else "",
        tuple(_row(services, row) for row in delivery.publications.listed()),
    )


def _row(services: Services, row: PublicationRow) -> NewsRow:
    said = row.publication
    state, tone = _state(services, row)
    return NewsRow(
        said.number,
        said.title,
        KINDS[said.kind],
        moment(said.published_at),
        not row.read_at,
        _text(services, row),
        state,
        tone,
    )


def _state(services: Services, row: PublicationRow) -> tuple[str, Tone]:
    said = row.publication
    if row.state is PublicationState.REFUSED:
        words = (
            f"Không dùng được: {row.reason}. Những gì đang dùng được giữ nguyên; hãy báo cho Sở."
        )
        return words, Tone.DECIDE
    if said.withdraws:
        return _withdrawal_state(services, said.withdraws)
    if said.kind is PublicationKind.NOTICE:
        return "", Tone.NEUTRAL
    newest = services.workspace.here().publications.kept(said.kind)[0][0].version
    if said.version < newest:
        return "Đã được thay bằng bản mới hơn.", Tone.NEUTRAL
    if said.kind is PublicationKind.TRUST:
        return "Đang có hiệu lực.", Tone.DONE
    return _rules_state(services, said.version)


def _withdrawal_state(services: Services, number: int) -> tuple[str, Tone]:
    gone = services.workspace.here().publications.withdrawn(PublicationKind.PROFILES)
    in_use = services.rules.version
    if any((said.number, said.version) == (number, in_use) for said, _ in gone):
        words = (
            "Quy định bị thu hồi còn được dùng cho đến khi đóng phần mềm: hãy đóng rồi mở lại, và "
            "xem lại các lớp chưa khóa sổ."
        )
        return words, Tone.WAITS
    return "Nội dung này không còn hiệu lực.", Tone.NEUTRAL


def _rules_state(services: Services, version: int) -> tuple[str, Tone]:
    if version == services.rules.version:
        return "Đang có hiệu lực. Lớp đã khóa sổ giữ quy định cũ.", Tone.DONE
    if version in services.rules.passed_over:
        words = "Phần mềm bản này không đọc được quy định này. Hãy cập nhật phần mềm."
        return words, Tone.DECIDE
    words = (
        "Có hiệu lực từ lần mở phần mềm sau: hãy đóng phần mềm rồi mở lại, và xem lại các lớp chưa "
        "khóa sổ. Lớp đã khóa sổ giữ quy định cũ."
    )
    return words, Tone.WAITS


def _text(services: Services, row: PublicationRow) -> str:
    said = row.publication
    if row.state is PublicationState.REFUSED:
        return ""
    try:
        if said.kind is PublicationKind.NOTICE:
            return services.delivery.publications.text(said.number)
        if said.withdraws:
            return f"Lý do của Sở: {services.delivery.publications.text(said.number)}"
        if said.kind is PublicationKind.TRUST:
            content = services.workspace.here().publications.content(said.number)
            names = [name_of(one.certificate.subject) for one in read_trust_list(content)]
            return "Các nơi cấp chứng thư được tin:\n" + "\n".join(f"• {name}" for name in names)
        return _rules_text(services, said.number)
    except AppError:
        return "Phần mềm bản này không đọc được nội dung."


def _rules_text(services: Services, number: int) -> str:
    content = services.workspace.here().publications.content(number)
    rules = read_rules(content, shipped())
    lines = [
        f"• {row.title} ({row.id}): lớp {row.grades}, năm học {row.years}"
        for row in rows_of(rules.brought)
    ]
    if rules.drivers:
        lines.append("• Danh sách trình điều khiển token")
    lines += ["• Danh sách tỉnh, thành phố"] if rules.brought.codes else []
    return "Gói quy định gồm:\n" + "\n".join(lines)
