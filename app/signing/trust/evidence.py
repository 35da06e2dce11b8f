"""Evidence later: when there is a network, ask for revocation data and time-stamps.

Signing and sending never wait for this: a service that is down leaves its records waiting, and
is asked again at the next contact. Answers are believed for their signatures, not for the way
they came; so plain http is enough, as the authorities offer it. What is signed is never changed:
evidence of a record lies beside it, evidence of a view follows its last byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from cryptography import x509

from app import clock
from app.errors import AppError, Cancelled, EvidenceInvalid
from app.model.transcript import Transcript, TranscriptHead
from app.signing.keys.key_choice import KeyChoice
from app.signing.record.evidence import Evidence, paths_by_slot, stamped_digest
from app.signing.record.signing_profile import shipped_profile
from app.signing.record.slots import RecordTree
from app.signing.record.verification import verify_record
from app.signing.trust.certificates import fingerprint, is_practice, name_of
from app.signing.trust.fetching import Fetcher, FetchFailure, OutOfTime
from app.signing.trust.proven_time import ProvenTime, RevocationData
from app.signing.trust.revocation_cache import (
    RevocationNotice,
    distrusted,
    keep_distrusted,
    keep_told,
    known_paths,
    standing_here,
    told_revoked,
)
from app.signing.trust.revocation_sources import Path, RevocationSources
from app.signing.trust.timestamps import Timestamp, check_token, time_request, token_of
from app.signing.trust.trust_store import TrustStore
from app.store import Store, Workspace
from app.store.evidence import PendingEvidence
from app.store.signing import RecordKey
from app.work import WorkContext

AFTER_CONTACT_SECONDS = 90.0
"""How long a contact may last longer for this; what is left waits for the next one."""
_TSA_SETTING = "evidence.tsa_urls"
_LAST_SETTING = "evidence.last"
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class EvidenceReport:
    """What one run did. It is kept, so that a person can read it later."""

    at: str = ""
    proven: int = 0
    waiting: int = 0
    revoked: list[str] = field(default_factory=list)
    """Holders of certificates that an authority has revoked."""
    problems: dict[str, str] = field(default_factory=dict)
    """Services that gave nothing: a `FetchFailure` by address."""
    stuck: dict[str, int] = field(default_factory=dict)
    """Records that no network helps: how many, by an error's code or 'issuer_unknown'."""
    out_of_time: bool = False
    ends_first: str = ""
    """When the first certificate runs out among those whose records waited; ISO 8601, or ''."""


@dataclass(frozen=True, slots=True)
class ListAtHand:
    """A revocation list: whose it is, when it was fetched, until when it speaks."""

    issuer: str
    fetched_at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class EvidenceState:
    """What a person may want to know without a network."""

    issued: int
    waiting: int
    revoked: tuple[str, ...]
    lists: tuple[ListAtHand, ...]
    services: tuple[str, ...]
    """Addresses of time-stamping authorities, the preferred one first."""
    last: EvidenceReport | None
    wanted: bool = True
    """False: signatures of practice alone, for which no authority is asked."""


class EvidenceService:
    """SQL on the calling thread; the network too. `proxy`: the school's own, or ''."""

    def __init__(
        self,
        workspace: Workspace,
        trust: TrustStore,
        now: clock.Clock = clock.now,
        *,
        proxy: Callable[[], str] = str,
        practice: bool = False,
    ) -> None:
        self._workspace, self._trust, self._now = workspace, trust, now
        self._proxy, self._practice = proxy, practice

    def use_stamping(self, urls: Sequence[str] | None) -> None:
        """Addresses of time-stamping authorities; None: those of the profile."""
        self._workspace.here().settings.set(_TSA_SETTING, None if urls is None else list(urls))

    @property
    def chosen_stamping(self) -> tuple[str, ...] | None:
        """The addresses that this school has set; None: it leaves that to the profile."""
        chosen = self._workspace.here().settings.get(_TSA_SETTING)
        return None if chosen is None else tuple(map(str, chosen))

    def run(
        self, context: WorkContext | None = None, seconds: float | None = None
    ) -> EvidenceReport:
        """Everything that waits, what ends first before the rest.

        Raises Cancelled only, never for a dead or lying service. `seconds`: for the whole run.
        """
        context, store = context or WorkContext(), self._workspace.here()
        fetcher = Fetcher(context, seconds, self._proxy())
        run = _Run(store, self._trust, fetcher, self._now, self.chosen_stamping)
        try:
            run.everything(context)
        finally:
            fetcher.close()
            told = {m: t for m, t in told_revoked(store).items() if m not in run.ended}
            told |= run.revoked
            run.report.revoked = _holders(told)
            with store.write():
                keep_told(store, told)
                keep_distrusted(store, run.distrusted)
                store.settings.set(_LAST_SETTING, asdict(run.report))
        return run.report

    def standing(self, choices: Sequence[KeyChoice]) -> list[KeyChoice]:
        """Keys with what this workspace knows of their certificates, without a network."""
        store, now = self._workspace.here(), self._now()
        return [
            replace(c, revocation=standing_here(store, self._trust, c.certificate, now))
            for c in choices
        ]

    def distrusted(self) -> frozenset[RecordKey]:
        """Records that were signed after a signer's certificate was revoked, as far as known."""
        return distrusted(self._workspace.here())

    def state(self) -> EvidenceState:
        """From the workspace alone."""
        store = self._workspace.here()
        issued, waiting = store.evidence.counts()
        last = store.settings.get(_LAST_SETTING)
        chosen = self.chosen_stamping
        return EvidenceState(
            issued,
            waiting,
            tuple(_holders(told_revoked(store))),
            tuple(_lists_at_hand(store)),
            shipped_profile().time_stamping if chosen is None else chosen,
            _report(last) if last else None,
            wanted=chosen is not None or not self._practice,
        )


class _NoStamp(Exception):
    """No authority gave a time-stamp now."""


class _Run:
    """One run: services that failed in it are not asked again in it."""

    def __init__(
        self,
        store: Store,
        trust: TrustStore,
        fetcher: Fetcher,
        now: clock.Clock,
        chosen: Sequence[str] | None,
    ) -> None:
        self._store, self._trust, self._fetcher, self._now = store, trust, fetcher, now
        self._chosen = chosen
        self._sources = RevocationSources(store, fetcher, now())
        self.report = EvidenceReport(now().isoformat())
        self.revoked = self._sources.revoked
        self.ended: set[str] = set()
        """Certificates that need not be spoken of any more."""
        self.distrusted: set[RecordKey] = set()

    def everything(self, context: WorkContext) -> None:
        report, waiting = self.report, self._store.evidence.waiting()
        report.waiting = len(waiting)
        try:
            known = known_paths(self._store, self._trust)
            ends = {mark: min(c.not_valid_after_utc for c in path) for mark, path in known.items()}
            last_day = {(e.record_id, e.version): _ends(e, ends) for e in waiting}
            first = min(last_day.values(), default=_NEVER)
            report.ends_first = "" if first == _NEVER else first.isoformat()
            context.step(0, len(waiting), "hỏi danh sách thu hồi")
            self._sources.refresh(known.values())
            now = self._now()
            self.ended = {m for m, path in known.items() if path[0].not_valid_after_utc < now}
            waiting.sort(key=lambda each: last_day[each.record_id, each.version])
            for number, each in enumerate(waiting):
                context.step(number, len(waiting), "xin dấu thời gian")
                proven = self._prove(each)
                report.proven += proven
                report.waiting -= proven
            context.report_done(len(waiting))
        except OutOfTime:
            report.out_of_time = True
        finally:
            report.problems |= {url: str(why) for url, why in self._fetcher.troubles.items()}

    def _stuck(self, code: str) -> None:
        self.report.stuck[code] = self.report.stuck.get(code, 0) + 1

    def _prove(self, each: PendingEvidence) -> bool:
        """Whether all evidence of a version is there now."""
        try:
            transcript = self._store.transcripts.get(each.record_id, each.version)
            return self._prove_version(transcript)
        except (Cancelled, OutOfTime):
            raise
        except _NoStamp:  # the services' troubles say why
            return False
        except (AppError, KeyError) as error:  # this one is bad, or gone: the others go on
            self._stuck(getattr(error, "code", "record_gone"))
            return False

    def _prove_version(self, transcript: Transcript) -> bool:
        head, record = transcript.head, RecordTree(transcript.xml)
        paths: list[Path] = [*paths_by_slot(record, self._trust).values()]
        all_known = len(paths) == sum(place.signed for place in record.places)
        if not all_known:
            self._stuck("issuer_unknown")
        digest = stamped_digest(record)
        kept = self._kept_token(head, digest)
        token = kept or self._token(digest, paths)
        stamp = self._checked(token, digest)
        paths.append(stamp.path)
        gathered = self._sources.gather(paths, stamp.moment)
        complete = gathered.complete and all_known
        if kept is None or complete:
            evidence = Evidence(token, gathered.data.lists, gathered.data.answers).dump()
            self._store.evidence.add(
                head.record_id,
                head.version,
                hashlib.sha256(transcript.xml).hexdigest(),
                stamp.moment.isoformat(),
                evidence,
                complete=complete,
            )
            self._judge(transcript, paths, evidence)
        data = gathered.data if complete else None
        return self._prove_view(head, paths, data, len(token)) and complete

    def _judge(self, transcript: Transcript, paths: Sequence[Path], evidence: bytes) -> None:
        """A revoked certificate may have signed before that: only the evidence tells."""
        if self.revoked.keys().isdisjoint(fingerprint(path[0]) for path in paths):
            return
        report = verify_record(transcript.xml, self._trust, self._now(), evidence=evidence)
        if any("certificate_revoked" in each.problems for each in report.signatures):
            self.distrusted.add((transcript.head.record_id, transcript.head.version))

    def _prove_view(
        self, head: TranscriptHead, paths: list[Path], data: RevocationData | None, size: int
    ) -> bool:
        """Whether the sealed view, where there is one, has all its evidence now.

        `data` None: not all of it could be had; then a time-stamp alone is appended, once.
        """
        parts = self._store.transcripts.view_parts(head.record_id, head.version)
        if parts is None:
            return True
        view, tail = parts
        if tail and (data is None or self._store.evidence.view_is_complete(head)):
            return data is not None
        from app.signing.pdf.evidence import extend_view

        extended = extend_view(
            view + tail,
            data,
            dict.fromkeys(certificate for path in paths for certificate in path),
            lambda digest: self._token(digest, paths),
            size,
        )
        self._store.evidence.add_to_view(
            head.record_id,
            head.version,
            head.sha256,
            extended[len(view) :],
            complete=data is not None,
        )
        return data is not None

    def _kept_token(self, head: TranscriptHead, digest: bytes) -> bytes | None:
        """One that an earlier run brought, while it still holds."""
        kept = self._store.evidence.get(head.record_id, head.version)
        try:
            token = Evidence.load(kept).token if kept else None
            if token is not None:
                self._checked(token, digest)
        except EvidenceInvalid:
            return None
        return token

    def _checked(self, token: bytes, digest: bytes) -> Timestamp:
        """By the authority's time: our own clock may be wrong by years.

        Raises EvidenceInvalid, also for an authority that was revoked.
        """
        stamp = check_token(token, digest, self._trust, _NEVER)
        gathered = self._sources.gather([stamp.path], stamp.moment)
        ProvenTime(stamp, gathered.data).check_authority()
        return stamp

    def _token(self, digest: bytes, paths: Sequence[Path]) -> bytes:
        for url in self._stamping(paths):
            request, nonce = time_request(digest)
            read = partial(self._read_token, nonce, digest)
            token = self._fetcher.ask(url, read, request, "application/timestamp-query")
            if token is not None:
                return token
        raise _NoStamp

    def _read_token(self, nonce: int, digest: bytes, answer: bytes) -> bytes | FetchFailure:
        try:
            token = token_of(answer, nonce)
        except EvidenceInvalid:
            return FetchFailure.NOT_UNDERSTOOD
        try:
            self._checked(token, digest)
        except EvidenceInvalid:
            return FetchFailure.NOT_TRUSTED
        return token

    def _stamping(self, paths: Sequence[Path]) -> Sequence[str]:
        """Practice signatures, and those of strangers, are not taken to the real authorities that
        the profile names."""
        if self._chosen is not None:
            return self._chosen
        genuine = bool(paths) and not any(is_practice(path[0]) for path in paths)
        return shipped_profile().time_stamping if genuine else ()


def _ends(each: PendingEvidence, ends: Mapping[str, datetime]) -> datetime:
    return min((ends.get(signer, _NEVER) for signer in each.signers), default=_NEVER)


def _holders(told: Mapping[str, RevocationNotice]) -> list[str]:
    return sorted({each.holder for each in told.values()})


def _report(kept: Mapping[str, Any]) -> EvidenceReport:
    """As another version of the program may have kept it."""
    return EvidenceReport(
        **{f.name: kept[f.name] for f in fields(EvidenceReport) if f.name in kept}
    )


def _lists_at_hand(store: Store) -> Iterable[ListAtHand]:
    for fetched_at, der in store.evidence.lists():
        found: Any = x509.load_der_x509_crl(der)
        yield ListAtHand(
            name_of(found.issuer), datetime.fromisoformat(fetched_at), found.next_update_utc
        )
