"""The road without a network: sealed parcels out to a stick, the department's word back from one.

Copying is never moving: what lies on a stick still waits in the outbox, until a receipt comes by
whatever way. A stick that is lost has lost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app import clock, log
from app.errors import (
    PublicationInvalid,
    PublicationOld,
    PublicationWithdrawn,
    ReceiptInvalid,
    StickError,
)
from app.model.delivery import OutboxState, Receipt, RecordKey
from app.model.publication import Publication
from app.outbox import Outbox
from app.parcel import limits, stick
from app.parcel.enrolment import Enrolment
from app.parcel.publication import LARGEST_FILE
from app.parcel.publication import SUFFIX as PUBLICATION
from app.parcel.receipts import from_file, read
from app.work import WorkContext

_HARMLESS = ("", "old", "withdrawn")


@dataclass(frozen=True, slots=True)
class CopiedParcels:
    """What is proven to lie on the stick now."""

    folder: Path
    parcels: int = 0
    records: int = 0
    already: int = 0
    """Of `parcels`: lay there from before."""
    left: int = 0
    """Parcels that did not get there; they wait as before."""
    stopped_by: StickError | None = None


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """What became of one file. Receipts are counted one by one: each is signed for itself."""

    name: str
    taken: int = 0
    known: int = 0
    """Said nothing new."""
    foreign: int = 0
    """The station's word about records that this machine has not sent."""
    forged: int = 0
    """Not signed by the station that this machine is enrolled with."""
    published: bool = False
    problem: str = ""
    """'', 'torn', 'too_large', 'unreadable', 'not_receipts', 'not_published', 'old',
    'withdrawn'."""

    @property
    def refused(self) -> bool:
        """Somebody should look at it."""
        nothing_for_us = self.foreign and not (self.taken or self.known)
        return bool(self.forged or nothing_for_us or self.problem not in _HARMLESS)


@dataclass(frozen=True, slots=True)
class StickAnswers:
    files: tuple[FileAnswer, ...]
    verified: int = 0
    returned: int = 0
    """Records that are verified, or given back, since this reading."""

    @property
    def receipts(self) -> int:
        return sum(file.taken for file in self.files)

    @property
    def published(self) -> int:
        return sum(file.published for file in self.files)


def default_folder(chosen: Path, school_code: str) -> Path:
    """Where in a chosen folder this school's parcels of today go; such a folder itself stays."""
    made = stick.folder_name(school_code, clock.now().date())
    is_ours = chosen.name.startswith(made[: -len("2026-11-23")])
    return chosen if is_ours else chosen / made


def copy_out(outbox: Outbox, folder: Path, school_code: str, context: WorkContext) -> CopiedParcels:
    """Write what waits into `folder`, each parcel proven before the next is begun.

    What lies there already is not written again. A stick that fails ends it: see `stopped_by`.
    Raises Cancelled; what was copied by then is, and is marked so.
    """
    waiting = outbox.to_copy()
    total, done = sum(parcel.size for parcel in waiting), 0
    found = CopiedParcels(folder, left=len(waiting))
    try:
        stick.clear_halves(folder)
        for parcel in waiting:
            context.step(done, total, f"Chép lớp {parcel.section_name}")
            place = folder / stick.parcel_name(school_code, parcel.counter, parcel.sha256)
            is_new = stick.put(place, outbox.payload(parcel.sha256))
            outbox.copied(parcel)
            done += parcel.size
            found = replace(
                found,
                parcels=found.parcels + 1,
                records=found.records + len(parcel.keys),
                already=found.already + (not is_new),
                left=found.left - 1,
            )
    except StickError as error:
        log.problem("stick.stopped", error, parcels=found.parcels, left=found.left)
        return replace(found, stopped_by=error)
    context.report_done(total)
    return found


class StickReturn:
    """Takes what a station wrote for this school: receipts, and what the department publishes."""

    def __init__(
        self,
        outbox: Outbox,
        enrolment: Enrolment,
        publish: Callable[[bytes], Publication],
    ) -> None:
        self._outbox = outbox
        self._key = enrolment.receipt_key
        self._publish = publish

    def take(self, paths: Sequence[Path], context: WorkContext) -> StickAnswers:
        """Files, and folders of them. Raises StickError (a folder cannot be read), Cancelled.

        What was taken by then stays taken.
        """
        before = self._outbox.counts()
        keys = {item.key for item in self._outbox.items()}
        files = list(stick.files_on(paths, (stick.RECEIPTS, PUBLICATION)))
        words = []
        for number, file in enumerate(files):
            context.step(number, len(files), f"Đọc {file.name}")
            is_publication = file.suffix.lower() == PUBLICATION
            words.append(self._publication(file) if is_publication else self._receipts(file, keys))
        context.report_done(len(files))
        after = self._outbox.counts()
        verified, returned = (
            max(0, after[state] - before[state])
            for state in (OutboxState.VERIFIED, OutboxState.RETURNED)
        )
        return StickAnswers(tuple(words), verified, returned)

    def _receipts(self, file: Path, keys: set[RecordKey]) -> FileAnswer:
        word = FileAnswer(file.name)
        try:
            data = stick.read_bounded(file, limits.RECEIPTS)
            if data is None:
                return replace(word, problem="too_large")
            found = from_file(data)
        except StickError:
            return replace(word, problem="unreadable")
        except ReceiptInvalid:
            return replace(word, problem="not_receipts")
        good: list[Receipt] = []
        forged = foreign = 0
        for token in found.tokens:
            try:
                receipt = read(token, self._key)
            except ReceiptInvalid:
                forged += 1
                continue
            if receipt.key in keys:
                good.append(receipt)
            else:
                foreign += 1
        taken = self._outbox.acknowledge(good)
        problem = "" if found.is_whole else "torn"
        return FileAnswer(file.name, taken, len(good) - taken, foreign, forged, False, problem)

    def _publication(self, file: Path) -> FileAnswer:
        word = FileAnswer(file.name)
        try:
            data = stick.read_bounded(file, LARGEST_FILE)
            if data is None:
                return replace(word, problem="too_large")
            self._publish(data)
        except StickError:
            return replace(word, problem="unreadable")
        except PublicationOld:
            return replace(word, problem="old")
        except PublicationWithdrawn:
            return replace(word, problem="withdrawn")
        except PublicationInvalid:
            return replace(word, problem="not_published")
        return replace(word, published=True)
