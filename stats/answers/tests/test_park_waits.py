"""Which parks are ranked by wait, by which numbers, in which order (R-11, public-api 4.4, 6.4, Q1, Q3)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from parks.models import Park
from stats.tests.builders import (
    LOS_ANGELES,
    NEW_YORK,
    TOKYO,
    local,
    make_park,
    make_ride,
    park_day,
    report,
    ride_day,
    show_park,
)

pytestmark = pytest.mark.django_db

PATH = "/api/parks/waittimes"
NOW = datetime(2025, 12, 23, 22, tzinfo=UTC)  # Tuesday, 17:00 in New York
TODAY, YESTERDAY = date(2025, 12, 23), date(2025, 12, 22)
OPENING = local(TODAY, "09:00")  # eight hours before NOW
DAY_IN = {"yesterday": YESTERDAY, "last_week": date(2025, 12, 16), "last_month": date(2025, 11, 30)}
DAY_BEFORE = {"yesterday": date(2025, 12, 21), "last_week": date(2025, 12, 13), "last_month": date(2025, 10, 31)}
PERIODS = ("live", "today", *DAY_IN)
STORED = pytest.mark.parametrize("period", list(DAY_IN))
EVERY = pytest.mark.parametrize("period", PERIODS)

COMMON = {
    "rank": int,
    "park_id": int,
    "park_name": str,
    "location": str,
    "queue_times_id": int | None,
    "queue_times_url": str | None,
    "avg_wait_minutes": float,
    "peak_wait_minutes": int | None,
    "rides_reporting": int,
    "walk_on_percentage": float | None,
    "trend_percentage": float | None,
    "previous_wait_minutes": float | None,
    "park_is_open": bool | None,
    "start_date": str,
    "end_date": str,
    "is_complete": bool,
}
PRESENT = COMMON | {"as_of": str}
WEEK = COMMON | {"avg_wait_time": float, "peak_wait_time": int | None, "period_label": str}
KEYS: dict[str, dict[str, Any]] = {
    "live": PRESENT | {"avg_wait_time": float, "max_wait_time": int},
    "today": PRESENT,
    "yesterday": COMMON,
    "last_week": WEEK,
    "last_month": WEEK,
}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(client):
    def answer(period: str | None = None, **query: Any) -> list[dict]:
        response = client.get(PATH, {**({"period": period} if period else {}), **query})
        assert response.status_code == 200, response.content
        return response.json()["data"]

    return answer


def figures(rows: list[dict], *columns: str) -> tuple:
    (row,) = rows
    return tuple(row[name] for name in columns)


def waits(rows: list[dict]) -> tuple:
    return figures(rows, "avg_wait_minutes", "peak_wait_minutes", "rides_reporting")


def names(rows: list[dict]) -> list[str]:
    return [row["park_name"] for row in rows]


def open_park(**columns: Any) -> Park:
    """A park that is seen open since 09:00."""
    park = make_park(**columns)
    show_park(park, OPENING, 480)
    return park


def posting(park: Park, wait: int | None, story: str = "O480", **columns: Any) -> Any:
    """A ride that posts this wait since 09:00."""
    ride = make_ride(park, **columns)
    report(ride, OPENING, story, wait=wait)
    return ride


def listed_park(wait: int, **columns: Any) -> Park:
    """A park with this average in every period."""
    park = open_park(**columns)
    ride = posting(park, wait)
    for day in DAY_IN.values():
        park_day(park, day, avg_wait_time=Decimal(wait), peak_wait_time=wait)
        ride_day(ride, day, peak_wait_time=wait)
    return park


# -- live -------------------------------------------------------------------------------------------------


def test_live_is_the_mean_of_the_latest_waits(ask):
    park = open_park()
    posting(park, 75)
    posting(park, 40)
    ride = posting(park, 90, "O300")
    report(ride, OPENING + timedelta(minutes=300), "O180", wait=55)
    rows = ask("live")
    assert waits(rows) == (56.7, 75, 3)
    assert figures(rows, "avg_wait_time", "max_wait_time", "park_is_open") == (56.7, 75, True)


def test_live_is_the_default(ask):
    listed_park(30)
    assert ask() == ask("live") != []


@pytest.mark.parametrize(
    ("story", "wait"),
    [
        ("O480", 0),
        ("O480", None),
        ("O480", 480),  # a feed error
        ("O300 D180", 60),
        ("O300 C180", 60),
        ("O300 R180", 60),
        ("O300 -180", 60),
        ("O300", 60),  # silent for three hours
    ],
)
def test_live_leaves_out_zeros_errors_and_what_does_not_run(ask, story, wait):
    park = open_park()
    posting(park, wait, story)
    assert ask("live") == []
    posting(park, 20, "O100 +380")
    assert waits(ask("live")) == (20.0, 20, 1)


def test_live_counts_active_attractions(ask):
    """N-4."""
    park = open_park()
    posting(park, 10)
    posting(park, 20, category="MEET_AND_GREET")
    posting(park, 30, category=None)
    posting(park, 200, is_active=False)
    assert waits(ask("live")) == (10.0, 10, 1)


@pytest.mark.parametrize("is_open", [False, None])
def test_live_lists_open_parks_alone(ask, is_open):
    park = make_park()
    posting(park, 30)
    if is_open is not None:
        show_park(park, NOW - timedelta(minutes=10), 10, is_open=is_open)
    assert ask("live") == []


# -- today ------------------------------------------------------------------------------------------------


def test_today_is_the_mean_over_time_and_rides_of_waits_above_zero(ask):
    park = open_park()
    ride = posting(park, 30, "O120")
    at = report(ride, OPENING + timedelta(minutes=120), "O60", wait=0)
    report(ride, at, "O60", None, wait=60)
    posting(park, 45, "O60")
    posting(park, 0)
    # (30 × 2 + 60 + 45) / 4 hours
    rows = ask("today")
    assert waits(rows) == (41.3, 60, 2)
    assert type(rows[0]["peak_wait_minutes"]) is int


def test_today_leaves_out_the_closed_park_feed_errors_and_other_categories(ask):
    park = open_park()
    ride = posting(park, 30, "O60")
    report(ride, OPENING - timedelta(hours=1), "O60", wait=100, park_open=False)
    report(ride, OPENING + timedelta(hours=1), "O60", wait=480)
    posting(park, 100, category="SHOW")
    posting(park, 100, is_active=False)
    assert waits(ask("today")) == (30.0, 30, 1)


def test_today_begins_at_the_parks_midnight_and_ends_now(ask):
    ride = make_ride(make_park())
    report(ride, local(YESTERDAY, "23:00"), "O60", wait=100)
    report(ride, local(TODAY, "00:00"), "O60", wait=10)
    report(ride, NOW - timedelta(hours=1), "O240", None, wait=20)
    assert waits(ask("today")) == (15.0, 20, 1)


def test_what_a_ride_posts_while_it_is_down_is_no_wait(ask):
    """N-4."""
    ride = posting(open_park(), 40, "O60")
    report(ride, OPENING + timedelta(hours=1), "D60 C60 R60", wait=100)
    assert waits(ask("today")) == (40.0, 40, 1)


@pytest.mark.parametrize(
    ("period", "percentage"),
    [
        ("live", 33.3),  # one of the three that post a wait now
        ("today", 50.0),  # six hours of twelve
        ("yesterday", 25.0),
        ("last_week", 50.0),
    ],
)
def test_the_share_of_walk_ons_is_a_figure_of_its_own(ask, period, percentage):
    park = open_park()
    for wait, story in ((30, "O60"), (20, "O120")):
        report(make_ride(park), NOW - timedelta(minutes=int(story[1:])), story, wait=wait)
    ride = posting(park, 0, "O300 D120")
    report(ride, NOW - timedelta(hours=1), "O60", wait=0)
    report(make_ride(park), OPENING, "O180", wait=25)
    park_day(park, YESTERDAY, avg_wait_time=Decimal(30), walk_on_seconds=1200)
    park_day(park, DAY_IN["last_week"], avg_wait_time=Decimal(30), walk_on_seconds=3600)
    assert figures(ask(period), "walk_on_percentage") == (percentage,)


@pytest.mark.parametrize("is_open", [True, False, None])
def test_today_and_closed_days_report_whether_the_park_is_open_now(ask, is_open):
    park = make_park()
    posting(park, 30)
    for day in DAY_IN.values():
        park_day(park, day, avg_wait_time=Decimal(30))
    if is_open is not None:
        show_park(park, NOW - timedelta(minutes=10), 10, is_open=is_open)
    for period in ("today", *DAY_IN):
        assert figures(ask(period), "park_is_open") == (is_open,)


# -- closed days ------------------------------------------------------------------------------------------


def test_yesterday_is_the_stored_row(ask):
    park = make_park()
    park_day(park, YESTERDAY, avg_wait_time=Decimal("34.95"), peak_wait_time=75)
    for average, columns in ((75, {}), (5, {}), (0, {}), (None, {}), (90, {"category": "SHOW"})):
        ride_day(make_ride(park, **columns), YESTERDAY, avg_wait_time=average)
    assert waits(ask("yesterday")) == (35.0, 75, 2)


@pytest.mark.parametrize(("period", "first"), [("last_week", date(2025, 12, 14)), ("last_month", date(2025, 11, 1))])
def test_a_week_and_a_month_are_means_over_posted_time_and_the_highest_peak(ask, period, first):
    park = make_park()
    rides = [make_ride(park), make_ride(park)]
    for number, (average, peak) in enumerate((("47.40", 90), (None, None), ("0.00", 0), ("20.05", 150))):
        day = first + timedelta(days=number)
        park_day(park, day, avg_wait_time=average, peak_wait_time=peak)
        ride_day(rides[number % 2], day, avg_wait_time=average)
    rows = ask(period)
    # 67.45 / 2: the days without a wait above 0 are in no mean (N-4)
    assert waits(rows) == (33.7, 150, 2)
    assert figures(rows, "avg_wait_time", "peak_wait_time") == (33.7, 150)


def test_a_day_weighs_as_long_as_it_posted_waits(ask):
    """N-2: 10 minutes over one hour and 40 over three."""
    park = make_park()
    for day, wait, hours in ((date(2025, 12, 14), 10, 1), (date(2025, 12, 15), 40, 3)):
        sums = {"wait_seconds": 3600 * hours, "wait_minute_seconds": 3600 * hours * wait}
        park_day(park, day, avg_wait_time=Decimal(wait), **sums)
    assert figures(ask("last_week"), "avg_wait_minutes") == (32.5,)


@pytest.mark.parametrize(("period", "heading"), [("last_week", "Dec 14-20, 2025"), ("last_month", "November 2025")])
def test_a_week_and_a_month_have_a_heading(ask, period, heading):
    listed_park(30)
    assert figures(ask(period), "period_label") == (heading,)


@STORED
@pytest.mark.parametrize(("average", "peak"), [(None, None), (None, 40), ("0.00", 0)])
def test_a_park_without_a_wait_is_not_listed(ask, period, average, peak):
    park_day(make_park(), DAY_IN[period], avg_wait_time=average, peak_wait_time=peak)
    assert ask(period) == []


@STORED
def test_an_average_without_a_peak_is_listed(ask, period):
    park_day(make_park(), DAY_IN[period], avg_wait_time=Decimal(30))
    assert waits(ask(period)) == (30.0, None, 0)


@STORED
def test_only_rows_of_the_current_rule_set_are_read(ask, settings, period):
    park = make_park()
    ride = make_ride(park)
    for version in (1, 2, 3):
        park_day(park, DAY_IN[period], avg_wait_time=Decimal(10 * version), metrics_version=version)
    ride_day(ride, DAY_IN[period], metrics_version=1)
    settings.METRICS_VERSION = 2
    assert waits(ask(period)) == (20.0, None, 0)


@pytest.mark.parametrize(
    ("now", "period", "inside", "outside"),
    [
        ("2025-12-23T22:32Z", "yesterday", "2025-12-22", "2025-12-23"),
        ("2025-12-21T00:30Z", "last_week", "2025-12-07", "2025-12-14"),
        ("2025-12-21T00:30Z", "last_week", "2025-12-13", "2025-12-20"),
        ("2025-12-01T05:00Z", "last_month", "2025-10-31", "2025-11-30"),
        ("2025-12-01T05:00Z", "last_month", "2025-10-01", "2025-11-01"),
    ],
)
def test_a_list_has_one_set_of_dates(ask, now, period, inside, outside):
    """N-1: the site's dates, though Tokyo is a day, a week or a month further."""
    for zone in (TOKYO, LOS_ANGELES):
        park = make_park(timezone=zone)
        for day, wait in ((inside, 20), (outside, 200)):
            park_day(park, date.fromisoformat(day), avg_wait_time=Decimal(wait), peak_wait_time=wait)
        ride_day(make_ride(park), date.fromisoformat(outside))
    with time_machine.travel(now, tick=False):
        rows = ask(period)
    assert [(row["avg_wait_minutes"], row["peak_wait_minutes"], row["rides_reporting"]) for row in rows] == [
        (20.0, 20, 0),
        (20.0, 20, 0),
    ]
    assert all(row["start_date"] <= inside <= row["end_date"] and row["is_complete"] for row in rows)


def test_today_begins_at_three_midnights(ask):
    """At 22:00 UTC it is the 24th in Tokyo (since 15:00), the 23rd in New York (05:00) and Los Angeles (08:00)."""
    for zone, begins in ((TOKYO, 15), (NEW_YORK, 5), (LOS_ANGELES, 8)):
        midnight = datetime(2025, 12, 23, begins, tzinfo=UTC)
        ride = make_ride(make_park(name=zone, timezone=zone))
        report(ride, midnight - timedelta(hours=1), "O60", wait=200)
        report(ride, midnight, "O60", wait=begins)
    rows = ask("today")
    assert [(row["park_name"], row["avg_wait_minutes"]) for row in rows] == [
        (TOKYO, 15.0),
        (LOS_ANGELES, 8.0),
        (NEW_YORK, 5.0),
    ]


# -- trends -----------------------------------------------------------------------------------------------

TRENDS = pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("40", 45, 12.5),
        ("40", 30, -25.0),
        ("40", 40, 0.0),
        ("5", 6, 20.0),
        ("4", 6, None),  # five minutes at least (N-5)
        ("0", 30, None),
        (None, 30, None),
    ],
)


def given(before: str | None) -> float | None:
    """What the row says of the average before: none of zeros."""
    return float(before) if before and before != "0" else None


@TRENDS
@pytest.mark.parametrize("period", ["live", "today"])
def test_live_and_today_are_compared_with_the_same_time_of_the_day_before(ask, period, before, now, expected):
    """N-5: it is 17:00; what was posted yesterday from then on is not compared."""
    park = open_park()
    ride = posting(park, now)
    if before is not None:
        report(ride, OPENING - timedelta(days=1), "O480", wait=int(before))
        report(ride, NOW - timedelta(days=1), "O60", wait=400)
    park_day(park, YESTERDAY, avg_wait_time=Decimal(500))
    assert figures(ask(period), "trend_percentage", "previous_wait_minutes") == (expected, given(before))


def test_the_trend_of_a_park_right_now_is_that_of_its_day_so_far(ask):
    """It posts 60 now, 35 on the average of today's eight hours, 28 on that of yesterday's."""
    park = open_park()
    ride = posting(park, 20, "O300")
    report(ride, OPENING + timedelta(hours=5), "O180", wait=60)
    report(ride, OPENING - timedelta(days=1), "O480", wait=28)
    columns = ("avg_wait_minutes", "trend_percentage", "previous_wait_minutes")
    assert figures(ask("live"), *columns) == (60.0, 25.0, 28.0)


@TRENDS
@STORED
def test_closed_periods_are_compared_with_the_one_before(ask, period, before, now, expected):
    park = make_park()
    park_day(park, DAY_IN[period], avg_wait_time=Decimal(now))
    park_day(park, DAY_BEFORE[period], avg_wait_time=before)
    assert figures(ask(period), "trend_percentage", "previous_wait_minutes") == (expected, given(before))


def test_the_trend_is_of_the_averages_before_rounding(ask):
    park = make_park()
    park_day(park, YESTERDAY, avg_wait_time=Decimal("10.04"))
    park_day(park, YESTERDAY - timedelta(days=1), avg_wait_time=Decimal("9.95"))
    # 0.9 %; of 10.0 and 10.0 it would be none
    assert figures(ask("yesterday"), "avg_wait_minutes", "trend_percentage") == (10.0, 0.9)


# -- which parks, in which order --------------------------------------------------------------------------


@EVERY
def test_parks_are_ordered_by_their_average_with_ties_by_name(ask, period):
    for name, wait in (("B", 20), ("D", 10), ("C", 20), ("A", 30), ("E", 20)):
        listed_park(wait, name=name)
    rows = ask(period)
    assert [(row["rank"], row["park_name"]) for row in rows] == [(1, "A"), (2, "B"), (3, "C"), (4, "E"), (5, "D")]


def test_the_order_is_that_of_the_averages_before_rounding(ask):
    for name, average in (("A", "20.01"), ("B", "20.04"), ("C", "19.96")):
        park_day(make_park(name=name), YESTERDAY, avg_wait_time=Decimal(average))
    rows = ask("yesterday")
    assert names(rows) == ["B", "A", "C"]
    assert {row["avg_wait_minutes"] for row in rows} == {20.0}


@EVERY
def test_of_the_present_day_only_active_parks_are_listed_and_the_filter_goes_by_flags(ask, period):
    """N-15."""
    former = ["Gone"] if period in DAY_IN else []
    for name, columns in (
        ("Magic Kingdom", {"is_disney": True}),
        ("Epic Universe", {"is_universal": True}),
        ("Disney by name", {}),
        ("Gone", {"is_active": False, "is_disney": True}),
    ):
        listed_park(30, name=name, **columns)
    assert names(ask(period)) == ["Disney by name", "Epic Universe", *former, "Magic Kingdom"]
    assert names(ask(period, filter="disney-universal")) == ["Epic Universe", *former, "Magic Kingdom"]


@EVERY
def test_the_limit_cuts_the_list_after_ranking(ask, period):
    for wait in (10, 30, 20):
        listed_park(wait, name=str(wait))
    assert names(ask(period, limit=2)) == ["30", "20"]
    assert ask(period, limit=0) == []


def test_the_default_limit_is_fifty_and_the_largest_a_hundred(ask):
    for _ in range(101):
        park_day(make_park(), YESTERDAY, avg_wait_time=Decimal(30))
    assert [len(ask("yesterday", **query)) for query in ({}, {"limit": 100}, {"limit": 1000})] == [50, 100, 100]


# -- shape ------------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("filter_", ["all-parks", "disney-universal"])
def test_every_period_has_exactly_its_fields_as_json_numbers(client, period, filter_):
    listed_park(30, is_disney=True)
    listed_park(20, is_universal=True, queue_times_id=None, state_province=None, city="Reykjavik", country="IS")
    body = client.get(PATH, {"period": period, "filter": filter_}).json()
    rows = body.pop("data")
    assert body == {
        "success": True,
        "period": period,
        "filter": filter_,
        "total": 2,
        "attribution": {"data_source": "ThemeParks.wiki", "url": "https://themeparks.wiki"},
    }
    for row in rows:
        assert set(row) == set(KEYS[period])
        for name, kind in KEYS[period].items():
            assert type(row[name]) in getattr(kind, "__args__", (kind,)), name
    first, second = rows
    assert (first["location"], second["location"]) == ("Orlando, Florida", "Reykjavik, IS")
    assert first["queue_times_url"] == f"https://queue-times.com/parks/{first['queue_times_id']}"
    assert (second["queue_times_id"], second["queue_times_url"]) == (None, None)


@EVERY
def test_an_empty_database_has_no_rows(ask, period):
    assert ask(period) == []


@EVERY
def test_parks_without_any_data_have_no_rows(ask, period):
    make_ride(make_park())
    open_park()
    assert ask(period) == []


@EVERY
def test_the_number_of_queries_does_not_depend_on_the_number_of_parks(ask, django_assert_max_num_queries, period):
    def queries(rows: int) -> int:
        with django_assert_max_num_queries(13) as captured:
            assert len(ask(period)) == rows
        return len(captured)

    listed_park(10)
    few = queries(1)
    for number in range(12):
        listed_park(10, timezone=f"Etc/GMT+{number % 5 + 3}")
    assert queries(13) == few


# -- parameters -------------------------------------------------------------------------------------------

BAD_LIMIT = "Invalid limit. Must be a non-negative integer"
BAD_PERIOD = "Invalid period. Must be 'live', 'today', 'yesterday', 'last_week', or 'last_month'"
BAD_FILTER = "Invalid filter. Must be 'disney-universal' or 'all-parks'"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        *((f"limit={text}", BAD_LIMIT) for text in ("abc", "-1", "5.5", "")),
        *((f"period={text}", BAD_PERIOD) for text in ("7days", "30days", "LIVE", "", "all_time")),
        *((f"filter={text}", BAD_FILTER) for text in ("disney", "", "All-Parks")),
        # the first that is wrong decides
        ("filter=x&period=x&limit=x", BAD_LIMIT),
        ("filter=x&period=x", BAD_PERIOD),
        ("limit=x&limit=1", BAD_LIMIT),
    ],
)
def test_a_parameter_that_is_wrong_is_reported(client, query, text):
    response = client.get(f"{PATH}?{query}")
    assert (response.status_code, response.json()) == (400, {"success": False, "error": text})


@pytest.mark.parametrize("query", ["limit=%202", "limit=%2B2", "period=today&period=x", "mode=x&sort_by=x"])
def test_blanks_a_sign_repetitions_and_unknown_parameters_are_accepted(client, query):
    assert client.get(f"{PATH}?{query}").status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_another_method_is_refused_in_json(client, method):
    response = getattr(client, method)(PATH)
    assert (response.status_code, response.json()["success"]) == (405, False)
