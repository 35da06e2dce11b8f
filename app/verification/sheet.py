"""What a check found as a sheet of paper: A4, in the words of the window and the command."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import app
from app.clock import VIETNAM
from app.model.shown_text import shown
from app.model.signing import FileReport
from app.signing.batch.register import RegisterReport
from app.signing.report_words import register_lines, report_lines, verdict
from app.transcript.view import check_sheet
from app.verification.examining import ExaminedFile

_INDENT = 2
_IN_FULL = 300


def counted(found: ExaminedFile) -> str:
    """'4 mục: 2 đạt, 1 không đạt, 1 chưa kết luận được.'"""
    good = sum(each.ok for each in found.reports)
    undecided = sum(each.undecided for each in found.reports)
    good += sum(not isinstance(each, str) and each.ok for each in found.registers)
    total = len(found.reports) + len(found.registers)
    replaced = sum(each.ok and bool(each.superseded_by) for each in found.reports)
    aside = f" ({replaced} đã bị thay thế)" if replaced else ""
    words = f"{total} mục: {good} đạt{aside}, {total - good - undecided} không đạt"
    return f"{words}, {undecided} chưa kết luận được." if undecided else f"{words}."


def check_pdf(found: ExaminedFile, moment: datetime) -> bytes:
    """A PDF to print or to file. Raises RenderFailed.

    What is not good comes first; beyond `_IN_FULL` each file is one line, for paper and memory.
    """
    registers = [_file(_name(each), register_lines(each)) for each in found.registers]
    wordy = sorted(found.reports, key=lambda each: each.ok)[:_IN_FULL]
    in_full = {id(each) for each in wordy}
    files = [_file(each.file, report_lines(each), each.sha256) for each in wordy]
    short = [_line(each) for each in found.reports if id(each) not in in_full]
    data = {
        "program": f"Hocba {app.__version__}",
        "moment": moment.astimezone(VIETNAM).strftime("%H:%M ngày %d/%m/%Y"),
        "summary": counted(found),
        "files": [*registers, *files],
        "short": short,
    }
    return check_sheet(data, moment.isoformat())


def short_name(report: FileReport) -> str:
    """The file's name; of a record in a parcel, the parcel's and whose record it is."""
    outer, _, inner = report.file.partition(" › ")
    name, inner = shown(Path(outer).name), shown(inner)
    return f"{name} › {report.about.partition(',')[0] or inner}" if inner else name


def _name(register: RegisterReport | str) -> str:
    return register if isinstance(register, str) else register.file


def _file(file: str, lines: list[str], sha256: str = "") -> dict[str, Any]:
    name = shown(file)
    verdict = lines[0].removeprefix(f"{name}: ")
    rest = [{"depth": _depth(line), "words": line.strip()} for line in lines[1:]]
    return {
        "name": name,
        "verdict": verdict[:1].upper() + verdict[1:],
        "lines": rest,
        "sha256": sha256,
    }


def _line(report: FileReport) -> list[str]:
    """Name, verdict in short, SHA-256."""
    return [shown(report.file), verdict(report).partition(",")[0], report.sha256]


def _depth(line: str) -> int:
    return (len(line) - len(line.lstrip())) // _INDENT
