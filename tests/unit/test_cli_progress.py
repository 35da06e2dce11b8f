"""A terminal sees how far a command is; a log does not."""

from __future__ import annotations

import io

import pytest

from app.cli.progress import told
from app.work import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, *, quiet: bool = False) -> str:
    monkeypatch.setattr("sys.stderr", stream)
    context = told(quiet=quiet)
    context.report(Progress(3, 73, "xin dấu thời gian"))
    context.report(Progress(51_200, 102_400, "12 KB/s", far="50 / 100 KB"))
    context.report_done(73)
    return stream.getvalue()


def test_a_terminal_is_told_on_one_line_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(Terminal(), monkeypatch).split("\r")
    assert [line.strip() for line in lines if line.strip()] == [
        "3 / 73  xin dấu thời gian",
        "50 / 100 KB  12 KB/s",
    ]
    assert lines[-1] == ""
    assert lines[-2].isspace()


def test_a_log_and_json_get_the_result_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(io.StringIO(), monkeypatch) == ""
    assert shown(Terminal(), monkeypatch, quiet=True) == ""
