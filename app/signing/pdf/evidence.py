"""Evidence of a sealed PDF view: revocation data (DSS) and document time-stamps, appended.

PAdES B-LTA, ETSI EN 319 142-1 §5.5. A sealed view never changes: evidence is one more incremental
update after its last byte, and the file without it is still the file that was sealed. The seal
forbids every change but this one (ISO 32000-2, 12.8.2.2: P = 1), so what may follow it is listed
here, by the rules for writing and for reading side by side.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from asn1crypto import cms, crl, ocsp
from asn1crypto import x509 as asn1
from asn1crypto.parser import peek
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DSSCompareRule,
    FormUpdatingRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    XrefStreamRule,
)
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.status import SignatureCoverageLevel

from app.errors import EvidenceInvalid
from app.signing.trust.proven_time import LARGEST, MOST_ITEMS, ProvenTime, RevocationData
from app.signing.trust.timestamps import check_token
from app.signing.trust.trust_store import TrustStore

Stamp = Callable[[bytes], bytes]
"""A time-stamp token (DER) for a SHA-256 digest; its errors pass through."""

_LEVEL = ModificationLevel.LTA_UPDATES
ONLY_EVIDENCE = StandardDiffPolicy(
    global_rules=[
        CatalogModificationRule(frozenset({"/AcroForm", "/DSS", "/Extensions"})),  # type: ignore[no-untyped-call]
        XrefStreamRule().as_qualified(_LEVEL),
        ObjectStreamRule().as_qualified(_LEVEL),
        DSSCompareRule().as_qualified(_LEVEL),
    ],
    form_rule=FormUpdatingRule(
        field_rules=[
            SigFieldCreationRule(),  # type: ignore[no-untyped-call]
            SigFieldModificationRule(),
        ]
    ),
    ignore_orphaned_objects=False,
)
"""What may follow a seal. pyHanko's own policy also lets metadata and the title change."""
_FIELD = "DauThoiGian"
_MOST_STAMPS = 64


class LeanWriter(IncrementalPdfFileWriter):
    """Leaves Info and XMP as they are: smaller, quicker, and still consistent."""

    def _update_meta(self) -> None:
        return None


class _Stamper(TimeStamper):
    """Our way to an authority behind pyHanko's interface."""

    def __init__(self, stamp: Stamp) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._stamp = stamp

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
        return cms.ContentInfo.load(self._stamp(message_digest))


def extend_view(
    pdf: bytes,
    data: RevocationData | None,
    certificates: Iterable[x509.Certificate],
    stamp: Stamp,
    token_size: int = 0,
) -> bytes:
    """The view with one more document time-stamp, which also covers `data` and `certificates`.

    `data` None: a time-stamp alone. `token_size`: bytes of a token of the same authority, so that
    the place kept for this one is neither too small nor too large.
    Raises EvidenceInvalid for a file that cannot be extended, and what `stamp` raises.
    """
    try:
        writer = LeanWriter(io.BytesIO(pdf))
        number = len(writer.prev.embedded_timestamp_signatures) + 1
        if data is not None:
            _supply(writer, data, certificates)
        stamper = PdfTimeStamper(_Stamper(stamp), field_name=f"{_FIELD}{number}")
        room = 2 * (max(token_size, 6 * 1024) + 1024)
        out = asyncio.run(stamper.async_timestamp_pdf(writer, "sha256", bytes_reserved=room))
    except (PdfError, SigningError, ValueError, KeyError, TypeError, IndexError) as error:
        raise EvidenceInvalid(type(error).__name__) from error
    extended: bytes = out.getvalue()
    if not extended.startswith(pdf):
        raise EvidenceInvalid("the sealed view would change")
    return extended


def _supply(
    writer: LeanWriter, data: RevocationData, certificates: Iterable[x509.Certificate]
) -> None:
    """One DSS for the seal and the record inside."""
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[asn1.Certificate.load(c.public_bytes(Encoding.DER)) for c in certificates],
        ocsps=[ocsp.OCSPResponse.load(der) for der in data.answers],
        crls=[crl.CertificateList.load(der) for der in data.lists],
    )


def proof_in(reader: PdfFileReader, trust: TrustStore, now: datetime) -> ProvenTime | None:
    """What the document time-stamps of a PDF prove; the first of them says since when.

    None: there is none. Raises EvidenceInvalid when any of them does not hold, or when something
    follows the last one. What may stand between them is judged with the seal (`ONLY_EVIDENCE`).
    """
    stamps = list(reader.embedded_timestamp_signatures)
    if not stamps:
        return None
    if len(stamps) > _MOST_STAMPS:
        raise EvidenceInvalid("too many time-stamps")
    found = [check_token(_token(s), s.compute_digest("sha256"), trust, now) for s in stamps]
    if stamps[-1].evaluate_signature_coverage() is not SignatureCoverageLevel.ENTIRE_FILE:
        raise EvidenceInvalid("something follows the last time-stamp")
    if any(
        s.evaluate_signature_coverage() is not SignatureCoverageLevel.ENTIRE_REVISION
        for s in stamps[:-1]
    ):
        raise EvidenceInvalid("a time-stamp that does not cover its revision")
    proof = ProvenTime(min(found, key=lambda stamp: stamp.moment), _data_in(reader))
    proof.check_authority()
    return proof


def _token(stamp: Any) -> bytes:
    content: bytes = stamp.pkcs7_content
    end = peek(content)
    if any(content[end:]):
        raise EvidenceInvalid("something hides behind the time-stamp")
    return content[:end]


def _data_in(reader: PdfFileReader) -> RevocationData:
    if "/DSS" not in reader.root:
        return RevocationData()
    store = reader.root["/DSS"]
    lists, answers = (_streams(store, name) for name in ("/CRLs", "/OCSPs"))
    return RevocationData(lists, answers)


def _streams(store: Any, name: str) -> tuple[bytes, ...]:
    try:
        streams = store[name]
    except KeyError:
        return ()
    if len(streams) > MOST_ITEMS:
        raise EvidenceInvalid("too much revocation data")
    found, left = [], LARGEST
    for stream in streams:
        data = bytes(stream.get_object().data)
        left -= len(data)
        if left < 0:
            raise EvidenceInvalid("too much revocation data")
        found.append(data)
    return tuple(found)
