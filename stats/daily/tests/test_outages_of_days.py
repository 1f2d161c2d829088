"""Outages, opening delays and rows without length in the daily rows (N-10, N-11)."""

from datetime import datetime, timedelta

import pytest
import time_machine

from core.periods import Days
from snapshots.models import ParkOperatingSession, RideStatusSnapshot
from stats.measures.outages import Kind, outages_of
from stats.measures.timeline import timeline_of
from stats.readings.period_sums import ride_sums
from stats.tests.builders import DAY, local, make_park, make_ride, recomputed, report, ride_row_of, show_park, values

pytestmark = pytest.mark.django_db

NEXT_DAY = DAY + timedelta(days=1)
EVENING = local(DAY, "22:00")
LATER = local(DAY + timedelta(days=3), "12:00")
COUNTS = ("outages", "outages_carried", "down_seconds", "opening_delay_seconds")


def night(story: str, **columns: object):
    """A ride of a park that is open from 22:00 to 3:00 and again from 9:00 to 12:00."""
    park = make_park(**columns)
    ride = make_ride(park)
    report(ride, EVENING, story)
    show_park(park, EVENING, 300)
    for day in (DAY, NEXT_DAY):
        recomputed(park, day)
    return ride


def on_page(ride, first=DAY, last=NEXT_DAY) -> list[tuple[str, int]]:
    strips = timeline_of(ride.park, [ride.pk], Days(first, last), LATER)
    found = outages_of(strips, ride.pk, LATER)
    return [(each.kind, each.seconds // 60) for each in reversed(found) if each.kind != Kind.UNKNOWN]


def of_days(ride, first=DAY, last=NEXT_DAY) -> int:
    return ride_sums([ride.park], Days(first, last))[ride.pk].outages


def test_an_outage_over_midnight_stands_in_both_days_and_is_one():
    ride = night("O60 D120 O60")
    assert values(ride_row_of(ride), *COUNTS) == (1, 0, 3600, 0)
    assert values(ride_row_of(ride, NEXT_DAY), *COUNTS) == (1, 1, 3600, 0)
    assert (of_days(ride), of_days(ride, NEXT_DAY), of_days(ride, DAY, DAY)) == (1, 1, 1)
    assert on_page(ride) == [(Kind.BREAKDOWN, 120)]


def test_what_was_carried_over_midnight_is_a_breakdown_on_the_new_day_too():
    ride = night("O60 D150 O60")
    assert ride_row_of(ride, NEXT_DAY).opening_delay_minutes == 0
    assert on_page(ride, NEXT_DAY, NEXT_DAY) == [(Kind.BREAKDOWN, 90)]


def test_an_outage_is_not_carried_from_a_day_on_which_the_ride_did_not_operate():
    ride = night("D210 O60")
    assert values(ride_row_of(ride), *COUNTS) == (0, 0, 0, 0)
    assert values(ride_row_of(ride, NEXT_DAY), *COUNTS) == (1, 0, 90 * 60, 90 * 60)
    assert on_page(ride) == [(Kind.OPENING_DELAY, 90)]


def test_an_outage_that_ended_before_midnight_is_not_carried():
    ride = night("O30 D60 O30 D60 O60")
    assert values(ride_row_of(ride), *COUNTS) == (1, 0, 3600, 0)
    assert values(ride_row_of(ride, NEXT_DAY), *COUNTS) == (1, 0, 3600, 3600)
    assert of_days(ride) == 2


def test_rows_without_length_are_in_no_count_and_no_session():
    ride = make_ride(make_park())
    opening, closing = local(DAY, "09:00"), local(DAY, "12:00")
    report(ride, opening, "O180", wait=10)
    for at, status in ((closing, "DOWN"), (local(DAY, "20:00"), "OPERATING")):
        row = {"status": status, "computed_is_open": status == "OPERATING", "park_appears_open": True}
        RideStatusSnapshot.objects.create(ride=ride, park=ride.park, recorded_at=at, duration_seconds=0, **row)
    recomputed(ride.park)
    assert values(ride_row_of(ride), "outages", "snapshot_count") == (0, 18)
    session = ParkOperatingSession.objects.get(park=ride.park)
    assert (session.session_end_utc, session.operating_minutes) == (closing, 180)


def test_a_closing_at_midnight_leaves_the_opening_delay_of_the_day():
    ride = make_ride(make_park())
    midnight = local(NEXT_DAY, "00:00")
    report(ride, midnight, "O0s")
    RideStatusSnapshot.objects.create(
        ride=ride,
        park=ride.park,
        recorded_at=midnight,
        duration_seconds=0,
        status="OPERATING",
        computed_is_open=True,
        park_appears_open=True,
    )
    report(ride, local(NEXT_DAY, "09:00"), "D90 O60")
    recomputed(ride.park, NEXT_DAY)
    assert ride_row_of(ride, NEXT_DAY).opening_delay_minutes == 90


def test_the_day_so_far_ends_now():
    ride = make_ride(make_park())
    opening: datetime = local(DAY, "09:00")
    report(ride, opening, "O60 D10", grain=None)
    show_park(ride.park, opening, 70)
    with time_machine.travel(opening + timedelta(minutes=64), tick=False):
        recomputed(ride.park)
    row = ride_row_of(ride)
    assert values(row, "open_seconds", "down_seconds", "unknown_seconds", "outages") == (64 * 60, 240, 0, 1)
