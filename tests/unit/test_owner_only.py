"""What only its owner may read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.department.store.folder import init_folder
from app.owner_only import restrict, write_private
from app.store.integrity import keyring
from tests.fixtures.access import others_may_read


@pytest.fixture(autouse=True)
def _open_handed() -> None:
    if hasattr(os, "umask"):
        os.umask(0o022)


def test_a_private_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    file = tmp_path / "khóa.key"
    write_private(file, b"secret")
    assert not others_may_read(file)
    write_private(file, b"another")
    assert file.read_bytes() == b"another"
    assert not others_may_read(file)
    assert [one.name for one in tmp_path.iterdir()] == ["khóa.key"]


def test_a_file_of_everybody_becomes_private(tmp_path: Path) -> None:
    file = tmp_path / "open.txt"
    file.write_bytes(b"x")
    restrict(file)
    assert not others_may_read(file)
    assert file.read_bytes() == b"x"


def test_a_station_s_folder_is_its_owner_s_alone(tmp_path: Path) -> None:
    folder = init_folder(tmp_path / "trạm", "Sở thử").path
    private = [folder, *folder.glob("*.key"), folder / "station.json"]
    assert len(private) == 5
    assert [one.name for one in private if others_may_read(one)] == []


def test_a_folder_with_other_things_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "of somebody else").write_bytes(b"x")
    before = tmp_path.stat().st_mode
    init_folder(tmp_path, "Sở thử")
    assert tmp_path.stat().st_mode == before


def test_a_keyring_is_private(tmp_path: Path) -> None:
    keyring.save(tmp_path / "school.hocba.keys", [])
    assert not others_may_read(tmp_path / "school.hocba.keys")
