"""One journey of the invented school, headless: from roster sheets to verified receipts.

Without a station in this copy of the program it ends at the signed records.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from app import log, resources
from app.errors import ItemRefused, SigningFailure
from app.files import safe_name, write_whole
from app.model.delivery import OutboxState
from app.model.signing import SignerRole
from app.model.transcript import TranscriptHead
from app.practice.school import CLASSES, PIN
from app.practice.setup import PracticePlace, enrol_roster, enter_marks, prepare, start_station
from app.services import Services
from app.signing.batch.service import PendingSignatures
from app.signing.keys.key_choice import KeyChoice, fitting
from app.work import WorkContext

LEAVES = ("workspace", "records", "views", "receipts", "trust")


@dataclass(slots=True)
class JourneySummary:
    """What `summary.json` says."""

    pupils: int = 0
    cells: int = 0
    records: int = 0
    signatures: int = 0
    views: int = 0
    parcels: int = 0
    receipts: int = 0
    verified: int = 0
    bytes_sent: int = 0
    classes: dict[str, int] = field(default_factory=dict)
    by_token: int = 0
    """Of the signatures; the others were made with key files."""
    seconds: dict[str, float] = field(default_factory=dict)


Stage = Callable[[str, str], WorkContext]
"""(key, words for the person) -> the context that this stage reports to."""


class Journey:
    """Raises the first AppError that stops it; what was done before is kept."""

    def __init__(self, target: Path, stage: Stage) -> None:
        self._target = target
        self._stage = stage
        self._place = PracticePlace(target / "workspace")
        self.summary = JourneySummary()

    def run(self) -> JourneySummary:
        with self._timed("setup", "Dựng trường thực hành") as context:
            made = prepare(self._place, context)
        try:
            self._class_work(made)
            self._sign(made)
            self._deliver(made)
            self._leave(made)
        finally:
            made.close()
        return self.summary

    @contextmanager
    def _timed(self, key: str, words: str) -> Iterator[WorkContext]:
        begin = time.monotonic()
        with log.timed("practice.slow", stage=key):
            yield self._stage(key, words)
        spent = time.monotonic() - begin
        self.summary.seconds[key] = round(self.summary.seconds.get(key, 0.0) + spent, 3)

    def _class_work(self, made: Services) -> None:
        with self._timed("roster", "Nhập danh sách lớp") as context:
            for number, each in enumerate(CLASSES):
                added = enrol_roster(made, each)
                self.summary.classes[each.section.name] = added
                self.summary.pupils += added
                context.step(number + 1, len(CLASSES))
        with self._timed("marks", "Nhập điểm, tính kết quả") as context:
            for number, each in enumerate(CLASSES):
                self.summary.cells += enter_marks(made, each)
                context.step(number + 1, len(CLASSES))
        with self._timed("lock", "Khóa sổ, lập học bạ") as context:
            for each in CLASSES:
                self.summary.records += len(made.records.lock(each.section.id, context=context))

    def _sign(self, made: Services) -> None:
        with self._timed("keys", "Tìm token và chứng thư"):
            choices, failures = made.keys.find()
            if failures:
                raise failures[0]
        for role, words in (
            (SignerRole.SUBJECT_TEACHER, "Giáo viên bộ môn ký"),
            (SignerRole.HOMEROOM, "Giáo viên chủ nhiệm ký"),
            (SignerRole.PRINCIPAL, "Hiệu trưởng ký"),
            (SignerRole.SCHOOL, "Nhà trường ký phát hành"),
        ):
            with self._timed(f"sign_{role}", words) as context:
                waiting = made.signing.waiting(role)
                for one in waiting:
                    self._sign_one(made, one, choices, context)

    def _sign_one(
        self, made: Services, one: PendingSignatures, choices: list[KeyChoice], context: WorkContext
    ) -> None:
        fit = fitting(choices, one.signer, made.now())
        if not fit:
            raise SigningFailure(f"no practice key for {one.signer.role}")
        role = one.signer.role
        with fit[0].open(PIN) as key:
            report = made.signing.sign(one.heads, role, key, context)
            stopped = report.stopped_by or next((r.error for r in report.failed), None)
            if stopped is not None:
                raise stopped
            self.summary.signatures += report.signed
            self.summary.by_token += report.signed if fit[0].token else 0
            if role is SignerRole.SCHOOL:
                with self._timed("views", "Lập và đóng dấu bản xem PDF") as views:
                    self.summary.views += made.signing.seal(one.heads, key, views)

    def _deliver(self, made: Services) -> None:
        if not resources.has_station():
            return  # the records stay signed, as at a school that waits for its department
        with self._timed("station", "Mở trạm của Sở"):
            station = start_station(made, self._place)
        try:
            with self._timed("seal", "Đóng gói, mã hóa"):
                self.summary.parcels = len(made.delivery.enqueue(made.delivery.ready()))
            with self._timed("send", "Gửi và nhận biên nhận") as context:
                report = made.delivery.sync(context, patience=120.0)
            if report.stopped_by is not None:
                raise report.stopped_by
            if report.verified != self.summary.records:
                raise ItemRefused(reason=f"{self.summary.records - report.verified} học bạ")
            self.summary.bytes_sent = report.bytes_sent
        finally:
            station.stop()

    def _leave(self, made: Services) -> None:
        """Lay the results where a person finds them."""
        with self._timed("export", "Ghi kết quả") as context:
            heads = made.records.heads()
            for number, head in enumerate(heads):
                self._write_record(made, head)
                context.step(number + 1, len(heads))
            receipts = made.delivery.outbox.receipts()
            for receipt in receipts:
                name = f"{receipt.key.record_id}-v{receipt.key.version}-{receipt.stage}.jws"
                self._write("receipts", name, receipt.token.encode())
            self.summary.receipts = len(receipts)
            self.summary.verified = made.delivery.outbox.counts()[OutboxState.VERIFIED]
            root = self._place.trust / "practice-root.pem"
            self._write("trust", root.name, root.read_bytes())

    def _write_record(self, made: Services, head: TranscriptHead) -> None:
        name = f"{head.section_name}-{head.record_id}-v{head.version}"
        self._write("records", f"{name}.xml", made.records.get(head).xml)
        view = made.records.view(head)
        if view is not None:
            self._write("views", f"{name}.pdf", view)

    def _write(self, folder: str, name: str, content: bytes) -> None:
        place = self._target / folder
        place.mkdir(parents=True, exist_ok=True)
        write_whole(place / safe_name(name), content)


def travel(target: Path, stage: Stage) -> JourneySummary:
    """The whole journey; `summary.json` is written at the end.

    What an earlier journey left in `target` is made anew; nothing else there is touched.
    """
    target.mkdir(parents=True, exist_ok=True)
    (target / "summary.json").unlink(missing_ok=True)
    for name in LEAVES:
        shutil.rmtree(target / name, ignore_errors=True)
    summary = Journey(target, stage).run()
    text = json.dumps(asdict(summary), ensure_ascii=False, indent=1)
    write_whole(target / "summary.json", text.encode())
    return summary
