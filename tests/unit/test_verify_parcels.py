"""What a stranger, the sender and the receiver can each say of a parcel."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
import zstandard

from app import clock
from app.model.delivery import ParcelItem, RecordKey
from app.model.signing import CheckState, FileReport
from app.parcel import DeviceIdentity, Parcel, envelope, seal
from app.parcel.format import BLOCK, BlockEntry, block_places, frame, read_front
from app.parcel.sealing import _assembled, key_id
from app.signing.report_words import NOT_CHECKED, PROBLEMS
from app.verification import VerificationContext
from app.verification.parcels import verify_parcel
from tests.fixtures.schools.parcels import SCHOOL, receiver
from tests.fixtures.schools.signed_class import signed_class

DEVICE = DeviceIdentity.new(SCHOOL)
CLASS = signed_class(3)
WITHOUT = VerificationContext()
SENDER = VerificationContext(sender={DEVICE.device_id: DEVICE.public_key}.get)
RECEIVER = replace(
    SENDER, keys=(receiver()[0],), receivers={key_id(receiver()[0].public_key()): "Sở thử"}
)


@pytest.fixture(scope="module")
def parcel() -> Parcel:
    return seal(CLASS.items, to=receiver()[1], device=DEVICE, counter=7, block_size=1)


def look(data: bytes, means: VerificationContext = RECEIVER) -> list[FileReport]:
    return verify_parcel(data, means, CLASS.trust, clock.now(), "lop.hbx")


def said(report: FileReport) -> set[str]:
    return {*report.problems, *(c for s in report.signatures for c in s.problems)}


def test_without_any_key_nothing_is_called_good_and_what_is_open_is_named(parcel: Parcel) -> None:
    (outer,) = look(parcel.bytes, WITHOUT)
    assert outer.undecided
    assert not outer.ok
    assert outer.content_intact
    assert outer.signatures[0].state is CheckState.UNKNOWN
    assert outer.not_checked == ("parcel.inside",)
    assert any("3 học bạ trong 3 khối" in note for note in outer.notes)


def test_who_knows_the_sender_checks_the_outside(parcel: Parcel) -> None:
    (outer,) = look(parcel.bytes, SENDER)
    assert outer.undecided
    assert outer.signatures[0].state is CheckState.VALID
    assert outer.not_checked == ("parcel.inside",)


def test_the_receiver_sees_every_record_with_its_signatures(parcel: Parcel) -> None:
    outer, *inner = look(parcel.bytes)
    assert outer.ok
    assert any("Sở thử" in note for note in outer.notes)
    assert [(r.record_id, r.ok) for r in inner] == [(i.key.record_id, True) for i in CLASS.items]
    assert all(r.file.startswith("lop.hbx › ") for r in inner)


def test_a_record_without_its_last_signature_is_found_inside(parcel: Parcel) -> None:
    item = CLASS.items[0]
    start = item.xml.index(b"<ds:Signature", item.xml.index(b"<KY_PHAT_HANH"))
    end = item.xml.index(b"</KY_PHAT_HANH>")
    cut = _item(item, item.xml[:start] + item.xml[end:])
    outer, inner = look(seal([cut], to=receiver()[1], device=DEVICE, counter=8).bytes)
    assert outer.ok
    assert inner.missing_roles == ("school",)
    assert not inner.ok


def test_a_record_under_a_foreign_label_is_found(parcel: Parcel) -> None:
    false = replace(CLASS.items[0], key=replace(CLASS.items[0].key, record_id="x" * 8))
    _, inner = look(seal([false], to=receiver()[1], device=DEVICE, counter=9).bytes)
    assert inner.problems == ("parcel.label_wrong",)
    assert not inner.ok


def test_a_torn_parcel_names_its_whole_blocks_and_shows_their_records(parcel: Parcel) -> None:
    places = [at for at, _ in block_places(read_front(parcel.bytes))]
    for means, count in ((WITHOUT, 0), (RECEIVER, 2)):
        outer, *inner = look(parcel.bytes[: places[2] + 100], means)
        assert outer.problems == ("parcel.torn",)
        assert not outer.content_intact
        assert any("2 trên 3, có 2 học bạ" in note for note in outer.notes)
        assert len(inner) == count


def test_without_its_first_block_a_parcel_says_why_nothing_opens(parcel: Parcel) -> None:
    at = next(iter(block_places(read_front(parcel.bytes))))[0]
    damaged = bytearray(parcel.bytes)
    damaged[at + 500] ^= 1
    outer, *inner = look(bytes(damaged))
    assert inner == []
    assert any("2 trên 3" in note for note in outer.notes)
    assert outer.notes[-2].startswith("Khối đầu không còn nguyên")
    assert not any("Khối đầu" in note for note in look(parcel.bytes)[0].notes)


@pytest.mark.parametrize("means", [WITHOUT, SENDER, RECEIVER])
def test_a_changed_block_is_never_good(parcel: Parcel, means: VerificationContext) -> None:
    at = next(iter(block_places(read_front(parcel.bytes))))[0]
    changed = bytearray(parcel.bytes)
    changed[at + 500] ^= 1
    assert look(bytes(changed), means)[0].problems == ("parcel.tampered",)
    assert look(parcel.bytes + b"x", means)[0].problems == ("parcel.tampered",)


def test_a_stranger_who_signs_in_a_devices_name_is_found_out(parcel: Parcel) -> None:
    front = read_front(parcel.bytes)
    forged = parcel.bytes.replace(front.signature, DeviceIdentity.new(SCHOOL).sign(b"x"))
    outer, *inner = look(forged)
    # The frame's own hash stands before the signature's value.
    assert outer.problems == ("parcel.tampered",)
    assert inner == []
    stranger = DeviceIdentity.new(SCHOOL)
    own = seal(CLASS.items, to=receiver()[1], device=stranger, counter=1)
    borrowed = VerificationContext(
        sender={stranger.device_id: DEVICE.public_key}.get, keys=RECEIVER.keys
    )
    outer, *inner = look(own.bytes, borrowed)
    assert said(outer) == {"signature_value_wrong"}
    assert not outer.undecided
    assert inner == []


@pytest.mark.parametrize("size", [14, 40, 300])
def test_a_parcel_torn_in_its_front_says_so(parcel: Parcel, size: int) -> None:
    (outer,) = look(parcel.bytes[:size])
    assert said(outer) == {"parcel.torn"}


def test_a_bomb_inside_is_not_unpacked(parcel: Parcel) -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(80 * 1024 * 1024))
    outer, *inner = look(_with_block(parcel, bomb))
    assert outer.not_checked == ("parcel.some_inside",)
    assert not outer.ok
    assert inner == []


def test_every_code_of_a_parcel_has_words() -> None:
    assert {"parcel.torn", "parcel.tampered", "parcel.too_large", "sender_unknown"} <= set(PROBLEMS)
    assert {"parcel.inside", "parcel.some_inside", "history.inside"} <= set(NOT_CHECKED)


def _with_block(parcel: Parcel, plain: bytes) -> bytes:
    """The device itself seals this as the only block."""
    sealed = envelope.encrypt(plain, [receiver()[1]])
    entry = BlockEntry(hashlib.sha256(sealed).hexdigest(), len(sealed), 1)
    return _assembled(replace(parcel.header, blocks=(entry,)), [frame(BLOCK, sealed)], DEVICE).bytes


def _item(item: ParcelItem, xml: bytes) -> ParcelItem:
    sha = hashlib.sha256(xml).hexdigest()
    return replace(item, xml=xml, key=RecordKey(item.key.record_id, item.key.version, sha))
