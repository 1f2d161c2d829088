"""The admin API of imports: what it answers, to whom, and what it sets going (public-api 5.1)."""

from datetime import UTC, datetime

import boto3
import pytest
from celery import current_app as app
from django.apps import apps
from django.core.management.base import CommandError
from django.test import Client
from kombu.exceptions import OperationalError
from moto import mock_aws

from core.admin_keys import AdminKey
from importer.archive.files import DirectoryArchive
from importer.jobs import finishing, tasks
from importer.jobs.planning import plan
from importer.jobs.running import run
from importer.jobs.tests.test_importing import three_days
from importer.models import ImportCheckpoint, ImportSlice, ImportStatus, SliceState
from importer.tests.archives import COASTER, DESTINATION, event, write_day, write_events
from importer.tests.factories import CheckpointFactory
from snapshots.models import DataQualityLog, RideStatusSnapshot

pytestmark = pytest.mark.django_db

GROUPS = {"progress", "performance", "errors"}
LISTED = {
    "completed_at",
    "destination_uuid",
    "errors_encountered",
    "import_id",
    "records_imported",
    "started_at",
    "status",
}
UNKNOWN = "imp_0123456789abcdef"


@pytest.fixture
def archive(tmp_path, settings):
    write_events(tmp_path, three_days())
    settings.ARCHIVE_URL = f"file://{tmp_path}"
    return DirectoryArchive(tmp_path)


@pytest.fixture
def client():
    return Client(headers={"Authorization": f"Bearer {AdminKey.issue('tests')[1]}"})


def start(client, **body):
    body = {"destination_uuid": DESTINATION, **body}
    return client.post("/api/admin/import/start", body, content_type="application/json")


def planned(archive, status=ImportStatus.PENDING):
    job = plan(archive, DESTINATION, str(archive.root))
    ImportCheckpoint.objects.filter(pk=job.pk).update(status=status)
    job.refresh_from_db()
    return job


# -- start -----------------------------------------------------------------------------------------------


def test_start_plans_the_import_and_asks_a_worker(client, archive, asked):
    answer = start(client, start_date="2024-07-04", end_date="2024-07-05")
    job = ImportCheckpoint.objects.get()
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == GROUPS | {"destination_uuid", "end_date", "import_id", "message", "start_date", "status"}
    assert (body["import_id"], body["status"], body["destination_uuid"]) == (job.import_id, "PENDING", DESTINATION)
    assert (body["start_date"], body["end_date"]) == ("2024-07-04", "2024-07-05")
    assert body["progress"] == {
        "records": 0,
        "files_done": 0,
        "files_total": 2,
        "percent": 0.0,
        "current_date": None,
    }
    assert asked == [job.import_id]
    assert job.auto_create is False


def test_a_started_import_runs_to_its_end_and_computes_statistics(client, archive, settings):
    settings.IMPORT_SLICE_DAYS = 1
    app.conf.task_always_eager = True
    try:
        body = start(client, auto_create=True).json()
    finally:
        app.conf.task_always_eager = False
    status = client.get(f"/api/admin/import/status/{body['import_id']}").json()
    assert status["status"] == "COMPLETED"
    assert status["progress"]["percent"] == 100.0
    assert status["records_imported"] == ImportCheckpoint.objects.get().records_imported > 0
    assert RideStatusSnapshot.objects.exists()
    assert apps.get_model("stats", "ParkDailyStats").objects.count() == 3


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"destination_uuid": None}, "destination_uuid is required"),
        ({"destination_uuid": ""}, "destination_uuid is required"),
        ({"destination_uuid": "disney"}, "destination_uuid is not a UUID"),
        ({"destination_uuid": COASTER}, "destination_uuid: the archive has no files of it in this range"),
        ({"start_date": "2030-01-01"}, "destination_uuid: the archive has no files of it in this range"),
        ({"start_date": "soon"}, "start_date: Date has wrong format. Use one of these formats instead: YYYY-MM-DD."),
        ({"end_date": "0001-01-01"}, "end_date is out of range"),
        (
            {"start_date": "2024-07-05", "end_date": "2024-07-04"},
            "start_date 2024-07-05 lies after end_date 2024-07-04",
        ),
        ({"batch_size": 0}, "batch_size: Ensure this value is greater than or equal to 1."),
        ({"auto_create": "perhaps"}, "auto_create: Must be a valid boolean."),
    ],
)
def test_a_bad_start_is_refused_with_the_field(client, archive, asked, body, error):
    answer = start(client, **body)
    assert (answer.status_code, answer.json()) == (400, {"success": False, "error": error})
    assert asked == []
    assert not ImportCheckpoint.objects.exists()


def test_a_start_without_a_destination_says_so(client, archive):
    answer = client.post("/api/admin/import/start", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (400, "destination_uuid is required")


def test_a_second_start_of_a_destination_names_the_running_import(client, archive, asked):
    first = start(client).json()
    answer = start(client)
    assert answer.status_code == 409
    assert answer.json() == {
        "success": False,
        "error": "Import already in progress",
        "import_id": first["import_id"],
        "status": "PENDING",
    }


def test_an_archive_that_is_away_is_a_503(client, settings, asked):
    settings.ARCHIVE_URL = "file:///nowhere/at/all"
    for answer in (start(client), client.get("/api/admin/import/destinations")):
        assert answer.status_code == 503
        assert answer.json()["error"].startswith("The archive cannot be reached: ")


def test_a_bucket_that_is_missing_is_a_503(client, settings, asked):
    settings.ARCHIVE_URL = "s3://no-such-bucket"
    with mock_aws():
        boto3.client("s3", region_name="eu-west-2")
        assert start(client).status_code == 503
        assert client.get("/api/admin/import/destinations").status_code == 503


def test_a_broker_that_is_away_starts_nothing(client, archive, monkeypatch):
    def away(import_id):
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.import_slice, "delay", away)
    answer = start(client)
    assert (answer.status_code, answer.json()["success"]) == (503, False)
    assert ImportCheckpoint.objects.get().status == ImportStatus.CANCELLED


# -- status ----------------------------------------------------------------------------------------------


def test_status_has_the_keys_of_the_contract_and_the_groups(client, archive):
    job = planned(archive)
    write_day(archive.root, datetime(2024, 7, 4, tzinfo=UTC).date(), [event("2024-07-04T15:00:00Z", "BROKEN")])
    run(job)
    body = client.get(f"/api/admin/import/status/{job.import_id}").json()
    assert set(body) == LISTED | GROUPS | {"can_resume", "last_processed_date", "last_processed_file"}
    assert (body["status"], body["can_resume"]) == ("COMPLETED", False)
    assert body["last_processed_date"] == "2024-07-06"
    assert body["last_processed_file"] == f"{DESTINATION}/2024/07/06.json.gz"
    assert body["started_at"].endswith("Z")
    assert body["completed_at"] >= body["started_at"]
    assert body["errors"]["count"] == body["errors_encountered"] > 0
    assert body["performance"]["records_per_second"] > 0
    assert body["performance"]["eta_seconds"] is None


def test_a_running_import_reports_its_date_and_when_it_may_end(client, archive, settings):
    settings.IMPORT_SLICE_DAYS = 1
    job = planned(archive, ImportStatus.IN_PROGRESS)
    slices = list(job.slices.order_by("first_date"))
    done = ImportSlice.objects.filter(pk__in=[each.pk for each in slices[:3]])
    done.update(state=SliceState.DONE, files_done=1, files_total=1, rows=500, seconds=2.0)
    ImportCheckpoint.objects.update(last_error="2024-07-05: away")
    body = client.get(f"/api/admin/import/status/{job.import_id}").json()
    assert body["progress"]["current_date"] == str(slices[3].first_date)
    assert body["performance"]["records_per_second"] == 250.0
    left = body["progress"]["files_total"] - 3
    assert body["performance"]["eta_seconds"] == 2 * left
    assert body["errors"]["latest"] == "2024-07-05: away"


@pytest.mark.parametrize("unknown", [UNKNOWN, "imp_1", "x", "%00"])
@pytest.mark.parametrize(
    ("method", "act"), [("get", "status"), ("post", "resume"), ("post", "pause"), ("get", "quality")]
)
def test_an_unknown_import_is_a_404_that_repeats_the_id(client, unknown, method, act):
    answer = getattr(client, method)(f"/api/admin/import/{act}/{unknown}")
    assert answer.status_code == 404
    body = answer.json()
    assert (body["success"], body["error"]) == (False, "Import not found")
    assert "import_id" in body


# -- resume, pause, cancel -------------------------------------------------------------------------------

STATES = list(ImportStatus)


@pytest.mark.parametrize("state", STATES)
def test_resume_takes_what_was_paused_or_failed(client, archive, asked, state):
    job = planned(archive, state)
    answer = client.post(f"/api/admin/import/resume/{job.import_id}")
    if state in ("PAUSED", "FAILED"):
        assert answer.status_code == 200
        assert set(answer.json()) == GROUPS | {"destination_uuid", "import_id", "message", "status"}
        assert answer.json()["status"] == "IN_PROGRESS"
        assert asked == [job.import_id]
    else:
        assert answer.status_code == 400
        expected = {"error": "Import cannot be resumed", "import_id": job.import_id, "status": state}
        assert answer.json() == {"success": False, **expected}
        assert asked == []


def test_resume_is_refused_while_another_import_of_the_destination_runs(client, archive, asked):
    job = planned(archive, ImportStatus.PAUSED)
    other = planned(archive)
    answer = client.post(f"/api/admin/import/resume/{job.import_id}")
    assert (answer.status_code, answer.json()["import_id"]) == (409, other.import_id)


@pytest.mark.parametrize("state", STATES)
def test_pause_takes_what_is_in_progress(client, archive, state):
    job = planned(archive, state)
    answer = client.post(f"/api/admin/import/pause/{job.import_id}")
    job.refresh_from_db()
    if state == "IN_PROGRESS":
        assert (answer.status_code, answer.json()["status"], job.status) == (200, "PAUSED", "PAUSED")
        assert answer.json()["message"] == "Import paused"
    else:
        expected = {"error": "Import not in progress", "import_id": job.import_id, "status": state}
        assert (answer.status_code, answer.json()) == (400, {"success": False, **expected})
        assert job.status == state


@pytest.mark.parametrize("state", STATES)
def test_cancel_takes_what_has_not_ended(client, archive, state):
    job = planned(archive, state)
    answer = client.delete(f"/api/admin/import/cancel/{job.import_id}")
    if state in ("PENDING", "IN_PROGRESS", "PAUSED"):
        assert answer.status_code == 200
        assert set(answer.json()) == GROUPS | {"import_id", "message", "status"}
        assert answer.json()["status"] == "CANCELLED"
    else:
        expected = {"error": "Import not found or already completed", "import_id": job.import_id}
        assert (answer.status_code, answer.json()) == (404, {"success": False, **expected})


def test_cancel_of_an_unknown_import_is_a_404(client):
    answer = client.delete(f"/api/admin/import/cancel/{UNKNOWN}")
    expected = {"error": "Import not found or already completed", "import_id": UNKNOWN}
    assert (answer.status_code, answer.json()) == (404, {"success": False, **expected})


# -- list, quality, destinations -------------------------------------------------------------------------


def test_list_gives_a_page_of_the_newest_first(client):
    jobs = [CheckpointFactory.create(status=status) for status in ("COMPLETED", "FAILED", "COMPLETED")]
    body = client.get("/api/admin/import/list").json()
    assert [each["import_id"] for each in body["imports"]] == [job.import_id for job in reversed(jobs)]
    assert (body["count"], body["limit"], body["offset"]) == (3, 50, 0)
    assert all(set(each) == LISTED | GROUPS for each in body["imports"])
    page = client.get("/api/admin/import/list", {"status": "COMPLETED", "limit": 1, "offset": 1}).json()
    assert [each["import_id"] for each in page["imports"]] == [jobs[0].import_id]
    assert page["count"] == 1
    assert client.get("/api/admin/import/list", {"limit": 5_000}).json()["limit"] == 200


@pytest.mark.parametrize("query", [{"limit": "many"}, {"limit": "-1"}, {"offset": "-1"}, {"status": "ASLEEP"}])
def test_a_bad_parameter_is_refused_with_its_name(client, query):
    answer = client.get("/api/admin/import/list", query)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(next(iter(query)))


def test_quality_reports_what_was_wrong(client, archive):
    write_day(
        archive.root,
        datetime(2024, 7, 5, tzinfo=UTC).date(),
        [event("2024-07-05T15:00:00Z", "BROKEN"), {**event("2024-07-05T15:00:03Z"), "data": None}],
    )
    job = planned(archive)
    run(job)
    url = f"/api/admin/import/quality/{job.import_id}"
    body = client.get(url).json()
    assert body["issue_counts"]["MISSING_FIELD"] == 1
    assert body["issues_total"] == DataQualityLog.objects.count() == sum(body["issue_counts"].values())
    assert body["issues_returned"] == len(body["issues"]) == body["issues_total"]
    keys = {"created_at", "description", "entity_type", "external_id", "issue_type", "timestamp_start"}
    assert all(set(each) == keys for each in body["issues"])
    some = client.get(url, {"issue_type": "MISSING_FIELD"}).json()
    assert [each["issue_type"] for each in some["issues"]] == ["MISSING_FIELD"]
    assert some["issues_total"] == body["issues_total"], "the total knows no filter"
    assert client.get(url, {"limit": 1}).json()["issues_returned"] == 1


def test_destinations_are_those_of_the_archive(client, archive):
    answer = client.get("/api/admin/import/destinations")
    assert answer.json() == {"count": 1, "destinations": [DESTINATION]}


# -- who may ---------------------------------------------------------------------------------------------


def test_without_a_key_nothing_is_reported_or_done(archive, asked):
    for method, act in (("post", "start"), ("get", "list"), ("delete", f"cancel/{UNKNOWN}")):
        assert getattr(Client(), method)(f"/api/admin/import/{act}").status_code == 401
        wrong = Client(headers={"Authorization": "Bearer rw_1_2"})
        assert getattr(wrong, method)(f"/api/admin/import/{act}").status_code == 403
    assert asked == []


def test_a_browser_may_ask_before_it_cancels():
    headers = {"Origin": "https://ops.example", "Access-Control-Request-Method": "DELETE"}
    answer = Client().options(f"/api/admin/import/cancel/{UNKNOWN}", headers=headers)
    assert answer.status_code == 200
    assert "DELETE" in answer["Access-Control-Allow-Methods"]
    assert "PATCH" in answer["Access-Control-Allow-Methods"]


# -- the task --------------------------------------------------------------------------------------------


def test_a_task_does_one_slice_and_asks_for_the_next(archive, asked, settings):
    settings.IMPORT_SLICE_DAYS = 1
    job = planned(archive)
    tasks.import_slice(job.import_id)
    assert job.slices.filter(state=SliceState.DONE).count() == 1
    assert asked == [job.import_id]


def test_a_task_that_is_delivered_twice_does_the_work_once(archive, asked, settings):
    settings.IMPORT_SLICE_DAYS = 366
    job = planned(archive)
    assert tasks.import_slice(job.import_id) == "the import is complete"
    rows = RideStatusSnapshot.objects.count()
    assert tasks.import_slice(job.import_id) == "nothing to do"
    assert RideStatusSnapshot.objects.count() == rows
    assert asked == []


def test_a_task_leaves_a_slice_that_another_worker_has(archive, asked):
    job = planned(archive)
    job.slices.update(state=SliceState.RUNNING, runner="elsewhere:1", claimed_at=datetime.now(UTC))
    assert tasks.import_slice(job.import_id) == "another worker has the slice"
    assert asked == []


def test_a_task_that_comes_again_after_its_worker_was_killed_finishes(archive, asked):
    """The rows were committed, the recomputation was not done."""
    job = planned(archive)
    run_without_end = ImportCheckpoint.objects.filter(pk=job.pk)
    run(job)
    run_without_end.update(status=ImportStatus.IN_PROGRESS, completed_at=None)
    assert tasks.import_slice(job.import_id) == "the import is complete"
    assert apps.get_model("stats", "ParkDailyStats").objects.count() == 3


def test_statistics_that_could_not_be_computed_are_reported_with_the_remedy(archive, asked, client, monkeypatch):
    def broken(*args, **options):
        raise CommandError("disk full", returncode=1)

    job = planned(archive)
    monkeypatch.setattr(finishing, "request", broken)
    tasks.import_slice(job.import_id)
    status = client.get(f"/api/admin/import/status/{job.import_id}").json()
    assert status["status"] == "COMPLETED"
    assert "disk full" in status["errors"]["latest"]
    assert "manage.py recompute_daily_stats --start-date 2024-07-03" in status["errors"]["latest"]


@pytest.mark.parametrize("state", [ImportStatus.PAUSED, ImportStatus.CANCELLED, ImportStatus.FAILED])
def test_a_task_does_nothing_for_an_import_that_stopped(archive, asked, state):
    job = planned(archive, state)
    assert tasks.import_slice(job.import_id) == "nothing to do"
    assert not RideStatusSnapshot.objects.exists()


def test_an_archive_that_went_away_fails_the_import(archive, asked):
    job = planned(archive)
    ImportCheckpoint.objects.update(source="/nowhere/at/all")
    tasks.import_slice(job.import_id)
    job.refresh_from_db()
    assert job.status == ImportStatus.FAILED
    assert "is not a directory" in job.last_error
    assert not job.slices.exclude(state=SliceState.PENDING).exists()
