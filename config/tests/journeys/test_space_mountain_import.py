"""The recorded day written as archive events, through the importer and the statistics (sources 2 and 3).

The provider weighs full minutes, we weigh seconds. Exactly the provider's: operating minutes, minimum, median,
90th percentile, maximum and mean (in whole minutes) of the waits, and the number of changes of status and of
standby wait. The ride opened 53 seconds late: 929 minutes and 7 seconds in the open park. Ours alone is what stands
outside the opening hours: no row, where the provider has four unknown minutes.
"""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from core.rounding import half_up
from core.zones import day_range
from importer.archive.files import DirectoryArchive
from importer.jobs import running
from importer.jobs.planning import plan
from importer.jobs.summary import ImportSummary
from importer.tests.archives import COASTER, DESTINATION, PARK, event, write_events
from parks.models import Park, Ride
from parks.tests.factories import ParkFactory, RideFactory, ScheduleFactory
from snapshots.models import QueueData, RideStatusChange, RideStatusSnapshot
from snapshots.status import Status
from stats.answers.tests.asking import of_ride
from stats.daily.recompute import recompute_park_day
from stats.measures.ride_measures import RideMeasures, measure_rides, minutes, wait_percentile
from stats.measures.windows import Window
from stats.tests.space_mountain import CLOSING, DAY, OPENING, Recording, at, recording, wait_of

pytestmark = pytest.mark.django_db

NEW_YORK = "America/New_York"
LATER = CLOSING + timedelta(days=2)
SECONDS_LATE = 53
SECONDS_UP = (CLOSING - OPENING).total_seconds() - SECONDS_LATE


@pytest.fixture
def recorded(shared_data_dir) -> Recording:
    return recording(shared_data_dir)


@pytest.fixture
def park() -> Park:
    found = ParkFactory.create(themeparks_wiki_id=PARK, timezone=NEW_YORK, is_disney=True)
    ScheduleFactory.create(park=found, schedule_date=DAY, opening_time=OPENING, closing_time=CLOSING)
    return found


@pytest.fixture
def ride(park) -> Ride:
    return RideFactory.create(park=park, themeparks_wiki_id=COASTER)


def events_of(recorded: Recording) -> list[dict]:
    """The state in force at midnight as of when it was observed, and every change."""
    opening = recorded.history["opening"]
    reported = [(at(opening["observedAt"]), opening), *recorded.states[1:]]
    return [
        event(stamp(time), state["status"], wait_of(state), queue={"RETURN_TIME": state["queue"]["RETURN_TIME"]})
        for time, state in reported
    ]


def stamp(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.000Z"


def imported(root: Path, events: list[dict]) -> ImportSummary:
    write_events(root, events)
    with time_machine.travel(LATER, tick=False):
        return running.run(
            plan(DirectoryArchive(root), DESTINATION, source=str(root), start_date=DAY, end_date=DAY, is_again=True)
        )


def measured(ride: Ride, **only: bool) -> RideMeasures:
    start, end = day_range(DAY, NEW_YORK)
    rows = RideStatusSnapshot.objects.filter(ride=ride, recorded_at__gte=start, recorded_at__lt=end, **only)
    (found,) = measure_rides(rows, end, {ride.park_id: True})
    return found


def test_the_provider_operating_minutes_and_waits_come_out_of_the_imported_day(tmp_path, ride, recorded):
    imported(tmp_path, events_of(recorded))
    found, figures = measured(ride), recorded.figures
    assert found.up_seconds == SECONDS_UP
    assert minutes(found.up_seconds) == figures["operatingMinutes"]
    assert (found.open_seconds - found.up_seconds, found.down_seconds) == (SECONDS_LATE, 0)
    # A state is carried into opening hours alone: the provider's four unknown minutes have no row at all.
    assert found.outside_seconds == 0
    for measures in (found, measured(ride, park_appears_open=True)):
        assert measures.avg_wait is not None
        assert {
            "min": measures.waits.least,
            "p50": wait_percentile(measures.posted, 50),
            "mean": int(half_up(measures.avg_wait, 0)),
            "p90": wait_percentile(measures.posted, 90),
            "max": measures.waits.greatest,
        } == figures["standby"]


def test_every_change_is_stored_once(tmp_path, ride, recorded):
    imported(tmp_path, events_of(recorded))
    start, end = day_range(DAY, NEW_YORK)
    changes = RideStatusChange.objects.filter(ride=ride, changed_at__gte=start, changed_at__lt=end)
    assert list(changes.order_by("changed_at").values_list("new_status_enum", flat=True)) == [
        Status.CLOSED,
        Status.OPERATING,
        Status.CLOSED,
    ]
    assert changes.count() == recorded.changed("status")
    rows = RideStatusSnapshot.objects.filter(ride=ride, recorded_at__gte=start, recorded_at__lt=end)
    reported = rows.filter(is_carried=False)
    # A change of the return window alone lengthens the row before it (design 4).
    assert reported.count() == recorded.changed("status", "queue.STANDBY.waitTime")
    queues = QueueData.objects.filter(ride=ride, recorded_at__gte=start, recorded_at__lt=end)
    assert queues.count() == recorded.figures["changes"]


def test_the_daily_row_and_the_window_say_the_same(tmp_path, ride, recorded):
    imported(tmp_path, events_of(recorded))
    raw = of_ride(ride, Window(DAY, DAY), now=LATER, needs_raw=True).total
    assert [raw.metric(name) for name in ("wait_min", "wait_p50", "wait_p90", "wait_max")] == [5, 40, 55, 65]
    recompute_park_day(ride.park, DAY, 1)
    stored = of_ride(ride, Window(DAY, DAY), now=LATER).total
    assert stored.minutes == raw.minutes
    assert stored.minutes["uptime_minutes"] == recorded.figures["operatingMinutes"]
    assert (stored.wait_avg, stored.wait_min, stored.wait_max) == (raw.wait_avg, 5, 65)


def test_the_same_events_twice_and_in_disorder_give_the_same_rows(tmp_path, ride, recorded):
    events = events_of(recorded)
    imported(tmp_path / "once", events)
    before = list(RideStatusSnapshot.objects.order_by("recorded_at").values())
    again = imported(tmp_path / "twice", [*reversed(events), *events])
    assert list(RideStatusSnapshot.objects.order_by("recorded_at").values()) == before
    assert (again.rows_written, again.duplicates > 0) == (0, True)
