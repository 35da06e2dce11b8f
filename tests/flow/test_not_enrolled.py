"""A machine that the department does not know yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import services
from app.errors import NotEnrolled
from tests.fixtures.stations.station import open_workspace
from tests.fixtures.stations.sticks import bring, copy_with


def test_a_machine_that_is_not_enrolled_neither_copies_nor_takes(tmp_path: Path) -> None:
    made = services.build(open_workspace(tmp_path / "school.hocba"))
    with pytest.raises(NotEnrolled):
        copy_with(made, tmp_path)
    with pytest.raises(NotEnrolled):
        bring(made, tmp_path)
    made.close()
