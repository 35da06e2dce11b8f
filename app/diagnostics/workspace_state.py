"""How much waits where in an open workspace: counts, no content."""

from __future__ import annotations

from app.diagnostics.machine import Facts
from app.store import Workspace
from app.sync.delivery import Delivery


def workspace_facts(workspace: Workspace) -> Facts:
    """Counts by state. SQL on the calling thread."""
    store = workspace.here()
    issued, unproven = store.evidence.counts()
    return {
        "classes": len(store.people.sections()),
        "locked_pupils": len(store.locks.places()),
        "pupils": len(store.people.students()),
        "records": {state.value: n for state, n in store.transcripts.counts().items() if n},
        "batch_interrupted": store.signing.interrupted() is not None,
        "issued": issued,
        "evidence_waiting": unproven,
        "audit_entries": sum(1 for _ in store.audit.entries()),
        "audit_unbroken": store.audit.unbroken(),
    }


def queue_facts(workspace: Workspace) -> Facts:
    """What waits for the department, and what the department has for the school."""
    store, delivery = workspace.here(), Delivery(workspace)
    return {
        "enrolled": delivery.enrolled,
        "outbox": {state.value: n for state, n in delivery.outbox.counts().items() if n},
        "parcels_unanswered": len(delivery.outbox.waiting_for_word()),
        "next_attempt": delivery.outbox.next_attempt(),
        "publications_wanted": len(store.publications.wanted()),
        "publications_unread": store.publications.unread(),
    }
