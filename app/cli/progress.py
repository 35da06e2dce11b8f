"""How far long work is, on one line of a terminal."""

from __future__ import annotations

import sys

import click

from app.work import Progress, WorkContext

_WIDTH = 48


def told(*, quiet: bool) -> WorkContext:
    """A file or a scheduler's log gets the result alone."""
    return WorkContext() if quiet or not sys.stderr.isatty() else WorkContext(report=_show)


def _show(at: Progress) -> None:
    if not at.total:
        return
    far = at.far or f"{at.done} / {at.total}"
    words = f"{far}  {at.what}" if at.done < at.total else ""
    click.echo(f"\r{words:<{_WIDTH}}\r", nl=False, err=True)
