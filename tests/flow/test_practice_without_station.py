"""Practice in a copy of the program that has no station, as the desktop installer makes it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from app.cli import run
from app.errors import StationNotInstalled
from app.practice.opening import open_practice
from app.practice.setup import PracticePlace
from app.work import WorkContext

pytestmark = pytest.mark.usefixtures("without_station")


@pytest.fixture
def without_station(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)  # as if it were not installed


def test_the_journey_ends_at_the_signed_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["practice", "--headless", "--to", str(tmp_path)]) == 0
    assert "không có trạm của Sở" in capsys.readouterr().out
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert (summary["records"], summary["parcels"]) == (73, 0)
    assert len(list((tmp_path / "records").glob("*.xml"))) == 73


def test_the_window_opens_and_says_what_is_missing_and_a_later_copy_makes_the_station(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = PracticePlace(tmp_path / "practice")
    opened = open_practice(place, WorkContext())
    opened.close()
    assert isinstance(opened.station_error, StationNotInstalled)
    assert opened.station is None
    monkeypatch.undo()
    again = open_practice(place, WorkContext())
    try:
        assert again.station_error is None
        assert again.services.delivery.enrolled
    finally:
        again.close()
