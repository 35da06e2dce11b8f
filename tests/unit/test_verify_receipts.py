"""What can be said of a receipts file, with and without the station's key."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from app import clock
from app.errors import ReceiptInvalid
from app.model.delivery import ReceiptStage
from app.model.signing import CheckState, FileReport
from app.parcel.receipts import from_file, issue, read, to_file
from app.signing.report_words import PROBLEMS, report_lines
from app.signing.trust.trust_store import TrustStore
from app.verification import VerificationContext, examine_files
from app.verification.receipts import verify_receipts
from tests.fixtures.schools.parcels import records

KEY = Ed25519PrivateKey.generate()
STATION = "Sở thử"
KNOWN = VerificationContext(stations={STATION: KEY.public_key()})
KEYS = [item.key for item in records(3)]
AT = "2026-11-23T08:00:00+07:00"


def tokens(key: Ed25519PrivateKey = KEY, station: str = STATION) -> list[str]:
    stages = (ReceiptStage.RECEIVED, ReceiptStage.VERIFIED)
    return [
        issue(one, stage, station=station, issued_at=AT, signing_key=key).token
        for one in KEYS
        for stage in stages
    ]


TOKENS = tokens()


def states(report: FileReport) -> set[CheckState]:
    return {signature.state for signature in report.signatures}


def test_who_knows_the_station_sees_whose_word_it_is_about_which_records() -> None:
    report = verify_receipts(to_file(tokens()), KNOWN, "bn.hbr")
    assert report.ok
    words = "\n".join(report_lines(report))
    assert STATION in words
    assert "6 biên nhận của 3 học bạ." in words
    assert all(
        f"Học bạ {key.record_id}, phiên bản 1: đã nhận, đã kiểm tra." in words for key in KEYS
    )


def test_without_the_stations_key_nothing_is_called_good_or_bad() -> None:
    report = verify_receipts(to_file(tokens()), VerificationContext())
    assert report.undecided
    assert states(report) == {CheckState.UNKNOWN}
    assert {p for s in report.signatures for p in s.problems} <= set(PROBLEMS)


def test_a_forged_word_in_the_stations_name_is_invalid_and_the_true_ones_beside_it_stay() -> None:
    forged = tokens(Ed25519PrivateKey.generate())[:1]
    report = verify_receipts(to_file([*tokens(), *forged]), KNOWN)
    assert not report.ok
    assert not report.undecided
    assert states(report) == {CheckState.VALID, CheckState.INVALID}


def test_a_file_that_was_cut_is_told_and_its_whole_words_are_checked() -> None:
    report = verify_receipts(to_file(tokens())[:-40], KNOWN)
    assert not report.ok
    assert report.problems == ("receipts.torn",)
    assert states(report) == {CheckState.VALID}
    assert "receipts.torn" in PROBLEMS


def test_rubbish_is_refused_by_name_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "a.hbr").write_bytes(to_file(tokens()))
    (tmp_path / "b.hbr").write_bytes(b"HOCBA-RECEIPTS 1 1000000\n")
    (tmp_path / "c.hbr").write_bytes(b"HOCBA-RECEIPTS 1 1\n\xff\xfe\n")
    found = examine_files([tmp_path], TrustStore([]), clock.now(), means=KNOWN).reports
    assert [report.ok for report in found] == [True, False, False]
    assert found[1].problems == ("receipts.unreadable",)
    assert states(found[2]) == {CheckState.INVALID}


@given(st.integers(0, 5000), st.binary(max_size=40), st.integers(0, 60))
@settings(max_examples=150, deadline=None)
def test_whatever_is_done_to_a_receipts_file_no_other_word_comes_out_of_it(
    at: int, put_in: bytes, taken_out: int
) -> None:
    data = to_file(TOKENS)
    place = at % len(data)
    mutated = data[:place] + put_in + data[place + taken_out :]
    try:
        found = from_file(mutated)
    except ReceiptInvalid:
        return
    for token in found.tokens:
        try:
            said = read(token, KEY.public_key())
        except ReceiptInvalid:
            continue
        assert said.key in KEYS
    assert verify_receipts(mutated, KNOWN).ok is (
        found.is_whole and set(found.tokens) <= set(TOKENS) and bool(found.tokens)
    )


def test_what_is_written_is_what_is_read_with_either_line_ending() -> None:
    written = to_file(tokens())
    for data in (written, written.replace(b"\n", b"\r\n")):
        found = from_file(data)
        assert found.is_whole
        assert list(found.tokens) == tokens()
