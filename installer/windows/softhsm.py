"""SoftHSM as a Windows PKCS#11 library, so that tokens are tested there too.

The source is Debian's, pinned by hash; it is built without its configure script, with libcrypto of
the Windows Python and the headers of libssl-dev.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

from installer.steps import Stop, run, say
from installer.windows.machine import Wine
from installer.windows.wine_setup import exported_names

CXX = "x86_64-w64-mingw32-g++"
ARCHIVE = "softhsm2_2.6.1.orig.tar.gz"
SHA256 = "ac9ac1e3f4402f88bf3e626a18f070f8031c031947ed469c6e17482495ec72b6"
_TEXTS = {
    "PACKAGE_NAME": "SoftHSM", "PACKAGE_STRING": "SoftHSM", "VERSION": "2.6.1",
    "PACKAGE_VERSION": "2.6.1", "DEFAULT_LOG_LEVEL": "INFO",
    "DEFAULT_OBJECTSTORE_BACKEND": "file", "DEFAULT_PKCS11_LIB": "softhsm2-x64.dll",
    "DEFAULT_SOFTHSM2_CONF": "softhsm2.conf", "DEFAULT_TOKENDIR": "tokens",
}  # fmt: skip
_FIGURES = {
    "VERSION_MAJOR": 2, "VERSION_MINOR": 6, "MAX_PIN_LEN": 255, "MIN_PIN_LEN": 4,
    **dict.fromkeys(
        ("CRYPTOKI_VISIBILITY", "HAVE_CXX11", "HAVE_LOADLIBRARY", "HAVE_AES_KEY_WRAP",
         "HAVE_AES_KEY_WRAP_PAD", "HAVE_STDINT_H", "HAVE_STDLIB_H", "HAVE_STRING_H",
         "HAVE_SYS_STAT_H", "HAVE_SYS_TYPES_H", "HAVE_OPENSSL_SSL_H", "SENSITIVE_NON_PAGE",
         "STDC_HEADERS", "WITH_ECC", "WITH_OPENSSL", "WITH_RAW_PSS"), 1),
}  # fmt: skip
_FLAGS = (
    *("-O1", "-w", "-std=gnu++11", "-fpermissive", "-DHAVE_CONFIG_H", "-D_WIN32_WINNT=0x0601"),
    *("-DNOMINMAX", "-DCRYPTOKI_EXPORTS", "-DWIN32_LEAN_AND_MEAN"),
    *("-include", "winsock2.h", "-include", "windows.h"),
)
_ROOMS = (
    *("common", "crypto", "cryptoki_compat", "data_mgr", "handle_mgr", "object_store"),
    *("pkcs11", "session_mgr", "slot_mgr"),
)


def build(machine: Wine) -> None:
    """The library and its tool, into the prefix; nothing where they are there."""
    target = machine.prefix / "drive_c" / "SoftHSM2" / "bin"
    if (target / "softhsm2-util.exe").exists():
        return
    say("building SoftHSM for Windows (4 minutes, once)")
    here = machine.work / "softhsm"
    (here / "obj").mkdir(parents=True, exist_ok=True)
    source = _source(here)
    _headers(here / "inc")
    crypto = machine.python.parent / "DLLs" / "libcrypto-3.dll"
    linked = _import_library(here, crypto)
    _configuration(here / "obj" / "config.h")
    target.mkdir(parents=True, exist_ok=True)
    includes = [f"-I{each}" for each in _include_folders(here, source)]
    objects = _compile_all(_library_files(source), here / "obj", includes)
    tool = _compile_all(_tool_files(source), here / "tool", includes)
    run(
        [CXX, "-shared", "-static", "-o", target / "softhsm2-x64.dll", *objects, linked, "-lws2_32"]
    )
    run(
        [CXX, "-static", "-Wl,--allow-multiple-definition", "-o", target / "softhsm2-util.exe",
         *tool, *objects, linked, "-lws2_32"]
    )  # fmt: skip
    for place in (target, machine.prefix / "drive_c" / "windows" / "system32"):
        shutil.copy(crypto, place)


def _source(here: Path) -> Path:
    archive = here / ARCHIVE
    if not archive.exists():
        _fetch(here)
    if not archive.exists() or hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        raise Stop(f"{ARCHIVE} could not be fetched from Debian, or is not the one we know.")
    with tarfile.open(archive) as packed:
        packed.extractall(here, filter="data")
    return here / "softhsm2-2.6.1" / "src"


def _fetch(here: Path) -> None:
    """With a list of sources of our own: the machine's stays as it is."""
    (here / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    listed = here / "sources.list"
    listed.write_text("deb-src http://deb.debian.org/debian bookworm main\n")
    apt = ["apt-get", "-q", "-o", f"Dir::Etc::sourcelist={listed}", "-o",
           "Dir::Etc::sourceparts=-", "-o", f"Dir::State::lists={here / 'lists'}"]  # fmt: skip
    run([*apt, "update"])
    # Its packaging, which comes along, is not needed and may have moved on: the hash decides.
    subprocess.run([*apt, "source", "--download-only", "softhsm2"], cwd=here, check=False)


def _headers(target: Path) -> None:
    """OpenSSL's, told that a Windows long has 32 bits."""
    machine_s = Path("/usr/include/x86_64-linux-gnu/openssl")
    shutil.copytree("/usr/include/openssl", target / "openssl", dirs_exist_ok=True)
    shutil.copytree(machine_s, target / "openssl", dirs_exist_ok=True)
    file = target / "openssl" / "configuration.h"
    text = file.read_text().replace("define SIXTY_FOUR_BIT_LONG", "undef SIXTY_FOUR_BIT_LONG")
    file.write_text(re.sub(r"undef SIXTY_FOUR_BIT$", "define SIXTY_FOUR_BIT", text, flags=re.M))


def _import_library(here: Path, crypto: Path) -> Path:
    definition, made = here / "crypto.def", here / "libcrypto.dll.a"
    names = exported_names(crypto)
    definition.write_text("\n".join(["LIBRARY libcrypto-3.dll", "EXPORTS", *names]) + "\n")
    run(["x86_64-w64-mingw32-dlltool", "-d", definition, "-l", made])
    return made


def _configuration(target: Path) -> None:
    lines = [f'#define {name} "{value}"' for name, value in _TEXTS.items()]
    lines += [f"#define {name} {value}" for name, value in _FIGURES.items()]
    target.write_text("\n".join(lines) + "\n")


def _include_folders(here: Path, source: Path) -> list[Path]:
    lib = source / "lib"
    rooms = [lib / name for name in _ROOMS]
    return [here / "obj", here / "inc", lib, lib / "win32", source / "bin" / "common", *rooms]


def _library_files(source: Path) -> list[Path]:
    found = [*(source / "lib").rglob("*.cpp"), source / "lib" / "win32" / "dllmain.cc"]
    unwanted = re.compile(r"/test/|/Botan|/DB\w*\.cpp|GOST")
    return sorted(file for file in found if file.exists() and not unwanted.search(str(file)))


def _tool_files(source: Path) -> list[Path]:
    names = ("util/softhsm2-util", "util/softhsm2-util-ossl", "common/findslot", "common/library",
             "common/getpw")  # fmt: skip
    return [source / "bin" / f"{name}.cpp" for name in names]


def _compile_all(files: Sequence[Path], target: Path, includes: Sequence[str]) -> list[Path]:
    target.mkdir(parents=True, exist_ok=True)

    def compile_one(file: Path) -> Path:
        made = target / f"{file.stem}.o"
        if not made.exists():
            beside = made.with_suffix(".part")
            run([CXX, *_FLAGS, *includes, "-c", file, "-o", beside])
            beside.replace(made)
        return made

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(compile_one, files))
