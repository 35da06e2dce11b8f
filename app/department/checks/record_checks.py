"""The real checks of a record: its own words against its label, then every signature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from app import clock
from app.clock import in_vietnam
from app.department.checks.checks import LABEL, OTHER_SCHOOL, CheckOutcome, Checks, FirstLook
from app.errors import AppError
from app.model.delivery import ParcelItem
from app.model.signing import FileReport
from app.signing.record.claimed_time import AHEAD
from app.signing.record.forward_report import OpenForwardReport
from app.signing.record.integrity import check_integrity
from app.signing.record.slots import RecordTree
from app.signing.record.verification import verify_record
from app.signing.report_words import problem, report_lines, shown_report
from app.signing.trust.identity import OPEN, WRONG
from app.signing.trust.trust_store import TrustStore
from app.transcript import names, view, xml_record

_SCHOOL = f"{names.DATA}/{names.INFO}/TRUONG/MA_TRUONG"
_YEAR = f"{names.DATA}/{names.INFO}/TT_CHUNG/NAM_HOC"
UNREADABLE = "Tệp học bạ không đúng cấu trúc."
CHANGED = "Nội dung học bạ đã bị thay đổi sau khi ký."
UNSIGNED = "Học bạ chưa đủ chữ ký số."
CLOCK = (
    "Chưa kết luận được vì đồng hồ: thời điểm ký muộn hơn đồng hồ của trạm quá một ngày (trạm đang "
    "ghi {now}). Hãy xem lại ngày giờ của máy đã ký; nếu máy đó đúng, hãy báo Sở chỉnh giờ trạm."
)
UNDECIDED = "Chưa kết luận được người ký là ai: {words}."
WRONG_SIGNER = "Chữ ký không phải của người phải ký: {words}."
UNTRUSTED = "Chữ ký số không hợp lệ hoặc chứng thư số không được tin cậy."


def _as_it_is() -> None:
    return None


def _none(_: str) -> frozenset[str]:
    return frozenset()


def record_checks(
    trust: TrustStore,
    renew: Callable[[], None] = _as_it_is,
    registered: Callable[[str], frozenset[str]] = _none,
) -> Checks:
    """`light` looks at structure, label and the signatures' own figures; `full` at everything.

    `renew` is called before `trust` is asked: a station's list may change while it runs.
    `registered`: SHA-256 of the certificates that are known to be a school's, by its code.
    """

    def full(item: ParcelItem) -> str:
        renew()
        now = clock.now()
        known = registered(item.school_code)
        return _objection(item, verify_record(item.xml, trust, now, registered=known), now)

    def examine(xml: bytes) -> CheckOutcome:
        renew()
        known = registered(_school_code(xml))
        report = verify_record(xml, trust, clock.now(), registered=known)
        return CheckOutcome(
            ok=report.ok,
            lines=tuple(line.removeprefix("  ") for line in report_lines(report)[1:]),
            view=lambda: view.render(xml, report.signatures),
            content={"verification": asdict(shown_report(report)), "record": _content(xml)},
        )

    def report(found: OpenForwardReport, name: str) -> tuple[str, ...]:
        renew()
        return found.problems(name, trust, clock.now(), registered(found.report.code))

    return Checks(light, full, examine, report)


def _school_code(xml: bytes) -> str:
    """As the record says it; the label was held against it when the record came."""
    try:
        return RecordTree(xml).text(_SCHOOL)
    except AppError:
        return ""


def _content(xml: bytes) -> dict[str, Any]:
    try:
        return asdict(xml_record.parse(xml))
    except AppError:
        return {}


def light(item: ParcelItem) -> FirstLook:
    try:
        record = RecordTree(item.xml)
    except AppError:
        return FirstLook(UNREADABLE)
    return FirstLook(_light_objection(item, record), record.pupil_id)


def _light_objection(item: ParcelItem, record: RecordTree) -> str:
    if (record.record_id, record.version) != (item.key.record_id, item.key.version):
        return LABEL
    if record.text(_SCHOOL) != item.school_code:
        return OTHER_SCHOOL
    if record.text(_YEAR) != item.school_year:
        return LABEL
    if not all(place.signed for place in record.places):
        return UNSIGNED
    digests: dict[str, str] = {}
    if any(check_integrity(record, place, digests).problems for place in record.places):
        return CHANGED
    return ""


def _objection(item: ParcelItem, report: FileReport, now: datetime) -> str:
    if report.problems and not report.signatures:
        return UNREADABLE
    if (report.record_id, report.version, report.sha256) != (
        item.key.record_id,
        item.key.version,
        item.key.sha256,
    ):
        return LABEL
    if report.missing_roles:
        return UNSIGNED
    if not report.content_intact:
        return CHANGED
    return "" if report.ok else _of_signatures(report, now)


def _of_signatures(report: FileReport, now: datetime) -> str:
    """What is not good enough about them: a clock and a missing number are no false signature."""
    codes = {code for signature in report.signatures for code in signature.problems}
    if codes == {AHEAD}:
        return CLOCK.format(now=in_vietnam(now).strftime("%H:%M ngày %d/%m/%Y"))
    told = sorted(codes & (OPEN | {WRONG}))
    if told and codes <= OPEN | {WRONG, AHEAD}:
        words = "; ".join(problem(code) for code in told)
        return (UNDECIDED if codes <= OPEN | {AHEAD} else WRONG_SIGNER).format(words=words)
    return UNTRUSTED
