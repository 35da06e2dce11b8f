"""Files and folders that nobody but their owner may read."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from app.medium import move_onto


def restrict(path: Path) -> None:
    """From now on only the owner reads and writes this file; of a folder: also what comes into it.

    On Windows also the system itself and the administrators, who could take it anyway: so
    backups go on working. Raises OSError.
    """
    if sys.platform == "win32":
        _set_access(path)
    else:
        path.chmod(0o700 if path.is_dir() else 0o600)


def write_private(path: Path, content: bytes) -> None:
    """Readable by the owner only, from its first byte; whole, or what was there before.

    Raises OSError.
    """
    beside = path.with_name(path.name + ".tmp")
    beside.unlink(missing_ok=True)
    beside.touch(mode=0o600)
    restrict(beside)
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    move_onto(beside, path)


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _TOKEN_QUERY = 0x8
    _TOKEN_USER = 1
    _DACL = 0x4 | 0x80000000
    """DACL_SECURITY_INFORMATION, PROTECTED_: nothing is inherited from the folder above."""
    _SDDL_REVISION = 1

    def _set_access(path: Path) -> None:
        inherit = "OICI" if path.is_dir() else ""
        who = ("SY", "BA", _own_sid())
        wanted = "D:P" + "".join(f"(A;{inherit};FA;;;{each})" for each in who)
        advapi = ctypes.WinDLL("advapi32", use_last_error=True)
        descriptor = ctypes.c_void_p()
        _check(
            advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW(
                wanted, _SDDL_REVISION, ctypes.byref(descriptor), None
            )
        )
        try:
            _check(advapi.SetFileSecurityW(str(path), wintypes.DWORD(_DACL), descriptor))
        finally:
            _free(descriptor)

    def _own_sid() -> str:
        """Of the account that this process runs as: 'S-1-5-21-…'."""
        advapi = ctypes.WinDLL("advapi32", use_last_error=True)
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        kernel.CloseHandle.argtypes = (wintypes.HANDLE,)
        advapi.OpenProcessToken.argtypes = (
            wintypes.HANDLE, wintypes.DWORD, ctypes.POINTER(wintypes.HANDLE),
        )  # fmt: skip
        token = wintypes.HANDLE()
        _check(
            advapi.OpenProcessToken(kernel.GetCurrentProcess(), _TOKEN_QUERY, ctypes.byref(token))
        )
        try:
            found, size = ctypes.create_string_buffer(256), wintypes.DWORD()
            _check(
                advapi.GetTokenInformation(
                    token, _TOKEN_USER, found, len(found), ctypes.byref(size)
                )
            )
        finally:
            kernel.CloseHandle(token)
        sid = ctypes.cast(found, ctypes.POINTER(ctypes.c_void_p))[0]  # TOKEN_USER begins with it
        words = ctypes.c_wchar_p()
        _check(advapi.ConvertSidToStringSidW(ctypes.c_void_p(sid), ctypes.byref(words)))
        try:
            return str(words.value)
        finally:
            _free(words)

    def _free(memory: ctypes.c_void_p | ctypes.c_wchar_p) -> None:
        kernel = ctypes.WinDLL("kernel32")
        kernel.LocalFree.argtypes = (ctypes.c_void_p,)
        kernel.LocalFree(ctypes.cast(memory, ctypes.c_void_p))

    def _check(done: int) -> None:
        if not done:
            raise ctypes.WinError(ctypes.get_last_error())
