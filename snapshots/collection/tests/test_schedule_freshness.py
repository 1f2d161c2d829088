"""Whether planned hours are kept up (N-9): health, check_collection and the coverage page warn."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from parks.models import Park, ScheduleType
from parks.tests.factories import ParkFactory, ScheduleFactory
from snapshots.collection.schedule_freshness import schedule_states

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 1, 16, tzinfo=UTC)  # noon in New York
HOUR = timedelta(hours=1)


def planned(until: int, hours_ago: float = 1, **columns: Any) -> Park:
    """A park with hours from yesterday until `until` days from now."""
    park = ParkFactory.create(**columns)
    for n in range(-1, until + 1):
        ScheduleFactory(
            park=park, schedule_date=date(2026, 7, 1) + timedelta(days=n), fetched_at=NOW - hours_ago * HOUR
        )
    return park


@pytest.mark.parametrize(
    ("until", "hours_ago", "late", "soon"),
    [(3, 1, False, False), (2, 1, False, True), (-1, 1, False, True), (30, 48, False, False), (30, 48.1, True, False)],
)
def test_hours_that_are_late_or_end_soon_are_a_warning(until, hours_ago, late, soon, django_assert_num_queries):
    planned(until, hours_ago)
    with django_assert_num_queries(1):
        (state,) = schedule_states(NOW)
    assert (state.is_late, state.ends_soon, state.is_warning) == (late, soon, late or soon)


def test_the_planned_days_are_counted_from_the_parks_own_date():
    planned(2, timezone="Pacific/Kiritimati")  # there the second of July has begun
    planned(2, timezone="America/New_York")
    planned(3, timezone="Pacific/Kiritimati")
    assert [state.ends_soon for state in schedule_states(NOW)] == [True, True, True]


def test_parks_without_a_schedule_and_inactive_ones_are_not_judged():
    planned(0, is_active=False)
    planned(0, themeparks_wiki_id=None)
    ParkFactory.create()
    ScheduleFactory(schedule_type=ScheduleType.INFO, opening_time=None)
    assert schedule_states(NOW) == []


def test_what_a_person_set_confirms_nothing_and_a_closed_day_is_planned():
    park = planned(0, 60)
    ScheduleFactory(park=park, schedule_date=date(2026, 7, 20), schedule_type=ScheduleType.CLOSED)
    park.schedules.filter(schedule_type=ScheduleType.CLOSED).update(set_by="ann", reason="asked them", fetched_at=NOW)
    (state,) = schedule_states(NOW)
    assert (state.is_late, state.ends_soon) == (True, False)


def test_a_confirmation_of_an_instant_to_come_is_none():
    planned(9, -1000)
    (state,) = schedule_states(NOW)
    assert state.is_late


def test_health_reports_of_them_and_keeps_its_overall_state(client):
    def reported() -> dict[str, Any]:
        with time_machine.travel(NOW, tick=False):
            return client.get("/api/health").json()

    before = reported()
    assert "schedules" not in before["checks"]
    planned(30)
    assert reported()["checks"]["schedules"]["status"] == "healthy"
    dry = planned(1, 50)
    body = reported()
    assert body["status"] == before["status"]
    assert body["checks"]["schedules"] == {
        "status": "warning",
        "parks": 2,
        "parks_late": 1,
        "parks_ending": 1,
        "park_ids": [dry.pk],
        "message": "2 parks have planned hours: 1 not confirmed for 48 hours, 1 end within 2 days",
    }


@pytest.mark.parametrize(("options", "code"), [((), 1), (("--no-schedules",), 0)])
def test_check_collection_warns_of_them(options, code, capsys, monkeypatch):
    module = "snapshots.management.commands.check_collection"
    monkeypatch.setattr(f"{module}.verdict", lambda found: (0, "all is well | parks=5;5:"))
    planned(1, 50, name="Dry Park")
    with time_machine.travel(NOW, tick=False):
        try:
            call_command("check_collection", *options)
            ended = 0
        except SystemExit as end:
            ended = int(end.code or 0)
    assert ended == code
    line = capsys.readouterr().out
    said = "Dry Park: not confirmed since 2026-06-29 14:00Z, planned until 2026-07-02"
    assert (f"planned hours of 1 parks: {said}" in line) is bool(code)
    assert ("schedules=1;0" in line) is bool(code)


def test_the_coverage_page_names_them(client):
    fine, dry = planned(30, name="Fine Park"), planned(1, name="Dry Park")
    with time_machine.travel(NOW, tick=False):
        page = client.get("/trust/coverage").content.decode()
    section = page[page.index("Planned hours that need a look") :]
    section = section[: section.index("</section>")]
    assert "planned until 2 July 2026" in section
    assert dry.name in section
    assert fine.name not in section
