"""A practice workspace, made once per session; each test works on a copy of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget

from app.model.signing import SignerRole
from app.practice.school import CLASSES
from app.practice.setup import PracticePlace, enrol_roster, enter_marks, prepare
from app.services import Services
from app.ui.dialogs import DialogService
from app.ui.shell.task_runner import TaskRunner
from app.work import WorkContext
from tests.ui.practice_school import Copier, open_copy, sign_all


@pytest.fixture(scope="session")
def practice_base(tmp_path_factory: pytest.TempPathFactory) -> PracticePlace:
    """People, two classes with all marks, keys; nothing locked."""
    place = PracticePlace(tmp_path_factory.mktemp("practice"))
    made = prepare(place, WorkContext())
    for each in CLASSES:
        enrol_roster(made, each)
        enter_marks(made, each)
    made.close()
    return place


@pytest.fixture(scope="session")
def locked_base(
    practice_base: PracticePlace, tmp_path_factory: pytest.TempPathFactory
) -> PracticePlace:
    """The same with class 4A locked: its homeroom teacher is next."""
    made = open_copy(practice_base, tmp_path_factory.mktemp("locked"))
    made.records.lock("4A")
    made.close()
    return PracticePlace(made.workspace.path.parent)


@pytest.fixture
def copy_of(tmp_path: Path, runner: TaskRunner) -> Iterator[Copier]:
    """Open a copy of a base; it is closed when the lanes are at rest."""
    opened: list[Services] = []

    def make(base: PracticePlace) -> Services:
        made = open_copy(base, tmp_path / f"copy{len(opened)}")
        opened.append(made)
        return made

    yield make
    runner.shutdown()
    for made in opened:
        made.close()


@pytest.fixture
def dialogs(qapp: object) -> Iterator[DialogService]:
    window = QWidget()
    yield DialogService(window)
    window.deleteLater()


@pytest.fixture(scope="session")
def issued_base(
    locked_base: PracticePlace, tmp_path_factory: pytest.TempPathFactory
) -> PracticePlace:
    """Class 4A is issued; nothing is queued."""
    made = open_copy(locked_base, tmp_path_factory.mktemp("issued"))
    sign_all(made, SignerRole.HOMEROOM, SignerRole.PRINCIPAL, SignerRole.SCHOOL)
    made.close()
    return PracticePlace(made.workspace.path.parent)
