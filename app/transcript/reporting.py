"""Records for the ministry's reporting catalogue: which event, which number, and what fits."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from app import clock, resources
from app.errors import MoveNotAllowed
from app.model.delivery import Event
from app.model.transcript import IN_FORCE, TranscriptHead, TranscriptState
from app.store import Store, Workspace
from app.transcript import catalogue, xml_record
from app.transcript.catalogue import CatalogueReport

_S = TranscriptState
_GONE = (_S.CANCELLED, _S.RECALLED, _S.RECALL_REQUESTED)


@dataclass(frozen=True, slots=True)
class TooLong:
    """A value that the catalogue cannot hold; the record itself is right."""

    record_id: str
    table: str
    column: str
    text: str
    limit: int


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """A file for the reporting catalogue (JSON or .xlsx): its bytes, how many records, what does
    not fit.
    """

    content: bytes
    records: int
    too_long: tuple[TooLong, ...]


class Reporting:
    """SQL on the calling thread. Each call takes new numbers: the hub ignores equal or lower."""

    def __init__(self, workspace: Workspace, now: clock.Clock = clock.now) -> None:
        self._workspace = workspace
        self._now = now

    def as_json(self, heads: Sequence[TranscriptHead]) -> CatalogueFile:
        """Raises MoveNotAllowed for a record that is neither in force nor given up."""
        reports = self._reports(heads)
        return CatalogueFile(catalogue.as_json(reports), len(reports), tuple(_too_long(reports)))

    def as_workbook(self, heads: Sequence[TranscriptHead]) -> CatalogueFile:
        """The same as .xlsx. Raises as `as_json`."""
        reports = self._reports(heads)
        content = catalogue.as_workbook(reports)
        return CatalogueFile(content, len(reports), tuple(_too_long(reports)))

    def check(self, heads: Sequence[TranscriptHead]) -> tuple[TooLong, ...]:
        """What would not fit; takes no numbers."""
        store = self._workspace.here()
        contents = [
            xml_record.parse(store.transcripts.get(h.record_id, h.version).xml) for h in heads
        ]
        now = self._now()
        return tuple(
            _too_long([CatalogueReport(content, Event.NEW, 1, now) for content in contents])
        )

    def _reports(self, heads: Sequence[TranscriptHead]) -> list[CatalogueReport]:
        store, now = self._workspace.here(), self._now()
        reports = []
        with store.write():
            for head in heads:
                content = xml_record.parse(store.transcripts.get(head.record_id, head.version).xml)
                event = _event(store, head)
                number = store.transcripts.keep_report(
                    head.record_id, head.version, event, now.isoformat()
                )
                reports.append(CatalogueReport(content, event, number, now))
            store.audit.add("report", "catalogue", str(len(reports)))
        return reports


def _event(store: Store, head: TranscriptHead) -> Event:
    state = store.transcripts.get(head.record_id, head.version).head.state
    known = store.transcripts.was_reported(head.record_id)
    if known and (state in _GONE or store.requests.recalled_by(head.record_id, head.version)):
        return Event.CANCEL
    if state not in IN_FORCE:
        raise MoveNotAllowed(from_state=str(state), to_state="reported")
    return Event.UPDATE if known else Event.NEW


def _too_long(reports: Sequence[CatalogueReport]) -> Iterator[TooLong]:
    for report in reports:
        for table, rows in catalogue.tables([report]).items():
            limits = _lengths().get(table, {})
            for row in rows:
                for column, text in row.items():
                    limit = limits.get(column, 0)
                    if limit and len(text) > limit:
                        yield TooLong(row["idbanghi"], table, column, text, limit)


@cache
def _lengths() -> Mapping[str, Mapping[str, int]]:
    found: dict[str, dict[str, int]] = tomllib.loads(
        resources.path("schemas", "catalogue-lengths.toml").read_text("utf-8")
    )
    return found
