"""The side panel's form of one pupil."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import resources
from app.model.people import EnrollmentStatus, Sex
from app.profile import code_list
from app.ui.kit import Notice, button
from app.ui.kit.form import Form, choice, chosen, line, words_of
from app.ui.kit.side_panel import PanelForm
from app.ui.pages.classes.data import STATUS, PupilRow
from app.ui.text.values import day, iso_day, pupil_mistakes
from app.ui.theme.theme import Tone

_TEXTS = (
    ("full_name", "Họ và tên", ""),
    ("birth_date", "Ngày sinh", "05/04/2013"),
    ("personal_id", "Số định danh cá nhân", "12 chữ số"),
    ("moet_id", "Mã định danh Bộ GD&ĐT", "10 chữ số"),
    ("birthplace", "Nơi sinh", ""),
    ("hometown", "Quê quán", ""),
    ("residence", "Nơi ở", ""),
    ("father_name", "Họ tên cha", ""),
    ("mother_name", "Họ tên mẹ", ""),
    ("guardian_name", "Người giám hộ", ""),
    ("campus", "Điểm trường", ""),
    ("disability", "Loại khuyết tật", "Để trống nếu không có"),
)
_PLACES = {"birthplace", "hometown", "residence"}


class PupilForm(PanelForm):
    """Edits of one pupil; nothing is kept before the button is pressed."""

    saved = Signal(object, object, object)
    """PupilRow, {field: value}, EnrollmentStatus"""

    def __init__(self, row: PupilRow) -> None:
        super().__init__()
        self._row = row
        student = row.student
        self._form = Form()
        self.fields = {
            field: line(words, self._shown(field), hint) for field, words, hint in _TEXTS
        }
        for field, words, _ in _TEXTS[:2]:
            self._form.add(words, self.fields[field])
        sexes = [(Sex.MALE.value, "Nam"), (Sex.FEMALE.value, "Nữ"), (Sex.UNKNOWN.value, "Chưa rõ")]
        self.sex = choice("Giới tính", sexes, student.sex.value)
        self._form.add("Giới tính", self.sex)
        peoples = sorted({*ethnic_groups(), student.ethnicity})
        self.ethnicity = choice("Dân tộc", [(name, name) for name in peoples], student.ethnicity)
        self._form.add("Dân tộc", self.ethnicity)
        for field, words, _ in _TEXTS[2:]:
            self._form.add(words, self.fields[field])
        statuses = [(status.value, words) for status, words in STATUS.items()]
        assessed = [("no", "Có đánh giá"), ("yes", "Khuyết tật, không đánh giá")]
        self.not_assessed = choice("Đánh giá", assessed, "yes" if student.not_assessed else "no")
        self._form.add("Đánh giá", self.not_assessed)
        self.status = choice("Tình trạng", statuses, row.enrollment.status.value)
        self._form.add("Tình trạng", self.status)
        self.save = button("Lưu thay đổi", "save", primary=True)
        self.save.clicked.connect(self._save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.setSpacing(12)
        if row.locked:
            layout.addWidget(
                Notice(
                    "Học bạ của em đã khóa",
                    "Thay đổi ở đây chỉ vào học bạ khi mở khóa rồi khóa lại, hoặc lập đính chính.",
                    Tone.WAITS,
                    "lock",
                )
            )
        layout.addWidget(self._form)
        self.footer = (self.save,)

    def typed(self) -> object:
        """Every field as it stands."""
        return self.values(), chosen(self.status)

    def values(self) -> dict[str, str]:
        found = {field: words_of(box) for field, box in self.fields.items()}
        found["birth_date"] = iso_day(found["birth_date"])
        return {
            **found,
            "sex": chosen(self.sex),
            "ethnicity": chosen(self.ethnicity),
            "not_assessed": chosen(self.not_assessed),
        }

    def _shown(self, field: str) -> str:
        value = getattr(self._row.student, field)
        if field in _PLACES:
            return str(value.text)
        return day(value) if field == "birth_date" else str(value)

    def _save(self) -> None:
        values = self.values()
        mistakes: dict[QWidget, str] = {
            self.fields[field]: why for field, why in pupil_mistakes(values).items()
        }
        if not self._form.say_mistakes(mistakes):
            self.saved.emit(self._row, values, EnrollmentStatus(chosen(self.status)))


def ethnic_groups() -> list[str]:
    return list(code_list(resources.path("profiles", "ethnicities.toml")).values())
