"""Rules in one file: a zip of profiles as `resources/profiles` holds them.

In it may stand assessment profiles (`type = "assessment"`), the list of provinces, and the list of
token drivers. Not the signing order: whether a record has all its signatures must come out the
same for everybody who checks it, also where nobody has this department's pack.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

from app.errors import PackInvalid, ProfileError
from app.profile import Profiles, load_files, parse
from app.signing.keys.token_drivers import (
    DriverProfile,
    read_driver_profile,
    shipped_driver_profile,
)

DRIVERS = "tokens.toml"
PROVINCES = "provinces.toml"
LARGEST_FILE = 256 * 1024
_MOST_FILES = 32
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}\.toml")
_DRIVER_FILE = re.compile(r"[A-Za-z0-9_*?+-][A-Za-z0-9_.*?+-]*")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_WHOLE = "gói quy định"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a pack brings: profiles, drivers (None: the pack has none), names of its files."""

    profiles: Profiles
    """What was known, joined with what the pack brings."""
    brought: Profiles
    """The pack alone."""
    drivers: DriverProfile | None
    names: tuple[str, ...]


def make_pack(files: Mapping[str, bytes]) -> bytes:
    """The same bytes for the same files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as pack:
        for name in sorted(files):
            pack.writestr(zipfile.ZipInfo(name), files[name], zipfile.ZIP_DEFLATED, 9)
    return target.getvalue()


def read_rules(content: bytes, known: Profiles) -> Rules:
    """Everything in the pack, read to the end. Raises PackInvalid(file, line, reason)."""
    files = read_pack(content)
    try:
        for name, data in files.items():
            _check_kind(name, data)
        brought = load_files({n: data for n, data in files.items() if n != DRIVERS})
        drivers = _drivers(files[DRIVERS]) if DRIVERS in files else None
        return Rules(known.joined(brought), brought, drivers, tuple(files))
    except ProfileError as error:
        told = error.params
        raise PackInvalid(
            error.detail, file=told["file"], line=told["line"], reason=_reason(told)
        ) from error


def read_pack(content: bytes) -> dict[str, bytes]:
    """File names and contents, within bounds. Raises PackInvalid."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as pack:
            entries = pack.infolist()
            if not 0 < len(entries) <= _MOST_FILES:
                raise _invalid(_WHOLE, f"cần từ 1 đến {_MOST_FILES} tệp")
            files = {entry.filename: _file(pack, entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError) as error:
        raise _invalid(_WHOLE, "không phải tệp .zip, hoặc bị hỏng") from error
    except (ValueError, EOFError) as error:
        raise _invalid(_WHOLE, "tệp .zip bị hỏng") from error
    if len(files) != len(entries):
        raise _invalid(_WHOLE, "có hai tệp trùng tên")
    return files


def _file(pack: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if not _NAME.fullmatch(entry.filename):
        raise _invalid(entry.filename[:80], "tên tệp phải như tt22-2021.toml, không có thư mục")
    if entry.flag_bits & 1 or entry.compress_type not in _METHODS:
        raise _invalid(entry.filename, "tệp .zip có mật khẩu hoặc kiểu nén lạ")
    with pack.open(entry) as stream:
        data = stream.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise _invalid(entry.filename, "tệp quá lớn")
    return data


def _check_kind(name: str, data: bytes) -> None:
    """A file that nobody would read is a mistake, not to be passed over."""
    section = parse(Path(name), data)
    kind = section.text("type") if section.has("type") else ""
    if name != DRIVERS and kind != "assessment" and (kind, name) != ("codes", PROVINCES):
        raise section.error("type", "loại tệp này không phát hành qua gói quy định được")


def _drivers(data: bytes) -> DriverProfile:
    """A driver's code runs on the machine: only from folders that the system guards."""
    found = read_driver_profile(DRIVERS, data)
    patterns = [pattern for _, files in found.vendors for pattern in files]
    if not set(found.folders) <= set(shipped_driver_profile().folders):
        raise _invalid(DRIVERS, "có thư mục ngoài danh sách của phần mềm")
    if not all(isinstance(one, str) and _DRIVER_FILE.fullmatch(one) for one in patterns):
        raise _invalid(DRIVERS, "có tên tệp trình điều khiển lạ")
    if not all(isinstance(n, float) and 1 <= n <= 600 for n in astuple(found.patience)):
        raise _invalid(DRIVERS, "thời gian chờ phải từ 1.0 đến 600.0 giây")
    return found


def _reason(told: Mapping[str, object]) -> str:
    return f"{told['field']}: {told['reason']}" if told.get("field") else str(told["reason"])


def _invalid(file: str, reason: str) -> PackInvalid:
    return PackInvalid(f"{file}: refused", file=file, line=0, reason=reason)
