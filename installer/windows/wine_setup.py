"""A Windows machine made of packages: Wine, a Windows CPython 3.11, the lock file's wheels.

CPython itself comes out of Panda3D's Windows wheel, which carries python311.dll and the compiled
part of the library; the part in Python is the same everywhere and is taken from this machine's own
Python 3.11. All of it lies in one folder outside the tree; what is there already stays.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sysconfig
import zipfile
from pathlib import Path

from installer.steps import LOCK, PYTHON, ROOT, Stop, install_system_packages, run, say
from installer.windows.machine import MINUTE, Wine

DEBIAN = """
wine wine64 gcc-mingw-w64-x86-64 g++-mingw-w64-x86-64 libssl-dev nsis xvfb
""".split()
PANDA3D = (
    "panda3d==1.10.16 "
    "--hash=sha256:37acfb92655c4226879f95c988e2ef1449a53c54486d6c1ebc00e2772429af82"
)
SOURCES = Path(__file__).parent / "c"
CC = "x86_64-w64-mingw32-gcc"
OBJDUMP = "x86_64-w64-mingw32-objdump"
_LEFT_OUT = ("__pycache__", "site-packages", "dist-packages", "test", "lib-dynload", "idlelib")
_REQUIREMENT = re.compile(r"([A-Za-z0-9][^ ;]*)( ;.*?)? \\$")


def set_up(machine: Wine) -> None:
    """Everything that is not there yet."""
    install_system_packages(DEBIAN)
    machine.work.mkdir(parents=True, exist_ok=True)
    _once(machine.work / "interpreter.stamp", _c_fingerprint(), lambda: _interpreter(machine))
    _once(machine.work / "prefix.stamp", _c_fingerprint(), lambda: _prefix(machine))
    _once(machine.work / "packages.stamp", _c_fingerprint(LOCK), lambda: _packages(machine))


def _once(stamp: Path, wanted: str, work: object) -> None:
    if stamp.exists() and stamp.read_text() == wanted:
        return
    assert callable(work)
    work()
    stamp.write_text(wanted)


def _sha256(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _c_fingerprint(*more: Path) -> str:
    return _sha256(*sorted(SOURCES.glob("*.c")), *more)


def compile_c(*arguments: str | Path) -> None:
    run([CC, "-O2", *arguments])


def _pip_download(target: Path, requirements: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    run(
        [PYTHON, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps",
         "--require-hashes", "--only-binary=:all:", "--platform", "win_amd64",
         "--python-version", "311", "--implementation", "cp", "--abi", "cp311", "--abi", "abi3",
         "--abi", "none", "-d", target, "-r", requirements]
    )  # fmt: skip


# --- the interpreter ------------------------------------------------------------------------


def _interpreter(machine: Wine) -> None:
    say("making a Windows Python 3.11 (62 MB to fetch, once)")
    here, wheels = machine.python.parent, machine.work / "panda3d"
    wanted = machine.work / "panda3d.txt"
    wanted.write_text(PANDA3D + "\n")
    _pip_download(wheels, wanted)
    shutil.rmtree(here, ignore_errors=True)
    (here / "DLLs").mkdir(parents=True)
    [wheel] = wheels.glob("panda3d-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        for entry in packed.namelist():
            _place_compiled(here, Path(entry).name, entry, packed)
    shutil.copytree(_library(), here / "Lib", ignore=_ignored)
    (here / "Lib" / "site-packages").mkdir()
    program = SOURCES / "python.c"
    compile_c("-municode", "-o", here / "python.exe", program)
    compile_c("-municode", "-mwindows", "-DWINDOWED", "-o", here / "pythonw.exe", program)
    _stable_abi(here, machine.work)


def _place_compiled(here: Path, name: str, entry: str, packed: zipfile.ZipFile) -> None:
    if not entry.startswith("deploy_libs/"):
        return
    if name == "python311.dll" or name.lower() == "vcruntime140.dll":
        (here / name.lower()).write_bytes(packed.read(entry))
    elif name.endswith(".pyd") or name.startswith("lib") or name == "sqlite3.dll":
        (here / "DLLs" / name).write_bytes(packed.read(entry))


def _library() -> Path:
    """Of a Python 3.11 on this machine."""
    own = Path(sysconfig.get_path("stdlib"))
    if own.name == "python3.11":
        return own
    other = shutil.which("python3.11")
    if other is None:
        raise Stop(
            "The Windows Python for tests is 3.11 and needs the library of a Python 3.11 here.\n"
            "Install one (apt-get install python3.11) and start the same command again."
        )
    asked = [other, "-c", "import sysconfig; print(sysconfig.get_path('stdlib'))"]
    return Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())


def _ignored(folder: str, names: list[str]) -> set[str]:
    return {
        name
        for name in names
        if name in _LEFT_OUT or name.startswith(("_sysconfigdata", "config-"))
    }


def _stable_abi(here: Path, work: Path) -> None:
    """python3.dll: hands every name on to python311.dll."""
    names = exported_names(here / "python311.dll")
    lines = ["LIBRARY python3.dll", "EXPORTS"]
    lines += [f"{name} = python311.{name}" for name in names if name.lstrip("_").startswith("Py")]
    definition, empty = work / "python3.def", work / "empty.c"
    definition.write_text("\n".join(lines) + "\n")
    empty.write_text("int DllMainCRTStartup(void *a, unsigned b, void *c) { return 1; }\n")
    compile_c(
        "-shared", "-nostdlib", "-Wl,--entry,DllMainCRTStartup", "-o", here / "python3.dll",
        empty, definition,
    )  # fmt: skip


def exported_names(library: Path) -> list[str]:
    told = subprocess.run([OBJDUMP, "-p", library], capture_output=True, text=True, check=True)
    table = told.stdout.partition("[Ordinal/Name Pointer] Table")[2].partition("\n\n")[0]
    return [line.split()[-1] for line in table.splitlines()[1:] if "[" in line]


# --- Wine -----------------------------------------------------------------------------------


def _prefix(machine: Wine) -> None:
    say("making a Windows for Wine")
    if not machine.prefix.exists():
        machine.start(Path("wineboot"), "--init")
        machine.run(Path("cmd"), "/c", "ver", limit=5 * MINUTE).expect()
    with machine.running():
        system = machine.prefix / "drive_c" / "windows" / "system32"
        for name, libraries in (("bcryptprimitives", ["-ladvapi32"]), ("icuuc", [])):
            source = SOURCES / f"{name}.c"
            compile_c("-shared", "-o", system / f"{name}.dll", source, *libraries)
        machine.run(Path("winecfg"), "-v", "win10").expect()


# --- packages -------------------------------------------------------------------------------


def windows_lock(text: str) -> str:
    """The lock file as Windows reads it: pip elsewhere would judge its markers for elsewhere."""
    kept, keeps = [], False
    for line in text.splitlines():
        shown = line
        if line.lstrip().startswith("#"):
            continue
        if head := _REQUIREMENT.match(line):
            marker = head[2] or ""
            keeps = "darwin" not in marker and "python_full_version >= '3.12'" not in marker
            shown = f"{head[1]} \\"
        if keeps:
            kept.append(shown)
    return "\n".join(kept) + "\n"


def _packages(machine: Wine) -> None:
    say("fetching the Windows wheels of the lock file (395 MB, once) and installing them")
    wheels, wanted = machine.work / "wheels", machine.work / "windows.lock"
    wanted.write_text(windows_lock(LOCK.read_text("utf-8")))
    _pip_download(wheels, wanted)
    site = machine.python.parent / "Lib" / "site-packages"
    if not (site / "pip").exists():
        [pip] = sorted(wheels.glob("pip-*.whl"))[-1:]
        with zipfile.ZipFile(pip) as packed:
            packed.extractall(site)
    with machine.running():
        machine.run(
            machine.python, "-m", "pip", "--isolated", "install", "-q", "--no-index", "--no-deps",
            "--require-hashes", "--no-compile", "--no-warn-script-location", "--find-links",
            wheels, "-r", wanted, limit=40 * MINUTE,
        ).expect()  # fmt: skip
    (site / "hocba.pth").write_text(machine.spell(ROOT) + "\n")
