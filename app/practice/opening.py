"""Practice mode for a person: everything up to where the journey begins, and the station."""

from __future__ import annotations

from dataclasses import dataclass

from app import clock, log
from app.errors import AppError, NetworkDown
from app.practice.school import CLASSES, PracticeClass
from app.practice.setup import PracticePlace, enrol_roster, enter_marks, prepare, start_station
from app.practice.station import PracticeStation
from app.services import Services
from app.work import WorkContext


@dataclass(frozen=True, slots=True)
class OpenPractice:
    """`station` is None when it did not start; `station_error` says why."""

    services: Services
    station: PracticeStation | None = None
    station_error: AppError | None = None

    def close(self) -> None:
        if self.station is not None:
            self.station.stop()
        self.services.close()


def open_practice(
    place: PracticePlace, context: WorkContext, now: clock.Clock = clock.now
) -> OpenPractice:
    """The practice school with its classes and marks, nothing locked at first; and its station.

    Can be called again after an interruption. Raises what `prepare` raises, Cancelled.
    """
    made = prepare(place, context, now)
    try:
        for number, each in enumerate(CLASSES):
            context.step(number, len(CLASSES) + 1, f"lớp {each.section.name}")
            _fill(made, each)
        context.step(len(CLASSES), len(CLASSES) + 1, "trạm của Sở")
        try:
            return OpenPractice(made, _station(made, place))
        except (AppError, OSError) as error:
            log.problem("practice.no_station", error)
            told = error if isinstance(error, AppError) else AppError(str(error))
            return OpenPractice(made, station_error=told)
    except BaseException:
        made.close()
        raise


def _station(made: Services, place: PracticePlace) -> PracticeStation:
    """What a killed window left behind may still hold the port: a new one is taken then."""
    try:
        return start_station(made, place)
    except NetworkDown:
        (place.station / "port.json").unlink(missing_ok=True)
        return start_station(made, place)


def _fill(made: Services, each: PracticeClass) -> None:
    store = made.workspace.here()
    if not store.people.enrollments(each.section.id):
        enrol_roster(made, each)
    if not store.gradebook.cells(each.section.id):
        enter_marks(made, each)
