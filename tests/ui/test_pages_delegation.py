"""Who signs in the principal's slot is chosen for a school year, with the written authority."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.model.people import Delegation
from app.practice.setup import PracticePlace
from app.ui.dialogs import DialogService
from app.ui.pages.settings.delegation import DelegationPart
from app.ui.shell.task_runner import TaskRunner
from tests.ui.practice_school import Copier

pytest_plugins = ["tests.ui.practice_services"]

YEAR = "2026-2027"


def test_a_teacher_signs_only_with_number_and_date_of_the_authority(
    qtbot: QtBot, runner: TaskRunner, copy_of: Copier, practice_base: PracticePlace
) -> None:
    made = copy_of(practice_base)
    window = QWidget()
    qtbot.addWidget(window)
    part = DelegationPart(made, runner, DialogService(window))
    qtbot.addWidget(part)
    part.show()
    part.load()
    qtbot.waitUntil(lambda: not runner.busy() and part.person.count() > 1, timeout=15_000)
    part.person.setCurrentIndex(part.person.findData("gv10"))
    part.keep()
    assert not runner.busy()  # said below the fields; nothing is kept
    part.number.setText("12/UQ-THCS")
    part.issued_on.setText("20/05/2027")
    part.keep()
    qtbot.waitUntil(lambda: not runner.busy(), timeout=15_000)
    given = made.signatories.delegation(YEAR)
    assert given == Delegation(YEAR, "gv10", "12/UQ-THCS", "2027-05-20")
    assert made.workspace.here().people.roster("4A").principal.id == "gv10"
