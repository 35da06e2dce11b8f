"""Has it gone? The client of the department's station, and the engine that empties the outbox."""

from app.sync.client import Requester, StationClient
from app.sync.engine import SyncEngine, SyncReport

__all__ = ["Requester", "StationClient", "SyncEngine", "SyncReport"]
