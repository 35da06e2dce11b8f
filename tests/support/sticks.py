"""A school's machine and a station's desk that meet over a folder, as over a stick."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app import services
from app.department.checks import Checks
from app.department.folder import StationFolder
from app.department.record_checks import record_checks
from app.department.stick import StickDesk, TakenFile
from app.department.web import assemble
from app.model.delivery import OutboxState
from app.parcel import stick
from app.services import Services
from app.signing.trust import TrustStore
from app.sync.stick import Copied, TakenBack
from app.work import WorkContext
from tests.support.station import add_issued, open_workspace
from tests.support.station_main import examine, full, light

if sys.platform != "win32":
    import resource

    _FORK = multiprocessing.get_context("fork")
_APART = 3000


@contextmanager
def desk_of(folder: StationFolder) -> Iterator[StickDesk]:
    """In this process, beside whoever serves; records are checked as `station_main` does."""
    report = record_checks(TrustStore.shipped()).report
    station = assemble(folder, Checks(light, full, examine, report), _APART)
    try:
        yield station.stick
    finally:
        station.archive.close()
        station.keys.close()


def take_all(folder: StationFolder, place: Path) -> list[TakenFile]:
    """As the station's command does: take, check, write the receipts beside."""
    with desk_of(folder) as desk:
        taken = [(file, desk.take_file(file)) for file in stick.files_on([place], [stick.PARCEL])]
        kept = [(file, one) for file, one in taken if not one.refused]
        assert desk.check([one.sha256 for _, one in kept], 30)
        for file, one in kept:
            stick.put(file.parent / one.receipts_name, desk.receipts(one))
    return [one for _, one in taken]


def queue(made: Services, count: int, seed: int, section: str = "4A", poison: int = 0) -> list[str]:
    """The parcels' SHA-256."""
    return made.delivery.enqueue(add_issued(made.workspace, count, seed, section, poison))


def in_another_process(work: Any, *arguments: Any, largest_file: int = 0) -> Any:
    """A process to be killed, or one on a medium that takes no file above so many bytes."""

    def run() -> None:
        if largest_file:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
        work(*arguments)

    process = _FORK.Process(target=run)
    process.start()
    return process


def copy_with(made: Services, place: Path) -> Copied:
    return made.delivery.copy_to_stick(place, WorkContext())


def reopen_and_copy(path: Path, medium: Path) -> None:
    made = services.build(open_workspace(path))
    copied = copy_with(made, medium)
    assert (copied.left, copied.stopped_by) == (0, None)
    made.close()


def bring(made: Services, *paths: Path) -> TakenBack:
    return made.delivery.take_from_stick(paths, WorkContext())


def states(made: Services) -> dict[OutboxState, int]:
    return {state: count for state, count in made.delivery.outbox.counts().items() if count}


def kept_tokens(made: Services) -> set[str]:
    return {receipt.token for receipt in made.delivery.outbox.receipts()}
