"""`hocba restore`: put a proven copy in the workspace's place."""

from __future__ import annotations

import json
from pathlib import Path

import click

from app.cli import words
from app.cli.passphrase import given
from app.errors import WorkspaceError


@click.command("restore")
@click.option(
    "--from",
    "copy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Bản sao lưu (.hocba); tệp khóa .hocba.keys cùng tên phải nằm cạnh.",
)
@click.option(
    "--workspace",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Tệp kho dữ liệu sẽ được thay (school.hocba); chưa có thì được tạo.",
)
@click.option("--json", "wants_json", is_flag=True, help="In kết quả dạng JSON.")
def command(copy: Path, workspace: Path, wants_json: bool) -> int:
    """Kiểm bản sao lưu, rồi đưa vào chỗ kho dữ liệu; kho đang có được cất trong thư mục backups.

    Đóng Hocba trước khi chạy. Mất điện giữa chừng không sao: lần mở sau phần mềm làm nốt hoặc bỏ
    hẳn. Mật khẩu là mật khẩu của bản sao, lấy từ biến HOCBA_PASSPHRASE hoặc đầu vào chuẩn.
    """
    from app.store import Workspace
    from app.store.integrity.backups import restore

    passphrase = given()
    try:
        aside = restore(workspace, copy, passphrase)
        opened = Workspace.open(workspace, passphrase)
        try:
            opened.here().audit.add("restore", copy.name)
        finally:
            opened.close()
    except WorkspaceError as error:
        if wants_json:
            click.echo(json.dumps({"restored": False, "error": error.code}))
        click.echo(words.of(error), err=True)
        return 1
    kept = str(aside) if aside.is_dir() else None
    if wants_json:
        said = {"restored": True, "workspace": str(workspace), "from": str(copy), "replaced": kept}
        click.echo(json.dumps(said, ensure_ascii=False))
    else:
        click.echo(f"Đã khôi phục {workspace.name} từ {copy.name}.")
        if kept:
            click.echo(f"Kho trước đó được cất nguyên trong {kept}")
    return 0
