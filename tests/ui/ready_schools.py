"""Workspaces made once per session; each test works on a copy of its own."""

from __future__ import annotations

import pytest

from installer.pictures.screens_pages import filled_school, new_school
from tests.ui.school_copies import ReadySchool, made_ready


@pytest.fixture(scope="session")
def empty_base(tmp_path_factory: pytest.TempPathFactory) -> ReadySchool:
    """Nobody, no class."""
    return made_ready(tmp_path_factory.mktemp("empty"), new_school)


@pytest.fixture(scope="session")
def filled_base(tmp_path_factory: pytest.TempPathFactory) -> ReadySchool:
    """4A complete, 8B with a few marks missing."""
    return made_ready(tmp_path_factory.mktemp("filled"), filled_school)
