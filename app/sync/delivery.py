"""This machine's side of delivery: enrolled with a station, sending, receiving its word."""

from __future__ import annotations

import hashlib
import platform
import time
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app import log
from app.errors import DeliveryError, NotEnrolled
from app.model.publication import Publication
from app.model.transcript import TranscriptHead, TranscriptState
from app.outbox import Outbox, SendingIdentity
from app.parcel import DeviceIdentity
from app.parcel.declaration import Declaration, DeclaredClass, declare
from app.parcel.enrolment import Enrolment, make_request, read_enrolment
from app.store import Workspace
from app.sync import proxy
from app.sync.client import StationClient
from app.sync.connection import Connection
from app.sync.engine import SyncEngine, SyncReport
from app.sync.proxy import Proxy
from app.sync.publications import Publications
from app.sync.stick import CopiedParcels, StickAnswers, StickReturn, copy_out, default_folder
from app.work import WorkContext

_DEVICE = "device"
_ENROLMENT = "enrolment"
_URL = "station.url"
_DECLARED = "station.declared"
_NEWS = "station.news"


class Delivery:
    """SQL and network on the calling thread."""

    def __init__(self, workspace: Workspace, publications: Publications | None = None) -> None:
        self._workspace = workspace
        self.outbox = Outbox(workspace)
        self.publications = publications or Publications(workspace)

    # --- knowing each other -----------------------------------------------------------------

    def device(self) -> DeviceIdentity:
        """This machine's own key; made once. Raises NotEnrolled before the school is set up."""
        store = self._workspace.here()
        school = store.people.school()
        if school is None:
            raise NotEnrolled("the school is not set up")
        with store.write():
            found = store.settings.secret(_DEVICE)
            if found is None:
                device = DeviceIdentity.new(school.code)
                store.settings.set_secret(_DEVICE, device.to_bytes())
                return device
        return DeviceIdentity.from_bytes(school.code, found)

    def enrolment_request(self) -> bytes:
        """The file that goes to the department, by stick or by mail."""
        school = self._workspace.here().people.school()
        name = school.name if school else ""
        return make_request(self.device(), name, platform.node() or "máy trường")

    def accept_enrolment(self, token: bytes) -> Enrolment:
        """Keep the department's answer. Raises EnrolmentInvalid."""
        known: Ed25519PublicKey | None = None
        if self.enrolled:
            known = self.enrolment().receipt_key
        enrolment = read_enrolment(token, self.device(), known)
        store = self._workspace.here()
        with store.write():
            store.settings.set_secret(_ENROLMENT, enrolment.token.encode())
            store.audit.add("enrol", enrolment.station)
        return enrolment

    @property
    def enrolled(self) -> bool:
        return self._workspace.here().settings.secret(_ENROLMENT) is not None

    def enrolment(self) -> Enrolment:
        """Raises NotEnrolled."""
        token = self._workspace.here().settings.secret(_ENROLMENT)
        if token is None:
            raise NotEnrolled
        return read_enrolment(token, self.device())

    def use_address(self, url: str) -> None:
        """Where the station is now; who it is stays pinned by the enrolment."""
        self._workspace.here().settings.set(_URL, url)

    def proxy(self) -> str:
        """URL of the school's proxy with its log-in, or ''."""
        return proxy.kept(self._workspace).url

    def try_proxy(self, tried: Proxy) -> float:
        """Reach the station through it, keeping nothing; seconds that took.

        Raises NotEnrolled, ProxyFailed, ProxyWantsLogin, NetworkDown, StationWrong.
        """
        url = str(self._workspace.here().settings.get(_URL, ""))
        client = StationClient(
            Connection(self.enrolment(), self.device(), url=url, proxy=tried.url)
        )
        started = time.monotonic()
        try:
            client.ping()
        finally:
            client.close()
        return time.monotonic() - started

    def accept_publication(self, data: bytes) -> Publication:
        """A file from the department. Raises NotEnrolled, and as `Publications.accept_file`."""
        return self.publications.accept_file(data, self.enrolment())

    # --- out and back -----------------------------------------------------------------------

    def ready(self, section_id: str | None = None) -> list[TranscriptHead]:
        """Issued records that are not queued yet."""
        return self._workspace.here().transcripts.heads(section_id, [TranscriptState.ISSUED])

    def enqueue(self, heads: Sequence[TranscriptHead]) -> list[str]:
        """Parcels' SHA-256. Raises NotEnrolled, MoveNotAllowed, DiskFull."""
        return self.outbox.enqueue(
            heads, SendingIdentity(self.device(), self.enrolment().certificate)
        )

    def copy_to_stick(self, chosen: Path, context: WorkContext) -> CopiedParcels:
        """What waits, into this school's folder in a chosen one. Raises NotEnrolled, Cancelled."""
        code = self.enrolment().school_code
        return copy_out(self.outbox, default_folder(chosen, code), code, context)

    def take_from_stick(self, paths: Sequence[Path], context: WorkContext) -> StickAnswers:
        """The department's word, in files or folders of them.

        Raises NotEnrolled, StickError, Cancelled.
        """
        bringing = StickReturn(self.outbox, self.enrolment(), self.accept_publication)
        return bringing.take(paths, context)

    def sync(self, context: WorkContext, patience: float = 20.0) -> SyncReport:
        """One run of the engine. Raises NotEnrolled, Cancelled."""
        enrolment = self.enrolment()
        url = str(self._workspace.here().settings.get(_URL, ""))
        self.outbox.start_run()
        connection = Connection(enrolment, self.device(), url=url, proxy=self.proxy())
        client = StationClient(connection)
        begin = time.monotonic()
        try:
            engine = SyncEngine(self.outbox, client, enrolment.receipt_key, patience)
            report = engine.run(context)
            if report.stopped_by is None:
                report.stopped_by = self._tell_and_ask(client, engine)
            if report.stopped_by is None:
                self._take_publications(client, report, context)
        finally:
            client.close()
        _note(report, time.monotonic() - begin)
        return report

    def _tell_and_ask(self, client: StationClient, engine: SyncEngine) -> DeliveryError | None:
        """What the school declares, when that changed; then what the department has for it."""
        settings = self._workspace.here().settings
        classes = self._classes()
        said = hashlib.sha256(repr(classes).encode()).hexdigest()
        try:
            if classes and settings.get(_DECLARED, "") != said:
                device = self.device()
                number = settings.next_counter("declaration.counter")
                client.declare(declare(Declaration(device.school_code, number, classes), device))
                settings.set(_DECLARED, said)
            settings.set(_NEWS, engine.take_news(str(settings.get(_NEWS, ""))))
        except DeliveryError as error:
            return error
        return None

    def _take_publications(
        self, client: StationClient, report: SyncReport, context: WorkContext
    ) -> None:
        try:
            report.published = self.publications.pull(client, self.enrolment(), context)
        except DeliveryError as error:
            report.stopped_by = error

    def _classes(self) -> tuple[DeclaredClass, ...]:
        """Who is present, and who left after the record was made: each has one record.

        Two classes of one name (campuses) count as one: a parcel's label knows the name.
        """
        store = self._workspace.here()
        found: dict[tuple[str, str], DeclaredClass] = {}
        for section in store.people.sections():
            present = {s.id for e, s in store.people.enrollments(section.id) if e.status.present}
            pupils = len(present | store.locks.of(section.id).keys())
            key = (section.school_year, section.name)
            pupils += found[key].pupils if key in found else 0
            found[key] = DeclaredClass(section.school_year, section.name, section.grade, pupils)
        return tuple(found.values())


def _note(report: SyncReport, seconds: float) -> None:
    log.event(
        "sync.run",
        ms=round(seconds * 1000),
        sent=report.sent,
        verified=report.verified,
        returned=report.returned,
        aside=report.set_aside,
        bytes=report.bytes_sent,
    )
    if report.stopped_by is not None:
        log.problem("sync.stopped", report.stopped_by)
