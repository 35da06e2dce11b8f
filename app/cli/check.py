"""`hocba check`: what is damaged in a workspace, and which copy is good. Changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli import words
from app.cli.passphrase import given
from app.cli.progress import told
from app.errors import AppError

if TYPE_CHECKING:
    from app.store.integrity.examination import Damage, Examination

_PARTS = {
    "file": "tệp kho dữ liệu",
    "keyring": "tệp khóa",
    "pages": "trang dữ liệu trên đĩa",
    "rows": "dòng dữ liệu",
    "audit": "nhật ký",
    "registers": "sổ đợt ký",
}


@click.command("check")
@click.option(
    "--workspace",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Tệp kho dữ liệu của trường (school.hocba).",
)
@click.option("--json", "wants_json", is_flag=True, help="In kết quả dạng JSON.")
def command(workspace: Path, wants_json: bool) -> int:
    """Kiểm từng trang, từng dòng, nhật ký, sổ đợt ký, tệp khóa và các bản sao lưu.

    Mã thoát 0: còn nguyên vẹn; 1: có chỗ hỏng, hoặc không mở được. Không sửa gì trong kho. Mật
    khẩu lấy từ biến HOCBA_PASSPHRASE hoặc đầu vào chuẩn.
    """
    from app.store.integrity.examination import examine

    passphrase = given()
    try:
        found = examine(workspace, passphrase, told(quiet=wants_json))
        damages = [
            *found.damages,
            *(_register_damages(workspace, passphrase) if found.sound else ()),
        ]
    except AppError as error:
        if wants_json:
            click.echo(json.dumps({"sound": False, "error": error.code, "damaged": []}))
        click.echo(words.of(error), err=True)
        return 1
    said = _as_json(workspace, found, damages)
    click.echo(json.dumps(said, ensure_ascii=False) if wants_json else _as_words(said))
    return int(bool(damages))


def _register_damages(workspace: Path, passphrase: str) -> list[Damage]:
    """What signed registers list and the workspace does not have; read where all else is whole."""
    from app.services import open_services
    from app.store.integrity.examination import Damage, DamagedPart

    services = open_services(workspace, passphrase)
    try:
        checked = services.registers.own()
    finally:
        services.close()
    lost = [f"{loss.entry.record_id} v{loss.entry.version}: {loss.kind}" for loss in checked.losses]
    torn = [f"{name}: {code}" for name, code in checked.refused]
    return [Damage(DamagedPart.REGISTERS, where) for where in (*lost, *torn)]


def _as_json(workspace: Path, found: Examination, damages: list[Damage]) -> dict[str, Any]:
    parts = {damage.part for damage in damages}
    good = found.good_copy
    return {
        "workspace": str(workspace),
        "sound": not damages,
        **{part: {"sound": part not in parts} for part in _PARTS},
        "damaged": [{"part": str(each.part), "where": each.where} for each in damages],
        "rows_read": found.rows,
        "audit_entries": found.audit_entries,
        "copies": [
            {
                "file": str(each.copy.path),
                "made_at": each.copy.made_at.isoformat(),
                "number": each.copy.number,
                "sound": each.sound,
            }
            for each in found.copies
        ],
        "good_copy": str(good.path) if good else None,
    }


def _as_words(said: dict[str, Any]) -> str:
    if said["sound"]:
        lines = [f"Kho dữ liệu còn nguyên vẹn: {said['rows_read']} dòng đã đọc."]
    else:
        lines = ["Kho dữ liệu có chỗ hỏng:"]
        lines += [f"  {_PARTS[each['part']]}: {each['where']}" for each in said["damaged"]]
    for copy in said["copies"]:
        state = "tốt" if copy["sound"] else "HỎNG"
        lines.append(f"Bản sao {Path(copy['file']).name}: {state}")
    if said["good_copy"]:
        lines.append(f"Bản sao tốt mới nhất: {said['good_copy']}")
        if not said["sound"]:
            lines.append("Khôi phục: hocba restore --from BẢN_SAO --workspace KHO")
    elif not said["copies"]:
        lines.append("Chưa có bản sao lưu nào cạnh kho.")
    return "\n".join(lines)
