"""Certificates that the department registered for a school, or for a department that forwards."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable

from cryptography import x509
from sqlalchemy import delete, insert, select

from app import clock
from app.department.store.archive import Archive
from app.department.store.folder import StationFolder
from app.department.store.tables import registered_signer
from app.signing.trust.certificates import fingerprint, holder


class RegisteredSigners:
    """By the school's code. Whose certificate it is, somebody at the department has seen.

    `folder`: each process opens its own archive, connections do not outlive a fork.
    """

    def __init__(self, folder: StationFolder) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._process = 0
        self._opened: Archive | None = None

    @property
    def _archive(self) -> Archive:
        with self._lock:
            if self._opened is None or self._process != os.getpid():
                self._process, self._opened = os.getpid(), self._folder.open_archive()
            return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()

    def add(self, school_code: str, certificates: Iterable[x509.Certificate]) -> None:
        """Again changes nothing but the day."""
        with self._archive.engine.begin() as db:
            for certificate in certificates:
                sha256 = fingerprint(certificate)
                own = registered_signer.c
                same = (own.school_code == school_code) & (own.sha256 == sha256)
                db.execute(delete(registered_signer).where(same))
                db.execute(
                    insert(registered_signer).values(
                        school_code=school_code,
                        sha256=sha256,
                        holder=holder(certificate),
                        registered_at=clock.now().isoformat(),
                    )
                )

    def of(self, school_code: str) -> frozenset[str]:
        """SHA-256 (hex) of each."""
        query = select(registered_signer.c.sha256).where(
            registered_signer.c.school_code == school_code
        )
        with self._archive.reads.connect() as db:
            return frozenset(db.scalars(query))
