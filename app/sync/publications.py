"""What the department has for the school: announced, fetched piece by piece, checked, in force.

By the network or by a stick, everything comes through `_keep`: signed by the station that the
enrolment pinned, for this school, newer than what is there, read to its end. Only then does it
take the place of what was in force, in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app import clock
from app.errors import (
    NetworkDown,
    PackInvalid,
    PublicationInvalid,
    PublicationOld,
    PublicationWithdrawn,
    StationBusy,
    StationWrong,
)
from app.model.publication import Publication, PublicationKind
from app.parcel import limits
from app.parcel.enrolment import Enrolment
from app.parcel.publication import check, from_file, notice_text, read
from app.parcel.rule_pack import Rules, read_rules
from app.profile import Profiles, shipped
from app.signing.keys.token_drivers import DriverProfile
from app.store import Workspace
from app.store.publications import PublicationRow
from app.sync.client import StationClient
from app.work import WorkContext

PIECE = 24 * 1024
"""Some seconds of 2G: no more than that is fetched twice."""
NOTICES_KEPT = 200
_AFTER = "publications.after"
_REPLACING = tuple(kind for kind in PublicationKind if kind.replaces)


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """`version`: of the department's pack, 0 where only what ships holds."""

    profiles: Profiles
    drivers: DriverProfile | None = None
    version: int = 0
    passed_over: tuple[int, ...] = ()
    """Versions at hand that this program cannot read."""


def _nothing() -> None:
    return None


class Publications:
    """SQL and network on the calling thread.

    `trust_changed` is told when another trust list came into force.
    """

    def __init__(
        self,
        workspace: Workspace,
        trust_changed: Callable[[], object] = _nothing,
        now: clock.Clock = clock.now,
    ) -> None:
        self._workspace = workspace
        self._trust_changed = trust_changed
        self._now = now

    # --- coming in --------------------------------------------------------------------------

    def pull(self, client: StationClient, enrolment: Enrolment, context: WorkContext) -> int:
        """Ask what is new and fetch it; how many came whole.

        What a cut left half stays and is gone on with the next time. Raises StationWrong,
        DeviceRefused, Cancelled.
        """
        came = 0
        try:
            self._ask(client, enrolment)
            for pick in (self._withdrawals, self._worth_fetching):
                for row in pick():
                    came += self._fetch(client, row.publication, context)
        except StationWrong:
            raise
        except NetworkDown:
            pass  # the records have gone, which is what the run was for
        return came

    def accept_file(self, data: bytes, enrolment: Enrolment) -> Publication:
        """What the department gave by stick or mail.

        Raises PublicationInvalid, PublicationOld, PackInvalid; nothing has changed then.
        """
        publication, content = from_file(data, enrolment.receipt_key, enrolment.school_code)
        self._keep(publication, content)
        return publication

    def _ask(self, client: StationClient, enrolment: Enrolment) -> None:
        store = self._workspace.here()
        while True:
            after = int(store.settings.get(_AFTER, 0))
            tokens = client.publications(after)
            found = _believed(tokens, enrolment.receipt_key, enrolment.school_code)
            with store.write():
                store.publications.announce(found)
                store.settings.set(_AFTER, max([after, *(one.number for one in found)]))
            if len(tokens) < limits.PUBLICATIONS or not found:
                return

    def _withdrawals(self) -> list[PublicationRow]:
        """Before anything else: what they name is not to be fetched."""
        wanted = self._workspace.here().publications.wanted()
        return [row for row in wanted if row.publication.withdraws]

    def _worth_fetching(self) -> list[PublicationRow]:
        """Words for people first; of rules and lists only the newest, if it is newer."""
        store = self._workspace.here().publications
        wanted = store.wanted()
        best = {kind: self._held(kind) + 1 for kind in PublicationKind if kind.replaces}
        replacing = [row for row in wanted if row.publication.kind.replaces]
        for row in replacing:
            said = row.publication
            best[said.kind] = max(best[said.kind], said.version)
        notices = [row for row in wanted if row.publication.kind is PublicationKind.NOTICE]
        late = notices[:-NOTICES_KEPT] + [
            row for row in replacing if row.publication.version < best[row.publication.kind]
        ]
        store.forget([row.publication.number for row in late])
        return sorted(
            (row for row in wanted if row not in late),
            key=lambda row: (row.publication.kind is not PublicationKind.NOTICE, row.held == 0),
        )

    def _fetch(self, client: StationClient, said: Publication, context: WorkContext) -> bool:
        """Whether it is whole now and settled, to be used or refused."""
        store = self._workspace.here()
        content = store.publications.content(said.number)
        while len(content) < said.size:
            context.cancel.raise_if_cancelled()
            piece = self._piece(client, said, len(content))
            if not piece:
                store.publications.refuse(said.number, "trạm của Sở không còn giữ nội dung này")
                return False
            content = (content + piece)[: said.size]
            store.publications.set_content(said.number, content)
        try:
            self._keep(said, content)
        except PublicationInvalid as error:
            with store.write():
                store.publications.refuse(said.number, _reason(error))
                store.audit.add("refuse", said.kind.value, f"{said.version}: {error.code}")
        return True

    def _piece(self, client: StationClient, said: Publication, first: int) -> bytes:
        """Once more where the connection was cut: it may have died unnoticed."""
        last = min(first + PIECE, said.size) - 1
        try:
            return client.piece(said.sha256, first, last)
        except (StationBusy, StationWrong):
            raise
        except NetworkDown:
            return client.piece(said.sha256, first, last)

    def _keep(self, said: Publication, content: bytes) -> None:
        store = self._workspace.here()
        with store.write():
            if store.publications.is_withdrawn(said.number):
                raise PublicationWithdrawn
            check(said, content, self.rules().profiles)
            held = self._held(said.kind)
            known = [p for p, _ in store.publications.kept(said.kind) if p.version == said.version]
            if any(one.sha256 == said.sha256 for one in known):
                return  # by stick and by network
            if said.kind.replaces and said.version <= held:
                raise PublicationOld("not newer", version=said.version, held=held)
            store.publications.keep(said, content)
            store.publications.forget_old_notices(NOTICES_KEPT)
            if said.withdraws:
                self._follow(said)
            store.audit.add("publication", said.kind.value, f"{said.version}: {said.sha256}")
        if said.withdraws or said.kind is PublicationKind.TRUST:
            self._trust_changed()

    def _follow(self, withdrawal: Publication) -> None:
        """Rules stay for the records that were locked with them; words go, and so does what was
        never whole. Nobody needs to read that something was taken back which never came.
        """
        store, number = self._workspace.here().publications, withdrawal.withdraws
        if not store.knows(number):
            store.mark_read(withdrawal.number, self._now().isoformat())
        elif number not in {
            said.number for kind in _REPLACING for said, _ in store.withdrawn(kind)
        }:
            store.forget([number])

    def _held(self, kind: PublicationKind) -> int:
        kept = self._workspace.here().publications.kept(kind)
        return kept[0][0].version if kept else 0

    # --- what is there ----------------------------------------------------------------------

    def rules(self) -> RulesInForce:
        """What ships and the newest pack that can be read; older packs for locked pupils."""
        store, kind = self._workspace.here().publications, PublicationKind.PROFILES
        packs, withdrawn = store.kept(kind), store.withdrawn(kind)
        passed_over: list[int] = []
        found: Rules | None = None
        older: list[Profiles] = []
        version = 0
        for said, content in (*packs, *withdrawn):
            try:
                rules = read_rules(content, shipped())
            except PackInvalid:  # kept by another version of the program
                passed_over.append(said.version)
                continue
            if found is None and (said, content) in packs:
                found, version = rules, said.version
            else:
                older.append(rules.brought)
        if found is None:
            known = shipped().remembering(older)
            return RulesInForce(known, passed_over=tuple(passed_over))
        return RulesInForce(
            found.profiles.remembering(older), found.drivers, version, tuple(passed_over)
        )

    def listed(self) -> list[PublicationRow]:
        """Newest first."""
        return self._workspace.here().publications.listed()

    def text(self, number: int) -> str:
        """Of a notice or a withdrawal that was kept. Raises KeyError, PackInvalid."""
        return notice_text(self._workspace.here().publications.content(number))

    def unread(self) -> int:
        return self._workspace.here().publications.unread()

    def mark_read(self, number: int) -> None:
        self._workspace.here().publications.mark_read(number, self._now().isoformat())


def _believed(tokens: list[str], key: Ed25519PublicKey, school_code: str) -> list[Publication]:
    """What is not signed for this school is passed over; the rest is good all the same."""
    found = []
    for token in tokens:
        try:
            found.append(read(token, key, school_code))
        except PublicationInvalid:
            continue
    return found


def _reason(error: PublicationInvalid) -> str:
    told = error.params
    if isinstance(error, PublicationOld):
        return f"bản {told['version']} không mới hơn bản {told['held']} đang có"
    if isinstance(error, PublicationWithdrawn):
        return "Sở đã thu hồi"
    if isinstance(error, PackInvalid):
        line = f", dòng {told['line']}" if told["line"] else ""
        return f"{told['file']}{line}: {told['reason']}"
    return "nội dung không khớp với chữ ký của Sở"
