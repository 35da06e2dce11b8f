"""The officials' pages in a real browser: progress, gaps, one record, a return, who looked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding
from openpyxl import load_workbook
from requests.adapters import HTTPAdapter

from app.department.pages.coverage import Coverage
from app.department.store.folder import init_folder, load_folder
from app.department.store.officials import Officials, Role
from app.model.delivery import OutboxState, RecordKey
from app.model.people import ClassSection, Enrollment, School, Student
from app.model.transcript import Transcript, TranscriptHead, TranscriptState
from app.sync.delivery import Delivery
from app.work import WorkContext
from tests.fixtures.schools.parcels import SCHOOL
from tests.fixtures.schools.signed_class import signed_class
from tests.fixtures.schools.transcripts import STUDENT
from tests.fixtures.stations.browser import Browser, browser
from tests.fixtures.stations.station import StationProcess, enrol, open_workspace

CLASS = 3
PASSWORD = "mật khẩu cán bộ"
REASON = "Thiếu số định danh cá nhân, đề nghị bổ sung."


@dataclass
class Scene:
    station: StationProcess
    delivery: Delivery
    browser: Browser


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("pages")
    made = init_folder(folder / "so", "Sở GDĐT Thử Nghiệm")
    settings = json.loads((made.path / "station.json").read_text())
    (made.path / "station.json").write_text(json.dumps({**settings, "deadline": "2020-06-15"}))
    (made.path / "trust").mkdir()
    root = signed_class(CLASS).trust.roots[0]
    (made.path / "trust" / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    station = StationProcess(load_folder(made.path), real=True)
    station.start()
    archive = made.open_archive()
    officials = Officials(archive)
    officials.add("lan", "Nguyễn Thị Lan", Role.ADMIN, PASSWORD)
    officials.add("binh", "Trần Văn Bình", Role.VIEWER, PASSWORD)
    archive.close()
    delivery = delivered(folder, station)
    with browser(station.url) as chromium:
        chromium.resize(1366, 768)
        yield Scene(station, delivery, chromium)
    delivery.outbox._workspace.close()
    assert station.stop() == 0


def delivered(folder: Path, station: StationProcess) -> Delivery:
    """A school of one class of five; three of its records have been delivered."""
    workspace = open_workspace(folder / "school.hocba")
    store = workspace.here()
    school = School(SCHOOL, "Trường Tiểu học Thử", "79", "Sở thử", "Xã thử", "Tỉnh thử", "79")
    with store.write():
        store.people.save_school(school)
        store.people.save_section(ClassSection("4A", "2026-2027", 4, "4A"))
        for number in range(CLASS + 2):
            store.people.save_students([Student(f"hs{number}", f"Học sinh {number}", "2016-01-01")])
            store.people.save_enrollments([Enrollment("4A", f"hs{number}", number + 1)])
        for number, item in enumerate(signed_class(CLASS).items):
            place = (item.key.record_id, 1, f"hs{number}", "4A", item.school_year)
            head = TranscriptHead(*place, TranscriptState.ISSUED, "")
            store.transcripts.add(Transcript(head, item.xml))
    delivery = Delivery(workspace)
    delivery.accept_enrolment(enrol(station.folder, delivery.device(), station.url).token.encode())
    delivery.enqueue(delivery.ready())
    report = delivery.sync(WorkContext())
    assert (report.stopped_by, report.verified) == (None, CLASS)
    return delivery


@pytest.fixture
def page(scene: Scene) -> Browser:
    log_in(scene.browser, "lan")
    return scene.browser


def log_in(page: Browser, login: str, password: str = PASSWORD) -> None:
    page.driver.delete_all_cookies()
    page.open("/so/vao")
    page.fill("login", login)
    page.fill("password", password)
    page.click("Đăng nhập")


def test_a_wrong_password_opens_nothing(scene: Scene) -> None:
    log_in(scene.browser, "lan", "sai mật khẩu rồi")
    assert "không đúng" in scene.browser.one("[role=alert]").text
    scene.browser.open("/so")
    assert scene.browser.one("h1").text == "Đăng nhập"


def test_progress_counts_receipts_against_what_the_school_declared(page: Browser) -> None:
    page.open("/so")
    figures = [card.text.split("\n")[0] for card in page.all(".card")]
    assert figures == ["5", "3", "0", "0", "2"]
    assert "Đã quá hạn nộp" in page.one(".notice").text
    page.click("Trường thử")
    row = page.one("tbody tr").text
    assert row.split()[:2] == ["4A", "60%"]
    page.click("4A")
    assert len(page.all("tbody tr")) == CLASS


def test_schools_are_found_among_many_and_only_those_with_gaps(page: Browser) -> None:
    page.open("/so")
    page.fill("find", "TRƯỜNG THỬ")
    page.one("[name=gaps]").click()
    page.click("Lọc")
    assert [row.text.split("\n")[0] for row in page.all("tbody tr")] == ["Trường thử"]
    page.fill("find", "không có trường này")
    page.click("Lọc")
    assert "Không có trường nào như vậy" in page.text
    assert page.all(".card")[0].text.startswith("5")  # the sums stay those of all


def test_the_workbook_counts_classes_as_the_pages_do(scene: Scene) -> None:
    archive = scene.station.folder.open_archive()
    coverage = Coverage(archive)
    (year,) = coverage.years()
    every = coverage.every_section(year)
    assert every == {SCHOOL: coverage.sections(year, SCHOOL)}
    assert every[SCHOOL]
    archive.close()


def test_a_pupil_is_found_and_every_look_is_written_down(scene: Scene, page: Browser) -> None:
    page.open("/so/tim")
    page.fill("pupil", STUDENT.personal_id)
    page.click("Tìm")
    assert len(page.all("tbody tr")) == CLASS  # the invented class shares one id
    page.follow(page.one("tbody a"))
    assert "Đạt" in page.one(".verdict").text
    assert "Nhà trường (ký phát hành)" in page.text
    assert "mở" in page.one(".looks").text
    page.click("Nhật ký xem")
    assert page.one("tbody tr").text.split()[2:4] == ["lan", "mở"]
    archive = scene.station.folder.open_archive()
    looks = Coverage(archive).looks(limit=CLASS + 1)
    archive.close()
    assert [look.what for look in looks] == ["open"] + ["search"] * CLASS
    assert {look.record_id for look in looks} == {
        i.key.record_id for i in signed_class(CLASS).items
    }


def give_back(page: Browser) -> RecordKey:
    """Return the first record, unless it has been returned."""
    key = signed_class(CLASS).items[0].key
    page.open(f"/so/hoc-ba/{key.record_id}/1")
    if page.all("[name=reason]"):
        page.fill("reason", REASON)
        page.click("Trả lại học bạ này")
    return key


def test_an_official_returns_a_record_and_the_school_reads_why(scene: Scene, page: Browser) -> None:
    key = give_back(page)
    assert REASON in page.one(".notice").text
    assert scene.delivery.sync(WorkContext()).stopped_by is None
    (returned,) = scene.delivery.outbox.items([OutboxState.RETURNED])
    assert (returned.key, returned.reason) == (key, REASON)


def test_what_was_returned_is_listed_for_all_schools_with_reasons(
    scene: Scene, page: Browser
) -> None:
    give_back(page)
    page.open("/so")
    page.click("Đã trả lại")
    row = page.one("tbody tr").text
    assert REASON in row
    assert "Trường thử" in row
    assert page.all("tbody a")[0].get_attribute("href").endswith("/1")  # type: ignore[union-attr]
    page.open(f"/so/truong/{SCHOOL}/lop?year=2026-2027&section=4A")
    assert "còn thiếu 3 học bạ, trong đó 1 đã trả lại" in page.one(".notice").text
    page.open(f"/so/truong/{SCHOOL}/lop?year=2026-2027&section=5B")
    assert "Chưa có học bạ nào của lớp này" in page.text


def test_the_chart_says_whether_it_will_be_in_time(page: Browser) -> None:
    page.open("/so")
    told = page.one(".progress").text
    assert re.search(r"mỗi ngày có [23] học bạ tới Sở", told)
    assert "so với hạn 15/06/2020" in told
    assert len(page.all(".chart .held")) == len(page.all(".chart .ahead")) == 1
    page.open("/so?find=thử")
    assert page.all(".progress") == []  # it is about all schools


def test_an_address_that_is_none_is_answered_in_words(scene: Scene, page: Browser) -> None:
    for path in ("/so/khong-co", "/so?page=0", "/so/hoc-ba/x/mot", f"/so/hoc-ba/x/{10**30}"):
        page.open(path)
        assert page.one("h1").text == "Không xem được trang này", path
    ours = session_of(page, scene.station).get(f"{scene.station.url}/v1/khong-co")
    assert (ours.status_code, ours.headers["Content-Type"]) == (404, "application/json")


def test_a_viewer_sees_progress_and_no_pupil(scene: Scene) -> None:
    log_in(scene.browser, "binh")
    assert "Tìm học sinh" not in scene.browser.text
    key = signed_class(CLASS).items[1].key
    for path in ("/so/tim", "/so/nhat-ky", f"/so/hoc-ba/{key.record_id}/1"):
        scene.browser.open(path)
        assert scene.browser.one("h1").text == "Không xem được trang này"


@pytest.mark.parametrize("width", [390, 1366])
def test_pages_fit_their_screen(scene: Scene, page: Browser, width: int) -> None:
    key = signed_class(CLASS).items[1].key
    page.resize(width, 844)
    places = ("/so", f"/so/truong/{SCHOOL}?year=2026-2027", "/so/tim?pupil=1", "/so/nhat-ky",
              "/so/tra-lai?year=2026-2027", "/so/khong-co")  # fmt: skip
    for path in (*places, f"/so/hoc-ba/{key.record_id}/1"):
        page.open(path)
        assert page.overflow() <= 0, path
    page.resize(1366, 768)


def session_of(page: Browser, station: StationProcess) -> requests.Session:
    """The same log-in outside the browser, for what a browser would download."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", HTTPAdapter())
    session.verify = str(station.folder.path / "ca.crt")
    for cookie in page.driver.get_cookies():
        session.cookies.set(cookie["name"], cookie["value"])
    return session


def test_the_workbook_and_the_view_can_be_taken_away(scene: Scene, page: Browser) -> None:
    session = session_of(page, scene.station)
    found = session.get(f"{scene.station.url}/so/bang-tinh?year=2026-2027")
    rows = list(load_workbook(BytesIO(found.content)).active.values)
    assert rows[2][2] == "4A"
    assert rows[2][3] == CLASS + 2
    key = signed_class(CLASS).items[1].key
    view = session.get(f"{scene.station.url}/so/hoc-ba/{key.record_id}/1/ban-xem")
    assert view.content.startswith(b"%PDF-")


def test_a_record_whose_bytes_are_gone_is_said_so(scene: Scene, page: Browser) -> None:
    key = signed_class(CLASS).items[1].key
    objects = scene.station.folder.path / "objects"
    objects.rename(objects.with_name("elsewhere"))
    try:
        page.open(f"/so/hoc-ba/{key.record_id}/1")
        assert page.one("h1").text == "Chưa đọc được học bạ này"
    finally:
        objects.with_name("elsewhere").rename(objects)
    page.open(f"/so/hoc-ba/{key.record_id}/1")
    assert "Đạt" in page.one(".verdict").text


def test_the_log_names_no_pupil(scene: Scene, page: Browser) -> None:
    key = signed_class(CLASS).items[2].key
    page.open(f"/so/tim?pupil={STUDENT.personal_id}")
    page.open(f"/so/hoc-ba/{key.record_id}/1")
    name = page.one(".report").text.split("Học bạ của ")[1].split(",")[0]
    log = (scene.station.folder.path / "log.jsonl").read_text("utf-8")
    assert "parcel taken" in log
    assert STUDENT.personal_id not in log
    assert name not in log


def test_a_form_from_another_page_changes_nothing(scene: Scene, page: Browser) -> None:
    session = session_of(page, scene.station)
    key = signed_class(CLASS).items[2].key
    url = f"{scene.station.url}/so/hoc-ba/{key.record_id}/1/tra-lai"
    assert session.post(url, data={"reason": "x", "form_key": "sai"}).status_code == 403
    archive = scene.station.folder.open_archive()
    kept = archive.record(key.record_id)
    archive.close()
    assert kept is not None
    assert kept.stage == "verified"
