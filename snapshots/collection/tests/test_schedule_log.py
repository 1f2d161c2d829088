"""`sync_schedules`: every repair and a schedule that ran dry is one row of the quality log (N-9)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from core.tests.stub_upstream import StubUpstream, answer
from parks.models import Park
from parks.sync.tests.upstream_world import PARK, schedule, window
from parks.tests.factories import ParkFactory, ScheduleFactory
from snapshots.models import DataQualityLog

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 7, 1, 16, tzinfo=UTC)  # noon in New York


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def stub(settings: Any) -> Iterator[StubUpstream]:
    settings.UPSTREAM_MIN_INTERVAL_MS = 0
    with StubUpstream() as stub:
        settings.THEMEPARKS_WIKI_URL = stub.url
        yield stub


@pytest.fixture
def park() -> Park:
    return ParkFactory.create(themeparks_wiki_id=PARK)


def report(stub: StubUpstream, *windows: Any) -> None:
    stub.routes[f"/entity/{PARK}/schedule"] = answer(schedule(*windows))


def run(*options: str) -> str:
    out = StringIO()
    call_command("sync_schedules", *options, stdout=out, stderr=StringIO())
    return out.getvalue()


def logged(park: Park) -> list[tuple[str, str]]:
    rows = DataQualityLog.objects.filter(entity_type="park", entity_id=park.pk).order_by("pk")
    return [(row.issue_type, row.resolution_status) for row in rows]


def test_every_repair_is_one_row_of_the_quality_log(stub, park):
    night = window("2026-07-02", "18:00", "00:00")
    closed = window("2026-07-03", "11:00", "11:00", type="Closed")
    report(stub, night, closed, window("2026-07-04", closingTime="soon"), "noise")
    assert "4 new in the quality log" in run("--all")
    assert logged(park) == [("INVALID", "OPEN")] * 4
    last = DataQualityLog.objects.filter(raw_data__date="2026-07-02").get()
    assert last.timestamp_start == NOON, "the date lies ahead"
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        assert " 0 new in the quality log" in run("--all")


def test_a_schedule_that_ran_dry_is_logged_once_and_settled_when_hours_come(stub, park):
    report(stub)
    run("--all")
    assert logged(park) == [], "it never had any"
    ScheduleFactory(park=park, schedule_date=date(2026, 6, 20))
    run("--all")
    run("--all")
    assert logged(park) == [("MISSING_FIELD", "OPEN")]
    report(stub, window("2026-07-01"))
    run("--all")
    assert logged(park) == [("MISSING_FIELD", "RESOLVED")]
