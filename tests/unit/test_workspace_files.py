"""Opening never creates; damage is told as damage; keys change when somebody leaves."""

from __future__ import annotations

import json
import random
import shutil
import threading
from pathlib import Path

import pytest

from app.errors import (
    AuditBroken,
    KeyChanged,
    KeyringDamaged,
    WorkspaceDamaged,
    WorkspaceError,
    WorkspaceMissing,
    WrongPassphrase,
)
from app.model.people import Student
from app.store import Workspace
from app.store.integrity import exchange, keyring
from app.store.integrity.examination import DamagedPart, examine
from app.store.workspace import exists

PASSPHRASE, OTHER = "mùa lúa chín", "một hai ba bốn"
PAGE = 4096


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made, _ = Workspace.create(tmp_path / "school.hocba", PASSPHRASE, "hoa")
    store = made.here()
    store.people.save_students(
        Student(f"s{n}", f"Giàng A Páo {n}", "2017-02-01") for n in range(80)
    )
    for n in range(30):
        store.audit.add("view", f"r{n}")
    return made


def keys_of(workspace: Workspace) -> Path:
    return keyring.path_for(workspace.path)


# --- opening never creates ------------------------------------------------------------------


@pytest.mark.parametrize("size", [None, 0, 1, 100, PAGE - 1, PAGE])
def test_a_file_gone_emptied_or_cut_short_is_damage_and_stays_as_it_is(
    workspace: Workspace, size: int | None
) -> None:
    """Fault: an empty file was opened as a new school, and its copies pushed out the real ones."""
    workspace.close()
    rest = None if size is None else workspace.path.read_bytes()[:size]
    workspace.path.unlink()
    if rest is not None:
        workspace.path.write_bytes(rest)
    with pytest.raises(WorkspaceDamaged):
        Workspace.open(workspace.path, PASSPHRASE)
    assert (workspace.path.read_bytes() if workspace.path.exists() else None) == rest
    assert exists(workspace.path)


def test_a_new_school_is_made_only_where_nothing_is_left_of_one(workspace: Workspace) -> None:
    assert not exists(workspace.path.with_name("other.hocba"))
    with pytest.raises(WorkspaceMissing):
        Workspace.open(workspace.path.with_name("other.hocba"), PASSPHRASE)
    workspace.back_up()
    workspace.close()
    workspace.path.unlink()
    keys_of(workspace).unlink()
    assert exists(workspace.path)  # its copies are


def test_a_first_run_killed_between_its_files_is_undone(tmp_path: Path) -> None:
    path = tmp_path / "school.hocba"
    for half in ("school.hocba.new", "school.hocba.keys.new"):
        (tmp_path / half).write_bytes(b"half")
    assert not exists(path)
    Workspace.create(path, PASSPHRASE, "hoa")[0].close()
    assert Workspace.open(path, PASSPHRASE).user == "hoa"


def test_an_exchange_that_was_decided_is_carried_through(tmp_path: Path) -> None:
    """Whatever of it was done already."""
    made, _ = Workspace.create(tmp_path / "made" / "school.hocba", PASSPHRASE, "new")
    made.close()
    for done in range(5):
        place = tmp_path / str(done) / "school.hocba"
        old, _ = Workspace.create(place, OTHER, "old")
        old.close()
        new, new_keys = (Path(f"{place}{end}") for end in (".new", ".keys.new"))
        shutil.copy(made.path, new)
        shutil.copy(keys_of(made), new_keys)
        place.with_name("school.hocba.exchange").write_text("backups/replaced-0001")
        steps = (
            lambda p=place: (p.parent / "backups/replaced-0001").mkdir(parents=True),
            lambda p=place: p.rename(p.parent / "backups/replaced-0001/school.hocba"),
            lambda p=place, n=new: n.rename(p),
            lambda p=place: keyring.path_for(p).rename(
                p.parent / "backups/replaced-0001/school.hocba.keys"
            ),
        )
        for step in steps[:done]:
            step()
        assert Workspace.open(place, PASSPHRASE).user == "new"
        assert Workspace.open(place.parent / "backups/replaced-0001/school.hocba", OTHER)
        assert not exchange.unsettled(place)


# --- damage ---------------------------------------------------------------------------------


def test_every_page_that_rots_is_told_and_never_as_unexpected(workspace: Workspace) -> None:
    """Fault: 28 of 60 flips were met while reading, as an error of nobody."""
    key = keyring.unwrap(keyring.load(keys_of(workspace)), PASSPHRASE)[1]
    workspace.close()
    whole = workspace.path.read_bytes()
    for page in range(len(whole) // PAGE):
        content = bytearray(whole)
        content[page * PAGE + 77] ^= 1
        workspace.path.write_bytes(content)
        opened = Workspace(workspace.path, key, "hoa")
        with pytest.raises(WorkspaceDamaged):
            _read_and_check(opened)
        opened.close()


def _read_and_check(opened: Workspace) -> None:
    store = opened.here()
    store.people.students()
    list(store.audit.entries())
    opened.check()


def test_damages_of_all_kinds_are_told_by_an_examination(workspace: Workspace) -> None:
    workspace.back_up()
    workspace.close()
    chance = random.Random(5)
    whole, keys = workspace.path.read_bytes(), keys_of(workspace).read_bytes()
    assert examine(workspace.path, PASSPHRASE).sound
    for number in range(25):
        content, ring = bytearray(whole), bytearray(keys)
        if number % 5 < 2:
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        elif number % 5 == 2:
            content = content[: chance.randrange(len(content))]
        elif number % 5 == 3:
            ring[chance.randrange(len(ring))] ^= 1 << chance.randrange(8)
        else:
            ring = ring[: chance.randrange(len(ring))]
        workspace.path.write_bytes(content)
        keys_of(workspace).write_bytes(ring)
        found = examine(workspace.path, PASSPHRASE)
        assert not found.sound, number
        assert found.good_copy is not None
        assert workspace.path.read_bytes() == content
        assert keys_of(workspace).read_bytes() == ring


def test_rows_that_do_not_say_what_was_written_are_told(workspace: Workspace) -> None:
    db = workspace.here().db
    db.execute("UPDATE setting SET value = '{' WHERE key = 'workspace.id'")
    db.execute("DROP TRIGGER audit_no_update")
    db.execute("UPDATE audit SET subject = 'r9' WHERE id = 7")
    workspace.close()
    parts = {damage.part: damage.where for damage in examine(workspace.path, PASSPHRASE).damages}
    assert parts == {DamagedPart.ROWS: "setting 1: no JSON", DamagedPart.AUDIT: "7"}


def test_a_broken_audit_chain_is_told_also_when_its_verified_part_changes(
    workspace: Workspace,
) -> None:
    audit = workspace.here().audit
    audit.require_unbroken()
    audit.add("view", "r")
    audit.require_unbroken()
    workspace.here().db.execute("DROP TRIGGER audit_no_delete")
    workspace.here().db.execute("DELETE FROM audit WHERE id > 20")
    with pytest.raises(AuditBroken):
        audit.require_unbroken()


# --- the keyring ----------------------------------------------------------------------------


def test_one_damaged_entry_locks_nobody_else_out_and_is_no_wrong_passphrase(
    workspace: Workspace,
) -> None:
    workspace.add_user("khải", OTHER)
    workspace.close()
    document = json.loads(keys_of(workspace).read_text())
    entry = next(each for each in document["entries"] if each["user"] == "khải")
    entry["wrapped"] = entry["wrapped"][::-1]
    keys_of(workspace).write_text(json.dumps(document))
    Workspace.open(workspace.path, PASSPHRASE).close()
    with pytest.raises(KeyringDamaged):
        Workspace.open(workspace.path, OTHER)
    with pytest.raises(KeyringDamaged):
        Workspace.open(workspace.path, "không phải của ai")


def test_bits_that_flip_in_the_keyring_never_read_as_a_wrong_passphrase(
    workspace: Workspace,
) -> None:
    workspace.close()
    whole = keys_of(workspace).read_bytes()
    chance = random.Random(3)
    for _ in range(60):
        content = bytearray(whole)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        keys_of(workspace).write_bytes(content)
        assert not keyring.is_whole(keys_of(workspace))
        entries = []
        try:
            entries = keyring.load(keys_of(workspace))
        except WorkspaceDamaged:
            continue
        assert any(not entry.intact for entry in entries) or len(entries) == 2


@pytest.mark.parametrize("torn", ["", "{", "gone"])
def test_a_damaged_keyring_is_mended_from_a_copy_that_leads_to_the_same_key(
    workspace: Workspace, torn: str
) -> None:
    workspace.add_user("khải", OTHER)
    workspace.back_up()
    workspace.close()
    keys_of(workspace).write_text(torn)
    if torn == "gone":
        keys_of(workspace).unlink()
    Workspace.open(workspace.path, OTHER).close()
    assert keyring.is_whole(keys_of(workspace))
    assert Workspace.open(workspace.path, PASSPHRASE).user == "hoa"


def test_a_keyring_of_the_first_format_opens_and_is_renewed(workspace: Workspace) -> None:
    key = keyring.unwrap(keyring.load(keys_of(workspace)), PASSPHRASE)[1]
    workspace.close()
    first_format(keys_of(workspace), {"hoa": PASSPHRASE, "khải": OTHER}, key)
    opened = Workspace.open(workspace.path, PASSPHRASE)
    opened.remove_user("khải")
    opened.close()
    (entry,) = keyring.load(keys_of(workspace))
    assert entry.renewable
    assert Workspace.open(workspace.path, PASSPHRASE).user == "hoa"


def test_the_data_key_changes_once_everybody_of_the_first_format_came(
    workspace: Workspace,
) -> None:
    key = keyring.unwrap(keyring.load(keys_of(workspace)), PASSPHRASE)[1]
    workspace.close()
    people = {"hoa": PASSPHRASE, "khải": OTHER, "biên": "bốn từ không liên quan"}
    first_format(keys_of(workspace), people, key)
    opened = Workspace.open(workspace.path, PASSPHRASE)
    opened.remove_user("khải")
    assert opened.key_renewal_waits_for() == ["biên"]
    opened.close()
    came = Workspace.open(workspace.path, people["biên"])
    assert came.key_renewal_waits_for() == []
    came.close()
    assert keyring.unwrap(keyring.load(keys_of(workspace)), PASSPHRASE)[1] != key


def first_format(place: Path, people: dict[str, str], key: bytes) -> None:
    """A keyring as the first program wrote it: the data key wrapped by each passphrase."""
    import base64

    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
    from cryptography.hazmat.primitives.keywrap import aes_key_wrap

    entries = []
    for user, passphrase in people.items():
        salt = user.encode().ljust(16, b"-")[:16]
        kdf = Argon2id(salt=salt, length=32, iterations=3, lanes=1, memory_cost=8 * 1024)
        wrapped = aes_key_wrap(kdf.derive(passphrase.encode()), key)
        entries.append(
            {
                "user": user,
                "salt": base64.b64encode(salt).decode(),
                "wrapped": base64.b64encode(wrapped).decode(),
                "memory_kib": 8 * 1024,
                "passes": 3,
                "lanes": 1,
            }
        )
    place.write_text(json.dumps({"format": 1, "entries": entries}, indent=1))


# --- change of key --------------------------------------------------------------------------


def _old_keyring_opens_nothing(workspace: Workspace, old: bytes, passphrase: str) -> None:
    place = workspace.path.parent / "stolen" / "school.hocba"
    place.parent.mkdir()
    shutil.copy(workspace.path, place)
    keyring.path_for(place).write_bytes(old)
    with pytest.raises(WorkspaceError):
        Workspace.open(place, passphrase)


def test_an_old_keyring_opens_nothing_of_today_once_somebody_was_removed(
    workspace: Workspace,
) -> None:
    workspace.add_user("khải", OTHER)
    old, copy = keys_of(workspace).read_bytes(), workspace.back_up()
    workspace.remove_user("khải")
    workspace.close()
    _old_keyring_opens_nothing(workspace, old, OTHER)
    assert Workspace.open(copy, OTHER).user == "khải"  # a copy of before: said in the window
    with pytest.raises(WrongPassphrase):
        Workspace.open(workspace.path, OTHER)
    again = Workspace.open(workspace.path, PASSPHRASE)
    assert len(again.here().people.students()) == 80
    again.check()


@pytest.mark.parametrize("who", ["recovery", "khải"])
def test_a_new_recovery_key_and_a_new_passphrase_change_the_data_key(
    workspace: Workspace, who: str
) -> None:
    first = workspace.renew_recovery_key() if who == "recovery" else OTHER
    if who != "recovery":
        workspace.add_user(who, OTHER)
    old = keys_of(workspace).read_bytes()
    second = workspace.renew_recovery_key() if who == "recovery" else "bốn từ không liên quan"
    if who != "recovery":
        workspace.add_user(who, second)
    workspace.close()
    _old_keyring_opens_nothing(workspace, old, first)
    assert Workspace.open(workspace.path, second).user == who


def test_other_threads_go_on_after_the_data_key_changed(workspace: Workspace) -> None:
    workspace.add_user("khải", OTHER)
    begun, changed, seen = threading.Event(), threading.Event(), []

    def work() -> None:
        workspace.here().settings.set("before", 1)
        begun.set()
        changed.wait(60)
        workspace.here().settings.set("after", 1)
        seen.append(len(workspace.here().people.students()))

    worker = threading.Thread(target=work)
    worker.start()
    begun.wait(60)
    workspace.remove_user("khải")
    changed.set()
    worker.join()
    assert seen == [80]


def test_another_process_is_told_of_the_new_key_and_not_of_damage(workspace: Workspace) -> None:
    workspace.add_user("khải", OTHER)
    beside = Workspace.open(workspace.path, PASSPHRASE)
    assert beside.here().people.students()
    workspace.remove_user("khải")
    with pytest.raises(KeyChanged):
        beside.here().people.students()
    with pytest.raises(KeyChanged):
        beside.here().settings.set("x", 1)
    beside.close()
    assert Workspace.open(workspace.path, PASSPHRASE).here().people.students()


def test_a_change_of_key_that_was_broken_off_is_finished_when_opened(
    workspace: Workspace,
) -> None:
    """The keyring carries both keys while the file is rewritten: either may be the file's."""
    key = keyring.unwrap(keyring.load(keys_of(workspace)), PASSPHRASE)[1]
    entries = keyring.load(keys_of(workspace))
    for keys in ([key, bytes(32)], [bytes(32), key]):
        keyring.save(keys_of(workspace), [keyring.sealed_to(entry, keys) for entry in entries])
        workspace.close()
        opened = Workspace.open(workspace.path, PASSPHRASE)
        assert len(opened.here().people.students()) == 80
        opened.close()
        assert all(len(entry.sealed) == 1 for entry in keyring.load(keys_of(workspace)))
