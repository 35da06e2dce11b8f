"""Classes, pupils and places as operations: what the tables say and the log does not yet.

The roster is written by many hands (imports, transfers, corrections, the class page). Comparing
the tables with the log catches every one of them, also what a future writer forgets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.clock import Clock
from app.model.membership import Place
from app.model.operation import class_stream, personal_stream
from app.model.people import ClassSection
from app.profile.permissions import Act
from app.store.people import PeopleStore
from app.store.sharing.authorship import Authorship
from app.store.sharing.log import Entry, OperationLog
from app.store.sharing.pupil_locks import LockStore
from app.store.sharing.settling import (
    Settling,
    ends_json,
    lock_from,
    lock_json,
    personal_json,
    place_json,
    pupil_json,
    section_json,
    standing_value,
)

_ROSTER = ("section", "pupil/", "place/")


class RosterOperations:
    def __init__(
        self,
        people: PeopleStore,
        locks: LockStore,
        log: OperationLog,
        settling: Settling,
        authorship: Authorship,
        now: Clock,
    ) -> None:
        self._people = people
        self._locks = locks
        self._log = log
        self._settling = settling
        self._authorship = authorship
        self._now = now

    def record(self) -> int:
        """Write operations for what changed in the tables since the last time; how many.

        Inside the caller's transaction. What a person may not change is not written here either,
        so there is nothing of it to record.
        """
        return sum(self._record(section) for section in self._people.sections())

    def _record(self, section: ClassSection) -> int:
        made = 0
        if self._authorship.may(Act.EDIT_PUPILS, Place(section.id)):
            made += self._record_pupils(section)
        if self._authorship.may(Act.LOCK_RECORDS, Place(section.id)):
            made += self._record_locks(section)
        return made

    def _record_pupils(self, section: ClassSection) -> int:
        pupils = self._people.enrollments(section.id)
        shared = {"section": section_json(self._people, section.id)}
        for place, student in pupils:
            shared[f"pupil/{student.id}"] = pupil_json(student)
            shared[f"place/{student.id}"] = place_json(place)
        personal: dict[str, str | None] = {
            f"personal/{student.id}": personal_json(student) for _, student in pupils
        }
        stream = class_stream(section.id)
        known = self._known(stream, _ROSTER)
        gone = {key: None for key in known if key.startswith("place/") and key not in shared}
        made = self._write(stream, {**gone, **shared}, known)
        private = personal_stream(section.id)
        return made + self._write(private, personal, self._known(private, ("personal/",)))

    def _record_locks(self, section: ClassSection) -> int:
        """A lock names what it saw: an edit that was not among it and comes later is void."""
        stream = class_stream(section.id)
        known = self._known(stream, ("lock/",))
        saw = ends_json(self._log.ends(stream))
        wanted: dict[str, str | None] = dict.fromkeys(known)
        for student_id, lock in self._locks.of(section.id).items():
            key = f"lock/{student_id}"
            before = known.get(key)
            same = before is not None and lock_from(student_id, before) == lock
            wanted[key] = before if same else lock_json(lock, saw)
        made = self._write(stream, wanted, known)
        if made:
            self._settling.settle(stream)  # an opened lock lets late edits in
        return made

    def _known(self, stream: str, prefixes: Iterable[str]) -> dict[str, str | None]:
        return {
            key: standing_value(merged)
            for prefix in prefixes
            for key, merged in self._settling.merged_all(stream, prefix).items()
        }

    def _write(
        self, stream: str, wanted: Mapping[str, str | None], known: Mapping[str, str | None]
    ) -> int:
        entries = [Entry(key, value) for key, value in wanted.items() if known.get(key) != value]
        if entries:
            author = self._authorship.author()
            self._log.append(stream, entries, author, int(self._now().timestamp() * 1000))
        return len(entries)
