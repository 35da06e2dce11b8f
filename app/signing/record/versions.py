"""Several files about one record: which version is in force, and what belongs together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.model.signing import FileReport, SignerRole

_RECALLED = "Nhà trường đã THU HỒI học bạ này (phiên bản {version})."
_RECALL = "Đây là văn bản thu hồi: phiên bản {version} không còn giá trị."
_OTHER = "Tệp XML đi kèm là phiên bản này nhưng nội dung khác với mã trên giấy."
_SAME = "Mã trên giấy khớp với tệp XML đi kèm."


def compare_versions(reports: Sequence[FileReport]) -> list[FileReport]:
    """The reports in their order; those of older versions say what superseded them.

    Only a valid version signed by the same school counts, by the number in its certificate: nobody
    else's word takes a record out of force, and practice takes nothing genuine. A paper's code is
    held against the record that it names.
    """
    newest: dict[_Key, FileReport] = {}
    for report in reports:
        key = _key(report)
        known = newest.get(key, report)
        if report.ok and report.kind != "paper" and key[1] and known.version <= report.version:
            newest[key] = report
    return [_held_against(_compared(r, newest.get(_key(r))), reports) for r in reports]


_Key = tuple[str, str, bool]


def _key(report: FileReport) -> _Key:
    """Record, the issuing school's number ('' where it is not one), and whether it is practice."""
    schools = {s.organisation for s in report.signatures if s.role is SignerRole.SCHOOL}
    return report.record_id, schools.pop() if len(schools) == 1 else "", report.practice


def _compared(report: FileReport, newest: FileReport | None) -> FileReport:
    if report.recalls and report.ok:
        report = replace(report, notes=(*report.notes, _RECALL.format(version=report.recalls)))
    if newest is None or not report.ok or newest.version <= report.version:
        return report
    notes = report.notes
    if newest.recalls:
        notes = (*notes, _RECALLED.format(version=newest.version))
    return replace(report, superseded_by=newest.version, notes=notes)


def _held_against(report: FileReport, reports: Sequence[FileReport]) -> FileReport:
    if report.kind != "paper" or not report.ok:
        return report
    same = [
        r
        for r in reports
        if (r.kind, r.record_id, r.version) == ("xml", report.record_id, report.version)
        and r.practice is report.practice
    ]
    if any(r.sha256 == report.sha256 for r in same):
        return replace(report, notes=(*report.notes, _SAME))
    if same:
        return replace(report, ok=False, notes=(*report.notes, _OTHER))
    return report
