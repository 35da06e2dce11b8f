"""Files held against the workspace that made them, and parcels opened by those who may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from app import clock
from app.cli import verify
from app.handover.transfer import receiving_certificate
from app.model.gradebook import CellChange, CellKey
from app.model.signing import CheckState, FileReport
from app.model.transcript import RequestKind, TranscriptHead, TranscriptState
from app.store import Store
from app.verification import ExaminedFile, VerificationContext, examine_files
from app.verification.against import against_workspace
from tests.fixtures.schools.small_school import (
    PASSPHRASE,
    PEOPLE,
    SECTIONS,
    SmallSchool,
    enrol,
    small_school,
)


@dataclass
class Place:
    """A school with one class issued, version 2 of one record, and a queued parcel."""

    school: SmallSchool
    station: Path
    files: Path

    @property
    def parcel(self) -> Path:
        return self.files / "lop.hbx"

    def write(self, head: TranscriptHead, version: int) -> Path:
        file = self.files / f"v{version}.xml"
        file.write_bytes(
            self.school.made.workspace.here().transcripts.get(head.record_id, version).xml
        )
        return file

    def look(self, *paths: Path) -> ExaminedFile:
        made = self.school.made
        means = VerificationContext.of_workspace(made.workspace, made.delivery, made.transfer)
        return examine_files(paths, made.trust, clock.now(), means=means)

    @property
    def corrected(self) -> TranscriptHead:
        return self.school.made.records.heads("4A")[0]

    @property
    def other(self) -> TranscriptHead:
        """A record of which there is one version."""
        return self.school.made.records.heads("4A")[-1]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("school")
    school = small_school(folder, SECTIONS[:1], pupils=2)
    station = tmp_path_factory.mktemp("station") / "tram"
    made = school.made
    enrol(school, station)
    school.sign_all()
    (sha,) = made.delivery.enqueue(made.delivery.ready())
    files = tmp_path_factory.mktemp("files")
    (files / "lop.hbx").write_bytes(made.delivery.outbox.payload(sha))
    _correct(school, made.records.heads("4A")[0])
    yield Place(school, station, files)
    made.close()


def _correct(school: SmallSchool, head: TranscriptHead) -> None:
    made = school.made
    key = CellKey(head.student_id, "REMARKS", "homeroom")
    request = made.life.propose_correction(
        head, RequestKind.CONTENT, "Chép nhầm", PEOPLE[0], cells=[CellChange(key, None, "Đã sửa")]
    )
    made.life.approve(request, PEOPLE[1])
    school.sign_all()


def one(found: ExaminedFile) -> FileReport:
    (report,) = found.reports
    return report


def test_the_workspace_knows_a_newer_version_without_its_file(place: Place) -> None:
    head = place.corrected
    report = one(place.look(place.write(head, 1)))
    assert (report.ok, report.superseded_by) == (True, 2)
    assert any("Khớp với bản đang giữ" in note for note in report.notes)
    assert one(place.look(place.write(head, 2))).superseded_by == 0


def _state(store: Store, head: TranscriptHead, state: TranscriptState) -> None:
    """However it came there."""
    with store.write():
        store.db.execute(
            "UPDATE transcript SET state = ? WHERE record_id = ? AND version = 2",
            [str(state), head.record_id],
        )


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (TranscriptState.CANCELLED, "đã bị HỦY"),
        (TranscriptState.RECALLED, "đã được THU HỒI"),
        (TranscriptState.RECALL_REQUESTED, "đã đề nghị THU HỒI"),
        (TranscriptState.LOCKED, ""),
    ],
)
def test_what_is_not_in_force_supersedes_nothing_and_is_said(
    place: Place, state: TranscriptState, words: str
) -> None:
    head, store = place.corrected, place.school.made.workspace.here()
    old, new = place.write(head, 1), place.write(head, 2)
    was = store.transcripts.get(head.record_id, 2).head.state
    _state(store, head, state)
    try:
        assert one(place.look(old)).superseded_by == 0
        notes = one(place.look(new)).notes
    finally:
        _state(store, head, was)
    assert any(words in note for note in notes)
    assert any("HỦY" in note or "THU HỒI" in note for note in notes) is bool(words)


def test_a_signature_that_the_journal_holds_and_the_file_lacks_is_named(place: Place) -> None:
    file = place.write(place.other, 1)
    xml = file.read_bytes()
    start = xml.index(b"<ds:Signature", xml.index(b"<KY_PHAT_HANH"))
    file.write_bytes(xml[:start] + xml[xml.index(b"</KY_PHAT_HANH>") :])
    report = one(place.look(file))
    assert report.problems == ("signature_removed",)
    assert not report.undecided
    assert any("khác bản đang giữ" in note for note in report.notes)


def test_the_sender_sees_what_it_sealed_and_how_it_stands_today(place: Place) -> None:
    outer, *inner = place.look(place.parcel).reports
    assert outer.ok
    assert outer.signatures[0].state is CheckState.VALID
    assert any("Sở GDĐT thử" in note for note in outer.notes)
    assert any("Máy này đã niêm phong" in note for note in outer.notes)
    assert [r.ok for r in inner] == [True, True]
    assert sorted(r.superseded_by for r in inner) == [0, 2]


def test_another_version_than_any_we_keep_is_said(place: Place) -> None:
    report = one(place.look(place.write(place.other, 1)))
    store = place.school.made.workspace.here()
    (held,) = against_workspace([replace(report, version=7)], store)
    assert any("không có phiên bản này" in note for note in held.notes)


def test_a_history_for_this_school_is_opened_and_one_for_another_is_not(
    place: Place, tmp_path: Path
) -> None:
    transfer = place.school.made.transfer
    student = place.other.student_id
    ours, locked = tmp_path / "ours.hocba-hs", tmp_path / "locked.hocba-hs"
    ours.write_bytes(transfer.export_history(student, to=receiving_certificate(transfer.address())))
    locked.write_bytes(transfer.export_history(student, passphrase="một mật khẩu dài"))
    outer, inner = place.look(ours).reports
    assert (outer.kind, outer.ok, inner.ok) == ("history", True, True)
    report = one(place.look(locked))
    assert report.not_checked == ("history.inside",)
    assert report.undecided
    torn = tmp_path / "torn.hocba-hs"
    torn.write_bytes(ours.read_bytes()[:-50])
    assert one(place.look(torn)).problems == ("history.invalid",)


def _run(*arguments: object) -> tuple[int, dict[str, object]]:
    done = CliRunner().invoke(verify.command, ["--json", *(str(a) for a in arguments)])
    return done.exit_code, json.loads(done.stdout)


def test_the_command_opens_a_parcel_for_its_station(place: Place) -> None:
    trust = place.school.folder / "trust"
    code, found = _run("--station", place.station, "--trust", trust, place.parcel)
    kinds = [(file["kind"], file["ok"]) for file in found["files"]]  # type: ignore[attr-defined]
    assert code == 3
    assert kinds == [("parcel", True), ("xml", True), ("xml", True)]


def test_the_command_opens_a_workspace_with_its_passphrase(place: Place) -> None:
    options = ["--workspace", place.school.folder / "school.hocba", "--passphrase", PASSPHRASE]
    trust = place.school.folder / "trust"
    code, found = _run(*options, "--trust", trust, place.parcel)
    assert code == 3
    assert len(found["files"]) == 3  # type: ignore[arg-type]


def test_without_both_the_command_says_that_it_cannot_know(place: Place) -> None:
    code, found = _run(place.parcel)
    (file,) = found["files"]  # type: ignore[misc]
    assert code == 1
    assert file["undecided"]
    words = CliRunner().invoke(verify.command, [str(place.parcel)]).output
    assert "CHƯA KẾT LUẬN ĐƯỢC" in words
    assert "chỉ nơi nhận hoặc máy đã đóng gói" in words
