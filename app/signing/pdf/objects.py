"""Strangers' PDFs opened within limits, and their trees walked within limits (ISO 32000-2)."""

from __future__ import annotations

import io
import re
from typing import Any

from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.generic import DecryptedObjectProxy
from pyhanko.pdf_utils.reader import PdfFileReader

_MOST_NODES = 2000
"""Nodes and leaves of a tree of attachments or fields; a branch may be named by many."""
_LARGEST_NUMBER = 40_000_000
"""Of objects and pages: more than bytes in the largest file that is read."""
_NUMBERS = re.compile(rb"/(?:Size|Index|Count|N)[\s\[]*((?:\d+\s*)+)")


class PdfLocked(ValueError):
    """It can be read with its password or key only."""


def open_pdf(pdf: bytes, *, strict: bool) -> Any:
    """A reader of it; opened with the empty password where there is one, as viewers do.

    Raises PdfLocked, ValueError for numbers that would keep the reader busy for ever, and what
    pyHanko raises.
    """
    said = (number for found in _NUMBERS.finditer(pdf) for number in found[1].split())
    if any(len(number) > 10 or int(number) > _LARGEST_NUMBER for number in said):
        raise ValueError("a number out of proportion")
    reader = PdfFileReader(io.BytesIO(pdf), strict=strict)
    if reader.encrypted:
        _unlock(reader)
    form = resolved(reader.root.get("/AcroForm", {}))
    nodes_below([resolved(field) for field in resolved(form.get("/Fields", []))])
    return reader


def _unlock(reader: PdfFileReader) -> None:
    try:
        opened = reader.decrypt("").status is not AuthStatus.FAILED
    except Exception as error:  # another handler, or damaged entries
        raise PdfLocked from error
    if not opened:
        raise PdfLocked


def nodes_below(roots: list[Any]) -> list[Any]:
    """The nodes of a tree by way of /Kids (7.9.6, 12.7.4), roots included.

    Raises ValueError for one too large to walk, or without an end.
    """
    found, waiting = [], list(roots)
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += [resolved(kid) for kid in resolved(node.get("/Kids", []))]
        if len(found) + len(waiting) > _MOST_NODES:
            raise ValueError("a tree too large")
    return found


def named_in(tree: Any) -> list[Any]:
    """The values of a name tree (7.9.6). Raises ValueError for one too large to walk."""
    found: list[Any] = []
    for node in nodes_below([tree]):
        entries = [resolved(entry) for entry in resolved(node.get("/Names", []))]
        found += entries[1::2]
        if len(found) > _MOST_NODES:
            raise ValueError("a tree too large")
    return found


def resolved(entry: Any) -> Any:
    """The object itself where a reference, or something still encrypted, stands for it."""
    if hasattr(entry, "get_object"):
        entry = entry.get_object()
    return entry.decrypted if isinstance(entry, DecryptedObjectProxy) else entry
