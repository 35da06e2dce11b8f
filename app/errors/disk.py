"""What disks, sticks and folders refuse, told apart by what a person can do about it."""

from __future__ import annotations

import errno

from app.errors.workspace import WorkspaceError


class DiskFull(WorkspaceError):
    code = "workspace.disk_full"


class DiskTrouble(WorkspaceError):
    """The disk or the stick cannot read or write: worn out or failing. params: file."""

    code = "workspace.disk_trouble"


class DiskReadOnly(DiskTrouble):
    code = "disk.read_only"


class FileDenied(DiskTrouble):
    """This account may not read or write there. params: file."""

    code = "disk.denied"


class FileInUse(DiskTrouble):
    """Another program holds the file, Excel or an antivirus scan. params: file."""

    code = "disk.in_use"


class PlaceGone(DiskTrouble):
    """The file, its folder or the stick is not there (any more). params: file."""

    code = "disk.gone"


class NameUnusable(DiskTrouble):
    """Too long, or with letters that this disk does not take. params: file."""

    code = "disk.name_unusable"


_BY_ERRNO: dict[int, type[WorkspaceError]] = {
    errno.ENOSPC: DiskFull,
    errno.EDQUOT: DiskFull,
    errno.EFBIG: DiskFull,
    errno.EROFS: DiskReadOnly,
    errno.EACCES: FileDenied,
    errno.EPERM: FileDenied,
    errno.EBUSY: FileInUse,
    errno.ETXTBSY: FileInUse,
    errno.ENOENT: PlaceGone,
    errno.ENOTDIR: PlaceGone,
    errno.ENODEV: PlaceGone,
    errno.ENXIO: PlaceGone,
    errno.ESTALE: PlaceGone,
    errno.ENAMETOOLONG: NameUnusable,
    errno.EILSEQ: NameUnusable,
    errno.EIO: DiskTrouble,
}
_BY_WINERROR: dict[int, type[WorkspaceError]] = {
    2: PlaceGone,  # file not found
    3: PlaceGone,  # path not found
    15: PlaceGone,  # invalid drive
    21: PlaceGone,  # device not ready
    53: PlaceGone,  # network path not found
    55: PlaceGone,  # device no longer available
    67: PlaceGone,  # network name not found
    433: PlaceGone,  # no such device
    1006: PlaceGone,  # volume altered while open
    1167: PlaceGone,  # device not connected
    5: FileDenied,
    19: DiskReadOnly,  # write-protected
    32: FileInUse,  # sharing violation
    33: FileInUse,  # lock violation
    1224: FileInUse,  # user-mapped section open
    39: DiskFull,  # handle disk full
    112: DiskFull,
    123: NameUnusable,  # invalid name
    206: NameUnusable,  # name or extension too long
    23: DiskTrouble,  # CRC
    1117: DiskTrouble,  # I/O device error
    1392: DiskTrouble,  # file corrupt and unreadable
    1393: DiskTrouble,  # disk structure corrupt
}
"""learn.microsoft.com/windows/win32/debug/system-error-codes; only where errno says too little."""


def disk_error(error: OSError, file: str = "") -> WorkspaceError | None:
    """Ours for what the operating system refused; None for what is no matter of disks.

    `file`: the name to tell, where the error names none. Errors of sockets, TLS and HTTP are
    OSErrors of other libraries with numbers of their own: they are never taken for a disk's.
    """
    if type(error).__module__ != "builtins":
        return None
    kind = _BY_WINERROR.get(getattr(error, "winerror", None) or 0)
    kind = kind or _BY_ERRNO.get(error.errno or 0)
    if kind is None:
        return None
    named = file or _last_part(error.filename)
    return kind(f"{type(error).__name__} {error.errno}", file=named)


def _last_part(name: object) -> str:
    text = name.decode(errors="replace") if isinstance(name, bytes) else str(name or "")
    return text.replace("\\", "/").rstrip("/").rpartition("/")[2]
