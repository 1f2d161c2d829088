"""Whole days from daily rows: the same answers as from raw observations, and only where rows may answer (R-10.3)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from parks.models import Park
from parks.tests.factories import ScheduleFactory
from snapshots.models import RideStatusSnapshot
from stats.answers.tests.asking import LATER, VERSION, of_park, of_ride
from stats.measures.windows import Bucket, Window
from stats.models import ParkDailyStats
from stats.tests.builders import DAY, local, make_park, make_ride, park_day, recomputed, report, ride_day, show_park

pytestmark = pytest.mark.django_db

NEXT, THIRD = DAY + timedelta(days=1), DAY + timedelta(days=2)
THREE_DAYS = Window(DAY, THIRD)


def uneven_park() -> Park:
    """Two rides, of which one was seen for two of ten hours only: R-10.2 and R-10.3 differ."""
    park = make_park()
    report(make_ride(park, 1), local(DAY, "09:00"), "O600", wait=20)
    report(make_ride(park, 3), local(DAY, "09:00"), "O60 D60", wait=5)
    show_park(park, local(DAY, "09:00"), 600)
    return park


def test_the_score_of_a_computed_day_is_the_stored_one_whatever_else_is_asked_for():
    park = uneven_park()
    recomputed(park)
    stored = ParkDailyStats.objects.get().shame_score
    assert stored == Decimal("0.4")  # 1 h × 1 / ((3 + 1) × 6 h): the mean of the rides' open hours
    assert of_park(park, Window(DAY, DAY)).total.shame_score == stored
    assert of_park(park, Window(DAY, DAY), needs_raw=True).total.shame_score == stored
    assert of_park(park, Window(DAY, DAY), Bucket.H1).total.shame_score == stored


def test_the_score_of_some_rides_of_a_park_is_not_that_of_all():
    park = uneven_park()
    whole, briefly = park.rides.order_by("pk")
    for ride, expected in ((whole, "0.0"), (briefly, "1.0")):
        raw = of_park(park, Window(DAY, DAY), rides=(ride.pk,)).total
        assert raw.shame_score == Decimal(expected)
    recomputed(park)
    for ride, expected in ((whole, "0.0"), (briefly, "1.0")):
        found = of_park(park, Window(DAY, DAY), rides=(ride.pk,)).total
        assert found.shame_score == Decimal(expected)


def test_a_day_without_an_observation_of_a_ride_says_the_same_from_rows_and_raw():
    """Two rides; one is seen on the first and the third day alone."""
    park = make_park()
    always, at_times = make_ride(park), make_ride(park)
    for day in (DAY, NEXT, THIRD):
        show_park(park, local(day, "09:00"), 600)
        report(always, local(day, "09:00"), "O600")
        if day != NEXT:
            report(at_times, local(day, "09:00"), "O300")
    raw = of_ride(at_times, THREE_DAYS, Bucket.DAY)
    for day in (DAY, NEXT, THIRD):
        recomputed(park, day)
    stored = of_ride(at_times, THREE_DAYS, Bucket.DAY)
    assert stored.total.unknown_seconds == raw.total.unknown_seconds
    assert list(stored.buckets) == list(raw.buckets)


def test_a_silent_day_between_computed_ones_says_the_same_from_rows_and_raw():
    """The park was open by its schedule, and its whole feed was silent."""
    park = make_park()
    ride = make_ride(park)
    for day in (DAY, NEXT, THIRD):
        ScheduleFactory.create(
            park=park, schedule_date=day, opening_time=local(day, "09:00"), closing_time=local(day, "19:00")
        )
        if day != NEXT:
            report(ride, local(day, "09:00"), "O600")
    raw = of_ride(ride, THREE_DAYS, Bucket.DAY)
    for day in (DAY, NEXT, THIRD):
        recomputed(park, day)
    stored = of_ride(ride, THREE_DAYS, Bucket.DAY)
    assert (stored.total.unknown_seconds, list(stored.buckets)) == (raw.total.unknown_seconds, list(raw.buckets))


def test_no_time_is_unknown_when_nothing_reports_how_long_the_park_was_open():
    """Neither schedule nor activity rows; whatever is asked for beside a ride, from rows and raw."""
    park = make_park()
    long, short = make_ride(park), make_ride(park)
    report(long, local(DAY, "09:00"), "O600")
    report(short, local(DAY, "09:00"), "O60")
    assert [of_ride(ride, Window(DAY, DAY)).total.unknown_seconds for ride in (long, short)] == [0, 0]
    assert of_park(park, Window(DAY, DAY)).total.unknown_seconds == 0
    recomputed(park)
    assert [of_ride(ride, Window(DAY, DAY)).total.unknown_seconds for ride in (long, short)] == [0, 0]
    assert of_park(park, Window(DAY, DAY)).total.unknown_seconds == 0


def test_days_that_are_not_computed_yet_are_read_from_raw_beside_the_others():
    park = uneven_park()
    ride = park.rides.order_by("pk")[0]
    report(ride, local(NEXT, "09:00"), "O120 D60", wait=40)
    recomputed(park)
    found = of_ride(ride, Window(DAY, NEXT), Bucket.DAY)
    assert {day: (each.up_seconds // 60, each.down_seconds // 60) for day, each in found.buckets.items()} == {
        DAY: (600, 0),
        NEXT: (120, 60),
    }
    assert found.total.wait_avg == (Decimal(600 * 20 + 120 * 40) / 720).quantize(Decimal("0.1"))


def test_today_is_never_read_from_rows():
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), "O60")
    recomputed(ride.park)
    report(ride, local(DAY, "10:00"), "O60")
    assert of_ride(ride, Window(DAY, DAY), now=local(DAY, "23:00")).total.up_seconds == 7200
    assert of_ride(ride, Window(DAY, DAY), now=local(NEXT, "00:00")).total.up_seconds == 3600


@pytest.mark.parametrize("bucket", [Bucket.NONE, Bucket.DAY, Bucket.WEEK, Bucket.MONTH, Bucket.WEEKDAY])
def test_whole_days_need_no_raw_observations_and_parts_of_days_do(bucket):
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), "O60")
    recomputed(ride.park)
    RideStatusSnapshot.objects.all().delete()
    assert of_ride(ride, Window(DAY, DAY), bucket).total.up_seconds == 3600
    assert of_ride(ride, Window(DAY, DAY, (0, 80_000)), bucket).buckets == {}
    assert of_ride(ride, Window(DAY, DAY), Bucket.H1).buckets == {}


def test_only_rows_of_the_version_asked_for_answer():
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), "O60")
    recomputed(ride.park, version=VERSION + 1)
    RideStatusSnapshot.objects.all().delete()
    assert of_ride(ride, Window(DAY, DAY)).buckets == {}


def test_weekdays_choose_among_stored_days():
    ride = make_ride(make_park())
    for day in (DAY, NEXT, THIRD):  # Monday to Wednesday
        report(ride, local(day, "09:00"), "O60")
        recomputed(ride.park, day)
    found = of_ride(ride, Window(DAY, THIRD, weekdays=frozenset({0, 2})), Bucket.DAY)
    assert list(found.buckets) == [DAY, THIRD]
    park = of_park(ride.park, Window(DAY, THIRD, weekdays=frozenset({0, 2})), Bucket.DAY)
    assert list(park.buckets) == [DAY, THIRD]


def test_rows_of_the_legacy_system_count_with_their_minutes():
    ride = make_ride(make_park())
    ride_day(ride, date(2025, 12, 1), min_wait_time=5, max_wait_time=60)
    park_day(ride.park, date(2025, 12, 1), shame_score=Decimal("2.600"))
    window = Window(date(2025, 12, 1), date(2025, 12, 1))
    found = of_ride(ride, window).total
    assert (found.up_seconds, found.down_seconds, found.open_seconds) == (540 * 60, 3600, 36_000)
    assert (found.uptime_percentage, found.wait_min, found.wait_max) == (Decimal("90.0"), 5, 60)
    assert of_park(ride.park, window).total.shame_score == Decimal("2.6")


def test_a_week_of_scores_is_their_mean_and_days_that_were_not_open_are_left_out():
    """Worked example 6 of R-10.6, with a day of score 0 and no hours (A-10)."""
    park = make_park()
    ride = make_ride(park)
    scores = ("1.3", "0.0", "2.6", None, "0.9", "1.1", "0.7")
    for n, score in enumerate(scores):
        if score is not None:
            park_day(park, DAY + timedelta(days=n), shame_score=Decimal(score))
    park_day(park, DAY + timedelta(days=7), shame_score=Decimal(0), operating_hours_minutes=0)
    week = Window(DAY, DAY + timedelta(days=7))
    assert of_park(park, week, now=LATER).total.shame_score == Decimal("1.1")
    assert ride.park == park
