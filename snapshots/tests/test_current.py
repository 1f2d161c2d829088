"""What is so right now (R-4.7, R-6.4): the latest state within the live window, by durations."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from parks.models import Park, Ride, ScheduleType
from parks.tests.factories import NOON, ParkFactory, RideFactory, ScheduleFactory
from snapshots import current
from snapshots.current import (
    ParkNow,
    RideNow,
    displayed_is_open,
    displayed_status,
    parks_now,
    rides_last_seen,
    rides_now,
    still_holds,
)
from snapshots.status import Status
from snapshots.tests.factories import ActivityFactory, SnapshotFactory

NOW = NOON
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
UNKNOWN = ParkNow(is_open=None, shame_score=None, seen=False)


def park_now(park: Park, now: datetime = NOW) -> ParkNow:
    """Read for several parks, and from the park's latest observation: the same."""
    latest = park.activity.filter(recorded_at__lte=now).order_by("-recorded_at").first()
    found = parks_now([park], now)[park.pk]
    assert current.park_now(park, latest, now) == found
    return found


def ride_now(ride: Ride, now: datetime = NOW) -> RideNow | None:
    return rides_now(Ride.objects.filter(pk=ride.pk), now).get(ride.pk)


AGES = [
    # age of the row, its duration, is it within the live window?
    (0 * HOUR, 300, True),
    (2 * HOUR, 0, True),
    (2 * HOUR + SECOND, 0, False),
    (2 * HOUR + 300 * SECOND, 300, True),
    (2 * HOUR + 301 * SECOND, 300, False),
    (14 * HOUR, 12 * 3600, True),  # an archive row whose state held for hours
    (14 * HOUR, 12 * 3600 - 1, False),
    (25 * HOUR, 25 * 3600, True),  # the longest day there is
    (-1 * SECOND, 300, False),  # the future
]


@pytest.mark.django_db
@pytest.mark.parametrize(("age", "duration", "seen"), AGES)
def test_a_state_counts_while_it_reaches_into_the_live_window(age, duration, seen):
    park = ActivityFactory.create(recorded_at=NOW - age, duration_seconds=duration, shame_score=Decimal("2.3")).park
    ride = SnapshotFactory.create(recorded_at=NOW - age, duration_seconds=duration).ride
    at = NOW - age
    known = at if age >= timedelta(0) else None
    assert park_now(park) == (ParkNow(True, Decimal("2.3"), True, at) if seen else replace(UNKNOWN, as_of=known))
    assert (ride_now(ride) is not None) == seen
    last = rides_last_seen(Ride.objects.all(), NOW).get(ride.pk)
    assert (last and (last.as_of, last.still_holds)) == (known and (at, seen))


def test_a_row_holds_until_two_hours_after_its_end():
    assert still_holds(NOW - 3 * HOUR, 3600, NOW)
    assert not still_holds(NOW - 3 * HOUR, 3599, NOW)


@pytest.mark.django_db
def test_the_latest_state_wins_even_over_a_longer_one():
    park, ride = ParkFactory.create(), RideFactory.create()
    for age, duration, is_open, status in (
        (5 * HOUR, 6 * 3600, True, Status.OPERATING),
        (HOUR, 300, False, Status.DOWN),
    ):
        ActivityFactory.create(
            park=park, recorded_at=NOW - age, duration_seconds=duration, park_appears_open=is_open, shame_score=None
        )
        SnapshotFactory.create(ride=ride, recorded_at=NOW - age, duration_seconds=duration, status=status)
    assert park_now(park) == ParkNow(False, None, True, NOW - HOUR)
    assert ride_now(ride) == RideNow(Status.DOWN, False, as_of=NOW - HOUR)
    earlier = RideNow(Status.OPERATING, True, as_of=NOW - 5 * HOUR)
    assert ride_now(ride, NOW - 2 * HOUR) == earlier, "as of an earlier instant"


@pytest.mark.django_db
@pytest.mark.parametrize("observed", [True, False, None])
@pytest.mark.parametrize(
    ("opens", "closes", "kind", "planned"),
    [
        (-HOUR, HOUR, ScheduleType.OPERATING, True),
        (0 * HOUR, HOUR, ScheduleType.OPERATING, True),  # both ends belong to it
        (-HOUR, 0 * HOUR, ScheduleType.OPERATING, True),
        (SECOND, HOUR, ScheduleType.OPERATING, False),  # N-9: the date is decided
        (-HOUR, -SECOND, ScheduleType.OPERATING, False),
        (-HOUR, HOUR, ScheduleType.TICKETED_EVENT, None),
        (-HOUR, HOUR, ScheduleType.PRIVATE_EVENT, None),
        (-HOUR, HOUR, ScheduleType.EXTRA_HOURS, None),
        (-HOUR, HOUR, ScheduleType.INFO, None),
        (-HOUR, None, ScheduleType.OPERATING, None),
        (None, HOUR, ScheduleType.OPERATING, None),
        (None, None, ScheduleType.CLOSED, False),
    ],
)
def test_a_date_with_hours_is_decided_by_them_and_one_without_by_the_observation(
    opens, closes, kind, planned, observed
):
    park = ParkFactory.create()
    ScheduleFactory.create(
        park=park,
        schedule_type=kind,
        opening_time=None if opens is None else NOW + opens,
        closing_time=None if closes is None else NOW + closes,
    )
    if observed is not None:
        ActivityFactory.create(park=park, recorded_at=NOW - HOUR, park_appears_open=observed)
    found = park_now(park)
    seen = observed is not None
    expected = observed if planned is None else planned
    assert found.is_open is (expected if seen else None), "what nobody saw is unknown, whatever was planned (N-6)"
    assert found.seen is seen


@pytest.mark.django_db
def test_the_night_belongs_to_the_window_of_the_date_before():
    schedule = ScheduleFactory.create(opening_time=NOW - 20 * HOUR, closing_time=NOW + HOUR)
    ActivityFactory.create(park=schedule.park, recorded_at=NOW - HOUR, park_appears_open=False)
    assert park_now(schedule.park).is_open is True


@pytest.mark.django_db
def test_parks_and_rides_do_not_mix(django_assert_num_queries):
    down = SnapshotFactory.create(recorded_at=NOW - HOUR, status=Status.DOWN).ride
    up = SnapshotFactory.create(recorded_at=NOW - HOUR).ride
    unseen = RideFactory.create(park=up.park)
    ActivityFactory.create(park=up.park, recorded_at=NOW - HOUR, shame_score=1)
    ActivityFactory.create(recorded_at=NOW - HOUR, shame_score=9)
    ScheduleFactory.create(opening_time=NOW - HOUR)
    with django_assert_num_queries(2):
        parks = parks_now([down.park, up.park], NOW)
    assert parks == {down.park_id: UNKNOWN, up.park_id: ParkNow(True, Decimal(1), True, NOW - HOUR)}
    with django_assert_num_queries(1):
        rides = rides_now(Ride.objects.filter(pk__in=[down.pk, up.pk, unseen.pk]), NOW)
    assert rides == {
        down.pk: RideNow(Status.DOWN, False, as_of=NOW - HOUR),
        up.pk: RideNow(Status.OPERATING, True, as_of=NOW - HOUR),
    }


@pytest.mark.django_db
def test_no_parks_are_no_states():
    assert parks_now([], NOW) == {}
    assert rides_now(Ride.objects.none(), NOW) == {}


@pytest.mark.django_db
def test_an_unknown_park_is_neither_open_nor_closed():
    assert park_now(ParkFactory.create()) == UNKNOWN


OPEN, CLOSED = ParkNow(True, None, True), ParkNow(False, None, True)


@pytest.mark.parametrize(
    ("park", "ride", "shown"),
    [
        *((OPEN, RideNow(status, False), status) for status in Status),
        (OPEN, RideNow(None, True), "OPERATING"),
        (OPEN, RideNow(None, False), "DOWN"),
        (OPEN, None, "UNKNOWN"),  # N-6
        (OPEN, RideNow(Status.DOWN, False, still_holds=False), "UNKNOWN"),
        (CLOSED, RideNow(Status.OPERATING, True), "PARK_CLOSED"),
        (CLOSED, None, "PARK_CLOSED"),
        (UNKNOWN, RideNow(Status.DOWN, False), "UNKNOWN"),
        (UNKNOWN, None, "UNKNOWN"),
    ],
)
def test_the_displayed_status(park, ride, shown):
    assert displayed_status(park, ride) == shown


@pytest.mark.parametrize(
    ("park", "ride", "shown"),
    [
        (OPEN, RideNow(Status.OPERATING, True), True),
        (OPEN, RideNow(Status.DOWN, False), False),
        (OPEN, RideNow(Status.OPERATING, True, still_holds=False), None),
        (OPEN, None, None),
        (CLOSED, RideNow(Status.OPERATING, True), False),
        (CLOSED, None, False),
        (UNKNOWN, RideNow(Status.OPERATING, True), None),
    ],
)
def test_what_nobody_heard_of_is_neither_open_nor_closed(park, ride, shown):
    assert displayed_is_open(park, ride) is shown


def test_the_golden_cases_of_an_open_park(shared_data_dir, db):
    """R-6.1 and the live rule agree wherever no observation contradicts the schedule."""
    cases = json.loads((shared_data_dir / "golden" / "alignment_and_park_open.json").read_text())["park_open"]
    assert cases
    for case in cases:
        given = case["input"]
        now = datetime.fromisoformat(given["now"])
        park = ParkFactory.create()
        for window in given["schedules"]:
            ScheduleFactory.create(
                park=park,
                schedule_type=window["type"],
                opening_time=datetime.fromisoformat(window["opening"]),
                closing_time=datetime.fromisoformat(window["closing"]),
            )
        ActivityFactory.create(park=park, recorded_at=now, park_appears_open=case["expected"])
        assert park_now(park, now).is_open is case["expected"], case["id"]


@pytest.mark.parametrize(
    ("ride", "operates", "down_at_disney", "down_elsewhere"),
    [
        (RideNow(Status.OPERATING, True), True, False, False),
        (RideNow(Status.DOWN, True), False, True, True),
        (RideNow(Status.CLOSED, False), False, False, True),
        (RideNow(None, False), False, False, True),
        (RideNow(Status.REFURBISHMENT, False), False, False, False),
    ],
)
def test_a_current_state_answers_by_the_one_definition(ride, operates, down_at_disney, down_elsewhere):
    assert (ride.is_operating, ride.is_down(True), ride.is_down(False)) == (operates, down_at_disney, down_elsewhere)
