"""Imports that stand still, and who asks Celery's workers for them once more."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from kombu.exceptions import OperationalError

from core.commands import SomeFailed
from core.jobs.ledger import JobLock
from core.jobs.runners import this_process
from importer.archive.files import DirectoryArchive
from importer.jobs import tasks
from importer.jobs.planning import plan
from importer.jobs.recovery import is_mine, recover
from importer.jobs.tests.test_importing import three_days
from importer.jobs.tests.test_slices import DEAD
from importer.models import ImportCheckpoint, ImportStatus, SliceState
from importer.tests.archives import DESTINATION, write_events

pytestmark = pytest.mark.django_db

ELSEWHERE = "another-machine:7"


@pytest.fixture
def job(tmp_path):
    write_events(tmp_path, three_days())
    job = plan(DirectoryArchive(tmp_path), DESTINATION, source=str(tmp_path))
    job.enter(ImportStatus.IN_PROGRESS)
    return job


def silent(job, minutes):
    ImportCheckpoint.objects.filter(pk=job.pk).update(updated_at=timezone.now() - timedelta(minutes=minutes))
    job.refresh_from_db()


def taken_up():
    return [job.import_id for job in recover()]


@pytest.mark.parametrize(
    ("runner", "minutes", "stands_still"),
    [
        (DEAD, 0, True),
        (this_process(), 0, False),
        (this_process(), 16, True),
        (ELSEWHERE, 1, False),
        (ELSEWHERE, 16, True),
    ],
    ids=["killed here", "at work here", "lost its database here", "at work elsewhere", "silent elsewhere"],
)
def test_an_import_whose_worker_was_killed_is_asked_for_again(job, asked, runner, minutes, stands_still):
    claimed_at = datetime.now(UTC) - timedelta(minutes=minutes)
    job.slices.update(state=SliceState.RUNNING, runner=runner, claimed_at=claimed_at)
    assert taken_up() == asked == ([job.import_id] if stands_still else [])


@pytest.mark.parametrize(
    ("state", "minutes", "stands_still"),
    [
        (SliceState.PENDING, 14, False),
        (SliceState.PENDING, 16, True),
        (SliceState.DONE, 14, False),
        (SliceState.DONE, 16, True),
    ],
    ids=["waits", "lost", "waits for its statistics", "lost before its statistics"],
)
def test_an_import_whose_message_was_lost_is_asked_for_again(job, asked, state, minutes, stands_still):
    job.slices.update(state=state)
    silent(job, minutes)
    assert taken_up() == asked == ([job.import_id] if stands_still else [])


def test_it_is_asked_for_once_while_nobody_answers(job, asked):
    silent(job, 16)
    taken_up()
    taken_up()
    assert asked == [job.import_id]


def test_of_two_who_look_at_once_one_asks(job):
    silent(job, 16)
    other = ImportCheckpoint.objects.get(pk=job.pk)
    assert (is_mine(job), is_mine(other)) == (True, False)


@pytest.mark.parametrize("status", [ImportStatus.PAUSED, ImportStatus.FAILED, ImportStatus.CANCELLED])
def test_an_import_that_stopped_is_left_alone(job, asked, status):
    ImportCheckpoint.objects.update(status=status)
    silent(job, 600)
    assert taken_up() == []


def test_an_import_of_a_command_is_left_to_whoever_resumes_it(job, asked):
    ImportCheckpoint.objects.update(runner=DEAD)
    silent(job, 600)
    assert taken_up() == []


def test_the_command_names_what_stood_still(job, asked, capsys):
    call_command("take_up_imports")
    silent(job, 16)
    call_command("take_up_imports")
    assert capsys.readouterr().out.splitlines() == [
        "No import stands still.",
        f"{job.import_id}: stood still, handed to the workers again.",
    ]


def test_a_broker_that_is_away_is_one_line(job, monkeypatch):
    def away(import_id):
        raise OperationalError("Connection refused")

    monkeypatch.setattr(tasks.import_slice, "delay", away)
    silent(job, 16)
    with pytest.raises(SomeFailed, match=r"REDIS_URL.* cannot be reached: Connection refused"):
        call_command("take_up_imports")


def test_an_import_resumed_before_its_pause_was_noticed_goes_on(job, asked, monkeypatch):
    """The worker was about to give its slice back when the message of the resumption found the slice taken."""

    def stopped(work, piece):
        piece.give_back()
        return False

    monkeypatch.setattr(tasks, "do", stopped)
    tasks.import_slice(job.import_id)
    assert asked == [job.import_id]


def test_an_import_that_was_paused_asks_for_nobody(job, asked, monkeypatch):
    def stopped(work, piece):
        job.enter(ImportStatus.PAUSED)
        piece.give_back()
        return False

    monkeypatch.setattr(tasks, "do", stopped)
    tasks.import_slice(job.import_id)
    assert asked == []


@pytest.mark.parametrize(
    ("runner", "minutes", "stands_still"),
    [
        (DEAD, 0, True),
        (this_process(), 59, False),
        (this_process(), 61, True),
        (ELSEWHERE, 59, False),
        (ELSEWHERE, 61, True),
    ],
    ids=["killed here", "at work here", "for too long here", "at work elsewhere", "for too long elsewhere"],
)
def test_an_import_whose_process_was_killed_at_the_statistics_is_asked_for_again(
    job, asked, runner, minutes, stands_still
):
    job.slices.update(state=SliceState.DONE)
    since = timezone.now() - timedelta(minutes=minutes)
    JobLock.objects.create(job=job.finish_lock, running_since=since, runner=runner)
    assert taken_up() == asked == ([job.import_id] if stands_still else [])


def test_statistics_of_an_import_are_computed_by_one_process_at_a_time(job):
    job.slices.update(state=SliceState.DONE)
    with job.finishing() as first:
        assert first
        assert tasks.import_slice(job.import_id) == "another worker computes its statistics"
    assert not JobLock.objects.exists()
    assert tasks.import_slice(job.import_id) == "the import is complete"
