"""Steps of a change of school: seal a history, open one, and decide who the pupil is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLayout, QWidget

from app.model.people import Student
from app.ui.kit import (
    ErrorBanner,
    Notice,
    PassphraseField,
    button,
    column,
    glyph,
    row,
    text,
)
from app.ui.kit.form import Form, choice, chosen
from app.ui.pages.records.transfers.data import ArrivingPupil, PupilChoice
from app.ui.text.values import day
from app.ui.theme.theme import Tone, Type

_WIDEST = 760
_SHORTEST = 8
_BY_PASSPHRASE, _BY_ADDRESS, _NEW = "passphrase", "address", "new"
Part = QWidget | QLayout | int | None


class _Step(QWidget):
    """Title, a way back, and what it is about."""

    back_wanted = Signal()

    def __init__(self, title: str, *below: str) -> None:
        super().__init__()
        self.banner = ErrorBanner()
        self._title, self._below = title, below

    def lay_out(self, *parts: Part) -> None:
        back = button("Quay lại", "left")
        back.clicked.connect(self.back_wanted)
        inside = QWidget()
        inside.setMaximumWidth(_WIDEST)
        head = row(text(self._title, Type.SUBTITLE, wrap=True), back)
        head.setStretch(0, 1)
        said = [text(words, muted=True, wrap=True) for words in self._below]
        inside.setLayout(column(self.banner, head, *said, 2, *parts, None, margin=4))
        self.setLayout(row(inside))


class ExportForm(_Step):
    """Who may open the file: whoever knows a passphrase, or one school alone."""

    export_wanted = Signal(str, bytes)
    """Passphrase ('' with an address), address file (PEM)."""
    address_wanted = Signal()

    def __init__(self, student: Student) -> None:
        super().__init__(
            f"Hồ sơ chuyển trường của {student.full_name}",
            "Tệp chứa mọi phiên bản học bạ đã ký, kết quả và chuyên cần của năm học đang học. "
            "Chỉ trường nhận mở được.",
        )
        self._address = b""
        ways = (
            (_BY_PASSPHRASE, "Bằng mật khẩu"),
            (_BY_ADDRESS, "Bằng tệp địa chỉ của trường nhận"),
        )
        self.way = choice("Khóa tệp", ways)
        self.first = PassphraseField("Mật khẩu của tệp")
        self.second = PassphraseField("Nhập lại mật khẩu")
        self._secrets = Form(2)
        self._secrets.add("Mật khẩu của tệp", self.first)
        self._secrets.add("Nhập lại mật khẩu", self.second)
        self._secret = QWidget()
        told = "Báo mật khẩu cho trường nhận bằng cách khác, ví dụ gọi điện; không gửi cùng tệp."
        self._secret.setLayout(column(self._secrets, text(told, muted=True, wrap=True)))
        pick = button("Chọn tệp địa chỉ…", "folder")
        pick.clicked.connect(self.address_wanted)
        self._picked = text("Chưa chọn. Xin tệp địa chỉ (.pem) từ trường nhận.", wrap=True)
        self._place = QWidget()
        line = row(pick, self._picked)
        line.setStretch(1, 1)
        self._place.setLayout(line)
        self.go = button("Xuất hồ sơ…", "file_out", primary=True)
        self.go.clicked.connect(self._export)
        form = Form()
        form.add("Khóa tệp", self.way)
        self.way.currentIndexChanged.connect(self._choose)
        self.lay_out(form, self._secret, self._place, 2, row(self.go, None))
        self._choose()

    def take_address(self, data: bytes, name: str) -> None:
        self._address = data
        self._picked.setText(f"Đã chọn: {name}")

    def _choose(self) -> None:
        by_passphrase = chosen(self.way) == _BY_PASSPHRASE
        self._secret.setVisible(by_passphrase)
        self._place.setVisible(not by_passphrase)

    def _export(self) -> None:
        if chosen(self.way) == _BY_ADDRESS:
            if self._address:
                self.export_wanted.emit("", self._address)
            else:
                self.banner.say("Chưa chọn tệp địa chỉ của trường nhận.", "", Tone.DECIDE)
                self.banner.show()
            return
        mistakes: dict[QWidget, str] = {}
        if len(self.first.text()) < _SHORTEST:
            mistakes[self.first] = f"Cần ít nhất {_SHORTEST} ký tự."
        elif self.first.text() != self.second.text():
            mistakes[self.second] = "Hai lần nhập chưa giống nhau."
        if not self._secrets.say_mistakes(mistakes):
            self.export_wanted.emit(self.first.text(), b"")


class OpenForm(_Step):
    """The passphrase of a history that came."""

    open_wanted = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__("Mở hồ sơ chuyển trường", name)
        self.field = PassphraseField("Mật khẩu của tệp")
        self.go = button("Mở và kiểm tra", "shield", primary=True)
        self.go.clicked.connect(lambda: self.open_wanted.emit(self.field.text()))
        self.field.returnPressed.connect(self.go.click)
        form = Form()
        form.add("Mật khẩu của tệp (hỏi trường cũ)", self.field)
        self.lay_out(form, row(self.go, None))


class ArrivalView(_Step):
    """What checking said, whose history it is, and which class the pupil joins."""

    take_wanted = Signal(object)
    """Choice"""

    def __init__(self, arrival: ArrivingPupil) -> None:
        verified = arrival.verified
        student, paper = verified.student, verified.history.paper
        super().__init__(
            f"Hồ sơ của {student.full_name}",
            f"Sinh ngày {day(student.birth_date)} · {paper.school_name} lập "
            f"{day(paper.made_at[:10])}",
        )
        self.who = choice("Là học sinh nào", _people(arrival))
        sections = [("", "Xếp lớp sau"), *((key, f"Lớp {name}") for key, name in arrival.sections)]
        self.section = choice("Xếp vào lớp", sections)
        form = Form(2)
        form.add("Là học sinh nào", self.who)
        form.add("Xếp vào lớp", self.section)
        self.go = button("Nhận hồ sơ", "file_in", primary=True)
        self.go.clicked.connect(self._take)
        self.lay_out(*_checked(arrival), 2, form, row(self.go, None))

    def _take(self) -> None:
        who, section = chosen(self.who), chosen(self.section)
        is_new = who == _NEW
        self.take_wanted.emit(PupilChoice("" if is_new else who, is_new, section))


def _people(arrival: ArrivingPupil) -> list[tuple[str, str]]:
    """The one we know by an id; else those it may be; a new pupil where nobody is sure."""
    verified = arrival.verified
    if verified.match is not None:
        return [(verified.match.id, f"{verified.match.full_name} (đã có trong trường)")]
    alike = [(s.id, f"{s.full_name}, sinh {day(s.birth_date)}") for s in verified.candidates]
    return [*alike, (_NEW, "Học sinh mới của trường")]


def _checked(arrival: ArrivingPupil) -> list[Part]:
    count = len(arrival.verified.records)
    parts: list[Part] = []
    if count:
        told = "Nội dung không bị sửa từ khi ký; chứng thư của người ký được tin cậy."
        parts.append(Notice(f"Chữ ký của {count} học bạ đều hợp lệ", told, Tone.DONE, "shield"))
    for content in arrival.verified.contents:
        common = content.common
        year = common.school_year.replace("-", "–")
        words = f"Năm học {year} · lớp {content.section.name} · phiên bản {common.version}"
        name = column(text(words), text(content.school.name, muted=True, wrap=True), gap=0)
        line = row(glyph("check", "done", 16), name)
        line.setStretch(1, 1)
        parts.append(line)
    if arrival.mid_year:
        words = (
            f"{arrival.mid_year} bảng kết quả của năm học chưa kết thúc: không có chữ ký số, "
            "hãy đối chiếu với bản giấy."
        )
        parts.append(Notice("Kết quả giữa năm", words, Tone.WAITS))
    if len(arrival.verified.candidates) > 0:
        words = "Có học sinh trùng họ tên và ngày sinh. Hãy chọn đúng người."
        parts.append(text(words, tone=Tone.WAITS, wrap=True))
    return parts
