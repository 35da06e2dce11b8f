"""The workspace keeps what it was given, refuses who may not, and survives what goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import unicodedata
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from app.clock import now
from app.errors import (
    KeyringMissing,
    MoveNotAllowed,
    PassphraseTooWeak,
    TranscriptLocked,
    WorkspaceDamaged,
    WorkspaceError,
    WorkspaceMissing,
    WorkspaceTooNew,
    WrongPassphrase,
)
from app.model.gradebook import CellChange, CellKey
from app.model.people import (
    ClassSection,
    Enrollment,
    PupilLock,
    School,
    Staff,
    StaffRole,
    Student,
    TeachingAssignment,
)
from app.model.transcript import ALLOWED, Transcript, TranscriptHead, TranscriptState
from app.store import Workspace
from app.store.integrity import keyring
from app.store.migrations import schema
from app.store.sharing.pupil_locks import LockStore
from app.store.transcripts import SignatureRow

PASSPHRASE = "mùa lúa chín"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made, _ = Workspace.create(tmp_path / "school.hocba", PASSPHRASE, "hoa")
    store = made.here()
    store.people.save_school(School("1", "Trường", "12", "Sở", "Pa Vệ Sử", "Lai Châu", "12"))
    store.people.save_staff(
        [Staff("gv", "Lò Thị Biên", StaffRole.TEACHER), Staff("ht", "A", StaffRole.PRINCIPAL)]
    )
    store.people.save_section(ClassSection("4A", "2026-2027", 4, "4A", "gv"))
    store.people.save_students([Student("s1", "Giàng A Páo", "2017-02-01", moet_id="1")])
    store.people.save_enrollments([Enrollment("4A", "s1", 1)])
    return made


def _transcript(xml: bytes = b"<a/>") -> Transcript:
    head = TranscriptHead("r1", 1, "s1", "4A", "2026-2027", TranscriptState.LOCKED, "")
    return Transcript(head, xml)


def test_what_is_saved_is_there_after_opening_again(workspace: Workspace) -> None:
    workspace.close()
    again = Workspace.open(workspace.path, PASSPHRASE).here()
    roster = again.people.roster("4A")
    assert [student.full_name for _, student in roster.pupils] == ["Giàng A Páo"]
    assert roster.homeroom_teacher.full_name == "Lò Thị Biên"
    assert again.user == "hoa"


def test_nothing_can_be_read_without_the_passphrase(workspace: Workspace) -> None:
    workspace.close()
    bytes_on_disk = b"".join(p.read_bytes() for p in workspace.path.parent.glob("school*"))
    assert "Giàng".encode() not in bytes_on_disk
    assert not bytes_on_disk.startswith(b"SQLite format 3")
    with pytest.raises(WrongPassphrase):
        Workspace.open(workspace.path, "mùa lúa xanh")


def test_the_recovery_key_opens_however_it_is_typed(tmp_path: Path) -> None:
    made, recovery = Workspace.create(tmp_path / "s.hocba", PASSPHRASE, "hoa")
    made.close()
    opened = Workspace.open(made.path, recovery.lower().replace("-", " "))
    assert opened.user == keyring.RECOVERY


def test_a_passphrase_typed_in_decomposed_letters_opens_too(workspace: Workspace) -> None:
    Workspace.open(workspace.path, unicodedata.normalize("NFD", PASSPHRASE))


def test_every_user_has_a_passphrase_of_their_own(workspace: Workspace) -> None:
    workspace.add_user("khải", "một hai ba bốn")
    assert Workspace.open(workspace.path, "một hai ba bốn").user == "khải"
    assert Workspace.open(workspace.path, PASSPHRASE).user == "hoa"


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PassphraseTooWeak):
        Workspace.create(tmp_path / "s.hocba", "ngắn", "hoa")
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_is_never_created_over_another(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError):
        Workspace.create(workspace.path, PASSPHRASE, "hoa")


def test_a_missing_a_torn_and_a_foreign_file_are_told_apart(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceMissing):
        Workspace.open(workspace.path.with_name("none.hocba"), PASSPHRASE)
    workspace.close()
    for suffix in ("-wal", "-shm"):
        workspace.path.with_name(workspace.path.name + suffix).unlink(missing_ok=True)
    workspace.path.write_bytes(os.urandom(8192))
    with pytest.raises(WorkspaceDamaged):
        Workspace.open(workspace.path, PASSPHRASE)
    keyring.path_for(workspace.path).write_text('{"format": 1, "entr')
    with pytest.raises(WorkspaceDamaged):
        Workspace.open(workspace.path, PASSPHRASE)


def test_a_workspace_without_its_keys_is_told_what_is_missing(workspace: Workspace) -> None:
    workspace.close()
    keyring.path_for(workspace.path).unlink()
    with pytest.raises(KeyringMissing) as told:
        Workspace.open(workspace.path, PASSPHRASE)
    assert told.value.params == {"file": "school.hocba.keys"}


def test_a_newer_schema_is_refused_and_left_alone(workspace: Workspace) -> None:
    db = workspace.here().db
    db.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
        "VALUES ('workspace', '9999_future', '')"
    )
    workspace.close()
    with pytest.raises(WorkspaceTooNew):
        Workspace.open(workspace.path, PASSPHRASE)


def test_an_older_schema_is_copied_before_it_is_upgraded(workspace: Workspace) -> None:
    db = workspace.here().db
    db.execute("DROP TABLE audit")
    db.execute("DELETE FROM _sqlite_migrations WHERE name = '0005_audit'")
    workspace.close()
    again = Workspace.open(workspace.path, PASSPHRASE)
    again.here().audit.add("open", "workspace")
    (copy,) = (workspace.path.parent / "backups").glob("*.hocba")
    kept = Workspace.open(copy, PASSPHRASE).here()
    assert [s.full_name for s in kept.people.students()] == ["Giàng A Páo"]


def test_backups_open_with_the_same_passphrase_and_the_oldest_go(workspace: Workspace) -> None:
    start = now()
    made = [workspace.back_up(start + timedelta(seconds=n)) for n in range(12)]
    assert sum(1 for path in made if path.exists()) == 10
    assert Workspace.open(made[-1], PASSPHRASE).here().people.school() is not None


def test_every_table_is_strict(workspace: Workspace) -> None:
    loose = [
        row[1]
        for row in workspace.here().db.execute("PRAGMA table_list")
        if not row[5] and row[2] == "table" and not row[1].startswith(("sqlite_", "_sqlite"))
    ]
    assert loose == []


def test_each_edit_and_its_history_are_kept_together(workspace: Workspace) -> None:
    store, key = workspace.here(), CellKey("s1", "TOAN", "end1.test")
    store.gradebook.save("4A", [CellChange(key, None, "7")])
    store.gradebook.save("4A", [CellChange(key, "7", "8")])
    store.gradebook.save("4A", [CellChange(key, "8", None)])
    assert store.gradebook.cells("4A") == {}
    assert [(h.before, h.after, h.by) for h in store.gradebook.history("s1")] == [
        (None, "7", "hoa"),
        ("7", "8", "hoa"),
        ("8", None, "hoa"),
    ]


def test_a_locked_pupil_takes_no_edits(workspace: Workspace) -> None:
    store = workspace.here()
    store.locks.close("4A", [PupilLock("s1", "2027-05-20", "hoa", "TT27-2020/1")])
    with pytest.raises(TranscriptLocked):
        store.gradebook.save("4A", [CellChange(CellKey("s1", "TOAN", "end1.test"), None, "7")])
    assert store.gradebook.cells("4A") == {}
    assert store.gradebook.history("s1") == []


def test_a_signature_lands_only_on_the_bytes_that_were_signed(workspace: Workspace) -> None:
    store = workspace.here()
    store.transcripts.add(_transcript())
    (head,) = store.transcripts.heads("4A")
    row = SignatureRow("GVCN", "homeroom", "b", "c", "2027", head.sha256, "after")
    store.transcripts.save_signature(head, row, b"<signed/>", TranscriptState.SIGNED_HOMEROOM)
    kept = store.transcripts.get("r1", 1)
    assert (kept.xml, kept.head.state) == (b"<signed/>", TranscriptState.SIGNED_HOMEROOM)
    with pytest.raises(MoveNotAllowed):
        store.transcripts.save_signature(head, row, b"<x/>", TranscriptState.SIGNED_PRINCIPAL)
    assert store.transcripts.get("r1", 1).xml == b"<signed/>"
    assert len(store.transcripts.signatures("r1", 1)) == 1


def test_a_record_moves_only_as_the_table_says(workspace: Workspace) -> None:
    store = workspace.here()
    store.transcripts.add(_transcript())
    with pytest.raises(MoveNotAllowed):
        store.transcripts.move("r1", 1, TranscriptState.RECEIVED)
    assert set(ALLOWED) == set(TranscriptState)


def test_what_is_signed_is_not_untouched(workspace: Workspace) -> None:
    store = workspace.here()
    store.transcripts.add(_transcript())
    assert store.transcripts.untouched("4A") == {"s1"}
    (head,) = store.transcripts.heads("4A")
    row = SignatureRow("gv_1", "subject_teacher", "b", "c", "2027", head.sha256, "after")
    store.transcripts.save_signature(head, row, b"<signed/>", TranscriptState.LOCKED)
    assert store.transcripts.untouched("4A") == set()


def test_a_view_counts_only_for_the_bytes_it_shows(workspace: Workspace) -> None:
    store = workspace.here()
    store.transcripts.add(_transcript())
    (head,) = store.transcripts.heads("4A")
    store.transcripts.save_view("r1", 1, head.sha256, b"%PDF")
    assert store.transcripts.view("r1", 1) == b"%PDF"
    store.transcripts.save_view("r1", 1, "other", b"%PDF")
    assert store.transcripts.view("r1", 1) is None


def test_the_audit_notices_a_changed_entry(workspace: Workspace) -> None:
    store = workspace.here()
    for number in range(3):
        store.audit.add("view", f"r{number}")
    assert store.audit.unbroken()
    store.db.execute("DROP TRIGGER audit_no_update")
    store.db.execute("UPDATE audit SET subject = 'r9' WHERE id = 2")
    assert not store.audit.unbroken()


def test_names_are_found_without_diacritics(workspace: Workspace) -> None:
    found = workspace.here().people.find_students("giang a pao")
    assert [(s.full_name, name) for s, name in found] == [("Giàng A Páo", "4A")]


def test_sql_is_refused_on_the_gui_thread(workspace: Workspace) -> None:
    workspace.forbid_this_thread()
    with pytest.raises(RuntimeError):
        workspace.here()
    seen: list[int] = []
    worker = threading.Thread(target=lambda: seen.append(len(workspace.here().people.students())))
    worker.start()
    worker.join()
    assert seen == [1]


def test_two_threads_write_without_losing_an_edit(workspace: Workspace) -> None:
    def work(area: str) -> None:
        store = workspace.here()
        for n in range(40):
            store.gradebook.save("4A", [CellChange(CellKey("s1", area, f"x{n}"), None, "7")])

    threads = [threading.Thread(target=work, args=(area,)) for area in ("TOAN", "KHOA_HOC")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(workspace.here().gradebook.cells("4A")) == 80


def test_who_teaches_what_comes_with_the_class(workspace: Workspace) -> None:
    store = workspace.here()
    store.people.save_assignments([TeachingAssignment("4A", "TOAN", "gv")] * 2)
    assert [(s, p.id) for s, p in store.people.roster("4A").teachers] == [("TOAN", "gv")]


def test_edits_survive_the_power_going_at_any_moment(workspace: Workspace) -> None:
    """A child edits and says what it has saved; SIGKILL must not take any of it back."""
    workspace.close()
    child = f"""
import sys
from pathlib import Path
from app.model.gradebook import CellChange, CellKey
from app.store import Workspace
store = Workspace.open(Path({str(workspace.path)!r}), {PASSPHRASE!r}).here()
start = len(store.gradebook.cells("4A"))
for n in range(start, start + 1000):
    store.gradebook.save("4A", [CellChange(CellKey("s1", "TOAN", f"x{{n}}"), None, "7")])
    print(n, flush=True)
"""
    said = -1
    for stop_after in (1, 7, 23):
        with subprocess.Popen(
            [sys.executable, "-c", child], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for _ in range(stop_after):
                said = int(process.stdout.readline())
            process.kill()
    cells = Workspace.open(workspace.path, PASSPHRASE).here().gradebook.cells("4A")
    assert {f"x{n}" for n in range(said + 1)} <= {key.slot for key in cells}


def test_the_steps_of_the_schema_are_named_in_order() -> None:
    names = [step.name for step in schema.pending(Database(memory=True))]
    assert names == sorted(names)
    assert len(names) == len(set(names))


def test_a_lock_of_a_class_becomes_one_of_each_pupil_whose_record_is_in_force() -> None:
    db = Database(memory=True)
    schema.apply(db, stop_before="0017_pupil_locks")
    db.execute(
        "INSERT INTO class_section (id, school_year, grade, name, locked_at, locked_by, "
        "locked_with) VALUES ('4A', '2026-2027', 4, '4A', '2027-05-20', 'hoa', 'TT27-2020/1'), "
        "('4B', '2026-2027', 4, '4B', '', '', '')"
    )
    for number, (section, state) in enumerate(
        [("4A", "issued"), ("4A", "cancelled"), ("4A", None), ("4B", "cancelled")]
    ):
        pupil = f"s{number}"
        db.execute(
            "INSERT INTO student (id, full_name, birth_date, folded_name, data) "
            "VALUES (?, '', '', '', '')",
            [pupil],
        )
        if state:
            db.execute(
                "INSERT INTO transcript (record_id, version, student_id, section_id, school_year, "
                "state, sha256, xml) VALUES (?, 1, ?, ?, '2026-2027', ?, '', x'')",
                [pupil, pupil, section, state],
            )
    schema.apply(db)
    assert LockStore(db).places() == {("4A", "s0")}
    assert LockStore(db).of("4A")["s0"] == PupilLock("s0", "2027-05-20", "hoa", "TT27-2020/1")
