"""Kill the school's program and the station again and again; nothing is lost, nothing doubled."""

from __future__ import annotations

import multiprocessing
import random
import time
from dataclasses import dataclass
from pathlib import Path

from app.model.delivery import OutboxState, ReceiptStage
from app.model.people import ClassSection, Student
from app.model.transcript import Transcript, TranscriptHead, TranscriptState
from app.outbox import Outbox
from app.store.workspace import Workspace
from app.work import WorkContext
from tests.support.proxy import Proxy, bad_network
from tests.support.station import (
    School,
    StationProcess,
    new_school,
    open_workspace,
    running_station,
)

CLASS = 60
STATION_KILLED_EVERY = 5


@dataclass
class Scene:
    school: School
    station: StationProcess
    proxy: Proxy
    records: int

    @property
    def path(self) -> Path:
        return self.school.workspace.path


def add_class(workspace: Workspace, number: int, chance: random.Random) -> None:
    """Short records: what is tried here are moments, not bytes."""
    store, name = workspace.here(), f"{number:02d}"
    with store.write():
        store.people.save_section(ClassSection(name, "2026-2027", 4, name))
        students = [Student(f"{name}-{n}", f"Học sinh {n}", "2016-01-01") for n in range(CLASS)]
        store.people.save_students(students)
        for student in students:
            place = (f"{chance.getrandbits(128):032x}", 1, student.id, name, "2026-2027")
            head = TranscriptHead(*place, TranscriptState.ISSUED, "")
            xml = f"<HOC_BA>{chance.randbytes(200).hex()}</HOC_BA>"
            store.transcripts.add(Transcript(head, xml.encode()))


def queue_and_send(school: School, path: Path, url: str, records: int) -> None:
    """One start of the program: queue one class, send what waits, go on until nothing is left."""
    workspace = open_workspace(path)
    own = School(workspace, Outbox(workspace), school.device, school.enrolment)
    while True:
        issued = workspace.here().transcripts.heads(states=[TranscriptState.ISSUED])
        if issued:
            section = issued[0].section_id
            own.outbox.enqueue([h for h in issued if h.section_id == section], school.shipping)
        own.outbox.hurry()
        own.engine(url, patience=0.3).run(WorkContext())
        if not issued and own.outbox.counts()[OutboxState.VERIFIED] == records:
            return


def kill_them(scene: Scene, wanted: int, chance: random.Random) -> int:
    fork = multiprocessing.get_context("fork")
    kills = 0
    for round_ in range(wanted * 2):
        if kills >= wanted:
            break
        scene.proxy.network.lose_replies = int(chance.random() < 0.2)
        scene.proxy.network.cut_after_sent = (
            [chance.randrange(600, 9000)] if chance.random() < 0.2 else []
        )
        child = fork.Process(
            target=queue_and_send, args=(scene.school, scene.path, scene.proxy.url, scene.records)
        )
        child.start()
        child.join(0.03 + chance.random() * 0.2)
        if round_ % STATION_KILLED_EVERY == 0:
            scene.station.kill()
            kills += 1
            scene.station.start()
        kills += child.is_alive()
        child.kill()
        child.join()
    scene.proxy.network.lose_replies = 0
    scene.proxy.network.cut_after_sent = []
    return kills


def chaos(folder: Path, kills: int, classes: int) -> int:
    """How often something was killed; AssertionError when a record is lost, doubled or halved."""
    chance = random.Random(7)
    with running_station(folder / "so") as station, bad_network(station.port) as proxy:
        school = new_school(folder, station.folder, station.url)
        for number in range(classes):
            add_class(school.workspace, number, chance)
        scene = Scene(school, station, proxy, classes * CLASS)
        school.workspace.close()
        done = kill_them(scene, kills, chance)
        workspace = open_workspace(scene.path)
        after = School(workspace, Outbox(workspace), school.device, school.enrolment)
        deliver_the_rest(after, proxy.url, scene.records)
        require_all_once(after, station, scene.records)
        workspace.close()
    return done


def deliver_the_rest(school: School, url: str, records: int) -> None:
    deadline = time.monotonic() + 60
    while school.outbox.counts()[OutboxState.VERIFIED] < records:
        assert time.monotonic() < deadline, school.outbox.counts()
        store = school.workspace.here()
        if issued := store.transcripts.heads(states=[TranscriptState.ISSUED]):
            school.outbox.enqueue(issued, school.shipping)
        school.outbox.hurry()
        assert school.engine(url).run(WorkContext()).stopped_by is None


def require_all_once(school: School, station: StationProcess, records: int) -> None:
    archive = station.folder.open_archive()
    assert archive.counts() == {"verified": records}
    archive.close()
    store = school.workspace.here()
    heads = store.transcripts.heads()
    assert {head.state for head in heads} == {TranscriptState.RECEIVED}
    verified = [r for r in school.outbox.receipts() if r.stage is ReceiptStage.VERIFIED]
    assert len(verified) == len({r.key for r in verified}) == len(heads) == records
    assert store.audit.unbroken()
