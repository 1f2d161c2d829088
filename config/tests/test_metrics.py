"""`/metrics`: who may read it, what it says, what it costs."""

from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from config import metrics
from core.jobs.ledger import JobLock, JobRun, JobStatus
from core.jobs.queue import QueuedTask
from core.jobs.runners import this_process
from importer.models import ImportCheckpoint, ImportSlice, ImportStatus
from parks.tests.factories import ParkFactory
from snapshots.models import DataSource
from snapshots.tests.factories import ActivityFactory

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-sixteen-or-more"


@pytest.fixture
def client() -> Client:
    """Without what tests do to the data version, which is one of the metrics."""
    return Client()


@pytest.fixture(autouse=True)
def _own_directory(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def scraped(client, **headers: str) -> dict[tuple[str, ...], float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def named(found: dict[tuple[str, ...], float], name: str) -> dict[tuple[str, ...], float]:
    return {key[1:]: value for key, value in found.items() if key[0] == name}


# -- who may -----------------------------------------------------------------------------------------------


def test_without_a_token_this_machine_may_read_it_and_nobody_else(client):
    scraped(client)
    for address in ("10.0.0.7", "", "::ffff:10.0.0.7", "nonsense"):
        answer = client.get("/metrics", REMOTE_ADDR=address)
        assert answer.status_code == 403, address
        assert "METRICS_TOKEN" in answer.content.decode()
    assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via", "X-Real-IP"])
def test_a_proxy_on_this_machine_opens_it_to_no_stranger(client, header):
    assert client.get("/metrics", headers={header: "http"}).status_code == 403


@pytest.mark.parametrize(("setting", "value"), [("TRUSTED_PROXIES", 1), ("BEHIND_TLS_PROXY", True)])
def test_behind_a_proxy_of_ours_a_token_is_needed(client, settings, setting, value):
    setattr(settings, setting, value)
    assert client.get("/metrics").status_code == 403


def test_with_a_token_whoever_has_it_may_read_it_from_anywhere(client, settings):
    settings.METRICS_TOKEN = TOKEN
    for given in ({}, {"Authorization": TOKEN}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {TOKEN}ä"}):
        answer = client.get("/metrics", headers=given)
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "10.0.0.7"}
    assert client.get("/metrics", headers=headers, REMOTE_ADDR="10.0.0.7").status_code == 200


def test_it_is_read_only_and_never_redirected(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/metrics").status_code == 200
    assert client.post("/metrics").status_code == 405


# -- what it says -------------------------------------------------------------------------------------------


def test_what_is_not_known_is_absent(client):
    ParkFactory(name="Never seen")
    found = scraped(client)
    assert named(found, "ridewatch_parks_active") == {(): 1}
    assert not named(found, "ridewatch_park_newest_observation_timestamp_seconds")
    assert not named(found, "ridewatch_job_last_success_timestamp_seconds")
    assert not named(found, "ridewatch_import_slices")
    assert named(found, "ridewatch_database_up") == {(): 1}


def test_a_park_has_its_newest_live_observation_not_after_now(client):
    now = timezone.now().replace(microsecond=0)
    park, closed = ParkFactory(name='Pa"rk'), ParkFactory(is_active=False)
    for age in (-3_600, 60, 600):
        ActivityFactory(park=park, recorded_at=now - timedelta(seconds=age), data_source=DataSource.LIVE)
    ActivityFactory(park=park, recorded_at=now, data_source=DataSource.ARCHIVE)
    ActivityFactory(park=closed, recorded_at=now, data_source=DataSource.LIVE)
    found = named(scraped(client), "ridewatch_park_newest_observation_timestamp_seconds")
    assert found == {('Pa"rk', str(park.pk)): (now - timedelta(seconds=60)).timestamp()}


def test_jobs_are_told_with_their_last_success_and_what_became_of_their_slots(client):
    now = timezone.now().replace(microsecond=0)
    for n, status in enumerate([JobStatus.SUCCESS, JobStatus.FAILED, JobStatus.FAILED, JobStatus.MISSED]):
        JobRun.objects.create(
            job="collect_snapshots",
            slot=now - timedelta(minutes=20 - 5 * n),
            status=status,
            finished_at=None if status == JobStatus.MISSED else now - timedelta(minutes=19 - 5 * n),
        )
    JobRun.objects.create(job="collect_snapshots", slot=now - timedelta(days=2), status=JobStatus.FAILED)
    JobLock.objects.create(job="reconcile", running_since=now, runner=this_process())
    JobLock.objects.create(job="sync_parks", running_since=now, runner=f"{this_process()}0")
    found = scraped(client)
    last = named(found, "ridewatch_job_last_success_timestamp_seconds")
    assert last == {("collect_snapshots",): (now - timedelta(minutes=19)).timestamp()}
    slots = named(found, "ridewatch_job_slots_last_day")
    collected = {status: count for (job, status), count in slots.items() if job == "collect_snapshots"}
    assert collected == {"RUNNING": 0, "SUCCESS": 1, "PARTIAL": 0, "FAILED": 2, "MISSED": 1}
    overdue = named(found, "ridewatch_job_overdue")
    assert (overdue["collect_snapshots",], len(overdue)) == (1, len(settings.JOBS))
    assert [name for name, value in named(found, "ridewatch_job_running").items() if value] == [("reconcile",)]


def test_queues_and_imports_are_told(client, settings):
    settings.REDIS_URL = ""
    QueuedTask.add("x.y", [])
    running = ImportCheckpoint.objects.create(
        destination_uuid="d", status=ImportStatus.IN_PROGRESS, records_imported=5
    )
    done = ImportCheckpoint.objects.create(destination_uuid="e", status=ImportStatus.COMPLETED, records_imported=7)
    for job, state in ((running, "DONE"), (running, "PENDING"), (done, "DONE")):
        day = f"2024-01-{ImportSlice.objects.count() + 1:02}"
        ImportSlice.objects.create(job=job, first_date=day, last_date=day, state=state)
    found = scraped(client)
    assert named(found, "ridewatch_queued_tasks") == {("database",): 1}
    assert named(found, "ridewatch_imports")["IN_PROGRESS",] == 1
    assert named(found, "ridewatch_imports")["FAILED",] == 0
    assert named(found, "ridewatch_import_records_total") == {(): 12}
    assert named(found, "ridewatch_import_slices") == {("DONE",): 1, ("PENDING",): 1}


def test_a_scrape_costs_as_many_statements_whatever_is_stored(client):
    ParkFactory.create_batch(12)
    for n in range(30):
        JobRun.objects.create(job="reconcile", slot=timezone.now() - timedelta(minutes=n))
    with CaptureQueriesContext(connection) as queries:
        scraped(client)
    assert len(queries) <= metrics.MOST_STATEMENTS


def test_without_a_database_the_rest_is_told(client):
    def refuse(*arguments):
        raise OperationalError(2003, "no server at 10.0.0.7")

    with connection.execute_wrapper(refuse):
        found = scraped(client)
    assert named(found, "ridewatch_database_up") == {(): 0}
    assert named(found, "ridewatch_data_version")
    assert not named(found, "ridewatch_job_overdue")
    assert not named(found, "ridewatch_queued_tasks")


def test_without_redis_its_queue_and_version_are_unknown(client, settings, monkeypatch):
    class Away:
        def __getattr__(self, name):
            raise redis.ConnectionError

    settings.REDIS_URL = "redis://r"
    monkeypatch.setattr("core.data_version.client", lambda url: Away())
    found = scraped(client)
    assert named(found, "ridewatch_queued_tasks") == {("database",): 0}
    assert not named(found, "ridewatch_data_version")


def test_connections_are_those_of_the_server_and_sqlite_has_none(client):
    found = scraped(client)
    if connection.vendor == "mysql":
        assert 1 <= found["ridewatch_database_connections",] <= found["ridewatch_database_connections_limit",]
    else:
        assert ("ridewatch_database_connections",) not in found
