"""Practice mode in the window: made, marked as practice, begun anew, and nothing left running."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.practice.school import PIN
from app.ui.dialogs import ConfirmDialog, PinDialog
from app.ui.kit.key_card import KeyFacts
from app.ui.opening.practice import PracticeSession
from app.ui.pages.home.page import HomePage
from app.ui.pages.practice.page import STAGES, PracticePage
from app.ui.shell.ribbon import PracticeRibbon
from installer.pictures.screens_pages import settle

FACTS = KeyFacts("Lò Thị Biên", "GVCN", "", "Practice CA", date(2028, 3, 1))


def test_practice_opens_with_two_complete_classes_and_can_be_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setenv("HOCBA_HOME", str(tmp_path))
    session = PracticeSession()
    session.start()
    assert session.opening.isVisible(), "the first paint waits for nothing"
    qtbot.waitUntil(lambda: session.window is not None, timeout=90_000)
    window = session.window
    assert window is not None
    qtbot.addWidget(window)
    settle(session.runner)
    assert not session.opening.isVisible()
    assert window.findChild(PracticeRibbon) is not None
    assert not window.errors.isVisible(), "the station answers"
    home = window.page("home")
    assert isinstance(home, HomePage)
    assert home.state is not None
    assert [(c.name, c.complete, c.locked) for c in home.state.classes] == [
        ("4A", 32, False),
        ("8B", 41, False),
    ]
    assert home.state.enrolled
    assert {stage.page for stage in STAGES} <= set(window._pages)
    page = window.page("practice")
    assert isinstance(page, PracticePage)
    dialog = PinDialog(FACTS, "Ký 1 học bạ")
    page._dialogs.ask(dialog, lambda: None)
    assert PIN in dialog.field.placeholderText()
    dialog.reject()
    station = session._open.station if session._open else None
    assert station is not None
    process = station._process
    assert isinstance(process, subprocess.Popen)
    page._ask_anew()
    asked = page._dialogs.current
    assert isinstance(asked, ConfirmDialog)
    asked.accept()
    assert session.again
    assert not window.isVisible()
    session.close()
    assert process.poll() is not None, "the station ends with the window"
