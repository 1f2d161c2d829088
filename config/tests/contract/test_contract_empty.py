"""The legacy API before anything was collected: every answer has its fields, and its lists are empty."""

from datetime import UTC

import pytest
import time_machine

from config.tests.contract.contract_shapes import misfits
from config.tests.contract.contract_table import ENDPOINTS, Endpoint
from config.tests.contract.contract_world import API, NOW
from config.tests.contract.test_contract import name_of, refusal_of, rows_at

pytestmark = pytest.mark.django_db
WITHOUT_ID = [endpoint for endpoint in ENDPOINTS if "{" not in endpoint.path and endpoint.path != "/api/health"]


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.parametrize("endpoint", WITHOUT_ID, ids=name_of)
def test_the_lists_are_empty(endpoint: Endpoint):
    for query in endpoint.queries():
        body = API.get(endpoint.path, query).json()
        assert list(misfits(body, endpoint.shape_of(query))) == []
        if endpoint.rows:
            assert rows_at(body, endpoint.rows) == []


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each.unknown], ids=name_of)
def test_there_is_no_park_and_no_ride(endpoint: Endpoint):
    error = refusal_of(API.get(endpoint.path.format(park=1, ride=1)), 404)
    assert endpoint.unknown is not None
    assert error == endpoint.unknown.format(id=1)


def test_totals_of_no_park_are_zero_and_no_uptime_is_known():
    for period in ("live", "today", "yesterday", "last_week", "last_month"):
        totals = API.get("/api/parks/downtime", {"period": period}).json()["aggregate_stats"]
        assert totals.pop("avg_uptime_percentage") is None  # the contract has 100; nothing is known (N-6)
        assert totals.pop("period") == period
        assert not any(totals.values())


def test_the_status_summary_is_all_zero():
    counts = API.get("/api/live/status-summary").json()["status_summary"]
    assert len(counts) == 6
    assert not any(counts.values())


def test_the_health_check_says_that_there_is_nothing(monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: (_ for _ in ()).throw(OSError("no disk")))
    response = API.get("/api/health")
    assert response.status_code == 200
    assert response.json() == {
        "api_version": "1.0.0",
        "checks": {
            "database": {"message": "Database connection successful", "status": "healthy"},
            "data_collection": {"message": "No data collected yet", "status": "no_data"},
            "daily_aggregation": {"message": "No daily aggregation runs yet", "status": "no_data"},
            "hourly_aggregation": {
                "message": "No hourly aggregation runs in last 24 hours",
                "status": "no_data",
            },
            "disk_space": {"message": "Disk check failed", "status": "unknown"},
        },
        "status": "degraded",
        "timestamp": NOW.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
