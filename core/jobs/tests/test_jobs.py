"""The ledger of the clock: each slot once, one run at a time, missed slots reported and caught up."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from core.commands import SomeFailed
from core.jobs import running
from core.jobs.grids import HOUR, MINUTE, Grid, Job
from core.jobs.ledger import JobLock, JobRun, JobStatus
from core.jobs.runners import this_process
from core.tests.shared_database import shared_database

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
    locked(f"{this_process()}0", NOW - timedelta(seconds=5))  # another start than that of the process of today
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


@pytest.mark.django_db(transaction=True)
def test_of_workers_that_begin_at_once_one_runs_the_slot(calls, tmp_path):
    start = threading.Barrier(4)

    def work(_: int) -> JobRun | None:
        start.wait(20)
        try:
            return running.run(JOB)
        finally:
            connections.close_all()

    with shared_database(tmp_path), ThreadPoolExecutor(4) as pool:
        ran = list(pool.map(work, range(4)))  # raises what a worker raised
        assert [row.status for row in ran if row] == ["SUCCESS"]
        assert len(calls) == 1
        assert [status for _, _, status in rows()] == ["SUCCESS"]


# -- slots that nobody ran -------------------------------------------------------------------------------


def test_a_slot_nobody_ran_is_due_while_it_is_worth_it(calls):
    assert running.due(HOURLY, NOW) == NOW.replace(minute=0)
    running.run(HOURLY)
    assert running.due(HOURLY, NOW) is None


def test_a_slot_that_is_too_old_is_not_due():
    once = Job("once", "water_plants", Grid(HOUR), 300, MINUTE, "plants")
    assert running.due(once, NOW) is None


def test_a_slot_that_fails_again_and_again_waits_for_the_next_one(calls):
    calls.fault = CommandError("no water")
    for _ in range(running.MOST_ATTEMPTS):
        assert running.due(HOURLY, NOW) is not None
        running.run(HOURLY)
    assert running.due(HOURLY, NOW) is None
    assert running.due(HOURLY, NOW + timedelta(hours=1)) is not None


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


# -- a clock that is wrong -------------------------------------------------------------------------------

AHEAD = timedelta(hours=2)


def test_what_a_clock_ahead_ran_keeps_no_slot_from_being_due(calls):
    with time_machine.travel(NOW + AHEAD, tick=False):
        running.run(JOB)
    assert running.due(JOB, NOW) == SLOT


def test_a_slot_that_a_clock_ahead_ran_is_run_when_its_time_comes(calls):
    running.run(JOB)
    with time_machine.travel(NOW + AHEAD, tick=False):
        running.run(JOB)
    assert running.forget_future(NOW) == 1
    assert running.due(JOB, NOW + AHEAD) == SLOT + AHEAD
    assert [slot for _, slot, _ in rows()] == [SLOT], "what ran in its time stays"


def test_a_success_of_an_instant_to_come_is_none(calls):
    running.run(JOB)
    JobRun.objects.update(finished_at=NOW + AHEAD)
    assert running.last_finished([JOB]) == {}


def test_a_lock_of_an_instant_to_come_holds_nobody_up(calls):
    locked("elsewhere:b:1:1", NOW + AHEAD)
    assert running.run(JOB) is not None


def test_a_lock_of_a_clock_a_little_ahead_holds(calls):
    locked("elsewhere:b:1:1", NOW + timedelta(seconds=30))
    assert running.run(JOB) is None


@pytest.mark.parametrize(
    ("last", "since", "is_overdue"),
    [
        (None, NOW - timedelta(minutes=6), False),  # its first slot is 12:05; it may take five minutes
        (None, NOW - timedelta(minutes=8), True),
        (None, NOW, False),
        (NOW - timedelta(minutes=10), NOW - timedelta(days=9), False),
        (NOW - timedelta(minutes=10, seconds=1), NOW - timedelta(days=9), True),
    ],
)
def test_a_job_is_overdue_after_two_slots_or_after_its_first(last, since, is_overdue):
    assert running.is_overdue(JOB, last, since, NOW) == is_overdue


def test_a_ledger_made_by_a_clock_ahead_is_as_old_as_can_be():
    MigrationRecorder.Migration.objects.filter(app="parks").update(applied=NOW - timedelta(days=3))
    assert running.known_since() == NOW - timedelta(days=3)
    MigrationRecorder.Migration.objects.filter(app="parks").update(applied=NOW + AHEAD)
    assert running.known_since().year == 1970


# -- a run that broke off --------------------------------------------------------------------------------


def test_a_run_whose_process_was_ended_is_a_failure_and_frees_its_job():
    locked("here:b:1:1", NOW)
    running.note_broken(JOB, SLOT, "here:b:1:1", "ended after 300 s, its limit")
    assert JobRun.objects.get().status == JobStatus.FAILED
    assert JobRun.objects.get().result == "ended after 300 s, its limit"
    assert JobLock.objects.get().running_since is None


def test_a_run_that_was_taken_over_is_left_to_the_other():
    locked("elsewhere:b:2:2", NOW)
    running.note_broken(JOB, SLOT, "here:b:1:1", "killed")
    assert JobRun.objects.get().status == JobStatus.RUNNING
    assert JobLock.objects.get().runner == "elsewhere:b:2:2"


@pytest.mark.parametrize(
    ("runner", "since", "is_held"),
    [
        (this_process(), NOW, True),
        (this_process(), NOW - timedelta(seconds=301), False),
        (this_process(), NOW + AHEAD, False),
        (f"{this_process()}0", NOW, False),
        ("elsewhere:b:1:1", NOW, True),
        ("", None, False),
    ],
    ids=["this process", "for too long", "from the future", "started at another time", "elsewhere", "nobody"],
)
def test_a_lock_is_held_by_the_living_within_the_limit(runner, since, is_held):
    assert JobLock(job="j", runner=runner, running_since=since).is_held(timedelta(seconds=300), NOW) == is_held


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
