"""What people do: search, filter, sort, turn pages, go back, without a mouse, without script."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.tests.browser.conftest import PHONE, Site


@pytest.fixture
def page(visit):
    return visit.page


def test_the_keyboard_opens_the_search_finds_in_spite_of_an_error_and_goes_there(visit, page: Page):
    visit.open("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("spce montain", delay=5)
    hit = page.locator("#search-results").get_by_role("link", name="Space Mountain")
    expect(hit).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(hit).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/rides/{visit.site.world.ride}$"))


TYPE = "(input, text) => { input.value = text; input.dispatchEvent(new Event('input', { bubbles: true })); }"


def test_an_arrow_that_is_quicker_than_the_answer_leads_to_what_is_found_then(visit, page: Page):
    visit.open("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("haunted")
    hits = page.locator("#search-results").get_by_role("link")
    expect(hits).to_have_text(re.compile("Haunted Mansion"))
    box = page.get_by_role("dialog").get_by_role("searchbox")
    arrow = "input.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true, cancelable: true }))"
    box.evaluate(f"(input, text) => {{ ({TYPE})(input, text); {arrow}; }}", "space mountain")
    expect(page.locator("#search-results").get_by_role("link", name="Space Mountain")).to_be_focused()


@pytest.mark.parametrize(("later", "found_again"), [("space mountain", True), ("haunted", False)])
def test_a_later_answer_leaves_the_focus_where_it_is_or_returns_it_to_the_input(visit, page: Page, later, found_again):
    visit.open("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("space")
    hits = page.locator("#search-results").get_by_role("link")
    expect(hits).to_have_text(re.compile("Space Mountain"))
    page.keyboard.press("ArrowDown")
    hits.evaluate("(link) => link.classList.add('earlier')")
    box = page.get_by_role("dialog").get_by_role("searchbox")
    box.evaluate(TYPE, later)
    expect(page.locator("#search-results .earlier")).to_have_count(0)
    expect(hits if found_again else box).to_be_focused()


def test_escape_closes_the_search_and_gives_the_focus_back(visit, page: Page):
    visit.open("/")
    opener = page.get_by_role("link", name="Search")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_sort_stands_in_the_address_and_back_undoes_it(visit, page: Page):
    visit.open("/downtime/rides?period=last_week")
    rides = page.locator("tbody tr td:nth-child(2) a")
    before = rides.all_inner_texts()
    page.get_by_role("columnheader").get_by_role("link", name="Ride", exact=True).click()
    expect(page).to_have_url(re.compile("sort=ride_name&order=asc"))
    assert rides.all_inner_texts() == sorted(before)
    page.go_back()
    assert rides.all_inner_texts() == before


def test_a_filter_keeps_the_period(visit, page: Page):
    visit.open("/downtime/parks?period=last_week")
    assert page.locator("tbody tr").count() == 2
    page.get_by_role("link", name="Disney & Universal").click()
    expect(page).to_have_url(re.compile("period=last_week&filter=disney-universal"))
    assert page.locator("tbody tr").count() == 1


def test_pages_are_as_long_as_one_likes(visit, page: Page):
    visit.open("/downtime/rides?period=last_week")
    page.get_by_label("Rows a page").fill("1")
    page.get_by_role("button", name="Show").click()
    assert page.locator("tbody tr").count() == 1
    page.get_by_role("link", name="Next").click()
    assert page.locator("tbody tr td").first.inner_text() == "2"


def test_the_first_tab_leads_past_the_navigation(visit, page: Page):
    visit.open("/downtime/rides")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_now_refreshes_itself_until_it_is_paused(visit, page: Page):
    page.clock.install()
    visit.open("/")
    with page.expect_response("**/now/live"):
        page.clock.run_for(61_000)
    page.get_by_role("link", name="Pause").click()
    expect(page.locator("#live")).not_to_have_attribute("hx-get", re.compile("."))


def test_every_page_works_without_script(browser: Browser, site: Site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url("/"))
    page.get_by_role("link", name="Search").click()
    page.get_by_role("searchbox").fill("hauntd")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name="Haunted Mansion")).to_be_visible()
    page.get_by_role("navigation", name="Pages", exact=True).get_by_role("link", name="Downtime").click()
    page.get_by_role("link", name="Last week").click()
    expect(page.locator("tbody tr").first).to_contain_text("Haunted Mansion")
    context.close()


@pytest.mark.parametrize(
    "address",
    [
        "/",
        *(
            f"/{which}?period=last_week&sort={key}"
            for which, keys in (
                ("downtime/rides", ("downtime_hours", "uptime_percentage", "trend_percentage")),
                ("downtime/parks", ("shame_score", "rides_down", "uptime_percentage")),
                ("waits/rides", ("avg_wait_minutes", "peak_wait_minutes")),
                ("waits/parks", ("avg_wait_minutes", "rides_reporting")),
            )
            for key in keys
        ),
    ],
)
@pytest.mark.parametrize("width", [PHONE], ids=["phone"])
def test_a_phone_shows_the_name_and_the_figure_that_matters_without_a_step_aside(visit, address, width):
    visit.open(address)
    edge = """(table) => {
      const shown = [...table.querySelector("tbody tr").children].filter((cell) => cell.offsetWidth);
      const figure = table.querySelector("th[aria-sort]") || shown.at(-1);
      const box = table.closest(".scroll").getBoundingClientRect();
      return [shown[0].getBoundingClientRect().left - box.left, box.right - figure.getBoundingClientRect().right];
    }"""
    left, right = visit.page.locator("main table").first.evaluate(edge)
    assert left >= 0
    assert right >= -1
