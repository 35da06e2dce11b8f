"""`hocba report`: one file for whoever helps from afar, without a window."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from app import log, settings
from app.cli import words
from app.cli.passphrase import given
from app.diagnostics import SupportReport, SupportSources, full_report, write_bundle
from app.errors import WorkspaceError, WrongPassphrase
from app.store import Workspace


@click.command("report")
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    required=True,
    help="Tệp .zip nhận gói chẩn đoán; tệp cũ cùng tên được thay.",
)
@click.option(
    "--workspace",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Tệp dữ liệu của trường (.hocba), để đếm những gì đang chờ. Mật khẩu: biến "
    "HOCBA_PASSPHRASE hoặc đầu vào chuẩn.",
)
@click.option("--json", "as_json", is_flag=True, help="In cả báo cáo dạng JSON.")
def command(target: Path, workspace: Path | None, as_json: bool) -> None:
    """Ghi gói chẩn đoán để gửi cho người hỗ trợ.

    Trong gói có phiên bản, trình điều khiển, token, tình trạng ổ đĩa và đồng hồ, nhật ký của phần
    mềm; thêm độ dài các hàng chờ nếu có --workspace. Không có tên, số hay điểm của học sinh; không
    hỏi mã PIN.
    """
    sources = SupportSources(workspace or settings.workspace(), incidents=log.found_crashes())
    report = full_report(sources) if workspace is None else _report_on(workspace, given(), sources)
    write_bundle(report, target)
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=1))
    else:
        click.echo(f"Đã ghi gói chẩn đoán: {target}")
        click.echo(
            "Trong gói không có tên, số hay điểm của học sinh. Hãy gửi tệp này cho người hỗ trợ."
        )


def _report_on(workspace: Path, passphrase: str, sources: SupportSources) -> SupportReport:
    """A file that cannot be opened is what the report is for. Raises WrongPassphrase."""
    try:
        opened = Workspace.open(workspace, passphrase)
    except WrongPassphrase:
        raise
    except WorkspaceError as error:
        log.problem("report.not_opened", error)
        click.echo(words.of(error), err=True)
        return full_report(replace(sources, closed_by=error.code))
    try:
        return full_report(replace(sources, opened=opened))
    finally:
        opened.close()
