"""The period control: any dates on every list, what lies beside them, and old data that open where they are."""

from datetime import UTC, date, datetime

import pytest

from core import data_version
from core.periods import Days
from dashboard.components.spans import dates_in_words
from stats.tests.builders import make_park, make_ride, park_day, ride_day

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 7, 14, 18, tzinfo=UTC)  # a Tuesday
LISTS = ("/downtime/parks", "/downtime/rides", "/waits/parks", "/waits/rides", "/awards", "/charts", "/heatmaps")


def store(*days):
    park = make_park(name="Park", timezone="America/Los_Angeles")
    ride = make_ride(park, name="Ride of old")
    for day in days:
        seconds = {"up_seconds": 30_000, "down_seconds": 8_000, "open_seconds": 40_000}
        ride_day(ride, day, wait_seconds=3_000, wait_minute_seconds=90_000, peak_wait_time=55, **seconds)
        park_day(
            park, day, shame_score=2, ride_seconds=40_000, down_seconds=8_000, weighted_down_seconds=8_000,
            operating_hours_minutes=600, wait_seconds=3_000, wait_minute_seconds=90_000,
        )  # fmt: skip
    data_version.move()


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


def ask(client, address, status=200):
    response = client.get(address, headers={"accept": "text/html"})
    assert response.status_code == status
    return response.content.decode()


@pytest.mark.parametrize("address", LISTS)
def test_a_list_shows_any_dates_and_leads_to_those_beside_them(client, address):
    store(date(2026, 7, 13), date(2024, 7, 4))
    page = ask(client, f"{address}?start=2024-07-01&end=2024-07-31")
    assert "1–31 Jul 2024" in page
    assert "start=2024-06-01&amp;end=2024-06-30" in page
    assert "start=2024-08-01&amp;end=2024-08-31" in page
    for text in ("Today", "Yesterday", "Last week", "Last month", "Last year"):
        assert f">{text}</a>" in page


@pytest.mark.parametrize("address", ["/downtime/rides", "/waits/rides", "/awards", "/heatmaps?type=rides-downtime"])
def test_dates_of_old_find_what_happened_then(client, address):
    store(date(2026, 7, 13), date(2024, 7, 4))
    joint = "&" if "?" in address else "?"
    assert "Ride of old" in ask(client, f"{address}{joint}start=2024-07-01&end=2024-07-31")
    assert "Ride of old" not in ask(client, f"{address}{joint}start=2024-08-01&end=2024-08-31")


@pytest.mark.parametrize("address", LISTS)
def test_a_database_with_old_data_alone_opens_at_its_newest_days_and_says_so(client, address):
    store(date(2019, 3, 10), date(2019, 3, 14))
    page = ask(client, address)
    assert "Nothing newer than 14 Mar 2019 is stored" in page
    assert "Park" in page
    assert "10–14 Mar 2019" in page
    assert "start=2019-03-10&amp;end=2026-07-13" in page or "heatmaps" in address or "charts" in address


def test_the_links_of_the_control_say_dates_and_keep_the_rest_of_the_address(client):
    store(date(2026, 7, 13))
    page = ask(client, "/downtime/rides?filter=disney-universal&period=last_week&page=1")
    assert '<a href="?filter=disney-universal&amp;start=2026-07-05&amp;end=2026-07-11" aria-current="true">' in page
    assert '<input type="hidden" name="filter" value="disney-universal">' in page
    assert '<a href="?filter=disney-universal&amp;period=live">Now</a>' in page


def test_the_dates_of_a_named_period_are_that_period(client):
    store(date(2026, 7, 13))
    assert "Rides by downtime, yesterday" in ask(client, "/downtime/rides?start=2026-07-13&end=2026-07-13")
    today = ask(client, "/downtime/rides?start=2026-07-14&end=2026-07-14")
    assert "Rides by downtime, today" in today
    assert "Up to yesterday" in ask(client, "/downtime/rides?start=2026-07-01&end=2026-07-20")


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("start=2026-07-11&end=2026-07-05", "the end must not lie before the start"),
        ("start=2027-01-01&end=2027-01-02", "is still to come"),
        ("start=soon", "is not a date. Write it like 2026-07-04."),
        ("start=1066-10-14&end=2026-07-01", "is outside of what can be known"),
    ],
)
@pytest.mark.parametrize("address", LISTS)
def test_dates_that_cannot_be_are_friendly_pages(client, address, query, complaint):
    page = ask(client, f"{address}?{query}", status=400)
    assert complaint in page
    assert "The way on" in page


def test_a_start_alone_goes_on_to_now_and_an_end_alone_begins_with_the_data(client):
    store(date(2024, 7, 4), date(2026, 7, 13))
    assert "1–13 Jul 2026" in ask(client, "/downtime/rides?start=2026-07-01")
    assert "4 Jul 2024 – 1 Jul 2026" in ask(client, "/downtime/rides?end=2026-07-01")


def test_dates_are_short_where_they_share_month_or_year():
    assert dates_in_words(Days(date(2026, 7, 4), date(2026, 7, 4))) == "4 Jul 2026"
    assert dates_in_words(Days(date(2026, 7, 5), date(2026, 7, 11))) == "5–11 Jul 2026"
    assert dates_in_words(Days(date(2026, 6, 28), date(2026, 7, 4))) == "28 Jun – 4 Jul 2026"
    assert dates_in_words(Days(date(2025, 12, 1), date(2026, 1, 3))) == "1 Dec 2025 – 3 Jan 2026"
