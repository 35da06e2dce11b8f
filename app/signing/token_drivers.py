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
from app.signing.token_process import Patience

_ENTRY = b"C_GetFunctionList"
_LARGEST_DRIVER = 128 * 1024 * 1024
_PE_MACHINES = {0x014C: 32, 0x8664: 64, 0xAA64: 64}


class DriverFlaw(StrEnum):
    """Why a file cannot be loaded as a driver."""

    NOT_READABLE = "not_readable"
    NOT_A_LIBRARY = "not_a_library"
    OTHER_BITNESS = "other_bitness"
    NO_ENTRY_POINT = "no_entry_point"


@dataclass(frozen=True, slots=True)
class DriverProfile:
    patience: Patience
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
            Patience(**content["patience"]),
            tuple(Path(folder) for folder in content["folders"][system]),
            tuple((v["name"], tuple(v["files"])) for v in content["vendor"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProfileError(str(error), file=name, line=0, field="", reason="toml") from error


@lru_cache(maxsize=1)
def shipped_driver_profile() -> DriverProfile:
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
    bits = _bits(data)
    if bits == 0:
        return DriverFlaw.NOT_A_LIBRARY
    if bits > 0 and bits != struct.calcsize("P") * 8:
        return DriverFlaw.OTHER_BITNESS
    return None if _ENTRY in data else DriverFlaw.NO_ENTRY_POINT


def check_driver(file: Path) -> None:
    """Raises DriverUnusable(driver, reason) for a file that must not be loaded."""
    if flaw := flaw_of(file):
        raise DriverUnusable(driver=file.name, reason=flaw.value)


def _bits(data: bytes) -> int:
    """32 or 64 of an ELF or PE library; -1 for Mach-O, which may hold both; 0 for another file."""
    if data[:4] == b"\x7fELF" and len(data) > 5:
        return {1: 32, 2: 64}.get(data[4], 0)
    if data[:4] in (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"):
        return -1
    if data[:2] == b"MZ" and len(data) > 0x40:
        (offset,) = struct.unpack_from("<I", data, 0x3C)
        if data[offset : offset + 4] == b"PE\0\0" and len(data) > offset + 6:
            return _PE_MACHINES.get(struct.unpack_from("<H", data, offset + 4)[0], 0)
    return 0
