"""What the medium itself holds, not what the system still has of it in memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PIECE = 1 << 20


if sys.platform == "win32":
    import ctypes
    import mmap
    import msvcrt
    from ctypes import wintypes

    _GENERIC_READ = 0x80000000
    _SHARE_ALL = 0x7
    _OPEN_EXISTING = 3
    _NO_BUFFERING = 0x20000000
    _MOVE_REPLACES = 0x1
    _MOVE_WRITES_THROUGH = 0x8
    _INVALID_HANDLE = ctypes.c_void_p(-1).value

    def _read_past_cache(path: Path) -> bytes:
        """FILE_FLAG_NO_BUFFERING wants whole sectors in memory that begins at one, as a map's."""
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateFileW.restype = wintypes.HANDLE
        handle = kernel.CreateFileW(
            str(path), wintypes.DWORD(_GENERIC_READ), _SHARE_ALL, None, _OPEN_EXISTING,
            _NO_BUFFERING, None,
        )  # fmt: skip
        if handle == _INVALID_HANDLE:
            raise ctypes.WinError(ctypes.get_last_error())
        descriptor = msvcrt.open_osfhandle(handle, os.O_RDONLY | os.O_BINARY)
        parts = []
        with os.fdopen(descriptor, "rb", buffering=0) as file, mmap.mmap(-1, _PIECE) as room:
            while True:
                size = file.readinto(room)
                parts.append(room[:size])
                if size < _PIECE:
                    return b"".join(parts)

    def _move_through(source: Path, target: Path) -> None:
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        how = _MOVE_REPLACES | _MOVE_WRITES_THROUGH
        if not kernel.MoveFileExW(str(source), str(target), wintypes.DWORD(how)):
            raise ctypes.WinError(ctypes.get_last_error())

else:

    def _read_past_cache(path: Path) -> bytes:
        with path.open("rb") as file:
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            return file.read()


def read_back(path: Path) -> bytes:
    """The file as it is on the medium, past the system's cache. Raises OSError.

    Where a system does not keep to it (a stick's own cache, a network share), this is a plain
    read: the bytes are right, only the proof is weaker.
    """
    return _read_past_cache(path)


def move_onto(source: Path, target: Path) -> None:
    """Rename, replacing what was there; on return the medium has the new name. Raises OSError.

    File systems that keep a journal would bring it back after a power cut; FAT and exFAT, as on
    sticks, keep none.
    """
    if sys.platform == "win32":
        _move_through(source, target)
    else:
        source.replace(target)
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
