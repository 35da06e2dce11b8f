"""`hocba window`: the school's workspace in the window (also what `hocba` alone does)."""

from __future__ import annotations

import sys

import click


@click.command("window")
def command() -> None:
    """Mở cửa sổ chương trình với kho dữ liệu của trường."""
    from app.ui.shell.app import run_window

    sys.exit(run_window())
