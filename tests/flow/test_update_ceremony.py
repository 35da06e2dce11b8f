"""The key ceremony and an update as people type them (resources/docs/updates.md rehearsed)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app import cli
from app.cli import run
from app.updates import client
from app.updates.handing_over import versions
from tests.fixtures.update_publisher import program


@pytest.fixture(autouse=True)
def _desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOCBA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOCBA_PASSPHRASE", "mật khẩu của khóa")


def hocba(*arguments: str, code: int = 0) -> None:
    assert run(list(arguments)) == code, arguments


def ceremony() -> None:
    """Three owners, each on a machine of their own; two are enough."""
    for name in ("an", "binh", "chi", "phat-hanh"):
        hocba("department", "update-key", f"{name}.pem")
    owners = [part for name in ("an", "binh", "chi") for part in ("--owner", f"{name}.pub")]
    hocba(
        *("department", "update-root", "root.json", *owners),
        *("--publisher", "phat-hanh.pub", "--threshold", "2"),
    )
    for name in ("an", "chi"):
        hocba("department", "update-root", "root.json", "--sign", f"{name}.pem")


def publish(version: str, *more: str) -> None:
    folder = program(Path(version), version)
    hocba(
        *("department", "publish-update", "usb", "--key", "phat-hanh.pem", *more),
        *("--program", f"{version}={folder}", "--platform", client.platform()),
    )


def test_from_keys_to_a_school_s_new_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ceremony()
    assert "2 trong 2" in capsys.readouterr().out
    publish("9.0.0", "--root", "root.json")
    hocba("update", "--from", "usb", code=1)  # it does not know yet whom to trust
    assert "khóa gốc" in capsys.readouterr().err
    hocba("update", "--root", "root.json")
    fingerprint = capsys.readouterr().out.rpartition("vân tay: ")[2].strip(" .\n")
    assert len(fingerprint.replace(" ", "")) == 32
    hocba("update", "--from", "usb", "--json")
    assert json.loads(capsys.readouterr().out) == {"version": "9.0.0", "put_off_until": None}
    assert versions().to_try() == "9.0.0"
    hocba("update", "--from", "usb")
    assert "mới nhất" in capsys.readouterr().out


def test_another_root_is_not_taken_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    ceremony()
    hocba("update", "--root", "root.json")
    for file in [*Path().glob("*.pem"), Path("root.json")]:
        file.unlink()
    ceremony()
    hocba("update", "--root", "root.json", code=1)
    assert "update.root_invalid" in capsys.readouterr().err


def test_a_root_that_one_signed_publishes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("an", "binh", "phat-hanh"):
        hocba("department", "update-key", f"{name}.pem")
    hocba(
        *("department", "update-root", "root.json", "--owner", "an.pub", "--owner", "binh.pub"),
        *("--publisher", "phat-hanh.pub", "--threshold", "2"),
    )
    hocba("department", "update-root", "root.json", "--sign", "an.pem")
    hocba(
        *("department", "publish-update", "usb", "--key", "phat-hanh.pem", "--root", "root.json"),
        code=1,
    )
    assert "update.root_invalid" in capsys.readouterr().err
    assert not Path("usb").exists()


def test_a_list_can_be_renewed_without_a_program() -> None:
    ceremony()
    publish("9.0.0", "--root", "root.json")
    hocba("department", "publish-update", "usb", "--key", "phat-hanh.pem")
    assert Path("usb/metadata/2.targets.json").exists()


def test_the_command_is_listed() -> None:
    assert "update" in cli.COMMANDS
