"""`hocba assess`: results of assessment inputs, line by line."""

from __future__ import annotations

import json
import sys
from typing import IO

import click

from app.assessment import exchange
from app.errors import AppError
from app.profile import shipped


def _words(error: AppError) -> str:
    field, reason = error.params.get("field"), error.params.get("reason", error.detail)
    return f"Dữ liệu không hợp lệ ở “{field}”: {reason}." if field else f"Không hợp lệ: {reason}."


@click.command("assess")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
def command(file: str) -> None:
    """Tính kết quả đánh giá học sinh theo Thông tư 27/2020, 22/2021 và 43/2021 (GDTX).

    FILE có mỗi dòng một đối tượng JSON ("-" là đầu vào chuẩn); mỗi dòng được trả lời bằng một đối
    tượng JSON, theo đúng thứ tự. Dòng không hợp lệ được trả lời {"error": {"code", "message"}}, các
    dòng khác vẫn được tính, và mã thoát là 1. Dòng trống được bỏ qua.

    Mỗi học kỳ của một môn THCS, THPT gồm "regular", "midterm", "final", và "topics" (kết quả cụm
    chuyên đề, mỗi kết quả là một ĐĐGtx tính thêm). "demands" của môn, với học sinh khuyết tật:
    reduced, individual (khi đó ghi "plan": D hoặc CD), not_assessed.
    """
    with click.open_file(file, "rb") as lines:
        sys.exit(1 if _answered(lines) else 0)


def _answered(file: IO[bytes]) -> bool:
    """Whether a line was refused; every line has its answer on the standard output."""
    profiles = shipped()
    refused = False
    # One byte over the limit is enough to know that a line is too long.
    while line := file.readline(exchange.LONGEST_LINE + 1):
        long = len(line) > exchange.LONGEST_LINE
        if not long and not line.strip():
            continue
        try:
            result = exchange.answer(exchange.read_line(line), profiles)
        except AppError as error:
            result, refused = exchange.error_answer(error, _words), True
        click.echo(json.dumps(result, ensure_ascii=False).encode("utf-8", "replace"))
        while long and line and not line.endswith(b"\n"):
            line = file.readline(exchange.LONGEST_LINE)
    return refused
