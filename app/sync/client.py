"""Handing a parcel to the station and asking what it says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Self
from urllib.parse import urlencode

import requests

from app.errors import ForwardReportInvalid, ItemRefused, NetworkDown, StationBusy, StationWrong
from app.sync.connection import REPLY_SECONDS
from app.work import CancelToken

CHUNK = 4 * 1024
_TRIES_WITHOUT_PROGRESS = 4
_PAUSE_SECONDS = 0.5
_OFFSET_SECONDS = 5.0
_TAKE_SECONDS, _LONGEST_TAKE_SECONDS = 6.0, 60.0
"""For the station to take a whole parcel; twice as long each time that it did not suffice, so
that a cut is noticed soon and a station under load is not asked again and again."""

Moved = Callable[[int], None]
"""Told how many bytes of the parcel have left."""


class Requester(Protocol):
    """`Connection.request`; another carrier may take its place."""

    def request(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: object = None,
        reply_seconds: float = REPLY_SECONDS,
    ) -> requests.Response: ...

    @property
    def round_trip(self) -> float: ...

    def another(self) -> Self: ...

    def close(self) -> None: ...


class StationClient:
    """Speaks the station's protocol; `bytes_sent` counts what was handed to the network."""

    def __init__(self, connection: Requester, pause: float = _PAUSE_SECONDS) -> None:
        self._connection = connection
        self._pause = pause
        self._patience = _TAKE_SECONDS
        self.bytes_sent = 0
        self.cuts = 0
        """How often a parcel's connection broke."""

    @property
    def round_trip(self) -> float:
        """Seconds to the station and back; 0: not known yet."""
        return self._connection.round_trip

    def another(self) -> StationClient:
        """For a second parcel at the same time; a client is used by one thread at a time."""
        return StationClient(self._connection.another(), self._pause)

    def close(self) -> None:
        self._connection.close()

    def reconnect(self) -> None:
        """The next request goes over a new connection."""
        self._connection.close()

    def ping(self) -> None:
        """Raises NetworkDown, StationWrong."""
        self._connection.request("HEAD", "/v1/ping")

    def receipts(self, sha256: str) -> list[str] | None:
        """Tokens for a parcel's records; None when the station does not know the parcel."""
        path = f"/v1/parcels/{sha256}/receipts"
        try:
            response = self._connection.request("GET", path, reply_seconds=_OFFSET_SECONDS)
        except (StationBusy, StationWrong):
            raise
        except NetworkDown:  # a kept connection may have died unnoticed: once more on a new one
            response = self._connection.request("GET", path)
        if response.status_code == requests.codes.not_found:
            return None
        return _tokens(response)

    def news(self, after: str) -> list[str]:
        """Tokens of the school's receipts since `after` (ISO 8601), oldest first."""
        return _tokens(self._connection.request("GET", f"/v1/news?{urlencode({'after': after})}"))

    def publications(self, after: int) -> list[str]:
        """Tokens of what the department published for the school after number `after`."""
        path = f"/v1/publications?{urlencode({'after': after})}"
        response = self._connection.request("GET", path)
        if response.status_code == requests.codes.not_found:
            return []  # an older station publishes nothing
        return _tokens(response, "publications")

    def piece(self, sha256: str, first: int, last: int) -> bytes:
        """Bytes `first` to `last` of a publication's content; b'' when the station lacks it."""
        headers = {"Range": f"bytes={first}-{last}", "Accept-Encoding": "identity"}
        response = self._connection.request(
            "GET", f"/v1/publications/{sha256}", headers, reply_seconds=_OFFSET_SECONDS
        )
        whole = response.status_code == requests.codes.ok
        if not whole and response.status_code != requests.codes.partial_content:
            return b""
        return bytes(response.content[first:] if whole else response.content)

    def declare(self, token: str) -> None:
        """Hand over a declaration. Raises NetworkDown, StationWrong, ItemRefused."""
        response = self._connection.request(
            "PUT", "/v1/declaration", {"Content-Type": "application/jose"}, token.encode()
        )
        if response.status_code != requests.codes.no_content:
            raise ItemRefused(_reason(response), reason=_reason(response))

    def report(self, sha256: str, data: bytes) -> None:
        """Before its parcel. Raises NetworkDown, StationWrong, ForwardReportInvalid."""
        path = f"/v1/reports/{sha256}"
        headers = {"Content-Type": "application/xml"}
        response = self._connection.request("PUT", path, headers, data)
        if response.status_code != requests.codes.no_content:
            raise ForwardReportInvalid(_reason(response), reason=_reason(response))

    def submit(
        self, sha256: str, payload: bytes, cancel: CancelToken, moved: Moved, *, resume: bool
    ) -> list[str]:
        """Hand over a parcel, from where the station has it; the tokens of its receipts.

        `resume`: it was tried before, so ask first. A cut connection is taken up again as long
        as that brings the parcel forward. Raises NetworkDown, StationBusy, StationWrong,
        DeviceRefused, ItemRefused (this parcel is unusable), Cancelled.
        """
        offset, failures = 0, 0
        if resume:
            offset = self._offset(sha256)
        while True:
            cancel.raise_if_cancelled()
            try:
                if offset < 0:
                    return self.receipts(sha256) or []
                return self._put(sha256, _Body(payload, offset, cancel, moved))
            except _Elsewhere as error:
                failures, before, offset = failures + 1, offset, error.offset
            except (StationBusy, StationWrong):
                raise
            except NetworkDown:
                self.cuts += 1
                before, offset = offset, self._offset_after_cut(sha256, cancel)
                failures = 0 if offset > before or offset < 0 else failures + 1
            if failures >= _TRIES_WITHOUT_PROGRESS:
                raise NetworkDown("no progress")

    def _put(self, sha256: str, body: _Body) -> list[str]:
        headers = {
            "Upload-Offset": str(body.start),
            "Upload-Length": str(body.start + len(body)),
            "Upload-Complete": "?1",
            "Content-Type": "application/octet-stream",
        }
        try:
            response = self._connection.request(
                "PUT", f"/v1/parcels/{sha256}", headers, body, self._patience
            )
            self._patience = _TAKE_SECONDS
        except NetworkDown:
            if not body.left:
                self._patience = min(2 * self._patience, _LONGEST_TAKE_SECONDS)
            raise
        finally:
            self.bytes_sent += body.handed_over
        if response.status_code in (202, 409):
            raise _Elsewhere(_whole(response.headers.get("Upload-Offset")))
        if response.status_code in (413, 422):
            raise ItemRefused(_reason(response), reason=_reason(response))
        return _tokens(response)

    def _offset(self, sha256: str) -> int:
        """Bytes that the station holds; -1 when it has the whole parcel."""
        response = self._connection.request(
            "HEAD", f"/v1/parcels/{sha256}", reply_seconds=_OFFSET_SECONDS
        )
        if response.headers.get("Upload-Complete") == "?1":
            return -1
        return _whole(response.headers.get("Upload-Offset"))

    def _offset_after_cut(self, sha256: str, cancel: CancelToken) -> int:
        for attempt in range(_TRIES_WITHOUT_PROGRESS):
            cancel.wait(self._pause * attempt)
            try:
                return self._offset(sha256)
            except (StationBusy, StationWrong):
                raise
            except NetworkDown as error:
                last = error
        raise last


class _Elsewhere(Exception):
    def __init__(self, offset: int) -> None:
        self.offset = offset


class _Body:
    """The rest of a parcel, read in small pieces so that cancel and progress are prompt."""

    def __init__(self, payload: bytes, offset: int, cancel: CancelToken, moved: Moved) -> None:
        self._payload = payload
        self.start = self._at = offset
        self._cancel = cancel
        self._moved = moved

    def __len__(self) -> int:
        return len(self._payload) - self.start

    @property
    def handed_over(self) -> int:
        return self._at - self.start

    @property
    def left(self) -> int:
        return len(self._payload) - self._at

    def read(self, size: int = CHUNK) -> bytes:
        self._cancel.raise_if_cancelled()
        self._moved(self._at)
        piece = self._payload[self._at : self._at + min(size if size > 0 else CHUNK, CHUNK)]
        self._at += len(piece)
        return piece

    def rewind(self) -> None:
        self._at = self.start


def _whole(text: str | None) -> int:
    if text is None or not text.isdigit() or len(text) > 10:
        raise StationWrong("no upload offset")
    return int(text)


def _tokens(response: requests.Response, name: str = "receipts") -> list[str]:
    try:
        tokens = response.json()[name]
    except (ValueError, KeyError, TypeError) as error:
        raise StationWrong(f"no {name} in the answer") from error
    if not isinstance(tokens, list) or not all(isinstance(one, str) for one in tokens):
        raise StationWrong(f"no {name} in the answer")
    return tokens


def _reason(response: requests.Response) -> str:
    try:
        answer = response.json()
        return str(answer["reason"] or answer["code"])[:200]
    except (ValueError, KeyError, TypeError):
        return str(response.status_code)
