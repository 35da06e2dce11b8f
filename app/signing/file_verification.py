"""Check one file as it lies on a disk: a record, a sealed view, a picture of a printed one."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from app.model.signing import FileReport
from app.signing.paper.verification import verify_paper
from app.signing.pdf.verification import NOTHING_IN_IT, SIZE_LIMIT, verify_pdf
from app.signing.record.evidence import LARGEST as LARGEST_EVIDENCE
from app.signing.record.evidence import SUFFIX as EVIDENCE
from app.signing.record.verification import verify_record
from app.signing.trust.trust_store import TrustStore

PICTURES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"BM", b"RIFF")
"""PNG, JPEG, TIFF of either order, BMP, WebP."""


class FileTooLarge(ValueError):
    """The file is larger than what may be read."""


def verify_file(file: Path, trust: TrustStore, now: datetime) -> FileReport:
    """What can be said of one file; its kind is told by its content. Never raises."""
    try:
        return verify_bytes(read_bounded(file, SIZE_LIMIT), file, trust, now)
    except FileTooLarge:
        return refused(file, "file.too_large")
    except OSError:
        return refused(file, "file.unreadable")


def verify_bytes(data: bytes, file: Path, trust: TrustStore, now: datetime) -> FileReport:
    """As `verify_file`, of bytes that were read from `file`."""
    if data.startswith(b"%PDF-"):
        return _pdf(data, trust, now, str(file))
    if data.startswith(PICTURES):
        return verify_paper(data, trust, now, file=str(file))
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return verify_record(data, trust, now, file=str(file), evidence=_beside(file))
    return refused(file, "file.unknown_kind")


def read_bounded(file: Path, limit: int) -> bytes:
    """All of an ordinary file. Raises FileTooLarge, OSError (also for a device or a pipe)."""
    if not stat.S_ISREG(file.stat().st_mode):
        raise OSError("not an ordinary file")
    with file.open("rb") as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise FileTooLarge
    return data


def refused(file: Path | str, problem: str) -> FileReport:
    """The report on a file that cannot be checked; `problem`: a code of `report_words.PROBLEMS`."""
    return FileReport(str(file), "unknown", False, False, (), problems=(problem,))


def _beside(file: Path) -> bytes | None:
    """Evidence that lies beside a record, under its name."""
    try:
        return read_bounded(file.with_suffix(EVIDENCE), LARGEST_EVIDENCE)
    except FileTooLarge:
        return b""
    except OSError:
        return None


def _pdf(data: bytes, trust: TrustStore, now: datetime, file: str) -> FileReport:
    """A sealed view; or, with neither seal nor record, perhaps the scan of a printed one."""
    report = verify_pdf(data, trust, now, file=file)
    if report.problems != NOTHING_IN_IT:
        return report
    scanned = verify_paper(data, trust, now, file=file, scan=True)
    if scanned.problems == ("paper.unreadable",):
        return replace(report, problems=("pdf.unreadable",))
    return report if scanned.problems == ("paper.no_code",) else scanned
