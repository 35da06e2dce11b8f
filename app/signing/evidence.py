"""Evidence later: when there is a network, ask for revocation data and a time-stamp.

Signing and sending never wait for this: a service that is down leaves its records waiting, and
is asked again at the next contact. Answers are believed for their signatures, not for the way
they came; so plain http is enough, as the authorities offer it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from app import clock
from app.errors import AppError, Cancelled, EvidenceInvalid
from app.model.transcript import Transcript
from app.signing.record_evidence import Evidence, signers_paths, stamped_data
from app.signing.record_slots import RecordTree
from app.signing.revocation import (
    LARGEST,
    Standing,
    answer_urls,
    list_urls,
    standing_of,
)
from app.signing.timestamps import check_token, time_request, token_of
from app.signing.trust import TrustStore
from app.store import Workspace
from app.work import WorkContext

_PATIENCE = (5.0, 20.0)
"""Seconds: to connect, between two parts of an answer."""
_LIST_AGE = timedelta(hours=12)
TSA_SETTING = "evidence.tsa_urls"


@dataclass(slots=True)
class EvidenceReport:
    """`problems`: what failed, by host; each is asked again at the next contact."""

    proven: int = 0
    waiting: int = 0
    revoked: list[str] = field(default_factory=list)
    """Holders' certificates (SHA-256, hex) that an authority has revoked."""
    problems: dict[str, str] = field(default_factory=dict)


class EvidenceService:
    """SQL on the calling thread; the network too."""

    def __init__(self, workspace: Workspace, trust: TrustStore, now: clock.Clock = clock.now):
        self._workspace, self._trust, self._now = workspace, trust, now
        self._answers: dict[tuple[str, int], bytes] = {}
        self._down: set[str] = set()

    def use_stamping(self, urls: Sequence[str]) -> None:
        """Addresses of time-stamping authorities, the preferred one first."""
        self._workspace.here().settings.set(TSA_SETTING, list(urls))

    def run(self, context: WorkContext | None = None) -> EvidenceReport:
        """Everything that waits; raises Cancelled only, never for a dead or lying service."""
        context, report = context or WorkContext(), EvidenceReport()
        store = self._workspace.here()
        self._answers.clear()
        self._down.clear()
        waiting = store.evidence.waiting()
        for number, (record_id, version) in enumerate(waiting):
            context.step(number, len(waiting))
            try:
                proven = self._prove(store.transcripts.get(record_id, version), report)
            except Cancelled:
                raise
            except AppError as error:
                report.problems.setdefault(error.code, error.detail)
                proven = False
            report.proven += proven
            report.waiting += not proven
        context.report_done(len(waiting))
        return report

    # --- one record -------------------------------------------------------------------------

    def _prove(self, transcript: Transcript, report: EvidenceReport) -> bool:
        """Whether a time-stamp is there now; revocation data comes along where it can be had."""
        record = RecordTree(transcript.xml)
        token = self._token(stamped_data(record), report)
        if token is None:
            return False
        lists: dict[bytes, None] = {}
        answers: dict[bytes, None] = {}
        for path in signers_paths(record, self._trust):
            for certificate, issuer in pairwise(path):
                found_list = self._list(certificate, report)
                answer = self._answer(certificate, issuer, report)
                lists |= {found_list: None} if found_list else {}
                answers |= {answer: None} if answer else {}
                self._note_revoked(certificate, issuer, (found_list, answer), report)
        head = transcript.head
        evidence = Evidence(token, tuple(lists), tuple(answers))
        digest = hashlib.sha256(transcript.xml).hexdigest()
        proven_at = self._now().isoformat()
        store = self._workspace.here().evidence
        store.add(head.record_id, head.version, digest, proven_at, evidence.dump())
        return True

    def _note_revoked(
        self,
        certificate: x509.Certificate,
        issuer: x509.Certificate,
        found: tuple[bytes | None, bytes | None],
        report: EvidenceReport,
    ) -> None:
        lists, answers = ([der] if der else [] for der in found)
        said = standing_of(certificate, issuer, self._now(), lists, answers)
        mark = certificate.fingerprint(hashes.SHA256()).hex()
        if said.standing is Standing.REVOKED and mark not in report.revoked:
            report.revoked.append(mark)

    def _token(self, data: bytes, report: EvidenceReport) -> bytes | None:
        urls: list[str] = self._workspace.here().settings.get(TSA_SETTING, [])
        for url in urls:
            request, nonce = time_request(data)
            kind = "application/timestamp-query"
            answer = self._ask(url, report, request, kind)
            if answer is None:
                continue
            try:
                token = token_of(answer, nonce)
                check_token(token, data, self._trust, self._now() + timedelta(minutes=5))
            except EvidenceInvalid as error:
                report.problems[url] = error.detail
            else:
                return token
        return None

    def _list(self, certificate: x509.Certificate, report: EvidenceReport) -> bytes | None:
        """The issuer's list: from the workspace while it is fresh, else from the network."""
        store, now = self._workspace.here().evidence, self._now()
        for url in list_urls(certificate):
            kept = store.list_at(url)
            if kept and now - datetime.fromisoformat(kept[0]) < _LIST_AGE:
                return kept[1]
            found = self._ask(url, report)
            if found is not None and _is_list(found):
                store.keep_list(url, now.isoformat(), found)
                return found
            if kept:
                return kept[1]
        return None

    def _answer(
        self, certificate: x509.Certificate, issuer: x509.Certificate, report: EvidenceReport
    ) -> bytes | None:
        key = (certificate.issuer.rfc4514_string(), certificate.serial_number)
        if key in self._answers:
            return self._answers[key]
        builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303 - names the certificate only (RFC 5019)
        request = builder.build().public_bytes(Encoding.DER)
        for url in answer_urls(certificate):
            found = self._ask(url, report, request, "application/ocsp-request")
            known = found and standing_of(certificate, issuer, self._now(), (), [found])
            if found and known and known.as_of is not None:
                self._answers[key] = found
                return found
        return None

    def _ask(
        self, url: str, report: EvidenceReport, body: bytes | None = None, kind: str = ""
    ) -> bytes | None:
        """One request; a service that failed in this run is not asked again in it."""
        if url in self._down:
            return None
        try:
            with requests.request(
                "GET" if body is None else "POST",
                url,
                data=body,
                headers={"Content-Type": kind} if kind else {},
                timeout=_PATIENCE,
                stream=True,
            ) as answer:
                answer.raise_for_status()
                content = b""
                for part in answer.iter_content(65_536):
                    content += part
                    if len(content) > LARGEST:
                        raise ValueError("answer too large")
        except (requests.RequestException, OSError, ValueError) as error:
            self._down.add(url)
            report.problems[url] = type(error).__name__
            return None
        return content


def _is_list(der: bytes) -> bool:
    try:
        x509.load_der_x509_crl(der)
    except ValueError:
        return False
    return True
