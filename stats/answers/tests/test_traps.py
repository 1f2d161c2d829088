"""One test per trap: what looks like downtime and is none, and what must not be counted twice (R-5, R-6, R-8, R-11).

Each is asked of the daily row and of a window, from raw observations.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from parks.models import Park, Ride
from parks.tests.factories import ScheduleFactory
from snapshots.models import RideStatusSnapshot
from stats.answers.tests.asking import hours, of_park, of_ride
from stats.measures.bucket_sums import Figures
from stats.measures.windows import Bucket, Window
from stats.tests.builders import (
    DAY,
    local,
    make_park,
    make_ride,
    park_row_of,
    recomputed,
    report,
    ride_row_of,
    show_park,
)

pytestmark = pytest.mark.django_db

BOTH_KINDS = pytest.mark.parametrize("is_disney", [True, False], ids=["reports DOWN", "CLOSED for every stop"])


def figures(ride: Ride, day: date = DAY, clock: tuple[int, int] = (0, 86_400)) -> Figures:
    return of_ride(ride, Window(day, day, clock), needs_raw=True).total


def minutes(ride: Ride, day: date = DAY) -> dict[str, int | None]:
    """Up, down and unknown of a day; the daily row and the window must agree."""
    found = figures(ride, day).minutes
    recomputed(ride.park, day)
    row = ride_row_of(ride, day)
    assert (row.uptime_minutes, row.downtime_minutes, row.unknown_minutes) == (
        found["uptime_minutes"],
        found["downtime_minutes"],
        found["unknown_minutes"],
    )
    return {"up": row.uptime_minutes, "down": row.downtime_minutes, "unknown": row.unknown_minutes}


def open_park(day: date = DAY, **columns: Any) -> Park:
    """Open from 9:00 to 19:00 by its schedule."""
    park = make_park(**columns)
    open_on(park, day)
    return park


def open_on(park: Park, day: date) -> None:
    ScheduleFactory.create(
        park=park, schedule_date=day, opening_time=local(day, "09:00"), closing_time=local(day, "19:00")
    )


# -- closures that are no breakdowns ---------------------------------------------------------------------


@BOTH_KINDS
@pytest.mark.parametrize("state", ["C", "D", "-"])
def test_what_a_ride_reports_overnight_is_never_downtime(is_disney, state):
    ride = make_ride(open_park(is_disney=is_disney))
    report(ride, local(DAY, "00:00"), f"{state}540", park_open=False)
    report(ride, local(DAY, "09:00"), "O600")
    report(ride, local(DAY, "19:00"), f"{state}300", park_open=False)
    assert minutes(ride) == {"up": 600, "down": 0, "unknown": 0}
    assert figures(ride, clock=hours("19:00", "24:00")).down_seconds == 0
    assert of_park(ride.park, Window(DAY, DAY), Bucket.H1).total.down_seconds == 0


@BOTH_KINDS
def test_a_park_closed_for_the_winter_has_no_downtime_and_no_score(is_disney):
    ride = make_ride(make_park(is_disney=is_disney))
    winter = [DAY + timedelta(days=n) for n in range(3)]
    for day in winter:
        report(ride, local(day, "00:00"), "C600 D600 O60 C180", park_open=False)
        show_park(ride.park, local(day, "00:00"), 1440, is_open=False)
        assert minutes(ride, day) == {"up": 0, "down": 0, "unknown": 0}
    found = of_park(ride.park, Window(winter[0], winter[-1]), needs_raw=True).total
    assert (found.down_seconds, found.open_seconds, found.shame_score) == (0, 0, None)


@pytest.mark.parametrize("state", ["C", "R", "-"])
@BOTH_KINDS
def test_a_ride_closed_for_the_season_in_an_open_park_has_no_downtime(is_disney, state):
    park = open_park(is_disney=is_disney)
    closed, running = make_ride(park), make_ride(park)
    report(closed, local(DAY, "09:00"), f"{state}600")
    report(running, local(DAY, "09:00"), "O600")
    assert minutes(closed) == {"up": 0, "down": 0, "unknown": 0}
    assert figures(closed).uptime_percentage is None
    assert figures(closed, clock=hours("12:00", "13:00")).down_seconds == 0
    assert park_row_of(park).effective_park_weight == 2, "the running ride alone"


def test_a_planned_stop_is_downtime_only_where_the_feed_has_no_other_word_for_it():
    disney, other = (make_ride(open_park(is_disney=is_disney)) for is_disney in (True, False))
    for ride in (disney, other):
        report(ride, local(DAY, "09:00"), "O540 C60")
    assert minutes(disney) == {"up": 540, "down": 0, "unknown": 0}
    assert minutes(other) == {"up": 540, "down": 60, "unknown": 0}


@BOTH_KINDS
def test_refurbishment_is_neither_up_nor_down(is_disney):
    ride = make_ride(open_park(is_disney=is_disney))
    report(ride, local(DAY, "09:00"), "O300 R300")
    assert minutes(ride) == {"up": 300, "down": 0, "unknown": 0}
    assert figures(ride).minutes["closed_minutes"] == 300


@BOTH_KINDS
def test_a_test_run_before_opening_is_no_operation(is_disney):
    ride = make_ride(open_park(is_disney=is_disney))
    report(ride, local(DAY, "08:00"), "O60", park_open=False)
    report(ride, local(DAY, "09:00"), "D600")
    assert minutes(ride) == {"up": 0, "down": 0, "unknown": 0}


def test_extra_hours_after_closing_count_for_nothing():
    ride = make_ride(open_park())
    report(ride, local(DAY, "09:00"), "O600")
    report(ride, local(DAY, "19:00"), "O60 D60", park_open=False)
    assert minutes(ride) == {"up": 600, "down": 0, "unknown": 0}
    assert figures(ride).uptime_percentage == Decimal("100.0")


@BOTH_KINDS
def test_an_outage_that_goes_on_after_midnight_stops_counting_until_the_ride_runs(is_disney):
    """The park is open around the clock; the ride breaks down at 22:00 and runs again at 10:00, or never."""
    park, next_day = make_park(is_disney=is_disney), DAY + timedelta(days=1)
    repaired, forgotten = make_ride(park), make_ride(park)
    for ride in (repaired, forgotten):
        report(ride, local(DAY, "00:00"), "O1320 D120")
    report(repaired, local(next_day, "00:00"), "D600 O840")
    report(forgotten, local(next_day, "00:00"), "D1440")
    assert [minutes(ride)["down"] for ride in (repaired, forgotten)] == [120, 120]
    assert [minutes(ride, next_day)["down"] for ride in (repaired, forgotten)] == [600, 0]


# -- what nobody observed --------------------------------------------------------------------------------


@BOTH_KINDS
def test_a_gap_in_the_feed_is_unknown_and_neither_up_nor_down(is_disney):
    ride = make_ride(open_park(is_disney=is_disney))
    report(ride, local(DAY, "09:00"), "O120")
    report(ride, local(DAY, "14:00"), "O240 D60")
    assert minutes(ride) == {"up": 360, "down": 60, "unknown": 180}
    assert figures(ride).uptime_percentage == Decimal("85.7"), "of what was observed"
    by_hour = of_ride(ride, Window(DAY, DAY), Bucket.H1, needs_raw=True).buckets.values()
    assert [each.unknown_seconds // 60 for each in by_hour] == [0, 0, 60, 60, 60, 0, 0, 0, 0, 0]


def test_a_window_inside_a_gap_is_unknown_too():
    ride = make_ride(open_park())
    report(ride, local(DAY, "09:00"), "O120")
    report(ride, local(DAY, "14:00"), "O300")
    found = figures(ride, clock=hours("11:30", "13:45"))
    assert (found.unknown_seconds, found.open_seconds, found.wait_avg) == (135 * 60, 0, None)


def test_a_night_without_a_feed_is_not_unknown():
    ride = make_ride(open_park())
    report(ride, local(DAY, "09:00"), "O600")
    assert minutes(ride) == {"up": 600, "down": 0, "unknown": 0}
    assert figures(ride, clock=hours("20:00", "24:00")).unknown_seconds == 0


# -- late openings ---------------------------------------------------------------------------------------


def test_an_opening_delay_is_reported_apart_from_breakdowns_and_is_part_of_the_downtime():
    """R-5.3: the ride opens an hour and a half late and breaks down for half an hour in the afternoon."""
    ride = make_ride(open_park(is_disney=True))
    report(ride, local(DAY, "09:00"), "D90 O300 D30 O180")
    assert minutes(ride) == {"up": 480, "down": 120, "unknown": 0}
    row = ride_row_of(ride)
    assert (row.opening_delay_minutes, row.longest_downtime_minutes) == (90, 90)


@BOTH_KINDS
def test_a_ride_that_never_opens_has_no_opening_delay(is_disney):
    ride = make_ride(open_park(is_disney=is_disney))
    report(ride, local(DAY, "09:00"), "D600")
    assert minutes(ride)["down"] == 0
    assert ride_row_of(ride).opening_delay_minutes == 0


def test_a_delay_before_the_park_opens_is_none():
    ride = make_ride(open_park(is_disney=True))
    report(ride, local(DAY, "07:00"), "D120", park_open=False)
    report(ride, local(DAY, "09:00"), "O600")
    assert minutes(ride)["down"] == ride_row_of(ride).opening_delay_minutes == 0


def test_a_planned_late_opening_is_a_delay_only_where_it_is_down():
    """A ride that opens at noon and says CLOSED until then."""
    disney, other = (make_ride(open_park(is_disney=is_disney)) for is_disney in (True, False))
    for ride in (disney, other):
        report(ride, local(DAY, "09:00"), "C180 O420")
        recomputed(ride.park)
    assert [ride_row_of(ride).opening_delay_minutes for ride in (disney, other)] == [0, 180]
    assert [ride_row_of(ride).downtime_minutes for ride in (disney, other)] == [0, 180]


# -- counting twice --------------------------------------------------------------------------------------


def test_the_same_event_twice_counts_once():
    ride = make_ride(open_park())
    report(ride, local(DAY, "09:00"), "O540 D60", None)
    before = minutes(ride), figures(ride).rows
    with pytest.raises(IntegrityError), transaction.atomic():
        report(ride, local(DAY, "09:00"), "O540 D60", None)
    assert (minutes(ride), figures(ride).rows) == before == ({"up": 540, "down": 60, "unknown": 0}, 2)


def test_a_recomputation_does_not_add_to_what_is_stored():
    ride = make_ride(open_park())
    report(ride, local(DAY, "09:00"), "O540 D60")
    recomputed(ride.park)
    once = of_ride(ride, Window(DAY, DAY)).total
    recomputed(ride.park)
    again = of_ride(ride, Window(DAY, DAY)).total
    assert (again.up_seconds, again.down_seconds, again.rows) == (once.up_seconds, once.down_seconds, once.rows)


# -- waits -----------------------------------------------------------------------------------------------


def test_a_wait_of_480_minutes_is_kept_and_is_in_no_figure():
    ride = make_ride(open_park())
    end = report(ride, local(DAY, "09:00"), "O540", wait=30)
    report(ride, end, "O30", wait=480)
    report(ride, local(DAY, "18:30"), "O30", wait=999)
    found = figures(ride)
    assert (found.wait_avg, found.wait_max, found.metric("wait_p99")) == (30, 30, 30)
    assert minutes(ride)["up"] == 600
    assert RideStatusSnapshot.objects.filter(wait_time__gte=480).count() == 6


def test_a_wait_of_zero_is_a_figure_of_its_own_and_none_at_all_is_not():
    """N-4."""
    ride = make_ride(open_park())
    end = report(ride, local(DAY, "09:00"), "O100", wait=0)
    end = report(ride, end, "O100", wait=30)
    report(ride, end, "O400")
    found = figures(ride)
    assert (found.wait_avg, found.wait_min, found.metric("wait_p1"), found.walk_on_percentage) == (30, 30, 30, 50)


def test_a_number_left_on_the_board_of_a_broken_ride_is_no_wait():
    ride = make_ride(open_park(is_disney=True))
    end = report(ride, local(DAY, "09:00"), "O300", wait=20)
    report(ride, end, "D300", wait=90)
    found = figures(ride)
    assert (found.wait_avg, found.wait_max) == (20, 20)
    recomputed(ride.park)
    assert ride_row_of(ride).peak_wait_time == 20, "the peak is the greatest of the waits that count (N-4)"


# -- the clock -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "length"), [(date(2025, 3, 9), 23), (date(2025, 11, 2), 25)])
def test_a_day_on_which_the_clock_changes_is_as_long_as_it_is(day, length):
    ride = make_ride(make_park())
    report(ride, local(day, "00:00"), f"O{length * 60 - 60} D60")
    assert minutes(ride, day) == {"up": length * 60 - 60, "down": 60, "unknown": 0}
    assert figures(ride, day, hours("23:00", "24:00")).down_seconds == 3600
