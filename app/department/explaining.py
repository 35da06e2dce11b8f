"""What went wrong, said in the station's own words: to programs as JSON, to officials as a page."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from app.department.officials import Official
from app.department.pages import COOKIE, NotAllowed, NotLoggedIn, NotReadable, Office, Pages
from app.department.uploads import OffsetWrong
from app.errors import (
    AppError,
    DeclarationInvalid,
    DeviceRefused,
    ForwardReportInvalid,
    ItemRefused,
    ParcelTooLarge,
    StationBusy,
)

log = logging.getLogger("hocba.station")

_STATUS: dict[type[AppError], int] = {
    ItemRefused: 422,
    ParcelTooLarge: 413,
    DeviceRefused: 403,
    StationBusy: 503,
    DeclarationInvalid: 422,
    ForwardReportInvalid: 422,
}


class NotSigned(Exception):
    """The request's signature is missing, wrong or of another time; no user ever sees this."""


def explain_to_programs(app: FastAPI) -> None:
    @app.exception_handler(AppError)
    def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, AppError)
        log.warning("refused", extra={"code": error.code, "detail": error.detail})
        content = {"code": error.code, "reason": str(error.params.get("reason", ""))}
        return JSONResponse(content, _STATUS.get(type(error), 500))

    @app.exception_handler(NotSigned)
    def unsigned(_: Request, error: Exception) -> Response:
        log.warning("not signed", extra={"detail": str(error)})
        return JSONResponse({"code": "station.not_signed"}, 401)

    @app.exception_handler(OffsetWrong)
    def elsewhere(_: Request, error: Exception) -> Response:
        assert isinstance(error, OffsetWrong)
        headers = {"Upload-Offset": str(error.offset)}
        return JSONResponse({"code": "station.offset_wrong"}, 409, headers)


def explain_to_officials(app: FastAPI, pages: Pages, office: Office) -> None:
    @app.exception_handler(NotLoggedIn)
    def to_the_door(_: Request, __: Exception) -> Response:
        return RedirectResponse("/so/vao", 303)

    @app.exception_handler(NotAllowed)
    def not_here(request: Request, _: Exception) -> Response:
        return pages.show("sorry", _official(request, office), 403, what="page")

    @app.exception_handler(NotReadable)
    def unreadable(request: Request, _: Exception) -> Response:
        return pages.show("sorry", _official(request, office), 503, what="record")

    @app.exception_handler(DataError)
    def cannot_be(request: Request, _: Exception) -> Response:
        """A word that no row can hold, like one with a NUL: nothing of the kind is here."""
        if request.url.path.startswith("/so"):
            return pages.show("sorry", _official(request, office), 403, what="page")
        return JSONResponse({"code": "station.not_readable", "reason": ""}, 422)

    @app.exception_handler(OperationalError)
    @app.exception_handler(NoConnectionFree)
    def without_database(request: Request, error: Exception) -> Response:
        """Locked, full, restarted, or two transactions in each other's way: nothing was kept."""
        log.error("database", exc_info=error)
        if request.url.path.startswith("/so"):
            return pages.show("sorry", None, 503, what="database")
        return JSONResponse({"code": StationBusy.code, "reason": ""}, 503)


def _official(request: Request, office: Office) -> Official | None:
    return office.officials.of(request.cookies.get(COOKIE, ""))
