"""The school's program is killed again and again while it queues and sends."""

from __future__ import annotations

import multiprocessing
import random
import time
from pathlib import Path

from app.department.archive import Archive
from app.model.delivery import OutboxState, ReceiptStage
from app.model.transcript import TranscriptState
from app.outbox import Outbox
from app.work import WorkContext
from tests.support.proxy import bad_network
from tests.support.station import School, add_issued, new_school, open_workspace, running_station

KILLS = 30
CLASSES = 10
CLASS = 6


def queue_and_send(school: School, path: Path, url: str) -> None:
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
        if not issued and own.outbox.counts()[OutboxState.VERIFIED] == CLASSES * CLASS:
            return


def test_kills_at_random_moments_lose_double_and_halve_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)
    fork = multiprocessing.get_context("fork")
    with running_station(tmp_path / "so") as station, bad_network(station.port) as proxy:
        school = new_school(tmp_path, station.folder, station.url)
        for number in range(CLASSES):
            add_issued(school.workspace, CLASS, number, f"4{number}")
        path = school.workspace.path
        school.workspace.close()
        kills = 0
        proxy.network.delay_seconds = 0.004
        for _ in range(KILLS):
            proxy.network.lose_replies = int(chance.random() < 0.3)
            child = fork.Process(target=queue_and_send, args=(school, path, proxy.url))
            child.start()
            child.join(0.05 + chance.random() * 0.25)
            kills += child.is_alive()
            child.kill()
            child.join()
        proxy.network.delay_seconds = 0
        proxy.network.lose_replies = 0
        workspace = open_workspace(path)
        after = School(workspace, Outbox(workspace), school.device, school.enrolment)
        deadline = time.monotonic() + 30
        while after.outbox.counts()[OutboxState.VERIFIED] < CLASSES * CLASS:
            assert time.monotonic() < deadline, after.outbox.counts()
            issued = workspace.here().transcripts.heads(states=[TranscriptState.ISSUED])
            if issued:
                after.outbox.enqueue(issued, school.shipping)
            after.outbox.hurry()
            assert after.engine(proxy.url).run(WorkContext()).stopped_by is None
        archive = Archive(station.folder.database)
        assert archive.counts() == {"verified": CLASSES * CLASS}
        archive.close()
        heads = workspace.here().transcripts.heads()
        assert {head.state for head in heads} == {TranscriptState.RECEIVED}
        verified = [r for r in after.outbox.receipts() if r.stage is ReceiptStage.VERIFIED]
        assert len(verified) == len(heads) == CLASSES * CLASS
        assert workspace.here().audit.unbroken()
        workspace.close()
    assert kills >= KILLS // 3
