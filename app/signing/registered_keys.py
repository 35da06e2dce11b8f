"""Keys that the school has told the program about: driver files and folders with PKCS#12 files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.errors import TokenError
from app.signing.cng import windows_store
from app.signing.key_choice import KeyChoice, KeySources
from app.signing.token_drivers import DriverProfile, check_driver, find_drivers, flaw_of
from app.signing.token_process import Driver
from app.store import Workspace

_DRIVERS = "keys.drivers"
_FOLDERS = "keys.folders"


class RegisteredKeys:
    """Reads the workspace at every look, so that a change holds at once. SQL on this thread."""

    def __init__(self, workspace: Workspace, vendors: DriverProfile | None = None) -> None:
        """`vendors`: whose drivers to look for; those that ship when None."""
        self._workspace = workspace
        self._vendors = vendors

    def drivers(self) -> list[Path]:
        """Driver files that the school named."""
        return [Path(p) for p in self._workspace.here().settings.get(_DRIVERS, [])]

    def folders(self) -> list[Path]:
        return [Path(p) for p in self._workspace.here().settings.get(_FOLDERS, [])]

    def use_drivers(self, files: Sequence[Path]) -> None:
        """Replace the list. Raises DriverUnusable for a file that cannot be loaded here."""
        for file in files:
            check_driver(file)
        self._workspace.here().settings.set(_DRIVERS, [str(file) for file in files])

    def use_folders(self, folders: Sequence[Path]) -> None:
        self._workspace.here().settings.set(_FOLDERS, [str(folder) for folder in folders])

    def sources(self) -> KeySources:
        """What the school named, drivers of known vendors found on this machine, and Windows."""
        found = [file for _, file in find_drivers(self._vendors) if flaw_of(file) is None]
        drivers = [Driver(file) for file in dict.fromkeys([*self.drivers(), *found])]
        if store := windows_store():
            drivers.append(store)  # last: what a token's own driver shows is not shown again
        return KeySources(tuple(drivers), tuple(self.folders()))

    def find(self) -> tuple[list[KeyChoice], list[TokenError]]:
        """What is within reach now, and the drivers that failed; no PIN is needed."""
        return self.sources().find()
