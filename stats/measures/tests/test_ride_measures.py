"""What a ride did over a window: seconds, waits, stretches down, numbers from their sums (R-5, R-8 to R-11)."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from core.instants import seconds
from parks.models import Ride
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from stats.measures.buckets import RideBucket, WaitSums
from stats.measures.ride_measures import (
    ParkOpening,
    RideMeasures,
    StatusCounts,
    Stretch,
    WaitTotals,
    down_stretches,
    greatest,
    hours,
    least,
    mean_of,
    measure_openings,
    measure_rides,
    merge_waits,
    minutes,
    opening_delay,
    percent_change,
    percentage,
    totals_of,
    wait_percentile,
    window_score,
)
from stats.tests.builders import DAY, local, make_park, make_ride, measured, report, show_park

OPENING = local(DAY, "09:00")
START = seconds(OPENING)


def bucket(
    first: int, last: int, rows: int = 2, wait: int | None = None, open_park: bool = True, **other
) -> RideBucket:
    return RideBucket(7, 3, None, True, open_park, wait, 0, rows, last - first, first, last, **other)


RUNNING, STOPPED, NEITHER = (True, False), (False, True), (False, False)


# -- adding up -------------------------------------------------------------------------------------------


def test_cells_add_up_by_their_state_and_that_of_the_park():
    found = RideMeasures(7, 3)
    found.take(bucket(100, 160), 50, *RUNNING)
    found.take(bucket(300, 400, rows=3), 100, *STOPPED)
    found.take(bucket(400, 410, rows=5), 10, *NEITHER)
    found.take(bucket(20, 25, rows=7, open_park=False), 5, *RUNNING)
    found.take(bucket(25, 28, rows=11, open_park=False), 3, *STOPPED)
    assert (found.rows, found.open_rows, found.up_rows, found.down_rows) == (28, 10, 2, 3)
    assert (found.open_seconds, found.up_seconds, found.down_seconds, found.outside_seconds) == (160, 50, 100, 5)
    assert (found.first_up, found.active) == (100, (20, 160))


def test_the_first_and_last_moment_do_not_depend_on_the_order():
    found = RideMeasures(7, 3)
    for first, last in ((100, 160), (50, 60), (70, 200), (120, 130)):
        found.take(bucket(first, last), last - first, *RUNNING)
    assert (found.first_up, found.active) == (50, (50, 200))
    found.take(bucket(1, 300), 299, *STOPPED)
    assert (found.first_up, found.active) == (50, (50, 200))


def test_waits_count_while_the_ride_operates_in_the_open_park():
    found = RideMeasures(7, 3)
    found.take(bucket(0, 60, wait=10), 60, *RUNNING)
    found.take(bucket(60, 90, wait=10), 30, *RUNNING)
    found.take(bucket(90, 100, wait=0), 10, *RUNNING)
    found.take(bucket(100, 120, wait=90), 20, *STOPPED)
    found.take(bucket(120, 160, wait=40, open_park=False), 40, *RUNNING)
    found.take(bucket(160, 200, wait=480), 40, *RUNNING)  # a feed error
    found.take(bucket(200, 260), 60, *RUNNING)
    found.take(bucket(260, 280, wait=25), 20, *RUNNING)
    assert found.held == {10: 90, 0: 10, 25: 20}
    assert found.posted == {10: 90, 25: 20}
    assert found.waits == WaitTotals(110, 10 * 90 + 25 * 20, 10, 25, 10)
    assert (found.peak_wait, found.avg_wait) == (25, Decimal(10 * 90 + 25 * 20) / 110)
    assert found.waits.walk_on_percentage == Decimal("8.3")
    assert found.summed is None


def test_without_waits_there_is_no_average_and_no_peak():
    found = RideMeasures(7, 3)
    assert {found.avg_wait, found.peak_wait, found.waits.walk_on_percentage} == {None}


def test_walk_ons_alone_are_no_wait():
    found = RideMeasures(7, 3)
    found.take(bucket(0, 60, wait=0), 60, *RUNNING)
    assert (found.avg_wait, found.peak_wait, found.waits.walk_on_percentage) == (None, None, 100)
    summed = RideMeasures(7, 3)
    summed.take(bucket(0, 90, sums=WaitSums(0, 0, 0, 0)), 60, *RUNNING)
    assert summed.waits == WaitTotals(walk_on_seconds=60)


def test_summed_waits_lose_what_is_cut_off_of_the_last_row():
    found = RideMeasures(7, 3)
    found.take(bucket(0, 120, sums=WaitSums(1800, 10, 20, 20)), 90, *RUNNING)
    assert found.summed == WaitTotals(90, 1800 - 30 * 20, 10, 20)
    found.take(bucket(120, 180, sums=WaitSums(300, 5, 5, 5)), 60, *RUNNING)
    found.take(bucket(180, 240, sums=WaitSums(5400, 90, 90, 90)), 60, *STOPPED)
    assert found.summed == WaitTotals(150, 1500, 5, 20)
    assert found.avg_wait == 10
    assert found.held == {}


def test_windows_of_a_ride_add_up():
    sums = (
        "rows",
        "open_rows",
        "up_rows",
        "down_rows",
        "open_seconds",
        "up_seconds",
        "down_seconds",
        "outside_seconds",
    )
    one = RideMeasures(7, 3, *range(1, 9), held={10: 60}, first_up=100, active=(90, 200))
    other = RideMeasures(7, 3, *range(10, 90, 10), held={10: 40, 5: 1}, first_up=50)
    other.summed, other.active = WaitTotals(60, 600, 5, 15), (40, 150)
    one.add(other)
    assert [getattr(one, name) for name in sums] == [11 * n for n in range(1, 9)]
    assert one.held == {10: 100, 5: 1}
    assert (one.first_up, one.active, one.summed) == (50, (40, 200), WaitTotals(60, 600, 5, 15))
    one.add(RideMeasures(7, 3, first_up=60, active=(100, 300), summed=WaitTotals(40, 100, 2, 50)))
    assert (one.first_up, one.active, one.summed) == (50, (40, 300), WaitTotals(100, 700, 2, 50))
    one.add(RideMeasures(7, 3))
    assert (one.first_up, one.active, one.summed) == (50, (40, 300), WaitTotals(100, 700, 2, 50))
    nothing = RideMeasures(7, 3)
    nothing.add(RideMeasures(7, 3, first_up=60, active=(100, 300)))
    assert (nothing.first_up, nothing.active) == (60, (100, 300))


@pytest.mark.parametrize(
    ("up", "down", "by_up", "by_down"),
    [(0, 0, False, False), (1, 0, True, True), (0, 1, False, True), (1, 1, True, True)],
)
def test_a_ride_operated_when_it_ran_or_broke_down_where_that_is_evidence(up, down, by_up, by_down):
    ride = measured(up, down)
    assert (ride.operated(), ride.operated(evidence_by_down=True)) == (by_up, by_down)


def test_extremes_of_what_may_be_missing():
    assert [least(*each) for each in ((1, 2), (2, 1), (None, 1), (1, None), (None, None))] == [1, 1, 1, 1, None]
    assert [greatest(*each) for each in ((1, 2), (2, 1), (None, 1), (1, None), (None, None))] == [2, 2, 1, 1, None]


# -- waits -----------------------------------------------------------------------------------------------


def test_waits_merge_and_have_a_mean():
    waits = {5: 60}
    merge_waits(waits, {5: 40, 10: 100})
    assert waits == {5: 100, 10: 100}
    assert (totals_of(waits).average, totals_of({}).average) == (Decimal("7.5"), None)
    assert (mean_of(3, 2), mean_of(3, 0)) == (Decimal("1.5"), None)


def test_a_percentile_is_the_least_wait_not_exceeded_for_so_long():
    waits = {30: 25, 10: 50, 20: 25}
    assert [wait_percentile(waits, percent) for percent in (0, 50, 51, 75, 76, 100)] == [10, 10, 20, 20, 30, 30]
    assert wait_percentile({}, 50) is None


# -- measuring -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "is_running", "plain", "reporting"),
    [
        ("OPERATING", False, RUNNING, RUNNING),
        ("DOWN", False, STOPPED, STOPPED),
        ("CLOSED", False, STOPPED, NEITHER),
        ("REFURBISHMENT", False, NEITHER, NEITHER),
        (None, True, RUNNING, RUNNING),
        (None, False, STOPPED, NEITHER),
    ],
)
def test_what_a_state_counts_as_depends_on_the_kind_of_park(status, is_running, plain, reporting):
    counts = StatusCounts({1: False, 2: True})
    for _ in range(2):
        found = [counts.of(RideBucket(7, park, status, is_running, True, None, 0, 1, 1, 0, 1)) for park in (1, 2)]
        assert found == [plain, reporting]


@pytest.mark.django_db
def test_rides_are_measured_up_to_the_end_of_the_window():
    park, other = make_park(), make_park(is_disney=True)
    ride, third = make_ride(park), make_ride(other)
    report(ride, OPENING, "O60 C60 O60", wait=10)
    report(third, OPENING, "C60 D120")
    end = OPENING + timedelta(minutes=125)
    rows = RideStatusSnapshot.objects.filter(recorded_at__lt=end)
    found = {each.ride_id: each for each in measure_rides(rows, end, {park.pk: False, other.pk: True})}
    first, second = found[ride.pk], found[third.pk]
    assert [each.park_id for each in (first, second)] == [park.pk, other.pk]
    assert (first.rows, first.open_seconds, first.up_seconds, first.down_seconds) == (13, 7500, 3900, 3600)
    assert first.held == {10: 3900}
    assert (first.first_up, first.active) == (START, (START, START + 7800))
    assert (second.open_seconds, second.up_seconds, second.down_seconds) == (7500, 0, 3900)


@pytest.mark.django_db
def test_a_ride_that_moved_is_measured_in_each_park():
    park, other = make_park(), make_park()
    ride = make_ride(park)
    report(ride, OPENING, "O60")
    Ride.objects.filter(pk=ride.pk).update(park=other)
    ride.refresh_from_db()
    report(ride, OPENING + timedelta(hours=1), "O30")
    rows = RideStatusSnapshot.objects.all()
    found = measure_rides(rows, OPENING + timedelta(hours=9), {park.pk: False, other.pk: False})
    assert {(each.park_id, each.up_seconds) for each in found} == {(park.pk, 3600), (other.pk, 1800)}


@pytest.mark.django_db
def test_parks_are_open_up_to_the_end_of_the_window():
    park, other = make_park(), make_park()
    show_park(park, OPENING, 60)
    show_park(park, OPENING + timedelta(minutes=60), 60, is_open=False)
    show_park(park, OPENING + timedelta(minutes=120), 60)
    show_park(other, OPENING, 30)
    end = OPENING + timedelta(minutes=125)
    found = measure_openings(ParkActivitySnapshot.objects.filter(recorded_at__lt=end), end)
    assert found == {
        park.pk: ParkOpening(3900, 7, START, START + 7500),
        other.pk: ParkOpening(1800, 3, START, START + 1800),
    }


@pytest.mark.django_db
def test_stretches_down_are_joined_where_they_touch_and_only_in_the_open_park():
    park = make_park()
    ride, other = make_ride(park), make_ride(park)
    end = report(ride, OPENING, "O30 D30 C10 O10 D20")
    report(ride, end, "D30", park_open=False)
    report(other, OPENING, "D10 O10 -10")
    at = OPENING + timedelta(minutes=30)
    assert down_stretches(RideStatusSnapshot.objects.all(), OPENING + timedelta(days=1)) == {
        ride.pk: [Stretch(at, 2400), Stretch(at + timedelta(minutes=50), 1200)],
        other.pk: [Stretch(OPENING, 600), Stretch(OPENING + timedelta(minutes=20), 600)],
    }
    # Nothing reaches beyond the end, and what has no length is no stretch (N-10).
    report(ride, at + timedelta(minutes=30), "D0s")
    assert down_stretches(RideStatusSnapshot.objects.filter(ride=ride), at + timedelta(minutes=5)) == {
        ride.pk: [Stretch(at, 300)]
    }


def test_a_carried_stretch_is_no_opening_delay():
    carried = Stretch(OPENING, 600, is_carried=True)
    assert opening_delay([carried, Stretch(OPENING + timedelta(minutes=20), 300)], START + 3600) == 300


def test_an_opening_delay_is_what_was_down_before_the_ride_first_ran():
    stretches = [Stretch(OPENING, 600), Stretch(OPENING + timedelta(minutes=20), 600)]
    asked = (None, START, START + 60, START + 900, START + 1260, START + 1800, START + 3600)
    assert [opening_delay(stretches, first) for first in asked] == [0, 0, 60, 600, 660, 1200, 1200]


# -- numbers from sums -----------------------------------------------------------------------------------


def test_numbers_are_rounded_half_up():
    assert [minutes(each) for each in (0, 29, 30, 89, 90, 3600)] == [0, 0, 1, 1, 2, 60]
    assert [hours(each) for each in (0, 18, 3600, 5400)] == [Decimal(each) for each in ("0", "0.01", "1", "1.5")]
    assert [percentage(*each) for each in ((1, 3), (2, 3, 2), (0, 5), (1, 1), (5, 0), (5, -1))] == [
        Decimal("33.3"),
        Decimal("66.67"),
        Decimal(0),
        Decimal(100),
        None,
        None,
    ]
    assert [percent_change(*each) for each in ((3, 2), (1, 2), (None, 2), (1, 0), (1, None), (4, 3, 2), (2, 3))] == [
        Decimal(50),
        Decimal(-50),
        Decimal(-100),
        None,
        None,
        Decimal("33.33"),
        Decimal("-33.3"),
    ]


def test_a_score_is_the_share_of_the_weighted_capacity_that_was_down():
    members = [(measured(3000, 600), 3), (measured(3600, 0), 1), (measured(0, 60), 2)]
    found = window_score(members, 3600)
    assert (found.score, found.weight, found.rides_down) == (Decimal("0.9"), 6, 2)
    assert (found.down_seconds, found.weighted_down_seconds, found.up_seconds) == (660, 1920, 6600)
    assert (found.open_seconds, found.share) == (3600, Fraction(1920, 6 * 3600))
    closed, empty = window_score(members, 0), window_score([], 3600)
    assert (closed.score, closed.share, empty.score, empty.share) == (None, None, Decimal(0), 0)


def test_an_open_park_of_whose_rides_nothing_is_known_has_no_score():
    silent = window_score([], 3600, is_known=False)
    assert (silent.score, silent.share, silent.open_seconds) == (None, None, 3600)
