"""A station that keeps its records in an S3-compatible store, and what can go wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli import run
from app.department.ops.metrics import condition
from app.department.store.folder import StationFolder, init_folder, load_folder
from app.department.store.s3_objects import open_s3
from app.errors import (
    AppError,
    ObjectStoreMissing,
    ObjectStoreRefused,
    ObjectStoreUnreachable,
    RecordDamaged,
    StationBusy,
    StationFolderInvalid,
)
from app.work import WorkContext
from tests.fixtures.stations.proxy import Proxy
from tests.fixtures.stations.s3 import S3Server, s3_server
from tests.fixtures.stations.station import StationProcess, new_school

CLASS = 5


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as running:
        yield running


def station_folder(path: Path, server: S3Server, address: str = "") -> StationFolder:
    folder = init_folder(path / "so", "Sở thử", objects=address or server.address)
    server.write_credentials(folder.path)
    return folder


def test_a_class_goes_to_the_object_store_and_comes_back_from_it(
    tmp_path: Path, server: S3Server
) -> None:
    folder = station_folder(tmp_path, server)
    station = StationProcess(folder)
    station.start()
    school = new_school(tmp_path, folder, station.url)
    school.queue(CLASS, 1)
    assert school.engine().run(WorkContext()).verified == CLASS
    assert not (folder.path / "objects").exists()
    archive = folder.open_archive()
    for item in school.outbox.items():
        kept = archive.record(item.key.record_id)
        assert kept is not None
        assert kept.item.key == item.key
    with archive.reads.connect() as db:
        (name,) = set(db.exec_driver_sql("SELECT object FROM record").scalars())
    assert f"so/{name[:2]}/{name}" in server.names()
    archive.close()
    school.workspace.close()
    assert station.stop() == 0


def test_a_store_that_dies_in_the_middle_of_an_upload_costs_nothing_but_time(
    tmp_path: Path,
) -> None:
    with s3_server() as server:
        between = Proxy(server.port)
        between.start()
        address = between.url.replace("https", "s3+http") + "/hoc-ba"
        folder = station_folder(tmp_path, server, address)
        station = StationProcess(folder)
        station.start()
        school = new_school(tmp_path, folder, station.url)
        school.queue(CLASS, 2)
        between.network.cut_after_sent = [1500] * 40  # in the body, at every attempt
        report = school.engine(patience=1).run(WorkContext())
        assert isinstance(report.stopped_by, StationBusy)
        assert between.cuts > 0
        between.network.cut_after_sent = []
        server.stop()
        school.outbox.hurry()
        assert isinstance(school.engine(patience=1).run(WorkContext()).stopped_by, StationBusy)
        archive = folder.open_archive()
        assert archive.counts() == {}
        server.start()
        server.write_credentials(folder.path)
        assert station.stop() == 0
        station.start()
        school.outbox.hurry()
        assert school.engine().run(WorkContext()).verified == CLASS
        assert archive.counts() == {"verified": CLASS}
        archive.close()
        school.workspace.close()
        between.stop()
        assert station.stop() == 0


def refusal(folder: StationFolder) -> AppError:
    archive = folder.open_archive()
    with pytest.raises(AppError) as refused:
        archive.bytes.objects.check()
    archive.close()
    return refused.value


def test_what_is_wrong_with_the_store_is_named_before_anyone_connects(
    tmp_path: Path, server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    folder = station_folder(tmp_path, server)
    server.write_credentials(folder.path, secret="không phải mật khẩu")
    assert isinstance(refusal(folder), ObjectStoreRefused)
    (folder.path / "objects.ini").unlink()
    with pytest.raises(ObjectStoreRefused):
        folder.open_archive()
    missing = station_folder(tmp_path / "b", server, server.address.replace("hoc-ba", "khong-co"))
    assert isinstance(refusal(missing), ObjectStoreMissing)
    dead = station_folder(tmp_path / "c", server, "s3+http://127.0.0.1:9/hoc-ba")
    assert isinstance(refusal(dead), ObjectStoreUnreachable)


@pytest.mark.parametrize(
    "address", ["http://h/b", "s3+https://h", "s3+https://key:secret@h/b", "s3+https://[::1/b"]
)
def test_an_address_that_names_no_store_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(StationFolderInvalid):
        open_s3(address, tmp_path)


def test_the_command_says_what_is_wrong_and_never_the_secret(
    tmp_path: Path, server: S3Server, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = station_folder(tmp_path, server)
    server.write_credentials(folder.path, secret="bi-mat-cua-kho")
    assert run(["department", "serve", "--dir", str(folder.path), "--port", "0"]) == 1
    said = "".join(capfd.readouterr())
    assert "tài khoản" in said
    assert "bi-mat-cua-kho" not in said
    assert server.key not in said


def test_credentials_come_from_the_environment_too(
    tmp_path: Path, server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret)
    store = open_s3(server.address, tmp_path)
    store.check()
    assert server.secret not in repr(store)


def test_a_store_that_is_gone_shows_in_the_stations_health(
    tmp_path: Path, server: S3Server
) -> None:
    folder = station_folder(tmp_path, server)
    archive = folder.open_archive()
    assert condition(archive, folder.path) == {"ok": True, "records": {}}
    archive.close()
    dead = station_folder(tmp_path / "c", server, "s3+http://127.0.0.1:9/hoc-ba")
    archive = dead.open_archive()
    assert condition(archive, dead.path) == {"ok": False, "records": {}, "problem": "objects"}
    archive.close()


def test_a_damaged_object_is_said_so_and_the_others_are_checked(tmp_path: Path) -> None:
    folder = init_folder(tmp_path / "so", "Sở thử")
    station = StationProcess(folder)
    station.start()
    school = new_school(tmp_path, folder, station.url)
    school.queue(2, 3, section="4A")
    assert school.engine().run(WorkContext()).verified == 2
    bad = school.outbox.items()[0].key
    archive = folder.open_archive()
    with archive.reads.connect() as db:
        (name,) = set(db.exec_driver_sql("SELECT object FROM record").scalars())
    place = folder.path / "objects" / name[:2] / name
    place.write_bytes(bytes(len(place.read_bytes())))
    with pytest.raises(RecordDamaged):
        archive.record(bad.record_id)
    school.queue(1, 4, section="4B")  # in the meantime the damaged ones are checked again
    with archive.engine.begin() as db:
        db.exec_driver_sql("UPDATE record SET stage = 'received', claimed_until = 0")
    assert school.engine().run(WorkContext()).verified == 1
    archive.close()
    school.workspace.close()
    assert station.stop() == 0
    assert any(line["what"] == "record damaged" for line in station.log())


def test_the_settings_that_hold_a_password_are_the_owners_only(tmp_path: Path) -> None:
    folder = init_folder(tmp_path / "so", "Sở thử", objects="s3+https://kho/hoc-ba")
    assert (folder.path / "station.json").stat().st_mode & 0o077 == 0
    assert json.loads((folder.path / "station.json").read_text())["objects"]
    assert load_folder(folder.path).objects == "s3+https://kho/hoc-ba"
