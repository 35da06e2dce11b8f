"""A closed workspace to copy: what it holds, without the wait for its keys."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app import services
from app.services import Services
from app.store import Workspace


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


def made_ready(folder: Path, make: Callable[[Path], Services]) -> ReadySchool:
    made = make(folder)
    ready = ReadySchool(folder, made.workspace._key, made.workspace.user)
    made.close()
    return ready
