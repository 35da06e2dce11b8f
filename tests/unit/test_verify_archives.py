"""A zip of records is looked into, within limits."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.clock import now
from app.model.signing import FileReport
from app.signing.pdf.verification import SIZE_LIMIT
from app.verification import examine_files
from tests.fixtures.pki.pki import primary_record, staffroom
from tests.unit.test_pades_views import sealed
from tests.unit.test_xades_signing import signed


def zipped(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def look(tmp_path: Path, data: bytes) -> tuple[FileReport, ...]:
    (tmp_path / "trich-luc.zip").write_bytes(data)
    return examine_files([tmp_path], staffroom().trust, now()).reports


def test_every_record_and_view_of_an_extract_is_judged(tmp_path: Path) -> None:
    files = {
        "hoc-ba.xml": signed(primary_record()),
        "hoc-ba.pdf": sealed(),
        "ket-qua-kiem-tra.json": b"{}",
        "sub/bad.xml": b"<x/>",
    }
    found = look(tmp_path, zipped(files))
    assert [(r.file.partition(" › ")[2], r.ok) for r in found] == [
        ("hoc-ba.xml", True),
        ("hoc-ba.pdf", True),
        ("bad.xml", False),
    ]


def _locked(data: bytes) -> bytes:
    """Marked as encrypted, in both places."""
    changed = bytearray(data)
    changed[6] |= 1
    changed[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda d: d[:-30], "archive.unreadable"),
        (_locked, "archive.unreadable"),
        (lambda d: d.replace(b"hoc-ba.xml", b"hoc-ba.txt"), "file.unknown_kind"),
        (lambda d: d[:50] + bytes(20) + d[70:], "archive.unreadable"),
    ],
)
def test_a_zip_that_cannot_be_read_is_refused(tmp_path: Path, change, problem: str) -> None:  # type: ignore[no-untyped-def]
    found = look(tmp_path, change(zipped({"hoc-ba.xml": signed(primary_record())})))
    assert [r.problems for r in found] == [(problem,)]


def _overlapping() -> bytes:
    """One entry listed forty times: small on the disk, 640 MB unpacked."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", bytes(SIZE_LIMIT // 2))
        archive.filelist += archive.filelist * 39
    return stream.getvalue()


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = zipped({"a.xml": b"<" + bytes(SIZE_LIMIT + 10)})
    assert len(bomb) < 100_000
    assert look(tmp_path, bomb)[0].problems == ("archive.unreadable",)
    assert look(tmp_path, _overlapping())[0].problems == ("file.too_large",)
    lying = bomb.replace((SIZE_LIMIT + 11).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != bomb
    (report,) = look(tmp_path, lying)
    assert not report.ok
    assert report.problems
