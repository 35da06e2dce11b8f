"""An official writes to the schools, in a real browser: notices, rules, whom to trust."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding

from app.department.ops.publishing import Publishing
from app.department.pages.pages import COOKIE
from app.department.store.officials import Officials, Role
from app.model.publication import PublicationKind
from app.parcel import DeviceIdentity
from app.parcel.publication import from_file
from tests.fixtures.schools.parcels import SCHOOL
from tests.fixtures.schools.publications import (
    new_root,
    newer_rules,
    rules_id,
    shipped_file,
)
from tests.fixtures.stations.browser import Browser, browser
from tests.fixtures.stations.station import StationProcess, enrol, running_station

PASSWORD = "mật khẩu cán bộ"
HERE = "/so/gui-truong"


@dataclass
class Scene:
    station: StationProcess
    publishing: Publishing
    browser: Browser
    files: Path

    def enter(self, login: str) -> None:
        page = self.browser
        page.driver.delete_all_cookies()
        page.open("/so/vao")
        page.fill("login", login)
        page.fill("password", PASSWORD)
        page.click("Đăng nhập")
        page.open(HERE)

    def session(self) -> dict[str, str]:
        return {COOKIE: self.browser.driver.get_cookie(COOKIE)["value"]}  # type: ignore[index]

    def published(self, kind: PublicationKind) -> int:
        return sum(one.publication.kind is kind for one in self.publishing.listed())


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("publishing")
    with running_station(folder / "so") as station:
        archive = station.folder.open_archive()
        officials = Officials(archive)
        for login, role in (("lan", Role.ADMIN), ("hoa", Role.REVIEWER), ("binh", Role.VIEWER)):
            officials.add(login, f"Cán bộ {login}", role, PASSWORD)
        enrol(station.folder, DeviceIdentity.new(SCHOOL), station.url)
        with browser(station.url) as chromium:
            chromium.resize(1366, 768)
            yield Scene(station, Publishing(station.folder, archive), chromium, folder)
        archive.close()


def choose(scene: Scene, form: str, name: str, data: bytes) -> None:
    file = scene.files / name
    file.write_bytes(data)
    scene.browser.one(f"form[action='{form}'] [name=files]").send_keys(str(file))


def test_a_reviewer_writes_to_one_school_and_takes_the_file_for_a_stick(scene: Scene) -> None:
    scene.enter("hoa")
    page = scene.browser
    assert "Quy định mới" not in page.text
    page.one(f"option[value='{SCHOOL}']").click()
    page.fill("title", "Nhắc nộp học bạ")
    page.fill("text", "Trước ngày 15/6.\nTrân trọng.")
    page.click("Gửi thông báo")
    row = page.one("tbody tr").text
    assert "Nhắc nộp học bạ" in row
    assert "Trường thử" in row
    assert "hoa" in row
    link = page.one("tbody a").get_attribute("href")
    data = requests.get(
        str(link), cookies=scene.session(), verify=str(scene.station.folder.path / "ca.crt"),
        timeout=10,
    ).content  # fmt: skip
    said, content = from_file(data, scene.station.folder.receipt_key.public_key(), SCHOOL)
    assert (said.title, content.decode()) == ("Nhắc nộp học bạ", "Trước ngày 15/6.\nTrân trọng.")


def test_a_broken_profile_is_refused_by_name_and_a_good_one_published(scene: Scene) -> None:
    scene.enter("lan")
    page, form = scene.browser, f"{HERE}/quy-dinh"
    text = shipped_file("tt22-2021.toml")
    broken = text.replace("absence_limit = 45", 'absence_limit = "nhiều"').encode()
    choose(scene, form, "tt22-2021.toml", broken)
    page.one(f"form[action='{form}'] [name=title]").send_keys("Sửa TT22")
    page.click("Kiểm tra rồi phát hành")
    problem = page.one("[role=alert]").text
    assert "tt22-2021.toml, dòng 1" in problem
    assert "absence_limit" in problem
    assert scene.published(PublicationKind.PROFILES) == 0
    choose(scene, form, "quy-dinh.zip", newer_rules(absence_limit="30"))
    page.one(f"form[action='{form}'] [name=title]").send_keys("Sửa TT22")
    page.click("Kiểm tra rồi phát hành")
    assert "Gói quy định, bản 1" in page.one("tbody tr").text
    assert scene.publishing.rules().for_grade("2026-2027", 8).id == rules_id(2)


def test_a_trust_list_is_published_only_after_its_fingerprints_were_shown(scene: Scene) -> None:
    scene.enter("lan")
    page, form = scene.browser, f"{HERE}/tin-cay/xem"
    choose(scene, form, "hoc-sinh.crt", b"khong phai chung thu")
    page.click("Xem trước danh sách mới")
    assert "không đọc được chứng thư" in page.one("[role=alert]").text
    _, root = new_root("Nơi cấp thử của Chính phủ")
    choose(scene, form, "root.pem", root.public_bytes(Encoding.PEM))
    page.one("option[value=government]").click()
    page.click("Xem trước danh sách mới")
    assert scene.published(PublicationKind.TRUST) == 0
    shown = page.one("code").text.replace(" ", "")
    page.click("Đã so đúng, phát hành cho mọi trường")
    (listed,) = scene.publishing.trusted()
    assert (listed.fingerprint, listed.hierarchy.value) == (shown, "government")
    _, second = new_root("Nơi cấp thứ hai")
    choose(scene, form, "second.pem", second.public_bytes(Encoding.PEM))
    page.click("Xem trước danh sách mới")
    page.click("Đã so đúng, phát hành cho mọi trường")
    assert len(scene.publishing.trusted()) == 2  # what is ticked stays


def test_a_wrong_notice_is_withdrawn_with_a_reason_and_only_once(scene: Scene) -> None:
    scene.enter("hoa")
    page = scene.browser
    page.fill("title", "Hạn nộp sai")
    page.fill("text", "Hạn nộp 31/02.")
    page.click("Gửi thông báo")
    page.click("Thu hồi…")
    assert page.one("h1").text == "Thu hồi “Hạn nộp sai”"
    address = page.driver.current_url
    page.fill("reason", "Nhầm ngày.")
    page.click("Thu hồi")
    word, wrong = (row.text for row in page.all("tbody tr")[:2])
    assert word.startswith("Thu hồi: Hạn nộp sai")
    assert "Đã thu hồi" in wrong
    assert "Thu hồi…" not in word + wrong
    listed = scene.publishing.listed()
    assert [one.publication.withdraws for one in listed[:2]] == [listed[1].publication.number, 0]
    page.driver.get(address)  # a page that was left open, or the button of the browser
    page.fill("reason", "Nhầm ngày.")
    page.click("Thu hồi")
    assert "đã được thu hồi" in page.one("[role=alert]").text
    assert len(scene.publishing.listed()) == len(listed)


def test_rules_and_trust_lists_are_withdrawn_by_administrators_alone(scene: Scene) -> None:
    said = scene.publishing.publish(
        PublicationKind.PROFILES, "Sửa TT22 lần nữa", newer_rules(9, absence_limit="31"), "lan"
    )
    path = f"{HERE}/{said.number}/thu-hoi"
    scene.enter("hoa")
    key = str(scene.browser.one("[name=form_key]").get_attribute("value"))
    scene.browser.open(path)
    assert scene.browser.one("h1").text == "Không xem được trang này"
    values = {"form_key": key, "reason": "x"}
    assert post(scene, f"{said.number}/thu-hoi", values) == 403
    scene.enter("lan")
    scene.browser.resize(390, 844)
    scene.browser.open(path)
    assert scene.browser.overflow() <= 0
    scene.browser.resize(1366, 768)
    scene.browser.fill("reason", "Sai số buổi nghỉ.")
    scene.browser.click("Thu hồi")
    assert scene.published(PublicationKind.WITHDRAWAL) >= 1
    assert scene.publishing.newest(PublicationKind.PROFILES) != newer_rules(9, absence_limit="31")


def test_a_viewer_reads_and_cannot_publish(scene: Scene) -> None:
    scene.enter("binh")
    assert "Gửi thông báo" not in scene.browser.text
    before = len(scene.publishing.listed())
    key = scene.browser.one("[name=form_key]").get_attribute("value")
    for path in ("thong-bao", "quy-dinh", "tin-cay", "tin-cay/xem"):
        assert post(scene, path, {"form_key": str(key), "title": "x", "text": "x"}) == 403
    assert len(scene.publishing.listed()) == before


def test_a_foreign_form_or_an_endless_one_changes_nothing(scene: Scene) -> None:
    scene.enter("lan")
    before = len(scene.publishing.listed())
    key = str(scene.browser.one("[name=form_key]").get_attribute("value"))
    assert post(scene, "thong-bao", {"form_key": "x", "title": "x", "text": "x"}) == 403
    assert post(scene, "thong-bao", {"form_key": key, "title": "x", "text": "x" * 2_000_000}) == 413
    found = {"form_key": key, "content": "bm90IGEgbGlzdA=="}
    assert post(scene, "tin-cay", found) == 403
    assert len(scene.publishing.listed()) == before


def post(scene: Scene, path: str, values: dict[str, str]) -> int:
    return requests.post(
        f"{scene.station.url}{HERE}/{path}",
        files={name: (None, value) for name, value in values.items()},
        cookies=scene.session(),
        verify=str(scene.station.folder.path / "ca.crt"),
        timeout=10,
        allow_redirects=False,
    ).status_code


def test_the_page_fits_a_phone(scene: Scene) -> None:
    scene.enter("lan")
    scene.browser.resize(390, 844)
    scene.browser.open(HERE)
    assert scene.browser.overflow() <= 0
    scene.browser.resize(1366, 768)
