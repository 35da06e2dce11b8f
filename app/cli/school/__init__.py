"""`hocba school`: a school, its people and their machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.opening import (
    Access,
    json_option,
    say,
    takes_workspace,
    told,
)
from app.profile.permissions import SchoolRole

if TYPE_CHECKING:
    from app.model.people import School
    from app.replication.membership import AdmittedRole
    from app.replication.status import SchoolStatus
    from app.store import Store

ROLES = {
    "teacher": "giáo viên bộ môn",
    "homeroom": "giáo viên chủ nhiệm",
    "principal": "hiệu trưởng",
    "deputy": "phó hiệu trưởng",
    "clerk": "văn thư",
    "admin": "quản trị",
}
_LARGEST_FILE = 16 * 1024 * 1024


@click.group("school")
def command() -> None:
    """Trường, người và các máy của trường."""


@command.command("create")
@takes_workspace(exists=False)
@click.option("--code", required=True, help="Mã trường do Bộ cấp.")
@click.option("--name", required=True, help="Tên trường.")
@click.option("--department", required=True, help="Sở GD&ĐT.")
@click.option("--province", required=True, help="Tỉnh, thành phố: tên hoặc mã.")
@click.option("--user", required=True, help="Họ và tên người quản trị.")
@click.option("--commune", default="", help="Xã, phường.")
@json_option
def create(
    access: Access,
    code: str,
    name: str,
    department: str,
    province: str,
    user: str,
    commune: str,
    as_json: bool,
) -> None:
    """Tạo trường mới: máy này là máy văn phòng, người này là quản trị.

    In ra khóa khôi phục một lần duy nhất: hãy viết ra giấy.
    """
    from app.replication.membership import found_school, office_words
    from app.store import Workspace

    with told(as_json=as_json):
        school = _school(code, name, department, province, commune)
        made, recovery = Workspace.create(access.path, access.passphrase, _name(user, "--user"))
        try:
            membership = found_school(made.here(), school, made.user)
        finally:
            made.close()
        found = {
            "school": school.code,
            "user": made.user,
            "words": office_words(membership),
            "recovery_key": recovery,
        }
        say(found, lambda: _created(found), as_json=as_json)


def _created(found: dict[str, str]) -> str:
    return (
        f"Đã tạo trường {found['school']}. Quản trị: {found['user']}.\n"
        f"Lời nhận diện của trường: {found['words']}\n"
        f"Khóa khôi phục (viết ra giấy, cất kỹ): {found['recovery_key']}"
    )


def _school(code: str, name: str, department: str, province: str, commune: str) -> School:
    from app.model.people import School
    from app.model.text import fold
    from app.profile import shipped

    if not code.isascii() or not code.replace("-", "").replace("_", "").isalnum() or len(code) > 20:
        raise click.BadParameter("chỉ gồm chữ không dấu và số, nhiều nhất 20", param_hint="--code")
    known = shipped().codes["provinces"]
    wanted = fold(province)
    match = [(number, title) for number, title in known.items() if wanted in (number, fold(title))]
    number, title = match[0] if match else ("", province)
    return School(
        code=code,
        name=name.strip(),
        department_code=department if department.isdigit() else number,
        department_name=f"Sở GD&ĐT {title}" if department.isdigit() else department.strip(),
        commune=commune.strip(),
        province=title,
        province_code=number,
    )


def _name(text: str, hint: str) -> str:
    from app.model.text import nfc

    name = " ".join(nfc(text).split())
    if not name or len(name) > 120 or not name.isprintable():
        raise click.BadParameter("phải là họ và tên", param_hint=hint)
    return name


@command.command("card")
@takes_workspace(exists=False)
@click.option("--user", required=True, help="Họ và tên người dùng máy này.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@json_option
def card(access: Access, user: str, out: Path, as_json: bool) -> None:
    """Máy mới làm thẻ của mình, để văn phòng kết nạp. Thẻ không chứa bí mật nào."""
    from app.files import write_whole
    from app.replication.card import make_card, read_card
    from app.replication.identity import machine_name, own_identity
    from app.store import Workspace

    with told(as_json=as_json):
        name, recovery = _name(user, "--user"), ""
        if access.path.exists():
            made = Workspace.open(access.path, access.passphrase)
        else:
            made, recovery = Workspace.create(access.path, access.passphrase, name)
        try:
            data = make_card(own_identity(made.here()), name, machine_name())
            write_whole(out, data)
        finally:
            made.close()
        found = {"person": name, "words": read_card(data).fingerprint}
        if recovery:
            found["recovery_key"] = recovery
        say(found, lambda: _carded(found, out), as_json=as_json)


def _carded(found: dict[str, str], out: Path) -> str:
    lines = [
        f"Thẻ của máy: {out}",
        f"Lời nhận diện (đọc cho văn phòng qua điện thoại): {found['words']}",
    ]
    if "recovery_key" in found:
        lines.append(f"Khóa khôi phục của máy này (viết ra giấy): {found['recovery_key']}")
    return "\n".join(lines)


@command.command("admit")
@click.argument("card_file", metavar="THẺ", type=click.Path(exists=True, path_type=Path))
@takes_workspace()
@click.option("--person", required=True, help="Họ và tên người dùng máy.")
@click.option(
    "--role",
    "roles",
    type=click.Choice([str(role) for role in SchoolRole]),
    required=True,
    multiple=True,
)
@click.option("--class", "classes", multiple=True, help="Lớp; dùng nhiều lần được.")
@click.option("--subject", "subjects", multiple=True, help="Mã môn; dùng nhiều lần được.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@json_option
def admit(
    card_file: Path,
    access: Access,
    person: str,
    roles: tuple[str, ...],
    classes: tuple[str, ...],
    subjects: tuple[str, ...],
    out: Path,
    as_json: bool,
) -> None:
    """Kết nạp máy của thẻ THẺ vào trường, với người và vai trò của người đó."""
    from app.files import write_whole
    from app.replication import membership

    if not classes and {"teacher", "homeroom"} & set(roles):
        raise click.UsageError("Giáo viên cần ít nhất một --class.")
    name = _name(person, "--person")
    with told(as_json=as_json), access.opened() as services:
        store = services.workspace.here()
        where = _classes(store, classes)
        taught = _subjects(services, store, where, subjects)
        wanted = [_role(SchoolRole(role), where, taught) for role in roles]
        admitted = membership.admit(store, _bounded(card_file), name, wanted)
        write_whole(out, admitted.file)
        found = {
            "person": name,
            "roles": list(dict.fromkeys(roles)),
            "words": admitted.card.fingerprint,
            "number": admitted.membership.number,
        }
        say(found, lambda: _admitted(found, out), as_json=as_json)


def _admitted(found: dict[str, Any], out: Path) -> str:
    roles = ", ".join(ROLES[role] for role in found["roles"])
    return (
        f"Đã kết nạp máy của {found['person']} ({roles}).\n"
        f"Lời nhận diện của máy, phải giống lời trên máy ấy: {found['words']}\n"
        f"Tệp kết nạp: {out}"
    )


def _role(role: SchoolRole, classes: Sequence[str], subjects: Sequence[str]) -> AdmittedRole:
    from app.replication.membership import AdmittedRole

    if role is SchoolRole.TEACHER:
        return AdmittedRole(role, classes, subjects)
    return AdmittedRole(role, classes) if role is SchoolRole.HOMEROOM else AdmittedRole(role)


def _classes(store: Store, names: Sequence[str]) -> list[str]:
    """Class ids; bare names as long as the school has no class at all."""
    from app.errors import ClassUnknown
    from app.model.text import fold

    sections = sorted(store.people.sections(), key=lambda section: section.school_year)
    if not sections:
        return [name.strip() for name in names]
    known = {fold(section.name): section.id for section in sections}
    for name in names:
        if fold(name) not in known:
            listed = ", ".join(dict.fromkeys(section.name for section in sections))
            raise ClassUnknown(name, name=name, known=listed)
    return [known[fold(name)] for name in names]


def _subjects(
    services: Any, store: Store, classes: Sequence[str], names: Sequence[str]
) -> list[str]:
    """Codes of the classes' rules, whatever case they were typed in."""
    from app.errors import SubjectUnknown

    wanted = [name.strip().upper() for name in names]
    for section in store.people.sections():
        if section.id in classes:
            codes = services.profiles.for_grade(section.school_year, section.grade).by_code
            for name in wanted:
                if name not in codes:
                    raise SubjectUnknown(name, name=name, known=", ".join(codes))
    return wanted


def _bounded(path: Path) -> bytes:
    from app.errors import AdmissionInvalid
    from app.parcel.stick import read_bounded

    data = read_bounded(path, _LARGEST_FILE)
    if data is None:
        raise AdmissionInvalid("too large", reason="tệp quá lớn")
    return data


@command.command("join")
@click.argument("admission", metavar="TỆP", type=click.Path(exists=True, path_type=Path))
@takes_workspace()
@json_option
def join(admission: Path, access: Access, as_json: bool) -> None:
    """Đưa máy này vào trường bằng tệp kết nạp TỆP của văn phòng."""
    from app.replication import membership

    with told(as_json=as_json), access.opened() as services:
        joined = membership.join(services.workspace.here(), _bounded(admission))
        found = {
            "school": joined.membership.school.code,
            "person": joined.person,
            "words": joined.office_words,
        }
        text = (
            f"Máy này thuộc {joined.membership.school.name}, người dùng: {joined.person}.\n"
            f"Lời nhận diện của trường, phải giống lời trên máy văn phòng: {joined.office_words}"
        )
        say(found, lambda: text, as_json=as_json)


@command.command("remove")
@takes_workspace()
@click.option("--person", required=True, help="Người có máy bị mất hoặc không còn ở trường.")
@click.option("--keep-roles", is_flag=True, help="Chỉ bỏ máy; người vẫn giữ vai trò.")
@json_option
def remove(access: Access, person: str, keep_roles: bool, as_json: bool) -> None:
    """Đưa các máy của một người ra khỏi trường.

    Những gì người đó đã nhập và đã về tới đây vẫn còn. Máy bị bỏ không gửi hay mở thêm được gói
    nào; những gì đã có sẵn trong máy ấy thì vẫn đọc được bằng mật khẩu của máy ấy.
    """
    from app.replication import membership

    with told(as_json=as_json), access.opened() as services:
        store = services.workspace.here()
        made = membership.remove_machines(store, person)
        if not keep_roles:
            made = membership.end_roles(store, person)
        text = f"Đã bỏ các máy của {person}. Việc này đi cùng lần bàn giao sau tới các máy khác."
        say({"person": person, "number": made.number}, lambda: text, as_json=as_json)


@command.command("status")
@takes_workspace()
@json_option
def status(access: Access, as_json: bool) -> None:
    """Người, máy và các lớp của trường như máy này đang có."""
    from app.replication.status import school_status

    with told(as_json=as_json), access.opened() as services:
        found = school_status(services.workspace.here())
        say(_as_data(found), lambda: _as_words(found), as_json=as_json)


def _as_data(found: SchoolStatus) -> dict[str, Any]:
    return {
        "people": [asdict(person) for person in found.people],
        "machines": [
            {
                "person": machine.person,
                "last_out": machine.last_out or None,
                "last_in": machine.last_in or None,
            }
            for machine in found.machines
        ],
        "classes": [asdict(each) for each in found.classes],
    }


def _as_words(found: SchoolStatus) -> str:
    lines = ["Người:"]
    lines += [
        f"  {person.name}: {', '.join(ROLES[role] for role in person.roles) or 'không còn vai trò'}"
        for person in found.people
    ]
    lines.append("Máy khác:")
    lines += [
        f"  {m.person}: giao {m.last_out or 'chưa lần nào'}, nhận {m.last_in or 'chưa lần nào'}"
        for m in found.machines
    ]
    lines.append("Lớp:")
    lines += [
        f"  {each.name} ({each.school_year}): {each.pupils} em, {each.cells} ô, "
        f"{each.conflicts} mâu thuẫn, {each.locked} đã khóa, {each.signed} đã ký · "
        f"{each.digest[:12]}"
        for each in found.classes
    ]
    return "\n".join(lines)
