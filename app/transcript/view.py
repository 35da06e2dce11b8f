"""The PDF view of a record: PDF/A-3b made from the XML, with the XML attached.

Same XML and signature reports, same bytes. The view shows what the XML says and nothing else.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import typst

from app import resources
from app.errors import RenderFailed
from app.model.signing import SignatureReport
from app.transcript import safe_xml, xml_record
from app.transcript.view_data import Data, view_data

_FONTS = ("LiberationSerif-Regular.ttf", "LiberationSerif-Bold.ttf")
_local = threading.local()


def render(xml: bytes, signatures: Sequence[SignatureReport] = ()) -> bytes:
    """The view as PDF/A-3b. `signatures`: what checking the XML's signatures said.

    Raises RenderFailed (also when a font is missing), and what reading the XML raises.
    """
    data = _data(xml, signatures)
    pdf = _compile(
        {"data": _json(data), "xml": xml.decode("utf-8")},
        format="pdf",
        pdf_standards="a-3b",
        pdf_tags=False,
        timestamp=_midnight(data),
    )
    assert isinstance(pdf, bytes)
    return pdf


def preview(xml: bytes, signatures: Sequence[SignatureReport] = (), ppi: float = 96) -> list[bytes]:
    """The same pages as PNG images, one a page, for the window. Raises as `render`."""
    pages = _compile({"data": _json(_data(xml, signatures))}, format="png", ppi=ppi)
    return pages if isinstance(pages, list) else [pages]


def _data(xml: bytes, signatures: Sequence[SignatureReport]) -> Data:
    """A signed record must be whole; a draft may be shown half made."""
    content = xml_record.parse(xml) if signatures else xml_record.read(safe_xml.parse_tree(xml))
    return view_data(content, signatures)


def _midnight(data: Data) -> datetime:
    year, month, day = data["issued"]
    return datetime(year, month, day, tzinfo=UTC)


def _json(data: Data) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True)


def _compile(inputs: dict[str, str], **options: Any) -> Any:
    try:
        return _compiler().compile(sys_inputs=inputs, **options)
    except (typst.TypstError, OverflowError, ValueError) as error:
        raise RenderFailed(str(error).split("\n")[0]) from error


def _compiler() -> Any:
    """One warm compiler per thread: it keeps fonts and forms in memory."""
    if not hasattr(_local, "compiler"):
        fonts = resources.path("fonts")
        missing = [name for name in _FONTS if not (fonts / name).is_file()]
        if missing:
            raise RenderFailed("font missing", fonts=missing)
        _local.compiler = typst.Compiler(
            str(resources.path("forms", "record.typ")),
            root=str(resources.path("forms")),
            font_paths=[str(fonts)],
            ignore_system_fonts=True,
        )
    return _local.compiler
