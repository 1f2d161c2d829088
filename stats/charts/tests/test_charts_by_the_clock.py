"""What the charts show by the clock: the last hour, and the hours of today and yesterday (R-20.2, R-6.6)."""

import functools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from parks.models import ParkSchedule
from snapshots.models import RideStatusSnapshot
from stats.charts.tests.chart_builders import (
    FIRST_MARK,
    LABELS,
    MARKS,
    NOW,
    TODAY,
    YESTERDAY,
    by_hour,
    chart_of,
    lines_of,
    show_wait,
)
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
    show_park,
)

pytestmark = pytest.mark.django_db

URL = "/api/trends/chart-data"
TYPES = ("parks", "rides", "waittimes", "ridewaittimes")
PERIODS = tuple(LABELS)
ALL_TYPES = pytest.mark.parametrize("kind", TYPES)
ALL_PERIODS = pytest.mark.parametrize("period", PERIODS)
BY_HOUR = pytest.mark.parametrize(("period", "day"), [("today", TODAY), ("yesterday", YESTERDAY)])


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def chart(client):
    return functools.partial(chart_of, client)


@pytest.fixture
def lines(chart):
    return lambda *args, **query: lines_of(chart(*args, **query))


def minutes_after(minutes: int) -> datetime:
    return FIRST_MARK + timedelta(minutes=minutes)


# -- the last hour ---------------------------------------------------------------------------------------


def test_live_scores_are_those_stored_at_the_marks(lines):
    park = make_park(name="Magic Kingdom")
    for n, score in enumerate(["3.7", "0.0", "1.9", "3.9", "3.2", "2.2"]):
        show_park(park, minutes_after(10 * n), 10, score)
    assert lines("parks", "live") == [("Magic Kingdom", [3.7, 0.0, 1.9, 3.9, 3.2, 2.2, None])]


def test_live_lines_are_joined_by_time(lines):
    """Q10: the values of the second park stood where those of the first did."""
    first, second = make_park(name="First"), make_park(name="Second")
    show_park(first, minutes_after(0), 60, "4.0")
    show_park(second, minutes_after(30), 10, "3.0")
    show_park(second, minutes_after(60), 2, "2.0")
    assert lines("parks", "live") == [
        ("First", [4.0, 4.0, 4.0, 4.0, 4.0, 4.0, None]),
        ("Second", [None, None, None, 3.0, None, None, 2.0]),
    ]


def test_a_mark_is_the_mean_over_its_ten_minutes(lines):
    park = make_park(name="A")
    show_park(park, minutes_after(-4), 8, "1.0", grain=480)  # reaches in: four minutes
    show_park(park, minutes_after(4), 6, "2.0")
    show_park(park, minutes_after(10), 5, "1.0")
    show_park(park, minutes_after(15), 5, "2.0")
    assert lines("parks", "live") == [("A", [1.6, 1.5, None, None, None, None, None])]


def test_the_last_mark_ends_now(lines):
    """Of ten minutes two have passed, with one score; the next one begins in the future."""
    park = make_park(name="A")
    show_park(park, minutes_after(60), 2, "1.0")
    show_park(park, minutes_after(63), 7, "9.0")
    assert lines("parks", "live") == [("A", [None, None, None, None, None, None, 1.0])]


def test_what_begins_this_second_is_shown(chart):
    with time_machine.travel(FIRST_MARK + timedelta(hours=1), tick=False):
        park = make_park()
        show_park(park, FIRST_MARK + timedelta(hours=1), 10, "5.0")
        ride = make_ride(park)
        report(ride, FIRST_MARK + timedelta(hours=1), "O10", wait=25)
        for kind, value in (("parks", 5.0), ("ridewaittimes", 25)):
            found = chart(kind, "live")
            assert found["labels"] == MARKS
            assert [each["data"][-1] for each in found["datasets"]] == [value]


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        (datetime(2025, 12, 23, 22, 39, 59, tzinfo=UTC), "13:30", "14:30"),
        (datetime(2025, 12, 23, 22, 40, tzinfo=UTC), "13:40", "14:40"),
        (datetime(2025, 7, 1, 22, 32, tzinfo=UTC), "14:30", "15:30"),  # Q21: not UTC-8 all year
        (datetime(2025, 12, 23, 8, 5, tzinfo=UTC), "23:00", "00:00"),
        (datetime(2025, 11, 2, 9, 20, tzinfo=UTC), "01:20", "01:20"),  # the clock was put back
    ],
)
@ALL_TYPES
def test_the_marks_are_seven_times_of_the_sites_clock(chart, kind, now, first, last):
    with time_machine.travel(now, tick=False):
        labels = chart(kind, "live")["labels"]
    assert (len(labels), labels[0], labels[-1]) == (7, first, last)


def test_live_parks_are_ranked_by_their_scores_above_zero(lines):
    for name, stories in {
        "steady": [("0", "2.0")],
        "late": [("0", "0.0"), ("50", "9.0")],
        "calm": [("0", "0.0")],
        "unknown": [("0", None)],
    }.items():
        park = make_park(name=name)
        ends = [int(start) for start, _ in stories[1:]] + [60]
        for (start, score), end in zip(stories, ends, strict=True):
            show_park(park, minutes_after(int(start)), end - int(start), score)
    closed = make_park(name="closed")
    show_park(closed, minutes_after(0), 60, "10.0", is_open=False)
    long_ago = make_park(name="long ago")
    show_park(long_ago, minutes_after(-60), 60, "10.0")
    assert [name for name, _ in lines("parks", "live")] == ["late", "steady"]


def test_live_park_waits_are_means_of_the_open_park(lines):
    busy, calm = make_park(name="busy"), make_park(name="calm")
    show_wait(busy, minutes_after(0), 5, "33.33")
    show_wait(busy, minutes_after(5), 5, "0.00")  # zeros count
    show_wait(busy, minutes_after(10), 10, None)
    show_wait(busy, minutes_after(20), 10, "99.00", is_open=False)
    show_wait(calm, minutes_after(0), 20, "12.50")
    assert lines("waittimes", "live") == [
        ("busy", [16.665, None, None, None, None, None, None]),
        ("calm", [12.5, 12.5, None, None, None, None, None]),
    ]


def test_live_downtime_is_hours_of_each_mark(lines):
    """R-5.3: the ride operated in the morning, and is down since before the chart begins."""
    ride = make_ride(make_park(), name="A")
    report(ride, local(TODAY, "09:00"), "O60")
    report(ride, minutes_after(-5), "D35 O10 D5 O10", grain=300)
    assert lines("rides", "live") == [("A", [0.17, 0.17, 0.17, 0.0, 0.08, 0.0, None])]


@pytest.mark.parametrize(
    ("story", "columns", "listed"),
    [
        ("D60", {}, False),  # not seen operating today (Q22)
        ("C60", {}, False),
        ("D60", {"is_disney": True}, True),  # meant to run
        ("C60", {"is_disney": True}, False),
        ("R60", {}, False),
        ("O60", {}, False),
        ("O30 C30", {}, True),
        ("O30 C30", {"is_universal": True}, False),
        ("+30 -30", {}, True),
    ],
)
def test_live_downtime_lists_what_broke_down(lines, story, columns, listed):
    report(make_ride(make_park(**columns), name="A"), minutes_after(0), story)
    assert [name for name, _ in lines("rides", "live")] == (["A"] if listed else [])


def test_live_downtime_of_rides_that_ran_in_this_hour_and_of_others(lines):
    ran, ran_before, never = (make_ride(make_park(), name=name) for name in ("ran", "ran before", "never"))
    report(ran, minutes_after(0), "O30 D20")
    report(ran_before, local(TODAY, "09:00"), "O10")
    report(ran_before, minutes_after(0), "D40")
    report(never, minutes_after(0), "D60")
    assert [name for name, _ in lines("rides", "live")] == ["ran before", "ran"]


def test_live_downtime_counts_on_the_day_on_which_the_ride_operated(lines):
    """R-5.3 at midnight: it was closed all of yesterday."""
    midnight = local(TODAY + timedelta(days=1), "00:00")
    ride = make_ride(make_park(), name="A")
    report(ride, midnight - timedelta(minutes=60), "C60")
    report(ride, midnight, "O10 C20 O2")
    with time_machine.travel(midnight + timedelta(minutes=32), tick=False):
        assert lines("rides", "live") == [("A", [0.0, 0.0, 0.0, 0.0, 0.17, 0.17, 0.0])]


def test_live_downtime_is_null_while_the_park_is_closed(lines):
    ride = make_ride(make_park(), name="A")
    report(ride, minutes_after(0), "O10 D20")
    report(ride, minutes_after(30), "D30", park_open=False)
    assert lines("rides", "live") == [("A", [0.0, 0.17, 0.17, None, None, None, None])]


def test_live_ride_waits_leave_out_zeros(lines):
    ride, walk_on = (make_ride(make_park(), name=name) for name in ("queue", "walk-on"))
    report(ride, minutes_after(0), "O5", grain=300, wait=35)
    report(ride, minutes_after(5), "O5", grain=300, wait=0)
    report(ride, minutes_after(10), "O300s", grain=300, wait=10)
    report(ride, minutes_after(15), "O100s", grain=300, wait=25)
    report(ride, minutes_after(20), "O10", wait=480)  # a feed error
    report(walk_on, minutes_after(0), "O60", wait=0)
    assert lines("ridewaittimes", "live") == [("queue", [35.0, 13.75, None, None, None, None, None])]


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Asia/Kolkata", "Australia/Eucla", TOKYO])
def test_the_marks_fit_clocks_that_are_a_quarter_of_an_hour_apart(lines, zone):
    ride = make_ride(make_park(timezone=zone), name="A")
    report(ride, minutes_after(0), "O10 D10 O10 D10 O22", None, wait=40)
    assert lines("rides", "live") == [("A", [0.0, 0.17, 0.0, 0.17, 0.0, 0.0, 0.0])]
    assert lines("ridewaittimes", "live") == [("A", [40.0] * 7)]


# -- hours -----------------------------------------------------------------------------------------------


@BY_HOUR
def test_an_hour_of_a_park_is_the_mean_of_its_stored_scores(lines, period, day):
    park = make_park(name="A")
    show_park(park, local(day, "08:00"), 60, "9.9", is_open=False)
    show_park(park, local(day, "09:00"), 60, "2.0")
    show_park(park, local(day, "10:00"), 20, "1.0")
    show_park(park, local(day, "10:20"), 40, "0.0")
    show_park(park, local(day, "11:00"), 30, "10.0")
    show_park(park, local(day, "11:30"), 30, None)
    show_park(park, local(day, "12:50"), 20, "3.0", grain=1200)  # reaches over the hour
    show_park(park, local(day, "13:10"), 10, "4.0")
    expected = by_hour({9: 2.0, 10: 0.3, 11: 10.0, 12: 3.0, 13: 3.5})
    assert lines("parks", period) == [("A", expected)]


def test_today_ends_now(lines):
    """An observation contributes what has passed of it: ten minutes of six hours."""
    park = make_park(name="A")
    ride = make_ride(park, name="R")
    show_park(park, local(TODAY, "17:00"), 20, "1.0")
    show_park(park, local(TODAY, "17:22"), 360, "7.0", grain=21_600)
    report(ride, local(TODAY, "17:00"), "O22 D360", None)
    steady = make_park(name="B")
    show_park(steady, local(TODAY, "17:00"), 30, "3.5")
    assert lines("parks", "today") == [("B", by_hour({17: 3.5})), ("A", by_hour({17: 3.0}))]
    assert lines("rides", "today") == [("R", by_hour({17: 0.17}))]


@BY_HOUR
def test_parks_are_ranked_by_their_scores_above_zero(lines, period, day):
    steady, peak, equal, calm = (make_park(name=name) for name in ("steady", "peak", "equal", "calm"))
    show_park(steady, local(day, "09:00"), 240, "5.0")
    show_park(peak, local(day, "09:00"), 230, "0.0")
    show_park(peak, local(day, "12:50"), 10, "9.0")
    show_park(equal, local(day, "10:00"), 70, "5.0", grain=420)
    show_park(calm, local(day, "09:00"), 240, "0.0")
    assert [name for name, _ in lines("parks", period)] == ["peak", "steady", "equal"]
    assert [name for name, _ in lines("parks", period, limit=2)] == ["peak", "steady"]


@BY_HOUR
def test_an_hour_of_park_waits_is_whole_minutes(lines, period, day):
    busy, calm = make_park(name="busy"), make_park(name="calm")
    show_wait(busy, local(day, "09:00"), 30, "30.00")
    show_wait(busy, local(day, "09:30"), 30, "31.00")
    show_wait(busy, local(day, "10:00"), 30, "30.00")
    show_wait(busy, local(day, "10:30"), 30, "30.98")
    show_wait(busy, local(day, "11:00"), 30, "40.00")
    show_wait(busy, local(day, "11:30"), 30, "0.00")
    show_wait(busy, local(day, "12:00"), 60, "90.00", is_open=False)
    show_wait(calm, local(day, "09:00"), 60, "5.00")
    assert lines("waittimes", period) == [
        ("busy", by_hour({9: 31, 10: 30, 11: 20})),  # 30.5 and 30.49
        ("calm", by_hour({9: 5})),
    ]


def ride_of(day: date, story: str, start: str = "09:00", wait: int | None = None, **columns: Any) -> Any:
    """A ride with this story of a day, which is computed when it has ended."""
    ride = make_ride(make_park(**columns.pop("park", {})), **columns)
    end = report(ride, local(day, start, ride.park.timezone), story, wait=wait)
    opening = local(day, start, ride.park.timezone)
    show_park(ride.park, opening, int((end - opening).total_seconds()) // 60, "1.0")
    if day < TODAY:
        recomputed(ride.park, day)
    return ride


@BY_HOUR
def test_an_hour_of_a_ride_is_its_hours_down(lines, period, day):
    ride_of(day, "O110 D20 O20 D10 O80", name="A")
    assert lines("rides", period) == [("A", by_hour({9: 0.0, 10: 0.17, 11: 0.33, 12: 0.0}))]


@BY_HOUR
def test_downtime_counts_before_the_first_operation_and_over_hours_without_any(lines, period, day):
    """A-23: the legacy charts began to count with the first operation of the day."""
    ride_of(day, "C60 O30 D150", name="A")
    assert lines("rides", period) == [("A", by_hour({9: 1.0, 10: 0.5, 11: 1.0, 12: 1.0}))]


@pytest.mark.parametrize(
    ("story", "park", "today", "yesterday"),
    [
        ("D120", {}, False, False),
        ("C120", {}, False, False),
        ("D120", {"is_disney": True}, True, False),  # evidence inside the day, not in the stored day
        ("C60 O60", {"is_disney": True}, False, False),
        ("R60 O60", {}, False, False),
        ("O120", {}, False, False),
        ("C60 O60", {}, True, True),
    ],
)
def test_rides_with_downtime_are_listed(lines, story, park, today, yesterday):
    for day in (TODAY, YESTERDAY):
        ride_of(day, story, park=park, name=f"{day}")
    assert [name for name, _ in lines("rides", "today")] == ([f"{TODAY}"] if today else [])
    assert [name for name, _ in lines("rides", "yesterday")] == ([f"{YESTERDAY}"] if yesterday else [])


@BY_HOUR
def test_hours_of_a_ride_in_the_closed_park_are_null(lines, period, day):
    ride = make_ride(make_park(), name="A")
    report(ride, local(day, "08:00"), "D60", park_open=False)
    report(ride, local(day, "09:00"), "O60 D60")
    report(ride, local(day, "11:00"), "D60", park_open=False)
    recomputed(ride.park, day)
    assert lines("rides", period) == [("A", by_hour({9: 0.0, 10: 1.0}))]


@BY_HOUR
def test_rides_are_ranked_by_downtime_and_ties_by_id(lines, period, day):
    for name, story in {"B": "O60 D20", "D": "O60 D40", "A": "O60 D20", "C": "O60"}.items():
        ride_of(day, story, name=name)
    assert [name for name, _ in lines("rides", period)] == ["D", "B", "A"]
    assert [name for name, _ in lines("rides", period, limit=2)] == ["D", "B"]


@BY_HOUR
def test_an_hour_of_ride_waits_is_the_mean_while_it_operated(lines, period, day):
    park = make_park()
    ride, calm, silent = (make_ride(park, name=name) for name in ("queue", "calm", "silent"))
    at = report(ride, local(day, "09:00"), "O30", wait=30)
    at = report(ride, at, "O30", wait=0)  # zeros count
    at = report(ride, at, "O30", wait=45)
    at = report(ride, at, "D30", wait=90)  # a stopped ride's do not
    at = report(ride, at, "O60", wait=480)
    report(ride, at, "O60", wait=22)
    report(calm, local(day, "09:00"), "O60", wait=5)
    report(silent, local(day, "09:00"), "O60")
    show_park(park, local(day, "09:00"), 240, "0.0")
    recomputed(park, day)
    assert lines("ridewaittimes", period) == [
        ("queue", by_hour({9: 15, 10: 45, 12: 22})),
        ("calm", by_hour({9: 5})),
    ]


def test_yesterday_is_shown_in_the_hours_of_its_schedule(lines):
    """R-6.6; today is not filtered."""
    park = make_park()
    ride = make_ride(park, name="A")
    for day in (TODAY, YESTERDAY):
        ParkSchedule.objects.create(
            park=park, schedule_date=day, opening_time=local(day, "10:00"), closing_time=local(day, "13:00")
        )
        report(ride, local(day, "09:00"), "O60", wait=10, park_open=False)  # early entry
        report(ride, local(day, "10:00"), "O180", wait=20)
        report(ride, local(day, "13:00"), "O60", wait=30, park_open=False)
        show_park(park, local(day, "10:00"), 190, "2.0")  # the feed was late to say that it closed
        show_wait(park, local(day, "14:00"), 10, "12.00")
    recomputed(park, YESTERDAY)
    assert lines("ridewaittimes", "yesterday") == [("A", by_hour({10: 20, 11: 20, 12: 20}))]
    assert lines("ridewaittimes", "today") == [("A", by_hour({9: 10, 10: 20, 11: 20, 12: 20, 13: 30}))]
    assert lines("parks", "yesterday") == [(park.name, by_hour({10: 2.0, 11: 2.0, 12: 2.0}))]
    assert lines("parks", "today") == [(park.name, by_hour({10: 2.0, 11: 2.0, 12: 2.0, 13: 2.0}))]
    assert lines("waittimes", "yesterday") == [(park.name, [None] * 18)]


def test_yesterday_without_a_schedule_is_shown_while_the_park_was_seen_open(lines):
    park = make_park()
    ride = make_ride(park, name="A")
    report(ride, local(YESTERDAY, "09:00"), "O60", wait=10, park_open=False)
    report(ride, local(YESTERDAY, "10:00"), "O60", wait=20)
    recomputed(park, YESTERDAY)
    assert lines("ridewaittimes", "yesterday") == [("A", by_hour({10: 20}))]


ZONES = {
    NEW_YORK: (TODAY, {9: 0.5, 10: 0.0}),
    LOS_ANGELES: (TODAY, {9: 0.5, 10: 0.0}),
    PARIS: (TODAY, {9: 0.5, 10: 0.0}),
    TOKYO: (TODAY, {9: 0.5, 10: 0.0}),  # yesterday there: it is 7:32 on the 24th
}


@ALL_TYPES
def test_the_hours_are_those_of_each_parks_own_clock(lines, kind):
    """Four parks opened at nine by their own clocks; in Tokyo that is yesterday."""
    for zone in ZONES:
        park = make_park(timezone=zone, name=zone)
        ride = make_ride(park, name=zone)
        start = local(TODAY, "09:00", zone)
        report(ride, start, "O30 D30 O60", wait=20)
        show_park(park, start, 120, "2.0")
        show_wait(park, start + timedelta(hours=2), 60, "20.00")
        if zone == TOKYO:
            recomputed(park, TODAY)
    expected = {
        "parks": {9: 2.0, 10: 2.0},
        "waittimes": {11: 20},
        "rides": {9: 0.5, 10: 0.0},
        "ridewaittimes": {9: 20, 10: 20},
    }[kind]
    today = dict(lines(kind, "today"))
    assert today == dict.fromkeys([NEW_YORK, LOS_ANGELES, PARIS], by_hour(expected))
    assert lines(kind, "yesterday") == [(TOKYO, by_hour(expected))]


@pytest.mark.parametrize("day", [date(2025, 11, 2), date(2026, 3, 8)], ids=["25 hours", "23 hours"])
@ALL_TYPES
def test_a_day_on_which_the_clock_is_changed(lines, kind, day):
    park = make_park(name="A")
    ride = make_ride(park, name="A")
    for clock, wait, score in (("06:00", 10, "1.0"), ("09:00", 20, "2.0"), ("22:00", 30, "3.0")):
        report(ride, local(day, clock), "O40 D20", wait=wait)
        show_park(park, local(day, clock), 60, score)
    show_wait(park, local(day, "23:00"), 60, "30.00")
    recomputed(park, day)
    with time_machine.travel(local(day + timedelta(days=1), "12:00"), tick=False):
        expected = {
            "parks": {6: 1.0, 9: 2.0, 22: 3.0},
            "waittimes": {23: 30},
            "rides": {6: 0.33, 9: 0.33, 22: 0.33},
            "ridewaittimes": {6: 10, 9: 20, 22: 30},
        }[kind]
        assert lines(kind, "yesterday") == [("A", by_hour(expected))]


def test_a_ride_that_has_moved_is_shown_with_what_it_did_in_its_park(lines):
    ride = make_ride(make_park(), name="A")
    report(ride, local(TODAY, "09:00"), "O30 D30")
    report(ride, minutes_after(0), "O10 D40")
    RideStatusSnapshot.objects.update(park=make_park())
    assert lines("rides", "today") == lines("rides", "live") == []
    report(ride, local(TODAY, "10:00"), "O45 D15")
    report(ride, minutes_after(50), "O5 D5")
    assert lines("rides", "today") == [("A", by_hour({10: 0.25, 17: 0.08}))]
    assert lines("rides", "live") == [("A", [None, None, None, None, None, 0.08, None])]


def test_each_parks_schedule_is_that_of_its_own_yesterday(lines):
    """In Tokyo yesterday was the 23rd."""
    for zone, day in ((NEW_YORK, YESTERDAY), (TOKYO, TODAY)):
        park = make_park(timezone=zone, name=zone)
        for date_, closing in ((day, "12:00"), (TODAY if day == YESTERDAY else YESTERDAY, "20:00")):
            ParkSchedule.objects.create(
                park=park,
                schedule_date=date_,
                opening_time=local(date_, "10:00", zone),
                closing_time=local(date_, closing, zone),
            )
        show_park(park, local(day, "09:00", zone), 300, "2.0")
    expected = by_hour({10: 2.0, 11: 2.0})
    assert lines("parks", "yesterday") == [(NEW_YORK, expected), (TOKYO, expected)]
