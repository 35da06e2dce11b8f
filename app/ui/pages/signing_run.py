"""While it signs, and what came of it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLayout, QProgressBar, QScrollArea, QWidget

from app.errors import Cancelled
from app.model.transcript import TranscriptHead
from app.ui import icons, messages, theme
from app.ui.pages.signing_data import Job, Outcome, key_of
from app.ui.theme import Tone, Type
from app.ui.widgets import Card, button, column, glyph, row, rule, text
from app.ui.widgets.basics import plain
from app.work import Progress


class RunCard(Card):
    """How far, how long still; pause, and stop after the current one."""

    pause_wanted = Signal(bool)
    stop_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(margin=5)
        self._title = text("", Type.SUBTITLE, wrap=True)
        self._count = text("", Type.FIGURE)
        self._count.setFont(theme.font(Type.FIGURE, tabular=True))
        self._detail = text("", muted=True, wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        theme.set_tone(self._bar, Tone.MOVING)
        self.pause = button("Tạm dừng", "pause")
        self.pause.clicked.connect(self._toggle)
        self.stop = button("Dừng sau học bạ này", "stop")
        self.stop.clicked.connect(self._stop)
        self._held = False
        self.at = Progress(0, 0)
        safe = (
            "Chữ ký nào xong được lưu ngay chữ ký đó. Tạm dừng, rút token hay mất điện "
            "cũng không phải ký lại từ đầu."
        )
        self.add(
            self._title, self._count, self._bar, self._detail, 1, self.pause, self.stop, 1,
            text(safe, Type.SMALL, muted=True, wrap=True),
        )  # fmt: skip

    def begin(self, job: Job) -> None:
        self._held = False
        self._draw_pause()
        self.stop.setEnabled(True)
        self._title.setText(f"Đang ký với tên {job.key.holder}")
        self.show_progress(Progress(0, max(len(job.heads), job.unsealed, 1), "đang mở khóa ký"))

    def show_progress(self, at: Progress) -> None:
        self.at = at
        self._bar.setRange(0, max(at.total, 1))
        self._bar.setValue(at.done)
        self._count.setText(f"{at.done} / {at.total}")
        self._bar.setAccessibleName(f"Đã ký {at.done} trên {at.total} học bạ")
        if not self._held:
            self._detail.setText(at.what)

    def _toggle(self) -> None:
        self._held = not self._held
        self._draw_pause()
        if self._held:
            self._detail.setText("đang tạm dừng, token vẫn mở")
        self.pause_wanted.emit(self._held)

    def _draw_pause(self) -> None:
        self.pause.setText(plain("Ký tiếp" if self._held else " Tạm dừng"))
        icons.put(self.pause, "play" if self._held else "pause")

    def _stop(self) -> None:
        self.stop.setEnabled(False)
        self._detail.setText("đang dừng sau học bạ này")
        self.stop_wanted.emit()


class ResultCard(Card):
    """How many were signed, and every record that was not, with the reason."""

    retry_wanted = Signal(object)
    """tuple[TranscriptHead, ...]"""
    dismissed = Signal()

    def __init__(self) -> None:
        super().__init__(margin=4)
        self.setAccessibleName("Kết quả ký")
        self._inside: QWidget | None = None
        self.hide()

    def show_outcome(self, job: Job, outcome: Outcome) -> None:
        if self._inside is not None:
            self.body.removeWidget(self._inside)
            self._inside.deleteLater()
        again = unfinished(job, outcome)
        good = not again and outcome.stopped_by is None
        close = button("Đã hiểu", quiet=True)
        close.clicked.connect(self.hide)
        close.clicked.connect(self.dismissed)
        head: list[QWidget | QLayout | int | None] = [
            glyph("checked" if good else "attention", "done" if good else "waits", 20),
            text(_summary(job, outcome), Type.STRONG, wrap=True),
        ]
        if again:
            words = f"Ký lại {len(again)} học bạ lỗi" if outcome.report.failed else "Ký tiếp"
            retry = button(words, "refresh", primary=True)
            retry.clicked.connect(lambda: self.retry_wanted.emit(again))
            head.append(retry)
        line = row(*head, close, gap=3)
        line.setStretch(1, 1)
        parts: list[QWidget | QLayout | int | None] = [line]
        if outcome.report.failed:
            parts.append(_failures(job, outcome))
        self._inside = QWidget()
        self._inside.setLayout(column(*parts))
        self.body.addWidget(self._inside)
        self.show()


def unfinished(job: Job, outcome: Outcome) -> tuple[TranscriptHead, ...]:
    """What failed and what was not tried, in the order of the list."""
    good = {(r.record_id, r.version) for r in outcome.report.results if r.error is None}
    bad = {(r.record_id, r.version) for r in outcome.report.failed}
    return tuple(h for h in job.heads if key_of(h) in bad or key_of(h) not in good)


def _summary(job: Job, outcome: Outcome) -> str:
    report = outcome.report
    done = len({(r.record_id, r.version) for r in report.results if r.error is None})
    name = job.key.holder
    parts = [f"Đã ký {done} / {len(job.heads)} học bạ với tên {name}."] if job.heads else []
    if report.failed:
        parts.append(f"{len(report.failed)} học bạ chưa ký được.")
    if isinstance(report.stopped_by, Cancelled):
        parts.append("Đã dừng theo yêu cầu; phần còn lại vẫn chờ ký.")
    if outcome.sealed:
        parts.append(f"Đã đóng dấu {outcome.sealed} bản xem PDF.")
    if outcome.stopped_by is not None and report.stopped_by is None:
        parts.append("Bản xem PDF còn lại sẽ làm ở lần ký sau.")
    return " ".join(parts)


def _failures(job: Job, outcome: Outcome) -> QWidget:
    names = {key_of(head): f"{head.full_name} · {head.section_name}" for head in job.heads}
    parts: list[QWidget | QLayout | int | None] = []
    for result in outcome.report.failed:
        told = messages.explain(result.error) if result.error else None
        name = text(names.get((result.record_id, result.version), ""), Type.STRONG, wrap=True)
        name.setFixedWidth(200)
        why = text(told.what if told else "", wrap=True)
        line = row(name, why)
        line.setStretch(1, 1)
        parts += [rule(), line]
    sheet = QWidget()
    sheet.setLayout(column(*parts, None, gap=1))
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(sheet)
    area.setFixedHeight(min(44 * len(outcome.report.failed) + 8, 150))
    return area
