"""What waits for whom to sign, what to look at first, and where it stands. No widgets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.errors import TranscriptError
from app.model.assessment import FinalResult, Level, SecondaryResult
from app.model.record import RecordContent
from app.model.signing import ExpectedSigner, SignerRole
from app.model.transcript import TranscriptHead
from app.profile import GradeProfile
from app.profile.grade import SecondaryRules
from app.services import Services
from app.signing.batch.pace import SigningPace
from app.signing.batch.register_watch import RegisterLoss
from app.signing.batch.service import PendingSignatures, list_digest
from app.signing.batch.signatories import Outdated
from app.signing.record.slots import RecordTree
from app.transcript import xml_record
from app.transcript.completeness import problems
from app.ui.pages.signing.work import known_paces
from app.work import WorkContext

"""What the page's `show_item` takes to show what the batch registers miss."""
_LEVELS = {
    Level.GOOD: "Tốt",
    Level.FAIR: "Khá",
    Level.PASSED: "Đạt",
    Level.FAILED: "Chưa đạt",
}


@dataclass(frozen=True, slots=True)
class SigningNote:
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


_DAMAGED = SigningNote("Tệp học bạ trong kho bị hỏng, không ký được.", stops_issue=True)
Key = tuple[str, int]
"""Record id and version."""


def key_of(head: TranscriptHead) -> Key:
    return head.record_id, head.version


@dataclass(frozen=True, slots=True)
class ResumableBatch:
    """A batch that the power cut short, and what of its list still waits for this signer."""

    signer: ExpectedSigner
    started_at: str
    signed: int
    heads: tuple[TranscriptHead, ...]

    @property
    def total(self) -> int:
        return self.signed + len(self.heads)


@dataclass(frozen=True, slots=True)
class ExternalSignatures:
    """What still waits and was saved to be signed elsewhere; where the newest copies went."""

    keys: frozenset[Key]
    folder: str
    saved_at: str


@dataclass(frozen=True, slots=True)
class SigningWork:
    signers: tuple[SignerWork, ...] = ()
    notes: dict[Key, tuple[SigningNote, ...]] = field(default_factory=dict)
    organization: str = ""
    to_send: bool = False
    """Something is issued and not sent."""
    resume: ResumableBatch | None = None
    away: Mapping[ExpectedSigner, ExternalSignatures] = field(default_factory=dict)
    losses: tuple[RegisterLoss, ...] = ()
    outdated: tuple[Outdated, ...] = ()
    """What waits for somebody who does not sign there any more."""
    registers: tuple[int, str] = (0, "")
    """How many there are, when they were last saved."""
    paces: Mapping[str, SigningPace] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """Records that wait for anybody; one that waits for two subject teachers counts once."""
        return len({key_of(head) for work in self.signers for head in work.heads})

    def roles(self) -> tuple[SignerRole, ...]:
        """Only those that have something waiting, in the order of signing."""
        return tuple(dict.fromkeys(work.signer.role for work in self.signers))

    def of(self, role: SignerRole) -> tuple[SignerWork, ...]:
        return tuple(work for work in self.signers if work.signer.role is role)

    def count(self, role: SignerRole) -> int:
        """Records that wait for this role; views where none does."""
        mine = self.of(role)
        records = {key_of(head) for work in mine for head in work.heads}
        return len(records) or sum(work.unsealed for work in mine)


@dataclass(frozen=True, slots=True)
class SigningChoice:
    """What would be signed: the classes that are ticked, without what nobody looked at yet."""

    work: SignerWork
    notes: dict[Key, tuple[SigningNote, ...]]
    sections: frozenset[str]
    seen: frozenset[Key] = frozenset()
    away: frozenset[Key] = frozenset()
    """Saved to be signed elsewhere; signing them here is as good."""

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

    def still_waiting(self, heads: Iterable[TranscriptHead]) -> tuple[TranscriptHead, ...]:
        """Those of an earlier list that wait yet, as they are now."""
        now = {key_of(head): head for head in self.work.heads}
        return tuple(now[key_of(head)] for head in heads if key_of(head) in now)

    @property
    def digest(self) -> str:
        """'7F3A 91C2 5E0B': the beginning of what the journal keeps of this list."""
        whole = list_digest(self.heads).upper()
        return " ".join(whole[at : at + 4] for at in (0, 4, 8))


def load(
    services: Services, known: dict[str, tuple[SigningNote, ...]], context: WorkContext
) -> SigningWork:
    """What waits for every role. `known`: notes by the record's SHA-256, kept between calls."""
    store = services.workspace.here()
    waiting = [w for role in SignerRole for w in services.signing.waiting(role)]
    unsealed = len(services.signing.unsealed())
    signers = _by_signer(waiting)
    if unsealed:
        signers = _with_unsealed(services, signers, unsealed)
    notes: dict[Key, tuple[SigningNote, ...]] = {}
    for each in waiting:
        context.cancel.raise_if_cancelled()
        notes |= _notes(services, each, known)
    school = store.people.school()
    return SigningWork(
        tuple(signers),
        notes,
        organization=school.name if school else "",
        to_send=bool(services.delivery.ready()),
        resume=_resume(services, signers),
        away=_away(services, signers),
        losses=services.registers.losses(),
        outdated=tuple(services.signatories.outdated()),
        registers=services.registers.kept(),
        paces=known_paces(store),
    )


def _resume(services: Services, signers: Sequence[SignerWork]) -> ResumableBatch | None:
    batch = services.workspace.here().signing.interrupted()
    if batch is None:
        return None
    left = set(batch.left)
    found = [
        ResumableBatch(work.signer, batch.started_at, batch.signed, heads)
        for work in signers
        if work.signer.role == batch.role
        and (heads := tuple(head for head in work.heads if key_of(head) in left))
    ]
    return max(
        found, key=lambda r: (r.signer.full_name == batch.holder, len(r.heads)), default=None
    )


def _away(
    services: Services, signers: Sequence[SignerWork]
) -> dict[ExpectedSigner, ExternalSignatures]:
    saved = services.elsewhere.saved()
    found = {}
    for work in signers:
        signer, heads = work.signer, {key_of(head): head for head in work.heads}
        mine = [
            each
            for each in saved
            if (each.role, each.signer) == (signer.role, signer.full_name) and each.key in heads
        ]
        keys = frozenset(e.key for e in mine if _still_waits(services, heads[e.key], signer))
        if keys:
            found[signer] = ExternalSignatures(keys, mine[0].folder, mine[0].saved_at)
    return found


def _still_waits(services: Services, head: TranscriptHead, signer: ExpectedSigner) -> bool:
    """A class waits for a subject teacher while any of its records does."""
    if signer.role is not SignerRole.SUBJECT_TEACHER:
        return True
    try:
        places = RecordTree(services.records.get(head).xml).places
    except TranscriptError:
        return True
    return any(
        not place.signed
        for place in places
        if (place.slot.role, place.expected.full_name) == (signer.role, signer.full_name)
    )


def _by_signer(waiting: Sequence[PendingSignatures]) -> list[SignerWork]:
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
    services: Services, each: PendingSignatures, known: dict[str, tuple[SigningNote, ...]]
) -> dict[Key, tuple[SigningNote, ...]]:
    fresh = [head for head in each.heads if head.sha256 not in known]
    if fresh:
        opened = services.book.open(each.section_id)
        results = {r.student_id: r for r in services.book.results(opened)}
        for head in fresh:
            try:
                content = xml_record.parse(services.records.get(head).xml)
            except TranscriptError:
                known[head.sha256] = (_DAMAGED,)
                continue
            known[head.sha256] = notes_of(content, results.get(head.student_id), opened.profile)
    return {key_of(head): known[head.sha256] for head in each.heads}


def notes_of(
    content: RecordContent, final: FinalResult | None, profile: GradeProfile
) -> tuple[SigningNote, ...]:
    """What is unusual about one record, by the rules of its grade and year."""
    found = [SigningNote(p.text, stops_issue=True) for p in problems(content) if p.blocks_issue]
    if final is not None and isinstance(final.result, SecondaryResult):
        year = final.result.year
        if year.raised_because_of is not None and year.learning is not None:
            found.append(
                SigningNote(
                    f"Kết quả học tập cả năm được điều chỉnh lên {_LEVELS[year.learning]} "
                    f"do môn {profile.subject_name(year.raised_because_of)} "
                    f"({profile.articles.get('raise', profile.title)})."
                )
            )
    limit = profile.rules.absence_limit if isinstance(profile.rules, SecondaryRules) else None
    missed = content.attendance
    total = missed.total or (missed.excused or 0) + (missed.unexcused or 0)
    if limit is not None and total > limit:
        found.append(SigningNote(f"Nghỉ {total} buổi, quá {limit} buổi trong năm."))
    return tuple(found)
