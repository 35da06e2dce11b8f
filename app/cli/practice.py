"""`hocba practice`: the invented school, in the window or headless with progress bars."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app import work

if TYPE_CHECKING:
    from app.practice.journey import JourneySummary


@click.command("practice")
@click.option("--headless", is_flag=True, help="Chạy cả hành trình trong cửa sổ dòng lệnh.")
@click.option(
    "--to",
    "target",
    type=click.Path(file_okay=False, path_type=Path),
    help="Thư mục nhận kết quả của --headless.",
)
def command(headless: bool, target: Path | None) -> None:
    """Chế độ thực hành: trường và học sinh tưởng tượng, không có giá trị pháp lý.

    Với --headless: nhập hai lớp (4A, 8B), tính kết quả, lập học bạ, ký bằng token thực hành, gửi
    tới trạm của Sở trên máy này, nhận biên nhận; kết quả ở --to.
    """
    if not headless:
        if target is not None:
            raise click.UsageError("--to chỉ dùng cùng --headless")
        from app.ui.shell.app import run_practice

        sys.exit(run_practice())
    if target is None:
        raise click.UsageError("--headless cần --to THƯ_MỤC")
    _headless(target)


def _headless(target: Path) -> None:
    from app.practice.journey import travel

    console = Console(stderr=False, highlight=False)
    console.print("CHẾ ĐỘ THỰC HÀNH: trường, học sinh và chứng thư đều tưởng tượng.")
    columns = (
        TextColumn("{task.description:34}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bars:
        summary = travel(target, lambda key, words: _context(bars, words))
        for task in bars.tasks:
            bars.update(task.id, total=task.total or 1, completed=task.total or 1)
    console.print(
        f"\n{summary.pupils} học sinh, {summary.records} học bạ, {summary.signatures} chữ ký "
        f"({summary.by_token} bằng USB token), {_delivery(summary)}"
    )
    console.print(f"Kết quả: {target}", soft_wrap=True)


def _delivery(summary: JourneySummary) -> str:
    if not summary.parcels:
        return "chưa gửi: bản cài này không có trạm của Sở để tập gửi."
    return (
        f"{summary.parcels} gói, {summary.bytes_sent} byte, "
        f"{summary.verified} học bạ đã có biên nhận kiểm tra."
    )


def _context(bars: Progress, words: str) -> work.WorkContext:
    for before in bars.tasks:  # a stage has ended when the next begins, unless that is inside it
        if before.total is None or before.completed >= before.total:
            bars.update(before.id, total=before.total or 1, completed=before.total or 1)
    task = bars.add_task(words, total=None)

    def show(progress: work.Progress) -> None:
        bars.update(task, total=progress.total, completed=progress.done)

    return work.WorkContext(report=show)
