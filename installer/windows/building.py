"""The frozen program, and the setup file that carries it."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from installer.steps import ROOT, Stop, run, say
from installer.windows.machine import MINUTE, Machine

LIST = "hocba-files.txt"
SCRIPT = Path(__file__).parent / "hocba.nsi"
LARGEST_SETUP = 80
LARGEST_PROGRAM = 200
"""MB"""


def version() -> str:
    text = (ROOT / "app" / "__init__.py").read_text("utf-8")
    found = re.search(r'^__version__ = "([0-9.]+)"$', text, re.MULTILINE)
    assert found is not None
    return found[1]


def frozen(machine: Machine) -> Path:
    return machine.work / "build" / "dist" / "hocba"


def setup_file(machine: Machine) -> Path:
    return machine.work / "build" / f"hocba-{version()}-setup.exe"


def freeze(machine: Machine) -> None:
    """With PyInstaller, from scratch: what an earlier build left must not get in."""
    build = machine.work / "build"
    shutil.rmtree(build / "dist", ignore_errors=True)
    machine.run(
        machine.python, "-m", "PyInstaller", ROOT / "installer" / "hocba.spec", "--noconfirm",
        "--log-level", "WARN", "--distpath", build / "dist", "--workpath", build / "work",
        limit=60 * MINUTE,
    ).expect()  # fmt: skip
    folder = frozen(machine)
    write_list(folder)
    files = [file for file in folder.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files) / 1e6
    say(f"frozen: {len(files)} files, {size:.0f} MB (at most {LARGEST_PROGRAM})")


def write_list(folder: Path) -> None:
    """What a later setup may delete: files, then folders from the inside out (they end in "\\")."""
    names = [path.relative_to(folder) for path in sorted(folder.rglob("*"))]
    files = [str(name) for name in names if (folder / name).is_file() and str(name) != LIST]
    folders = [f"{name}/" for name in reversed(names) if (folder / name).is_dir()]
    lines = [line.replace("/", "\\") for line in (*files, *folders)]
    (folder / LIST).write_bytes("".join(f"{line}\r\n" for line in lines).encode("utf-16-le"))


def make_setup(machine: Machine, *, fast: bool = False) -> None:
    """With makensis. `fast`: packed less tightly, in a minute instead of ten."""
    folder, target = frozen(machine), setup_file(machine)
    if not (folder / LIST).exists():
        raise Stop("There is no frozen program yet: bootstrap.py windows freeze makes it.")
    compile_script(folder, target, version(), fast=fast)
    size = target.stat().st_size / 1e6
    how = ", packed fast" if fast else ""
    say(f"{target.name}: {size:.0f} MB (at most {LARGEST_SETUP}){how}")


def compile_script(folder: Path, target: Path, number: str, *, fast: bool = False) -> None:
    """64-bit, as the program is."""
    makensis = shutil.which("makensis")
    if makensis is None:
        raise Stop("makensis is missing. Install NSIS 3 and start the same command again.")
    defined = {"SOURCE": folder, "OUTPUT": target, "VERSION": number}
    icon = ROOT / "resources" / "icons" / "hocba.ico"
    mark = "/" if os.name == "nt" else "-"
    words = [f"{mark}D{name}={value}" for name, value in {**defined, "ICON": icon}.items()]
    if fast:
        words.append(f"{mark}DFAST")
    target.unlink(missing_ok=True)
    run([makensis, f"{mark}V2", f"{mark}XTarget amd64-unicode", *words, SCRIPT])
