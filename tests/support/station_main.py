"""Runs the real station on invented records: they are XML, but not the ministry's form.

python -m tests.support.station_main DIR [--port N]
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from lxml import etree

from app.department.checks import Checks
from app.department.folder import load_folder
from app.department.serving import serve
from app.model.delivery import ParcelItem

POISON = b"POISON"
TORN = "Học bạ thử không đọc được."
DOUBTFUL = "Học bạ thử không đạt yêu cầu."


def light(item: ParcelItem) -> str:
    try:
        etree.fromstring(item.xml, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return TORN
    return ""


def full(item: ParcelItem) -> str:
    return DOUBTFUL if POISON in item.xml else ""


def main() -> None:
    port = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    listening = socket.create_server(("127.0.0.1", port))
    serve(load_folder(Path(sys.argv[1])), Checks(light, full), listening)


if __name__ == "__main__":
    main()
