"""A station that starts removes what killed ones left, and nothing that a record needs."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path

from app.work import WorkContext
from tests.fixtures.stations.station import new_school, running_station

CLASS = 6


def test_a_start_removes_old_half_objects_and_those_without_a_row(tmp_path: Path) -> None:
    with running_station(tmp_path / "so") as station:
        school = new_school(tmp_path, station.folder, station.url)
        school.queue(CLASS, 1)
        assert school.engine().run(WorkContext()).verified == CLASS
        station.kill()
        objects = station.folder.path / "objects"
        (whole,) = objects.glob("*/*")
        left = [whole.with_name("0f3a.tmp"), whole.with_name("0" * 64)]
        long_ago = time.time() - 2 * 3600
        for file in left:
            file.write_bytes(b"half")
        for file in (*left, whole):
            os.utime(file, (long_ago, long_ago))
        station.start()
        assert [line["items"] for line in station.log() if line["what"] == "swept"] == [2]
        assert list(objects.glob("*/*")) == [whole]
        with closing(station.folder.open_archive()) as archive:
            for item in school.outbox.items():
                assert archive.record(item.key.record_id) is not None
        school.workspace.close()
