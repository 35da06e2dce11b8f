"""Files held against what the open workspace keeps: versions, recalls, lost signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.model.signing import FileReport
from app.model.transcript import IN_FORCE, TranscriptHead, TranscriptState
from app.store import Store

_S = TranscriptState
_SAYINGS = {
    _S.RECALLED: "Kho dữ liệu của trường: học bạ này đã được THU HỒI.",
    _S.RECALL_REQUESTED: "Kho dữ liệu của trường: đã đề nghị THU HỒI học bạ này.",
    _S.CANCELLED: "Kho dữ liệu của trường: phiên bản này đã bị HỦY trước khi phát hành.",
}
_OTHER = "Tệp này khác bản đang giữ trong kho dữ liệu của trường."
_SAME = "Khớp với bản đang giữ trong kho dữ liệu của trường."
_UNKNOWN = "Kho dữ liệu của trường không có phiên bản này."


def against_workspace(reports: Sequence[FileReport], store: Store) -> list[FileReport]:
    """The reports in their order, with what the workspace knows of those records.

    A signature that the journal holds and the file lacks is a problem of the file: nothing else
    tells a record whose last signature was taken away from one that was never signed.
    """
    return [_held_against(report, store) for report in reports]


def _held_against(report: FileReport, store: Store) -> FileReport:
    versions = store.transcripts.versions_of(report.record_id) if report.record_id else []
    if not versions:
        return report
    held = next((head for head in versions if head.version == report.version), None)
    report = _with_newer(report, versions)
    if held is None:
        return _noted(report, _UNKNOWN)
    if said := _SAYINGS.get(held.state):
        report = _noted(report, said)
    if report.kind != "xml":
        return report
    if report.sha256 == held.sha256:
        return _noted(report, _SAME)
    signed = {row.role for row in store.transcripts.signatures(held.record_id, held.version)}
    if signed & set(report.missing_roles):
        report = replace(report, problems=(*report.problems, "signature_removed"))
    return _noted(report, _OTHER)


def _with_newer(report: FileReport, versions: Sequence[TranscriptHead]) -> FileReport:
    """Our own word about our own records needs no second file beside this one."""
    newer = [h.version for h in versions if h.version > report.version and h.state in IN_FORCE]
    if not report.ok or not newer or max(newer) <= report.superseded_by:
        return report
    return replace(report, superseded_by=max(newer))


def _noted(report: FileReport, note: str) -> FileReport:
    return replace(report, notes=(*report.notes, note))
