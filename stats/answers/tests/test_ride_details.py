"""One ride's hours or days, their summary and its downtime (R-16.4, R-16.5, public-api 4.11)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils.http import http_date, parse_http_date

from parks.models import Ride
from snapshots.models import RideStatusSnapshot
from stats.daily.tests.golden_windows import OUTAGES, report_outage
from stats.tests.builders import (
    LOS_ANGELES,
    NEW_YORK,
    PARIS,
    TOKYO,
    local,
    make_park,
    make_ride,
    recomputed,
    report,
    ride_row_of,
    show_park,
)
from stats.tests.shapes import MAYBE_NUMBER, NUMBER, misfits

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 12, 23, 22, tzinfo=UTC)  # Tuesday, 17:00 in New York
TODAY, YESTERDAY = date(2025, 12, 23), date(2025, 12, 22)
OPENING = local(TODAY, "09:00")  # eight hours before NOW
BAD_PERIOD = "Invalid period. Must be 'today', 'yesterday', 'last_week', or 'last_month'"
PERIODS = ("live", "today", "yesterday", "last_week", "last_month")
HOURLY, DAILY = ("live", "today", "yesterday"), ("last_week", "last_month")

MINUTES = {f"{name}_minutes": int | None for name in ("open", "uptime", "downtime", "closed", "unknown")}
EVERY_ROW = MINUTES | {
    "avg_wait_time_minutes": MAYBE_NUMBER,
    "uptime_percentage": MAYBE_NUMBER,
    "availability_percentage": MAYBE_NUMBER,
    "snapshot_count": int,
}
HOUR, DATE = EVERY_ROW | {"hour_start_utc": str}, EVERY_ROW | {"date": str}
SUMMARY = MINUTES | {
    "total_downtime_hours": MAYBE_NUMBER,
    "uptime_percentage": MAYBE_NUMBER,
    "availability_percentage": MAYBE_NUMBER,
    "avg_wait_time": MAYBE_NUMBER,
    "walk_on_percentage": MAYBE_NUMBER,
    "opening_delay_minutes": int | None,
    "outages": int,
    "total_operating_hours": int | None,
    "total_hours": int,
}
SHAPE = {
    "success": bool,
    "period": str,
    "start_date": str,
    "end_date": str,
    "is_complete": bool,
    "as_of?": str | None,
    "attribution": {"data_source": str, "url": str},
    "ride": {
        "ride_id": int,
        "name": str,
        "park_id": int,
        "park_name": str,
        "tier": int | None,
        "category": str | None,
        "queue_times_url": str | None,
    },
    "summary": SUMMARY,
    "downtime_events": [{"start_time": str, "end_time": str, "duration_hours": NUMBER, "kind": str}],
}
HOURLY_SHAPE = SHAPE | {
    "timeseries": [HOUR | {"status": str}],
    "hourly_breakdown": [HOUR | {"operating_snapshots": int, "down_snapshots": int, "downtime_hours": MAYBE_NUMBER}],
}
DAILY_SHAPE = SHAPE | {
    "timeseries": [DATE | {"status": str}],
    "hourly_breakdown": [
        DATE | {"operating_hours": int | None, "down_hours": int | None, "downtime_hours": MAYBE_NUMBER}
    ],
}
NO_SUMMARY = dict.fromkeys(SUMMARY) | {"total_hours": 0, "outages": 0}
LEGACY = ("total_downtime_hours", "uptime_percentage", "avg_wait_time", "total_operating_hours", "total_hours")


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(client):
    def answer(ride: Ride, period: str = "today") -> dict:
        response = client.get(f"/api/rides/{ride.pk}/details", {"period": period})
        assert response.status_code == 200, response.content
        body: dict = response.json()
        assert misfits(body, HOURLY_SHAPE if period in HOURLY else DAILY_SHAPE) == []
        assert (body["success"], body["period"]) == (True, period)
        place = "hour_start_utc" if period in HOURLY else "date"
        places = [row[place] for row in body["timeseries"]]
        order = [parse_http_date(each) for each in places] if period in HOURLY else places
        assert order == sorted(order)
        assert [row[place] for row in reversed(body["hourly_breakdown"])] == places
        return body

    return answer


def at(instant: datetime) -> str:
    return http_date(instant.timestamp())


def column(rows: list[dict], *names: str) -> list:
    return [row[names[0]] if len(names) == 1 else tuple(row[name] for name in names) for row in rows]


def known(rows: list[dict]) -> list[dict]:
    """The days on which the ride was observed."""
    return [row for row in rows if row["snapshot_count"]]


def events(body: dict) -> list[tuple]:
    return column(body["downtime_events"], "start_time", "end_time", "duration_hours")


def coaster(story: str, start: datetime = OPENING, wait: int | None = None, **columns: Any) -> Ride:
    """A ride with this story in a park that is open as long."""
    park = make_park(**columns)
    ride = make_ride(park, 1)
    end = report(ride, start, story, wait=wait)
    show_park(park, start, int((end - start).total_seconds()) // 60)
    return ride


# -- hours ------------------------------------------------------------------------------------------------


def test_every_hour_has_its_uptime_wait_and_counts(ask):
    ride = coaster("O50 D70 O60", OPENING + timedelta(hours=5), wait=30)
    body = ask(ride)
    starts = [OPENING + timedelta(hours=hour) for hour in (5, 6, 7)]
    assert column(body["timeseries"], "hour_start_utc") == [at(start) for start in starts]
    columns = ("uptime_percentage", "avg_wait_time_minutes", "status", "snapshot_count")
    assert column(body["timeseries"], *columns) == [
        (83.33, 30.0, "OPERATING", 6),
        (0, None, "DOWN", 6),
        (100.0, 30.0, "OPERATING", 6),
    ]
    columns = ("operating_snapshots", "down_snapshots", "downtime_hours", "uptime_percentage", "snapshot_count")
    assert column(body["hourly_breakdown"], *columns) == [
        (6, 0, 0, 100.0, 6),
        (0, 6, 1.0, 0, 6),
        (5, 1, 0.17, 83.33, 6),
    ]
    assert body["summary"] == {
        "open_minutes": 180,
        "uptime_minutes": 110,
        "downtime_minutes": 70,
        "closed_minutes": 0,
        "unknown_minutes": 0,
        "opening_delay_minutes": 0,
        "total_downtime_hours": 1.17,
        "uptime_percentage": 61.1,
        "availability_percentage": 61.1,
        "avg_wait_time": 30.0,
        "walk_on_percentage": 0,
        "outages": 1,
        "total_operating_hours": 2,
        "total_hours": 3,
    }


def test_the_contracts_example_of_nine_hours(ask):
    """Six hours up, three down; rounded once (R-8.1), where the legacy's was not rounded."""
    ride = coaster("O120 D60 O180 D120 O60", OPENING - timedelta(hours=1))
    summary = ask(ride)["summary"]
    assert (summary["uptime_percentage"], summary["total_downtime_hours"]) == (66.7, 3.0)
    assert (summary["total_operating_hours"], summary["total_hours"], summary["avg_wait_time"]) == (6, 9, None)


def test_waits_above_zero_are_averaged_over_time(ask):
    """N-4: 10 min for 10 minutes, 15 for 50, 41 for an hour; an hour at 0 and one at 500 are in no mean."""
    ride = coaster("O10", wait=10)
    start = report(ride, OPENING + timedelta(minutes=10), "O50", wait=15)
    start = report(ride, start, "O60", wait=0)
    start = report(ride, start, "O60", wait=500)
    start = report(ride, start, "D60", wait=90)
    report(ride, start, "O60", wait=41)
    show_park(ride.park, OPENING + timedelta(minutes=10), 290)
    body = ask(ride)
    assert column(body["timeseries"], "avg_wait_time_minutes") == [14.17, None, None, None, 41.0]
    # (10 × 10 + 15 × 50 + 41 × 60) ÷ 120; one hour of three at 0
    assert (body["summary"]["avg_wait_time"], body["summary"]["walk_on_percentage"]) == (27.6, 33.3)


@pytest.mark.parametrize(
    ("story", "columns", "status"),
    [
        ("O30 D30", {}, "OPERATING"),
        ("D30 R30 O60", {}, "DOWN"),
        ("O20 D20 R20", {}, "OPERATING"),
        ("O10 D30 R20", {}, "DOWN"),
        ("O10 D20 R30", {}, "CLOSED"),
        ("C60 O60", {}, "DOWN"),
        ("C60 O60", {"is_disney": True}, "CLOSED"),
        ("C60", {}, "CLOSED"),
        ("R60 O60", {}, "CLOSED"),
        ("-60 +60", {}, "DOWN"),
        ("O3599s D1s", {}, "OPERATING"),
    ],
)
def test_an_hour_is_what_the_ride_mostly_was(ask, story, columns, status):
    """R-16.4; what counts as down depends on the park, and nothing does on a day without operation."""
    assert ask(coaster(story, **columns))["timeseries"][0]["status"] == status


def test_closures_are_neither_up_nor_down(ask):
    """Q39: closed observations are no down observations."""
    ride = coaster("O20 R20 D20")
    (row,) = ask(ride)["hourly_breakdown"]
    assert (row["operating_snapshots"], row["down_snapshots"], row["snapshot_count"]) == (2, 2, 6)
    assert (row["downtime_hours"], row["uptime_percentage"]) == (0.33, 33.33)


def test_only_hours_of_the_open_park_are_reported(ask):
    """Q38: closed evening hours are no downtime and lower no mean."""
    park = make_park()
    ride = make_ride(park)
    report(ride, OPENING - timedelta(hours=3), "D180", park_open=False)
    start = report(ride, OPENING, "O90")
    report(ride, start, "C300", park_open=False)
    show_park(park, OPENING, 90)
    body = ask(ride)
    assert column(body["timeseries"], "hour_start_utc", "uptime_percentage") == [
        (at(OPENING), 100.0),
        (at(OPENING + timedelta(hours=1)), 100.0),
    ]
    assert column([body["summary"]], *LEGACY) == [(0, 100.0, None, 2, 2)]
    assert body["downtime_events"] == []


@pytest.mark.parametrize(
    ("story", "columns", "down"),
    [
        ("C180", {}, 6),
        ("D180", {}, 6),
        ("R180", {}, 0),
        ("C180", {"is_universal": True}, 0),
    ],
)
def test_a_ride_that_did_not_operate_has_hours_but_no_downtime_and_no_uptime(ask, story, columns, down):
    """R-5.3, A-19: what was observed as down counts as closed."""
    body = ask(coaster(story, **columns))
    columns_shown = ("uptime_percentage", "availability_percentage", "closed_minutes", "status")
    assert column(body["timeseries"], *columns_shown) == [(None, None, 60, "CLOSED")] * 3
    assert column(body["hourly_breakdown"], "down_snapshots", "downtime_hours") == [(down, 0)] * 3
    assert column([body["summary"]], *LEGACY) == [(0, None, None, None, 0)]
    assert body["summary"]["closed_minutes"] == body["summary"]["open_minutes"] == 180
    assert body["downtime_events"] == []


def test_a_ride_that_was_only_down_counts_on_the_day_itself_where_breakdowns_are_reported(ask):
    """A-9."""
    body = ask(coaster("D180", is_disney=True))
    assert column(body["hourly_breakdown"], "down_snapshots", "downtime_hours") == [(6, 1.0)] * 3
    assert (body["summary"]["total_downtime_hours"], body["summary"]["total_operating_hours"]) == (3.0, 0)
    assert column(body["downtime_events"], "duration_hours") == [3.0]
    assert column(body["timeseries"], "status") == ["DOWN"] * 3


def test_the_exception_does_not_hold_once_the_day_is_over(ask):
    ride = coaster("D180", local(YESTERDAY, "09:00"), is_disney=True)
    assert column([ask(ride, "yesterday")["summary"]], *LEGACY) == [(0, None, None, None, 0)]


def test_one_observation_of_many_hours_is_cut_at_the_hours_and_at_now(ask):
    park = make_park()
    ride = make_ride(park)
    report(ride, NOW - timedelta(minutes=150), "O60 D600", None, wait=25)
    show_park(park, NOW - timedelta(minutes=150), 660, grain=86_400)
    body = ask(ride)
    columns = ("uptime_percentage", "downtime_hours")
    assert column(body["hourly_breakdown"], *columns) == [(0, 1.0), (50.0, 0.5), (100.0, 0)]
    assert events(body) == [(at(NOW - timedelta(minutes=90)), at(NOW), 1.5)]


@pytest.mark.parametrize("zone", [LOS_ANGELES, NEW_YORK, PARIS, TOKYO, "Asia/Kathmandu"])
@pytest.mark.parametrize("period", ["today", "yesterday"])
def test_a_day_is_the_parks_own_and_its_hours_begin_on_its_clock(ask, zone, period):
    start = local(YESTERDAY, "00:00", zone)
    ride = coaster("O1440 D1440 O1440", start - timedelta(days=1), timezone=zone)
    days = 0 if period == "today" else 1
    with time_machine.travel(local(YESTERDAY + timedelta(days=days), "23:59", zone), tick=False):
        body = ask(ride, period)
    assert column(body["timeseries"], "hour_start_utc") == [at(start + timedelta(hours=hour)) for hour in range(24)]
    assert {row["closed_minutes"] for row in body["timeseries"]} == ({59, 60} if period == "today" else {60})


@pytest.mark.parametrize(
    ("day", "length"), [(date(2025, 3, 9), 23), (date(2025, 11, 2), 25)], ids=["spring", "autumn"]
)
@pytest.mark.parametrize("period", ["yesterday", "last_week"])
def test_a_day_on_which_the_clock_is_changed_has_all_of_its_hours(ask, day, length, period):
    start = local(day, "00:00")
    ride = coaster(f"O{length * 60 - 90} D90", start)
    with time_machine.travel(local(day + timedelta(days=1 if period == "yesterday" else 7), "12:00"), tick=False):
        body = ask(ride, period)
    assert (body["summary"]["total_hours"], body["summary"]["total_operating_hours"]) == (length, length - 1)
    assert body["summary"]["total_downtime_hours"] == 1.5
    if period == "yesterday":
        hours = [at(start + timedelta(hours=hour)) for hour in range(length)]
        assert column(body["timeseries"], "hour_start_utc") == hours
    else:
        (row,) = known(body["hourly_breakdown"])
        assert (row["date"], row["operating_hours"], row["down_hours"]) == (day.isoformat(), length - 1, 1)


@pytest.mark.parametrize("case", OUTAGES)
def test_the_golden_outages_over_several_hours(ask, case):
    """R-16.3; the reported day is yesterday."""
    body = ask(report_outage(case["input"]).ride, "yesterday")
    rows = {row["hour_start_utc"]: row for row in body["hourly_breakdown"]}
    for expected in case["expected"]:
        row = rows[at(local(YESTERDAY, f"{expected['hour']}:00"))]
        for name in ("snapshot_count", "operating_snapshots", "down_snapshots", "downtime_hours"):
            assert row[name] == expected[name]
        assert bool(body["summary"]["total_hours"]) == expected["ride_operated"]


# -- downtime events --------------------------------------------------------------------------------------


def test_an_unbroken_stretch_is_one_event_newest_first(ask):
    """Q39: not one per hour."""
    ride = coaster("O30 D150 O20 D10 R10 D20 O60")
    start = OPENING + timedelta(minutes=30)
    later = OPENING + timedelta(minutes=200)
    body = ask(ride)
    assert events(body) == [
        (at(later + timedelta(minutes=20)), at(later + timedelta(minutes=40)), 0.33),
        (at(later), at(later + timedelta(minutes=10)), 0.17),
        (at(start), at(start + timedelta(minutes=150)), 2.5),
    ]
    assert body["summary"]["total_downtime_hours"] == 3.0


def test_an_outage_through_midnight_is_one_event_if_the_ride_ran_on_both_days(ask):
    park = make_park()
    nights = {"both": "O60 D60 D30 O60", "first": "O60 D60 D90"}
    start = local(YESTERDAY - timedelta(days=1), "22:00")
    show_park(park, start, 210)
    rides = {name: make_ride(park) for name in nights}
    for name, story in nights.items():
        report(rides[name], start, story)
    down, midnight = start + timedelta(hours=1), start + timedelta(hours=2)
    monday = local(TODAY + timedelta(days=5), "12:00")  # yesterday and the day before lie in its last week
    with time_machine.travel(monday, tick=False):
        week = {name: events(ask(ride, "last_week")) for name, ride in rides.items()}
    assert week["both"] == [(at(down), at(midnight + timedelta(minutes=30)), 1.5)]
    assert week["first"] == [(at(down), at(midnight), 1.0)]
    assert events(ask(rides["both"], "yesterday")) == [(at(midnight), at(midnight + timedelta(minutes=30)), 0.5)]
    assert events(ask(rides["first"], "yesterday")) == []


# -- days -------------------------------------------------------------------------------------------------


def ask_of_monday(ask, ride: Ride) -> dict:
    """The calendar week that YESTERDAY, a Monday, lies in."""
    with time_machine.travel(local(date(2025, 12, 29), "12:00"), tick=False):
        body: dict = ask(ride, "last_week")
    return body


def test_a_perfect_day_is_a_perfect_day(ask):
    """Q38: legacy showed about 42 % and CLOSED for ten hours out of 24."""
    park = make_park()
    ride = make_ride(park)
    start = local(YESTERDAY, "00:00")
    start = report(ride, start, "C540", park_open=False)
    start = report(ride, start, "O600", wait=20)
    report(ride, start, "C300", park_open=False)
    show_park(park, local(YESTERDAY, "09:00"), 600)
    body = ask_of_monday(ask, ride)
    assert known(body["timeseries"]) == [
        {
            "date": "2025-12-22",
            "open_minutes": 600,
            "uptime_minutes": 600,
            "downtime_minutes": 0,
            "closed_minutes": 0,
            "unknown_minutes": 0,
            "avg_wait_time_minutes": 20.0,
            "uptime_percentage": 100.0,
            "availability_percentage": 100.0,
            "snapshot_count": 144,
            "status": "OPERATING",
        }
    ]
    (row,) = known(body["hourly_breakdown"])
    assert (row["operating_hours"], row["down_hours"], row["downtime_hours"]) == (10, 0, 0)


def test_the_hours_of_a_day_are_sorted_by_half_of_their_time(ask):
    """Up 100, 50, 49, 0 (down) and 0 (in works) percent: two of operation, two down."""
    ride = coaster("O60 O30 D30 O1764s D1836s D60 R60", local(YESTERDAY, "09:00"), wait=12)
    body = ask_of_monday(ask, ride)
    (row,) = known(body["hourly_breakdown"])
    assert (row["operating_hours"], row["down_hours"], row["downtime_hours"]) == (2, 2, 2.01)
    assert (row["uptime_percentage"], row["availability_percentage"]) == (39.8, 49.75)  # 7164 of 18000, of 14400 s
    assert known(body["timeseries"])[0]["status"] == "DOWN"  # 7236 s of 18000, up 7164
    assert body["summary"]["total_operating_hours"] == 3


def test_a_day_without_operation_has_no_uptime_and_is_closed(ask):
    """A-19."""
    body = ask_of_monday(ask, coaster("C300", local(YESTERDAY, "09:00")))
    assert column(known(body["timeseries"]), "uptime_percentage", "status") == [(None, "CLOSED")]
    columns = ("operating_hours", "down_hours", "downtime_hours")
    assert column(known(body["hourly_breakdown"]), *columns) == [(0, 0, 0)]
    assert column([body["summary"]], *LEGACY) == [(0, None, None, None, 0)]


@pytest.mark.parametrize(
    ("period", "first", "last", "days"),
    [("last_week", "2025-12-14", "2025-12-20", 7), ("last_month", "2025-11-01", "2025-11-30", 30)],
)
def test_the_periods_are_the_calendars_as_in_the_lists(ask, period, first, last, days):
    """N-1: the week from Sunday to Saturday, the calendar month; every date has its row."""
    park = make_park()
    ride = make_ride(park)
    for each in (YESTERDAY, date(2025, 12, 20), date(2025, 12, 14), date(2025, 12, 13), date(2025, 11, 30)):
        report(ride, local(each, "09:00"), "O30 D30")
        show_park(park, local(each, "09:00"), 60)
    body = ask(ride, period)
    assert (body["start_date"], body["end_date"], body["is_complete"]) == (first, last, True)
    dates = column(body["timeseries"], "date")
    assert (dates[0], dates[-1], len(dates)) == (first, last, days)
    reported = column(known(body["timeseries"]), "date")
    assert reported == (["2025-12-14", "2025-12-20"] if period == "last_week" else ["2025-11-30"])
    assert body["summary"]["total_downtime_hours"] == len(reported) / 2
    assert len(body["downtime_events"]) == body["summary"]["total_hours"] == len(reported)


@pytest.mark.parametrize(("hour", "last"), [(14, "2025-12-13"), (15, "2025-12-20")])
def test_days_end_at_the_parks_own_midnight(ask, hour, last):
    """15:00 UTC is midnight in Tokyo."""
    ride = coaster(f"O{9 * 1440}", local(date(2025, 12, 12), "00:00", TOKYO), timezone=TOKYO)
    with time_machine.travel(datetime(2025, 12, 20, hour, tzinfo=UTC), tick=False):
        body = ask(ride, "last_week")
    assert known(body["timeseries"])[-1]["date"] == body["end_date"] == last


def test_the_hours_add_up_to_the_stored_day(ask):
    ride = coaster("O47 D33 O90 R25 D61 O80", local(YESTERDAY, "09:15"), wait=35)
    recomputed(ride.park, YESTERDAY)
    stored = ride_row_of(ride, YESTERDAY)
    for body in (ask(ride, "yesterday"), ask_of_monday(ask, ride)):
        assert body["summary"]["total_downtime_hours"] == round(stored.downtime_minutes / 60, 2) == 1.57
        assert sum(column(body["downtime_events"], "duration_hours")) == pytest.approx(1.57)


# -- the ride and the period ------------------------------------------------------------------------------


@pytest.mark.parametrize("period", PERIODS)
def test_of_a_ride_without_observations_nothing_is_known(ask, period):
    """N-6: every date has its row, and no figure is a zero."""
    body = ask(make_ride(make_park()), period)
    length = {"last_week": 7, "last_month": 30}.get(period, 0)
    assert (len(body["timeseries"]), len(body["hourly_breakdown"]), body["downtime_events"]) == (length, length, [])
    assert {row["status"] for row in body["timeseries"]} <= {"UNKNOWN"}
    figures = [value for row in body["hourly_breakdown"] for name, value in row.items() if name != "date"]
    assert set(figures) <= {None, 0}
    assert {row["downtime_hours"] for row in body["hourly_breakdown"]} <= {None}
    assert body["summary"] == NO_SUMMARY
    assert body.get("as_of", None) is None
    assert body["attribution"] == {"data_source": "ThemeParks.wiki", "url": "https://themeparks.wiki"}


def test_live_is_answered_as_today(ask):
    """Q42."""
    ride = coaster("O60 D60")
    assert ask(ride, "live") == {**ask(ride, "today"), "period": "live"}


def test_today_is_the_default_and_the_first_of_two_periods_counts(client, ask):
    ride = coaster("O60 D60")
    path = f"/api/rides/{ride.pk}/details"
    assert client.get(path).json() == ask(ride, "today")
    assert client.get(f"{path}?period=last_week&period=x&other=1").json() == ask(ride, "last_week")


def test_the_identity(ask):
    park = make_park(name="Magic Kingdom", queue_times_id=6)
    ride = make_ride(park, 1, name="Space Mountain", queue_times_id=1100)
    assert ask(ride)["ride"] == {
        "ride_id": ride.pk,
        "name": "Space Mountain",
        "park_id": park.pk,
        "park_name": "Magic Kingdom",
        "tier": 1,
        "category": "ATTRACTION",
        "queue_times_url": "https://queue-times.com/parks/6/rides/1100",
    }
    bare = make_ride(make_park(queue_times_id=None), category=None)
    reported = ask(bare)["ride"]
    assert (reported["tier"], reported["category"], reported["queue_times_url"]) == (None, None, None)
    assert ask(make_ride(park, tier=3))["ride"]["tier"] == 3


@pytest.mark.parametrize("columns", [{"is_active": False}, {"category": "SHOW"}])
@pytest.mark.parametrize("park_columns", [{}, {"is_active": False}])
def test_inactive_rides_and_other_categories_are_served(ask, columns, park_columns):
    ride = coaster("O60 D60", **park_columns)
    Ride.objects.filter(pk=ride.pk).update(**columns)
    assert ask(ride)["summary"]["total_downtime_hours"] == 1.0


def test_only_what_the_ride_did_in_its_present_park_is_reported(ask):
    ride = coaster("O60 D60")
    report(ride, OPENING - timedelta(hours=2), "O60 D60")
    RideStatusSnapshot.objects.filter(ride=ride, recorded_at__lt=OPENING).update(park=make_park())
    body = ask(ride)
    assert (len(body["timeseries"]), body["summary"]["total_downtime_hours"]) == (2, 1.0)
    assert column(body["downtime_events"], "duration_hours") == [1.0]


@pytest.mark.parametrize("period", ["", "TODAY", "7days", "30days", "week", "all_time", "%00", "live,today"])
@pytest.mark.parametrize("exists", [True, False])
def test_other_periods_are_refused_before_the_ride_is_looked_for(client, period, exists):
    number = make_ride(make_park()).pk if exists else 999
    response = client.get(f"/api/rides/{number}/details", {"period": period})
    assert (response.status_code, response.json()) == (400, {"success": False, "error": BAD_PERIOD})


@pytest.mark.parametrize("number", ["0", "999", "2147483648", "9" * 30])
@pytest.mark.parametrize("period", PERIODS)
def test_an_unknown_ride_is_not_found(client, number, period):
    response = client.get(f"/api/rides/{number}/details", {"period": period})
    assert (response.status_code, response.json()) == (404, {"success": False, "error": f"Ride {number} not found"})


@pytest.mark.parametrize("path", ["-1/details", "abc/details", "1e3/details", "1/details/", "1/DETAILS", "1"])
def test_what_is_no_number_is_another_route(client, path):
    response = client.get(f"/api/rides/{path}")
    assert (response.status_code, response.json()["error"]) == (404, "Not Found")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_another_method_is_refused_in_json(client, method):
    response = getattr(client, method)(f"/api/rides/{make_ride(make_park()).pk}/details")
    assert (response.status_code, response.json()["success"]) == (405, False)


# -- queries ----------------------------------------------------------------------------------------------


QUERIES = {"live": 6, "today": 6, "yesterday": 5, "last_week": 5, "last_month": 6}  # a clock change in it


@pytest.mark.parametrize("period", PERIODS)
def test_the_number_of_queries_does_not_depend_on_the_number_of_days(client, django_assert_num_queries, period):
    park = make_park()
    ride = make_ride(park)
    queries = QUERIES[period]
    for days in ((0, 1, 4, 24), (2, 3, 5, 6, 25, 26, 30)):
        for number in days:
            start = local(TODAY - timedelta(days=number), "09:00")
            report(ride, start, "O200 D100 O100 D80", wait=20)
            show_park(park, start, 480)
        with django_assert_num_queries(queries):
            body = client.get(f"/api/rides/{ride.pk}/details", {"period": period}).json()
        assert body["downtime_events"]
