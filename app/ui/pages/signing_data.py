"""What waits for whom to sign, what to look at first, and the signing itself. No widgets."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from app.errors import AppError
from app.model.assessment import FinalResult, Level, SecondaryResult
from app.model.record import RecordContent
from app.model.signing import ExpectedSigner, SignerRole
from app.model.transcript import TranscriptHead
from app.services import Services
from app.signing.batch import BatchReport, Pause
from app.signing.desk import Waiting, list_digest
from app.signing.key_choice import KeyChoice
from app.transcript import xml_record
from app.transcript.completeness import problems
from app.transcript.view import preview
from app.work import Progress, WorkContext

MOST_ABSENCES = 45
"""Sessions a year (Circular 22/2021/TT-BGDĐT, article 12; 58/2011 before it)."""
_LEVELS = {
    Level.GOOD: "Tốt",
    Level.FAIR: "Khá",
    Level.PASSED: "Đạt",
    Level.FAILED: "Chưa đạt",
}
_PREVIEW_PPI = 84
SAMPLE = 10


@dataclass(frozen=True, slots=True)
class Note:
    """Why one record deserves a look before it is signed."""

    text: str
    stops_issue: bool = False
    """It may be signed, but not issued."""


@dataclass(frozen=True, slots=True)
class ClassWork:
    section_id: str
    name: str
    heads: tuple[TranscriptHead, ...]


@dataclass(frozen=True, slots=True)
class SignerWork:
    """Everything that waits for one signer in one role."""

    signer: ExpectedSigner
    classes: tuple[ClassWork, ...]
    unsealed: int = 0
    """Issued records whose PDF views are still to be made (role SCHOOL)."""

    @property
    def heads(self) -> tuple[TranscriptHead, ...]:
        return tuple(head for each in self.classes for head in each.heads)


Key = tuple[str, int]
"""Record id and version."""


def key_of(head: TranscriptHead) -> Key:
    return head.record_id, head.version


@dataclass(frozen=True, slots=True)
class SigningWork:
    signers: tuple[SignerWork, ...] = ()
    notes: dict[Key, tuple[Note, ...]] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """Records that wait for anybody; one that waits for two subject teachers counts once."""
        return len({key_of(head) for work in self.signers for head in work.heads})

    def roles(self) -> tuple[SignerRole, ...]:
        """Only those that have something waiting, in the order of signing."""
        return tuple(dict.fromkeys(work.signer.role for work in self.signers))

    def of(self, role: SignerRole) -> tuple[SignerWork, ...]:
        return tuple(work for work in self.signers if work.signer.role is role)


@dataclass(frozen=True, slots=True)
class Choice:
    """What would be signed: the classes that are ticked, without what nobody looked at yet."""

    work: SignerWork
    notes: dict[Key, tuple[Note, ...]]
    sections: frozenset[str]
    seen: frozenset[Key] = frozenset()

    def noted(self, heads: Iterable[TranscriptHead]) -> list[TranscriptHead]:
        return [head for head in heads if self.notes.get(key_of(head))]

    def refused(self, head: TranscriptHead) -> bool:
        """The school does not issue a record that still lacks something."""
        issuing = self.work.signer.role is SignerRole.SCHOOL
        return issuing and any(n.stops_issue for n in self.notes.get(key_of(head), ()))

    def signable(self, each: ClassWork) -> list[TranscriptHead]:
        if each.section_id not in self.sections:
            return []
        return [
            head
            for head in each.heads
            if not self.refused(head)
            and (not self.notes.get(key_of(head)) or key_of(head) in self.seen)
        ]

    @property
    def heads(self) -> tuple[TranscriptHead, ...]:
        return tuple(head for each in self.work.classes for head in self.signable(each))

    @property
    def digest(self) -> str:
        """'7F3A 91C2 5E0B': the beginning of what the journal keeps of this list."""
        whole = list_digest(self.heads).upper()
        return " ".join(whole[at : at + 4] for at in (0, 4, 8))


@dataclass(frozen=True, slots=True)
class Job:
    heads: tuple[TranscriptHead, ...]
    signer: ExpectedSigner
    key: KeyChoice
    unsealed: int = 0

    @property
    def act(self) -> str:
        """What the button says, without whose name."""
        if self.heads:
            return f"Ký {len(self.heads)} học bạ"
        return f"Đóng dấu {self.unsealed} bản xem PDF"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job. `sealed`: PDF views made; `stopped_by`: why it ended early."""

    report: BatchReport
    sealed: int = 0
    stopped_by: AppError | None = None


def load(
    services: Services, known: dict[str, tuple[Note, ...]], context: WorkContext
) -> SigningWork:
    """What waits for every role. `known`: notes by the record's SHA-256, kept between calls."""
    waiting = [w for role in SignerRole for w in services.signing.waiting(role)]
    unsealed = len(services.signing.unsealed())
    signers = _by_signer(waiting)
    if unsealed:
        signers = _with_unsealed(services, signers, unsealed)
    notes: dict[Key, tuple[Note, ...]] = {}
    for each in waiting:
        context.cancel.raise_if_cancelled()
        notes |= _notes(services, each, known)
    return SigningWork(tuple(signers), notes)


def _by_signer(waiting: Sequence[Waiting]) -> list[SignerWork]:
    found: dict[ExpectedSigner, list[ClassWork]] = {}
    for each in waiting:
        found.setdefault(each.signer, []).append(
            ClassWork(each.section_id, each.section_name, each.heads)
        )
    return [SignerWork(signer, tuple(classes)) for signer, classes in found.items()]


def _with_unsealed(
    services: Services, signers: list[SignerWork], unsealed: int
) -> list[SignerWork]:
    school = services.workspace.here().people.school()
    if school is None:
        return signers
    signer = ExpectedSigner(SignerRole.SCHOOL, school.name, tax_code=school.tax_code)
    mine = next((w for w in signers if w.signer == signer), SignerWork(signer, ()))
    return [*(w for w in signers if w is not mine), replace(mine, unsealed=unsealed)]


def _notes(
    services: Services, each: Waiting, known: dict[str, tuple[Note, ...]]
) -> dict[Key, tuple[Note, ...]]:
    fresh = [head for head in each.heads if head.sha256 not in known]
    if fresh:
        opened = services.book.open(each.section_id)
        results = {r.student_id: r for r in services.book.results(opened)}
        subjects = {subject.code: subject.name for subject in opened.profile.subjects}
        for head in fresh:
            content = xml_record.parse(services.records.get(head).xml)
            known[head.sha256] = _look_at(content, results.get(head.student_id), subjects)
    return {key_of(head): known[head.sha256] for head in each.heads}


def _look_at(
    content: RecordContent, final: FinalResult | None, subjects: dict[str, str]
) -> tuple[Note, ...]:
    found = [Note(p.text, stops_issue=True) for p in problems(content) if p.blocks_issue]
    if final is not None and isinstance(final.result, SecondaryResult):
        year = final.result.year
        if year.raised_because_of is not None and year.learning is not None:
            name = subjects.get(year.raised_because_of, year.raised_because_of)
            found.append(
                Note(
                    f"Kết quả học tập cả năm được điều chỉnh lên {_LEVELS[year.learning]} "
                    f"do môn {name} (điều 9 khoản 3)."
                )
            )
    missed = content.attendance
    total = missed.total or (missed.excused or 0) + (missed.unexcused or 0)
    if total > MOST_ABSENCES:
        found.append(Note(f"Nghỉ {total} buổi, quá {MOST_ABSENCES} buổi trong năm."))
    return tuple(found)


def pages(services: Services, heads: Sequence[TranscriptHead]) -> list[tuple[str, list[bytes]]]:
    """(pupil's name, pages as PNG) of each record, rendered from its exact XML."""
    return [
        (
            f"{head.full_name} · {head.section_name}",
            preview(services.records.get(head).xml, ppi=_PREVIEW_PPI),
        )
        for head in heads
    ]


def sample(heads: Sequence[TranscriptHead]) -> list[TranscriptHead]:
    """At most SAMPLE of them, chosen by chance."""
    return random.SystemRandom().sample(list(heads), min(SAMPLE, len(heads)))


def sign(services: Services, job: Job, pin: str, pause: Pause, context: WorkContext) -> Outcome:
    """Sign with one opening of the key; the school's key then seals the views.

    Raises what opening the key raises (PinIncorrect, PinLocked, TokenMissing …); the rest is in
    the outcome. The PIN is tried once.
    """
    role = job.signer.role
    with job.key.open(pin) as key:
        report = BatchReport((), 0, 0.0)
        if job.heads:
            report = services.signing.sign(
                job.heads, role, key, _telling(context, "đang ký"), pause
            )
        if role is not SignerRole.SCHOOL or report.stopped_by is not None:
            return Outcome(report, stopped_by=report.stopped_by)
        unsealed = services.signing.unsealed()
        try:
            sealed = services.signing.seal(unsealed, key, _telling(context, "đóng dấu bản xem PDF"))
        except AppError as error:  # the signatures are safe; the views are made next time
            left = len(services.signing.unsealed())
            return Outcome(report, len(unsealed) - left, error)
        return Outcome(report, sealed)


def _telling(context: WorkContext, what: str) -> WorkContext:
    """Say which part of the work it is."""

    def report(progress: Progress) -> None:
        words = " · ".join(part for part in (what, progress.what) if part)
        context.report(replace(progress, what=words))

    return WorkContext(context.cancel, report)
