"""A station process, and a school that is enrolled with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509

from app import clock
from app.department.archive import Archive
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
from tests.support.parcels import SCHOOL, records

PASSPHRASE = "mật khẩu thử"
ROOT = Path(__file__).parents[2]


@dataclass
class StationProcess:
    folder: StationFolder
    process: subprocess.Popen[bytes] | None = None
    port: int = 0

    def start(self, limit_file_size: int = 0) -> None:
        """On the port of the first start, as a real station keeps its address."""
        address = self.folder.path / "address.json"
        address.unlink(missing_ok=True)
        command = [sys.executable, "-m", "tests.support.station_main", str(self.folder.path)]
        if limit_file_size:
            command = ["prlimit", f"--fsize={limit_file_size}", *command]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port)],
            cwd=ROOT,
            stderr=(self.folder.path / "log.jsonl").open("ab"),
        )
        deadline = time.monotonic() + 30
        while not address.exists():
            assert self.process.poll() is None, (self.folder.path / "log.jsonl").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        self.port = json.loads(address.read_text())["port"]

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def log(self) -> list[dict[str, object]]:
        lines = (self.folder.path / "log.jsonl").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines]


@contextmanager
def running_station(path: Path) -> Iterator[StationProcess]:
    station = StationProcess(init_folder(path, "Sở GDĐT thử"))
    station.start()
    try:
        yield station
    finally:
        if station.process is not None and station.process.poll() is None:
            station.stop()


def enrol(folder: StationFolder, device: DeviceIdentity, url: str) -> Enrolment:
    request = read_request(make_request(device, "Trường thử", os.uname().nodename))
    archive = Archive(folder.database)
    archive.enrol(request)
    archive.close()
    token = issue_enrolment(
        request,
        station=folder.name,
        url=url,
        ca_pem=folder.ca_pem,
        certificate_pem=folder.certificate_pem,
        signing_key=folder.receipt_key,
        valid_until=clock.now() + timedelta(days=365),
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
        client = StationClient(connection)
        return SyncEngine(self.outbox, client, self.enrolment.receipt_key, patience)

    def queue(self, count: int, seed: int, section: str = "4A", poison: int = 0) -> list[str]:
        heads = add_issued(self.workspace, count, seed, section, poison)
        return self.outbox.enqueue(heads, self.shipping)


def new_school(path: Path, folder: StationFolder, url: str, code: str = SCHOOL) -> School:
    workspace, _ = Workspace.create(path / "school.hocba", PASSPHRASE, "thử")
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
