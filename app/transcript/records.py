"""Locking a class into records, opening it again, and reading what is there."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app import clock
from app.assessment.classbook import ClassBook, OpenClass
from app.errors import TranscriptIncomplete, TranscriptLocked
from app.model.assessment import FinalResult
from app.model.people import Student
from app.model.record import RecordContent
from app.model.transcript import Transcript, TranscriptHead, TranscriptState
from app.store import Workspace
from app.transcript import safe_xml, xml_record
from app.transcript.completeness import CompletenessProblem, problems
from app.transcript.draft import DraftEdition, draft
from app.transcript.earlier import earlier_years
from app.transcript.layout import RequiredWhen
from app.work import WorkContext

_RECORDS = uuid.UUID("6ee06e4c-2f0b-5a53-9b62-5f4f1a2c7d10")


@dataclass(frozen=True, slots=True)
class PupilProblems:
    """What keeps one pupil's record from being locked or issued, or is worth a look."""

    student_id: str
    full_name: str
    number: int
    problems: tuple[CompletenessProblem, ...]

    @property
    def blocks_lock(self) -> bool:
        return any(problem.blocks_lock for problem in self.problems)


def record_id(school_code: str, student_id: str, school_year: str) -> str:
    """The same for every version of one pupil's year, also when a class is locked anew."""
    return str(uuid.uuid5(_RECORDS, f"{school_code}/{student_id}/{school_year}"))


class RecordService:
    """Records of the workspace's classes; SQL on the calling thread."""

    def __init__(self, workspace: Workspace, book: ClassBook, now: clock.Clock = clock.now) -> None:
        self._workspace = workspace
        self._book = book
        self._now = now

    def check(self, section_id: str) -> list[PupilProblems]:
        """Problems of every pupil who has any, in class order."""
        opened = self._book.open(section_id)
        return [found for found, _ in self._drafts(opened) if found.problems]

    def lock(
        self, section_id: str, issued_on: str = "", context: WorkContext | None = None
    ) -> list[TranscriptHead]:
        """Turn the class into locked records, all of them or none.

        `issued_on`: the planned day of issue (ISO 8601; today when empty). Raises
        TranscriptIncomplete(problems) and TranscriptLocked when it is locked already.
        """
        context = context or WorkContext()
        opened = self._book.open(section_id)
        if opened.locked:
            raise TranscriptLocked(section_id)
        drafts = self._drafts(opened, issued_on)
        if blocked := [found for found, _ in drafts if found.blocks_lock]:
            raise TranscriptIncomplete(f"{len(blocked)} pupils", problems=_texts(blocked))
        made = []
        for number, (found, content) in enumerate(drafts):
            context.step(number, len(drafts))
            made.append(_locked(content, found.student_id, section_id))
        store = self._workspace.here()
        with store.write():
            store.transcripts.drop_unsigned(section_id)
            for transcript in made:
                store.transcripts.add(transcript)
            store.people.set_lock(
                section_id, self._now().isoformat(), store.user, opened.profile.id
            )
            store.audit.add("lock", section_id, str(len(made)))
        context.report_done(len(made))
        return store.transcripts.heads(section_id)

    def unlock(self, section_id: str) -> None:
        """Open a class again. Raises TranscriptLocked when somebody has signed already."""
        store = self._workspace.here()
        with store.write():
            store.transcripts.drop_unsigned(section_id)
            if store.transcripts.heads(section_id):
                raise TranscriptLocked(section_id)
            store.people.set_lock(section_id, "", "")
            store.audit.add("unlock", section_id)

    def heads(
        self, section_id: str | None = None, states: Sequence[TranscriptState] = ()
    ) -> list[TranscriptHead]:
        return self._workspace.here().transcripts.heads(section_id, states)

    def get(self, head: TranscriptHead) -> Transcript:
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
        for found, content in self._drafts(opened):
            if found.student_id == student_id:
                return found, content
        raise KeyError(student_id)

    def _drafts(
        self, opened: OpenClass, issued_on: str = ""
    ) -> list[tuple[PupilProblems, RecordContent]]:
        today = self._now().date().isoformat()
        finals = {result.student_id: result for result in self._book.results(opened)}
        return [
            self._draft(opened, student, enrollment.number, finals[student.id], issued_on or today)
            for enrollment, student in opened.roster.pupils
        ]

    def _draft(
        self, opened: OpenClass, student: Student, number: int, final: FinalResult, issued_on: str
    ) -> tuple[PupilProblems, RecordContent]:
        roster = opened.roster
        edition = DraftEdition(
            record_id=record_id(roster.school.code, student.id, roster.section.school_year),
            version=1,
            created_on=self._now().date().isoformat(),
            issued_on=issued_on,
            earlier_years=earlier_years(
                self._workspace.here(), student.id, roster.section.school_year
            ),
        )
        content = draft(roster, student, opened.profile, opened.cells, final, edition)
        marks = [CompletenessProblem(m.area, m.text, RequiredWhen.ALWAYS) for m in final.missing]
        told = {problem.text for problem in marks}
        others = [problem for problem in problems(content) if problem.text not in told]
        found = PupilProblems(student.id, student.full_name, number, (*marks, *others))
        return found, content


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
