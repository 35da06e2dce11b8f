"""Who signs from now on: a delegation for a school year, and records that wait for somebody else.

What a record expects was settled when it was locked. When people change, records that wait are
handed over by a stated act: slots that nobody has signed get today's people, what was signed stays
byte for byte in what it covers, and the change is kept with who made it and when.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

from app import clock
from app.assessment.classbook import ClassBook, OpenClass
from app.errors import SignatureBroken
from app.model.people import Delegation, SectionRoster
from app.model.record import RecordContent
from app.model.signing import ExpectedSigner, SignerRole
from app.model.transcript import TranscriptHead
from app.profile import GradeProfile
from app.signing.batch.expected import ExpectedSigners, people_of
from app.signing.record.integrity import integrity_problems
from app.signing.record.slots import RecordTree
from app.store import Workspace
from app.transcript import safe_xml, xml_record
from app.transcript.draft import issue_of, teachers_of
from app.transcript.names import subject_id

_R = SignerRole


@dataclass(frozen=True, slots=True)
class Outdated:
    """Records that wait for somebody who does not sign there any more."""

    signer: ExpectedSigner
    heads: tuple[TranscriptHead, ...]


class Signatories:
    """SQL on the calling thread."""

    def __init__(self, workspace: Workspace, book: ClassBook, now: clock.Clock = clock.now) -> None:
        self._workspace = workspace
        self._book = book
        self._now = now
        self._expected = ExpectedSigners(workspace)

    # --- who signs in the principal's slot ----------------------------------------------------

    def delegation(self, school_year: str) -> Delegation | None:
        """Who signs for the principal in the school year ('2026-2027'); None: nobody else."""
        return self._workspace.here().delegations.of(school_year)

    def delegate(self, delegation: Delegation) -> None:
        """From now on; records that wait are handed over by `hand_over`."""
        store = self._workspace.here()
        with store.write():
            store.delegations.give(delegation)
            paper = f"{delegation.staff_id} {delegation.number} {delegation.issued_on}"
            store.audit.add("delegate", delegation.school_year, paper.strip())

    def end_delegation(self, school_year: str) -> None:
        """The principal signs again."""
        store = self._workspace.here()
        with store.write():
            store.delegations.end(school_year)
            store.audit.add("end_delegation", school_year)

    # --- what waits for somebody else ---------------------------------------------------------

    def outdated(self) -> list[Outdated]:
        """By whom they name, in the order of classes."""
        found: dict[ExpectedSigner, list[TranscriptHead]] = {}
        store = self._workspace.here()
        for section in store.people.sections():
            heads = self._expected.waiting(section.id)
            if not heads:
                continue
            people = people_of(store.people.roster(section.id))
            for head in heads:
                for signer in dict.fromkeys(self._expected.unsigned(head)):
                    if signer.role is not _R.SCHOOL and signer not in people[signer.role]:
                        found.setdefault(signer, []).append(head)
        return [Outdated(signer, tuple(heads)) for signer, heads in found.items()]

    def hand_over(self, heads: Sequence[TranscriptHead]) -> int:
        """Put today's people into the slots that nobody has signed; how many records changed.

        Raises SignatureBroken when a signature would not hold any more, MoveNotAllowed when a
        record was signed meanwhile; then nothing is changed.
        """
        store, changed = self._workspace.here(), 0
        at = self._now().isoformat()
        classes: dict[str, OpenClass] = {}
        with store.write():
            for head in dict.fromkeys(heads):
                if head.section_id not in classes:
                    classes[head.section_id] = self._book.open(head.section_id)
                opened = classes[head.section_id]
                xml = store.transcripts.get(head.record_id, head.version).xml
                made = handed_over(xml, opened.roster, opened.rules_of(head.student_id))
                if made != xml:
                    store.transcripts.change_signers(head, made, at, store.user)
                    store.audit.add("hand_over", f"{head.record_id}/{head.version}")
                    changed += 1
        return changed


def handed_over(xml: bytes, roster: SectionRoster, rules: GradeProfile) -> bytes:
    """The record with today's people in its empty slots, and every signature where it was.

    Raises SignatureBroken, and what parsing raises.
    """
    old = RecordTree(xml)
    content = xml_record.parse(xml)
    new = _with_people(content, old, roster, rules)
    if new == content:
        return xml  # nobody new is named, also where a class has nobody to name yet
    root = safe_xml.parse_tree(xml_record.build(new))
    made = RecordTree(xml_record.serialize(root))
    signed = {place.slot: place.element for place in old.places if place.signed}
    for place in made.places:
        if place.slot in signed:
            place.element.extend([deepcopy(each) for each in signed[place.slot]])
    safe_xml.validate(made.root)
    whole = xml_record.serialize(made.root)
    after = RecordTree(whole)
    kept = [place for place in after.places if place.signed]
    if len(kept) != len(signed) or any(integrity_problems(after, place) for place in kept):
        raise SignatureBroken("a signature would not hold", role="")
    return whole


def _with_people(
    content: RecordContent, tree: RecordTree, roster: SectionRoster, rules: GradeProfile
) -> RecordContent:
    empty = {place.slot.role for place in tree.places if not place.signed}
    signed_rows = {
        place.covers[0]
        for place in tree.places
        if place.slot.role is _R.SUBJECT_TEACHER and place.signed
    }
    if _R.PRINCIPAL in empty:
        now = issue_of(roster, content.issue.issued_on, content.issue.place)
        content = replace(content, issue=replace(now, completion=content.issue.completion))
    if _R.HOMEROOM in empty and roster.homeroom_teacher.full_name:
        teacher = roster.homeroom_teacher
        named = replace(
            content.section,
            homeroom_name=teacher.full_name,
            homeroom_personal_id=teacher.personal_id,
        )
        content = replace(content, section=named)
    if _R.SUBJECT_TEACHER in empty and _R.HOMEROOM in empty:
        teachers = {rules.by_code[c].moet_code: t for c, t in teachers_of(roster).items()
                    if c in rules.by_code}  # fmt: skip
        rows = tuple(
            row
            if subject_id(row) in signed_rows or row.code not in teachers
            else replace(row, teachers=teachers[row.code])
            for row in content.subjects
        )
        content = replace(content, subjects=rows)
    return content
