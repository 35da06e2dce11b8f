"""Roles, in the order in which they sign (moet-record: GVBM, GVCN, CBQL, KY_PHAT_HANH)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class SignerRole(StrEnum):
    """As what somebody signs a record; the module names the element of each."""

    SUBJECT_TEACHER = "subject_teacher"
    HOMEROOM = "homeroom"
    PRINCIPAL = "principal"
    SCHOOL = "school"


@dataclass(frozen=True, slots=True)
class ExpectedSigner:
    """Who must sign in a slot: a person (12-digit id and name) or the school (tax code, name)."""

    role: SignerRole
    full_name: str
    personal_id: str = ""
    tax_code: str = ""
    registered: frozenset[str] = frozenset()
    """SHA-256 (hex) of certificates that the department registered for it."""


class CheckState(StrEnum):
    """Outcome of checking one signature."""

    VALID = "valid"
    VALID_NOT_CHECKED_ONLINE = "valid_not_checked_online"
    INVALID = "invalid"
    UNKNOWN = "unknown"


INCONCLUSIVE = frozenset(
    {
        "certificate_not_numbered",
        "issuer_unknown",
        "paper.school_not_named",
        "pdf.irregular",
        "pdf.page_not_compared",
        "pdf.password",
        "person_not_numbered",
        "register.role_not_proven",
        "school_certificate_not_numbered",
        "school_name_differs",
        "school_not_numbered",
        "time_in_future",
    }
)
"""Codes that say nothing against a file or signature, only that something could not be decided."""


def state_of(problems: Iterable[str]) -> CheckState:
    """Of a signature with these problems: what speaks against it outweighs what is open."""
    found = set(problems)
    if found - INCONCLUSIVE:
        return CheckState.INVALID
    return CheckState.UNKNOWN if found else CheckState.VALID_NOT_CHECKED_ONLINE


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """What checking one signature of a file found; `role` is None where none is known.

    `proven_time`: ISO 8601, of a time-stamp that holds, or ''; `not_checked`: codes of what could
    not be looked at.
    """

    role: SignerRole | None
    slot: str
    """Id of the GVBM slot, or the slot's element name."""
    state: CheckState
    signer: str = ""
    """CN of the certificate's subject."""
    claimed_time: str = ""
    """ISO 8601; what the signer's machine said, not proof."""
    proven_time: str = ""
    problems: tuple[str, ...] = ()
    """Codes; words in `ui/messages.py` and the CLI's table."""
    not_checked: tuple[str, ...] = ()
    certificate_sha256: str = ""
    algorithm: str = ""
    path: tuple[str, ...] = ()
    """CNs from the signer to the root that was trusted; empty when no path was found."""
    hierarchy: str = ""
    """Of that root: 'public', 'government' or 'other'."""
    organisation: str = ""
    """MST of the organisation whose certificate it is, digits; empty for people's."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What `hocba verify` says of one file."""

    file: str
    kind: str
    """'xml', 'pdf', 'paper' (a code read from a picture), 'parcel', 'receipts', 'history',
    'unknown'."""
    ok: bool
    content_intact: bool
    signatures: tuple[SignatureReport, ...]
    missing_roles: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    record_id: str = ""
    version: int = 0
    about: str = ""
    """Whose record the file says it is: name, class, school year. For the person who looks."""
    sha256: str = ""
    practice: bool = False
    """Some signature is of a practice certificate, which has no legal value."""
    recalls: int = 0
    """Number of the version that this record takes back; 0: it is no recall."""
    superseded_by: int = 0
    """A later valid version of the same school was given along; 0: none was."""
    notes: tuple[str, ...] = ()
    """Vietnamese lines for the user: what a paper's code says, what else was found."""
    not_checked: tuple[str, ...] = ()
    """Codes of what could not be looked at in the file as a whole, for want of a key."""

    @property
    def undecided(self) -> bool:
        """Nothing wrong was found, but not all could be checked: neither good nor bad."""
        problems = set(self.problems)
        states = {signature.state for signature in self.signatures}
        wrong = problems - INCONCLUSIVE or self.missing_roles or CheckState.INVALID in states
        open_questions = problems or self.not_checked or CheckState.UNKNOWN in states
        return bool(open_questions) and not (self.ok or wrong)


CONTENT_PROBLEMS = frozenset(
    {
        "content_changed",
        "properties_changed",
        "signature_value_wrong",
        "signature_malformed",
        "reference_not_expected",
        "transform_not_allowed",
        "algorithm_not_allowed",
    }
)
"""Codes of problems by which what was signed is no longer what it was."""

LONGEST_IDLE = 300.0
"""Seconds after which an open key that does not sign is closed."""
