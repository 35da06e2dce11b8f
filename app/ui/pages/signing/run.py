"""While it signs, and what came of it."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLayout, QProgressBar, QScrollArea, QWidget

from app.errors import Cancelled
from app.model.signing import LONGEST_IDLE
from app.model.transcript import TranscriptHead
from app.signing.batch.signing_batch import Pause
from app.ui.kit import Card, button, column, glyph, row, rule, text
from app.ui.kit.basics import keep_tab_order, plain
from app.ui.pages.signing.data import key_of
from app.ui.pages.signing.work import SigningJob, SigningOutcome
from app.ui.shell.task_panel import time_left
from app.ui.text import messages
from app.ui.theme import icons, theme
from app.ui.theme.theme import Tone, Type
from app.work import Progress

SHOWN = 40
"""Failures with a line of their own; all of them are in the list of results."""


class SigningRunCard(Card):
    """How far, how long still; pause, and stop after the current one."""

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
        self._pause = Pause()
        self._held = False
        self._tick = QTimer(self)
        self._tick.setInterval(1000)
        self._tick.timeout.connect(self._say_held)
        self.at = Progress(0, 0)
        minutes = round(LONGEST_IDLE / 60)
        safe = (
            "Chữ ký nào xong được lưu ngay chữ ký đó. Tạm dừng, rút token hay mất điện cũng không "
            f"phải ký lại từ đầu. Để yên quá {minutes} phút, khóa ký tự đóng."
        )
        self.add(
            self._title, self._count, self._bar, self._detail, 1, self.pause, self.stop, 1,
            text(safe, Type.SMALL, muted=True, wrap=True),
        )  # fmt: skip

    def begin(self, job: SigningJob, pause: Pause) -> None:
        self._pause, self._held = pause, False
        self._draw_pause()
        self.pause.setEnabled(True)
        self.stop.setEnabled(True)
        self._title.setText(f"Đang ký với tên {job.key.holder}")
        self.show_progress(Progress(0, max(len(job.heads), job.unsealed, 1), "đang mở khóa ký"))

    def end(self) -> None:
        self._tick.stop()

    def show_progress(self, at: Progress) -> None:
        self.at = at
        self._bar.setRange(0, max(at.total, 1))
        self._bar.setValue(at.done)
        self._count.setText(f"{at.done} / {at.total}")
        self._bar.setAccessibleName(f"{at.what}: {at.done} trên {at.total}")
        if not self._held and self.stop.isEnabled():
            words = (at.what, time_left(at.seconds_left))
            self._detail.setText(" · ".join(part for part in words if part))

    def _toggle(self) -> None:
        self._held = not self._held
        (self._pause.hold if self._held else self._pause.go_on)()
        self._draw_pause()
        if self._held:
            self._say_held()
            self._tick.start()
        else:
            self._tick.stop()
            self._detail.setText("đang ký tiếp")

    def _say_held(self) -> None:
        minutes, seconds = divmod(round(self._pause.seconds_left), 60)
        self._detail.setText(f"đang tạm dừng · khóa ký tự đóng sau {minutes}:{seconds:02}")

    def _draw_pause(self) -> None:
        self.pause.setText(plain(" Ký tiếp" if self._held else " Tạm dừng"))
        self.pause.setAccessibleName("Ký tiếp" if self._held else "Tạm dừng")
        icons.put(self.pause, "play" if self._held else "pause")

    def _stop(self) -> None:
        self._tick.stop()
        self.pause.setEnabled(False)
        self.stop.setEnabled(False)
        self._detail.setText("đang dừng sau học bạ này")
        self.stop_wanted.emit()


class SigningResultCard(Card):
    """How many were signed, and every record that was not, with the reason."""

    retry_wanted = Signal(object)
    """tuple[TranscriptHead, ...]"""
    list_wanted = Signal(object, object)
    """Job, Outcome: the result of every record."""
    dismissed = Signal()

    def __init__(self) -> None:
        super().__init__(margin=4)
        self.setAccessibleName("Kết quả ký")
        self._inside: QWidget | None = None
        self.hide()

    def show_outcome(self, job: SigningJob, outcome: SigningOutcome) -> None:
        if self._inside is not None:
            self.body.removeWidget(self._inside)
            self._inside.deleteLater()
        failed, left = failed_of(job, outcome), not_tried(job, outcome)
        good = not failed and not left and outcome.stopped_by is None
        head = row(
            glyph("checked" if good else "attention", "done" if good else "waits", 20),
            text(_summary(job, outcome), Type.STRONG, wrap=True),
            self._close(),
            gap=3,
        )
        head.setStretch(1, 1)
        acts: list[QWidget | QLayout | int | None] = []
        if job.heads:
            each = button("Từng học bạ", "list", quiet=True)
            each.setToolTip("Kết quả của từng học bạ trong lần ký này")
            each.clicked.connect(lambda: self.list_wanted.emit(job, outcome))
            acts += [each, None]
        for heads, words in (
            (failed, f"Ký lại {len(failed)} học bạ lỗi"),
            (left, f"Ký tiếp {len(left)} học bạ"),
        ):
            if heads:
                acts.append(self._again(heads, words))
        parts: list[QWidget | QLayout | int | None] = [head, row(*acts)]
        if failed:
            parts.insert(1, _failures(job, outcome))
        self._inside = QWidget()
        self._inside.setLayout(column(*parts))
        self.body.addWidget(self._inside)
        self.show()
        keep_tab_order(self)

    def _close(self) -> QWidget:
        close = button("Đã hiểu", quiet=True)
        close.clicked.connect(self.hide)
        close.clicked.connect(self.dismissed)
        return close

    def _again(self, heads: tuple[TranscriptHead, ...], words: str) -> QWidget:
        again = button(words, "refresh", primary=True)
        again.clicked.connect(lambda: self.retry_wanted.emit(heads))
        return again


def failed_of(job: SigningJob, outcome: SigningOutcome) -> tuple[TranscriptHead, ...]:
    bad = {(r.record_id, r.version) for r in outcome.report.failed}
    return tuple(head for head in job.heads if key_of(head) in bad)


def not_tried(job: SigningJob, outcome: SigningOutcome) -> tuple[TranscriptHead, ...]:
    """In the order of the list."""
    tried = {(r.record_id, r.version) for r in outcome.report.results}
    return tuple(head for head in job.heads if key_of(head) not in tried)


def result_words(
    job: SigningJob, outcome: SigningOutcome
) -> list[tuple[TranscriptHead, str, Tone]]:
    """The result of every record, what failed first, then what was not tried."""
    results = {(r.record_id, r.version): r for r in outcome.report.results}
    results |= {(r.record_id, r.version): r for r in outcome.report.failed}
    found = []
    for head in job.heads:
        result = results.get(key_of(head))
        if result is None:
            found.append((head, "chưa đến lượt, vẫn chờ ký", Tone.WAITS))
        elif result.error is not None:
            found.append((head, messages.explain(result.error).what, Tone.DECIDE))
        else:
            words = "đã ký từ trước" if result.skipped else "đã ký"
            found.append((head, words, Tone.DONE))
    order = [Tone.DECIDE, Tone.WAITS, Tone.DONE]
    return sorted(found, key=lambda each: order.index(each[2]))


def _summary(job: SigningJob, outcome: SigningOutcome) -> str:
    report = outcome.report
    bad = {(r.record_id, r.version) for r in report.failed}
    done = len({(r.record_id, r.version) for r in report.results} - bad)
    name = job.key.holder
    parts = [f"Đã ký {done} / {len(job.heads)} học bạ với tên {name}."] if job.heads else []
    if bad:
        parts.append(f"{len(bad)} học bạ chưa ký được.")
    if isinstance(report.stopped_by, Cancelled):
        parts.append("Đã dừng theo yêu cầu; phần còn lại vẫn chờ ký.")
    if outcome.sealed:
        parts.append(f"Đã đóng dấu {outcome.sealed} bản xem PDF.")
    if outcome.stopped_by is not None and report.stopped_by is None:
        parts.append("Bản xem PDF còn lại sẽ làm ở lần ký sau.")
    return " ".join(parts)


def _failures(job: SigningJob, outcome: SigningOutcome) -> QWidget:
    bad = [each for each in result_words(job, outcome) if each[2] is Tone.DECIDE]
    parts: list[QWidget | QLayout | int | None] = []
    for head, words, _ in bad[:SHOWN]:
        name = text(f"{head.full_name} · {head.section_name}", Type.STRONG, wrap=True)
        name.setFixedWidth(200)
        line = row(name, text(words, wrap=True))
        line.setStretch(1, 1)
        parts += [rule(), line]
    if len(bad) > SHOWN:
        parts += [rule(), text(f"và {len(bad) - SHOWN} học bạ nữa", muted=True)]
    sheet = QWidget()
    sheet.setLayout(column(*parts, None, gap=1))
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(sheet)
    area.setFixedHeight(min(44 * len(bad) + 8, 150))
    return area
