"""Whom we believe: trust roots, and the path from a signer's certificate to one of them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from cryptography import x509

from app import resources
from app.signing.trust.certificates import PRACTICE_MARK, fingerprint, load_certificates, name_of
from app.signing.trust.path_validation import is_issued_by, is_understood, is_valid_path
from app.signing.trust.trust_list import Hierarchy, TrustedCertificate, TrustPurpose

_DEEPEST = 5
_LARGEST_FILE = 1024 * 1024
_CACHE_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class CertificatePath:
    """From the signer to a trusted root. `begin`, `end`: when all of them are valid."""

    certificates: tuple[x509.Certificate, ...]
    begin: datetime
    end: datetime
    hierarchy: Hierarchy = Hierarchy.OTHER
    """Of the root."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of each subject the CN, else the organisation; from the signer to the root."""
        return tuple(name_of(c.subject) for c in self.certificates)

    @property
    def practice(self) -> bool:
        """Whether the root is one of practice, which proves nothing of genuine records."""
        return PRACTICE_MARK in name_of(self.certificates[-1].subject)


class TrustStore:
    """Roots of one or more hierarchies, with intermediates that help to find the way.

    Paths follow RFC 5280 §6 (`path_validation.py`). Revocation is not looked at here.
    """

    def __init__(
        self,
        roots: Iterable[x509.Certificate],
        intermediates: Iterable[x509.Certificate] = (),
        others: Iterable[TrustedCertificate] = (),
    ) -> None:
        """`others`: certificates of which more is known than that they are trusted."""
        self._own = (
            *(TrustedCertificate(one) for one in (*roots, *intermediates)),
            *others,
        )
        self._lock = threading.Lock()
        self._every: tuple[TrustedCertificate, ...] = ()
        self.roots: tuple[x509.Certificate, ...] = ()
        """For any purpose."""
        self.intermediates: tuple[x509.Certificate, ...] = ()
        self._stamping: tuple[x509.Certificate, ...] = ()
        self._hierarchies: dict[str, Hierarchy] = {}
        self._paths: dict[tuple[object, ...], CertificatePath | None] = {}
        self.renew(())

    @property
    def listed(self) -> tuple[TrustedCertificate, ...]:
        """What it was made with, each once."""
        return tuple({one.fingerprint: one for one in self._own}.values())

    @property
    def every(self) -> tuple[TrustedCertificate, ...]:
        """All that is trusted now, each once."""
        with self._lock:
            return self._every

    def renew(self, others: Iterable[TrustedCertificate]) -> None:
        """Trust what it was made with and `others`, from now on; what else was added goes."""
        every = tuple({one.fingerprint: one for one in (*others, *self._own)}.values())
        roots = [one for one in every if one.is_root]
        with self._lock:
            self._every = every
            self.roots = tuple(o.certificate for o in roots if o.purpose is TrustPurpose.SIGNING)
            self._stamping = tuple(
                o.certificate for o in roots if o.purpose is TrustPurpose.TIMESTAMPS
            )
            self.intermediates = tuple(o.certificate for o in every if not o.is_root)
            self._hierarchies = {o.fingerprint: o.hierarchy for o in roots}
            self._paths = {}  # a search that still runs keeps its answer in the old one

    @classmethod
    def from_folders(cls, *folders: Path) -> Self:
        """All certificates (.pem, .crt, .cer) in the folders.

        Self-signed ones become roots, the others intermediates. Files that are no certificates
        are left out.
        """
        return cls(
            (),
            others=[
                TrustedCertificate(certificate, _hierarchy_of(folder))
                for folder in folders
                for file in sorted(folder.glob("*"))
                if file.suffix.lower() in (".pem", ".crt", ".cer") and file.is_file()
                for certificate in _read(file)
            ],
        )

    @classmethod
    def shipped(cls, *folders: Path) -> Self:
        """Our own `resources/trust` with one folder per hierarchy, and what lies in `folders`."""
        ours = resources.path("trust")
        hierarchies = sorted(folder for folder in ours.iterdir() if folder.is_dir())
        return cls.from_folders(ours, *hierarchies, *folders)

    def with_practice(self, *folders: Path) -> Self:
        """This store and the practice roots in `folders`, which nobody vouches for.

        Only roots that carry the practice mark are taken: a stick cannot bring a root that passes
        for a real one.
        """
        found = type(self).from_folders(*folders)
        marked = [c for c in found.roots if PRACTICE_MARK in name_of(c.subject)]
        return type(self)(marked, others=self._every)

    def path(
        self,
        certificate: x509.Certificate,
        chain: tuple[x509.Certificate, ...] = (),
        purpose: TrustPurpose = TrustPurpose.SIGNING,
    ) -> CertificatePath | None:
        """A path to one of our roots, or None. `chain`: what came with the signature."""
        asked = (fingerprint(certificate), tuple(fingerprint(c) for c in chain), purpose)
        with self._lock:
            paths, hierarchies = self._paths, self._hierarchies
            if asked in paths:
                return paths[asked]
            stamping = self._stamping if purpose is TrustPurpose.TIMESTAMPS else ()
            roots, pool = (*self.roots, *stamping), (*chain, *self.intermediates)
        certificates = _search((certificate,), roots, pool, purpose, {})
        found = _path(certificates, hierarchies) if certificates else None
        with self._lock:
            if len(paths) > _CACHE_LIMIT:
                paths.clear()
            paths[asked] = found
        return found


def _search(
    so_far: tuple[x509.Certificate, ...],
    roots: tuple[x509.Certificate, ...],
    pool: tuple[x509.Certificate, ...],
    purpose: TrustPurpose,
    failed: dict[x509.Certificate, int],
) -> tuple[x509.Certificate, ...] | None:
    """`failed`: at which depth a certificate led nowhere; deeper it cannot do better.

    Without it, certificates that all name each other as issuers would be tried in every order.
    """
    last = so_far[-1]
    if len(so_far) >= failed.get(last, _DEEPEST + 1) or not is_understood(last):
        return None
    for root in roots:
        if is_issued_by(last, root) and is_valid_path((*so_far, root), purpose):
            return (*so_far, root)
    for issuer in pool:
        fits = issuer not in so_far and is_issued_by(last, issuer)
        if fits and (found := _search((*so_far, issuer), roots, pool, purpose, failed)):
            return found
    failed[last] = len(so_far)
    return None


def _path(
    certificates: tuple[x509.Certificate, ...], hierarchies: Mapping[str, Hierarchy]
) -> CertificatePath:
    return CertificatePath(
        certificates,
        max(c.not_valid_before_utc for c in certificates),
        min(c.not_valid_after_utc for c in certificates),
        hierarchies.get(fingerprint(certificates[-1]), Hierarchy.OTHER),
    )


def _hierarchy_of(folder: Path) -> Hierarchy:
    return Hierarchy(folder.name) if folder.name in set(Hierarchy) else Hierarchy.OTHER


def _read(file: Path) -> list[x509.Certificate]:
    try:
        if file.stat().st_size > _LARGEST_FILE:
            return []
        return load_certificates(file.read_bytes())
    except (OSError, ValueError):
        return []
