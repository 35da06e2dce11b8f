"""What can be said of a sealed PDF view, and of the record that travels inside it.

pyHanko judges integrity, coverage and later changes. The path to a root is judged by the same
`TrustStore` as for records, and by nothing else: certificates that name each other as issuers keep
pyHanko's own search busy for hours. The verdict needs both the seal and the record inside to hold.
After the seal nothing may follow but evidence, which speaks for the seal and for the record.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from asn1crypto.parser import peek
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.status import SignatureCoverageLevel

from app.clock import TOLERANCE
from app.errors import AppError, EvidenceInvalid
from app.model.signing import (
    CONTENT_PROBLEMS,
    CheckState,
    ExpectedSigner,
    FileReport,
    SignatureReport,
    SignerRole,
)
from app.signing.pdf.evidence import ONLY_EVIDENCE, proof_in
from app.signing.pdf.objects import PdfLocked, named_in, open_pdf, resolved
from app.signing.pdf.page_check import page_problems
from app.signing.record.claimed_time import ahead_of, clock_notes
from app.signing.record.evidence import paths_by_slot
from app.signing.record.integrity import fingerprint_of
from app.signing.record.signing_profile import SigningProfile
from app.signing.record.slots import RecordTree
from app.signing.record.verification import (
    evaluate_certificate,
    is_under_practice,
    unchecked,
    verify_record,
)
from app.signing.trust.certificates import holder, load_certificate, weaknesses
from app.signing.trust.certificates import tax_code as organisation_number
from app.signing.trust.identity import WRONG, identity_problems, role_problems
from app.signing.trust.proven_time import ProvenTime
from app.signing.trust.trust_store import TrustStore

logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # its messages name signers
SIZE_LIMIT = 32 * 1024 * 1024
_LARGEST_RECORD = 4 * 1024 * 1024
_LATER_EVIDENCE = (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES)
_WHOLE_REVISION = (SignatureCoverageLevel.ENTIRE_FILE, SignatureCoverageLevel.ENTIRE_REVISION)
_MOST_SEALS = 4
"""That are looked at: more than one is a problem already."""
_SUBFILTERS = ("/ETSI.CAdES.detached", "/adbe.pkcs7.detached")
_HASHES = frozenset({"sha256", "sha384", "sha512"})
"""Circular 15/2025/TT-BKHCN."""
NOTHING_IN_IT = ("pdf.seal_missing", "pdf.record_missing")
"""Problems of a PDF that is no view of a record."""
_NOT_INTACT = CONTENT_PROBLEMS | {"pdf.changed_later", "pdf.not_whole_file"}
_VALID = (CheckState.VALID, CheckState.VALID_NOT_CHECKED_ONLINE)


def verify_pdf(
    pdf: bytes,
    trust: TrustStore,
    now: datetime,
    *,
    file: str = "",
    profile: SigningProfile | None = None,
    tax_code: str = "",
) -> FileReport:
    """Check the seal and the record inside; never raises for a bad file.

    The report's `signatures` are the seal (slot `pdf`) and then the record's.
    """
    report = FileReport(file, "pdf", False, False, (), sha256=hashlib.sha256(pdf).hexdigest())
    if len(pdf) > SIZE_LIMIT or not pdf.startswith(b"%PDF-"):
        return replace(report, problems=("pdf.unreadable",))
    try:
        seals, problems, record, proof = _read_leniently(pdf, trust, now, tax_code)
    except MemoryError:
        raise
    except PdfLocked:
        return replace(report, problems=("pdf.password",))
    except Exception:  # noqa: BLE001 - pyHanko raises all sorts on hostile files
        return replace(report, problems=("pdf.unreadable",))
    if record is None:
        return replace(report, signatures=seals, problems=(*problems, "pdf.record_missing"))
    inner = verify_record(record, trust, now, profile=profile, tax_code=tax_code)
    if proof is not None and inner.signatures:
        inner = _proven(inner, record, proof, trust)
    sealed = bool(seals) and all(seal.state in _VALID for seal in seals)
    problems = (*problems, *inner.problems, *_between(pdf, record, seals, inner))
    return replace(
        report,
        ok=inner.ok and sealed and not problems,
        content_intact=inner.content_intact and bool(seals) and all(map(_intact, seals)),
        signatures=(*seals, *inner.signatures),
        missing_roles=inner.missing_roles,
        problems=problems,
        record_id=inner.record_id,
        version=inner.version,
        about=inner.about,
        practice=inner.practice or any(map(is_under_practice, seals)),
        recalls=inner.recalls,
        notes=clock_notes((*seals, *inner.signatures), now),
    )


def _between(
    pdf: bytes, record: bytes, seals: tuple[SignatureReport, ...], inner: FileReport
) -> tuple[str, ...]:
    """What is wrong between a seal, the pages under it and the record inside."""
    if not seals or not inner.signatures:
        return ()
    another = ("pdf.sealed_by_another",) if any(WRONG in s.problems for s in seals) else ()
    shown = page_problems(pdf, record, inner.record_id, inner.version, inner.signatures)
    return (*another, *shown)


def _intact(seal: SignatureReport) -> bool:
    return not _NOT_INTACT & set(seal.problems)


def _proven(inner: FileReport, record: bytes, proof: ProvenTime, trust: TrustStore) -> FileReport:
    """What is said of the record inside, with the evidence that covers it as well."""
    paths = paths_by_slot(RecordTree(record), trust)
    signatures = proof.judge(inner.signatures, paths)
    still = all(signature.state in _VALID for signature in signatures)
    return replace(inner, signatures=signatures, ok=inner.ok and still)


_Found = tuple[tuple[SignatureReport, ...], tuple[str, ...], bytes | None, ProvenTime | None]
"""Seals, problems, the record inside and what is proven."""


def _read_leniently(pdf: bytes, trust: TrustStore, now: datetime, tax_code: str) -> _Found:
    """A file that breaks rules which every viewer forgives is not called changed.

    Nor is a seal in it believed: what a viewer makes of such a file, no rule says.
    """
    try:
        return _read(pdf, trust, now, tax_code, strict=True)
    except (MemoryError, PdfLocked):
        raise
    except Exception:  # noqa: BLE001 - pyHanko raises all sorts on hostile files
        seals, problems, record, proof = _read(pdf, trust, now, tax_code, strict=False)
        return seals, (*problems, *(("pdf.irregular",) if seals else ())), record, proof


def _read(pdf: bytes, trust: TrustStore, now: datetime, tax_code: str, *, strict: bool) -> _Found:
    reader = open_pdf(pdf, strict=strict)
    signatures = list(reader.embedded_regular_signatures)
    problems = () if len(signatures) == 1 else ("pdf.seal_missing",)
    if len(signatures) > 1:
        problems = ("pdf.more_than_one_seal",)
    proof = None
    try:
        proof = proof_in(reader, trust, now)
    except EvidenceInvalid:
        problems = (*problems, "evidence_invalid")
    records = _attached(reader)
    school = _school_of(records, tax_code)
    seals = tuple(_seal(each, trust, now, proof, school) for each in signatures[:_MOST_SEALS])
    if len(records) > 1:
        return seals, (*problems, "pdf.record_not_unique"), None, proof
    return seals, problems, records[0] if records else None, proof


def _school_of(records: list[bytes], tax_code: str) -> ExpectedSigner | None:
    """Whose seal it must be: that of the school which the one record inside names."""
    if len(records) != 1:
        return None
    try:
        return RecordTree(records[0], tax_code=tax_code).school
    except AppError:
        return None  # the record's own report says so


def _seal(
    signature: Any,
    trust: TrustStore,
    now: datetime,
    proof: ProvenTime | None,
    school: ExpectedSigner | None,
) -> SignatureReport:
    certificate = load_certificate(signature.signer_cert.dump())
    chain = tuple(c.dump() for c in signature.other_embedded_certs)
    claimed = signature.self_reported_timestamp
    moment = claimed if claimed is not None and claimed.tzinfo else now
    problems = _problems(_held(signature), moment, now, covered=proof is not None)
    problems += weaknesses(certificate, moment, TOLERANCE)
    if _filled(signature.pkcs7_content):
        problems.append("pdf.changed_later")
    problems += (
        identity_problems(certificate, school)
        if school is not None
        else role_problems(certificate, SignerRole.SCHOOL)
    )
    state, path = evaluate_certificate(certificate, chain, moment, trust, problems)
    report = SignatureReport(
        role=SignerRole.SCHOOL,
        slot="pdf",
        state=state,
        signer=holder(certificate),
        claimed_time=moment.astimezone(UTC).isoformat() if claimed else "",
        problems=tuple(problems),
        not_checked=unchecked(certificate, now),
        certificate_sha256=fingerprint_of(certificate),
        algorithm=str(signature.signer_info["signature_algorithm"]["algorithm"].native),
        path=path.names if path else (),
        hierarchy=path.hierarchy.value if path else "",
        organisation=organisation_number(certificate),
    )
    if proof is None or path is None:
        return report
    (report,) = proof.judge([report], {"pdf": path.certificates})
    return report


def _filled(content: bytes) -> bool:
    """Whether the place kept for the signature holds more than the signature and zeros.

    No digest covers that place (ISO 32000-2, 12.8.1), so something could be hidden there.
    """
    return any(content[peek(content) :])


class _Held(NamedTuple):
    """What pyHanko finds of one seal."""

    intact: bool
    valid: bool
    strong: bool
    coverage: SignatureCoverageLevel
    later: ModificationLevel


def _held(signature: Any) -> _Held:
    """Raises ValueError for what is no detached signature, and what pyHanko raises."""
    content = signature.signed_data["encap_content_info"]
    detached = signature.sig_object.get("/SubFilter") in _SUBFILTERS
    if not detached or content["content"].native is not None:
        raise ValueError("not a detached signature")
    signature.compute_integrity_info(diff_policy=ONLY_EVIDENCE)
    info, later = signature.signer_info, signature.diff_result
    digest = signature.compute_digest()
    intact, valid = validate_sig_integrity(info, signature.signer_cert, "data", digest)
    level = later.modification_level if isinstance(later, DiffResult) else ModificationLevel.OTHER
    return _Held(intact, valid, _is_strong(info), signature.coverage, level)


def _is_strong(info: Any) -> bool:
    used = {info["digest_algorithm"]["algorithm"].native}
    with contextlib.suppress(ValueError):  # an algorithm that names none takes that one
        used.add(info["signature_algorithm"].hash_algo)
    return used <= _HASHES


def _problems(held: _Held, moment: datetime, now: datetime, *, covered: bool) -> list[str]:
    """`covered`: evidence that holds follows the seal, up to the end of the file."""
    problems = []
    if not held.intact:
        problems.append("content_changed")
    if not held.valid:
        problems.append("signature_value_wrong")
    if not held.strong:
        problems.append("algorithm_not_allowed")
    whole = _WHOLE_REVISION if covered else (SignatureCoverageLevel.ENTIRE_FILE,)
    if held.coverage not in whole:
        problems.append("pdf.not_whole_file")
    if held.later not in _LATER_EVIDENCE:
        problems.append("pdf.changed_later")
    return [*problems, *ahead_of(moment, now)]


def _attached(reader: Any) -> list[bytes]:
    """XML files embedded in the document."""
    try:
        tree = reader.root["/Names"]["/EmbeddedFiles"]
    except KeyError:
        return []
    found = []
    for specification in named_in(resolved(tree)):
        name = str(specification.get("/UF") or specification.get("/F") or "")
        if name.lower().endswith(".xml"):
            data = specification["/EF"]["/F"].data
            if len(data) <= _LARGEST_RECORD:
                found.append(bytes(data))
    return found
