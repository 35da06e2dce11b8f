"""A pupil changes schools: the whole history goes out, comes in, and is continued."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, replace

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from app import clock
from app.assessment.classbook import ClassBook
from app.errors import HistoryError, HistoryPupilUnclear
from app.files import safe_name
from app.handover.history import (
    RECORD,
    RESULTS,
    RESULTS_PDF,
    History,
    HistoryFile,
    HistoryPaper,
    open_history,
    seal_for,
    seal_with,
)
from app.handover.results import carried_cells, results_of
from app.model.people import Student
from app.model.record import RecordContent
from app.model.text import fold
from app.parcel.recipient import new_recipient
from app.signing.record.verification import verify_record
from app.signing.report_words import problem
from app.signing.trust.trust_store import TrustStore
from app.store import Workspace
from app.store.foreign import ForeignPaper, ForeignRecord
from app.store.people import student_from_json
from app.transcript import xml_record
from app.transcript.records import RecordService

_KEY, _CERTIFICATE = "handover.key", "handover.certificate"
LARGEST_CERTIFICATE = 64 * 1024


@dataclass(frozen=True, slots=True)
class VerifiedHistory:
    """A history whose records all hold, and who it may be at this school."""

    history: History
    student: Student
    """As the other school knows the pupil."""
    records: tuple[ForeignRecord, ...]
    contents: tuple[RecordContent, ...]
    match: Student | None = None
    """The one of ours with the same ministry's or personal id."""
    candidates: tuple[Student, ...] = ()
    """Same name and birth date, but no id to be sure by."""


@dataclass(frozen=True, slots=True)
class ImportedHistory:
    student_id: str
    is_new: bool
    records: int
    """Record versions that were not here before."""
    papers: int


class PupilTransfer:
    """SQL on the calling thread."""

    def __init__(
        self,
        workspace: Workspace,
        book: ClassBook,
        records: RecordService,
        trust: TrustStore,
        now: clock.Clock = clock.now,
    ) -> None:
        self._workspace = workspace
        self._book = book
        self._records = records
        self._trust = trust
        self._now = now

    # --- out --------------------------------------------------------------------------------

    def export_history(
        self, student_id: str, *, to: x509.Certificate | None = None, passphrase: str = ""
    ) -> bytes:
        """Everything signed about the pupil, and this year so far, sealed for the other school.

        `to`: its receiving certificate; else a passphrase, told by another way. Raises KeyError,
        HistoryError when there is nothing to send, PassphraseTooWeak.
        """
        history = self._history(student_id)
        if not history.files:
            raise HistoryError("empty", reason="học sinh chưa có học bạ đã phát hành hay điểm nào")
        sealed = seal_for(history, to) if to is not None else seal_with(history, passphrase)
        self._workspace.here().audit.add("export_history", student_id, str(len(history.files)))
        return sealed

    def _history(self, student_id: str) -> History:
        store = self._workspace.here()
        student, school = store.people.student(student_id), store.people.school()
        files = [
            HistoryFile(f"{r.school_year}-{r.record_id}-v{r.version}.xml", RECORD, r.xml)
            for r in store.foreign.records(student_id)
        ]
        done = set()
        for head in store.transcripts.versions(student_id):
            xml = store.transcripts.get(head.record_id, head.version).xml
            if not verify_record(xml, self._trust, self._now()).missing_roles:
                done.add(head.section_id)
                name = f"{head.school_year}-{head.record_id}-v{head.version}.xml"
                files.append(HistoryFile(name, RECORD, xml))
        for section in store.people.sections_of(student_id):
            if section.id not in done:
                found = results_of(self._book, self._records, section.id, student_id)
                if found is not None:
                    name = safe_name(f"{section.school_year}-{section.name}-ket-qua")
                    files.append(HistoryFile(f"{name}.json", RESULTS, found.as_json()))
                    files.append(HistoryFile(f"{name}.pdf", RESULTS_PDF, found.as_pdf()))
        code, name = (school.code, school.name) if school else ("", "")
        return History(
            HistoryPaper(code, name, self._now().isoformat(), asdict(student)), tuple(files)
        )

    # --- in ---------------------------------------------------------------------------------

    def address(self) -> bytes:
        """This school's receiving certificate (PEM), for others to seal histories with."""
        return self._receiver()[1]

    def opening_key(self) -> rsa.RSAPrivateKey | None:
        """What histories are sealed for; None when no address was ever asked for."""
        found = self._workspace.here().settings.secret(_KEY)
        return None if found is None else _loaded(found)

    def read_history(self, data: bytes, passphrase: str = "") -> VerifiedHistory:
        """Open a file and check every signature in it; nothing is kept yet.

        Raises HistoryLocked, and HistoryError(reason) for a torn or altered file, a record that
        does not hold or whose signer is not trusted, and records of somebody else.
        """
        key = None if passphrase else self._receiver()[0]
        history = open_history(data, key=key, passphrase=passphrase)
        student = _student(history.paper)
        at = self._now().isoformat()
        records, contents = [], []
        for file in history.of(RECORD):
            content = self._checked(file, student)
            contents.append(content)
            common = content.common
            record = ForeignRecord(
                common.record_id, common.version, "", common.school_year, at, file.content
            )
            records.append(record)
        if len({(r.record_id, r.version) for r in records}) != len(records):
            raise HistoryError("twice", reason="hồ sơ có một phiên bản học bạ hai lần")
        match, candidates = self._known(student)
        return VerifiedHistory(history, student, tuple(records), tuple(contents), match, candidates)

    def import_history(
        self, data: bytes, passphrase: str = "", *, student_id: str = "", as_new: bool = False
    ) -> ImportedHistory:
        """Read, check and keep a history; foreign bytes are kept as they are.

        `student_id`: whom a person has chosen; `as_new`: a person says it is none of ours. Raises
        as `read_history`, and HistoryPupilUnclear(candidates) where a person must choose.
        """
        verified = self.read_history(data, passphrase)
        store = self._workspace.here()
        with store.write():
            student, is_new = self._chosen(verified, student_id, as_new)
            if is_new:
                store.people.save_students([student])
            count = sum(self._keep(record, student.id) for record in verified.records)
            papers = [*verified.history.of(RESULTS), *verified.history.of(RESULTS_PDF)]
            sender = verified.history.paper.school_name
            for file in papers:
                at = self._now().isoformat()
                paper = ForeignPaper(student.id, file.name, sender, at, file.content)
                store.foreign.add_paper(paper)
            store.audit.add("import_history", student.id, f"{count} records, {len(papers)} papers")
        return ImportedHistory(student.id, is_new, count, len(papers))

    def carry_over(self, student_id: str, section_id: str) -> int:
        """Enter the marks and absences that came with the pupil into the class's empty cells.

        How many there were. Raises TranscriptLocked.
        """
        opened = self._book.open(section_id)
        changes = carried_cells(
            self._workspace.here().foreign.papers(student_id), opened, student_id
        )
        if changes:
            self._book.save(section_id, changes)
            self._workspace.here().audit.add("carry_over", student_id, str(len(changes)))
        return len(changes)

    # --- inside -----------------------------------------------------------------------------

    def _receiver(self) -> tuple[rsa.RSAPrivateKey, bytes]:
        store = self._workspace.here()
        with store.write():
            found = store.settings.secret(_KEY)
            certificate = store.settings.secret(_CERTIFICATE)
            if found is None or certificate is None:
                school = store.people.school()
                key, made = new_recipient(school.name if school else "Hocba")
                certificate = made.public_bytes(serialization.Encoding.PEM)
                store.settings.set_secret(_KEY, _der(key))
                store.settings.set_secret(_CERTIFICATE, certificate)
                return key, certificate
        return _loaded(found), certificate

    def _checked(self, file: HistoryFile, student: Student) -> RecordContent:
        report = verify_record(file.content, self._trust, self._now())
        if not report.ok:
            codes = [*report.problems, *(c for s in report.signatures for c in s.problems)]
            words = problem(codes[0]) if codes else "chưa đủ chữ ký"
            raise HistoryError("record", reason=f"học bạ {file.name} không đạt: {words}")
        content = xml_record.parse(file.content)
        if not _is_of(content, student):
            raise HistoryError("pupil", reason=f"học bạ {file.name} là của học sinh khác")
        return content

    def _known(self, student: Student) -> tuple[Student | None, tuple[Student, ...]]:
        everyone = self._workspace.here().people.students()
        by_id = [s for s in everyone if _shares_id(s, student)]
        if len(by_id) == 1:
            return by_id[0], ()
        alike = [
            s
            for s in everyone
            if fold(s.full_name) == fold(student.full_name) and s.birth_date == student.birth_date
        ]
        return None, tuple(by_id or alike)

    def _chosen(
        self, verified: VerifiedHistory, student_id: str, as_new: bool
    ) -> tuple[Student, bool]:
        if student_id:
            return self._workspace.here().people.student(student_id), False
        if verified.match is not None:
            return verified.match, False
        if verified.candidates and not as_new:
            raise HistoryPupilUnclear(candidates=[s.id for s in verified.candidates])
        return replace(verified.student, id=f"ct-{uuid.uuid4().hex[:12]}", campus=""), True

    def _keep(self, record: ForeignRecord, student_id: str) -> bool:
        """Ours coming back are not foreign; they must be what we issued."""
        store = self._workspace.here()
        ours = {h.version: h for h in store.transcripts.versions_of(record.record_id)}
        if ours:
            if record.version not in ours or ours[record.version].sha256 != record.sha256:
                raise HistoryError("not ours", reason="có học bạ khác với bản trường này đã cấp")
            return False
        owner = store.foreign.owner(record.record_id)
        if owner not in ("", student_id):
            raise HistoryError("owner", reason="học bạ này đã được nhận cho học sinh khác")
        try:
            return store.foreign.add(replace(record, student_id=student_id))
        except ValueError as error:
            raise HistoryError("bytes", reason="đã có phiên bản này với nội dung khác") from error


def receiving_certificate(data: bytes) -> x509.Certificate:
    """Another school's address. Raises HistoryError."""
    try:
        if len(data) > LARGEST_CERTIFICATE:
            raise ValueError("too large")
        return x509.load_pem_x509_certificate(data)
    except ValueError as error:
        raise HistoryError(str(error), reason="tệp không phải là chứng thư nhận") from error


def _loaded(der: bytes) -> rsa.RSAPrivateKey:
    key = serialization.load_der_private_key(der, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def _der(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _student(paper: HistoryPaper) -> Student:
    try:
        student = student_from_json(json.dumps(paper.pupil))
        texts = [v for v in asdict(student).values() if isinstance(v, str)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise HistoryError("pupil", reason="thông tin học sinh trong hồ sơ bị hỏng") from error
    if not student.full_name or any(len(text) > 500 for text in texts):
        raise HistoryError("pupil", reason="thông tin học sinh trong hồ sơ bị hỏng")
    return student


def _shares_id(one: Student, other: Student) -> bool:
    return bool(one.moet_id and one.moet_id == other.moet_id) or bool(
        one.personal_id and one.personal_id == other.personal_id
    )


def _is_of(content: RecordContent, student: Student) -> bool:
    """By an id; else by name and birth date, which an identity correction may have changed."""
    pupil = content.pupil
    if pupil.code in (student.moet_id, student.id):
        return True
    if pupil.personal_id and pupil.personal_id == student.personal_id:
        return True
    same_name = fold(pupil.full_name) == fold(student.full_name)
    return same_name and pupil.birth_date == student.birth_date
