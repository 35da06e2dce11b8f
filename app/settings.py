"""Where this machine keeps Hocba's data. `HOCBA_HOME` moves it (tests, a stick, a server)."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """The folder of real workspaces; practice data lies in a folder of its own beside them."""
    chosen = os.environ.get("HOCBA_HOME")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("Hocba", appauthor=False))


def state() -> Path:
    """What the program notes about itself (the log); nothing of a school's."""
    chosen = os.environ.get("HOCBA_HOME")
    if chosen:
        return Path(chosen) / "state"
    return Path(platformdirs.user_state_dir("Hocba", appauthor=False))


def workspace() -> Path:
    return home() / "school.hocba"


def practice() -> Path:
    return home() / "practice"
