"""Runs the real station on invented records: they are XML, but not the ministry's form."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from lxml import etree

from app.department.checks import Checks, Examined, FirstLook
from app.department.folder import load_folder
from app.department.publishing import ListedTrust
from app.department.record_checks import record_checks
from app.department.serving import serve
from app.model.delivery import ParcelItem
from app.signing.trust import TrustStore
from app.sync import Relay

POISON = b"POISON"
TORN = "Học bạ thử không đọc được."
DOUBTFUL = "Học bạ thử không đạt yêu cầu."


def light(item: ParcelItem) -> FirstLook:
    try:
        etree.fromstring(item.xml, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return FirstLook(TORN)
    return FirstLook()


def full(item: ParcelItem) -> str:
    return DOUBTFUL if POISON in item.xml else ""


def examine(xml: bytes) -> Examined:
    return Examined(POISON not in xml, ("Học bạ thử.",), lambda: b"%PDF-1.7")


def run(
    folder: Path,
    port: int,
    limit_file_size: int = 0,
    real: bool = False,
    workers: int = 1,
    role: str = "department",
    host: str = "127.0.0.1",
) -> None:
    """In a process of its own; its log goes to `log.jsonl` in the folder.

    `real`: records are checked as they should be, against the roots in the folder's `trust`.
    """
    log = os.open(folder / "log.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 2)
    if limit_file_size:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_file_size, limit_file_size))
    trust = TrustStore.shipped(folder / "trust")
    checks = record_checks(trust, ListedTrust(load_folder(folder, role), trust).renew)
    if not real:
        checks = Checks(light, full, examine, checks.report)
    listening = socket.create_server((host, port))
    serve(load_folder(folder, role), checks, listening, workers, Relay)
