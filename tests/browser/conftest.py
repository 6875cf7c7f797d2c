"""A person at a browser, in front of the running system. None of their pages asks another host or reports an error."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.journeys.city import City
from tests.journeys.conftest import city as city  # the same running system, looked at through a browser
from tests.support import ROOT

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PICTURES = ROOT / "docs" / "img"
PATIENCE_MS = 15_000
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine: apt install chromium"))


@dataclass
class Visitor:
    """One person: opens pages of the site, and remembers what they should not have caused."""

    browser: Browser
    site: str
    abroad: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def arrives(
        self,
        *,
        language: str = "zh-CN",
        width: int = 1280,
        height: int = 900,
        scale: float = 1,
        scheme: Literal["light", "dark"] = "light",
        javascript: bool = True,
    ) -> BrowserContext:
        """A browser profile of its own: nobody is logged in, nothing is cached."""
        made = self.browser.new_context(
            base_url=self.site,
            locale=language,
            timezone_id="Asia/Shanghai",
            color_scheme=scheme,
            java_script_enabled=javascript,
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
        )
        made.set_default_timeout(PATIENCE_MS)
        made.on("request", self._asked)
        made.on("console", self._said)
        made.on("weberror", lambda error: self.errors.append(f"{error.page and error.page.url}: {error.error}"))
        return made

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.site}/", "data:", "blob:")):
            self.abroad.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.location['url']}: {message.text}")


@pytest.fixture
def visitor(city: City) -> Iterator[Visitor]:
    """A person at a browser; at the end, what their pages did behind their back is judged."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            person = Visitor(browser, city.url)
            yield person
        finally:
            browser.close()
    assert person.abroad == []
    assert person.errors == []


@pytest.fixture
def page(visitor: Visitor) -> Page:
    return visitor.arrives().new_page()


def log_in(page: Page, *, name: str = "用户名", password: str = "密码", button: str = "登录") -> None:
    """As an administrator, by what stands on the login page."""
    page.goto("/admin/")
    page.get_by_label(name).fill("desk")
    page.get_by_label(password).fill("desk")
    page.get_by_role("button", name=button).click()


@pytest.fixture
def admin(page: Page) -> Page:
    """A page on which an administrator has just logged in by hand."""
    log_in(page)
    expect(page.get_by_role("heading", name="需要您处理")).to_be_visible()
    return page


@pytest.fixture
def picture() -> Callable[..., None]:
    """Keeps what a page shows as docs/img/<name>.png when PICTURES=1; otherwise does nothing."""

    def take(page: Page, name: str, **options: Any) -> None:
        if os.environ.get("PICTURES") != "1":
            return
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.evaluate("document.activeElement.blur()")
        page.evaluate("document.fonts.ready.then(() => true)")
        page.screenshot(path=PICTURES / f"{name}.png", animations="disabled", **options)

    return take
