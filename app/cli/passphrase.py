"""The passphrase of a workspace, for commands."""

from __future__ import annotations

import os
import sys

import click

VARIABLE = "HOCBA_PASSPHRASE"


def given() -> str:
    """From the environment, where it is not left for processes that are started from here; else
    as `asked`."""
    return os.environ.pop(VARIABLE, "") or asked()


def asked() -> str:
    """From the terminal, unseen; or the first line of what is piped in."""
    if sys.stdin.isatty():
        return str(click.prompt("Mật khẩu", hide_input=True, err=True))
    if given := sys.stdin.readline().rstrip("\r\n"):
        return given
    raise click.UsageError("Thiếu mật khẩu (HOCBA_PASSPHRASE hoặc đầu vào chuẩn).")
