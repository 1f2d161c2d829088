"""The pages of parks and rides in Chromium: by keyboard, through days and back, with everything unfolded."""

from dashboard.tests.browser.test_pages import violations


def test_the_days_of_a_park_can_be_walked_and_the_back_button_returns(visit):
    visit.open("/parks/{park}")
    visit.page.get_by_role("link", name="22 Dec 2025, the day before").press("Enter")
    visit.page.wait_for_url("**/parks/*?date=2025-12-22")
    assert visit.page.get_by_role("heading", name="Monday, 22 December 2025").is_visible()
    visit.page.go_back()
    assert visit.page.get_by_role("heading", name="Tuesday, 23 December 2025, so far").is_visible()


def test_a_date_can_be_chosen_and_the_number_of_days_stays(visit):
    visit.open("/rides/{ride}?period=last_week")
    visit.page.get_by_label("Date", exact=True).fill("2025-12-20")
    visit.page.get_by_role("button", name="Show").click()
    visit.page.wait_for_url("**/rides/*?date=2025-12-20&period=last_week")
    assert visit.page.get_by_role("heading", name="14 December 2025 to 20 December 2025").is_visible()


def test_a_bar_leads_to_its_ride_and_that_to_the_day(visit):
    visit.open("/parks/{park}?date=2025-12-22")
    visit.page.locator(".strips").get_by_role("link", name="Space Mountain").click()
    assert visit.page.get_by_role("heading", level=1).inner_text() == "Space Mountain"
    visit.page.locator(".strips").get_by_role("link", name="Mon 22 Dec").click()
    assert visit.page.get_by_role("heading", name="Monday, 22 December 2025").is_visible()


def test_what_is_folded_away_is_accessible_too(visit):
    for address in ("/parks/{park}", "/rides/{ride}"):
        visit.open(address)
        visit.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert violations(visit) == []


def test_names_from_elsewhere_run_nothing(visit):
    dialogs = []
    visit.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    visit.open("/rides/{evil_ride}")
    assert visit.page.get_by_role("heading", level=1).inner_text().startswith("</script><script>alert(")
    assert dialogs == []
