"""Who teaches a class: the homeroom teacher, and of every subject one teacher or several."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QRadioButton, QVBoxLayout, QWidget

from app.model.people import Staff, TeachingAssignment
from app.ui.kit import Notice, button, row, text
from app.ui.kit.form import Form, choice, chosen
from app.ui.kit.side_panel import PanelForm
from app.ui.pages.classes.data import TeachingPlan
from app.ui.theme.theme import Tone, Type

_TERMS = [("", "Cả năm"), ("1", "Học kì I"), ("2", "Học kì II")]


class SubjectTeachers(QWidget):
    """The teachers of one subject, a line each; of several, the one who signs is marked."""

    def __init__(
        self,
        name: str,
        people: list[tuple[str, str]],
        assigned: Sequence[TeachingAssignment],
        *,
        one_signs: bool,
    ) -> None:
        super().__init__()
        self._name, self._people, self._one_signs = name, people, one_signs
        self.lines: list[tuple[QComboBox, QComboBox, QRadioButton]] = []
        self._signers = QButtonGroup(self)
        self._signers.setExclusive(one_signs)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self.more = button("Thêm giáo viên", "add", quiet=True)
        self.more.setAccessibleName(f"Thêm giáo viên môn {name}")
        self.more.clicked.connect(self._add_empty)
        self._layout.addLayout(row(self.more, None))
        for each in assigned or [TeachingAssignment("", "", "")]:
            self.add(each)

    def add(self, assigned: TeachingAssignment | None = None) -> None:
        """One more line; a new one signs only where nobody does yet."""
        first = not self.lines
        who = choice(self._name, self._people, assigned.teacher_id if assigned else "")
        term = choice(f"{self._name}: dạy", _TERMS, assigned.semester if assigned else "")
        signs = QRadioButton("Ký")
        signs.setAutoExclusive(False)
        signs.setAccessibleName(f"Người ký môn {self._name}")
        self._signers.addButton(signs)
        signs.setChecked(first if assigned is None else assigned.signs)
        self.lines.append((who, term, signs))
        self._layout.insertLayout(self._layout.count() - 1, row(who, term, signs, gap=1))
        several = len(self.lines) > 1
        for _, each, marked in self.lines:
            each.setVisible(several)
            marked.setVisible(several)

    def _add_empty(self) -> None:
        self.add()

    def assignments(self, section_id: str, subject: str) -> list[TeachingAssignment]:
        """Whoever is named, each once; of several one signs at least."""
        named: dict[str, TeachingAssignment] = {}
        for who, term, signs in self.lines:
            if teacher := chosen(who):
                made = TeachingAssignment(
                    section_id, subject, teacher, chosen(term), signs.isChecked()
                )
                named.setdefault(teacher, made)
        found = list(named.values())
        if found and not any(each.signs for each in found):
            one = found[0]
            found[0] = TeachingAssignment(section_id, subject, one.teacher_id, one.semester)
        return found


class TeachingForm(PanelForm):
    """Homeroom teacher and the teachers of every subject."""

    saved = Signal(str, str, object, object)
    """section id, staff id of the homeroom teacher, subjects shown, list[TeachingAssignment]"""

    def __init__(self, teaching: TeachingPlan) -> None:
        super().__init__()
        self._section = teaching.section.id
        people = [("", "Chưa phân công")] + [(p.id, _named(p)) for p in teaching.staff]
        self.homeroom = choice("Giáo viên chủ nhiệm", people, teaching.section.homeroom_teacher_id)
        form = Form()
        form.add("Giáo viên chủ nhiệm", self.homeroom)
        self.subjects = {
            code: SubjectTeachers(
                name,
                people,
                [each for each in teaching.teachers if each.subject == code],
                one_signs=teaching.one_signs,
            )
            for code, name in teaching.subjects
        }
        for code, name in teaching.subjects:
            form.add(name, self.subjects[code])
        self.save = button("Lưu phân công", "save", primary=True)
        self.save.clicked.connect(self._save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.setSpacing(12)
        if not teaching.staff:
            layout.addWidget(
                Notice("Chưa có giáo viên nào", "Hãy thêm ở Cài đặt › Nhân sự trước.", Tone.WAITS)
            )
        if not teaching.subjects:
            layout.addWidget(
                text("Chưa có quy định môn học cho khối và năm học này.", Type.SMALL, muted=True)
            )
        layout.addWidget(form)
        self.footer = (self.save,)

    def typed(self) -> object:
        """Who is chosen for what."""
        return chosen(self.homeroom), [
            each.assignments(self._section, code) for code, each in self.subjects.items()
        ]

    def _save(self) -> None:
        made = [
            each
            for code, teachers in self.subjects.items()
            for each in teachers.assignments(self._section, code)
        ]
        self.saved.emit(self._section, chosen(self.homeroom), tuple(self.subjects), made)


def _named(person: Staff) -> str:
    title = person.title if person.active else "đã nghỉ"
    return f"{person.full_name} · {title}" if title else person.full_name
