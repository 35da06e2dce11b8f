"""The officials' page for what goes to the schools: notices, rules, whom to trust."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.department.ops.publishing import Publishing
from app.department.pages.pages import Admin, NotAllowed, Number, Pages, Reviewer, Someone, require
from app.department.store.officials import Official, Role
from app.errors import (
    NotWithdrawable,
    PackInvalid,
    ParcelTooLarge,
    PublicationInvalid,
    RootInvalid,
)
from app.model.publication import Publication, PublicationKind
from app.parcel import limits
from app.parcel.publication import SUFFIX, to_file
from app.parcel.rule_pack import make_pack
from app.signing.trust.certificates import name_of
from app.signing.trust.trust_list import (
    LARGEST,
    Hierarchy,
    TrustedCertificate,
    TrustPurpose,
    make_trust_list,
    read_authority,
    read_trust_list,
)

KINDS = {
    PublicationKind.NOTICE: "Thông báo",
    PublicationKind.PROFILES: "Gói quy định",
    PublicationKind.TRUST: "Danh sách tin cậy",
    PublicationKind.WITHDRAWAL: "Thu hồi",
}
HIERARCHIES = {
    Hierarchy.PUBLIC: "Công cộng (NEAC)",
    Hierarchy.GOVERNMENT: "Chuyên dùng Chính phủ (VGCA)",
    Hierarchy.OTHER: "Khác",
}
PURPOSES = {
    TrustPurpose.SIGNING: "Chữ ký và dấu thời gian",
    TrustPurpose.TIMESTAMPS: "Chỉ dấu thời gian",
}
_MOST_PARTS = 250
_LARGEST_FORM = limits.PUBLICATION + 64 * 1024
_HERE = "/so/gui-truong"


def publishing_pages(pages: Pages, publishing: Publishing) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    _add_list(router, pages, publishing)
    _add_notice(router, pages, publishing)
    _add_rules(router, pages, publishing)
    _add_trust(router, pages, publishing)
    _add_withdrawal(router, pages, publishing)
    return router


def _add_list(router: APIRouter, pages: Pages, publishing: Publishing) -> None:
    @router.get(_HERE)
    def overview(official: Someone) -> Response:
        return _overview(pages, publishing, official)

    @router.get(_HERE + "/{number}/tep")
    def file(official: Reviewer, number: Number) -> Response:
        """For schools that get it by a stick."""
        found = publishing.one(number)
        if found is None:
            raise NotAllowed
        said, content = found
        name = f"so-{said.kind.value}-{said.number}{SUFFIX}"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(to_file(said, content), 200, headers, "application/octet-stream")


def _add_notice(router: APIRouter, pages: Pages, publishing: Publishing) -> None:
    @router.post(_HERE + "/thong-bao")
    async def notice(request: Request, official: Reviewer) -> Response:
        form = await read_form(request, official, _LARGEST_FORM)
        text = _word(form, "text").replace("\r\n", "\n").strip()
        return await _publish(
            pages, publishing, official, PublicationKind.NOTICE,
            _word(form, "title"), text.encode(), _word(form, "school"),
        )  # fmt: skip


def _add_rules(router: APIRouter, pages: Pages, publishing: Publishing) -> None:
    @router.post(_HERE + "/quy-dinh")
    async def rules(request: Request, official: Admin) -> Response:
        form = await read_form(request, official, _LARGEST_FORM)
        files = {file.filename or "": await file.read() for file in chosen_files(form)}
        one = next(iter(files), "")
        packed = len(files) == 1 and one.lower().endswith(".zip")
        content = files[one] if packed else make_pack(files)
        return await _publish(
            pages, publishing, official, PublicationKind.PROFILES, _word(form, "title"), content
        )


def _add_trust(router: APIRouter, pages: Pages, publishing: Publishing) -> None:
    @router.post(_HERE + "/tin-cay/xem")
    async def look(request: Request, official: Admin) -> Response:
        """What would be published, with fingerprints to compare; nothing is published yet."""
        form = await read_form(request, official, _LARGEST_FORM)
        try:
            found = await _wanted_trust(form, publishing)
        except RootInvalid as error:
            return _overview(pages, publishing, official, f"{error.params['reason']}.")
        if not found:
            return _overview(pages, publishing, official, "Danh sách cần ít nhất một chứng thư.")
        known = {one.fingerprint for one in publishing.trusted()}
        return pages.show(
            "trust", official, listed=[_line(one, known) for one in found],
            content=base64.b64encode(make_trust_list(found)).decode(),
        )  # fmt: skip

    @router.post(_HERE + "/tin-cay")
    async def trust(request: Request, official: Admin) -> Response:
        form = await read_form(request, official, _LARGEST_FORM)
        try:
            content = base64.b64decode(_word(form, "content"), validate=True)
            read_trust_list(content)
        except (ValueError, PackInvalid):
            raise NotAllowed from None  # not from our own page
        return await _publish(
            pages, publishing, official, PublicationKind.TRUST, "Danh sách tin cậy mới", content
        )


def _add_withdrawal(router: APIRouter, pages: Pages, publishing: Publishing) -> None:
    @router.get(_HERE + "/{number}/thu-hoi")
    def ask(official: Reviewer, number: Number) -> Response:
        said = _withdrawable(publishing, official, number)
        return pages.show("withdraw", official, said=said, kinds=KINDS)

    @router.post(_HERE + "/{number}/thu-hoi")
    async def withdraw(request: Request, official: Reviewer, number: Number) -> Response:
        form = await read_form(request, official, _LARGEST_FORM)
        reason = _word(form, "reason").replace("\r\n", "\n")
        _withdrawable(publishing, official, number)
        try:
            await run_in_threadpool(publishing.withdraw, number, reason, official.login)
        except (NotWithdrawable, PackInvalid) as error:
            problem = f"Mục số {number}: {error.params['reason']}."
            return _overview(pages, publishing, official, problem)
        return RedirectResponse(_HERE, 303)


def _withdrawable(publishing: Publishing, official: Official, number: int) -> Publication:
    """Raises NotAllowed: who may not publish such a thing may not withdraw it either."""
    found = publishing.one(number)
    if found is None or found[0].withdraws:
        raise NotAllowed
    if found[0].kind.replaces and official.role is not Role.ADMIN:
        raise NotAllowed
    return found[0]


async def _wanted_trust(form: FormData, publishing: Publishing) -> tuple[TrustedCertificate, ...]:
    """What is kept of the list in force, and what is added. Raises RootInvalid."""
    keep = {str(one) for one in form.getlist("keep")}
    found = {one.fingerprint: one for one in publishing.trusted() if one.fingerprint in keep}
    try:
        hierarchy, purpose = (
            Hierarchy(_word(form, "hierarchy")),
            TrustPurpose(_word(form, "purpose")),
        )
    except ValueError:
        raise NotAllowed from None
    for file in chosen_files(form):
        made = TrustedCertificate(read_authority(await file.read()), hierarchy, purpose)
        found[made.fingerprint] = made
    return tuple(found.values())


async def _publish(
    pages: Pages,
    publishing: Publishing,
    official: Official,
    kind: PublicationKind,
    title: str,
    content: bytes,
    school_code: str = "",
) -> Response:
    try:
        await run_in_threadpool(
            publishing.publish, kind, title, content, official.login, school_code
        )
    except PublicationInvalid as error:
        told = error.params
        line = f", dòng {told['line']}" if told.get("line") else ""
        problem = f"{told.get('file', '')}{line}: {told.get('reason', error.code)}."
        return _overview(pages, publishing, official, problem)
    return RedirectResponse(_HERE, 303)


def _overview(
    pages: Pages, publishing: Publishing, official: Official, problem: str = ""
) -> Response:
    schools = publishing.schools()
    return pages.show(
        "publications", official, 422 if problem else 200,
        listed=publishing.listed(), kinds=KINDS, schools=schools, names=dict(schools),
        hierarchies=HIERARCHIES, purposes=PURPOSES, problem=problem,
        trusted=[_line(one, set()) for one in publishing.trusted()],
    )  # fmt: skip


def _line(one: TrustedCertificate, known: set[str]) -> dict[str, Any]:
    certificate = one.certificate
    digits = one.fingerprint
    return {
        "name": name_of(certificate.subject),
        "issuer": name_of(certificate.issuer),
        "root": one.is_root,
        "until": certificate.not_valid_after_utc.isoformat(),
        "hierarchy": HIERARCHIES[one.hierarchy],
        "purpose": PURPOSES[one.purpose],
        "fingerprint": digits,
        "shown": " ".join(digits[at : at + 4] for at in range(0, len(digits), 4)),
        "is_new": digits not in known,
    }


async def read_form(request: Request, official: Official, largest: int) -> FormData:
    """The fields and files of one of our forms, never more than `largest` bytes.

    Raises ParcelTooLarge, NotAllowed. The framework's own reading would take any amount, and
    before it is known who sends it.
    """

    async def bounded() -> AsyncGenerator[bytes, None]:
        size = 0
        async for piece in request.stream():
            size += len(piece)
            if size > largest:
                raise ParcelTooLarge("form")
            yield piece

    try:
        form = await MultiPartParser(
            request.headers, bounded(), max_files=_MOST_PARTS, max_fields=_MOST_PARTS,
            max_part_size=2 * LARGEST,
        ).parse()  # fmt: skip
    except (MultiPartException, KeyError, ValueError):
        raise NotAllowed from None
    require(official, _word(form, "form_key"))
    return form


def _word(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def chosen_files(form: FormData) -> Sequence[UploadFile]:
    """Those that were chosen; a browser sends an empty one where none was."""
    return [one for one in form.getlist("files") if isinstance(one, UploadFile) and one.filename]
