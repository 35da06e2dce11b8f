"""`hocba backup`: a proven copy of the workspace in a folder of one's choice."""

from __future__ import annotations

import json
from pathlib import Path

import click

from app.cli import words
from app.cli.passphrase import given
from app.cli.progress import told
from app.errors import WorkspaceError


@click.command("backup")
@click.option(
    "--workspace",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Tệp kho dữ liệu của trường (school.hocba).",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Thư mục nhận bản sao, ví dụ trên USB.",
)
@click.option("--json", "wants_json", is_flag=True, help="In kết quả dạng JSON.")
def command(workspace: Path, folder: Path, wants_json: bool) -> int:
    """Kiểm kho dữ liệu, sao lưu sang một thư mục, rồi mở lại bản sao để kiểm.

    Bản sao chỉ được tính khi đã mở bằng chính tệp khóa của nó và mọi trang, số dòng đều đúng. Nếu
    kho đang hỏng, không bản sao cũ nào bị thay hay bị xóa, và mã thoát là 1. Mật khẩu lấy từ biến
    HOCBA_PASSPHRASE hoặc đầu vào chuẩn.
    """
    from app.store import Workspace
    from app.store.integrity.backups import backups

    try:
        opened = Workspace.open(workspace, given())
        try:
            before = {copy.path for copy in backups(workspace, folder)}
            made = opened.back_up(folder=folder, context=told(quiet=wants_json))
            after = backups(workspace, folder)
        finally:
            opened.close()
    except WorkspaceError as error:
        if wants_json:
            click.echo(json.dumps({"copy": None, "sound": False, "error": error.code}))
        click.echo(words.of(error), err=True)
        return 1
    copy = next(each for each in after if each.path == made)
    removed = sorted(str(path) for path in before - {each.path for each in after})
    if not wants_json:
        click.echo(f"Đã sao lưu và kiểm xong: {made}")
        click.echo(f"Trong thư mục này có {len(after)} bản sao; đã bỏ {len(removed)} bản cũ.")
        return 0
    said = {
        "copy": str(made),
        "keyring": str(made.with_name(made.name + ".keys")),
        "sound": True,
        "number": copy.number,
        "bytes": copy.size,
        "rows": copy.proof.rows if copy.proof else {},
        "kept": len(after),
        "removed": removed,
    }
    click.echo(json.dumps(said, ensure_ascii=False))
    return 0
