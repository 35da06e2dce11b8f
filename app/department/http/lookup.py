"""Look-up of one record by an authorised public service (OAuth 2 client credentials)."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Form, Header, Path
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from app.department.pages.pages import OfficeServices
from app.department.store.officials import TOKEN_SECONDS, ScopeRefused

RecordId = Annotated[str, Path(pattern="^[0-9A-Za-z._:-]{1,64}$")]
_NO_STORE = {"Cache-Control": "no-store"}


class AccessGrant(BaseModel):
    """RFC 6749 §5.1."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105
    expires_in: int = int(TOKEN_SECONDS)
    scope: str


class AccessRefused(BaseModel):
    """RFC 6749 §5.2."""

    error: str


class RecordAnswer(BaseModel):
    """The newest version that the station holds. `content` and `verification` as in the model.

    With the scope `record.verify` alone it is a verdict and nothing else: `reason`, `verification`
    and `content`, which name people, are empty.
    """

    record_id: str
    version: int
    sha256: str
    stage: str
    reason: str
    ok: bool
    verification: dict[str, Any]
    content: dict[str, Any]


_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": AccessRefused},
    401: {"model": AccessRefused},
}


def lookup(office: OfficeServices) -> APIRouter:
    router = APIRouter(tags=["look-up"])

    @router.post("/v1/token", response_model=AccessGrant, responses=_REFUSALS)
    def token(
        grant_type: Annotated[str, Form(max_length=64)],
        client_id: Annotated[str, Form(max_length=64)] = "",
        client_secret: Annotated[str, Form(max_length=128)] = "",
        scope: Annotated[str, Form(max_length=200)] = "",
        authorization: Annotated[str, Header()] = "",
    ) -> Response:
        """An access token for ten minutes. The client's secret: in the form or by HTTP Basic."""
        if grant_type != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type"}, 400, _NO_STORE)
        name, secret = _basic(authorization) or (client_id, client_secret)
        try:
            granted, given = office.officials.grant(name, secret, scope)
        except ScopeRefused:
            return JSONResponse({"error": "invalid_scope"}, 400, _NO_STORE)
        if not granted:
            headers = {**_NO_STORE, "WWW-Authenticate": "Basic"}
            return JSONResponse({"error": "invalid_client"}, 401, headers)
        found = AccessGrant(access_token=granted, scope=given)
        return JSONResponse(found.model_dump(), 200, _NO_STORE)

    @router.get("/v1/records/{record_id}", response_model=RecordAnswer)
    def record(record_id: RecordId, authorization: Annotated[str, Header()] = "") -> Response:
        """One record with its verification result; written down as a look."""
        kind, _, access = authorization.partition(" ")
        who = office.officials.client_of(access) if kind.lower() == "bearer" else None
        if who is None:
            headers = {**_NO_STORE, "WWW-Authenticate": "Bearer"}
            return JSONResponse({"error": "invalid_token"}, 401, headers)
        kept = office.archive.record(record_id)
        version = kept.item.key.version if kept else 0
        office.coverage.looked(f"client:{who.client_id}", "lookup", record_id, version)
        if kept is None:
            return JSONResponse({"error": "not_found"}, 404, _NO_STORE)
        key = kept.item.key
        examined = office.examine(kept.item.xml)
        found = RecordAnswer(
            record_id=key.record_id,
            version=key.version,
            sha256=key.sha256,
            stage=kept.stage,
            reason=kept.reason if who.reads else "",
            ok=examined.ok and kept.stage == "verified",
            verification=examined.content.get("verification", {}) if who.reads else {},
            content=examined.content.get("record", {}) if who.reads else {},
        )
        return JSONResponse(found.model_dump(mode="json"), 200, _NO_STORE)

    return router


def _basic(authorization: str) -> tuple[str, str] | None:
    """(name, secret) of RFC 7617, None when it is something else."""
    kind, _, value = authorization.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return name, secret
