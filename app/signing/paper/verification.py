"""What a photograph or a scan of a printed record proves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.clock import TOLERANCE, in_vietnam
from app.errors import PaperCodeInvalid
from app.model.signing import CheckState, ExpectedSigner, FileReport, SignatureReport, SignerRole
from app.signing.paper.code import (
    CERTIFICATE,
    STATEMENT,
    PaperCode,
    PaperStatement,
    read_certificates,
    read_code,
)
from app.signing.paper.images import codes_in_pdf, codes_in_picture
from app.signing.record.claimed_time import ahead_of, clock_notes
from app.signing.record.verification import NOT_CHECKED, evaluate_certificate, is_under_practice
from app.signing.trust.certificates import (
    fingerprint,
    holder,
    is_practice,
    may_sign,
    personal_ids,
    tax_code,
    weaknesses,
)
from app.signing.trust.identity import WRONG, fits_name, identity_problems
from app.signing.trust.trust_store import TrustStore

_COMPARE = "Hãy so bằng mắt các dòng dưới đây với tờ giấy; phần còn lại của tờ giấy chưa được kiểm:"
_PROVEN = "Nhà trường đã ký số xác nhận các dòng này vào lúc {when} (theo máy của trường)."
_MORE = "Muốn kiểm toàn bộ nội dung, hãy kiểm tệp XML của học bạ; mã SHA-256 phải là {sha256}."


def verify_paper(
    data: bytes, trust: TrustStore, now: datetime, *, file: str = "", scan: bool = False
) -> FileReport:
    """Check the code in a picture, or with `scan` in a PDF of pictures; never raises."""
    try:
        texts = codes_in_pdf(data) if scan else codes_in_picture(data)
    except ValueError:
        return _refused(file, "paper.unreadable")
    ours = [text for text in texts if text.startswith(STATEMENT)]
    if len(ours) != 1:
        return _refused(file, "paper.several_codes" if ours else "paper.no_code")
    try:
        code = read_code(ours[0])
    except PaperCodeInvalid:
        return _refused(file, "paper.code_invalid")
    return _report(code, _certificates(texts, trust), trust, now, file)


def _certificates(texts: Sequence[str], trust: TrustStore) -> list[x509.Certificate]:
    """Printed beside the statement, or kept in a folder that we trust."""
    found = []
    for text in texts:
        if text.startswith(CERTIFICATE):
            try:
                found += read_certificates(text)
            except PaperCodeInvalid:
                continue
    return [*found, *trust.intermediates]


def _report(
    code: PaperCode,
    certificates: Sequence[x509.Certificate],
    trust: TrustStore,
    now: datetime,
    file: str,
) -> FileReport:
    said = code.statement
    certificate = next((c for c in certificates if code.is_of(c)), None)
    if certificate is None:
        return _refused(file, "paper.certificate_missing")
    problems = [] if code.holds(certificate) else ["signature_value_wrong"]
    problems += _unfit(certificate, said, now)
    chain = tuple(c.public_bytes(Encoding.DER) for c in certificates if c is not certificate)
    state, path = evaluate_certificate(certificate, chain, said.signed_at, trust, problems)
    ok = state in (CheckState.VALID, CheckState.VALID_NOT_CHECKED_ONLINE)
    signature = SignatureReport(
        role=SignerRole.SCHOOL,
        slot="paper",
        state=state,
        signer=holder(certificate),
        claimed_time=said.signed_at.isoformat(),
        problems=tuple(problems),
        not_checked=NOT_CHECKED,
        certificate_sha256=fingerprint(certificate),
        algorithm=code.scheme.value,
        path=path.names if path else (),
        hierarchy=path.hierarchy.value if path else "",
        organisation=tax_code(certificate),
    )
    when = in_vietnam(said.signed_at).strftime("%H:%M ngày %d/%m/%Y")
    lines = [f"   {line}" for line in (said.school, *said.text.splitlines())]
    notes = (_PROVEN.format(when=when), _COMPARE, *lines, _MORE.format(sha256=said.sha256))
    return FileReport(
        file=file,
        kind="paper",
        ok=ok,
        content_intact="signature_value_wrong" not in problems,
        signatures=(signature,),
        record_id=said.record_id,
        version=said.version,
        sha256=said.sha256,
        practice=is_practice(certificate) or is_under_practice(signature),
        notes=notes if ok else clock_notes([signature], now),
    )


def _unfit(certificate: x509.Certificate, said: PaperStatement, now: datetime) -> list[str]:
    """The code's school must be its signer: another organisation's word says nothing of it."""
    problems = [*weaknesses(certificate, said.signed_at, TOLERANCE)]
    problems += ahead_of(said.signed_at, now)
    if may_sign(certificate) and (not tax_code(certificate) or personal_ids(certificate)):
        return [*problems, "paper.not_an_organisation"]
    if not said.school or not said.tax_code:
        return [*problems, "paper.school_not_named"]
    school = ExpectedSigner(SignerRole.SCHOOL, said.school, tax_code=said.tax_code)
    named = fits_name(certificate, school)
    return [*problems, *identity_problems(certificate, school), *(() if named else (WRONG,))]


def _refused(file: str, problem: str) -> FileReport:
    return FileReport(file, "paper", False, False, (), problems=(problem,))
