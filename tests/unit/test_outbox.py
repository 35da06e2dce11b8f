"""The outbox: nothing is half queued, nothing leaves on a word nobody verified."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import clock
from app.errors import AuditBroken, MoveNotAllowed
from app.model.delivery import OUTBOX_ALLOWED, OutboxState, Receipt, ReceiptStage, RecordKey
from app.model.transcript import TranscriptState
from app.outbox import Outbox, RetryPolicy, SendingIdentity, wait_after_boot
from app.parcel import DeviceIdentity, open_parcel
from app.parcel.receipts import issue
from app.store.outbox import OutboxStore
from app.store.workspace import Workspace
from tests.fixtures.schools.parcels import SCHOOL, receiver
from tests.fixtures.stations.station import add_issued, open_workspace

STATION = Ed25519PrivateKey.generate()
DEVICE = DeviceIdentity.new(SCHOOL)
SHIPPING = SendingIdentity(DEVICE, receiver()[1])


class MovingClock:
    def __init__(self) -> None:
        self.moment = datetime(2027, 6, 1, 7, 30, tzinfo=clock.VIETNAM)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = open_workspace(tmp_path / "school.hocba")
    yield made
    made.close()


@pytest.fixture
def time() -> MovingClock:
    return MovingClock()


@pytest.fixture
def outbox(workspace: Workspace, time: MovingClock) -> Outbox:
    return Outbox(workspace, chance=random.Random(1), now=time)


def receipt(key: RecordKey, stage: ReceiptStage, reason: str = "") -> Receipt:
    moment = clock.now().isoformat()
    return issue(key, stage, station="Sở", issued_at=moment, signing_key=STATION, reason=reason)


def test_records_are_queued_with_their_sealed_parcel(workspace: Workspace, outbox: Outbox) -> None:
    heads = add_issued(workspace, 4, 1)
    (parcel,) = outbox.enqueue(heads, SHIPPING)
    assert outbox.counts()[OutboxState.QUEUED] == 4
    items = open_parcel(outbox.payload(parcel), receiver()[0], DEVICE.public_key)
    assert {item.key.record_id for item in items} == {head.record_id for head in heads}
    states = {head.state for head in workspace.here().transcripts.heads()}
    assert states == {TranscriptState.QUEUED}


def test_each_class_travels_in_its_own_parcel_with_a_rising_counter(
    workspace: Workspace, outbox: Outbox
) -> None:
    heads = add_issued(workspace, 2, 1, "4A") + add_issued(workspace, 3, 2, "4B")
    assert len(outbox.enqueue(heads, SHIPPING)) == 2
    assert sorted(len(parcel.keys) for parcel in outbox.due()) == [2, 3]
    counters = [p.counter for p in OutboxStore(workspace.here().db).due("9", "9")]
    assert sorted(counters) == [1, 2]


def test_a_class_with_one_record_that_may_not_go_is_not_queued_at_all(
    workspace: Workspace, outbox: Outbox
) -> None:
    heads = add_issued(workspace, 3, 1)
    store = workspace.here()
    store.transcripts.move(heads[2].record_id, 1, TranscriptState.SUPERSEDED)
    with pytest.raises(MoveNotAllowed):
        outbox.enqueue(heads, SHIPPING)
    assert not any(outbox.counts().values())
    states = [head.state for head in store.transcripts.heads()]
    assert states.count(TranscriptState.ISSUED) == 2


def test_nothing_leaves_a_workspace_whose_audit_chain_is_broken(
    workspace: Workspace, outbox: Outbox
) -> None:
    heads, store = add_issued(workspace, 1, 1), workspace.here()
    for number in range(3):
        store.audit.add("view", f"r{number}")
    store.db.execute("DROP TRIGGER audit_no_update")
    store.db.execute("UPDATE audit SET subject = 'r9' WHERE id = 2")
    with pytest.raises(AuditBroken):
        outbox.enqueue(heads, SHIPPING)
    assert not outbox.due()


def test_nothing_is_queued_twice(workspace: Workspace, outbox: Outbox) -> None:
    heads = add_issued(workspace, 2, 1)
    outbox.enqueue(heads, SHIPPING)
    with pytest.raises(MoveNotAllowed):
        outbox.enqueue(heads, SHIPPING)
    assert outbox.counts()[OutboxState.QUEUED] == 2


def test_a_record_that_changes_while_its_parcel_is_sealed_is_not_queued(
    workspace: Workspace,
) -> None:
    """The clock is read between reading the records and saving the parcel."""
    heads = add_issued(workspace, 3, seed=8)

    def changing() -> datetime:
        workspace.here().db.execute(
            "UPDATE transcript SET sha256 = 'other' WHERE record_id = ?", [heads[1].record_id]
        )
        return clock.now()

    outbox = Outbox(workspace, now=changing)
    with pytest.raises(MoveNotAllowed):
        outbox.enqueue(heads, SHIPPING)
    assert outbox.items() == []
    states = {head.state for head in workspace.here().transcripts.heads()}
    assert states == {TranscriptState.ISSUED}


def test_received_stops_sending_but_keeps_the_payload(workspace: Workspace, outbox: Outbox) -> None:
    (parcel,) = outbox.enqueue(add_issued(workspace, 2, 1), SHIPPING)
    (due,) = outbox.due()
    outbox.acknowledge(receipt(key, ReceiptStage.RECEIVED) for key in due.keys)
    assert outbox.due() == []
    assert outbox.payload(parcel)
    assert outbox.waiting_for_word() == [(parcel, due.keys)]
    assert {h.state for h in workspace.here().transcripts.heads()} == {TranscriptState.SENT}


def test_the_payload_goes_when_all_of_it_is_settled(workspace: Workspace, outbox: Outbox) -> None:
    (parcel,) = outbox.enqueue(add_issued(workspace, 2, 1), SHIPPING)
    first, second = outbox.due()[0].keys
    outbox.acknowledge([receipt(first, ReceiptStage.VERIFIED)])
    assert outbox.payload(parcel)
    outbox.acknowledge([receipt(second, ReceiptStage.RETURNED, "sai tên")])
    with pytest.raises(KeyError):
        outbox.payload(parcel)
    (returned,) = outbox.items([OutboxState.RETURNED])
    assert (returned.key, returned.reason) == (second, "sai tên")


def test_a_receipt_twice_changes_nothing(workspace: Workspace, outbox: Outbox) -> None:
    outbox.enqueue(add_issued(workspace, 1, 1), SHIPPING)
    word = receipt(outbox.due()[0].keys[0], ReceiptStage.VERIFIED)
    assert outbox.acknowledge([word]) == 1
    assert outbox.acknowledge([word]) == 0
    assert len(outbox.receipts()) == 1


def test_an_old_word_does_not_undo_a_newer_one(workspace: Workspace, outbox: Outbox) -> None:
    outbox.enqueue(add_issued(workspace, 1, 1), SHIPPING)
    key = outbox.due()[0].keys[0]
    outbox.acknowledge([receipt(key, ReceiptStage.VERIFIED)])
    outbox.acknowledge([receipt(key, ReceiptStage.RECEIVED)])
    assert outbox.counts()[OutboxState.VERIFIED] == 1


def test_a_returned_record_can_be_sent_again(workspace: Workspace, outbox: Outbox) -> None:
    outbox.enqueue(add_issued(workspace, 1, 1), SHIPPING)
    outbox.acknowledge([receipt(outbox.due()[0].keys[0], ReceiptStage.RETURNED, "ảnh mờ")])
    outbox.enqueue(workspace.here().transcripts.heads(), SHIPPING)
    assert outbox.counts()[OutboxState.QUEUED] == 1
    assert len(outbox.due()) == 1


def test_what_a_killed_run_was_sending_waits_again(
    workspace: Workspace, outbox: Outbox, time: MovingClock
) -> None:
    outbox.enqueue(add_issued(workspace, 2, 1), SHIPPING)
    outbox.sending(outbox.due()[0])
    assert outbox.due() == []
    time.moment -= timedelta(days=4000)  # no clock decides this
    after = Outbox(workspace, now=time)
    after.start_run()
    assert len(after.due()) == 1


def test_a_failed_attempt_waits_and_a_click_does_not(
    workspace: Workspace, outbox: Outbox, time: MovingClock
) -> None:
    outbox.enqueue(add_issued(workspace, 1, 1), SHIPPING)
    (due,) = outbox.due()
    outbox.sending(due)
    outbox.try_later(due)
    assert outbox.due() == []
    outbox.hurry()
    assert len(outbox.due()) == 1
    outbox.try_later(outbox.due()[0])
    time.moment += timedelta(minutes=16)
    assert len(outbox.due()) == 1


def test_a_clock_put_back_does_not_hold_parcels_for_years(
    workspace: Workspace, outbox: Outbox, time: MovingClock
) -> None:
    outbox.enqueue(add_issued(workspace, 1, 1), SHIPPING)
    outbox.try_later(outbox.due()[0])
    time.moment -= timedelta(days=3650)
    assert len(outbox.due()) == 1


def test_what_was_set_aside_goes_again_only_when_asked(
    workspace: Workspace, outbox: Outbox
) -> None:
    outbox.enqueue(add_issued(workspace, 1, 1), SHIPPING)
    (due,) = outbox.due()
    with pytest.raises(MoveNotAllowed):
        outbox.send_again(due.keys[0])
    outbox.set_aside(due, "parcel.tampered")
    assert outbox.due() == []
    outbox.send_again(due.keys[0])
    assert len(outbox.due()) == 1


def test_the_smallest_parcel_goes_first(workspace: Workspace, outbox: Outbox) -> None:
    outbox.enqueue(add_issued(workspace, 6, 1, "4A"), SHIPPING)
    outbox.enqueue(add_issued(workspace, 1, 2, "4B"), SHIPPING)
    assert [parcel.section_name for parcel in outbox.due()] == ["4B", "4A"]


def test_a_superseded_record_still_takes_its_receipt(workspace: Workspace, outbox: Outbox) -> None:
    outbox.enqueue(add_issued(workspace, 1, 1), SHIPPING)
    key = outbox.due()[0].keys[0]
    workspace.here().transcripts.move(key.record_id, 1, TranscriptState.SUPERSEDED)
    outbox.acknowledge([receipt(key, ReceiptStage.VERIFIED)])
    assert outbox.counts()[OutboxState.VERIFIED] == 1
    assert workspace.here().transcripts.heads()[0].state is TranscriptState.SUPERSEDED


def test_waiting_grows_up_to_a_quarter_of_an_hour_and_is_spread() -> None:
    policy, chance = RetryPolicy(), random.Random(2)
    now = clock.now()
    waits = [policy.next_attempt(now, attempts, chance) - now for attempts in range(1, 40)]
    assert max(waits) <= timedelta(minutes=15)
    assert max(waits[:2]) <= timedelta(seconds=8)
    late = waits[15:]
    assert max(late) - min(late) > timedelta(minutes=5)


def test_contacts_after_switching_on_are_spread_over_ten_minutes() -> None:
    chance, on = random.Random(3), timedelta(0)
    waits = [wait_after_boot(on, chance) for _ in range(200)]
    assert timedelta(0) <= min(waits) < timedelta(minutes=1)
    assert timedelta(minutes=9) < max(waits) <= timedelta(minutes=10)
    assert all(wait_after_boot(timedelta(minutes=10), chance) == on for _ in range(50))


def test_every_state_has_its_rule() -> None:
    assert set(OUTBOX_ALLOWED) == set(OutboxState)
    assert OUTBOX_ALLOWED[OutboxState.VERIFIED] == {OutboxState.RETURNED}
