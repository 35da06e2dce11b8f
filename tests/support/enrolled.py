"""A school as the window has it, enrolled with a station of a test."""

from __future__ import annotations

from pathlib import Path

from app import services
from app.model.people import School
from app.services import Services
from tests.support.parcels import SCHOOL
from tests.support.station import StationProcess, enrol, open_workspace


def enrolled_school(folder: Path, station: StationProcess, code: str = SCHOOL) -> Services:
    folder.mkdir(exist_ok=True)
    workspace = open_workspace(folder / "school.hocba")
    workspace.here().people.save_school(
        School(code, f"Trường {code}", "79", "Sở thử", "Xã thử", "Tỉnh thử", "79")
    )
    made = services.build(workspace)
    answer = enrol(station.folder, made.delivery.device(), station.url)
    made.delivery.accept_enrolment(answer.token.encode())
    return made
