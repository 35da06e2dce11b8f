"""Reads TOML profiles so that every mistake is named by file, line and field.

`tomllib` forgets where a key stood; `Section` finds the line again from the path of the key.
Any station with its own TOML file (signing plan, drivers, code lists) reads it with `read`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.errors import ProfileError

LARGEST_FILE = 2_000_000
"""Bytes; the largest profile that is read at all."""

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*([A-Za-z0-9_.\-"']+)\s*=""")
_SYNTAX_LINE = re.compile(r"at line (\d+)")

Path_ = tuple[str | int, ...]


def _keys(dotted: str) -> Path_:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def line_of(text: str, path: Path_) -> int:
    """Line (from 1) of the key at `path`, or of the nearest thing around it that has a line."""
    best, best_length = 1, 0
    here: Path_ = ()
    counts: dict[Path_, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            here = _keys(header[2])
            if header[1] == "[[":
                counts[here] = counts.get(here, -1) + 1
                here = (*here, counts[here])
            else:
                parents = [key for key in counts if here[: len(key)] == key]
                for parent in sorted(parents, key=len, reverse=True)[:1]:
                    here = (*parent, counts[parent], *here[len(parent) :])
            found = here
        elif key := _KEY.match(line):
            found = (*here, *_keys(key[1]))
        else:
            continue
        shared = min(len(found), len(path))
        if shared > best_length and path[:shared] == found[:shared]:
            best, best_length = number, shared
    return best


class Section:
    """One table of a profile. Each reading method takes a key and checks its value.

    Every method raises `ProfileError(file=, line=, field=, reason=)`; `finish` raises it for keys
    that nobody asked for, so that a misspelt key is never quietly ignored.
    """

    def __init__(self, file: Path, text: str, data: Mapping[str, Any], path: Path_ = ()) -> None:
        self.file, self._text, self._data, self._path = file, text, data, path
        self._read: set[str] = set()

    def error(self, key: str, reason: str) -> ProfileError:
        """The error to raise about `key` ("" for the section itself)."""
        path = (*self._path, key) if key else self._path
        field = "".join(f"[{p + 1}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
        line = line_of(self._text, path)
        return ProfileError(
            f"{self.file.name}:{line}: {field}: {reason}",
            file=self.file.name,
            line=line,
            field=field,
            reason=reason,
        )

    def has(self, key: str) -> bool:
        return key in self._data

    def has_table(self, key: str) -> bool:
        return isinstance(self._data.get(key), dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Every key of the section."""
        return tuple(self._data)

    def _value(self, key: str) -> Any:
        self._read.add(key)
        if key not in self._data:
            raise self.error(key, "thiếu trường này")
        return self._data[key]

    def text(self, key: str, default: str | None = None, *, among: Collection[str] = ()) -> str:
        """Text that is not empty, one of `among` where that is given."""
        if default is not None and key not in self._data:
            return default
        value = self._value(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, "phải là chữ, không để trống")
        if among and value not in among:
            raise self.error(key, f"phải là một trong: {', '.join(among)}")
        return value

    def integer(
        self, key: str, default: int | None = None, *, low: int = 0, high: int = 10**6
    ) -> int:
        if default is not None and key not in self._data:
            return default
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.error(key, f"phải là số nguyên từ {low} đến {high}")
        return value

    def decimal(self, key: str, *, low: int = 0, high: int = 10) -> Decimal:
        """A number between `low` and `high`, exact as written."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.error(key, "phải là số")
        number = Decimal(value)
        if not (number.is_finite() and low <= number <= high):
            raise self.error(key, f"phải là số từ {low} đến {high}")
        return number

    def boolean(self, key: str, default: bool | None = None) -> bool:
        if default is not None and key not in self._data:
            return default
        value = self._value(key)
        if not isinstance(value, bool):
            raise self.error(key, "phải là true hoặc false")
        return value

    def texts(
        self, key: str, default: tuple[str, ...] | None = None, *, among: Collection[str] = ()
    ) -> tuple[str, ...]:
        """A list of different, non-empty texts."""
        if default is not None and key not in self._data:
            return default
        values = self._list(key)
        if not all(isinstance(v, str) and v.strip() for v in values):
            raise self.error(key, "phải là danh sách chữ")
        for value in values:
            if among and value not in among:
                raise self.error(key, f"“{value}” không thuộc: {', '.join(among)}")
        return tuple(values)

    def integers(
        self, key: str, default: tuple[int, ...] | None = None, *, low: int, high: int
    ) -> tuple[int, ...]:
        """A list of different whole numbers."""
        if default is not None and key not in self._data:
            return default
        values = self._list(key)
        if not all(type(v) is int and low <= v <= high for v in values):
            raise self.error(key, f"phải là danh sách số nguyên từ {low} đến {high}")
        return tuple(values)

    def _list(self, key: str) -> list[Any]:
        values = self._value(key)
        if not isinstance(values, list) or not values:
            raise self.error(key, "phải là danh sách có ít nhất một phần tử")
        if len({str(v) for v in values}) != len(values):
            raise self.error(key, "có phần tử lặp lại")
        return values

    def section(self, key: str) -> Section:
        value = self._value(key)
        if not isinstance(value, dict):
            raise self.error(key, "phải là một bảng")
        return Section(self.file, self._text, value, (*self._path, key))

    def sections(self, key: str) -> tuple[Section, ...]:
        """The tables of `[[key]]`, at least one."""
        value = self._value(key)
        if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
            raise self.error(key, "phải là danh sách bảng [[…]], có ít nhất một bảng")
        return tuple(
            Section(self.file, self._text, item, (*self._path, key, number))
            for number, item in enumerate(value)
        )

    def finish(self) -> None:
        """Refuse keys that no reading method asked for."""
        for key in self._data:
            if key not in self._read:
                raise self.error(key, "không có trường nào tên như vậy")


def read(file: Path) -> Section:
    """The whole file as one section. Raises `ProfileError` when it cannot be read as TOML."""
    try:
        with file.open("rb") as stream:
            raw = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise _broken(file, 0, "không đọc được tệp") from error
    return parse(file, raw)


def parse(file: Path, raw: bytes) -> Section:
    """As `read`, of a file whose content is at hand; `file` is only named in errors."""
    if len(raw) > LARGEST_FILE:
        raise _broken(file, 0, "tệp quá lớn")
    try:
        text = raw.decode("utf-8-sig")
        data = tomllib.loads(text, parse_float=Decimal)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _broken(file, line, "không phải UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX_LINE.search(str(error))
        line = int(found[1]) if found else len(text.splitlines())
        raise _broken(file, line, f"sai cú pháp TOML ({error})") from error
    except RecursionError as error:
        raise _broken(file, 0, "lồng nhau quá sâu") from error
    return Section(file, text, data)


def _broken(file: Path, line: int, reason: str) -> ProfileError:
    return ProfileError(
        f"{file.name}:{line}: {reason}", file=file.name, line=line, field="", reason=reason
    )
