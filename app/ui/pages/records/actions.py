"""Everything the page of records can do besides locking, and the menus that lead there."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QMenu, QWidget

from app.assessment.classbook import Standing
from app.model.transcript import ALLOWED, RequestKind, TranscriptState
from app.ui.kit.menus import Act, menu
from app.ui.pages.records.change_requests.actions import ChangeRequestActions
from app.ui.pages.records.data import ClassRecords, PupilRecord
from app.ui.pages.records.files import FileActions
from app.ui.pages.records.printing import PrintActions
from app.ui.pages.records.transfers.actions import TransferActions
from app.ui.pages.records.view import RecordsView

_K, _S = RequestKind, TranscriptState


class RecordActions:
    def __init__(self, face: RecordsView) -> None:
        self._face = face
        self.files = FileActions(face)
        self.life = ChangeRequestActions(face)
        self.printing = PrintActions(face)
        self.transfer = TransferActions(face)
        panel = face.panel
        panel.offer(self.pupil_menu)
        panel.save_wanted.connect(lambda who: self.files.save((who,)))
        panel.decide_wanted.connect(self.life.show_request)
        panel.correct_wanted.connect(lambda who: self.life.ask(who, _K.CONTENT))
        panel.version_wanted.connect(self.life.show_version)

    def pupil_menu(self, parent: QWidget, who: PupilRecord) -> QMenu:
        """What may be done with one record as it stands."""
        if who.standing is not Standing.LOCKED:
            ready: list[Act | None] = [("Khóa sổ riêng em này", partial(self._face.lock, who))]
            return menu(parent, ready if who.ready else ())
        printing: list[Act | None] = [
            ("Xem và in học bạ…", partial(self.printing.record, who)),
            ("Xem và in cả quyển…", partial(self.printing.booklet, who)),
        ]
        leaving: list[Act | None] = [
            ("Trích lục cho dịch vụ công…", partial(self.transfer.extract, who)),
            ("Hồ sơ chuyển trường…", partial(self.transfer.export, who)),
        ]
        opening: list[Act | None] = [("Mở khóa riêng em này…", partial(self._face.unlock, who))]
        first = opening if who.untouched else []
        return menu(parent, [*first, *self._life(who), None, *printing, None, *leaving])

    def class_menu(self, parent: QWidget, shown: ClassRecords) -> QMenu:
        acts: list[Act | None] = []
        if shown.locked:
            acts.append(("Lưu PDF và XML từng em…", partial(self.files.save, shown.locked)))
            acts += [
                ("Lưu PDF cả lớp thành một tệp…", partial(self.printing.save_class, shown)),
                ("Xem và in cả lớp…", partial(self.printing.whole_class, shown)),
                None,
                (
                    "Xuất báo cáo theo danh mục Bộ (Excel)…",
                    partial(self.transfer.report, shown, "xlsx"),
                ),
                (
                    "Xuất báo cáo theo danh mục Bộ (JSON)…",
                    partial(self.transfer.report, shown, "json"),
                ),
                None,
            ]
        acts += [
            ("Nhận hồ sơ chuyển trường…", self.transfer.ask_import),
            ("Lưu tệp địa chỉ của trường…", self.transfer.save_address),
        ]
        return menu(parent, acts)

    def _life(self, who: PupilRecord) -> list[Act | None]:
        """A request is offered where the record's state allows what it asks for."""
        if who.head is None or who.request is not None:
            return []
        after = ALLOWED[who.head.state]
        offers = (
            (_S.SUPERSEDED, _K.CONTENT, "Đề nghị rà soát, đính chính"),
            (_S.RECALL_REQUESTED, _K.RECALL, "Đề nghị thu hồi"),
            (_S.CANCELLED, _K.CANCEL, "Đề nghị hủy"),
        )
        return [
            (words, partial(self.life.ask, who, kind))
            for state, kind, words in offers
            if state in after
        ]
