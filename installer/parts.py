"""The parts that the shipped program consists of: software bill of materials, and licences.

    python installer/parts.py sbom FILE       CycloneDX 1.6 (ECMA-424)
    python installer/parts.py licences        writes resources/help/6-giay-phep.md

The Python parts are what `hocba` needs without its extras, as the lock file pins them.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
LICENCES = ROOT / "resources" / "help" / "6-giay-phep.md"
_NAMESPACE = uuid.UUID("7f0a2c0e-1d0f-5c55-9c55-0a1f6a2b9d11")

COMPATIBLE = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "ISC", "LGPL-3.0-only", "MIT",
    "MIT-0", "MIT-CMU", "MPL-2.0", "OFL-1.1", "PSF-2.0", "Unlicense", "Zlib",
}  # fmt: skip
"""What an Apache-2.0 program may ship: LGPL and MPL parts stay files of their own, replaceable."""

_SPELT = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "LGPL": "LGPL-3.0-only",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSFL": "PSF-2.0",
    "Public Domain": "Unlicense",
    "Python Software Foundation License": "PSF-2.0",
    "zlib/libpng": "Zlib",
    "zlib/libpng License": "Zlib",
}
_KNOWN = {
    # PySide6 may be taken under LGPL-3.0, GPL or Qt's commercial licence: we take it under LGPL.
    **dict.fromkeys(
        ("pyside6", "pyside6-essentials", "pyside6-addons", "shiboken6"), "LGPL-3.0-only"
    ),
    "sqlcipher3": "Zlib",
    "pypdfium2": "BSD-3-Clause AND Apache-2.0",
}
"""Where a package's own words are a choice or none."""


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    version: str
    licence: str
    """SPDX expression."""
    url: str = ""
    hashes: tuple[str, ...] = ()
    """SHA-256 of the wheels that the lock file allows."""
    is_python: bool = True


OTHERS = (
    Part("CPython", "3.11", "PSF-2.0", "https://www.python.org", is_python=False),
    Part("Qt", "6.11", "LGPL-3.0-only", "https://www.qt.io", is_python=False),
    Part("SQLCipher", "4", "BSD-3-Clause", "https://www.zetetic.net/sqlcipher", is_python=False),
    Part("OpenSSL", "3", "Apache-2.0", "https://www.openssl.org", is_python=False),
    Part("colorama", "0.4.6", "BSD-3-Clause", "https://pypi.org/project/colorama/"),
    Part("Inter", "4", "OFL-1.1", "https://rsms.me/inter", is_python=False),
    Part("Liberation Serif", "2", "OFL-1.1", "https://github.com/liberationfonts", is_python=False),
    Part("Remix Icon", "4", "Apache-2.0", "https://remixicon.com", is_python=False),
)
"""What comes inside wheels, in `resources`, or with Windows only."""


def parts() -> list[Part]:
    """All of them, by name."""
    found: dict[str, Part] = {}
    hashes = _hashes()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    waiting = [Requirement(line).name for line in project["dependencies"]]
    seen: set[str] = set()
    while waiting:
        name = _plain(waiting.pop())
        if name in seen:
            continue
        seen.add(name)
        try:
            package = distribution(name)
        except PackageNotFoundError:  # of another system
            continue
        waiting += _needed(package)
        found[name] = Part(
            name, package.version, _licence(package), _url(package), hashes.get(name, ())
        )
    others = (part for part in OTHERS if part.name not in found)
    return sorted([*found.values(), *others], key=lambda part: part.name.lower())


def unfit() -> list[str]:
    """Parts whose licence is not known to be compatible, or is not said."""
    return [f"{p.name}: {p.licence or '?'}" for p in parts() if not _fits(p.licence)]


def _fits(expression: str) -> bool:
    """Of a choice (OR) one suffices, of a sum (AND) all must fit."""
    choices = [
        re.split(r"\s+AND\s+", each.strip("() ")) for each in re.split(r"\s+OR\s+", expression)
    ]
    return any(all(one.strip("() ") in COMPATIBLE for one in every) for every in choices)


def _needed(package: Distribution) -> Iterator[str]:
    for line in package.requires or []:
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
            yield wanted.name


def _licence(package: Distribution) -> str:
    about = package.metadata
    name = _plain(str(about["Name"]))
    if name in _KNOWN:
        return _KNOWN[name]
    if said := about.get("License-Expression"):
        return str(said)
    for line in about.get_all("Classifier") or []:
        if line.startswith("License ::"):
            last = line.rpartition(" :: ")[2]
            if last != "OSI Approved":
                return _SPELT.get(last, last)
    said = str(about.get("License") or "").strip().splitlines()
    return _SPELT.get(said[0], said[0]) if said else ""


def _url(package: Distribution) -> str:
    return f"https://pypi.org/project/{_plain(str(package.metadata['Name']))}/"


def _hashes() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    name = ""
    for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines():
        if head := re.match(r"([A-Za-z0-9._-]+)==", line):
            name = _plain(head[1])
        for digest in re.findall(r"--hash=sha256:([0-9a-f]{64})", line):
            found[name] = (*found.get(name, ()), digest)
    return found


def _plain(name: str) -> str:
    """As PyPI spells it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def bill(version: str, moment: str) -> dict[str, Any]:
    """`moment`: ISO 8601, of the commit: the same commit gives the same bill."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, version)}",
        "version": 1,
        "metadata": {
            "timestamp": moment,
            "component": {
                "type": "application",
                "bom-ref": "hocba",
                "name": "hocba",
                "version": version,
                "licenses": [{"expression": "Apache-2.0"}],
            },
        },
        "components": [_component(part) for part in parts()],
    }


def _component(part: Part) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "library",
        "bom-ref": f"{part.name}@{part.version}",
        "name": part.name,
        "version": part.version,
        "licenses": [{"expression": part.licence}],
        "externalReferences": [{"type": "website", "url": part.url}],
    }
    if part.is_python:
        made["purl"] = f"pkg:pypi/{part.name}@{part.version}"
        made["properties"] = [
            {"name": "hocba:wheel-sha256", "value": digest} for digest in part.hashes
        ]
    return made


def licence_page() -> str:
    """For the person at the screen."""
    lines = [
        "# Giấy phép",
        "",
        "Hocba là phần mềm tự do theo giấy phép Apache 2.0: ai cũng được dùng, chép và sửa.",
        "Hocba dùng các phần mềm và phông chữ sau, theo giấy phép của từng phần:",
        "",
        *(f"- {part.name}: {part.licence}" for part in parts()),
        "",
        "Qt và PySide6 được dùng theo LGPL 3.0: chúng là các tệp riêng trong thư mục chương trình "
        "và có thể thay bằng bản khác.",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("licences")
    sbom = commands.add_parser("sbom")
    sbom.add_argument("file", type=Path)
    sbom.add_argument("--version", required=True)
    sbom.add_argument("--moment", required=True, help="ISO 8601, of the commit")
    options = parser.parse_args()
    if options.command == "licences":
        LICENCES.write_text(licence_page(), "utf-8")
        return 0
    made = bill(options.version, options.moment)
    options.file.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
