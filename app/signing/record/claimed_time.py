"""What a signer's machine said of the time, held against this machine's clock: neither is proof."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.clock import TOLERANCE, in_vietnam
from app.model.signing import SignatureReport

AHEAD = "time_in_future"
_NOTE = (
    "Máy này đang ghi {now}. Nếu không đúng, hãy chỉnh ngày giờ của máy rồi kiểm lại; nếu đúng, "
    "máy của người ký đã chạy nhanh hơn một ngày."
)


def ahead_of(moment: datetime, now: datetime) -> tuple[str, ...]:
    """`AHEAD` when this machine's clock has not come so far; nothing within the tolerance.

    It says nothing against a signature: either clock may be wrong.
    """
    return (AHEAD,) if moment > now + TOLERANCE else ()


def clock_notes(signatures: Iterable[SignatureReport], now: datetime) -> tuple[str, ...]:
    """This machine's date, for the person who looks, where a signature is ahead of it."""
    if not any(AHEAD in signature.problems for signature in signatures):
        return ()
    return (clock_note(now),)


def clock_note(now: datetime) -> str:
    """The Vietnamese line that tells what this machine takes the time to be."""
    return _NOTE.format(now=in_vietnam(now).strftime("%H:%M ngày %d/%m/%Y"))
