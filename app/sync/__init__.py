"""Has it gone? The client of the department's station, and the engine that empties the outbox."""

from app.sync.client import Requester, StationClient
from app.sync.engine import SyncEngine, SyncReport
from app.sync.relay import Relay

__all__ = ["Relay", "Requester", "StationClient", "SyncEngine", "SyncReport"]
