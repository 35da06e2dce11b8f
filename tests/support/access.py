"""Who may read a file."""

from __future__ import annotations

import sys
from pathlib import Path


def others_may_read(path: Path) -> bool:
    """Whether anybody may but the owner, the system and administrators."""
    if sys.platform != "win32":
        return bool(path.stat().st_mode & 0o077)
    owner, named = _owner_and_named(path)
    assert named
    return bool(named - {"SY", "BA", owner})


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _OWNER_AND_DACL = 0x1 | 0x4

    def _owner_and_named(path: Path) -> tuple[str, set[str]]:
        """From Windows' own notation: O:S-1-5-21-…D:P(A;;FA;;;SY)(A;;FA;;;S-1-5-21-…)."""
        advapi = ctypes.WinDLL("advapi32", use_last_error=True)
        descriptor, size = ctypes.create_string_buffer(65536), wintypes.DWORD()
        assert advapi.GetFileSecurityW(
            str(path), _OWNER_AND_DACL, descriptor, len(descriptor), ctypes.byref(size)
        ), ctypes.get_last_error()
        words = ctypes.c_wchar_p()
        assert advapi.ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor, 1, _OWNER_AND_DACL, ctypes.byref(words), None
        ), ctypes.get_last_error()
        owner, _, access = str(words.value).partition("D:")
        named = {part.split(";")[5].rstrip(")") for part in access.split("(")[1:]}
        return owner.removeprefix("O:"), named
