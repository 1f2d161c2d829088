"""Charts, heatmaps, the explorer and the rules in Chromium: by form, by keyboard, and back."""

import csv
import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dashboard.tests.browser.conftest import PHONE, Site
from dashboard.tests.browser.test_pages import violations

WEEK = "start=2025-12-15&end=2025-12-21"


@pytest.fixture
def page(visit) -> Page:
    return visit.page


def test_a_question_is_asked_by_the_form_and_back_undoes_it(visit, page: Page):
    visit.open(f"/explorer?{WEEK}")
    page.get_by_label("Of what").select_option("rides")
    page.get_by_label("Cut into").select_option("1d")
    page.get_by_text("Parks: all").press("Enter")
    page.get_by_label("Disneyland Park").check()
    page.get_by_role("button", name="Show").press("Enter")
    expect(page).to_have_url(re.compile(r"entity=rides.*bucket=1d.*park_id="))
    expect(page.locator(".call")).to_contain_text("/api/analytics/rides?park_id=")
    expect(page.get_by_role("region", name="Every bucket")).to_contain_text("Space Mountain")
    page.go_back()
    expect(page.get_by_label("Of what")).to_have_value("parks")


def test_the_rides_of_a_chosen_park_can_be_chosen(visit, page: Page):
    visit.open(f"/explorer?entity=rides&park_id={{park}}&{WEEK}")
    page.get_by_text("Rides: all of these parks").click()
    page.get_by_label("Haunted Mansion").check()
    page.get_by_role("button", name="Show").click()
    expect(page.locator("main tbody tr")).to_have_count(1)


def test_the_download_has_what_the_page_shows(visit, page: Page):
    visit.open(f"/explorer?entity=rides&park_id={{park}}&{WEEK}&metrics=downtime_minutes")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download as CSV").click()
    with open(waiting.value.path(), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    shown = [text.replace(",", "") for text in page.locator("main tbody td.n:last-child").all_inner_texts()]
    assert [row["downtime_minutes"] for row in rows] == shown


def test_a_mistake_is_reported_beside_the_form_and_can_be_mended(visit, page: Page):
    visit.open("/explorer?start=2025-12-21&end=2025-12-15")
    expect(page.get_by_role("alert")).to_contain_text("From (start) must not be after end")
    assert violations(visit) == []
    page.get_by_label("From").fill("2025-12-10")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("main tbody tr")).not_to_have_count(0)


@pytest.mark.parametrize("width", [PHONE])
def test_what_the_form_folds_away_is_accessible_too(visit, width):
    visit.open(f"/explorer?entity=rides&park_id={{park}}&{WEEK}&bucket=1d")
    visit.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert violations(visit) == []
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


def place(locator: Locator, side: str) -> float:
    """Where a side of an element is in the window, or how long it is; pixels."""
    found: float = locator.evaluate(f"(each) => each.getBoundingClientRect().{side}")
    return found


@pytest.mark.parametrize(
    "address", ["/charts?type=rides&period=last_week", f"/explorer?{WEEK}&bucket=1d", "/charts?period=yesterday"]
)
def test_a_chart_is_drawn_in_its_frame(visit, page: Page, address):
    visit.open(address)
    assert place(page.locator(".plot"), "bottom") >= place(page.locator(".plot canvas"), "bottom")
    assert place(page.locator(".plot canvas"), "height") > 200
    drawn = """(canvas) => new Set(new Uint32Array(
        canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size"""
    assert page.locator(".plot canvas").evaluate(drawn) > 10


def test_a_number_of_a_rule_leads_to_it(visit, page: Page):
    visit.open("/awards")
    page.get_by_role("link", name="R-19.2").click()
    expect(page.get_by_role("heading", name="R-19.2 Longest waits")).to_be_in_viewport()


@pytest.mark.parametrize("width", [PHONE])
def test_names_of_a_heatmap_stay_while_its_hours_are_scrolled(visit, page: Page, width):
    visit.open("/heatmaps?period=yesterday")
    name, cell = page.locator("tbody th").first, page.locator("tbody td").first
    before = place(name, "left"), place(cell, "left")
    page.get_by_role("region", name="Downtime of rides, yesterday").evaluate("(box) => box.scrollBy(200, 0)")
    assert place(name, "left") == pytest.approx(before[0], abs=2)
    assert place(cell, "left") < before[1] - 100


def test_the_explorer_works_without_script(browser: Browser, site: Site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url(f"/explorer?{WEEK}"))
    page.get_by_label("Cut into").select_option("weekday")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("region", name="Average wait, table")).to_contain_text("Mon")
    expect(page.locator(".plot")).to_be_hidden()
    context.close()
