"""The PDF view of a record: PDF/A-3b made from the XML, with the XML attached.

Same XML and signature reports, same bytes. The view shows what the XML says and nothing else.
"""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from typing import Any

import typst

from app import resources
from app.errors import RenderFailed
from app.model.signing import SignatureReport
from app.transcript import safe_xml, xml_record
from app.transcript.qr_image import qr_image
from app.transcript.view_data import Data, view_data

_FONTS = ("LiberationSerif-Regular.ttf", "LiberationSerif-Bold.ttf")
_FORM = "record.typ"
_CORES = os.cpu_count() or 1
_AHEAD = 2
_local = threading.local()


Signed = tuple[bytes, Sequence[SignatureReport]]
"""A record's XML and what checking its signatures said."""


@cache
def forms() -> tuple[str, ...]:
    """The form of records, then those that the program had before, the newest first.

    A form that changes what a page shows is copied to `resources/forms/earlier/N/` first: views
    that were sealed with it are compared with it for as long as records are kept.
    """
    earlier = resources.path("forms") / "earlier"
    numbers = sorted((int(folder.name) for folder in earlier.iterdir()), reverse=True)
    return (_FORM, *(f"earlier/{number}/{_FORM}" for number in numbers))


def render(
    xml: bytes,
    signatures: Sequence[SignatureReport] = (),
    codes: Sequence[str] = (),
    form: str = "",
) -> bytes:
    """The view of one record as PDF/A-3b, with the XML attached.

    `codes`: texts of the QR codes for its last page (see `app/signing/paper/code.py`).
    `form`: one of `forms()`; '' for that of today.
    Raises RenderFailed (also when a font is missing), and what reading the XML raises.
    """
    images = {f"code{number}": qr_image(code) for number, code in enumerate(codes)}
    return _pdf([(xml, signatures)], "record", images, form or _FORM)


def render_many(
    records: Iterable[tuple[bytes, Sequence[SignatureReport], Sequence[str]]],
) -> Iterator[bytes]:
    """As `render` for each, in order, with all cores.

    `records` is read on the calling thread, a few ahead of what was taken: memory stays the same
    for a class and for a school. Raises as `render`, at the record's turn.
    """
    pool, waiting = _pool(), deque[Future[bytes]]()
    try:
        for record in records:
            waiting.append(pool.submit(render, *record))
            if len(waiting) > _AHEAD * _CORES:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for unwanted in waiting:
            unwanted.cancel()


@cache
def _pool() -> ThreadPoolExecutor:
    """Typst lets go of the interpreter while it works. Kept: its threads hold warm compilers."""
    return ThreadPoolExecutor(_CORES, thread_name_prefix="view")


def booklet(years: Sequence[Signed]) -> bytes:
    """One pupil's records, oldest first, as one PDF/A-3b: cover and pupil page of the newest.

    Raises as `render`, and ValueError for no records or those of several pupils.
    """
    if len({_pupil(xml) for xml, _ in years}) != 1:
        raise ValueError("a booklet is of one pupil")
    return _pdf(years, "booklet")


def print_set(records: Sequence[Signed]) -> bytes:
    """Several records, each from its cover on, as one PDF/A-3b. Raises as `render`."""
    return _pdf(records, "set")


def preview(xml: bytes, signatures: Sequence[SignatureReport] = (), ppi: float = 96) -> list[bytes]:
    """The pages of `render` as PNG images, one a page, for the window. Raises as `render`."""
    data = {"kind": "record", "records": [_data(xml, signatures)]}
    pages = _compile({"data": _json(data)}, format="png", ppi=ppi)
    return pages if isinstance(pages, list) else [pages]


def results_sheet(data: Data, made_on: str) -> bytes:
    """The sheet of a year that is not over. `made_on`: ISO 8601. Raises RenderFailed."""
    return _sheet("results.typ", data, made_on)


def check_sheet(data: Data, made_on: str) -> bytes:
    """What a check of files found. `made_on`: ISO 8601. Raises RenderFailed."""
    return _sheet("check.typ", data, made_on)


def _sheet(form: str, data: Data, made_on: str) -> bytes:
    moment = datetime.fromisoformat(made_on).replace(tzinfo=UTC)
    options = {"format": "pdf", "pdf_tags": False, "timestamp": moment}
    pdf = _compile({"data": _json(data)}, form=form, **options)
    assert isinstance(pdf, bytes)
    return pdf


def _pdf(
    records: Sequence[Signed],
    kind: str,
    images: Mapping[str, str] | None = None,
    form: str = _FORM,
) -> bytes:
    data = [_data(xml, signatures) for xml, signatures in records]
    attached = {f"xml{number}": xml.decode("utf-8") for number, (xml, _) in enumerate(records)}
    pdf = _compile(
        {"data": _json({"kind": kind, "records": data}), **attached, **(images or {})},
        form=form,
        format="pdf",
        pdf_standards="a-3b",
        pdf_tags=False,
        timestamp=_midnight(data[-1]),
    )
    assert isinstance(pdf, bytes)
    return pdf


def _pupil(xml: bytes) -> str:
    return xml_record.read(safe_xml.parse_tree(xml)).pupil.code


def _data(xml: bytes, signatures: Sequence[SignatureReport]) -> Data:
    """A signed record must be whole; a draft may be shown half made."""
    content = xml_record.parse(xml) if signatures else xml_record.read(safe_xml.parse_tree(xml))
    return view_data(content, signatures)


def _midnight(data: Data) -> datetime:
    year, month, day = data["issued"]
    return datetime(year, month, day, tzinfo=UTC)


def _json(data: Data) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True)


def _compile(inputs: dict[str, str], form: str = _FORM, **options: Any) -> Any:
    try:
        return _compiler(form).compile(sys_inputs=inputs, **options)
    except (typst.TypstError, OverflowError, ValueError) as error:
        raise RenderFailed(str(error).split("\n")[0]) from error


def _compiler(form: str) -> Any:
    """One warm compiler per thread and form: it keeps fonts and forms in memory."""
    if not hasattr(_local, "compilers"):
        _local.compilers = {}
    if form not in _local.compilers:
        fonts = resources.path("fonts")
        missing = [name for name in _FONTS if not (fonts / name).is_file()]
        if missing:
            raise RenderFailed("font missing", fonts=missing)
        _local.compilers[form] = typst.Compiler(
            str(resources.path("forms", form)),
            root=str(resources.path("forms")),
            font_paths=[str(fonts)],
            ignore_system_fonts=True,
        )
    return _local.compilers[form]
