"""Real signed records through the real commands: init, serve, enrol, sync, status, revoke."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from app import clock
from app.cli import run
from app.cli.sync import exit_code, needs_person
from app.department.store.folder import load_folder
from app.errors import NetworkDown, StationWrong
from app.model.people import ClassSection, School, Student
from app.model.transcript import Transcript, TranscriptHead, TranscriptState
from app.store import Workspace
from app.sync import SyncReport
from app.sync.delivery import Delivery
from tests.fixtures.faults.disks import small_disk
from tests.fixtures.schools.parcels import SCHOOL
from tests.fixtures.schools.publications import new_root, shipped_file
from tests.fixtures.schools.signed_class import signed_class
from tests.fixtures.stations.station import PASSPHRASE, ROOT
from tests.fixtures.waiting import until

CLASS = 4


Hocba = Callable[..., str]


@pytest.fixture
def hocba(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Hocba:
    """The command line in this process; what it said."""
    monkeypatch.setenv("HOCBA_PASSPHRASE", PASSPHRASE)

    def call(*arguments: object, code: int = 0) -> str:
        capsys.readouterr()
        exit_code = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert exit_code == code, said
        return said.out + said.err

    return call


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cli") / "so"
    assert run(["department", "init", "--to", str(folder), "--name", "Sở thử"]) == 0
    root = signed_class(CLASS).trust.roots[0]
    (folder / "trust" / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    serve = ["department", "serve", "--dir", str(folder), "--port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *serve], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    until(lambda: (folder / "address.json").exists() or process.poll() is not None)
    assert process.poll() is None
    yield folder
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    path = tmp_path / "school.hocba"
    made, _ = Workspace.create(path, PASSPHRASE, "thử")
    store = made.here()
    with store.write():
        store.people.save_school(
            School(SCHOOL, "Trường thử", "79", "Sở thử", "Xã thử", "Tỉnh thử", "79")
        )
        store.people.save_section(ClassSection("4A", "2026-2027", 4, "4A"))
        for number, item in enumerate(signed_class(CLASS).items):
            student = Student(f"hs{number}", f"Học sinh {number}", "2016-01-01")
            store.people.save_students([student])
            head = TranscriptHead(
                item.key.record_id,
                item.key.version,
                student.id,
                "4A",
                item.school_year,
                TranscriptState.ISSUED,
                "",
            )
            store.transcripts.add(Transcript(head, item.xml))
    made.close()
    return path


def test_a_signed_class_goes_to_the_station_by_commands_alone(
    hocba: Hocba, station: Path, workspace: Path, tmp_path: Path
) -> None:
    assert "delivery.not_enrolled" in hocba("sync", "--workspace", workspace, code=1)
    opened = Workspace.open(workspace, PASSPHRASE)
    delivery = Delivery(opened)
    request, answer = tmp_path / "request.json", tmp_path / "answer.jws"
    request.write_bytes(delivery.enrolment_request())
    said = hocba("department", "enrol", request, "--dir", station, "--out", answer)
    assert delivery.device().device_id in said
    delivery.accept_enrolment(answer.read_bytes())
    report = json.loads(hocba("sync", "--workspace", workspace, "--json"))
    assert report["verified"] == report["sent"] == CLASS
    assert report["stopped_by"] is None
    assert report["evidence"]["waiting"] == CLASS
    assert report["evidence"]["stuck"] == {"issuer_unknown": CLASS}
    status = json.loads(hocba("department", "status", "--dir", station))
    assert status == {"records": {"verified": CLASS}}
    hocba("department", "revoke", delivery.device().device_id, "--dir", station)
    opened.close()


def test_a_scheduled_run_waits_for_its_turn_and_a_person_does_not(
    hocba: Hocba,
    station: Path,
    workspace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "since_boot", lambda: timedelta(hours=1))
    opened = Workspace.open(workspace, PASSPHRASE)
    delivery = Delivery(opened)
    request, answer = tmp_path / "request.json", tmp_path / "answer.jws"
    request.write_bytes(delivery.enrolment_request())
    hocba("department", "enrol", request, "--dir", station, "--out", answer)
    delivery.accept_enrolment(answer.read_bytes())
    delivery.enqueue(delivery.ready())
    delivery.use_address("https://127.0.0.1:9")
    sync = ("sync", "--workspace", workspace)
    tried = []
    for arguments in (sync, (*sync, "--scheduled"), sync):
        hocba(*arguments, code=1)
        tried.append({item.attempts for item in delivery.outbox.items()})
        later = (clock.now() + timedelta(minutes=5)).isoformat()
        opened.here().db.execute("UPDATE outbox_item SET next_attempt_at = ?", [later])
    assert tried == [{1}, {1}, {2}]
    opened.close()


def test_a_signed_class_goes_by_stick_by_commands_alone(
    hocba: Hocba, station: Path, workspace: Path, tmp_path: Path
) -> None:
    medium = tmp_path / "usb"
    medium.mkdir()
    sync = ("sync", "--workspace", workspace, "--stick", medium)
    assert "delivery.not_enrolled" in hocba(*sync, code=1)
    opened = Workspace.open(workspace, PASSPHRASE)
    delivery = Delivery(opened)
    request, answer = tmp_path / "request.json", tmp_path / "answer.jws"
    request.write_bytes(delivery.enrolment_request())
    hocba("department", "enrol", request, "--dir", station, "--out", answer)
    delivery.accept_enrolment(answer.read_bytes())
    assert f"Có thể rút USB: 1 gói, {CLASS} học bạ." in hocba(*sync)
    again = json.loads(hocba(*sync, "--json"))
    assert (again["parcels"], again["already"], again["left"]) == (1, 1, 0)
    wrong = hocba("department", "take", answer, "--dir", station, code=1)
    assert "answer.jws: không phải gói học bạ" in wrong
    take = ("department", "take", medium, "--dir", station)
    said = hocba(*take)
    assert f"trường {SCHOOL}, {CLASS} học bạ" in said
    assert "đã ghi biên nhận của 1 gói" in said
    elsewhere = tmp_path / "receipts"
    hocba(*take, "--receipts", elsewhere)
    (beside,), (apart,) = medium.rglob("*.hbr"), elsewhere.iterdir()
    assert beside.read_bytes() == apart.read_bytes()
    brought = json.loads(hocba(*sync, "--json"))
    assert (brought["verified"], brought["parcels"]) == (CLASS, 0)
    (medium / "la.hbr").write_bytes(b"rubbish")
    assert "la.hbr: không phải tệp biên nhận." in hocba(*sync, code=1)
    opened.close()


def test_a_stick_that_fails_is_told_by_its_exit_code(
    hocba: Hocba, station: Path, workspace: Path, tmp_path: Path
) -> None:
    opened = Workspace.open(workspace, PASSPHRASE)
    delivery = Delivery(opened)
    request, answer = tmp_path / "request.json", tmp_path / "answer.jws"
    request.write_bytes(delivery.enrolment_request())
    hocba("department", "enrol", request, "--dir", station, "--out", answer)
    delivery.accept_enrolment(answer.read_bytes())
    delivery.enqueue(delivery.ready())
    with small_disk(tmp_path / "usb", 4096) as medium:
        sync = ("sync", "--workspace", workspace, "--stick", medium)
        assert "USB không còn chỗ" in hocba(*sync, code=1)
        assert json.loads(hocba(*sync, "--json", code=1))["stopped_by"] == "stick.full"
    assert len(delivery.outbox.to_copy()) == 1
    opened.close()


def test_the_day_by_which_all_is_due_is_set_and_taken_away(hocba: Hocba, tmp_path: Path) -> None:
    folder = tmp_path / "so"
    hocba("department", "init", "--to", folder, "--name", "Sở thử")
    for said, kept in (("31/05/2027", "2027-05-31"), ("2028-06-01", "2028-06-01")):
        assert "Hạn nộp: " in hocba("department", "deadline", said, "--dir", folder)
        assert load_folder(folder).deadline == kept
    hocba("department", "deadline", "mai", "--dir", folder, code=2)
    assert load_folder(folder).deadline == "2028-06-01"
    hocba("department", "deadline", "--dir", folder)
    assert load_folder(folder).deadline == ""
    hocba("department", "deadline", "--dir", tmp_path / "khong-co", code=1)


def test_the_report_says_whether_a_person_must_look() -> None:
    sent, waiting = SyncReport(sent=3), SyncReport(stopped_by=NetworkDown())
    refused = SyncReport(stopped_by=StationWrong())
    returned, aside = SyncReport(returned=1), SyncReport(set_aside=1)
    assert [exit_code(one) for one in (sent, waiting, refused, returned, aside)] == [0, 1, 1, 1, 1]
    asking = [needs_person(one) for one in (sent, waiting, refused, returned, aside)]
    assert asking == [False, False, True, True, True]


def test_wrong_uses_are_told_in_words(hocba: Hocba, station: Path, tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish.json"
    rubbish.write_bytes(b"{}")
    enrol = ("department", "enrol", rubbish, "--dir", station, "--out", tmp_path / "out")
    assert "delivery.enrolment_invalid" in hocba(*enrol, code=1)
    assert "station.folder_invalid" in hocba("department", "init", "--to", station, code=1)
    port = json.loads((station / "address.json").read_text())["port"]
    serve = ("department", "serve", "--dir", station, "--port", port)
    assert "cổng" in hocba(*serve, code=1)
    assert not (tmp_path / "out").exists()


def test_the_department_publishes_and_makes_files_for_sticks_by_commands_alone(
    hocba: Hocba, station: Path, workspace: Path, tmp_path: Path
) -> None:
    opened = Workspace.open(workspace, PASSPHRASE)
    delivery = Delivery(opened)
    request, answer = tmp_path / "request.json", tmp_path / "answer.jws"
    request.write_bytes(delivery.enrolment_request())
    hocba("department", "enrol", request, "--dir", station, "--out", answer)
    delivery.accept_enrolment(answer.read_bytes())
    notice, rules, root = (tmp_path / name for name in ("tb.txt", "tt22-2021.toml", "root.pem"))
    notice.write_text("Nộp trước ngày 15/6.", "utf-8")
    text = shipped_file("tt22-2021.toml")
    rules.write_text(text.replace("absence_limit = 45", "absence_limit = 30"), "utf-8")
    root.write_bytes(new_root("Nơi cấp thử")[1].public_bytes(Encoding.PEM))
    publish = ("--dir", station, "--title", "Thử")
    assert "số 1" in hocba("department", "publish-notice", notice, *publish)
    refused = hocba("department", "publish-rules", rules, *publish, code=1)
    assert "publication.pack_invalid" in refused  # the version did not rise
    rules.write_text(text.replace('version = "1"', 'version = "2"'), "utf-8")
    assert "số 2" in hocba("department", "publish-rules", rules, *publish)
    trust = hocba("department", "publish-trust", "--dir", station, "--public", root, "--yes")
    assert "SHA-256" in trust
    missing = ("department", "publication-file", 9, "--dir", station, "--out", tmp_path / "no")
    assert "chưa phát hành" in hocba(*missing, code=1)
    for number in (1, 2, 3):
        out = tmp_path / f"{number}.hbn"
        hocba("department", "publication-file", number, "--dir", station, "--out", out)
        assert delivery.accept_publication(out.read_bytes()).number == number
    assert delivery.publications.rules().version == 1
    opened.close()
