"""What the charts show of the last hour (R-20.2)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from stats.charts.tests.chart_builders import (
    ALL_TYPES,
    MARKS,
    TODAY,
    minutes_after,
    run_posting,
    run_scored,
)
from stats.tests.builders import (
    TOKYO,
    local,
    make_park,
    make_ride,
    report,
    show_park,
)

pytestmark = pytest.mark.django_db


def test_live_scores_are_computed_over_each_ten_minutes(lines):
    """D-11: whatever the cycles stored."""
    park = make_park(name="Magic Kingdom")
    run_scored(park, minutes_after(0), 3.7, 0.0, 1.9, 3.9, 3.2, 2.2, minutes=10)
    park.activity.update(shame_score=Decimal("9.9"))
    assert lines("parks", "live") == [("Magic Kingdom", [3.7, 0.0, 1.9, 3.9, 3.2, 2.2, None])]


def test_live_lines_are_joined_by_time(lines):
    """Q10: the values of the second park stood where those of the first did."""
    first, second = make_park(name="First"), make_park(name="Second")
    run_scored(first, minutes_after(0), *[4.0] * 6, minutes=10)
    run_scored(second, minutes_after(30), 3.0, None, None, minutes=10)
    run_scored(second, minutes_after(60), 2.0, minutes=2)
    assert lines("parks", "live") == [
        ("First", [4.0, 4.0, 4.0, 4.0, 4.0, 4.0, None]),
        ("Second", [None, None, None, 3.0, None, None, 2.0]),
    ]


def test_what_reaches_into_the_last_hour_is_part_of_its_first_mark(lines):
    """Down from four minutes before until four minutes after its beginning."""
    park = make_park(name="A")
    ride = make_ride(park)
    report(ride, minutes_after(-14), "O10")
    report(ride, minutes_after(-4), "D8", None)
    report(ride, minutes_after(4), "O16", None)
    show_park(park, minutes_after(-14), 34, grain=600)
    report(make_ride(park), minutes_after(-14), "O24 D10", None)  # gives it a rank
    assert lines("parks", "live") == [("A", [2.0, 5.0, None, None, None, None, None])]


def test_the_last_mark_ends_now_and_says_so(chart):
    """Of ten minutes two have passed; the next observation begins in the future."""
    park = make_park(name="A")
    ride = run_scored(park, minutes_after(50), 0.0, minutes=10)
    report(ride, minutes_after(60), "D60s O60s O60s D600s", None)
    show_park(park, minutes_after(60), 13)
    for kind, data in (("parks", [0.0, 5.0]), ("rides", [0.0, 0.0167])):
        (line,) = chart(kind, "live")["datasets"]
        assert line["data"] == [None] * 5 + data
        assert line["last_is_partial"] is True


@pytest.mark.parametrize(("seconds", "marks"), [(0, MARKS[:-1]), (59, MARKS[:-1]), (60, MARKS), (599, MARKS)])
def test_ten_minutes_that_have_just_begun_are_no_point(chart, seconds, marks):
    """N-16: the ride is down all the time, and no point says 0."""
    ride = make_ride(make_park())
    report(ride, minutes_after(-60), "O60 D80")
    show_park(ride.park, minutes_after(-60), 140)
    with time_machine.travel(minutes_after(60) + timedelta(seconds=seconds), tick=False):
        found = chart("rides", "live")
    assert found["labels"] == marks
    (line,) = found["datasets"]
    assert line["last_is_partial"] is (len(marks) == 7)
    assert all(line["data"])


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        (datetime(2025, 12, 23, 22, 39, 59, tzinfo=UTC), "13:30", "14:30"),
        (datetime(2025, 12, 23, 22, 41, tzinfo=UTC), "13:40", "14:40"),
        (datetime(2025, 7, 1, 22, 32, tzinfo=UTC), "14:30", "15:30"),  # Q21: not UTC-8 all year
        (datetime(2025, 12, 23, 8, 5, tzinfo=UTC), "23:00", "00:00"),
        (datetime(2025, 11, 2, 9, 21, tzinfo=UTC), "01:20", "01:20"),  # the clock was put back
    ],
)
@ALL_TYPES
def test_the_marks_are_seven_times_of_the_sites_clock(chart, kind, now, first, last):
    with time_machine.travel(now, tick=False):
        labels = chart(kind, "live")["labels"]
    assert (len(labels), labels[0], labels[-1]) == (7, first, last)


def test_live_parks_are_ranked_by_the_score_of_the_hour_above_zero(lines):
    """R-10.2 over the whole hour: ten minutes all down are less than an hour at 2.0."""
    run_scored(make_park(name="late"), minutes_after(0), *[0.0] * 5, 10.0, minutes=10)
    run_scored(make_park(name="steady"), minutes_after(0), *[2.0] * 6, minutes=10)
    run_scored(make_park(name="calm"), minutes_after(0), *[0.0] * 6, minutes=10)
    run_scored(make_park(name="long ago"), minutes_after(-60), *[9.0] * 6, minutes=10)
    closed = make_park(name="closed")
    report(make_ride(closed), minutes_after(0), "O10 D50", park_open=False)
    show_park(closed, minutes_after(0), 60, "10.0", is_open=False)
    assert [name for name, _ in lines("parks", "live")] == ["steady", "late"]


def test_live_park_waits_are_means_over_time_of_its_attractions(lines):
    """N-4: waits above zero of the operating rides of the open park, whatever the cycles stored."""
    busy, calm = make_park(name="busy"), make_park(name="calm")
    ride = run_posting(busy, minutes_after(0), 33, 0, minutes=5)
    report(make_ride(busy), minutes_after(0), "O10", wait=20)
    report(ride, minutes_after(20), "O10", wait=99, park_open=False)
    report(make_ride(busy, category="SHOW"), minutes_after(0), "O10", wait=99)
    run_posting(calm, minutes_after(0), 12, 0, minutes=10)
    calm.activity.update(avg_wait_time=Decimal(77))
    assert lines("waittimes", "live") == [
        ("busy", [24.3333, *[None] * 6]),  # (33 × 5 + 20 × 10) ÷ 15
        ("calm", [12.0, *[None] * 6]),
    ]


def test_live_downtime_is_hours_of_each_mark(lines):
    """R-5.3: the ride operated in the morning, and is down since before the chart begins."""
    ride = make_ride(make_park(), name="A")
    report(ride, local(TODAY, "09:00"), "O60")
    report(ride, minutes_after(-5), "D35 O10 D5 O10", grain=300)
    assert lines("rides", "live") == [("A", [0.1667, 0.1667, 0.1667, 0.0, 0.0833, 0.0, None])]


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
        assert lines("rides", "live") == [("A", [0.0, 0.0, 0.0, 0.0, 0.1667, 0.1667, 0.0])]


def test_live_downtime_is_null_while_the_park_is_closed(lines):
    ride = make_ride(make_park(), name="A")
    report(ride, minutes_after(0), "O10 D20")
    report(ride, minutes_after(30), "D30", park_open=False)
    assert lines("rides", "live") == [("A", [0.0, 0.1667, 0.1667, None, None, None, None])]


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
    assert lines("rides", "live") == [("A", [0.0, 0.1667, 0.0, 0.1667, 0.0, 0.0, 0.0])]
    assert lines("ridewaittimes", "live") == [("A", [40.0, None, 40.0, None, 40.0, 40.0, 40.0])]
