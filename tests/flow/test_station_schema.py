"""The station's database over the years: old ones are brought on, newer ones left alone."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, MetaData, inspect, text

from app.department.pages.coverage import Coverage
from app.department.store import migrations
from app.department.store.archive import Archive
from app.department.store.objects import FolderObjects
from app.department.store.officials import Officials
from app.department.store.tables import metadata, open_engine, prepare_sqlite
from app.errors import AppError, StationTooOld
from tests.fixtures.schools.parcels import SCHOOL
from tests.fixtures.stations.postgres import new_database

FIRST = Path(__file__).parents[1] / "data" / "station-v1"
KINDS = ["sqlite", "postgresql"]
RECORDS = 2


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_database() if request.param == "postgresql" else f"sqlite:///{tmp_path / 's.db'}"


@pytest.fixture
def first(empty: str) -> str:
    return filled(empty)


def filled(empty: str) -> str:
    """As the first program left it, with two records and all that belongs to them."""
    kind = empty.partition("+")[0].partition(":")[0]
    script = (FIRST / f"{kind}.sql").read_text("utf-8")
    if kind == "sqlite":
        database = sqlite3.connect(empty.removeprefix("sqlite:///"))
        database.executescript(script)
        database.close()
    else:
        with psycopg.connect(empty.replace("+psycopg", ""), autocommit=True) as db:
            db.execute(script.encode())
    return empty


def shape(engine: Engine) -> dict[str, object]:
    """Tables with their columns, keys and indexes, as the database itself tells them."""
    found = MetaData()
    found.reflect(engine)
    return {
        table.name: (
            {c.name: (c.type.python_type, c.nullable) for c in table.columns},
            [c.name for c in table.primary_key.columns],
            {i.name: ([c.name for c in i.columns], bool(i.unique)) for i in table.indexes},
        )
        for table in found.sorted_tables
        if table.name != "schema_step"
    }


def test_the_steps_make_the_tables_that_the_program_works_with(empty: str, tmp_path: Path) -> None:
    engine = open_engine(empty)
    stepped = shape(engine)
    with engine.begin() as db:
        metadata.drop_all(db)
        metadata.create_all(db)
    assert stepped == shape(engine)
    engine.dispose()


def test_a_database_of_the_first_program_keeps_its_rows_and_works(
    first: str, tmp_path: Path
) -> None:
    objects = FolderObjects(tmp_path / "objects")
    archive = Archive(first, objects)
    assert archive.counts() == {"verified": RECORDS}
    tokens = archive.news(SCHOOL, "")
    assert len(tokens) == 2 * RECORDS
    coverage = Coverage(archive)
    (line,) = coverage.schools("2026-2027")
    assert (line.declared, line.verified, line.missing) == (3, 2, 1)
    (look,) = coverage.looks()
    kept = archive.record(look.record_id)
    assert kept is not None
    assert kept.item.xml.startswith(b"<")
    coverage.looked("lan", "open", look.record_id, 1)
    assert len(coverage.looks()) == 2
    assert Officials(archive).log_in("lan", "mật khẩu cán bộ")
    with archive.reads.connect() as db:
        steps = set(db.scalars(text("SELECT name FROM schema_step")))
    assert steps == set(migrations.STEPS)
    archive.close()
    again = Archive(first, objects)
    assert again.news(SCHOOL, "") == tokens
    again.close()


def test_a_database_of_a_newer_program_is_refused_and_left_alone(first: str) -> None:
    engine = open_engine(first)
    with engine.begin() as db:
        db.execute(text("INSERT INTO schema_step VALUES ('9999_from_tomorrow', 'x')"))
    before = shape(engine)
    with pytest.raises(StationTooOld, match="9999_from_tomorrow"):
        open_engine(first)
    assert shape(engine) == before
    engine.dispose()


def test_a_step_that_fails_leaves_the_schema_as_it_was(
    first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    torn = ("CREATE TABLE half_way (a INTEGER)", "CREATE TABLE half_way (a INTEGER)")
    monkeypatch.setitem(migrations.STEPS, "9999_torn", torn)
    with pytest.raises(Exception, match="database"):
        open_engine(first)
    monkeypatch.delitem(migrations.STEPS, "9999_torn")
    engine = open_engine(first)
    assert not inspect(engine).has_table("half_way")
    engine.dispose()


def opened(url: str, begin: Callable[[], object], said: object) -> None:
    begin()
    try:
        open_engine(url).dispose()
        said.put("")  # type: ignore[attr-defined]
    except AppError as error:
        said.put(repr(error))  # type: ignore[attr-defined]


@pytest.mark.parametrize("start", ["empty", "first"])
def test_processes_that_start_at_once_change_the_schema_once(empty: str, start: str) -> None:
    url = filled(empty) if start == "first" else empty
    forks = multiprocessing.get_context("fork")
    together, said = forks.Barrier(6), forks.Queue()
    team = [forks.Process(target=opened, args=(url, together.wait, said)) for _ in range(6)]
    for one in team:
        one.start()
    assert [said.get(timeout=60) for _ in team] == [""] * 6
    for one in team:
        one.join()


def prepared(place: Path, begin: Callable[[], object], said: object) -> None:
    connection = sqlite3.connect(place)
    begin()
    try:
        prepare_sqlite(10_000, connection)
        said.put("")  # type: ignore[attr-defined]
    except sqlite3.OperationalError as error:
        said.put(str(error))  # type: ignore[attr-defined]
    connection.close()


def test_connections_that_begin_at_once_wait_for_the_change_of_the_journal(tmp_path: Path) -> None:
    forks = multiprocessing.get_context("fork")
    for number in range(20):
        filled(f"sqlite:///{tmp_path / str(number)}")
        together, said = forks.Barrier(6), forks.Queue()
        asked = (tmp_path / str(number), together.wait, said)
        team = [forks.Process(target=prepared, args=asked) for _ in range(6)]
        for one in team:
            one.start()
        assert [said.get(timeout=60) for _ in team] == [""] * 6
        for one in team:
            one.join()
