"""What waits for evidence is told with the next step, and never by a code alone."""

from __future__ import annotations

from datetime import UTC, datetime

from app.signing.trust.evidence import EvidenceReport
from app.signing.trust.evidence_words import trouble_lines

AT = datetime(2026, 11, 23, tzinfo=UTC).isoformat()


def test_an_unknown_issuer_is_told_with_the_page_that_helps() -> None:
    report = EvidenceReport(AT, stuck={"issuer_unknown": 73})
    assert trouble_lines(report) == [
        "73 học bạ: không rõ nơi cấp chứng thư, hãy xem Cài đặt › Nơi cấp tin cậy"
    ]


def test_what_is_wrong_with_a_record_is_told_in_the_words_of_a_check() -> None:
    report = EvidenceReport(AT, stuck={"transcript.invalid": 1, "record_gone": 2})
    assert trouble_lines(report) == [
        "1 học bạ: tệp không đúng cấu trúc học bạ số",
        "2 học bạ: không còn trong kho dữ liệu",
    ]
