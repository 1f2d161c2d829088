"""What the charts show by the clock: the hours of today and yesterday (R-20.2, R-6.6)."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from parks.models import ParkSchedule
from snapshots.models import RideStatusSnapshot
from stats.charts.tests.chart_builders import (
    ALL_TYPES,
    BY_HOUR,
    TODAY,
    TYPES,
    YESTERDAY,
    by_hour,
    minutes_after,
    run_posting,
    run_scored,
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


@BY_HOUR
def test_an_hour_of_a_park_is_the_score_over_it(lines, period, day):
    """R-10.2 over the time in which the park was open, whatever the cycles stored."""
    park = make_park(name="A")
    ride = run_scored(park, local(day, "09:00"), 2.0)
    report(ride, local(day, "08:00"), "D60", park_open=False)
    show_park(park, local(day, "08:00"), 60, "9.9", is_open=False)
    report(ride, local(day, "10:00"), "D2 O58")
    show_park(park, local(day, "10:00"), 60)
    report(ride, local(day, "11:00"), "D30")  # open for half of the hour
    show_park(park, local(day, "11:00"), 30)
    report(ride, local(day, "12:50"), "D20 O10", None)  # reaches over the hour
    show_park(park, local(day, "12:50"), 30, grain=1200)
    recomputed(park, day)
    expected = by_hour({9: 2.0, 10: 0.3, 11: 10.0, 12: 10.0, 13: 5.0})
    assert lines("parks", period) == [("A", expected)]


def test_today_ends_now(chart):
    """An observation contributes what has passed of it: ten minutes of six hours."""
    park = make_park(name="A")
    ride = make_ride(park, name="R")
    report(ride, local(TODAY, "17:00"), "O22 D360", None)
    show_park(park, local(TODAY, "17:00"), 382, grain=22_920)
    run_scored(make_park(name="B"), local(TODAY, "16:00"), 3.5)
    found = chart("parks", "today")["datasets"]
    assert [(line["label"], line["data"]) for line in found] == [("B", by_hour({16: 3.5})), ("A", by_hour({17: 3.1}))]
    assert [line["last_is_partial"] for line in found] == [False, True]
    rides = chart("rides", "today")["datasets"]
    assert [(line["label"], line["data"]) for line in rides] == [
        ("B", by_hour({16: 0.35})),
        ("R", by_hour({17: 0.17})),
    ]


@pytest.mark.parametrize(("clock", "hours"), [("17:00", {16: 0.5}), ("17:01", {16: 0.5, 17: 0.02})])
def test_an_hour_that_has_just_begun_is_no_point(lines, clock, hours):
    """N-16: less than a minute of it has passed."""
    park = make_park()
    report(make_ride(park, name="A"), local(TODAY, "16:00"), "O30 D90")
    show_park(park, local(TODAY, "16:00"), 120)
    with time_machine.travel(local(TODAY, clock) + timedelta(seconds=20), tick=False):
        assert lines("rides", "today") == [("A", by_hour(hours))]
        scores = {hour: 5.0 if hour == 16 else 10.0 for hour in hours}
        assert lines("parks", "today") == [(park.name, by_hour(scores))]


@BY_HOUR
def test_parks_are_ranked_by_the_score_of_the_day_above_zero(lines, period, day):
    """A bad hour of four is less than four hours at 5.0; ties by id."""
    for name, scores in {
        "peak": [0.0, 0.0, 0.0, 9.0],
        "steady": [5.0] * 4,
        "equal": [5.0],
        "calm": [0.0] * 4,
    }.items():
        park = make_park(name=name)
        run_scored(park, local(day, "09:00"), *scores)
        recomputed(park, day)
    assert [name for name, _ in lines("parks", period)] == ["steady", "equal", "peak"]
    assert [name for name, _ in lines("parks", period, limit=2)] == ["steady", "equal"]


@BY_HOUR
def test_an_hour_of_park_waits_is_whole_minutes(lines, period, day):
    """N-4: 30.5 and 30.25 on average, half-up; 40 beside half an hour at 0; an hour of walk-ons alone."""
    busy, calm = make_park(name="busy"), make_park(name="calm")
    ride = run_posting(busy, local(day, "09:00"), 30, 31, 30, 30, 40, 0, 0, 0, minutes=30)
    second = RideStatusSnapshot.objects.filter(ride=ride, recorded_at=local(day, "10:30"))
    second.update(wait_time=31, duration_seconds=600)  # 30 for 30 minutes, 31 for ten
    report(ride, local(day, "13:00"), "O60", wait=90, park_open=False)
    run_posting(calm, local(day, "09:00"), 5)
    for park in (busy, calm):
        recomputed(park, day)
    assert lines("waittimes", period) == [
        ("busy", by_hour({9: 31, 10: 30, 11: 40})),
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
    at = report(ride, at, "O30", wait=0)  # N-4: a walk-on is no wait
    at = report(ride, at, "O30", wait=45)
    at = report(ride, at, "D30", wait=90)  # a stopped ride's do not
    at = report(ride, at, "O60", wait=480)
    report(ride, at, "O60", wait=22)
    report(calm, local(day, "09:00"), "O60", wait=5)
    report(silent, local(day, "09:00"), "O60")
    show_park(park, local(day, "09:00"), 240, "0.0")
    recomputed(park, day)
    assert lines("ridewaittimes", period) == [
        ("queue", by_hour({9: 30, 10: 45, 12: 22})),
        ("calm", by_hour({9: 5})),
    ]


def test_yesterday_is_shown_in_the_hours_of_its_schedule(lines):
    """R-6.6; today is not filtered. What was posted before the park opened is nowhere (N-4)."""
    park = make_park(name="P")
    ride = make_ride(park, name="A")
    for day in (TODAY, YESTERDAY):
        ParkSchedule.objects.create(
            park=park, schedule_date=day, opening_time=local(day, "10:00"), closing_time=local(day, "13:00")
        )
        report(ride, local(day, "09:00"), "O60", wait=10, park_open=False)  # test cycles
        report(ride, local(day, "10:00"), "D12 O48 D12 O48 D12 O48 D2 O8", wait=20)  # the feed was late to close
        report(ride, local(day, "13:10"), "O50", wait=30, park_open=False)
        show_park(park, local(day, "10:00"), 190)
        recomputed(park, day)
    waits = {10: 20, 11: 20, 12: 20}
    assert lines("ridewaittimes", "yesterday") == [("A", by_hour(waits))]
    assert lines("ridewaittimes", "today") == [("A", by_hour({**waits, 13: 20}))]
    assert lines("waittimes", "yesterday") == [("P", by_hour(waits))]
    assert lines("waittimes", "today") == [("P", by_hour({**waits, 13: 20}))]
    assert lines("parks", "yesterday") == [("P", by_hour({10: 2.0, 11: 2.0, 12: 2.0}))]
    assert lines("parks", "today") == [("P", by_hour({10: 2.0, 11: 2.0, 12: 2.0, 13: 2.0}))]


def test_yesterday_without_a_schedule_is_shown_while_the_park_was_seen_open(lines):
    park = make_park()
    ride = make_ride(park, name="A")
    report(ride, local(YESTERDAY, "09:00"), "O60", wait=10, park_open=False)
    report(ride, local(YESTERDAY, "10:00"), "O60", wait=20)
    recomputed(park, YESTERDAY)
    assert lines("ridewaittimes", "yesterday") == [("A", by_hour({10: 20}))]


def test_a_day_begins_in_the_night_where_its_observations_do(chart):
    """Open past midnight: down from 1:30 to 2:30 (the case `night`)."""
    park, other = make_park(name="A"), make_park(name="B")
    for each, clock, story in ((park, "01:00", "O30 D60 O90"), (other, "09:00", "O60 D60 O60")):
        report(make_ride(each, name=each.name), local(YESTERDAY, clock), story, wait=10)
        show_park(each, local(YESTERDAY, clock), 180)
        recomputed(each, YESTERDAY)
    found = {kind: chart(kind, "yesterday") for kind in TYPES}
    for each in found.values():
        assert each["labels"] == [f"{hour}:00" for hour in range(1, 24)]
    lines = {kind: {line["label"]: line["data"] for line in each["datasets"]} for kind, each in found.items()}
    assert lines["rides"]["A"] == [0.5, 0.5, 0.0, *[None] * 20]
    assert lines["parks"]["A"] == [5.0, 5.0, 0.0, *[None] * 20]
    assert lines["rides"]["B"] == [None] * 8 + [0.0, 1.0, 0.0] + [None] * 12
    assert lines["waittimes"]["A"] == lines["ridewaittimes"]["A"] == [10, 10, 10, *[None] * 20]


@ALL_TYPES
def test_the_hours_are_those_of_each_parks_own_clock(chart, kind):
    """Four parks opened at nine by their own clocks. Of today's dates Tokyo has the 24th, where it is 7:32; yesterday
    is the 22nd for all (N-1)."""
    for zone in (NEW_YORK, LOS_ANGELES, PARIS, TOKYO):
        park = make_park(timezone=zone, name=zone)
        ride = make_ride(park, name=zone)
        for day, shift in ((TODAY, 0), (YESTERDAY, 1)):
            start = local(day, "09:00", zone) + timedelta(hours=shift)
            report(ride, start, "O30 D30 O60", wait=20)
            show_park(park, start, 120)
        recomputed(park, YESTERDAY)
    expected = {
        "parks": {9: 5.0, 10: 0.0},
        "waittimes": {9: 20, 10: 20},
        "rides": {9: 0.5, 10: 0.0},
        "ridewaittimes": {9: 20, 10: 20},
    }[kind]
    today, yesterday = chart(kind, "today")["datasets"], chart(kind, "yesterday")["datasets"]
    assert {line["label"]: line["data"] for line in today} == dict.fromkeys(
        [NEW_YORK, LOS_ANGELES, PARIS], by_hour(expected)
    )
    an_hour_later = by_hour({hour + 1: value for hour, value in expected.items()})
    assert {line["label"]: line["data"] for line in yesterday} == dict.fromkeys(
        [NEW_YORK, LOS_ANGELES, PARIS, TOKYO], an_hour_later
    )
    assert {(line["start_date"], line["end_date"]) for line in yesterday} == {("2025-12-22", "2025-12-22")}
    assert {(line["start_date"], line["is_complete"]) for line in today} == {("2025-12-23", False)}


@pytest.mark.parametrize("day", [date(2025, 11, 2), date(2026, 3, 8)], ids=["25 hours", "23 hours"])
@ALL_TYPES
def test_a_day_on_which_the_clock_is_changed(lines, kind, day):
    park = make_park(name="A")
    ride = make_ride(park, name="A")
    for clock, wait in (("06:00", 10), ("09:00", 20), ("22:00", 30)):
        report(ride, local(day, clock), "O40 D20", wait=wait)
        show_park(park, local(day, clock), 60)
    with time_machine.travel(local(day + timedelta(days=1), "12:00"), tick=False):
        recomputed(park, day)
        waits = {6: 10, 9: 20, 22: 30}
        expected = {
            "parks": dict.fromkeys(waits, 3.3),
            "waittimes": waits,
            "rides": dict.fromkeys(waits, 0.33),
            "ridewaittimes": waits,
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
    assert lines("rides", "live") == [("A", [None, None, None, None, None, 0.0833, None])]


def test_each_parks_schedule_is_that_of_its_own_day(lines):
    """Yesterday is the 22nd of all parks; what is planned for the 23rd in Tokyo is another day's."""
    for zone in (NEW_YORK, TOKYO):
        park = make_park(timezone=zone, name=zone)
        for day, closing in ((YESTERDAY, "12:00"), (TODAY, "20:00")):
            ParkSchedule.objects.create(
                park=park,
                schedule_date=day,
                opening_time=local(day, "10:00", zone),
                closing_time=local(day, closing, zone),
            )
        run_scored(park, local(YESTERDAY, "09:00", zone), *[2.0] * 5)
        recomputed(park, YESTERDAY)
    expected = by_hour({10: 2.0, 11: 2.0})
    assert lines("parks", "yesterday") == [(NEW_YORK, expected), (TOKYO, expected)]


def test_a_past_hour_has_also_the_rides_that_are_no_longer_active(lines):
    """N-15: the day is computed; then the ride and its park are given up."""
    park = make_park(name="A")
    ride = run_scored(park, local(YESTERDAY, "09:00"), 5.0)
    recomputed(park, YESTERDAY)
    ride.is_active = park.is_active = False
    ride.save()
    park.save()
    assert lines("parks", "yesterday") == [("A", by_hour({9: 5.0}))]
    assert lines("rides", "yesterday") == [("A", by_hour({9: 0.5}))]
    assert lines("parks", "today") == lines("rides", "live") == []
