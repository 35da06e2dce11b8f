"""From an official's act to what holds at a school: notices, rules, whom to trust."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import update

from app import services
from app.cli.sync import _as_json, _as_words, run_sync
from app.department.ops.publishing import Publishing
from app.department.store.tables import publication
from app.errors import PackInvalid, PublicationInvalid, PublicationOld
from app.model.publication import Publication, PublicationKind, PublicationState
from app.parcel.publication import to_file
from app.parcel.rule_pack import make_pack
from app.profile import shipped
from app.services import Services
from app.signing.trust.trust_list import (
    Hierarchy,
    TrustedCertificate,
    TrustPurpose,
    make_trust_list,
)
from app.sync import StationClient
from app.sync.connection import Connection
from app.sync.publications import NOTICES_KEPT, PIECE
from app.work import WorkContext
from tests.fixtures.schools.enrolled import enrolled_school
from tests.fixtures.schools.parcels import SCHOOL
from tests.fixtures.schools.publications import (
    SECONDARY,
    many_authorities,
    new_root,
    newer_rules,
    published,
    rules_id,
    shipped_file,
    trust_list,
)
from tests.fixtures.stations.postgres import new_database
from tests.fixtures.stations.proxy import bad_network
from tests.fixtures.stations.station import StationProcess, running_station

NOTICE = "Các trường gửi xong học bạ trước 17 giờ ngày 15/6.\n\nTrân trọng."
YEAR = "2026-2027"
OTHER_SCHOOL = "0999999999"
BY = "lan"
_K = PublicationKind


@dataclass
class Office:
    station: StationProcess
    publishing: Publishing

    def publish(self, kind: PublicationKind, content: bytes, school: str = "") -> Publication:
        return self.publishing.publish(kind, f"Thử {kind}", content, BY, school)

    def file(self, number: int) -> bytes:
        found = self.publishing.one(number)
        assert found is not None
        return to_file(*found)


BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


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


class Counted(StationClient):
    """A client that remembers how often it asked."""

    asked = 0

    def publications(self, after: int) -> list[str]:
        self.asked += 1
        return super().publications(after)

    def piece(self, sha256: str, first: int, last: int) -> bytes:
        self.asked += 1
        return super().piece(sha256, first, last)


def pull(school: Services, url: str = "") -> tuple[int, int]:
    """What came whole, and how many requests that took."""
    delivery = school.delivery
    connection = Connection(delivery.enrolment(), delivery.device(), url=url)
    client = Counted(connection, pause=0.02)
    came = delivery.publications.pull(client, delivery.enrolment(), WorkContext())
    client.close()
    return came, client.asked


def reopened(school: Services) -> Services:
    """As the next opening of the same workspace."""
    return services.build(school.workspace)


def titles(school: Services) -> list[str]:
    return [row.publication.title for row in school.delivery.publications.listed()]


@BOTH
def test_a_notice_reaches_whom_it_is_meant_for_and_is_fetched_once(
    office: Office, school: Services, tmp_path: Path
) -> None:
    other = enrolled_school(tmp_path / "b", office.station, OTHER_SCHOOL)
    to_all = office.publish(_K.NOTICE, NOTICE.encode())
    to_one = office.publish(_K.NOTICE, "Riêng".encode(), SCHOOL)
    assert school.delivery.sync(WorkContext(), 0).published == 2
    publications = school.delivery.publications
    assert publications.text(to_all.number) == NOTICE.strip()
    assert publications.text(to_one.number) == "Riêng"
    assert pull(other) == (1, 2)
    assert [pull(school), pull(other)] == [(0, 1), (0, 1)]
    other.close()


def test_another_schools_notice_cannot_be_fetched_by_its_name(
    office: Office, school: Services, tmp_path: Path
) -> None:
    other = enrolled_school(tmp_path / "b", office.station, OTHER_SCHOOL)
    secret = office.publish(_K.NOTICE, "Riêng".encode(), SCHOOL)
    delivery = other.delivery
    connection = Connection(delivery.enrolment(), delivery.device())
    assert connection.request("GET", f"/v1/publications/{secret.sha256}").status_code == 404
    connection.close()
    other.close()


def test_a_cut_fetch_goes_on_where_it_was_also_after_a_restart(
    office: Office, school: Services
) -> None:
    content = make_trust_list(many_authorities(150))
    pieces = -(-len(content) // PIECE)
    assert pieces >= 4
    office.publish(_K.TRUST, content)
    with bad_network(office.station.port) as proxy:
        proxy.network.cut_after_sent = [2800, 100]  # in the third request or so, and once more
        came, asked = pull(school, proxy.url)
        assert proxy.cuts == 2
    assert came == 0
    (half,) = school.workspace.here().publications.wanted()
    assert PIECE <= half.held < len(content)
    came, more = pull(reopened(school))
    assert came == 1
    assert asked + more <= pieces + 4  # two lists, and the piece that was cut twice
    assert len(school.trusted.department()) == 150


def test_one_cut_costs_one_piece_and_no_run(office: Office, school: Services) -> None:
    content = make_trust_list(many_authorities(150))
    office.publish(_K.TRUST, content)
    with bad_network(office.station.port) as proxy:
        proxy.network.cut_after_sent = [2800]
        came, asked = pull(school, proxy.url)
        assert proxy.cuts == 1
    assert (came, asked) == (1, -(-len(content) // PIECE) + 2)


def test_new_rules_hold_from_the_next_opening_and_name_themselves(
    office: Office, school: Services
) -> None:
    before = school.profiles.for_grade(YEAR, 8)
    office.publish(_K.PROFILES, newer_rules(absence_limit="30"))
    assert pull(school)[0] == 1
    assert school.profiles.for_grade(YEAR, 8) is before
    again = reopened(school)
    assert (again.rules.version, again.profiles.for_grade(YEAR, 8).id) == (1, rules_id(2))
    assert again.profiles.for_grade(YEAR, 8, rules_id(1)) == before
    assert again.profiles.for_grade(YEAR, 4) == school.profiles.for_grade(YEAR, 4)


def test_what_a_school_could_not_use_is_never_published(office: Office, school: Services) -> None:
    bad = (
        (_K.PROFILES, newer_rules(absence_limit='"nhiều"')),
        (_K.PROFILES, newer_rules(1, absence_limit="30")),
        (_K.PROFILES, b"PK\x03\x04"),
        (_K.TRUST, b"{}"),
        (_K.NOTICE, b"\xff"),
        (_K.NOTICE, b" "),
        (_K.NOTICE, b"x" * 20_000),
    )
    for kind, content in bad:
        with pytest.raises(PackInvalid):
            office.publish(kind, content)
    with pytest.raises(PackInvalid):
        office.publish(_K.NOTICE, NOTICE.encode(), "khong-co")
    with pytest.raises(PackInvalid):
        office.publish(_K.TRUST, trust_list(), SCHOOL)
    assert office.publishing.listed() == []
    assert pull(school) == (0, 1)


def test_a_signed_pack_that_cannot_be_read_is_named_and_the_old_rules_stay(
    office: Office, school: Services
) -> None:
    office.publish(_K.PROFILES, newer_rules(2))
    pull(school)
    key = office.station.folder.receipt_key
    text = shipped_file(SECONDARY).replace('version = "1"', 'version = "9"')
    broken = make_pack({SECONDARY: text.replace("electives = 4", "electives = 400").encode()})
    forged = published(_K.PROFILES, broken, 7, 7, key=key)
    with pytest.raises(PackInvalid) as caught:
        school.delivery.accept_publication(to_file(forged, broken))
    assert caught.value.params["file"] == SECONDARY
    store = school.workspace.here().publications
    store.announce([forged])
    store.set_content(7, broken)
    pull(school)
    (row,) = [one for one in school.delivery.publications.listed() if one.publication.number == 7]
    assert row.state is PublicationState.REFUSED
    assert row.reason.startswith(f"{SECONDARY}, dòng ")
    assert reopened(school).rules.version == 1


@BOTH
def test_an_older_list_never_replaces_a_newer_one(office: Office, school: Services) -> None:
    first = office.publish(_K.TRUST, trust_list())
    second = office.publish(_K.TRUST, trust_list(*many_authorities(1)))
    assert pull(school) == (1, 2)  # the older one is not even fetched
    assert len(school.trusted.department()) == 2
    with pytest.raises(PublicationOld) as caught:
        school.delivery.accept_publication(office.file(first.number))
    assert (caught.value.params["version"], caught.value.params["held"]) == (1, 2)
    again = school.delivery.accept_publication(office.file(second.number))
    assert again.version == 2  # by stick what is there already: nothing happens
    assert len(school.trusted.department()) == 2


def test_a_stick_brings_the_same_as_the_network(office: Office, school: Services) -> None:
    office.publish(_K.NOTICE, "Một".encode())
    two = office.publish(_K.NOTICE, b"Hai")
    school.delivery.accept_publication(office.file(two.number))
    assert titles(school) == ["Thử notice"]
    assert pull(school)[0] == 1
    assert len(titles(school)) == 2


def test_a_file_for_another_school_or_changed_by_hand_is_refused(
    office: Office, school: Services
) -> None:
    one = office.publish(_K.NOTICE, NOTICE.encode())
    data = office.file(one.number)
    foreign = published(_K.NOTICE, b"x", school_code=OTHER_SCHOOL,
                        key=office.station.folder.receipt_key)  # fmt: skip
    for wrong in (data[:-1], data[20:], b"", to_file(foreign, b"x"), b"\xff" * 100):
        with pytest.raises(PublicationInvalid):
            school.delivery.accept_publication(wrong)
    assert titles(school) == []


def test_a_trust_list_holds_at_once_and_for_its_purpose_only(
    office: Office, school: Services
) -> None:
    _, signing = new_root("Nơi cấp ký")
    _, stamping = new_root("Nơi cấp dấu thời gian")
    assert school.trust.path(signing) is None
    listed = (
        TrustedCertificate(signing, Hierarchy.GOVERNMENT),
        TrustedCertificate(stamping, Hierarchy.PUBLIC, TrustPurpose.TIMESTAMPS),
    )
    office.publish(_K.TRUST, make_trust_list(listed))
    pull(school)
    path = school.trust.path(signing)
    assert path is not None
    assert path.hierarchy is Hierarchy.GOVERNMENT
    assert school.trust.path(stamping) is None
    assert school.trust.path(stamping, purpose=TrustPurpose.TIMESTAMPS) is not None
    office.publish(_K.TRUST, trust_list())
    pull(school)
    assert school.trust.path(signing) is None


def test_notices_are_read_or_not_and_the_oldest_go(office: Office, school: Services) -> None:
    publications = school.delivery.publications
    for number in range(3):
        office.publish(_K.NOTICE, f"Thông báo {number}".encode())
    pull(school)
    assert publications.unread() == 3
    publications.mark_read(2)
    assert publications.unread() == 2
    store = school.workspace.here().publications
    key = office.station.folder.receipt_key
    with school.workspace.here().write():
        for number in range(4, NOTICES_KEPT + 10):
            store.keep(published(_K.NOTICE, b"x", number, number, key=key), b"x")
    school.delivery.accept_publication(to_file(published(_K.NOTICE, b"y", 999, 999, key=key), b"y"))
    numbers = [row.publication.number for row in publications.listed()]
    assert numbers == [999, *range(NOTICES_KEPT + 9, 10, -1)]


@BOTH
def test_two_officials_at_once_get_two_numbers(office: Office) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda n: office.publish(_K.NOTICE, f"Số {n}".encode()), range(8)))
    assert sorted(one.number for one in made) == list(range(1, 9))


def test_the_headless_sync_says_what_came(office: Office, school: Services) -> None:
    office.publish(_K.NOTICE, NOTICE.encode())
    report = run_sync(school, WorkContext())
    assert json.loads(_as_json(report))["published"] == 1
    assert "1 mục mới" in _as_words(report)


def test_a_new_school_is_not_sent_what_is_long_replaced(office: Office, school: Services) -> None:
    for count in range(1, 4):
        office.publish(_K.TRUST, trust_list(*many_authorities(count)))
        office.publish(_K.PROFILES, newer_rules(count + 1))
    assert len(office.publishing.after(SCHOOL, 0)) == 2
    assert pull(school) == (2, 3)
    assert reopened(school).rules.version == 3


def test_a_run_that_comes_late_spoils_nothing_that_is_whole(
    office: Office, school: Services
) -> None:
    said = office.publish(_K.NOTICE, NOTICE.encode())
    pull(school)
    store = school.workspace.here().publications
    store.set_content(said.number, b"half")
    store.refuse(said.number, "too late")
    assert school.delivery.publications.text(said.number) == NOTICE.strip()


def test_a_pack_of_another_program_version_does_not_stop_the_department(office: Office) -> None:
    office.publish(_K.PROFILES, newer_rules(2))
    with office.publishing._archive.engine.begin() as db:
        db.execute(update(publication).values(content=b"of another program"))
    assert office.publishing.rules() == shipped()
    assert office.publish(_K.PROFILES, newer_rules(3)).version == 2
