"""Bàn giao: to whom, what came, and which of two values holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtWidgets import QFileDialog, QStackedWidget, QWidget

from app.replication.incoming import REASONS, TakenIn
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.kit import (
    Card,
    Column,
    DataTable,
    EmptyState,
    ErrorBanner,
    Notice,
    button,
    column,
    row,
    text,
)
from app.ui.pages.handover import data
from app.ui.pages.handover.data import HandoverReader, PersonRow, RivalRow
from app.ui.shell.page import Badge, Page, PrimaryAction
from app.ui.shell.task_runner import Lane, TaskRunner
from app.ui.text.messages import explain
from app.ui.theme.theme import Tone, Type

_HOW = (
    "Máy này sẽ là máy văn phòng của trường. Máy của giáo viên và hiệu trưởng làm thẻ, văn phòng "
    "kết nạp, rồi công việc đi và về bằng USB, được niêm phong riêng cho từng máy."
)

_T = TypeVar("_T")


class HandoverPage(Page):
    key, title, icon = "handover", "Bàn giao", "stick"

    def __init__(
        self,
        services: Services,
        runner: TaskRunner,
        dialogs: DialogService,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._runner = runner
        self.look = HandoverReader()
        self._person: PersonRow | None = None
        self._rival: RivalRow | None = None
        self._build()

    @property
    def where(self) -> str:
        return self.look.school or self.title

    @property
    def primary_action(self) -> PrimaryAction | None:
        if not self.look.is_member:
            return None
        return PrimaryAction("Nhận từ USB…", "stick", self.ask_take)

    def refresh(self) -> None:
        self._run(lambda: data.load(self._services), self._show)

    # --- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        self.banner = ErrorBanner()
        self.notice = Notice("")
        self.notice.hide()
        self.people = DataTable(
            "Người và máy của trường",
            (
                Column("Họ và tên", lambda r: r.name, 220, strong=True),
                Column("Vai trò", lambda r: r.roles),
                Column("Giao lần cuối", lambda r: r.last_out if r.has_machine else "máy này", 180),
                Column("Nhận lần cuối", lambda r: r.last_in if r.has_machine else "", 180),
            ),
            EmptyState("stick", "Chưa có ai"),
        )
        self.people.selected.connect(self._choose_person)
        self.out = button("Chép ra USB…", "stick")
        self.out.clicked.connect(self.ask_out)
        self.rivals = DataTable(
            "Hai người nhập một ô",
            (
                Column("Học sinh", lambda r: f"{r.pupil} · {r.section}", 220, strong=True),
                Column("Ô", lambda r: r.cell),
                Column("Giá trị", lambda r: r.value, 110),
                Column("Người nhập", lambda r: f"{r.who}, {r.when}", 300),
                Column(
                    "Tình trạng",
                    lambda r: "cần chọn" if r.is_conflict else "không áp dụng",
                    140,
                    chip=lambda r: Tone.DECIDE if r.is_conflict else Tone.NEUTRAL,
                ),
            ),
            EmptyState("check", "Không có ô nào mâu thuẫn"),
        )
        self.rivals.selected.connect(self._choose_rival)
        self.keep = button("Giữ giá trị đã chọn", "check")
        self.keep.clicked.connect(self.decide)
        self.words = text("", Type.SMALL, muted=True, wrap=True)
        inside = QWidget()
        upper = Card("Giao cho").add(self.people).add(row(self.words, None, self.out))
        lower = Card("Mâu thuẫn").add(self.rivals).add(row(None, self.keep))
        layout = column(upper, lower, gap=3)
        layout.setStretch(0, 1)
        layout.setStretch(1, 1)
        inside.setLayout(layout)
        self.begin = EmptyState(
            "stick", "Trường đang dùng một máy", _HOW, "Dùng nhiều máy", self.start_sharing
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(self.begin)
        self._stack.addWidget(inside)
        page = column(self.banner, self.notice, self._stack, gap=3)
        page.setContentsMargins(24, 4, 24, 16)
        page.setStretch(2, 1)
        self.setLayout(page)
        self._tell_choice()

    # --- showing ----------------------------------------------------------------------------

    def _show(self, look: HandoverReader) -> None:
        self.look, self._person, self._rival = look, None, None
        self._stack.setCurrentIndex(1 if look.is_member else 0)
        self.people.show_rows(look.people)
        self.rivals.show_rows(look.rivals)
        self.words.setText(f"Lời nhận diện của trường: {look.words}" if look.words else "")
        self._tell_choice()
        self.badge_changed.emit(Badge(look.conflicts, Tone.DECIDE))
        self.heading_changed.emit()

    def _choose_person(self, chosen: PersonRow | None) -> None:
        self._person = chosen
        self._tell_choice()

    def _choose_rival(self, chosen: RivalRow | None) -> None:
        self._rival = chosen
        self._tell_choice()

    def _tell_choice(self) -> None:
        person, rival = self._person, self._rival
        self.out.setEnabled(person is not None and person.has_machine)
        self.out.setText(f" Chép ra USB cho {person.name}…" if person else " Chép ra USB…")
        self.keep.setEnabled(rival is not None)
        self.keep.setText(
            f" Giữ “{rival.value}” của {rival.who}" if rival else " Giữ giá trị đã chọn"
        )

    def _say(self, title: str, detail: str, tone: Tone) -> None:
        self.banner.hide()
        self.notice.withdraw()
        self.notice.say(title, detail, tone)
        self.notice.show()

    # --- acts -------------------------------------------------------------------------------

    def start_sharing(self) -> None:
        self._run(lambda: data.begin_sharing(self._services), lambda _: self.refresh())

    def ask_out(self) -> None:
        self._ask_folder("Chọn USB để chép ra", self.hand_out)

    def hand_out(self, folder: Path) -> None:
        """Write what the chosen person lacks to a stick."""
        person = self._person
        if person is None:
            return

        def done(words: str) -> None:
            self._say(f"An toàn, có thể rút USB: đã chép cho {person.name}.", words, Tone.DONE)
            self.refresh()

        self._run(lambda: data.hand_out(self._services, person.name, folder), done)

    def ask_take(self) -> None:
        self._ask_folder("Chọn USB để nhận", self.look_at)

    def look_at(self, folder: Path) -> None:
        """Show what a stick brings; nothing is written before the button is pressed."""

        def done(found: TakenIn) -> None:
            if not found.senders:
                self._say("Không có gói nào dành cho máy này.", _refused(found), Tone.NEUTRAL)
                return
            self._say(
                f"Từ {', '.join(found.senders)}: {data.counted(found)}.",
                _refused(found) or "Chưa ghi gì vào sổ.",
                Tone.WAITS,
            )
            self.notice.offer("Ghi vào sổ", lambda: self.take(folder))

        self._run(lambda: data.preview(self._services, folder), done)

    def take(self, folder: Path) -> None:
        def done(found: TakenIn) -> None:
            self._say(f"Đã nhận: {data.counted(found)}.", _refused(found), Tone.DONE)
            self.refresh()

        self._run(lambda: data.take(self._services, folder), done)

    def decide(self) -> None:
        """The chosen value holds from now on, here and wherever this is handed to."""
        rival = self._rival
        if rival is not None:
            self._run(lambda: data.decide(self._services, rival), lambda _: self.refresh())

    def _ask_folder(self, title: str, act: Callable[[Path], None]) -> None:
        chooser = QFileDialog(self, title)
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.fileSelected.connect(lambda path: act(Path(path)))
        chooser.open()

    def _run(self, work: Callable[[], _T], done: Callable[[_T], None]) -> None:
        self._runner.run(
            Lane.DATABASE,
            lambda _: work(),
            owner=self,
            done=done,
            failed=lambda error: self.banner.show_message(explain(error)),
        )


def _refused(taken: TakenIn) -> str:
    return " ".join(
        f"Không nhận {each.file}: {REASONS.get(each.code, each.code)}." for each in taken.refused
    )
