"""A school's machine in a process of its own, made to be killed."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.synchronize import Semaphore
from pathlib import Path

from app import clock
from app.errors import DeviceRefused, ReceiptInvalid
from app.model.delivery import OutboxState
from app.model.transcript import TranscriptState
from app.outbox import Outbox
from app.parcel import DeviceIdentity
from app.parcel.enrolment import read_enrolment
from app.store.workspace import Workspace
from app.work import WorkContext
from tests.support.station import School


@dataclass(frozen=True)
class Machine:
    """All that another process needs to be this machine."""

    path: Path
    key: bytes
    code: str
    secret: bytes
    enrolment: str
    records: int

    def open(self, ahead: timedelta = timedelta(0)) -> School:
        """`ahead`: how wrong the clock is."""
        workspace = Workspace(self.path, self.key, "thử")
        device = DeviceIdentity.from_bytes(self.code, self.secret)
        outbox = Outbox(workspace, now=lambda: clock.now() + ahead)
        return School(workspace, outbox, device, read_enrolment(self.enrolment, device))


def queue_and_send(machine: Machine, url: str, ahead: timedelta, awake: Semaphore) -> None:
    """One start of the program: queue class after class, send, until all is verified.

    `awake`: released when the work begins. Ends with the test that started it.
    """
    test = multiprocessing.parent_process()
    assert test is not None
    school = machine.open(ahead)
    transcripts = school.workspace.here().transcripts
    awake.release()
    while test.is_alive():
        issued = transcripts.heads(states=[TranscriptState.ISSUED])
        if issued:
            section = issued[0].section_id
            school.outbox.enqueue([h for h in issued if h.section_id == section], school.shipping)
        school.outbox.hurry()
        report = school.engine(url, 0.3, lambda: clock.now() + ahead).run(WorkContext())
        assert report.set_aside == 0
        assert not isinstance(report.stopped_by, DeviceRefused | ReceiptInvalid), report.stopped_by
        if not issued and school.outbox.counts()[OutboxState.VERIFIED] == machine.records:
            return
