"""The report for support: what it says, and that no broken part spoils it."""

from __future__ import annotations

import json
import os
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from app import cli, log
from app.clock import VIETNAM
from app.diagnostics import SupportSources, brief_report, full_report, report_text, write_bundle
from app.diagnostics.bundle import MOST_LOG_BYTES
from app.diagnostics.report_words import FACTS, PARTS
from app.store import Workspace

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=VIETNAM)
PASSPHRASE = "mot mat khau dai cua truong"
TEACHER = "Lò Thị Duyên"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOCBA_HOME", str(tmp_path / "home"))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / TEACHER
    folder.mkdir()
    made, _ = Workspace.create(folder / "school.hocba", PASSPHRASE, TEACHER)
    made.close()
    return folder / "school.hocba"


def test_every_part_and_fact_has_its_words(workspace: Path) -> None:
    opened = Workspace.open(workspace, PASSPHRASE)
    try:
        report = full_report(SupportSources(workspace, opened, screen={"qt": "6.11"}))
    finally:
        opened.close()
    assert set(report.parts) == set(PARTS)
    plain = {name: facts for name, facts in report.parts.items() if name != "tokens"}
    libraries = set(report.parts["libraries"])
    assert {key for facts in plain.values() for key in facts} - libraries <= set(FACTS)
    text = report_text(report)
    assert TEACHER not in text
    assert str(workspace.parent.parent) not in text
    assert "nhật ký trong kho còn nguyên: có" in text
    assert "Bước tiếp theo:" in text


def test_a_clock_that_went_back_is_seen_by_the_files_of_this_machine(workspace: Path) -> None:
    of_today = NOW.timestamp()
    os.utime(workspace, (of_today, of_today))
    back = brief_report(SupportSources(workspace), lambda: NOW.replace(year=2015))
    assert back.parts["clock"]["is_behind"] is True
    right = brief_report(SupportSources(workspace), lambda: NOW)
    assert right.parts["clock"]["is_behind"] is False


def test_a_part_that_cannot_be_read_does_not_spoil_the_others(workspace: Path) -> None:
    opened = Workspace.open(workspace, PASSPHRASE)
    opened.here().db.execute("ALTER TABLE audit RENAME TO gone")
    try:
        report = full_report(SupportSources(workspace, opened, tokens=False))
    finally:
        opened.close()
    assert list(report.parts["workspace"]) == ["not_looked"]
    assert "OperationalError" in str(report.parts["workspace"]["not_looked"])
    assert report.parts["queues"]["enrolled"] is False
    text = report_text(report)
    assert "token đang làm việc nên không khám" in text
    assert "không có: OperationalError" in text


def test_the_command_writes_one_whole_file(
    workspace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HOCBA_PASSPHRASE", PASSPHRASE)
    target = tmp_path / "goi.zip"
    arguments = ["report", "--to", str(target), "--workspace", str(workspace), "--json"]
    assert cli.run(arguments) == 0
    said = json.loads(capsys.readouterr().out)
    with zipfile.ZipFile(target) as bundle:
        assert bundle.namelist() == ["bao-cao.txt", "bao-cao.json", "log/report.log"]
        assert json.loads(bundle.read("bao-cao.json")) == said
    assert said["queues"]["outbox"] == {}
    assert said["program"]["version"]
    assert TEACHER not in json.dumps(said, ensure_ascii=False)


def test_a_damaged_workspace_is_no_reason_for_no_report(
    workspace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    workspace.write_bytes(b"x" * 8192)
    monkeypatch.setenv("HOCBA_PASSPHRASE", PASSPHRASE)
    target = tmp_path / "goi.zip"
    assert cli.run(["report", "--to", str(target), "--workspace", str(workspace), "--json"]) == 0
    heard = capsys.readouterr()
    assert json.loads(heard.out)["queues"] == {"not_looked": "workspace.damaged"}
    assert "workspace.damaged" in heard.err
    assert target.exists()


def test_a_wrong_passphrase_and_a_place_that_is_not_there_are_said_in_words(
    workspace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HOCBA_PASSPHRASE", "khong phai mat khau")
    target = tmp_path / "goi.zip"
    assert cli.run(["report", "--to", str(target), "--workspace", str(workspace)]) == 1
    assert "Mật khẩu chưa đúng" in capsys.readouterr().err
    assert cli.run(["report", "--to", str(tmp_path / "none" / "goi.zip")]) == 1
    heard = capsys.readouterr().err
    assert "goi.zip" in heard
    assert "Traceback" not in heard
    assert not target.exists()


def test_a_bundle_stays_small_enough_for_a_mail(workspace: Path, tmp_path: Path) -> None:
    log.folder().mkdir(parents=True)
    for number in range(4):
        (log.folder() / f"old{number}.log").write_bytes(b"x" * (MOST_LOG_BYTES // 3))
    write_bundle(brief_report(SupportSources(workspace)), tmp_path / "goi.zip")
    with zipfile.ZipFile(tmp_path / "goi.zip") as bundle:
        assert sum(name.startswith("log/") for name in bundle.namelist()) == 3
