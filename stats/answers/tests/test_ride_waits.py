"""Which rides are ranked by wait, by which numbers, in which order (R-11, public-api 4.10, Q2, Q23, Q31)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from parks.models import ParkSchedule, Ride
from stats.tests.builders import LOS_ANGELES, NEW_YORK, TOKYO, local, make_park, make_ride, report, ride_day, show_park

pytestmark = pytest.mark.django_db

PATH = "/api/rides/waittimes"
NOW = datetime(2025, 12, 23, 22, tzinfo=UTC)  # Tuesday, 17:00 in New York
TODAY, YESTERDAY = date(2025, 12, 23), date(2025, 12, 22)
OPENING = local(TODAY, "09:00")  # eight hours before NOW
DAY_IN = {"yesterday": YESTERDAY, "last_week": date(2025, 12, 16), "last_month": date(2025, 11, 30)}
DAY_BEFORE = {"yesterday": date(2025, 12, 21), "last_week": date(2025, 12, 13), "last_month": date(2025, 10, 31)}
PERIODS = ("live", "today", *DAY_IN)
LIVE = pytest.mark.parametrize("period", ["live", "today"])
STORED = pytest.mark.parametrize("period", list(DAY_IN))
EVERY = pytest.mark.parametrize("period", PERIODS)

COMMON = {
    "rank": int,
    "ride_id": int,
    "ride_name": str,
    "tier": int | None,
    "park_id": int,
    "park_name": str,
    "location": str,
    "queue_times_id": int | None,
    "park_queue_times_id": int | None,
    "queue_times_url": str | None,
    "avg_wait_minutes": float,
    "peak_wait_minutes": int | None,
    "walk_on_percentage": float | None,
    "trend_percentage": float | None,
    "previous_wait_minutes": float | None,
    "start_date": str,
    "end_date": str,
    "is_complete": bool,
}
CURRENT = COMMON | {
    "as_of": str,
    "current_wait_time": int | None,
    "current_status": str,
    "current_is_open": bool | None,
    "park_is_open": bool | None,
}
KEYS: dict[str, dict[str, Any]] = {
    "live": CURRENT | {"current_wait_minutes": int | None},
    "today": CURRENT,
    **dict.fromkeys(DAY_IN, COMMON | {"period_label": str}),
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
    return figures(rows, "avg_wait_minutes", "peak_wait_minutes")


def names(rows: list[dict]) -> list[str]:
    return [row["ride_name"] for row in rows]


def posting(wait: int | None, story: str = "O480", classified: int | None = None, **columns: Any) -> Ride:
    """A ride that posts this wait since 09:00, in a park of its own."""
    ride = make_ride(make_park(), classified, **columns)
    report(ride, OPENING, story, wait=wait)
    return ride


def listed_ride(wait: int, classified: int | None = None, park: dict | None = None, **columns: Any) -> Ride:
    """A ride with this average in every period."""
    ride = make_ride(make_park(**(park or {})), classified, **columns)
    report(ride, OPENING, "O480", wait=wait)
    for day in DAY_IN.values():
        ride_day(ride, day, avg_wait_time=Decimal(wait), peak_wait_time=wait)
    return ride


# -- live and today ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reported", "average", "peak"),
    [
        ([("O60", 30), ("O60", 0), ("O120", 45)], 40.0, 45),  # 30 for one hour, 45 for two
        ([("O60", 30), ("O60", None), ("O60", 31)], 30.5, 31),
        ([("O60", 30), ("O20", 31)], 30.3, 31),  # 30.25
        ([("O60", 30), ("O60", 480)], 30.0, 30),  # a feed error
        ([("O60", 30), ("O60", 479)], 254.5, 479),
        ([("O60", 30), ("D60", 60)], 30.0, 30),  # it does not run (N-4)
    ],
)
@LIVE
def test_the_average_is_over_time_of_waits_above_zero(ask, period, reported, average, peak):
    ride = make_ride(make_park())
    at = OPENING
    for story, wait in reported:
        at = report(ride, at, story, None, wait=wait)
    assert waits(ask(period)) == (average, peak)


@pytest.mark.parametrize("wait", [0, None, 480])
@LIVE
def test_rides_without_a_wait_are_left_out(ask, period, wait):
    posting(wait)
    assert ask(period) == []


@LIVE
def test_a_wait_posted_while_the_park_was_closed_does_not_count(ask, period):
    ride = make_ride(make_park())
    at = report(ride, OPENING, "O60", wait=100, park_open=False)
    assert ask(period) == []
    report(ride, at, "O60", wait=20)
    assert waits(ask(period)) == (20.0, 20)


@LIVE
def test_the_day_begins_at_the_parks_midnight_and_ends_now(ask, period):
    ride = make_ride(make_park())
    report(ride, local(YESTERDAY, "23:00"), "O60", wait=100)
    report(ride, local(TODAY, "00:00"), "O60", wait=10)
    report(ride, NOW - timedelta(hours=1), "O240", None, wait=20)
    assert waits(ask(period)) == (15.0, 20)


@pytest.mark.parametrize("is_older", [True, False])
@LIVE
def test_a_ride_that_moved_is_measured_where_it_stands(ask, period, is_older):
    older = make_park()
    ride = posting(100, "O60")
    ride.park = older if is_older else make_park()
    ride.save()
    report(ride, OPENING + timedelta(hours=2), "O60", wait=20)
    assert waits(ask(period)) == (20.0, 20)


@pytest.mark.parametrize(
    ("story", "wait", "park_now", "expected"),
    [
        ("O480", 30, True, (30, "OPERATING", True, True)),
        ("+480", 30, True, (30, "OPERATING", True, True)),
        ("O300 D180", 30, True, (30, "DOWN", False, True)),
        ("O300 C180", 30, True, (30, "CLOSED", False, True)),
        ("O300 R180", 30, True, (30, "REFURBISHMENT", False, True)),
        ("O480", 30, False, (30, "PARK_CLOSED", False, False)),
        # no news of the park, or of the ride, for more than two hours (N-6)
        ("O480", 30, None, (30, "UNKNOWN", None, None)),
        ("O100", 30, True, (None, "UNKNOWN", None, True)),
        ("O100", 30, False, (None, "PARK_CLOSED", False, False)),
    ],
)
@LIVE
def test_the_current_state_is_that_of_ride_and_park_now(ask, period, story, wait, park_now, expected):
    ride = posting(wait, story)
    if park_now is not None:
        show_park(ride.park, NOW - timedelta(minutes=10), 10, is_open=park_now)
    columns = ("current_wait_time", "current_status", "current_is_open", "park_is_open")
    assert figures(ask(period), *columns) == expected


@pytest.mark.parametrize(("latest", "shown"), [(55, 55), (0, 0), (None, None), (480, None)])
@LIVE
def test_the_current_wait_is_the_latest_one_posted(ask, period, latest, shown):
    """N-6: of the newest observation, or null; never the mean of the day."""
    ride = posting(30, "O420")
    report(ride, OPENING + timedelta(minutes=420), "D60", wait=latest)
    rows = ask(period)
    assert figures(rows, "current_wait_time", "as_of") == (shown, "2025-12-23T21:50:00Z")
    assert rows[0].get("current_wait_minutes") == (shown if period == "live" else None)


def test_a_schedule_says_that_the_park_is_open_now(ask):
    ride = posting(30)
    show_park(ride.park, NOW, 10, is_open=False)
    ParkSchedule.objects.create(
        park=ride.park, schedule_date=TODAY, opening_time=OPENING, closing_time=NOW + timedelta(hours=1)
    )
    assert figures(ask("today"), "current_status", "park_is_open") == ("OPERATING", True)


def test_live_has_the_rows_of_today_and_repeats_the_wait_posted_now(ask):
    for wait in (20, 30):
        listed_ride(wait)
    assert ask("live") == [{**row, "current_wait_minutes": row["current_wait_time"]} for row in ask("today")] != []


# -- closed days ------------------------------------------------------------------------------------------


def test_yesterday_is_the_stored_row(ask):
    ride_day(make_ride(make_park()), YESTERDAY, avg_wait_time=Decimal("68.25"), peak_wait_time=60)
    assert waits(ask("yesterday")) == (68.3, 60)


@pytest.mark.parametrize(("period", "first"), [("last_week", date(2025, 12, 14)), ("last_month", date(2025, 11, 1))])
def test_a_week_and_a_month_are_means_over_posted_time_and_the_highest_peak(ask, period, first):
    ride = make_ride(make_park())
    for number, (average, peak) in enumerate((("47.40", 90), (None, None), ("0.00", 0), ("20.05", 150))):
        ride_day(ride, first + timedelta(days=number), avg_wait_time=average, peak_wait_time=peak)
    # 67.45 / 2: the days without a wait above 0 are in no mean (N-4)
    assert waits(ask(period)) == (33.7, 150)


def test_a_day_weighs_as_long_as_it_posted_waits(ask):
    """N-2: 10 minutes over one hour and 40 over three, 0 over one."""
    ride = make_ride(make_park())
    for day, wait, hours in ((date(2025, 12, 14), 10, 1), (date(2025, 12, 15), 40, 3)):
        sums = {"wait_seconds": 3600 * hours, "wait_minute_seconds": 3600 * hours * wait, "walk_on_seconds": 1800}
        ride_day(ride, day, avg_wait_time=Decimal(wait), **sums)
    assert figures(ask("last_week"), "avg_wait_minutes", "walk_on_percentage") == (32.5, 20.0)


@LIVE
def test_the_share_of_walk_ons_is_a_figure_of_its_own(ask, period):
    ride = posting(0, "O120 D60")
    report(ride, OPENING + timedelta(hours=3), "O180", wait=30)
    assert figures(ask(period), "avg_wait_minutes", "walk_on_percentage") == (30.0, 40.0)


@pytest.mark.parametrize(
    ("period", "heading"),
    [("yesterday", "Dec 22, 2025"), ("last_week", "Dec 14-20, 2025"), ("last_month", "November 2025")],
)
def test_closed_periods_have_a_heading(ask, period, heading):
    listed_ride(30)
    assert figures(ask(period), "period_label") == (heading,)


@STORED
@pytest.mark.parametrize(("average", "peak"), [(None, None), (None, 40), ("0.00", 0)])
def test_a_ride_without_a_stored_wait_is_not_listed(ask, period, average, peak):
    ride_day(make_ride(make_park()), DAY_IN[period], avg_wait_time=average, peak_wait_time=peak)
    assert ask(period) == []


@STORED
def test_only_rows_of_the_current_rule_set_are_read(ask, settings, period):
    ride = make_ride(make_park())
    for version in (1, 2, 3):
        ride_day(ride, DAY_IN[period], avg_wait_time=Decimal(10 * version), metrics_version=version)
    settings.METRICS_VERSION = 2
    assert waits(ask(period)) == (20.0, 60)


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
        ride = make_ride(make_park(timezone=zone))
        ride_day(ride, date.fromisoformat(inside), avg_wait_time=Decimal(20))
        ride_day(ride, date.fromisoformat(outside), avg_wait_time=Decimal(200))
    with time_machine.travel(now, tick=False):
        rows = ask(period)
    assert [row["avg_wait_minutes"] for row in rows] == [20.0, 20.0]
    assert all(row["start_date"] <= inside <= row["end_date"] and row["is_complete"] for row in rows)


@LIVE
def test_the_day_begins_at_three_midnights(ask, period):
    """At 22:00 UTC it is the 24th in Tokyo (since 15:00), the 23rd in New York (05:00) and Los Angeles (08:00)."""
    for zone, begins in ((TOKYO, 15), (NEW_YORK, 5), (LOS_ANGELES, 8)):
        midnight = datetime(2025, 12, 23, begins, tzinfo=UTC)
        ride = make_ride(make_park(timezone=zone))
        report(ride, midnight - timedelta(hours=1), "O60", wait=200)
        report(ride, midnight, "O60", wait=begins)
    assert [row["avg_wait_minutes"] for row in ask(period)] == [15.0, 8.0, 5.0]


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
@LIVE
def test_live_and_today_are_compared_with_the_same_time_of_the_day_before(ask, period, before, now, expected):
    """N-5: it is 17:00; what was posted yesterday from then on is not compared."""
    ride = posting(now)
    if before is not None:
        report(ride, OPENING - timedelta(days=1), "O480", wait=int(before))
        report(ride, NOW - timedelta(days=1), "O60", wait=400)
    ride_day(ride, YESTERDAY, avg_wait_time=Decimal(500))
    assert figures(ask(period), "trend_percentage", "previous_wait_minutes") == (expected, given(before))


@TRENDS
@STORED
def test_closed_periods_are_compared_with_the_one_before(ask, period, before, now, expected):
    ride = make_ride(make_park())
    ride_day(ride, DAY_IN[period], avg_wait_time=Decimal(now))
    ride_day(ride, DAY_BEFORE[period], avg_wait_time=before)
    assert figures(ask(period), "trend_percentage", "previous_wait_minutes") == (expected, given(before))


# -- which rides, in which order --------------------------------------------------------------------------


@EVERY
def test_only_attractions_are_listed_and_of_the_present_day_only_active_ones(ask, period):
    """R-5.6, N-15."""
    for name, columns, park in (
        ("shown", {}, {}),
        ("show", {"category": "SHOW"}, {}),
        ("meet", {"category": "MEET_AND_GREET"}, {}),
        ("experience", {"category": "EXPERIENCE"}, {}),
        ("uncategorised", {"category": None}, {}),
        ("retired", {"is_active": False}, {}),
        ("in a closed-down park", {}, {"is_active": False}),
    ):
        listed_ride(30, name=name, park=park, **columns)
    former = ["in a closed-down park", "retired"] if period in DAY_IN else []
    assert names(ask(period)) == [*former, "shown"]


@EVERY
def test_the_filter_goes_by_flags_and_not_by_names(ask, period):
    for name, park in (
        ("a", {"name": "EPCOT", "is_disney": True}),
        ("b", {"name": "Islands of Adventure", "is_universal": True}),
        ("c", {"name": "Disney Universal"}),
    ):
        listed_ride(30, name=name, park=park)
    assert names(ask(period)) == ["a", "b", "c"]
    assert names(ask(period, filter="disney-universal")) == ["a", "b"]


@EVERY
@pytest.mark.parametrize(("own", "classified", "shown"), [(None, None, None), (1, None, 1), (3, 1, 1), (None, 2, 2)])
def test_the_tier_is_the_classified_one_else_the_rides_own(ask, period, own, classified, shown):
    listed_ride(30, classified, tier=own)
    assert figures(ask(period), "tier") == (shown,)


@EVERY
def test_rides_are_ordered_by_their_average_with_ties_by_name(ask, period):
    for name, wait in (("B", 20), ("D", 10), ("C", 20), ("A", 30), ("E", 20)):
        listed_ride(wait, name=name)
    rows = ask(period)
    expected = [(1, "A"), (2, "B"), (3, "C"), (4, "E"), (5, "D")]
    assert [(row["rank"], row["ride_name"]) for row in rows] == expected
    for limit in range(7):
        assert ask(period, limit=limit) == rows[:limit]


@STORED
def test_the_order_is_that_of_the_averages_before_rounding(ask, period):
    for name, average in (("A", "20.01"), ("B", "20.04"), ("C", "19.96")):
        ride_day(make_ride(make_park(), name=name), DAY_IN[period], avg_wait_time=Decimal(average))
    rows = ask(period)
    assert names(rows) == ["B", "A", "C"]
    assert {row["avg_wait_minutes"] for row in rows} == {20.0}
    assert names(ask(period, limit=2)) == ["B", "A"]


def test_the_default_limit_is_a_hundred_and_the_largest_two_hundred(ask):
    park = make_park()
    for _ in range(201):
        ride_day(make_ride(park), YESTERDAY)
    assert [len(ask("yesterday", **query)) for query in ({}, {"limit": 200}, {"limit": 1000})] == [100, 200, 200]


# -- shape ------------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("filter_", ["all-parks", "disney-universal"])
def test_every_period_has_exactly_its_fields_as_json_numbers(client, period, filter_):
    ride = listed_ride(30, 1, park={"is_disney": True})
    reykjavik = {"queue_times_id": None, "state_province": None, "city": "Reykjavik", "country": "IS"}
    listed_ride(20, park={"is_universal": True, **reykjavik}, queue_times_id=None)
    body = client.get(PATH, {"period": period, "filter": filter_}).json()
    rows = body.pop("data")
    assert body == {
        "success": True,
        "period": period,
        "mode": period,
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
    url = f"https://queue-times.com/parks/{ride.park.queue_times_id}/rides/{ride.queue_times_id}"
    assert (first["queue_times_url"], second["queue_times_url"]) == (url, None)


@EVERY
def test_an_empty_database_has_no_rows(ask, period):
    assert ask(period) == []


@EVERY
def test_the_number_of_queries_does_not_depend_on_the_number_of_rides(ask, django_assert_max_num_queries, period):
    def queries(rows: int) -> int:
        with django_assert_max_num_queries(13) as captured:
            assert len(ask(period)) == rows
        return len(captured)

    listed_ride(10)
    few = queries(1)
    for number in range(12):
        listed_ride(10 + number, park={"timezone": f"Etc/GMT+{number % 5 + 3}"})
    assert queries(13) == few


# -- parameters -------------------------------------------------------------------------------------------

BAD_LIMIT = "Invalid limit. Must be a non-negative integer"
BAD_PERIOD = "Invalid period. Must be one of: live, today, yesterday, 7days, 30days, last_week, last_month"
BAD_MODE = "Invalid mode. Must be one of: live, today, yesterday, last_week, last_month, 7day-average, peak-times"
BAD_FILTER = "Invalid filter. Must be 'disney-universal' or 'all-parks'"


@pytest.mark.parametrize(
    ("query", "period", "mode"),
    [
        ({}, "live", "live"),
        ({"period": "today"}, "today", "today"),
        ({"period": "7days"}, "7days", "last_week"),
        ({"period": "30days"}, "30days", "last_month"),
        ({"mode": "yesterday"}, "live", "yesterday"),
        ({"period": "7days", "mode": "today"}, "7days", "today"),
        ({"period": "today", "mode": "last_month"}, "today", "last_month"),
    ],
)
def test_the_mode_selects_the_rows_and_the_period_is_echoed(client, query, period, mode):
    listed_ride(30)
    body = client.get(PATH, query).json()
    assert (body["period"], body["mode"]) == (period, mode)
    assert body["data"] == client.get(PATH, {"mode": mode}).json()["data"]
    assert set(body["data"][0]) == set(KEYS[mode])


@pytest.mark.parametrize("mode", ["7day-average", "peak-times"])
def test_two_modes_are_accepted_and_have_no_rows(client, mode):
    listed_ride(30)
    body = client.get(PATH, {"mode": mode, "period": "today"}).json()
    assert (body["success"], body["mode"], body["period"], body["data"]) == (True, mode, "today", [])


@pytest.mark.parametrize(
    ("query", "text"),
    [
        *((f"limit={text}", BAD_LIMIT) for text in ("abc", "-1", "5.5", "")),
        *((f"period={text}", BAD_PERIOD) for text in ("LIVE", "", "all_time", "peak-times")),
        *((f"mode={text}", BAD_MODE) for text in ("7days", "", "LIVE", "average")),
        *((f"filter={text}", BAD_FILTER) for text in ("disney", "", "All-Parks")),
        # the first that is wrong decides
        ("filter=x&mode=x&period=x&limit=x", BAD_LIMIT),
        ("filter=x&mode=x&period=x", BAD_PERIOD),
        ("filter=x&mode=x", BAD_MODE),
        ("mode=x&mode=today", BAD_MODE),
    ],
)
def test_a_parameter_that_is_wrong_is_reported(client, query, text):
    response = client.get(f"{PATH}?{query}")
    assert (response.status_code, response.json()) == (400, {"success": False, "error": text})


@pytest.mark.parametrize("query", ["limit=%202", "limit=%2B2", "mode=today&mode=x", "sort_by=x"])
def test_blanks_a_sign_repetitions_and_unknown_parameters_are_accepted(client, query):
    assert client.get(f"{PATH}?{query}").status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_another_method_is_refused_in_json(client, method):
    response = getattr(client, method)(PATH)
    assert (response.status_code, response.json()["success"]) == (405, False)
