"""Kill two machines of one school and the station again and again, over a bad network.

Nothing may be lost, doubled or halved, and whoever asks gets the same receipts, byte for byte.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Semaphore
from pathlib import Path

import requests
from sqlalchemy import select

from app.department.archive import Archive
from app.department.tables import record
from app.errors import NetworkDown
from app.model.delivery import OutboxState, ParcelItem, ReceiptStage
from app.model.people import ClassSection, Student
from app.model.transcript import Transcript, TranscriptHead, TranscriptState
from app.parcel.jws import unverified_claims
from app.store.workspace import Workspace
from app.work import WorkContext
from tests.support.chaos_school import Machine, queue_and_send
from tests.support.proxy import BadNetwork, Proxy, bad_network
from tests.support.station import FORKS, KEY, School, StationProcess, new_school, running_station

KILLS, CLASSES, CLASS = 67, 56, 30
WORKERS = (1, 1, 2)
"""Promised are 200 kills while 5,000 records travel, at each kind of station. In three parts, one
of them with two workers, so that each is clear of the time that a test may take."""
CLOCKS = (timedelta(0), timedelta(days=3000), timedelta(days=-3000), timedelta(days=20))
LONGEST_LIFE = 0.7
"""Seconds from the moment the workspace is open: time for a few parcels."""
EVERY_SHARED = 6
"""Each sixth class is on both machines: a copied workspace, two people sending."""
CALM_SECONDS = 60
"""For what the storm left: to come back, and then to be delivered from each machine."""


@dataclass(frozen=True)
class Harm:
    """What was done; `kills` counts processes that SIGKILL ended, nothing else."""

    kills: int
    station_kills: int
    cuts: int
    """Connections cut, replies that were lost with them included."""
    flips: int
    """Bits turned on the way or, in parcels that had come in part, on the station's disk."""
    records: int

    @property
    def of_each_kind(self) -> bool:
        return min(self.station_kills, self.cuts, self.flips) > 0


@dataclass
class Scene:
    machines: list[Machine]
    station: StationProcess
    proxy: Proxy
    records: int
    kills: int = 0
    station_kills: int = 0
    rotten: int = 0

    @property
    def harm(self) -> Harm:
        flips = self.proxy.flips + self.rotten
        return Harm(self.kills, self.station_kills, self.proxy.cuts, flips, self.records)


def chaos(
    folder: Path, database: str = "", workers: int = 1, kills: int = KILLS, classes: int = CLASSES
) -> Harm:
    """One part. AssertionError, with the seed, when a record is lost, doubled or halved."""
    seed = random.randrange(1 << 40)
    chance = random.Random(seed)
    try:
        with (
            running_station(folder / "so", database, workers) as station,
            bad_network(station.port) as proxy,
        ):
            machines = two_machines(folder, station, classes, chance)
            scene = Scene(machines, station, proxy, classes * CLASS)
            storm(scene, kills, chance)
            calm(scene)
            schools = [machine.open() for machine in machines]
            for machine, school in zip(machines, schools, strict=True):
                deliver_the_rest(school, proxy.url, machine.records)
            require_all_once(schools, station, scene.records)
            for school in schools:
                school.workspace.close()
            return scene.harm
    except AssertionError as error:
        complaints = [line for line in station.log() if line["level"] == "error"]
        raise AssertionError(f"seed {seed}: {error}; the station: {complaints}") from error


def two_machines(
    folder: Path, station: StationProcess, classes: int, chance: random.Random
) -> list[Machine]:
    made = []
    for name in ("first", "second"):
        (folder / name).mkdir()
        made.append(new_school(folder / name, station.folder, station.url))
    counts = [0, 0]
    for number in range(classes):
        having = [0, 1] if number % EVERY_SHARED == 0 else [number % 2]
        transcripts = section_of(number, chance)
        for one in having:
            add_class(made[one].workspace, number, transcripts)
            counts[one] += CLASS
    return [closed(school, count) for school, count in zip(made, counts, strict=True)]


def closed(school: School, records: int) -> Machine:
    school.workspace.close()
    path, device = school.workspace.path, school.device
    token = school.enrolment.token
    return Machine(path, KEY, device.school_code, device.to_bytes(), token, records)


def section_of(number: int, chance: random.Random) -> list[Transcript]:
    """Short records: what is tried here are moments, not bytes."""
    name, made = f"{number:02d}", []
    for at in range(CLASS):
        place = (f"{chance.getrandbits(128):032x}", 1, f"{name}-{at}", name, "2026-2027")
        xml = f"<HOC_BA>{chance.randbytes(200).hex()}</HOC_BA>"
        made.append(Transcript(TranscriptHead(*place, TranscriptState.ISSUED, ""), xml.encode()))
    return made


def add_class(workspace: Workspace, number: int, transcripts: list[Transcript]) -> None:
    store, name = workspace.here(), f"{number:02d}"
    with store.write():
        store.people.save_section(ClassSection(name, "2026-2027", 4, name))
        pupils = [transcript.head.student_id for transcript in transcripts]
        store.people.save_students(Student(one, f"Học sinh {one}", "2016-01-01") for one in pupils)
        for transcript in transcripts:
            store.transcripts.add(transcript)


def storm(scene: Scene, wanted: int, chance: random.Random) -> None:
    for _ in range(10 * wanted):  # schools whose work is done end before they are killed
        if scene.kills >= wanted and scene.harm.of_each_kind:
            return
        scene.proxy.network = weather(chance)
        awake = FORKS.Semaphore(0)
        children = [begin(scene, machine, chance, awake) for machine in scene.machines]
        try:
            for _ in children:
                assert awake.acquire(timeout=60)
            time.sleep(chance.random() * LONGEST_LIFE)
            if chance.random() < 0.3:
                kill_station(scene, chance)
        finally:
            scene.kills += sum(killed(child) for child in children)


def killed(child: BaseProcess) -> bool:
    """Whether it was still at work."""
    child.kill()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL), child.exitcode
    return child.exitcode == -signal.SIGKILL


def weather(chance: random.Random) -> BadNetwork:
    return BadNetwork(
        cut_after_sent=[chance.randrange(600, 20_000)] if chance.random() < 0.3 else [],
        flip_after_sent=[chance.randrange(20_000)] if chance.random() < 0.3 else [],
        lose_replies=int(chance.random() < 0.3),
        delay_seconds=chance.random() * 0.01 if chance.random() < 0.3 else 0.0,
    )


def begin(scene: Scene, machine: Machine, chance: random.Random, awake: Semaphore) -> BaseProcess:
    arguments = (machine, scene.proxy.url, chance.choice(CLOCKS), awake)
    child = FORKS.Process(target=queue_and_send, args=arguments)
    child.start()
    return child


def kill_station(scene: Scene, chance: random.Random) -> None:
    scene.station.kill()
    assert scene.station.process is not None
    assert scene.station.process.exitcode == -signal.SIGKILL
    scene.kills += 1
    scene.station_kills += 1
    for part in scene.station.folder.uploads.glob("*/*.part"):
        scene.rotten += rot(part, chance)
    scene.station.start()


def rot(part: Path, chance: random.Random) -> bool:
    """Whether a bit of the file was turned."""
    data = bytearray(part.read_bytes())
    if not data or chance.random() < 0.5:
        return False
    data[chance.randrange(len(data))] ^= 1
    part.write_bytes(data)
    return True


def calm(scene: Scene) -> None:
    """A good network, and a station that answers: it may just have been started again."""
    scene.proxy.network = BadNetwork()
    authority = str(scene.station.folder.path / "ca.crt")
    deadline = time.monotonic() + CALM_SECONDS
    while True:
        try:
            requests.head(f"{scene.proxy.url}/v1/ping", verify=authority, timeout=5)
            return
        except requests.RequestException:
            assert time.monotonic() < deadline, "the station does not come back"
            time.sleep(0.1)


def deliver_the_rest(school: School, url: str, records: int) -> None:
    deadline = time.monotonic() + CALM_SECONDS
    while school.outbox.counts()[OutboxState.VERIFIED] < records:
        assert time.monotonic() < deadline, school.outbox.counts()
        store = school.workspace.here()
        if issued := store.transcripts.heads(states=[TranscriptState.ISSUED]):
            school.outbox.enqueue(issued, school.shipping)
        school.outbox.hurry()
        stopped_by = school.engine(url).run(WorkContext()).stopped_by
        # On a loaded machine an answer may come too late; the next run asks again.
        assert stopped_by is None or type(stopped_by) is NetworkDown, repr(stopped_by)


def require_all_once(schools: list[School], station: StationProcess, records: int) -> None:
    assert not [line for line in station.log() if line["level"] == "error"]
    with closing(station.folder.open_archive()) as archive:
        assert archive.counts() == {"verified": records}
        said = receipts_of(archive, schools[0].device.school_code)
        assert len(said) == len(set(said)) == 2 * records
        with archive.reads.connect() as db:
            rows = db.execute(select(record)).all()
        kept = {row.record_id: item for row, item in archive.bytes.items(rows)}
    for school in schools:
        require_whole(school, kept, set(said))
    tokens = [{r.token for r in school.outbox.receipts()} for school in schools]
    assert tokens[0] | tokens[1] == set(said)


def require_whole(school: School, kept: Mapping[str, ParcelItem | None], said: set[str]) -> None:
    """Each record of the school once, its bytes as they were signed, both receipts as issued."""
    store = school.workspace.here()
    assert store.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert store.audit.unbroken()
    heads = store.transcripts.heads()
    assert {head.state for head in heads} == {TranscriptState.RECEIVED}
    for head in heads:
        item = kept[head.record_id]
        assert item is not None
        assert item.key.sha256 == head.sha256
        assert item.xml == store.transcripts.get(head.record_id, 1).xml
    receipts = school.outbox.receipts()
    for stage in (ReceiptStage.RECEIVED, ReceiptStage.VERIFIED):
        keys = [receipt.key for receipt in receipts if receipt.stage is stage]
        assert len(keys) == len(set(keys)) == len(heads)
    assert {receipt.token for receipt in receipts} <= said


def receipts_of(archive: Archive, school_code: str) -> list[str]:
    """All that the station ever said to the school."""
    found, page = [], archive.news(school_code, "")
    while page:
        found += page
        page = archive.news(school_code, str(unverified_claims(page[-1])["issued_at"]))
    return found
