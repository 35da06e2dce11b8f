"""Who may see what at the department: log-ins, roles, sessions, clients of the look-up."""

from __future__ import annotations

import hashlib
import secrets
import time
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.department.store.archive import Archive
from app.department.store.tables import attempt, client, official, session, token
from app.errors import OfficialInvalid

SESSION_SECONDS = 8 * 3600.0
TOKEN_SECONDS = 600.0
SHORTEST = 10
_TRIES = 5
_LOCK_SECONDS = 300.0
_FORGOTTEN_SECONDS = 24 * 3600.0


class Role(StrEnum):
    VIEWER = "viewer"
    """Coverage and lists; no pupil's record."""
    REVIEWER = "reviewer"
    """Also opens records and returns them with a reason."""
    ADMIN = "admin"
    """Also reads who looked at what."""


class Scope(StrEnum):
    """What a client of the look-up may see of a record (RFC 6749 §3.3)."""

    VERIFY = "record.verify"
    """Whether it is good, and what the verification found; not what it says."""
    READ = "record.read"
    """Also what it says."""


class ScopeRefused(Exception):
    """A scope that does not exist, or that this client was not given; no user ever sees this."""


@dataclass(frozen=True, slots=True)
class Client:
    """Whoever asks with a token, and what the token reaches."""

    client_id: str
    scopes: frozenset[Scope]

    @property
    def reads(self) -> bool:
        return Scope.READ in self.scopes


@dataclass(frozen=True, slots=True)
class Official:
    login: str
    full_name: str
    role: Role
    form_key: str
    """In every form of this session, so that no other page can post in its name."""

    @property
    def sees_records(self) -> bool:
        return self.role is not Role.VIEWER


class Officials:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def add(self, login: str, full_name: str, role: Role, password: str) -> None:
        """New, or with a new password and role. Raises OfficialInvalid."""
        if not login.isascii() or not login.isalnum() or not 0 < len(login) <= 64:
            raise OfficialInvalid("login")
        if len(password) < SHORTEST:
            raise OfficialInvalid("password")
        values = {
            "full_name": full_name,
            "role": role.value,
            "password": hashed(password),
        }
        with self._archive.engine.begin() as db:
            mine = official.c.login == login
            if not db.execute(update(official).where(mine).values(values)).rowcount:
                db.execute(insert(official).values(login=login, **values))
            db.execute(delete(session).where(session.c.login == login))
            db.execute(delete(attempt).where(attempt.c.login == login))

    def remove(self, login: str) -> None:
        """May not log in any more, and is logged out. Raises OfficialInvalid when unknown."""
        with self._archive.engine.begin() as db:
            if not db.execute(delete(official).where(official.c.login == login)).rowcount:
                raise OfficialInvalid("login")
            db.execute(delete(session).where(session.c.login == login))
            db.execute(delete(attempt).where(attempt.c.login == login))

    def log_in(self, login: str, password: str, address: str = "") -> str:
        """A session's secret, or '' when name or password is wrong.

        Five wrong ones from one address close the name to that address for a while: whoever tries
        from elsewhere cannot lock an official out.
        """
        kept = self._count_try(login, address)
        # A name that is unknown or closed costs as much time as another.
        if not matches(password, kept or _nobody()) or not kept:
            return ""
        now = time.time()
        with self._archive.engine.begin() as db:
            mine = (attempt.c.login == login) & (attempt.c.address == address)
            db.execute(delete(attempt).where(mine))
            db.execute(delete(session).where(session.c.until < now))
            secret = secrets.token_urlsafe(32)
            db.execute(
                insert(session).values(
                    token_sha256=_digest(secret),
                    login=login,
                    form_key=secrets.token_hex(16),
                    until=now + SESSION_SECONDS,
                )
            )
        return secret

    def _count_try(self, login: str, address: str) -> str:
        """The password's hash, or '' when there is nothing to try.

        Counted as a failure before it is looked at, so that many tries at once are as many.
        """
        now, mine = time.time(), official.c.login == login
        here = (attempt.c.login == login) & (attempt.c.address == address)
        with self._archive.engine.begin() as db:
            row = db.execute(select(official).where(mine).with_for_update()).first()
            if row is None:
                return ""
            tried = db.execute(select(attempt).where(here)).first()
            if tried is not None and tried.locked_until > now:
                return ""
            failures = tried.failures + 1 if tried else 1
            until = now + _LOCK_SECONDS if failures >= _TRIES else 0.0
            counted = {"failures": 0 if until else failures, "locked_until": until, "at": now}
            if not db.execute(update(attempt).where(here).values(counted)).rowcount:
                db.execute(delete(attempt).where(attempt.c.at < now - _FORGOTTEN_SECONDS))
                db.execute(insert(attempt).values(login=login, address=address, **counted))
        return str(row.password)

    def of(self, secret: str) -> Official | None:
        """Whose session this is, while it lasts."""
        query = select(official, session.c.form_key).join(
            session, session.c.login == official.c.login
        )
        mine = session.c.token_sha256 == _digest(secret)
        with self._archive.reads.connect() as db:
            row = db.execute(query.where(mine, session.c.until > time.time())).first()
        return Official(row.login, row.full_name, Role(row.role), row.form_key) if row else None

    def log_out(self, secret: str) -> None:
        with self._archive.engine.begin() as db:
            db.execute(delete(session).where(session.c.token_sha256 == _digest(secret)))

    # --- clients of the look-up (OAuth 2, RFC 6749 §4.4) --------------------------------------

    def add_client(
        self, client_id: str, name: str, scopes: Collection[Scope] = frozenset(Scope)
    ) -> str:
        """The new client's secret, shown once. Raises OfficialInvalid when it exists."""
        secret = secrets.token_urlsafe(32)
        try:
            with self._archive.engine.begin() as db:
                values = {"client_id": client_id, "name": name, "secret": _digest(secret)}
                db.execute(insert(client).values(scope=" ".join(sorted(scopes)), **values))
        except IntegrityError as error:
            raise OfficialInvalid("client") from error
        return secret

    def renew_client(self, client_id: str) -> str:
        """A new secret, shown once; the old one and its tokens end. Raises OfficialInvalid."""
        secret = secrets.token_urlsafe(32)
        with self._archive.engine.begin() as db:
            mine = update(client).where(client.c.client_id == client_id)
            if not db.execute(mine.values(secret=_digest(secret))).rowcount:
                raise OfficialInvalid("client")
            db.execute(delete(token).where(token.c.client_id == client_id))
        return secret

    def remove_client(self, client_id: str) -> None:
        """May not ask any more; its tokens end. Raises OfficialInvalid when unknown."""
        with self._archive.engine.begin() as db:
            if not db.execute(delete(client).where(client.c.client_id == client_id)).rowcount:
                raise OfficialInvalid("client")
            db.execute(delete(token).where(token.c.client_id == client_id))

    def grant(self, client_id: str, secret: str, scope: str = "") -> tuple[str, str]:
        """An access token and its scope, or two ''. `scope` '': all that the client has.

        The secret is 256 random bits, so its SHA-256 is enough. Raises ScopeRefused.
        """
        with self._archive.engine.begin() as db:
            mine = client.c.client_id == client_id
            row = db.execute(select(client.c.secret, client.c.scope).where(mine)).first()
            kept, given = row or ("", "")
            if not secrets.compare_digest(kept, _digest(secret)):
                return "", ""
            asked = " ".join(sorted(set(scope.split()))) or given
            if not set(asked.split()) <= set(given.split()):
                raise ScopeRefused
            granted, now = secrets.token_urlsafe(32), time.time()
            db.execute(delete(token).where(token.c.until < now))
            values = {"client_id": client_id, "until": now + TOKEN_SECONDS, "scope": asked}
            db.execute(insert(token).values(token_sha256=_digest(granted), **values))
        return granted, asked

    def client_of(self, access_token: str) -> Client | None:
        """Whose token this is, while it lasts."""
        mine = token.c.token_sha256 == _digest(access_token)
        query = select(token.c.client_id, token.c.scope)
        with self._archive.reads.connect() as db:
            row = db.execute(query.where(mine, token.c.until > time.time())).first()
        return Client(row.client_id, frozenset(map(Scope, row.scope.split()))) if row else None


def hashed(password: str) -> str:
    """Argon2id (RFC 9106), 64 MiB, three passes, in the PHC string form."""
    kdf = Argon2id(
        salt=secrets.token_bytes(16), length=32, iterations=3, lanes=1, memory_cost=64 * 1024
    )
    return kdf.derive_phc_encoded(_text(password))


def matches(password: str, kept: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(_text(password), kept)
    except (InvalidKey, ValueError):
        return False
    return True


def _text(password: str) -> bytes:
    return unicodedata.normalize("NFC", password).encode()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@cache
def _nobody() -> str:
    return hashed(secrets.token_hex(16))
