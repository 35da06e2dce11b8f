"""A station process, and a school that is enrolled with it."""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509

from app import clock
from app.department.folder import StationFolder, init_folder
from app.model.people import ClassSection, Student
from app.model.transcript import Transcript, TranscriptHead, TranscriptState
from app.outbox import Outbox, Shipping
from app.parcel import DeviceIdentity
from app.parcel.enrolment import (
    Enrolment,
    issue_enrolment,
    make_request,
    read_enrolment,
    read_request,
)
from app.store.workspace import Workspace
from app.sync import StationClient, SyncEngine
from app.sync.connection import Connection
from tests.support import station_main
from tests.support.parcels import SCHOOL, records

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

PASSPHRASE = "mật khẩu thử"
YEAR = timedelta(days=365)
ROOT = Path(__file__).parents[2]


# Stations are forked from a server that has imported all of the program already, what uvicorn and
# FastAPI import late included.
if sys.platform == "win32":
    FORKS = multiprocessing.get_context("spawn")
else:
    FORKS = multiprocessing.get_context("forkserver")
    FORKS.set_forkserver_preload(
        [
            "tests.support.station_main",
            "tests.support.chaos_school",
            "pydantic.v1",
            "uvicorn.lifespan.on",
            "uvicorn.protocols.http.auto",
            "uvicorn.protocols.websockets.auto",
        ]
    )
KEY = secrets.token_bytes(32)
"""Of every school's workspace in this run; Argon2 has tests of its own."""


@dataclass
class StationProcess:
    folder: StationFolder
    process: BaseProcess | None = None
    port: int = 0
    real: bool = False
    workers: int = 1
    role: str = "department"
    host: str = "127.0.0.1"
    kind: BaseContext = FORKS
    """How its process is made."""

    def start(self, limit_file_size: int = 0) -> None:
        """On the port of the first start, as a real station keeps its address."""
        address = self.folder.path / "address.json"
        address.unlink(missing_ok=True)
        self.process = self.kind.Process(
            target=station_main.run,
            args=(
                self.folder.path,
                self.port,
                limit_file_size,
                self.real,
                self.workers,
                self.role,
                self.host,
            ),
        )
        self.process.start()
        deadline = time.monotonic() + 30
        while not address.exists():
            assert self.process.is_alive(), (self.folder.path / "log.jsonl").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        self.port = json.loads(address.read_text())["port"]

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"

    def kill(self) -> None:
        """As a power cut does: the workers too."""
        assert self.process is not None
        pid = self.process.pid or 0
        os.kill(pid, signal.SIGSTOP)
        while Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "TZX":
            time.sleep(0.001)  # until it starts no worker any more
        for worker in self.team():
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        self.process.kill()
        self.process.join()
        deadline = time.monotonic() + 10
        while self.workers > 1 and not self._is_gone():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def _is_gone(self) -> bool:
        """Workers are nobody's children now; their port tells when they have died."""
        try:
            socket.create_server(("127.0.0.1", self.port)).close()
        except OSError:
            return False
        return True

    def team(self) -> set[int]:
        """The workers' process ids, where there are several."""
        assert self.process is not None
        pid = self.process.pid
        return {int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        self.process.join(20)
        assert self.process.exitcode is not None
        return self.process.exitcode

    def log(self) -> list[dict[str, object]]:
        lines = (self.folder.path / "log.jsonl").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines]


@contextmanager
def running_station(path: Path, database: str = "", workers: int = 1) -> Iterator[StationProcess]:
    folder = init_folder(path, "Sở GDĐT thử", database=database)
    station = StationProcess(folder, workers=workers)
    station.start()
    try:
        yield station
    finally:
        if station.process is not None and station.process.is_alive():
            station.stop()


def enrol(
    folder: StationFolder, device: DeviceIdentity, url: str, valid: timedelta = YEAR
) -> Enrolment:
    request = read_request(make_request(device, "Trường thử", platform.node()))
    valid_until = clock.now() + valid
    archive = folder.open_archive()
    archive.enrol(request, valid_until.isoformat())
    archive.close()
    token = issue_enrolment(
        request,
        station=folder.name,
        url=url,
        ca_pem=folder.ca_pem,
        certificate_pem=folder.certificate_pem,
        signing_key=folder.receipt_key,
        valid_until=valid_until,
    )
    return read_enrolment(token, device)


@dataclass
class School:
    workspace: Workspace
    outbox: Outbox
    device: DeviceIdentity
    enrolment: Enrolment

    @property
    def shipping(self) -> Shipping:
        receiver: x509.Certificate = self.enrolment.certificate
        return Shipping(self.device, receiver)

    def engine(
        self, url: str = "", patience: float = 15.0, now: clock.Clock = clock.now
    ) -> SyncEngine:
        connection = Connection(self.enrolment, self.device, url=url, now=now)
        client = StationClient(connection, pause=0.02)
        return SyncEngine(self.outbox, client, self.enrolment.receipt_key, patience)

    def queue(self, count: int, seed: int, section: str = "4A", poison: int = 0) -> list[str]:
        heads = add_issued(self.workspace, count, seed, section, poison)
        return self.outbox.enqueue(heads, self.shipping)


def open_workspace(path: Path) -> Workspace:
    """New or not."""
    return Workspace(path, KEY, "thử")


def new_school(path: Path, folder: StationFolder, url: str, code: str = SCHOOL) -> School:
    workspace = open_workspace(path / "school.hocba")
    device = DeviceIdentity.new(code)
    return School(workspace, Outbox(workspace), device, enrol(folder, device, url))


def add_issued(
    workspace: Workspace, count: int, seed: int, section: str = "4A", poison: int = 0
) -> list[TranscriptHead]:
    """Issued transcripts of a new class; the first `poison` of them will not stand the check."""
    store = workspace.here()
    section_id = f"2026-{section}"
    made = []
    with store.write():
        store.people.save_section(ClassSection(section_id, "2026-2027", 4, section))
        for number, item in enumerate(records(count, seed)):
            xml = item.xml.replace(b"<HO_TEN>", b"<HO_TEN>POISON ") if number < poison else item.xml
            student = Student(f"{section}-{number}", f"Nguyễn Thử {number}", "2016-01-01")
            store.people.save_students([student])
            head = TranscriptHead(
                record_id=item.key.record_id,
                version=1,
                student_id=student.id,
                section_id=section_id,
                school_year="2026-2027",
                state=TranscriptState.ISSUED,
                sha256="",
            )
            store.transcripts.add(Transcript(head, xml))
            made.append(store.transcripts.get(head.record_id, 1).head)
    return made
