"""First run: who you are, then the recovery key, shown this once."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QProcess, Signal
from PySide6.QtGui import QFont, QTextDocument
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLineEdit, QVBoxLayout, QWidget

from app.errors import DiskFull, DiskTrouble
from app.files import write_whole
from app.practice.station import hocba
from app.ui.kit.banner import Notice
from app.ui.kit.basics import button, row, text
from app.ui.text.messages import explain
from app.ui.theme import theme
from app.ui.theme.theme import Tone, Type


class Welcome(QWidget):
    create_wanted = Signal(str)
    """The person's name."""

    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(
            text(
                "Máy này chưa có kho dữ liệu của trường. Kho là một tệp mã hóa, nằm trên máy này, "
                "không cần mạng để dùng.",
                wrap=True,
            )
        )
        self.name = QLineEdit()
        self.name.setMaxLength(80)
        self.name.setMinimumHeight(theme.HIT_HEIGHT + 4)
        self.name.setPlaceholderText("Ví dụ: Lý Thị Duyên")
        self.name.setAccessibleName("Họ và tên của thầy cô")
        layout.addSpacing(6)
        layout.addWidget(text("Họ và tên của thầy cô", Type.STRONG))
        layout.addWidget(self.name)
        layout.addWidget(
            text(
                "Tên được ghi trong nhật ký: ai đã sửa điểm, ai đã khóa sổ.", Type.SMALL, muted=True
            )
        )
        layout.addSpacing(8)
        self.go_on = button("Tạo kho dữ liệu của trường", "key", primary=True)
        self.go_on.setEnabled(False)
        self.go_on.clicked.connect(self._create)
        self.name.textChanged.connect(lambda now: self.go_on.setEnabled(bool(now.strip())))
        self.name.returnPressed.connect(self._create)
        practise = button("Thực hành trước", "practice")
        practise.clicked.connect(start_practice)
        layout.addLayout(row(self.go_on, practise, None))

    def _create(self) -> None:
        if self.name.text().strip():
            self.create_wanted.emit(" ".join(self.name.text().split()))


def start_practice() -> None:
    """Practice in a window and process of its own, apart from real data."""
    program, *arguments = hocba("practice")
    QProcess.startDetached(program, arguments)


class RecoveryCard(QWidget):
    """The key can be printed and saved; the way on opens when it is noted."""

    noted = Signal()

    def __init__(self, recovery: str) -> None:
        super().__init__()
        self._recovery = recovery
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(
            text("Ai quên mật khẩu thì dùng khóa này để mở kho. Khóa chỉ hiện một lần.", wrap=True)
        )
        halves = recovery.split("-")
        for part in ("  ".join(halves[:4]), "  ".join(halves[4:])):
            shown = text(part, Type.TITLE)
            shown.setTextInteractionFlags(
                shown.textInteractionFlags() | shown.textInteractionFlags().TextSelectableByMouse
            )
            shown.setFont(_fixed(shown.font()))
            shown.setAccessibleName(part)
            layout.addWidget(shown)
        print_it = button("In ra giấy", "print")
        print_it.clicked.connect(self._print)
        save = button("Lưu vào USB", "save")
        save.clicked.connect(self._save)
        layout.addLayout(row(print_it, save, None))
        self._notice = Notice(
            "Cất khóa ở nơi khác với máy này",
            "Ví dụ: tủ hồ sơ của hiệu trưởng. Ai có khóa này đều mở được kho dữ liệu.",
            Tone.WAITS,
            "lock",
        )
        layout.addWidget(self._notice)
        self.box = QCheckBox("Tôi đã ghi lại khóa khôi phục")
        self.go_on = button("Vào phần mềm", "check", primary=True)
        self.go_on.setEnabled(False)
        self.box.toggled.connect(self.go_on.setEnabled)
        self.go_on.clicked.connect(self.noted)
        layout.addLayout(row(self.box, None, self.go_on))

    def save_to(self, file: Path) -> None:
        """Write the key as text; a full medium is said, not raised."""
        try:
            write_whole(file, f"{self._words()}\n".encode())
        except (DiskFull, DiskTrouble) as error:
            message = explain(error)
            self._notice.say(message.what, message.todo, Tone.DECIDE)
            return
        self._notice.say("Đã lưu khóa khôi phục", file.name, Tone.DONE)

    def _words(self) -> str:
        return f"Khóa khôi phục kho dữ liệu Hocba\n\n{self._recovery}"

    def _save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, "Lưu khóa khôi phục", "khoa-khoi-phuc.txt", "Tệp chữ (*.txt)"
        )
        if name:
            self.save_to(Path(name))

    def _print(self) -> None:
        printer = QPrinter()
        if QPrintDialog(printer, self).exec():
            page = QTextDocument()
            page.setPlainText(self._words())
            page.print_(printer)


def _fixed(font: QFont) -> QFont:
    fixed = QFont(font)
    fixed.setStyleHint(QFont.StyleHint.Monospace)
    fixed.setFamilies(["Consolas", "DejaVu Sans Mono", "monospace"])
    fixed.setPointSizeF(14)
    return fixed
