"""No file hides the verdict on another, and none keeps the check busy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.clock import now
from app.errors import Cancelled
from app.model.signing import FileReport
from app.verification import examine_files
from app.work import CancelToken, WorkContext
from tests.fixtures.faults import hostile_files
from tests.fixtures.faults.hostile_files import (
    HARMLESS_PDFS,
    HOSTILE_PDFS,
    HOSTILE_PICTURES,
    HOSTILE_ZIPS,
)
from tests.fixtures.pki.pki import primary_record, staffroom
from tests.unit.test_pades_views import sealed
from tests.unit.test_xades_signing import signed


def look(
    folder: Path, files: Mapping[str, bytes], cancel: CancelToken | None = None
) -> dict[str, FileReport]:
    """Reports by name, of the files and of a good record and a good view among them."""
    good = {"m-good.xml": signed(primary_record()), "z-good.pdf": sealed()}
    for name, content in {**files, **good}.items():
        (folder / name).write_bytes(content)
    context = WorkContext(cancel or CancelToken())
    found = examine_files([folder], staffroom().trust, now(), context)
    return {report.file.removeprefix(f"{folder}/"): report for report in found.reports}


def test_every_hostile_file_is_refused_and_the_good_ones_are_judged(tmp_path: Path) -> None:
    kinds = {"pdf": HOSTILE_PDFS, "zip": HOSTILE_ZIPS, "xml": HOSTILE_PICTURES}
    files = {
        f"{number}-{kind}.{ending}": make()
        for ending, group in kinds.items()
        for number, (kind, make) in enumerate(group.items())
    }
    found = look(tmp_path, files)
    assert found.pop("m-good.xml").ok
    assert found.pop("z-good.pdf").ok
    assert not any(report.ok for report in found.values())
    assert {name.partition(" › ")[0] for name in found} == set(files)
    for name, report in found.items():
        assert report.problems, name


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("no type", "pdf.unreadable"),
        ("torn stream", "pdf.unreadable"),
        ("no stream", "pdf.unreadable"),
        ("no root", "pdf.unreadable"),
        ("pages in a circle", "pdf.unreadable"),
        ("size", "pdf.unreadable"),
        ("size of millions", "pdf.unreadable"),
        ("fields", "pdf.unreadable"),
        ("names", "pdf.unreadable"),
        ("bomb", "pdf.unreadable"),
    ],
)
def test_what_cannot_be_read_is_called_so(kind: str, problem: str, tmp_path: Path) -> None:
    assert look(tmp_path, {"a.pdf": HOSTILE_PDFS[kind]()})["a.pdf"].problems == (problem,)


def test_an_archive_s_good_entries_are_judged_beside_its_bad_ones(tmp_path: Path) -> None:
    made = hostile_files.zipped(
        ("a.pdf", hostile_files.endless()),
        ("b.pdf", HOSTILE_PDFS["no type"]()),
        ("c.xml", signed(primary_record())),
    )
    found = look(tmp_path, {"a.zip": made})
    assert [found[name].ok for name in found if "zip" in name] == [False, False, True]


def test_a_file_that_never_ends_can_be_cancelled(tmp_path: Path) -> None:
    class Soon(CancelToken):
        looks = 0

        def raise_if_cancelled(self) -> None:
            self.looks += 1
            if self.looks > 40:
                self.cancel()
            super().raise_if_cancelled()

    with pytest.raises(Cancelled):
        look(tmp_path, {"a.pdf": hostile_files.endless()}, Soon())


def test_attachments_are_found_by_way_of_kids(tmp_path: Path) -> None:
    found = look(tmp_path, {"a.pdf": HARMLESS_PDFS["kids"](), "b.pdf": HARMLESS_PDFS["names"]()})
    problems = {found[name].problems for name in ("a.pdf", "b.pdf")}
    assert problems == {("pdf.seal_missing", "transcript.invalid")}


def test_a_password_is_called_a_password(tmp_path: Path) -> None:
    files = {f"{n}.pdf": HARMLESS_PDFS[n]() for n in ("password", "no password needed")}
    found = look(tmp_path, files)
    locked, open_ = found["password.pdf"], found["no password needed.pdf"]
    assert (locked.problems, locked.undecided) == (("pdf.password",), True)
    assert open_.problems == ("pdf.seal_missing", "pdf.record_missing")


def test_a_writer_s_slip_is_no_forgery(tmp_path: Path) -> None:
    slip = sealed().replace(b"/Size", b"/Size 9 /Siz_", 1)
    found = look(tmp_path, {"a.pdf": HARMLESS_PDFS["one less"](), "b.pdf": slip})
    assert found["a.pdf"].problems == ("pdf.seal_missing", "pdf.record_missing")
    assert not found["b.pdf"].ok
