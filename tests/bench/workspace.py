"""The workspace against the bare driver: an edit, opening, and reading a class."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import sqlcipher3.dbapi2 as driver

from app.model.gradebook import CellChange, CellKey
from app.model.people import ClassSection, Student
from app.store import Workspace
from app.store.integrity import keyring
from tests.bench import Measure

_PASSPHRASE = "mùa lúa chín"
_EDITS = 200


def measures() -> list[Measure]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        workspace, _ = Workspace.create(path / "school.hocba", _PASSPHRASE, "hoa")
        store = workspace.here()
        store.people.save_section(ClassSection("8B", "2026-2027", 8, "8B"))
        store.people.save_students(Student(f"s{n}", "Lò Văn Ún", "2013-01-01") for n in range(45))
        found = [_edit(workspace, path), _open(workspace), _read(workspace)]
        workspace.close()
        return found


def _medians(
    work: Callable[[int], object], bare: Callable[[int], object], count: int
) -> tuple[float, float]:
    """Milliseconds of both, turn by turn: what else the machine does weighs on both."""
    spent: tuple[list[float], list[float]] = ([], [])
    for number in range(count):
        for what, times in zip((work, bare), spent, strict=True):
            begin = time.perf_counter()
            what(number)
            times.append((time.perf_counter() - begin) * 1000)
    return median(spent[0]), median(spent[1])


def _edit(workspace: Workspace, folder: Path) -> Measure:
    """A keystroke's way to the disk: the cell and its history in one durable transaction."""
    store = workspace.here()

    def edit(number: int) -> None:
        key = CellKey(f"s{number % 45}", "TOAN", f"s1.regular{number % 4 + 1}")
        store.gradebook.save("8B", [CellChange(key, None, "7.5")])

    bare = driver.connect(str(folder / "bare.db"), isolation_level=None)
    bare.execute(f"PRAGMA key = \"x'{secrets.token_hex(32)}'\"")
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = FULL")
    bare.execute("CREATE TABLE t (a TEXT, b TEXT)")

    def row(number: int) -> None:
        bare.execute("BEGIN IMMEDIATE")
        bare.execute("INSERT INTO t VALUES (?, '7.5')", [str(number)])
        bare.execute("COMMIT")

    value, floor = _medians(edit, row, _EDITS)
    bare.close()
    goal = "≤ 3× a bare commit of one row"
    return Measure("workspace.edit_ms", value, "ms", floor, goal, value <= 3 * floor)


def _open(workspace: Workspace) -> Measure:
    """With the passphrase; the floor is one derivation of its key."""
    entry = keyring.load(keyring.path_for(workspace.path))[0]

    def derive(_: int) -> None:
        keyring.unwrap([entry], _PASSPHRASE)

    def opened(_: int) -> None:
        Workspace.open(workspace.path, _PASSPHRASE).close()

    value, floor = _medians(opened, derive, 9)
    goal = "≤ 1.5× one key derivation"
    return Measure("workspace.open_ms", value, "ms", floor, goal, value <= 1.5 * floor)


def _read(workspace: Workspace) -> Measure:
    """A class of 45 with 16 cells of 12 subjects; the floor fetches the same rows bare."""
    store = workspace.here()
    changes = [
        CellChange(CellKey(f"s{pupil}", f"MON_{subject}", f"x{slot}"), None, "7.5")
        for pupil in range(45)
        for subject in range(12)
        for slot in range(16)
    ]
    store.gradebook.save("8B", changes)
    sql = "SELECT student_id, area, slot, value FROM gradebook_cell WHERE section_id = '8B'"

    def bare(_: int) -> None:
        store.db.conn.execute(sql).fetchall()

    value, floor = _medians(lambda _: store.gradebook.cells("8B"), bare, 31)
    goal = "≤ 3× the bare rows"
    return Measure("workspace.read_class_ms", value, "ms", floor, goal, value <= 3 * floor)
