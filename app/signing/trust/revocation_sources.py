"""Revocation data for certificates: kept in the workspace while it is fresh, else fetched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from app.signing.trust.certificates import fingerprint, holder
from app.signing.trust.fetching import Fetcher, FetchFailure
from app.signing.trust.proven_time import RevocationData
from app.signing.trust.revocation import (
    Revocation,
    RevocationStatus,
    answer_urls,
    list_urls,
    standing_of,
)
from app.signing.trust.revocation_cache import RevocationNotice
from app.store import Store

_FRESH = timedelta(hours=12)
Path = Sequence[x509.Certificate]
_Pair = tuple[x509.Certificate, x509.Certificate]
"""A certificate and its issuer's."""


@dataclass(frozen=True, slots=True)
class GatheredRevocation:
    """`complete`: nothing more could be had for these certificates, now or later."""

    data: RevocationData
    complete: bool


@dataclass(slots=True)
class RevocationSources:
    """One run's lists and answers. `revoked`: by certificate (SHA-256, hex)."""

    store: Store
    fetcher: Fetcher
    now: datetime
    revoked: dict[str, RevocationNotice] = field(default_factory=dict)
    _found: dict[_Pair, tuple[bytes | None, bytes | None]] = field(default_factory=dict)
    """An answer, or a list, of each certificate asked for in this run."""
    _lists: dict[str, bytes | None] = field(default_factory=dict)

    def gather(self, paths: Iterable[Path], moment: datetime) -> GatheredRevocation:
        """What speaks of each certificate at a proven moment.

        An answer, which is small; its issuer's list where none comes. Raises Cancelled, OutOfTime.
        """
        lists: dict[bytes, None] = {}
        answers: dict[bytes, None] = {}
        complete = True
        for pair in _pairs(paths):
            if pair not in self._found:
                answer = self._answer(*pair, moment)
                found = None if answer else self._useful_list(*pair, moment)
                self._found[pair] = answer, found
            answer, found = self._found[pair]
            answers |= {answer: None} if answer else {}
            lists |= {found: None} if found else {}
            if not answer and not found:
                complete = complete and not (answer_urls(pair[0]) or list_urls(pair[0]))
        return GatheredRevocation(RevocationData(tuple(lists), tuple(answers)), complete)

    def refresh(self, paths: Iterable[Path]) -> None:
        """Have at hand what is asked before the next signature: lists, or what answers say.

        Raises Cancelled, OutOfTime.
        """
        for pair in _pairs(paths):
            if list_urls(pair[0]):
                self._useful_list(*pair, self.now)
            else:
                self._answer(*pair, self.now)

    def _useful_list(
        self, certificate: x509.Certificate, issuer: x509.Certificate, moment: datetime
    ) -> bytes | None:
        """The issuer's list, when it says something of the certificate."""
        found = self._list(certificate)
        if found is None:
            return None
        said = standing_of(certificate, issuer, moment, [found])
        self._note(certificate, said)
        return None if said.as_of is None else found

    def _answer(
        self, certificate: x509.Certificate, issuer: x509.Certificate, moment: datetime
    ) -> bytes | None:
        urls = answer_urls(certificate)
        if not urls:
            return None

        def useful(answer: bytes) -> bytes | FetchFailure:
            said = standing_of(certificate, issuer, moment, (), [answer])
            self._note(certificate, said)
            return FetchFailure.NOT_UNDERSTOOD if said.as_of is None else answer

        builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303 - names the certificate only (RFC 5019)
        request = builder.build().public_bytes(Encoding.DER)
        for url in urls:
            found = self.fetcher.ask(url, useful, request, "application/ocsp-request")
            if found is not None:
                return found
        return None

    def _list(self, certificate: x509.Certificate) -> bytes | None:
        for url in list_urls(certificate):
            if url not in self._lists:
                self._lists[url] = self._kept_or_fetched(url)
            if self._lists[url] is not None:
                return self._lists[url]
        return None

    def _kept_or_fetched(self, url: str) -> bytes | None:
        kept = self.store.evidence.list_at(url)
        if kept and self._is_fresh(*kept):
            return kept[1]
        found = self.fetcher.ask(url, _as_list)
        if found is None:
            return kept[1] if kept else None
        self.store.evidence.keep_list(url, self.now.isoformat(), found)
        return found

    def _is_fresh(self, fetched_at: str, der: bytes) -> bool:
        until = x509.load_der_x509_crl(der).next_update_utc
        age = self.now - datetime.fromisoformat(fetched_at)
        return timedelta() <= age < _FRESH and until is not None and until > self.now

    def _note(self, certificate: x509.Certificate, said: Revocation) -> None:
        if said.standing is RevocationStatus.REVOKED:
            self.revoked[fingerprint(certificate)] = RevocationNotice(
                holder(certificate), said.as_of or self.now
            )


def _pairs(paths: Iterable[Path]) -> list[_Pair]:
    """Each certificate with its issuer, once."""
    return list(dict.fromkeys(pair for path in paths for pair in pairwise(path)))


def _as_list(answer: bytes) -> bytes | FetchFailure:
    try:
        x509.load_der_x509_crl(answer)
    except ValueError:
        return FetchFailure.NOT_UNDERSTOOD
    return answer
