"""Drivers of tokens on this machine: where to look, and whether a file can be one.

A driver's code is run only in the child process; here a file is looked at, not loaded.
"""

from __future__ import annotations

import struct
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from app import resources
from app.errors import DriverUnusable, ProfileError
from app.signing.keys.library_file import MACH_O, bits, exports
from app.signing.keys.token_process import TokenTimeouts

_ENTRY = b"C_GetFunctionList"
_LARGEST_DRIVER = 128 * 1024 * 1024


class DriverFlaw(StrEnum):
    """Why a file cannot be loaded as a driver."""

    NOT_READABLE = "not_readable"
    NOT_A_LIBRARY = "not_a_library"
    OTHER_BITNESS = "other_bitness"
    NO_ENTRY_POINT = "no_entry_point"


@dataclass(frozen=True, slots=True)
class DriverProfile:
    """Where token drivers lie on this system, by vendor, and how long to wait for them."""

    patience: TokenTimeouts
    folders: tuple[Path, ...]
    vendors: tuple[tuple[str, tuple[str, ...]], ...]
    """Name, and patterns of file names."""


def load_driver_profile(file: Path) -> DriverProfile:
    """Raises ProfileError."""
    try:
        return read_driver_profile(file.name, file.read_bytes())
    except OSError as error:
        raise ProfileError(str(error), file=file.name, line=0, field="", reason="toml") from error


def read_driver_profile(name: str, data: bytes) -> DriverProfile:
    """As `load_driver_profile`, of a file whose content is at hand. Raises ProfileError."""
    try:
        content = tomllib.loads(data.decode("utf-8"))
        system = {"win32": "windows", "darwin": "darwin"}.get(sys.platform, "linux")
        return DriverProfile(
            TokenTimeouts(**content["patience"]),
            tuple(Path(folder) for folder in content["folders"][system]),
            tuple((v["name"], tuple(v["files"])) for v in content["vendor"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProfileError(str(error), file=name, line=0, field="", reason="toml") from error


@lru_cache(maxsize=1)
def shipped_driver_profile() -> DriverProfile:
    """The profile that comes with the program, `resources/profiles/tokens.toml`.

    Raises ProfileError.
    """
    return load_driver_profile(resources.path("profiles", "tokens.toml"))


def find_drivers(profile: DriverProfile | None = None) -> Iterator[tuple[str, Path]]:
    """Vendor and file of every driver candidate on this machine, each file once."""
    profile = profile or shipped_driver_profile()
    seen: set[Path] = set()
    for vendor, patterns in profile.vendors:
        for folder in profile.folders:
            for pattern in patterns:
                for file in sorted(folder.glob(pattern)):
                    real = file.resolve()
                    if real not in seen and file.is_file():
                        seen.add(real)
                        yield vendor, file


def flaw_of(file: Path) -> DriverFlaw | None:
    """What speaks against loading a file; None when nothing does."""
    try:
        if file.stat().st_size > _LARGEST_DRIVER:
            return DriverFlaw.NOT_A_LIBRARY
        data = file.read_bytes()
    except OSError:
        return DriverFlaw.NOT_READABLE
    width = bits(data)
    if width == 0:
        return DriverFlaw.NOT_A_LIBRARY
    if width != MACH_O and width != struct.calcsize("P") * 8:
        return DriverFlaw.OTHER_BITNESS
    return None if exports(data, _ENTRY) else DriverFlaw.NO_ENTRY_POINT


def check_driver(file: Path) -> None:
    """Raises DriverUnusable(driver, reason) for a file that must not be loaded."""
    if flaw := flaw_of(file):
        raise DriverUnusable(driver=file.name, reason=flaw.value)
