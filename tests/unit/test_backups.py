"""A copy counts only when it is proven, and no good copy makes way for a bad one."""

from __future__ import annotations

import json
import os
import random
import shutil
import stat
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.clock import VIETNAM, now
from app.errors import (
    BackupDamaged,
    BackupOfAnother,
    KeyringDamaged,
    WorkspaceBusy,
    WorkspaceDamaged,
    WrongPassphrase,
)
from app.model.people import Student
from app.store import Workspace
from app.store.integrity import keyring, locks
from app.store.integrity.backups import Backup, BackupProof, backups, kept, restore
from app.work import CancelToken, Progress, WorkContext

PASSPHRASE = "mùa lúa chín"
PAGE = 4096
MOMENT = datetime(2026, 11, 30, 8, tzinfo=VIETNAM)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made, _ = Workspace.create(tmp_path / "school.hocba", PASSPHRASE, "hoa")
    fill(made, 60)
    return made


def fill(workspace: Workspace, count: int, first: int = 0) -> None:
    store = workspace.here()
    store.people.save_students(
        Student(f"s{n}", f"Giàng A Páo {n}", "2017-02-01") for n in range(first, first + count)
    )
    store.audit.add("fill", str(first))


def files_in(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()} if folder.exists() else {}


def damage_page(path: Path, number: int) -> None:
    """Flip one bit in the middle of a page (from 1)."""
    content = bytearray(path.read_bytes())
    content[(number - 1) * PAGE + 2000] ^= 4
    path.write_bytes(content)


def key_of(workspace: Workspace) -> bytes:
    return keyring.unwrap(keyring.load(keyring.path_for(workspace.path)), PASSPHRASE)[1]


def require_no_copy(path: Path, key: bytes) -> None:
    opened = Workspace(path, key, "hoa")
    with pytest.raises(WorkspaceDamaged):
        opened.back_up()
    opened.close()


# --- making ---------------------------------------------------------------------------------


def test_a_copy_opens_with_its_own_keyring_and_has_every_row(workspace: Workspace) -> None:
    (copy,) = backups(workspace.path) if workspace.back_up() else ()
    assert copy.proof is not None
    assert copy.is_sound()
    opened = Workspace.open(copy.path, PASSPHRASE)
    assert len(opened.here().people.students()) == 60
    opened.close()


def test_a_flipped_bit_makes_no_copy_and_removes_none(workspace: Workspace) -> None:
    for n in range(12):
        workspace.back_up(MOMENT + timedelta(days=n))
    workspace.close()
    key = key_of(workspace)
    folder, pages = workspace.path.parent / "backups", workspace.path.stat().st_size // PAGE
    before, whole = files_in(folder), workspace.path.read_bytes()
    for number in range(2, pages + 1):
        damage_page(workspace.path, number)
        require_no_copy(workspace.path, key)
        workspace.path.write_bytes(whole)
    assert files_in(folder) == before


def test_a_damaged_keyring_reaches_no_copy(workspace: Workspace) -> None:
    place = keyring.path_for(workspace.path)
    place.write_bytes(place.read_bytes().replace(b'"passes": 3', b'"passes": 7', 1))
    with pytest.raises(KeyringDamaged):
        workspace.back_up()
    assert backups(workspace.path) == []


def test_the_newest_copy_stays_whatever_the_clock_says(workspace: Workspace) -> None:
    """Fault: with the battery empty, the copy just made was the oldest by name, and deleted."""
    for n in range(12):
        workspace.back_up(MOMENT + timedelta(days=n))
    for year in (2010, 2001):
        made = workspace.back_up(datetime(year, 1, 1, tzinfo=VIETNAM))
        assert made.exists()
        assert backups(workspace.path)[0].path == made


def test_copies_of_an_emptied_school_do_not_push_out_the_full_one(workspace: Workspace) -> None:
    full = workspace.back_up(MOMENT)
    workspace.close()
    for file in workspace.path.parent.glob("school.hocba*"):
        file.unlink()
    empty, _ = Workspace.create(workspace.path, PASSPHRASE, "hoa")
    for n in range(1, 40):
        empty.back_up(MOMENT + timedelta(days=n))
    assert full.exists()
    assert Workspace.open(full, PASSPHRASE).here().people.students()


def test_a_school_that_lost_its_log_keeps_the_fullest_copy() -> None:
    def copy(number: int, audit: int) -> Backup:
        at = MOMENT + timedelta(minutes=number)
        proof = BackupProof("w", number, at.isoformat(), "", "", {"audit": audit})
        return Backup(Path(str(number)), at, 1, number, proof)

    copies = [copy(n, 900 if n == 3 else 5) for n in range(30, 0, -1)]
    assert Path("3") in kept(copies)
    assert Path("4") not in kept(copies)


def test_copies_thin_out_by_day_week_and_month() -> None:
    days = [Backup(Path(str(n)), MOMENT + timedelta(days=n), 1, n + 1, None) for n in range(400)]
    stay = sorted(int(path.name) for path in kept(days[::-1]))
    assert stay[-10:] == list(range(390, 400))
    weeks = [n for n in stay if 350 < n < 390]
    assert 2 <= len(weeks) <= 5
    months = {(MOMENT + timedelta(days=n)).strftime("%Y-%m") for n in stay}
    assert len(months) == 12
    assert len(stay) <= 10 + 5 + 12


def test_a_clock_that_stands_still_leaves_the_ten_newest(workspace: Workspace) -> None:
    made = [workspace.back_up(MOMENT) for _ in range(14)]
    assert [copy.path for copy in backups(workspace.path)] == made[:3:-1]


def test_nothing_goes_while_no_other_copy_is_whole(workspace: Workspace) -> None:
    made = [workspace.back_up(MOMENT) for _ in range(10)]
    for copy in made[1:]:
        damage_page(copy, 2)
    workspace.back_up(MOMENT)
    assert made[0].exists()
    assert next(c for c in backups(workspace.path) if c.path == made[0]).is_sound()


def test_copies_of_older_programs_are_listed_and_left_alone(workspace: Workspace) -> None:
    made = workspace.back_up(MOMENT)
    old = made.with_name("school-20250101-080000.hocba")
    shutil.copy(made, old)
    shutil.copy(keyring.path_for(made), keyring.path_for(old))
    for _ in range(14):
        workspace.back_up(MOMENT)
    assert backups(workspace.path)[-1].path == old


def test_what_a_killed_copy_left_is_cleared_and_never_listed(workspace: Workspace) -> None:
    made = workspace.back_up(MOMENT)
    half = Path(str(made).replace("000001", "000007"))
    for ending in (".tmp", ".keys", ".proof.json", ".keys.tmp"):
        Path(f"{half}{ending}").write_bytes(b"half")
    assert [copy.path for copy in backups(workspace.path)] == [made]
    assert workspace.back_up(MOMENT).name.startswith("school-000002-")
    assert not list(made.parent.glob("school-000007*"))


def test_keyring_copies_are_for_their_owner_only(workspace: Workspace) -> None:
    copied = keyring.path_for(workspace.back_up())
    for file in (copied, keyring.path_for(workspace.path)):
        assert os.name != "posix" or stat.S_IMODE(file.stat().st_mode) == 0o600


def test_copying_goes_in_steps_and_can_be_stopped(workspace: Workspace) -> None:
    fill(workspace, 4000, first=100)
    steps: list[Progress] = []
    workspace.back_up(context=WorkContext(report=steps.append))
    assert len(steps) > 1
    stop = CancelToken()
    stop.cancel()
    with pytest.raises(Exception, match="cancelled"):
        workspace.back_up(context=WorkContext(stop))
    assert len(backups(workspace.path)) == 1


def test_edits_go_on_while_a_copy_is_made(workspace: Workspace) -> None:
    fill(workspace, 4000, first=100)

    def edit(_: Progress) -> None:
        workspace.here().settings.set("edited", True)

    copy = workspace.back_up(context=WorkContext(report=edit))
    assert workspace.here().settings.get("edited")
    opened = Workspace.open(copy, PASSPHRASE).here()
    assert opened.settings.get("edited") is None


# --- taking back ----------------------------------------------------------------------------


def test_a_copy_is_taken_back_and_what_stood_there_is_kept(workspace: Workspace) -> None:
    copy = workspace.back_up()
    fill(workspace, 5, first=500)
    workspace.close()
    aside = restore(workspace.path, copy, PASSPHRASE)
    again = Workspace.open(workspace.path, PASSPHRASE)
    assert len(again.here().people.students()) == 60
    kept_aside = Workspace.open(aside / "school.hocba", PASSPHRASE)
    assert len(kept_aside.here().people.students()) == 65


def test_two_restores_in_one_second_keep_both_that_stood_there(workspace: Workspace) -> None:
    copy = workspace.back_up()
    workspace.close()
    asides = {restore(workspace.path, copy) for _ in range(3)}
    assert len(asides) == 3
    assert all((aside / "school.hocba").exists() for aside in asides)


def test_a_copy_that_rotted_is_refused_and_nothing_changes(workspace: Workspace) -> None:
    copy = workspace.back_up()
    workspace.close()
    damage_page(copy, 3)
    before = workspace.path.read_bytes()
    with pytest.raises(BackupDamaged):
        restore(workspace.path, copy)
    assert workspace.path.read_bytes() == before


def test_a_copy_without_proof_is_read_whole_when_the_passphrase_is_there(
    workspace: Workspace,
) -> None:
    copy = workspace.back_up()
    workspace.close()
    copy.with_name(copy.name + ".proof.json").unlink()
    with pytest.raises(WrongPassphrase):
        restore(workspace.path, copy, "một hai ba bốn")
    damage_page(copy, 3)
    with pytest.raises(BackupDamaged):
        restore(workspace.path, copy, PASSPHRASE)


def test_a_copy_of_another_school_does_not_take_the_place(
    workspace: Workspace, tmp_path: Path
) -> None:
    other, _ = Workspace.create(tmp_path / "b" / "school.hocba", PASSPHRASE, "hoa")
    copy = other.back_up()
    workspace.close()
    with pytest.raises(BackupOfAnother):
        restore(workspace.path, copy, PASSPHRASE)
    restore(tmp_path / "c" / "school.hocba", copy, PASSPHRASE)
    assert Workspace.open(tmp_path / "c" / "school.hocba", PASSPHRASE).user == "hoa"


def test_a_workspace_in_use_is_not_replaced(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = workspace.back_up()
    monkeypatch.setattr(locks, "WAIT_S", 0.0)
    with pytest.raises(WorkspaceBusy):
        restore(workspace.path, copy)
    assert workspace.here().people.students()


def test_a_proof_names_no_pupil(workspace: Workspace) -> None:
    copy = workspace.back_up(now())
    found = json.loads(copy.with_name(copy.name + ".proof.json").read_text())
    assert set(found) == {"workspace", "number", "made_at", "sha256", "keyring_sha256", "rows"}
    assert all(isinstance(count, int) for count in found["rows"].values())


def test_random_damages_reach_no_copy(workspace: Workspace) -> None:
    chance = random.Random(12)
    workspace.back_up()
    workspace.close()
    key = key_of(workspace)
    whole, folder = workspace.path.read_bytes(), workspace.path.parent / "backups"
    before = files_in(folder)
    for _ in range(40):
        content = bytearray(whole)
        kind = chance.randrange(3)
        if kind == 0:
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        elif kind == 1:
            content = content[: chance.randrange(len(content))]
        else:
            page = chance.randrange(len(content) // PAGE) * PAGE
            content[page : page + PAGE] = bytes(PAGE)
        workspace.path.write_bytes(content)
        require_no_copy(workspace.path, key)
    assert files_in(folder) == before
