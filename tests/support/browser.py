"""Debian's Chromium without a window, driven as a person would."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

_OPTIONS = """
--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
--disable-background-networking --disable-component-update --disable-dev-shm-usage
--ignore-certificate-errors --lang=vi --force-color-profile=srgb
"""


class Browser:
    def __init__(self, driver: webdriver.Chrome, url: str) -> None:
        self.driver = driver
        self._url = url

    def open(self, path: str) -> None:
        self.driver.get(self._url + path)

    @property
    def text(self) -> str:
        return self.driver.find_element(By.TAG_NAME, "body").text

    def one(self, css: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def all(self, css: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def click(self, words: str) -> None:
        """A link or button by what it says."""
        path = f"//a[normalize-space()='{words}'] | //button[normalize-space()='{words}']"
        self.follow(self.driver.find_element(By.XPATH, path))

    def follow(self, element: WebElement) -> None:
        """Click, and wait for the page that comes."""
        before = self.one("html")
        element.click()
        # While the page changes, Chromium may answer for neither the old nor the new one.
        waiting = WebDriverWait(self.driver, 20, ignored_exceptions=[WebDriverException])
        waiting.until(staleness_of(before))

    def fill(self, name: str, value: str) -> None:
        field = self.one(f"[name={name}]")
        field.clear()
        field.send_keys(value)

    def resize(self, width: int, height: int) -> None:
        """Of the page itself: a window cannot be as narrow as a phone."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def overflow(self) -> int:
        """Pixels that stick out to the right of the page."""
        script = "return document.documentElement.scrollWidth - window.innerWidth"
        return int(self.driver.execute_script(script))

    def picture(self, to: Path) -> None:
        self.driver.save_screenshot(str(to))


@contextmanager
def browser(url: str) -> Iterator[Browser]:
    """Certificate errors are ignored here: that the station is pinned is tested elsewhere."""
    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for option in [*_OPTIONS.split(), f"--user-data-dir={profile}"]:
            options.add_argument(option)
        driver = webdriver.Chrome(options, Service("/usr/bin/chromedriver"))
        try:
            yield Browser(driver, url)
        finally:
            driver.quit()
