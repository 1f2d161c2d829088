"""Which parks and rides have clearly less or more downtime than before, and how they are listed (R-18, Q16)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from parks.models import Category, Park, Ride
from stats.tests.builders import LOS_ANGELES, PARIS, TOKYO, local, make_park, make_ride, report, ride_day
from stats.tests.shapes import misfits

pytestmark = pytest.mark.django_db

URL = "/api/trends"
NOW = datetime(2025, 12, 23, 22, 32, tzinfo=UTC)  # Tuesday, 17:32 in New York, 14:32 in Los Angeles
TODAY, YESTERDAY = date(2025, 12, 23), date(2025, 12, 22)
PARKS = ["parks-improving", "parks-declining"]
RIDES = ["rides-improving", "rides-declining"]
CATEGORIES = [*PARKS, *RIDES]
ALL_CATEGORIES = pytest.mark.parametrize("category", CATEGORIES)

# A day in the period and one in the period before, in every zone of the tests.
STORED = {
    "yesterday": (date(2025, 12, 22), date(2025, 12, 21)),
    "last_week": (date(2025, 12, 16), date(2025, 12, 9)),
    "7days": (date(2025, 12, 20), date(2025, 12, 7)),
    "last_month": (date(2025, 11, 30), date(2025, 10, 1)),
    "30days": (date(2025, 11, 1), date(2025, 10, 31)),
}
PERIODS = ["today", *STORED]

BAD_LIMIT = "Invalid limit. Must be a non-negative integer"
BAD_RANGE = "Limit must be between 1 and 100"
MISSING = "Missing required parameter: category"
BAD_CATEGORY = "Invalid category. Must be one of: parks-improving, parks-declining, rides-improving, rides-declining"
BAD_PERIOD = "Invalid period. Must be one of: today, yesterday, last_week, last_month, 7days, 30days"
BAD_FILTER = "Invalid filter. Must be one of: disney-universal, all-parks"

ENTITY = {"queue_times_id": int | None, "queue_times_url": str | None}
FIGURES = {
    "current_uptime": float,
    "previous_uptime": float,
    "current_downtime_hours": float,
    "previous_downtime_hours": float,
}
PARK = ENTITY | FIGURES | {"park_id": int, "park_name": str, "location": str}
RIDE = ENTITY | FIGURES | {"ride_id": int, "ride_name": str, "park_name": str, "park_queue_times_id": int | None}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(client):
    def answer(category: str, **query: Any) -> list[dict]:
        response = client.get(URL, {"category": category, **query})
        assert response.status_code == 200, response.content
        return response.json()[category.partition("-")[0]]

    return answer


def stored(ride: Ride, day: date, down: int, up: int | None = None, opened: int = 600, **columns: Any) -> None:
    """A stored day of so many minutes."""
    ride_day(
        ride,
        day,
        downtime_minutes=down,
        uptime_minutes=opened - down if up is None else up,
        operating_hours_minutes=opened,
        **columns,
    )


def changed(before: int, now: int, period: str = "last_week", park: Park | None = None, **columns: Any) -> Ride:
    """A ride with so many minutes down in the period before and in the period."""
    ride = make_ride(park or make_park(), **columns)
    day, day_before = STORED[period]
    stored(ride, day_before, before)
    stored(ride, day, now)
    return ride


def figures(rows: list[dict], *columns: str) -> tuple:
    (row,) = rows
    return tuple(row[name] for name in columns)


COLUMNS = ("current_uptime", "previous_uptime", "current_downtime_hours", "previous_downtime_hours")


# -- closed periods --------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", STORED)
def test_more_downtime_than_in_the_period_before_is_declining(ask, period):
    ride = changed(60, 90, period)
    assert figures(ask("rides-declining", period=period), "ride_id", "decline_percentage", *COLUMNS) == (
        ride.pk,
        50.0,
        85.0,
        90.0,
        1.5,
        1.0,
    )
    parks = ask("parks-declining", period=period)
    assert figures(parks, "park_id", "decline_percentage", *COLUMNS) == (ride.park_id, 50.0, 85.0, 90.0, 1.5, 1.0)
    assert ask("rides-improving", period=period) == ask("parks-improving", period=period) == []


@pytest.mark.parametrize("period", STORED)
def test_less_downtime_than_in_the_period_before_is_improving(ask, period):
    changed(90, 60, period)
    row = ("improvement_percentage", *COLUMNS)
    assert figures(ask("rides-improving", period=period), *row) == (33.33, 90.0, 85.0, 1.0, 1.5)
    assert figures(ask("parks-improving", period=period), *row) == (33.33, 90.0, 85.0, 1.0, 1.5)
    assert ask("rides-declining", period=period) == ask("parks-declining", period=period) == []


@pytest.mark.parametrize(
    ("period", "before", "after"),
    [
        ("yesterday", date(2025, 12, 20), TODAY),
        ("last_week", date(2025, 12, 6), date(2025, 12, 21)),
        ("last_month", date(2025, 9, 30), date(2025, 12, 1)),
    ],
)
def test_the_days_beside_the_two_periods_do_not_count(ask, period, before, after):
    """Q16: the legacy compared the current ISO week with the one before, whatever was asked for."""
    ride = changed(60, 90, period)
    stored(ride, before, 600)
    stored(ride, after, 600)
    columns = ("current_downtime_hours", "previous_downtime_hours")
    assert figures(ask("rides-declining", period=period), *columns) == (1.5, 1.0)


def test_the_days_of_a_period_are_summed_up(ask):
    ride = make_ride(make_park())
    for day in range(14, 21):
        stored(ride, date(2025, 12, day), 69, 761, 830)
        stored(ride, date(2025, 12, day - 7), 57, 773, 830)
    row = figures(ask("rides-declining"), "decline_percentage", *COLUMNS)
    assert row == (21.05, 91.69, 93.13, 8.05, 6.65)  # 483 minutes of 5810 against 399


def test_the_hours_of_rides_are_not_rounded_and_those_of_parks_are(ask):
    changed(435, 470)
    assert figures(ask("rides-declining"), "decline_percentage", "current_downtime_hours") == (8.05, 470 / 60)
    # 7.83 hours against 7.25: the change is that of the rounded hours
    assert figures(ask("parks-declining"), "decline_percentage", "current_downtime_hours") == (8.0, 7.83)


def test_a_park_is_the_sum_and_the_mean_of_its_rides(ask):
    park = make_park()
    changed(60, 90, park=park)
    changed(60, 0, park=park)
    changed(0, 60, park=park, category=Category.SHOW)  # scores and roll-ups include every category
    changed(60, 600, park=park, is_active=False)
    row = figures(ask("parks-declining"), "decline_percentage", *COLUMNS)
    assert row == (25.0, 91.67, 93.33, 2.5, 2.0)  # (85 + 100 + 90) / 3, (90 + 90 + 100) / 3


def test_rides_of_other_categories_are_not_listed(ask):
    changed(60, 120, category=Category.SHOW)
    assert ask("rides-declining") == []


@pytest.mark.parametrize("hidden", [{"is_active": False}, {"park": {"is_active": False}}])
def test_what_is_inactive_is_not_listed(ask, hidden):
    park = make_park(**hidden.pop("park", {}))
    changed(60, 120, park=park, **hidden)
    assert ask("rides-declining") == ask("parks-declining") == []


@pytest.mark.parametrize(
    ("before", "now", "category"),
    [
        (100, 105, None),
        (100, 95, None),
        (100, 100, None),
        (1000, 1050, None),
        (10_000, 10_501, "rides-declining"),  # 5.01 %
        (10_000, 9_499, "rides-improving"),
        (100, 0, "rides-improving"),  # 100 %
        (1, 600, "rides-declining"),  # there is no smallest sample
        (0, 60, None),
        (0, 0, None),
    ],
)
def test_five_percent_is_no_trend_and_nothing_has_none(ask, before, now, category):
    changed(before, now)
    assert [each for each in RIDES if ask(each)] == ([category] if category else [])


@ALL_CATEGORIES
@pytest.mark.parametrize("number", [0, 1])
def test_what_has_only_one_of_the_periods_is_not_listed(ask, category, number):
    stored(make_ride(make_park()), STORED["last_week"][number], 60)
    assert ask(category) == []


@ALL_CATEGORIES
def test_a_closed_period_measures_nothing(ask, category):
    """D-35: a park that never opened has not improved."""
    ride = make_ride(make_park())
    stored(ride, STORED["last_week"][1], 60)
    stored(ride, STORED["last_week"][0], 0, 0, 0)
    assert ask(category) == []


def test_a_closed_day_is_in_no_mean(ask):
    ride = changed(60, 90)
    idle = make_ride(ride.park)
    stored(idle, STORED["last_week"][0], 0, 0, 0)
    assert figures(ask("parks-declining"), "current_uptime") == (85.0,)


@ALL_CATEGORIES
def test_rows_of_another_rule_set_do_not_count(ask, category):
    ride = make_ride(make_park())
    for day, down in zip(STORED["last_week"], (120, 60), strict=True):
        stored(ride, day, down, metrics_version=2)
    assert ask(category) == []


# -- today -----------------------------------------------------------------------------------------------


def reported_today(story: str, before: int = 60, start: datetime | None = None, **park: Any) -> Ride:
    """A ride that was down for so many minutes of yesterday, and its story of today."""
    ride = make_ride(make_park(**park))
    stored(ride, local(YESTERDAY, "12:00", ride.park.timezone).date(), before)
    report(ride, start or local(TODAY, "09:00", ride.park.timezone), story)
    return ride


def test_today_so_far_is_compared_with_the_whole_of_yesterday(ask):
    reported_today("O360 D120")
    row = ("decline_percentage", *COLUMNS)
    assert figures(ask("rides-declining", period="today"), *row) == (100.0, 75.0, 90.0, 2.0, 1.0)
    assert figures(ask("parks-declining", period="today"), *row) == (100.0, 75.0, 90.0, 2.0, 1.0)


def test_today_ends_now(ask):
    """Design §4: windows clip. Of four hours down one has passed."""
    ride = reported_today("", before=30)
    report(ride, NOW - timedelta(hours=2), "O60 D240", None)
    row = ("decline_percentage", *COLUMNS)
    assert figures(ask("rides-declining", period="today"), *row) == (100.0, 50.0, 95.0, 1.0, 0.5)


@pytest.mark.parametrize(
    ("story", "park", "hours"),
    [
        ("O60 D120", {}, 2.0),
        ("O60 C120", {}, 2.0),
        ("O60 D60 C60", {"is_disney": True}, 1.0),
        ("C60 D120", {"is_universal": True}, 2.0),  # never ran, but was meant to
        ("O60 R120", {}, 0.0),
        ("D180", {}, 0.0),  # it did not operate
        ("C180", {}, 0.0),
        ("C180", {"is_disney": True}, 0.0),
    ],
)
def test_downtime_of_today_is_that_of_the_ranking(ask, story, park, hours):
    reported_today(story, 30, **park)
    category = "rides-declining" if hours else "rides-improving"
    assert figures(ask(category, period="today"), "current_downtime_hours") == (hours,)


def test_what_happened_while_the_park_was_closed_does_not_count(ask):
    ride = make_ride(make_park())
    stored(ride, YESTERDAY, 60)
    report(ride, local(TODAY, "09:00"), "O60 D60", park_open=False)
    assert [ask(category, period="today") for category in CATEGORIES] == [[]] * 4


@pytest.mark.parametrize(
    ("zone", "today", "yesterday"),
    [
        (LOS_ANGELES, TODAY, YESTERDAY),
        (PARIS, TODAY, YESTERDAY),
        (TOKYO, date(2025, 12, 24), TODAY),  # 7:32 in the morning
    ],
)
def test_the_day_is_the_parks_own(ask, zone, today, yesterday):
    ride = make_ride(make_park(timezone=zone))
    stored(ride, yesterday, 60)
    stored(ride, yesterday - timedelta(days=1), 500)
    report(ride, local(yesterday, "22:00", zone), "O30 D90")
    report(ride, local(today, "00:00", zone), "O30 D90")
    row = figures(ask("rides-declining", period="today"), "current_downtime_hours", "previous_downtime_hours")
    assert row == (1.5, 1.0)


# -- own dates -------------------------------------------------------------------------------------------


def test_every_park_is_compared_over_its_own_week(ask):
    """On Saturday evening in California it is Sunday in Tokyo: the week that ends here has ended there."""
    with time_machine.travel(datetime(2025, 12, 21, 4, tzinfo=UTC), tick=False):
        tokyo = changed(60, 90, park=make_park(timezone=TOKYO))  # 14 to 20 December against 7 to 13
        angeles = make_ride(make_park(timezone=LOS_ANGELES))
        stored(angeles, date(2025, 12, 13), 90)  # 7 to 13 December
        stored(angeles, date(2025, 12, 6), 30)
        stored(angeles, date(2025, 12, 14), 600)
        rows = ask("rides-declining")
    found = [(row["ride_id"], row["current_downtime_hours"]) for row in rows]
    assert found == [(angeles.pk, 1.5), (tokyo.pk, 1.5)]


# -- order, filter, limit --------------------------------------------------------------------------------


@pytest.mark.parametrize("entities", ["parks", "rides"])
def test_the_strongest_change_comes_first_and_ties_by_id(ask, entities):
    rides = [changed(100, now, name=name) for now, name in ((150, "C"), (190, "B"), (150, "A"), (50, "X"), (10, "Y"))]
    ids = [ride.pk if entities == "rides" else ride.park_id for ride in rides]
    key = "ride_id" if entities == "rides" else "park_id"
    declining = [row[key] for row in ask(f"{entities}-declining")]
    assert declining == [ids[1], ids[0], ids[2]]
    assert [row[key] for row in ask(f"{entities}-improving")] == [ids[4], ids[3]]
    assert [row[key] for row in ask(f"{entities}-declining", limit=2)] == declining[:2]


@ALL_CATEGORIES
def test_the_filter_keeps_disney_and_universal_parks(ask, category):
    before, now = (90, 60) if category.endswith("improving") else (60, 90)
    for park in ({"is_disney": True}, {"is_universal": True}, {"name": "Disney's Neighbour"}):
        changed(before, now, park=make_park(**park))
    assert len(ask(category)) == len(ask(category, filter="all-parks")) == 3
    assert len(ask(category, filter="disney-universal")) == 2


@pytest.mark.parametrize("entities", ["parks", "rides"])
def test_the_limit_is_50_when_not_given_and_100_at_most(client, entities):
    park = make_park()
    for _ in range(101):
        changed(60, 90, park=park if entities == "rides" else None)
    for query, rows in (({}, 50), ({"limit": 100}, 100), ({"limit": "+2"}, 2), ({"limit": " 002 "}, 2)):
        body = client.get(URL, {"category": f"{entities}-declining", **query}).json()
        assert (len(body[entities]), body["count"]) == (rows, rows)


# -- shape -----------------------------------------------------------------------------------------------


@ALL_CATEGORIES
@pytest.mark.parametrize("period", PERIODS)
def test_every_answer_has_exactly_its_fields_as_numbers(client, category, period):
    before, now = (90, 60) if category.endswith("improving") else (60, 90)
    for columns in ({}, {"queue_times_id": None, "state_province": None, "country": "IS", "city": "Reykjavik"}):
        park = make_park(**columns)
        if period == "today":
            ride = make_ride(park, queue_times_id=columns.get("queue_times_id", 1107))
            stored(ride, YESTERDAY, before)
            report(ride, local(TODAY, "09:00"), f"O60 D{now}")
        else:
            changed(before, now, period, park, queue_times_id=columns.get("queue_times_id", 1107))
    body = client.get(URL, {"category": category, "period": period}).json()
    entities, _, direction = category.partition("-")
    percentage = "improvement_percentage" if direction == "improving" else "decline_percentage"
    row = (PARK if entities == "parks" else RIDE) | {percentage: float}
    root = {
        "success": bool,
        "period": str,
        "category": str,
        "filter": str,
        "count": int,
        "comparison": {"current_period": str, "previous_period": str},
        "attribution": str,
        "timestamp": str,
        entities: [row],
    }
    assert misfits(body, root) == []
    assert (body["success"], body["period"], body["category"], body["filter"], body["count"]) == (
        True,
        period,
        category,
        "all-parks",
        2,
    )
    assert body["attribution"] == "Data powered by ThemeParks.wiki - https://themeparks.wiki"
    assert body["timestamp"] == "2025-12-23T22:32:00Z"
    orlando, reykjavik = body[entities]
    url = (
        f"https://queue-times.com/parks/{orlando['park_queue_times_id' if entities == 'rides' else 'queue_times_id']}"
    )
    assert orlando["queue_times_url"] == (f"{url}/rides/1107" if entities == "rides" else url)
    assert reykjavik["queue_times_url"] is reykjavik["queue_times_id"] is None
    if entities == "parks":
        assert [row["location"] for row in body["parks"]] == ["Orlando, Florida", "Reykjavik, IS"]


@pytest.mark.parametrize(
    ("period", "current", "previous"),
    [
        ("today", "2025-12-23 to 2025-12-23", "2025-12-22 to 2025-12-22"),
        ("yesterday", "2025-12-22 to 2025-12-22", "2025-12-21 to 2025-12-21"),
        ("last_week", "2025-12-14 to 2025-12-20", "2025-12-07 to 2025-12-13"),
        ("7days", "2025-12-14 to 2025-12-20", "2025-12-07 to 2025-12-13"),
        ("last_month", "2025-11-01 to 2025-11-30", "2025-10-01 to 2025-10-31"),
        ("30days", "2025-11-01 to 2025-11-30", "2025-10-01 to 2025-10-31"),
    ],
)
def test_the_comparison_names_the_dates_that_are_compared(client, period, current, previous):
    body = client.get(URL, {"category": "rides-declining", "period": period}).json()
    assert body["comparison"] == {"current_period": current, "previous_period": previous}


def test_the_dates_are_reported_in_the_sites_zone_at_the_turn_of_the_year(client):
    with time_machine.travel(datetime(2026, 1, 1, 7, 30, tzinfo=UTC), tick=False):  # 23:30 in Los Angeles
        body = client.get(URL, {"category": "rides-declining", "period": "yesterday"}).json()
    assert body["comparison"]["current_period"] == "2025-12-30 to 2025-12-30"


@ALL_CATEGORIES
@pytest.mark.parametrize("period", PERIODS)
def test_an_empty_database_has_empty_lists(client, category, period):
    body = client.get(URL, {"category": category, "period": period, "filter": "disney-universal"}).json()
    assert (body[category.partition("-")[0]], body["count"], body["success"]) == ([], 0, True)


# -- parameters ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("", MISSING),
        ("category=", MISSING),
        ("category=&category=rides-declining", MISSING),
        ("category=rides", BAD_CATEGORY),
        ("category=Rides-Declining", BAD_CATEGORY),
        ("category=rides-declining&period=live", BAD_PERIOD),
        ("category=rides-declining&period=", BAD_PERIOD),
        ("category=rides-declining&period=LAST_WEEK", BAD_PERIOD),
        ("category=rides-declining&period=all_time", BAD_PERIOD),
        ("category=rides-declining&filter=all", BAD_FILTER),
        ("category=rides-declining&filter=", BAD_FILTER),
        ("category=rides-declining&limit=0", BAD_RANGE),
        ("category=rides-declining&limit=101", BAD_RANGE),
        ("category=rides-declining&limit=-1", BAD_RANGE),
        ("category=rides-declining&limit=-99999999999999999999", BAD_RANGE),
        ("category=rides-declining&limit=99999999999999999999", BAD_RANGE),
        ("category=rides-declining&limit=abc", BAD_LIMIT),
        ("category=rides-declining&limit=5.5", BAD_LIMIT),
        ("category=rides-declining&limit=-5.5", BAD_LIMIT),
        ("category=rides-declining&limit=", BAD_LIMIT),
    ],
)
def test_each_wrong_parameter_has_its_text(client, query, error):
    response = client.get(f"{URL}?{query}")
    assert (response.status_code, response.json()) == (400, {"success": False, "error": error})


def test_the_first_check_that_fails_decides_the_text(client):
    """Limit parse, category present, period, category value, filter, limit range."""
    query = {"limit": "x", "category": "", "period": "x", "filter": "x"}
    steps = [
        (BAD_LIMIT, {"limit": "0"}),
        (MISSING, {"category": "x"}),
        (BAD_PERIOD, {"period": "today"}),
        (BAD_CATEGORY, {"category": "parks-improving"}),
        (BAD_FILTER, {"filter": "all-parks"}),
        (BAD_RANGE, {"limit": "1"}),
    ]
    for error, mended in steps:
        assert client.get(URL, query).json() == {"success": False, "error": error}
        query |= mended
    assert client.get(URL, query).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_another_method_is_refused_in_json(client, method):
    response = getattr(client, method)(URL)
    assert (response.status_code, response.json()["success"]) == (405, False)


# -- cost ------------------------------------------------------------------------------------------------


@ALL_CATEGORIES
@pytest.mark.parametrize("period", ["today", "yesterday", "last_month"])
def test_the_number_of_queries_does_not_depend_on_the_number_of_parks(django_assert_max_num_queries, category, period):
    client = Client()  # which shares nothing and stores nothing
    before, now = (90, 60) if category.endswith("improving") else (60, 90)

    def add_parks(count: int) -> None:
        for number in range(count):
            park = make_park(timezone=f"Etc/GMT+{number % 6 + 3}", is_disney=bool(number % 2))
            for _ in range(3):
                ride = make_ride(park, 2)
                stored(ride, STORED["yesterday"][0], before if period == "today" else now)
                stored(ride, STORED["yesterday"][1], before)
                for day, down in zip(STORED["last_month"], (now, before), strict=True):
                    stored(ride, day, down)
                report(ride, NOW - timedelta(hours=8), f"O240 D{now} O100", None)

    def queries(rows: int) -> int:
        with django_assert_max_num_queries(6) as captured:
            body = client.get(URL, {"category": category, "period": period, "limit": 100}).json()
        assert body["count"] == rows
        return len(captured)

    add_parks(2)
    few = queries(2 if category in PARKS else 6)
    add_parks(18)
    assert queries(20 if category in PARKS else 60) == few
