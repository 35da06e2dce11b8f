"""What a department reports with its own certificate when it hands records on (XAdES-B).

<BAO_CAO_CHUYEN_HOC_BA>
  <NOI_DUNG Id="noi-dung"> department, parcel, moment, one line a record </NOI_DUNG>
  <ds:Signature> over NOI_DUNG and its own properties </ds:Signature>
</BAO_CAO_CHUYEN_HOC_BA>
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from app.clock import TOLERANCE
from app.errors import ForwardReportInvalid
from app.model.delivery import RecordKey
from app.model.signing import CheckState, ExpectedSigner, SignerRole
from app.signing.keys.keys import SigningKey, sign_checked, verify
from app.signing.record.claimed_time import ahead_of
from app.signing.record.verification import evaluate_certificate
from app.signing.record.xades import (
    DS,
    MalformedSignature,
    ReadSignature,
    digest_of,
    read_signature,
    unsigned_signature,
)
from app.signing.trust.certificates import fingerprint, holder, load_certificate, weaknesses
from app.signing.trust.identity import fits_signer
from app.signing.trust.trust_store import TrustStore

LARGEST = 1024 * 1024
ROOT, BODY, ENTRY = "BAO_CAO_CHUYEN_HOC_BA", "NOI_DUNG", "HOC_BA"
_BODY_ID, _SIGNATURE_ID, _ROLE = "noi-dung", "chu-ky", "So GD&DT"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ForwardReport:
    """`code`, `name`: the department's; `parcel_sha256`: hex, of the parcel as it is sent."""

    code: str
    name: str
    parcel_sha256: str
    made_at: datetime
    records: tuple[RecordKey, ...]


@dataclass(frozen=True, slots=True)
class OpenForwardReport:
    """A report whose signature holds; whose it is has still to be judged."""

    report: ForwardReport
    certificate: x509.Certificate
    chain: tuple[bytes, ...]
    signed_at: datetime

    @property
    def signer(self) -> str:
        """CN of the certificate's subject."""
        return holder(self.certificate)

    def problems(
        self,
        name: str,
        trust: TrustStore,
        now: datetime,
        registered: frozenset[str] = frozenset(),
    ) -> tuple[str, ...]:
        """Codes of what speaks against it; none: a trusted certificate of `name` signed it.

        `registered`: SHA-256 of the department's certificates; where there are some, a name is not
        enough.
        """
        found = list(weaknesses(self.certificate, self.signed_at, TOLERANCE))
        found += ahead_of(self.signed_at, now)
        fits = (
            fingerprint(self.certificate) in registered
            if registered
            else fits_signer(self.certificate, ExpectedSigner(SignerRole.SCHOOL, name))
        )
        if not fits:
            found.append("signer_not_expected")
        state, _ = evaluate_certificate(self.certificate, self.chain, self.signed_at, trust, found)
        if state in (CheckState.INVALID, CheckState.UNKNOWN) and not found:
            found.append(state.value)
        return tuple(found)


def sign_report(report: ForwardReport, key: SigningKey) -> bytes:
    """UTF-8 XML. Raises SigningFailure, TokenError."""
    root = etree.Element(ROOT)
    body = etree.SubElement(root, BODY, Id=_BODY_ID)
    for tag, text in (
        ("MA_SO", report.code),
        ("TEN_SO", report.name),
        ("GOI", report.parcel_sha256),
        ("LAP_LUC", report.made_at.isoformat()),
    ):
        etree.SubElement(body, tag).text = text
    for record in report.records:
        etree.SubElement(
            body,
            ENTRY,
            MA=record.record_id,
            PHIEN_BAN=str(record.version),
            SHA256=record.sha256,
        )
    unsigned = unsigned_signature(
        _SIGNATURE_ID, [(_BODY_ID, digest_of(body))], key, report.made_at, _ROLE
    )
    signature = unsigned.complete(sign_checked(key, unsigned.to_sign))
    root.append(etree.fromstring(signature, _parser()))
    return bytes(etree.tostring(root, encoding="utf-8"))


def open_report(data: bytes) -> OpenForwardReport:
    """Raises ForwardReportInvalid for what is no report, or whose signature does not hold."""
    if len(data) > LARGEST or b"<!" in data or b"<?" in data:
        raise ForwardReportInvalid("size, or a DTD")
    try:
        body, element = etree.fromstring(data, _parser())
        if (body.tag, body.get("Id"), element.tag) != (BODY, _BODY_ID, f"{{{DS}}}Signature"):
            raise ForwardReportInvalid("form")
        read = read_signature(element)
        certificate = load_certificate(read.certificates[0])
        _require_intact(body, read, certificate)
        signed_at = read.claimed_time
        if signed_at is None:
            raise ForwardReportInvalid("no time")
        return OpenForwardReport(_parse(body), certificate, read.certificates[1:], signed_at)
    except (etree.XMLSyntaxError, MalformedSignature, ValueError, KeyError, TypeError) as error:
        raise ForwardReportInvalid(type(error).__name__) from error


def _require_intact(
    body: etree._Element, read: ReadSignature, certificate: x509.Certificate
) -> None:
    """The signed digests are those of the very elements that are read afterwards."""
    if read.properties is None or read.properties.get("Id") != f"{_SIGNATURE_ID}-properties":
        raise ForwardReportInvalid("no properties")
    own = hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()
    if read.certificate_digest != base64.b64encode(own).decode():
        raise ForwardReportInvalid("another certificate")
    signed = {one.uri.removeprefix("#"): one.digest for one in read.references}
    expected = {
        _BODY_ID: digest_of(body),
        f"{_SIGNATURE_ID}-properties": digest_of(read.properties),
    }
    if signed != expected or len(read.references) != len(expected):
        raise ForwardReportInvalid("changed")
    if not verify(certificate, read.scheme, read.value, read.signed_info):
        raise ForwardReportInvalid("signature")


def _parse(body: etree._Element) -> ForwardReport:
    records = tuple(
        RecordKey(str(one.attrib["MA"]), int(one.attrib["PHIEN_BAN"]), str(one.attrib["SHA256"]))
        for one in body.iterchildren(ENTRY)
    )
    found = ForwardReport(
        str(body.findtext("MA_SO")),
        str(body.findtext("TEN_SO")),
        str(body.findtext("GOI")),
        datetime.fromisoformat(str(body.findtext("LAP_LUC"))),
        records,
    )
    if not all(map(_SHA256.fullmatch, (found.parcel_sha256, *(r.sha256 for r in records)))):
        raise ValueError("digest")
    return found


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
