"""Nhà trường: what stands in every record, and the year's deadlines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtWidgets import QLineEdit, QWidget

from app.model.people import School
from app.profile import Programme
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.kit import button, row, text
from app.ui.kit.form import Form, choice, chosen, line, words_of
from app.ui.pages.settings.parts import SettingsPart
from app.ui.shell.task_runner import TaskRunner
from app.ui.text.deadlines import DEADLINES, STAGES
from app.ui.text.values import day, iso_day
from app.ui.theme.theme import Type


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    school: School | None
    deadlines: Mapping[str, str]
    """Stage -> ISO 8601 day."""


class SchoolPart(SettingsPart):
    name, icon = "Nhà trường", "class"

    def __init__(self, services: Services, runner: TaskRunner, dialogs: DialogService) -> None:
        super().__init__(services, runner, dialogs)
        self.full_name = line("Tên trường", hint="Trường PTDTBT TH&THCS …")
        self.code = line("Mã trường", hint="Mã do Bộ cấp", longest=20)
        self.tax_code = line("Mã số thuế", hint="Ghi trên chứng thư số của trường", longest=14)
        provinces = services.profiles.codes["provinces"]
        self.province = choice("Tỉnh, thành phố", [("", "Chọn tỉnh"), *provinces.items()])
        self.commune = line("Xã, phường", hint="Ví dụ: Pa Vệ Sử")
        self.commune_code = line("Mã xã", hint="5 chữ số", longest=5)
        self.department = line("Tên Sở", hint="Sở Giáo dục và Đào tạo …")
        self.province.currentIndexChanged.connect(self._suggest_department)
        kinds = [
            (Programme.GENERAL.value, "Trường phổ thông"),
            (Programme.CONTINUING.value, "Trung tâm giáo dục thường xuyên"),
        ]
        self.programme = choice("Loại cơ sở", kinds)
        self.form = Form(2)
        for name, field, wide in (
            ("Tên trường", self.full_name, True),
            ("Loại cơ sở", self.programme, True),
            ("Mã trường", self.code, False),
            ("Mã số thuế của trường", self.tax_code, False),
            ("Tỉnh, thành phố", self.province, False),
            ("Sở Giáo dục và Đào tạo", self.department, False),
            ("Xã, phường", self.commune, False),
            ("Mã xã", self.commune_code, False),
        ):
            self.form.add(name, field, wide=wide)
        self.save = button("Lưu thông tin trường", "save", primary=True)
        self.save.clicked.connect(self.keep)
        self.add(
            "Thông tin ghi trong học bạ",
            self.form,
            row(self.save, None),
            text(
                "Mã trường và mã số thuế phải khớp với chứng thư số của trường thì mới ký phát "
                "hành được.",
                Type.SMALL,
                muted=True,
                wrap=True,
            ),
        )
        self.days = {key: line(words, hint="25/05/2027", longest=10) for key, words in STAGES}
        self.dates = Form(3)
        for key, words in STAGES:
            self.dates.add(words, self.days[key])
        keep_dates = button("Lưu hạn", "save")
        keep_dates.clicked.connect(self.keep_deadlines)
        self.add("Hạn của năm học", self.dates, row(keep_dates, None))
        self.body.addStretch(1)

    def load(self) -> None:
        def read() -> SchoolFacts:
            store = self.services.workspace.here()
            return SchoolFacts(store.people.school(), store.settings.get(DEADLINES, {}))

        self.work(read, self._show)

    def keep(self) -> None:
        """Check, then save."""
        school = self._typed()
        if self.form.say_mistakes(self._mistakes(school)):
            return

        def save() -> None:
            store = self.services.workspace.here()
            with store.write():
                store.people.save_school(school)
                store.audit.add("school", school.code)

        def saved(_: None) -> None:
            self.say("Đã lưu thông tin trường", "Việc tiếp theo: thêm hiệu trưởng ở Nhân sự.")
            self.kept.emit()

        self.work(save, saved)

    def keep_deadlines(self) -> None:
        days = {key: iso_day(field.text()) for key, field in self.days.items() if field.text()}
        mistakes: dict[QWidget, str] = {
            self.days[key]: "Viết như 25/05/2027."
            for key, value in days.items()
            if not _full(value)
        }
        if self.dates.say_mistakes(mistakes):
            return

        def saved(_: None) -> None:
            self.say("Đã lưu hạn của năm học")

        self.work(lambda: self.services.workspace.here().settings.set(DEADLINES, days), saved)

    def _show(self, facts: SchoolFacts) -> None:
        for key, field in self.days.items():
            field.setText(day(str(facts.deadlines.get(key, ""))))
        school = facts.school
        if school is None:
            return
        self.province.setCurrentIndex(max(0, self.province.findData(school.province_code)))
        self.programme.setCurrentIndex(self.programme.findData(school.programme.value))
        pairs: tuple[tuple[QLineEdit, str], ...] = (
            (self.full_name, school.name),
            (self.code, school.code),
            (self.tax_code, school.tax_code),
            (self.commune, school.commune),
            (self.commune_code, school.commune_code),
            (self.department, school.department_name),
        )
        for field, value in pairs:
            field.setText(value)

    def _suggest_department(self) -> None:
        if chosen(self.province):
            self.department.setText(f"Sở Giáo dục và Đào tạo {self.province.currentText()}")

    def _typed(self) -> School:
        code = chosen(self.province)
        return School(
            code=words_of(self.code),
            name=words_of(self.full_name),
            department_code=code,
            department_name=words_of(self.department),
            commune=words_of(self.commune),
            province=self.province.currentText() if code else "",
            province_code=code,
            commune_code=words_of(self.commune_code),
            tax_code=words_of(self.tax_code),
            programme=Programme(chosen(self.programme)),
        )

    def _mistakes(self, school: School) -> dict[QWidget, str]:
        digits = school.tax_code.replace("-", "")
        rules = (
            (self.full_name, bool(school.name), "Cần tên trường như trong quyết định thành lập."),
            (self.code, bool(school.code), "Cần mã trường."),
            (self.province, bool(school.province_code), "Hãy chọn tỉnh."),
            (self.commune, bool(school.commune), "Cần tên xã, phường."),
            (self.department, bool(school.department_name), "Cần tên Sở."),
            (
                self.tax_code,
                not digits or (digits.isdigit() and len(digits) in (10, 13)),
                "Cần 10 hoặc 13 chữ số, hoặc để trống.",
            ),
        )
        return {field: why for field, fine, why in rules if not fine}


def _full(iso: str) -> bool:
    from datetime import date

    try:
        date.fromisoformat(iso)
    except ValueError:
        return False
    return True
