"""The pages of parks and rides in Chromium: by keyboard, through days and back, with everything unfolded."""

from dashboard.tests.browser.test_pages import violations


def test_the_days_of_a_park_can_be_walked_and_the_back_button_returns(visit):
    visit.open("/parks/{park}")
    visit.page.get_by_role("link", name="22 Dec 2025, before").press("Enter")
    visit.page.wait_for_url("**/parks/*?start=2025-12-22&end=2025-12-22")
    assert visit.page.get_by_role("heading", name="Monday, 22 December 2025").is_visible()
    visit.page.go_back()
    assert visit.page.get_by_role("heading", name="Tuesday, 23 December 2025, so far").is_visible()


def test_any_dates_can_be_chosen(visit):
    visit.open("/rides/{ride}?period=last_week")
    visit.page.locator(".span summary").click()
    visit.page.get_by_label("From", exact=True).fill("2025-12-14")
    visit.page.get_by_label("To", exact=True).fill("2025-12-20")
    visit.page.get_by_role("button", name="Show").click()
    visit.page.wait_for_url("**/rides/*?start=2025-12-14&end=2025-12-20")
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
