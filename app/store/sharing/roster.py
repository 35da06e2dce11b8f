"""Classes, pupils and places as operations: what the tables say and the log does not yet.

The roster is written by many hands (imports, transfers, corrections, the class page). Comparing
the tables with the log catches every one of them, also what a future writer forgets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.clock import now
from app.model.membership import Place
from app.model.operation import class_stream, personal_stream
from app.model.people import ClassSection
from app.profile.permissions import Act
from app.store.people import PeopleStore
from app.store.places import PlaceStore
from app.store.sharing.authorship import Authorship
from app.store.sharing.log import Entry, OperationLog
from app.store.sharing.settling import (
    Settling,
    personal_json,
    place_json,
    pupil_json,
    section_json,
)

_ROSTER = ("section", "pupil/", "place/")


class RosterOperations:
    def __init__(
        self,
        people: PeopleStore,
        places: PlaceStore,
        log: OperationLog,
        settling: Settling,
        authorship: Authorship,
    ) -> None:
        self._people = people
        self._places = places
        self._log = log
        self._settling = settling
        self._authorship = authorship

    def record(self) -> int:
        """Write operations for what changed in the tables since the last time; how many.

        Inside the caller's transaction. On a machine whose person may not edit pupils nothing of
        the roster is written, so there is nothing to record.
        """
        return sum(self._record(section) for section in self._people.sections())

    def _record(self, section: ClassSection) -> int:
        if not self._authorship.may(Act.EDIT_PUPILS, Place(section.id)):
            return 0
        pupils = self._people.enrollments(section.id)
        shared = {"section": section_json(self._people, section.id)}
        for place, student in pupils:
            shared[f"pupil/{student.id}"] = pupil_json(student)
            shared[f"place/{student.id}"] = place_json(place)
        personal: dict[str, str | None] = {
            f"personal/{student.id}": personal_json(student) for _, student in pupils
        }
        return self._write(class_stream(section.id), shared, _ROSTER) + self._write(
            personal_stream(section.id), personal, ("personal/",)
        )

    def _write(self, stream: str, wanted: dict[str, str | None], prefixes: Iterable[str]) -> int:
        entries = list(self._differences(stream, wanted, prefixes))
        if not entries:
            return 0
        author = self._authorship.author()
        self._log.append(stream, entries, author, int(now().timestamp() * 1000))
        return len(entries)

    def _differences(
        self, stream: str, wanted: dict[str, str | None], prefixes: Iterable[str]
    ) -> Iterator[Entry]:
        known: dict[str, str | None] = {}
        for prefix in prefixes:
            for key, merged in self._settling.merged_all(stream, prefix).items():
                known[key] = merged.value
        for key, value in wanted.items():
            if known.get(key) != value:
                yield Entry(key, value)
        for key, value in known.items():
            if key.startswith("place/") and key not in wanted and value is not None:
                yield Entry(key, None)
