"""The table of names as a sheet that people can read: shipped beside the schema.

`python -m app.transcript.mapping FILE` writes it again after `names.py` has changed.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from app.transcript import names
from app.transcript.layout import AppliesTo, Field, Node, Repeated

HEADER = ("xml", "model", "catalogue_column", "length", "term", "unit", "level", "needed_to")


def render() -> bytes:
    """CSV (RFC 4180), UTF-8: one line for each value of a record, in the record's order."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for node in names.INFO_PARTS:
        writer.writerows(_lines(node, f"{names.DATA}/{names.INFO}", "", AppliesTo.BOTH))
    writer.writerows(_lines(names.ISSUE, names.DATA, "", AppliesTo.BOTH))
    return text.getvalue().encode()


def _lines(node: Node, above: str, owner: str, level: AppliesTo) -> Iterator[tuple[str, ...]]:
    path, attribute = f"{above}/{node.tag}", f"{owner}.{node.attr}".strip(".")
    level = level if node.on is AppliesTo.BOTH else node.on
    if isinstance(node, Field):
        length = str(node.length or "")
        yield (path, attribute, node.column, length, node.term, node.unit, level.value,
               node.need.value)  # fmt: skip
        return
    if isinstance(node, Repeated):
        path, attribute = f"{path}/{node.item}", f"{attribute}[]"
    for part in node.parts:
        yield from _lines(part, path, attribute, level)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(render())
