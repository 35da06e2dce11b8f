"""A parcel that was torn or damaged gives back every block that it still holds, and only those."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from app.errors import ParcelError, ParcelNotForUs, ParcelTampered, ParcelTooLarge, ParcelTorn
from app.model.delivery import Event, ParcelItem, RecordKey
from app.parcel import (
    DeviceIdentity,
    Parcel,
    block,
    compression,
    envelope,
    limits,
    open_parcel,
    salvage,
    seal,
)
from app.parcel.format import (
    BLOCK,
    MAGIC,
    BlockEntry,
    block_places,
    frame,
    frame_block,
    read_front,
)
from app.parcel.sealing import RECORDS_IN_BLOCK, _assembled
from tests.fixtures.schools.parcels import SCHOOL, receiver, records
from tests.fixtures.stations.other_reader import read_parcel

DEVICE = DeviceIdentity.new(SCHOOL)
KEY, CERTIFICATE = receiver()
SIZE = 3
ITEMS = records(4 * SIZE)
PARCEL = seal(ITEMS, to=CERTIFICATE, device=DEVICE, counter=1, block_size=SIZE)
PLACES = [at for at, _ in block_places(read_front(PARCEL.bytes))]
ENDS = [*PLACES[1:], len(PARCEL.bytes)]
FRAME_HEAD = 40
VECTOR = Path(__file__).parents[1] / "data" / "parcel"


def saved(data: bytes) -> list[ParcelItem]:
    found = salvage(data, KEY, DEVICE.public_key)
    assert found.missing_items == found.header.items - len(found.items)
    return list(found.items)


def flipped(at: int, data: bytes = PARCEL.bytes) -> bytes:
    damaged = bytearray(data)
    damaged[at] ^= 1
    return bytes(damaged)


def without_blocks(*places: int) -> list[ParcelItem]:
    return [item for number, item in enumerate(ITEMS) if number // SIZE not in places]


def made_of(blocks: Sequence[tuple[bytes, int]], like: Parcel = PARCEL) -> bytes:
    """A parcel of these sealed blocks and their numbers of items, signed by the real device."""
    entries = tuple(BlockEntry(read_sha256(sealed), len(sealed), items) for sealed, items in blocks)
    header = dataclasses.replace(like.header, blocks=entries)
    return _assembled(header, [frame(BLOCK, sealed) for sealed, _ in blocks], DEVICE).bytes


def read_sha256(sealed: bytes) -> str:
    return frame(BLOCK, sealed)[8:FRAME_HEAD].hex()


def sealed_blocks(parcel: Parcel = PARCEL) -> list[tuple[bytes, int]]:
    places = block_places(read_front(parcel.bytes))
    return [(frame_block(parcel.bytes, at, entry), entry.items) for at, entry in places]


@pytest.mark.parametrize("block", range(4))
@pytest.mark.parametrize("by", [-1, 0, 1])
def test_a_parcel_torn_at_a_blocks_end_gives_all_blocks_before_it(block: int, by: int) -> None:
    end = ENDS[block] + by
    if end >= len(PARCEL.bytes):
        assert open_parcel(PARCEL.bytes, KEY, DEVICE.public_key) == ITEMS
        return
    torn = PARCEL.bytes[:end]
    with pytest.raises(ParcelTorn):
        open_parcel(torn, KEY, DEVICE.public_key)
    assert saved(torn) == ITEMS[: SIZE * (block + (by >= 0))]


@pytest.mark.parametrize("by", [-1, 0, 1])
def test_a_parcel_torn_at_its_first_block_gives_nothing_yet(by: int) -> None:
    torn = PARCEL.bytes[: PLACES[0] + by]
    if by < 0:
        with pytest.raises(ParcelTorn):
            saved(torn)
    else:
        assert saved(torn) == []


@pytest.mark.parametrize("at", range(0, PLACES[0], 23))
def test_a_bit_flipped_in_the_front_leaves_nothing_that_is_vouched_for(at: int) -> None:
    with pytest.raises(ParcelError):
        saved(flipped(at))


@pytest.mark.parametrize("block", [1, 2, 3])
def test_a_bit_flipped_in_a_later_block_costs_that_block_alone(block: int) -> None:
    start, end = PLACES[block], ENDS[block]
    head = [start, start + 5, start + FRAME_HEAD - 1]
    for at in [*head, start + FRAME_HEAD, start + 200, (start + end) // 2, end - 1]:
        damaged = flipped(at)
        with pytest.raises(ParcelError):
            open_parcel(damaged, KEY, DEVICE.public_key)
        assert saved(damaged) == without_blocks(block)


def test_a_bit_flipped_in_the_first_block_costs_what_leans_on_it() -> None:
    for at in (PLACES[0], PLACES[0] + 200, ENDS[0] - 1):
        assert saved(flipped(at)) == []


def test_several_damaged_blocks_cost_only_themselves() -> None:
    assert saved(flipped(ENDS[1] - 1, flipped(ENDS[3] - 1))) == without_blocks(1, 3)


def test_blocks_in_another_order_are_refused() -> None:
    data = PARCEL.bytes
    swapped = data[: PLACES[1]] + data[PLACES[2] : ENDS[2]] + data[PLACES[1] : ENDS[1]]
    swapped += data[PLACES[3] :]
    with pytest.raises(ParcelError):
        open_parcel(swapped, KEY, DEVICE.public_key)
    assert set(saved(swapped)) <= set(without_blocks(1, 2))


def test_not_even_the_device_itself_can_put_its_blocks_in_another_order() -> None:
    first, second, third, fourth = sealed_blocks()
    reordered = made_of([first, third, second, fourth])
    with pytest.raises(ParcelTampered):
        open_parcel(reordered, KEY, DEVICE.public_key)
    assert saved(reordered) == without_blocks(1, 2)


def test_a_block_of_another_parcel_is_refused() -> None:
    other = seal(ITEMS, to=CERTIFICATE, device=DEVICE, counter=2, block_size=SIZE)
    for place in range(4):
        blocks = sealed_blocks()
        blocks[place] = sealed_blocks(other)[place]
        mixed = made_of(blocks)
        with pytest.raises(ParcelTampered):
            open_parcel(mixed, KEY, DEVICE.public_key)
        assert saved(mixed) == (without_blocks(place) if place else [])


def test_a_block_cannot_borrow_its_binding_from_the_first_one() -> None:
    """Of a stranger who has sealed the same records, so that both compress alike."""
    stranger = DeviceIdentity.new(SCHOOL)
    theirs = seal(ITEMS, to=CERTIFICATE, device=stranger, counter=1, block_size=SIZE)
    mixed = made_of([sealed_blocks()[0], *sealed_blocks(theirs)[1:]])
    assert saved(mixed) == ITEMS[:SIZE]


def test_a_block_is_not_read_without_the_first_one() -> None:
    first, second = block.pack(ITEMS[:SIZE]), block.pack(ITEMS[SIZE : 2 * SIZE])
    compressed = compression.compress(second, compression.dictionary_of(first))
    assert compression.decompress(compressed, first[: limits.DICTIONARY]) == second
    for lent in (b"", first[:-1], second):
        with pytest.raises(ParcelError):
            block.unpack(compression.decompress(compressed, lent))


def test_what_a_block_lends_is_bounded() -> None:
    assert len(compression.dictionary_of(bytes(limits.BLOCK_PLAIN))) == limits.DICTIONARY


def test_bombs_that_are_each_just_small_enough_are_refused_together() -> None:
    """A hostile device: some kilobytes that would become twice the memory that we allow."""
    xml = bytes(limits.ITEM)
    empty = RecordKey("x", 1, "bb9f8df61474d25e71fa00722318cd387396ca1736605e1248821cc0de3d3af8")
    item = ParcelItem(empty, Event.NEW, xml, SCHOOL, "2026-2027", "4A")
    lent, blocks = b"", []
    for place in range(5):
        plain = block.pack([item] * 12)
        binding = block.binding(PARCEL.header.parcel_id, DEVICE.device_id, place)
        sealed = envelope.encrypt(binding + compression.compress(plain, lent), [CERTIFICATE])
        lent = lent or compression.dictionary_of(plain)
        blocks.append((sealed, 12))
    bomb = made_of(blocks)
    assert len(bomb) < 64 * 1024
    with pytest.raises(ParcelTooLarge):
        open_parcel(bomb, KEY, DEVICE.public_key)
    kept = salvage(bomb, KEY, DEVICE.public_key)
    assert sum(len(one.xml) for one in kept.items) <= limits.PARCEL_PLAIN
    with pytest.raises(ParcelTooLarge):
        seal([item] * 12 * 5, to=CERTIFICATE, device=DEVICE, counter=1)


def test_a_wrong_receiver_gets_nothing_of_a_torn_parcel() -> None:
    with pytest.raises(ParcelNotForUs):
        salvage(PARCEL.bytes[: ENDS[1]], receiver(1)[0], DEVICE.public_key)


def test_a_class_is_sealed_in_blocks_of_few_records() -> None:
    whole = seal(records(20), to=CERTIFICATE, device=DEVICE, counter=1)
    sizes = [entry.items for entry in whole.header.blocks]
    assert sum(sizes) == 20
    assert max(sizes) <= RECORDS_IN_BLOCK


def test_what_repeats_in_a_class_costs_once_in_spite_of_the_blocks() -> None:
    whole = records(40)
    one, usual = (
        len(seal(whole, to=CERTIFICATE, device=DEVICE, counter=1, block_size=size).bytes)
        for size in (len(whole), None)
    )
    assert usual < 1.06 * one


def test_more_records_than_blocks_of_few_hold_still_make_one_parcel() -> None:
    tiny = [_tiny(number) for number in range(limits.BLOCKS * RECORDS_IN_BLOCK + 1)]
    parcel = seal(tiny, to=CERTIFICATE, device=DEVICE, counter=1)
    assert parcel.counts[1] <= limits.BLOCKS
    assert open_parcel(parcel.bytes, KEY, DEVICE.public_key) == tiny


def _tiny(number: int) -> ParcelItem:
    xml = f"<HOC_BA>{number}</HOC_BA>".encode()
    digest = frame(BLOCK, xml)[8:FRAME_HEAD].hex()
    key = RecordKey(f"r{number}", 1, digest)
    return ParcelItem(key, Event.NEW, xml, SCHOOL, "2026-2027", "4A")


def test_another_vendors_reader_opens_what_we_seal(tmp_path: Path) -> None:
    key, certificate = tmp_path / "open.key", tmp_path / "open.crt"
    key.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    certificate.write_bytes(CERTIFICATE.public_bytes(Encoding.PEM))
    whole = records(2 * RECORDS_IN_BLOCK + 1, seed=9)
    parcel = seal(whole, to=CERTIFICATE, device=DEVICE, counter=1)
    assert parcel.bytes.startswith(MAGIC)
    read = read_parcel(parcel.bytes, DEVICE.public_key.public_bytes_raw(), key, certificate)
    assert [(label["id"], xml) for label, xml in read] == [(i.key.record_id, i.xml) for i in whole]


def test_another_vendors_reader_opens_the_published_vector() -> None:
    expected = json.loads((VECTOR / "expected.json").read_text())
    data, sender = (VECTOR / "parcel.hbx").read_bytes(), expected["sender_public_key"]
    key, certificate = VECTOR / "open.key", VECTOR / "open.crt"
    read = read_parcel(data, bytes.fromhex(sender), key, certificate)
    assert [label["id"] for label, _ in read] == [item["id"] for item in expected["items"]]
    assert [len(xml) for _, xml in read] == [item["size"] for item in expected["items"]]
    assert [[one.size, one.items] for one in read_front(data).header.blocks] == expected["blocks"]
