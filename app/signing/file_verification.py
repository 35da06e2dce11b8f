"""Check files as they lie on a disk: records, sealed views, folders of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.errors import RegisterInvalid
from app.model.signing import FileReport
from app.signing.batch_register import LARGEST, SUFFIX, RegisterReport, check_register
from app.signing.paper_verification import verify_paper
from app.signing.pdf_verification import SIZE_LIMIT, verify_pdf
from app.signing.record_evidence import LARGEST as LARGEST_EVIDENCE
from app.signing.record_evidence import SUFFIX as EVIDENCE
from app.signing.record_verification import verify_record
from app.signing.trust import TrustStore
from app.signing.versions import compare_versions
from app.work import WorkContext

PRACTICE_ROOT = "practice-root.pem"
_KINDS = (".xml", ".pdf")
_PICTURES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"BM", b"RIFF")
"""PNG, JPEG, TIFF of either order, BMP, WebP."""


def verify_file(file: Path, trust: TrustStore, now: datetime) -> FileReport:
    """What can be said of one file; its kind is told by its content. Never raises."""
    try:
        if file.stat().st_size > SIZE_LIMIT:
            return _refused(file, "file.too_large")
        data = file.read_bytes()
    except OSError:
        return _refused(file, "file.unreadable")
    if data.startswith(b"%PDF-"):
        return _pdf(data, trust, now, str(file))
    if data.startswith(_PICTURES):
        return verify_paper(data, trust, now, file=str(file))
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return verify_record(data, trust, now, file=str(file), evidence=_beside(file))
    return _refused(file, "file.unknown_kind")


def _beside(file: Path) -> bytes | None:
    """Evidence that lies beside a record, under its name."""
    beside = file.with_suffix(EVIDENCE)
    try:
        return beside.read_bytes() if beside.stat().st_size <= LARGEST_EVIDENCE else b""
    except OSError:
        return None


def _pdf(data: bytes, trust: TrustStore, now: datetime, file: str) -> FileReport:
    """A sealed view; or, with neither seal nor record, perhaps the scan of a printed one."""
    report = verify_pdf(data, trust, now, file=file)
    if report.signatures:
        return report
    scanned = verify_paper(data, trust, now, file=file, scan=True)
    return report if scanned.problems == ("paper.no_code",) else scanned


def _refused(file: Path, problem: str) -> FileReport:
    return FileReport(str(file), "unknown", False, False, (), problems=(problem,))


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """The files themselves, and every .xml and .pdf in folders."""
    for path in paths:
        if path.is_dir():
            yield from sorted(
                f for f in path.rglob("*") if f.suffix.lower() in _KINDS and f.is_file()
            )
        elif path.suffix != SUFFIX:
            yield path


def check_registers(
    paths: Iterable[Path], reports: Sequence[FileReport], trust: TrustStore, now: datetime
) -> list[RegisterReport | str]:
    """Reports of the batch registers among the paths and in folders; a name: it cannot be read."""
    files = [f for path in paths for f in (path.rglob(f"*{SUFFIX}") if path.is_dir() else [path])]
    found: list[RegisterReport | str] = []
    for file in sorted(f for f in files if f.suffix == SUFFIX):
        try:
            if file.stat().st_size > LARGEST:
                raise RegisterInvalid("too large")
            found.append(check_register(file.read_bytes(), reports, trust, now, str(file)))
        except (OSError, RegisterInvalid):
            found.append(str(file))
    return found


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found in some files and folders. A register's name: it cannot be read."""

    reports: tuple[FileReport, ...]
    registers: tuple[RegisterReport | str, ...]

    @property
    def ok(self) -> bool:
        whole = all(not isinstance(register, str) and register.ok for register in self.registers)
        return bool(self.reports) and all(report.ok for report in self.reports) and whole


def examine_files(
    paths: Sequence[Path], trust: TrustStore, now: datetime, context: WorkContext | None = None
) -> Examined:
    """Check files, folders of them, and batch registers; raises Cancelled only."""
    context = context or WorkContext()
    trust = trust.with_practice(*practice_folders(paths))
    files, found = list(files_in(paths)), []
    for number, file in enumerate(files):
        context.step(number, len(files))
        found.append(verify_file(file, trust, now))
    reports = compare_versions(found)
    return Examined(tuple(reports), tuple(check_registers(paths, reports, trust, now)))


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
