"""What a check found, as rows. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.model.shown_text import shown
from app.model.signing import FileReport
from app.services import Services
from app.signing.batch.register import RegisterReport
from app.signing.report_words import register_lines, report_lines
from app.ui.theme.theme import Tone
from app.verification import ExaminedFile, VerificationContext, examine_files
from app.verification.sheet import short_name
from app.work import WorkContext

_ORDER = (Tone.DECIDE, Tone.WAITS, Tone.DONE)


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file or register in the list; `place` is that of the file as it was given."""

    name: str
    verdict: str
    tone: Tone
    lines: tuple[str, ...]
    place: str


def examine(services: Services, paths: Sequence[Path], context: WorkContext) -> ExaminedFile:
    """With everything that the open workspace knows. Raises Cancelled."""
    means = VerificationContext.of_workspace(
        services.workspace, services.delivery, services.transfer
    )
    return examine_files(paths, services.trust, services.now(), context, means)


def rows_of(found: ExaminedFile) -> list[FileRow]:
    """What needs a decision first; within that in the files' order."""
    rows = [_of_report(report) for report in found.reports]
    rows += [_of_register(register) for register in found.registers]
    return sorted(rows, key=lambda each: _ORDER.index(each.tone))


def _of_report(report: FileReport) -> FileRow:
    lines = report_lines(report)
    return FileRow(short_name(report), *_verdict(report), tuple(lines), report.file)


def _verdict(report: FileReport) -> tuple[str, Tone]:
    if report.ok and report.superseded_by:
        return "Đã thay thế", Tone.WAITS
    if report.ok:
        return "Đạt", Tone.DONE
    if report.undecided:
        return "Chưa kết luận", Tone.WAITS
    return "Không đạt", Tone.DECIDE


def _of_register(register: RegisterReport | str) -> FileRow:
    name = register if isinstance(register, str) else register.file
    lines = tuple(register_lines(register))
    return FileRow(shown(Path(name).name), *_register_verdict(register), lines, name)


def _register_verdict(register: RegisterReport | str) -> tuple[str, Tone]:
    if not isinstance(register, str):
        if register.ok:
            return "Đủ học bạ", Tone.DONE
        if register.undecided:
            return "Chưa kết luận", Tone.WAITS
    return "Không đạt", Tone.DECIDE
