"""A certificate authority with its services on loopback: CRL, OCSP and time-stamps."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from app.signing.practice_pki import Algorithm, PracticeAuthority, _name, _usage, new_key
from app.signing.revocation import LARGEST

_TS_CONFIG = """
[tsa]
default_tsa = t
[t]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/chain.pem
signer_key = {folder}/tsa.key
signer_digest = {digest}
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


class Authority(PracticeAuthority):
    """Certificates name the services; `revoked` maps serial numbers to times.

    Those issued while `lists` is False name no list, only answers.
    """

    url = ""
    lists = True

    def __init__(self, now: datetime, url: str) -> None:
        self.url = url
        self.keys: dict[str, Any] = {}
        self.revoked: dict[int, datetime] = {}
        self.issued: dict[int, x509.Certificate] = {}
        super().__init__(now)

    def _issue(self, *given: Any) -> x509.Certificate:
        subject, issuer, key, issuer_key, extensions, *rest = given
        self.keys[subject.rfc4514_string()] = key
        if subject != issuer:
            number = 0 if issuer_key is self.keys.get(_root_of(self, issuer)) else 1
            point = x509.UniformResourceIdentifier(f"{self.url}/crl/{number}")
            access = x509.UniformResourceIdentifier(f"{self.url}/ocsp/{number}")
            sources: list[x509.ExtensionType] = [
                x509.AuthorityInformationAccess(
                    [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, access)]
                )
            ]
            if self.lists:
                points = [x509.DistributionPoint([point], None, None, None)]
                sources.append(x509.CRLDistributionPoints(points))
            extensions = [*extensions, *((source, False) for source in sources)]
        made = super()._issue(subject, issuer, key, issuer_key, extensions, *rest)
        self.issued[made.serial_number] = made
        return made

    def issuers(self) -> list[tuple[x509.Certificate, Any]]:
        """Root and issuing authority with their keys: number 0 and 1 in the addresses."""
        both = (self.root, self.issuer)
        return [(c, self.keys[c.subject.rfc4514_string()]) for c in both]

    def crl(self, number: int) -> bytes:
        issuer, key = self.issuers()[number]
        now = datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.subject)
            .last_update(now - timedelta(minutes=1))
            .next_update(now + timedelta(days=7))
        )
        for serial, since in self.revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)

    def ocsp(self, number: int, request: bytes) -> bytes:
        issuer, key = self.issuers()[number]
        asked = ocsp.load_der_ocsp_request(request)
        since = self.revoked.get(asked.serial_number)
        now = datetime.now(UTC)
        answer = ocsp.OCSPResponseBuilder().add_response(
            self.issued[asked.serial_number],
            issuer,
            hashes.SHA1(),
            ocsp.OCSPCertStatus.REVOKED if since else ocsp.OCSPCertStatus.GOOD,
            now - timedelta(minutes=1),
            now + timedelta(days=1),
            since,
            None,
        )
        answer = answer.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer)
        return answer.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)

    def stamping(
        self, folder: Path, algorithm: Algorithm = Algorithm.RSA, digest: str = "sha256"
    ) -> None:
        """Write what `openssl ts` needs."""
        folder.mkdir(exist_ok=True)
        key = new_key(algorithm)
        extensions = [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_usage(digital_signature=True), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),
        ]
        name = _name("TSA", "")
        sub = self.issuers()[1][1]
        certificate = self._issue(name, self.issuer.subject, key, sub, extensions)
        (folder / "tsa.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (folder / "chain.pem").write_bytes(self.issuer.public_bytes(Encoding.PEM))
        (folder / "tsa.key").write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        (folder / "serial").write_text("01\n")
        (folder / "ts.cnf").write_text(_TS_CONFIG.format(folder=folder, digest=digest))


def _root_of(authority: Authority, issuer: x509.Name) -> str:
    return next(iter(authority.keys)) if authority.keys else issuer.rfc4514_string()


Lie = Callable[[bytes], bytes]
"""A request that a time-stamping authority answers instead of the one it was asked."""


def with_another_nonce(query: bytes) -> bytes:
    asked = tsp.TimeStampReq.load(query)
    asked["nonce"] = asked["nonce"].native ^ 2
    return bytes(asked.dump(force=True))


def of_other_data(query: bytes) -> bytes:
    asked = tsp.TimeStampReq.load(query)
    asked["message_imprint"]["hashed_message"] = bytes(32)
    return bytes(asked.dump(force=True))


class Services:
    """What the server answers, and what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority: Authority
        self.down: set[str] = set()
        self.lies = False
        self.floods = False
        self.lie_of_time: Lie | None = None
        self.stamps_left = 10_000
        self.silent = False
        self.released = threading.Event()
        """Set when the server stops: nobody is kept waiting any more."""
        self.asked: list[str] = []
        self.url = ""

    def answer(self, path: str, body: bytes) -> bytes | None:
        self.asked.append(path)
        if self.silent:
            self.released.wait()
        kind, _, number = urlsplit(path).path.strip("/").partition("/")
        if kind in self.down:
            return None
        if self.floods:
            return bytes(LARGEST + 1)
        if self.lies:
            return b"<html>captive portal</html>"
        if kind == "crl":
            return self.authority.crl(int(number))
        if kind == "ocsp":
            return self.authority.ocsp(int(number), body)
        return self._stamp(body)

    def _stamp(self, body: bytes) -> bytes | None:
        self.stamps_left -= 1
        if self.stamps_left < 0:
            return None
        query = self.lie_of_time(body) if self.lie_of_time else body
        (self.folder / "query").write_bytes(query)
        subprocess.run(
            ["openssl", "ts", "-reply", "-config", str(self.folder / "ts.cnf"), "-queryfile",
             str(self.folder / "query"), "-out", str(self.folder / "reply")],
            check=True, capture_output=True,
        )  # fmt: skip
        return (self.folder / "reply").read_bytes()


@contextmanager
def serving(folder: Path, now: datetime) -> Iterator[Services]:
    services = Services(folder)

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            content = services.answer(self.path, self.rfile.read(length))
            self.send_response(503 if content is None else 200)
            self.end_headers()
            self.wfile.write(content or b"")

        do_GET = do_POST = _reply

        def log_message(self, *_: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    services.url = f"http://127.0.0.1:{server.server_port}"
    services.authority = Authority(now, services.url)
    services.authority.stamping(folder)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield services
    finally:
        services.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
