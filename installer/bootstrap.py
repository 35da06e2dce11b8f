#!/usr/bin/env python3
"""Everything between a fresh machine and a running Hocba. Standard library only.

    python3 installer/bootstrap.py run       open Hocba in practice mode
    python3 installer/bootstrap.py test      run all the tests
    python3 installer/bootstrap.py windows   Hocba as a Windows program, under Wine or on Windows
    python3 installer/bootstrap.py release   everything that is handed out, from one commit

All set up what is missing first (system packages on Debian, `.venv/`, pinned Python packages),
say what they do, and skip at once what is already there.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from installer import release as releasing
from installer.steps import (
    DEBIAN_RUN,
    DEBIAN_TEST,
    PYTHON,
    ROOT,
    WINDOWS,
    Stop,
    check_python,
    install_system_packages,
    make_environment,
    say,
)
from installer.windows import commands as windows


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
    tests.set_defaults(work=test)
    runs.set_defaults(work=start)
    windows.add_to(commands)
    releasing.add_to(commands)
    options = parser.parse_args()
    try:
        check_python()
        return int(options.work(options))
    except Stop as reason:
        say(str(reason))
        return 1
    except KeyboardInterrupt:
        say("stopped; start the same command again to go on")
        return 1


if __name__ == "__main__":
    sys.exit(main())
