"""What the department says to its schools: notices, rules, whom to trust.

A content is checked as the schools will check it, signed with the key that their enrolments
pinned, and kept as it is; the rows are the record of who published what and when.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.department.store.archive import Archive
from app.department.store.folder import StationFolder
from app.department.store.tables import device, publication
from app.errors import NotWithdrawable, PackInvalid, StationBusy
from app.model.publication import Publication, PublicationKind
from app.parcel import limits
from app.parcel.publication import LONGEST_TITLE, check, issue, read
from app.parcel.rule_pack import read_rules
from app.profile import Profiles, shipped
from app.signing.trust.trust_list import TrustedCertificate, read_trust_list
from app.signing.trust.trust_store import TrustStore

log = logging.getLogger("hocba.station")

_RACES = 5
_REPLACING = [kind.value for kind in PublicationKind if kind.replaces]


@dataclass(frozen=True, slots=True)
class Published:
    """One line of the officials' list."""

    publication: Publication
    by: str
    withdrawn: bool = False


class Publishing:
    """One for a process; safe for several threads."""

    def __init__(self, folder: StationFolder, archive: Archive) -> None:
        self._folder = folder
        self._archive = archive

    # --- publishing ---------------------------------------------------------------------------

    def publish(
        self, kind: PublicationKind, title: str, content: bytes, by: str, school_code: str = ""
    ) -> Publication:
        """Sign it and keep it, for every school or one. `by`: the official's login.

        Raises PublicationInvalid, PackInvalid: what a school could not use is never published;
        StationBusy.
        """
        title = " ".join(title.split())
        self._check_frame(kind, title, content, school_code)
        bare = self._bare(kind, title, content, school_code)
        return self._issue(bare, content, by)

    def withdraw(self, number: int, reason: str, by: str) -> Publication:
        """Take one back, for whom it was meant: schools show it no longer, and what it replaced
        holds again. Withdrawals cannot be withdrawn; publish anew instead.

        Raises NotWithdrawable (no such number, withdrawn already), PackInvalid (no reason),
        StationBusy.
        """
        found = self.one(number)
        if found is None or found[0].withdraws:
            raise _not_withdrawn(number, "không có")
        said, content = found[0], reason.strip().encode()
        title = f"Thu hồi: {said.title}"
        title = title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"
        bare = self._bare(PublicationKind.WITHDRAWAL, title, content, said.school_code)
        return self._issue(replace(bare, withdraws=number), content, by)

    def _bare(
        self, kind: PublicationKind, title: str, content: bytes, school_code: str
    ) -> Publication:
        """Without its numbers and signature."""
        digest, at = hashlib.sha256(content).hexdigest(), clock.now().isoformat()
        return Publication(
            0, kind, 0, title, self._folder.name, at, digest, len(content), school_code
        )

    def _issue(self, bare: Publication, content: bytes, by: str) -> Publication:
        known = self.rules()
        for _ in range(_RACES):
            try:
                return self._keep(bare, content, by, known)
            except IntegrityError:  # somebody else published at the same moment
                continue
        raise StationBusy("publications collide")

    def _keep(self, bare: Publication, content: bytes, by: str, known: Profiles) -> Publication:
        with self._archive.engine.begin() as db:
            if bare.withdraws:
                _require_standing(db, bare.withdraws)
            number = _next(db)
            version = number if bare.kind is PublicationKind.NOTICE else _next(db, bare.kind)
            made = issue(replace(bare, number=number, version=version), self._folder.receipt_key)
            check(made, content, known)
            values = {
                "number": made.number,
                "kind": made.kind.value,
                "version": made.version,
                "school_code": made.school_code,
                "title": made.title,
                "sha256": made.sha256,
                "size": made.size,
                "published_at": made.published_at,
                "published_by": by,
                "token": made.token,
                "content": content,
                "withdraws": made.withdraws,
            }
            db.execute(insert(publication), values)
        log.info("published", extra={"by": by, "items": made.number, "size": made.size})
        return made

    def _check_frame(
        self, kind: PublicationKind, title: str, content: bytes, school_code: str
    ) -> None:
        if not title or len(title) > LONGEST_TITLE or not title.isprintable():
            raise PackInvalid("title", file="tiêu đề", line=0, reason="trống hoặc quá dài")
        if not 0 < len(content) <= limits.PUBLICATION:
            raise PackInvalid("size", file="nội dung", line=0, reason="trống hoặc quá lớn")
        if not school_code:
            return
        if kind is not PublicationKind.NOTICE:
            raise PackInvalid("audience", file="nơi nhận", line=0, reason="phải là mọi trường")
        with self._archive.reads.connect() as db:
            known = select(device.c.device_id).where(device.c.school_code == school_code)
            if db.execute(known.limit(1)).first() is None:
                reason = "trường này chưa ghi danh máy nào"
                raise PackInvalid("school", file="nơi nhận", line=0, reason=reason)

    # --- reading ------------------------------------------------------------------------------

    def after(self, school_code: str, number: int) -> list[str]:
        """Tokens for a school, of what was published after `number`, oldest first.

        Of rules and lists only the newest: an older one would not be taken. Where the newest was
        withdrawn after `number`, the one that holds again comes once more.
        """
        newer, gone = publication.alias("newer"), publication.alias("gone")
        newest = select(func.max(newer.c.version)).where(
            newer.c.kind == publication.c.kind, newer.c.number.not_in(_withdrawn())
        )
        counts = or_(
            publication.c.kind.not_in(_REPLACING),
            publication.c.version == newest.scalar_subquery(),
        )
        word = publication.alias("word")
        reopened = select(gone.c.kind).join(word, word.c.withdraws == gone.c.number)
        reopened = reopened.where(word.c.number > number, gone.c.kind.in_(_REPLACING))
        is_news = or_(publication.c.number > number, publication.c.kind.in_(reopened))
        query = (
            select(publication.c.token)
            .where(_meant_for(school_code), _stands(), is_news, counts)
            .order_by(publication.c.number)
            .limit(limits.PUBLICATIONS)
        )
        with self._archive.reads.connect() as db:
            return list(db.scalars(query))

    def content(self, school_code: str, sha256: str) -> bytes | None:
        """None when there is no such content for this school."""
        wanted = select(publication.c.content).where(publication.c.sha256 == sha256, _stands())
        with self._archive.reads.connect() as db:
            return db.scalar(wanted.where(_meant_for(school_code)).limit(1))

    def listed(self, most: int = 200) -> list[Published]:
        """Newest first."""
        query = select(publication).order_by(publication.c.number.desc()).limit(most)
        with self._archive.reads.connect() as db:
            gone = set(db.scalars(_withdrawn()))
            return [
                Published(self._said(row), row.published_by, row.number in gone)
                for row in db.execute(query)
            ]

    def one(self, number: int) -> tuple[Publication, bytes] | None:
        with self._archive.reads.connect() as db:
            row = db.execute(select(publication).where(publication.c.number == number)).first()
        return (self._said(row), row.content) if row else None

    def newest(self, kind: PublicationKind) -> bytes | None:
        """Content of the version in force."""
        query = select(publication.c.content).where(publication.c.kind == kind.value, _stands())
        with self._archive.reads.connect() as db:
            return db.scalar(query.order_by(publication.c.version.desc()).limit(1))

    def trusted(self) -> tuple[TrustedCertificate, ...]:
        """The trust list in force; empty when none was published."""
        content = self.newest(PublicationKind.TRUST)
        try:
            return read_trust_list(content) if content else ()
        except PackInvalid:  # published by another version of the program
            log.warning("trust list not read")
            return ()

    def rules(self) -> Profiles:
        """What ships, and everything published since, also what was withdrawn: an id means one
        thing for ever."""
        known = shipped()
        query = select(publication.c.content).where(
            publication.c.kind == PublicationKind.PROFILES.value
        )
        with self._archive.reads.connect() as db:
            packs = list(db.scalars(query.order_by(publication.c.version)))
        for pack in packs:
            try:
                known = read_rules(pack, known).profiles
            except PackInvalid:  # published by another version of the program
                log.warning("rules not read", extra={"size": len(pack)})
        return known

    def schools(self) -> list[tuple[str, str]]:
        """(code, name) of every enrolled school, by name."""
        query = select(device.c.school_code, func.max(device.c.school_name))
        query = query.group_by(device.c.school_code)
        with self._archive.reads.connect() as db:
            found = [(code, name) for code, name in db.execute(query)]
        return sorted(found, key=lambda one: one[1])

    def _said(self, row: Row[Any]) -> Publication:
        return read(row.token, self._folder.receipt_key.public_key(), row.school_code)


def _next(db: Connection, kind: PublicationKind | None = None) -> int:
    if kind is None:
        return int(db.scalar(select(func.max(publication.c.number))) or 0) + 1
    of_kind = select(func.max(publication.c.version)).where(publication.c.kind == kind.value)
    return int(db.scalar(of_kind) or 0) + 1


def _require_standing(db: Connection, number: int) -> None:
    """Locks it until the transaction ends: of two who withdraw it at once, one waits and is told.

    Raises NotWithdrawable.
    """
    mine = publication.c.number == number
    db.execute(select(publication.c.number).where(mine).with_for_update())
    if db.scalar(_withdrawn(number)):
        raise _not_withdrawn(number, "đã được thu hồi")


def _withdrawn(number: int = 0) -> Select[Any]:
    """Every number that was taken back, or this one if it was."""
    gone = publication.alias("withdrawal")
    which = gone.c.withdraws == number if number else gone.c.withdraws > 0
    return select(gone.c.withdraws).where(which)


def _stands() -> ColumnElement[bool]:
    return publication.c.number.not_in(_withdrawn())


def _not_withdrawn(number: int, reason: str) -> NotWithdrawable:
    return NotWithdrawable(f"{number}", number=number, reason=reason)


def _meant_for(school_code: str) -> ColumnElement[bool]:
    return or_(publication.c.school_code == "", publication.c.school_code == school_code)


class ListedTrust:
    """Keeps a station's `TrustStore` in step with the trust list that it published last.

    Each process asks its own database connection, at most every `EVERY` seconds.
    """

    EVERY = 15.0

    def __init__(self, folder: StationFolder, trust: TrustStore) -> None:
        self._folder = folder
        self._trust = trust
        self._lock = threading.Lock()
        self._process = 0
        self._publishing: Publishing | None = None
        self._due = 0.0

    def renew(self) -> None:
        """Let the store trust what the newest list names. Costs nothing most of the time."""
        with self._lock:
            if self._process != os.getpid():  # connections do not outlive a fork
                self._process, self._due = os.getpid(), 0.0
                self._publishing = Publishing(self._folder, self._folder.open_archive())
            if self._publishing is not None and time.monotonic() >= self._due:
                self._due = time.monotonic() + self.EVERY
                self._trust.renew(self._publishing.trusted())
