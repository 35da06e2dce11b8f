"""`hocba backup`, `restore` and `check`, as a clerk types them."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.cli import run
from app.store import Workspace
from app.store.integrity import keyring
from tests.fixtures.schools.small_school import PASSPHRASE, small_school

PAGE = 4096


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    school = small_school(tmp_path)
    school.sign_all()
    school.made.close()
    return tmp_path / "school.hocba"


def hocba(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object
) -> tuple[int, dict[str, Any]]:
    monkeypatch.setenv("HOCBA_PASSPHRASE", PASSPHRASE)
    code = run([*map(str, arguments), "--json"])
    out = capsys.readouterr().out
    return code, json.loads(out)


def test_a_copy_goes_out_comes_back_and_all_is_whole(
    workspace: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stick = tmp_path / "usb"
    code, made = hocba(capsys, monkeypatch, "backup", "--workspace", workspace, "--to", stick)
    assert (code, made["sound"], made["removed"]) == (0, True, [])
    assert made["rows"]["signature"] > 0
    workspace.write_bytes(b"")
    code, found = hocba(capsys, monkeypatch, "check", "--workspace", workspace)
    assert (code, found["sound"], found["file"]["sound"]) == (1, False, False)
    code, back = hocba(
        capsys, monkeypatch, "restore", "--from", made["copy"], "--workspace", workspace
    )
    assert (code, back["restored"]) == (0, True)
    assert (Path(back["replaced"]) / "school.hocba").read_bytes() == b""
    code, found = hocba(capsys, monkeypatch, "check", "--workspace", workspace)
    assert (code, found["sound"], found["damaged"]) == (0, True, [])


def test_a_damaged_workspace_is_not_copied_and_nothing_is_rotated(
    workspace: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stick, order = tmp_path / "usb", ("backup", "--workspace", workspace, "--to", tmp_path / "usb")
    for _ in range(11):
        assert hocba(capsys, monkeypatch, *order)[0] == 0
    before = {file: file.read_bytes() for file in stick.iterdir()}
    whole, chance = workspace.read_bytes(), random.Random(9)
    for _ in range(5):
        content = bytearray(whole)
        content[chance.randrange(PAGE, len(content))] ^= 1 << chance.randrange(8)
        workspace.write_bytes(content)
        code, said = hocba(capsys, monkeypatch, *order)
        assert (code, said["copy"], said["error"]) == (1, None, "workspace.damaged")
    assert {file: file.read_bytes() for file in stick.iterdir()} == before


def test_check_names_what_is_damaged_and_the_good_copy(
    workspace: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = Workspace.open(workspace, PASSPHRASE)
    first, second = opened.back_up(), opened.back_up()
    opened.close()
    for file, at in ((second, 9_000), (keyring.path_for(workspace), 300)):
        content = bytearray(file.read_bytes())
        content[at] ^= 1
        file.write_bytes(content)
    code, found = hocba(capsys, monkeypatch, "check", "--workspace", workspace)
    assert code == 1
    assert [each["part"] for each in found["damaged"]] == ["keyring"]
    assert [copy["sound"] for copy in found["copies"]] == [False, True]
    assert found["good_copy"] == str(first)


def test_a_lost_signature_is_told_by_the_registers(
    workspace: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = Workspace.open(workspace, PASSPHRASE)
    assert opened.here().registers.count()
    opened.here().db.execute(
        "DELETE FROM signature WHERE rowid = (SELECT max(rowid) FROM signature)"
    )
    opened.close()
    code, found = hocba(capsys, monkeypatch, "check", "--workspace", workspace)
    assert (code, found["registers"]["sound"], found["pages"]["sound"]) == (1, False, True)


def test_the_passphrase_comes_from_standard_input_and_a_wrong_one_is_words(
    workspace: Path,
) -> None:
    command = [sys.executable, "-m", "app", "check", "--workspace", str(workspace)]
    environment = {k: v for k, v in os.environ.items() if k != "HOCBA_PASSPHRASE"}
    good = subprocess.run(
        command,
        check=False,
        input=f"{PASSPHRASE}\n",
        text=True,
        capture_output=True,
        env=environment,
    )
    assert (good.returncode, good.stderr) == (0, "")
    assert "còn nguyên vẹn" in good.stdout
    wrong = subprocess.run(
        command,
        check=False,
        input="sai mật khẩu\n",
        text=True,
        capture_output=True,
        env=environment,
    )
    assert wrong.returncode == 1
    assert "Mật khẩu chưa đúng" in wrong.stderr
    assert "Traceback" not in wrong.stderr
