"""An S3-speaking server on loopback that checks who asks (moto), with a bucket and a user."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3

BUCKET = "hoc-ba"
_REGION = "us-east-1"
_ANY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
_SETTING_UP = 4
"""Requests that make the user, its key, its rights and the bucket; after them it wants keys."""


@dataclass
class S3Server:
    port: int
    key: str = ""
    secret: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"s3+http://127.0.0.1:{self.port}/{BUCKET}/so"

    def start(self) -> None:
        """On the same port each time; what it held before is gone."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
            env={**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": str(_SETTING_UP)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                assert self.process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        iam = self._client("iam")
        iam.create_user(UserName="tram")
        made = iam.create_access_key(UserName="tram")["AccessKey"]
        iam.put_user_policy(UserName="tram", PolicyName="s3", PolicyDocument=_ANY)
        self._client("s3").create_bucket(Bucket=BUCKET)
        self.key, self.secret = made["AccessKeyId"], made["SecretAccessKey"]

    def stop(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def write_credentials(self, folder: Path, secret: str = "") -> None:
        (folder / "objects.ini").write_text(
            "[default]\n"
            f"aws_access_key_id = {self.key}\n"
            f"aws_secret_access_key = {secret or self.secret}\n"
        )

    def names(self) -> list[str]:
        found = self._client("s3", self.key, self.secret).list_objects_v2(Bucket=BUCKET)
        return [one["Key"] for one in found.get("Contents", [])]

    def _client(self, kind: str, key: str = "x", secret: str = "x") -> object:
        return boto3.session.Session().client(
            kind,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=_REGION,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
        )


@contextmanager
def s3_server() -> Iterator[S3Server]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        server = S3Server(found.getsockname()[1])
    server.start()
    try:
        yield server
    finally:
        server.stop()
