"""A station as the client of the next one."""

from __future__ import annotations

from app.parcel.device import DeviceIdentity
from app.parcel.enrolment import Enrolment
from app.sync.client import StationClient
from app.sync.connection import Connection
from app.work import CancelToken


class Relay:
    """Carries parcels from a department's station to the ministry's. Raises DeliveryError."""

    def __init__(self, enrolment: Enrolment, device: DeviceIdentity) -> None:
        self._client = StationClient(Connection(enrolment, device))

    def report(self, sha256: str, data: bytes) -> None:
        """What the department signed about the parcel that comes next."""
        self._client.report(sha256, data)

    def submit(self, sha256: str, payload: bytes) -> list[str]:
        return self._client.submit(sha256, payload, CancelToken(), lambda _: None, resume=False)

    def news(self, after: str) -> list[str]:
        return self._client.news(after)
