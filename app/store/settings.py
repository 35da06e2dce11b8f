"""Small facts and secrets of the workspace, by key."""

from __future__ import annotations

import json
from typing import Any

from sqlite_utils import Database

from app.store.database import write


class SettingStore:
    """Settings are JSON; secrets (device key, enrolment) are bytes. Both lie encrypted."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, key: str, default: Any = None) -> Any:
        row = self._db.execute("SELECT value FROM setting WHERE key = ?", [key]).fetchone()
        return default if row is None else json.loads(row[0])

    def set(self, key: str, value: Any) -> None:
        with write(self._db):
            self._db.execute(
                "INSERT INTO setting (key, value) VALUES (?, ?) "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [key, json.dumps(value, ensure_ascii=False)],
            )

    def secret(self, key: str) -> bytes | None:
        row = self._db.execute("SELECT value FROM secret WHERE key = ?", [key]).fetchone()
        return None if row is None else bytes(row[0])

    def set_secret(self, key: str, value: bytes) -> None:
        with write(self._db):
            self._db.execute(
                "INSERT INTO secret (key, value) VALUES (?, ?) "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [key, value],
            )

    def next_counter(self, key: str) -> int:
        """The next number of a counter that only rises."""
        with write(self._db):
            number = int(self.get(key, 0)) + 1
            self.set(key, number)
        return number
