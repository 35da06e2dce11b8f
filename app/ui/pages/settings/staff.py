"""Nhân sự: principal, teachers, clerk, with the id that their certificates carry."""

from __future__ import annotations

import uuid
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from app.model.people import ClassSection, Staff, StaffRole
from app.roster.names import sort_key
from app.services import Services
from app.ui.dialogs import ConfirmDialog, DialogService
from app.ui.kit import Card, Column, DataTable, EmptyState, button, row
from app.ui.kit.form import Form, choice, chosen, line, words_of
from app.ui.pages.settings.parts import SettingsPart
from app.ui.shell.task_runner import TaskRunner
from app.ui.text.values import masked
from app.ui.theme.theme import Tone

ROLES = {
    StaffRole.PRINCIPAL: "Hiệu trưởng",
    StaffRole.DEPUTY_PRINCIPAL: "Phó hiệu trưởng",
    StaffRole.TEACHER: "Giáo viên",
    StaffRole.CLERK: "Văn thư",
}


def _role(person: Staff) -> str:
    return ROLES[person.role] if person.active else f"{ROLES[person.role]} · đã nghỉ"


class StaffPart(SettingsPart):
    name, icon = "Nhân sự", "user"

    def __init__(self, services: Services, runner: TaskRunner, dialogs: DialogService) -> None:
        super().__init__(services, runner, dialogs)
        self._editing: Staff | None = None
        self._staff: list[Staff] = []
        self.table = DataTable(
            "Nhân sự",
            (
                Column("Họ và tên", lambda r: r.full_name, 0, strong=True,
                       order=lambda r: sort_key(r.full_name)),
                Column("Vai trò", _role, 210),
                Column("Số định danh", lambda r: masked(r.personal_id) or "Chưa có", 150,
                       chip=lambda r: Tone.DONE if r.personal_id else Tone.WAITS),
            ),
            EmptyState("user", "Chưa có ai", "Bắt đầu bằng hiệu trưởng, rồi đến giáo viên."),
        )  # fmt: skip
        self.table.setMinimumHeight(210)
        self.table.selected.connect(self.edit)
        self.body.addWidget(Card(margin=0).add(self.table), 1)
        self.full_name = line("Họ và tên")
        self.personal_id = line("Số định danh cá nhân", hint="12 chữ số", longest=12)
        self.role = choice("Vai trò", [(r.value, words) for r, words in ROLES.items()])
        self.form = Form(3)
        self.form.add("Họ và tên", self.full_name)
        self.form.add("Vai trò", self.role)
        self.form.add("Số định danh cá nhân", self.personal_id)
        self.save = button("Thêm người này", "add", primary=True)
        self.save.clicked.connect(self.keep)
        self.personal_id.returnPressed.connect(self.keep)
        self.fresh = button("Thêm người khác", "add")
        self.fresh.clicked.connect(lambda: self.edit(None))
        self.fresh.hide()
        self.leave = button("Không còn làm ở trường", "forbidden")
        self.leave.clicked.connect(self._ask_leave)
        self.leave.hide()
        self.add("Thêm hoặc sửa", self.form, row(self.save, self.fresh, None, self.leave))

    def load(self) -> None:
        def read() -> list[Staff]:
            return self.services.workspace.here().people.staff()

        self.work(read, self._show)

    def edit(self, person: Staff | None) -> None:
        """Fill the form with someone, or empty it."""
        self._editing = person
        self.full_name.setText(person.full_name if person else "")
        self.personal_id.setText(person.personal_id if person else "")
        role = person.role if person else self._next_role()
        self.role.setCurrentIndex(self.role.findData(role.value))
        self.save.setText(" Lưu thay đổi" if person else " Thêm người này")
        self.fresh.setVisible(person is not None)
        self.leave.setVisible(person is not None)
        if person is not None:
            words = " Không còn làm ở trường" if person.active else " Làm việc trở lại"
            self.leave.setText(words)
        self.form.say_mistakes({})

    def keep(self) -> None:
        person = self._typed()
        if self.form.say_mistakes(self._mistakes(person)):
            return

        self._save(person, f"Đã lưu {person.full_name}", person.role)

    def _save(self, person: Staff, words: str, act: str) -> None:
        """`act`: what the audit log says of it."""

        def save() -> None:
            store = self.services.workspace.here()
            with store.write():
                store.people.save_staff([person])
                store.audit.add("staff", person.id, act)

        def saved(_: None) -> None:
            self.say(words)
            self.edit(None)
            self.load()
            self.kept.emit()
            self.full_name.setFocus()

        self.work(save, saved)

    # --- leaving, and coming back -------------------------------------------------------------

    def _ask_leave(self) -> None:
        person = self._editing
        if person is None:
            return
        if not person.active:
            back = replace(person, active=True)
            if not self.form.say_mistakes(self._mistakes(back)):
                self._save(back, f"{person.full_name} làm việc trở lại", "back")
            return

        def read() -> list[ClassSection]:
            return self.services.workspace.here().people.duties(person.id)

        self.work(read, lambda named: self._confirm_leave(person, named))

    def _confirm_leave(self, person: Staff, named: list[ClassSection]) -> None:
        words = (
            f"{person.full_name} không còn trong danh sách để phân công. Điểm, nhận xét, chữ ký và "
            "nhật ký đã có vẫn giữ nguyên tên."
        )
        if named:
            classes = ", ".join(section.name for section in named)
            words += f" Đang được phân công ở lớp {classes}: hãy phân công người khác ở Lớp học."
        dialog = ConfirmDialog(
            f"{person.full_name} không còn làm ở trường?", words, "Cho nghỉ", "forbidden"
        )
        gone = replace(person, active=False)
        self.dialogs.ask(
            dialog, lambda: self._save(gone, f"{person.full_name} không còn làm ở trường", "left")
        )

    def _show(self, staff: list[Staff]) -> None:
        order = list(ROLES)
        self._staff = sorted(
            staff, key=lambda p: (not p.active, order.index(p.role), sort_key(p.full_name))
        )
        self.table.show_rows(self._staff)
        if self._editing is None:
            self.edit(None)

    def _next_role(self) -> StaffRole:
        there = any(p.active and p.role is StaffRole.PRINCIPAL for p in self._staff)
        return StaffRole.TEACHER if there else StaffRole.PRINCIPAL

    def _typed(self) -> Staff:
        role = StaffRole(chosen(self.role))
        bare = self._editing or Staff(uuid.uuid4().hex, "", role)
        return replace(
            bare,
            full_name=words_of(self.full_name),
            role=role,
            personal_id=words_of(self.personal_id).replace(" ", ""),
            title=bare.title if self._editing and role is bare.role else ROLES[role],
        )

    def _mistakes(self, person: Staff) -> dict[QWidget, str]:
        found: dict[QWidget, str] = {}
        others = [each for each in self._staff if each.id != person.id]
        number = person.personal_id
        if len(person.full_name.split()) < 2:
            found[self.full_name] = "Cần họ và tên."
        if number and not (number.isdigit() and len(number) == 12):
            found[self.personal_id] = "Cần đúng 12 chữ số, hoặc để trống."
        elif number and any(each.personal_id == number for each in others):
            found[self.personal_id] = "Số này đã là của người khác."
        leads = [each.active and each.role is StaffRole.PRINCIPAL for each in (person, *others)]
        if leads[0] and any(leads[1:]):
            found[self.role] = "Đã có hiệu trưởng. Hãy đổi vai trò người cũ trước."
        return found
