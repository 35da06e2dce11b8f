"""Views of signed records, ready to be sealed: drawn by typst, with the code for paper."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from app.model.signing import SignatureReport
from app.model.transcript import Transcript
from app.signing.keys.keys import SigningKey
from app.signing.paper.code import PaperStatement, begin_code
from app.signing.record.slots import RecordTree
from app.signing.record.verification import verify_record
from app.signing.trust.certificates import tax_code
from app.signing.trust.trust_store import TrustStore
from app.transcript.view import render_many
from app.transcript.view_data import result_lines


def draw_views(
    records: Iterable[Transcript], key: SigningKey, trust: TrustStore, now: datetime
) -> Iterator[bytes]:
    """One PDF per record. Raises what rendering and the key raise.

    The code of the next view is asked for before this one is drawn: the token never waits for us.
    """
    yield from render_many(_to_draw(records, key, trust, now))


def _to_draw(
    records: Iterable[Transcript], key: SigningKey, trust: TrustStore, now: datetime
) -> Iterator[tuple[bytes, tuple[SignatureReport, ...], tuple[str, str]]]:
    asked = ((record.xml, _code(record, key, now)) for record in records)
    current = next(asked, None)
    while current is not None:
        ahead = next(asked, None)
        xml, code = current
        yield xml, verify_record(xml, trust, now).signatures, code()
        current = ahead


def _code(record: Transcript, key: SigningKey, now: datetime) -> Callable[[], tuple[str, str]]:
    head = record.head
    lines, school = result_lines(record.xml), RecordTree(record.xml).school
    statement = PaperStatement(
        head.record_id,
        head.version,
        head.sha256,
        now,
        lines,
        school.full_name,
        school.tax_code or tax_code(key.certificate),
    )
    return begin_code(statement, key)
