"""One pupil's verified record for a public service: XML, PDF, and what checking them said."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, dataclass
from typing import Any

import app
from app import clock
from app.errors import TranscriptIncomplete
from app.model.transcript import IN_FORCE, TranscriptHead
from app.signing.record.evidence import SUFFIX as EVIDENCE
from app.signing.record.verification import verify_record
from app.signing.trust.trust_store import TrustStore
from app.store import Workspace

FORMAT = "hocba-extract/1"
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Extract:
    """Files by name: `hoc-ba.xml`, `hoc-ba.hbev` when there is evidence of it, `hoc-ba.pdf` when it
    was sealed, `ket-qua-kiem-tra.json`."""

    files: dict[str, bytes]

    def as_zip(self) -> bytes:
        """The same files give the same bytes."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(self.files.items()):
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
        return stream.getvalue()


class Extracts:
    """SQL on the calling thread."""

    def __init__(
        self, workspace: Workspace, trust: TrustStore, now: clock.Clock = clock.now
    ) -> None:
        self._workspace = workspace
        self._trust = trust
        self._now = now

    def extract(self, head: TranscriptHead) -> Extract:
        """Of an issued version that is in force. Every extract is noted in the audit log.

        Raises TranscriptIncomplete when it is not in force or its signatures do not hold.
        """
        store = self._workspace.here()
        transcript = store.transcripts.get(head.record_id, head.version)
        state = transcript.head.state
        recalls = store.requests.recalled_by(head.record_id, head.version)
        if state not in IN_FORCE or recalls:
            raise TranscriptIncomplete(str(state), problems=["Học bạ này không còn hiệu lực."])
        now = self._now()
        evidence = store.evidence.get(head.record_id, head.version)
        record = verify_record(
            transcript.xml, self._trust, now, file="hoc-ba.xml", evidence=evidence
        )
        if not record.ok:
            raise TranscriptIncomplete("not valid", problems=["Chữ ký của học bạ không đạt."])
        files = {"hoc-ba.xml": transcript.xml}
        if evidence is not None:
            files[f"hoc-ba{EVIDENCE}"] = evidence
        reports = [record]
        view = store.transcripts.view(head.record_id, head.version)
        if view is not None:
            from app.signing.pdf.verification import verify_pdf

            files["hoc-ba.pdf"] = view
            reports.append(verify_pdf(view, self._trust, now, file="hoc-ba.pdf"))
        result: dict[str, Any] = {
            "format": FORMAT,
            "checked_at": now.isoformat(),
            "program": f"hocba {app.__version__}",
            "record_id": head.record_id,
            "version": head.version,
            "state": str(state),
            "valid": all(report.ok for report in reports),
            "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
            "reports": [asdict(report) for report in reports],
        }
        text = json.dumps(result, ensure_ascii=False, indent=1)
        files["ket-qua-kiem-tra.json"] = text.encode()
        store.audit.add("extract", f"{head.record_id}/{head.version}", str(len(files)))
        return Extract(files)
