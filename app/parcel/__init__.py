"""How records travel: one sealed, signed, countable format for the network and for a stick.

`seal` makes a parcel, `inspect` checks who sent it, `open_parcel` and `salvage` give the items
back. The same bytes go by any carrier; the receiver removes duplicates.
"""

from app.parcel.device import DeviceIdentity
from app.parcel.format import Parcel, ParcelHeader, read_header
from app.parcel.opening import RecoveredItems, inspect, open_parcel, salvage
from app.parcel.sealing import seal

__all__ = [
    "DeviceIdentity",
    "Parcel",
    "ParcelHeader",
    "RecoveredItems",
    "inspect",
    "open_parcel",
    "read_header",
    "salvage",
    "seal",
]
