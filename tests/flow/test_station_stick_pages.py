"""An official takes parcels from a stick in a real browser and hands the receipts back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from app.department.checks.returning import Returning
from app.department.pages.pages import COOKIE
from app.department.store.officials import Officials, Role
from app.model.delivery import OutboxState
from app.parcel import receipts, stick
from app.services import Services
from app.work import WorkContext
from tests.fixtures.schools.enrolled import enrolled_school
from tests.fixtures.schools.parcels import SCHOOL
from tests.fixtures.stations.browser import Browser, browser
from tests.fixtures.stations.station import StationProcess, running_station
from tests.fixtures.stations.sticks import copy_with, queue

PASSWORD = "mật khẩu cán bộ"
HERE = "/so/nhan-goi"
CLASS = 5


@dataclass
class Scene:
    station: StationProcess
    browser: Browser
    school: Services

    def enter(self, login: str) -> None:
        page = self.browser
        page.driver.delete_all_cookies()
        page.open("/so/vao")
        page.fill("login", login)
        page.fill("password", PASSWORD)
        page.click("Đăng nhập")
        page.open(HERE)

    def call(self, method: str, path: str, **more: object) -> requests.Response:
        """As the browser that is logged in would."""
        cookie = self.browser.driver.get_cookie(COOKIE)
        assert cookie is not None
        return requests.request(
            method, self.station.url + path, cookies={COOKIE: cookie["value"]},
            verify=str(self.station.folder.path / "ca.crt"), timeout=30, **more,
        )  # type: ignore[arg-type]  # fmt: skip

    def send(self, *files: Path) -> None:
        field = self.browser.one("[name=files]")
        field.send_keys("\n".join(str(file) for file in files))
        self.browser.click("Nhận gói")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("desk")
    with running_station(folder / "so") as station:
        archive = station.folder.open_archive()
        officials = Officials(archive)
        for login, role in (("lan", Role.ADMIN), ("hoa", Role.REVIEWER), ("binh", Role.VIEWER)):
            officials.add(login, f"Cán bộ {login}", role, PASSWORD)
        archive.close()
        school = enrolled_school(folder / "school", station)
        with browser(station.url) as chromium:
            chromium.resize(1366, 768)
            yield Scene(station, chromium, school)
        school.close()


def test_parcels_are_taken_by_the_page_and_their_receipts_close_the_outbox(
    scene: Scene, tmp_path: Path
) -> None:
    queue(scene.school, CLASS, 1)
    copy_with(scene.school, tmp_path)
    (parcel,) = stick.files_on([tmp_path], [stick.PARCEL])
    rubbish = tmp_path / "rac.hbx"
    rubbish.write_bytes(b"rubbish")
    scene.enter("hoa")
    scene.send(parcel, rubbish)
    rows = [row.text for row in scene.browser.all("tbody tr")]
    assert "Đã nhận đủ" in rows[0]
    assert "Không nhận:" in rows[1]
    for width in (360, 1366):
        scene.browser.resize(width, 768)
        assert scene.browser.overflow() <= 0
    link = str(scene.browser.one("tbody a").get_attribute("href")).removeprefix(scene.station.url)
    key = scene.station.folder.receipt_key.public_key()
    stages: set[str] = set()
    while "verified" not in stages:  # the station is at it
        answer = scene.call("GET", link)
        tokens = receipts.from_file(answer.content).tokens
        stages = {receipts.read(token, key).stage.value for token in tokens}
    name = re.search(r'filename="([^"]+)"', answer.headers["Content-Disposition"])
    assert name is not None
    (tmp_path / name[1]).write_bytes(answer.content)
    scene.school.delivery.take_from_stick([tmp_path / name[1]], WorkContext())
    assert scene.school.delivery.outbox.counts()[OutboxState.VERIFIED] == CLASS
    scene.enter("lan")
    scene.browser.open("/so/nhat-ky")
    assert "nhận gói từ USB" in scene.browser.text


def test_what_an_official_returned_later_comes_with_all_receipts_of_the_school(
    scene: Scene, tmp_path: Path
) -> None:
    school = scene.school.delivery
    queue(scene.school, CLASS, 2, "4B")
    assert school.sync(WorkContext()).verified == CLASS
    key = school.outbox.items([OutboxState.VERIFIED])[-1].key
    archive = scene.station.folder.open_archive()
    kept = archive.record(key.record_id)
    assert kept is not None
    Returning(scene.station.folder, archive).give_back(kept, "Sai ngày sinh.", "hoa")
    archive.close()
    scene.enter("hoa")
    scene.browser.open(f"/so/truong/{SCHOOL}?year=2026-2027")
    link = scene.browser.one("a[href$=bien-nhan]").get_attribute("href")
    answer = scene.call("GET", str(link).removeprefix(scene.station.url))
    (tmp_path / "moi.hbr").write_bytes(answer.content)
    assert school.take_from_stick([tmp_path], WorkContext()).returned == 1
    (item,) = school.outbox.items([OutboxState.RETURNED])
    assert (item.key, item.reason) == (key, "Sai ngày sinh.")


def test_who_may_not_see_records_takes_none(scene: Scene, tmp_path: Path) -> None:
    scene.enter("binh")
    assert "Nhận từ USB" not in scene.browser.text
    assert scene.call("GET", HERE).status_code == 403
    sent = {"files": ("a.hbx", b"rubbish")}
    assert scene.call("POST", HERE, files=sent).status_code == 403
    for path in (f"{HERE}/{'0' * 64}/bien-nhan", f"/so/truong/{SCHOOL}/bien-nhan"):
        assert scene.call("GET", path).status_code == 403


def test_a_form_of_another_page_and_one_that_is_too_large_are_refused(scene: Scene) -> None:
    scene.enter("hoa")
    sent = {"files": ("a.hbx", b"rubbish")}
    assert scene.call("POST", HERE, files=sent).status_code == 403
    big = {"files": ("a.hbx", bytes(130 * 1024 * 1024))}
    assert scene.call("POST", HERE, files=big).status_code == 413
