"""Where Windows programs run: on Windows itself, or under Wine."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PureWindowsPath
from typing import Protocol

from installer.steps import PYTHON, ROOT, Stop

MINUTE = 60


class Machine(Protocol):
    python: Path
    """The interpreter with the lock file's packages."""
    work: Path
    """Folder for what is built; outside the tree."""
    local_data: Path
    """%LOCALAPPDATA%"""

    def spell(self, path: Path) -> str:
        """A path as a Windows program reads it."""

    def run(self, program: Path, *arguments: str | Path, limit: int = 15 * MINUTE) -> Finished:
        """To its end, shown line by line. `limit`: seconds, then Stop."""

    def start(self, program: Path, *arguments: str | Path) -> None:
        """Apart from us: a window."""


class Finished:
    def __init__(self, code: int, output: str) -> None:
        self.code, self.output = code, output

    def expect(self, code: int = 0) -> str:
        """Its output. Raises Stop where it ended otherwise."""
        if self.code != code:
            raise Stop(f"ended with {self.code} instead of {code}; the lines above say why")
        return self.output


class Native:
    """Windows itself."""

    def __init__(self, work: Path) -> None:
        self.work, self.python = work, PYTHON
        self.local_data = Path(os.environ.get("LOCALAPPDATA", ""))

    def spell(self, path: Path) -> str:
        return str(path)

    def run(self, program: Path, *arguments: str | Path, limit: int = 15 * MINUTE) -> Finished:
        return _run([str(program), *map(str, arguments)], os.environ, limit)

    def start(self, program: Path, *arguments: str | Path) -> None:
        subprocess.Popen([str(program), *map(str, arguments)], cwd=ROOT)


class Wine:
    """A prefix of our own; `with running():` around all that uses it.

    Standard streams of a Windows Python must be pipes under Wine: with a file as standard output
    it ends at once. Wine hands no variable that begins with QT_ to programs; its registry does.
    """

    def __init__(self, work: Path) -> None:
        self.work = work
        self.prefix = work / "prefix"
        self.python = work / "Python311" / "python.exe"
        self.environment = {
            **os.environ,
            "WINEPREFIX": str(self.prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=d",  # no Mono, no Gecko
            "PATH": f"/usr/lib/wine:{os.environ['PATH']}",  # wine64 lies there
            "PYTHONPATH": "",
        }
        softhsm = self.prefix / "drive_c" / "SoftHSM2" / "bin" / "softhsm2-x64.dll"
        if softhsm.exists():  # else it takes Linux' own library, which it sees on drive Z
            self.environment["WINEPATH"] = r"C:\SoftHSM2\bin"
            self.environment["SOFTHSM2_MODULE"] = r"C:\SoftHSM2\bin\softhsm2-x64.dll"

    @property
    def local_data(self) -> Path:
        users = self.prefix / "drive_c" / "users"
        [person] = [each for each in users.iterdir() if each.name != "Public"]
        return person / "AppData" / "Local"

    def spell(self, path: Path) -> str:
        with contextlib.suppress(ValueError):
            inside = path.relative_to(self.prefix / "drive_c")
            return str(PureWindowsPath("C:\\", *inside.parts))
        return str(PureWindowsPath("Z:\\", *path.parts[1:]))

    def run(self, program: Path, *arguments: str | Path, limit: int = 15 * MINUTE) -> Finished:
        return _run(self._command(program, *arguments), self.environment, limit)

    def start(self, program: Path, *arguments: str | Path) -> None:
        subprocess.Popen(
            self._command(program, *arguments),
            cwd=ROOT,
            env=self.environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _command(self, program: Path, *arguments: str | Path) -> list[str]:
        spelt = [self.spell(a) if isinstance(a, Path) else a for a in arguments]
        return ["wine64", str(program), *spelt]

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """With a screen; Wine's services are started apart, or our pipes would never close."""
        with _screen() as display:
            self.environment["DISPLAY"] = display
            self._server("-p")
            self.start(Path("wineboot"))
            self._server_ready()
            try:
                yield
            finally:
                self._server("-k")

    def show_windows(self, wanted: bool) -> None:
        """Off screen unless wanted: a real window under Xvfb takes Wine most of a minute."""
        key, name = r"HKCU\Environment", "QT_QPA_PLATFORM"
        if wanted:
            self.run(Path("reg"), "delete", key, "/v", name, "/f")
        else:
            self.run(Path("reg"), "add", key, "/v", name, "/d", "offscreen", "/f").expect()

    def _server(self, *arguments: str) -> None:
        subprocess.run(
            ["wineserver64", *arguments],
            env=self.environment,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _server_ready(self) -> None:
        self.run(Path("cmd"), "/c", "ver", limit=5 * MINUTE).expect()


@contextlib.contextmanager
def _screen() -> Iterator[str]:
    """A virtual screen whose number the server itself finds."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x900x24"],
        pass_fds=[writing],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        if not number:
            raise Stop("Xvfb did not start. Install it (apt-get install xvfb) and try again.")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


def _run(command: Sequence[str], environment: Mapping[str, str], limit: int) -> Finished:
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    lines: list[str] = []
    reader = threading.Thread(target=_show, args=(child, lines), daemon=True)
    reader.start()
    try:
        code = child.wait(limit)
    except subprocess.TimeoutExpired:
        child.kill()
        raise Stop(
            f"'{Path(command[0]).name} …' took longer than {limit} s and was ended"
        ) from None
    reader.join(10)  # a grandchild under Wine may hold the pipe for ever
    return Finished(code, "".join(lines))


def _show(child: subprocess.Popen[bytes], lines: list[str]) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        text = line.decode("utf-8", "replace").replace("\r\n", "\n")
        lines.append(text)
        sys.stdout.write(text)
        sys.stdout.flush()
