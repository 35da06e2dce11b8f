"""Copies of a practice workspace, and its people's signatures."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from app import services as composition
from app.model.signing import SignerRole
from app.practice import keys
from app.practice.school import PASSPHRASE, PIN
from app.practice.setup import PracticePlace
from app.services import Services
from app.signing.keys.key_choice import fitting
from app.store import Workspace

Copier = Callable[[PracticePlace], Services]


def open_copy(base: PracticePlace, folder: Path, keys_at: Path | None = None) -> Services:
    """Services on a copy of `base`'s workspace, with the practice keys."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in base.folder.glob("school.hocba*"):
        shutil.copy(file, folder / file.name)
    at = keys_at or base.keys
    if not (folder / "keys").exists():
        shutil.copytree(at, folder / "keys")  # Windows lets not everybody make links
    return composition.build(
        Workspace.open(folder / "school.hocba", PASSPHRASE),
        keys=keys.sources(at),
        trust_folders=(at / "trust",),
        practice=True,
    )


def sign_all(made: Services, *roles: SignerRole) -> None:
    """Everyone of these roles signs what waits, with the practice PIN.

    What must not be issued yet stays where it is.
    """
    choices, _ = made.keys.find()
    for role in roles:
        for waiting in made.signing.waiting(role):
            key = fitting(choices, waiting.signer, made.now())[0]
            with key.open(PIN) as opened:
                report = made.signing.sign(waiting.heads, role, opened)
                assert report.stopped_by is None
                if role is SignerRole.SCHOOL:
                    made.signing.seal(waiting.heads, opened)
