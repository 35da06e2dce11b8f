"""Programs side by side: the installed one, and newer ones that came as updates.

The program that setup installed always starts first. Where a newer version lies in `folder` and has
proven itself, it hands over to that (`handing_over`). A new version proves itself by reaching its
first window; one that was tried and did not is never tried again.

Standard library only: this runs before anything else at every start.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

STATE = "versions.json"
_VERSION = re.compile(r"(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})")


class Proof(StrEnum):
    """How far a version has come."""

    NEW = "new"
    TRIED = "tried"
    """It was started; it has not said yet that its window is there."""
    WORKS = "works"


@dataclass(frozen=True, slots=True)
class VersionState:
    """What `versions.json` says. An empty version: the installed program."""

    version: str = ""
    proof: Proof = Proof.WORKS
    previous: str = ""
    """What is taken back when `version` does not work."""
    failed: tuple[str, ...] = ()


def number(version: str) -> tuple[int, int, int]:
    """Of '1.2.3' (SemVer without suffixes). Raises ValueError."""
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ValueError("not a version")
    first, second, third = (int(part) for part in found.groups())
    return first, second, third


class Versions:
    """`folder`: of the versions, each in a folder of its name. `own`: the installed program's."""

    def __init__(self, folder: Path, own: str) -> None:
        self.folder, self.own = folder, own

    def state(self) -> VersionState:
        """What cannot be read counts as none: the installed program is always there."""
        try:
            found = json.loads((self.folder / STATE).read_text("utf-8"))
            return VersionState(
                str(found["version"]),
                Proof(found["proof"]),
                str(found["previous"]),
                tuple(str(each) for each in found["failed"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return VersionState()

    def program(self, version: str, name: str) -> Path:
        return self.folder / version / (f"{name}.exe" if sys.platform == "win32" else name)

    def add(self, version: str, unpacked: Path) -> None:
        """Take a verified program in; the window tries it at its next start.

        Raises OSError. `unpacked` lies in `folder`, so that it is renamed in one step.
        """
        place = self.folder / version
        if place.exists():
            shutil.rmtree(place)
        unpacked.replace(place)
        state = self.state()
        previous = state.version if state.proof is Proof.WORKS else state.previous
        self._save(VersionState(version, Proof.NEW, previous, state.failed))
        self._sweep({version, previous})

    def chosen(self) -> str:
        """The version that has proven itself; '': the installed program."""
        state = self.state()
        if state.proof is Proof.WORKS:
            return self._usable(state.version)
        return self._usable(state.previous)

    def to_try(self) -> str:
        """The version that has not been started yet; '': none. It counts as tried from now on."""
        state = self._after_failure(self.state())
        if state.proof is not Proof.NEW or not self._usable(state.version):
            return ""
        self._save(VersionState(state.version, Proof.TRIED, state.previous, state.failed))
        return state.version

    def reached_first_window(self, version: str) -> None:
        """Said by the program of this version itself."""
        state = self.state()
        if state.version == version and state.proof is not Proof.WORKS:
            self._save(VersionState(version, Proof.WORKS, state.previous, state.failed))

    def newest(self) -> str:
        """Of the installed one and all that were taken in, whether they work or not."""
        known = [self.own, self.state().version, self.state().previous, *self.state().failed]
        return max((each for each in known if each), key=number)

    def _after_failure(self, state: VersionState) -> VersionState:
        """A version that was tried and never reached its window gives way to the one before."""
        if state.proof is not Proof.TRIED:
            return state
        back = VersionState(
            state.previous, Proof.WORKS, "", tuple(sorted({*state.failed, state.version}))
        )
        self._save(back)
        return back

    def take_back(self) -> None:
        """The version under trial has ended before its window."""
        self._after_failure(self.state())

    def _usable(self, version: str) -> str:
        """'' where the installed program is as new (a setup came after), or nothing is there."""
        if not version or number(version) <= number(self.own):
            return ""
        return version if self.program(version, "hocba").is_file() else ""

    def _save(self, state: VersionState) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = self.folder / f"{STATE}.tmp"
        with beside.open("w", encoding="utf-8") as file:
            json.dump(asdict(state), file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.folder / STATE)

    def _sweep(self, kept: set[str]) -> None:
        """Older ones than the one before are of no use."""
        for place in self.folder.iterdir():
            if place.is_dir() and _VERSION.fullmatch(place.name) and place.name not in kept:
                shutil.rmtree(place, ignore_errors=True)
