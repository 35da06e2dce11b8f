"""The officials' page for parcels that come on a stick, and for the receipts to take home."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from app.department.ops.stick import StickIntake, TakenFile
from app.department.pages.pages import NotAllowed, OfficeServices, Pages, Reviewer
from app.department.pages.publishing import chosen_files, read_form
from app.department.store.officials import Official
from app.errors import StationBusy
from app.parcel import limits

_HERE = "/so/nhan-goi"
_LARGEST_FORM = 2 * limits.PARCEL
_BUSY = "Trạm đang bận hoặc hết chỗ. Những gói chưa có trong bảng thì hãy gửi lại sau."
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


def stick_pages(pages: Pages, office: OfficeServices, desk: StickIntake) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    _add_taking(router, pages, office, desk)
    _add_receipts(router, desk)
    return router


def _add_taking(router: APIRouter, pages: Pages, office: OfficeServices, desk: StickIntake) -> None:
    @router.get(_HERE)
    def form(official: Reviewer) -> Response:
        return _show(pages, official, [])

    @router.post(_HERE)
    async def take(request: Request, official: Reviewer) -> Response:
        """Each parcel is kept, or refused, for itself; what was kept is written down."""
        sent = await read_form(request, official, _LARGEST_FORM)
        taken: list[TakenFile] = []
        for file in chosen_files(sent):
            content = await file.read()
            try:
                one = await run_in_threadpool(desk.take, file.filename or "", content)
            except StationBusy:
                return _show(pages, official, taken, _BUSY)
            taken.append(one)
            if not one.refused:
                await run_in_threadpool(
                    office.coverage.looked, official.login, "take", one.sha256, 0
                )
        return _show(pages, official, taken, "" if taken else "Hãy chọn ít nhất một gói (.hbx).")


def _add_receipts(router: APIRouter, desk: StickIntake) -> None:
    @router.get(_HERE + "/{sha256}/bien-nhan")
    def receipts(official: Reviewer, sha256: Sha256) -> Response:
        """The file for the stick: all that the station has said of this parcel by now."""
        found = desk.receipts_of(sha256)
        if found is None:
            raise NotAllowed
        return _file(*found)

    @router.get("/so/truong/{school}/bien-nhan")
    def receipts_of_school(official: Reviewer, school: str) -> Response:
        """The same for all that the school has sent, by whatever way."""
        return _file(*desk.receipts_of_school(school))


def _file(name: str, content: bytes) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, 200, headers, "application/octet-stream")


def _show(
    pages: Pages, official: Official, taken: Sequence[TakenFile], problem: str = ""
) -> Response:
    wrong = bool(problem) or any(one.words for one in taken)
    return pages.show(
        "stick", official, 422 if wrong else 200, taken=taken, problem=problem, here=_HERE
    )
