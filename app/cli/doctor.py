"""`hocba doctor`: can this machine sign? No PIN is asked for."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from app.clock import now
from app.signing.keys.doctor_words import diagnosis_lines
from app.signing.keys.token_doctor import examine, installed
from app.signing.trust.trust_store import TrustStore


@click.command("doctor")
@click.option(
    "--driver",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Tệp trình điều khiển PKCS#11 cần khám.",
)
@click.option("--json", "as_json", is_flag=True, help="In kết quả dạng JSON.")
@click.option("--report", is_flag=True, help="Không in tên ai: để gửi cho người hỗ trợ.")
def command(driver: Path | None, as_json: bool, report: bool) -> None:
    """Khám token: trình điều khiển, mã PIN, chứng thư; và cho biết bước tiếp theo.

    Không hỏi mã PIN. Với --json hoặc --report, kết quả không có tên ai.
    Mã thoát 0: ký được. 1: chưa ký được.
    """
    diagnosis = examine(installed(driver), TrustStore.shipped(), now())
    if as_json:
        click.echo(json.dumps(diagnosis.report(), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(diagnosis_lines(diagnosis, names=not report)))
    sys.exit(0 if diagnosis.ready else 1)
