"""School, department, ministry: one protocol, and the ministry's word reaches the school."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from app import clock
from app.cli import run
from app.department.checks.returning import Returning
from app.department.store.folder import init_folder, load_folder
from app.department.store.tables import forward_report
from app.model.delivery import OutboxState, ReceiptStage, RecordKey
from app.parcel.jws import unverified_claims
from app.parcel.receipts import read
from app.signing.record.forward_report import open_report
from app.signing.trust.practice_pki import PracticeAuthority
from app.signing.trust.trust_store import TrustStore
from app.work import WorkContext
from tests.fixtures.stations.station import School, StationProcess, new_school
from tests.fixtures.waiting import until

CLASS = 6
NAME = "Sở GDĐT thử"
PASSWORD = "mật khẩu con dấu"
PATIENCE = 30.0


@dataclass
class Chain:
    ministry: StationProcess
    department: StationProcess
    school: School

    def news(self, stage: ReceiptStage, count: int) -> list[str]:
        """The school asks until it has so many words of this kind."""

        def found() -> list[str]:
            self.school.engine().take_news("")
            return [r.token for r in self.school.outbox.receipts() if r.stage is stage]

        until(lambda: len(found()) >= count, PATIENCE, instead=lambda: self.department.log()[-5:])
        return found()


@pytest.fixture(scope="module")
def authority() -> PracticeAuthority:
    return PracticeAuthority(clock.now())


@pytest.fixture(scope="module")
def chain(
    tmp_path_factory: pytest.TempPathFactory, authority: PracticeAuthority
) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("chain")
    ministry = StationProcess(init_folder(folder / "bo", "Kho học bạ số thử"), role="ministry")
    trust(ministry.folder.path, authority)
    ministry.start()
    init_folder(folder / "so", NAME)
    hand_papers(folder, ministry)
    give_certificate(folder, authority)
    department = StationProcess(load_folder(folder / "so"))
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


def give_certificate(folder: Path, authority: PracticeAuthority, name: str = NAME) -> None:
    """The department gets a certificate of its own, as it would buy one."""
    authority.organisation(name).save_pkcs12(folder / "dau.p12", PASSWORD)
    (folder / "so" / "seal.pin").write_text(PASSWORD, "utf-8")
    words = ["department", "key", "seal", "--dir", str(folder / "so")]
    assert run([*words, "--pkcs12", str(folder / "dau.p12")]) == 0


def trust(station: Path, authority: PracticeAuthority) -> None:
    (station / "trust").mkdir(exist_ok=True)
    authority.save_root(station / "trust")


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


def reports(station: StationProcess) -> list[tuple[str, str, bytes]]:
    """(department, signer, content) of what this station was told."""
    archive = station.folder.open_archive()
    with archive.reads.connect() as db:
        query = select(forward_report.c["school_code", "signer", "content"])
        found = [(row[0], row[1], row[2]) for row in db.execute(query)]
    archive.close()
    return found


def test_the_department_signs_what_it_hands_on_with_its_own_certificate(
    chain: Chain, authority: PracticeAuthority
) -> None:
    chain.school.queue(2, 7, section="4C")
    chain.school.engine().run(WorkContext())
    keys = {i.key for i in chain.school.outbox.items() if i.section_name == "4C"}
    chain.news(ReceiptStage.FORWARDED, 2)
    wait_for(lambda: keys <= {k for *_, c in reports(chain.ministry) for k in said(c)}, chain)
    for code, signer, content in reports(chain.ministry):
        assert (code, signer) == ("SGD79", NAME)
        opened = open_report(content)
        assert opened.problems(NAME, TrustStore([authority.root]), clock.now()) == ()


def said(content: bytes) -> tuple[RecordKey, ...]:
    return open_report(content).report.records


def wait_for(condition: Callable[[], bool], chain: Chain) -> None:
    until(condition, PATIENCE, instead=lambda: chain.department.log()[-5:])


def test_what_the_ministry_returns_is_returned_to_the_school(chain: Chain) -> None:
    chain.school.queue(1, 2, section="4B")
    chain.school.engine().run(WorkContext())
    key = next(i.key for i in chain.school.outbox.items() if i.section_name == "4B")
    archive = chain.ministry.folder.open_archive()
    until(lambda: getattr(archive.record(key.record_id), "stage", "") == "verified", PATIENCE)
    kept = archive.record(key.record_id)
    assert kept is not None
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
