"""Observations are kept for ever: four hundred days of cycles and jobs take no row away (R-26.3)."""

from datetime import date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from core.tests.stub_upstream import StubUpstream
from parks.models import Park, ParkSchedule
from parks.tests.factories import ParkFactory, RideFactory, ScheduleFactory
from snapshots.tests.live_answers import AT, cycle, entry, live, zulu

pytestmark = pytest.mark.django_db

# Of the days every fourth one has a cycle: what takes rows away asks how old they are, not how many.
DAYS = range(0, 400, 4)
JOBS_ON = {196, 396}
ONE_DAY = timedelta(days=1)


def run_jobs() -> list[str]:
    """Every job of the clock; those that failed, as our upstream knows nothing."""
    failed = []
    for job in django_settings.JOBS.values():
        try:
            call_command(job.command, *job.options, stdout=StringIO(), stderr=StringIO(), verbosity=0)
        except CommandError:
            failed.append(job.name)
    return failed


def reported(park: Park, at: datetime, status: str) -> bytes:
    lines = {"SINGLE_RIDER": {"waitTime": 5}}
    return live(park, *(entry(ride, status, 20, queue=lines, lastUpdated=zulu(at)) for ride in park.rides.all()))


def test_four_hundred_days_of_cycles_and_jobs_take_no_row_away(settings):
    settings.UPSTREAM_MIN_INTERVAL_MS = 0
    park = ParkFactory.create()
    rides = RideFactory.create_batch(1, park=park)
    ScheduleFactory.create(park=park, schedule_date=date(2026, 7, 1), opening_time=AT - timedelta(hours=1))
    ran: set[str] = set()
    with StubUpstream() as stub:
        settings.THEMEPARKS_WIKI_URL = settings.QUEUE_TIMES_URL = stub.url
        for n in DAYS:
            at = AT + n * ONE_DAY
            with time_machine.travel(at + timedelta(minutes=1), tick=False):
                result = cycle({park: reported(park, at, ("OPERATING", "DOWN")[n // 4 % 2])}, at)
                assert result.stored == [park]
                if n in JOBS_ON:
                    ran |= django_settings.JOBS.keys() - run_jobs()
    assert {"detect_gaps", "compute_ended_days"} <= ran
    instants = {AT + n * ONE_DAY for n in DAYS}
    for ride in rides:
        kept = ride.snapshots.order_by("recorded_at").values_list("recorded_at", "status", "wait_time")
        assert list(kept) == [(AT + n * ONE_DAY, ("OPERATING", "DOWN")[n // 4 % 2], 20) for n in DAYS]
        assert set(ride.queues.values_list("recorded_at", flat=True)) == instants
        assert set(ride.status_changes.values_list("changed_at", flat=True)) == instants - {AT}
    assert set(park.activity.values_list("recorded_at", flat=True)) >= instants
    assert ParkSchedule.objects.filter(schedule_date=date(2026, 7, 1)).exists()
