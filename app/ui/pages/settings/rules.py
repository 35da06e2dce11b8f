"""Quy định đang dùng: which rules hold, where they come from, and a file of the department."""

from __future__ import annotations

from dataclasses import dataclass

from app.model.publication import PublicationKind
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.kit import Card, Column, DataTable, EmptyState, Notice, text
from app.ui.pages.settings.parts import SettingsPart
from app.ui.shell.task_runner import TaskRunner
from app.ui.text.rules import RuleRow, rows_of
from app.ui.theme.theme import Tone


@dataclass(frozen=True, slots=True)
class RuleFacts:
    version: int
    """Of the newest pack of the department that was taken; 0: none."""
    trust: int
    rows: tuple[RuleRow, ...]


class RulesPart(SettingsPart):
    name, icon = "Quy định", "list"

    def __init__(self, services: Services, runner: TaskRunner, dialogs: DialogService) -> None:
        super().__init__(services, runner, dialogs)
        self.state = Notice("")
        self.body.addWidget(self.state)
        self.table = DataTable(
            "Quy định đang dùng",
            (
                Column("Quy định", lambda r: r.title, 0, strong=True, tip=lambda r: r.title),
                Column("Mã và bản", lambda r: r.id, 130),
                Column("Lớp", lambda r: r.grades, 100),
                Column("Năm học", lambda r: r.years, 240, tip=lambda r: r.years, spare=True),
            ),
            EmptyState("list", "Không có quy định nào"),
        )
        self.table.setMinimumHeight(190)
        self.body.addWidget(Card(margin=0).add(self.table), 1)
        self.add(
            "Khi quy định thay đổi",
            text(
                "Sở gửi quy định mới cùng lúc nhận học bạ, hoặc bằng tệp chép ra USB (mở ở trang "
                "Thông báo). Quy định mới được kiểm tra chữ ký và đọc hết trước khi dùng, có hiệu "
                "lực từ lần mở phần mềm sau. Lớp đã khóa sổ giữ quy định lúc khóa; mã và bản được "
                "ghi trong từng học bạ.",
                wrap=True,
            ),
        )

    def load(self) -> None:
        self.work(lambda: facts(self.services), self._show)

    def _show(self, found: RuleFacts) -> None:
        self.table.show_rows(found.rows)
        rules = self.services.rules
        trust = f"Danh sách tin cậy của Sở: {_version(found.trust)}."
        if found.version in rules.passed_over:
            words = f"Phần mềm không đọc được quy định {_version(found.version)} của Sở"
            self.state.say(words, f"Quy định bên dưới được giữ. {trust}", Tone.DECIDE)
        elif found.version > rules.version:
            words = f"Quy định {_version(found.version)} của Sở có hiệu lực từ lần mở sau"
            self.state.say(words, f"Hãy đóng phần mềm rồi mở lại. {trust}", Tone.WAITS)
        elif found.version < rules.version:
            words = f"Sở đã thu hồi quy định {_version(rules.version)} đang dùng"
            self.state.say(words, f"Hãy đóng phần mềm rồi mở lại. {trust}", Tone.WAITS)
        elif rules.version:
            self.state.say(f"Đang dùng quy định {_version(rules.version)} của Sở", trust, Tone.DONE)
        else:
            self.state.say("Đang dùng quy định đi kèm phần mềm", trust, Tone.NEUTRAL)


def facts(services: Services) -> RuleFacts:
    """SQL on the calling thread."""
    kept = services.workspace.here().publications.kept
    newest = {
        kind: next((said.version for said, _ in kept(kind)), 0)
        for kind in (PublicationKind.PROFILES, PublicationKind.TRUST)
    }
    return RuleFacts(
        newest[PublicationKind.PROFILES],
        newest[PublicationKind.TRUST],
        rows_of(services.profiles),
    )


def _version(number: int) -> str:
    return f"bản {number}" if number else "chưa có"
