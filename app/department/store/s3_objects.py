"""Objects in an S3-compatible store (MinIO, Ceph, a cloud of the province …).

The address is `s3+https://host:port/bucket/prefix?region=…`. Credentials come from the environment
(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN) or from the file `objects.ini` in the
station's folder; they are never logged. AWS_CA_BUNDLE names an authority of the province's own.
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.department.store.objects import name_of
from app.errors import (
    ObjectMissing,
    ObjectStoreError,
    ObjectStoreMissing,
    ObjectStoreRefused,
    ObjectStoreUnreachable,
    StationBusy,
    StationFolderInvalid,
)

SCHEMES = ("s3+https", "s3+http")
CREDENTIALS = "objects.ini"
_NAMES = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_REFUSED = {"401", "403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
_MISSING = {"404", "NoSuchBucket", "NoSuchKey", "NotFound"}
_PROBE = b"hocba"
_WIRE = Config(
    signature_version="s3v4",
    s3={"addressing_style": "path"},  # a host name for each bucket is more than most stores have
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "max_attempts": 3},
    # The newer checksum headers are refused by stores of some makers; we send Content-MD5.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


@dataclass(frozen=True, slots=True)
class S3Objects:
    """Safe for several threads."""

    bucket: str
    prefix: str
    client: Any = field(repr=False)

    def keep(self, data: bytes) -> str:
        name = name_of(data)
        md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
        try:
            self.client.put_object(
                Bucket=self.bucket, Key=self._key(name), Body=data, ContentMD5=md5
            )
        except (BotoCoreError, ClientError) as error:
            raise StationBusy(f"object store: {_code(error)}") from error
        return name

    def read(self, name: str, at: int, size: int) -> bytes:
        span = f"bytes={at}-{at + size - 1}"
        try:
            found = self.client.get_object(Bucket=self.bucket, Key=self._key(name), Range=span)
            data = bytes(found["Body"].read())
        except (BotoCoreError, ClientError) as error:
            if _code(error) in ("NoSuchKey", "404", "InvalidRange"):
                raise ObjectMissing(name) from error
            raise StationBusy(f"object store: {_code(error)}") from error
        if len(data) != size:
            raise ObjectMissing(f"{name} is too short")
        return data

    def check(self) -> None:
        try:
            self.client.put_object(Bucket=self.bucket, Key=f"{self.prefix}check", Body=_PROBE)
        except (BotoCoreError, ClientError) as error:
            raise _named(error) from error

    def sweep(self, named: Callable[[], Collection[str]], before: float) -> int:
        """Nothing: the store has no half objects, and cannot remove one unless it was touched."""
        return 0

    def _key(self, name: str) -> str:
        return f"{self.prefix}{name[:2]}/{name}"


def open_s3(address: str, folder: Path) -> S3Objects:
    """Raises StationFolderInvalid (the address), ObjectStoreRefused (no credentials)."""
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise StationFolderInvalid("objects: not an address") from error
    bucket, _, prefix = parts.path.strip("/").partition("/")
    if parts.scheme not in SCHEMES or not parts.hostname or not bucket or parts.username:
        raise StationFolderInvalid("objects: s3+https://host/bucket is expected")
    credentials = _credentials(folder / CREDENTIALS)
    try:
        client = boto3.session.Session().client(
            "s3",
            endpoint_url=f"{parts.scheme.removeprefix('s3+')}://{parts.netloc}",
            region_name=parse_qs(parts.query).get("region", ["us-east-1"])[0],
            config=_WIRE,
            **credentials,
        )
    except (BotoCoreError, ValueError) as error:
        raise StationFolderInvalid(f"objects: {type(error).__name__}") from error
    return S3Objects(bucket, f"{prefix}/" if prefix else "", client)


def _credentials(file: Path) -> dict[str, str]:
    """Named ones only: a search for others would ask the machine's network."""
    given = {name: os.environ.get(name.upper(), "") for name in _NAMES}
    if file.exists():
        read = configparser.ConfigParser(interpolation=None)
        try:
            read.read_string(file.read_text("utf-8"))
            given = {name: read.get("default", name, fallback="") for name in _NAMES}
        except (configparser.Error, OSError, UnicodeDecodeError):
            raise ObjectStoreRefused("credentials: unreadable file") from None  # it holds a secret
    if not given[_NAMES[0]] or not given[_NAMES[1]]:
        raise ObjectStoreRefused("no credentials")
    return {name: value for name, value in given.items() if value}


def _code(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__


def _named(error: Exception) -> ObjectStoreError:
    code = _code(error)
    if code in _REFUSED:
        return ObjectStoreRefused(code)
    if code in _MISSING:
        return ObjectStoreMissing(code)
    return ObjectStoreUnreachable(code)
