"""The hidden command by which a frozen program starts its token process."""

from __future__ import annotations

import os
from pathlib import Path

import click

from app.signing.token_worker import serve


@click.command("token_worker", hidden=True)
@click.argument("driver", type=click.Path(path_type=Path))
def command(driver: Path) -> None:
    """Tiến trình con giữ trình điều khiển token."""
    os._exit(serve(str(driver)))
