"""Kết quả: what an import did, what it left alone, and the way back."""

from __future__ import annotations

from PySide6.QtCore import Signal

from app.roster.enrolling import Enrolled
from app.ui.kit import Card, Notice, button, glyph, row, text
from app.ui.theme.theme import Tone, Type


class ImportResultCard(Card):
    closed = Signal()
    again = Signal()
    undo_wanted = Signal()

    def __init__(self, made: Enrolled, *, backed_up: bool) -> None:
        super().__init__(margin=6)
        names = ", ".join(section.name for section in made.sections)
        total = made.added + made.changed + made.unchanged
        self.add(
            row(
                glyph("checked", "done", 28),
                text(f"Đã nhập {total} học sinh", Type.TITLE),
                None,
                gap=3,
            )
        )
        if made.sections:
            self.add(text(f"{len(made.sections)} lớp: {names}", muted=True, wrap=True), 2)
        for count, words in (
            (made.added, "học sinh mới"),
            (made.changed, "học sinh có thay đổi"),
            (made.moved, "học sinh chuyển lớp, điểm đi theo em nếu cùng khối"),
            (made.unchanged, "học sinh giữ nguyên thông tin"),
            (made.left, "học sinh đã chuyển đi, thôi học"),
        ):
            if count:
                figure = text(str(count), Type.STRONG)
                figure.setMinimumWidth(48)
                self.add(row(figure, text(words), None))
        if made.held:
            self.add(1, _held(made))
        if backed_up:
            self.add(1, text("Đã sao lưu kho dữ liệu trước khi nhập.", muted=True))
        if made.added:
            words = "Việc tiếp theo: chọn GVCN và giáo viên từng môn cho mỗi lớp."
            self.add(text(words, muted=True, wrap=True))
        self.back = button("Xem các lớp", "class", primary=True)
        self.back.clicked.connect(self.closed)
        more = button("Nhập tệp khác", "file_in")
        more.clicked.connect(self.again)
        self.undo = button("Quay lại như trước khi nhập", "undo")
        self.undo.clicked.connect(self.undo_wanted)
        self.undo.setVisible(made.undo is not None)
        self.add(2, row(self.back, more, self.undo, None), None)


def _held(made: Enrolled) -> Notice:
    lines = [f"{held.name}: {held.reason}" for held in made.held[:5]]
    more = len(made.held) - len(lines)
    if more:
        lines.append(f"và {more} em nữa")
    title = f"{len(made.held)} dòng chưa nhập vì lớp đã khóa sổ"
    return Notice(title, "\n".join(lines), Tone.WAITS, "lock")


class ImportUndoneCard(Card):
    closed = Signal()
    again = Signal()

    def __init__(self) -> None:
        super().__init__(margin=6)
        title = text("Đã quay lại như trước khi nhập", Type.TITLE)
        self.add(
            row(glyph("undo", "done", 28), title, None, gap=3),
            text("Học sinh, lớp và điểm đã trở lại như cũ.", muted=True, wrap=True),
        )
        back = button("Xem các lớp", "class", primary=True)
        back.clicked.connect(self.closed)
        more = button("Nhập tệp khác", "file_in")
        more.clicked.connect(self.again)
        self.add(2, row(back, more, None), None)
