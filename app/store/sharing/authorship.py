"""In whose name this workspace writes, and what that person may write."""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database

from app.errors import NotEntitled
from app.model.membership import Membership, Place, act_of, place_of
from app.profile.permissions import Act, Permissions
from app.store.sharing import machine
from app.store.sharing.log import Author, Entry
from app.store.sharing.membership import MembershipStore


class Authorship:
    """`user`: the name under which the workspace was opened."""

    def __init__(
        self, db: Database, user: str, membership: MembershipStore, rights: Permissions
    ) -> None:
        self._db = db
        self.user = user
        self._membership = membership
        self._rights = rights

    def author(self) -> Author:
        """The person of the school who sits here; before there is a list, whoever opened it."""
        membership = self._membership.current()
        if membership is None:
            return Author(self.user)
        return Author(self._person(membership), membership.number)

    def _person(self, membership: Membership) -> str:
        own = membership.machine(machine.own_id(self._db))
        if own is None or self.user in own.people:
            return self.user
        return own.person

    def may(self, act: Act, place: Place = Place()) -> bool:  # noqa: B008 - frozen
        membership = self._membership.current()
        if membership is None:
            return True
        own = membership.machine(machine.own_id(self._db))
        if own is None or own.removed:
            return False
        return membership.may(self._person(membership), act, place, self._rights)

    def require(self, act: Act, place: Place = Place()) -> Author:  # noqa: B008 - frozen
        """Raises NotEntitled(act, person, owners)."""
        if not self.may(act, place):
            raise self._refusal(act, place)
        return self.author()

    def entitled(self, stream: str, entries: Iterable[Entry]) -> Author:
        """Raises NotEntitled for the first register that belongs to others."""
        acts = {(act_of(e.key, e.cause), place_of(stream, e.key)) for e in entries}
        for act, place in sorted(acts, key=str):
            self.require(act, place)
        return self.author()

    def owners(self, act: Act, place: Place) -> tuple[str, ...]:
        """To whom this belongs, by name."""
        membership = self._membership.current()
        if membership is None:
            return (self.user,)
        return tuple(sorted(membership.owners(act, place, self._rights)))

    def _refusal(self, act: Act, place: Place) -> NotEntitled:
        return NotEntitled(
            f"{act}",
            act=str(act),
            person=self.author().person,
            owners=", ".join(self.owners(act, place)),
        )
