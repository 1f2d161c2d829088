"""The clock: what it starts when, what it makes of a clock that was set, of killed processes and a database away."""

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.db import OperationalError, connection

from core.jobs import runner as module
from core.jobs import running
from core.jobs.grids import HOUR, MINUTE, Grid, Job
from core.jobs.ledger import JobLock, JobRun, JobStatus
from core.jobs.queue import QueuedTask
from core.jobs.runner import Child, Runner
from snapshots.models import DataQualityLog

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 12, 7, tzinfo=UTC)
SLOT = datetime(2026, 11, 21, 12, 5, tzinfo=UTC)
OFTEN = Job("often", "often", Grid(5 * MINUTE), 300, 5 * MINUTE, "", urgent=True)
OTHERS = {name: Job(name, name, Grid(HOUR), 300, HOUR, "") for name in ("one", "two", "three")}


class Started(Runner):
    """Starts no process: what it starts is done at once, or stays when `keep` is set."""

    keep = False

    def __init__(self, *jobs):
        super().__init__({job.name: job for job in jobs})
        self.started = []

    def start(self, work, job=None, slot=None):
        self.started.append((job.name, slot) if job else "queue")
        if self.keep:
            self.children.append(child(job, slot))
        elif job:
            JobRun.objects.create(job=job.name, slot=slot, status=JobStatus.SUCCESS, finished_at=slot)
        else:
            QueuedTask.objects.all().delete()

    def at(self, now):
        with time_machine.travel(now, tick=False):
            self.look()
        self.looked_monotonic = time.monotonic()
        started, self.started = self.started, []
        return started


def child(job, slot, exitcode=None, kill_at=float("inf")):
    process = SimpleNamespace(exitcode=exitcode, is_alive=lambda: process.exitcode is None, join=lambda: None)
    process.kill = lambda: setattr(process, "exitcode", -9)
    return Child(process, "here:b:1:1", job, slot, kill_at)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False):
        yield Started(OFTEN)


def issues():
    return list(DataQualityLog.objects.filter(entity_type="clock").values_list("description", flat=True))


def test_a_slot_is_started_once_when_it_is_due(clock):
    assert clock.at(NOW) == [("often", SLOT)]
    assert clock.at(NOW + timedelta(seconds=1)) == []
    assert issues() == []


def test_so_many_jobs_run_together_and_urgent_ones_beside_them():
    with time_machine.travel(NOW, tick=False):
        runner = Started(*OTHERS.values(), OFTEN)
    runner.keep = True
    assert [name for name, _ in runner.at(NOW)] == ["one", "two", "often"]
    runner.children.pop(0)
    assert [name for name, _ in runner.at(NOW)] == ["one"], "its slot is not done: nothing was run"


def test_a_slot_that_was_done_keeps_the_next_one_from_nothing(clock):
    clock.children.append(child(OFTEN, SLOT, exitcode=0))
    assert clock.at(NOW) == [], "it waits"
    clock.looked_at = SLOT + timedelta(minutes=5)
    assert clock.at(SLOT + timedelta(minutes=5)) == [("often", SLOT + timedelta(minutes=5))]


def test_what_was_handed_over_is_done_by_one_process(clock):
    clock.keep = True
    QueuedTask.add("x", [])
    QueuedTask.add("x", [])
    assert clock.at(NOW)[-1] == "queue"
    assert "queue" not in clock.at(NOW)


@pytest.mark.parametrize("step", [timedelta(hours=2), -timedelta(hours=2)], ids=["ahead", "back"])
def test_jobs_go_on_at_once_when_the_clock_was_set_and_one_issue_says_so(clock, step):
    clock.at(NOW)
    assert clock.at(NOW + step) == [("often", SLOT + step)]
    assert clock.at(NOW + step + timedelta(seconds=1)) == []
    assert len(issues()) == 1
    assert "it was set" in issues()[0]


def test_the_slots_of_a_clock_ahead_are_run_again_in_their_time(clock):
    clock.at(NOW)
    ahead = timedelta(hours=2)
    clock.at(NOW + ahead)
    clock.at(NOW + timedelta(seconds=2))
    for minutes in range(5, 130, 5):
        at = timedelta(minutes=minutes)
        clock.looked_at = NOW + at  # as if it had looked every second
        assert clock.at(NOW + at) == [("often", SLOT + at)]
    assert len(issues()) == 2, "one for each step"


def test_a_ledger_from_the_future_says_so_when_the_clock_begins(clock):
    JobRun.objects.create(job="often", slot=SLOT + timedelta(hours=2), status=JobStatus.SUCCESS)
    assert clock.at(NOW) == [("often", SLOT)]
    assert len(issues()) == 1
    assert "was ahead; 1 runs" in issues()[0]


def test_a_machine_that_is_slow_has_not_set_its_clock(clock):
    clock.looked_monotonic -= 30
    clock.at(NOW + timedelta(seconds=45))
    assert issues() == []


def test_a_job_whose_process_was_killed_is_free_and_tried_again_soon(clock):
    JobLock.objects.create(job="often", running_since=NOW, runner="here:b:1:1")
    JobRun.objects.create(job="often", slot=SLOT, attempts=1)
    clock.children.append(child(OFTEN, SLOT, exitcode=-9))
    assert clock.at(NOW) == [], "in a moment"
    assert JobRun.objects.get().result == "its process ended with exit code -9"
    assert clock.not_before["often", SLOT] - time.monotonic() <= module.PAUSE_AFTER_KILL
    clock.not_before.clear()
    assert running.due(OFTEN, NOW) == SLOT


def test_a_job_that_takes_too_long_is_ended(clock):
    JobLock.objects.create(job="often", running_since=NOW, runner="here:b:1:1")
    JobRun.objects.create(job="often", slot=SLOT, attempts=1)
    slow = child(OFTEN, SLOT, kill_at=time.monotonic() - 1)
    clock.children.append(slow)
    clock.at(NOW)
    assert slow.process.exitcode == -9
    assert JobRun.objects.get().result == "ended after 300 s, its limit"


def test_a_job_that_failed_waits_before_it_is_tried_again(clock):
    clock.children.append(child(OFTEN, SLOT, exitcode=0))
    assert clock.at(NOW) == []
    assert clock.not_before["often", SLOT] - time.monotonic() > module.PAUSE_AFTER_KILL


@pytest.mark.parametrize("error", [OperationalError("disk full"), OSError(28, "No space left on device")])
def test_a_full_disk_is_named_once_a_minute_and_jobs_go_on_when_it_is_over(clock, monkeypatch, caplog, error):
    def fail(*arguments):
        raise error

    monkeypatch.setattr(module, "connections", SimpleNamespace(all=lambda **how: []))  # the test's own stays open
    with monkeypatch.context() as broken:
        broken.setattr(running, "due", fail)
        clock.look_and_complain()
        clock.look_and_complain()
    assert caplog.text.count("jobs cannot be run") == 1
    clock.look_and_complain()
    assert clock.started == [("often", SLOT)]


def test_slots_that_nobody_ran_are_noted(clock):
    JobRun.objects.create(job="often", slot=SLOT - timedelta(minutes=20), status=JobStatus.SUCCESS)
    clock.at(NOW)
    missed = JobRun.objects.filter(status=JobStatus.MISSED).order_by("slot").values_list("slot", flat=True)
    assert [slot.minute for slot in missed] == [50, 55, 0]


@pytest.mark.mariadb
def test_the_clock_waits_for_a_silent_database_as_long_as_it_says_and_jobs_as_long_as_it_takes(monkeypatch):
    mine = connection.copy()
    monkeypatch.setattr(module, "connections", SimpleNamespace(all=lambda: [mine]))
    module.wait_at_most(1)
    with pytest.raises(OperationalError, match="2013"):
        mine.cursor().execute("SELECT SLEEP(3)")
    module.wait_at_most(None)
    with mine.cursor() as cursor:
        cursor.execute("SELECT SLEEP(2)")
        assert cursor.fetchone() == (0,)
    mine.close()
