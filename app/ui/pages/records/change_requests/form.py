"""Asking for a correction, a recall or a cancellation: what, why and who asks."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from app.model.people import Sex
from app.model.text import nfc
from app.model.transcript import RequestKind
from app.ui.grid.columns import ColumnKey, shown
from app.ui.kit import ErrorBanner, button, column, row, text
from app.ui.kit.choosers import ChoiceBox
from app.ui.kit.form import Form, choice, chosen, line, words_of
from app.ui.pages.records.change_requests.data import ChangeDraft, Correctable
from app.ui.text.change_requests import HELP, IDENTITY_FIELDS, OTHER_FIELDS, SENDS, TITLES
from app.ui.text.values import day, iso_day, pupil_mistakes
from app.ui.theme import theme
from app.ui.theme.theme import Type

_WIDEST = 860
IDENTITY, OTHER = "identity", "other"
_WHATS = (
    ("content", "Điểm, nhận xét, kết quả (nội dung)"),
    (IDENTITY, "Họ tên, ngày sinh, mã định danh (thông tin cá nhân)"),
    (OTHER, "Nơi sinh, nơi ở, cha mẹ (nội dung)"),
)
_SEXES = ((Sex.MALE.value, "Nam"), (Sex.FEMALE.value, "Nữ"), (Sex.UNKNOWN.value, "Chưa rõ"))


class EntryLine(QWidget):
    """One value of the gradebook: which, what it says, what it should say."""

    def __init__(self, what: Correctable) -> None:
        super().__init__()
        self._what = what
        titles = [each.full_title for each in what.columns]
        self.place = ChoiceBox()
        self.place.setAccessibleName("Mục cần sửa")
        self.place.setEditable(True)
        self.place.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.place.setMinimumHeight(theme.HIT_HEIGHT)
        self.place.setMinimumContentsLength(24)
        self.place.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.place.addItems(titles)
        finder = QCompleter(titles, self.place)
        finder.setFilterMode(Qt.MatchFlag.MatchContains)
        finder.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.place.setCompleter(finder)
        self.place.setCurrentIndex(-1)
        field = self.place.lineEdit()
        if field is not None:
            field.setPlaceholderText("Chọn môn và cột điểm, ví dụ: Toán")
        self.before = text("Chọn mục để xem giá trị đang ghi.", muted=True, wrap=True)
        self.after = QPlainTextEdit()
        self.after.setAccessibleName("Giá trị mới")
        self.after.setPlaceholderText("Giá trị mới")
        self.after.setTabChangesFocus(True)
        self.after.setFixedHeight(58)
        self.after.setEnabled(False)
        self.place.currentIndexChanged.connect(self._show)
        self.setLayout(column(self.place, self.before, self.after))

    def choose(self, key: ColumnKey) -> None:
        keys = [each.key for each in self._what.columns]
        self.place.setCurrentIndex(keys.index(key))

    def entry(self) -> tuple[ColumnKey, str] | None:
        at = self.place.currentIndex()
        if at < 0:
            return None
        return self._what.columns[at].key, nfc(self.after.toPlainText()).strip()

    def _show(self, at: int) -> None:
        self.after.setEnabled(at >= 0)
        if at < 0:
            return
        each = self._what.columns[at]
        value = shown(self._what.cells.get(each.key, ""), each)
        self.before.setText(f"Đang ghi: {value or '(để trống)'}")
        self.after.setPlainText(value)


class RequestForm(QWidget):
    """Nothing changes before a second person has approved it."""

    asked = Signal(object)
    """Wish"""
    back_wanted = Signal()

    def __init__(self, what: Correctable, kind: RequestKind) -> None:
        super().__init__()
        self._what = what
        self._kind = kind
        self.banner = ErrorBanner()
        self.entries: list[EntryLine] = []
        self.fields: dict[str, QLineEdit] = {}
        self.kinds = choice("Cần đính chính", _WHATS)
        self.sex = choice("Giới tính", _SEXES, what.student.sex.value)
        self._lines = QVBoxLayout()
        self._identity, self._other = Form(2), Form(2)
        self._fill(self._identity, IDENTITY_FIELDS)
        self._identity.add("Giới tính", self.sex)
        self._fill(self._other, OTHER_FIELDS)
        self.reason = line("Lý do", "", "Ví dụ: chép nhầm điểm từ sổ theo dõi", 400)
        self.asked_by = person("Người đề nghị", what.people, what.user)
        self._why = Form(2)
        self._why.add("Lý do", self.reason, wide=True)
        self._why.add("Người đề nghị", self.asked_by)
        self.send = button(SENDS[kind], "check", primary=True)
        self.send.clicked.connect(self._ask)
        self._build()
        self.add_entry()
        self._choose_kind()

    @property
    def corrects(self) -> bool:
        return self._kind in (RequestKind.CONTENT, RequestKind.IDENTITY)

    def add_entry(self) -> EntryLine:
        made = EntryLine(self._what)
        self.entries.append(made)
        self._lines.addWidget(made)
        return made

    def wish(self) -> ChangeDraft:
        """What is typed now; only what belongs to the chosen kind."""
        kind, entries, pupil = self._kind, {}, {}
        typed = chosen(self.kinds)
        if self.corrects:
            kind = RequestKind.IDENTITY if typed == IDENTITY else RequestKind.CONTENT
            if typed == "content":
                entries = dict(found for each in self.entries if (found := each.entry()))
            else:
                pupil = self._pupil(IDENTITY_FIELDS if typed == IDENTITY else OTHER_FIELDS)
                if typed == IDENTITY:
                    pupil["sex"] = chosen(self.sex)
        who = nfc(" ".join(self.asked_by.currentText().split()))
        return ChangeDraft(kind, words_of(self.reason), who, entries, pupil)

    def _build(self) -> None:
        another = button("Thêm mục cần sửa", "add", quiet=True)
        another.clicked.connect(self.add_entry)
        self._marks = QWidget()
        self._marks.setLayout(column(self._lines, row(another, None)))
        back = button("Quay lại", "left")
        back.clicked.connect(self.back_wanted)
        head = self._what.head
        who = f"{head.full_name} · Lớp {head.section_name} · phiên bản {head.version}"
        self._what_part = Form()
        self._what_part.add("Cần đính chính", self.kinds)
        self.kinds.activated.connect(self._choose_kind)
        inside = QWidget()
        inside.setMaximumWidth(_WIDEST)
        inside.setLayout(
            column(
                self.banner,
                row(text(TITLES[self._kind], Type.SUBTITLE), None, back),
                text(who, muted=True, wrap=True),
                text(HELP[self._kind], muted=True, wrap=True),
                2,
                self._what_part,
                self._marks,
                self._identity,
                self._other,
                self._why,
                2,
                row(self.send, None),
                None,
                margin=4,
                gap=2,
            )
        )
        self.setLayout(row(inside))

    def _fill(self, form: Form, fields: tuple[tuple[str, str, str], ...]) -> None:
        for name, words, hint in fields:
            value = getattr(self._what.student, name)
            shown_value = day(value) if name == "birth_date" else getattr(value, "text", value)
            self.fields[name] = line(words, shown_value, hint)
            form.add(words, self.fields[name])

    def _choose_kind(self) -> None:
        typed = chosen(self.kinds) if self.corrects else ""
        self._what_part.setVisible(self.corrects)
        self._marks.setVisible(typed == "content")
        self._identity.setVisible(typed == IDENTITY)
        self._other.setVisible(typed == OTHER)

    def _pupil(self, fields: tuple[tuple[str, str, str], ...]) -> dict[str, str]:
        return {name: words_of(self.fields[name]) for name, _, _ in fields}

    def _ask(self) -> None:
        wish = self.wish()
        mistakes: dict[QWidget, str] = {}
        if not wish.reason:
            mistakes[self.reason] = "Cần ghi lý do."
        if not wish.asked_by:
            mistakes[self.asked_by] = "Cần ghi người đề nghị."
        wrong = self._why.say_mistakes(mistakes)
        if "full_name" in wish.pupil:
            typed = {**wish.pupil, "birth_date": iso_day(wish.pupil["birth_date"])}
            found: dict[QWidget, str] = {
                self.fields[name]: words for name, words in pupil_mistakes(typed).items()
            }
            wrong = self._identity.say_mistakes(found) or wrong
        if not wrong:
            self.asked.emit(wish)


def person(name: str, people: tuple[str, ...], who: str = "") -> QComboBox:
    """A name from the staff, or any other that is typed."""
    made = ChoiceBox()
    made.setEditable(True)
    made.setAccessibleName(name)
    made.setMinimumHeight(theme.HIT_HEIGHT)
    made.addItems(list(people))
    made.setCurrentText(who if who in people else "")
    field = made.lineEdit()
    if field is not None:
        field.setMaxLength(200)
        field.setPlaceholderText("Họ và tên")
    return made
