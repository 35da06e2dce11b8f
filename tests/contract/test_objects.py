"""What every store of records' bytes promises, the folder and the S3-compatible one alike."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.department.store.objects import FolderObjects, Objects
from app.department.store.s3_objects import open_s3
from app.errors import ObjectMissing
from tests.fixtures.stations.s3 import S3Server, s3_server

DATA = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(256))


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as running:
        yield running


@pytest.fixture(params=["folder", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    if request.param == "folder":
        return FolderObjects(tmp_path / "objects")
    server: S3Server = request.getfixturevalue("server")
    server.write_credentials(tmp_path)
    return open_s3(server.address, tmp_path)


def test_an_object_is_named_by_its_bytes_and_keeping_it_again_changes_nothing(
    objects: Objects,
) -> None:
    objects.check()
    name = objects.keep(DATA)
    assert name == hashlib.sha256(DATA).hexdigest()
    assert objects.keep(DATA) == name
    assert objects.read(name, 0, len(DATA)) == DATA


def test_any_part_can_be_read_alone(objects: Objects) -> None:
    name = objects.keep(DATA)
    for at, size in ((0, 1), (31, 33), (len(DATA) - 5, 5)):
        assert objects.read(name, at, size) == DATA[at : at + size]


def test_what_is_not_there_is_said_so(objects: Objects) -> None:
    with pytest.raises(ObjectMissing):
        objects.read("0" * 64, 0, 1)
    name = objects.keep(DATA)
    for at in (len(DATA), len(DATA) - 2):
        with pytest.raises(ObjectMissing):
            objects.read(name, at, 3)


def test_several_threads_keep_at_once(objects: Objects) -> None:
    parts = [DATA[: 100 + n % 5] for n in range(20)]
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(objects.keep, parts))
    for name, part in zip(names, parts, strict=True):
        assert objects.read(name, 0, len(part)) == part
