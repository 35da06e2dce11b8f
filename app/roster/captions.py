"""Captions as they are compared: without diacritics, case, line breaks and marks such as (*)."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.errors import ProfileError
from app.model.text import fold

_BRACKETS = re.compile(r"\(.*?\)|\[.*?\]|\*")
_NOT_WORDS = re.compile(r"[^0-9a-z]+")


@lru_cache(maxsize=8192)
def header_key(text: str) -> str:
    """'Họ và tên\\n(*)' -> 'ho va ten'; '' when nothing is left."""
    return _NOT_WORDS.sub(" ", fold(_BRACKETS.sub(" ", text))).strip()


@lru_cache(maxsize=8192)
def whole_key(text: str) -> str:
    """The same with what stands in brackets."""
    return _NOT_WORDS.sub(" ", fold(text)).strip()


def caption_keys(text: str) -> set[str]:
    """With and without what stands in brackets."""
    return {key for key in (header_key(text), whole_key(text)) if key}


def read_toml(path: Path) -> dict[str, Any]:
    """Raises ProfileError (params: file, reason)."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProfileError(str(error), file=path.name, reason=str(error)) from error
