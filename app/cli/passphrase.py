"""The passphrase of a workspace, for commands."""

from __future__ import annotations

import os
import sys

import click

VARIABLE = "HOCBA_PASSPHRASE"


def _warn(context: click.Context, _: click.Parameter, value: str | None) -> str | None:
    if value and not context.resilient_parsing:
        click.echo(
            "Cảnh báo: mật khẩu viết trên dòng lệnh nằm lại trong lịch sử lệnh và ai dùng máy này "
            f"cũng xem được. Hãy đặt trong biến {VARIABLE} hoặc đưa vào đầu vào chuẩn.",
            err=True,
        )
    return value


option = click.option(
    "--passphrase",
    callback=_warn,
    help=f"Mật khẩu mở tệp dữ liệu. Nên đặt trong biến {VARIABLE} hoặc đưa vào đầu vào chuẩn.",
)
"""For commands that had it from the beginning; a command line is seen by everybody."""


def given() -> str:
    """From the environment, which no child of ours gets (`processes.child_environment`); else as
    `asked`."""
    return os.environ.get(VARIABLE, "") or asked()


def asked() -> str:
    """From the terminal, unseen; or the first line of what is piped in."""
    if sys.stdin.isatty():
        return str(click.prompt("Mật khẩu", hide_input=True, err=True))
    if given := sys.stdin.readline().rstrip("\r\n"):
        return given
    raise click.UsageError("Thiếu mật khẩu (HOCBA_PASSPHRASE hoặc đầu vào chuẩn).")
