"""A gallery of the frame and all widgets with invented data, to look at.

`python -m installer.pictures.screens FOLDER [light|dark|contrast]` writes PNG files; without a
display set QT_QPA_PLATFORM=offscreen.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from PySide6.QtWidgets import QApplication, QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from app.errors import NetworkDown
from app.ui.dialogs import ConfirmDialog, NewWorkspaceDialog, PassphraseDialog, PinDialog
from app.ui.dialogs.pin import PinTries
from app.ui.kit import (
    BarChart,
    Card,
    Column,
    CountTile,
    DataTable,
    EmptyState,
    KeyCard,
    KeyCheck,
    KeyFacts,
    Notice,
    PinField,
    ProgressRow,
    StateChip,
    Step,
    StepStrip,
    TodoRow,
    button,
    row,
    rule,
    text,
)
from app.ui.shell.app import build_application
from app.ui.shell.main_window import MainWindow
from app.ui.shell.page import Badge, Page, PrimaryAction
from app.ui.shell.state_strip import StripPlace
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text.messages import explain
from app.ui.theme import apply_theme, theme
from app.ui.theme.theme import Tone
from app.work import WorkContext
from tests.fixtures.outcomes import must_not_fail

SCHEMES = {
    "light": theme.LIGHT,
    "dark": theme.DARK,
    "contrast": theme.HIGH_CONTRAST_LIGHT,
    "contrast-dark": theme.HIGH_CONTRAST_DARK,
}

FACTS = KeyFacts(
    "Nguyễn Văn Khải",
    "Hiệu trưởng",
    "Trường PTDTBT TH&THCS Pa Vệ Sử",
    "VGCA",
    date(2028, 8, 14),
    (
        KeyCheck("Chứng thư còn hạn, đúng vai trò"),
        KeyCheck("RSA 2048, RSASSA-PSS, SHA-256"),
        KeyCheck("Chưa kiểm tra thu hồi trực tuyến (kiểm tra khi có mạng)", Tone.NEUTRAL),
    ),
)


def nothing() -> None:
    """Buttons of the gallery lead nowhere."""


class _GalleryPage(Page):
    def content(self, left: Sequence[QWidget], right: Sequence[QWidget]) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(24, 4, 24, 16)
        layout.setSpacing(16)
        main, side = QVBoxLayout(), QVBoxLayout()
        for part in left[:-1]:
            main.addWidget(part)
        main.addWidget(left[-1], 1)
        for part in right:
            side.addWidget(part)
        side.addStretch(1)
        for column in (main, side):
            column.setSpacing(14)
        layout.addLayout(main, 7)
        if right:
            layout.addLayout(side, 3)


class HomeGallery(_GalleryPage):
    key, title, icon = "home", "Trang chủ", "home"
    where = "Thứ Tư, 19/05/2027"  # type: ignore[assignment]
    heading = "Chào cô Biên"  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        strip = StepStrip()
        strip.show_steps(
            [
                Step("grid", "Nhập điểm", "39 / 41", Tone.WAITS),
                Step("lock", "Khóa sổ", "chưa"),
                Step("sign", "GVBM ký", "0 / 12"),
                Step("sign", "GVCN ký", "chưa"),
                Step("stamp", "Hiệu trưởng, trường", "chưa"),
                Step("send", "Gửi Sở", "chưa"),
                Step("checked", "Biên nhận", "chưa"),
            ]
        )
        todo = Card("Việc cần làm hôm nay")
        rows = (
            ("attention", "Toán 8B còn thiếu 3 điểm", "Phàn Tả Mẩy, Pờ Go Xừ · hạn khóa sổ 25/05"),
            ("comment", "7 học sinh chưa có nhận xét", "Hoạt động trải nghiệm 8B"),
            ("lock", "Lớp 8B sẵn sàng khóa sổ 10 / 12 môn", "Còn Toán và Hoạt động trải nghiệm"),
            (
                "undo",
                "Hiệu trưởng trả lại 1 học bạ",
                "Sùng Thị Mỷ: ngày sinh khác giấy khai sinh",
            ),
        )
        tones = (Tone.WAITS, Tone.WAITS, Tone.ACCENT, Tone.DECIDE)
        acts = ("Nhập tiếp", "Viết nhận xét", "Xem lớp", "Mở học bạ")
        for (icon, what, detail), tone, act in zip(rows, tones, acts, strict=True):
            todo.add(
                TodoRow(icon, what, detail, act, nothing, tone=tone, primary=act == acts[0]), rule()
            )
        bars = Card("Lớp 8B · đủ điểm theo môn")
        for name, done in (("Ngữ văn", 41), ("Toán", 39), ("Ngoại ngữ 1", 41), ("KHTN", 41),
                           ("LS và ĐL", 41), ("GDCD", 41), ("HĐTN-HN", 34)):  # fmt: skip
            bar = ProgressRow(name)
            bar.show_share(done, 41)
            bars.add(bar)
        due = Card("Hạn").add(
            text("25/05 khóa sổ · 28/05 ký · 31/05 gửi Sở"), text("còn 6 ngày", muted=True)
        )
        self.content((Card().add(strip), todo.add(None)), (bars, due))


class SigningGallery(_GalleryPage):
    key, title, icon = "signing", "Ký số", "sign"
    where = "Ký số · Hiệu trưởng"  # type: ignore[assignment]
    heading = "Ký học bạ đã khóa"  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        boxes = Card("Lớp sẽ ký")
        for name in ("6A · 38 học bạ", "6B · 37 học bạ", "7A · 39 học bạ"):
            box = QCheckBox(name)
            box.setChecked(True)
            boxes.add(box)
        chart = BarChart("Phân bố điểm giữa kì")
        chart.show_bars([(str(m), n) for m, n in enumerate((1, 1, 2, 4, 7, 11, 14, 9, 5, 2), 1)])
        look = Card("Phân bố giữa kì").add(chart, None)
        card = Card(margin=5).add(
            KeyCard(FACTS), rule(), text("Mã PIN của token"), PinField(),
            text("Token không báo còn ít lần thử. Phần mềm không tự thử lại mã PIN.",
                 theme.Type.SMALL, muted=True, wrap=True),
            button("Ký 231 học bạ với tên Nguyễn Văn Khải", "sign", primary=True),
        )  # fmt: skip
        self.content((boxes, look), (card,))


@dataclass(frozen=True)
class _Sent:
    section: str
    what: str
    state: str
    tone: Tone
    detail: str


class OutboxGallery(_GalleryPage):
    key, title, icon = "outbox", "Gửi đi", "send"
    heading = "Nộp học bạ lên Sở"  # type: ignore[assignment]
    primary_action = PrimaryAction("Tạm dừng", "pause", nothing, emphasized=False)  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        tiles = QWidget()
        made = []
        for words, tone, count, detail in (
            ("Chờ gửi", Tone.WAITS, 118, "6 gói, 342 KB"),
            ("Đang gửi", Tone.MOVING, 41, "lớp 8B, còn khoảng 40 giây"),
            ("Đã có biên nhận", Tone.DONE, 602, "có chữ ký của Sở"),
            ("Bị trả lại", Tone.DECIDE, 2, "cần xem"),
        ):
            tile = CountTile(words, tone)
            tile.show_count(count, detail)
            made.append(tile)
        tiles.setLayout(row(*made, gap=4))
        table = DataTable(
            "Học bạ gửi đi",
            (
                Column("Lớp", lambda r: r.section, 80, strong=True),
                Column("Nội dung", lambda r: r.what, 150),
                Column("Trạng thái", lambda r: r.state, 190, chip=lambda r: r.tone),
                Column("Chi tiết", lambda r: r.detail),
            ),
            EmptyState("send", "Chưa có học bạ nào chờ gửi"),
        )
        table.show_rows(
            [
                _Sent("8B", "41 học bạ", "Đang gửi", Tone.MOVING, "63 % · 61 / 97 KB · 5,1 KB/s"),
                _Sent("9A", "36 học bạ", "Chờ gửi", Tone.WAITS, "sẽ gửi tiếp theo"),
                _Sent("6A", "38 học bạ", "Đã có biên nhận", Tone.DONE, "biên nhận 29/05 09:41"),
                _Sent("8A", "Tao Văn Hoan", "Bị trả lại", Tone.DECIDE, "Thiếu số định danh."),
            ]
        )
        table.view.selectRow(1)
        notice = Notice(
            "Mạng yếu, đang gửi từng phần.",
            "Ngắt mạng lúc nào cũng được: phần đã gửi được giữ lại, lần sau gửi tiếp.",
            Tone.MOVING,
            "signal",
        )
        notice.offer("Chép ra USB để mang đi gửi", nothing)
        chips = QWidget()
        chips.setLayout(row(*(StateChip(t.value, t) for t in Tone), None))
        self.content((tiles, Card(margin=0).add(table), notice, chips), ())


class EmptyGallery(_GalleryPage):
    icon = "class"
    primary_action = PrimaryAction("Nhập danh sách từ Excel", "file_in", nothing)  # type: ignore[assignment]

    def __init__(self, key: str, title: str, icon: str, *, at_bottom: bool = False) -> None:
        self.key, self.title, self.icon = key, title, icon  # type: ignore[misc]
        self.at_bottom = at_bottom  # type: ignore[misc]
        super().__init__()
        empty = EmptyState(
            icon,
            "Chưa có lớp nào",
            "Danh sách lớp và học sinh nằm ở đây. Bắt đầu bằng tệp Excel của trường.",
            "Nhập danh sách từ Excel",
            nothing,
        )
        self.content((Card().add(empty),), ())


def gallery_pages() -> list[Page]:
    """A page for each place of the sidebar."""
    return [
        HomeGallery(),
        EmptyGallery("classes", "Lớp học", "class"),
        EmptyGallery("gradebook", "Sổ điểm", "grid"),
        EmptyGallery("transcripts", "Học bạ", "record"),
        SigningGallery(),
        EmptyGallery("handover", "Bàn giao", "stick"),
        OutboxGallery(),
        EmptyGallery("practice", "Thực hành", "practice", at_bottom=True),
        EmptyGallery("help", "Trợ giúp", "help", at_bottom=True),
        EmptyGallery("settings", "Cài đặt", "settings", at_bottom=True),
    ]


def gallery_window(runner: TaskRunner, *, practice: bool = False) -> MainWindow:
    window = MainWindow(
        gallery_pages(),
        runner,
        school="Trường PTDTBT TH&THCS Pa Vệ Sử · năm học 2026–2027",
        practice=practice,
    )
    window.page("signing").badge_changed.emit(Badge(41))
    window.page("outbox").badge_changed.emit(Badge(3, Tone.MOVING))
    window.show_state(StripPlace.SAVED, "Đã lưu 10:42", Tone.DONE)
    window.show_state(StripPlace.TOKEN, "Token: Lò Thị Biên · còn hạn đến 03/2028")
    window.show_state(StripPlace.NETWORK, "Ngoại tuyến")
    window.show_state(StripPlace.BACKUP, "Sao lưu hôm nay 07:15")
    window.show_state(StripPlace.WHO, "Cô Biên · GVCN 8B")
    return window


def _wait(app: QApplication, seconds: float = 0.3) -> None:
    from PySide6.QtTest import QTest

    QTest.qWait(int(seconds * 1000))
    app.processEvents()


def _dialogs(window: MainWindow) -> dict[str, QWidget]:
    wrong = PinDialog(
        FACTS,
        "Ký 231 học bạ",
        tries=PinTries(1),
        was_wrong=True,
        estimate="Khoảng 1 phút 10 giây",
    )
    made = NewWorkspaceDialog()
    made.first.setText("bốn con trâu xanh")
    made.second.setText("bốn con")
    return {
        "pin": PinDialog(FACTS, "Ký 231 học bạ", estimate="Khoảng 1 phút 10 giây"),
        "pin-wrong": wrong,
        "open": PassphraseDialog("C:/Hocba/PaVeSu.hocba", was_wrong=True),
        "new": made,
        "confirm": ConfirmDialog(
            "Thu hồi học bạ đã phát hành?",
            "Học bạ của 1 học sinh sẽ được thu hồi. Sở nhận được thông báo ở lần gửi tới.",
            "Thu hồi 1 học bạ",
        ),
    }


def main(folder: Path, scheme: str = "light") -> None:
    app = build_application([])
    apply_theme.apply(app, SCHEMES[scheme])
    folder.mkdir(parents=True, exist_ok=True)
    runner = TaskRunner()
    window = gallery_window(runner)
    window.show()
    for key in ("home", "classes", "signing", "outbox"):
        window.open_page(key)
        _wait(app)
        window.grab().save(str(folder / f"{scheme}-{key}.png"))

    def slow(context: WorkContext) -> None:
        for step in range(40):
            context.step(step, 231, "Ký 6A")
            context.cancel.wait(0.1)

    practice = gallery_window(runner, practice=True)
    practice.show()
    practice.resize(1024, 700)
    runner.run(Lane.TOKEN, slow, owner=practice, failed=must_not_fail, title="Ký 231 học bạ")
    practice.errors.show_message(explain(NetworkDown()), nothing)
    practice.show_panel(KeyCard(FACTS), "Chứng thư đang dùng")
    _wait(app, 2.6)
    practice.grab().save(str(folder / f"{scheme}-practice.png"))
    for name, dialog in _dialogs(window).items():
        dialog.show()
        _wait(app)
        dialog.grab().save(str(folder / f"{scheme}-dialog-{name}.png"))
        dialog.close()
    runner.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
