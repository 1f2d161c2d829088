"""Which parks and rides have clearly less or more downtime than before, and how they are listed (R-18, Q16)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db.models import F
from django.test import Client

from parks.models import Category, Park, Ride
from stats.models import ParkDailyStats
from stats.tests.builders import (
    LOS_ANGELES,
    PARIS,
    TOKYO,
    local,
    make_park,
    make_ride,
    park_day,
    report,
    ride_day,
    show_park,
)
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

DATES = {"start_date": str, "end_date": str, "is_complete": bool}
ENTITY = DATES | {"queue_times_id": int | None, "queue_times_url": str | None}
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
    """A stored day of so many minutes, also in that of the park."""
    up = opened - down if up is None else up
    if ride.is_active:
        add_to_park(ride, day, down, up, opened, columns.get("metrics_version", settings.METRICS_VERSION))
    ride_day(
        ride,
        day,
        downtime_minutes=down,
        uptime_minutes=up,
        operating_hours_minutes=opened,
        **columns,
    )


def add_to_park(ride: Ride, day: date, down: int, up: int, opened: int, version: int) -> None:
    """Raise the exact sums of the park's day, which begins with none."""
    sums = {"ride_seconds": 60 * opened, "down_seconds": 60 * down, "weighted_down_seconds": 120 * down}
    if ride.category == Category.ATTRACTION:
        sums |= {"attraction_up_seconds": 60 * up, "attraction_down_seconds": 60 * down}
    sums |= {"total_rides_tracked": 1, "effective_park_weight": 2}
    rows = ParkDailyStats.objects.filter(park=ride.park, stat_date=day, metrics_version=version)
    if not rows.exists():
        nothing = {"total_rides_tracked": 0, "effective_park_weight": 0, "total_downtime_hours": 0, "shame_score": 0}
        park_day(ride.park, day, metrics_version=version, **nothing)
    rows.update(**{name: F(name) + value for name, value in sums.items()})


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


def test_the_change_is_that_of_the_seconds_and_not_of_the_rounded_hours(ask):
    """7.25 hours and 7.8333; of 7.25 and 7.83 it would be 8.0."""
    changed(435, 470)
    for category in ("rides-declining", "parks-declining"):
        assert figures(ask(category), "decline_percentage", "current_downtime_hours") == (8.05, 7.83)


def test_a_park_has_the_downtime_of_all_its_rides_and_the_uptime_of_its_attractions(ask):
    """R-5.6, N-3."""
    park = make_park()
    changed(60, 90, park=park)
    changed(60, 0, park=park)
    changed(0, 60, park=park, category=Category.SHOW)
    row = figures(ask("parks-declining"), "decline_percentage", *COLUMNS)
    assert row == (25.0, 92.5, 90.0, 2.5, 2.0)  # up 510 + 600 of 1200 minutes, 540 + 540 of 1200


def test_rides_of_other_categories_are_not_listed(ask):
    changed(60, 120, category=Category.SHOW)
    assert ask("rides-declining") == []


def test_days_that_are_over_know_what_is_no_longer_active(ask):
    """N-15."""
    changed(60, 120, park=make_park(is_active=False), name="gone with its park")
    changed(60, 120, is_active=False, name="gone")
    assert [row["ride_name"] for row in ask("rides-declining")] == ["gone with its park", "gone"]
    assert len(ask("parks-declining")) == 1


@pytest.mark.parametrize("hidden", [{"is_active": False}, {"park": {"is_active": False}}])
def test_of_today_what_is_inactive_is_not_listed(ask, hidden):
    ride = reported_today("O60 D120", **hidden.pop("park", {}))
    Ride.objects.filter(pk=ride.pk).update(**hidden)
    assert ask("rides-declining", period="today") == ask("parks-declining", period="today") == []


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
        (30, 600, "rides-declining"),
        (29, 600, None),  # half an hour at least (N-5)
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
        stored(ride, day, down, metrics_version=9)
    assert ask(category) == []


# -- today -----------------------------------------------------------------------------------------------


def reported_today(story: str, before: int = 60, **park: Any) -> Ride:
    """A ride that was down for so many of four hours yesterday morning, and its story of today."""
    ride = make_ride(make_park(**park))
    zone = ride.park.timezone
    report(ride, local(YESTERDAY, "09:00", zone), f"O120 D{before} O{120 - before}")
    report(ride, local(TODAY, "09:00", zone), story)
    show_park(ride.park, local(TODAY, "09:00", zone), 480)
    return ride


@pytest.mark.parametrize("later", ["", "O60 D120"])
def test_today_so_far_is_compared_with_yesterday_up_to_the_same_time(ask, later):
    """N-5: what came after 17:32 yesterday is not compared."""
    ride = reported_today("O360 D120")
    report(ride, local(YESTERDAY, "17:32"), later)
    row = ("decline_percentage", *COLUMNS)
    assert figures(ask("rides-declining", period="today"), *row) == (100.0, 75.0, 75.0, 2.0, 1.0)
    assert figures(ask("parks-declining", period="today"), *row) == (100.0, 75.0, 75.0, 2.0, 1.0)


def test_today_ends_now(ask):
    """Design §4: windows clip. Of four hours down one has passed."""
    ride = reported_today("", before=30)
    report(ride, NOW - timedelta(hours=2), "O60 D240", None)
    row = ("decline_percentage", *COLUMNS)
    assert figures(ask("rides-declining", period="today"), *row) == (100.0, 50.0, 87.5, 1.0, 0.5)


def test_what_was_down_yesterday_counts_if_the_ride_ran_later_that_day(ask):
    ride = reported_today("O60 D120")
    never = reported_today("O60 D120")
    for each in (ride, never):
        each.snapshots.filter(recorded_at__lt=local(TODAY, "00:00")).delete()
        report(each, local(YESTERDAY, "16:32"), "D120")
    report(ride, local(YESTERDAY, "20:00"), "O10")
    row = ("ride_id", "previous_uptime", "previous_downtime_hours")
    assert figures(ask("rides-declining", period="today"), *row) == (ride.pk, 0.0, 1.0)


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
    report(ride, local(YESTERDAY, "09:00"), "O60 D60")
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
    report(ride, local(yesterday - timedelta(days=1), "22:00", zone), "O30 D90")
    report(ride, local(yesterday, "00:00", zone), "O30 D60")
    report(ride, local(yesterday, "23:40", zone), "D20")
    report(ride, local(today, "00:00", zone), "O30 D90")
    row = figures(ask("rides-declining", period="today"), "current_downtime_hours", "previous_downtime_hours")
    assert row == (1.5, 1.0)


# -- own dates -------------------------------------------------------------------------------------------


def test_every_park_is_compared_over_the_weeks_of_the_site(ask):
    """N-1: on Saturday evening in California it is Sunday in Tokyo, but the week that ends has not ended here."""
    with time_machine.travel(datetime(2025, 12, 21, 4, tzinfo=UTC), tick=False):
        rides = [make_ride(make_park(timezone=zone)) for zone in (TOKYO, LOS_ANGELES)]
        for ride in rides:
            stored(ride, date(2025, 12, 13), 90)  # 7 to 13 December
            stored(ride, date(2025, 12, 6), 30)
            stored(ride, date(2025, 12, 14), 600)
        rows = ask("rides-declining")
    found = [(row["ride_id"], row["current_downtime_hours"], row["start_date"], row["end_date"]) for row in rows]
    assert found == [(ride.pk, 1.5, "2025-12-07", "2025-12-13") for ride in rides]


def test_a_day_that_has_not_ended_at_the_park_is_compared_with_none(ask):
    """At 00:30 in Los Angeles it is 22:30 of the day before in Honolulu."""
    ride = make_ride(make_park(timezone="Pacific/Honolulu"))
    stored(ride, date(2025, 12, 22), 60)
    stored(ride, date(2025, 12, 23), 120)
    for clock, found in (("2025-12-24T08:30Z", []), ("2025-12-24T10:00Z", [100.0])):
        with time_machine.travel(clock, tick=False):
            for category in ("rides-declining", "parks-declining"):
                rows = ask(category, period="yesterday")
                assert [row["decline_percentage"] for row in rows] == found


def test_rows_of_today_and_what_is_compared_name_the_dates_of_the_parks(client):
    """22:32 UTC is the 24th in Tokyo."""
    ride = make_ride(make_park(timezone=TOKYO))
    report(ride, local(TODAY, "00:00", TOKYO), "O60 D60")
    report(ride, local(date(2025, 12, 24), "00:00", TOKYO), "O60 D120")
    make_park(timezone=LOS_ANGELES)
    body = client.get(URL, {"category": "rides-declining", "period": "today"}).json()
    assert figures(body["rides"], "start_date", "end_date", "is_complete") == ("2025-12-24", "2025-12-24", False)
    assert body["comparison"] == {
        "current_period": "2025-12-23 to 2025-12-24",
        "previous_period": "2025-12-22 to 2025-12-23",
    }


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
        assert (len(body[entities]), body["count"], body["total"]) == (rows, rows, 101)


# -- shape -----------------------------------------------------------------------------------------------


@ALL_CATEGORIES
@pytest.mark.parametrize("period", PERIODS)
def test_every_answer_has_exactly_its_fields_as_numbers(client, category, period):
    before, now = (90, 60) if category.endswith("improving") else (60, 90)
    for columns in ({}, {"queue_times_id": None, "state_province": None, "country": "IS", "city": "Reykjavik"}):
        park = make_park(**columns)
        if period == "today":
            ride = make_ride(park, queue_times_id=columns.get("queue_times_id", 1107))
            report(ride, local(YESTERDAY, "09:00"), f"O60 D{before}")
            report(ride, local(TODAY, "09:00"), f"O60 D{now}")
            show_park(park, local(TODAY, "09:00"), 60 + now)
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
        "total": int,
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
                stored(ride, STORED["yesterday"][0], now)
                stored(ride, STORED["yesterday"][1], before)
                for day, down in zip(STORED["last_month"], (now, before), strict=True):
                    stored(ride, day, down)
                report(ride, NOW - timedelta(hours=8), f"O240 D{now} O100", None)
                report(ride, NOW - timedelta(hours=32), f"O240 D{before} O100", None)
            show_park(park, NOW - timedelta(hours=8), 240)

    def queries(rows: int) -> int:
        with django_assert_max_num_queries(10) as captured:
            body = client.get(URL, {"category": category, "period": period, "limit": 100}).json()
        assert body["count"] == rows
        return len(captured)

    add_parks(2)
    few = queries(2 if category in PARKS else 6)
    add_parks(18)
    assert queries(20 if category in PARKS else 60) == few
