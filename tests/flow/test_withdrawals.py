"""What a department takes back: schools show it no longer, and what it replaced holds again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import services
from app.department.ops.publishing import Publishing
from app.errors import NotWithdrawable, PackInvalid, PublicationWithdrawn
from app.model.publication import Publication, PublicationKind
from app.parcel.publication import to_file
from app.services import Services
from app.work import WorkContext
from tests.fixtures.schools.enrolled import enrolled_school
from tests.fixtures.schools.parcels import SCHOOL
from tests.fixtures.schools.publications import (
    many_authorities,
    newer_rules,
    rules_id,
    trust_list,
)
from tests.fixtures.stations.postgres import new_database
from tests.fixtures.stations.station import StationProcess, running_station

BY, REASON, YEAR = "lan", "Nhầm ngày hạn nộp.", "2026-2027"
OTHER_SCHOOL = "0999999999"
_K = PublicationKind
BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@dataclass
class Office:
    station: StationProcess
    publishing: Publishing

    def publish(self, kind: PublicationKind, content: bytes, school: str = "") -> Publication:
        return self.publishing.publish(kind, f"Thử {kind}", content, BY, school)

    def withdraw(self, said: Publication) -> Publication:
        return self.publishing.withdraw(said.number, REASON, BY)

    def file(self, said: Publication) -> bytes:
        found = self.publishing.one(said.number)
        assert found is not None
        return to_file(*found)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Callable[[], str]:
    return new_database if getattr(request, "param", "") == "postgresql" else str


@pytest.fixture
def office(tmp_path: Path, database: Callable[[], str]) -> Iterator[Office]:
    with running_station(tmp_path / "so", database()) as station:
        archive = station.folder.open_archive()
        yield Office(station, Publishing(station.folder, archive))
        archive.close()


@pytest.fixture
def school(office: Office, tmp_path: Path) -> Iterator[Services]:
    made = enrolled_school(tmp_path / "a", office.station)
    yield made
    made.close()


def contact(school: Services) -> int:
    """How many publications came."""
    report = school.delivery.sync(WorkContext(), 0)
    assert report.stopped_by is None
    return report.published


def numbers(school: Services) -> list[int]:
    return [row.publication.number for row in school.delivery.publications.listed()]


@BOTH
def test_a_notice_that_was_withdrawn_is_shown_no_longer_and_the_reason_is(
    office: Office, school: Services
) -> None:
    wrong = office.publish(_K.NOTICE, "Hạn nộp 31/02.".encode())
    right = office.publish(_K.NOTICE, "Hạn nộp 28/02.".encode())
    assert contact(school) == 2
    word = office.withdraw(wrong)
    assert contact(school) == 1
    assert numbers(school) == [word.number, right.number]
    publications = school.delivery.publications
    assert publications.text(word.number) == REASON
    with pytest.raises(KeyError):
        publications.text(wrong.number)
    assert publications.unread() == 2
    assert contact(school) == 0


def test_a_notice_withdrawn_before_it_came_never_comes(office: Office, school: Services) -> None:
    wrong = office.publish(_K.NOTICE, b"x")
    word = office.withdraw(wrong)
    assert contact(school) == 1
    assert numbers(school) == [word.number]
    assert school.delivery.publications.unread() == 0  # nobody saw what was taken back
    with pytest.raises(PublicationWithdrawn):
        school.delivery.accept_publication(office.file(wrong))
    assert numbers(school) == [word.number]


def test_a_withdrawal_by_stick_stops_what_was_announced_and_comes_later(
    office: Office, school: Services, tmp_path: Path
) -> None:
    wrong = office.publish(_K.NOTICE, b"x")
    school.workspace.here().publications.announce([wrong])  # a cut came before its content
    (tmp_path / "thu-hoi.hbn").write_bytes(office.file(office.withdraw(wrong)))
    (tmp_path / "sai.hbn").write_bytes(office.file(wrong))
    for _ in range(2):
        taken = school.delivery.take_from_stick(
            [tmp_path / "thu-hoi.hbn", tmp_path / "sai.hbn"], WorkContext()
        )
        assert [file.problem for file in taken.files] == ["", "withdrawn"]
        assert not any(file.refused for file in taken.files)
    assert contact(school) == 0
    assert numbers(school) == [2]


def test_one_schools_notice_is_withdrawn_for_that_school_alone(
    office: Office, school: Services, tmp_path: Path
) -> None:
    other = enrolled_school(tmp_path / "b", office.station, OTHER_SCHOOL)
    secret = office.publish(_K.NOTICE, "Riêng".encode(), SCHOOL)
    assert office.withdraw(secret).school_code == SCHOOL
    assert [contact(school), contact(other)] == [1, 0]
    other.close()


@BOTH
def test_rules_that_were_withdrawn_give_way_to_those_before_but_not_for_locked_classes(
    office: Office, school: Services
) -> None:
    office.publish(_K.PROFILES, newer_rules(2, absence_limit="40"))
    wrong = office.publish(_K.PROFILES, newer_rules(3, absence_limit="4"))
    assert contact(school) == 1  # the first was never fetched
    held = services.build(school.workspace).profiles
    assert held.for_grade(YEAR, 8).id == rules_id(3)
    office.withdraw(wrong)
    assert contact(school) == 2  # the word, and the rules that hold again
    again = services.build(school.workspace)
    assert (again.rules.version, again.profiles.for_grade(YEAR, 8).id) == (1, rules_id(2))
    assert again.profiles.for_grade(YEAR, 8, rules_id(3)).id == rules_id(3)
    mended = office.publish(_K.PROFILES, newer_rules(4, absence_limit="42"))
    assert contact(school) == 1
    assert services.build(school.workspace).rules.version == mended.version == 3


def test_the_shipped_rules_hold_again_when_the_only_pack_was_withdrawn(
    office: Office, school: Services
) -> None:
    shipped = school.profiles.for_grade(YEAR, 8)
    wrong = office.publish(_K.PROFILES, newer_rules(2))
    contact(school)
    office.withdraw(wrong)
    assert contact(school) == 1
    again = services.build(school.workspace)
    assert (again.rules.version, again.profiles.for_grade(YEAR, 8)) == (0, shipped)
    assert again.profiles.for_grade(YEAR, 8, rules_id(2)).id == rules_id(2)
    with pytest.raises(PackInvalid):  # an id means one thing for ever, also a withdrawn one
        office.publish(_K.PROFILES, newer_rules(2, absence_limit="7"))


def test_a_trust_list_that_was_withdrawn_is_believed_no_longer_at_once(
    office: Office, school: Services
) -> None:
    office.publish(_K.TRUST, trust_list(*many_authorities(1)))
    wrong = office.publish(_K.TRUST, trust_list(*many_authorities(2)))
    contact(school)
    assert len(school.trusted.department()) == 3
    office.withdraw(wrong)
    contact(school)
    assert len(school.trusted.department()) == len(office.publishing.trusted()) == 2
    assert office.publishing.content(SCHOOL, wrong.sha256) is None


@BOTH
def test_of_two_officials_who_withdraw_at_once_one_is_told(office: Office) -> None:
    wrong = office.publish(_K.NOTICE, b"x")

    def withdraw(_: int) -> str:
        try:
            office.withdraw(wrong)
        except NotWithdrawable as error:
            return str(error.params["reason"])
        return ""

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(withdraw, range(4)))
    assert said == ["", *["đã được thu hồi"] * 3]
    listed = {one.publication.number: one.withdrawn for one in office.publishing.listed()}
    assert listed == {1: True, 2: False}


def test_a_withdrawal_needs_a_reason_and_something_to_take_back(office: Office) -> None:
    said = office.publish(_K.NOTICE, b"x")
    with pytest.raises(PackInvalid):
        office.publishing.withdraw(said.number, "  ", BY)
    with pytest.raises(NotWithdrawable):
        office.publishing.withdraw(99, REASON, BY)
    word = office.withdraw(said)
    with pytest.raises(NotWithdrawable):
        office.withdraw(word)
    assert len(office.publishing.listed()) == 2
