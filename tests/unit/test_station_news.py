"""What a station says to a school since a moment, page after page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.department.store.archive import Archive
from app.department.store.objects import FolderObjects
from app.department.store.receipt_log import keep_receipts
from app.model.delivery import Receipt, ReceiptStage, RecordKey
from app.parcel import limits

SCHOOL = "79000123"
SECONDS = ("2026-11-23T08:00:00+07:00", "2026-11-23T08:00:01+07:00", "2026-11-23T08:00:02+07:00")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    url = f"sqlite:///{tmp_path / 'station.db'}"
    with closing(Archive(url, FolderObjects(tmp_path / "objects"))) as opened:
        yield opened


def say(archive: Archive, second: str, count: int) -> None:
    answers = [
        Receipt(
            key=RecordKey(f"{second}-{number}", 1, "0" * 64),
            stage=ReceiptStage.RECEIVED,
            reason="",
            station="Sở",
            issued_at=second,
            token=f"{second}|{number}",
        )
        for number in range(count)
    ]
    with archive.engine.begin() as db:
        keep_receipts(db, SCHOOL, answers)


def test_a_page_that_ends_inside_a_second_has_the_rest_of_that_second(archive: Archive) -> None:
    counts = (limits.NEWS - 1, 3, 2)
    for second, count in zip(SECONDS, counts, strict=True):
        say(archive, second, count)
    page = archive.news(SCHOOL, "")
    assert len(page) == limits.NEWS + 2
    rest = archive.news(SCHOOL, page[-1].partition("|")[0])
    assert [token.partition("|")[0] for token in rest] == [SECONDS[2]] * 2
    assert len({*page, *rest}) == sum(counts)
    assert archive.news(SCHOOL, SECONDS[2]) == []


def test_a_school_is_told_nothing_of_another(archive: Archive) -> None:
    say(archive, SECONDS[0], 2)
    assert archive.news("79000999", "") == []
