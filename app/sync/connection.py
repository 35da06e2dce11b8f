"""One signed HTTP request to one pinned station; every outcome is one of our own errors."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import requests
from urllib3 import exceptions as urllib3_errors

from app import clock
from app.errors import (
    CertificateOutOfDate,
    CertificateWrong,
    DeviceRefused,
    NetworkDown,
    ProxyFailed,
    ProxyWantsLogin,
    StationBusy,
    StationSilent,
    StationWrong,
)
from app.parcel.device import DeviceIdentity
from app.parcel.enrolment import Enrolment
from app.parcel.request_signature import STATION_HEADER, TIME_HEADER, SignedRequest, sign
from app.sync.pace import LinkPace
from app.sync.wire import PinnedAdapter

CONNECT_SECONDS = 6.0
"""Longest wait for each step of connecting."""
REPLY_SECONDS = 20.0
"""Longest wait for an answer once the question has left, and between two pieces of it."""
_LONGEST_REPLY = 4 * 1024 * 1024
_NOT_IN_TIME = (9, 10)  # X509_V_ERR_CERT_NOT_YET_VALID, _HAS_EXPIRED (openssl, x509_vfy.h)
_WRONG_TLS = (
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "UNSUPPORTED_PROTOCOL",
    "TLSV1_ALERT_PROTOCOL_VERSION",
)


class Connection:
    """Keep-alive; no proxy or CA from the environment, no redirects."""

    def __init__(
        self,
        enrolment: Enrolment,
        device: DeviceIdentity,
        *,
        url: str = "",
        proxy: str = "",
        now: clock.Clock = clock.now,
        pace: LinkPace | None = None,
    ) -> None:
        """`proxy`: the school's own, `http://host:port`; none is taken from the environment."""
        self._enrolment = enrolment
        self._url = (url or enrolment.url).rstrip("/")
        self._device = device
        self._proxy = proxy
        self._now = now
        self._ahead = timedelta(0)
        self._session = requests.Session()
        self._session.trust_env = False
        if proxy:
            self._session.proxies = {"https": proxy}
        self._pace = pace or LinkPace()
        self._session.mount("https://", PinnedAdapter(enrolment.ca_pem, self._pace))

    @property
    def round_trip(self) -> float:
        """Seconds to the station and back; 0: not known yet."""
        return self._pace.round_trip

    def another(self) -> Connection:
        """A second way to the same station, with a rate of its own."""
        made = Connection(
            self._enrolment,
            self._device,
            url=self._url,
            proxy=self._proxy,
            now=self._now,
            pace=self._pace.beside(),
        )
        made._ahead = self._ahead
        return made

    def close(self) -> None:
        self._session.close()

    def request(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: Any = None,
        reply_seconds: float = REPLY_SECONDS,
    ) -> requests.Response:
        """The station's answer with a status below 500; 401 was tried again with its clock.

        Raises NetworkDown, StationBusy, StationWrong, DeviceRefused.
        """
        response = self._once(method, path, headers, body, reply_seconds)
        if response.status_code == requests.codes.unauthorized and self._take_time(response):
            if hasattr(body, "rewind"):
                body.rewind()
            response = self._once(method, path, headers, body, reply_seconds)
        if response.status_code in (401, 403):
            raise DeviceRefused(_code(response))
        if response.status_code >= 500 or response.status_code == 429:
            raise StationBusy(str(response.status_code))
        return response

    def _once(
        self, method: str, path: str, headers: dict[str, str] | None, body: Any, reply: float
    ) -> requests.Response:
        prepared = self._session.prepare_request(
            requests.Request(method, self._url + path, headers=headers, data=body)
        )
        prepared.headers["Host"] = self._url.removeprefix("https://")
        signed = SignedRequest(method, self._url + path, prepared.headers)
        sign(signed, self._device, self._now() + self._ahead)
        try:
            response = self._session.send(
                prepared, timeout=(CONNECT_SECONDS, reply), allow_redirects=False, stream=True
            )
            with response:
                _read_bounded(response)
        except requests.exceptions.RequestException as error:
            raise _explained(error) from error
        except (urllib3_errors.HTTPError, OSError) as error:
            raise NetworkDown(type(error).__name__) from error
        if STATION_HEADER not in response.headers or response.is_redirect:
            raise StationWrong("the answer is not the station's")
        return response

    def _take_time(self, response: requests.Response) -> bool:
        """Whether the station's clock differs from what we assumed; signing goes by it then."""
        try:
            theirs = datetime.fromisoformat(response.headers[TIME_HEADER])
            ahead = theirs - self._now()
        except (KeyError, ValueError, TypeError):
            return False
        is_news = abs(ahead - self._ahead) > timedelta(seconds=60)
        self._ahead = ahead
        return is_news


def _explained(error: requests.exceptions.RequestException) -> Exception:
    for cause in _chain(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            is_date = cause.verify_code in _NOT_IN_TIME
            return (CertificateOutOfDate if is_date else CertificateWrong)(cause.verify_message)
        if isinstance(cause, ssl.SSLError) and (cause.reason or "") in _WRONG_TLS:
            return StationWrong("does not speak our TLS")
    if isinstance(error, requests.exceptions.ProxyError | requests.exceptions.InvalidProxyURL):
        wants_login = "Tunnel connection failed: 407" in str(error)
        return ProxyWantsLogin("407") if wants_login else ProxyFailed("proxy")
    if any(isinstance(each, ConnectionRefusedError) for each in _chain(error)):
        return StationSilent("connection refused")
    return NetworkDown(type(error).__name__)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those that it was made of."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = _beneath(cause)


def _beneath(error: BaseException) -> BaseException | None:
    """requests and urllib3 wrap errors in arguments and in `reason` besides chaining them."""
    candidates = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
    return next((one for one in candidates if isinstance(one, BaseException)), None)


def _read_bounded(response: requests.Response) -> None:
    parts, size = [], 0
    for part in response.iter_content(64 * 1024):
        parts.append(part)
        size += len(part)
        if size > _LONGEST_REPLY:
            raise StationWrong("endless answer")
    response._content = b"".join(parts)


def _code(response: requests.Response) -> str:
    try:
        return str(response.json()["code"])
    except (ValueError, KeyError, TypeError):
        return str(response.status_code)
