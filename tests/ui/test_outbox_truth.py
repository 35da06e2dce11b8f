"""Whether one may unplug now: said only of what has its receipts."""

from __future__ import annotations

import pytest

from app.model.delivery import OutboxState
from app.ui.pages.outbox.data import OutboxReader
from app.ui.pages.outbox.unplug_notice import NOT_ENROLLED, at_rest
from app.ui.theme.theme import Tone

_S = OutboxState
RECEIPTS = "Mọi học bạ đã gửi đều có biên nhận"


@pytest.mark.parametrize("without", [_S.QUEUED, _S.SENDING])
def test_what_has_no_receipt_is_said_to_be_in_the_machine(without: OutboxState) -> None:
    """Also what is marked as being sent, which a power cut leaves so."""
    look = OutboxReader({without: 12, _S.VERIFIED: 28}, enrolled=True)
    assert look.waiting == 12
    told = at_rest(look)
    assert "12 học bạ còn ở trong máy" in told.title
    assert RECEIPTS not in told.detail


def test_what_is_not_fully_checked_is_not_called_done() -> None:
    told = at_rest(OutboxReader({_S.RECEIVED: 3, _S.VERIFIED: 9}, enrolled=True))
    assert "3 học bạ và đang kiểm tra" in told.detail
    assert told.tone is Tone.MOVING


def test_only_with_every_receipt_all_is_said_to_be_done() -> None:
    told = at_rest(OutboxReader({_S.VERIFIED: 9}, enrolled=True))
    assert (told.tone, RECEIPTS in told.detail) == (Tone.DONE, True)
    assert at_rest(OutboxReader()) is NOT_ENROLLED
