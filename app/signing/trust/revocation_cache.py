"""What the lists kept in the workspace say of a certificate; no network is asked."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from cryptography import x509

from app.errors import AppError, CertificateUnfit
from app.signing.record.evidence import paths_by_slot
from app.signing.record.slots import RecordTree
from app.signing.trust.certificates import fingerprint
from app.signing.trust.revocation import Revocation, RevocationStatus, list_urls, standing_of
from app.signing.trust.trust_store import TrustStore
from app.store import Store
from app.store.signing import RecordKey

_SETTING = "evidence.revoked"
_DISTRUSTED = "evidence.distrusted"


@dataclass(frozen=True, slots=True)
class RevocationNotice:
    """An authority has called this holder's certificate revoked, in a list or in an answer."""

    holder: str
    as_of: datetime


def told_revoked(store: Store) -> dict[str, RevocationNotice]:
    """By certificate (SHA-256, hex)."""
    kept: dict[str, tuple[str, str]] = store.settings.get(_SETTING, {})
    return {
        mark: RevocationNotice(name, datetime.fromisoformat(at))
        for mark, (name, at) in kept.items()
    }


def keep_told(store: Store, told: Mapping[str, RevocationNotice]) -> None:
    """Answers themselves are not kept; their word is."""
    store.settings.set(
        _SETTING, {mark: (each.holder, each.as_of.isoformat()) for mark, each in told.items()}
    )


def distrusted(store: Store) -> frozenset[RecordKey]:
    """Records whose evidence shows that a certificate had been revoked before it signed them."""
    return frozenset(
        (record, int(version)) for record, version in store.settings.get(_DISTRUSTED, ())
    )


def keep_distrusted(store: Store, found: Collection[RecordKey]) -> None:
    """Add records to those that `distrusted` names."""
    if found:
        store.settings.set(_DISTRUSTED, sorted(distrusted(store).union(found)))


def standing_at_hand(store: Store, path: Sequence[x509.Certificate], now: datetime) -> Revocation:
    """Of a path from a signer to a root: the worst standing, and the age of the oldest word.

    A list that has ended says nothing any more, but of those it had revoked for good.
    """
    found = []
    for certificate, issuer in pairwise(path):
        kept = [store.evidence.list_at(url) for url in list_urls(certificate)]
        lists = [entry[1] for entry in kept if entry]
        found.append(standing_of(certificate, issuer, now, lists))
    oldest = min((r.as_of for r in found if r.as_of is not None), default=None)
    for standing in (RevocationStatus.REVOKED, RevocationStatus.UNKNOWN):
        if not found or any(r.standing is standing for r in found):
            return Revocation(standing if found else RevocationStatus.UNKNOWN, oldest)
    return Revocation(RevocationStatus.GOOD, oldest)


def known_paths(store: Store, trust: TrustStore) -> dict[str, tuple[x509.Certificate, ...]]:
    """Of each certificate that has signed here, up to a root; by its SHA-256 (hex)."""
    found: dict[str, tuple[x509.Certificate, ...]] = {}
    for mark, record_id, version in store.evidence.samples():
        if mark in found:
            continue
        with contextlib.suppress(AppError, KeyError):  # a bad record is told of elsewhere
            record = RecordTree(store.transcripts.get(record_id, version).xml)
            paths = paths_by_slot(record, trust).values()
            found |= {fingerprint(path[0]): path for path in paths}
    return found


def standing_here(
    store: Store,
    trust: TrustStore,
    certificate: x509.Certificate,
    now: datetime,
    chain: tuple[x509.Certificate, ...] = (),
) -> Revocation:
    """What this workspace knows of a signer's certificate.

    A token need not hold its issuers' certificates: those of earlier signatures help.
    """
    path = trust.path(certificate, chain)
    if path is None:
        others = dict.fromkeys(c for p in known_paths(store, trust).values() for c in p[1:])
        path = trust.path(certificate, tuple(others))
    found = Revocation(RevocationStatus.UNKNOWN)
    if path is not None:
        found = standing_at_hand(store, path.certificates, now)
    told = told_revoked(store).get(fingerprint(certificate))
    if told and not (
        found.standing is RevocationStatus.GOOD and found.as_of and found.as_of > told.as_of
    ):
        return Revocation(RevocationStatus.REVOKED, told.as_of)
    return found


def refuse_revoked(
    store: Store,
    trust: TrustStore,
    certificate: x509.Certificate,
    chain: tuple[x509.Certificate, ...],
    now: datetime,
) -> None:
    """Before a batch. Raises CertificateUnfit(reason) for what an authority called revoked."""
    found = standing_here(store, trust, certificate, now, chain)
    if found.standing is RevocationStatus.REVOKED:
        raise revoked(certificate)


def revoked(certificate: x509.Certificate) -> CertificateUnfit:
    """The error that this certificate is revoked, for a caller to raise or show."""
    return CertificateUnfit(
        reason="certificate_revoked",
        not_before=certificate.not_valid_before_utc.date().isoformat(),
        not_after=certificate.not_valid_after_utc.date().isoformat(),
    )
