"""Bounds that every reader checks before it allocates, decrypts or decompresses."""

from __future__ import annotations

MIB = 1024 * 1024

PARCEL = 64 * MIB
MANIFEST = 256 * 1024
BLOCKS = 256
BLOCK_SEALED = 32 * MIB
BLOCK_PLAIN = 64 * MIB
PARCEL_PLAIN = 128 * MIB
"""Of all blocks together, decompressed."""

DICTIONARY = 128 * 1024
"""Of the first block's plain bytes, for the compression of the others."""

ITEM = 4 * MIB
ITEM_LABEL = 4 * 1024
ITEMS_PER_BLOCK = 1000
RECEIVERS = 8
NEWS = 2000
"""Receipts in one answer; a full answer has more behind it."""

RECEIPTS = 64 * MIB
RECEIPTS_IN_FILE = 100_000

PUBLICATION = MIB
NOTICE = 16 * 1024
PUBLICATIONS = 100
"""Publications in one answer; a full answer has more behind it."""
