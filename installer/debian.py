"""The frozen program as a Debian package: /usr/lib/hocba, a command and an entry in the menu."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from pathlib import Path

from installer.steps import PYTHON, ROOT, Stop, run, say

_MENU = """[Desktop Entry]
Type=Application
Name=Hocba
Comment=Học bạ số cho trường ít hoặc không có mạng
Exec=hocba
Icon=hocba
Terminal=false
Categories=Education;Office;
"""
_CONTROL = """Package: hocba
Version: {version}
Architecture: amd64
Maintainer: Hocba <hocba@localhost.localdomain>
Installed-Size: {size}
Depends: libc6 (>= 2.36), libegl1, libgl1, libfontconfig1, libxkbcommon0, libglib2.0-0,
 libdbus-1-3, libgssapi-krb5-2, libxcb-cursor0, libxcb-icccm4, libxcb-keysyms1, libxcb-shape0,
 libxkbcommon-x11-0
Recommends: softhsm2
Section: education
Priority: optional
Description: digital school transcripts for schools with little or no connectivity
 Teachers fill in and sign digital transcripts (hoc ba so) offline with USB tokens;
 sealed submissions wait in a queue and go to the department of education by network
 or on a stick.
"""
_COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: hocba

Files: *
Copyright: 2026 the Hocba authors
License: Apache-2.0
 On Debian systems the full text of the Apache License, Version 2.0 can be found in
 /usr/share/common-licenses/Apache-2.0. The licences of all parts are listed in
 /usr/lib/hocba/_internal/resources/help/6-giay-phep.md.
"""
_OVERRIDES = """# The program carries its own libraries, at the versions that it was tested with.
hocba: embedded-library
hocba: unstripped-binary-or-object
hocba: custom-library-search-path
hocba: sharedobject-in-library-directory-missing-soname
hocba: shared-library-lacks-prerequisites
"""


def freeze(work: Path) -> Path:
    """PyInstaller on this system; the program's folder."""
    shutil.rmtree(work / "dist", ignore_errors=True)
    run(
        [PYTHON, "-m", "PyInstaller", ROOT / "installer" / "hocba.spec", "--noconfirm",
         "--log-level", "WARN", "--distpath", work / "dist", "--workpath", work / "work"]
    )  # fmt: skip
    folder = work / "dist" / "hocba"
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    say(f"frozen for Linux: {size:.0f} MB")
    return folder


def build(program: Path, target: Path, version: str, moment: int) -> Path:
    """The .deb of a frozen program. `moment`: seconds since 1970 that all files get."""
    if shutil.which("dpkg-deb") is None:
        raise Stop("dpkg-deb is missing: a .deb is made on Debian or Ubuntu.")
    root = target / "hocba-deb"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(program, root / "usr/lib/hocba")
    _write(root / "usr/share/applications/hocba.desktop", _MENU)
    _write(root / "usr/share/doc/hocba/copyright", _COPYRIGHT)
    _write(root / "usr/share/lintian/overrides/hocba", _OVERRIDES)
    changes = gzip.compress((ROOT / "CHANGELOG.md").read_bytes(), mtime=0)
    (root / "usr/share/doc/hocba/changelog.gz").write_bytes(changes)
    icon = root / "usr/share/icons/hicolor/256x256/apps/hocba.png"
    icon.parent.mkdir(parents=True)
    run([PYTHON, ROOT / "installer" / "icon.py", icon])
    (root / "usr/bin").mkdir()
    (root / "usr/bin/hocba").symlink_to("../lib/hocba/hocba-cli")
    _set_modes(root, moment)
    size = sum(file.stat().st_size for file in root.rglob("*") if file.is_file()) // 1024
    _write(root / "DEBIAN/control", _CONTROL.format(version=version, size=size))
    made = target / f"hocba_{version}_amd64.deb"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(moment)}
    run(["dpkg-deb", "--root-owner-group", "-Zxz", "--build", root, made], env=environment)
    shutil.rmtree(root)
    return made


def _write(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def _set_modes(root: Path, moment: int) -> None:
    programs = {"hocba", "hocba-cli"}
    for path in root.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.name in programs else 0o644)
            os.utime(path, (moment, moment))


def commit_moment() -> int:
    """Seconds since 1970 of the commit that is built: two builds of it look alike."""
    told = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return int(told.stdout)
