"""After a whole journey, with faults on the way, neither log nor report says whose data it was."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
import zipfile
from dataclasses import asdict
from pathlib import Path

import pytest

from app.practice.school import PASSPHRASE, PIN
from app.store import Workspace
from tests.fixtures.faults import child_faults

ROOT = Path(__file__).resolve().parents[2]
STAMP = r"\d{4}-\d\d-\d\dT[\d:]{8}[+-]\d\d:\d\d \d+ (?:INFO|WARNING|ERROR)"
FACT = r" [a-z_]+=(?:true|false|\d+|[A-Za-z_<][\w.,:/<>+-]*)"
KIND = r"[A-Z][\w-]+(?: [a-z_.]+)?(?: [A-Z_]+)?"
LINE = re.compile(rf"{STAMP} [a-z][a-z_.]*(?:{FACT})*(?: {KIND}(?: from {KIND})*| \| [ -~]*)?")
"""Time, process, level, event, facts; then an error's class and code, or what a library said."""
STEP = re.compile(rf"    (?:[\w./ <>-]+:\d+ [\w<>]+|\.\.\. \d+)|  {KIND}")
"""Below it: classes of errors, steps of a stack."""
LEAST = 5
"""Characters: what is shorter (a class, a mark) is caught by the form of the lines."""


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The practice journey, a command that fails and a driver that crashes, all real processes."""
    folder = tmp_path_factory.mktemp("journey")
    run(folder, "-m", "app", "practice", "--headless", "--to", str(folder / "out"), expected=0)
    school = str(folder / "out" / "workspace" / "school.hocba")
    run(folder, "-m", "app", "sync", "--workspace", school, expected=1)  # the station has ended
    run(folder, "-m", child_faults.__name__, "segfault", expected=-11)
    bundle = str(folder / "goi.zip")
    run(folder, "-m", "app", "report", "--to", bundle, "--workspace", school, expected=0)
    return folder


def run(folder: Path, *arguments: str, expected: int) -> None:
    environment = {
        **os.environ,
        "HOCBA_HOME": str(folder / "Trường PTDTBT Nậm Pồ"),
        "HOCBA_PASSPHRASE": PASSPHRASE,
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expected, done.stderr


def texts(folder: Path) -> dict[str, str]:
    """All log files, and all parts of the bundle."""
    (state,) = folder.glob("*/state/log")
    found = {path.name: path.read_text("utf-8") for path in state.iterdir()}
    with zipfile.ZipFile(folder / "goi.zip") as bundle:
        return found | {f"zip/{n}": bundle.read(n).decode() for n in bundle.namelist()}


def data_of_people(folder: Path) -> set[str]:
    """Every name, number, date and word that the workspace holds of a pupil or a teacher."""
    workspace = Workspace.open(folder / "out" / "workspace" / "school.hocba", PASSPHRASE)
    try:
        store = workspace.here()
        people = [*store.people.students(), *store.people.staff()]
        cells = [v for s in store.people.sections() for v in store.gradebook.cells(s.id).values()]
        records = [head.record_id for head in store.transcripts.heads()]
    finally:
        workspace.close()
    found = {*records, *cells, workspace.user, PASSPHRASE, PIN}
    for person in people:
        found |= {str(value) for value in strings(asdict(person))}
    return {each for each in found if len(each) >= LEAST}


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [each for part in value.values() for each in strings(part)]
    if isinstance(value, list | tuple):
        return [each for part in value for each in strings(part)]
    return [] if value is None or isinstance(value, bool) else [str(value)]


def plain(text: str) -> str:
    """Without marks over letters: a name may have been folded on its way."""
    decomposed = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


NOT_DATA = {"active", "homeroom", "principal", "teacher"}


def test_no_name_number_or_mark_is_in_log_or_report(journey: Path) -> None:
    wanted = {plain(each) for each in data_of_people(journey)} - NOT_DATA
    assert len(wanted) > 200
    for name, text in texts(journey).items():
        folded = plain(text)
        assert [each for each in wanted if each in folded] == [], name


def test_every_line_of_the_log_has_the_form_in_which_data_has_no_place(journey: Path) -> None:
    lines = [
        line
        for name, text in texts(journey).items()
        if ".log" in name
        for line in text.splitlines()
    ]
    assert [each for each in lines if not (LINE.fullmatch(each) or STEP.fullmatch(each))] == []


def test_the_journey_left_what_helps_to_find_a_fault(journey: Path) -> None:
    found = texts(journey)
    assert "start hocba=v" in found["practice.log"]
    assert "signing.batch role=homeroom ms=" in found["practice.log"]
    assert "sync.run ms=" in found["practice.log"]
    assert "sync.stopped StationSilent delivery.station_silent" in found["sync.log"]
    assert "crash.found" in found["report.log"]
    assert "Segmentation-fault" in found["report.log"]
    report = json.loads(found["zip/bao-cao.json"])
    assert report["incidents"][0]["kinds"] == ["Segmentation-fault"]
    assert report["queues"]["outbox"] == {"verified": 73}
    assert report["workspace"]["audit_unbroken"] is True
    assert {"sync.log", "practice.log"} <= {Path(n).name for n in found if n.startswith("zip/log")}
