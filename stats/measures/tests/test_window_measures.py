"""Rows that reach over the bounds of a window, and who operated: cases by hand (design §4, R-5.3)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from parks.models import Park, Ride
from snapshots.models import RideStatusSnapshot
from snapshots.tests.factories import SnapshotFactory
from stats.answers.tests.asking import LATER, hours, of_park, of_ride
from stats.measures.buckets import ride_buckets, summed_ride_buckets, waitless_ride_cells
from stats.measures.ride_measures import RideMeasures
from stats.measures.window_measures import ReadCells, park_window
from stats.measures.windows import Bucket, Window
from stats.tests.builders import DAY, NEW_YORK, local, make_park, make_ride, recomputed, report, show_park

pytestmark = pytest.mark.django_db

SPRING, AUTUMN = date(2025, 3, 9), date(2025, 11, 2)


def up_minutes(ride: Ride, window: Window, bucket: Bucket = Bucket.NONE) -> float:
    return of_ride(ride, window, bucket).total.up_seconds / 60


def a_ride(story: str, clock: str = "09:00", day: date = DAY, grain: int | None = None, **park: object) -> Ride:
    ride = make_ride(make_park(**park))
    report(ride, local(day, clock), story, grain)
    return ride


# -- readers ---------------------------------------------------------------------------------------------

TIMES = ("rows", "open_rows", "up_rows", "down_rows", "open_seconds", "up_seconds", "down_seconds", "outside_seconds")


def read_by(read: ReadCells, bucket: Bucket) -> dict[Any, RideMeasures]:
    """A day with all kinds of states and waits, with stretches that reach over the hours."""
    park = Park.objects.first() or make_park()
    ride = Ride.objects.first() or make_ride(park)
    if not ride.snapshots.exists():
        for clock, story, wait in (("09:00", "O50 D35", 10), ("10:25", "O75 C20", 45), ("12:00", "-30 O40", 0)):
            report(ride, local(DAY, clock), story, wait=wait)
    return park_window(park, [ride.pk], Window(DAY, DAY), bucket, LATER, read=read).rides


@pytest.mark.parametrize("bucket", [Bucket.H1, Bucket.HOUR_OF_DAY, Bucket.DAY])
@pytest.mark.parametrize("read", [summed_ride_buckets, waitless_ride_cells])
def test_times_are_the_same_with_waits_one_by_one_summed_or_not_at_all(read, bucket):
    one_by_one, other = read_by(ride_buckets, bucket), read_by(read, bucket)
    assert one_by_one.keys() == other.keys()
    for key, measures in one_by_one.items():
        for name in (*TIMES, "first_up", "active"):
            assert getattr(other[key], name) == getattr(measures, name), (key, name)


@pytest.mark.parametrize("bucket", [Bucket.H1, Bucket.HOUR_OF_DAY, Bucket.DAY])
def test_the_mean_wait_is_the_same_one_by_one_and_summed(bucket):
    one_by_one, summed = read_by(ride_buckets, bucket), read_by(summed_ride_buckets, bucket)
    means = {key: measures.avg_wait for key, measures in one_by_one.items()}
    assert {key: measures.avg_wait for key, measures in summed.items()} == means
    assert len(set(means.values())) > (bucket != Bucket.DAY)


def test_without_waits_there_is_no_mean():
    assert {measures.avg_wait for measures in read_by(waitless_ride_cells, Bucket.H1).values()} == {None}


@pytest.mark.parametrize(
    ("bucket", "queries"),
    [(Bucket.H1, 1), (Bucket.M15, 1), (Bucket.DAY, 2)],  # days of both clocks begin at different hours
)
def test_both_sides_of_a_clock_change_are_read_at_once_where_their_buckets_agree(
    bucket, queries, django_assert_num_queries
):
    ride = a_ride("O120", day=AUTUMN)
    window = Window(AUTUMN - timedelta(days=2), AUTUMN + timedelta(days=2))
    with django_assert_num_queries(queries):
        found = park_window(ride.park, [ride.pk], window, bucket, LATER, openings=False)
    assert sum(measures.up_seconds for measures in found.rides.values()) == 7_200


# -- clipping --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("09:00", "10:00", 60),
        ("08:00", "09:30", 30),
        ("09:59", "12:00", 1),
        ("09:10", "09:11", 1),
        ("10:00", "11:00", 0),
    ],
)
def test_a_row_counts_with_what_lies_inside_the_hours(start, end, minutes):
    assert up_minutes(a_ride("O60"), Window(DAY, DAY, hours(start, end))) == minutes


def test_a_row_of_hours_is_shared_out_to_its_buckets():
    found = of_ride(a_ride("O30 D150"), Window(DAY, DAY, hours("09:15", "11:15")), Bucket.H1)
    assert [(each.up_seconds // 60, each.down_seconds // 60) for each in found.buckets.values()] == [
        (15, 30),
        (0, 60),
        (0, 15),
    ]


def test_a_row_that_reaches_into_the_hours_of_every_day_counts_on_each():
    ride = make_ride(make_park())
    for day in range(3):
        report(ride, local(DAY + timedelta(days=day), "09:00"), "O300", None)
    window = Window(DAY, DAY + timedelta(days=2), hours("11:30", "13:45"))
    assert up_minutes(ride, window) == 3 * 135
    assert up_minutes(ride, window, Bucket.M15) == 3 * 135


def test_a_park_is_open_in_a_window_that_begins_inside_its_row():
    """Nothing of its rides is known then: it was open, and has no score."""
    ride = a_ride("O60", "11:00")
    show_park(ride.park, local(DAY, "09:00"), 180, grain=7200)
    found = of_park(ride.park, Window(DAY, DAY, hours("10:30", "10:40")))
    assert (found.total.shame_score, found.total.unknown_seconds) == (None, 600)


def test_the_open_time_of_a_park_is_clipped_at_both_ends():
    ride = a_ride("O30 D90")
    show_park(ride.park, local(DAY, "09:00"), 180, grain=7200)
    # 9:40 to 10:40: down all the time of the hour that the park was open.
    found = of_park(ride.park, Window(DAY, DAY, hours("09:40", "10:40")))
    assert found.total.shame_score == Decimal("10.0")
    assert of_park(ride.park, Window(DAY, DAY, hours("09:00", "12:00"))).total.shame_score == Decimal("5.0")


# -- days on which the clock changes ---------------------------------------------------------------------


def test_a_row_over_both_passes_of_a_repeated_quarter_of_an_hour_counts_once_in_each():
    ride = a_ride("O240", "00:30", AUTUMN)
    window = Window(AUTUMN, AUTUMN, hours("01:30", "01:45"))
    assert up_minutes(ride, window) == 30
    assert up_minutes(ride, window, Bucket.M15) == 30


def test_a_row_that_begins_in_the_first_pass_and_lasts_over_the_second_counts_once_in_each():
    ride = a_ride("O240", "01:40", AUTUMN)
    assert up_minutes(ride, Window(AUTUMN, AUTUMN, hours("01:30", "01:45"))) == 5 + 15


def test_the_park_of_a_repeated_quarter_of_an_hour_is_open_for_half_an_hour():
    ride = a_ride("O240", "00:30", AUTUMN)
    show_park(ride.park, local(AUTUMN, "00:30"), 240, grain=14_400)
    report(make_ride(ride.park), local(AUTUMN, "00:30"), "O15 D225", None)
    found = of_park(ride.park, Window(AUTUMN, AUTUMN, hours("01:30", "01:45")))
    assert (found.total.up_seconds, found.total.down_seconds) == (1800, 1800)
    assert found.total.shame_score == Decimal("5.0")


def test_a_row_reaches_into_a_window_that_begins_an_hour_after_midnight_in_autumn():
    """1:00 of summer time is the instant at which winter time would show midnight."""
    ride = a_ride("O240", "00:30", AUTUMN)
    assert up_minutes(ride, Window(AUTUMN, AUTUMN, hours("01:00", "03:00"))) == 180


def test_a_row_reaches_into_a_window_that_begins_an_hour_before_midnight_in_spring():
    """23:00 of winter time is the instant at which summer time would show midnight."""
    eve = SPRING - timedelta(days=1)
    ride = a_ride("O90", "22:30", eve)
    window = Window(local(eve, "23:00"), local(SPRING, "06:00"))
    assert up_minutes(ride, window) == 60


@pytest.mark.parametrize(("day", "minutes"), [(SPRING, 23 * 60), (AUTUMN, 25 * 60), (DAY, 24 * 60)])
@pytest.mark.parametrize("bucket", [Bucket.NONE, Bucket.H1, Bucket.H2, Bucket.DAY, Bucket.HOUR_OF_DAY])
def test_a_row_of_a_whole_day_counts_with_all_its_hours_and_is_one_observation(day, minutes, bucket):
    ride = a_ride(f"O{minutes}", "00:00", day)
    found = of_ride(ride, Window(day, day), bucket).total
    assert (found.up_seconds, found.rows) == (minutes * 60, 1)


# -- counts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bucket", [Bucket.NONE, Bucket.M5, Bucket.H1, Bucket.DAY])
def test_an_observation_is_counted_once_whatever_the_buckets(bucket):
    ride = a_ride("O100 D200")
    assert of_ride(ride, Window(DAY, DAY), bucket).total.rows == 2
    recomputed(ride.park)
    assert of_ride(ride, Window(DAY, DAY), bucket).total.rows == 2


def test_an_observation_is_counted_where_it_begins():
    found = of_ride(a_ride("O100 D200"), Window(DAY, DAY), Bucket.H1)
    assert [each.rows for each in found.buckets.values()] == [1, 1, 0, 0, 0]


# -- who operated ----------------------------------------------------------------------------------------


def test_a_breakdown_counts_in_every_window_of_a_day_on_which_the_ride_ran():
    ride = a_ride("O10 D590")
    assert of_ride(ride, Window(DAY, DAY, hours("15:00", "16:00"))).total.down_seconds == 3600


@pytest.mark.parametrize("is_disney", [True, False])
def test_a_ride_that_runs_later_did_not_operate_until_then(is_disney):
    """Up to now only: at noon nobody knows that it will run at 15:00 (R-5.3)."""
    ride = a_ride("D360 O60", is_disney=is_disney)
    window = Window(DAY, DAY, hours("10:00", "11:00"))
    assert of_ride(ride, window, now=local(DAY, "12:00")).total.down_seconds == 3600 * is_disney
    assert of_ride(ride, window, now=local(DAY, "16:00")).total.down_seconds == 3600


def test_a_breakdown_flagged_all_day_counts_until_the_day_has_ended():
    """The exception of R-5.3 for parks that distinguish DOWN from CLOSED, and its known jump at midnight (A-9)."""
    ride = a_ride("D600", is_universal=True)
    inside = Window(DAY, DAY, hours("00:00", "23:59"))
    for window in (inside, Window(DAY, DAY)):
        assert of_ride(ride, window).total.down_seconds == 0
        assert of_ride(ride, window, now=local(DAY, "19:00")).total.down_seconds == 36_000, "today"
    assert of_ride(ride, Window(DAY, DAY), Bucket.H1).total.down_seconds == 0


def test_a_report_that_is_known_for_no_time_is_no_evidence_of_operation():
    """As in the daily rows: the importer writes such a row for the last sign before a silence."""
    ride = a_ride("D120", "12:00")
    SnapshotFactory.create(ride=ride, recorded_at=local(DAY, "09:00"), duration_seconds=0)
    assert of_ride(ride, Window(DAY, DAY)).total.down_seconds == 0
    assert of_ride(ride, Window(DAY, DAY, hours("12:00", "13:00"))).total.down_seconds == 0


def test_a_run_in_the_closed_park_is_no_evidence_of_operation():
    ride = a_ride("D120", "12:00")
    report(ride, local(DAY, "09:00"), "O60", park_open=False)
    assert of_ride(ride, Window(DAY, DAY, hours("12:00", "13:00"))).total.down_seconds == 0


def test_what_a_ride_did_in_another_park_is_left_out():
    ride = a_ride("O60")
    report(ride, local(DAY, "11:00"), "O60")
    RideStatusSnapshot.objects.filter(recorded_at__gte=local(DAY, "11:00")).update(park=make_park())
    assert up_minutes(ride, Window(DAY, DAY)) == 60


def test_a_window_stops_at_now():
    ride = a_ride("O600")
    found = of_ride(ride, Window(DAY, DAY), Bucket.H1, now=local(DAY, "10:20"))
    assert [each.up_seconds // 60 for each in found.buckets.values()] == [60, 20]
    assert of_ride(ride, Window(DAY, DAY), now=local(DAY, "00:00")).buckets == {}


def test_parks_without_rides_and_windows_without_time_have_no_answer():
    park = make_park()
    nothing = park_window(park, [], Window(DAY, DAY), Bucket.H1, LATER)
    assert (nothing.rides, nothing.open_seconds, nothing.operated) == ({}, {}, set())
    ride = a_ride("O600")
    assert of_ride(ride, Window(SPRING, SPRING, hours("02:00", "03:00"))).buckets == {}
    assert ride.park.timezone == NEW_YORK
