"""Imports and mappings in the admin site: started, watched, paused, resumed, cancelled; reviewed and put right."""

from datetime import UTC, date, datetime

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from kombu.exceptions import OperationalError as BrokerAway

from core.zones import local_date
from importer.archive.files import ArchiveError
from importer.jobs import actions
from importer.jobs.progress import left
from importer.jobs.tasks import import_slice, recompute_park
from importer.jobs.tests.test_importing import a_day
from importer.models import ImportCheckpoint, ImportStatus, MappingDecision, MappingMethod, SliceState
from importer.tests.archives import DESTINATION, write_events
from importer.tests.factories import CheckpointFactory, DecisionFactory, SliceFactory
from parks.tests.factories import ParkFactory, RideFactory, wiki_id
from snapshots.models import RideStatusSnapshot
from snapshots.tests.factories import SnapshotFactory

pytestmark = pytest.mark.django_db
IMPORTS, MAPPINGS = "/admin/importer/importcheckpoint/", "/admin/importer/mappingdecision/"
AT = datetime(2026, 3, 4, 17, tzinfo=UTC)


@pytest.fixture
def archive(settings, tmp_path):
    settings.ARCHIVE_URL = f"file://{tmp_path}"
    write_events(tmp_path, a_day("2026-03-04"))
    return tmp_path


def reported(response) -> list[str]:
    return [f"{message.level_tag}: {message}" for message in get_messages(response.wsgi_request)]


@pytest.fixture
def act(admin_client):
    """Carries out an action of a list and says what the page then says."""

    def post(url: str, action: str, rows: list, **fields: object) -> str:
        form = {"action": action, "_selected_action": [row.pk for row in rows], **fields}
        response = admin_client.post(url, form)
        assert response.status_code == 302
        return reported(response)[-1]

    return post


def status(job: ImportCheckpoint) -> str:
    return ImportCheckpoint.objects.get(pk=job.pk).status


# -- starting --------------------------------------------------------------------------------------------


def start(client, **said: object):
    form = {"destination_uuid": DESTINATION, "start_date": "", "end_date": "", "auto_create": "on", **said}
    return client.post(f"{IMPORTS}add/", form)


def test_adding_an_import_starts_it(admin_client, archive, asked):
    response = start(admin_client, start_date="2026-03-04", end_date="2026-03-05")
    job = ImportCheckpoint.objects.get()
    assert (response.status_code, asked) == (302, [job.import_id])
    assert (job.status, job.start_date, job.end_date, job.auto_create) == (
        ImportStatus.PENDING,
        date(2026, 3, 4),
        date(2026, 3, 5),
        True,
    )
    assert job.slices.exists()
    assert LogEntry.objects.get().object_id == str(job.pk)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"destination_uuid": "disney"}, "not the UUID"),
        ({"destination_uuid": ""}, "required"),
        ({"start_date": "2026-03-05", "end_date": "2026-03-04"}, "lies before"),
        ({"start_date": "soon"}, "valid date"),
    ],
)
def test_what_cannot_be_started_is_reported_at_its_field(admin_client, archive, asked, said, reason):
    response = start(admin_client, **said)
    assert response.status_code == 200
    assert reason in response.content.decode()
    assert (ImportCheckpoint.objects.count(), asked) == (0, [])


@pytest.mark.django_db(transaction=True)
def test_workers_are_reported_when_the_import_can_be_found(admin_client, archive, monkeypatch):
    seen = []
    monkeypatch.setattr(import_slice, "delay", lambda _: seen.append(connection.in_atomic_block))
    start(admin_client)
    assert seen == [False]


def test_a_second_import_of_the_destination_is_refused_with_the_first_ones_id(admin_client, archive, asked):
    start(admin_client)
    (first,) = asked
    response = start(admin_client)
    assert first in reported(response)[-1]
    assert ImportCheckpoint.objects.exclude(status=ImportStatus.CANCELLED).count() == 1


def test_an_archive_without_files_of_the_destination_starts_nothing(admin_client, archive, asked):
    response = start(admin_client, destination_uuid="0" * 8 + "-0000-0000-0000-" + "0" * 12)
    assert reported(response)[-1].startswith("error: Nothing was started: no archive files")
    assert asked == []


@pytest.mark.parametrize("error", [ArchiveError("the bucket is away"), actions.WorkersAway("no broker")])
def test_an_archive_or_broker_that_is_away_is_reported(admin_client, archive, monkeypatch, error):
    def away(*_: object) -> None:
        raise error

    monkeypatch.setattr(actions, "planned" if isinstance(error, ArchiveError) else "hand_over", away)
    response = start(admin_client)
    assert reported(response)[-1] == f"error: Nothing was started: {error}"


def test_workers_that_cannot_be_reported_leave_no_import_that_waits(admin_client, archive, monkeypatch):
    def away(_: str) -> None:
        raise OSError("no broker")

    monkeypatch.setattr(import_slice, "delay", away)
    assert "broker cannot be reached" in reported(start(admin_client))[-1]
    assert ImportCheckpoint.objects.get().status == ImportStatus.CANCELLED


# -- watching --------------------------------------------------------------------------------------------


def test_the_list_shows_how_far_each_import_is(admin_client):
    job = CheckpointFactory.create(status=ImportStatus.IN_PROGRESS, records_imported=1234)
    SliceFactory.create(job=job, state=SliceState.DONE, files_total=7, files_done=7, rows=700, seconds=7.0)
    SliceFactory.create(job=job, first_date=date(2026, 7, 8), last_date=date(2026, 7, 8), files_total=7, files_done=0)
    page = admin_client.get(IMPORTS).content.decode()
    assert '<progress max="100" value="50.0"' in page
    for text in ("50.0 %", "7 of 14 files", "at 2026-07-08", "100 rows a second", "IN_PROGRESS", job.import_id):
        assert text in page


def test_an_import_that_has_read_all_says_that_statistics_are_computed(admin_client):
    job = CheckpointFactory.create(status=ImportStatus.IN_PROGRESS)
    SliceFactory.create(job=job, state=SliceState.DONE, files_total=7, files_done=7, rows=700, seconds=7.0)
    page = admin_client.get(IMPORTS).content.decode()
    assert "daily statistics are computed" in page
    assert "minute left" not in page


@pytest.mark.parametrize(
    ("eta", "said"),
    [
        (0, "less than a minute left"),
        (59, "less than a minute left"),
        (60, "1 min left"),
        (3_599, "59 min left"),
        (7_260, "2 h 1 min left"),
    ],
)
def test_the_time_that_is_left_is_reported_in_words(eta, said):
    assert left(eta) == said


def test_the_list_names_the_parks_of_a_destination_as_far_as_they_are_known(admin_client):
    known, alone = wiki_id(900_001), wiki_id(900_002)
    for name in ("Castle Park", "Sea Park", "Forest Park"):
        ParkFactory.create(name=name, destination_id=known)
    park = ParkFactory.create(name="Lone Park", destination_id=alone)
    CheckpointFactory.create(destination_uuid=known)
    CheckpointFactory.create(
        destination_uuid=known, park=park, start_date=date(2026, 7, 1), status=ImportStatus.COMPLETED
    )
    CheckpointFactory.create(destination_uuid=wiki_id(900_003))
    page = admin_client.get(IMPORTS).content.decode()
    for text in ("Castle Park and 2 more<br>", "Lone Park<br>", "2026-07-01 to last day", f">{wiki_id(900_003)}<br>"):
        assert text in page


@pytest.mark.parametrize(
    ("status", "looks_again"),
    [(ImportStatus.PENDING, True), (ImportStatus.IN_PROGRESS, True), (ImportStatus.PAUSED, False)],
)
def test_the_page_of_an_import_at_work_looks_again_by_itself(admin_client, status, looks_again):
    job = CheckpointFactory.create(status=status)
    assert admin_client.get(f"{IMPORTS}{job.pk}/change/").has_header("Refresh") is looks_again


@pytest.mark.parametrize("number", ["999", "none", "9" * 30])
def test_an_import_that_is_not_there_leads_back(admin_client, number):
    assert admin_client.get(f"{IMPORTS}{number}/change/").status_code == 302


def test_the_page_of_an_import_shows_its_slices_and_edits_nothing(admin_client):
    job = SliceFactory.create(last_error="the disk was full").job
    page = admin_client.get(f"{IMPORTS}{job.pk}/change/")
    assert "the disk was full" in page.content.decode()
    assert 'name="destination_uuid"' not in page.content.decode()
    admin_client.post(f"{IMPORTS}{job.pk}/change/", {"destination_uuid": "other"})
    assert ImportCheckpoint.objects.get().destination_uuid == job.destination_uuid


def test_no_page_of_the_list_counts_the_imports(admin_client):
    CheckpointFactory.create_batch(30)
    with CaptureQueriesContext(connection) as captured:
        assert admin_client.get(IMPORTS).status_code == 200
    statements = [each["sql"] for each in captured.captured_queries]
    assert not [
        sql for sql in statements if 'COUNT(*) AS "__count" FROM "import_checkpoints"' in sql.replace("`", '"')
    ]


# -- steps -----------------------------------------------------------------------------------------------


def test_a_running_import_is_paused_resumed_and_cancelled(act, asked):
    job = CheckpointFactory.create(status=ImportStatus.IN_PROGRESS)
    assert act(IMPORTS, "pause", [job]) == "success: 1: paused."
    assert status(job) == ImportStatus.PAUSED
    assert act(IMPORTS, "resume", [job]) == "success: 1: resumed."
    assert (status(job), asked) == (ImportStatus.IN_PROGRESS, [job.import_id])
    assert act(IMPORTS, "cancel", [job]) == "success: 1: cancelled."
    assert status(job) == ImportStatus.CANCELLED
    assert LogEntry.objects.count() == 3


@pytest.mark.parametrize("action", ["pause", "resume", "cancel"])
def test_what_has_ended_takes_no_step_and_says_so(act, asked, action):
    job = CheckpointFactory.create(status=ImportStatus.COMPLETED)
    assert act(IMPORTS, action, [job]).startswith(f"error: import {job.import_id} is COMPLETED")
    assert (status(job), asked) == (ImportStatus.COMPLETED, [])
    assert not LogEntry.objects.exists()


def test_a_paused_import_does_not_go_on_beside_another_of_its_destination(act, asked):
    running = CheckpointFactory.create(status=ImportStatus.IN_PROGRESS)
    paused = CheckpointFactory.create(status=ImportStatus.PAUSED, destination_uuid=running.destination_uuid)
    assert running.import_id in act(IMPORTS, "resume", [paused])
    assert (status(paused), asked) == (ImportStatus.PAUSED, [])


def test_who_may_only_look_takes_no_step(client):
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_importcheckpoint"))
    client.force_login(user)
    job = CheckpointFactory.create(status=ImportStatus.IN_PROGRESS)
    assert client.get(IMPORTS).status_code == 200
    assert client.get(f"{IMPORTS}add/").status_code == 403
    client.post(IMPORTS, {"action": "cancel", "_selected_action": [job.pk]})
    assert status(job) == ImportStatus.IN_PROGRESS


# -- mappings --------------------------------------------------------------------------------------------


def mapped(**fields: object) -> MappingDecision:
    """An entity that was taken for a ride, and an observation that came in for it."""
    ride = RideFactory.create()
    SnapshotFactory.create(ride=ride, park=ride.park, recorded_at=AT, data_source="ARCHIVE")
    return DecisionFactory.create(
        ride=ride, park=ride.park, entity_name="Space Mountian", first_event_at=AT, last_event_at=AT, **fields
    )


def test_the_least_sure_mapping_comes_first_and_review_shows_what_needs_it(admin_client):
    sure = DecisionFactory.create(entity_name="Jungle Cruise")
    unsure = DecisionFactory.create(
        entity_name="Space Mountian", method=MappingMethod.FUZZY, confidence="0.85", edits=2
    )
    response = admin_client.get(MAPPINGS)
    assert list(response.context["cl"].result_list) == [unsure, sure]
    assert "0.85" in response.content.decode()
    assert list(admin_client.get(MAPPINGS, {"review": "needed"}).context["cl"].result_list) == [unsure]


def test_a_mapping_is_let_stand(act):
    row = DecisionFactory.create(method=MappingMethod.FUZZY)
    assert act(MAPPINGS, "let_stand", [row], notes="same ride") == "success: 1 reviewed."
    row.refresh_from_db()
    assert (row.is_reviewed, row.reviewed_by, row.notes) == (True, "admin", "same ride")


@pytest.fixture
def computed(monkeypatch):
    """What workers were asked to compute: park, first day, last day."""
    found: list[tuple[int, str, str]] = []
    monkeypatch.setattr(recompute_park, "delay", lambda *asked: found.append(asked))
    return found


def test_an_entity_is_mapped_to_another_ride_and_what_came_in_moves(act, computed):
    row = mapped(method=MappingMethod.FUZZY)
    right = RideFactory.create(park=row.park)
    day = local_date(AT, right.park.timezone).isoformat()
    assert act(MAPPINGS, "map_to", [row], ride=right.pk, notes="misspelt") == (
        f"success: Space Mountian: MANUAL: 1 observations moved. A worker computes the statistics of {day} to {day}."
    )
    assert computed == [(right.park_id, day, day)]
    row.refresh_from_db()
    assert (row.ride, row.method, row.decided_by) == (right, MappingMethod.MANUAL, "admin")
    assert RideStatusSnapshot.objects.get().ride_id == right.pk
    assert "Now" in LogEntry.objects.get().change_message


def test_statistics_that_no_worker_can_be_asked_for_are_reported_with_the_command(act, monkeypatch):
    def away(*asked: object) -> None:
        raise BrokerAway("Connection refused")

    monkeypatch.setattr(recompute_park, "delay", away)
    row = mapped()
    said = act(MAPPINGS, "map_to", [row], ride=RideFactory.create(park=row.park).pk)
    assert "1 observations moved. The message broker cannot be reached; compute the statistics by" in said
    assert f"--park-id {row.park_id}" in said


def test_the_statistics_of_moved_rows_are_computed_by_the_task(act):
    row = mapped()
    day = local_date(AT, row.park.timezone)
    recompute_park(row.park_id, str(day), str(day))
    (run,) = apps.get_model("stats", "RecomputeRun").objects.all()
    assert (run.park_id, run.first_date, run.last_date, run.status) == (row.park_id, day, day, "success")


def test_an_entity_is_unmapped(act, computed):
    row = mapped(method=MappingMethod.FUZZY)
    assert act(MAPPINGS, "unmap", [row], notes="a show").startswith("success")
    assert len(computed) == 1
    row.refresh_from_db()
    assert row.method == MappingMethod.FAILED
    assert not RideStatusSnapshot.objects.get().ride.is_active


@pytest.mark.parametrize("ride", ["", "999999"])
def test_a_ride_that_nobody_knows_is_no_ride_to_map_to(act, ride):
    row = mapped()
    assert act(MAPPINGS, "map_to", [row], ride=ride).startswith("error: Nothing changed: there is no ride")


@pytest.mark.parametrize("ride", ["0", "x", "1.5"])
def test_what_is_no_number_of_a_ride_moves_nothing(act, ride):
    row = mapped()
    assert act(MAPPINGS, "map_to", [row], ride=ride).startswith("warning")
    assert MappingDecision.objects.get().ride == row.ride


def test_a_ride_of_another_park_is_refused_with_the_reason(act):
    row = mapped()
    assert "an entity is mapped within its park" in act(MAPPINGS, "map_to", [row], ride=RideFactory.create().pk)


def test_entities_are_moved_one_by_one(act):
    rows = [mapped(), mapped()]
    assert act(MAPPINGS, "unmap", rows).startswith("error: Nothing changed: choose one")
