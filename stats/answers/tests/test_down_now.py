"""Since when a ride has been down: the start of the outage that lasts until now."""

from datetime import timedelta

import pytest

from snapshots.models import RideStatusSnapshot
from stats.answers.down_now import down_since
from stats.tests.builders import DAY, local, make_park, make_ride, report

pytestmark = pytest.mark.django_db
OPENING = local(DAY, "09:00")


def reported(story, minutes, **park):
    """When the ride went down, in minutes after the opening, asked so many minutes after it."""
    ride = make_ride(make_park(**park))
    report(ride, OPENING, story)
    found = down_since([ride.pk], OPENING + timedelta(minutes=minutes))
    return (found[ride.pk] - OPENING) // timedelta(minutes=1) if ride.pk in found else None


def test_it_is_the_first_observation_of_the_unbroken_row():
    assert reported("O60 D30 O20 D40", 150, is_disney=True) == 110


def test_a_ride_that_was_down_all_day_is_down_since_the_opening():
    assert reported("D90", 90, is_disney=True) == 0


def test_a_ride_that_runs_is_missing():
    assert reported("D60 O30", 90, is_disney=True) is None


def test_what_comes_later_is_not_known_yet():
    assert reported("O60 D60 O60", 110, is_disney=True) == 60


@pytest.mark.parametrize(("park", "start"), [({"is_disney": True}, None), ({}, 60)])
def test_closed_is_down_where_the_feed_does_not_report_them_apart(park, start):
    assert reported("O60 C30", 90, **park) == start


@pytest.mark.parametrize("letter", ["-", "D"])
def test_a_source_without_status_words_is_read_by_its_open_flag(letter):
    assert reported(f"+60 {letter}30", 90) == 60


def test_an_outage_begins_anew_when_the_park_opens():
    ride = make_ride(make_park(is_disney=True))
    report(ride, OPENING - timedelta(hours=3), "D120", park_open=False)
    report(ride, OPENING, "D60")
    assert down_since([ride.pk], OPENING + timedelta(hours=1)) == {ride.pk: OPENING}


def test_a_row_without_length_ends_no_outage():
    """N-10: closing instants are stored with 0 seconds."""
    ride = make_ride(make_park(is_disney=True))
    at = report(ride, OPENING, "O60 D30")
    RideStatusSnapshot.objects.create(
        ride=ride,
        park=ride.park,
        recorded_at=at - timedelta(seconds=1),
        duration_seconds=0,
        status="OPERATING",
        is_open=True,
        computed_is_open=True,
        park_appears_open=True,
    )
    report(ride, at, "D30")
    assert down_since([ride.pk], at + timedelta(minutes=30)) == {ride.pk: OPENING + timedelta(hours=1)}


def test_many_rides_cost_two_queries(django_assert_num_queries):
    park = make_park(is_disney=True)
    rides = [make_ride(park) for _ in range(3)]
    for ride in rides:
        report(ride, OPENING, "O60 D60")
    with django_assert_num_queries(2):
        found = down_since([ride.pk for ride in rides], OPENING + timedelta(hours=2))
    assert set(found.values()) == {OPENING + timedelta(hours=1)}
