"""This end of the child process that holds a driver: PKCS#11, or Windows' own way (CNG)."""

from __future__ import annotations

import base64
import contextlib
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from types import MappingProxyType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from app import errors, log
from app.errors import DriverCrashed, DriverHangs, DriverUnusable, TokenError
from app.processes import NO_WINDOW, child_environment
from app.signing.keys.keys import RSA_SCHEMES, Scheme
from app.signing.keys.token_wire import read_message, write_message
from app.signing.trust.certificates import holder, is_authority, load_certificate

_ERRORS: Mapping[str, type[TokenError]] = MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            errors.DriverUnusable,
            errors.TokenMissing,
            errors.TokenRemoved,
            errors.PinIncorrect,
            errors.PinLocked,
            errors.TokenDeclined,
            errors.KeyMissing,
        )
    }
)


PKCS11 = "app.signing.keys.token_worker"
CNG = "app.signing.keys.cng_worker"


@dataclass(frozen=True, slots=True)
class TokenDriver:
    """A PKCS#11 module. `environment`: variables for its process only (practice tokens).

    `worker`: the module that speaks to it, in a process of its own.
    """

    path: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    worker: str = PKCS11


@dataclass(frozen=True, slots=True)
class TokenTimeouts:
    """Seconds to wait for a driver before it counts as hanging."""

    start: float = 20.0
    login: float = 30.0
    sign: float = 30.0


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What a token tells without a PIN."""

    driver: TokenDriver
    reader: str
    label: str
    serial: str
    manufacturer: str
    model: str
    mechanisms: tuple[str, ...]
    initialized: bool
    pin_count_low: bool
    pin_final_try: bool
    pin_locked: bool


@dataclass(frozen=True, slots=True)
class TokenCertificate:
    """A certificate on a token, and the key that belongs to it (`cka_id`, hex)."""

    token: TokenInfo
    cka_id: str
    certificate: x509.Certificate
    pin_each_time: bool | None
    """CKA_ALWAYS_AUTHENTICATE of its key; None: not known before a login."""

    @property
    def holder(self) -> str:
        """CN of the certificate's subject."""
        return holder(self.certificate)


class TokenProcess:
    """One driver in one child process; requests are answered one after the other.

    Raises DriverUnusable when the driver cannot be loaded, DriverHangs when it does not answer in
    time (the process is then ended), DriverCrashed when it dies.
    """

    def __init__(self, driver: TokenDriver, patience: TokenTimeouts | None = None) -> None:
        self.driver = driver
        self.patience = patience or TokenTimeouts()
        self._turn = threading.Lock()
        self._waiting: deque[tuple[Future[dict[str, Any]], float]] = deque()
        self._answers: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._child = subprocess.Popen(
            [sys.executable, "-m", driver.worker, str(driver.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(driver.environment),
            creationflags=NO_WINDOW,
        )
        self._reader = threading.Thread(target=self._listen, name="token-answers", daemon=True)
        self._reader.start()
        try:
            self._next_answer(self.patience.start)
        except BaseException:
            self.close()
            raise

    def ask(self, message: dict[str, Any], patience: float) -> dict[str, Any]:
        """Send one request and wait for its answer; token errors by type."""
        return self.start(message, patience)()

    def start(self, message: dict[str, Any], patience: float) -> Callable[[], dict[str, Any]]:
        """Send one request; the call that comes back waits for its answer.

        Further requests may follow before it is made: the child answers one after the other.
        """
        future: Future[dict[str, Any]] = Future()
        with self._turn:
            self._send(message)
            self._waiting.append((future, patience))

        def answer() -> dict[str, Any]:
            with self._turn:
                while not future.done():
                    self._settle(*self._waiting.popleft())
            return future.result()

        return answer

    def _settle(self, future: Future[dict[str, Any]], patience: float) -> None:
        """Take the next answer, which belongs to the oldest request."""
        try:
            future.set_result(self._next_answer(patience))
        except TokenError as error:
            future.set_exception(error)

    def _send(self, message: dict[str, Any]) -> None:
        if self._child.stdin is None or self._child.stdin.closed:
            raise DriverCrashed("the driver's process has ended")
        try:
            write_message(self._child.stdin, message)
        except OSError as error:
            self.close()
            raise DriverCrashed(type(error).__name__) from error

    def _listen(self) -> None:
        assert self._child.stdout is not None
        try:
            while (answer := read_message(self._child.stdout)) is not None:
                self._answers.put(answer)
        except (ValueError, OSError):
            pass  # what is not our protocol counts as a crash
        self._answers.put(None)

    def _next_answer(self, patience: float) -> dict[str, Any]:
        try:
            answer = self._answers.get(timeout=patience)
        except Empty:
            self.close()
            raise DriverHangs(
                f"no answer within {patience:g} s", driver=self.driver.path.name
            ) from None
        if answer is None:
            self._answers.put(None)  # whoever asks next hears it too
            self.close()
            log.child_ended("token_worker", self._child.pid, self._child.returncode)
            raise DriverCrashed(driver=self.driver.path.name)
        if name := answer.get("error"):
            detail = str(answer.get("detail", ""))
            kind = _ERRORS.get(name, TokenError)
            if kind is DriverUnusable:
                raise DriverUnusable(detail, driver=self.driver.path.name, reason="load_failed")
            raise kind(detail)
        return answer

    def close(self) -> None:
        """End the child; its token session ends with it."""
        child = self._child
        if child.stdin is not None and not child.stdin.closed:
            with contextlib.suppress(OSError):  # it was gone already
                child.stdin.close()
        try:
            child.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            log.child_ended("token_worker", child.pid, None)
        self._reader.join(timeout=1)
        if child.stdout is not None and not self._reader.is_alive():
            child.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class ReaderState:
    """What one driver sees: tokens with their certificates, and names of readers without a card."""

    tokens: tuple[tuple[TokenInfo, tuple[TokenCertificate, ...]], ...]
    empty: tuple[str, ...]


def look_at_readers(driver: TokenDriver, patience: TokenTimeouts | None = None) -> ReaderState:
    """No PIN is needed. Raises what TokenProcess raises."""
    with TokenProcess(driver, patience) as process:
        answer = process.ask({"op": "tokens"}, process.patience.start)
    tokens = tuple(_token(driver, entry) for entry in answer["tokens"])
    return ReaderState(tokens, tuple(answer["empty"]))


def list_tokens(
    driver: TokenDriver, patience: TokenTimeouts | None = None
) -> list[tuple[TokenInfo, tuple[TokenCertificate, ...]]]:
    """Tokens in this driver's readers, with their certificates. No PIN is needed."""
    return list(look_at_readers(driver, patience).tokens)


def list_certificates(
    driver: TokenDriver, patience: TokenTimeouts | None = None
) -> list[TokenCertificate]:
    """Certificates of holders (no authorities) on all tokens, found without a login."""
    found = list_tokens(driver, patience)
    return [c for _, entries in found for c in entries if not is_authority(c.certificate)]


def _token(
    driver: TokenDriver, entry: dict[str, Any]
) -> tuple[TokenInfo, tuple[TokenCertificate, ...]]:
    info = TokenInfo(
        driver=driver,
        reader=entry["reader"],
        label=entry["label"],
        serial=entry["serial"],
        manufacturer=entry["manufacturer"],
        model=entry["model"],
        mechanisms=tuple(entry["mechanisms"]),
        initialized=entry["initialized"],
        pin_count_low=entry["pin_count_low"],
        pin_final_try=entry["pin_final_try"],
        pin_locked=entry["pin_locked"],
    )
    found = []
    for item in entry["certificates"]:
        try:
            certificate = load_certificate(base64.b64decode(item["der"]))
        except ValueError:
            continue  # a certificate nobody can read cannot sign for anybody
        found.append(TokenCertificate(info, item["id"], certificate, item["always"]))
    return info, tuple(found)


class TokenKey:
    """A key on a token, logged in once; `SigningKey`."""

    def __init__(
        self,
        process: TokenProcess,
        scheme: Scheme,
        certificate: x509.Certificate,
        chain: tuple[x509.Certificate, ...],
    ) -> None:
        self._process = process
        self.scheme = scheme
        self.certificate = certificate
        self.chain = chain
        self.holder = holder(certificate)

    def sign(self, data: bytes) -> bytes:
        """Raises TokenRemoved, DriverHangs, DriverCrashed, TokenError."""
        return self.begin(data)()

    def begin(self, data: bytes) -> Callable[[], bytes]:
        """Raises what `sign` raises, now or when it is waited for."""
        asked = {"op": "sign", "data": base64.b64encode(data).decode()}
        answer = self._process.start(asked, self._process.patience.sign)

        def signature() -> bytes:
            value = base64.b64decode(answer()["signature"])
            return _ecdsa_der(value) if self.scheme is Scheme.ECDSA else value

        return signature

    def decrypt(self, ciphertext: bytes) -> bytes:
        """RSAES-OAEP with SHA-256. Raises TokenError; what `sign` raises when the token is gone."""
        asked = {"op": "decrypt", "data": base64.b64encode(ciphertext).decode()}
        answer = self._process.ask(asked, self._process.patience.sign)
        return base64.b64decode(answer["plain"])

    def close(self) -> None:
        """End the child process, and with it the login."""
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _ecdsa_der(raw: bytes) -> bytes:
    half = len(raw) // 2
    return encode_dss_signature(
        int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big")
    )


def open_token_key(
    driver: TokenDriver,
    token_serial: str,
    cka_id: str,
    pin: str,
    *,
    rsa_schemes: tuple[Scheme, ...] = RSA_SCHEMES,
    patience: TokenTimeouts | None = None,
) -> TokenKey:
    """Log in once with `pin` and open the key that belongs to a certificate.

    The certificate is looked up first, so that no PIN is tried on a wrong token; a refused PIN is
    never tried again. Raises TokenMissing, KeyMissing, PinIncorrect, PinLocked and what
    TokenProcess raises.
    """
    process = TokenProcess(driver, patience)
    try:
        tokens = process.ask({"op": "tokens"}, process.patience.start)["tokens"]
        on_token = [
            c
            for info, certificates in (_token(driver, entry) for entry in tokens)
            if info.serial == token_serial
            for c in certificates
        ]
        asked = {
            "op": "open",
            "serial": token_serial,
            "id": cka_id,
            "pin": pin,
            "rsa": [scheme.value for scheme in rsa_schemes],
        }
        answer = process.ask(asked, process.patience.login)
        chosen = next(c.certificate for c in on_token if c.cka_id == cka_id)
        chain = chain_of(chosen, [c.certificate for c in on_token])
        return TokenKey(process, Scheme(answer["scheme"]), chosen, chain)
    except BaseException:
        process.close()
        raise


def chain_of(
    certificate: x509.Certificate, others: list[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """Issuers of `certificate` among `others`, nearest first, without a self-signed root."""
    chain: list[x509.Certificate] = []
    current = certificate
    while current.issuer != current.subject and len(chain) < 5:
        issuer = next((o for o in others if o.subject == current.issuer), None)
        if issuer is None or issuer.subject == issuer.issuer:
            break
        chain.append(issuer)
        current = issuer
    return tuple(chain)
