"""Pages in Debian's Chromium, served over HTTP from the world of the tests."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from django.db import connection, connections
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect, sync_playwright
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from dashboard.tests.world import World, stage

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PHONE, DESK = 390, 1440
HEIGHT = {PHONE: 844, DESK: 900}
PATIENCE = 60_000  # ms; the machine may be busy


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/dashboard/tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="needs chromium; as root: apt-get install chromium"))
            if connection.vendor != "sqlite":
                # The served pages stand in the test's transaction, and a MariaDB connection is for one thread alone.
                item.add_marker(pytest.mark.skip(reason="what a browser shows is looked at on SQLite"))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Playwright keeps an event loop in this thread, and Django would refuse to work beside it."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        # Tests run as root in containers, where Chromium's sandbox does not work.
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        expect.set_options(timeout=PATIENCE)
        yield chromium
        chromium.close()


@dataclass(slots=True)
class Site:
    """The served pages: `host` is their origin, `world` has the ids for addresses."""

    host: str
    world: World

    def url(self, template: str) -> str:
        return self.host + self.world.path(template)


@pytest.fixture(scope="module")
def site(browser: Browser, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    """The server shares the connection of the test, and with it the transaction that the world stands in."""
    with stage(django_db_blocker) as world:
        server = LiveServer("localhost", start=False)
        server.thread.connections_override = {each.alias: each for each in connections.all()}
        server.start()
        yield Site(server.url, world)
        server.stop()


@dataclass
class Visit:
    """A page in a window of its own, and what it did: bytes by address, complaints, requests to other hosts."""

    page: Page
    site: Site
    complaints: list[str] = field(default_factory=list)
    abroad: list[str] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", self.hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self.check_host)
        self.page.on("response", self.keep)

    def keep(self, answer: Response) -> None:
        self.answers.append(answer)

    def hear(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            self.complaints.append(said.text)

    def check_host(self, request: Request) -> None:
        if not request.url.startswith((self.site.host, "data:")):
            self.abroad.append(request.url)

    def went_well(self) -> None:
        assert self.abroad == []
        expected = "Failed to load resource: the server responded with a status of 4"
        assert [text for text in self.complaints if not text.startswith(expected)] == []

    def open(self, template: str) -> Response | None:
        """Go to an address of the world and wait until everything is loaded."""
        return self.page.goto(self.site.url(template))


@contextmanager
def window(browser: Browser, site: Site, width: int) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": width, "height": HEIGHT[width]}, color_scheme="light")
    context.set_default_timeout(PATIENCE)
    found = Visit(context.new_page(), site)
    found.watch()
    yield found
    context.close()


@pytest.fixture
def visit(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A window as wide as the test's `width`, a desk's without one; afterwards nothing may have gone wrong."""
    width = request.node.callspec.params.get("width", DESK) if hasattr(request.node, "callspec") else DESK
    with window(browser, site, width) as found:
        yield found
    found.went_well()
