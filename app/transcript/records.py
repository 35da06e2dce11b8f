"""Locking pupils into records, opening them again, and reading what is there."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from app import clock
from app.assessment.classbook import ClassBook, OpenClass, Standing, standing
from app.errors import TranscriptIncomplete, TranscriptLocked
from app.model.assessment import FinalResult
from app.model.membership import Place
from app.model.people import Enrollment, PupilLock, Student
from app.model.record import RecordContent
from app.model.transcript import Transcript, TranscriptHead, TranscriptState
from app.profile.permissions import Act
from app.store import Workspace
from app.transcript import safe_xml, xml_record
from app.transcript.completeness import NOT_PROMOTED, CompletenessProblem, problems
from app.transcript.draft import DraftEdition, draft
from app.transcript.earlier import earlier_years
from app.transcript.layout import RequiredWhen
from app.work import WorkContext

FOLLOWS = {
    Standing.REASSESSMENT: "Chờ kết quả đánh giá lại; học bạ lập sau, không giữ các em khác.",
    Standing.SUMMER_TRAINING: "Chờ kết quả rèn luyện hè; học bạ lập sau, không giữ các em khác.",
    Standing.SUPPORT: "Chờ hướng dẫn, giúp đỡ và đánh giá bổ sung; không giữ các em khác.",
}
_RECORDS = uuid.UUID("6ee06e4c-2f0b-5a53-9b62-5f4f1a2c7d10")


@dataclass(frozen=True, slots=True)
class PupilProblems:
    """What keeps one pupil's record from being locked or issued, or is worth a look."""

    student_id: str
    full_name: str
    number: int
    problems: tuple[CompletenessProblem, ...]
    standing: Standing = Standing.READY

    @property
    def blocks_lock(self) -> bool:
        """Whether any of the problems keeps the record from being locked."""
        return any(problem.blocks_lock for problem in self.problems)


def record_id(school_code: str, student_id: str, school_year: str) -> str:
    """The same for every version of one pupil's year, also when the pupil is locked anew."""
    return str(uuid.uuid5(_RECORDS, f"{school_code}/{student_id}/{school_year}"))


class RecordService:
    """Records of the workspace's classes; SQL on the calling thread."""

    def __init__(self, workspace: Workspace, book: ClassBook, now: clock.Clock = clock.now) -> None:
        self._workspace = workspace
        self._book = book
        self._now = now

    def check(self, section_id: str) -> list[PupilProblems]:
        """Everyone who is not locked yet, in class order, with the problems there are."""
        return [found for found, _ in self._drafts(self._book.open(section_id))]

    def lock(
        self,
        section_id: str,
        issued_on: str = "",
        context: WorkContext | None = None,
        *,
        student_ids: Collection[str] = (),
    ) -> list[TranscriptHead]:
        """Turn whoever is complete into locked records; the others follow later. What was made.

        `issued_on`: the planned day of issue (ISO 8601; today when empty). `student_ids`: exactly
        these pupils, or none of them. Raises TranscriptIncomplete(problems) when nobody, or not
        everybody who was named, is complete, and TranscriptLocked when nobody is left to lock;
        NotEntitled.
        """
        self._workspace.here().authorship.require(Act.LOCK_RECORDS, Place(section_id))
        context = context or WorkContext()
        opened = self._book.open(section_id)
        drafts = self._drafts(opened, issued_on, student_ids)
        if not drafts:
            raise TranscriptLocked(section_id)
        ready = [(found, content) for found, content in drafts if not found.blocks_lock]
        if not ready or (student_ids and len(ready) < len(drafts)):
            blocked = [found for found, _ in drafts if found.blocks_lock]
            raise TranscriptIncomplete(f"{len(blocked)} pupils", problems=_texts(blocked))
        made = []
        for number, (found, content) in enumerate(ready):
            context.step(number, len(ready))
            made.append(_locked(content, found.student_id, section_id))
        self._keep(opened, made)
        context.report_done(len(made))
        done = {transcript.head.record_id for transcript in made}
        return [head for head in self.heads(section_id) if head.record_id in done]

    def _keep(self, opened: OpenClass, made: Sequence[Transcript]) -> None:
        store, at = self._workspace.here(), self._now().isoformat()
        section_id = opened.roster.section.id
        with store.write():
            for transcript in made:
                store.transcripts.add(transcript)
            pupils = [transcript.head.student_id for transcript in made]
            store.locks.close(
                section_id,
                (PupilLock(each, at, store.user, opened.rules_of(each).id) for each in pupils),
            )
            store.audit.add("lock", section_id, str(len(made)))

    def unlock(self, section_id: str, student_ids: Collection[str] = ()) -> int:
        """Open pupils again of whose record nobody has signed anything; how many.

        `student_ids`: exactly these, or none of them. Raises TranscriptLocked when a named one, or
        everyone, was signed or asked about already; NotEntitled.
        """
        store = self._workspace.here()
        store.authorship.require(Act.LOCK_RECORDS, Place(section_id))
        with store.write():
            untouched = store.transcripts.untouched(section_id)
            chosen = set(student_ids) or untouched
            if not chosen or chosen - untouched:
                raise TranscriptLocked(section_id)
            store.transcripts.drop(section_id, chosen)
            store.locks.open(section_id, chosen)
            store.audit.add("unlock", section_id, str(len(chosen)))
        return len(chosen)

    def heads(
        self, section_id: str | None = None, states: Sequence[TranscriptState] = ()
    ) -> list[TranscriptHead]:
        """Record versions without their bytes; None: of all classes, (): in any state."""
        return self._workspace.here().transcripts.heads(section_id, states)

    def get(self, head: TranscriptHead) -> Transcript:
        """The record version with its XML. Raises KeyError when the workspace does not hold it."""
        return self._workspace.here().transcripts.get(head.record_id, head.version)

    def view(self, head: TranscriptHead) -> bytes | None:
        """The sealed PDF, once the record is issued."""
        return self._workspace.here().transcripts.view(head.record_id, head.version)

    def evidence(self, head: TranscriptHead) -> bytes | None:
        """Time-stamp and revocation data of the bytes that are kept now; None: none yet."""
        return self._workspace.here().evidence.get(head.record_id, head.version)

    def with_pupil(self, opened: OpenClass, student_id: str) -> OpenClass:
        """The class with this pupil alone, who may have left it since."""
        everyone = self._workspace.here().people.enrollments(opened.roster.section.id)
        pupils = tuple((e, s) for e, s in everyone if s.id == student_id)
        return replace(opened, roster=replace(opened.roster, pupils=pupils))

    def draft_one(self, opened: OpenClass, student_id: str) -> tuple[PupilProblems, RecordContent]:
        """The record of one pupil of an opened class, as it would read today. KeyError."""
        finals = {result.student_id: result for result in self._book.results(opened)}
        today = self._now().date().isoformat()
        for place, student in opened.roster.pupils:
            if student.id == student_id:
                return self._draft(opened, place, student, finals[student.id], today)
        raise KeyError(student_id)

    def _drafts(
        self, opened: OpenClass, issued_on: str = "", student_ids: Collection[str] = ()
    ) -> list[tuple[PupilProblems, RecordContent]]:
        """Of whoever is not locked yet, in class order."""
        today = self._now().date().isoformat()
        finals = {result.student_id: result for result in self._book.results(opened)}
        return [
            self._draft(opened, place, student, finals[student.id], issued_on or today)
            for place, student in opened.roster.pupils
            if student.id not in opened.locks and (not student_ids or student.id in student_ids)
        ]

    def _draft(
        self,
        opened: OpenClass,
        place: Enrollment,
        student: Student,
        final: FinalResult,
        issued_on: str,
    ) -> tuple[PupilProblems, RecordContent]:
        roster, store = opened.roster, self._workspace.here()
        year = roster.section.school_year
        known = record_id(roster.school.code, student.id, year)
        given_up = store.transcripts.versions_of(known)
        edition = DraftEdition(
            record_id=known,
            version=given_up[-1].version + 1 if given_up else 1,
            created_on=self._now().date().isoformat(),
            issued_on=issued_on,
            earlier_years=earlier_years(store, student.id, year),
        )
        rules = opened.rules_of(student.id)
        content = draft(roster, student, rules, opened.cells, final, edition)
        where = standing(final)
        lacks = [CompletenessProblem(m.area, m.text, RequiredWhen.ALWAYS) for m in final.missing]
        others = problems(content)
        if where.follows:
            lacks.append(
                CompletenessProblem(NOT_PROMOTED.field, FOLLOWS[where], RequiredWhen.ALWAYS)
            )
            others.remove(NOT_PROMOTED)
        told = {problem.text for problem in lacks}
        found = (*lacks, *(problem for problem in others if problem.text not in told))
        return PupilProblems(student.id, student.full_name, place.number, found, where), content


def _locked(content: RecordContent, student_id: str, section_id: str) -> Transcript:
    xml = xml_record.build(content)
    safe_xml.validate(safe_xml.parse_tree(xml))
    head = TranscriptHead(
        record_id=content.common.record_id,
        version=content.common.version,
        student_id=student_id,
        section_id=section_id,
        school_year=content.common.school_year,
        state=TranscriptState.LOCKED,
        sha256=hashlib.sha256(xml).hexdigest(),
    )
    return Transcript(head, xml)


def _texts(blocked: Sequence[PupilProblems]) -> list[str]:
    return [
        f"{found.number}. {found.full_name}: "
        + "; ".join(p.text for p in found.problems if p.blocks_lock)
        for found in blocked
    ]
