"""What ships with the program: profiles, forms, schemas, fonts, icons; and the station, or not."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path


def _root() -> Path:
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen:
        return Path(frozen) / "resources"
    here = Path(__file__).resolve().parent
    installed = here / "_resources"
    return installed if installed.is_dir() else here.parent / "resources"


ROOT = _root()


def path(*parts: str) -> Path:
    """Path of a shipped file or folder, e.g. `path("profiles")`."""
    return ROOT.joinpath(*parts)


def has_station() -> bool:
    """The desktop installer leaves the department's station out: it is an extra of its own."""
    return all(find_spec(name) for name in ("app.department", "fastapi", "sqlalchemy", "uvicorn"))
