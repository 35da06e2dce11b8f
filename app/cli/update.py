"""`hocba update`: a newer program from a stick, a share or any other folder."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click


@click.command("update")
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Thư mục có bản cập nhật: USB, ổ chung.",
)
@click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Tệp khóa gốc (root.json) của nơi phát hành; chỉ cần một lần.",
)
@click.option(
    "--deadline",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Hạn nộp của Sở: trong 14 ngày trước hạn chỉ nhận bản khẩn.",
)
@click.option("--json", "as_json", is_flag=True, help="In kết quả dạng JSON.")
def command(
    folder: Path | None, root: Path | None, deadline: datetime | None, as_json: bool
) -> None:
    """Cập nhật Hocba không cần mạng. Bản mới được kiểm tra chữ ký, đặt cạnh bản đang dùng và chạy
    từ lần mở sau; nếu không mở được, bản cũ tự trở lại. Dữ liệu của trường không bị đụng tới.
    """
    from app import clock
    from app.updates import root_of_trust
    from app.updates.client import UpdateClient
    from app.updates.handing_over import versions
    from app.updates.updating import running_program, update

    if folder is None and root is None:
        raise click.UsageError("Hãy cho --from THƯ_MỤC, hoặc --root TỆP.")
    if root is not None:
        fingerprint = root_of_trust.accept(root.read_bytes())
        click.echo(f"Đã nhận khóa gốc, dấu vân tay: {fingerprint}.", err=as_json)
    if folder is None:
        return
    client = UpdateClient(folder, root_of_trust.memory(), root_of_trust.trusted())
    due = None if deadline is None else deadline.date()
    done = update(client, versions(), clock.now().date(), due, running_program())
    if as_json:
        until = done.put_off_until.isoformat() if done.put_off_until else None
        click.echo(json.dumps({"version": done.version, "put_off_until": until}))
    elif not done.version:
        click.echo("Máy này đang dùng bản mới nhất.")
    elif done.put_off_until:
        click.echo(
            f"Có bản {done.version}, chưa nhận vì sắp đến hạn nộp. "
            f"Hãy chạy lại từ {done.put_off_until:%d/%m/%Y}."
        )
    else:
        click.echo(f"Đã nhận bản {done.version}. Bản này chạy từ lần mở Hocba sau.")
        if done.notes:
            click.echo(done.notes)
