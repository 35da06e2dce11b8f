"""A school whose first record is signed by everybody, under an authority on loopback."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from app.clock import now
from app.model.signing import FileReport, SignerRole
from app.model.transcript import Transcript, TranscriptHead, TranscriptState
from app.practice.school import CLASSES, PRINCIPAL, SCHOOL, TEACHERS
from app.practice.setup import enrol_roster, enter_marks
from app.services import build
from app.signing.pdf_verification import verify_pdf
from app.signing.record_verification import verify_record
from app.signing.trust import TrustStore
from app.store import Workspace
from tests.support.authority import Services

TEACHER = next(t for t in TEACHERS if t.id == CLASSES[0].section.homeroom_teacher_id)


class ProvenSchool:
    """A workspace with one class; its first record is signed by everybody."""

    def __init__(self, folder: Path, services: Services) -> None:
        authority = services.authority
        workspace, _ = Workspace.create(folder / "school.hocba", "bằng chứng sau", "thử")
        (folder / "trust").mkdir()
        root = authority.root.public_bytes(Encoding.PEM)
        (folder / "trust" / "root.pem").write_bytes(root)
        self.made = build(workspace, trust_folders=(folder / "trust",))
        store = self.made.workspace.here()
        store.people.save_school(SCHOOL)
        store.people.save_staff([PRINCIPAL, TEACHER])
        store.people.save_section(CLASSES[0].section)
        enrol_roster(self.made, CLASSES[0])
        enter_marks(self.made, CLASSES[0])
        self.made.records.lock(CLASSES[0].section.id)
        self.trust = TrustStore([authority.root])
        self.people = {
            SignerRole.HOMEROOM: authority.person(TEACHER.full_name, TEACHER.personal_id),
            SignerRole.PRINCIPAL: authority.person(PRINCIPAL.full_name, PRINCIPAL.personal_id),
            SignerRole.SCHOOL: authority.organisation(SCHOOL.name, SCHOOL.tax_code),
        }
        self.sign_next()
        self.service = self.made.evidence
        self.service.use_stamping([f"{services.url}/tsa"])
        self.sealed = b""
        """The first record's view, when it has been sealed."""

    def sign_next(self) -> None:
        """One record more, by everybody."""
        for role, identity in self.people.items():
            (waiting,) = self.made.signing.waiting(role)
            report = self.made.signing.sign(waiting.heads[:1], role, identity.key())
            assert report.signed == 1, report

    @property
    def record(self) -> Transcript:
        store = self.made.workspace.here().transcripts
        head: TranscriptHead = store.heads(states=[TranscriptState.ISSUED])[0]
        return store.get(head.record_id, head.version)

    @property
    def evidence(self) -> bytes | None:
        head = self.record.head
        return self.made.workspace.here().evidence.get(head.record_id, head.version)

    def checked(self, evidence: bytes | None) -> FileReport:
        later = now() + timedelta(seconds=2)
        return verify_record(self.record.xml, self.trust, later, evidence=evidence)

    def seal(self) -> bytes:
        """Of the first record."""
        self.made.signing.seal([self.record.head], self.people[SignerRole.SCHOOL].key())
        self.sealed = self.view
        return self.sealed

    @property
    def view(self) -> bytes:
        return self.made.records.view(self.record.head) or b""

    def checked_view(self, pdf: bytes | None = None, after: timedelta = timedelta()) -> FileReport:
        return verify_pdf(pdf or self.view, self.trust, now() + after + timedelta(seconds=2))
