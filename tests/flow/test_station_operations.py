"""What operate.md tells the people who run a station: rehearsed with the files that they get."""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.department.store.folder import load_folder
from app.work import WorkContext
from tests.fixtures.access import others_may_read
from tests.fixtures.stations.postgres import new_database
from tests.fixtures.stations.station import School, StationProcess, new_school, running_station

ROOT = Path(__file__).parents[2]
FILES = ROOT / "installer" / "department"


def sent_by(tmp_path: Path, station: StationProcess) -> School:
    (tmp_path / "school").mkdir()
    school = new_school(tmp_path / "school", station.folder, station.url)
    school.queue(25, seed=7)
    assert school.engine().run(WorkContext()).verified == 25
    return school


def backup(station: Path, target: Path) -> Path:
    done = subprocess.run(
        [FILES / "backup.sh", station, target], capture_output=True, text=True, check=True
    )
    return Path(done.stdout.strip().splitlines()[-1])


def restore(*arguments: object, code: int = 0) -> str:
    done = subprocess.run(
        [FILES / "restore.sh", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stderr


def kept(folder: Path, school: School) -> list[bytes]:
    with closing(load_folder(folder).open_archive()) as archive:
        found = [archive.record(item.key.record_id) for item in school.outbox.items()]
        return [one.item.xml for one in found if one is not None]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_of_a_running_station_comes_back_whole(tmp_path: Path, kind: str) -> None:
    database = new_database() if kind == "postgresql" else ""
    with running_station(tmp_path / "so", database=database) as station:
        school = sent_by(tmp_path, station)
        copy = backup(station.folder.path, tmp_path / "copies")
        expected = kept(station.folder.path, school)
    assert len(expected) == 25
    assert not others_may_read(copy)
    again = tmp_path / "again"
    restore(copy, again, *([new_database()] if database else []))
    assert kept(again, school) == expected
    assert not others_may_read(again / "receipt.key")
    moved = StationProcess(load_folder(again), port=station.port)
    moved.start()
    try:  # the school goes on with the address and the keys that it has
        school.queue(5, seed=8, section="4B")
        assert school.engine().run(WorkContext()).verified == 5
    finally:
        assert moved.stop() == 0
    school.workspace.close()


def test_a_damaged_backup_is_refused_and_nothing_is_overwritten(tmp_path: Path) -> None:
    with running_station(tmp_path / "so") as station:
        copy = backup(station.folder.path, tmp_path / "copies")
    assert "there already" in restore(copy, tmp_path / "so", code=1)
    with (copy / "folder.tar").open("r+b") as file:
        file.seek(600)
        file.write(b"x")
    restore(copy, tmp_path / "again", code=1)
    assert not (tmp_path / "again").exists()


def test_while_a_station_is_replaced_nobody_is_refused(tmp_path: Path) -> None:
    """systemd holds the port: who comes in between waits for the new one."""
    with running_station(tmp_path / "so") as station:
        folder = station.folder.path
    with socket.create_server(("127.0.0.1", 0), backlog=16) as port:
        with handed(folder, port) as old:
            assert ping(port.getsockname()) == 200
            old.terminate()
            old.wait(30)
        with (
            socket.create_connection(port.getsockname()) as waiting,
            handed(folder, port) as new,
        ):
            assert ask(waiting) == 200
            new.terminate()
            assert new.wait(30) == 0


_AS_SYSTEMD_DOES = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.set_inheritable(3, True)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


def handed(folder: Path, port: socket.socket) -> subprocess.Popen[bytes]:
    serve = ("-m", "app", "department", "serve", "--dir", folder)
    return subprocess.Popen(
        [sys.executable, "-c", _AS_SYSTEMD_DOES, str(port.fileno()), *map(str, serve)],
        pass_fds=[port.fileno()],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )


def ping(address: tuple[str, int]) -> int:
    with socket.create_connection(address) as plain:
        return ask(plain)


def ask(plain: socket.socket) -> int:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(plain) as secure:
        secure.sendall(b"GET /v1/health HTTP/1.1\r\nHost: so\r\nConnection: close\r\n\r\n")
        return int(secure.recv(12).split()[1])


def test_what_is_watched_is_what_the_station_tells(tmp_path: Path) -> None:
    with running_station(tmp_path / "so") as station:
        sent_by(tmp_path, station).workspace.close()
        context = ssl.create_default_context(cafile=str(station.folder.path / "ca.crt"))
        with (
            socket.create_connection(("127.0.0.1", station.port)) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            secure.sendall(b"GET /v1/metrics HTTP/1.1\r\nHost: so\r\nConnection: close\r\n\r\n")
            told = b"".join(iter(lambda: secure.recv(65536), b"")).decode()
    names = set(re.findall(r"^(hocba_\w+)", told, re.MULTILINE))
    board = json.loads((FILES / "grafana-dashboard.json").read_text("utf-8"))
    asked = " ".join(target["expr"] for panel in board["panels"] for target in panel["targets"])
    asked += (FILES / "alerts.yml").read_text("utf-8")
    wanted = set(re.findall(r"hocba_\w+", asked))
    assert wanted
    assert wanted - names == set()


def test_the_service_starts_what_there_is() -> None:
    unit = (FILES / "hocba-station.service").read_text("utf-8")
    [start] = re.findall(r"^ExecStart=\S+hocba (.*)$", unit, re.MULTILINE)
    words = start.split()
    done = subprocess.run(
        [sys.executable, "-m", "app", *words[:2], "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert [word for word in words if word.startswith("--") and word not in done.stdout] == []
