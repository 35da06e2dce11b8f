"""From operations to the tables that the program works with: what stands in each register now."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlite_utils import Database

from app.model.membership import Machine, Membership, act_of, is_entitled, place_of
from app.model.merging import Merged, merge
from app.model.operation import (
    Cause,
    Head,
    Operation,
    as_cell,
    section_of,
)
from app.model.people import (
    AdministrativePlace,
    ClassSection,
    Enrollment,
    EnrollmentStatus,
    PupilLock,
    Sex,
    Student,
)
from app.profile.permissions import Permissions
from app.store.database import write
from app.store.people import PeopleStore
from app.store.places import PlaceStore
from app.store.sharing.log import Ends, OperationLog
from app.store.sharing.pupil_locks import LockStore

_STRUCTURE = ("section", "pupil/", "personal/", "place/", "lock/")
"""Registers that cells lean on, in the order in which they are settled."""
_FEW = 200
"""Registers that are looked up one by one; more are read in one go."""
BASIC = ("id", "full_name", "birth_date", "sex", "moet_id", "not_assessed")
"""Of a pupil, what everyone who works on the class holds."""


@dataclass(slots=True)
class Outcome:
    """What settling did: keys of registers."""

    filled: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    conflicts: set[str] = field(default_factory=set)
    """In conflict now, and not before."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """A register whose past did not run in one line."""

    stream: str
    key: str
    merged: Merged


class Settling:
    """Reads the log by the membership list in force; writes the tables."""

    def __init__(
        self,
        db: Database,
        log: OperationLog,
        people: PeopleStore,
        locks: LockStore,
        membership: Callable[[], Membership | None],
        rights: Permissions,
    ) -> None:
        self._db = db
        self._log = log
        self._people = people
        self._lock_store = locks
        self._places = PlaceStore(db)
        self._membership = membership
        self._rights = rights

    # --- judging ----------------------------------------------------------------------------

    def merged(self, stream: str, key: str) -> Merged:
        return self._merge(stream, key, self._log.of_key(stream, key), self._membership())

    def merged_all(self, stream: str, prefix: str) -> dict[str, Merged]:
        """Of every register whose key begins with `prefix`."""
        membership = self._membership()
        return {
            key: self._merge(stream, key, operations, membership)
            for key, operations in self._log.of_keys(stream, prefix).items()
        }

    def _merge(
        self,
        stream: str,
        key: str,
        operations: Collection[Operation],
        membership: Membership | None,
        locked: Ends | None = None,
    ) -> Merged:
        def counts(operation: Operation) -> bool:
            if not is_entitled(operation, membership, self._rights, self._was_kept):
                return False
            is_open = locked is None or operation.cause is Cause.CORRECTION
            return is_open or self._log.is_within(operation, locked or {})

        def owners(number: int) -> frozenset[str]:
            if membership is None:
                return frozenset()
            place = place_of(stream, key)
            return membership.owners(act_of(key, Cause.EDIT), place, self._rights, number)

        return merge(operations, counts, owners)

    def _was_kept(self, machine: Machine, operation: Operation) -> bool:
        kept = machine.kept.get((operation.stream, operation.origin), ())
        return self._log.is_within(operation, {operation.origin: kept})

    # --- settling ---------------------------------------------------------------------------

    def settle(self, stream: str, keys: Iterable[str] | None = None) -> Outcome:
        """Write what stands in these registers; None: in all of the stream."""
        wanted = None if keys is None else set(keys)
        outcome = Outcome()
        if wanted is None or any(key.startswith(_STRUCTURE) for key in wanted):
            wanted = None  # cells lean on them
        with write(self._db):
            for prefix in _STRUCTURE if wanted is None else ():
                for key, merged in sorted(self.merged_all(stream, prefix).items()):
                    self._write(stream, key, merged, outcome)
            self._settle_cells(stream, wanted, outcome)
        return outcome

    def _settle_cells(self, stream: str, wanted: set[str] | None, outcome: Outcome) -> None:
        locks, membership = self._locks(stream), self._membership()
        merged = {
            key: self._merge(stream, key, operations, membership, locks.get(_pupil_of(key)))
            for key, operations in self._cells_of(stream, wanted)
        }
        disputed = self._disputed(stream)
        section_id = section_of(stream)
        cells = self._cell_values(section_id)
        pupils = self._pupils(section_id)
        for key, found in merged.items():
            before = cells.get(key)
            self._dispute(stream, key, found, key in disputed)
            if found.is_conflict and not disputed.get(key):
                outcome.conflicts.add(key)
            elif before != found.value:
                (outcome.filled if before is None else outcome.changed).add(key)
            if before != found.value and (found.value is None or _pupil_of(key) in pupils):
                self._put_cell(section_id, key, found.value)

    def _cells_of(
        self, stream: str, wanted: set[str] | None
    ) -> Iterable[tuple[str, list[Operation]]]:
        if wanted is not None and len(wanted) < _FEW:
            return ((key, self._log.of_key(stream, key)) for key in sorted(wanted))
        every = self._log.of_keys(stream, "cell/").items()
        return every if wanted is None else (pair for pair in every if pair[0] in wanted)

    def _cell_values(self, section_id: str) -> dict[str, str]:
        rows = self._db.execute(
            "SELECT student_id, area, slot, value FROM gradebook_cell WHERE section_id = ?",
            [section_id],
        )
        return {f"cell/{pupil}|{area}|{slot}": value for pupil, area, slot, value in rows}

    def _pupils(self, section_id: str) -> set[str]:
        """Whose cells can be written: those whom the log of the class names and who are known."""
        rows = self._db.execute(
            "SELECT s.id FROM student s, class_section c WHERE c.id = ?", [section_id]
        )
        return {row[0] for row in rows}

    def _put_cell(self, section_id: str, key: str, value: str | None) -> None:
        cell = as_cell(key)
        place = [section_id, cell.student_id, cell.area, cell.slot]
        if value is None:
            self._db.execute(
                "DELETE FROM gradebook_cell WHERE section_id = ? AND student_id = ? "
                "AND area = ? AND slot = ?",
                place,
            )
            return
        self._db.execute(
            "INSERT INTO gradebook_cell (section_id, student_id, area, slot, value) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (section_id, student_id, area, slot) "
            "DO UPDATE SET value = excluded.value",
            [*place, value],
        )

    def _locks(self, stream: str) -> dict[str, Ends]:
        """By locked pupil, what the lock saw."""
        return {
            key.partition("/")[2]: ends_from(json.loads(value)["saw"])
            for key, merged in self.merged_all(stream, "lock/").items()
            if (value := standing_value(merged)) is not None
        }

    def _write(self, stream: str, key: str, merged: Merged, outcome: Outcome) -> None:
        """A register of the class's structure."""
        self._dispute(stream, key, merged, key in self._disputed(stream))
        register, _, rest = key.partition("/")
        value = standing_value(merged)
        before = _WRITERS[register](self, section_of(stream), rest, value)
        if before != value:
            (outcome.filled if before is None else outcome.changed).add(key)

    def _disputed(self, stream: str) -> dict[str, bool]:
        """Registers that need to be shown, and whether they are in conflict."""
        sql = "SELECT key, is_conflict FROM dispute WHERE stream = ?"
        return {key: bool(conflict) for key, conflict in self._db.execute(sql, [stream])}

    def _dispute(self, stream: str, key: str, merged: Merged, was_disputed: bool) -> None:
        place = [stream, key]
        if merged.rivals or merged.passed_over:
            self._db.execute(
                "INSERT INTO dispute (stream, key, is_conflict) VALUES (?, ?, ?) "
                "ON CONFLICT (stream, key) DO UPDATE SET is_conflict = excluded.is_conflict",
                [*place, int(merged.is_conflict and key.startswith("cell/"))],
            )
        elif was_disputed:
            self._db.execute("DELETE FROM dispute WHERE stream = ? AND key = ?", place)

    def disputes(self, stream: str) -> list[Dispute]:
        """Conflicts and what was passed over, by key."""
        rows = self._db.execute(
            "SELECT key FROM dispute WHERE stream = ? ORDER BY key", [stream]
        ).fetchall()
        locks = self._locks(stream)
        membership = self._membership()
        found = []
        for (key,) in rows:
            locked = locks.get(as_cell(key).student_id) if key.startswith("cell/") else None
            operations = self._log.of_key(stream, key)
            merged = self._merge(stream, key, operations, membership, locked)
            found.append(Dispute(stream, key, merged))
        return found

    def conflicts(self, stream: str) -> int:
        row = self._db.execute(
            "SELECT count(*) FROM dispute WHERE stream = ? AND is_conflict", [stream]
        ).fetchone()
        return int(row[0])

    # --- the tables -------------------------------------------------------------------------

    def _is_known(self, section_id: str, student_id: str) -> bool:
        row = self._db.execute(
            "SELECT 1 FROM class_section c, student s WHERE c.id = ? AND s.id = ?",
            [section_id, student_id],
        ).fetchone()
        return row is not None

    def _write_section(self, section_id: str, _: str, value: str | None) -> str | None:
        before = section_json(self._people, section_id)
        if value is not None and value != before:
            found = json.loads(value)
            known = self._db.execute(
                "SELECT homeroom_teacher_id FROM class_section WHERE id = ?", [section_id]
            ).fetchone()
            self._people.save_section(
                ClassSection(
                    section_id,
                    found["school_year"],
                    found["grade"],
                    found["name"],
                    known[0] if known else "",
                    found["campus"],
                )
            )
        return before

    def _write_place(self, section_id: str, student_id: str, value: str | None) -> str | None:
        row = self._db.execute(
            "SELECT number, status, register_no FROM enrollment "
            "WHERE section_id = ? AND student_id = ?",
            [section_id, student_id],
        ).fetchone()
        known = row and Enrollment(section_id, student_id, row[0], EnrollmentStatus(row[1]), row[2])
        before = place_json(known) if known else None
        if value == before:
            return before
        if value is None:
            self._places.remove([Enrollment(section_id, student_id, 1)])
        elif self._is_known(section_id, student_id):
            number, status, register_no = json.loads(value)
            place = Enrollment(
                section_id, student_id, number, EnrollmentStatus(status), register_no
            )
            self._people.save_enrollments([place])
        return before

    def _write_pupil(self, section_id: str, student_id: str, value: str | None) -> str | None:
        known = self._student(student_id)
        before = pupil_json(known) if known else None
        if value is None or value == before or not self._is_newest(section_id, student_id):
            return before
        found = json.loads(value)
        found["sex"] = Sex(found["sex"])
        if known is None:
            self._save(Student(**found))
        else:
            self._save(replace(known, **found))
        return before

    def _write_personal(self, section_id: str, student_id: str, value: str | None) -> str | None:
        known = self._student(student_id)
        before = personal_json(known) if known else None
        if known and before == personal_json(Student(known.id, known.full_name, "")):
            before = None  # so far nothing but the name and birth date is known
        is_ours = known is not None and self._is_newest(section_id, student_id)
        if value is None or value == before or known is None or not is_ours:
            return before
        found: dict[str, Any] = json.loads(value)
        for place in ("birthplace", "hometown", "residence"):
            found[place] = AdministrativePlace(**found[place])
        self._save(replace(known, **found))
        return before

    def _student(self, student_id: str) -> Student | None:
        try:
            return self._people.student(student_id)
        except KeyError:
            return None

    def _is_newest(self, section_id: str, student_id: str) -> bool:
        """What the pupil's last class says counts; older classes keep what they knew."""
        row = self._db.execute(
            "SELECT max(c.school_year || c.id) FROM enrollment e JOIN class_section c "
            "ON c.id = e.section_id WHERE e.student_id = ?",
            [student_id],
        ).fetchone()
        own = self._db.execute(
            "SELECT school_year || id FROM class_section WHERE id = ?", [section_id]
        ).fetchone()
        return row[0] is None or own is None or str(own[0]) >= str(row[0])

    def _save(self, student: Student) -> None:
        """Numbers that another pupil already has here stay with the lower id, on every machine."""
        for column in ("moet_id", "personal_id"):
            number: str = getattr(student, column)
            row = self._db.execute(
                f"SELECT id FROM student WHERE {column} = ? AND id <> ?", [number, student.id]
            ).fetchone()
            if not number or row is None:
                continue
            cleared: dict[str, Any] = {column: ""}
            if row[0] > student.id:
                self._people.save_students([replace(self._people.student(row[0]), **cleared)])
            else:
                student = replace(student, **cleared)
        self._people.save_students([student])

    def _write_lock(self, section_id: str, student_id: str, value: str | None) -> str | None:
        known = self._lock_store.of(section_id).get(student_id)
        lock = lock_from(student_id, value) if value is not None else None
        if lock != known and self._is_known(section_id, student_id):
            self._lock_store.open(section_id, [student_id])
            if lock is not None:
                self._lock_store.close(section_id, [lock])
        return None if known is None else value if lock == known else lock_json(known, {})


def _pupil_of(key: str) -> str:
    return key.partition("/")[2].partition("|")[0]


def standing_value(merged: Merged) -> str | None:
    """What holds while nobody has decided: of rivals the greatest text, a lock before none."""
    if not merged.is_conflict:
        return merged.value
    return max(each.after or "" for each in merged.rivals) or None


def ends_from(found: Any) -> Ends:
    """Ends of chains as they stand in JSON: {origin: [[counter, id in hex]]}."""
    return {
        str(origin): [Head(int(counter), bytes.fromhex(name)) for counter, name in heads]
        for origin, heads in found.items()
    }


def lock_json(lock: PupilLock, saw: Mapping[str, object]) -> str:
    """The register `lock/PUPIL`. `saw`: where the class's chains ended when it was set."""
    return _json({"at": lock.at, "by": lock.by, "rules": lock.rules, "saw": saw})


def lock_from(student_id: str, value: str) -> PupilLock:
    found = json.loads(value)
    return PupilLock(student_id, found["at"], found["by"], found["rules"])


def ends_json(ends: Ends) -> dict[str, list[list[object]]]:
    return {
        origin: [[head.counter, head.id.hex()] for head in sorted(heads)]
        for origin, heads in sorted(ends.items())
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def section_json(people: PeopleStore, section_id: str) -> str | None:
    """The register `section`; None where the class is unknown."""
    try:
        section = people.section(section_id)
    except KeyError:
        return None
    return _json(
        {
            "school_year": section.school_year,
            "grade": section.grade,
            "name": section.name,
            "campus": section.campus,
        }
    )


def place_json(place: Enrollment) -> str:
    return _json([place.number, str(place.status), place.register_no])


def pupil_json(student: Student) -> str:
    return _json({name: getattr(student, name) for name in BASIC})


def personal_json(student: Student) -> str:
    found = asdict(student)
    return _json({name: value for name, value in found.items() if name not in BASIC})


_WRITERS: dict[str, Callable[[Settling, str, str, str | None], str | None]] = {
    "section": Settling._write_section,
    "place": Settling._write_place,
    "pupil": Settling._write_pupil,
    "personal": Settling._write_personal,
    "lock": Settling._write_lock,
}
