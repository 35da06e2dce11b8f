"""zstd of one block's plain bytes; blocks after the first lean on the first one.

What repeats in a class (certificates, names of fields) then costs once in a parcel, and a block
can still be lost without the ones behind it.
"""

from __future__ import annotations

import zstandard

from app.errors import ParcelTampered, ParcelTooLarge
from app.parcel import limits

_LEVEL = 19


def dictionary_of(first: bytes) -> bytes:
    """What the plain bytes of a parcel's first block lend to all the others."""
    return first[: limits.DICTIONARY]


def compress(plain: bytes, dictionary: bytes = b"") -> bytes:
    """One zstd frame. `dictionary`: raw content, as `zstd -D` takes it; b'': none."""
    # The size in the frame lets the reader refuse a bomb before it decompresses a byte.
    compressor = zstandard.ZstdCompressor(
        level=_LEVEL, write_content_size=True, dict_data=_raw(dictionary)
    )
    return compressor.compress(plain)


def decompress(compressed: bytes, dictionary: bytes = b"", room: int = limits.BLOCK_PLAIN) -> bytes:
    """At most `room` bytes. Raises ParcelTooLarge before it grows; ParcelTampered."""
    try:
        size = zstandard.frame_content_size(compressed)
        if size < 0:
            raise ParcelTampered("block without its size")
        if size > min(room, limits.BLOCK_PLAIN):
            raise ParcelTooLarge("decompressed block")
        reader = zstandard.ZstdDecompressor(dict_data=_raw(dictionary))
        plain = reader.decompress(compressed, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise ParcelTampered("compression") from error
    if len(plain) != size:
        raise ParcelTampered("decompressed size")
    return plain


def _raw(dictionary: bytes) -> zstandard.ZstdCompressionDict | None:
    if not dictionary:
        return None
    return zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
