"""The process in which strangers' PDFs, pictures and archives are read.

`python -m app.verification.apart_worker` answers one request after the other (`token_wire`):
`{"trust": …}` once, then `{"file": …, "now": …}` for a report, `{"list": …}` for how many entries
an archive has, `{"entry": …, "number": …, "now": …}` for one of them. `reading_apart.py` is the
other end. Whatever a file makes it do, nothing but this process is lost.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from app import log
from app.signing.file_verification import verify_file
from app.signing.keys.token_wire import read_message, write_message
from app.signing.trust.certificates import load_certificate
from app.signing.trust.trust_list import Hierarchy, TrustedCertificate, TrustPurpose
from app.signing.trust.trust_store import TrustStore
from app.verification.archives import RecordArchive
from app.verification.limits import limit_memory
from app.verification.report_wire import packed


class ApartWorker:
    """`trust`: as `reading_apart` writes it."""

    def __init__(self, trust: list[list[str]]) -> None:
        self._trust = TrustStore((), others=[_trusted(*one) for one in trust])
        self._archive: tuple[str, RecordArchive] | None = None

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one request, both as the module describes them."""
        if "list" in asked:
            archive = self._opened(asked["list"])
            refusal = archive.refusal
            return {"entries": len(archive)} if refusal is None else {"report": packed(refusal)}
        now = datetime.fromisoformat(asked["now"])
        if "entry" in asked:
            report = self._opened(asked["entry"]).verify(asked["number"], self._trust, now)
        else:
            report = verify_file(Path(asked["file"]), self._trust, now)
        return {"report": packed(report)}

    def _opened(self, file: str) -> RecordArchive:
        if self._archive is None or self._archive[0] != file:
            self._archive = None
            self._archive = file, RecordArchive.at(Path(file))
        return self._archive[1]


def _trusted(hierarchy: str, purpose: str, der: str) -> TrustedCertificate:
    certificate = load_certificate(base64.b64decode(der))
    return TrustedCertificate(certificate, Hierarchy(hierarchy), TrustPurpose(purpose))


def main() -> None:
    """Answer until the other end closes. A failed request is an answer, want of memory the end."""
    limit_memory()
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a library that prints must not write into the answers
    first = read_message(stdin)
    if first is None:
        return
    worker = ApartWorker(first["trust"])
    write_message(stdout, {"ready": True})
    stdout.flush()
    while (asked := read_message(stdin)) is not None:
        try:
            answer = worker.answer(asked)
        except MemoryError:
            return
        except Exception as error:  # noqa: BLE001 - one file's failure is that file's verdict
            log.incident("file.not_read", error)
            answer = {"failed": type(error).__name__}
        write_message(stdout, answer)
        stdout.flush()


if __name__ == "__main__":
    with log.kept_as("file_reader"):
        main()
