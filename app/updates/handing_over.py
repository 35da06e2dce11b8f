"""The first thing a frozen program does: hand over to a newer version, where one has come.

Standard library only, like `versions`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from app import __version__, settings
from app.processes import NO_WINDOW
from app.updates.versions import Proof, Versions

HANDED_OVER = "HOCBA_HANDED_OVER"
"""Set for the newer program, so that it does not hand over again."""


def versions() -> Versions:
    """Those of this machine's account."""
    return Versions(settings.home() / "versions", __version__)


def hand_over(arguments: Sequence[str]) -> int | None:
    """The exit code of the newer program; None: there is none, go on here.

    A new version is tried by the window only: a task of the night must not be its first start.
    Children of the program (`-m MODULE`) belong to the version that starts them.
    """
    if not getattr(sys, "frozen", False) or os.environ.get(HANDED_OVER) or arguments[:1] == ["-m"]:
        return None
    return run_newer(versions(), arguments)


def run_newer(known: Versions, arguments: Sequence[str]) -> int | None:
    """As `hand_over`, for a program that is frozen."""
    opens_window = not arguments or arguments[0] in ("window", "practice")
    if opens_window and (new := known.to_try()):
        code = _run(known, new, arguments)
        if known.state().proof is Proof.WORKS:
            return code
        known.take_back()  # it never showed its window
    if chosen := known.chosen():
        return _run(known, chosen, arguments)
    return None


def _run(known: Versions, version: str, arguments: Sequence[str]) -> int | None:
    program = known.program(version, Path(sys.executable).stem)
    try:
        return subprocess.run(
            [program, *arguments],
            env={**os.environ, HANDED_OVER: known.own},
            check=False,
            creationflags=NO_WINDOW,
        ).returncode
    except OSError:
        return None
