"""What there is to do today, read from the workspace as it stands. No Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.assessment.classbook import OpenClass, Standing, standing
from app.errors import ProfileMissing
from app.model.assessment import FinalResult
from app.model.people import School, Staff, StaffRole
from app.model.signing import SignerRole
from app.model.transcript import TranscriptHead, TranscriptState
from app.profile import SchoolLevel
from app.services import Services

_S = TranscriptState
JOURNEY = (
    _S.LOCKED,
    _S.SIGNED_SUBJECTS,
    _S.SIGNED_HOMEROOM,
    _S.SIGNED_PRINCIPAL,
    _S.ISSUED,
    _S.QUEUED,
    _S.SENT,
    _S.RECEIVED,
)
_PLACE = {state: place for place, state in enumerate(JOURNEY)} | {_S.RETURNED: 4}


@dataclass(frozen=True, slots=True)
class MissingEntry:
    """A pupil with something missing."""

    student_id: str
    full_name: str
    area: str
    text: str


@dataclass(frozen=True, slots=True)
class ClassProgress:
    section_id: str
    name: str
    homeroom: Staff | None
    has_subject_signers: bool
    pupils: int
    counts: Mapping[Standing, int]
    """Pupils by where they stand."""
    subjects: tuple[tuple[str, str, int], ...]
    """(code, short name, pupils with nothing missing in it)."""
    gaps: tuple[MissingEntry, ...]
    """Of those who are not locked."""
    heads: tuple[TranscriptHead, ...]
    """The newest versions in force."""

    @property
    def complete(self) -> int:
        """Pupils with nothing missing; whoever follows in the summer among them."""
        return self.pupils - self.counts.get(Standing.LACKING, 0)

    @property
    def ready(self) -> int:
        """Who can be locked now."""
        return self.counts.get(Standing.READY, 0)

    @property
    def follow(self) -> int:
        """Whose record comes in the summer."""
        return sum(count for where, count in self.counts.items() if where.follows)

    @property
    def locked(self) -> int:
        return self.counts.get(Standing.LOCKED, 0)

    def reached(self, state: TranscriptState) -> int:
        """Records that are at least so far."""
        return sum(_PLACE.get(head.state, -1) >= _PLACE[state] for head in self.heads)

    def at(self, *states: TranscriptState) -> list[TranscriptHead]:
        return [head for head in self.heads if head.state in states]

    def waiting_for(self) -> tuple[SignerRole, int] | None:
        """Who signs next in this class, while somebody has to, and how many records."""
        first = SignerRole.SUBJECT_TEACHER if self.has_subject_signers else SignerRole.HOMEROOM
        roles = {
            _S.LOCKED: first,
            _S.SIGNED_SUBJECTS: SignerRole.HOMEROOM,
            _S.SIGNED_HOMEROOM: SignerRole.PRINCIPAL,
            _S.SIGNED_PRINCIPAL: SignerRole.SCHOOL,
        }
        waiting = ((role, len(self.at(state))) for state, role in roles.items())
        return next((each for each in waiting if each[1]), None)

    @property
    def mostly_empty(self) -> bool:
        return self.complete == 0 and len(self.gaps) > 3 * self.pupils

    @property
    def finished(self) -> bool:
        return bool(self.heads) and self.reached(_S.RECEIVED) == self.pupils


@dataclass(frozen=True, slots=True)
class HomeState:
    user: str
    today: date
    school: School | None = None
    principal: Staff | None = None
    enrolled: bool = False
    sections: int = 0
    classes: tuple[ClassProgress, ...] = ()
    uncovered: int = 0
    """Classes for which no regulation is known."""
    deadlines: Mapping[str, str] = field(default_factory=dict)
    lost: int = 0
    """Signed records that are not what the batch registers say."""
    distrusted: tuple[TranscriptHead, ...] = ()
    """Newest versions that a certificate signed after it had been revoked."""
    news: tuple[tuple[int, str], ...] = ()
    """Number and title of what the department sent and nobody has read, newest first."""

    @property
    def ready(self) -> bool:
        return self.school is not None and self.principal is not None and self.sections > 0

    def next_class(self) -> ClassProgress | None:
        """The user's own class, else the first that is not finished."""
        ordered = self.own_first(self.classes)
        if ordered and self._own(ordered[0]):
            return ordered[0]
        return next((c for c in ordered if not c.finished), next(iter(ordered), None))

    def own_first(self, classes: Sequence[ClassProgress]) -> list[ClassProgress]:
        return sorted(classes, key=lambda each: not self._own(each))

    def _own(self, progress: ClassProgress) -> bool:
        return progress.homeroom is not None and progress.homeroom.full_name == self.user


def read(services: Services, today: date) -> HomeState:
    """SQL on the calling thread; every class is computed."""
    store, delivery = services.workspace.here(), services.delivery
    staff = {person.id: person for person in store.people.staff()}
    principals = [p for p in staff.values() if p.active and p.role is StaffRole.PRINCIPAL]
    school = store.people.school()
    sections = store.people.sections()
    classes: list[ClassProgress] = []
    uncovered = 0
    if school is not None and principals:
        for section in sections:
            try:
                opened = services.book.open(section.id)
            except ProfileMissing:
                uncovered += 1
                continue
            heads = store.transcripts.heads(section.id)
            classes.append(
                _progress(
                    opened,
                    services.book.results(opened),
                    heads,
                    staff.get(section.homeroom_teacher_id),
                )
            )
    bad = services.evidence.distrusted()
    return HomeState(
        services.workspace.user,
        today,
        school,
        principals[0] if principals else None,
        delivery.enrolled,
        len(sections),
        tuple(classes),
        uncovered,
        store.settings.get("deadlines", {}),
        lost=len(services.registers.losses()),
        distrusted=tuple(h for c in classes for h in c.heads if (h.record_id, h.version) in bad),
        news=tuple(
            (row.publication.number, row.publication.title)
            for row in delivery.publications.listed()
            if not row.read_at
        ),
    )


def _progress(
    opened: OpenClass,
    results: Sequence[FinalResult],
    heads: Iterable[TranscriptHead],
    homeroom: Staff | None,
) -> ClassProgress:
    names = {student.id: student.full_name for student in opened.students}
    gaps = tuple(
        MissingEntry(result.student_id, names[result.student_id], missing.area, missing.text)
        for result in results
        if result.student_id not in opened.locks
        for missing in result.missing
    )
    lacking = Counter(area for area, _ in {(gap.area, gap.student_id) for gap in gaps})
    pupils = len(opened.students)
    in_force = (head for head in heads if head.state is not _S.CANCELLED)
    newest = {head.record_id: head for head in in_force}  # versions come oldest first
    counts = Counter(standing(r, locked=r.student_id in opened.locks) for r in results)
    section = opened.roster.section
    return ClassProgress(
        section.id,
        section.name,
        homeroom,
        opened.profile.level is not SchoolLevel.PRIMARY,
        pupils,
        counts,
        tuple(
            (subject.code, subject.short_name, pupils - lacking[subject.code])
            for subject in opened.profile.subjects
            if subject.compulsory
        ),
        gaps,
        tuple(newest.values()),
    )
