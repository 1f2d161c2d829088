"""Side by side: two to four rides or parks, or one with itself over other days."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest

from core import data_version
from parks.models import EntityMetadata, Park, Ride
from parks.tests.factories import MetadataFactory
from stats.tests.builders import make_park, make_ride, park_day, ride_day

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 7, 14, 18, tzinfo=UTC)  # a Tuesday
HOUR = 3600
JUNE = "start=2026-06-01&end=2026-06-10"
DAYS = [date(2026, 6, 1) + timedelta(days=n) for n in range(10)]
YEAR_BEFORE = [day.replace(year=2025) for day in DAYS]


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


def store(ride: Ride, days, down_hours: float, wait: int = 30, unknown_hours: float = 0) -> None:
    """Ten hours a day, less what is unknown."""
    known = 10 - unknown_hours
    down = int(down_hours * HOUR)
    for day in days:
        ride_day(
            ride, day, open_seconds=int(known * HOUR), up_seconds=int(known * HOUR) - down, down_seconds=down,
            unknown_seconds=int(unknown_hours * HOUR), opening_delay_seconds=0, wait_seconds=HOUR,
            wait_minute_seconds=wait * HOUR, walk_on_seconds=0, snapshot_count=120,
        )  # fmt: skip
    data_version.move()


def open_days(park: Park, days, down_hours: float = 1) -> None:
    for day in days:
        park_day(
            park, day, shame_score=1, ride_seconds=10 * HOUR, total_rides_tracked=1, effective_park_weight=2,
            down_seconds=int(down_hours * HOUR), weighted_down_seconds=int(2 * down_hours * HOUR),
            attraction_up_seconds=int((10 - down_hours) * HOUR), attraction_down_seconds=int(down_hours * HOUR),
            wait_seconds=HOUR, wait_minute_seconds=30 * HOUR,
        )  # fmt: skip


@pytest.fixture
def pair():
    """Two rides of two parks: 60 and 75 minutes down a day, waits of 30 and 36 minutes."""
    rides = []
    for name, down, wait in (("Coaster", 1, 30), ("Rocket", 1.25, 36)):
        park = make_park(name=f"Park of {name}", timezone="America/Los_Angeles")
        open_days(park, DAYS, down)
        rides.append(make_ride(park, name=name))
        store(rides[-1], DAYS, down, wait)
    return rides


def ask(client, query="", status=200):
    response = client.get(f"/compare{query}", headers={"accept": "text/html"})
    assert response.status_code == status, response.content[:3000]
    return unescape(response.content.decode())


def rows_of(page, title):
    """(of what, figure, difference) of a figure's block."""
    table = page[page.index('<table class="sides">') :]
    [block] = [each for each in table.split("<tbody>") if f">{title}</th>" in each]
    found = re.findall(r"<tr><td>(.*?)</td><td[^>]*>(.*?)</td>(?:<td[^>]*>(.*?)</td>)?</tr>", block)
    return [tuple(re.sub(r"<[^>]+>", "", cell) for cell in row) for row in found]


def address(rides):
    return "?" + "&".join(f"ride={ride.pk}" for ride in rides)


def test_two_rides_stand_side_by_side_with_the_difference_in_minutes_and_percent(client, pair):
    page = ask(client, f"{address(pair)}&{JUNE}")
    assert rows_of(page, "Downtime") == [("Coaster", "600 min", ""), ("Rocket", "750 min", "+150 min (+25.0 %)")]
    assert rows_of(page, "Down in each open hour")[1] == ("Rocket", "7.5 min", "+1.5 min (+25.0 %)")
    assert rows_of(page, "Availability")[1] == ("Rocket", "87.5 %", "−2.5 points (−2.8 %)")
    assert rows_of(page, "Average wait")[1] == ("Rocket", "36 min", "+6.0 min (+20.0 %)")


def test_the_lines_of_both_have_the_same_axes(client, pair):
    page = ask(client, f"{address(pair)}&{JUNE}")
    assert "Downtime by day" in page
    assert "Average wait by day" in page
    assert page.count('<th scope="row">10 Jun</th>') == 2


def test_one_ride_is_compared_with_itself_a_year_before(client, pair):
    ride = pair[0]
    open_days(ride.park, YEAR_BEFORE)
    store(ride, YEAR_BEFORE, 2)
    page = ask(client, f"{address(pair[:1])}&{JUNE}&against=year")
    assert rows_of(page, "Downtime") == [
        ("1–10 Jun 2026", "600 min", ""),
        ("1–10 Jun 2025", "1,200 min", "+600 min (+100.0 %)"),
    ]
    assert '<th scope="row">Day 10</th>' in page


def test_any_other_dates_and_the_days_before_can_be_compared(client, pair):
    before = [day - timedelta(days=10) for day in DAYS]
    open_days(pair[0].park, before)
    store(pair[0], before, 0.5)
    page = ask(client, f"{address(pair[:1])}&{JUNE}&against=before")
    assert rows_of(page, "Downtime")[1][:2] == ("22–31 May 2026", "300 min")
    same = ask(client, f"{address(pair[:1])}&{JUNE}&against=dates&other_start=2026-05-22&other_end=2026-05-31")
    assert rows_of(same, "Downtime") == rows_of(page, "Downtime")


def test_parks_are_compared_by_their_score_too(client, pair):
    page = ask(client, f"?park={pair[0].park_id}&park={pair[1].park_id}&{JUNE}")
    assert rows_of(page, "Shame score") == [
        ("Park of Coaster", "1.0", ""),
        ("Park of Rocket", "1.3", "+0.3 points (+30.0 %)"),
    ]
    assert rows_of(page, "Availability")[1][1] == "87.5 %"


@pytest.mark.parametrize("unknown", ["hours", "days", "all"])
def test_nothing_is_compared_where_unlike_shares_are_known(client, pair, unknown):
    third = make_ride(pair[0].park, name="Murky")
    if unknown != "all":
        store(third, DAYS if unknown == "hours" else DAYS[:8], 1, unknown_hours=2 if unknown == "hours" else 0)
    page = ask(client, f"{address([pair[0], third])}&{JUNE}")
    assert "These are not to be compared." in page
    assert "differs by more than 10 points" in page
    assert ("nothing is known" if unknown == "all" else "80.0 % of the open time") in page
    assert "Difference" not in page


def test_shares_that_differ_by_ten_points_can_be_compared(client, pair):
    third = make_ride(pair[0].park, name="Hazy")
    store(third, DAYS, 1, unknown_hours=1)
    page = ask(client, f"{address([pair[0], third])}&{JUNE}")
    assert "90.0 % of the open time" in page
    assert rows_of(page, "Down in each open hour")[1][1] == "6.7 min"


def test_days_on_which_the_park_was_closed_are_not_unknown(client, pair):
    ride = pair[0]
    closed = [date(2026, 6, 11), date(2026, 6, 12)]
    for day in closed:
        park_day(ride.park, day, ride_seconds=0, operating_hours_minutes=0)
    page = ask(client, f"{address([ride])}&start=2026-06-01&end=2026-06-12")
    assert "100.0 % of the open time, 10 days" in page


def test_too_little_to_change_from_has_no_percent(client, pair):
    """N-5."""
    calm, wild = make_ride(pair[0].park, name="Calm"), make_ride(pair[0].park, name="Wild")
    store(calm, DAYS, 0.04, wait=4)
    store(wild, DAYS, 1, wait=30)
    page = ask(client, f"{address([calm, wild])}&{JUNE}")
    assert rows_of(page, "Downtime")[1][2] == "+576 min"
    assert rows_of(page, "Average wait")[1][2] == "+26.0 min"


def test_what_can_be_compared_is_found_by_its_name_and_added(client, pair):
    page = ask(client, f"{address(pair[:1])}&{JUNE}&q=rocket")
    assert f'href="?ride={pair[0].pk}&ride={pair[1].pk}&start=2026-06-01&end=2026-06-10"' in page
    assert "Nothing is called" in ask(client, f"{address(pair[:1])}&q=zzzzzz")


def test_twins_are_suggested_the_same_name_before_the_same_kind(client, pair):
    twin = make_ride(pair[1].park, name="The Coaster")
    same = make_ride(pair[1].park, name="COASTER")
    MetadataFactory.create(ride=pair[0], themeparks_wiki_id="00000000-0000-4000-8000-000000000001", tags=["coaster"])
    MetadataFactory.create(ride=twin, themeparks_wiki_id="00000000-0000-4000-8000-000000000002", tags=["coaster"])
    assert EntityMetadata.objects.count() == 2
    page = ask(client, address(pair[:1]))
    listed = page[page.index("Like it elsewhere") :]
    assert listed.index(f"ride={same.pk}") < listed.index(f"ride={twin.pk}")
    assert "<bdi>Rocket</bdi>" not in listed[: listed.index("</ul>")]


def test_the_empty_page_asks_whom_to_compare(client):
    page = ask(client)
    assert "A ride or park, by its name" in page
    assert "How much is known" not in page


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("?ride=1&ride=2&ride=3&ride=4&ride=5", "At most 4 can be compared"),
        ("?ride=1&park=1", "Rides are compared with rides"),
        ("?ride=one", "is not a number. Choose it by its name."),
        ("?against=year", "Another period is compared with one ride or one park"),
        ("?against=never", "is not known"),
        ("?start=2026-06-02&end=2026-06-01", "the end must not lie before the start"),
        ("?start=2020-01-01&end=2026-06-01", "366 can be shown here"),
        (f"?q={'x' * 101}", "too long"),
    ],
)
def test_what_cannot_be_compared_is_a_friendly_page(client, query, complaint):
    page = ask(client, query, status=400)
    assert complaint in page
    assert "The way on" in page


@pytest.mark.parametrize(
    "dates", ["", "&other_start=2026-05-02&other_end=2026-05-01", "&other_start=2026-07-14&other_end=2026-07-20"]
)
def test_other_dates_that_cannot_be_are_a_friendly_page(client, pair, dates):
    assert "The way on" in ask(client, f"{address(pair[:1])}&against=dates{dates}", status=400)


@pytest.mark.parametrize("query", ["?ride=999999", "?park=999999"])
def test_nobody_cannot_be_compared(client, query):
    ask(client, query, status=404)


def test_names_stay_text(client):
    park = make_park(name="<b>Park</b>")
    ride = make_ride(park, name="<script>alert(1)</script> مدينة")
    body = client.get(f"/compare{address([ride])}&q=%3Cscript%3E", headers={"accept": "text/html"}).content.decode()
    assert "<script>alert" not in body
    assert "<b>" not in body
    assert "مدينة" in body


def test_four_rides_take_few_statements(client, pair, django_assert_max_num_queries):
    more = [make_ride(pair[0].park, name=f"More {n}") for n in range(2)]
    for ride in more:
        store(ride, DAYS, 1)
    with django_assert_max_num_queries(14):
        ask(client, f"{address([*pair, *more])}&{JUNE}")
