"""A year of days, months and years beside each other."""

import re
from datetime import UTC, date, datetime
from html import unescape

import pytest

from core import data_version
from stats.tests.builders import make_park, make_ride, park_day, ride_day

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 7, 14, 18, tzinfo=UTC)  # a Tuesday
LOS_ANGELES = "America/Los_Angeles"
HOUR = 3600


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def ride():
    """Its park was open for ten hours on four days of two years, and closed on one."""
    park = make_park(name="Park", timezone=LOS_ANGELES)
    ride = make_ride(park, name="Coaster")
    for day, down in ((date(2018, 7, 3), 1), (date(2018, 7, 4), 2), (date(2018, 8, 1), 5), (date(2019, 7, 4), 4)):
        up = 10 - down
        ride_day(
            ride, day, open_seconds=10 * HOUR, up_seconds=up * HOUR, down_seconds=down * HOUR, wait_seconds=HOUR,
            wait_minute_seconds=30 * HOUR, unknown_seconds=0, opening_delay_seconds=0, walk_on_seconds=0,
            snapshot_count=120,
        )  # fmt: skip
        park_day(
            park, day, shame_score=down, ride_seconds=10 * HOUR, total_rides_tracked=1, effective_park_weight=2,
            down_seconds=down * HOUR, weighted_down_seconds=2 * down * HOUR, attraction_up_seconds=up * HOUR,
            attraction_down_seconds=down * HOUR, wait_seconds=HOUR, wait_minute_seconds=30 * HOUR,
        )  # fmt: skip
    park_day(park, date(2018, 7, 5), ride_seconds=0, total_rides_tracked=1, operating_hours_minutes=0)
    data_version.move()
    return ride


def ask(client, address, status=200):
    response = client.get(address, headers={"accept": "text/html"})
    assert response.status_code == status
    return unescape(response.content.decode())


def days_of(page):
    """What each day of the year says, by day and month."""
    found = re.findall(r'<a class="(\w+)" href="([^"]*)" data-words="([^:]+): ([^"]*)">', page)
    return {day: (kind, words, link) for kind, link, day, words in found}


def table_rows(page, caption):
    table = page[page.index(f"<caption>{caption}</caption>") :]
    rows = re.findall(r"<tr>(.*?)</tr>", table[: table.index("</table>")].split("<tbody>")[1], re.S)
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", row)] for row in rows]


def test_every_day_of_a_year_has_its_figure_and_leads_to_its_page(client, ride):
    days = days_of(ask(client, f"/rides/{ride.pk}/years?year=2018"))
    assert len(days) == 365
    assert days["4 Jul"] == ("h3", "2.00 h", f"/rides/{ride.pk}?start=2018-07-04&end=2018-07-04")
    assert days["1 Aug"][:2] == ("h6", "5.00 h")
    assert days["5 Jul"][:2] == ("shut", "park closed")
    assert days["6 Jul"][:2] == ("none", "nothing known")


@pytest.mark.parametrize(
    ("figure", "of_day"),
    [("score", "2.0"), ("downtime", "2.00 h"), ("availability", "80.0 %"), ("wait", "30 min")],
)
def test_a_park_has_score_downtime_availability_and_wait(client, ride, figure, of_day):
    page = ask(client, f"/parks/{ride.park_id}/years?year=2018&figure={figure}")
    assert days_of(page)["4 Jul"][1] == of_day


def test_availability_is_the_darker_the_more_is_missing(client, ride):
    days = days_of(ask(client, f"/rides/{ride.pk}/years?year=2018&figure=availability"))
    assert (days["3 Jul"][:2], days["1 Aug"][:2]) == (("h2", "90.0 %"), ("h6", "50.0 %"))


def test_months_add_up_and_lead_to_their_days(client, ride):
    page = ask(client, f"/rides/{ride.pk}/years?year=2018")
    assert table_rows(page, "Months of 2018") == [
        ["July 2018", "3.00", "85.0 %", "30"],
        ["August 2018", "5.00", "50.0 %", "30"],
    ]
    assert f"/rides/{ride.pk}?start=2018-07-01&end=2018-07-31" in page


def test_the_same_months_of_all_years_stand_beside_each_other(client, ride):
    page = ask(client, f"/parks/{ride.park_id}/years?figure=score")
    assert table_rows(page, "Shame score by month and year") == [
        ["July", "4.0", "1.5"],
        ["August", "–", "5.0"],
        ["All year", "4.0", "2.7"],
    ]
    assert "Shame score by week of the year" in page


def test_it_opens_at_the_newest_year_that_has_data(client, ride):
    assert "Downtime in 2019" in ask(client, f"/rides/{ride.pk}/years")


def test_a_year_of_which_nothing_is_known_says_so_and_leads_on(client, ride):
    page = ask(client, f"/rides/{ride.pk}/years?year=2012")
    assert "Nothing is known of 2012" in page
    assert 'href="?year=2018"' in page
    assert "nor of any other year" in ask(client, f"/parks/{make_park(name='New').pk}/years")


def test_days_to_come_lead_nowhere(client, ride):
    page = ask(client, f"/rides/{ride.pk}/years?year=2026")
    assert "Nothing is known of 2026" in page
    known = {"open_seconds": HOUR, "up_seconds": HOUR, "down_seconds": 0, "unknown_seconds": 0, "snapshot_count": 12}
    waits = {"wait_seconds": 0, "wait_minute_seconds": 0, "walk_on_seconds": 0, "opening_delay_seconds": 0}
    ride_day(ride, date(2026, 7, 13), **known, **waits)
    data_version.move()
    days = days_of(ask(client, f"/rides/{ride.pk}/years?year=2026"))
    assert days["14 Jul"][:2] == ("none", "nothing known")
    assert "15 Jul" not in days


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("year=2027", "2027 is still to come"),
        ("year=soon", "is not a whole number from 1970"),
        ("year=1066", "is not a whole number from 1970"),
        ("figure=score", "Choose one of: downtime, availability, wait"),
    ],
)
def test_a_year_that_cannot_be_is_a_friendly_page(client, ride, query, complaint):
    page = ask(client, f"/rides/{ride.pk}/years?{query}", status=400)
    assert complaint in page
    assert "The way on" in page


@pytest.mark.parametrize("address", ["/parks/999999/years", "/rides/999999/years"])
def test_nobody_has_no_years(client, address):
    ask(client, address, status=404)


@pytest.mark.parametrize(("address", "most"), [("/parks/{park}/years", 5), ("/rides/{ride}/years", 6)])
def test_years_of_history_take_few_statements(client, ride, address, most, django_assert_max_num_queries):
    with django_assert_max_num_queries(most):
        ask(client, address.format(park=ride.park_id, ride=ride.pk))
