"""Every cycle brings the day that is running up to date; when it has ended it is computed once more, for good."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

import stats.daily.recompute
from core import data_version
from parks.models import Park
from snapshots.models import ParkOperatingSession
from snapshots.tests.live_answers import AT, cycle, entry, live, wiki_ride, zulu
from stats.daily.recompute import compute_ended_days, recompute_park_day, refresh_today
from stats.models import AggregationLog, ParkDailyStats, RideDailyStats
from stats.tests.builders import DAY, LOS_ANGELES, TOKYO, local, make_park, make_ride, report

pytestmark = pytest.mark.django_db

VERSION = 1
ONE_DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def rows():
    """Every stored value, without surrogate keys and the times of writing."""
    written = {"id", "created_at", "updated_at"}
    return [
        [
            {name: value for name, value in row.items() if name not in written}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in (RideDailyStats, ParkDailyStats, ParkOperatingSession)
    ]


def test_the_day_so_far_has_its_rows():
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), "O60 D30")
    assert refresh_today(local(DAY, "10:30"), VERSION) == 1
    row = RideDailyStats.objects.get()
    assert (row.stat_date, row.uptime_minutes, row.downtime_minutes) == (DAY, 60, 30)
    assert ParkDailyStats.objects.get().stat_date == DAY


def test_later_cycles_replace_them():
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), "O60")
    refresh_today(local(DAY, "10:00"), VERSION)
    report(ride, local(DAY, "10:00"), "D45")
    refresh_today(local(DAY, "10:45"), VERSION)
    row = RideDailyStats.objects.get()
    assert (row.uptime_minutes, row.downtime_minutes) == (60, 45)


def test_again_changes_nothing():
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), "O60 D30")
    now = local(DAY, "10:30")
    refresh_today(now, VERSION)
    before = rows()
    refresh_today(now, VERSION)
    assert rows() == before


def test_the_rows_are_those_of_any_other_computation():
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), "O60 D30 O10")
    refresh_today(local(DAY, "10:40"), VERSION)
    before = rows()
    recompute_park_day(ride.park, DAY, VERSION)
    assert rows() == before


def test_the_day_is_computed_again_when_it_has_ended():
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), "O60")
    refresh_today(local(DAY, "10:00"), VERSION)
    assert not AggregationLog.objects.exists()
    report(ride, local(DAY, "10:00"), "D20")
    compute_ended_days(local(DAY + ONE_DAY, "00:30"), VERSION)
    assert RideDailyStats.objects.get(stat_date=DAY).downtime_minutes == 20
    assert AggregationLog.objects.get().aggregation_date == DAY


def test_today_is_the_parks_own_day():
    west, east = make_ride(make_park(timezone=LOS_ANGELES)), make_ride(make_park(timezone=TOKYO))
    now = local(DAY, "20:00", LOS_ANGELES)  # the next day's 13:00 in Tokyo
    for ride in (west, east):
        report(ride, now - 60 * MINUTE, "O60")
    assert refresh_today(now, VERSION) == 2
    days = dict(RideDailyStats.objects.values_list("ride", "stat_date"))
    assert days == {west.pk: DAY, east.pk: DAY + ONE_DAY}


@pytest.mark.parametrize("columns", [{"is_active": False}, {}])
def test_parks_that_were_not_observed_today_or_are_not_active_are_left_alone(columns):
    ride = make_ride(make_park(**columns))
    report(ride, local(DAY, "09:00") - (ONE_DAY if not columns else timedelta()), "O60")
    assert refresh_today(local(DAY, "12:00"), VERSION) == 0
    assert not RideDailyStats.objects.exists()


def test_a_park_that_fails_stops_nobody_else(monkeypatch):
    bad, lost, good = (make_ride(make_park()) for _ in range(3))
    for ride in (bad, lost, good):
        report(ride, local(DAY, "09:00"), "O60")
    Park.objects.filter(pk=lost.park_id).update(timezone="Mars/Olympus")
    real = stats.daily.recompute.compute_parks

    def broken(parks, *rest):
        if bad.park in parks:
            raise ZeroDivisionError
        return real(parks, *rest)

    monkeypatch.setattr(stats.daily.recompute, "compute_parks", broken)
    assert refresh_today(local(DAY, "10:00"), VERSION) == 1
    assert RideDailyStats.objects.get().ride == good


def test_stored_answers_are_dropped():
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), "O60")
    before = data_version.current()
    refresh_today(local(DAY, "10:00"), VERSION)
    assert data_version.current() != before


def test_the_command_says_how_many():
    make_park()
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), "O60")
    out = StringIO()
    with time_machine.travel(local(DAY, "10:00"), tick=False):
        call_command("refresh_today", stdout=out)
    assert out.getvalue() == "Computed the day so far of 1 parks.\n"


def test_live_rows_become_statistics():
    ride = wiki_ride(park__is_disney=True)
    for n in range(12):
        at = AT + n * 5 * MINUTE
        reported = entry(ride, "OPERATING" if n < 9 else "DOWN", 20, lastUpdated=zulu(at))
        cycle({ride.park: live(ride.park, reported)}, at)
    refresh_today(AT + 60 * MINUTE, VERSION)
    row = RideDailyStats.objects.get()
    # Without a schedule the park is open while a ride operates: the three rows after that are closed time.
    assert (row.uptime_minutes, row.downtime_minutes, row.avg_wait_time) == (45, 0, 20)
