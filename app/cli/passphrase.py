"""The passphrase of a workspace, for commands."""

from __future__ import annotations

import sys

import click


def asked() -> str:
    """From the terminal, unseen; or the first line of what is piped in."""
    if sys.stdin.isatty():
        return str(click.prompt("Mật khẩu", hide_input=True, err=True))
    if given := sys.stdin.readline().rstrip("\r\n"):
        return given
    raise click.UsageError("Thiếu mật khẩu (HOCBA_PASSPHRASE hoặc đầu vào chuẩn).")
