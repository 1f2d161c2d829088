"""The storage endpoints of the admin API: legacy shapes, keys, jobs (public-api 5.2, issue 7)."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection
from django.test import Client
from kombu.exceptions import OperationalError

from core.admin_keys import AdminKey
from core.jobs import tasks
from core.jobs.ledger import JobLock, JobRun, JobStatus
from snapshots.models import StorageMetric
from snapshots.tests.factories import StorageFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 31, 12, tzinfo=UTC)
API = "/api/admin/storage/"
READ = ["summary", "growth", "partitions", "retention-comparison", "alerts"]


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def key(db) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {AdminKey.issue('storage')[1]}"}


@pytest.fixture
def ask(client: Client, key):
    """A GET with a good key: status and body."""

    def asked(path: str, **query: str):
        answer = client.get(API + path, query, **key)
        return answer.status_code, answer.json()

    return asked


@pytest.fixture
def measure(client: Client, key):
    def asked(query: str = ""):
        answer = client.post(f"{API}measure{query}", **key)
        return answer.status_code, answer.json()

    return asked


@pytest.mark.parametrize("path", [*READ, "measure/1"])
def test_reading_needs_a_key_that_is_right(client, path):
    assert client.get(API + path).status_code == 401
    assert client.get(API + path, HTTP_AUTHORIZATION="Bearer rw_0_0").status_code == 403


def test_measuring_needs_a_key_that_is_right(client):
    assert client.post(f"{API}measure").status_code == 401
    assert client.post(f"{API}measure", HTTP_AUTHORIZATION="Bearer rw_0_0").status_code == 403
    assert not StorageMetric.objects.exists()


def test_the_summary_of_nothing_is_zeros(ask):
    assert ask("summary") == (
        200,
        {
            "summary": {
                "table_count": 0,
                "total_data_mb": 0,
                "total_growth_mb_per_day": 0,
                "total_index_mb": 0,
                "total_rows": 0,
                "total_size_gb": 0,
                "total_size_mb": 0,
            },
            "tables": [],
        },
    )


def test_the_summary_lists_tables_with_their_sums(ask):
    StorageFactory.create(table_name="a", total_size_mb=1024, growth_rate_mb_per_day="1.5", partition_count=86)
    StorageFactory.create(table_name="b", total_size_mb=2048, row_count=9)
    status, body = ask("summary")
    assert status == 200
    assert body["summary"] == {
        "table_count": 2,
        "total_data_mb": 2,
        "total_growth_mb_per_day": 1.5,
        "total_index_mb": 2,
        "total_rows": 10,
        "total_size_gb": 3,
        "total_size_mb": 3072,
    }
    assert [row["table_name"] for row in body["tables"]] == ["b", "a"]
    assert body["tables"][1] == {
        "data_size_mb": 1,
        "growth_rate_mb_per_day": 1.5,
        "index_size_mb": 1,
        "measurement_date": "2026-07-01",
        "partition_count": 86,
        "row_count": 1,
        "table_name": "a",
        "total_size_mb": 1024,
    }


def test_growth_projects_a_year_unless_reported_otherwise(ask):
    StorageFactory.create(total_size_mb=100, growth_rate_mb_per_day=2)
    assert ask("growth")[1]["projection"]["projected_size_mb"] == 830
    assert ask("growth", days="10")[1]["projection"]["projected_size_mb"] == 120
    assert [each["projected_days"] for each in ask("growth")[1]["projections"]] == [365, 1095, 1825]


def test_growth_of_a_table_is_its_history_alone(ask):
    StorageFactory.create(table_name="rides")
    status, body = ask("growth", table="rides")
    assert (status, body) == (
        200,
        {"table_analysis": {"analysis": "Insufficient data for analysis", "data_points": 1, "table_name": "rides"}},
    )


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("growth", {"days": "0"}),
        ("growth", {"days": "-1"}),
        ("growth", {"days": "x"}),
        ("growth", {"days": "36501"}),
        ("growth", {"table": "nobody"}),
        ("alerts", {"warning_gb": "x"}),
        ("alerts", {"critical_gb": "-1"}),
        ("alerts", {"capacity_gb": "0"}),
        ("alerts", {"capacity_gb": "NaN"}),
    ],
)
def test_a_parameter_that_cannot_be_is_named(ask, path, query):
    status, body = ask(path, **query)
    assert status == 400
    assert body["success"] is False
    assert next(iter(query)) in body["error"]


def test_alerts_take_the_legacy_thresholds_and_the_configured_capacity(ask, settings):
    settings.STORAGE_CAPACITY_GB = 20
    StorageFactory.create(total_size_mb=10 * 1024)
    body = ask("alerts")[1]
    assert body == {
        "alert_count": 0,
        "alerts": [],
        "current_size_gb": 10,
        "status": "HEALTHY",
        "thresholds": {"warning_gb": 50, "critical_gb": 80, "capacity_gb": 20},
    }
    (alert,) = ask("alerts", warning_gb="5.5", critical_gb="11")[1]["alerts"]
    assert (alert["level"], alert["current_gb"], alert["threshold_gb"]) == ("WARNING", 10, 5.5)
    assert ask("alerts", capacity_gb="12.5")[1]["status"] == "CRITICAL"


def test_the_partitions_are_those_of_the_engine(ask):
    status, body = ask("partitions")
    assert status == 200
    if connection.vendor == "sqlite":
        assert body == {"partitioned_tables": []}
        return
    first, second = body["partitioned_tables"]
    assert (first["table_name"], second["table_name"]) == ("ride_status_snapshots", "queue_data")
    assert (first["partition_count"], first["partition_method"]) == (86, "RANGE COLUMNS")
    assert first["partitions"][0].keys() == {"description", "name", "position", "row_count", "size_mb"}
    assert first["partitions"][1]["name"] == "p202101"


def test_nothing_is_projected_from_a_single_measurement(ask):
    StorageFactory.create(growth_rate_mb_per_day=None)
    body = ask("retention-comparison")[1]
    assert body.pop("success", True)
    assert body["analysis"] == "Insufficient data for analysis"
    assert body["strategies"] == []
    assert (body["current"]["growth_mb_per_day"], body["current"]["growth_gb_per_month"]) == (None, None)
    assert body["current"]["size_gb"] > 0


def test_four_strategies_are_compared(ask):
    StorageFactory.create(growth_rate_mb_per_day=1)
    body = ask("retention-comparison")[1]
    assert body["projection_days"] == 365
    assert [each["name"] for each in body["strategies"]] == [
        "Permanent Retention",
        "Rolling 90-Day",
        "Rolling 365-Day",
        "Tiered Retention",
    ]


# -- measuring -------------------------------------------------------------------------------------------


def test_a_measurement_answers_as_the_legacy_did_and_stands_in_the_ledger(measure, ask):
    status, body = measure()
    assert status == 200
    assert body["message"] == "Storage measurement completed"
    assert body["tables_measured"] == len(body["measurements"]) == StorageMetric.objects.count() > 0
    assert body["measurements"][0].keys() == {"row_count", "table_name", "total_size_mb"}
    row = JobRun.objects.get(pk=body["job_id"])
    assert (row.job, row.status) == ("measure_storage", JobStatus.SUCCESS)
    assert ask(f"measure/{row.pk}") == (200, body)


def test_a_second_measurement_of_a_day_is_refused(measure):
    StorageFactory.create(measurement_date=date(2026, 7, 31))
    status, body = measure()
    assert status == 409
    assert (body["message"], body["tables_measured"]) == ("Already measured today", 0)
    assert body["success"] is False


def test_a_queued_measurement_has_an_id_that_reports_its_result(measure, ask, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.run_job, "delay", lambda *args: sent.append(args))
    status, queued = measure("?queue=true")
    assert status == 202
    assert queued["status"] == "QUEUED"
    assert not StorageMetric.objects.exists()
    assert ask(f"measure/{queued['job_id']}") == (200, queued)
    assert measure("?queue=true") == (202, queued), "asked twice, queued once"
    assert len(sent) == 1
    tasks.run_job(*sent[0])
    done = ask(f"measure/{queued['job_id']}")[1]
    assert (done["status"], done["job_id"]) == ("SUCCESS", queued["job_id"])
    assert done["tables_measured"] == StorageMetric.objects.count() > 0


def test_a_queue_that_does_not_answer_is_reported(measure, monkeypatch):
    def silent(*args):
        raise OperationalError("connection refused to 10.0.0.1")

    monkeypatch.setattr(tasks.run_job, "delay", silent)
    status, body = measure("?queue=true")
    assert status == 503
    assert "10.0.0.1" not in body["error"]
    assert JobRun.objects.get().status == JobStatus.FAILED


def test_a_measurement_that_fails_says_so_without_its_cause(measure, ask, monkeypatch):
    def broken():
        raise RuntimeError("secret path")

    monkeypatch.setattr("snapshots.storage.sizes.table_sizes", broken)
    status, body = measure()
    assert status == 500
    assert "secret" not in body["error"]
    assert ask(f"measure/{body['job_id']}")[1] == {
        "job_id": body["job_id"],
        "status": "FAILED",
        "message": "Storage measurement failed",
    }


def test_two_measurements_do_not_run_at_once(measure):
    JobLock.objects.create(job="measure_storage", running_since=NOW, runner="elsewhere:1")
    status, body = measure()
    assert status == 409
    assert body["message"] == "A measurement is under way"


@pytest.mark.parametrize("job", [0, 10**9, 10**30])
def test_a_measurement_that_nobody_asked_for_is_not_found(ask, job):
    assert ask(f"measure/{job}")[0] == 404


def test_the_run_of_another_job_is_no_measurement(ask):
    row = JobRun.objects.create(job="sync_parks", slot=NOW)
    assert ask(f"measure/{row.pk}")[0] == 404


def test_a_queue_that_is_neither_true_nor_false_is_refused(measure):
    assert measure("?queue=maybe")[0] == 400
