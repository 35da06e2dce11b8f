"""Seals of PDF views that are made to deceive or to stop whoever checks them."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typst
from asn1crypto import cms, core
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app.errors import CertificateUnfit
from app.model.signing import CheckState, FileReport
from app.signing.pdf import pades
from app.signing.pdf.pades import seal_view
from app.signing.pdf.verification import verify_pdf
from app.signing.trust.practice_pki import (
    Algorithm,
    CertificatePurpose,
    Identity,
    PracticeAuthority,
    _authority,
    _extensions,
    _name,
    _usage,
    new_key,
)
from app.signing.trust.trust_store import TrustStore
from tests.fixtures.pki.pki import (
    HOMEROOM,
    NOW,
    PRINCIPAL,
    SCHOOL,
    TAX_CODE,
    Staffroom,
    primary_record,
    staffroom,
)
from tests.unit.test_pades_views import _FORM, check, codes, sealed, view, view_of
from tests.unit.test_xades_signing import signed


def _pdf_of(xml: bytes, attachments: int = 1) -> bytes:
    if attachments == 1:
        return view_of(xml)
    more = "".join(
        f'\n#pdf.attach("hoc-ba-{n}.xml", bytes(sys.inputs.xml), '
        'mime-type: "application/xml", relationship: "source", description: "Học bạ số")'
        for n in range(1, attachments)
    )
    pdf: bytes = typst.compile(
        (_FORM + more).encode(), format="pdf", ignore_system_fonts=True,
        sys_inputs={"xml": xml.decode()}, pdf_standards=["a-3b"], pdf_tags=False,
    )  # fmt: skip
    return pdf


def _round(count: int) -> Identity:
    """The school's name under authorities that have all certified each other, and no root."""
    made, keys = staffroom().authority, [new_key(Algorithm.EC) for _ in range(count)]
    names = [_name(f"Nơi cấp {n}", "") for n in range(count)]
    chain = tuple(
        made._issue(names[one], names[other], keys[one], keys[other], _authority(None))
        for one in range(count)
        for other in range(count)
        if one != other
    )
    subject, key = _name(SCHOOL, SCHOOL, uid=f"MST:{TAX_CODE}"), new_key(Algorithm.EC)
    leaf = made._issue(subject, names[0], key, keys[0], _extensions(CertificatePurpose.SIGN))
    return Identity(key, leaf, chain)


def test_certificates_that_all_vouch_for_each_other_do_not_stop_the_check_of_a_seal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Thirty of them: in every order it would take hours. Its own process, which can be ended."""
    monkeypatch.setattr(pades, "_RESERVED", 80_000)
    file = tmp_path / "view.pdf"
    file.write_bytes(seal_view(view(), _round(6).key(), SCHOOL, NOW))
    command = [sys.executable, "-m", "app", "verify", "--json", str(file)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=300)
    assert done.returncode == 1, done.stderr
    (report,) = json.loads(done.stdout)["files"]
    assert report["signatures"][0]["state"] == CheckState.UNKNOWN
    assert "issuer_unknown" in report["signatures"][0]["problems"]


def _signed_by_pyhanko(
    who: Identity, digest: str = "sha256", kind: SigSeedSubFilter = SigSeedSubFilter.PADES
) -> bytes:
    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    registry.register_multiple(
        asn1.Certificate.load(c.public_bytes(Encoding.DER)) for c in who.chain
    )
    plain = who.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = SimpleSigner(
        signing_cert=asn1.Certificate.load(who.certificate.public_bytes(Encoding.DER)),
        signing_key=asn1_keys.PrivateKeyInfo.load(plain),
        cert_registry=registry,
    )
    meta = PdfSignatureMetadata(field_name="NhaTruong", md_algorithm=digest, subfilter=kind)
    out: Any = PdfSigner(meta, signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(view())))
    return bytes(out.getvalue())


LATER = NOW + timedelta(days=365)
"""pyHanko's seals above are made now."""


@pytest.mark.parametrize("kind", [SigSeedSubFilter.PADES, SigSeedSubFilter.ADOBE_PKCS7_DETACHED])
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_a_seal_that_another_program_made_is_judged(digest: str, kind: SigSeedSubFilter) -> None:
    report = verify_pdf(
        _signed_by_pyhanko(staffroom().school, digest, kind), staffroom().trust, LATER
    )
    assert report.ok, codes(report)


def test_a_seal_over_a_weak_digest_is_not_valid() -> None:
    pdf = _signed_by_pyhanko(staffroom().school, "sha1")
    report = verify_pdf(pdf, staffroom().trust, LATER)
    assert not report.ok
    assert not report.content_intact
    assert "algorithm_not_allowed" in report.signatures[0].problems


def test_a_seal_that_calls_itself_something_else_is_not_judged() -> None:
    pdf = _signed_by_pyhanko(staffroom().school, kind=SigSeedSubFilter.ETSI_RFC3161)
    assert verify_pdf(pdf, staffroom().trust, LATER).problems == ("pdf.unreadable",)


def _for(usage: x509.KeyUsage) -> Identity:
    made, key = staffroom().authority, new_key(Algorithm.EC)
    subject = _name(SCHOOL, SCHOOL, uid=f"MST:{TAX_CODE}")
    extensions: list[tuple[x509.ExtensionType, bool]] = [(usage, True)]
    certificate = made._issue(subject, made._sub_name, key, made._sub_key, extensions)
    return Identity(key, certificate, (made.issuer,))


def test_a_key_that_may_not_sign_makes_no_seal() -> None:
    who = _for(_usage(key_encipherment=True))
    with pytest.raises(CertificateUnfit):
        seal_view(view(), who.key(), SCHOOL, NOW)
    report = verify_pdf(_signed_by_pyhanko(who), staffroom().trust, LATER)
    assert not report.ok
    assert "certificate_key_usage" in report.signatures[0].problems


def test_a_clock_that_is_behind_leaves_a_seal_open() -> None:
    assert verify_pdf(sealed(), staffroom().trust, NOW - timedelta(hours=23)).ok
    report = verify_pdf(sealed(), staffroom().trust, NOW - timedelta(days=400))
    assert "time_in_future" in report.signatures[0].problems
    assert (report.ok, report.undecided) == (False, True)
    assert "/2025" in report.notes[0]


def test_a_view_with_two_records_inside_is_not_ok() -> None:
    """Which of them the picture shows, nobody could say."""
    pdf = seal_view(_pdf_of(signed(primary_record()), 2), staffroom().school.key(), SCHOOL, NOW)
    report = check(pdf)
    assert not report.ok
    assert "pdf.record_not_unique" in report.problems


def test_more_than_one_seal_is_a_problem_and_only_the_first_are_looked_at() -> None:
    pdf, who = view(), staffroom().school
    plain = who.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = SimpleSigner(
        signing_cert=asn1.Certificate.load(who.certificate.public_bytes(Encoding.DER)),
        signing_key=asn1_keys.PrivateKeyInfo.load(plain),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )
    for number in range(6):
        meta = PdfSignatureMetadata(field_name=f"Dau{number}", md_algorithm="sha256")
        pdf = PdfSigner(meta, signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf))).getvalue()
    report = verify_pdf(pdf, staffroom().trust, LATER)
    assert not report.ok
    assert "pdf.more_than_one_seal" in report.problems
    assert sum(s.slot == "pdf" for s in report.signatures) == 4


# --- the signature itself, which no digest covers -------------------------------------------------


def _another_value(signed_data: Any) -> None:
    key = staffroom().principal.key()
    signed_data["signer_infos"][0]["signature"] = key.sign(b"something else")


def _by_another_key(signed_data: Any) -> None:
    """Over the right attributes, under the school's certificate."""
    info = signed_data["signer_infos"][0]
    info["signature"] = staffroom().principal.key().sign(info["signed_attrs"].untag().dump())


def _over_a_weak_digest(signed_data: Any) -> None:
    info, key = signed_data["signer_infos"][0], staffroom().school.private_key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    attributes = info["signed_attrs"].untag().dump()
    info["signature_algorithm"] = {"algorithm": "sha1_ecdsa"}
    info["signature"] = key.sign(attributes, ec.ECDSA(hashes.SHA1()))


def _with_content(signed_data: Any) -> None:
    signed_data["encap_content_info"]["content"] = core.OctetString(b"something else")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_another_value, "signature_value_wrong"),
        (_by_another_key, "signature_value_wrong"),
        (_over_a_weak_digest, "algorithm_not_allowed"),
        (_with_content, "pdf.unreadable"),
    ],
)
def test_a_signature_that_is_not_the_schools_over_this_file_is_not_valid(
    change: Callable[[Any], None], problem: str
) -> None:
    found = re.search(rb"/Contents <([0-9a-fA-F]+)>", sealed())
    assert found
    content = cms.ContentInfo.load(bytes.fromhex(found[1].decode()))
    change(content["content"])
    changed = content.dump(force=True).hex().encode().ljust(len(found[1]), b"0")
    report = check(sealed()[: found.start(1)] + changed + sealed()[found.end(1) :])
    assert not report.ok
    assert not report.content_intact
    assert problem in codes(report)


# --- practice -------------------------------------------------------------------------------------


@pytest.fixture
def genuine(monkeypatch: pytest.MonkeyPatch) -> Staffroom:
    """People of an authority that is not marked as practice."""
    with monkeypatch.context() as unmarked:
        unmarked.setattr("app.signing.trust.practice_pki.PRACTICE_MARK", "Ban Cơ yếu")
        other = PracticeAuthority(NOW)
    return replace(
        staffroom(),
        authority=other,
        homeroom=other.person(*HOMEROOM),
        principal=other.person(*PRINCIPAL),
        school=other.organisation(SCHOOL, TAX_CODE),
    )


def _both(genuine: Staffroom) -> TrustStore:
    """As `hocba verify` trusts when a practice root lies beside the files."""
    return TrustStore([genuine.authority.root, staffroom().authority.root])


def test_a_practice_seal_around_a_genuine_record_is_shown_as_practice(genuine: Staffroom) -> None:
    """Anybody has a practice authority, and could seal another picture around a true record."""

    def report(by: Identity) -> FileReport:
        pdf = seal_view(_pdf_of(signed(primary_record(), genuine)), by.key(), SCHOOL, NOW)
        return verify_pdf(pdf, _both(genuine), NOW)

    forged = report(staffroom().authority.organisation(SCHOOL, TAX_CODE))
    assert forged.practice
    assert not report(genuine.school).practice


def test_what_unpacks_beyond_the_limit_of_a_record_is_not_taken_for_one() -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(view()))
    names = writer.root["/Names"]["/EmbeddedFiles"]
    names = names["/Kids"][0] if "/Kids" in names else names
    file = names["/Names"][1]["/EF"]
    stream = generic.StreamObject(stream_data=bytes(8 * 1024 * 1024))
    stream.compress()  # type: ignore[no-untyped-call]
    file["/F"] = writer.add_object(stream)
    writer.update_container(file)
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    assert len(out.getvalue()) < 1024 * 1024
    assert "pdf.record_missing" in check(out.getvalue()).problems
