"""Wrong usage and help speak Vietnamese, also the parts that click says by itself."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from app import cli
from app.cli import vietnamese

ENGLISH = re.compile(
    r"\b(usage|options?|commands?|error|missing|invalid|no such|try|show|exit|required|default|"
    r"args|text|integer|path|got|extra|does not|directory|takes)\b",
    re.IGNORECASE,
)
NAMES = re.compile(r"--?[a-z][a-z-]*|\bhocba\b.*")
"""Options, commands and their names stay as they are typed."""


def _every(
    command: click.Command, called: tuple[str, ...] = ()
) -> Iterator[tuple[click.Command, tuple[str, ...]]]:
    yield command, called
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _every(child, (*called, name))


CALLS = [called for _, called in _every(cli.hocba)]


def _english(text: str) -> list[str]:
    return [word for line in text.splitlines() for word in ENGLISH.findall(NAMES.sub("", line))]


@pytest.mark.parametrize("called", CALLS, ids=" ".join)
def test_help_has_no_english_frame(
    called: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([*called, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Cách dùng:" in shown
    assert _english(re.sub(r"\{[^}]*\}|\[[a-z|]+\]", "", shown)) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["nope"],
        ["--nope"],
        ["assess"],
        ["assess", "no-such-file"],
        ["assess", "."],
        ["roster", "no-such-file"],
        ["roster", "a", "b"],
        ["roster", "--class"],
        ["verify"],
        ["verify", "no-such-file"],
        ["sync"],
        ["sync", "--workspace", "no-such-file"],
        ["doctor", "--driver", "no-such-file"],
        ["department", "nope"],
        ["department", "serve", "--port", "99999", "--dir", "."],
        ["department", "serve", "--port", "abc"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_in_vietnamese_with_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Lỗi: " in shown.err
    assert _english(shown.err) == []


@pytest.mark.parametrize("module", ["exceptions", "formatting", "parser"])
def test_every_message_of_click_about_usage_is_translated(module: str) -> None:
    source = Path(click.__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
    said = {
        part.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in ("_", "ngettext")
        for part in node.args
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    developers = {"Invalid start character for option ({option})", "Missing {param_type}"}
    assert said - developers <= set(vietnamese.WORDS)
    assert said


def test_sync_without_a_passphrase_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOCBA_PASSPHRASE", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    workspace = tmp_path / "school.hocba"
    workspace.touch()
    assert cli.run(["sync", "--workspace", str(workspace)]) == 2
    assert "Thiếu mật khẩu" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["sync", "verify"])
def test_a_passphrase_on_a_command_line_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    workspace = tmp_path / "school.hocba"
    workspace.touch()
    more = [str(workspace)] if command == "verify" else []
    cli.run([command, *more, "--workspace", str(workspace), "--passphrase", "bi mat lam"])
    said = capsys.readouterr().err
    assert "Cảnh báo: mật khẩu viết trên dòng lệnh" in said
    assert "bi mat lam" not in said
