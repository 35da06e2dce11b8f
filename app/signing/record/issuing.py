"""What the school may issue."""

from __future__ import annotations

from app.errors import TranscriptIncomplete
from app.transcript import xml_record
from app.transcript.completeness import problems


def require_complete(xml: bytes) -> None:
    """The school does not issue what still lacks something, a personal id for instance.

    Raises TranscriptIncomplete(problems), and what parsing raises.
    """
    if blocking := [p.text for p in problems(xml_record.parse(xml)) if p.blocks_issue]:
        raise TranscriptIncomplete(problems=blocking)
