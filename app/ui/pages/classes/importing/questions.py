"""The question that is selected, and its possible answers, in place."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.ui.kit import button, text
from app.ui.kit.form import choice, chosen, line, words_of
from app.ui.pages.classes.importing.answers import checked, choices, current
from app.ui.pages.classes.importing.data import (
    AskedQuestion,
    ImportAnswers,
    ImportPreview,
    answered,
    field_words,
    left_out,
    suggestions_like,
    unanswered,
    value_words,
)
from app.ui.text.values import day
from app.ui.theme import theme
from app.ui.theme.theme import Tone, Type

_LONGEST = 20


class AnswerBar(QWidget):
    """Nothing is answered before a button is pressed."""

    answered = Signal(object)
    """Answers"""

    def __init__(self) -> None:
        super().__init__()
        self.asked: AskedQuestion | None = None
        self.editor: QLineEdit | QComboBox | None = None
        self._preview: ImportPreview | None = None
        self._question = text("", wrap=True)
        self.wrong = text("", Type.SMALL, tone=Tone.DECIDE)
        self.wrong.hide()
        self._offers = QHBoxLayout()
        self._offers.setSpacing(8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 10)
        layout.setSpacing(8)
        self.leave_out = button("Không nhập dòng này", quiet=True)
        self.leave_out.clicked.connect(self._leave_out)
        head = QHBoxLayout()
        head.addWidget(self._question, 1)
        head.addWidget(self.leave_out)
        layout.addLayout(head)
        layout.addLayout(self._offers)
        layout.addWidget(self.wrong)
        self.hide()

    def show_question(self, asked: AskedQuestion | None, preview: ImportPreview | None) -> None:
        self.asked, self._preview = asked, preview
        self._clear()
        self.setVisible(asked is not None)
        if asked is None or preview is None:
            return
        name = f"{asked.name}: " if asked.name else ""
        self._question.setText(f"{name}{asked.why}")
        if asked.answer:
            self._offer(f"Đã trả lời: {asked.answer}. Hỏi lại", unanswered(self._now, asked))
        elif asked.conflict:
            self._offer_ids(asked)
        elif asked.match is not None:
            self._offer_pupils(asked)
        elif asked.pupil is not None:
            self._offer_value(asked, preview)
        self.leave_out.setVisible(not asked.answer)
        self._offers.addStretch(1)

    @property
    def _now(self) -> ImportAnswers:
        return self._preview.answers if self._preview else ImportAnswers()

    def _clear(self) -> None:
        self.editor = None
        self.wrong.hide()
        while (item := self._offers.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()

    def _offer_pupils(self, asked: AskedQuestion) -> None:
        for student in asked.match.candidates if asked.match else ():
            words = f"Cùng một em: {student.full_name}, {day(student.birth_date)}"
            self._offer(words, answered(self._now, asked, student.id))
        self._offer("Hai em khác nhau: thêm mới", answered(self._now, asked, ""))

    def _offer_ids(self, asked: AskedQuestion) -> None:
        for field in ("moet_id", "personal_id"):
            words = f"Bỏ {field_words(field).lower()} trong tệp"
            self._offer(words, answered(self._now, replace(asked, field=field), ""))

    def _offer_value(self, asked: AskedQuestion, preview: ImportPreview) -> None:
        pupil = asked.pupil
        if pupil is None:
            return
        options, stays = choices(asked.field), current(pupil, asked.field)
        if options:
            known = {value for value, _ in options}
            first = asked.suggestion or stays
            more = [] if first in known or not first else [(first, first)]
            self.editor = choice(field_words(asked.field), [*more, *options], first)
        else:
            shown = value_words(asked.field, asked.suggestion)
            self.editor = line(field_words(asked.field), shown, "Ghi giá trị đúng")
            self.editor.returnPressed.connect(self.use)
        self.editor.setMinimumWidth(170)
        self._offers.addWidget(self.editor)
        use = button("Dùng giá trị này", "check")
        use.clicked.connect(self.use)
        self._offers.addWidget(use)
        words = value_words(asked.field, stays)
        short = words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
        keep = f"Để “{short}”" if words else "Để trống"
        self._offer(keep, answered(self._now, asked, stays))
        self._offer_all(asked, preview)

    def _offer_all(self, asked: AskedQuestion, preview: ImportPreview) -> None:
        alike = suggestions_like(preview, asked)
        if asked.suggestion and len(alike) > 1:
            answers = self._now
            for each in alike:
                answers = answered(answers, each, each.suggestion)
            self._offer(f"Nhận cả {len(alike)} gợi ý cùng loại", answers)

    def use(self) -> None:
        """Answer with what the editor holds, if it can be kept; else say why not."""
        asked, preview = self.asked, self._preview
        if asked is None or preview is None or asked.pupil is None or self.editor is None:
            return
        if isinstance(self.editor, QComboBox):
            self.answered.emit(answered(self._now, asked, chosen(self.editor)))
            return
        year = preview.plan.school_year
        result = checked(asked.field, words_of(self.editor), asked.pupil, year)
        self.wrong.setText(result.wrong)
        self.wrong.setVisible(bool(result.wrong))
        theme.set_style_property(self.editor, "wrong", bool(result.wrong))
        if result.wrong:
            self.editor.setFocus()
        else:
            self.answered.emit(answered(self._now, asked, result.value))

    def _leave_out(self) -> None:
        if self.asked is not None:
            self.answered.emit(left_out(self._now, self.asked))

    def _offer(self, words: str, answers: ImportAnswers) -> None:
        made = button(words)
        made.clicked.connect(lambda: self.answered.emit(answers))
        self._offers.addWidget(made)
