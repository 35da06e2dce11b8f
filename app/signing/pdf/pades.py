"""Seal PDF views with the school's certificate: PAdES B-B, certifying, with a visible stamp.

One signature field is made before the signature. Two phases: everything but the signature is
prepared first, then the token signs some hundred bytes; the next view is made while it works.
pyHanko builds the PDF, and the CMS once per batch: digest and signature are set into it, which
saves most of the time.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import x509 as asn1
from asn1crypto.algos import SignedDigestAlgorithm
from asn1crypto.parser import emit
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko.stamp.static import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app.errors import AppError, SigningFailure
from app.signing.keys.keys import Scheme, SigningKey, begin_checked
from app.signing.pdf.evidence import LeanWriter
from app.signing.pdf.stamp import STAMP_SIZE, draw_stamp
from app.signing.trust.certificates import is_practice
from app.signing.trust.identity import check_certificate
from app.work import WorkContext

FIELD = "NhaTruong"
_MARK = b"\xa5" * 32
_RESERVED = 12_288
"""Hex characters kept for the CMS: two certificates with Vietnamese names need about 9,000."""

_PSS = SignedDigestAlgorithm(
    {
        "algorithm": "rsassa_pss",
        "parameters": {
            "hash_algorithm": {"algorithm": "sha256"},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
            "salt_length": 32,
        },
    }
)
"""As our keys sign; pyHanko alone would state the longest salt."""


@dataclass(frozen=True, slots=True)
class SealPlace:
    """Where the stamp goes: page (-1 is the last) and lower left corner in points."""

    page: int = -1
    x: int = 340
    y: int = 10


class _Stamp(PdfContent):
    """A one-page PDF as the field's picture.

    A new one for every document: pyHanko's style objects carry references over to the next.
    """

    def __init__(self, pdf: bytes) -> None:
        self._pdf = pdf
        super().__init__()

    def render(self) -> bytes:
        writer = self._ensure_writer
        page = writer.import_page_as_xobject(PdfFileReader(io.BytesIO(self._pdf)), page_ix=0)
        self.resources.xobject["/Stamp"] = page
        self.box = BoxConstraints(width=STAMP_SIZE[0], height=STAMP_SIZE[1])
        return b"/Stamp Do"


class _TimedSigner(PdfSigner):
    """Writes the moment it is given as the claimed time."""

    now: datetime

    def init_signing_session(self, *args: Any, **more: Any) -> Any:
        session = super().init_signing_session(*args, **more)
        session.system_time = self.now
        return session


class _KeySigner(Signer):
    """Our key behind pyHanko's interface."""

    def __init__(self, key: SigningKey) -> None:
        registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        for certificate in key.chain:
            registry.register(asn1.Certificate.load(certificate.public_bytes(Encoding.DER)))
        super().__init__(
            signature_mechanism=_PSS if key.scheme is Scheme.PSS else None,
            embed_roots=False,
            signing_cert=asn1.Certificate.load(key.certificate.public_bytes(Encoding.DER)),
            cert_registry=registry,
        )
        self._key = key

    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        return bytes(512)  # the token is asked when everything else is done

    def cms(self) -> tuple[bytes, Any]:
        """Signed attributes over `_MARK` (DER) and a CMS object around them, not signed yet."""

        async def build() -> tuple[bytes, Any]:
            attributes = await self.signed_attrs(_MARK, "sha256", use_pades=True)
            content = await self.async_sign_prescribed_attributes("sha256", attributes)
            return attributes.dump(), content

        return asyncio.run(build())


class _Cms:
    """The CMS (RFC 5652 §5) of all seals of one key, into which digest and signature are set.

    The signature ends the SignerInfo, which ends the SignedData; EC signatures vary in length, so
    the lengths around it are written anew.
    """

    def __init__(self, signer: _KeySigner) -> None:
        self._attributes, content = signer.cms()
        signed = content["content"]
        info = signed["signer_infos"][0]
        whole = content.dump()  # which also fills `contents` of what is inside
        placeholder = info["signature"].native
        self._info = info.contents.removesuffix(info["signature"].dump())
        self._signed = signed.contents.removesuffix(signed["signer_infos"].dump())
        self._kind = content["content_type"].dump()
        if self._attributes.count(_MARK) != 1 or self.complete(_MARK, placeholder) != whole:
            raise SigningFailure("the CMS cannot be put together")

    def to_sign(self, digest: bytes) -> bytes:
        return self._attributes.replace(_MARK, digest)

    def complete(self, digest: bytes, signature: bytes) -> bytes:
        """`signature` over `to_sign(digest)`; ECDSA in DER."""
        info = emit(0, 1, 16, self._info.replace(_MARK, digest) + emit(0, 0, 4, signature))
        signed = emit(0, 1, 16, self._signed + emit(0, 1, 17, info))
        content: bytes = emit(0, 1, 16, self._kind + emit(2, 1, 0, signed))
        return content


@dataclass(frozen=True, slots=True)
class PreparedView:
    """A view with an empty seal."""

    digest: bytes
    _prepared: Any
    _out: Any

    def complete(self, cms: bytes) -> bytes:
        """The sealed PDF, with `cms` (RFC 5652, DER) over `digest` in its place.

        Raises SigningFailure.
        """
        with _explained():
            self._prepared.fill_with_cms(self._out, cms)
        sealed: bytes = self._out.getvalue()
        return sealed


@contextmanager
def _explained() -> Iterator[None]:
    """pyHanko's errors as SigningFailure."""
    try:
        yield
    except (PdfError, SigningError, ValueError, KeyError, TypeError, IndexError) as error:
        raise SigningFailure(f"{type(error).__name__}: {error}") from error


class Sealer:
    """One school certificate for many views. `title`: what the stamp says below the school."""

    def __init__(
        self,
        key: SigningKey,
        name: str,
        now: datetime,
        *,
        place: SealPlace | None = None,
    ) -> None:
        check_certificate(key.certificate, now)
        self._key, self._now = key, now
        self._signer = _KeySigner(key)
        self._cms = _Cms(self._signer)
        self._place = place or SealPlace()
        self._stamp = draw_stamp(name, key.holder, now, practice=is_practice(key.certificate))
        self._meta = PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
            name=name,
        )

    def prepare(self, pdf: bytes) -> PreparedView:
        """Everything but the signature; the token is not asked.

        Raises SigningFailure for a file that is no PDF or is signed.
        """
        with _explained():
            prepared, out = asyncio.run(self._prepare(pdf))
        return PreparedView(prepared.document_digest, prepared, out)

    def begin(self, view: PreparedView) -> Callable[[], bytes]:
        """Ask for the signature; the call that comes back waits for the sealed PDF."""
        signature = begin_checked(self._key, self._cms.to_sign(view.digest))
        return lambda: view.complete(self._cms.complete(view.digest, signature()))

    def seal(self, pdf: bytes) -> bytes:
        """Raises what `prepare` and the key raise."""
        return self.begin(self.prepare(pdf))()

    async def _prepare(self, pdf: bytes) -> tuple[Any, Any]:
        reader = PdfFileReader(io.BytesIO(pdf))
        if reader.embedded_signatures:
            raise SigningFailure("the PDF is signed already")
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        x, y = self._place.x, self._place.y
        box = (x, y, x + STAMP_SIZE[0], y + STAMP_SIZE[1])
        spec = SigFieldSpec(FIELD, on_page=self._place.page, box=box, empty_field_appearance=True)
        append_signature_field(writer, spec)
        with_field = io.BytesIO()
        writer.write(with_field)  # type: ignore[no-untyped-call]
        style = StaticStampStyle(
            background=_Stamp(self._stamp), border_width=0, background_opacity=1.0
        )
        signer = _TimedSigner(self._meta, self._signer, stamp_style=style)
        signer.now = self._now
        prepared, _, out = await signer.async_digest_doc_for_signing(
            LeanWriter(with_field), bytes_reserved=_RESERVED
        )
        return prepared, out


def seal_view(
    pdf: bytes, key: SigningKey, name: str, now: datetime, place: SealPlace | None = None
) -> bytes:
    """One sealed view. `name`: the school's, for the stamp.

    Raises CertificateUnfit, SigningFailure and what the key raises.
    """
    return Sealer(key, name, now, place=place).seal(pdf)


def seal_views(
    pdfs: Iterable[bytes],
    key: SigningKey,
    name: str,
    now: datetime,
    context: WorkContext | None = None,
    place: SealPlace | None = None,
) -> Iterator[bytes]:
    """Sealed views, one after the other; the first error ends it.

    The token is asked for the next one only when the caller has taken the one before.
    """
    context, sealer = context or WorkContext(), Sealer(key, name, now, place=place)
    prepared = map(sealer.prepare, pdfs)
    ahead, problem = next(prepared, None), None
    while ahead is not None:
        context.cancel.raise_if_cancelled()
        pending = sealer.begin(ahead)
        try:
            ahead = next(prepared, None)
        except AppError as error:
            ahead, problem = None, error
        finally:
            sealed = pending()
        yield sealed
    if problem is not None:
        raise problem
