"""`bootstrap.py windows …`"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from installer.steps import WINDOWS, Stop, install_system_packages, make_environment, say
from installer.windows import building, softhsm, trial, wine_setup
from installer.windows.machine import MINUTE, Machine, Native, Wine

LACKS = Path(__file__).parent / "wine-lacks.txt"


def add_to(commands: Any) -> None:
    """`commands`: of the argument parser."""
    parser = commands.add_parser(
        "windows",
        help="Hocba as a Windows program, under Wine or on Windows",
        description="Everything built lies in ~/.cache/hocba-windows (HOCBA_WINDOWS moves it).",
    )
    steps = parser.add_subparsers(dest="step", required=True)
    _step(steps, "setup", "the Windows Python, its packages, SoftHSM", lambda m, o: None)
    tests = _step(steps, "test", "pytest as Windows code", _test)
    tests.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    _step(steps, "freeze", "the frozen program", lambda m, o: building.freeze(m))
    make = _step(steps, "installer", "the setup file", _installer)
    make.add_argument("--fast", action="store_true", help="packed less tightly, for tests")
    _step(steps, "try", "install, use, update and remove it", lambda m, o: trial.try_all(m))


def _step(
    steps: Any, name: str, help_: str, work: Callable[[Machine, argparse.Namespace], None]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = steps.add_parser(name, help=help_)
    parser.set_defaults(work=lambda options: _on_machine(work, options))
    return parser


def work_folder() -> Path:
    chosen = os.environ.get("HOCBA_WINDOWS")
    return Path(chosen) if chosen else Path.home() / ".cache" / "hocba-windows"


def _on_machine(
    work: Callable[[Machine, argparse.Namespace], None], options: argparse.Namespace
) -> int:
    make_environment()
    folder = work_folder()
    if WINDOWS:
        work(Native(folder), options)
        return 0
    machine = Wine(folder)
    install_system_packages(wine_setup.DEBIAN)
    wine_setup.set_up(machine)
    softhsm.build(machine)
    machine = Wine(folder)  # which now has a SoftHSM
    with machine.running() if options.step != "installer" else contextlib.nullcontext():
        if options.step != "installer":
            machine.show_windows(options.step == "try")
        work(machine, options)
    return 0


def lacking() -> list[str]:
    """Ids of tests that Wine cannot pass; the file gives each one's reason."""
    lines = LACKS.read_text("utf-8").splitlines()
    entries = [line.split(" | ") for line in lines if line and not line.startswith("#")]
    return [name for name, _ in entries]


def _test(machine: Machine, options: argparse.Namespace) -> None:
    left_out = [] if WINDOWS else [f"--deselect={name}" for name in lacking()]
    if left_out:
        say(f"{len(left_out)} tests are left out under Wine: installer/windows/wine-lacks.txt")
    wanted = options.pytest or ["tests/unit", "tests/ui"]
    done = machine.run(
        machine.python, "-m", "pytest", "-p", "no:xdist", "-p", "no:schemathesis", "-o",
        "timeout=900", "--tb=short", *left_out, *wanted, limit=90 * MINUTE,
    )  # fmt: skip
    if done.code != 0:
        raise Stop("something failed as Windows code: the lines above name it")


def _installer(machine: Machine, options: argparse.Namespace) -> None:
    building.make_setup(machine, fast=options.fast)
