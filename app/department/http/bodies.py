"""Bodies are measured while they come, before anything keeps or parses them."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.parcel import jws, limits
from app.signing.record import forward_report

FORM = 64 * 1024
"""Bytes of a form without files, and of a request that has no business with a body."""
PATIENCE_SECONDS = 60.0
"""How long a body may take to come; parcels may take as long as a bad line needs."""
_FILES_PATIENCE_SECONDS = 600.0
_PARCELS = "/v1/parcels/"
_LIMITS = {
    _PARCELS: limits.PARCEL,
    "/v1/reports/": forward_report.LARGEST,
    "/v1/declaration": jws.LONGEST,
    "/so/nhan-goi": 2 * limits.PARCEL,
    "/so/gui-truong": limits.PUBLICATION + FORM,
}
"""Bytes, by how a path begins."""


class BoundedBodies:
    """413 for what is larger than its place allows, 408 for what comes too slowly."""

    def __init__(self, app: ASGIApp, patience: float = PATIENCE_SECONDS) -> None:
        self._app = app
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3.0; nothing but HTTP is changed."""
        if scope["type"] == "http":
            receive = self._bounded(scope, receive)
        await self._app(scope, receive, send)

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        path = scope["path"]
        room = largest = limit_of(path)
        announced = Headers(scope=scope).get("content-length", "0")
        too_large = not announced.isdigit() or len(announced) > 12 or int(announced) > largest
        until = self._until(path, largest)
        whole = False

        async def bounded() -> Message:
            nonlocal room, whole
            if too_large:
                raise HTTPException(413)
            if whole:  # only a goodbye can come now, whenever it likes
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(408) from error
            room -= len(message.get("body", b""))
            if room < 0:
                raise HTTPException(413)
            whole = not message.get("more_body", False)
            return message

        return bounded

    def _until(self, path: str, largest: int) -> float | None:
        if path.startswith(_PARCELS):
            return None
        patience = self._patience if largest <= limits.PUBLICATION else _FILES_PATIENCE_SECONDS
        return asyncio.get_running_loop().time() + patience


def limit_of(path: str) -> int:
    """Bytes that a body may have there."""
    return next((size for begin, size in _LIMITS.items() if path.startswith(begin)), FORM)
