"""The life of a record through the real store, desk, outbox and station checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app import clock
from app.department.checks.record_checks import record_checks
from app.errors import CorrectionNotAllowed
from app.model.delivery import Event, Receipt, ReceiptStage, RecordKey
from app.model.gradebook import CellChange
from app.model.people import Student
from app.model.signing import CheckState, SignerRole
from app.model.transcript import RequestKind, RequestState, TranscriptHead, TranscriptState
from app.outbox import SendingIdentity
from app.parcel import DeviceIdentity, open_parcel
from app.parcel.recipient import new_recipient
from app.services import Services
from app.signing.record.verification import verify_record
from tests.fixtures.schools.small_school import PEOPLE, SmallSchool, small_school

S = TranscriptState
ASKED, APPROVED = PEOPLE


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> SmallSchool:
    """Two pupils of grade 8 and two of grade 4, signed and issued."""
    school = small_school(tmp_path_factory.mktemp("school"))
    school.sign_all()
    school.made.workspace.close()
    return school


@pytest.fixture
def school(base: SmallSchool, tmp_path: Path) -> Iterator[SmallSchool]:
    copied = base.copy(tmp_path)
    yield copied
    copied.made.close()


def first(made: Services, section: str) -> TranscriptHead:
    return made.records.heads(section)[0]


def comment_of(head: TranscriptHead, made: Services, text: str) -> CellChange:
    """A new comment in one subject of the pupil."""
    cells = made.book.open(head.section_id).cells
    key = next(k for k in cells if k.student_id == head.student_id and k.slot == "comment")
    return CellChange(key, cells[key], text)


def state(made: Services, head: TranscriptHead) -> TranscriptState:
    return made.workspace.here().transcripts.get(head.record_id, head.version).head.state


def audited(made: Services, head: TranscriptHead) -> list[str]:
    subject = f"{head.record_id}/{head.version}"
    return [entry.act for entry in made.workspace.here().audit.entries(subject)]


def corrected(school: SmallSchool, head: TranscriptHead, text: str = "Đã sửa") -> TranscriptHead:
    life = school.made.life
    cells = [comment_of(head, school.made, text)]
    request = life.propose_correction(head, RequestKind.CONTENT, "Chép nhầm", ASKED, cells=cells)
    return life.approve(request, APPROVED)


def test_one_wrong_comment_costs_only_its_own_signatures(school: SmallSchool) -> None:
    made, old = school.made, first(school.made, "8B")
    before = made.workspace.here().transcripts.signatures(old.record_id, 1)
    new = corrected(school, old)
    assert (new.version, new.state, new.reason) == (2, S.LOCKED, "Chép nhầm")
    kept = {row.slot for row in made.workspace.here().transcripts.signatures(new.record_id, 2)}
    lost = {row.slot for row in before} - kept
    assert len(lost) == 4
    assert {"GVCN", "CBQL", "KY_PHAT_HANH"} < lost
    report = verify_record(made.records.get(new).xml, made.trust, made.now())
    assert {r.slot for r in report.signatures} == kept
    assert {r.state for r in report.signatures} == {CheckState.VALID_NOT_CHECKED_ONLINE}
    waiting = made.signing.waiting(SignerRole.SUBJECT_TEACHER)
    assert [(len(w.heads), w.section_id) for w in waiting] == [(1, "8B")]


def test_the_old_version_stays_in_force_until_the_new_one_is_issued(school: SmallSchool) -> None:
    made, old = school.made, first(school.made, "8B")
    xml = made.records.get(old).xml
    new = corrected(school, old)
    assert state(made, old) is S.ISSUED
    school.sign_all()
    assert (state(made, old), state(made, new)) == (S.SUPERSEDED, S.ISSUED)
    assert made.records.get(old).xml == xml
    assert verify_record(xml, made.trust, made.now()).ok
    assert "supersede" in audited(made, old)
    assert [change.after for change in made.life.changes_since(new)] == ["Đã sửa"]


def test_the_class_is_open_for_one_pupil_only(school: SmallSchool) -> None:
    made, old = school.made, first(school.made, "8B")
    other = made.records.heads("8B")[1]
    before = made.book.open("8B")
    corrected(school, old)
    after = made.book.open("8B")
    assert after.locked
    changed = {k for k in after.cells if after.cells[k] != before.cells.get(k)}
    assert {key.student_id for key in changed} == {old.student_id}
    with pytest.raises(CorrectionNotAllowed):
        made.life.propose_correction(
            old, RequestKind.CONTENT, "Sai", ASKED, cells=[comment_of(other, made, "Khác")]
        )


def test_the_person_who_asked_cannot_approve(school: SmallSchool) -> None:
    made, old = school.made, first(school.made, "4A")
    cells = [comment_of(old, made, "Đã sửa")]
    request = made.life.propose_correction(old, RequestKind.CONTENT, "Sai", ASKED, cells=cells)
    for same in (ASKED, f"  {ASKED.upper()} ", ""):
        with pytest.raises(CorrectionNotAllowed):
            made.life.approve(request, same)
    assert made.life.requests() == [request]
    assert made.book.open("4A").cells[cells[0].key] == cells[0].before
    assert [h.version for h in made.life.versions(old)] == [1]


def test_a_request_is_decided_once_and_one_at_a_time(school: SmallSchool) -> None:
    made, old = school.made, first(school.made, "4A")
    cells = [comment_of(old, made, "Đã sửa")]
    request = made.life.propose_correction(old, RequestKind.CONTENT, "Sai", ASKED, cells=cells)
    with pytest.raises(CorrectionNotAllowed):
        made.life.propose_cancel(old, "Sai", ASKED)
    made.life.refuse(request, APPROVED, "Không có căn cứ")
    with pytest.raises(CorrectionNotAllowed):
        made.life.approve(request, APPROVED)
    decided = made.life.requests(state=None)
    assert [(r.state, r.decided_by) for r in decided] == [(RequestState.REFUSED, APPROVED)]
    assert audited(made, old)[-2:] == ["ask_content", "refuse"]


def renamed(made: Services, head: TranscriptHead) -> Student:
    student = made.workspace.here().people.student(head.student_id)
    return replace(student, full_name="Lầu Thị Ỡ")


def test_an_identity_correction_is_a_kind_of_its_own(school: SmallSchool) -> None:
    made, old = school.made, first(school.made, "8B")
    student = renamed(made, old)
    with pytest.raises(CorrectionNotAllowed):
        made.life.propose_correction(old, RequestKind.CONTENT, "Sai", ASKED, student=student)
    with pytest.raises(CorrectionNotAllowed):
        made.life.propose_correction(
            old, RequestKind.IDENTITY, "Sai", ASKED, cells=[comment_of(old, made, "Đã sửa")]
        )
    request = made.life.propose_correction(
        old, RequestKind.IDENTITY, "Theo giấy khai sinh", ASKED, student=student
    )
    side = made.life.compare(request)
    assert [(c.before, c.after) for c in side.changes] == [(old.full_name, "Lầu Thị Ỡ")]
    new = made.life.approve(request, APPROVED)
    assert new.state is S.SIGNED_SUBJECTS
    assert new.full_name == "Lầu Thị Ỡ"
    assert made.workspace.here().people.student(old.student_id) == student


def test_nothing_changed_is_no_correction(school: SmallSchool) -> None:
    made, old = school.made, first(school.made, "4A")
    with pytest.raises(CorrectionNotAllowed):
        made.life.propose_correction(old, RequestKind.CONTENT, "Sai", ASKED)


def test_an_unissued_correction_gives_way_at_once_to_the_next(school: SmallSchool) -> None:
    made, first_one = school.made, first(school.made, "8B")
    second = corrected(school, first_one, "Hai")
    third = corrected(school, second, "Ba")
    assert [state(made, h) for h in (first_one, second, third)] == [
        S.ISSUED, S.SUPERSEDED, S.LOCKED,
    ]  # fmt: skip
    with pytest.raises(CorrectionNotAllowed):
        corrected(school, first_one, "Bốn")
    school.sign_all()
    assert [h.state for h in made.life.versions(first_one)] == [
        S.SUPERSEDED, S.SUPERSEDED, S.ISSUED,
    ]  # fmt: skip


def test_a_cancelled_correction_leaves_the_old_version_and_its_number_unused(
    school: SmallSchool,
) -> None:
    made, old = school.made, first(school.made, "4A")
    second = corrected(school, old)
    made.life.approve(made.life.propose_cancel(second, "Không cần nữa", ASKED), APPROVED)
    assert (state(made, old), state(made, second)) == (S.ISSUED, S.CANCELLED)
    third = corrected(school, old, "Lần nữa")
    assert third.version == 3
    assert state(made, old) is S.ISSUED


class Department:
    """The station's checks, and its word, without the network between."""

    def __init__(self, school: SmallSchool) -> None:
        self.made = school.made
        self.key, certificate = new_recipient("Sở thử")
        self.device = DeviceIdentity.new("1203456001")
        self.shipping = SendingIdentity(self.device, certificate)
        self.checks = record_checks(school.made.trust)

    def take(self, heads: list[TranscriptHead], stage: ReceiptStage) -> list[Event]:
        """Queue, check as the station does, and bring the receipts back."""
        outbox, events = self.made.delivery.outbox, []
        for sha256 in outbox.enqueue(heads, self.shipping):
            items = open_parcel(outbox.payload(sha256), self.key, self.device.public_key)
            assert [self.checks.light(i).objection or self.checks.full(i) for i in items] == [
                ""
            ] * len(items)
            events += [item.event for item in items]
            outbox.acknowledge(self._word(item.key, stage) for item in items)
        return events

    def _word(self, key: RecordKey, stage: ReceiptStage) -> Receipt:
        return Receipt(key, stage, "Sở thử", clock.now().isoformat(), "x.y.z")


def test_a_correction_goes_out_as_an_update(school: SmallSchool) -> None:
    made, old = school.made, first(school.made, "8B")
    department = Department(school)
    assert department.take([old], ReceiptStage.VERIFIED) == [Event.NEW]
    corrected(school, made.life.versions(old)[0])
    school.sign_all()
    new = made.life.versions(old)[1]
    assert department.take([new], ReceiptStage.VERIFIED) == [Event.UPDATE]
    assert [h.state for h in made.life.versions(old)] == [S.SUPERSEDED, S.RECEIVED]


def test_what_was_never_sent_is_new_to_the_department(school: SmallSchool) -> None:
    made, old = school.made, first(school.made, "4A")
    corrected(school, old)
    school.sign_all()
    new = made.life.versions(old)[1]
    assert Department(school).take([new], ReceiptStage.VERIFIED) == [Event.NEW]


def test_a_returned_record_can_be_corrected(school: SmallSchool) -> None:
    made, old = school.made, first(school.made, "4A")
    Department(school).take([old], ReceiptStage.RETURNED)
    assert state(made, old) is S.RETURNED
    new = corrected(school, old)
    school.sign_all()
    assert [state(made, h) for h in (old, new)] == [S.SUPERSEDED, S.ISSUED]


@pytest.mark.parametrize(
    ("answer", "old_state"),
    [(ReceiptStage.VERIFIED, S.RECALLED), (ReceiptStage.RETURNED, S.RECEIVED)],
)
def test_a_recall_is_signed_sent_as_cancel_and_settled_by_the_department(
    school: SmallSchool, answer: ReceiptStage, old_state: TranscriptState
) -> None:
    made, old = school.made, first(school.made, "4A")
    department = Department(school)
    with pytest.raises(CorrectionNotAllowed):
        made.life.propose_recall(old, "Lập nhầm", ASKED)
    department.take([old], ReceiptStage.VERIFIED)
    with pytest.raises(CorrectionNotAllowed):
        made.life.propose_cancel(old, "Lập nhầm", ASKED)
    request = made.life.propose_recall(old, "Lập nhầm", ASKED)
    made.life.approve(request, APPROVED)
    assert state(made, old) is S.RECALL_REQUESTED
    school.sign_all()
    assert state(made, old) is S.RECALL_REQUESTED
    said = made.life.versions(old)[1]
    assert department.take([said], answer) == [Event.CANCEL]
    assert state(made, old) is old_state
    assert "recall" in audited(made, old)


def test_giving_up_a_recall_leaves_the_record_with_the_department(school: SmallSchool) -> None:
    made, old = school.made, first(school.made, "4A")
    Department(school).take([old], ReceiptStage.VERIFIED)
    said = made.life.approve(made.life.propose_recall(old, "Nhầm", ASKED), APPROVED)
    with pytest.raises(CorrectionNotAllowed):
        corrected(school, said)
    made.life.approve(made.life.propose_cancel(said, "Không cần", ASKED), APPROVED)
    assert (state(made, old), state(made, said)) == (S.RECEIVED, S.CANCELLED)


def test_a_cancelled_record_is_kept_and_signed_no_more(school: SmallSchool) -> None:
    made, old = school.made, first(school.made, "4A")
    new = corrected(school, old)
    made.life.approve(made.life.propose_cancel(new, "Nhầm lớp", ASKED), APPROVED)
    before = made.records.get(new).xml
    school.sign_all()
    assert made.records.get(new).xml == before
    assert made.workspace.here().audit.unbroken()


def test_a_pupil_who_left_the_class_can_still_be_corrected(school: SmallSchool) -> None:
    old = first(school.made, "8B")
    school.leaves(old.student_id, "8B")
    assert corrected(school, old).version == 2
