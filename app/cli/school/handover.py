"""`hocba handover`: work goes to a colleague's machine and comes back, on a stick."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.opening import Access, json_option, say, takes_workspace, told

if TYPE_CHECKING:
    from app.replication.incoming import TakenIn

_STICK = click.option(
    "--dir",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="USB hoặc thư mục.",
)


@click.group("handover")
def command() -> None:
    """Bàn giao giữa các máy của một trường."""


@command.command("out")
@takes_workspace()
@click.option("--to", "person", required=True, help="Họ và tên người nhận.")
@_STICK
@json_option
def out(access: Access, person: str, folder: Path, as_json: bool) -> None:
    """Chép ra USB những gì máy của người nhận chưa có, niêm phong riêng cho máy ấy."""
    from app.replication.outgoing import put_on_stick, seal_for

    with told(as_json=as_json), access.opened() as services:
        store = services.workspace.here()
        sealed = seal_for(store, person)
        place = put_on_stick(store, sealed, folder)
        found = {
            "operations": sum(each.operations for each in sealed),
            "records": sum(each.records for each in sealed),
            "bytes": sum(len(each.parcel.bytes) for each in sealed),
        }
        text = (
            f"Có thể rút USB: {found['operations']} thay đổi, {found['records']} học bạ cho "
            f"{person}, {found['bytes']} byte, trong thư mục {place.name}."
        )
        say(found, lambda: text, as_json=as_json)


@command.command("in")
@takes_workspace()
@_STICK
@json_option
def take_in(access: Access, folder: Path, as_json: bool) -> None:
    """Nhận mọi gói dành cho máy này. Mã thoát 1 khi có gói không nhận được."""
    from app.replication.incoming import REASONS, take_from

    with told(as_json=as_json), access.opened() as services:
        taken = take_from(services.workspace.here(), [folder])
        say(_as_data(taken, REASONS), lambda: _as_words(taken, REASONS), as_json=as_json)
        for fork in taken.forks:
            click.echo(_fork_line(fork.person, is_own=fork.is_own), err=True)
    sys.exit(1 if taken.refused else 0)


def _as_data(taken: TakenIn, reasons: dict[str, str]) -> dict[str, Any]:
    return {
        "new": taken.new,
        "changed": taken.changed,
        "older": taken.older,
        "conflicts": taken.conflicts,
        "waiting": taken.waiting,
        "refused": [
            {
                "file": each.file,
                "code": each.code,
                "reason": reasons.get(each.code, each.code),
                **({"sender": each.sender} if each.sender else {}),
            }
            for each in taken.refused
        ],
    }


def _as_words(taken: TakenIn, reasons: dict[str, str]) -> str:
    if not taken.senders and not taken.refused:
        return "Không có gói nào dành cho máy này."
    lines = [
        f"Từ {', '.join(taken.senders)}: {taken.new} mới, {taken.changed} thay đổi, "
        f"{taken.older} đã có, {taken.conflicts} mâu thuẫn."
        if taken.senders
        else "Không nhận được gói nào."
    ]
    if taken.waiting:
        lines.append(f"{taken.waiting} thay đổi còn chờ gói trước đó; chưa ghi vào sổ.")
    lines += [f"Không nhận {each.file}: {reasons.get(each.code)}." for each in taken.refused]
    return "\n".join(lines)


def _fork_line(person: str, *, is_own: bool) -> str:
    if is_own:
        return (
            "Tệp dữ liệu này đã được chép sang chỗ khác hoặc khôi phục từ bản sao, rồi cả hai bên "
            "cùng ghi tiếp. Không mất gì: cả hai phần đều được giữ. Từ nay chỉ dùng một bản."
        )
    return (
        f"Máy của {person} đã ghi tiếp từ một bản sao cũ ở hai nơi. Không mất gì: cả hai phần đều"
        " được giữ. Hãy báo người đó chỉ dùng một bản."
    )
