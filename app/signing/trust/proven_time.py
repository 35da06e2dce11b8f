"""What evidence adds to signatures: a time that is proven, and what authorities said of revocation.

The same for a record, where evidence lies beside or inside, and for a PDF view, where it was
appended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from cryptography import x509

from app.clock import TOLERANCE
from app.errors import EvidenceInvalid
from app.model.signing import CheckState, SignatureReport
from app.signing.trust.certificates import is_practice
from app.signing.trust.revocation import RevocationStatus, standing_of
from app.signing.trust.timestamps import Timestamp

MOST_ITEMS = 256
"""Lists and answers: twenty signers with three issuers each need sixty."""
LARGEST = 24 * 1024 * 1024
"""Bytes of them together."""
_VALID = (CheckState.VALID, CheckState.VALID_NOT_CHECKED_ONLINE)


@dataclass(frozen=True, slots=True)
class RevocationData:
    """CRLs and OCSP answers, DER. Raises EvidenceInvalid for more than any record needs."""

    lists: tuple[bytes, ...] = ()
    answers: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        every = (*self.lists, *self.answers)
        if len(every) > MOST_ITEMS or sum(map(len, every)) > LARGEST:
            raise EvidenceInvalid("too much revocation data")

    def standings(
        self, path: Sequence[x509.Certificate], moment: datetime
    ) -> set[RevocationStatus]:
        """Of each certificate of a path but its root."""
        return {
            standing_of(certificate, issuer, moment, self.lists, self.answers).standing
            for certificate, issuer in pairwise(path)
        }


@dataclass(frozen=True, slots=True)
class ProvenTime:
    """A time-stamp that holds, with the revocation data kept beside it."""

    stamp: Timestamp
    data: RevocationData

    def check_authority(self) -> None:
        """Raises EvidenceInvalid when the data says that the stamp's authority was revoked."""
        if RevocationStatus.REVOKED in self.data.standings(self.stamp.path, self.stamp.moment):
            raise EvidenceInvalid("the time-stamping authority was revoked")

    def judge(
        self,
        reports: Sequence[SignatureReport],
        paths: Mapping[str, tuple[x509.Certificate, ...]],
    ) -> tuple[SignatureReport, ...]:
        """The reports with what is proven. `paths`: certificates up to a root, by slot.

        A certificate that was revoked at the proven time makes its signature invalid.
        """
        return tuple(self._judged(report, paths.get(report.slot, ())) for report in reports)

    def _speaks_of(self, path: Sequence[x509.Certificate]) -> bool:
        """A practice authority, which anybody has, proves nothing of a genuine signature."""
        return is_practice(path[-1]) or not is_practice(self.stamp.path[-1])

    def _judged(
        self, report: SignatureReport, path: tuple[x509.Certificate, ...]
    ) -> SignatureReport:
        if report.state not in _VALID or not path or not self._speaks_of(path):
            return report
        moment = self.stamp.moment
        claimed = datetime.fromisoformat(report.claimed_time) if report.claimed_time else moment
        if claimed > moment + TOLERANCE:
            problems = (*report.problems, "time_after_proof")
            return replace(report, state=CheckState.INVALID, problems=problems)
        report = replace(
            report,
            proven_time=moment.isoformat(),
            not_checked=tuple(c for c in report.not_checked if c == "revocation"),
        )
        known = self.data.standings(path, moment)
        if RevocationStatus.REVOKED in known:
            problems = (*report.problems, "certificate_revoked")
            return replace(report, state=CheckState.INVALID, problems=problems)
        if known == {RevocationStatus.GOOD}:
            return replace(report, state=CheckState.VALID, not_checked=())
        return report
