"""What commands on a workspace share: its options, opening it, and saying what went wrong."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli import words
from app.cli.passphrase import asked
from app.errors import AppError

if TYPE_CHECKING:
    from app.services import Services

json_option = click.option("--json", "as_json", is_flag=True, help="In kết quả dạng JSON.")
_Command = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Access:
    """A workspace that a command was given, and how it opens."""

    path: Path
    given: str | None

    @property
    def passphrase(self) -> str:
        """Asked for only when it is needed, and once."""
        return self.given or asked()

    @contextmanager
    def opened(self) -> Iterator[Services]:
        """Raises what opening a workspace raises."""
        from app.services import open_services

        services = open_services(self.path, self.passphrase)
        try:
            yield services
        finally:
            services.close()


def takes_workspace(
    *, exists: bool = True, required: bool = True
) -> Callable[[_Command], _Command]:
    """The options `--workspace` and `--passphrase`, handed on as `access` (None: not given)."""

    def decorate(command: _Command) -> _Command:
        @functools.wraps(command)
        def called(workspace: Path | None, passphrase: str | None, **others: Any) -> None:
            command(access=workspace and Access(workspace, passphrase), **others)

        return _workspace(exists, required)(_PASSPHRASE(called))

    return decorate


def _workspace(exists: bool, required: bool) -> Callable[[_Command], _Command]:
    return click.option(
        "--workspace",
        type=click.Path(exists=exists, dir_okay=False, path_type=Path),
        required=required,
        help="Tệp dữ liệu của trường (.hocba)." if exists else "Tệp dữ liệu (.hocba) sẽ được tạo.",
    )


_PASSPHRASE = click.option(
    "--passphrase",
    envvar="HOCBA_PASSPHRASE",
    help="Mật khẩu mở tệp dữ liệu; có thể đặt trong biến HOCBA_PASSPHRASE, hoặc đưa vào đầu vào "
    "chuẩn.",
)


@contextmanager
def told(*, as_json: bool) -> Iterator[None]:
    """An expected error as words, with `--json` also as one object; exit code 1."""
    try:
        yield
    except AppError as error:
        message = words.of(error)
        if as_json:
            say_json({"error": {"code": error.code, "message": message}})
        click.echo(message, err=True)
        sys.exit(1)


def say_json(found: dict[str, Any]) -> None:
    click.echo(json.dumps(found, ensure_ascii=False, indent=1))


def say(found: dict[str, Any], text: Callable[[], str], *, as_json: bool) -> None:
    if as_json:
        say_json(found)
    else:
        click.echo(text())


def school_year(value: str) -> str:
    """'2026-2027', or ''. Raises BadParameter."""
    first, _, last = value.partition("-")
    digits = value.isascii() and first.isdigit() and last.isdigit()
    if value and not (digits and len(first) == len(last) == 4 and int(last) == int(first) + 1):
        raise click.BadParameter("Năm học phải có dạng 2026-2027.", param_hint="--school-year")
    return value
