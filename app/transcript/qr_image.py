"""QR codes as pictures for the view."""

from __future__ import annotations

import io

import segno

from app.errors import RenderFailed

_MASK = 4
"""Readers take any of the eight. To weigh them all takes four times as long, on the interpreter
that the window needs too; with signatures in the text their penalties differ by some percent."""


def qr_image(text: str) -> str:
    """An SVG without margin. A long text gets level L of correction, a short one M (ISO/IEC 18004).

    Raises RenderFailed when it does not fit into the largest code.
    """
    try:
        level = "l" if len(text) > 900 else "m"
        code = segno.make_qr(text, error=level, boost_error=False, mask=_MASK)
    except segno.DataOverflowError as error:
        raise RenderFailed("text too long for a QR code") from error
    stream = io.BytesIO()
    code.save(stream, kind="svg", border=0, xmldecl=False, svgclass=None, lineclass=None)
    return stream.getvalue().decode()
