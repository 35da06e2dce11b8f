"""The sidebar's numbers, counted for all pages at once: true whichever page is in sight."""

from __future__ import annotations

from app.model.delivery import OutboxState
from app.model.signing import SignerRole
from app.model.transcript import TranscriptState
from app.services import Services
from app.ui.pages.signing.data import key_of
from app.ui.shell.page import Badge
from app.ui.theme.theme import Tone

_UNDECIDED = (OutboxState.RETURNED, OutboxState.SET_ASIDE)


def count(services: Services) -> dict[str, Badge]:
    """Page key to badge; reads the workspace, so not for the GUI thread."""
    return {
        "records": Badge(_to_lock(services), Tone.WAITS),
        "signing": Badge(_to_sign(services), Tone.WAITS),
        "outbox": _to_send(services),
        "news": Badge(services.delivery.publications.unread(), Tone.WAITS),
    }


def _to_lock(services: Services) -> int:
    """Classes with somebody to lock, and records that came back."""
    ready = sum(bool(c.ready) for c in services.book.states())
    return ready + len(services.records.heads(states=[TranscriptState.RETURNED]))


def _to_sign(services: Services) -> int:
    """A record that waits for two subject teachers counts once."""
    waiting = (each for role in SignerRole for each in services.signing.waiting(role))
    return len({key_of(head) for each in waiting for head in each.heads})


def _to_send(services: Services) -> Badge:
    delivery = services.delivery
    heads = {(h.record_id, h.version): h.state for h in services.records.heads()}
    undecided = [
        item
        for item in delivery.outbox.items()
        if item.state in _UNDECIDED
        and heads.get((item.key.record_id, item.key.version)) is not TranscriptState.SUPERSEDED
    ]
    if undecided:
        return Badge(len(undecided), Tone.DECIDE)
    queued = delivery.outbox.counts().get(OutboxState.QUEUED, 0)
    return Badge(len(delivery.ready()) + queued, Tone.MOVING)
