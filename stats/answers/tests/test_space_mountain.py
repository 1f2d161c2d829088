"""A real day, minute by minute as the provider weighs it: its own figures come out of our measures (sources 3).

The provider takes the state at every full minute. Four minutes of operation lie outside the opening hours; it
calls them unknown, and for us they are operation while the park was closed, which counts for nothing (R-5.2).
"""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core.rounding import half_up
from core.zones import day_range
from parks.models import Park, Ride
from parks.tests.factories import ScheduleFactory
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from snapshots.status import Status
from stats.answers.tests.asking import of_park, of_ride
from stats.measures.ride_measures import RideMeasures, measure_rides, minutes, wait_percentile
from stats.measures.windows import Bucket, Window
from stats.tests.builders import NEW_YORK, make_park, make_ride, recomputed, ride_row_of
from stats.tests.space_mountain import CLOSING, DAY, MINUTE, OPENING, SCHEDULED_MINUTES, Recording, recording, wait_of

pytestmark = pytest.mark.django_db

LATER = CLOSING + timedelta(days=2)


@pytest.fixture
def recorded(shared_data_dir) -> Recording:
    return recording(shared_data_dir)


@pytest.fixture
def ride(recorded) -> Ride:
    """The change list carried onto rows of one minute."""
    park = make_park(is_disney=True, timezone=NEW_YORK)
    ScheduleFactory.create(park=park, schedule_date=DAY, opening_time=OPENING, closing_time=CLOSING)
    ride = make_ride(park, classified=1)
    start, end = day_range(DAY, NEW_YORK)
    states, rows, activity = recorded.states, [], []
    for n in range((end - start) // MINUTE):
        mark = start + n * MINUTE
        state = [state for time, state in states if time <= mark][-1]
        is_open = OPENING <= mark < CLOSING
        rows.append(minute_of(ride, mark, Status(state["status"]), wait_of(state), is_open))
        activity.append(
            ParkActivitySnapshot(park=park, recorded_at=mark, duration_seconds=60, park_appears_open=is_open)
        )
    RideStatusSnapshot.objects.bulk_create(rows)
    ParkActivitySnapshot.objects.bulk_create(activity)
    return ride


def minute_of(ride: Ride, mark: datetime, status: Status, wait: int | None, park_is_open: bool) -> RideStatusSnapshot:
    return RideStatusSnapshot(
        ride=ride,
        park_id=ride.park_id,
        recorded_at=mark,
        duration_seconds=60,
        status=status,
        is_open=status == Status.OPERATING,
        computed_is_open=status == Status.OPERATING,
        wait_time=wait,
        park_appears_open=park_is_open,
    )


def measured(park: Park, **only: bool) -> RideMeasures:
    rows = RideStatusSnapshot.objects.filter(park=park, **only)
    (found,) = measure_rides(rows, day_range(DAY, NEW_YORK)[1], {park.pk: park.reports_down})
    return found


def standby(measures: RideMeasures) -> dict[str, int | None]:
    """The provider's five figures, whole minutes."""
    mean = measures.avg_wait
    return {
        "min": measures.waits.least,
        "p50": wait_percentile(measures.posted, 50),
        "mean": None if mean is None else int(half_up(mean, 0)),
        "p90": wait_percentile(measures.posted, 90),
        "max": measures.peak_wait,
    }


def test_the_recording_is_the_one_that_the_figures_report_of(recorded):
    figures = recorded.figures
    assert len(recorded.history["history"]) == figures["changes"] == 187
    assert figures["inParkHours"]["scheduledMinutes"] == SCHEDULED_MINUTES == (CLOSING - OPENING) // MINUTE


def test_the_minutes_of_the_provider_are_ours(ride, recorded):
    found, figures = measured(ride.park), recorded.figures
    assert minutes(found.up_seconds) == figures["operatingMinutes"] == 929
    assert minutes(found.down_seconds) == figures["downMinutes"] == 0
    assert minutes(found.outside_seconds) == figures["unknownMinutes"] == 4
    assert minutes(found.open_seconds) == figures["inParkHours"]["scheduledMinutes"] == 930


def test_the_waits_of_the_provider_are_ours_over_the_day_and_in_opening_hours(ride, recorded):
    expected = {"min": 5, "p50": 40, "mean": 37, "p90": 55, "max": 65}
    assert standby(measured(ride.park)) == recorded.figures["standby"] == expected
    inside = standby(measured(ride.park, park_appears_open=True))
    assert inside == recorded.figures["inParkHours"]["standby"] == expected


def test_the_daily_row_says_the_same(ride, recorded):
    recomputed(ride.park, DAY)
    row = ride_row_of(ride, DAY)
    assert (row.uptime_minutes, row.downtime_minutes, row.operating_hours_minutes) == (929, 0, 930)
    assert (row.opening_delay_minutes, row.unknown_minutes) == (0, 0)
    assert (row.min_wait_time, row.max_wait_time) == (5, 65)
    assert row.avg_wait_time is not None
    assert half_up(row.avg_wait_time, 0) == recorded.figures["standby"]["mean"]


@pytest.mark.parametrize("bucket", [Bucket.NONE, Bucket.M5, Bucket.H1, Bucket.DAY])
def test_a_window_of_the_day_says_the_same_in_any_buckets(ride, recorded, bucket):
    found = of_ride(ride, Window(DAY, DAY), bucket, LATER, needs_raw=True).total
    figures = recorded.figures
    assert found.minutes == {
        "open_minutes": 930,
        "uptime_minutes": figures["operatingMinutes"],
        "downtime_minutes": 0,
        "unknown_minutes": 0,
        "closed_minutes": 1,  # 7:30: not yet operating
        "opening_delay_minutes": 0,
    }
    names = {"min": "wait_min", "p50": "wait_p50", "p90": "wait_p90", "max": "wait_max"}
    assert {name: found.metric(own) for name, own in names.items()} == {
        name: figures["standby"][name] for name in names
    }
    assert found.wait_avg is not None
    assert half_up(found.wait_avg, 0) == figures["standby"]["mean"]
    assert found.uptime_percentage == Decimal("99.9")
    park = of_park(ride.park, Window(DAY, DAY), bucket, LATER).total
    assert park.shame_score == Decimal("0.0")


def test_opening_hours_as_hours_of_the_day_say_the_same_as_the_open_park(ride, recorded):
    hours = (7 * 3600 + 1800, 23 * 3600)
    found = of_ride(ride, Window(DAY, DAY, hours), now=LATER, needs_raw=True).total
    assert [found.metric(name) for name in ("wait_min", "wait_p50", "wait_p90", "wait_max")] == [5, 40, 55, 65]
    assert (found.minutes["uptime_minutes"], found.rows) == (929, 930)
