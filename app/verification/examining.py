"""Whatever lies on a disk or a stick: files of every kind we know, and folders of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.handover import history
from app.model.signing import FileReport
from app.parcel import format as parcel_format
from app.parcel import limits
from app.parcel import receipts as receipts_file
from app.signing.batch.register import LARGEST, RegisterReport, check_register
from app.signing.file_verification import (
    FileTooLarge,
    read_bounded,
    refused,
    verify_bytes,
)
from app.signing.pdf.verification import SIZE_LIMIT
from app.signing.record.versions import compare_versions
from app.signing.report_words import shown_report
from app.signing.trust.trust_store import TrustStore
from app.verification.against import against_workspace
from app.verification.context import VerificationContext
from app.verification.histories import verify_history
from app.verification.parcels import verify_parcel
from app.verification.reading_apart import ApartReader, is_strange
from app.verification.receipts import verify_receipts
from app.verification.walking import look_for
from app.work import WorkContext

PRACTICE_ROOT = "practice-root.pem"
_PARCEL = parcel_format.MAGIC[:12]
_RECEIPTS = receipts_file.MAGIC[:12]


@dataclass(frozen=True, slots=True)
class ExaminedFile:
    """What was found in some files and folders. A register's name: it cannot be read."""

    reports: tuple[FileReport, ...]
    registers: tuple[RegisterReport | str, ...]

    @property
    def ok(self) -> bool:
        """Whether there was something to check, and every report and register is right."""
        whole = all(not isinstance(register, str) and register.ok for register in self.registers)
        return bool(self.reports) and all(report.ok for report in self.reports) and whole

    @property
    def practice(self) -> bool:
        """Something in it was signed with practice certificates, which have no legal value."""
        registers = [each for each in self.registers if not isinstance(each, str)]
        return any(r.practice for r in self.reports) or any(r.practice for r in registers)


def examine_files(
    paths: Sequence[Path],
    trust: TrustStore,
    now: datetime,
    context: WorkContext | None = None,
    means: VerificationContext | None = None,
) -> ExaminedFile:
    """Check files, folders of them, and batch registers; raises Cancelled only."""
    context, means = context or WorkContext(), means or VerificationContext()
    trust = trust.with_practice(*practice_folders(paths))
    todo = look_for(paths, context)
    found = _examined(todo.files, trust, now, context, means)
    found += [refused(folder, "folder.unreadable") for folder in todo.unreadable]
    reports = compare_versions(found)
    if means.workspace is not None:
        reports = against_workspace(reports, means.workspace.here())
    registers = tuple(_register(file, reports, trust, now) for file in todo.registers)
    context.report_done(len(todo.files))
    return ExaminedFile(tuple(map(shown_report, reports)), registers)


def _examined(
    files: Sequence[Path],
    trust: TrustStore,
    now: datetime,
    context: WorkContext,
    means: VerificationContext,
) -> list[FileReport]:
    """Reports in the order of the files; those of strangers' kinds are read last, and apart."""
    found: dict[int, list[FileReport]] = {}
    strange: list[tuple[int, bytes]] = []
    for place, file in enumerate(files):
        context.step(place - len(strange), len(files))
        start = _start(file)
        if start is None:
            found[place] = [refused(file, "file.unreadable")]
        elif is_strange(start):
            strange.append((place, start))
        else:
            found[place] = _examine(file, start, means, trust, now)
    with ApartReader(trust, now, context.cancel, len(strange)) as apart:
        for number, (place, start) in enumerate(strange):
            context.step(len(files) - len(strange) + number, len(files))
            found[place] = apart.verify(files[place], start)
    return [report for place in range(len(files)) for report in found[place]]


def _examine(
    file: Path, start: bytes, means: VerificationContext, trust: TrustStore, now: datetime
) -> list[FileReport]:
    """A file's kind is told by its first bytes, and its kind says how large it may be."""
    try:
        if start == _PARCEL:
            return verify_parcel(read_bounded(file, limits.PARCEL), means, trust, now, str(file))
        if start == _RECEIPTS:
            return [verify_receipts(read_bounded(file, limits.RECEIPTS), means, str(file))]
        if start.startswith(history.MAGIC):
            data = read_bounded(file, history.LARGEST)
            return verify_history(data, means, trust, now, str(file))
        return [verify_bytes(read_bounded(file, SIZE_LIMIT), file, trust, now)]
    except FileTooLarge:
        return [refused(file, "file.too_large")]
    except Exception:  # noqa: BLE001 - one file's failure is that file's verdict
        return [refused(file, "file.unreadable")]


def _start(file: Path) -> bytes | None:
    """None for what cannot be read, also for what is no ordinary file: a pipe would never end."""
    try:
        if not file.is_file():
            return None
        with file.open("rb") as stream:
            return stream.read(len(_PARCEL))
    except OSError:
        return None


def _register(
    file: Path, reports: Sequence[FileReport], trust: TrustStore, now: datetime
) -> RegisterReport | str:
    try:
        data = read_bounded(file, LARGEST)
        return check_register(data, reports, trust, now, str(file))
    except Exception:  # noqa: BLE001 - one file's failure is that file's verdict
        return str(file)


def practice_folders(paths: Iterable[Path]) -> tuple[Path, ...]:
    """`trust` folders with a practice root, beside the paths or one folder up.

    What they vouch for is always reported as practice, whatever it calls itself.
    """
    found: dict[Path, None] = {}
    for path in paths:
        here = path.resolve()
        for folder in (here, here.parent, here.parent.parent):
            if (folder / "trust" / PRACTICE_ROOT).is_file():
                found[folder / "trust"] = None
    return tuple(found)
