"""What still has to go: sealed parcels and one item per record version, until it is verified."""

from app.outbox.outbox import DueParcel, Outbox, Shipping
from app.outbox.retry import RetryPolicy, wait_after_boot

__all__ = ["DueParcel", "Outbox", "RetryPolicy", "Shipping", "wait_after_boot"]
