"""The department's station of practice mode: the real program, on loopback, as a child."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from app import log
from app.errors import NetworkDown
from app.processes import NO_WINDOW, child_environment
from app.work import CancelToken

PATIENCE_SECONDS = 300.0
"""A child that fails ends, which is noticed at once; this is for one that hangs."""


def hocba(*arguments: str | Path) -> list[str]:
    """The command line that calls this same program."""
    if getattr(sys, "frozen", False):
        return [sys.executable, *map(str, arguments)]
    return [sys.executable, "-m", "app", *map(str, arguments)]


def call(*arguments: str | Path) -> None:
    """Run one headless command to its end. Raises NetworkDown when it fails."""
    done = subprocess.run(
        hocba(*arguments),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        env=child_environment(),
        creationflags=NO_WINDOW,
    )
    if done.returncode != 0:
        raise NetworkDown(f"practice station: {done.stderr.strip()[-400:]}")


class PracticeStation:
    """A running station. `with Station(folder) as station: ...` stops it at the end."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, cancel: CancelToken | None = None) -> PracticeStation:
        """Wait until it answers. Raises NetworkDown when it ends instead or hangs, Cancelled."""
        token = cancel or CancelToken()
        address = self.folder / "address.json"
        address.unlink(missing_ok=True)
        serve = ("department", "serve", "--ends-with-input", "--dir", self.folder)
        log = (self.folder / "station.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                hocba(*serve, "--port", str(self._port)),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=child_environment(),
                creationflags=NO_WINDOW,
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not address.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise NetworkDown("the practice station did not start")
            token.wait(0.05)
        return self

    @property
    def url(self) -> str:
        found = json.loads((self.folder / "address.json").read_text("utf-8"))
        return str(found["url"])

    def stop(self) -> None:
        """It hears by the end of its input, on Windows as elsewhere; also when we were killed."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        if (code := self._process.poll()) is not None:
            log.child_ended("department", self._process.pid, code)
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            log.child_ended("department", self._process.pid, None)
        self._process = None

    def __enter__(self) -> PracticeStation:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
