"""The ledger of the clock: each slot once, one run at a time, missed slots reported and caught up."""

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections

from core.commands import SomeFailed
from core.jobs import running
from core.jobs.grids import HOUR, MINUTE, Grid, Job
from core.jobs.ledger import JobLock, JobRun, JobStatus, is_alive, this_process

NOW = datetime(2026, 11, 21, 12, 7, tzinfo=UTC)
SLOT = datetime(2026, 11, 21, 12, 5, tzinfo=UTC)
JOB = Job("watered", "water_plants", Grid(5 * MINUTE), 300, 5 * MINUTE, "plants")
HOURLY = Job("hourly", "water_plants", Grid(HOUR), 300, 3 * HOUR, "plants")

pytestmark = pytest.mark.django_db


class Calls(list[tuple[Any, ...]]):
    """What was run; `fault` is raised by the next runs, `during` is called inside them."""

    fault: BaseException | None = None
    during: Any = None


@pytest.fixture
def calls(monkeypatch):
    """Stands in for the management command."""
    made = Calls()

    def run(name: str, *options: str, stdout: Any, **how: Any) -> None:
        made.append((name, *options))
        stdout.write("twelve plants\n")
        if made.during:
            made.during()
        if made.fault:
            raise made.fault

    monkeypatch.setattr(running, "call_command", run)
    return made


@pytest.fixture(autouse=True)
def _at_noon():
    with time_machine.travel(NOW, tick=False):
        yield


def rows() -> list[tuple[str, datetime, str]]:
    return list(JobRun.objects.order_by("job", "slot").values_list("job", "slot", "status"))


# -- one slot --------------------------------------------------------------------------------------------


def test_a_slot_is_run_and_leaves_its_row(calls):
    row = running.run(JOB)
    assert calls == [("water_plants",)]
    assert row is not None
    assert (row.slot, row.status, row.result, row.attempts) == (SLOT, "SUCCESS", "twelve plants", 1)
    assert (row.started_at, row.finished_at, row.seconds) == (NOW, NOW, 0.0)
    assert not JobLock.objects.exclude(running_since=None).exists(), "the job is free again"


def test_a_slot_that_is_done_is_not_run_again(calls):
    running.run(JOB)
    assert running.run(JOB) is None
    assert len(calls) == 1


def test_the_next_slot_is(calls):
    running.run(JOB)
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert running.run(JOB) is not None
    assert [slot for _, slot, _ in rows()] == [SLOT, SLOT + timedelta(minutes=5)]


def test_options_go_to_the_command(calls):
    running.run(Job("j", "water_plants", Grid(60), 60, 60, "", ("--all",)))
    assert calls == [("water_plants", "--all")]


@pytest.mark.parametrize(
    ("fault", "status", "reported"),
    [
        (CommandError("no water"), "FAILED", "no water"),
        (CommandError("no such option", returncode=2), "FAILED", "no such option"),
        (SomeFailed("one plant is dry"), "PARTIAL", "one plant is dry"),
        (ZeroDivisionError("a hole"), "FAILED", "ZeroDivisionError('a hole')"),
    ],
)
def test_what_went_wrong_is_reported(calls, fault, status, reported):
    calls.fault = fault
    row = running.run(JOB)
    assert row is not None
    assert (row.status, row.result) == (status, f"twelve plants\n{reported}")


def test_a_slot_that_failed_may_be_tried_again(calls):
    calls.fault = CommandError("no water")
    running.run(JOB)
    calls.fault = None
    row = running.run(JOB)
    assert row is not None
    assert (row.status, row.attempts) == ("SUCCESS", 2)
    assert len(rows()) == 1


def test_a_slot_that_did_most_of_its_work_is_done(calls):
    calls.fault = SomeFailed("one plant is dry")
    running.run(JOB)
    assert running.run(JOB) is None


def test_only_the_end_of_a_long_result_is_kept(calls):
    calls.fault = CommandError("x" * 10_000)
    row = running.run(JOB)
    assert row is not None
    assert row.result == "x" * running.LONGEST_RESULT


# -- one at a time ---------------------------------------------------------------------------------------


def test_while_a_job_runs_nobody_else_runs_it(calls):
    tried = []
    calls.during = lambda: tried.append(running.run(JOB, SLOT + timedelta(minutes=5)))
    assert running.run(JOB) is not None
    assert tried == [None]
    assert len(calls) == 1


def test_other_jobs_run_meanwhile(calls):
    calls.during = lambda: None if len(calls) > 1 else running.run(HOURLY)
    running.run(JOB)
    assert {name for name, _, _ in rows()} == {"watered", "hourly"}


def locked(runner: str, since: datetime) -> None:
    JobLock.objects.create(job=JOB.name, running_since=since, runner=runner)
    JobRun.objects.create(job=JOB.name, slot=SLOT, started_at=since, attempts=1)


def test_a_job_of_a_process_that_was_killed_is_taken_over_at_once(calls):
    host = this_process().rpartition(":")[0]
    process = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    locked(f"{host}:{int(process.stdout)}", NOW - timedelta(seconds=5))
    row = running.run(JOB)
    assert row is not None
    assert (row.status, row.attempts) == ("SUCCESS", 2)


def test_of_another_machine_only_the_limit_reports(calls):
    locked("elsewhere:1", NOW - timedelta(seconds=JOB.limit - 1))
    assert running.run(JOB) is None
    JobLock.objects.update(running_since=NOW - timedelta(seconds=JOB.limit + 1))
    assert running.run(JOB) is not None


def test_a_run_that_was_taken_over_does_not_free_the_job_of_the_other(calls):
    def take_over() -> None:
        JobLock.objects.update(running_since=NOW + timedelta(seconds=1), runner="elsewhere:1")

    calls.during = take_over
    running.run(JOB)
    assert JobLock.objects.get().runner == "elsewhere:1"


def test_a_process_of_this_machine_is_alive_or_not():
    assert is_alive(this_process())
    assert is_alive(f"{this_process().rpartition(':')[0]}:1"), "of another user, but there"
    assert is_alive("elsewhere:1"), "nobody knows"
    assert is_alive("nonsense")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells")
def test_a_process_that_has_ended_is_not_alive_though_nobody_asked_how():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    runner = f"{this_process().rpartition(':')[0]}:{process.pid}"
    assert is_alive(runner)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and its exit code still waits
    assert not is_alive(runner)
    process.communicate()
    assert not is_alive(runner)


@pytest.mark.django_db(transaction=True)
def test_of_workers_that_begin_at_once_one_runs_the_slot(calls):
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        try:
            running.run(JOB)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(calls) == 1
    assert [status for _, _, status in rows()] == ["SUCCESS"]


# -- slots that nobody ran -------------------------------------------------------------------------------

GRACE = timedelta(minutes=2)


def test_a_slot_nobody_ran_is_due_again_while_it_is_worth_it(calls):
    assert running.due_again(HOURLY, NOW, GRACE) == NOW.replace(minute=0)
    running.run(HOURLY)
    assert running.due_again(HOURLY, NOW, GRACE) is None


def test_a_fresh_slot_is_left_to_its_own_message():
    assert running.due_again(HOURLY, NOW.replace(minute=1), GRACE) == NOW.replace(hour=11, minute=0)
    once = Job("once", "water_plants", Grid(HOUR), 300, MINUTE, "plants")
    assert running.due_again(once, NOW, GRACE) is None, "too old to be caught up"


def test_a_slot_that_failed_is_due_again(calls):
    calls.fault = CommandError("no water")
    running.run(HOURLY)
    assert running.due_again(HOURLY, NOW, GRACE) is not None


def test_a_slot_that_fails_again_and_again_waits_for_the_next_one(calls):
    calls.fault = CommandError("no water")
    for _ in range(running.MOST_ATTEMPTS):
        assert running.due_again(HOURLY, NOW, GRACE) is not None
        running.run(HOURLY)
    assert running.due_again(HOURLY, NOW, GRACE) is None
    assert running.due_again(HOURLY, NOW + timedelta(hours=1), GRACE) is not None


def test_slots_that_can_no_longer_be_caught_up_get_a_row_that_says_so(calls):
    with time_machine.travel(NOW - timedelta(minutes=20), tick=False):
        running.run(JOB)
    assert running.note_missed([JOB], NOW) == 3
    assert running.note_missed([JOB], NOW) == 0, "once"
    assert [(slot.minute, status) for _, slot, status in rows()] == [
        (45, "SUCCESS"),
        (50, "MISSED"),
        (55, "MISSED"),
        (0, "MISSED"),
    ]


def test_a_job_that_never_ran_has_missed_nothing():
    assert running.note_missed([JOB, HOURLY], NOW) == 0


def test_missed_slots_are_noted_a_day_back_and_no_further(calls):
    with time_machine.travel(NOW - timedelta(days=9), tick=False):
        running.run(JOB)
    assert running.note_missed([JOB], NOW) == 24 * 12 - 1


def test_the_last_success_of_each_job_is_known(calls):
    running.run(JOB)
    calls.fault = CommandError("no water")
    running.run(HOURLY)
    assert running.last_finished([JOB, HOURLY]) == {"watered": NOW}


# -- the row's constraints -------------------------------------------------------------------------------


def test_a_row_reads_as_a_sentence(calls):
    assert str(running.run(JOB)) == "watered 2026-11-21 12:05Z SUCCESS"
    assert str(JobLock(job="watered")) == "watered: free"
    assert str(JobLock(job="watered", runner="here:1")) == "watered: here:1"
    assert JobRun(status=JobStatus.MISSED).seconds is None


def test_every_job_of_the_schedule_is_a_command_that_teaches(settings, capsys):
    for job in settings.JOBS.values():
        with pytest.raises(SystemExit) as ended:
            call_command(job.command, "--help")
        assert ended.value.code == 0
        assert "example" in capsys.readouterr().out
