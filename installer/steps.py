"""Steps that set a machine up. Standard library only: nothing is installed yet when they run."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "hocba-lock.sha256"
WINDOWS = os.name == "nt"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")

# What Qt's wheels expect of a desktop (measured in a bare Debian 12), and the practice token.
DEBIAN_RUN = """
python3-venv softhsm2 libegl1 libgl1 libfontconfig1 libxkbcommon0 libglib2.0-0 libdbus-1-3
libgssapi-krb5-2 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxkbcommon-x11-0
libx11-xcb1 libxcb-xkb1 libxcb-randr0 libxcb-xfixes0 libxcb-sync1 libxcb-render-util0
""".split()
DEBIAN_TEST = """
xmlsec1 poppler-utils qpdf openssl opensc gcc libc6-dev libssl-dev xvfb xauth
postgresql chromium chromium-driver
""".split()


class Stop(Exception):
    """What happened and what to do, in words for the person at the keyboard."""


def say(text: str) -> None:
    print(f"[hocba] {text}", flush=True)


def run(command: Sequence[str | Path], **options: object) -> None:
    shown = [str(part) for part in command]
    result = subprocess.run(shown, check=False, **options)  # type: ignore[call-overload]
    if result.returncode != 0:
        raise Stop(
            f"'{' '.join(shown[:4])} …' failed (exit code {result.returncode}).\n"
            "Nothing else was changed. Read the lines above, mend the cause (often the network "
            "or a full disk), then start the same command again."
        )


# --- the machine ----------------------------------------------------------------------------


def check_python() -> None:
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        raise Stop(
            f"Hocba needs Python 3.11, 3.12 or 3.13; this is {sys.version.split()[0]}.\n"
            "Install one of them (python.org on Windows, 'apt install python3' on Debian 12)."
        )
    if sys.maxsize < 2**32:
        raise Stop("This is a 32-bit Python. Install the 64-bit one: Qt and token drivers need it.")


def missing_packages(wanted: Sequence[str]) -> list[str]:
    query = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    here = {line.split()[0] for line in query.stdout.splitlines() if line.endswith(" installed")}
    # A Python that was not installed by apt brings its own venv.
    own_python = not sys.executable.startswith("/usr/bin/")
    return [p for p in wanted if p not in here and not (p == "python3-venv" and own_python)]


def apt_prefix() -> list[str] | None:
    """How to call apt here, or None when we may not."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        allowed = subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True)
        if allowed.returncode == 0 or sys.stdin.isatty():
            return ["sudo"]
    return None


def install_system_packages(wanted: Sequence[str]) -> None:
    if not sys.platform.startswith("linux"):
        return
    if not shutil.which("dpkg-query"):
        say("This is not Debian: please see that these are installed: " + " ".join(wanted))
        return
    missing = missing_packages(wanted)
    if not missing:
        return
    prefix = apt_prefix()
    if prefix is None:
        raise Stop(
            "These system packages are missing, and installing them needs an administrator:\n"
            f"    sudo apt-get install {' '.join(missing)}\n"
            "After that, start the same command again."
        )
    say(f"installing {len(missing)} system packages: {' '.join(missing)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run([*prefix, "apt-get", "update", "-q"], env=environment)
    run(
        [*prefix, "apt-get", "install", "-y", "-q", "--no-install-recommends", *missing],
        env=environment,
    )


# --- the environment ------------------------------------------------------------------------


def fingerprint() -> str:
    digest = hashlib.sha256()
    for part in (LOCK, ROOT / "pyproject.toml"):
        digest.update(part.read_bytes())
    digest.update(f"{sys.version_info[:2]}".encode())
    return digest.hexdigest()


def make_environment() -> None:
    wanted = fingerprint()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        say("the environment in .venv/ is up to date")
        return
    if not PYTHON.exists():
        say("making .venv/")
        run([sys.executable, "-m", "venv", VENV])
    say("installing the pinned Python packages (about 500 MB, once)")
    quiet = ["-q", "--disable-pip-version-check"]
    run([PYTHON, "-m", "pip", "install", *quiet, "--require-hashes", "-r", LOCK])
    run([PYTHON, "-m", "pip", "install", *quiet, "--no-deps", "--no-build-isolation", "-e", ROOT])
    STAMP.write_text(wanted)
