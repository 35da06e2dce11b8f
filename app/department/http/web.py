"""The station's HTTP interface (names after draft-ietf-httpbis-resumable-upload).

    HEAD /v1/ping                       is this the station, and is the clock right?
    PUT  /v1/parcels/{sha256}           Upload-Offset, Upload-Length; append, keep on a cut
    HEAD /v1/parcels/{sha256}           Upload-Offset, Upload-Complete
    GET  /v1/parcels/{sha256}/receipts  what the station says of each record, the same every time
    PUT  /v1/declaration                how many pupils each class has, signed
    PUT  /v1/reports/{sha256}           a department's own signature on what it hands on
    GET  /v1/news                       receipts of the school since a moment
    GET  /v1/publications               what the department says since a number, signed
    GET  /v1/publications/{sha256}      its content, or the rest of it (Range)
    POST /v1/token                      OAuth 2 client credentials, for the look-up
    GET  /v1/records/{id}               one record with its verification, for such a client
    GET  /v1/health, /v1/metrics        for the people who run it

Ping, look-up and the last line apart, all are signed by the device (RFC 9421). Officials: /so.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import re
from dataclasses import dataclass
from typing import Annotated, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import Depends, FastAPI, Path, Query, Request, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as AsgiMessage

from app import clock
from app.department.checks.checks import Checks
from app.department.checks.reports import Reports
from app.department.checks.returning import Returning
from app.department.checks.verifying import Verifying
from app.department.http.bodies import BoundedBodies
from app.department.http.error_responses import NotSigned, explain_to_officials, explain_to_programs
from app.department.http.lookup import lookup
from app.department.http.receiving import Receiving
from app.department.http.uploads import OffsetWrong, Uploads
from app.department.ops.keys import OpeningKeys
from app.department.ops.metrics import METRICS_MEDIA, condition, exposition
from app.department.ops.publishing import Publishing
from app.department.ops.stick import StickIntake
from app.department.pages.coverage import Coverage
from app.department.pages.pages import OfficeServices, Pages, officials_pages
from app.department.pages.publishing import publishing_pages
from app.department.pages.sticks import stick_pages
from app.department.store.archive import Archive, Device, usable
from app.department.store.folder import StationFolder
from app.department.store.officials import Officials
from app.department.store.seen_requests import SeenRequests
from app.errors import (
    DeclarationInvalid,
    DeviceRefused,
    ItemRefused,
    ParcelTooLarge,
)
from app.parcel import jws
from app.parcel.declaration import read_declaration
from app.parcel.request_signature import STATION_HEADER, TIME_HEADER, SignedRequest, verify
from app.signing.record import forward_report

log = logging.getLogger("hocba.station")

_ANSWERS: dict[int | str, dict[str, Any]] = {
    400: {"description": "A token was asked for in a way that is not granted"},
    202: {"description": "Part of the parcel is held; Upload-Offset says how much"},
    204: {"description": "Taken"},
    206: {"description": "The part that was asked for"},
    401: {"description": "Not signed, or signed at another time than Hocba-Time; or no token"},
    403: {"description": "The device is unknown, revoked or its enrolment is over"},
    404: {"description": "Not held"},
    409: {"description": "Another offset is due: Upload-Offset says which"},
    413: {"description": "Too large"},
    416: {"description": "Nothing is left from there on"},
    422: {"description": "Refused; `reason` says why"},
    503: {"description": "Full disk or restart: try later"},
}

_ONLY_TLS = (b"strict-transport-security", b"max-age=31536000")
"""RFC 6797: a browser that was here once never asks without TLS again."""
_RANGE = re.compile(r"bytes=([0-9]{1,9})-([0-9]{0,9})")


Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True)
class RunningStation:
    """The parts of one running station."""

    folder: StationFolder
    archive: Archive
    uploads: Uploads
    keys: OpeningKeys
    reports: Reports
    receiving: Receiving
    verifying: Verifying
    coverage: Coverage
    publishing: Publishing
    office: OfficeServices
    stick: StickIntake
    seen: SeenRequests


def assemble(folder: StationFolder, checks: Checks, worker: int = 0) -> RunningStation:
    keys = folder.opening_keys()
    archive = folder.open_archive()
    coverage, officials = Coverage(archive), Officials(archive)
    returning, publishing = Returning(folder, archive), Publishing(folder, archive)
    receiving = Receiving(folder, archive, checks, keys)
    verifying = Verifying(folder, archive, checks, worker)
    return RunningStation(
        folder=folder,
        archive=archive,
        uploads=Uploads(folder.uploads),
        keys=keys,
        reports=Reports(archive, checks),
        receiving=receiving,
        verifying=verifying,
        coverage=coverage,
        publishing=publishing,
        office=OfficeServices(
            folder.name, folder.deadline, archive, coverage, officials, returning, checks.examine
        ),
        stick=StickIntake(archive, receiving, verifying),
        seen=SeenRequests(folder.path),
    )


def sender_of(request: Request) -> Device:
    """The enrolled device that signed this request. Raises NotSigned, DeviceRefused."""
    station: RunningStation = request.app.state.station
    found: list[Device | None] = []

    def find(device_id: str) -> Ed25519PublicKey | None:
        device = station.archive.device(device_id)
        found.append(device)
        return device.public_key if device else None

    message = SignedRequest(request.method, str(request.url), dict(request.headers))
    try:
        device_id, nonce = verify(message, find)
    except ValueError as error:
        if found == [None]:
            raise DeviceRefused("unknown") from error
        raise NotSigned(str(error)) from error
    if not station.seen.is_new(device_id, nonce):
        raise NotSigned("a request that came before")
    return usable(found[0])


Sender = Annotated[Device, Depends(sender_of)]


def create_app(station: RunningStation) -> ASGIApp:
    """The web application; `station.verifying` is started and stopped by who serves it."""
    app = FastAPI(title="Hocba station", version="1", openapi_url=None, responses=_ANSWERS)
    app.state.station = station
    app.state.office = station.office
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    pages = Pages(station.office)
    explain_to_programs(app)
    explain_to_officials(app, pages, station.office)
    _add_put(app, station)
    _add_looks(app, station)
    _add_words(app, station)
    _add_publications(app, station)
    _add_ping(app, station)
    _add_pages(app, station, pages)
    return WithName(BoundedBodies(app), station.folder.role)


def _add_put(app: FastAPI, station: RunningStation) -> None:
    @app.put("/v1/parcels/{sha256}")
    async def put_parcel(sha256: Sha256, request: Request, sender: Sender) -> Response:
        if await run_in_threadpool(station.archive.has_parcel, sha256, sender.device_id):
            return await _receipts(station, sha256)
        offset, length = _number(request, "upload-offset"), _number(request, "upload-length")
        try:
            held = await station.uploads.append(
                sender.device_id, sha256, offset, length, request.stream()
            )
        except ClientDisconnect:
            return Response(status_code=499)  # nobody reads it; what came is kept
        if held >= length:
            await run_in_threadpool(_take, station, sender, sha256)
        elif not await run_in_threadpool(station.archive.has_parcel, sha256, sender.device_id):
            return Response(status_code=202, headers={"Upload-Offset": str(held)})
        return await _receipts(station, sha256)


def _add_looks(app: FastAPI, station: RunningStation) -> None:
    @app.head("/v1/parcels/{sha256}")
    def parcel_state(sha256: Sha256, sender: Sender) -> Response:
        if station.archive.has_parcel(sha256, sender.device_id):
            return Response(headers={"Upload-Complete": "?1"})
        held = station.uploads.offset(sender.device_id, sha256) or 0
        return Response(headers={"Upload-Complete": "?0", "Upload-Offset": str(held)})

    @app.get("/v1/parcels/{sha256}/receipts")
    async def receipts(sha256: Sha256, sender: Sender) -> Response:
        if not await run_in_threadpool(station.archive.has_parcel, sha256, sender.device_id):
            return JSONResponse({"code": "station.unknown_parcel"}, 404)
        return await _receipts(station, sha256)


def _add_words(app: FastAPI, station: RunningStation) -> None:
    @app.put("/v1/declaration", status_code=204)
    async def declaration(request: Request, sender: Sender) -> Response:
        """What the school declares: how many pupils each class has."""
        said = await _small_body(request)
        found = read_declaration(said.decode("ascii", "replace"), sender.public_key)
        if found.school_code != sender.school_code:
            raise DeclarationInvalid("another school")
        await run_in_threadpool(station.coverage.keep, found, sender.device_id)
        return Response(status_code=204)

    @app.put("/v1/reports/{sha256}", status_code=204)
    async def report(sha256: Sha256, request: Request, sender: Sender) -> Response:
        """What a department signed about the parcel that it hands on next."""
        data = await _small_body(request, forward_report.LARGEST)
        await run_in_threadpool(station.reports.keep, data, sha256, sender)
        return Response(status_code=204)

    @app.get("/v1/news")
    def news(sender: Sender, after: Annotated[str, Query(max_length=40)] = "") -> Response:
        """The school's receipts since `after`, whichever device sent the records."""
        return JSONResponse({"receipts": station.archive.news(sender.school_code, after)})


def _add_publications(app: FastAPI, station: RunningStation) -> None:
    @app.get("/v1/publications")
    def publications(
        sender: Sender, after: Annotated[int, Query(ge=0, le=1 << 40)] = 0
    ) -> Response:
        """What is meant for the school or for all, numbered higher than `after`."""
        return JSONResponse({"publications": station.publishing.after(sender.school_code, after)})

    @app.get("/v1/publications/{sha256}", response_class=Response)
    def publication(sha256: Sha256, request: Request, sender: Sender) -> Response:
        """The content, from where a fetch was cut if it asks by `Range` (RFC 9110 §14)."""
        content = station.publishing.content(sender.school_code, sha256)
        if content is None:
            return JSONResponse({"code": "station.unknown_publication"}, 404)
        return part_of(content, request.headers.get("range", ""))


def part_of(content: bytes, asked: str) -> Response:
    """One range of bytes; a header that we do not understand is as none (RFC 9110 §14.2)."""
    size, media = len(content), "application/octet-stream"
    found = _RANGE.fullmatch(asked)
    if found is None:
        return Response(content, headers={"Accept-Ranges": "bytes"}, media_type=media)
    first, last = int(found[1]), min(int(found[2] or size), size - 1)
    if first > last:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
    headers = {"Content-Range": f"bytes {first}-{last}/{size}"}
    return Response(content[first : last + 1], 206, headers, media)


def _add_pages(app: FastAPI, station: RunningStation, pages: Pages) -> None:
    app.include_router(officials_pages(station.office, pages))
    app.include_router(publishing_pages(pages, station.publishing))
    app.include_router(stick_pages(pages, station.office, station.stick))
    app.include_router(lookup(station.office))

    @app.get("/", include_in_schema=False)
    def front() -> Response:
        return RedirectResponse("/so", 303)


async def _small_body(request: Request, largest: int = jws.LONGEST) -> bytes:
    """Raises ParcelTooLarge above what a signed statement may have."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > largest:
            raise ParcelTooLarge("statement")
    return bytes(body)


def _add_ping(app: FastAPI, station: RunningStation) -> None:
    folder = station.folder

    @app.head("/v1/ping", operation_id="ping_head")
    @app.get("/v1/ping", operation_id="ping")
    def ping() -> Response:
        return JSONResponse({"station": folder.name, "role": folder.role})

    @app.get("/v1/health")
    def health(request: Request) -> Response:
        """200 when the database answers and there is room for parcels, else 503.

        What it is that is missing, and how much is held, is for who runs the station.
        """
        state = condition(station.archive, folder.path)
        told = state if is_operator(request) else {"ok": state["ok"]}
        return JSONResponse(told, 200 if state["ok"] else 503)

    @app.get("/v1/metrics", response_class=PlainTextResponse, dependencies=[Depends(operator)])
    def metrics() -> Response:
        """For Prometheus; counted in the database, so that several workers say the same."""
        return Response(exposition(station.archive, folder.uploads), 200, None, METRICS_MEDIA)

    @app.get("/openapi.json", include_in_schema=False, dependencies=[Depends(operator)])
    def description() -> Response:
        return JSONResponse(app.openapi())


def is_operator(request: Request) -> bool:
    """Whether somebody asks on the station's own machine, as Prometheus does."""
    host = request.client.host if request.client else ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def operator(request: Request) -> None:
    """To everybody else there is no such page. Raises HTTPException (404)."""
    if not is_operator(request):
        raise HTTPException(404)


def _take(station: RunningStation, sender: Device, sha256: str) -> None:
    """The last byte is here: check it and keep it, or forget it so that it can come anew."""
    data = station.uploads.read(sender.device_id, sha256)
    if not data and station.archive.has_parcel(sha256, sender.device_id):
        return
    try:
        if hashlib.sha256(data).hexdigest() != sha256:
            raise OffsetWrong(0)  # not what its name says: begin again
        station.receiving.take(data, sender)
    except (OffsetWrong, ItemRefused):
        station.uploads.forget(sender.device_id, sha256)
        raise
    station.uploads.forget(sender.device_id, sha256)
    station.verifying.wake()


async def _receipts(station: RunningStation, sha256: str) -> Response:
    return JSONResponse({"receipts": await run_in_threadpool(station.archive.receipts, sha256)})


def _number(request: Request, name: str) -> int:
    value = request.headers.get(name, "")
    if not value.isascii() or not value.isdigit() or len(value) > 10:
        raise ItemRefused(name, reason="parcel.error")
    return int(value)


class WithName:
    """Every answer says that it is ours and what time it is: a portal's page says neither."""

    def __init__(self, app: ASGIApp, role: str) -> None:
        self._app = app
        self._role = role.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def named(message: AsgiMessage) -> None:
            if message["type"] == "http.response.start":
                headers = [
                    (STATION_HEADER.lower().encode(), self._role),
                    (TIME_HEADER.lower().encode(), clock.now().isoformat().encode()),
                    _ONLY_TLS,
                ]
                message = {**message, "headers": [*message.get("headers", ()), *headers]}
            await send(message)

        await self._app(scope, receive, named)
