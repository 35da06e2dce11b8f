"""The setup file and the installed program, tried as a person would; on Windows or under Wine.

`Setup` first: where it installs, what it refuses, what it leaves alone. Then the program: practice
to issued records, its records checked on the other system and the other way round, its window.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from installer.steps import PYTHON, ROOT, Stop, say
from installer.windows.building import LIST, setup_file, version
from installer.windows.machine import MINUTE, Machine

FOREIGN, STILL_OPEN = 3, 4
"""How the setup ends when it refuses."""
PRACTICE = 3
"""How `hocba verify` ends when all holds and is practice."""


def check(holds: bool, what: str) -> None:
    if not holds:
        raise Stop(f"does not hold: {what}")
    say(f"holds: {what}")


def wait_until(holds: Callable[[], bool], what: str, limit: int = 5 * MINUTE) -> None:
    end = time.monotonic() + limit
    while not holds():
        if time.monotonic() > end:
            raise Stop(f"did not come within {limit} s: {what}")
        time.sleep(0.5)
    say(f"holds: {what}")


class Setup:
    """`program`: starts something from the installed folder that stays open until it is closed."""

    def __init__(self, machine: Machine, file: Path, program: str = "hocba.exe") -> None:
        self._machine, self._file, self._program = machine, file, program
        self.usual = machine.local_data / "Programs" / "Hocba"
        self.chosen = machine.local_data / "Trường Tiểu học" / "Hocba của trường"

    def install(self, folder: Path | None = None) -> int:
        """Silently; the exit code. A setup reads what follows /D= as it stands, without quotes."""
        where = [] if folder is None else f"/D={self._machine.spell(folder)}".split(" ")
        return self._machine.run(self._file, "/S", *where, limit=10 * MINUTE).code

    def uninstall(self, folder: Path) -> None:
        self._machine.run(folder / "uninstall.exe", "/S").expect()
        wait_until(lambda: not (folder / "uninstall.exe").exists(), "the uninstaller has ended")

    def refuses_a_folder_with_papers(self) -> None:
        papers = self._machine.local_data / "precious"
        paper = papers / "sub" / "only-copy.txt"
        paper.parent.mkdir(parents=True, exist_ok=True)
        paper.write_text("the only copy")
        check(self.install(papers) == FOREIGN, "a folder with papers in it is refused")
        check(paper.read_text() == "the only copy", "and the paper is still there")
        check([p.name for p in papers.iterdir()] == ["sub"], "and nothing came into the folder")
        shutil.rmtree(papers)

    def follows_an_older_version(self) -> None:
        """Where it lies; a person's file in its folder stays, and so does what nobody listed."""
        self.chosen.mkdir(parents=True, exist_ok=True)
        check(self.install(self.chosen) == 0, "installs where the person says")
        mine = self.chosen / "_internal" / "của tôi.txt"
        mine.write_text("mine")
        gone = self.chosen / "_internal" / "of an older version.dll"
        gone.write_bytes(b"x")
        with (self.chosen / LIST).open("ab") as listed:
            listed.write(
                "_internal\\of an older version.dll\r\n..\\outside.txt\r\n".encode("utf-16-le")
            )
        outside = self.chosen.parent / "outside.txt"
        outside.write_text("not ours")
        check(self.install() == 0, "a later setup finds it there")
        check(not self.usual.exists(), "and installs nowhere else")
        check(not gone.exists(), "what the older version brought is gone")
        check(mine.read_text() == "mine", "what a person put there is not")
        check(outside.exists(), "and nothing outside its folder, whatever the list says")
        self.uninstall(self.chosen)
        check(mine.exists() and outside.exists(), "the uninstaller leaves it, too")
        left = sorted(str(p.relative_to(self.chosen)) for p in self.chosen.rglob("*"))
        check(left == ["_internal", str(Path("_internal", mine.name))], "and nothing else")
        shutil.rmtree(self.chosen.parent)

    def takes_over_from_a_version_without_a_list(self) -> None:
        old = self.usual / "_internal" / "base_library.zip"
        old.parent.mkdir(parents=True)
        old.write_bytes(b"old")
        for name in ("hocba.exe", "uninstall.exe"):
            (self.usual / name).write_bytes(b"old")
        check(self.install() == 0, "takes over from a version that wrote no list")
        check((self.usual / LIST).exists(), "and writes one")
        aside = [p for p in self.usual.iterdir() if p.name.startswith("Hocba 0.1.0")]
        check(len(aside) == 1, "what nobody listed is put aside, not deleted")
        shutil.rmtree(aside[0])

    def closes_a_running_program(self) -> None:
        self._machine.start(self.usual / self._program, *self._arguments())
        wait_until(self._runs, f"{self._program} runs")
        check(self.install() == 0, "a setup over the running program closes it and goes on")
        check(not self._runs(), "it was closed")

    def _arguments(self) -> tuple[str, ...]:
        return ("practice",) if self._program == "hocba.exe" else ()

    def _runs(self) -> bool:
        """Nobody may write to a program that runs."""
        held = "import sys; open(sys.argv[1], 'r+b')"
        return (
            self._machine.run(self._machine.python, "-c", held, self.usual / self._program).code
            != 0
        )


def try_setup(machine: Machine, file: Path) -> Setup:
    setup = Setup(machine, file)
    shutil.rmtree(setup.usual, ignore_errors=True)
    shutil.rmtree(setup.chosen.parent, ignore_errors=True)
    setup.refuses_a_folder_with_papers()
    setup.follows_an_older_version()
    setup.takes_over_from_a_version_without_a_list()
    return setup


def try_program(machine: Machine, setup: Setup) -> None:
    """The installed program, in `setup.usual`."""
    commands = setup.usual / "hocba-cli.exe"
    told = machine.run(commands, "--version").expect()
    check(version() in told, f"it is version {version()}")
    results = machine.work / "Kết quả thực hành"
    shutil.rmtree(results, ignore_errors=True)
    windows_s, linux_s = results / "Windows", results / "elsewhere"
    told = machine.run(commands, "practice", "--headless", "--to", windows_s).expect()
    check("73 học bạ" in told, "practice goes to 73 issued records")
    verify = ("-m", "app", "verify")
    _here(*verify, str(windows_s / "records"), code=PRACTICE)
    say("holds: this system's program verifies them")
    _here("-m", "app", "practice", "--headless", "--to", str(linux_s))
    machine.run(commands, "verify", linux_s / "records").expect(PRACTICE)
    say("holds: it verifies this system's records")


def _here(*arguments: str, code: int = 0) -> None:
    done = subprocess.run([PYTHON, *arguments], cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
    if done.returncode != code:
        raise Stop(f"'{' '.join(arguments[:4])} …' failed with exit code {done.returncode}")


def try_all(machine: Machine) -> None:
    setup = try_setup(machine, setup_file(machine))
    try_program(machine, setup)
    setup.closes_a_running_program()
    setup.uninstall(setup.usual)
    wait_until(lambda: not setup.usual.exists(), "uninstalled: nothing is left but data")
