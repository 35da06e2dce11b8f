"""`hocba verify`: who signed, in which role, whether anything was changed, what was not checked."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from app.clock import now
from app.signing.file_verification import examine_files
from app.signing.report_words import register_lines, report_lines
from app.signing.trust import TrustStore


@click.command("verify")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="TỆP..."
)
@click.option("--json", "as_json", is_flag=True, help="In kết quả dạng JSON.")
@click.option(
    "--trust",
    "trust_folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Thư mục chứa chứng thư gốc tin cậy thêm.",
)
def command(paths: tuple[Path, ...], as_json: bool, trust_folders: tuple[Path, ...]) -> None:
    """Kiểm tra học bạ đã ký: tệp XML, bản PDF, ảnh chụp hoặc bản quét tờ in, hoặc cả thư mục.

    Khi có nhiều phiên bản của một học bạ, phiên bản cũ được báo là đã bị thay thế.

    Sổ đợt ký (.hbreg) đi kèm cho biết học bạ hoặc chữ ký nào đã bị mất.

    Mã thoát 0: mọi tệp đều đạt. 1: có tệp sai, hoặc thiếu chữ ký.
    """
    examined = examine_files(paths, TrustStore.shipped(*trust_folders), now())
    reports, registers, ok = examined.reports, examined.registers, examined.ok
    count, failed = len(reports), sum(not report.ok for report in reports)
    if as_json:
        files = [asdict(report) for report in reports]
        listed = [
            {"file": r, "ok": False} if isinstance(r, str) else {"ok": r.ok, **asdict(r)}
            for r in registers
        ]
        found_all = {"ok": ok, "files": files, "registers": listed}
        click.echo(json.dumps(found_all, ensure_ascii=False, indent=1))
    elif count == 0 and not registers:
        click.echo("Không tìm thấy tệp XML hoặc PDF nào.")
    else:
        for report in reports:
            click.echo("\n".join(report_lines(report)))
        for register in registers:
            click.echo("\n".join(register_lines(register)))
        click.echo(f"\n{count} tệp: {count - failed} đạt, {failed} không đạt.")
    sys.exit(0 if ok else 1)
