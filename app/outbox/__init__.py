"""What still has to go: sealed parcels and one item per record version, until it is verified."""

from app.outbox.outbox import DueParcel, Outbox, SendingIdentity
from app.outbox.retry import RetryPolicy, wait_after_boot

__all__ = ["DueParcel", "Outbox", "RetryPolicy", "SendingIdentity", "wait_after_boot"]
