"""Every page, on a phone and at a desk, in light and dark: nothing breaks, nothing shifts, nobody is shut out."""

import gzip

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboard.tests.browser.addresses import ERRORS, PAGES
from dashboard.tests.browser.conftest import DESK, PHONE, Visit

SHIFTS = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => { sum += entry.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 100);
})"""
KB = 1024
MOST_SCRIPT, MOST_IN_ALL = 60 * KB, 150 * KB
AXE = Axe()


def violations(visit: Visit, *rules: str) -> list[str]:
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = AXE.run(visit.page, options=options).response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("address", [*PAGES, *(address for address, _ in ERRORS)])
def test_a_page_is_whole_accessible_and_still(visit, address, width):
    visit.open(address)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    assert visit.page.evaluate(SHIFTS) < 0.01
    assert violations(visit) == []
    visit.page.emulate_media(color_scheme="dark")
    visit.page.wait_for_timeout(150)  # colours fade
    assert violations(visit, "color-contrast") == []


@pytest.mark.parametrize(("address", "status"), ERRORS)
def test_an_error_page_has_its_status_and_a_way_on(visit, address, status):
    response = visit.open(address)
    assert response.status == status
    visit.page.get_by_role("link", name="What is down now").click()
    assert visit.page.get_by_role("heading", level=1).inner_text() == "What is down now"


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_light(visit, address):
    visit.open(address)
    script = total = 0
    for answer in visit.answers:
        size = len(gzip.compress(answer.body()))
        total += size
        script += size if "javascript" in answer.headers["content-type"] else 0
    assert script <= MOST_SCRIPT
    assert total <= MOST_IN_ALL
