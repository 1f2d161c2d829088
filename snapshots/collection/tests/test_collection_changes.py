"""A state that differs from the one before is a row of ride_status_changes (R-13)."""

from datetime import timedelta

import pytest

from parks.tests.factories import RideFactory
from snapshots.models import DataSource, RideStatusChange, RideStatusSnapshot
from snapshots.tests.factories import SnapshotFactory
from snapshots.tests.live_answers import (
    AT,
    INTERVAL,
    UNTOLD,
    cycle,
    line,
    queue_times,
    queue_times_park,
    report,
    wiki_ride,
    zulu,
)

pytestmark = pytest.mark.django_db


def story(ride, *statuses, start=AT):
    """One cycle after the other; returns the changes as (cycle, before, after, minutes)."""
    for n, status in enumerate(statuses):
        report(ride, status, 10, start + n * INTERVAL)
    return changes()


def changes():
    rows = RideStatusChange.objects.order_by("changed_at")
    columns = ("changed_at", "previous_status_enum", "new_status_enum", "duration_in_previous_status")
    return [((at - AT) // INTERVAL, *rest) for at, *rest in rows.values_list(*columns)]


def test_the_first_sight_of_a_ride_is_no_change():
    assert story(wiki_ride(), "DOWN") == []


def test_the_same_again_is_no_change():
    assert story(wiki_ride(), "OPERATING", "OPERATING", "OPERATING") == []


def test_a_duration_counts_from_the_first_row_then_from_the_change_before():
    found = story(wiki_ride(), "OPERATING", "OPERATING", "DOWN", "DOWN", "DOWN", "CLOSED", "OPERATING")
    assert found == [
        (2, "OPERATING", "DOWN", 10),
        (5, "DOWN", "CLOSED", 15),
        (6, "CLOSED", "OPERATING", 5),
    ]


def test_a_change_reports_both_open_flags_and_the_new_wait():
    ride = wiki_ride()
    report(ride, "OPERATING", 40)
    report(ride, "DOWN", 35, AT + INTERVAL)
    row = RideStatusChange.objects.get()
    assert (row.ride, row.changed_at) == (ride, AT + INTERVAL)
    assert (row.previous_status, row.new_status, row.wait_time_at_change) == (True, False, 35)


def test_a_change_without_a_wait_has_none():
    ride = wiki_ride()
    report(ride, "OPERATING", 40)
    report(ride, "CLOSED", UNTOLD, AT + INTERVAL)
    assert RideStatusChange.objects.get().wait_time_at_change is None


def test_closed_and_down_are_different_states_though_both_are_not_open():
    assert story(wiki_ride(), "CLOSED", "DOWN", "REFURBISHMENT") == [
        (1, "CLOSED", "DOWN", 5),
        (2, "DOWN", "REFURBISHMENT", 5),
    ]


def test_minutes_are_whole():
    ride = wiki_ride()
    report(ride, "OPERATING", 5)
    report(ride, "DOWN", 5, AT + timedelta(seconds=239))
    assert RideStatusChange.objects.get().duration_in_previous_status == 3


def test_cycles_that_say_no_status_are_no_change_and_their_time_counts_for_the_state_before():
    found = story(wiki_ride(), "OPERATING", UNTOLD, UNTOLD, "CLOSED", UNTOLD, "OPERATING")
    assert found == [(3, "OPERATING", "CLOSED", 15), (5, "CLOSED", "OPERATING", 10)]


def test_a_ride_that_comes_back_after_days_is_compared_with_what_it_was():
    ride = wiki_ride()
    report(ride, "DOWN")
    report(ride, "OPERATING", 5, AT + timedelta(days=9))
    row = RideStatusChange.objects.get()
    assert (row.previous_status_enum, row.duration_in_previous_status) == ("DOWN", 9 * 24 * 60)


def test_the_state_that_an_import_left_is_the_state_before():
    ride = wiki_ride()
    SnapshotFactory.create(
        ride=ride,
        recorded_at=AT - timedelta(hours=2),
        duration_seconds=7_200,
        status="DOWN",
        data_source=DataSource.ARCHIVE,
    )
    assert story(ride, "OPERATING") == [(0, "DOWN", "OPERATING", 120)]


def test_a_ride_that_moved_to_another_park_keeps_its_past():
    ride = wiki_ride()
    report(ride, "DOWN")
    ride.park = wiki_ride().park
    ride.save()
    report(ride, "OPERATING", 5, AT + timedelta(seconds=200))
    assert RideStatusChange.objects.get().previous_status_enum == "DOWN"
    first, second = RideStatusSnapshot.objects.order_by("recorded_at")
    assert (first.duration_seconds, second.duration_seconds) == (200, 300)
    assert second.park == ride.park


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 1, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
def test_changes_are_the_same_in_whatever_order_the_past_is_reported(order):
    ride = wiki_ride()
    for n in order:
        report(ride, ("OPERATING", "DOWN", "DOWN", "OPERATING")[n], 10, AT + n * INTERVAL)
    assert changes() == [(1, "OPERATING", "DOWN", 5), (3, "DOWN", "OPERATING", 10)]


def test_queue_times_rides_change_by_their_open_flag():
    ride = RideFactory.create(park=queue_times_park())
    for n, (is_open, wait) in enumerate([(True, 10), (True, 0), (False, 0), (False, 0), (False, 15)]):
        at = AT + n * INTERVAL
        reported = queue_times(line(ride, is_open, wait, last_updated=zulu(at)))
        cycle({ride.park: reported}, at)
    assert changes() == [(2, None, None, 10), (4, None, None, 10)]
    flags = RideStatusChange.objects.order_by("changed_at").values_list("previous_status", "new_status")
    assert list(flags) == [(True, False), (False, True)]


@pytest.mark.parametrize(("status", "expected"), [("OPERATING", 0), ("DOWN", 1), ("CLOSED", 1)])
def test_a_park_that_is_collected_from_the_other_source_changes_only_where_the_open_flag_does(status, expected):
    ride = RideFactory.create(park=queue_times_park())
    cycle({ride.park: queue_times(line(ride, True, 10))})
    ride.park.themeparks_wiki_id = "00000000-0000-4000-8000-00000000beef"
    ride.park.save()
    report(ride, status, 10, AT + INTERVAL)
    found = list(RideStatusChange.objects.values_list("previous_status_enum", "new_status_enum"))
    assert found == [(None, status)] * expected
