"""Authorities that a school trusts besides those that ship: its own, and its department's list."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app import clock
from app.errors import AppError, RootInvalid
from app.model.publication import PublicationKind
from app.signing.trust.certificates import name_of
from app.signing.trust.trust_list import (
    Hierarchy,
    TrustedCertificate,
    TrustPurpose,
    read_trust_list,
)
from app.signing.trust.trust_store import TrustStore
from app.store import Workspace

_OWN = "trust.own"


@dataclass(frozen=True, slots=True)
class OwnAuthority:
    """An authority that the school itself trusts: who added it, and when (ISO 8601)."""

    trusted: TrustedCertificate
    added_at: str
    added_by: str


class TrustedAuthorities:
    """Keeps a `TrustStore` in step with the workspace. SQL on the calling thread."""

    def __init__(
        self, workspace: Workspace, trust: TrustStore, now: clock.Clock = clock.now
    ) -> None:
        self._workspace = workspace
        self._trust = trust
        self._now = now

    def load(self) -> None:
        """From now on the store trusts what ships, the department's list and the school's own."""
        own = [one.trusted for one in self.own()]
        self._trust.renew((*self.department(), *own))

    def shipped(self) -> tuple[TrustedCertificate, ...]:
        """The certificates that come with the program."""
        return self._trust.listed

    def department(self) -> tuple[TrustedCertificate, ...]:
        """The department's list in force; empty when there is none that this program reads."""
        kept = self._workspace.here().publications.kept(PublicationKind.TRUST)
        for _, content in kept[:1]:
            try:
                return read_trust_list(content)
            except AppError:  # kept by another version of the program
                return ()
        return ()

    def own(self) -> list[OwnAuthority]:
        """What the school added itself."""
        return [_own(entry) for entry in self._entries()]

    def add(
        self, certificate: x509.Certificate, hierarchy: Hierarchy, purpose: TrustPurpose
    ) -> None:
        """Trust it from now on. Raises RootInvalid when it is trusted already."""
        trusted = TrustedCertificate(certificate, hierarchy, purpose)
        known = {o.fingerprint for o in (*self.shipped(), *self.department())}
        store = self._workspace.here()
        with store.write():
            entries = self._entries()
            if trusted.fingerprint in known | {_own(e).trusted.fingerprint for e in entries}:
                raise RootInvalid("known", reason="chứng thư này đã được tin cậy")
            entry = {
                "certificate": base64.b64encode(certificate.public_bytes(Encoding.DER)).decode(),
                "hierarchy": hierarchy.value,
                "purpose": purpose.value,
                "added_at": self._now().isoformat(),
                "added_by": store.user,
            }
            store.settings.set(_OWN, [*entries, entry])
            store.audit.add("trust", trusted.fingerprint, name_of(certificate.subject))
        self.load()

    def remove(self, fingerprint: str) -> None:
        """Of the school's own; what it vouched for is of unknown origin again."""
        store = self._workspace.here()
        with store.write():
            left = [e for e in self._entries() if _own(e).trusted.fingerprint != fingerprint]
            store.settings.set(_OWN, left)
            store.audit.add("distrust", fingerprint)
        self.load()

    def _entries(self) -> Sequence[dict[str, Any]]:
        found: list[dict[str, Any]] = self._workspace.here().settings.get(_OWN, [])
        return found


def _own(entry: dict[str, Any]) -> OwnAuthority:
    certificate = x509.load_der_x509_certificate(base64.b64decode(entry["certificate"]))
    trusted = TrustedCertificate(
        certificate, Hierarchy(entry["hierarchy"]), TrustPurpose(entry["purpose"])
    )
    return OwnAuthority(trusted, entry["added_at"], entry["added_by"])
