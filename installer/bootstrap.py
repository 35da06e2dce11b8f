#!/usr/bin/env python3
"""Everything between a fresh machine and a running Hocba. Standard library only.

    python3 installer/bootstrap.py run     open Hocba in practice mode
    python3 installer/bootstrap.py test    run all the tests

Both set up what is missing first (system packages on Debian, `.venv/`, pinned Python
packages), say what they do, and skip at once what is already there.
"""

from __future__ import annotations

import argparse
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


# --- the two commands -----------------------------------------------------------------------


def has_display() -> bool:
    if WINDOWS or sys.platform == "darwin":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def start(options: argparse.Namespace) -> int:
    install_system_packages(DEBIAN_RUN)
    make_environment()
    if has_display() and not options.headless:
        say("opening Hocba in practice mode (an invented school; close the window to end)")
        return subprocess.run([PYTHON, "-m", "app", "practice"], cwd=ROOT, check=False).returncode
    target = Path(options.to).resolve()
    say(f"no display here: the same journey in the terminal, results in {target}")
    command = [PYTHON, "-m", "app", "practice", "--headless", "--to", target]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code == 0:
        verify = PYTHON.relative_to(ROOT)
        say(f"next: {verify} -m app verify {target / 'records'}")
    return code


def test(options: argparse.Namespace) -> int:
    install_system_packages([*DEBIAN_RUN, *DEBIAN_TEST])
    make_environment()
    arguments = options.pytest or ["-n", str(min(4, os.cpu_count() or 1)), "--dist", "loadfile"]
    environment = dict(os.environ)
    if sys.platform.startswith("linux"):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    say(f"running pytest {' '.join(arguments)}")
    code = subprocess.run(
        [PYTHON, "-m", "pytest", *arguments], cwd=ROOT, env=environment, check=False
    ).returncode
    if code != 0:
        say("something failed: the lines above name it")
    return code


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bootstrap.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    runs = commands.add_parser("run", help="set up what is missing and open practice mode")
    runs.add_argument("--headless", action="store_true", help="in the terminal, without a window")
    runs.add_argument(
        "--to", default="practice-results", help="folder for the results of a headless run"
    )
    tests = commands.add_parser("test", help="set up what is missing and run all the tests")
    tests.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    options = parser.parse_args()
    try:
        check_python()
        return start(options) if options.command == "run" else test(options)
    except Stop as reason:
        say(str(reason))
        return 1
    except KeyboardInterrupt:
        say("stopped; start the same command again to go on")
        return 1


if __name__ == "__main__":
    sys.exit(main())
