"""Every page, on a phone and at a desk, in light and dark: nothing breaks, nothing shifts, nobody is shut out."""

import gzip
from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser

from dashboard.tests.browser.addresses import ERRORS, PAGES
from dashboard.tests.browser.conftest import DESK, HEIGHT, PHONE, Site, Visit, window

pytestmark = pytest.mark.slow

SHIFTS = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => { sum += entry.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 100);
})"""
KB = 1024
MOST_SCRIPT, MOST_IN_ALL = 60 * KB, 150 * KB


def violations(visit: Visit, *rules: str) -> list[str]:
    """What breaks axe's rules, or these alone: rule and element."""
    if not visit.page.evaluate("'axe' in window"):
        visit.page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = visit.page.evaluate("(options) => axe.run(options)", options)["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


@pytest.fixture(scope="module")
def phone(browser: Browser, site: Site) -> Iterator[Visit]:
    """One window for all pages: to open another takes as long as a page. It keeps no files, as if each came first."""
    with window(browser, site, PHONE) as found:
        found.page.context.new_cdp_session(found.page).send("Network.setCacheDisabled", {"cacheDisabled": True})
        yield found


@pytest.fixture
def visit(phone: Visit) -> Iterator[Visit]:
    """The window with nothing in it; afterwards nothing may have gone wrong."""
    phone.page.goto("about:blank")
    phone.page.set_viewport_size({"width": PHONE, "height": HEIGHT[PHONE]})
    phone.page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    for kept in (phone.complaints, phone.abroad, phone.answers):
        kept.clear()
    yield phone
    phone.went_well()


# One visit for everything. All rules on a phone, where tables scroll and nothing but a weekday's name is left out; at
# a desk the contrast alone, in the light as in the dark.
@pytest.mark.parametrize("address", [*PAGES, *(address for address, _ in ERRORS)])
def test_a_page_is_whole_light_accessible_and_still(visit, address):
    visit.open(address)
    script, total = weight(visit)
    assert script <= MOST_SCRIPT
    assert 0 < total <= MOST_IN_ALL
    look_around(visit, PHONE)
    visit.page.set_viewport_size({"width": DESK, "height": HEIGHT[DESK]})
    visit.page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    visit.open(address)
    look_around(visit, DESK, "color-contrast")


def look_around(visit: Visit, width: int, *rules: str) -> None:
    """At a page that was opened in the light."""
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    assert visit.page.evaluate(SHIFTS) < 0.01
    assert violations(visit, *rules) == [], f"in the light, {width} wide"
    visit.page.emulate_media(color_scheme="dark", reduced_motion="reduce")  # colours fade
    assert violations(visit, "color-contrast") == [], f"in the dark, {width} wide"


def weight(visit: Visit) -> tuple[int, int]:
    """Bytes of script, and of everything, as they are sent compressed."""
    script = total = 0
    for answer in visit.answers:
        size = len(gzip.compress(answer.body()))
        total += size
        script += size if "javascript" in answer.headers["content-type"] else 0
    return script, total


@pytest.mark.parametrize(("address", "status"), ERRORS)
def test_an_error_page_has_its_status_and_a_way_on(visit, address, status):
    response = visit.open(address)
    assert response.status == status
    visit.page.get_by_role("link", name="What is down now").click()
    assert visit.page.get_by_role("heading", level=1).inner_text() == "What is down now"
