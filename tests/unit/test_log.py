"""The log keeps what helps to find a fault, and nothing that says whose data it met."""

from __future__ import annotations

import errno
import gc
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import log, settings
from app.errors import DiskFull, SheetUnreadable, WorkspaceBusy
from app.log import Incident, words, writing
from app.model.delivery import OutboxState
from app.roster.sheets.grids import read_grids
from app.roster.sheets.kinds import FileKind
from app.signing.keys.token_process import TokenDriver, TokenProcess
from tests.fixtures.faults import child_faults

PUPIL, NUMBER, MARK = "Giàng Thị Páo", "1401234567", "8,5"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOCBA_HOME", str(tmp_path / PUPIL))


@pytest.fixture
def recording() -> Iterator[None]:
    with log.kept_as("window"):
        yield


def written() -> str:
    return "".join(path.read_text("utf-8") for path in log.files())


def shows_nobody(text: str) -> bool:
    lines = [line.split(" ", 3)[-1] for line in text.splitlines()]
    return not any(part in line for line in lines for part in (*PUPIL.split(), NUMBER, MARK, "8.5"))


class Unforeseen(Exception):
    """An error of nobody's, whose message carries data."""


def _fail() -> None:
    pupil = {"name": PUPIL, "mark": MARK}
    try:
        raise KeyError(NUMBER)
    except KeyError as error:
        raise Unforeseen(f"{pupil} {MARK}") from error


@pytest.mark.usefixtures("recording")
def test_an_error_leaves_its_class_its_causes_and_its_stack_but_no_message() -> None:
    try:
        _fail()
    except Unforeseen as error:
        error.add_note(PUPIL)
        made = log.incident("task.failed", error, lane="database")
    assert made.kinds == ("Unforeseen", "KeyError")
    assert made.where[-1].startswith("tests/unit/test_log.py:")
    assert made.where[-1].endswith(" _fail")
    text = written()
    assert f"ERROR task.failed ref=r{made.reference} lane=database" in text
    assert "KeyError" in text
    assert " _fail" in text
    assert shows_nobody(text)


@pytest.mark.usefixtures("recording")
def test_an_expected_error_leaves_its_code_only() -> None:
    log.problem("task.failed", WorkspaceBusy(PUPIL, file=f"{PUPIL}.xlsx"), lane="database")
    full = DiskFull(f"Điểm của {PUPIL}.pdf")
    full.__cause__ = OSError(errno.ENOSPC, PUPIL)
    log.problem("task.failed", full)
    text = written()
    assert "WARNING task.failed lane=database WorkspaceBusy workspace.busy" in text
    assert "DiskFull workspace.disk_full from OSError ENOSPC" in text
    assert shows_nobody(text)


@pytest.mark.usefixtures("recording")
def test_a_fact_is_a_code_or_a_whole_number_and_of_other_text_the_length() -> None:
    log.event("test", a=PUPIL, b=NUMBER, c=MARK, d=8.5, e=True, f=OutboxState.QUEUED, g=7)
    assert "a=<13> b=<10> c=<3> d=8 e=true f=queued g=7" in written()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("QPainter::begin: Paint device returned engine == 0, type: 2", True),
        (f'Cannot open "{PUPIL}.pdf"', False),
        ("QFileSystemWatcher: failed to add paths: /home/Pao/Thi Pao 8.5.xlsx", False),
        ("C:\\Users\\Giang Pao\\ket qua.xlsx is gone", False),
        (f"Không mở được tệp của {PUPIL}", False),
    ],
)
def test_of_a_foreign_message_no_name_path_or_number_is_kept(said: str, kept: bool) -> None:
    shown = words.scrubbed(said)
    assert not re.search(r"\d|Pao|Páo|Thi|ket|Users|home", shown)
    assert ("Paint device" in shown) == kept


def test_a_place_in_the_program_does_not_say_whose_machine_it_is() -> None:
    assert words.place(log.__file__) == "app/log/__init__.py"
    assert words.place(threading.__file__) == "threading.py"
    assert words.place(pytest.__file__) == "pytest/__init__.py"
    assert words.place("/home/Giàng Thị Páo/plugin.py") == "plugin.py"
    assert words.place("C:\\Users\\Páo\\Giàng Thị Páo.xlsx") == "<file>"
    assert words.place("app\\ui\\app.py") == "app/ui/app.py"


@pytest.mark.usefixtures("recording")
def test_threads_finalisers_and_libraries_end_in_the_log() -> None:
    thread = threading.Thread(target=_fail)
    thread.start()
    thread.join()

    class Closing:
        def __del__(self) -> None:
            raise Unforeseen(PUPIL)

    Closing()
    gc.collect()
    logging.getLogger("some.library").warning("certificate of %s", PUPIL)
    text = written()
    assert "uncaught.thread" in text
    assert "uncaught.finaliser" in text
    assert "library name=some.library level=WARNING at=tests/unit/test_log.py:" in text
    assert shows_nobody(text)


def test_what_nobody_caught_on_the_main_thread_is_heard_and_logged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(log.DEBUG, raising=False)
    heard: list[Incident] = []
    with log.kept_as("window"), log.heard_by(heard.append):
        try:
            _fail()
        except Unforeseen as error:
            sys.excepthook(type(error), error, error.__traceback__)
            assert capsys.readouterr().err == ""
            monkeypatch.setenv(log.DEBUG, "1")
            sys.excepthook(type(error), error, error.__traceback__)
            assert "Traceback" in capsys.readouterr().err
    assert [each.kinds[0] for each in heard] == ["Unforeseen", "Unforeseen"]
    assert heard[0].reference == heard[1].reference
    assert sys.excepthook is not None
    log.incident("late", Unforeseen())
    assert len(heard) == 2, "who listened no longer does"


@pytest.mark.usefixtures("recording")
def test_the_same_fault_many_times_a_second_is_written_once() -> None:
    for _ in range(1000):
        log.incident("paint", Unforeseen())
    assert written().count("paint") == 1


@pytest.mark.usefixtures("recording")
def test_the_log_rotates_and_stays_within_two_megabytes() -> None:
    for number in range(30_000):
        log.event("filling", number=number, text="x" * 80)
    sizes = [path.stat().st_size for path in log.files()]
    assert len(sizes) == 1 + writing.COPIES
    assert sum(sizes) <= (1 + writing.COPIES) * writing.MOST_BYTES
    assert "number=29999 " in written()


def test_only_this_user_reads_the_log() -> None:
    with log.kept_as("window"):
        log.started()
    if os.name == "posix":
        assert log.folder().stat().st_mode & 0o077 == 0
    assert re.search(r"INFO start hocba=v[\d.]+ python=v3[\d.]+ bits=64 system=\w+", written())


def test_a_home_that_cannot_be_written_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOCBA_HOME", str(tmp_path / "file"))
    with log.kept_as("window"):
        log.event("still works")
    assert log.files() == []
    assert log.found_crashes() == ()


@pytest.mark.usefixtures("recording")
def test_slow_work_is_timed_and_quick_work_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with log.timed("quick.work"):
        pass
    monkeypatch.setattr(writing, "SLOW_SECONDS", 0.0)
    with log.timed("slow.work", lane="token"):
        pass
    assert re.search(r"INFO slow.work ms=\d+ lane=token", written())
    assert "quick.work" not in written()


# --- hard crashes -------------------------------------------------------------------------------


def crash(how: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", child_faults.__name__, how]
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    return subprocess.run(command, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize("how", ["segfault", "abort"])
def test_a_hard_crash_is_found_at_the_next_start_and_told_once(how: str) -> None:
    assert crash(how).returncode != 0
    (found,) = log.found_crashes()
    assert found.event == "crash.found"
    assert found.kinds[0] in {"Segmentation-fault", "Aborted"}
    assert any(step.startswith("tests/fixtures/faults/child_faults.py:") for step in found.where)
    assert log.found_crashes() == ()
    assert list(log.folder().glob("*.crash")) == []


def test_a_process_that_ends_well_or_is_killed_is_no_crash() -> None:
    assert crash("nothing").returncode == 0
    assert list(log.folder().glob("*.crash")) == []
    assert crash("killed").returncode == -signal.SIGKILL
    assert log.found_crashes() == ()


def test_a_trace_of_a_living_process_is_not_taken(recording: None) -> None:
    (own,) = log.folder().glob("*.crash")
    assert log.found_crashes() == ()
    assert own.exists()
    old = time.time() - 40 * 24 * 3600
    os.utime(own, (old, old))
    assert log.found_crashes() == ()
    assert not own.exists(), "left behind by a machine that was switched off"


@pytest.mark.usefixtures("recording")
def test_a_driver_that_takes_its_process_down_is_in_the_log_with_its_stack() -> None:
    driver = TokenDriver(Path(f"/{PUPIL}/driver.so"), worker=child_faults.__name__)
    with pytest.raises(Exception, match="driver"):
        TokenProcess(driver)
    text = written()
    assert "child.ended role=token_worker ending=SIGSEGV fault=Segmentation-fault" in text
    assert "tests/fixtures/faults/child_faults.py:" in text
    assert shows_nobody(text)


@pytest.mark.usefixtures("recording")
def test_a_sheet_reader_that_dies_is_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(SheetUnreadable):
        read_grids(FileKind.XLS, PUPIL.encode())
    assert "child.ended role=sheet_reader ending=exit-1 fault=none" in written()


def test_tests_write_nothing_to_this_machines_own_log() -> None:
    assert "HOCBA_HOME" in os.environ
    assert settings.state().is_relative_to(os.environ["HOCBA_HOME"])
