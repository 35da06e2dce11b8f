"""School, department, ministry: one protocol, and the ministry's word reaches the school."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cli import run
from app.department.folder import init_folder
from app.department.returning import Returning
from app.model.delivery import OutboxState, ReceiptStage
from app.parcel.jws import unverified_claims
from app.parcel.receipts import read
from app.work import WorkContext
from tests.support.station import School, StationProcess, new_school

CLASS = 6
PATIENCE = 30.0


@dataclass
class Chain:
    ministry: StationProcess
    department: StationProcess
    school: School

    def news(self, stage: ReceiptStage, count: int) -> list[str]:
        """The school asks until it has so many words of this kind."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self.school.engine().take_news("")
            found = [r.token for r in self.school.outbox.receipts() if r.stage is stage]
            if len(found) >= count:
                return found
            assert time.monotonic() < deadline, self.department.log()[-5:]
            time.sleep(0.2)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("chain")
    ministry = StationProcess(init_folder(folder / "bo", "Kho học bạ số thử"), role="ministry")
    ministry.start()
    department = StationProcess(init_folder(folder / "so", "Sở GDĐT thử"))
    hand_papers(folder, ministry)
    department.start()
    school = new_school(folder, department.folder, department.url)
    yield Chain(ministry, department, school)
    school.workspace.close()
    assert department.stop() == 0
    assert ministry.stop() == 0


def hand_papers(folder: Path, ministry: StationProcess) -> None:
    """By the commands that the two offices would use."""
    asked, answered = folder / "asked.json", folder / "answered.jws"
    here, there = str(folder / "so"), str(folder / "bo")
    assert (
        run(["department", "next-request", "--dir", here, "--code", "SGD79", "--out", str(asked)])
        == 0
    )
    enrol = ["enrol", str(asked), "--dir", there, "--url", ministry.url, "--out", str(answered)]
    assert run(["department", *enrol]) == 0
    assert run(["department", "next-accept", str(answered), "--dir", here]) == 0


def test_the_ministrys_word_comes_back_to_the_school(chain: Chain) -> None:
    chain.school.queue(CLASS, 1)
    assert chain.school.engine().run(WorkContext()).verified == CLASS
    tokens = chain.news(ReceiptStage.FORWARDED, CLASS)
    ministry_key = chain.ministry.folder.receipt_key.public_key()
    for token in tokens:
        evidence = read(str(unverified_claims(token)["evidence"]), ministry_key)
        assert evidence.stage is ReceiptStage.VERIFIED
    archive = chain.ministry.folder.open_archive()
    assert archive.counts() == {"verified": CLASS}
    archive.close()
    assert chain.school.outbox.counts()[OutboxState.VERIFIED] == CLASS


def test_what_the_ministry_returns_is_returned_to_the_school(chain: Chain) -> None:
    chain.school.queue(1, 2, section="4B")
    chain.school.engine().run(WorkContext())
    key = next(i.key for i in chain.school.outbox.items() if i.section_name == "4B")
    archive = chain.ministry.folder.open_archive()
    deadline = time.monotonic() + PATIENCE
    while (kept := archive.record(key.record_id)) is None or kept.stage != "verified":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    Returning(chain.ministry.folder, archive).give_back(kept, "Trùng số định danh.", "bo")
    archive.close()
    chain.news(ReceiptStage.RETURNED, 1)
    (returned,) = chain.school.outbox.items([OutboxState.RETURNED])
    assert (returned.key, returned.reason) == (key, "Trùng số định danh.")


def test_a_department_takes_no_records_of_other_schools_but_the_ministry_does(
    chain: Chain,
) -> None:
    archive = chain.ministry.folder.open_archive()
    kept = archive.record(chain.school.outbox.items()[0].key.record_id)
    archive.close()
    assert kept is not None
    assert (kept.sender, kept.item.school_code) == ("SGD79", chain.school.device.school_code)
    address = json.loads((chain.ministry.folder.path / "address.json").read_text())
    assert address["url"] == chain.ministry.url
