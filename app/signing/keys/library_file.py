"""What a shared library says of itself, read from its file: nothing of it is loaded or run.

Sources: System V ABI (ELF-64), PE Format (Microsoft), both little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

MACH_O = -1
_PE_MACHINES = {0x014C: 32, 0x8664: 64, 0xAA64: 64}
_PE32_PLUS = 0x20B
_DYNSYM = 11  # SHT_DYNSYM
_MOST = 1 << 20


def bits(data: bytes) -> int:
    """32 or 64 of an ELF or PE file; MACH_O, which may hold both; 0 for another file."""
    if data[:4] == b"\x7fELF" and len(data) > 5:
        return {1: 32, 2: 64}.get(data[4], 0)
    if data[:4] in (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"):
        return MACH_O
    header = _pe_header(data)
    if header:
        return _PE_MACHINES.get(struct.unpack_from("<H", data, header + 4)[0], 0)
    return 0


def exports(data: bytes, name: bytes) -> bool:
    """Whether a 64-bit library offers the function `name`; of Mach-O only whether it is named."""
    if bits(data) == MACH_O:
        return name in data
    names = _elf_exports(data) if data[:4] == b"\x7fELF" else _pe_exports(data)
    try:
        return name in names
    except (struct.error, ValueError, IndexError, OverflowError):
        return False


def _elf_exports(data: bytes) -> Iterator[bytes]:
    start, size, count = (
        *struct.unpack_from("<Q", data, 0x28),
        *struct.unpack_from("<2H", data, 0x3A),
    )
    sections = [start + place * size for place in range(count)]
    for section in sections:
        if struct.unpack_from("<I", data, section + 4)[0] != _DYNSYM:
            continue
        at, length = struct.unpack_from("<2Q", data, section + 0x18)
        link = struct.unpack_from("<I", data, section + 0x28)[0]
        strings = struct.unpack_from("<Q", data, sections[link] + 0x18)[0]
        for symbol in range(at, at + min(length, 24 * _MOST), 24):
            text, _, _, defined_in = struct.unpack_from("<IBBH", data, symbol)
            if defined_in:
                yield _text(data, strings + text)


def _pe_header(data: bytes) -> int:
    """Where 'PE' stands; 0 where it does not."""
    if data[:2] != b"MZ" or len(data) < 0x40:
        return 0
    at = int(struct.unpack_from("<I", data, 0x3C)[0])
    return at if data[at : at + 4] == b"PE\0\0" and len(data) >= at + 6 else 0


def _pe_exports(data: bytes) -> Iterator[bytes]:
    header = _pe_header(data)
    count, optional_size = struct.unpack_from("<6xH12xH", data, header)
    optional = header + 24
    if struct.unpack_from("<H", data, optional)[0] != _PE32_PLUS:
        return
    directory = struct.unpack_from("<I", data, optional + 112)[0]
    table = [optional + optional_size + 40 * place for place in range(count)]
    sections = [struct.unpack_from("<8x4I", data, at) for at in table]

    def place_of(address: int) -> int:
        """Of an address in memory, in the file."""
        for size, begin, raw_size, raw in sections:
            if begin <= address < begin + max(size, raw_size):
                return int(raw + address - begin)
        raise ValueError("an address outside of every section")

    if not directory:
        return
    number, _, names = struct.unpack_from("<3I", data, place_of(directory) + 24)
    first = place_of(names)
    for place in range(min(number, _MOST)):
        yield _text(data, place_of(struct.unpack_from("<I", data, first + 4 * place)[0]))


def _text(data: bytes, at: int) -> bytes:
    end = data.find(b"\0", at, at + 512)
    return data[at:end] if end >= 0 else b""
