"""The recorded day, of which live collection missed a part that heals from the recorded history (sources 3)."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command

from core.tests.stub_upstream import Answer, StubUpstream
from core.zones import day_range
from parks.models import Park, Ride
from parks.tests.factories import ParkFactory, RideFactory, ScheduleFactory
from snapshots.collection.gaps import NOTHING, gap
from snapshots.models import DataSource, QueueData, Resolution, RideStatusChange, RideStatusSnapshot
from snapshots.status import Status
from snapshots.tests.watching import cycles, watch
from stats.models import RideDailyStats
from stats.tests.space_mountain import CLOSING, DAY, MINUTE, OPENING, Recording, recording, wait_of

pytestmark = pytest.mark.django_db

NEW_YORK = "America/New_York"
LATER = CLOSING + timedelta(days=2)
FIVE_MINUTES = 5 * MINUTE
HOLE = (OPENING + timedelta(hours=3), OPENING + timedelta(hours=9))


@pytest.fixture
def recorded(shared_data_dir) -> Recording:
    return recording(shared_data_dir)


@pytest.fixture
def park(recorded) -> Park:
    found = ParkFactory.create(themeparks_wiki_id=recorded.history["parentId"], timezone=NEW_YORK, is_disney=True)
    ScheduleFactory.create(park=found, schedule_date=DAY, opening_time=OPENING, closing_time=CLOSING)
    return found


@pytest.fixture
def ride(park, recorded) -> Ride:
    return RideFactory.create(park=park, themeparks_wiki_id=recorded.history["id"])


@pytest.fixture
def upstream(shared_data_dir, settings, ride):
    place = shared_data_dir / "real" / "themeparks_wiki_v1"
    with StubUpstream() as stub:
        body = (place / f"space_mountain_history_{DAY}.json").read_bytes()
        stub.routes[f"/v1/entity/{ride.themeparks_wiki_id}/history"] = Answer(body)
        settings.THEMEPARKS_WIKI_URL = f"{stub.url}/v1"
        settings.UPSTREAM_MIN_INTERVAL_MS = 0
        yield stub


def in_force(recorded: Recording, at: datetime) -> tuple[str, int | None]:
    """Status and wait that the recording says for an instant."""
    reported = [state for time, state in recorded.states if time <= at][-1]
    return reported["status"], wait_of(reported)


def watch_outside(recorded: Recording, park: Park, ride: Ride, hole: tuple[datetime, datetime]) -> None:
    """Live collection of the day without the hole, saying what the recording says."""
    start, end = day_range(DAY, NEW_YORK)
    for at in cycles(start, end):
        if not hole[0] <= at < hole[1]:
            status, wait = in_force(recorded, at)
            watch(park, [ride], at, at + FIVE_MINUTES, Status(status), wait)
    RideStatusSnapshot.objects.exclude(recorded_at__gte=OPENING, recorded_at__lt=CLOSING).update(
        park_appears_open=False
    )
    gap(park, *hole, NOTHING).save()


def heal() -> None:
    with time_machine.travel(LATER):
        call_command("heal_gaps")


def test_every_minute_of_the_gap_is_as_the_history_reports(recorded, park, ride, upstream):
    watch_outside(recorded, park, ride, HOLE)
    live = list(RideStatusSnapshot.objects.values())
    heal()
    assert list(RideStatusSnapshot.objects.filter(data_source=DataSource.LIVE).values()) == live
    rows = list(RideStatusSnapshot.objects.filter(data_source=DataSource.ARCHIVE).order_by("recorded_at"))
    assert rows[0].recorded_at == HOLE[0]
    at = HOLE[0]
    for row in rows:  # they follow each other without overlap and fill the gap
        assert row.recorded_at == at
        at += timedelta(seconds=row.duration_seconds)
    assert at == HOLE[1]
    reported = {}
    for row in rows:
        for minute in range(int((HOLE[1] - HOLE[0]) / MINUTE)):
            instant = HOLE[0] + minute * MINUTE
            if row.recorded_at <= instant < row.recorded_at + timedelta(seconds=row.duration_seconds):
                reported[instant] = (row.status, row.wait_time)
    assert reported == {HOLE[0] + n * MINUTE: in_force(recorded, HOLE[0] + n * MINUTE) for n in range(360)}
    assert len({wait for _, wait in reported.values()}) > 3


def test_the_whole_day_healed_gives_the_figures_of_the_provider(recorded, park, ride, upstream):
    """Nothing was watched in opening hours; the minutes and waits are those that the provider published."""
    watch_outside(recorded, park, ride, (OPENING, CLOSING))
    heal()
    stored = RideDailyStats.objects.get(ride=ride, stat_date=DAY)
    figures = recorded.figures
    assert stored.uptime_minutes == figures["operatingMinutes"]
    assert (stored.downtime_minutes, stored.unknown_minutes or 0) == (0, 0)
    waits = figures["standby"]
    assert (stored.min_wait_time, round(stored.avg_wait_time), stored.max_wait_time) == (
        waits["min"],
        waits["mean"],
        waits["max"],
    )


def test_queues_and_changes_of_the_gap_come_with_it(recorded, park, ride, upstream):
    hole = (OPENING - timedelta(hours=1), OPENING + timedelta(hours=1))
    watch_outside(recorded, park, ride, hole)
    heal()
    inside = [(time, state) for time, state in recorded.states if hole[0] <= time < hole[1]]
    assert QueueData.objects.filter(ride=ride).count() == len(inside)
    assert list(RideStatusChange.objects.values_list("changed_at", "new_status_enum")) == [
        (next(time for time, state in inside if state["status"] == "OPERATING"), Status.OPERATING)
    ]


def test_the_gap_is_closed_with_one_call_and_again_nothing_happens(recorded, park, ride, upstream):
    watch_outside(recorded, park, ride, HOLE)
    heal()
    heal()
    assert [request.params for request in upstream.requests] == [{"from": str(DAY), "to": str(DAY)}]
    row = type(gap(park, *HOLE, NOTHING)).objects.get()
    assert (row.resolution_status, row.raw_data["filled_seconds"]) == (Resolution.RESOLVED, 6 * 3600)
