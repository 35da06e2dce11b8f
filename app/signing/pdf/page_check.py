"""Whether the pages of a sealed view show what the record inside says.

A seal vouches for the bytes, not for the agreement of picture and record: whoever holds the
school's key could seal a page with 9,8 around a record with 6,8. So the view is drawn again from
the record, in every form that the program has had, and both are compared as pictures.

Measured at 144 dpi: the same view differs from itself, sealed or not, in no pixel; one digit in a
table in 50 to 75 pixels by more than a quarter of the scale, a comma in 9. `_MOST_PIXELS` lies
between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pypdfium2
from PIL import Image, ImageChops, ImageDraw

from app.errors import AppError, PaperCodeInvalid
from app.model.signing import CheckState, SignatureReport
from app.signing.paper.code import CERTIFICATE, STATEMENT, read_code
from app.signing.paper.images import codes_in
from app.signing.pdf.objects import open_pdf, resolved
from app.signing.pdf.pades import SealPlace
from app.signing.pdf.stamp import STAMP_SIZE
from app.transcript import view

DIFFERS, NOT_COMPARED = "pdf.page_differs", "pdf.page_not_compared"
_SCALE = 2.0
"""Pixels a point: 144 dpi."""
_CODE_SCALE = 4.0
_LEVELS, _MOST_PIXELS = 64, 4
_MOST_PAGES = 40
_MARGIN = 2
"""Points around the stamp that belong to it."""
_PLACES = (SealPlace(),)
"""Where the program has ever put the stamp."""
_FOREIGN = ("/OCProperties", "/OpenAction", "/AA", "/Collection")
"""What makes viewers show, or do, something else than the pages."""


def page_problems(
    pdf: bytes, record: bytes, record_id: str, version: int, signatures: Sequence[SignatureReport]
) -> tuple[str, ...]:
    """Codes: none when each page shows the record. Raises MemoryError.

    `signatures`: of the record, as they are judged now; the view says who signed, and when.
    """
    try:
        if _shows_more(open_pdf(pdf, strict=False)):
            return (DIFFERS,)
        pages = _pages(pdf)
        codes = _codes(pdf)
        if not _of_this_record(codes, record, record_id, version):
            return (DIFFERS,)
        drawn = _drawn(record, signatures, codes)
        return () if any(_same(pages, _pages(each)) for each in drawn) else (DIFFERS,)
    except MemoryError:
        raise
    except AppError:
        return (NOT_COMPARED,)  # such a record cannot be drawn
    except Exception:  # noqa: BLE001 - pyHanko and PDFium raise all sorts on hostile files
        return (NOT_COMPARED,)


def _drawn(
    record: bytes, signatures: Sequence[SignatureReport], codes: Sequence[str]
) -> Iterator[bytes]:
    """The view in each form, as drawn by a machine that trusted the signers, and by one that did
    not know them."""
    for form in view.forms():
        for state in (CheckState.VALID_NOT_CHECKED_ONLINE, CheckState.UNKNOWN):
            said = [replace(each, state=state, proven_time="") for each in signatures]
            yield view.render(record, said, codes, form)


def _pages(pdf: bytes) -> list[Image.Image]:
    """Each page as a viewer shows it, without the place of the stamp. Raises ValueError."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        if len(document) > _MOST_PAGES:
            raise ValueError("too many pages")
        found = [_picture(page, _SCALE) for page in document]
    finally:
        document.close()
    _hide_stamp(found[-1])
    return found


def _picture(page: pypdfium2.PdfPage, scale: float) -> Image.Image:
    width, height = page.get_size()
    if not (0 < width < 2000 and 0 < height < 2000):
        raise ValueError("a page of another size")
    picture: Image.Image = page.render(scale=scale, grayscale=True).to_pil()
    return picture.convert("L")


def _hide_stamp(page: Image.Image) -> None:
    for place in _PLACES:
        left, bottom = place.x - _MARGIN, place.y - _MARGIN
        right, top = place.x + STAMP_SIZE[0] + _MARGIN, place.y + STAMP_SIZE[1] + _MARGIN
        corners = (left * _SCALE, page.height - top * _SCALE,
                   right * _SCALE, page.height - bottom * _SCALE)  # fmt: skip
        ImageDraw.Draw(page).rectangle(corners, fill=255)


def _same(ours: Sequence[Image.Image], theirs: Sequence[Image.Image]) -> bool:
    return [page.size for page in ours] == [page.size for page in theirs] and all(
        sum(ImageChops.difference(one, other).histogram()[_LEVELS:]) <= _MOST_PIXELS
        for one, other in zip(ours, theirs, strict=True)
    )


def _codes(pdf: bytes) -> tuple[str, ...]:
    """Texts of the paper codes on the last page, the statement first; none in views without."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        texts = codes_in(_picture(document[len(document) - 1], _CODE_SCALE))
    finally:
        document.close()
    ours = [text for text in texts if text.startswith((STATEMENT, CERTIFICATE))]
    return tuple(sorted(ours, key=lambda text: not text.startswith(STATEMENT)))


def _of_this_record(codes: Sequence[str], record: bytes, record_id: str, version: int) -> bool:
    wanted = (record_id, version, hashlib.sha256(record).hexdigest())
    for text in codes:
        if text.startswith(STATEMENT):
            try:
                said = read_code(text).statement
            except PaperCodeInvalid:
                return False
            if (said.record_id, said.version, said.sha256) != wanted:
                return False
    return True


def _shows_more(reader: Any) -> bool:
    """Whether it holds what a page's picture does not tell: layers, scripts, forms, notes."""
    root = reader.root
    form = resolved(root.get("/AcroForm", {}))
    if any(name in root for name in _FOREIGN) or "/XFA" in form:
        return True
    pages = int(resolved(root["/Pages"])["/Count"])
    return any(map(_has_notes, (_page(reader, number) for number in range(min(pages, 40)))))


def _page(reader: Any, number: int) -> Any:
    return resolved(reader.find_page_for_modification(number)[0])


def _has_notes(page: Any) -> bool:
    """Annotations but for places of signatures, or a page that acts or is scaled."""
    if "/AA" in page or "/UserUnit" in page:
        return True
    notes = map(resolved, resolved(page.get("/Annots", [])))
    return any((n.get("/FT"), n.get("/Subtype")) != ("/Sig", "/Widget") for n in notes)
