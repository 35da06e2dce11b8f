"""`bootstrap.py release`: everything that is handed out, from one commit.

On Windows the setup file, on Debian or Ubuntu the .deb; on both the bill of materials and the
checksums. With a publisher's key also the folder of updates.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from installer import debian
from installer.steps import PYTHON, ROOT, WINDOWS, Stop, make_environment, run, say
from installer.windows import building
from installer.windows.commands import work_folder
from installer.windows.machine import Native


def release(options: argparse.Namespace) -> int:
    make_environment()
    _clean_tree()
    target = Path(options.to).resolve()
    target.mkdir(parents=True, exist_ok=True)
    version, moment = building.version(), debian.commit_moment()
    program = _windows(target) if WINDOWS else _linux(target, version, moment)
    at = datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")
    bill = target / f"hocba-{version}-{'windows' if WINDOWS else 'linux'}.cdx.json"
    parts = ROOT / "installer" / "parts.py"
    run([PYTHON, parts, "sbom", bill, "--version", version, "--moment", at])
    if options.key:
        _publish(target / "updates", program, version, options)
    _checksums(target)
    say(f"version {version} lies in {target}")
    return 0


def _clean_tree() -> None:
    told = subprocess.run(
        ["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    if told.stdout.strip():
        raise Stop("The tree has changes that are in no commit; a release is made from a commit.")


def _windows(target: Path) -> Path:
    machine = Native(work_folder())
    building.freeze(machine)
    building.make_setup(machine)
    made = building.setup_file(machine)
    (target / made.name).write_bytes(made.read_bytes())
    return building.frozen(machine)


def _linux(target: Path, version: str, moment: int) -> Path:
    program = debian.freeze(Path.home() / ".cache" / "hocba-linux")
    debian.build(program, target, version, moment)
    return program


def _publish(folder: Path, program: Path, version: str, options: argparse.Namespace) -> None:
    command = [PYTHON, "-m", "app", "department", "publish-update", folder, "--key", options.key,
               "--program", f"{version}={program}", "--platform",
               "windows-amd64" if WINDOWS else "linux-amd64"]  # fmt: skip
    run([*command, *(["--root", options.root] if options.root else [])], cwd=ROOT)


def _checksums(target: Path) -> None:
    """In the form of sha256sum."""
    lines = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(target).as_posix()}"
        for file in sorted(target.rglob("*"))
        if file.is_file() and file.name != "SHA256SUMS"
    ]
    (target / "SHA256SUMS").write_text("\n".join(lines) + "\n", "utf-8")


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("release", help="everything that is handed out, from this commit")
    parser.add_argument("--to", default="dist", help="folder for what is made")
    parser.add_argument("--key", help="the publisher's key: make a folder of updates, too")
    parser.add_argument("--root", help="root of trust, the first time and when keys change")
    parser.set_defaults(work=release)
