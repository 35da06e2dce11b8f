"""The one file for whoever helps: a zip with the report, as words and as JSON, and the log."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from app import log
from app.diagnostics.report import SupportReport
from app.diagnostics.report_words import report_text
from app.files import write_whole

MOST_LOG_BYTES = 8 * 1024 * 1024
"""Zipped some hundred kilobytes: it goes through a mail or a phone."""


def write_bundle(report: SupportReport, target: Path) -> None:
    """Write it whole or not at all. Raises DiskFull, OSError."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("bao-cao.txt", report_text(report))
        bundle.writestr("bao-cao.json", json.dumps(report.as_json(), ensure_ascii=False, indent=1))
        for path in _newest_logs():
            bundle.writestr(f"log/{path.name}", path.read_bytes())
    write_whole(target, packed.getvalue())


def _newest_logs() -> list[Path]:
    """As many log files as fit, the newest first."""
    chosen: list[Path] = []
    room = MOST_LOG_BYTES
    for path in sorted(log.files(), key=lambda each: each.stat().st_mtime, reverse=True):
        room -= path.stat().st_size
        if room < 0:
            break
        chosen.append(path)
    return chosen
