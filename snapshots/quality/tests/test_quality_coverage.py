"""How much of each park's day was observed, by source and against its opening hours (public-api 5.3 `coverage`)."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from core.admin_keys import AdminKey
from parks.models import ParkSchedule
from parks.tests.factories import ParkFactory
from snapshots.models import DataSource
from snapshots.tests.factories import ActivityFactory, QualityLogFactory

pytestmark = pytest.mark.django_db

NINE = datetime(2026, 7, 1, 13, tzinfo=UTC)  # 9:00 in New York
HOUR = timedelta(hours=1)
DAY = {"start_date": "2026-07-01", "end_date": "2026-07-01"}


@pytest.fixture
def ask(client: Client):
    key = AdminKey.issue("tests")[1]

    def asked(now=NINE + 48 * HOUR, expected=200, **query):
        with time_machine.travel(now, tick=False):
            answer = client.get("/api/admin/quality/coverage", query, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == expected, answer.json()
        return answer.json()["days"] if expected == 200 else answer.json()["error"]

    return asked


def watch(park, begin, hours, **columns):
    for n in range(hours):
        columns = {"duration_seconds": 3600, **columns}
        ActivityFactory.create(park=park, recorded_at=NINE + (begin + n) * HOUR, **columns)


def plan(park, begin, end, day=date(2026, 7, 1)):
    ParkSchedule.objects.create(
        park=park, schedule_date=day, opening_time=NINE + begin * HOUR, closing_time=NINE + end * HOUR
    )


def test_a_day_is_held_against_its_opening_hours_and_reported_by_source(ask):
    park = ParkFactory.create(name="Kings Island")
    plan(park, 0, 10)
    watch(park, -2, 2, park_appears_open=False)
    watch(park, 0, 4)
    watch(park, 4, 3, data_source=DataSource.ARCHIVE)
    QualityLogFactory.create(entity_id=park.pk, timestamp_start=NINE + 7 * HOUR, timestamp_end=NINE + 10 * HOUR)
    assert ask(**DAY) == [
        {
            "park_id": park.pk,
            "park_name": "Kings Island",
            "date": "2026-07-01",
            "planned_minutes": 600,
            "open_minutes": 420,
            "observed_minutes": 540,
            "by_source": {"ARCHIVE": 180, "LIVE": 360},
            "gaps": 1,
            "gap_minutes": 180,
            "coverage_pct": 70.0,
        }
    ]


def test_without_a_plan_a_day_is_held_against_its_gaps(ask):
    park = ParkFactory.create()
    watch(park, 0, 3)
    QualityLogFactory.create(entity_id=park.pk, timestamp_start=NINE + 3 * HOUR, timestamp_end=NINE + 4 * HOUR)
    (row,) = ask(**DAY)
    assert (row["planned_minutes"], row["coverage_pct"]) == (None, 75.0)


def test_a_day_of_which_nothing_is_known_has_no_percentage(ask):
    ParkFactory.create()
    (row,) = ask(**DAY)
    assert (row["coverage_pct"], row["observed_minutes"], row["by_source"]) == (None, 0, {})


def test_today_is_held_against_the_hours_until_now(ask):
    park = ParkFactory.create()
    plan(park, 0, 10)
    watch(park, 0, 2)
    (row,) = ask(now=NINE + 4 * HOUR, period="today")
    assert (row["planned_minutes"], row["coverage_pct"]) == (240, 50.0)


def test_a_gap_over_midnight_is_cut_there_and_short_ones_may_be_left_out(ask):
    park = ParkFactory.create()
    QualityLogFactory.create(entity_id=park.pk, timestamp_start=NINE + 14 * HOUR, timestamp_end=NINE + 17 * HOUR)
    two_days = {"start_date": "2026-07-01", "end_date": "2026-07-02"}
    assert [(row["date"], row["gap_minutes"]) for row in ask(**two_days)] == [("2026-07-02", 120), ("2026-07-01", 60)]
    assert [row["gaps"] for row in ask(**two_days, min_gap_hours="3.5")] == [0, 0]


def test_each_park_has_its_own_days(ask):
    tokyo = ParkFactory.create(timezone="Asia/Tokyo")
    watch(tokyo, -12, 1)  # 10:00 on 1 July in Tokyo
    (row,) = ask(**DAY)
    assert row["observed_minutes"] == 60
    now = datetime(2026, 7, 1, 20, tzinfo=UTC)  # 2 July in Tokyo
    new_york = ParkFactory.create()
    begun = {(row["park_id"], row["date"]) for row in ask(now=now, start_date="2026-07-02", end_date="2026-07-02")}
    assert begun == {(tokyo.pk, "2026-07-02")}
    assert new_york.pk not in {park for park, _ in begun}


def test_without_a_window_it_is_the_last_seven_days_of_active_parks(ask):
    park = ParkFactory.create()
    ParkFactory.create(is_active=False)
    rows = ask()
    assert [row["date"] for row in rows] == [f"2026-07-0{n}" for n in (3, 2, 1)] + [
        f"2026-06-{n}" for n in range(30, 26, -1)
    ]
    assert {row["park_id"] for row in rows} == {park.pk}
    assert [row["date"] for row in ask(end_date="2026-06-10")][-1] == "2026-06-04"


def test_a_window_over_a_change_of_clocks_and_several_months_has_each_day_once(ask):
    park = ParkFactory.create()
    days = [row["date"] for row in ask(park_id=park.pk, start_date="2026-01-01", end_date="2026-06-30")]
    assert len(days) == len(set(days)) == 181


def test_more_rows_than_an_answer_has_are_refused(ask):
    ParkFactory.create_batch(10)
    reported = ask(expected=400, start_date="2025-01-01", end_date="2026-01-01")
    assert reported == "366 days of 10 parks are more than 3,000 rows; ask for a park_id, or for fewer days"
    ask(expected=400, start_date="1970-01-02")
