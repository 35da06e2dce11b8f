"""The program and the machine it runs on: versions, disk, clock."""

from __future__ import annotations

import os
import platform
import shutil
import ssl
import sys
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path

from app import __version__, clock, log, settings
from app.store.integrity import keyring
from app.store.integrity.backups import backups

Facts = dict[str, object]
"""One part of a report: plain values by name, as they go into JSON."""

LIBRARIES = (
    "cryptography",
    "lxml",
    "openpyxl",
    "pyhanko",
    "pyside6",
    "python-calamine",
    "python-pkcs11",
    "sqlcipher3",
    "typst",
    "zstandard",
)
"""Those whose version has ever decided what went wrong: they hold code that is not Python."""
_MEGABYTE = 1_000_000
_CLOCKS_AGREE = timedelta(hours=1)


def program_facts() -> Facts:
    """Which Hocba, on what."""
    return {
        "version": __version__,
        "python": platform.python_version(),
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "installed": bool(getattr(sys, "frozen", False)),
        "system": platform.system(),
        "release": platform.release(),
        "system_version": platform.version(),
        "machine": platform.machine(),
        "processors": os.cpu_count() or 0,
    }


def library_facts() -> Facts:
    """Versions; '' where the library does not tell."""
    return {"openssl": ssl.OPENSSL_VERSION, **{name: _version(name) for name in LIBRARIES}}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def disk_facts(workspace: Path) -> Facts:
    """Room in megabytes, and which of a workspace's files are there; never where."""
    place = next((p for p in (workspace.parent, *workspace.parents) if p.is_dir()), Path.cwd())
    usage = shutil.disk_usage(place)
    copies = backups(workspace)
    wal = workspace.with_name(workspace.name + "-wal")
    return {
        "free_mb": usage.free // _MEGABYTE,
        "total_mb": usage.total // _MEGABYTE,
        "writable": os.access(place, os.W_OK),
        "workspace_kb": _kilobytes(workspace),
        "unmerged_kb": _kilobytes(wal),
        "keyring": keyring.path_for(workspace).is_file(),
        "backups": len(copies),
        "newest_backup": copies[0].made_at.isoformat() if copies else "",
    }


def _kilobytes(path: Path) -> int | None:
    """None: it is not there."""
    return path.stat().st_size // 1000 if path.is_file() else None


def clock_facts(workspace: Path, now: datetime) -> Facts:
    """A dead battery sets the clock back: then files of this machine are from the future."""
    files = (workspace, *(copy.path for copy in backups(workspace)), *log.files())
    newest = max((path.stat().st_mtime for path in files if path.is_file()), default=0.0)
    known = datetime.fromtimestamp(newest, clock.VIETNAM)
    local = datetime.now().astimezone()
    return {
        "now": now.isoformat(),
        "machine_zone": local.strftime("%z"),
        "newest_file": known.replace(microsecond=0).isoformat() if newest else "",
        "is_behind": bool(newest) and now + _CLOCKS_AGREE < known,
        "up_minutes": int(clock.since_boot().total_seconds() // 60),
    }


def place_facts() -> Facts:
    """Whether this user's own folders can be used at all."""
    return {
        "home": settings.home().is_dir(),
        "home_moved": bool(os.environ.get("HOCBA_HOME")),
        "log_files": len(log.files()),
        "log_kb": sum(path.stat().st_size for path in log.files()) // 1000,
    }
