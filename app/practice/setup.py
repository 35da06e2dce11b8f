"""Practice mode, made from real parts: a workspace, people, marks, keys, and a station."""

from __future__ import annotations

import json
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from app import clock, resources, services
from app.errors import StationNotInstalled
from app.model.gradebook import CellChange
from app.model.people import TeachingAssignment
from app.practice import keys
from app.practice.marks import invent
from app.practice.school import (
    CLASSES,
    CLERK,
    PASSPHRASE,
    PRINCIPAL,
    SCHOOL,
    SCHOOL_YEAR,
    TEACHERS,
    PracticeClass,
    teacher_of,
)
from app.practice.station import PracticeStation, call
from app.profile import SchoolLevel
from app.roster.roster_import import read_roster
from app.services import Services
from app.store import Workspace
from app.work import WorkContext

USER = "Thực hành"
_STATION_NAME = "Sở GD&ĐT Lai Châu (thực hành)"


@dataclass(frozen=True, slots=True)
class PracticePlace:
    """Where practice data lies, apart from real data."""

    folder: Path

    @property
    def workspace(self) -> Path:
        return self.folder / "school.hocba"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @property
    def trust(self) -> Path:
        return self.keys / "trust"

    @property
    def station(self) -> Path:
        return self.folder / "station"

    @property
    def ready(self) -> bool:
        return (self.folder / "ready").exists()


def prepare(place: PracticePlace, context: WorkContext, now: clock.Clock = clock.now) -> Services:
    """The practice workspace, made on the first call; the station is for `start_station`.

    What an interrupted first call left is removed first: none of it is anybody's work.
    """
    if place.ready:
        return _open(place, Workspace.open(place.workspace, PASSPHRASE), now)
    shutil.rmtree(place.folder, ignore_errors=True)
    place.folder.mkdir(parents=True, exist_ok=True)
    context.step(0, 3, "kho dữ liệu")
    workspace, _ = Workspace.create(place.workspace, PASSPHRASE, USER)
    context.step(1, 3, "chứng thư và token thực hành")
    homerooms = {each.section.homeroom_teacher_id for each in CLASSES}
    keys.make_keys(
        place.keys,
        now(),
        SCHOOL,
        [PRINCIPAL, *(t for t in TEACHERS if t.id in homerooms)],
        [t for t in TEACHERS if t.id not in homerooms],
    )
    made = _open(place, workspace, now)
    context.step(2, 3, "người và lớp")
    _people(made)
    context.report_done(3)
    (place.folder / "ready").write_text("1")
    return made


def _open(place: PracticePlace, workspace: Workspace, now: clock.Clock) -> Services:
    return services.build(
        workspace,
        keys=keys.sources(place.keys),
        trust_folders=(place.trust,),
        practice=True,
        now=now,
    )


def _people(made: Services) -> None:
    store = made.workspace.here()
    with store.write():
        store.people.save_school(SCHOOL)
        store.people.save_staff([PRINCIPAL, CLERK, *TEACHERS])
        for each in CLASSES:
            store.people.save_section(each.section)


def enrol_roster(made: Services, each: PracticeClass) -> int:
    """Import the class's sheet; the number of pupils."""
    plan = read_roster(Path(each.path), SCHOOL_YEAR)
    done = made.enrolling.apply(plan, made.enrolling.changes(plan))
    return done.added


def enter_marks(made: Services, each: PracticeClass) -> int:
    """Invented marks for a whole year; the number of cells."""
    section = each.section
    profile = made.book.open(section.id).profile
    store = made.workspace.here()
    if profile.level is not SchoolLevel.PRIMARY:
        store.people.save_assignments(
            TeachingAssignment(section.id, subject.code, teacher_of(number).id)
            for number, subject in enumerate(s for s in profile.subjects if s.compulsory)
        )
    cells = invent(profile, made.book.open(section.id).students)
    made.book.save(section.id, [CellChange(key, None, value) for key, value in cells.items()])
    return len(cells)


def start_station(made: Services, place: PracticePlace) -> PracticeStation:
    """Start the station and enrol with it by files, as a real school does.

    Raises StationNotInstalled, NetworkDown.
    """
    if not resources.has_station():
        raise StationNotInstalled
    _make_station(place)
    port_file = place.station / "port.json"
    port = json.loads(port_file.read_text()) if port_file.exists() else _free_port()
    port_file.write_text(json.dumps(port))
    station = PracticeStation(place.station, port).start()
    try:
        if not made.delivery.enrolled:
            request, answer = place.station / "request.json", place.station / "enrolment.jws"
            request.write_bytes(made.delivery.enrolment_request())
            call("department", "enrol", request, "--dir", place.station, "--out", answer)
            made.delivery.accept_enrolment(answer.read_bytes())
        made.delivery.use_address(station.url)
    except BaseException:
        station.stop()
        raise
    return station


def _make_station(place: PracticePlace) -> None:
    """Once. Its trust in the practice authority comes last, so that shows whether all is there."""
    roots = [(root, place.station / "trust" / root.name) for root in place.trust.glob("*.pem")]
    if all(there.exists() for _, there in roots):
        return
    shutil.rmtree(place.station, ignore_errors=True)
    call("department", "init", "--to", place.station, "--name", _STATION_NAME)
    for root, there in roots:
        shutil.copy(root, there)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
