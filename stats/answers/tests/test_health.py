"""`/api/health`: fresh, stale, critical, broken (public-api 4.2 with the later rules, Q54)."""

import shutil
from collections import namedtuple
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import InterfaceError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from snapshots.models import DataSource, ParkActivitySnapshot, RideStatusSnapshot
from stats.models import AggregationLog
from stats.tests.builders import make_park, make_ride, report, show_park

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 12, 23, 22, 32, 0, 295385, tzinfo=UTC)
GIB = 1 << 30
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def disk(monkeypatch):
    """How full the disk is; half, unless a test says otherwise."""
    state: dict[str, Any] = {"usage": Usage(100 * GIB, 50 * GIB, 50 * GIB)}

    def usage(path: Any) -> Usage:
        if isinstance(state["usage"], Exception):
            raise state["usage"]
        return state["usage"]

    monkeypatch.setattr(shutil, "disk_usage", usage)
    return state


@pytest.fixture
def ask(client):
    def answer() -> tuple[int, dict]:
        with time_machine.travel(NOW, tick=False):
            response = client.get("/api/health")
        return response.status_code, response.json()

    return answer


def collected(minutes_ago: float) -> None:
    park, at = make_park(), NOW - timedelta(minutes=minutes_ago)
    report(make_ride(park), at, "O10")
    show_park(park, at, 10)


def aggregated(status: str = "success", day: date = date(2025, 12, 22), **columns: Any) -> None:
    done = datetime(2025, 12, 23, 9, 37, tzinfo=UTC)
    defaults = {"started_at": done, "completed_at": done, "aggregation_type": "daily"}
    AggregationLog.objects.create(aggregation_date=day, status=status, **{**defaults, **columns})


def test_a_healthy_service_shows_every_block(ask):
    collected(2)
    aggregated()
    assert ask() == (
        200,
        {
            "status": "healthy",
            "timestamp": "2025-12-23T22:32:00.295385Z",
            "api_version": "1.0.0",
            "checks": {
                "database": {"status": "healthy", "message": "Database connection successful"},
                "data_collection": {
                    "status": "healthy",
                    "last_collection": "2025-12-23T22:30:00Z",
                    "age_minutes": 2,
                    "message": "Data fresh (2 min old)",
                    "stale_threshold_minutes": 30,
                    "critical_threshold_minutes": 60,
                },
                "daily_aggregation": {
                    "status": "success",
                    "aggregation_date": "2025-12-22",
                    "completed_at": "2025-12-23T09:37:00Z",
                },
                "hourly_aggregation": {
                    "status": "no_data",
                    "message": "No hourly aggregation runs in last 24 hours",
                },
                "disk_space": {
                    "status": "healthy",
                    "usage_percent": 50.0,
                    "total_gb": 100.0,
                    "used_gb": 50.0,
                    "free_gb": 50.0,
                    "message": "Disk 50.0% full",
                },
            },
        },
    )


def test_nothing_yet_is_degraded(ask):
    code, body = ask()
    assert (code, body["status"]) == (200, "degraded")
    assert body["checks"]["data_collection"] == {"status": "no_data", "message": "No data collected yet"}
    assert body["checks"]["daily_aggregation"] == {"status": "no_data", "message": "No daily aggregation runs yet"}


@pytest.mark.parametrize(
    ("minutes", "code", "overall", "status", "message"),
    [
        (0, 200, "healthy", "healthy", "Data fresh (0 min old)"),
        (29.9, 200, "healthy", "healthy", "Data fresh (29 min old)"),
        (30, 200, "degraded", "stale", "Warning: Data is 30 minutes stale"),
        (59.9, 200, "degraded", "stale", "Warning: Data is 59 minutes stale"),
        (60, 503, "critical", "critical", "CRITICAL: Data is 60 minutes stale - check collection pipeline"),
        (90_000, 503, "critical", "critical", "CRITICAL: Data is 90000 minutes stale - check collection pipeline"),
    ],
)
def test_the_age_of_the_newest_observation_decides(ask, minutes, code, overall, status, message):
    aggregated()
    collected(minutes + 500)
    collected(minutes)
    found, body = ask()
    assert (found, body["status"]) == (code, overall)
    check = body["checks"]["data_collection"]
    assert (check["status"], check["message"], check["age_minutes"]) == (status, message, int(minutes))


def test_what_an_import_or_a_healed_gap_wrote_is_no_sign_of_life(ask):
    aggregated()
    collected(1)
    for table in (ParkActivitySnapshot, RideStatusSnapshot):
        table.objects.update(data_source=DataSource.ARCHIVE)
    code, body = ask()
    assert (code, body["status"], body["checks"]["data_collection"]["status"]) == (200, "degraded", "no_data")
    collected(45)
    assert ask()[1]["checks"]["data_collection"]["age_minutes"] == 45


def test_it_is_answered_anew_every_time(ask):
    aggregated()
    collected(31)
    assert ask()[1]["status"] == "degraded"
    collected(1)
    assert ask()[1]["status"] == "healthy"


@pytest.mark.parametrize(
    ("status", "overall"), [("success", "healthy"), ("failed", "healthy"), ("running", "healthy"), (None, "degraded")]
)
def test_the_daily_job_is_shown_and_only_its_absence_counts(ask, status, overall):
    collected(1)
    if status:
        aggregated(status, completed_at=None)
        aggregated("success", date(2025, 12, 21))
    code, body = ask()
    assert (code, body["status"]) == (200, overall)
    if status:
        expected = {"status": status, "aggregation_date": "2025-12-22", "completed_at": None}
        assert body["checks"]["daily_aggregation"] == expected


def test_the_newest_daily_run_is_that_of_the_latest_date_then_completion(ask):
    later = datetime(2025, 12, 23, 12, 0, tzinfo=UTC)
    aggregated("failed", completed_at=later)
    aggregated("success", completed_at=later - timedelta(hours=1))
    aggregated("success", date(2025, 12, 20), completed_at=later + timedelta(hours=5))
    aggregated("success", date(2025, 12, 24), aggregation_type="hourly")
    check = ask()[1]["checks"]["daily_aggregation"]
    assert (check["status"], check["completed_at"]) == ("failed", "2025-12-23T12:00:00Z")


@pytest.mark.parametrize(
    ("used", "status", "code", "overall"),
    [
        (42.3, "healthy", 200, "healthy"),
        (80.0, "healthy", 200, "healthy"),
        (80.1, "warning", 200, "healthy"),
        (90.0, "warning", 200, "healthy"),
        (90.1, "critical", 503, "critical"),
        (100.0, "critical", 503, "critical"),
    ],
)
def test_a_full_disk_is_reported_and_a_critical_one_counts(ask, disk, used, status, code, overall):
    collected(1)
    aggregated()
    disk["usage"] = Usage(1000 * GIB, int(used * 10 * GIB), 1000 * GIB - int(used * 10 * GIB))
    found, body = ask()
    assert (found, body["status"]) == (code, overall)
    check = body["checks"]["disk_space"]
    assert (check["status"], check["usage_percent"]) == (status, used)
    assert check["message"] == f"Disk {used}% full"


@pytest.mark.parametrize("usage", [OSError("/secret/place"), Usage(0, 0, 0)], ids=["unreadable", "of no size"])
def test_a_disk_that_cannot_be_read_is_unknown_and_decides_nothing(ask, disk, usage):
    collected(1)
    aggregated()
    disk["usage"] = usage
    code, body = ask()
    assert (code, body["status"], body["checks"]["disk_space"]["status"]) == (200, "healthy", "unknown")
    assert "secret" not in str(body)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_fails_is_503_and_nothing_of_the_cause_is_reported(ask, monkeypatch, error):
    def fails() -> None:
        raise error(2002, "Can't connect to secret-host as rw")

    monkeypatch.setattr(connection, "ensure_connection", fails)
    code, body = ask()
    assert code == 503
    assert body == {
        "status": "unhealthy",
        "timestamp": "2025-12-23T22:32:00.295385Z",
        "api_version": "1.0.0",
        "checks": {"database": {"status": "unhealthy", "message": "Database connection failed"}},
    }


def test_a_database_that_fails_in_the_middle_leaks_nothing_either(ask, monkeypatch):
    def fails(*args: Any) -> None:
        raise OperationalError(2013, "Lost connection to secret-host")

    monkeypatch.setattr("stats.answers.health.aggregation_check", fails)
    code, body = ask()
    assert code >= 500
    assert "secret" not in str(body)


def test_the_number_of_queries_does_not_depend_on_the_number_of_parks(ask, django_assert_max_num_queries):
    aggregated()
    counts = []
    for _ in range(2):
        for _ in range(5):
            collected(5)
        with django_assert_max_num_queries(5) as captured:
            ask()
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_years_of_archive_cost_no_more_than_none(ask):
    """The newest live row of a park is one step in an index, however much an import put beside it."""
    aggregated()
    collected(5)
    show_park(make_park(), NOW - timedelta(days=3), 3 * 24 * 60)
    ParkActivitySnapshot.objects.filter(recorded_at__lt=NOW - timedelta(minutes=9)).update(
        data_source=DataSource.ARCHIVE
    )
    with CaptureQueriesContext(connection) as captured:
        assert ask()[1]["checks"]["data_collection"]["age_minutes"] == 5
    (query,) = [each["sql"] for each in captured if "park_activity_snapshots" in each["sql"]]
    with connection.cursor() as cursor:
        plan = "EXPLAIN" if connection.vendor == "mysql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{plan} {query}")
        assert "activity_park_source" in str(cursor.fetchall())
