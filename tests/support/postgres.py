"""A PostgreSQL cluster of this test run, in a folder of its own; no system server is touched."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import psycopg

_PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql")


def new_database() -> str:
    """SQLAlchemy URL of an empty database."""
    name = f"tram_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"host={cluster()} user=postgres dbname=postgres", autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}")
    return f"postgresql+psycopg://postgres@/{name}?host={cluster()}"


@cache
def cluster() -> Path:
    """The folder of the cluster's socket; it is started once and stopped at exit."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    owner = _owner(folder)
    data = folder / "data"
    initdb = [_program("initdb"), "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8"]
    _run([*initdb, "--no-sync", "--no-locale"], folder, owner)
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=60"
    control = [_program("pg_ctl"), "-D", data, "-w"]
    _run([*control, "-l", folder / "log", "-o", options, "start"], folder, owner)
    atexit.register(_stop, control, folder, owner, os.getpid())
    return folder


def _run(command: Sequence[object], folder: Path, owner: str | None) -> None:
    words = [str(part) for part in command]
    # The server keeps what it inherits open: no pipe of ours may be among that.
    done = subprocess.run(
        words,
        cwd=folder,
        user=owner,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, " ".join(words)


def _stop(control: list[object], folder: Path, owner: str | None, pid: int) -> None:
    if os.getpid() == pid:  # not in a forked child
        _run([*control, "-m", "immediate", "stop"], folder, owner)
        shutil.rmtree(folder, ignore_errors=True)


def _owner(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    name = "postgres" if "postgres" in known else "nobody"
    shutil.chown(folder, name)
    return name


def _program(name: str) -> str:
    found = shutil.which(name)
    versions = [p for place in _PLACES for p in Path(place).glob(f"**/bin/{name}")]
    assert found or versions, f"{name} is missing: apt-get install postgresql"
    return found or str(max(versions))
