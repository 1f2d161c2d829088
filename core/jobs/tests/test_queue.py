"""What is handed over waits in the database where no Redis is; each task is done, whoever is killed."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import OperationalError

from core.jobs import queue, running
from core.jobs.queue import QueuedTask, run_next
from core.jobs.runners import this_process
from core.jobs.tasks import run_job

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 12, 7, tzinfo=UTC)
DEAD, ELSEWHERE = f"{this_process()}0", "elsewhere:b:1:1"


@pytest.fixture(autouse=True)
def _at_noon(settings):
    settings.REDIS_URL = ""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ran(monkeypatch):
    """The jobs that were run; one that is called `away` has no database."""
    names: list[str] = []

    def run(job, slot):
        names.append(job.name)
        if job.name == "clean_weather":
            raise OperationalError("gone away")
        if job.name == "reconcile":
            raise ZeroDivisionError("a hole")

    monkeypatch.setattr(running, "run", run)
    return names


def test_without_redis_a_task_waits_in_the_database_until_it_is_done(ran):
    run_job.delay("sync_parks")
    assert (ran, str(QueuedTask.objects.get())) == ([], "core.jobs.tasks.run_job('sync_parks',)")
    assert run_next()
    assert (ran, QueuedTask.objects.count()) == (["sync_parks"], 0)
    assert not run_next()


def test_what_came_first_is_done_first(ran):
    run_job.delay("sync_parks")
    run_job.delay("partitions")
    while run_next():
        pass
    assert ran == ["sync_parks", "partitions"]


@pytest.mark.parametrize(
    ("runner", "claimed", "is_free"),
    [
        (this_process(), NOW, False),
        (DEAD, NOW, True),
        (ELSEWHERE, NOW - timedelta(hours=5), False),
        (ELSEWHERE, NOW - timedelta(hours=7), True),
        (ELSEWHERE, NOW + timedelta(hours=2), True),
    ],
    ids=["at work", "killed", "elsewhere", "elsewhere for too long", "claimed by a clock ahead"],
)
def test_a_task_is_free_when_its_process_is_gone(ran, runner, claimed, is_free):
    run_job.delay("sync_parks")
    QueuedTask.objects.update(runner=runner, claimed_at=claimed)
    assert run_next() == is_free


def test_of_two_who_look_at_once_one_gets_the_task():
    run_job.delay("sync_parks")
    first, second = QueuedTask.free(NOW), QueuedTask.free(NOW)
    assert first is not None
    assert second is not None
    assert (first.claim(NOW), second.claim(NOW)) == (True, False)


def test_a_task_whose_database_is_away_is_tried_again_later_and_not_for_ever(ran):
    run_job.delay("clean_weather")
    assert run_next()
    assert not run_next(), "in a while"
    for attempt in range(1, queue.MOST_ATTEMPTS):
        assert QueuedTask.objects.get().attempts == attempt
        with time_machine.travel(NOW + attempt * timedelta(seconds=queue.LONGEST_PAUSE), tick=False):
            assert run_next()
    assert (len(ran), QueuedTask.objects.count()) == (queue.MOST_ATTEMPTS, 0)


def test_a_task_that_a_clock_ahead_put_off_is_due(ran):
    run_job.delay("sync_parks")
    QueuedTask.objects.update(due_at=NOW + timedelta(hours=2))
    assert run_next()


def test_a_task_that_fails_is_logged_and_done_with(ran, caplog):
    run_job.delay("reconcile")
    QueuedTask.add("core.jobs.tasks.gone", [])
    QueuedTask.add("core.jobs.queue.run_next", [])
    while run_next():
        pass
    assert QueuedTask.objects.count() == 0
    assert "a hole" in caplog.text
    assert "core.jobs.queue.run_next is no task" in caplog.text
