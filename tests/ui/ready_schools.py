"""Workspaces made once per session and copied: what they hold, without the wait for their keys."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import services
from app.services import Services
from app.store import Workspace
from tests.support.screens_pages import filled_school, new_school


@dataclass(frozen=True, slots=True)
class ReadySchool:
    """A closed workspace with the key that opens its copies."""

    folder: Path
    key: bytes
    user: str

    def copy_to(self, folder: Path) -> Services:
        folder.mkdir(parents=True, exist_ok=True)
        for file in self.folder.glob("school.hocba*"):
            shutil.copy(file, folder / file.name)
        return services.build(Workspace(folder / "school.hocba", self.key, self.user))


def _ready(folder: Path, make: Callable[[Path], Services]) -> ReadySchool:
    made = make(folder)
    ready = ReadySchool(folder, made.workspace._key, made.workspace.user)
    made.close()
    return ready


@pytest.fixture(scope="session")
def empty_base(tmp_path_factory: pytest.TempPathFactory) -> ReadySchool:
    """Nobody, no class."""
    return _ready(tmp_path_factory.mktemp("empty"), new_school)


@pytest.fixture(scope="session")
def filled_base(tmp_path_factory: pytest.TempPathFactory) -> ReadySchool:
    """4A complete, 8B with a few marks missing."""
    return _ready(tmp_path_factory.mktemp("filled"), filled_school)
