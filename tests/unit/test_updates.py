"""Updates by a folder: what is taken, what is refused, and by whom it must be signed."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.errors import (
    UpdateDamaged,
    UpdateError,
    UpdateExpired,
    UpdateForged,
    UpdateKeyInvalid,
    UpdateMissing,
    UpdateOlder,
    UpdateRootInvalid,
)
from app.updates import archive
from app.updates.client import UpdateClient
from app.updates.repository import UpdateRepository, open_key
from app.updates.updating import BEFORE_DEADLINE, Updated, update
from app.updates.versions import Versions
from tests.fixtures.update_publisher import PASSPHRASE, Publisher, program

TODAY = date(2027, 3, 1)
_LISTED = (
    "targets/program/*.zip",
    "targets/*.index.json",
    "metadata/*.targets.json",
    "metadata/*.snapshot.json",
)


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    (tmp_path / "keys").mkdir()
    return Publisher(tmp_path / "keys")


class School:
    def __init__(self, place: Path, root: bytes, own: str = "1.0.0") -> None:
        self.place, self.root = place, root
        self.versions = Versions(place / "versions", own)

    def update(
        self, folder: Path, deadline: date | None = None, base: Path | None = None
    ) -> Updated:
        client = UpdateClient(folder, self.place / "memory", self.root)
        return update(client, self.versions, TODAY, deadline, base)


@pytest.fixture
def school(tmp_path: Path, publisher: Publisher) -> School:
    return School(tmp_path / "Trường Ấn", publisher.begin())


def test_a_newer_program_comes_beside_the_old_one(
    tmp_path: Path, publisher: Publisher, school: School
) -> None:
    made = program(tmp_path / "new", "program", **{"học bạ.txt": "x" * 5000})
    publisher.release("1.1.0", made)
    assert school.update(publisher.folder).version == "1.1.0"
    taken = school.versions.folder / "1.1.0"
    assert archive.file_hashes(taken) == archive.file_hashes(made)
    assert school.versions.to_try() == "1.1.0"
    assert school.update(publisher.folder) == Updated()


def test_a_stick_with_many_versions_gives_the_newest(
    tmp_path: Path, publisher: Publisher, school: School
) -> None:
    for version in ("1.9.0", "1.10.0", "1.2.0"):
        publisher.release(version, program(tmp_path / version, version))
    publisher.release("2.0.0", program(tmp_path / "other", "x"), platform="some-other")
    assert school.update(publisher.folder).version == "1.10.0"


def test_a_delta_is_small_and_gives_the_same_program(
    tmp_path: Path, publisher: Publisher, school: School
) -> None:
    same = {f"library {n}": f"{n}" * 50_000 for n in range(9)}
    old = program(tmp_path / "old", "old", gone="x", **same)
    new = program(tmp_path / "new", "new", **same)
    publisher.release("1.1.0", new, {"1.0.0": old})
    sizes = {each["base"]: each["bytes"] for each in publisher.repository.programs()}
    assert sizes["1.0.0"] < sizes[""]
    full = next(publisher.folder.glob("targets/program/*.hocba-1.1.0-[!s]*.zip"))
    full.unlink()  # only the delta can be used now
    assert school.update(publisher.folder, base=old).version == "1.1.0"
    taken = school.versions.folder / "1.1.0"
    assert archive.file_hashes(taken) == archive.file_hashes(new)


def test_a_delta_over_a_program_that_somebody_changed_is_refused(
    tmp_path: Path, publisher: Publisher, school: School
) -> None:
    old = program(tmp_path / "old", "old", kept="same")
    new = program(tmp_path / "new", "new", kept="same")
    publisher.release("1.1.0", new, {"1.0.0": old})
    (old / "_internal" / "kept").write_text("evil")
    with pytest.raises(UpdateDamaged):
        school.update(publisher.folder, base=old)
    assert school.versions.to_try() == ""
    assert school.update(publisher.folder).version == "1.1.0"  # the full one


def test_nothing_is_taken_in_the_days_before_the_deadline_unless_it_is_critical(
    tmp_path: Path, publisher: Publisher, school: School
) -> None:
    publisher.release("1.1.0", program(tmp_path / "a", "a"))
    due = TODAY + BEFORE_DEADLINE
    put_off = school.update(publisher.folder, due)
    assert put_off.put_off_until == due + timedelta(days=1)
    assert school.versions.to_try() == ""
    publisher.release("1.1.1", program(tmp_path / "b", "b"), critical=True)
    assert school.update(publisher.folder, due).put_off_until is None
    assert school.versions.to_try() == "1.1.1"


def test_long_before_the_deadline_it_is_taken(
    tmp_path: Path, publisher: Publisher, school: School
) -> None:
    publisher.release("1.1.0", program(tmp_path / "a", "a"))
    assert school.update(publisher.folder, TODAY + BEFORE_DEADLINE + timedelta(days=1)).version


# --- attacks --------------------------------------------------------------------------------


def test_what_another_signs_is_refused(
    tmp_path: Path, publisher: Publisher, school: School
) -> None:
    (tmp_path / "other keys").mkdir()
    stranger = Publisher(tmp_path / "other keys")
    stranger.begin()
    stranger.release("9.0.0", program(tmp_path / "a", "a"))
    with pytest.raises(UpdateForged):
        school.update(stranger.folder)
    assert not school.versions.folder.exists()


@pytest.mark.parametrize("which", [*_LISTED, "metadata/timestamp.json"])
def test_a_changed_byte_anywhere_is_refused(
    tmp_path: Path, publisher: Publisher, school: School, which: str
) -> None:
    publisher.release("1.1.0", program(tmp_path / "a", "a"))
    [file] = publisher.folder.glob(which)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(UpdateError):
        school.update(publisher.folder)
    assert school.versions.to_try() == ""


@pytest.mark.parametrize("which", _LISTED)
def test_a_missing_file_is_refused(
    tmp_path: Path, publisher: Publisher, school: School, which: str
) -> None:
    publisher.release("1.1.0", program(tmp_path / "a", "a"))
    [file] = publisher.folder.glob(which)
    file.unlink()
    with pytest.raises(UpdateError):
        school.update(publisher.folder)
    assert school.versions.to_try() == ""


def test_an_older_state_of_the_folder_is_refused(
    tmp_path: Path, publisher: Publisher, school: School
) -> None:
    publisher.release("1.1.0", program(tmp_path / "a", "a"))
    shutil.copytree(publisher.folder, tmp_path / "kept by a stranger")
    publisher.release("1.2.0", program(tmp_path / "b", "b"))
    school.update(publisher.folder)
    with pytest.raises(UpdateOlder):
        school.update(tmp_path / "kept by a stranger")


def test_a_list_from_a_year_ago_is_taken_and_an_older_one_is_not(
    tmp_path: Path, publisher: Publisher, school: School
) -> None:
    publisher.ahead = -timedelta(days=548)
    publisher.release("1.1.0", program(tmp_path / "a", "a"))
    assert school.update(publisher.folder).version == "1.1.0"
    publisher.ahead = -timedelta(days=552)
    publisher.release("1.2.0", program(tmp_path / "b", "b"))
    with pytest.raises(UpdateExpired):
        school.update(publisher.folder)
    publisher.ahead = timedelta()
    publisher.renew()
    assert school.update(publisher.folder).version == "1.2.0"


def test_a_folder_without_updates_is_said(tmp_path: Path, school: School) -> None:
    (tmp_path / "stick").mkdir()
    with pytest.raises(UpdateMissing):
        school.update(tmp_path / "stick")


# --- the ceremony ---------------------------------------------------------------------------


def test_one_owner_alone_makes_no_root(publisher: Publisher) -> None:
    draft = publisher.root(["bình"])
    assert (draft.signed, draft.wanted) == (1, 2)
    with pytest.raises(UpdateRootInvalid):
        publisher.repository.install_root(draft.content)


def test_the_same_owner_twice_counts_once(publisher: Publisher) -> None:
    assert publisher.root(["bình", "bình"]).signed == 1


def test_keys_are_replaced_without_asking_any_school(
    tmp_path: Path, publisher: Publisher, school: School
) -> None:
    """An owner left, the publisher's key was lost: two of the old owners sign the next root."""
    publisher.release("1.1.0", program(tmp_path / "a", "a"))
    school.update(publisher.folder)
    owners = ["an", "bình", "dung"]
    root = publisher.root(["an", "bình"], owners, "new publisher", school.root)
    publisher.repository.install_root(root.content)
    with pytest.raises(UpdateKeyInvalid):
        publisher.release("1.2.0", program(tmp_path / "b", "b"))
    publisher.release("1.2.0", program(tmp_path / "b", "b"), publisher="new publisher")
    assert school.update(publisher.folder).version == "1.2.0"


def test_new_owners_alone_cannot_follow(publisher: Publisher, school: School) -> None:
    owners = ["dung", "em", "an"]
    draft = publisher.root(["dung", "em"], owners, before=school.root)
    with pytest.raises(UpdateRootInvalid):
        publisher.repository.install_root(draft.content)
    place = publisher.folder / "metadata" / "2.root.json"
    place.write_bytes(draft.content)  # whoever has the folder can write
    publisher.renew()
    with pytest.raises(UpdateForged):
        school.update(publisher.folder)


def test_a_key_opens_with_its_passphrase_only(publisher: Publisher) -> None:
    with pytest.raises(UpdateKeyInvalid):
        open_key(publisher.key("an"), "khác")
    assert open_key(publisher.key("an"), PASSPHRASE).public_key.keytype == "ed25519"


def test_nothing_is_published_by_a_repository_without_a_root(
    tmp_path: Path, publisher: Publisher
) -> None:
    empty = UpdateRepository(tmp_path / "empty", publisher.now)
    with pytest.raises(UpdateRootInvalid):
        empty.publish(open_key(publisher.key("publisher"), PASSPHRASE), [])


# --- archives -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../evil", "/evil", "C:/evil", "a/../../evil", "a\\..\\evil", ""])
def test_an_archive_never_writes_outside_its_folder(tmp_path: Path, name: str) -> None:
    import hashlib
    import zipfile

    file = tmp_path / "evil.zip"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("files.json", json.dumps({name: hashlib.sha256(b"x").hexdigest()}))
        packed.writestr(name or "x", b"x")
    with pytest.raises(UpdateDamaged):
        archive.unpack(file, tmp_path / "room" / "in")
    assert not (tmp_path / "room" / "in").exists()
    assert not list(tmp_path.rglob("evil"))


def test_the_same_program_makes_the_same_archive(tmp_path: Path) -> None:
    made = program(tmp_path / "a", "a", b="b")
    archive.pack(made, tmp_path / "1.zip")
    shutil.copytree(made, tmp_path / "again")
    archive.pack(tmp_path / "again", tmp_path / "2.zip")
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
