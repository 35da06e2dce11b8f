"""What can be said of a signed record: who signed, in which role, whether it is unchanged.

The verdict is ours, not that of the last signature: every role the profile demands must have
signed, each signature must cover what its role covers, and nothing else may be signed.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from cryptography import x509

from app.clock import TOLERANCE
from app.errors import AppError, EvidenceInvalid
from app.model.record import RECALL
from app.model.signing import (
    CONTENT_PROBLEMS,
    CheckState,
    FileReport,
    SignatureReport,
    SignerRole,
    state_of,
)
from app.signing.record.claimed_time import ahead_of, clock_notes
from app.signing.record.evidence import Evidence, attached, judge_with
from app.signing.record.integrity import (
    Integrity,
    check_integrity,
    fingerprint_of,
    stray_signatures,
)
from app.signing.record.signing_profile import SigningProfile
from app.signing.record.slots import RecordTree, SlotPlace
from app.signing.trust.certificates import (
    PRACTICE_MARK,
    holder,
    is_practice,
    readable,
    tax_code,
    weaknesses,
)
from app.signing.trust.identity import identity_problems
from app.signing.trust.trust_store import CertificatePath, TrustStore
from app.transcript import names, safe_xml

NOT_CHECKED = ("revocation", "time")
"""Offline, neither is known: whether a certificate was revoked, when exactly it was signed."""
_ENDED = "certificate_ended"
"""Nothing proves that it was signed before the certificate ran out (ETSI EN 319 102-1, §5.2.6)."""


def verify_record(
    xml: bytes,
    trust: TrustStore,
    now: datetime,
    *,
    file: str = "",
    profile: SigningProfile | None = None,
    tax_code: str = "",
    evidence: bytes | None = None,
    registered: frozenset[str] = frozenset(),
) -> FileReport:
    """Check every signature of a record; never raises for a bad file.

    `evidence`: what is kept beside the record; what lies inside it is found without. `registered`:
    SHA-256 of certificates that a department knows to be the school's and its people's.
    """
    refused = FileReport(file, "xml", False, False, (), sha256=hashlib.sha256(xml).hexdigest())
    try:
        record = RecordTree(xml, profile, tax_code, registered)
        safe_xml.validate(record.root)
        return _judged(record, refused, trust, now, evidence)
    except AppError as error:
        return replace(refused, problems=(error.code,))


def _judged(
    record: RecordTree,
    report: FileReport,
    trust: TrustStore,
    now: datetime,
    evidence: bytes | None,
) -> FileReport:
    """`report` with all that can be said. Raises TranscriptUnsafe."""
    digests: dict[str, str] = {}
    reports: list[SignatureReport] = []
    practice = False
    for place in record.places:
        if place.signed:
            integrity = check_integrity(record, place, digests)
            reports.append(_report(place, integrity, trust, now))
            practice |= _practice(integrity, reports[-1])
    unsigned = [place.slot.role.value for place in record.places if not place.signed]
    if record.unassigned:
        unsigned.append(SignerRole.SUBJECT_TEACHER.value)
    missing = tuple(dict.fromkeys(unsigned))
    problems = ("stray_signature",) if stray_signatures(record) else ()
    try:
        reports = _with_evidence(record, reports, evidence, trust, now)
    except EvidenceInvalid:
        problems = (*problems, "evidence_invalid")
    intact = "stray_signature" not in problems and not any(
        CONTENT_PROBLEMS & set(each.problems) for each in reports
    )
    valid = (CheckState.VALID, CheckState.VALID_NOT_CHECKED_ONLINE)
    return replace(
        report,
        ok=bool(reports)
        and not missing
        and not problems
        and all(each.state in valid for each in reports),
        content_intact=bool(reports) and intact,
        signatures=tuple(reports),
        missing_roles=missing,
        problems=problems,
        record_id=record.record_id,
        version=record.version,
        about=record.about,
        practice=practice,
        recalls=_recalls(record),
        notes=clock_notes(reports, now),
    )


def _with_evidence(
    record: RecordTree,
    reports: list[SignatureReport],
    beside: bytes | None,
    trust: TrustStore,
    now: datetime,
) -> list[SignatureReport]:
    """Raises EvidenceInvalid: evidence that is false is worse than none."""
    inside = attached(record)
    for evidence in (inside, Evidence.load(beside) if beside is not None else None):
        if evidence is not None:
            reports = list(judge_with(evidence, record, tuple(reports), trust, now))
    return reports


def _recalls(record: RecordTree) -> int:
    said = f"{names.DATA}/{names.INFO}/TT_CHUNG/DINH_CHINH"
    replaced = record.text(f"{said}/PHIEN_BAN_BI_THAY")
    is_recall = record.text(f"{said}/LOAI") == RECALL
    return int(replaced) if is_recall and replaced.isdecimal() else 0


def _practice(integrity: Integrity, report: SignatureReport) -> bool:
    certificate = integrity.certificate
    return is_under_practice(report) or (certificate is not None and is_practice(certificate))


def is_under_practice(report: SignatureReport) -> bool:
    """A practice root makes a signature practice, whatever the signer's certificate says."""
    return any(PRACTICE_MARK in name for name in report.path[-1:])


def _report(
    place: SlotPlace, integrity: Integrity, trust: TrustStore, now: datetime
) -> SignatureReport:
    read, certificate = integrity.signature, integrity.certificate
    if read is None or certificate is None:
        return SignatureReport(
            place.slot.role, place.slot.name, CheckState.INVALID, problems=integrity.problems
        )
    moment = read.claimed_time or now
    problems = [*integrity.problems, *ahead_of(moment, now)]
    problems += weaknesses(certificate, moment, TOLERANCE)
    problems += identity_problems(certificate, place.expected)
    state, path = evaluate_certificate(certificate, read.certificates[1:], moment, trust, problems)
    return SignatureReport(
        role=place.slot.role,
        slot=place.slot.name,
        state=state,
        signer=holder(certificate),
        claimed_time=read.claimed_time.isoformat() if read.claimed_time else "",
        problems=tuple(problems),
        not_checked=unchecked(certificate, now),
        certificate_sha256=fingerprint_of(certificate),
        algorithm=read.scheme.value,
        path=path.names if path else (),
        hierarchy=path.hierarchy.value if path else "",
        organisation=tax_code(certificate),
    )


def unchecked(certificate: x509.Certificate, now: datetime) -> tuple[str, ...]:
    """What a signature alone leaves open."""
    ended = certificate.not_valid_after_utc < now
    return (*NOT_CHECKED, _ENDED) if ended else NOT_CHECKED


def evaluate_certificate(
    certificate: x509.Certificate,
    chain: tuple[bytes, ...],
    moment: datetime,
    trust: TrustStore,
    problems: list[str],
) -> tuple[CheckState, CertificatePath | None]:
    """State of a signature whose other problems are known, and its path.

    Adds `issuer_unknown` or `path_not_valid_then` to `problems`.
    """
    path = trust.path(certificate, readable(chain))
    if path is None:
        problems.append("issuer_unknown")
    elif not path.begin - TOLERANCE <= moment <= path.end:
        problems.append("path_not_valid_then")
    return state_of(problems), path
