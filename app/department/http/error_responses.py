"""What went wrong, said in the station's own words: to programs as JSON, to officials as a page."""

from __future__ import annotations

import logging
from collections.abc import Callable

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import (
    http_exception_handler,
    request_validation_exception_handler,
)
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from app.department.http.uploads import OffsetWrong
from app.department.pages.pages import (
    COOKIE,
    NotAllowed,
    NotLoggedIn,
    NotReadable,
    OfficeServices,
    Pages,
)
from app.department.store.officials import Official
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


def explain_to_officials(app: FastAPI, pages: Pages, office: OfficeServices) -> None:
    def sorry(request: Request, status: int, what: str = "page") -> Response:
        return pages.show("sorry", _official(request, office), status, what=what)

    @app.exception_handler(NotLoggedIn)
    def to_the_door(_: Request, __: Exception) -> Response:
        return RedirectResponse("/so/vao", 303)

    @app.exception_handler(NotAllowed)
    def not_here(request: Request, _: Exception) -> Response:
        return sorry(request, 403)

    @app.exception_handler(NotReadable)
    def unreadable(request: Request, _: Exception) -> Response:
        return sorry(request, 503, "record")

    _explain_addresses(app, sorry)
    _explain_database(app, pages, sorry)


def _explain_addresses(app: FastAPI, sorry: Callable[[Request, int], Response]) -> None:
    """An official who mistypes gets a page; programs get what the framework says."""

    @app.exception_handler(HTTPException)
    async def no_such_page(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if _is_page(request):
            return await run_in_threadpool(sorry, request, error.status_code)
        return await http_exception_handler(request, error)

    @app.exception_handler(RequestValidationError)
    async def no_such_question(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        if _is_page(request):
            return await run_in_threadpool(sorry, request, 422)
        return await request_validation_exception_handler(request, error)


def _explain_database(
    app: FastAPI, pages: Pages, sorry: Callable[[Request, int], Response]
) -> None:
    @app.exception_handler(DataError)
    def cannot_be(request: Request, _: Exception) -> Response:
        """A word that no row can hold, like one with a NUL: nothing of the kind is here."""
        if _is_page(request):
            return sorry(request, 403)
        return JSONResponse({"code": "station.not_readable", "reason": ""}, 422)

    @app.exception_handler(OperationalError)
    @app.exception_handler(NoConnectionFree)
    def without_database(request: Request, error: Exception) -> Response:
        """Locked, full, restarted, or two transactions in each other's way: nothing was kept."""
        log.error("database", exc_info=error)
        if _is_page(request):
            return pages.show("sorry", None, 503, what="database")
        return JSONResponse({"code": StationBusy.code, "reason": ""}, 503)


def _is_page(request: Request) -> bool:
    return request.url.path.startswith("/so")


def _official(request: Request, office: OfficeServices) -> Official | None:
    return office.officials.of(request.cookies.get(COOKIE, ""))
