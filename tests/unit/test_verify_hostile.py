"""Files made to hurt whoever checks them, and heaps of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.clock import now
from app.errors import Cancelled
from app.signing import file_verification
from app.signing.pdf.verification import SIZE_LIMIT
from app.signing.trust.trust_store import TrustStore
from app.verification import ExaminedFile, examine_files
from app.work import CancelToken, Progress, WorkContext
from tests.fixtures.pki.pki import primary_record, staffroom
from tests.unit.test_xades_signing import signed

_RECORD = b'<HOC_BA xmlns="" phienBan="1">'
HOSTILE: dict[str, tuple[bytes, str]] = {
    "an entity bomb": (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
        + b"]><HOC_BA>&m;</HOC_BA>",
        "transcript.unsafe",
    ),
    "an outer entity": (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><HOC_BA>&x;</HOC_BA>',
        "transcript.unsafe",
    ),
    "a DTD of UTF-16": ("<!DOCTYPE a><HOC_BA/>".encode("utf-16"), "file.unknown_kind"),
    "deep nesting": (b"<a>" * 100_000 + b"</a>" * 100_000, "transcript.invalid"),
    "many attributes": (b"<a " + b"".join(b'a%d="" ' % n for n in range(100_000)) + b"/>", ""),
    "a record that never ends": (_RECORD + b"<A>" * 200, "transcript.invalid"),
    "half a byte order mark": (b"\xef\xbb<HOC_BA/>", ""),
    "a PDF of nothing": (b"%PDF-1.7\n" + b"0 0 obj\n" * 50_000, "pdf.unreadable"),
    "a PDF that points to itself": (
        b"%PDF-1.7\n1 0 obj<</Length 1 0 R>>stream\nx\nendstream endobj\n"
        b"trailer<</Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF",
        "pdf.unreadable",
    ),
    "a picture of nothing": (b"\x89PNG\r\n\x1a\n" + bytes(500), "paper.unreadable"),
    "a history of nothing": (b"HOCBA-HS1\n\xff\xff\xff\xff{}", "history.invalid"),
    "a parcel of nothing": (b"HOCBA-PARCEL\r\n\x1a\x01", "parcel.torn"),
    "nothing at all": (b"", "file.unknown_kind"),
}


def look(*paths: Path) -> ExaminedFile:
    return examine_files(paths, staffroom().trust, now())


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_with_a_reason(kind: str, tmp_path: Path) -> None:
    data, problem = HOSTILE[kind]
    file = tmp_path / "x.xml"
    file.write_bytes(data)
    (report,) = look(file).reports
    assert not report.ok
    assert not report.undecided
    assert report.problems
    assert problem in ("", *report.problems)


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    for name, start in (
        ("a.xml", b"<"),
        ("b.hbx", b"HOCBA-PARCEL"),
        ("c.hocba-hs", b"HOCBA-HS1\n"),
    ):
        with (tmp_path / name).open("wb") as file:
            file.write(start)
            file.truncate(4 * SIZE_LIMIT)
    found = look(tmp_path)
    assert {r.problems for r in found.reports} == {("file.too_large",)}
    assert len(found.reports) == 3


def test_a_pipe_and_a_device_are_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.xml"
    os.mkfifo(pipe)
    for file in (pipe, Path("/dev/zero"), tmp_path / "gone.xml"):
        assert look(file).reports[0].problems == ("file.unreadable",)
        report = file_verification.verify_file(file, TrustStore([]), now())
        assert report.problems == ("file.unreadable",)


def test_evidence_beside_a_record_is_bounded_too(tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_bytes(signed(primary_record()))
    os.mkfifo(file.with_suffix(file_verification.EVIDENCE))
    assert look(file).reports[0].ok


def test_a_byte_order_mark_before_a_record_is_no_danger(tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_bytes(b"\xef\xbb\xbf" + signed(primary_record()))
    assert look(file).reports[0].ok


def test_links_that_lead_round_in_a_circle_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "round").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "in" / "a.xml").write_bytes(b"<x/>")
    assert len(look(tmp_path).reports) == 1


def test_a_folder_that_cannot_be_read_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.xml").write_bytes(signed(primary_record()))
    scan = os.scandir

    def torn_out(path: str) -> object:
        """As of a stick with a bad sector: root may read every folder, so none can be locked."""
        if str(path).endswith("closed"):
            raise OSError(5, "Input/output error", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", torn_out)
    found = look(tmp_path)
    assert [r.problems for r in found.reports] == [(), ("folder.unreadable",)]
    assert not found.ok


def test_ten_thousand_files_tell_how_far_they_are_and_stop_when_asked(tmp_path: Path) -> None:
    for number in range(10_000):
        (tmp_path / f"{number}.xml").touch()
    steps: list[Progress] = []
    cancel = CancelToken()

    def watch(progress: Progress) -> None:
        steps.append(progress)
        if progress.done == 3_000:
            cancel.cancel()

    with pytest.raises(Cancelled):
        examine_files([tmp_path], TrustStore([]), now(), WorkContext(cancel, watch))
    assert steps[0].what == "Đang tìm tệp"
    assert steps[-1] == Progress(3_000, 10_000)


def test_looking_for_files_can_be_stopped_too(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number}.txt").touch()
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        examine_files([tmp_path], TrustStore([]), now(), WorkContext(cancel))
