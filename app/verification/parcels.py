"""What can be said of a parcel: who sent it, whether it is whole, and of each record in it.

The outside (FORMAT.md) can be checked by anybody who knows the sender's device; what lies inside
only by its receiver, or by the workspace that sealed it. What was not checked is always named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.errors import ParcelError, ParcelTampered, ParcelTorn
from app.model.delivery import RecordKey
from app.model.signing import CheckState, FileReport, SignatureReport
from app.parcel import salvage
from app.parcel.device import signed_by
from app.parcel.envelope import DecryptionKey
from app.parcel.format import (
    SIGNATURE_BYTES,
    ParcelHeader,
    SignedHeader,
    block_places,
    frame_block,
    read_front,
    signed_bytes,
    whole_size,
)
from app.parcel.sealing import key_id
from app.signing.record.verification import verify_record
from app.signing.trust.trust_store import TrustStore
from app.store.outbox import OutboxStore
from app.verification.context import VerificationContext

_FROM = "Trường gửi: {school}, thiết bị {device}, gói số {counter} (theo lời trong gói)."
_TO = "Niêm phong cho: {names}."
_COUNT = "Theo bản kê: {items} học bạ trong {blocks} khối."
_TORN = "Khối còn nguyên: {whole} trên {blocks}, có {items} học bạ."
_FIRST = "Khối đầu không còn nguyên nên các khối sau không mở được."
_OURS = "Máy này đã niêm phong gói này; học bạ được kiểm ở bản đang giữ trong kho dữ liệu."
_GONE = "{count} học bạ của gói nay không còn trong kho dữ liệu ở bản đã gửi."
_OPENED = "Đã mở gói bằng khóa của máy này: {items} học bạ được kiểm từng bản."


def verify_parcel(
    data: bytes, means: VerificationContext, trust: TrustStore, now: datetime, file: str = ""
) -> list[FileReport]:
    """The parcel's report, then one for each record that could be looked at. Never raises."""
    digest = hashlib.sha256(data).hexdigest()
    report = FileReport(file, "parcel", False, False, (), sha256=digest)
    try:
        front = read_front(data)
    except ParcelError as error:
        return [replace(report, problems=(error.code,))]
    signature = _signature(front, means)
    whole, damage = _blocks(data, front)
    leans = () if _first_is_whole(data, front) else (_FIRST,)
    report = replace(
        report,
        content_intact=not damage,
        signatures=(signature,),
        problems=damage,
        not_checked=("parcel.inside",),
        notes=(*_outside(front.header, means, whole), *leans),
    )
    if signature.state is not CheckState.VALID:
        return [_judged(report)]
    inside = _opened(data, front, means) or _kept(digest, means)
    if inside is None:
        return [_judged(report)]
    found = [_item_report(key, xml, trust, now, file) for key, xml in inside.items]
    notes = (*report.notes, *inside.notes)
    return [_judged(replace(report, not_checked=inside.not_checked, notes=notes)), *found]


@dataclass(frozen=True, slots=True)
class _Inside:
    """What the receiver's key, or the workspace that sealed the parcel, lets us see."""

    items: tuple[tuple[RecordKey, bytes], ...]
    notes: tuple[str, ...]
    not_checked: tuple[str, ...] = ()


def _judged(report: FileReport) -> FileReport:
    valid = all(signature.state is CheckState.VALID for signature in report.signatures)
    return replace(report, ok=valid and not report.problems and not report.not_checked)


def _signature(front: SignedHeader, means: VerificationContext) -> SignatureReport:
    """Whether the device that the manifest names has signed it."""
    header = front.header
    signer = f"thiết bị {_short(header.device_id)}"
    known = means.sender(header.device_id)
    if known is None:
        return SignatureReport(
            None, "device", CheckState.UNKNOWN, signer, problems=("sender_unknown",)
        )
    holds = len(front.signature) == SIGNATURE_BYTES and signed_by(
        known, front.signature, signed_bytes(front.manifest)
    )
    return SignatureReport(
        None,
        "device",
        CheckState.VALID if holds else CheckState.INVALID,
        signer,
        problems=() if holds else ("signature_value_wrong",),
        algorithm="Ed25519",
    )


def _blocks(data: bytes, front: SignedHeader) -> tuple[tuple[int, int], tuple[str, ...]]:
    """(whole blocks, records that they say they hold), and what is wrong with the others."""
    blocks = items = 0
    damage: dict[str, None] = {}
    for at, entry in block_places(front):
        try:
            frame_block(data, at, entry)
        except ParcelError as error:
            damage[error.code] = None
        else:
            blocks, items = blocks + 1, items + entry.items
    if len(data) > whole_size(front):
        damage[ParcelTampered.code] = None
    if ParcelTorn.code in damage and len(data) >= whole_size(front):
        damage = {ParcelTampered.code: None}  # a false length inside, not a cut
    return (blocks, items), tuple(damage)


def _first_is_whole(data: bytes, front: SignedHeader) -> bool:
    at, entry = next(block_places(front))
    try:
        frame_block(data, at, entry)
    except ParcelError:
        return False
    return True


def _outside(
    header: ParcelHeader, means: VerificationContext, whole: tuple[int, int]
) -> tuple[str, ...]:
    names = ", ".join(
        means.receivers.get(receiver, f"khóa {_short(receiver)}") for receiver in header.receivers
    )
    blocks, items = whole
    lines = [
        _FROM.format(
            school=header.school_code, device=_short(header.device_id), counter=header.counter
        ),
        _TO.format(names=names),
        _COUNT.format(items=header.items, blocks=len(header.blocks)),
    ]
    if blocks < len(header.blocks):
        lines.append(_TORN.format(whole=blocks, blocks=len(header.blocks), items=items))
    return tuple(lines)


def _opened(data: bytes, front: SignedHeader, means: VerificationContext) -> _Inside | None:
    key = _fitting(front.header, means.keys)
    sender = means.sender(front.header.device_id)
    if key is None or sender is None:
        return None
    try:
        salvaged = salvage(data, key, sender)
    except ParcelError:
        return None
    left = ("parcel.some_inside",) if salvaged.missing_items else ()
    items = tuple((item.key, item.xml) for item in salvaged.items)
    return _Inside(items, (_OPENED.format(items=len(items)),), left)


def _kept(digest: str, means: VerificationContext) -> _Inside | None:
    """What the workspace put into exactly this parcel, byte for byte."""
    if means.workspace is None:
        return None
    store = means.workspace.here()
    keys = [item.key for item in OutboxStore(store.db).items(parcel=digest)]
    if not keys:
        return None
    found = []
    for key in keys:
        versions = store.transcripts.versions_of(key.record_id)
        if any((head.version, head.sha256) == (key.version, key.sha256) for head in versions):
            found.append((key, store.transcripts.get(key.record_id, key.version).xml))
    gone = len(keys) - len(found)
    notes = (_OURS, _GONE.format(count=gone)) if gone else (_OURS,)
    return _Inside(tuple(found), notes, ("parcel.some_inside",) if gone else ())


def _item_report(
    key: RecordKey, xml: bytes, trust: TrustStore, now: datetime, file: str
) -> FileReport:
    """A record of the parcel, which must be the one that it is filed under."""
    name = f"{file} › {key.record_id}.v{key.version}.xml"
    report = verify_record(xml, trust, now, file=name)
    if report.record_id and (report.record_id, report.version) != (key.record_id, key.version):
        return replace(report, ok=False, problems=(*report.problems, "parcel.label_wrong"))
    return report


def _fitting(header: ParcelHeader, keys: Sequence[DecryptionKey]) -> DecryptionKey | None:
    return next((key for key in keys if key_id(key.public_key()) in header.receivers), None)


def _short(digits: str) -> str:
    """The first sixteen hex digits in groups of four, to be compared by telephone."""
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))
