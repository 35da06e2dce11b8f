"""Reading back what was written, past what the system remembers of it; renaming for good."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.medium import move_onto, read_back

_MIB = 1 << 20


@pytest.mark.parametrize("size", [0, 1, 511, 4096, _MIB - 1, _MIB, _MIB + 1, 3 * _MIB])
def test_every_byte_comes_back(tmp_path: Path, size: int) -> None:
    file = tmp_path / "Lò Thị Hương.hbx"
    content = bytes(n % 251 for n in range(size))
    file.write_bytes(content)
    assert read_back(file) == content


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_back(tmp_path / "none")


def test_a_name_is_replaced(tmp_path: Path) -> None:
    old, new = tmp_path / "học bạ.xml", tmp_path / "học bạ.xml.tmp"
    old.write_bytes(b"old")
    new.write_bytes(b"new")
    move_onto(new, old)
    assert old.read_bytes() == b"new"
    assert not new.exists()


def test_what_cannot_be_moved_stays(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        move_onto(tmp_path / "none", tmp_path / "new")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "paper").write_bytes(b"x")
    (tmp_path / "old").write_bytes(b"y")
    with pytest.raises(OSError):  # noqa: PT011 - which one differs between systems
        move_onto(tmp_path / "old", tmp_path / "new")
    assert (tmp_path / "new" / "paper").read_bytes() == b"x"
    assert (tmp_path / "old").read_bytes() == b"y"
