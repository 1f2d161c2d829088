"""Two who start imports of one destination at the same moment, over connections of their own: one stays."""

import threading
from collections.abc import Callable

import pytest
from django.contrib.messages import get_messages
from django.db import connections
from django.test import Client

from core.admin_keys import AdminKey
from core.tests.shared_database import shared_database
from importer.jobs import actions
from importer.jobs.tests.test_importing import a_day
from importer.models import ACTIVE, AlreadyRunning, ImportCheckpoint, ImportStatus
from importer.tests.archives import DESTINATION, write_events
from importer.tests.factories import CheckpointFactory

pytestmark = pytest.mark.django_db(transaction=True)
START = {"destination_uuid": DESTINATION}


@pytest.fixture(autouse=True)
def database(transactional_db, tmp_path):
    with shared_database(tmp_path):
        yield


@pytest.fixture
def archive(settings, tmp_path):
    settings.ARCHIVE_URL = f"file://{tmp_path}"
    write_events(tmp_path, a_day())


@pytest.fixture
def side_by_side(monkeypatch):
    """Both look whether an import runs before either starts one; then they go on."""

    def run(*steps: Callable[[], object]) -> list[object]:
        look, met, looked = ImportCheckpoint.running, threading.Barrier(len(steps), timeout=20), threading.local()

        def meet(destination: str) -> ImportCheckpoint | None:
            found = look(destination)
            if not hasattr(looked, "once"):
                looked.once = True
                met.wait()
            return found

        monkeypatch.setattr(ImportCheckpoint, "running", staticmethod(meet))
        return at_once(*steps)

    return run


def at_once(*steps: Callable[[], object]) -> list[object]:
    """What each step gave, or raised."""
    found: list[object] = [None] * len(steps)

    def do(number: int) -> None:
        try:
            found[number] = steps[number]()
        except Exception as error:
            found[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=do, args=(number,)) for number in range(len(steps))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def active() -> list[ImportCheckpoint]:
    return list(ImportCheckpoint.objects.filter(status__in=ACTIVE))


def test_of_two_admin_forms_the_one_that_was_begun_while_the_other_was_open_is_refused(
    archive, asked, admin_client, admin_user, monkeypatch
):
    """A form of the admin site is one transaction: what the first one wrote, the second does not see."""
    planned, is_planned, is_over = actions.planned, threading.Event(), threading.Event()

    def linger(*choice):
        job = planned(*choice)
        is_planned.set()
        is_over.wait(1)
        return job

    other = Client()
    other.force_login(admin_user)

    def second():
        is_planned.wait(20)
        monkeypatch.setattr(actions, "planned", planned)
        try:
            return other.post("/admin/importer/importcheckpoint/add/", START)
        finally:
            is_over.set()

    monkeypatch.setattr(actions, "planned", linger)
    at_once(lambda: admin_client.post("/admin/importer/importcheckpoint/add/", START), second)
    (job,) = ImportCheckpoint.objects.all()
    assert (job.status, asked) == (ImportStatus.PENDING, [job.import_id])
    refusal = other.get("/admin/importer/importcheckpoint/add/")
    reported = [str(message) for message in get_messages(refusal.wsgi_request)]
    assert reported == [f"Nothing was started: import {job.import_id} of {DESTINATION} is PENDING already"]


def test_of_two_calls_of_the_api_one_starts_and_the_other_names_its_import(archive, asked, side_by_side):
    client = Client(headers={"Authorization": f"Bearer {AdminKey.issue('tests')[1]}"})

    def start():
        return client.post("/api/admin/import/start", START, content_type="application/json")

    answers = sorted(side_by_side(start, start), key=lambda answer: answer.status_code)
    (job,) = ImportCheckpoint.objects.all()
    assert [answer.status_code for answer in answers] == [201, 409]
    assert answers[1].json() == {
        "success": False,
        "error": "Import already in progress",
        "import_id": job.import_id,
        "status": "PENDING",
    }
    assert asked == [job.import_id]


def test_of_two_stopped_imports_of_a_destination_one_is_resumed(asked, side_by_side):
    jobs = [CheckpointFactory.create(destination_uuid=DESTINATION, status=status) for status in ("PAUSED", "FAILED")]
    refusals = side_by_side(*[lambda job=job: actions.resume(job) for job in jobs])
    (resumed,) = active()
    (refusal,) = [each for each in refusals if each is not None]
    assert isinstance(refusal, AlreadyRunning)
    assert refusal.running == resumed
    assert asked == [resumed.import_id]
    (other,) = ImportCheckpoint.objects.exclude(pk=resumed.pk)
    assert other.can_resume


def test_imports_of_two_destinations_start_side_by_side(asked, side_by_side):
    jobs = [CheckpointFactory.create(status=ImportStatus.PAUSED) for _ in range(2)]
    assert side_by_side(*[lambda job=job: actions.resume(job) for job in jobs]) == [None, None]
    assert len(active()) == 2
