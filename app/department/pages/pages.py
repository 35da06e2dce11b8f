"""The officials' pages: what has come, what is missing, one record, returns, Excel.

Server-rendered, no script: works on a phone, over a bad line and with any browser. Forms carry
the session's key; the cookie is HttpOnly, Secure and SameSite=Strict.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Path, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader

from app import clock, resources
from app.department.checks.checks import CheckOutcome
from app.department.checks.returning import Returning
from app.department.pages import sheet
from app.department.pages.coverage import Coverage, CoverageLine, FoundRecord
from app.department.pages.log_in import LogInQueue
from app.department.pages.progress import DeadlineForecast
from app.department.store.archive import Archive, Kept
from app.department.store.officials import Official, Officials, Role
from app.errors import AppError, RecordDamaged, StationBusy
from app.model.delivery import ReceiptStage

_A_PAGE = 100
COOKIE = "hocba_phien"
STAGES = {
    ReceiptStage.RECEIVED.value: ("Đã nhận, chờ kiểm tra", "moving"),
    ReceiptStage.VERIFIED.value: ("Đã kiểm tra", "done"),
    ReceiptStage.RETURNED.value: ("Đã trả lại", "decide"),
}
ROLES = {
    Role.VIEWER: "Theo dõi",
    Role.REVIEWER: "Kiểm tra học bạ",
    Role.ADMIN: "Quản trị",
}
_WRONG = "Tên hoặc mật khẩu không đúng. Sau năm lần sai phải chờ năm phút."
_BUSY = (
    "Đang có quá nhiều lượt đăng nhập, mật khẩu của anh chị chưa được xem xét. Hãy thử lại sau ít "
    "phút; các trường vẫn gửi học bạ bình thường."
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; "
    "img-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_STATIC = {
    "station.css": "text/css",
    "Inter-Regular.otf": "font/otf",
    "Inter-SemiBold.otf": "font/otf",
}


@dataclass(frozen=True, slots=True)
class OfficeServices:
    """What the pages work with."""

    name: str
    deadline: str
    """ISO date by which all records are due; '' when none is set."""
    archive: Archive
    coverage: Coverage
    officials: Officials
    returning: Returning
    examine: Callable[[bytes], CheckOutcome]


class NotLoggedIn(Exception):
    """Shown as the log-in page."""


class NotAllowed(Exception):
    """The official's role does not reach here, or the form is not from our page."""


class NotReadable(Exception):
    """The station's own copy of a record cannot be read now, or is damaged."""


def official_of(request: Request) -> Official:
    office: OfficeServices = request.app.state.office
    found = office.officials.of(request.cookies.get(COOKIE, ""))
    if found is None:
        raise NotLoggedIn
    return found


def reviewer_of(official: Annotated[Official, Depends(official_of)]) -> Official:
    if not official.sees_records:
        raise NotAllowed
    return official


def admin_of(official: Annotated[Official, Depends(official_of)]) -> Official:
    if official.role is not Role.ADMIN:
        raise NotAllowed
    return official


Someone = Annotated[Official, Depends(official_of)]
Reviewer = Annotated[Official, Depends(reviewer_of)]
Admin = Annotated[Official, Depends(admin_of)]
Text = Annotated[str, Form(max_length=1000)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""Of a version or a publication, as a row holds it."""


class Pages:
    """Renders; one for the process."""

    def __init__(self, office: OfficeServices) -> None:
        self._office = office
        loader = FileSystemLoader(resources.path("station"))
        self._templates = Environment(loader=loader, autoescape=True, trim_blocks=True)
        self._templates.filters["day"] = _day
        self._templates.filters["count"] = _count
        self._templates.filters["date"] = _date
        self._templates.filters["years"] = _years
        self._templates.filters["rate"] = _rate
        self._templates.globals.update(stages=STAGES, roles=ROLES)

    def show(
        self, page: str, official: Official | None = None, status: int = 200, **values: Any
    ) -> Response:
        found = self._templates.get_template(f"{page}.html").render(
            office=self._office, official=official, page=page, **values
        )
        return HTMLResponse(found, status, _HEADERS)


def officials_pages(office: OfficeServices, pages: Pages) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    _add_door(router, pages, office)
    _add_coverage(router, pages, office)
    _add_returns(router, pages, office)
    _add_workbook(router, office)
    _add_record(router, pages, office)
    return router


def _add_door(router: APIRouter, pages: Pages, office: OfficeServices) -> None:
    queue = LogInQueue(office.officials)

    @router.get("/so/tep/{name}")
    def static(name: str) -> Response:
        if name not in _STATIC:
            return Response(status_code=404)
        folder = "station" if name.endswith(".css") else "fonts"
        headers = {"Cache-Control": "max-age=86400"}
        return FileResponse(resources.path(folder, name), 200, headers, _STATIC[name])

    @router.get("/so/vao")
    def door() -> Response:
        return pages.show("door", problem="")

    @router.post("/so/vao")
    async def enter(request: Request, login: Text, password: Text) -> Response:
        address = request.client.host if request.client else ""
        try:
            secret = await queue.log_in(login.strip(), password, address)
        except StationBusy:
            return pages.show("door", status=503, problem=_BUSY)
        if not secret:
            return pages.show("door", status=403, problem=_WRONG)
        response = RedirectResponse("/so", 303, _HEADERS)
        response.set_cookie(
            COOKIE, secret, secure=True, httponly=True, samesite="strict", path="/so"
        )
        return response

    @router.post("/so/ra")
    def leave(request: Request, official: Someone, form_key: Text) -> Response:
        require(official, form_key)
        office.officials.log_out(request.cookies.get(COOKIE, ""))
        return RedirectResponse("/so/vao", 303, _HEADERS)


def _add_coverage(router: APIRouter, pages: Pages, office: OfficeServices) -> None:
    coverage = office.coverage

    @router.get("/so")
    def all_schools(
        official: Someone,
        year: str = "",
        find: str = "",
        gaps: bool = False,
        number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
    ) -> Response:
        years = coverage.years()
        year = year if year in years else next(iter(years), "")
        every = coverage.schools(year)
        lines = [line for line in every if _fits(line, find, gaps)]
        total, is_whole = _total(every), not (find or gaps) and number == 1
        asked = {"year": year, "find": find} | ({"gaps": "1"} if gaps else {})
        return pages.show(
            "schools", official, years=years, year=year, total=total,
            lines=lines[(number - 1) * _A_PAGE : number * _A_PAGE], matching=len(lines),
            find=find, gaps=gaps, number=number, pages=-(-len(lines) // _A_PAGE),
            link=lambda other: f"/so?{urlencode({**asked, 'page': other})}",
            days_left=_days_left(office.deadline),
            progress=_progress(office, total, year) if is_whole else None,
        )  # fmt: skip

    @router.get("/so/truong/{school}")
    def one_school(official: Someone, school: str, year: str) -> Response:
        lines = coverage.sections(year, school)
        name, total = coverage.name(school), _total(lines)
        return pages.show(
            "school", official, year=year, school=school, name=name, lines=lines,
            total=total, missing_parcels=coverage.missing_parcels(school),
            progress=_progress(office, total, year, school),
        )  # fmt: skip

    @router.get("/so/truong/{school}/lop")
    def one_class(official: Someone, school: str, year: str, section: str) -> Response:
        found = coverage.records(year, school, section)
        lines = [line for line in coverage.sections(year, school) if line.name == section]
        return pages.show(
            "records", official, title=f"Lớp {section}", school=school, year=year, found=found,
            name=coverage.name(school), line=lines[0] if lines else None,
        )  # fmt: skip

    @router.get("/so/tim")
    def search(official: Reviewer, pupil: str = "") -> Response:
        wanted = "".join(pupil.split())[:32]
        found = coverage.search(wanted) if wanted else []
        for one in found:
            coverage.looked(official.login, "search", one.record_id, one.version)
        names = _names(coverage, found)
        return pages.show("search", official, pupil=wanted, found=found, names=names)

    @router.get("/so/nhat-ky")
    def looks(official: Admin, before: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0) -> Response:
        found = coverage.looks(limit=_A_PAGE, before=before)
        older = found[-1].id if len(found) == _A_PAGE else 0
        return pages.show("looks", official, looks=found, older=older)


def _add_returns(router: APIRouter, pages: Pages, office: OfficeServices) -> None:
    coverage = office.coverage

    @router.get("/so/tra-lai")
    def returns(
        official: Someone,
        year: str,
        number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
    ) -> Response:
        found = coverage.returned(year, _A_PAGE + 1, (number - 1) * _A_PAGE)
        names = _names(coverage, found)
        return pages.show(
            "returns", official, year=year, found=found[:_A_PAGE], names=names, number=number,
            more=len(found) > _A_PAGE,
        )  # fmt: skip


def _add_workbook(router: APIRouter, office: OfficeServices) -> None:
    coverage = office.coverage

    @router.get("/so/bang-tinh")
    def workbook(official: Someone, year: str) -> Response:
        if year not in coverage.years():
            raise NotAllowed
        sections = coverage.every_section(year)
        parts = [(line, sections.get(line.code, [])) for line in coverage.schools(year)]
        headers = {**_HEADERS, "Content-Disposition": f'attachment; filename="hoc-ba-{year}.xlsx"'}
        return Response(sheet.workbook(year, parts), 200, headers, sheet.MEDIA)


def _add_record(router: APIRouter, pages: Pages, office: OfficeServices) -> None:
    kept = partial(_kept, office)

    @router.get("/so/hoc-ba/{record_id}/{version}")
    def one_record(official: Reviewer, record_id: str, version: Number) -> Response:
        found = kept(official, record_id, version, "open")
        return pages.show(
            "record", official, kept=found, key=found.item.key,
            examined=office.examine(found.item.xml),
            versions=office.archive.versions(record_id),
            looks=office.coverage.looks(record_id, 20), problem="",
        )  # fmt: skip

    @router.get("/so/hoc-ba/{record_id}/{version}/ban-xem")
    def view(official: Reviewer, record_id: str, version: Number) -> Response:
        found = kept(official, record_id, version, "view")
        try:
            data = office.examine(found.item.xml).view()
        except AppError:
            raise NotAllowed from None
        return Response(data, 200, {**_HEADERS, "Content-Disposition": "inline"}, "application/pdf")

    @router.post("/so/hoc-ba/{record_id}/{version}/tra-lai")
    def give_back(
        official: Reviewer, record_id: str, version: Number, reason: Text, form_key: Text
    ) -> Response:
        require(official, form_key)
        found = kept(official, record_id, version, "return")
        if reason.strip():
            office.returning.give_back(found, reason.strip(), official.login)
        return RedirectResponse(f"/so/hoc-ba/{record_id}/{version}", 303, _HEADERS)


def require(official: Official, form_key: str) -> None:
    """Raises NotAllowed for a form that is not from our page in this session."""
    if form_key != official.form_key:
        raise NotAllowed


def _kept(
    office: OfficeServices, official: Official, record_id: str, version: int, what: str
) -> Kept:
    """A record version, the look at it written down. Raises NotReadable, NotAllowed."""
    try:
        found = office.archive.record(record_id, version)
    except (RecordDamaged, StationBusy) as error:
        raise NotReadable from error
    if found is None:
        raise NotAllowed
    office.coverage.looked(official.login, what, record_id, found.item.key.version)
    return found


def _fits(line: CoverageLine, find: str, gaps: bool) -> bool:
    wanted = unicodedata.normalize("NFC", find).casefold().strip()
    is_named = wanted in line.code or wanted in unicodedata.normalize("NFC", line.name).casefold()
    return is_named and (not gaps or line.missing > 0)


def _total(lines: list[CoverageLine]) -> CoverageLine:
    sums = (sum(getattr(line, name) for line in lines) for name in CoverageLine.__slots__[2:])
    return CoverageLine("", "", *sums)


def _names(coverage: Coverage, found: Sequence[FoundRecord]) -> dict[str, str]:
    """Of the schools whose records these are."""
    return {code: coverage.name(code) for code in {one.school_code for one in found}}


def _progress(
    office: OfficeServices, total: CoverageLine, year: str, school: str = ""
) -> DeadlineForecast:
    deadline = date.fromisoformat(office.deadline) if office.deadline else None
    arrived = office.coverage.arrivals(year, school)
    return DeadlineForecast(arrived, total.declared, total.missing, clock.now().date(), deadline)


def _days_left(deadline: str) -> int | None:
    return (date.fromisoformat(deadline) - clock.now().date()).days if deadline else None


def _day(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%d/%m/%Y %H:%M") if moment else ""


def _date(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def _rate(number: float) -> str:
    """'0,4', '2', '37'."""
    shown = f"{number:.1f}" if number < 10 else _count(round(number))
    return shown.removesuffix(".0").replace(".", "," if number < 10 else ".")


def _years(school_year: str) -> str:
    return school_year.replace("-", "–")


def _count(number: int) -> str:
    return f"{number:,}".replace(",", ".")
