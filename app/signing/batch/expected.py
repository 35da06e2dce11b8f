"""Who must sign a record that waits: what the record itself says, settled when it was locked."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import TranscriptError
from app.model.people import SectionRoster
from app.model.signing import ExpectedSigner, SignerRole
from app.model.transcript import TranscriptHead, TranscriptState
from app.signing.record.slots import RecordTree
from app.store import Workspace

_S = TranscriptState
WAITING = (_S.LOCKED, _S.SIGNED_SUBJECTS, _S.SIGNED_HOMEROOM, _S.SIGNED_PRINCIPAL)
"""States of a record that somebody still has to sign."""
_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class ExpectedSlot:
    """A slot of a record: who must sign there, and whether somebody did."""

    signer: ExpectedSigner
    signed: bool


class ExpectedSigners:
    """Reads each record once: by the SHA-256 of its bytes, which every signature changes.

    SQL on the calling thread.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[tuple[str, str], tuple[ExpectedSlot, ...]] = {}

    def waiting(self, section_id: str) -> list[TranscriptHead]:
        """Records of the class that somebody still has to sign."""
        return self._workspace.here().transcripts.heads(section_id, WAITING)

    def due(self, head: TranscriptHead) -> tuple[ExpectedSigner, ...]:
        """Whose signature comes next, each once; () where the file is damaged."""
        left = self.unsigned(head)
        next_ = [signer for signer in left if signer.role is left[0].role]
        return tuple(dict.fromkeys(next_))

    def unsigned(self, head: TranscriptHead) -> tuple[ExpectedSigner, ...]:
        """Of every empty slot, in signing order; () where the file is damaged."""
        return tuple(slot.signer for slot in self._slots(head) if not slot.signed)

    def _slots(self, head: TranscriptHead) -> tuple[ExpectedSlot, ...]:
        store = self._workspace.here()
        school = store.people.school()
        key = (head.sha256, school.tax_code if school else "")
        if key not in self._known:
            if len(self._known) > _KEPT:
                self._known.clear()
            xml = store.transcripts.get(head.record_id, head.version).xml
            try:
                places = RecordTree(xml, tax_code=key[1]).places
            except TranscriptError:  # not kept in mind: a file that is put back is whole again
                return ()
            self._known[key] = tuple(ExpectedSlot(p.expected, p.signed) for p in places)
        return self._known[key]


def people_of(roster: SectionRoster) -> dict[SignerRole, set[ExpectedSigner]]:
    """Whom a record of the class would name if it were locked now."""
    homeroom, principal, school = roster.homeroom_teacher, roster.principal, roster.school
    return {
        SignerRole.SUBJECT_TEACHER: {
            ExpectedSigner(SignerRole.SUBJECT_TEACHER, staff.full_name, staff.personal_id)
            for _, staff in roster.teachers
        },
        SignerRole.HOMEROOM: {
            ExpectedSigner(SignerRole.HOMEROOM, homeroom.full_name, homeroom.personal_id)
        },
        SignerRole.PRINCIPAL: {
            ExpectedSigner(SignerRole.PRINCIPAL, principal.full_name, principal.personal_id)
        },
        SignerRole.SCHOOL: {
            ExpectedSigner(SignerRole.SCHOOL, school.name, tax_code=school.tax_code)
        },
    }
