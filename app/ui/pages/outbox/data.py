"""What the outbox holds, as rows that say the truth about each class. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from app.clock import VIETNAM
from app.model.delivery import OutboxItem, OutboxState, Receipt, ReceiptStage, RecordKey
from app.model.transcript import TranscriptHead, TranscriptState
from app.services import Services
from app.ui.text.messages import TEXTS
from app.ui.theme.theme import Tone

_S = OutboxState
_UNDECIDED = (_S.RETURNED, _S.SET_ASIDE)
_ORDER = (_S.RETURNED, _S.SET_ASIDE, _S.SENDING, _S.QUEUED, _S.RECEIVED, _S.VERIFIED)
STATES: dict[OutboxState, tuple[str, Tone]] = {
    _S.QUEUED: ("Chờ gửi", Tone.WAITS),
    _S.SENDING: ("Đang gửi", Tone.MOVING),
    _S.RECEIVED: ("Đã có biên nhận", Tone.DONE),
    _S.VERIFIED: ("Đã kiểm tra", Tone.DONE),
    _S.RETURNED: ("Bị trả lại", Tone.DECIDE),
    _S.SET_ASIDE: ("Để riêng", Tone.DECIDE),
}
STAGES = {
    ReceiptStage.RECEIVED: ("Sở đã nhận", Tone.MOVING),
    ReceiptStage.VERIFIED: ("Sở đã kiểm tra", Tone.DONE),
    ReceiptStage.FORWARDED: ("Đã vào Kho học bạ số", Tone.DONE),
    ReceiptStage.RETURNED: ("Sở trả lại", Tone.DECIDE),
}


_REFUSED = "Trạm của Sở chưa nhận gói này"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """Records of one class in one state; a returned record stands alone, a parcel that was set
    aside together. `state` None: issued, not packed yet."""

    section: str
    what: str
    state: OutboxState | None
    detail: str
    keys: tuple[RecordKey, ...] = ()
    superseded: bool = False
    copied: bool = False
    """Its parcel lies on a stick; it waits all the same."""

    @property
    def words(self) -> str:
        if self.superseded:
            return "Đã được thay thế"
        return STATES[self.state or _S.QUEUED][0]

    @property
    def tone(self) -> Tone:
        return Tone.NEUTRAL if self.superseded else STATES[self.state or _S.QUEUED][1]


@dataclass(frozen=True, slots=True)
class OutboxReader:
    """Everything the page shows, read in one go."""

    counts: dict[OutboxState, int] = field(default_factory=dict)
    ready: tuple[TranscriptHead, ...] = ()
    """Issued, not packed yet."""
    rows: tuple[OutboxRow, ...] = ()
    parcels: int = 0
    """Packed and still waiting."""
    enrolled: bool = False
    station: str = ""
    names: dict[RecordKey, str] = field(default_factory=dict)
    receipts: dict[RecordKey, tuple[Receipt, ...]] = field(default_factory=dict)

    def count(self, *states: OutboxState) -> int:
        return sum(self.counts.get(state, 0) for state in states)

    @property
    def waiting(self) -> int:
        """Without a receipt: also what a run that a power cut ended was just sending."""
        return len(self.ready) + self.count(_S.QUEUED, _S.SENDING)

    @property
    def copied(self) -> int:
        """Of the waiting: on a stick, without a receipt yet."""
        return sum(len(row.keys) for row in self.rows if row.copied)

    @property
    def returned(self) -> int:
        """Those that still need a decision."""
        return sum(len(r.keys) for r in self.rows if r.state in _UNDECIDED and not r.superseded)

    @property
    def set_aside(self) -> int:
        """Of these: the station did not take their parcel."""
        return sum(len(r.keys) for r in self.rows if r.state is _S.SET_ASIDE and not r.superseded)

    @property
    def unanswered(self) -> int:
        """The station holds them and has not said the last word."""
        return self.count(_S.RECEIVED)


def load(services: Services) -> OutboxReader:
    delivery = services.delivery
    items = delivery.outbox.items()
    heads = {(h.record_id, h.version): h for h in services.records.heads()}  # in class order
    receipts: dict[RecordKey, tuple[Receipt, ...]] = {}
    for key, found in groupby(delivery.outbox.receipts(), key=lambda receipt: receipt.key):
        receipts[key] = tuple(found)
    ready = tuple(delivery.ready())
    enrolled = delivery.enrolled
    rows = [*_packed(items, heads, receipts), *_unpacked(ready)]
    return OutboxReader(
        delivery.outbox.counts(),
        ready,
        tuple(sorted(rows, key=_place)),
        len({item.parcel_sha256 for item in items if item.state is _S.QUEUED}),
        enrolled,
        delivery.enrolment().station if enrolled else "",
        {item.key: _name(item, heads) for item in items},
        receipts,
    )


def _place(row: OutboxRow) -> tuple[int, str]:
    return _ORDER.index(row.state or _S.QUEUED), row.section


def _unpacked(ready: Sequence[TranscriptHead]) -> list[OutboxRow]:
    return [
        OutboxRow(name, f"{len(list(heads))} học bạ", None, "đã phát hành, chưa đóng gói")
        for name, heads in groupby(ready, key=lambda head: head.section_name)
    ]


def _packed(
    items: Sequence[OutboxItem],
    heads: dict[tuple[str, int], TranscriptHead],
    receipts: dict[RecordKey, tuple[Receipt, ...]],
) -> list[OutboxRow]:
    rows = [_alone(item, heads) for item in items if item.state is _S.RETURNED]

    def group_of(item: OutboxItem) -> tuple[str, str, OutboxState, bool]:
        aside = item.state is _S.SET_ASIDE and _is_superseded(item, heads)
        return item.section_name, item.parcel_sha256, item.state, aside

    in_class = {key: number for number, key in enumerate(heads)}
    others = sorted(
        (item for item in items if item.state is not _S.RETURNED),
        key=lambda item: (group_of(item), in_class.get((item.key.record_id, item.key.version), 0)),
    )
    for (section, _, state, superseded), group in groupby(others, key=group_of):
        together = list(group)
        keys = tuple(item.key for item in together)
        rows.append(
            OutboxRow(
                section,
                f"{len(keys)} học bạ",
                state,
                _detail(together[0], [r for key in keys for r in receipts.get(key, ())]),
                keys,
                superseded,
                copied=state is _S.QUEUED and bool(together[0].copied_at),
            )
        )
    return rows


def _alone(item: OutboxItem, heads: dict[tuple[str, int], TranscriptHead]) -> OutboxRow:
    reason, superseded = item.reason or "Sở không ghi lý do", _is_superseded(item, heads)
    return OutboxRow(
        item.section_name, _name(item, heads), item.state, reason, (item.key,), superseded
    )


def _is_superseded(item: OutboxItem, heads: dict[tuple[str, int], TranscriptHead]) -> bool:
    head = heads.get((item.key.record_id, item.key.version))
    return head is not None and head.state is TranscriptState.SUPERSEDED


def _name(item: OutboxItem, heads: dict[tuple[str, int], TranscriptHead]) -> str:
    head = heads.get((item.key.record_id, item.key.version))
    return head.full_name if head else item.key.record_id


def _detail(item: OutboxItem, receipts: Sequence[Receipt]) -> str:
    if item.state is _S.SENDING:
        return "đang gửi từng phần"
    if item.state is _S.QUEUED:
        if item.copied_at:
            return f"đã chép ra USB lúc {short(item.copied_at)}, chờ biên nhận"
        tried = f" · đã thử {item.attempts} lần" if item.attempts else ""
        return f"đóng gói {short(item.issued_at)}, đã mã hóa{tried}"
    if item.state is _S.SET_ASIDE:
        return why_aside(item.reason)
    if not receipts:
        return ""
    last = max(receipts, key=lambda receipt: receipt.issued_at)
    waits = " · Sở đang kiểm tra" if item.state is _S.RECEIVED else ""
    return f"biên nhận {short(last.issued_at)} · {last.station}{waits}"


def why_aside(code: str) -> str:
    """Words for the code with which the station refused a parcel, or we its receipts."""
    known = TEXTS.get(code)
    return (
        f"Trạm của Sở chưa nhận gói: {_lower(known.what)}" if known else f"{_REFUSED} (mã {code})."
    )


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def short(iso: str) -> str:
    """'29/05 09:41' of an ISO 8601 time."""
    return f"{datetime.fromisoformat(iso).astimezone(VIETNAM):%d/%m %H:%M}"


def size(count: int) -> str:
    """'97 KB', '1,4 MB'."""
    if count < 1024 * 1024:
        return f"{max(1, round(count / 1024)) if count else 0} KB"
    return f"{count / 1024 / 1024:.1f} MB".replace(".", ",")
