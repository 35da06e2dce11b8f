"""Puts the report together. A part that cannot be read says so and never spoils the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from app import clock, log
from app.diagnostics.machine import (
    Facts,
    clock_facts,
    disk_facts,
    library_facts,
    place_facts,
    program_facts,
)
from app.diagnostics.workspace_state import queue_facts, workspace_facts
from app.log import Incident
from app.signing.keys.doctor_words import diagnosis_lines
from app.signing.keys.token_doctor import examine, installed
from app.signing.trust.trust_store import TrustStore
from app.store import Workspace

NOT_LOOKED = "not_looked"
"""Name of the one fact of a part that nobody could look at now; its value says why."""
WORDS = "words"
"""Name of the fact that says a part in Vietnamese already, line by line."""


@dataclass(frozen=True, slots=True)
class SupportSources:
    """What a report is made of.

    `workspace`: where the school's file lies (the report never says where). `opened`: the same,
    open; without it the queues are unknown, and `closed_by` is the error's code. `tokens`: False
    while a token is at work, which a look at the readers would disturb. `screen`: what only the
    window knows.
    """

    workspace: Path
    opened: Workspace | None = None
    closed_by: str = "closed"
    tokens: bool = True
    screen: Mapping[str, object] = field(default_factory=dict)
    incidents: Sequence[Incident] = ()


@dataclass(frozen=True, slots=True)
class SupportReport:
    """Parts by name, in the order in which they are read; all values are plain."""

    made_at: datetime
    parts: Mapping[str, Facts]
    incidents: tuple[Incident, ...]

    def as_json(self) -> dict[str, Any]:
        """Ready for `json.dumps`."""
        incidents = [asdict(each) | {"at": each.at.isoformat()} for each in self.incidents]
        return {"made_at": self.made_at.isoformat(), **self.parts, "incidents": incidents}


def brief_report(sources: SupportSources, now: clock.Clock = clock.now) -> SupportReport:
    """What is known at once: for the clipboard, from the GUI thread."""
    return _report(sources, now(), _quick_parts(sources, now))


def full_report(sources: SupportSources, now: clock.Clock = clock.now) -> SupportReport:
    """With drivers, tokens and queues, which may take half a minute. No PIN is asked for."""
    parts = {
        **_quick_parts(sources, now),
        "workspace": _of(sources, workspace_facts),
        "queues": _of(sources, queue_facts),
        "tokens": (lambda: _token_facts(now())) if sources.tokens else _not_looked("busy"),
    }
    return _report(sources, now(), parts)


def _quick_parts(sources: SupportSources, now: clock.Clock) -> dict[str, Callable[[], Facts]]:
    return {
        "program": program_facts,
        "libraries": library_facts,
        "screen": (lambda: dict(sources.screen)) if sources.screen else _not_looked("no_window"),
        "disk": lambda: disk_facts(sources.workspace),
        "clock": lambda: clock_facts(sources.workspace, now()),
        "places": place_facts,
    }


def _report(
    sources: SupportSources, now: datetime, parts: Mapping[str, Callable[[], Facts]]
) -> SupportReport:
    read = {name: _read(name, look) for name, look in parts.items()}
    return SupportReport(now, read, tuple(sources.incidents))


def _read(name: str, look: Callable[[], Facts]) -> Facts:
    try:
        return look()
    except Exception as error:  # noqa: BLE001 - what is broken is what the report is for
        log.problem("report.not_read", error, part=name)
        return {NOT_LOOKED: log.kind(error)}


def _of(sources: SupportSources, look: Callable[[Workspace], Facts]) -> Callable[[], Facts]:
    opened = sources.opened
    return _not_looked(sources.closed_by) if opened is None else lambda: look(opened)


def _not_looked(why: str) -> Callable[[], Facts]:
    return lambda: {NOT_LOOKED: why}


def _token_facts(now: datetime) -> Facts:
    diagnosis = examine(installed(None), TrustStore.shipped(), now)
    return {**diagnosis.report(), WORDS: diagnosis_lines(diagnosis, names=False)}
