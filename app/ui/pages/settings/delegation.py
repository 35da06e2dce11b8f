"""Ký thay: who signs in the principal's slot, by school year, with the written authority."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from PySide6.QtWidgets import QWidget

from app.model.people import Delegation, Staff, StaffRole
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.kit import button, row, text
from app.ui.kit.form import Form, choice, chosen, line, words_of
from app.ui.pages.settings.parts import SettingsPart
from app.ui.shell.task_runner import TaskRunner
from app.ui.text.values import day, iso_day
from app.ui.theme.theme import Type


@dataclass(frozen=True, slots=True)
class DelegationChoices:
    """School years, newest first, each with its delegation; and who may be chosen."""

    years: tuple[str, ...]
    given: dict[str, Delegation | None]
    staff: tuple[Staff, ...]


class DelegationPart(SettingsPart):
    name, icon = "Ký thay", "stamp"

    def __init__(self, services: Services, runner: TaskRunner, dialogs: DialogService) -> None:
        super().__init__(services, runner, dialogs)
        self._choices = DelegationChoices((), {}, ())
        self.year = choice("Năm học", [])
        self.person = choice("Người ký", [])
        self.number = line("Số giấy ủy quyền", hint="12/UQ-THCS", longest=50)
        self.issued_on = line("Ngày ủy quyền", hint="20/05/2027", longest=10)
        self.form = Form(2)
        self.form.add("Năm học", self.year)
        self.form.add("Người ký ở chỗ của hiệu trưởng", self.person)
        self.form.add("Số giấy ủy quyền", self.number)
        self.form.add("Ngày ủy quyền", self.issued_on)
        self.save = button("Lưu", "save", primary=True)
        self.save.clicked.connect(self.keep)
        self.year.activated.connect(self._show_year)
        words = (
            "Mặc định hiệu trưởng ký. Phó hiệu trưởng hoặc người có giấy ủy quyền ký thay được "
            "chọn cho từng năm học; căn cứ ký thay ghi trong học bạ lập từ nay. Học bạ đang chờ "
            "ký được chuyển cho người mới ở trang Ký số."
        )
        self.add(
            "Ai ký ở chỗ của hiệu trưởng",
            text(words, Type.SMALL, muted=True, wrap=True),
            self.form,
            row(self.save, None),
        )
        self.body.addStretch(1)

    def load(self) -> None:
        def read() -> DelegationChoices:
            people = self.services.workspace.here().people
            years = sorted({section.school_year for section in people.sections()}, reverse=True)
            given = {year: self.services.signatories.delegation(year) for year in years}
            staff = [p for p in people.staff() if p.active and p.role is not StaffRole.PRINCIPAL]
            return DelegationChoices(tuple(years), given, tuple(staff))

        self.work(read, self._show)

    def keep(self) -> None:
        year, staff_id = chosen(self.year), chosen(self.person)
        number, issued_on = words_of(self.number), iso_day(words_of(self.issued_on))
        if not year or self.form.say_mistakes(self._mistakes(staff_id, number, issued_on)):
            return
        signatories = self.services.signatories

        def save() -> None:
            if staff_id:
                signatories.delegate(Delegation(year, staff_id, number, issued_on))
            else:
                signatories.end_delegation(year)

        def saved(_: None) -> None:
            who = self.person.currentText()
            self.say(f"Năm học {year}: {who} ký.", "Học bạ đang chờ ký: xem trang Ký số.")
            self.load()
            self.kept.emit()

        self.work(save, saved)

    def _show(self, found: DelegationChoices) -> None:
        before = chosen(self.year)
        self._choices = found
        self.year.clear()
        for year in found.years:
            self.year.addItem(year.replace("-", "–"), year)
        self.year.setCurrentIndex(max(0, self.year.findData(before)))
        self.person.clear()
        self.person.addItem("Hiệu trưởng", "")
        for person in found.staff:
            title = f" · {person.title}" if person.title else ""
            self.person.addItem(f"{person.full_name}{title}", person.id)
        self.save.setEnabled(bool(found.years))
        self._show_year()

    def _show_year(self) -> None:
        given = self._choices.given.get(chosen(self.year))
        self.person.setCurrentIndex(max(0, self.person.findData(given.staff_id if given else "")))
        self.number.setText(given.number if given else "")
        self.issued_on.setText(day(given.issued_on) if given and given.issued_on else "")
        self.form.say_mistakes({})

    def _mistakes(self, staff_id: str, number: str, issued_on: str) -> dict[QWidget, str]:
        """A deputy stands in by duty; everybody else needs the paper's number and date."""
        found: dict[QWidget, str] = {}
        roles = {person.id: person.role for person in self._choices.staff}
        needs_paper = staff_id and roles.get(staff_id) is not StaffRole.DEPUTY_PRINCIPAL
        if needs_paper and not number:
            found[self.number] = "Cần số của giấy ủy quyền."
        if issued_on and not _is_day(issued_on):
            found[self.issued_on] = "Viết như 20/05/2027."
        elif needs_paper and not issued_on:
            found[self.issued_on] = "Cần ngày của giấy ủy quyền."
        return found


def _is_day(iso: str) -> bool:
    try:
        date.fromisoformat(iso)
    except ValueError:
        return False
    return True
